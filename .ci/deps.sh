#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Install what is missing and nothing else.  When everything is there the
# network is not touched, so a repeated call works offline.
#
#   deps.sh          what the program needs, and its tests
#   deps.sh check    also the cross compiler and emulator of one test
set -eu

missing=
# need PACKAGE TEST...: remember PACKAGE unless the test succeeds.
need() {
	package=$1
	shift
	"$@" >/dev/null 2>&1 || missing="$missing $package"
}
header() {
	echo "#include <$1>" | cc -E -x c - || [ -e "/usr/include/$1" ]
}

need gcc		command -v gcc
need libc6-dev		test -e /usr/include/stdio.h
need make		command -v make
need pkg-config		command -v pkg-config
need libgsl-dev		header gsl/gsl_rng.h
need libyaml-dev	header yaml.h
need libsqlite3-dev	header sqlite3.h
need librandom123-dev	header Random123/philox.h
need gnuplot-nox	command -v gnuplot
need sqlite3		command -v sqlite3
need perl		command -v prove
need jq			command -v jq
need clang		command -v clang
need git		command -v git
if [ "${1:-}" = check ]; then
	need gcc-aarch64-linux-gnu	command -v aarch64-linux-gnu-gcc
	need libc6-dev-arm64-cross	test -e /usr/aarch64-linux-gnu/include/stdio.h
	need qemu-user			command -v qemu-aarch64
	need valgrind			command -v valgrind
fi
[ -z "$missing" ] && exit 0

if ! command -v apt-get >/dev/null 2>&1; then
	echo "missing:$missing (no apt-get here: install them by hand)" >&2
	exit 4
fi
as_root=
if [ "$(id -u)" != 0 ]; then
	command -v sudo >/dev/null 2>&1 || {
		echo "missing:$missing (neither root nor sudo)" >&2
		exit 4
	}
	as_root=sudo
fi
echo "installing:$missing"
export DEBIAN_FRONTEND=noninteractive
apt() {
	$as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y "$@"
}
# The lists of a fresh machine are empty or stale: update first, always.
apt update
# shellcheck disable=SC2086 # a list of package names
apt install --no-install-recommends $missing
