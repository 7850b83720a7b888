#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# validate published: rows of a file, formulas and lines, exit codes, what is
# known to miss, slips in the file.
. "$(dirname "$0")/../../../.ci/tap.sh"
sd=$(realpath "${SHOOTDOWN:-build/shootdown}")
mkdir -p "$tmp/scenarios/validation"
ln -s "$repo/configs" "$tmp/configs"
cd "$tmp" || exit 1

file() {	# POINTS AND DERIVED of scenarios/validation/one.yaml
	cat > scenarios/validation/one.yaml <<-END
	id: one
	source: nobody, 2008
	statement: a thread that thinks
	world:
	  name: thinks
	  question: how long does it think?
	  machine: {base: x86-2008-2x4, jitter: 0%, background.interval: 0s}
	  kernel: linux-2.6.27
	  designs: [merged-2.6.27]
	  until: threads_done
	  address_spaces: [{name: p, regions: [{name: r, length: 1page}]}]
	  threads: [{name: t, in: p, times: 10, loop: [{name: it, think: 1us}]}]
	  metrics: [loop.time]
	metric: loop.time
	$1
	END
}
good='points:
  - {name: a, expected: 1us, kind: exact}
  - {name: b, set: {threads.t.loop.it.think: 3us}, expected: 2900ns, tolerance: 10%, kind: predicted}
  - {name: c, set: {threads.t.loop.it.think: 5us}}
derived:
  - {name: more, value: (b - a) / 2, unit: ns, expected: [0.9us, 1.2us], kind: predicted}
  - {name: slope, fit: {x: [1, 3, 5], y: [a, b, c], take: slope}, unit: ns, expected: 1us, kind: exact}
  - {name: start, fit: {x: [1, 3, 5], y: [a, b, c], take: intercept}, unit: ns, expected: 0s, tolerance: 1ns, kind: exact}'

file "$good"
t_run "$sd" validate published --json
is 'all hold: exit 0' "$rc" 0
is 'a row per expectation, none for a value without' \
	"$(jq -r '.checks | map(.id) | join(" ")' <<<"$out")" 'one.a one.b one.more one.slope one.start'
is 'what the runs gave' \
	"$(jq -r '.checks | map(.got * 1000 | round / 1000) | join(" ")' <<<"$out")" '1000 3000 1000 1000 0'
is 'middle and half-width of a range' \
	"$(jq -r '.checks[2] | "\(.expected) \(.tolerance)"' <<<"$out")" '1050 150'
is 'suite, kind, unit, source' \
	"$(jq -r '.checks[1] | "\(.suite) \(.kind) \(.unit) \(.source)"' <<<"$out")" \
	'published predicted ns nobody, 2008'
ok 'the file is checked like any other' "$sd" check scenarios/validation/one.yaml

file 'points:
  - {name: a, expected: 2us, tolerance: 10%, kind: predicted}
  - {name: b, expected: 1us, kind: exact, miss: it used to}'
t_run "$sd" validate published
is 'a figure that differs: exit 1' "$rc" 1
like 'which one' "$out" 'DIFFERS published one.a '
like 'what is known to miss and holds is told' "$out" 'one.b holds, was known to miss'
file 'points:
  - {name: a, expected: 2us, tolerance: 10%, kind: predicted, miss: because of this}'
t_run "$sd" validate published
is 'known to miss: exit 0' "$rc" 0
like 'with its reason' "$out" 'one.a misses: because of this'
like 'and counted' "$out" '0 of 1 checks hold, 1 are known to miss'

t_run "$sd" validate published --only two
is 'a file that is not there: exit 2' "$rc" 2
slip() {	# WHAT POINTS MESSAGE
	file "$2"
	t_run "$sd" validate published
	is "$1: exit 2" "$rc" 2
	like "$1: message" "$err" "$3"
}
slip 'unknown key' 'points: [{name: a, expectd: 1us, kind: exact}]' 'did you mean expected'
slip 'unknown kind' 'points: [{name: a, expected: 1us, kind: guess}]' "no kind of check is named 'guess'"
slip 'no kind' 'points: [{name: a, expected: 1us}]' 'kind is missing'
slip 'no unit' 'points: [{name: a, expected: 1, kind: exact}]' 'a quantity in ns is expected'
slip 'a path that is not there' 'points: [{name: a, set: {threads.t.cout: 2}}]' 'cout'
slip 'a sweep' 'points: [{name: a, set: {machine.jitter: "[0%, 1%]"}}]' 'jitter'
slip 'a name twice' 'points: [{name: a}, {name: a}]' "'a' a second time"
slip 'a line through nothing' 'points: [{name: a}]
derived: [{name: s, fit: {x: [1, 2], y: [a, z], take: slope}}]' "no value before this is named 'z'"
slip 'an unknown metric' 'points: [{name: a, metric: loop.tim}]' "no metric is named 'loop.tim'"
done_testing
