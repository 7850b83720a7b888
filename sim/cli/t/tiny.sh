# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# A scenario of a few milliseconds per run, for black-box tests: 2 designs x 4
# sweep points x 5 replications = 40 runs.
# tiny NAME [DESIGNS [REPLICATIONS]] > FILE
tiny() {
	cat <<-EOF
	# SPDX-License-Identifier: GPL-3.0-or-later
	name: $1
	question: How long does a small madvise take?
	machine: x86-2008-2x4
	kernel: linux-2.6.27
	designs: [${2:-none-pin, merged-2.6.27}]
	until: threads_done
	duration: 100ms
	settle: 50us
	replications: ${3:-5}
	address_spaces:
	  - name: guest
	    regions:
	      - {name: work, length: 64pages, secondary_prefault: 100%}
	      - {name: balloon, length: 64pages, secondary_prefault: 100%}
	    secondary: [{kind: kvm-2.6.27}]
	threads:
	  - name: vmm
	    in: guest
	    times: 1
	    start: uniform(1us 100us)
	    loop: [{name: unmap, madvise_dontneed: {of: balloon, length: 16pages}}]
	  - name: vcpu
	    in: guest
	    count: 2
	    mode: guest
	    loop: [{secondary_access: {of: work, pages: uniform, n: 2}}, {think: exp(10us)}]
	sweep:
	  threads.vmm.loop.unmap.length: [1page, 16pages]
	  threads.vcpu.count: [1, 2]
	metrics: [unmap.latency, round, secondary_fault.delay]
	EOF
}
