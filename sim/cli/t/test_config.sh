#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Errors of the user: one line each with file, line, column, path, what is
# wrong and the nearest valid name; all of a file at once; exit 2; no crash,
# no output, nothing written.
. "$(dirname "$0")/../../../.ci/tap.sh"
. "$(dirname "$0")/tiny.sh"
sd=$(realpath "${SHOOTDOWN:-build/shootdown}")
export SHOOTDOWN_ROOT=${SHOOTDOWN_ROOT:-$repo}
cd "$tmp" || exit 1
tiny tiny > tiny.yaml

t_run "$sd" check tiny.yaml
is 'the scenario to be spoilt is valid' "$rc:$out:$err" '0:1 file, no error:'
t_run "$sd" check tiny.yaml --json
is 'a valid file as JSON' "$out" '{"files":[{"file":"tiny.yaml","errors":[]}]}'
t_run "$sd" check -q tiny.yaml
is 'check -q is silent' "$rc:$out$err" '0:'

# spoil WHAT SED-SCRIPT REGEX: the scenario with one thing wrong.
spoil() {
	local text
	sed "$2" tiny.yaml > bad.yaml
	not_ok "$1: the scenario was changed" cmp -s tiny.yaml bad.yaml
	t_run "$sd" check bad.yaml
	text=$err
	is "$1: exit code" "$rc" 2
	is "$1: nothing on stdout" "$out" ''
	like "$1: text" "$(head -n 1 <<<"$err")" "$3"
	t_run "$sd" check bad.yaml --json
	is "$1: JSON, exit code" "$rc" 2
	is "$1: JSON says the same" "$(jq -r '.files[0].errors[] | "bad.yaml:\(.line):\(.column): " +
		(if .path == "" then "" else .path + ": " end) + .message +
		(if .suggestion then "; did you mean \(.suggestion)?" else "" end)' <<<"$out")" "$text"
}
spoil 'a misspelt key' 's/settle:/setle:/' \
	'^bad[.]yaml:9:1: setle: unknown key; did you mean settle\?$'
spoil 'a misspelt key deep inside' 's/  count: 2/  cuont: 2/' \
	'^bad[.]yaml:25:[0-9]+: threads[.]vcpu[.]cuont: unknown key; did you mean count\?$'
spoil 'a missing unit' 's/settle: 50us/settle: 50/' \
	"^bad[.]yaml:9:9: settle: '50' has no unit, a time such as 250ns is due\$"
spoil 'a wrong unit' 's/settle: 50us/settle: 50KiB/' \
	"^bad[.]yaml:9:9: settle: '50KiB' has no unit of time"
spoil 'a duplicate key' 's/^settle: 50us/settle: 50us\nsettle: 60us/' \
	'^bad[.]yaml:10:1: settle: key given twice, first in line 9$'
spoil 'a value out of range' 's/^replications: 5/replications: -5/' \
	"^bad[.]yaml:10:15: replications: '-5' is out of range, 1 to 1000000\$"
spoil 'a share above 100%' '0,/secondary_prefault: 100%/s//secondary_prefault: 101%/' \
	'^bad[.]yaml:14:[0-9]+: address_spaces[.]guest[.]regions[.]work[.]secondary_prefault: .*101%.*range'
spoil 'an undefined machine' 's/machine: x86-2008-2x4/machine: x86-2008-2x5/' \
	'^bad[.]yaml:4:10: machine: .*x86-2008-2x5.*did you mean x86-2008-2x4\?$'
spoil 'an undefined design' 's/merged-2.6.27/merged-2.6.72/' \
	'^bad[.]yaml:6:[0-9]+: designs: .*merged-2[.]6[.]72.*did you mean merged-2[.]6[.]27\?$'
spoil 'an undefined address space' 's/    in: guest/    in: gast/' \
	'^bad[.]yaml:[0-9]+:[0-9]+: threads[.][a-z]+[.]in: .*gast'
spoil 'an undefined region' 's/of: balloon/of: baloon/' \
	'^bad[.]yaml:[0-9]+:[0-9]+: threads[.]vmm[.]loop.*: .*baloon.*did you mean balloon\?$'
spoil 'an unknown metric' 's/\[unmap.latency/[unmap.latenzy/' \
	'^bad[.]yaml:[0-9]+:[0-9]+: metrics.*unmap[.]latenzy.*did you mean unmap[.]latency\?$'
spoil 'an axis that leads nowhere' 's/threads.vcpu.count:/threads.vcpus.count:/' \
	'^bad[.]yaml:[0-9]+:[0-9]+: .*vcpus'
spoil 'an unknown operation' 's/madvise_dontneed:/madvise_dontned:/' \
	'^bad[.]yaml:[0-9]+:[0-9]+: threads[.]vmm[.]loop.*did you mean madvise_dontneed\?$'
spoil 'an anchor' 's/name: work/name: \&w work/' '^bad[.]yaml:14:[0-9]+: .*(anchor|alias)'
spoil 'a tag' 's/^settle: 50us/settle: !!str 50us/' '^bad[.]yaml:9:9: tags are not allowed$'

# Three errors of one file, two files at once.
sed 's/settle:/setle:/; s/duration: 100ms/duration: 100/; s/machine: x86-2008-2x4/machine: nix/' tiny.yaml > three.yaml
sed 's/kernel: linux-2.6.27/kernel: linux-2.6.72/' tiny.yaml > one.yaml
t_run "$sd" check three.yaml one.yaml tiny.yaml
is 'several files: exit code' "$rc" 2
is 'all errors of all files at once' "$(cut -d : -f 1,2 <<<"$err" | sort)" 'one.yaml:5
three.yaml:4
three.yaml:8
three.yaml:9'
t_run "$sd" check three.yaml one.yaml tiny.yaml --json
is 'several files as JSON' "$(jq -c '[.files[] | [.file, (.errors | length)]]' <<<"$out")" \
	'[["three.yaml",3],["one.yaml",1],["tiny.yaml",0]]'

# Files that are no YAML at all.
: > empty.yaml
head -c 4096 /dev/urandom > garbage.yaml
printf 'name: x\n\tb: 1\n' > tabs.yaml
printf 'a: [1, 2\nb: }\n' > broken.yaml
awk 'BEGIN { for (i = 0; i < 5000; i++) printf "["; print "" }' > deep.yaml
printf -- '---\nname: a\n---\nname: b\n' > multi.yaml
printf 'just a text\n' > scalar.yaml
for f in empty garbage tabs broken deep multi scalar; do
	t_run "$sd" check $f.yaml
	is "$f: exit code" "$rc" 2
	like "$f: text names the file" "$err" "^$f[.]yaml:"
	ok "$f: few lines, printable" awk '/[^ -~]/ { bad = 1 } END { exit bad || NR > 5 }' .err
	t_run "$sd" run $f.yaml -o never.db
	is "run of $f: exit code" "$rc" 2
done
t_run "$sd" check empty.yaml
like 'an empty file says so' "$err" 'empty'
t_run "$sd" check /
is 'a directory: exit code' "$rc" 2

# Designs.
printf 'name: d\nbase: merged-2.6.27\nsummary: x\n%s\n' 'core: {sites: {zap_page_rang: {before: range_start}}}' > d.yaml
t_run "$sd" check d.yaml
like 'an unknown site' "$err" '^d[.]yaml:4:[0-9]+: design[.]core[.]sites[.]zap_page_rang: .*did you mean zap_page_range\?$'
printf 'name: d\nbase: merged-2.6.27\nsummary: x\n%s\n' 'core: {sites: {zap_page_range: {before: range_strat}}}' > d.yaml
t_run "$sd" check d.yaml
like 'an unknown callout' "$err" '^d[.]yaml:4:[0-9]+: design[.]core[.]sites[.]zap_page_range[.]before: .*did you mean range_start\?$'
printf 'name: d\nbase: merged-2.6.27\nsummary: x\n%s\n' 'protocol: {kvm: {fence: {kind: cuont}}}' > d.yaml
t_run "$sd" check d.yaml
like 'an unknown value of an axis' "$err" '^d[.]yaml:4:[0-9]+: design[.]protocol[.]kvm[.]fence[.]kind: .*did you mean count\?$'

# What ships is valid, and says so in one call.
# shellcheck disable=SC2046
t_run "$sd" check $(find "$repo/configs" "$repo/scenarios" -name '*.yaml')
is 'every shipped file is valid' "$rc:$err" '0:'
is 'nothing was written' "$(ls ./*.db results 2>/dev/null)" ''
done_testing
