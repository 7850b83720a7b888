#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Run one test for prove and keep its output: $BUILD/tap/NAME.tap, and exit
# code and seconds in NAME.end.  prove reads the TAP, sum-tap.awk adds it up.
name=$(basename "$1")
out=${BUILD:=build}/tap
mkdir -p "$out"
begin=$EPOCHREALTIME
timeout -k 5 "${TEST_TIMEOUT:-900}" "$1" 2>"$out/$name.err" | tee "$out/$name.tap"
rc=${PIPESTATUS[0]}
end=$EPOCHREALTIME
[ -s "$out/$name.err" ] && sed 's/^/# stderr: /' "$out/$name.err" >> "$out/$name.tap"
awk -v rc="$rc" -v a="$begin" -v b="$end" 'BEGIN { printf "%d %.2f\n", rc, b - a }' \
	> "$out/$name.end"
exit "$rc"
