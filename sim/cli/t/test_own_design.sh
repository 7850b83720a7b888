#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Designs are data: designs that exist only in this test run, differ where
# their files differ, and are judged by the oracle.
. "$(dirname "$0")/../../../.ci/tap.sh"
. "$(dirname "$0")/tiny.sh"
sd=$(realpath "${SHOOTDOWN:-build/shootdown}")
export SHOOTDOWN_ROOT=${SHOOTDOWN_ROOT:-$repo}
cd "$tmp" || exit 1

# Ranges announced at their start and after each page-table page, fenced by
# interval: nobody ever proposed it.
cat > brand-new.yaml <<'EOF'
name: brand-new
base: merged-2.6.27
summary: a design that only this test knows
core:
  list: {structure: pointer, reader: none}
protocol:
  kvm: {fence: {scope: interval}, secondary_flush: in_lock}
EOF
# The same thing under another name: every number must be the same.
cat > twin.yaml <<'EOF'
name: twin
base: merged-2.6.27
summary: merged under another name
EOF
# No callout and no pin: pages are freed under live translations.
cat > reckless.yaml <<'EOF'
name: reckless
base: merged-2.6.27
summary: nobody is told, nothing is pinned
busted: no callout at all
core: {sites: {unmap_vmas: {before: none, after: none}, zap_page_range: {before: none, after: none}}}
expect: {I1: violated, I2: held, I3: violated, I4: held}
EOF
sed -e 's/^busted: .*//' -e 's/^name: .*/name: believed-safe/' \
	-e 's/^expect: .*/expect: {I1: held, I2: held, I3: violated, I4: held}/' reckless.yaml > believed-safe.yaml

t_run "$sd" check brand-new.yaml twin.yaml reckless.yaml believed-safe.yaml
is 'own designs are valid' "$rc:$err" '0:'
tiny tiny 'merged-2.6.27, ./brand-new.yaml, ./twin.yaml' 2 > tiny.yaml
t_run "$sd" run tiny.yaml -o own.db --json
is 'own designs run: exit code' "$rc" 0
is 'own designs are named' "$(sqlite3 own.db "SELECT group_concat(design) FROM
	(SELECT DISTINCT design FROM config ORDER BY 1)")" 'brand-new,merged-2.6.27,twin'
rows() {	# DESIGN: everything measured, with the place it was measured at
	sqlite3 own.db "SELECT (SELECT group_concat(path || '=' || value) FROM axis WHERE config = c.id),
		r.replication, r.fingerprint, d.name, m.label, m.value, m.n FROM config c
		JOIN run r ON r.config = c.id JOIN metric m ON m.run = r.id
		JOIN metric_def d ON d.id = m.metric WHERE c.design = '$1' ORDER BY 1, 2, 4, 5"
}
rows merged-2.6.27 > a
rows twin > b
rows brand-new > c
ok 'there is something to compare' test "$(wc -l < a)" -gt 50
ok 'the name of a design changes nothing' diff a b
not_ok 'its axes do' cmp -s a c
t_run "$sd" run tiny.yaml --design ./brand-new.yaml --reps 1 -o one.db --json
is '--design takes a file' "$(sqlite3 one.db 'SELECT DISTINCT design FROM config')" brand-new
t_run "$sd" explain ./brand-new.yaml
like 'explain takes a file' "$out" '^design brand-new'

tiny reckless './reckless.yaml' 3 > reckless-scenario.yaml
t_run "$sd" run reckless-scenario.yaml -o reckless.db --json
is 'an expected violation: exit code' "$rc" 0
ok 'it is found' test "$(jq '[.violations[] | select(.invariant == "I1" and .expected)] | length' <<<"$out")" -gt 0
ok 'with the steps of those involved' test "$(sqlite3 reckless.db \
	"SELECT max(json_array_length(steps)) FROM violation WHERE invariant = 'I1'")" -ge 3
ok 'on two CPUs' test "$(sqlite3 reckless.db "SELECT max(n) FROM (SELECT count(DISTINCT
	json_extract(s.value, '\$.cpu')) n FROM violation v, json_each(v.steps) s GROUP BY v.run, v.ordinal)")" -ge 2
tiny believed './believed-safe.yaml' 3 > believed-scenario.yaml
t_run "$sd" run believed-scenario.yaml -o believed.db --json
is 'an unexpected violation: exit code' "$rc" 3
ok 'the other runs are there all the same' test "$(sqlite3 believed.db 'SELECT count(*) FROM run')" = 12
is 'it is marked unexpected' "$(jq -c '[.violations[] | select(.invariant == "I1") | .expected] | unique' <<<"$out")" '[false]'

# Points that a path does not have, operations that do not exist.
printf 'name: bad\nbase: merged-2.6.27\nsummary: x\ncore: {sites: {zap_page_range: {swap_set: invalidate_page}}}\n' > bad.yaml
t_run "$sd" check bad.yaml
is 'an impossible point: exit code' "$rc" 2
like 'an impossible point: place and names' "$err" '^bad[.]yaml:4:[0-9]+: design[.]core[.]sites[.]zap_page_range[.]swap_set: .* has no point .swap_set., only enter, before'
done_testing
