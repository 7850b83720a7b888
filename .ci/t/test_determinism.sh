#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The same fingerprints and metric rows whatever compiler, optimisation, number
# of workers and instruction set of the C library; gcc and clang build without
# a warning.
. "$(dirname "$0")/../tap.sh"
cd "$repo" || exit 1
BUILD=${BUILD:-build}
scenario=scenarios/smoke.yaml

build() {	# NAME VARIABLE=...
	local name=$1
	shift
	nice make -s BUILD="$BUILD/$name" WERROR=1 EXTRA_CFLAGS=-g0 "$@" all
}
# Everything that must not differ: statuses, fingerprints, events, metrics.
rows() {
	sqlite3 -bail "$1" "SELECT study.name, design, run.config, replication, status,
		sim_ps, warmup_ps, events, fingerprint FROM run JOIN config ON config.id = run.config
		JOIN study ON study.id = config.study ORDER BY run.config, replication;
	SELECT run, metric, label, value, n, sum, sumsq, min, max FROM metric ORDER BY 1, 2, 3;
	SELECT run, metric, label, hex(bins) FROM histogram ORDER BY 1, 2, 3;
	SELECT run, ordinal, invariant, sim_ps, summary, steps FROM violation ORDER BY 1, 2;"
}
compare() {	# WHAT BINARY [ARGUMENT...]
	local what=$1 binary=$2
	shift 2
	rm -f "$tmp/b.db"
	t_run "$binary" run "$scenario" -o "$tmp/b.db" --quiet "$@"
	is "$what: exit code" "$rc" "$reference_rc"
	rows "$tmp/b.db" > "$tmp/b.txt"
	ok "$what: same fingerprints and metrics" diff "$tmp/a.txt" "$tmp/b.txt"
}

# One program for all: a make elsewhere in this tree must not change it half way.
ok 'there is a program' cp "$BUILD/shootdown" "$tmp/shootdown"
t_run "$tmp/shootdown" run "$scenario" -o "$tmp/a.db" --quiet -j1
reference_rc=$rc
is 'the smoke scenario runs' "$rc" 0
rows "$tmp/a.db" > "$tmp/a.txt"
ok 'it holds runs' test "$(sqlite3 "$tmp/a.db" 'SELECT count(*) FROM run' || echo 0)" -gt 3

compare '-j2' "$tmp/shootdown" -j2
export GLIBC_TUNABLES=glibc.cpu.hwcaps=-FMA,-FMA4,-AVX2
compare 'libm without FMA' "$tmp/shootdown"
unset GLIBC_TUNABLES
# On this machine that may have been another libm, or the same one.
probes=$(sqlite3 "$tmp/a.db" "ATTACH '$tmp/b.db' AS b; SELECT a.math_probe != b.math_probe
	FROM main.study a, b.study b LIMIT 1")
[ "$probes" = 1 ] && echo '# it computes other bits, and no run noticed'
ok 'gcc -O0 builds without a warning' build gcc-O0 OPT=-O0
compare 'gcc -O0' "$BUILD/gcc-O0/shootdown"
ok 'gcc -O3 builds without a warning' build gcc-O3 OPT=-O3
compare 'gcc -O3' "$BUILD/gcc-O3/shootdown"
if command -v clang >/dev/null; then
	ok 'clang builds without a warning' build clang CC=clang
	compare 'clang -O2' "$BUILD/clang/shootdown"
else
	skip 'clang' 'no clang here'
fi
done_testing
