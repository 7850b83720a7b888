#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# debate: claims and scenarios of a directory of its own, from nothing to the
# verdicts and documents; the second call runs nothing.
. "$(dirname "$0")/../../../.ci/tap.sh"
. "$(dirname "$0")/tiny.sh"
sd=$(realpath "${SHOOTDOWN:-build/shootdown}")
unset SHOOTDOWN_ROOT
cd "$tmp" || exit 1
cp -r "$repo/configs" .
mkdir -p scenarios/claims
tiny tiny 'none-pin, merged-2.6.27, rusty-minimal' > scenarios/tiny.yaml
claim() {	# ID KIND A B RULE METRIC STATEMENT
	cat > "scenarios/claims/$1.yaml" <<-EOF
	id: $1
	who: the test
	said: 2008-05-01
	source: "sim/cli/t/test_debate.sh"
	statement: $7
	kind: $2
	scenarios: {motivating: tiny}
	compare: {a: $3, b: $4}
	metric: $6
	rule: $5
	margin: 1%
	margin_reason: small enough to matter to nobody
	if_supported: nothing
	if_refuted: nothing
	EOF
}
# b is greater (less) than a
claim T1 emergent none-pin rusty-minimal greater unmap.latency 'callouts cost time'
claim T2 emergent none-pin rusty-minimal less unmap.latency 'callouts save time'

t_run "$sd" check scenarios/claims/T1.yaml scenarios/claims/T2.yaml scenarios/tiny.yaml
is 'the claims are valid' "$rc:$err" '0:'
t_run "$sd" debate --dry-run
is 'debate --dry-run: exit code' "$rc" 0
ok 'debate --dry-run writes nothing' test ! -e results
t_run "$sd" debate
is 'debate: exit code' "$rc" 0
for f in debate.db mail.txt report.md; do
	ok "results/debate/$f" test -s results/debate/$f
done
ok 'results/debate/plots/ holds pictures' test -n "$(find results/debate/plots -name '*.png' -size +1k)"
ok 'and their scripts' test -n "$(find results/debate/plots -name '*.gp')"
like 'verdict of T1' "$out" '\bT1\b.*supported'
like 'verdict of T2' "$out" '\bT2\b.*refuted'
ok 'mail.txt: 72 columns of ASCII' awk 'length($0) > 72 || /[^ -~]/ { print; bad = 1 } END { exit bad }' \
	results/debate/mail.txt
runs=$(sqlite3 results/debate/debate.db 'SELECT count(*) FROM run')
is 'one scenario of two claims is run once' "$runs" 60
cp results/debate/mail.txt mail1.txt
t_run "$sd" debate --json
is 'second debate: exit code' "$rc" 0
is 'second debate runs nothing' "$(sqlite3 results/debate/debate.db 'SELECT count(*) FROM run')" "$runs"
ok 'the same mail' cmp mail1.txt results/debate/mail.txt
ok 'JSON: claims with the keys of the contract' jq -e '(.claims | length == 2) and
	all(.claims[]; has("id") and has("kind") and has("source") and has("statement") and
	has("verdict") and has("unit") and has("baseline") and has("design") and has("effect") and
	has("ci") and has("margin") and has("n") and has("boundary") and
	(.points | type == "array"))' .out
is 'JSON: verdicts' "$(jq -r '[.claims[] | .id + "=" + .verdict] | sort | join(" ")' .out)" \
	'T1=supported T2=refuted'
t_run "$sd" debate T1 -o one/d.db
is 'one claim: exit code' "$rc" 0
ok 'one claim: documents beside its database' test -s one/mail.txt
not_ok 'one claim: not the other' grep -q 'T2' <<<"$out"
mkdir scenarios/questions
cat > scenarios/questions/cost.yaml <<-EOF
	id: cost
	question: Do callouts cost time?
	claims: [T1]
	headline: T1
	answer: {supported: 'they do, {more}'}
	mechanism: 'the call takes {long}'
	figures:
	  long: {study: tiny, metric: unmap.latency, design: rusty-minimal, where: {unmap.length: 16pages, vcpu.count: 2}}
	  more: {study: tiny, metric: unmap.latency, design: rusty-minimal, over: none-pin, where: {unmap.length: 16pages, vcpu.count: 2}}
	plot: {study: tiny, metric: unmap.latency, by: unmap.length, designs: [none-pin, rusty-minimal]}
	table: {study: tiny, metric: [unmap.latency, round]}
EOF
t_run "$sd" debate
is 'a question: exit code' "$rc" 0
is 'it runs nothing more' "$(sqlite3 results/debate/debate.db 'SELECT count(*) FROM run')" "$runs"
like 'the answer comes first' "$out" '^cost: Do callouts cost time\?'
like 'in words, with figures of the data' "$out" 'supported: they do, [+]'
like 'and its mechanism' "$out" 'why: the call takes [0-9.]+ us'
ok 'a text of its own' grep -q 'Do callouts cost time' results/debate/cost.txt
ok 'a plot of its own' test -s results/debate/plots/cost.png -a -s results/debate/plots/cost.txt
t_run "$sd" debate --json
is 'JSON: the answer' "$(jq -r '.questions[0] | .id + " " + .verdict + " " + .headline + " " + (.n | tostring)' .out)" \
	'cost supported T1 5'
t_run "$sd" debate cost -o alone/d.db
is 'one question: exit code' "$rc" 0
not_ok 'with its claims alone' grep -q 'T2' <<<"$out"
sed -i 's/^  long: .*/  long: {study: tiny, metric: unmap.latency, design: nobody}/' scenarios/questions/cost.yaml
t_run "$sd" debate cost -o alone/d.db
like 'a figure without data is said' "$out" 'the call takes \(no data\)'
like 'and the question undecided' "$out" '^  undecided'
sed 's/^replications: /budget: 20\n&/' scenarios/tiny.yaml > small.yaml
t_run "$sd" check small.yaml
is 'a forecast above the budget: exit code' "$rc" 2
like 'a forecast above the budget: message' "$err" 'events are expected, the budget is 20'
t_run "$sd" run --dry-run scenarios/tiny.yaml
like 'dry run: budgets' "$out" '^tiny +[0-9.e+]+ +5e\+07'
t_run "$sd" debate T3
is 'an unknown claim: exit code' "$rc" 2
like 'an unknown claim: suggestion' "$err" "^shootdown debate: unknown claim 'T3'; did you mean T[12]\?$"
sed -i 's/^rule: less/rule: lesss/' scenarios/claims/T2.yaml
t_run "$sd" debate -o never/d.db
is 'a wrong claim: exit code' "$rc" 2
ok 'a wrong claim: nothing written' test ! -e never
done_testing
