#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Instructions per operation, counted by callgrind on a baseline x86-64 build,
# may not grow by more than 10% over .ci/instructions.txt: time on a shared
# machine proves nothing, instruction counts do.  Two runs of different length,
# so that start-up and set-up drop out.  Counts depend on compiler and C
# library; where they are others than those of the table, or where nothing can
# be counted, the test skips and says why.
#
#   UPDATE=1 .ci/t/test_instructions.sh     write the table anew
. "$(dirname "$0")/../tap.sh"
cd "$repo" || exit 1
table=.ci/instructions.txt
tools="$(gcc -dumpfullversion 2>/dev/null), $(getconf GNU_LIBC_VERSION 2>/dev/null), $(uname -m)"

skip_all() {
	skip 'instructions per operation' "$1"
	done_testing
}
command -v valgrind >/dev/null || skip_all 'no valgrind here'
valgrind --tool=callgrind --callgrind-out-file=/dev/null true >/dev/null 2>&1 ||
	skip_all 'valgrind does not run here'
[ "$(uname -m)" = x86_64 ] || skip_all 'counted on x86-64 only'
if [ -z "${UPDATE:-}" ] && [ "$(sed -n 's/^# counted with //p' $table)" != "$tools" ]; then
	skip_all "the table was counted with $(sed -n 's/^# counted with //p' $table), this is $tools"
fi

instructions() {	# NAME N: "instructions operations"
	valgrind --tool=callgrind --callgrind-out-file=/dev/null --error-exitcode=9 \
		"$SHOOTDOWN" bench "$1" --count "$2" >"$tmp/out" 2>"$tmp/err" || return 1
	echo "$(sed -n 's/.*Collected *: *//p' "$tmp/err") $(awk '{ print $2 }' "$tmp/out")"
}
per_operation() {	# NAME SHORT LONG
	local short long
	short=$(instructions "$1" "$2") && long=$(instructions "$1" "$3") || return 1
	awk -v a="$short" -v b="$long" 'BEGIN {
		split(a, x); split(b, y)
		printf "%.1f", (y[1] - x[1]) / (y[2] - x[2])
	}'
}

if [ -n "${UPDATE:-}" ]; then
	printf '# Instructions per operation; see .ci/t/test_instructions.sh.\n# counted with %s\n' \
		"$tools" >$table
fi
while read -r name short long; do
	got=$(per_operation "$name" "$short" "$long")
	if [ -n "${UPDATE:-}" ]; then
		printf '%-16s %s\n' "$name" "$got" >>$table
		continue
	fi
	kept=$(awk -v name="$name" '$1 == name { print $2 }' $table)
	echo "# $name: $got instructions per operation, $kept kept"
	ok "$name: no more than 10% above the table" \
		awk -v got="$got" -v kept="$kept" 'BEGIN { exit !(got > 0 && kept > 0 && got <= 1.1 * kept) }'
done <<'CASES'
mm1 50000 150000
repairman/64 50000 150000
repairman/1024 50000 150000
hold/256 50000 150000
hold/4096 50000 150000
model 5 15
CASES
done_testing
