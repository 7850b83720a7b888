#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# report and plot: a database in, documents out; the formats' promises.
. "$(dirname "$0")/../../../.ci/tap.sh"
. "$(dirname "$0")/tiny.sh"
sd=$(realpath "${SHOOTDOWN:-build/shootdown}")
export SHOOTDOWN_ROOT=${SHOOTDOWN_ROOT:-$repo}
cd "$tmp" || exit 1
tiny tiny 'none-pin, merged-2.6.27, rusty-minimal' > tiny.yaml
"$sd" run tiny.yaml -q -o t.db
before=$(sha256sum < t.db)

jq_true() {	# FILTER FILE
	jq -e "$1" "$2" >/dev/null
}
for f in mail markdown json csv; do
	t_run "$sd" report t.db --format $f
	is "report --format $f: exit code" "$rc" 0
	is "report --format $f: nothing on stderr" "$err" ''
	cp .out $f.txt
	"$sd" report t.db --format $f > again.txt
	ok "report --format $f: the same bytes again" cmp $f.txt again.txt
	ok "report --format $f: no escape sequence" awk '/\033/ { exit 1 }' $f.txt
done
"$sd" report t.db > default.txt
ok 'mail is the default' cmp mail.txt default.txt
"$sd" report t.db --json > j.json
ok '--json is --format json' cmp json.txt j.json

ok 'mail: at most 72 columns of ASCII' awk 'length($0) > 72 || /[^ -~]/ { print; bad = 1 }
	END { exit bad }' mail.txt
ok 'mail: every design' test "$(grep -cE 'none-pin|merged-2.6.27|rusty-minimal' mail.txt)" -ge 1
like 'mail: unit and direction' "$(cat mail.txt)" 'lower is better'
like 'mail: what is not modelled' "$(cat mail.txt)" '[Nn]ot modelled'
like 'mail: Reproduce' "$(cat mail.txt)" 'Reproduce: .*shootdown run .*tiny'
ok 'json: the keys of the contract' jq_true 'has("claims") and has("metrics") and
	(.metrics | length > 10) and all(.metrics[]; has("scenario") and has("design") and
	(.axes | type == "object") and has("metric") and has("label") and has("unit") and
	has("mean") and has("ci") and has("n"))' json.txt
ok 'json: an interval holds its mean' jq_true 'all(.metrics[] | select(.ci != null and .ci[0] != null and .mean != null);
	.ci[0] <= .mean and .mean <= .ci[1])' json.txt
ok 'json: every design at every point' jq_true '[.metrics[] | select(.metric == "unmap.latency")] |
	length == 12' json.txt
sqlite3 t.db "SELECT avg(m.value) FROM metric m JOIN metric_def d ON d.id = m.metric
	JOIN run r ON r.id = m.run JOIN config c ON c.id = r.config
	JOIN axis a ON a.config = c.id AND a.path LIKE '%length' AND a.value = '16pages'
	JOIN axis b ON b.config = c.id AND b.path LIKE '%count' AND b.value = '2'
	WHERE d.name = 'unmap.latency' AND c.design = 'none-pin'" > sql.txt
jq '.metrics[] | select(.metric == "unmap.latency" and .design == "none-pin" and
	(.axes | tostring | contains("16pages")) and
	([.axes[] | tostring] | contains(["2"]))) | .mean' json.txt > ours.txt
ok 'json: the mean is what plain SQL says' awk 'NR == FNR { want = $1; next }
	{ d = $1 - want; if (d < 0) d = -d; found = 1; exit !(d <= 1e-9 * want) } END { if (!found) exit 1 }' \
	sql.txt ours.txt
ok 'csv: a head line and as many columns in every line' awk -F, 'NR == 1 { n = NF } NF != n { bad = 1 }
	END { exit bad || NR < 10 || n < 6 }' csv.txt
like 'markdown: tables' "$(cat markdown.txt)" '^\| *-'

"$sd" report t.db --metric unmap.latency --where threads.vcpu.count=2 --baseline merged-2.6.27 > one.txt
like 'a baseline of choice comes first' "$(cat one.txt)" 'against merged-2[.]6[.]27'
ok 'in the left column' awk '/none-pin/ && !/merged/ { left = 0 } /merged-.*none-pin|2[.]6[.]27 +none-pin/ { left = 1 }
	END { exit !left }' one.txt
not_ok 'one metric only' grep -q 'secondary_fault' one.txt

bad() {	# WANTED-CODE REGEX ARGUMENT...
	local code=$1 want=$2
	shift 2
	t_run "$sd" "$@"
	is "$*: exit code" "$rc" "$code"
	like "$*: text" "$err" "$want"
	is "$*: nothing on stdout" "$out" ''
}
bad 2 "unknown 'mial'; did you mean mail" report t.db --format mial
bad 2 'unmap[.]latenzy' report t.db --metric unmap.latenzy
bad 2 'merged' report t.db --baseline merged
bad 2 'threads.vcpu.cnt' report t.db --by threads.vcpu.cnt
bad 2 'nowhere' report t.db --where nowhere=1
bad 2 "unknown 'pgn'; did you mean png" plot t.db --term pgn
bad 4 'missing[.]db' report missing.db
ok 'a missing database is not made' test ! -e missing.db
echo 'this is not a database at all, whatever its name says' > foreign.db
bad 4 'foreign[.]db' report foreign.db
bad 4 'foreign[.]db' plot foreign.db
head -c 20000 t.db > short.db
t_run "$sd" report short.db
like 'a truncated database: exit code' "$rc" '^4$'

# --- plots -----------------------------------------------------------------------
t_run "$sd" plot t.db --term dumb --metric unmap.latency --by threads.vmm.loop.unmap.length \
	--where threads.vcpu.count=1
is 'plot --term dumb: exit code' "$rc" 0
ok 'plot --term dumb: fits a mail' awk 'length($0) > 80 || /\033/ { bad = 1 } END { exit bad || NR < 10 }' .out
like 'plot --term dumb: names the designs' "$out" 'none-pin'
ok 'plot --term dumb leaves no picture' test -z "$(ls ./*.png ./*.svg 2>/dev/null)"
for t in png svg; do
	t_run "$sd" plot t.db --term $t --metric unmap.latency -o plots/deep/p.$t
	is "plot --term $t: exit code" "$rc" 0
	ok "plot --term $t: the picture" test -s plots/deep/p.$t
	ok "plot --term $t: its script" test -s plots/deep/p.gp
	ok "plot --term $t: its data" test -s plots/deep/p.dat
done
for name in 'two  blanks' 'r\303\251sum\303\251' "it's" '`touch here`' '$(touch here)' '#1' '|touch here #' \
	'<touch here #'; do
	name=$(printf '%b' "$name")
	t_run "$sd" plot t.db --term svg --metric unmap.latency -o "$name.svg"
	is "plot -o '$name.svg': exit code" "$rc:$err" '0:'
	ok "plot -o '$name.svg': the picture" test -s "$name.svg"
done
ok 'and none of these is a command' test ! -e here
bad 2 'line break' plot t.db --term svg --metric unmap.latency -o $'a\nb.svg'
is 'a PNG is a PNG' "$(head -c 4 plots/deep/p.png | tail -c 3)" PNG
like 'an SVG is an SVG' "$(head -c 300 plots/deep/p.svg)" '<svg'
is 'reports change nothing in the database' "$(sha256sum < t.db)" "$before"
is 'and leave nothing beside it' "$(ls t.db*)" t.db
done_testing
