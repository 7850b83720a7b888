#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What the command line changes of a scenario: every --set either takes effect
# or is an error with exit 2 that says what to use; never is one ignored.
. "$(dirname "$0")/../../../.ci/tap.sh"
. "$(dirname "$0")/tiny.sh"
sd=$(realpath "${SHOOTDOWN:-build/shootdown}")
export SHOOTDOWN_ROOT=${SHOOTDOWN_ROOT:-$repo}
cd "$tmp" || exit 1
tiny tiny > tiny.yaml

parameter() {	# DB PATH: value, origin, given_at of the first configuration
	sqlite3 "$1" "SELECT DISTINCT value || '|' || origin || '|' || given_at FROM parameter WHERE path = '$2'"
}
refused() {	# WHAT REGEX ARGUMENT...
	local what=$1 want=$2
	shift 2
	t_run "$sd" run tiny.yaml -n "$@"
	is "$what: exit code" "$rc" 2
	is "$what: nothing on stdout" "$out" ''
	like "$what: text" "$err" "$want"
}

# --- keys that name files ----------------------------------------------------
t_run "$sd" run tiny.yaml -q --reps 1 -o m.db --set machine=x86-2008-9x4
is '--set machine: exit code' "$rc:$err" '0:'
is '--set machine: the machine that ran' "$(parameter m.db machine.name | cut -d '|' -f 1)" x86-2008-9x4
t_run "$sd" run tiny.yaml -q --reps 1 -o k.db --set 'kernel={base: linux-2.6.27, preempt: voluntary}'
is '--set kernel: exit code' "$rc:$err" '0:'
is '--set kernel: the kernel that ran' "$(parameter k.db kernel.preempt | cut -d '|' -f 1)" voluntary
t_run "$sd" run tiny.yaml -n --set machine=x86-2008-9x4 --set machine.cores=2
is '--set machine, then a key of it' "$rc:$err" '0:'
refused 'an undefined kernel' "^--set: kernel: no kernel is named 'nix'" --set kernel=nix
refused 'an undefined machine' "^--set: machine: no machine is named 'x86-2008-2x5'; did you mean" \
	--set machine=x86-2008-2x5
refused 'machine twice' 'machine: --machine says it' --machine x86-2008-2x4 --set machine=x86-2008-9x4
refused 'designs' 'designs: is not for --set: use --design' --set designs=none-pin
refused 'a list of designs' 'designs: is not for --set: use --design' --set 'designs=[none-pin]'
refused 'the sweep' 'is not for --set: set the swept path itself' --set 'sweep.threads.vcpu.count=[1, 2]'
refused 'a base' 'machine[.]base: is not for --set' --set machine.base=x86-2008-9x4
refused 'the name of a design' 'design[.]name: is not for --set' --set design.name=other
t_run "$sd" run tiny.yaml -n --set 'exclude=[{threads.vcpu.count: 2}]'
like 'exclude takes effect' "$(head -n 1 <<<"$out")" '^configurations +4$'
t_run "$sd" run tiny.yaml -n --set address_spaces.guest.secondary=[]
is 'no secondary MMU, though it was named' "$rc" 2

# --- two designs of one name ------------------------------------------------------
printf 'name: %s\nbase: merged-2.6.27\nsummary: x\n' merged-2.6.27 > dup.yaml
sed 's/^name: .*/name: mine/' dup.yaml > mine.yaml
both="dup[.]yaml .*configs/designs/merged-2[.]6[.]27[.]yaml"
refused 'a file with the name of a design' "a second design named 'merged-2[.]6[.]27': .*$both" \
	--design merged-2.6.27,./dup.yaml
refused 'the other way round' "a second design named 'merged-2[.]6[.]27': .*$both" \
	--design ./dup.yaml,merged-2.6.27
refused 'alone' "a second design named 'merged-2[.]6[.]27'" --design ./dup.yaml
sed 's/^designs: .*/designs: [merged-2.6.27, .\/dup.yaml]/' tiny.yaml > twice.yaml
t_run "$sd" check twice.yaml
is 'two in the file: exit code' "$rc" 2
like 'two in the file: text' "$err" "^twice[.]yaml:6:.*$both"
t_run "$sd" run tiny.yaml -n --design "$SHOOTDOWN_ROOT/configs/designs/merged-2.6.27.yaml,merged-2.6.27"
is 'the same file by name and path' "$rc:$err" '0:'

# --- keys of designs -----------------------------------------------------------------
t_run "$sd" run tiny.yaml -q --reps 1 -o d.db --design ./mine.yaml --set design.protocol.kvm.fence.scope=interval
is 'a design of --design meets --set: exit code' "$rc:$err" '0:'
is 'and takes it' "$(parameter d.db design.protocol.kvm.fence.scope | cut -d '|' -f 1)" interval
key=design.protocol.kvm.secondary_flush=per_batch
sed 's/^designs: .*/designs: [none-pin, andrea-v7, rusty-minimal, merged-2.6.27]/' tiny.yaml > four.yaml
t_run "$sd" run four.yaml -n --design andrea-v7 --set $key
is 'a key that a design left out does not take' "$rc:$err" '0:'
t_run "$sd" run four.yaml -n --design andrea-v7 --set design.source.x=1
is 'a key that no design takes' "$rc" 2
t_run "$sd" run four.yaml -n --set design.core.sites.zap_page_range.before=range_start
like 'all designs: the one that does not take it says so' "$err" 'none-pin'
t_run "$sd" run four.yaml -n --design merged-2.6.27 --set design.core.sites.zap_page_range.before=range_start
is 'left out, it is silent' "$rc:$err" '0:'

# --- origins --------------------------------------------------------------------------
t_run "$sd" run tiny.yaml -q --reps 1 -o o.db --set machine.jitter=5%
like 'a value that repeats the table keeps its origin' "$(parameter o.db kernel.gather.batch)" \
	'^506[|](published|source|read|derived)[^|]*[|].*linux-2[.]6[.]27[.]yaml:[0-9]+$'
is 'a value of its own is given' "$(parameter o.db machine.jitter)" '5|given|--set'

# --- per cent ---------------------------------------------------------------------------
t_run "$sd" run tiny.yaml -n --precision 1
is '--precision 1 is 1%' "$rc:$err" '0:'
plain=$out
t_run "$sd" run tiny.yaml -n --precision 1%
is '--precision 1%' "$rc:$out" "0:$plain"
refused '--precision of a word' "precision: 'x'" --precision x
refused '--precision 0' 'not above 0%' --precision 0
done_testing
