#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The contract of the command line that needs no model: help screens, unknown
# commands and options, exit codes.
. "$(dirname "$0")/../../../.ci/tap.sh"
sd=$(realpath "${SHOOTDOWN:-build/shootdown}")
export SHOOTDOWN_ROOT=${SHOOTDOWN_ROOT:-$repo}
cd "$tmp" || exit 1

fits() {	# at most 24 lines of at most 80 columns, no tabs, no colour
	awk '{ if (length($0) > 80) { print "too wide: " $0; bad = 1 } }
		/\t/ { print "tab: " $0; bad = 1 } /\033/ { print "escape: " $0; bad = 1 }
		END { if (NR > 24) { print NR " lines"; bad = 1 }
		      if (NR < 5) { print "only " NR " lines"; bad = 1 } exit bad }' <<<"$1"
}

t_run "$sd" -h
is 'shootdown -h: exit code' "$rc" 0
is 'shootdown -h: nothing on stderr' "$err" ''
ok 'shootdown -h fits one screen' fits "$out"
commands=$(sed -n 's/^  \([a-z]*\)  .*/\1/p' <<<"$out" | tr '\n' ' ')
is 'the commands of this version' "$commands" \
	'run debate report plot check list explain bench validate '
t_run "$sd" help
is 'shootdown help is the same' "$rc" 0
t_run "$sd" --version
like '--version names program and model' "$out" '^shootdown [0-9]+\.[0-9]+.* \(model [0-9a-f]{16}\)$'

t_run "$sd"
is 'no command: exit code' "$rc" 2
is 'no command: nothing on stdout' "$out" ''
like 'no command: usage on stderr' "$err" '^usage: shootdown COMMAND'

for c in $commands; do
	t_run "$sd" "$c" -h
	is "$c -h: exit code" "$rc" 0
	ok "$c -h fits one screen" fits "$out"
	like "$c -h begins with its usage" "$out" "^usage: shootdown $c"
	t_run "$sd" "$c" --help
	is "$c --help: exit code" "$rc" 0
	like "$c: summary in shootdown -h" "$("$sd" -h)" "^  $c +"
	t_run "$sd" "$c" --frobnicate
	is "$c: unknown option: exit code" "$rc" 2
	is "$c: unknown option: text" "$err" "shootdown $c: unknown option --frobnicate
try: shootdown $c -h"
	is "$c: unknown option: nothing on stdout" "$out" ''
done

t_run "$sd" rnu
is 'misspelt command: exit code' "$rc" 2
is 'misspelt command: text' "$err" "shootdown: unknown command 'rnu'; did you mean run?
try: shootdown -h"
t_run "$sd" xyzzyplugh
is 'far-off command: no suggestion' "$err" "shootdown: unknown command 'xyzzyplugh'
try: shootdown -h"

bad() {	# WANT-TEXT ARGUMENT...
	local want=$1
	shift
	t_run "$sd" "$@"
	is "$*: exit code" "$rc" 2
	is "$*: text" "$(head -n 1 <<<"$err")" "$want"
}
bad 'shootdown run: needs FILE...' run
bad 'shootdown run: unknown option --rep; did you mean --reps?' run --rep 3 x.yaml
bad 'shootdown run: unknown option --sed=3; did you mean --seed?' run --sed=3 x.yaml
bad 'shootdown run: unknown option -x' run -x
bad 'shootdown run: --reps needs N' run x.yaml --reps
bad "shootdown run: --reps: 0 is out of range 1..1000000" run x.yaml --reps 0
bad "shootdown run: --quiet takes no value" run x.yaml --quiet=yes
bad "shootdown run: --shard: '3/2' is not K/N with K in 1..N" run x.yaml --shard 3/2
bad "shootdown run: --shard: '1/2x' is not K/N with K in 1..N" run x.yaml --shard 1/2x
bad "shootdown run: --set: 'abc' is not PATH=VALUE" run x.yaml --set abc
bad 'shootdown run: --reps and --precision exclude each other' run x.yaml --reps 3 --precision 5%
bad 'shootdown run: --shard needs a fixed number of replications (--reps)' \
	run x.yaml --shard 1/2 --precision 5%
bad "shootdown explain: needs NAME" explain
bad "shootdown explain: 'b' is one argument too many" explain a b
bad "shootdown list: unknown kind 'desings'; did you mean designs?" list desings
bad "shootdown bench: unknown benchmark 'mm2'; did you mean mm1?" bench mm2
bad "shootdown validate: unknown suite 'lock'; did you mean locks?" validate lock
t_run "$sd" run x.yaml --reps 3x
is 'a number with rubbish: exit code' "$rc" 2
like 'a number with rubbish: names option and value' "$err" "^shootdown run: --reps: '3x': "
t_run "$sd" run x.yaml --precision 5x
is 'a share with a foreign unit: exit code' "$rc" 2
like 'a share with a foreign unit: names option and value' "$err" "^shootdown run: --precision: '5x': "

is 'nothing was written' "$(ls -A | grep -v '^\.\(out\|err\)$')" ''
done_testing
