#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Several studies of one name in one database: run prints the one that it was
# asked for, report and plot the one that ran last or that --study names.
. "$(dirname "$0")/../../../.ci/tap.sh"
. "$(dirname "$0")/tiny.sh"
sd=$(realpath "${SHOOTDOWN:-build/shootdown}")
export SHOOTDOWN_ROOT=${SHOOTDOWN_ROOT:-$repo}
cd "$tmp" || exit 1
tiny tiny > tiny.yaml
tiny other > other.yaml

"$sd" run tiny.yaml -q --reps 2 --seed 7 -o t.db
t_run "$sd" run tiny.yaml --reps 2 --seed 7 -o t.db
not_ok 'one study of the name: nothing to tell' grep -q -- '--study' <<<"$out"
sleep 1.1	# finishing times count in seconds
t_run "$sd" run tiny.yaml --reps 2 --seed 8 -o t.db
like 'run prints its own study' "$out" 'seed 8,'
like 'and names the other one' "$(tr '\n' ' ' <<<"$out")" 'newest of 2 of this name .*--study [0-9a-f]{8}\)'
old=$(tr '\n' ' ' <<<"$out" | sed -E 's/.*--study ([0-9a-f]{8})\).*/\1/')
t_run "$sd" run tiny.yaml --reps 2 --seed 7 -o t.db
like 'run of the older one prints that' "$out" 'seed 7,'
not_ok 'and nothing else' grep -q 'seed 8,' <<<"$out"
like 'and says so' "$(tr '\n' ' ' <<<"$out")" 'an older one of 2 of this name'
cp t.db two.db
t_run "$sd" run other.yaml --reps 2 -o t.db
not_ok 'run of another scenario prints that alone' grep -q '^tiny:' <<<"$out"

like 'report: the newest' "$("$sd" report t.db)" 'seed 8,'
t_run "$sd" report t.db --study "$old"
is 'report --study ID: exit code' "$rc:$err" '0:'
like 'report --study ID' "$out" 'seed 7,'
not_ok 'report --study ID: no other' grep -qE 'seed 8,|^other:' <<<"$out"
t_run "$sd" report t.db --study tiny
like 'report --study NAME: its newest' "$out" 'seed 8,'
not_ok 'report --study NAME: no other' grep -q '^other:' <<<"$out"
like 'markdown tells them apart' "$("$sd" report t.db --format markdown)" 'the newest of 2 of this name'
t_run "$sd" plot t.db --term dumb --study "$old" -o a.txt
is 'plot --study ID: exit code' "$rc:$err" '0:'
not_ok 'plot --study ID: it was said which' grep -q newest .err
t_run "$sd" plot t.db --term dumb --study tiny -o b.txt
is 'plot --study NAME: exit code' "$rc:$err" '0:'
t_run "$sd" plot two.db --term dumb --where threads.vcpu.count=1
like 'plot: which one it took' "$err" 'study [0-9a-f]{8}, the newest of 2 .*--study [0-9a-f]{8}$'
not_ok 'plot: two studies, two plots' cmp -s a.dat b.dat
for wrong in nix 0000 ''; do
	t_run "$sd" report t.db --study "$wrong"
	is "report --study '$wrong': exit code" "$rc" 2
done
done_testing
