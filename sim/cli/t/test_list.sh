#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# list and explain: complete enough to serve as schema, readable as text.
. "$(dirname "$0")/../../../.ci/tap.sh"
sd=$(realpath "${SHOOTDOWN:-build/shootdown}")
export SHOOTDOWN_ROOT=${SHOOTDOWN_ROOT:-$repo}
cd "$tmp" || exit 1

jq_true() {	# FILTER TEXT
	jq -e "$1" >/dev/null <<<"$2"
}
kinds='designs machines kernels secondaries scenarios claims metrics parameters sites points callouts invariants kinds'
for k in $kinds; do
	t_run "$sd" list "$k"
	is "list $k: exit code" "$rc" 0
	ok "list $k: one item a line, blanks only" awk '/\t|^ |^$/ { print; bad = 1 }
		END { exit bad || NR < 1 }' <<<"$out"
	lines=$(wc -l <<<"$out")
	t_run "$sd" list "$k" --json
	ok "list $k --json: an array of names with summaries" jq_true \
		'type == "array" and all(.[]; (.name | type == "string") and has("summary"))' "$out"
	is "list $k: text and JSON have as many items" "$(jq length <<<"$out")" "$lines"
	ok "list $k --json: names are unique" jq_true '(map(.name) | unique | length) == length' "$out"
done

t_run "$sd" list parameters --json
p=$out
ok 'parameters have type, unit, default, origin, owner' jq_true \
	'all(.[]; has("type") and has("unit") and has("default") and has("origin") and has("owner"))' "$p"
ok 'numbers have a legal range, low below high' jq_true \
	'all(.[] | select(.type | IN("integer","duration","size","frequency","share","distribution"));
	 (.range | length == 2) and .stored_range[0] < .stored_range[1])' "$p"
ok 'enumerations name their values' jq_true \
	'all(.[] | select(.type == "enumeration"); (.values | length) >= 2)' "$p"
ok 'defaults of enumerations are values' jq_true \
	'all(.[] | select(.type == "enumeration" and .default != null and (.default | test("\\(") | not));
	 .default as $d | any(.values[]; .name == $d))' "$p"
ok 'every estimate says in what range it is plausible' jq_true \
	'all(.[] | select(.origin == "estimate"); has("plausible"))' "$p"
ok 'what is published or measured cites its source' jq_true \
	'all(.[] | select(.origin == "published" or .origin == "measured"); .citation | length > 5)' "$p"
ok 'every cost has an origin other than choice' jq_true \
	'[.[] | select(.name | test("\\.costs\\."))] | length > 40 and all(.[]; .origin != "choice")' "$p"

ok 'sites: madvise_dontneed is built, remap_file_pages is not' jq_true \
	'(.[] | select(.name == "madvise_dontneed") | .built) and (.[] | select(.name == "remap_file_pages") | .built | not)' \
	"$("$sd" list sites --json)"
is 'sites: points in program order' "$("$sd" list sites --json |
	jq -r '.[] | select(.name == "unmap_region") | .points | join(" ")')" \
	'before_zap after_zap tables_freed gather_finished'
is 'invariants that are checked' "$("$sd" list invariants --json |
	jq -r '[.[] | select(.checked) | .name] | join(" ")')" 'I1 I2 I3 I4 I5 I6 I7 I9 I12'
ok 'metrics: lock.hold has the labels of lock.wait' jq_true \
	'([.[] | select(.name == "lock.hold") | .labels] == [.[] | select(.name == "lock.wait") | .labels])
	 and ([.[] | select(.name == "lock.hold") | .labels[]] | length > 5)' "$("$sd" list metrics --json)"

# --- explain: everything that list names can be explained -------------------
for k in designs machines kernels secondaries claims metrics sites points callouts invariants; do
	failed=
	while read -r name; do
		"$sd" explain "$name" >"$tmp/x" 2>&1 || failed="$failed $name"
		[ "$(wc -l <"$tmp/x")" -ge 2 ] || failed="$failed $name"
	done < <("$sd" list "$k" --json | jq -r '.[].name')
	is "every one of $k can be explained" "$failed" ''
done
failed=
for name in $(jq -r '.[].name' <<<"$p" | awk 'NR % 7 == 1'); do
	[ "$("$sd" explain "$name" --json | jq -r '.[0].name')" = "$name" ] || failed="$failed $name"
done
is 'parameters are explained by their full path' "$failed" ''

t_run "$sd" explain ipi_cross
like 'a parameter by its last key' "$out" '^parameter machine\.costs\.ipi_cross'
like 'its default with unit' "$out" 'default +700ns'
like 'its plausible range' "$out" 'plausible +500ns to 1[.]5us'
like 'its origin with citation' "$out" 'origin +estimate: interrupt message'
like 'the file that owns it' "$out" 'set in +the machine file \(configs/machines/\)'

t_run "$sd" explain merged-2.6.27
like 'a design: callout at zap_page_range' "$out" '^    +before +range_start '
like 'a design: page callout under the page-table lock' "$out" '^    \^ [a-z_]+ +invalidate_page '
like 'a design: locks' "$out" 'holds: +mmap_sem'
like 'a design: axis with its meaning' "$out" '^  protocol.kvm.zap_at +range_start +translations are dropped'
like 'a design: expectation' "$out" '^  I1 +held '
order=$(grep -nE '^  (page_referenced_one|try_to_unmap_one|unmap_vmas|zap_page_range)' <<<"$out" |
	cut -d : -f 2 | awk '{ printf "%s ", $1 }')
like 'a design: sites in the order of the table' "$order" 'unmap_vmas zap_page_range'
t_run "$sd" explain merged-2.6.27 --json
ok 'a design as JSON' jq_true '.[0] | .kind == "design" and (.callouts | length > 3) and
	(.axes["design.protocol.kvm.zap_at"] == "range_start") and .expect.I1 == "held"' "$out"
t_run "$sd" explain busted-no-start
like 'a broken design says so' "$out" '^  broken +'
wide=$(for n in merged-2.6.27 none-pin x86-2008-9x4 secondary_fault.part S1.6; do "$sd" explain "$n"; done |
	awk 'length($0) > 100')
is 'no line of an explanation is wider than 100 columns' "$wide" ''

t_run "$sd" explain ipi_crsos
is 'an unknown name: exit code' "$rc" 2
t_run "$sd" explain unmap.latncy
is 'an unknown name: text' "$(head -n 1 <<<"$err")" \
	"shootdown explain: nothing is called 'unmap.latncy'; did you mean unmap.latency?"
is 'an unknown name: nothing on stdout' "$out" ''

# --- where configs/ is ---------------------------------------------------------
mkdir -p own/configs/designs elsewhere
( unset SHOOTDOWN_ROOT; cd elsewhere && "$sd" list designs >"$tmp/beside" 2>&1 )
ok 'without configs/ here, those beside the binary' grep -q '^merged-2.6.27 ' "$tmp/beside"
( cd own && "$sd" list designs >"$tmp/here" 2>&1 )
not_ok 'configs/ of the current directory comes first' grep -q merged-2.6.27 "$tmp/here"
done_testing
