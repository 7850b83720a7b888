#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# bench model: its answer, not its speed.  Speed that depends on the load of
# the machine is in no test.
. "$(dirname "$0")/../../../.ci/tap.sh"
cd "$repo" || exit 1

t_run "$SHOOTDOWN" bench model --json
is 'bench model: exit code' "$rc" 0
is 'two rows' "$(jq -r '.benchmarks | map(.name) | join(" ")' <<<"$out")" 'model model/set-up'
is 'oracle on and off gave the same fingerprint, nothing violated' \
	"$(jq -r '.benchmarks | map(.answer_ok) | unique | join(" ")' <<<"$out")" true
is 'faults and unmapped pages happened' \
	"$(jq -r '.benchmarks[0].operations > 5000' <<<"$out")" true
is 'engine events per operation are told' \
	"$(jq -r '.benchmarks[0].events_per_operation > 1' <<<"$out")" true
t_run "$SHOOTDOWN" bench modle
like 'a slip is met with the name' "$err" 'did you mean model'
done_testing
