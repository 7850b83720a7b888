#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Run the given tests (programs and scripts) through prove and sum them up.
# The last line is always "N passed, N failed"; the exit code is 1 unless the
# second number is 0.  Slow tests start first, so that two workers end together.
set -u
if [ $# = 0 ]; then
	echo "no test of that name"
	echo "0 passed, 1 failed"
	exit 1
fi
export BUILD=${BUILD:-build}
# Tests that call make say themselves what they want built.
unset MAKEFLAGS MFLAGS MAKELEVEL
export SHOOTDOWN=${SHOOTDOWN:-$BUILD/shootdown}
export SEED=${SEED:-}
[ -n "$SEED" ] || unset SEED
rm -rf "$BUILD/tap"
mkdir -p "$BUILD/tap"

slow=() fast=()
for t in "$@"; do
	case $t in
	.ci/t/*) slow+=("$t") ;;
	*) fast+=("$t") ;;
	esac
done
prove -j2 --exec .ci/one-test.sh "${slow[@]}" "${fast[@]}" </dev/null

echo
echo "slowest:"
for f in "$BUILD"/tap/*.end; do
	[ -e "$f" ] || continue
	echo "$(cut -d ' ' -f 2 "$f") $(basename "$f" .end)"
done | sort -rn | head -n 10 | awk '{ printf "  %7.2f s  %s\n", $1, $2 }'

printf '%s\n' "$@" | awk -v dir="$BUILD/tap" -f .ci/sum-tap.awk -v build_failed="$(
	[ -e "$BUILD/check-build-failed" ] && echo 1)"
rc=$?
rm -f "$BUILD/check-build-failed"
exit $rc
