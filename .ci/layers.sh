#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Which room may include which, and words that must not cross a layer.
#
# A room may include itself, the rooms listed after it here and headers of the
# system.  Tests (t/) may include anything.  "config" is models/config: tables
# and plain structs.  Exit 1 with one line per forbidden edge.
set -u
cd "$(dirname "$0")/.."

allowed='
base:
engine: base
bench: base engine
config: base engine
hw: base engine config
kernel: base engine config hw
notifier: base engine config hw kernel
oracle: base engine config hw kernel notifier
secondary: base engine config hw kernel notifier oracle
workload: base engine config hw kernel notifier oracle secondary
world: base engine config hw kernel notifier oracle secondary workload
conf: base engine config
store: base generated
run: base engine config conf store world generated
analysis: base store
cli: base engine config conf store world bench run analysis generated
'

failed=$(
	grep -rnE --include='*.[ch]' '^[[:space:]]*#[[:space:]]*include[[:space:]]*"' sim models analysis 2>/dev/null |
	awk -v allowed="$allowed" '
	function room(path) {
		if (path ~ /^gen\//)
			return "generated"
		if (path ~ /^analysis\//)
			return "analysis"
		split(path, p, "/")
		return p[2]
	}
	BEGIN {
		n = split(allowed, line, "\n")
		for (i = 1; i <= n; i++) {
			m = split(line[i], w, " ")
			sub(/:/, "", w[1])
			for (j = 1; j <= m; j++)
				edge[w[1], w[j]] = 1
		}
	}
	{
		split($0, f, ":")
		if (f[1] ~ /\/t\//)
			next
		match($0, /"[^"]*"/)
		target = substr($0, RSTART + 1, RLENGTH - 2)
		from = room(f[1])
		to = room(target)
		if (!((from, to) in edge))
			printf "%s:%s: %s may not include %s\n", f[1], f[2], from, target
	}'

	# The engine knows no kernel word, in code or in comments (it may call munmap(2)).
	grep -rnwiE --include='*.[ch]' \
		'kvm|s?ptes?|tlb|ipi|mmu|mmu_notifier|s?rcu|munmap|madvise|mmap_sem|vcpus?|shootdowns?' \
		sim/engine 2>/dev/null | grep -v -e '/t/' -e 'munmap(' |
		sed 's/$/   <- kernel word in the engine/'

	# No design is known by name: designs are data.
	for f in configs/designs/*.yaml; do
		[ -e "$f" ] || continue
		grep -rnwF --include='*.[ch]' --include='*.def' -e "$(basename "$f" .yaml)" sim models 2>/dev/null |
			grep -v '/t/' | sed "s/\$/   <- a design's name in C/"
	done
)
if [ -n "$failed" ]; then
	echo "$failed"
	exit 1
fi
echo "layers: every include is an allowed edge"
