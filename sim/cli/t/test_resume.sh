#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Interrupted or killed at any moment: the same command goes on, and the result
# equals that of an uninterrupted run table by table (run_wall and log aside).
. "$(dirname "$0")/../../../.ci/tap.sh"
. "$(dirname "$0")/tiny.sh"
sd=$(realpath "${SHOOTDOWN:-build/shootdown}")
dbdiff=$repo/sim/run/t/dbdiff.sh
export SHOOTDOWN_ROOT=${SHOOTDOWN_ROOT:-$repo}
cd "$tmp" || exit 1
SEED=${SEED:-$((RANDOM * 32768 + RANDOM))}
RANDOM=$SEED
echo "# seed $SEED"
tiny tiny 'none-pin, merged-2.6.27, rusty-minimal' 40 > tiny.yaml

"$sd" run tiny.yaml -q -o whole.db
runs=$(sqlite3 whole.db 'SELECT count(*) FROM run')
is 'uninterrupted: all runs' "$runs" 480

# In a session of its own, so that the signal reaches exactly this one.
start() {	# DB
	setsid "$sd" run tiny.yaml -q -o "$1" >"$tmp/.run" 2>&1 &
	pid=$!
}

# Until the database of the one that was started holds so many runs, or it ended.
wait_for_runs() {	# DB NUMBER
	while kill -0 "$pid" 2>/dev/null; do
		n=$(sqlite3 "file:$1?mode=ro" 'SELECT count(*) FROM run' 2>/dev/null)
		[ "${n:-0}" -ge "$2" ] && return
		sleep 0.01
	done
}
start int.db
wait_for_runs int.db 50
kill -INT "$pid"
wait "$pid"
rc=$?
n=$(sqlite3 int.db 'SELECT count(*) FROM run' 2>/dev/null || echo 0)
if [ "$n" -lt "$runs" ]; then
	is 'SIGINT: exit code' "$rc" 130
else
	skip 'SIGINT: exit code' 'it was faster than the signal'
fi
ok 'SIGINT keeps what was done' test "$n" -gt 0
is 'SIGINT leaves an intact database' "$(sqlite3 int.db 'PRAGMA integrity_check')" ok
sleep 0.2	# zombies are init's business
is 'no worker survives' "$(ps -eo pgid=,stat=,pid= | awk -v g="$pid" '$1 == g && $2 !~ /^Z/')" ''
"$sd" run tiny.yaml -q -o int.db
is 'resume after SIGINT: exit code' "$?" 0
ok 'resumed equals uninterrupted' "$dbdiff" whole.db int.db

# Ten moments, early ones before there is a database and late ones near the end.
kills=0 damaged=
for i in 1 2 3 4 5 6 7 8 9 10; do
	start killed.db
	wait_for_runs killed.db $((RANDOM % (i * 40)))
	sleep "0.0$((RANDOM % 30 + 10))"
	kill -KILL -- "-$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
	[ $? = 137 ] && kills=$((kills + 1))
	if [ -e killed.db ]; then
		state=$(sqlite3 killed.db 'PRAGMA integrity_check' 2>&1)
		[ "$state" = ok ] || damaged="$damaged after kill $i: $state;"
	fi
done
is 'after each kill the database was intact' "$damaged" ''
ok "killed at random moments ($kills of 10 hit it running)" test "$kills" -ge 3
"$sd" run tiny.yaml -q -o killed.db
is 'resume after kill -9: exit code' "$?" 0
ok 'the killed and resumed database equals an uninterrupted one' "$dbdiff" whole.db killed.db

# A second writer is refused, and does no harm.
start second.db
wait_for_runs second.db 1
kill -STOP "$pid"	# so that it cannot end before the other has come
t_run "$sd" run tiny.yaml -q -o second.db
kill -CONT "$pid"
is 'a second writer: exit code' "$rc" 4
like 'a second writer: text' "$err" 'second[.]db: another process is writing'
wait "$pid"
is 'the first writer is not disturbed' "$?" 0
ok 'and its database is whole' "$dbdiff" whole.db second.db
done_testing
