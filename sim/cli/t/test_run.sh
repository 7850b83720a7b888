#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# run: what it counts, writes, skips and overrides.
. "$(dirname "$0")/../../../.ci/tap.sh"
. "$(dirname "$0")/tiny.sh"
sd=$(realpath "${SHOOTDOWN:-build/shootdown}")
dbdiff=$repo/sim/run/t/dbdiff.sh
export SHOOTDOWN_ROOT=${SHOOTDOWN_ROOT:-$repo}
cd "$tmp" || exit 1
tiny tiny > tiny.yaml

sql() {
	sqlite3 -bail "$@"
}
# --- dry run ------------------------------------------------------------------
t_run "$sd" run tiny.yaml --dry-run
is 'dry run: exit code' "$rc" 0
is 'dry run writes nothing' "$(ls)" 'tiny.yaml'
like 'dry run counts configurations' "$out" '^configurations +8$'
like 'dry run counts runs' "$out" '^runs planned +40$'
like 'dry run estimates events' "$out" '^expected events +[0-9]'
t_run "$sd" run tiny.yaml -n --json --reps 3
is 'dry run as JSON' "$(jq -c '[.configurations, .runs.planned, .runs.done]' <<<"$out")" '[8,24,0]'
is 'dry run as JSON writes nothing' "$(ls)" 'tiny.yaml'

# --- first and second call -------------------------------------------------------
t_run "$sd" run tiny.yaml
is 'first call: exit code' "$rc" 0
ok 'default database is results/NAME.db' test -f results/tiny.db
like 'the table is on stdout' "$out" 'unmap[.]latency'
like 'the table ends with a Reproduce line' "$out" '^Reproduce: shootdown run tiny[.]yaml --seed 1 --reps 5'
ok 'the table fits 72 columns of ASCII' awk 'length($0) > 72 || /[^ -~]/ { print; bad = 1 }
	END { exit bad }' <<<"$out"
not_ok 'no escape sequence in a pipe' grep -q $'\033' <<<"$out$err"
not_ok 'no carriage return in a pipe' grep -q $'\r' <<<"$out$err"
is '40 runs' "$(sql results/tiny.db 'SELECT count(*) FROM run')" 40
is 'all ok' "$(sql results/tiny.db "SELECT count(*) FROM run WHERE status = 'ok'")" 40
sum=$(sha256sum < results/tiny.db)
t_run "$sd" run tiny.yaml --json
is 'second call: exit code' "$rc" 0
is 'second call skips everything' "$(jq -c '.runs' <<<"$out")" \
	'{"planned":40,"done":0,"skipped":40,"failed":0}'
is 'JSON names the database' "$(jq -r '.db' <<<"$out")" results/tiny.db
is 'JSON: keys of the contract' "$(jq -c '[has("db"), has("runs"), has("violations")]' <<<"$out")" \
	'[true,true,true]'
ok 'JSON is one document' test "$(jq -s length <<<"$out")" = 1
t_run "$sd" run tiny.yaml --quiet
is 'quiet: exit code' "$rc" 0
is 'quiet: silent' "$out$err" ''
t_run "$sd" run tiny.yaml --reps 6 --json
is 'more replications: only the new ones' "$(jq -c '.runs' <<<"$out")" \
	'{"planned":48,"done":8,"skipped":40,"failed":0}'
like 'the line that makes all of it' "$("$sd" report results/tiny.db)" \
	'^Reproduce: shootdown run tiny[.]yaml --seed 1 --reps 6'
t_run "$sd" run tiny.yaml --reps 2 --design merged-2.6.27
like 'a smaller call leaves that line alone' "$out" '^Reproduce: shootdown run tiny[.]yaml --seed 1 --reps 6'
is 'and the designs' "$(sql results/tiny.db 'SELECT design, baseline FROM study_design ORDER BY ordinal')" \
	'none-pin|1
merged-2.6.27|0'
t_run "$sd" run tiny.yaml --reps 7 --design merged-2.6.27,rusty-minimal
is 'one that asks for more is added to it' "$(sql results/tiny.db 'SELECT command FROM study')" \
	'shootdown run tiny.yaml --seed 1 --reps 6 && shootdown run tiny.yaml --design merged-2.6.27,rusty-minimal --seed 1 --reps 7'
is 'and its designs' "$(sql results/tiny.db 'SELECT group_concat(design) FROM study_design')" \
	'none-pin,merged-2.6.27,rusty-minimal'

# --- -j, shards, order ---------------------------------------------------------------
"$sd" run tiny.yaml -q -j1 -o j1.db
"$sd" run tiny.yaml -q -j2 -o j2.db
ok '-j1 and -j2 give the same database' "$dbdiff" j1.db j2.db
"$sd" run tiny.yaml -q -o shard.db --reps 5 --shard 1/3
n=$(sql shard.db 'SELECT count(*) FROM run')
is 'a third of the configurations' "$n" 15
"$sd" run tiny.yaml -q -o shard.db --reps 5 --shard 3/3
"$sd" run tiny.yaml -q -o shard.db --reps 5 --shard 2/3
ok 'three shards give the same database' "$dbdiff" j1.db shard.db

# --- overrides -------------------------------------------------------------------------
t_run "$sd" run tiny.yaml --design merged-2.6.27 -o d.db --json
is '--design filters' "$(jq -c '[.configurations, .runs.done]' <<<"$out")" '[4,20]'
t_run "$sd" run tiny.yaml --design rusty-minimal,none-pin --reps 1 -o d2.db --json
is '--design adds' "$(sql d2.db 'SELECT group_concat(DISTINCT design) FROM
	(SELECT design FROM config ORDER BY design)')" 'none-pin,rusty-minimal'
t_run "$sd" run tiny.yaml --design merged-2.6.28 --json
is 'unknown design: exit code' "$rc" 2
like 'unknown design: suggestion' "$err" 'merged-2[.]6[.]28.*did you mean merged-2[.]6[.]27\?$'
t_run "$sd" run tiny.yaml --seed 7 --reps 1 -o seed.db --json
is '--seed is the master seed' "$(sql seed.db 'SELECT DISTINCT master_seed FROM study')" 7
"$sd" run tiny.yaml --seed 8 --reps 1 -q -o seed8.db
fingerprints() {
	sql "$1" "SELECT design, fingerprint FROM run JOIN config ON config.id = run.config
		WHERE replication = 1 ORDER BY 1, 2"
}
not_ok 'another seed, other runs' test "$(fingerprints seed.db)" = "$(fingerprints seed8.db)"
not_ok 'another replication, another run' test "$(sql j1.db 'SELECT count(DISTINCT fingerprint)
	FROM run')" -lt 30
t_run "$sd" run tiny.yaml --set threads.vcpu.count=1 --set machine.jitter=0% --reps 1 -o set.db --json
is '--set on a swept path fixes the axis' "$(jq -c '.configurations' <<<"$out")" 4
is '--set is recorded as the origin of the value' "$(sql set.db "SELECT DISTINCT value || unit, given_at
	FROM parameter WHERE path = 'machine.jitter'")" '0%|--set'
t_run "$sd" run tiny.yaml --set machine.jitter=0% --set machine.jitter=20% --reps 1 -o later.db --json
is '--set: the later one wins' "$(sql later.db "SELECT DISTINCT value || unit FROM parameter
	WHERE path = 'machine.jitter'")" '20%'
t_run "$sd" run tiny.yaml --set machine.jiter=0% -o never.db
is '--set of an unknown path: exit code' "$rc" 2
like '--set of an unknown path: suggestion' "$err" 'jiter.*did you mean (machine[.])?jitter\?$'
t_run "$sd" run tiny.yaml --set machine.jitter=5 -o never.db
is '--set without unit: exit code' "$rc" 2
t_run "$sd" run tiny.yaml --machine x86-2008-9x4 --reps 1 -o m.db --json
is '--machine replaces' "$(sql m.db "SELECT DISTINCT value FROM parameter
	WHERE path = 'machine.sockets'")" 9
t_run "$sd" run tiny.yaml --set threads.vcpu.count=100 -o never.db
is 'more threads than CPUs: exit code' "$rc" 2
like 'more threads than CPUs: file and configuration' "$err" '^tiny[.]yaml:.*(CPU|cpu)'
ok 'errors write nothing' test ! -e never.db

sed 's/machine: x86-2008-2x4/machine: nix/' tiny.yaml > nomachine.yaml
t_run "$sd" run nomachine.yaml --set machine.jitter=0% -o never.db
is '--set on a machine that does not exist: exit code' "$rc" 2
like '--set on a machine that does not exist: names the machine' "$err" '^nomachine[.]yaml:4:10: machine: '

# --- progress: on a terminal only ----------------------------------------------
if command -v script >/dev/null; then
	TERM=xterm script -qec "'$sd' run tiny.yaml --reps 60 -o tty.db 2>&1 >/dev/null" /dev/null \
		</dev/null >progress.txt
	like 'progress on a terminal' "$(tr '\r' '\n' <progress.txt)" '[0-9]+/480 runs'
	TERM=xterm script -qec "'$sd' run tiny.yaml --reps 90 -q -o tty.db 2>&1 >/dev/null" /dev/null \
		</dev/null >progress.txt
	is 'no progress with --quiet' "$(cat progress.txt)" ''
else
	skip 'progress on a terminal' 'no script(1) here'
	skip 'no progress with --quiet' 'no script(1) here'
fi

# --- precision ---------------------------------------------------------------------------
t_run "$sd" run tiny.yaml --precision 50% --max-reps 10 -o p.db --json
is '--precision: exit code' "$rc" 0
ok '--precision stops at a stage' test -z "$(sql p.db 'SELECT count(*) n FROM run GROUP BY config
	HAVING n NOT IN (5, 10)')"

# --- several files ------------------------------------------------------------------------
tiny other none-pin 2 > other.yaml
t_run "$sd" run tiny.yaml other.yaml -o two.db --json
is 'two scenarios, one database' "$(jq -c '[.studies, .runs.done]' <<<"$out")" '[["tiny","other"],48]'
sed 's/vcpu.count/vcpu.cuont/' other.yaml > wrong.yaml
t_run "$sd" run tiny.yaml wrong.yaml -o never.db
is 'one wrong file of two: exit code' "$rc" 2
ok 'one wrong file of two: nothing written' test ! -e never.db
like 'the message names the file' "$err" '^wrong[.]yaml:[0-9]+:[0-9]+: '

# --- environment ----------------------------------------------------------------------------
t_run "$sd" run missing.yaml
is 'a missing file: exit code' "$rc" 2
like 'a missing file: text' "$err" '^missing[.]yaml: .*[Nn]o such file'
echo 'not a database, but long enough to have a header of a hundred bytes .............................' > foreign.db
before=$(sha256sum < foreign.db)
t_run "$sd" run tiny.yaml -o foreign.db
is 'a foreign file: exit code' "$rc" 4
is 'a foreign file is left alone' "$(sha256sum < foreign.db)" "$before"
t_run "$sd" run tiny.yaml -o /proc/none/x.db
is 'a place that cannot be written: exit code' "$rc" 4
like 'a place that cannot be written: one line' "$(wc -l <<<"$err")" '^1$'
if [ "$(id -u)" = 0 ]; then
	if mkdir ro && mount -t tmpfs -o size=1m none ro 2>/dev/null; then
		mount -o remount,ro ro
		t_run "$sd" run tiny.yaml -o ro/x.db
		is 'a read-only directory: exit code' "$rc" 4
		umount ro
	else
		skip 'a read-only directory' 'no mount here'
	fi
else
	mkdir ro && chmod 555 ro
	t_run "$sd" run tiny.yaml -o ro/x.db
	is 'a read-only directory: exit code' "$rc" 4
fi
t_run bash -c "'$sd' run tiny.yaml -o j1.db > /dev/full"
is 'a full stdout: exit code' "$rc" 4
done_testing
