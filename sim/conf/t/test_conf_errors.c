/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Every class of configuration error, with its exact message.  A case is a
 * file and what must be printed about it; the last cases are several errors at
 * once, in the order of lines.
 */
#include "sim/conf/t/scratch.h"

struct golden { const char *what, *text, *message; };

static const struct golden bytes[] = {
	{ "empty file", "", "f.yaml: the file is empty\n" },
	{ "only a comment", "# nothing\n", "f.yaml: the file is empty\n" },
	{ "only a document mark", "---\n", "f.yaml:2:1: the file is empty\n" },
	{ "binary garbage", "\x7f\x45LF\x02\x01", "f.yaml:1:1: byte 0x7f is not text; a YAML file is expected\n" },
	{ "not UTF-8", "name: a\nsource: \xff\n", "f.yaml:2:9: byte 0xff is not text; a YAML file is expected\n" },
	{ "a list", "- 1\n", "f.yaml:1:1: a map of keys and values is expected\n" },
	{ "a word", "hello\n", "f.yaml:1:1: a map of keys and values is expected\n" },
	{ "broken YAML", "name: [a\n", "f.yaml:2:1: not YAML: did not find expected ',' or ']' while parsing a flow sequence\n" },
	{ "tab", "name:\n\t- a\n", "f.yaml:2:1: not YAML: found character that cannot start any token while scanning for the next token\n" },
	{ "tag", "name: !!str a\n", "f.yaml:1:7: tags are not allowed\n" },
	{ "anchor", "name: &a b\n", "f.yaml:1:7: anchors are not allowed\n" },
	{ "alias", "name: *a\n", "f.yaml:1:7: aliases are not allowed\n" },
	{ "two documents", "name: a\n---\nname: b\n", "f.yaml:2:1: a second document is not allowed\n" },
	{ "odd key", "[a]: b\n", "f.yaml:1:1: a key must be a plain word\n" },
	{ "no known key", "foo: 1\n", "f.yaml:1:1: no key of this file tells what it is (machine, kernel, design, secondary MMU, scenario, claim, question or validation)\n" },
};

#define MACHINE "name: m\nsource: s\nsockets: 1\ncores: 4\n"

static const struct golden values[] = {
	{ "right", MACHINE "clock: 3GHz\n", "" },
	{ "misspelt key", MACHINE "clock: 3GHz\njiter: 10%\n",
	  "f.yaml:6:1: machine.jiter: unknown key; did you mean jitter?\n" },
	{ "misspelt key in a group", MACHINE "clock: 3GHz\nidle: {exti: 1us}\n",
	  "f.yaml:6:8: machine.idle.exti: unknown key; did you mean exit?\n" },
	{ "unknown key, nothing near", MACHINE "clock: 3GHz\nzzzzzzzz: 1\n",
	  "f.yaml:6:1: machine.zzzzzzzz: unknown key\n" },
	{ "duplicate key", MACHINE "clock: 3GHz\ncores: 5\n",
	  "f.yaml:6:1: cores: key given twice, first in line 4\n" },
	{ "missing key", MACHINE, "f.yaml:1:1: machine: clock is missing\n" },
	{ "bare number", MACHINE "clock: 3\n",
	  "f.yaml:5:8: machine.clock: '3' has no unit, a frequency such as 3GHz is due\n" },
	{ "wrong unit", MACHINE "clock: 3ns\n",
	  "f.yaml:5:8: machine.clock: '3ns' has no unit of frequency (Hz, kHz, MHz, GHz)\n" },
	{ "out of range", MACHINE "clock: 99GHz\n",
	  "f.yaml:5:8: machine.clock: '99GHz' is out of range, 100MHz to 10GHz\n" },
	{ "wrong type", MACHINE "clock: [3GHz]\n",
	  "f.yaml:5:8: machine.clock: a single value is expected\n" },
	{ "no value", MACHINE "clock:\n", "f.yaml:5:7: machine.clock: has no value\n" },
	{ "not one of", MACHINE "clock: 3GHz\napic: flatt\n",
	  "f.yaml:6:7: machine.apic: 'flatt' is not one of auto, flat, physical, x2apic; did you mean flat?\n" },
	{ "bad boolean", MACHINE "clock: 3GHz\nidle: {polls: true}\n",
	  "f.yaml:6:15: machine.idle.polls: 'true' is neither yes nor no\n" },
	{ "map expected", MACHINE "clock: 3GHz\ncosts: 3ns\n",
	  "f.yaml:6:8: machine.costs: a map of keys and values is expected\n" },
	{ "unknown cost", MACHINE "clock: 3GHz\ncosts: {icr_wirte: 3ns}\n",
	  "f.yaml:6:9: machine.costs.icr_wirte: unknown key; did you mean icr_write?\n" },
	{ "cost without origin", MACHINE "clock: 3GHz\ncosts: {icr_write: {value: 3ns}}\n",
	  "f.yaml:6:20: machine.costs.icr_write: origin is missing: who says so?\n" },
	{ "cost in cycles", MACHINE "clock: 3GHz\ncosts: {icr_write: 700 cycles}\n", "" },
	{ "not modelled", MACHINE "clock: 3GHz\nsmt: 2\n",
	  "f.yaml:6:1: machine.smt: 'smt' is not modelled in this version\n" },
	{ "bad name", "name: Big Box\nsource: s\nsockets: 1\ncores: 1\nclock: 1GHz\n",
	  "f.yaml:1:7: machine.name: 'Big Box' is not a name (a-z, 0-9, then also . _ -, at most 63 characters)\n" },
	{ "three errors of one file, by line", "name: m\nsource: s\nsockets: none\ncores: 4000\nclock: 2\n",
	  "f.yaml:3:10: machine.sockets: 'none' is not a number\n"
	  "f.yaml:4:8: machine.cores: '4000' is out of range, 1 to 256\n"
	  "f.yaml:5:8: machine.clock: '2' has no unit, a frequency such as 3GHz is due\n" },
};

#define DESIGN "name: d\nsource: s\nsummary: t\n"

static const struct golden designs[] = {
	{ "all defaults", DESIGN "core: {}\n", "" },
	{ "impossible hook point", DESIGN "core: {sites: {madvise_dontneed: {flushed: invalidate_page}}}\n",
	  "f.yaml:4:35: design.core.sites.madvise_dontneed.flushed: madvise_dontneed has no point 'flushed', only before_zap, after_zap, gather_finished\n" },
	{ "misspelt point", DESIGN "core: {sites: {unmap_region: {before_zpa: range_start}}}\n",
	  "f.yaml:4:31: design.core.sites.unmap_region.before_zpa: unmap_region has no point 'before_zpa', only before_zap, after_zap, tables_freed, gather_finished; did you mean before_zap?\n" },
	{ "misspelt site", DESIGN "core: {sites: {unmap_vma: {before: range_start}}}\n",
	  "f.yaml:4:16: design.core.sites.unmap_vma: no site is named 'unmap_vma'; did you mean unmap_vmas?\n" },
	{ "misspelt operation", DESIGN "core: {sites: {unmap_vmas: {before: range_strat}}}\n",
	  "f.yaml:4:37: design.core.sites.unmap_vmas.before: no callout operation is named 'range_strat'; did you mean range_start?\n" },
	{ "five callouts", DESIGN "core: {sites: {unmap_vmas: {before: [range_start, range_end, range_start, range_end, range_start]}}}\n",
	  "f.yaml:4:86: design.core.sites.unmap_vmas.before: more than 4 callouts\n" },
	{ "condition", DESIGN "core: {sites: {unmap_vmas: {before: {op: range_start, if: [may_block, {event: [clear]}]}}}}\n", "" },
	{ "misspelt condition", DESIGN "core: {sites: {unmap_vmas: {before: {op: range_start, if: may_blok}}}}\n",
	  "f.yaml:4:59: design.core.sites.unmap_vmas.before: no condition is named 'may_blok'; did you mean may_block?\n" },
	{ "condition nobody can answer", DESIGN "core: {sites: {unmap_vmas: {before: {op: range_start, if: pte_young}}}}\n",
	  "f.yaml:4:59: design.core.sites.unmap_vmas.before: unmap_vmas does not know 'pte_young' at before\n" },
	{ "condition before the lock", DESIGN "core: {sites: {page_mkclean_one: {enter: {op: range_start, if: pte_present}}}}\n",
	  "f.yaml:4:64: design.core.sites.page_mkclean_one.enter: page_mkclean_one does not know 'pte_present' at enter\n" },
	{ "exit of another path", DESIGN "core: {sites: {page_mkclean_one: {pte_unlocked: {op: range_end, on_exit: {skipped_on: [raced]}}}}}\n",
	  "f.yaml:4:87: design.core.sites.page_mkclean_one.pte_unlocked: page_mkclean_one has no such exit\n" },
	{ "misspelt exit", DESIGN "core: {sites: {page_mkclean_one: {pte_unlocked: {op: range_end, on_exit: {skipped_on: no_pt}}}}}\n",
	  "f.yaml:4:87: design.core.sites.page_mkclean_one.pte_unlocked: no exit is named 'no_pt'; did you mean no_pte?\n" },
	{ "on_exit in words", DESIGN "core: {sites: {page_mkclean_one: {pte_unlocked: {op: range_end, on_exit: never}}}}\n",
	  "f.yaml:4:74: design.core.sites.page_mkclean_one.pte_unlocked: on_exit is always or {skipped_on: [EXIT, ...]}, not 'never'\n" },
	{ "misspelt result", DESIGN "core: {sites: {unmap_vmas: {before: {op: range_start, result: stop}}}}\n",
	  "f.yaml:4:63: design.core.sites.unmap_vmas.before: no result is named 'stop'\n" },
	{ "field of a callout not modelled", DESIGN "core: {sites: {unmap_vmas: {before: {op: range_start, arg: page}}}}\n",
	  "f.yaml:4:60: design.core.sites.unmap_vmas.before: 'arg' of a callout is not modelled in this version\n" },
	{ "misspelt step", DESIGN "core: {register: [inset]}\n",
	  "f.yaml:4:19: design.core.register: 'inset' is not one of mmap_sem_write, global_spinlock, global_mutex, sort, scan, i_mmap, anon_vma, seqlock_replay, insert, gp, unlock, unlink, release, unpin_module, free; did you mean insert?\n" },
	{ "a step of another list", DESIGN "core: {register: insert unlink}\n",
	  "f.yaml:4:18: design.core.register: 'unlink' is no step of register\n" },
	{ "a lock never dropped", DESIGN "core: {register: [mmap_sem_write, insert]}\n",
	  "f.yaml:4:18: design.core.register: the lock of mmap_sem_write is never dropped: unlock is missing\n" },
	{ "a step twice", DESIGN "core: {exit: [unlink, unlink]}\n",
	  "f.yaml:4:14: design.core.exit: 'unlink' stands in it twice\n" },
	{ "nobody on the list", DESIGN "core: {register: [mmap_sem_write, unlock]}\n",
	  "f.yaml:4:18: design.core.register: insert is missing: nobody would be called\n" },
	{ "freed on the list", DESIGN "core: {unregister: [gp, free]}\n",
	  "f.yaml:4:20: design.core.unregister: free without unlink: the list would keep it\n" },
	{ "not modelled kind", DESIGN "protocol: {xpmem: {pin: none}}\n",
	  "f.yaml:4:12: design.protocol.xpmem: 'xpmem' is not modelled in this version\n" },
	{ "unknown invariant", DESIGN "core: {}\nexpect: {I13: held}\n",
	  "f.yaml:5:15: design.expect.I13: no invariant is named 'I13'; did you mean I1?\n" },
	{ "unknown expectation", DESIGN "core: {}\nexpect: {I1: brocken}\n",
	  "f.yaml:5:14: design.expect.I1: 'brocken' is not one of held, violated, not-applicable\n" },
	{ "callouts, but no list", DESIGN "core: {list: {structure: none}, sites: {unmap_vmas: {before: range_start}}}\n",
	  "f.yaml:4:26: design.core.list.structure: none, but 1 callouts have nobody to call\n" },
	{ "batch of nothing", DESIGN "protocol: {kvm: {secondary_flush: per_batch}}\n",
	  "f.yaml:4:35: design.protocol.kvm.secondary_flush: per_batch is the batch of put; it needs pin: per_spte\n" },
	{ "unknown base", DESIGN "base: merged-2.6.72\n",
	  "f.yaml:4:7: base: no design is named 'merged-2.6.72'; did you mean merged-2.6.27?\n" },
	{ "circle of bases", DESIGN "base: ./f.yaml\n",
	  "./f.yaml:4:7: base: more than 16 bases, or a circle of them\n" },
};

static const struct golden scenarios[] = {
	{ "right", SCENARIO, "" },
	{ "undefined machine",
	  "name: tiny\nquestion: q\nmachine: x86-2008-4x4\nkernel: linux-2.6.27\n" SCENARIO_DESIGNS SCENARIO_WORLD SCENARIO_METRICS,
	  "f.yaml:3:10: machine: no machine is named 'x86-2008-4x4'; did you mean x86-2008-2x4?\n" },
	{ "undefined design", SCENARIO_HEAD "designs: [mergd-2.6.27]\n" SCENARIO_WORLD SCENARIO_METRICS,
	  "f.yaml:5:11: designs: no design is named 'mergd-2.6.27'; did you mean merged-2.6.27?\n" },
	{ "a design twice", SCENARIO_HEAD "designs: [none-pin, none-pin]\n" SCENARIO_WORLD SCENARIO_METRICS,
	  "f.yaml:5:21: designs: a second design named 'none-pin'\n" },
	{ "undefined baseline", SCENARIO "baseline: andrea-v8\n",
	  "f.yaml:17:11: baseline: not a design of this scenario; did you mean andrea-v7?\n" },
	{ "undefined metric", SCENARIO_HEAD SCENARIO_DESIGNS SCENARIO_WORLD "metrics: [unmap.latancy]\n",
	  "f.yaml:16:11: metrics: no metric is named 'unmap.latancy'; did you mean unmap.latency?\n" },
	{ "quantile of a count", SCENARIO_HEAD SCENARIO_DESIGNS SCENARIO_WORLD "metrics: [round.p99]\n",
	  "f.yaml:16:11: metrics: round has no quantiles\n" },
	{ "misspelt top key", SCENARIO "setle: 1ms\n", "f.yaml:17:1: setle: unknown key; did you mean settle?\n" },
	{ "not modelled top key", SCENARIO "files: []\n", "f.yaml:17:1: files: 'files' is not modelled in this version\n" },
	{ "two errors in two parts",
	  SCENARIO_HEAD "designs: [nonepin]\n" SCENARIO_WORLD "metrics: [round]\nsetle: 1ms\n",
	  "f.yaml:5:11: designs: no design is named 'nonepin'; did you mean none-pin?\n"
	  "f.yaml:17:1: setle: unknown key; did you mean settle?\n" },
	{ "swept value out of range", SCENARIO "sweep: {threads.vcpu.count: [1, 99999]}\n",
	  "f.yaml:17:33: threads.vcpu.count: '99999' is out of range, 0 to 4096\n" },
	{ "swept path misspelt", SCENARIO "sweep: {threads.vcpu.cuont: [1, 2]}\n",
	  "f.yaml:17:9: threads.vcpu.cuont: unknown key; did you mean count?\n" },
	{ "swept thread misspelt", SCENARIO "sweep: {threads.vcpus.count: [1]}\n",
	  "f.yaml:17:9: threads.vcpus.count: nothing here is named 'vcpus'; did you mean vcpu?\n" },
	{ "swept secondary misspelt", SCENARIO "sweep: {secondary.kvm-2.6.28.gup: [fast]}\n",
	  "f.yaml:17:9: secondary.kvm-2.6.28.gup: no secondary MMU of this scenario begins the path 'kvm-2.6.28.gup'\n" },
	{ "only: an unknown design",
	  SCENARIO "sweep: {design.protocol.kvm.put.batch: {values: [1], only: [andrea]}}\n",
	  "f.yaml:17:61: design.protocol.kvm.put.batch: only: 'andrea' is not a design of this scenario; did you mean andrea-v7?\n" },
	{ "the same point twice", SCENARIO "sweep: {threads.vmm.loop.unmap.length: [1page, 4KiB]}\n",
	  "f.yaml:17:9: sweep: points 1 and 3 of design merged-2.6.27 are the same configuration\n" },
	{ "zip of unequal lists", SCENARIO "zip: [{threads.vcpu.count: [1, 2], settle: [1us]}]\n",
	  "f.yaml:17:36: settle: 1 values, but threads.vcpu.count has 2\n" },
	{ "duplicate key", SCENARIO "seed: 1\nseed: 2\n",
	  "f.yaml:18:1: seed: key given twice, first in line 17\n" },
	{ "a million points and more",
	  SCENARIO "sweep:\n  threads.vcpu.count: {from: 1, to: 4000, steps: 4000}\n  settle: {from: 1us, to: 1000us, steps: 1000}\n",
	  "f.yaml:1:1: sweep: 8000000 points, more than 1000000\n" },
	{ "exclude of what is not swept", SCENARIO "sweep: {settle: [1us]}\nexclude: [{setle: 1us}]\n",
	  "f.yaml:18:19: setle: exclude names a path that is not swept; did you mean settle?\n" },
	{ "length beyond its region", SCENARIO "sweep: {threads.vmm.loop.unmap.length: [65pages]}\n",
	  "f.yaml:17:41: threads.vmm.loop.unmap.length: length 260KiB is longer than its region, 256KiB\n" },
};

#define OPS(op) \
	SCENARIO_HEAD SCENARIO_DESIGNS \
	"until: threads_done\n" \
	"address_spaces: [{name: guest, regions: [{name: ram, length: 64pages}]}]\n" \
	"threads:\n  - {name: a, in: guest, times: 1, loop: [" op "]}\n" SCENARIO_METRICS

static const struct golden ops[] = {
	{ "right", OPS("{touch: {of: ram}}"), "" },
	{ "operation not modelled", OPS("{reclaim: {batch: 32}}"),
	  "f.yaml:9:44: threads.a.loop[0]: 'reclaim' is not modelled in this version\n" },
	{ "operation misspelt", OPS("{munmmap: {length: 1page}}"),
	  "f.yaml:9:44: threads.a.loop[0]: no operation is named 'munmmap'; did you mean munmap?\n" },
	{ "two operations", OPS("{think: 1us, sleep: 1us}"),
	  "f.yaml:9:56: threads.a.loop[0]: one item, one operation: 'sleep' is a second\n" },
	{ "region misspelt", OPS("{touch: {of: rma}}"),
	  "f.yaml:9:56: threads.a.loop[0].touch.of: no region of the address space is named 'rma'; did you mean ram?\n" },
	{ "guest access of a process", OPS("{secondary_access: {of: ram}}"),
	  "f.yaml:9:62: threads.a.loop[0].secondary_access: secondary_access needs an address space with a secondary MMU\n" },
	{ "bare duration", OPS("{think: 5}"),
	  "f.yaml:9:51: threads.a.loop[0].think: '5' has no unit, a time such as 250ns is due\n" },
	{ "bad pick", OPS("{touch: {of: ram, pages: ziph(0.9)}}"),
	  "f.yaml:9:68: threads.a.loop[0].touch.pages: 'ziph(0.9)' is not one of all, seq, uniform, zipf(0.9), hot(90% 10%); did you mean zipf(0.9)?\n" },
	{ "length missing", OPS("{munmap: {of: ram}}"),
	  "f.yaml:9:52: threads.a.loop[0].munmap: length is missing\n" },
};

#define THREADS(regions, secondary, thread) \
	SCENARIO_HEAD SCENARIO_DESIGNS \
	"until: threads_done\n" \
	"address_spaces: [{name: guest, regions: [" regions "], secondary: [" secondary "]}]\n" \
	"threads:\n  - {name: a, in: guest, times: 1, loop: [{think: 1us}]}\n  - " thread "\n" \
	SCENARIO_METRICS
#define RAM "{name: ram, length: 64pages}"
#define KVM "{kind: kvm-2.6.27}"

/* What was loaded in silence once: three crashed the run, two did something else. */
static const struct golden threads[] = {
	{ "a vcpu that never runs", THREADS(RAM, KVM, "{name: b, in: guest, mode: guest, halted: yes}"), "" },
	{ "a halted process", THREADS(RAM, KVM, "{name: b, in: guest, halted: yes}"),
	  "f.yaml:10:5: threads.b: halted is for a vcpu (mode: guest) that never runs: no times\n" },
	{ "a halted vcpu that shall end",
	  THREADS(RAM, KVM, "{name: b, in: guest, mode: guest, halted: yes, times: 2}"),
	  "f.yaml:10:5: threads.b: halted is for a vcpu (mode: guest) that never runs: no times\n" },
	{ "user accesses of a kernel thread",
	  THREADS(RAM, KVM, "{name: b, in: guest, mode: kernel, loop: [{touch: {of: ram}}]}"),
	  "f.yaml:10:55: threads.b.loop[0].touch: a kernel thread (mode: kernel) cannot do touch\n" },
	{ "a kernel thread that shrinks",
	  THREADS(RAM, KVM, "{name: b, in: guest, mode: kernel, loop: [{shrink: {n: 1}}]}"), "" },
	{ "no region named, and two to choose from",
	  THREADS(RAM ", {name: rom, length: 64pages}", KVM, "{name: b, in: guest, loop: [{touch: {n: 1}}]}"),
	  "f.yaml:10:41: threads.b.loop[0].touch.of: of is missing: which of 2 regions?\n" },
	{ "two secondaries", THREADS(RAM, KVM ", {kind: kvm-2.6.32}", "{name: b, loop: [{think: 1us}]}"), "" },
	{ "two of one name", THREADS(RAM, KVM ", " KVM, "{name: b, loop: [{think: 1us}]}"),
	  "f.yaml:7:105: address_spaces.guest.secondary[1]: a second 'kvm-2.6.27': give it a name of its own\n" },
	{ "more secondaries than there is room for",
	  THREADS(RAM, KVM ", " KVM ", " KVM ", " KVM ", " KVM, "{name: b, loop: [{think: 1us}]}"),
	  "f.yaml:7:84: address_spaces.guest.secondary: more than 4 of them\n" },
	{ "two whose costs differ",
	  THREADS(RAM, KVM ", {kind: {base: kvm-2.6.32, costs.spte_zap: 1us}}", "{name: b, loop: [{think: 1us}]}"),
	  "f.yaml:7:105: address_spaces.guest.secondary[1]: two secondary MMUs with different costs.spte_zap are not modelled in this version\n" },
	{ "a process in the guest's place",
	  THREADS(RAM, KVM, "{name: b, in: guest, loop: [{secondary_access: {of: ram}}]}"),
	  "f.yaml:10:52: threads.b.loop[0].secondary_access: secondary_access needs mode: guest\n" },
	{ "a GRU's user", THREADS(RAM, "{kind: gru-2009}", "{name: b, in: guest, loop: [{secondary_access: {of: ram}}, {gru_unload: {}}]}"), "" },
	{ "KVM and a GRU, each its own users",
	  THREADS(RAM, KVM ", {kind: gru-2009, name: g}", "{name: b, in: guest, loop: [{secondary_access: {of: ram, via: g}}]}\n"
		  "  - {name: c, in: guest, mode: guest, loop: [{secondary_access: {of: ram}}]}"), "" },
	{ "a vcpu through a GRU",
	  THREADS(RAM, KVM ", {kind: gru-2009, name: g}", "{name: b, in: guest, mode: guest, loop: [{secondary_access: {of: ram, via: g}}]}"),
	  "f.yaml:10:65: threads.b.loop[0].secondary_access: secondary_access needs mode: user\n" },
	{ "a guest with a GRU alone",
	  THREADS(RAM, "{kind: gru-2009}", "{name: b, in: guest, mode: guest, loop: [{think: 1us}]}"),
	  "f.yaml:10:5: threads.b: mode: guest needs an address space with a secondary MMU that runs guests\n" },
	{ "KVM's shrinker without KVM",
	  THREADS(RAM, "{kind: gru-2009}", "{name: b, in: guest, loop: [{shrink: {n: 1}}]}"),
	  "f.yaml:10:42: threads.b.loop[0].shrink: shrink needs a secondary MMU of kind kvm\n" },
	{ "an unload without a GRU",
	  THREADS(RAM, KVM, "{name: b, in: guest, loop: [{gru_unload: {}}]}"),
	  "f.yaml:10:46: threads.b.loop[0].gru_unload: gru_unload needs a secondary MMU of kind gru\n" },
	{ "a key of another kind", THREADS(RAM, "{kind: {base: gru-2009, memslots: 4}}", "{name: b, loop: [{think: 1us}]}"),
	  "f.yaml:7:119: secondary.gru-2009.memslots: unknown key\n" },
	{ "via somebody unknown",
	  THREADS(RAM, KVM, "{name: b, in: guest, mode: guest, loop: [{secondary_access: {of: ram, via: kvm-2.6.28}}]}"),
	  "f.yaml:10:80: threads.b.loop[0].secondary_access: no secondary MMU of the address space is named 'kvm-2.6.28'; did you mean kvm-2.6.27?\n" },
	{ "via the second of them",
	  THREADS(RAM, "{kind: kvm-2.6.27, name: vm1}, {kind: kvm-2.6.27, name: vm2}",
		  "{name: b, in: guest, mode: guest, loop: [{secondary_access: {of: ram, via: vm2}}]}"),
	  "f.yaml:10:65: threads.b.loop[0].secondary_access: a vcpu accesses memory through the first of its kind\n" },
};

static void check(const char *root, const struct golden *g, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		struct conf *c = conf_new(root);
		char *text;
		int r;

		scratch_write("f.yaml", g[i].text, strlen(g[i].text));
		r = conf_check_file(c, "f.yaml");
		text = scratch_messages(c);
		is_str(text, g[i].message, g[i].what);
		if ((r == 0) != !*g[i].message)
			ok(0, "the result disagrees with the messages");
		free(text);
		conf_free(c);
	}
}

#define CHECK(table) check(s.root, table, sizeof(table) / sizeof((table)[0]))

static void test_limits(const char *root)
{
	static char deep[200];
	struct conf *c = conf_new(root);
	char *text;

	memset(deep, '[', 100);
	memset(deep + 100, ']', 100);
	scratch_write("deep.yaml", deep, 200);
	conf_check_file(c, "deep.yaml");
	conf_check_file(c, "absent.yaml");
	conf_check_file(c, "/tmp");
	scratch_write("zero.yaml", "name: a\0b\n", 10);
	conf_check_file(c, "zero.yaml");
	text = scratch_messages(c);
	is_str(text, "deep.yaml:1:33: nested more than 32 levels deep\n"
	       "absent.yaml: cannot be read: No such file or directory\n"
	       "/tmp: not a regular file\n"
	       "zero.yaml:1:8: byte 0x00 is not text; a YAML file is expected\n",
	       "too deep, absent, a directory, a NUL byte: four files, four lines");
	free(text);
	conf_free(c);
}

static void test_command_line(const char *root)
{
	static const char *const set[] = { "threads.vcpu.cuont=3", "machine.clock=7", "nonsense",
					   "kernel.preempt=ful" };
	struct conf_options o = { .set = set, .n_set = 4, .seed = -1, .designs = "andrea-v6" };
	struct conf *c = conf_new(root);
	char *text;

	scratch_write("f.yaml", SCENARIO, strlen(SCENARIO));
	ok(!conf_scenario(c, "f.yaml", &o), "no study");
	text = scratch_messages(c);
	is_str(text, "--set: 'nonsense' is not path=value\n"
	       "--set: machine.clock: '7' has no unit, a frequency such as 3GHz is due\n"
	       "--set: kernel.preempt: 'ful' is not one of none, voluntary, full; did you mean full?\n"
	       "--set: threads.vcpu.cuont: unknown key; did you mean count?\n"
	       "--design: no design is named 'andrea-v6'; did you mean andrea-v7?\n",
	       "errors of --set and --design at once");
	free(text);
	conf_free(c);
	c = conf_new(root);
	scratch_write("g.yaml", "name: x\nmachine: nix\nkernel: nix\n", 34);
	ok(!conf_scenario(c, "g.yaml", &o), "--set on what does not exist: no study, no crash");
	conf_free(c);
	o.n_set = 0;
	c = conf_new(root);
	ok(!conf_scenario(c, "f.yaml", &o), "no study");
	text = scratch_messages(c);
	is_str(text, "--design: no design is named 'andrea-v6'; did you mean andrea-v7?\n",
	       "errors of --design");
	free(text);
	conf_free(c);
}

int main(void)
{
	struct scratch s;

	tap_seed(0);
	scratch_enter(&s);
	CHECK(bytes);
	CHECK(values);
	CHECK(designs);
	CHECK(scenarios);
	CHECK(ops);
	CHECK(threads);
	test_limits(s.root);
	test_command_line(s.root);
	scratch_leave(&s);
	return tap_done();
}
