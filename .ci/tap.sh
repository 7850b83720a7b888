# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# TAP for shell tests.  Source it, then:
#
#   t_run COMMAND...           run; sets $out, $err (stderr) and $rc
#   ok WHAT COMMAND...         passes if COMMAND succeeds
#   not_ok WHAT COMMAND...     passes if it fails
#   is WHAT GOT WANT           compares, prints both on failure
#   like WHAT TEXT REGEX       extended regular expression
#   skip WHAT REASON
#   done_testing               plan; call it last
#
# $tmp is a scratch directory that goes away; $repo the source tree.
set -u
repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
tmp=$(mktemp -d "${TMPDIR:-/tmp}/shootdown-test.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
t_n=0 t_bad=0
out='' err='' rc=0

t_line() {	# 0|1 WHAT
	t_n=$((t_n + 1))
	if [ "$1" = 0 ]; then
		echo "ok $t_n - $2"
	else
		t_bad=$((t_bad + 1))
		echo "not ok $t_n - $2"
	fi
	return "$1"
}
t_run() {
	"$@" >"$tmp/.out" 2>"$tmp/.err" </dev/null
	rc=$?
	out=$(cat "$tmp/.out")
	err=$(cat "$tmp/.err")
}
t_note() {
	printf '%s\n' "$1" | head -n 25 | sed 's/^/#   /'
}
ok() {
	local what=$1 text
	shift
	if text=$("$@" 2>&1); then
		t_line 0 "$what"
	else
		t_line 1 "$what"
		t_note "$text"
	fi
}
not_ok() {
	local what=$1
	shift
	if "$@" >/dev/null 2>&1; then
		t_line 1 "$what"
	else
		t_line 0 "$what"
	fi
}
is() {
	if [ "$2" = "$3" ]; then
		t_line 0 "$1"
	else
		t_line 1 "$1"
		t_note "got  '$2'"
		t_note "want '$3'"
	fi
}
like() {
	if grep -qE -- "$3" <<<"$2"; then
		t_line 0 "$1"
	else
		t_line 1 "$1"
		t_note "got  '$2'"
		t_note "want /$3/"
	fi
}
skip() {
	t_n=$((t_n + 1))
	echo "ok $t_n - $1 # SKIP $2"
}
done_testing() {
	echo "1..$t_n"
	exit $((t_bad != 0))
}
