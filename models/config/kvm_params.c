/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Secondary MMUs of kind kvm: rows of the secondary file (what belongs to a
 * generation of the driver) and of protocol.kvm (what a design decides).
 */
#include "models/config/rows.h"

/* --- the secondary file -------------------------------------------------------- */
static const struct enum_value tag_values[] = {
	{ "none", TAG_NONE, "guest TLB entries die at every exit and entry" },
	{ "vpid", TAG_VPID, "entries survive exits; a flush is one INVVPID" },
	{ NULL, 0, NULL },
};

static const struct enum_value paging_values[] = {
	{ "shadow", PAGING_SHADOW, "shadow page tables" },
	{ "tdp", PAGING_TDP, "EPT or NPT" },
	{ NULL, 0, NULL },
};

static const struct enum_value gup_values[] = {
	{ "slow", GUP_SLOW, "get_user_pages under mmap_sem (to 2.6.27)" },
	{ "fast", GUP_FAST, "get_user_pages_fast, no mmap_sem (from 2.6.28)" },
	{ NULL, 0, NULL },
};

static const struct enum_value young_values[] = {
	{ "accessed_bit", YOUNG_ACCESSED_BIT, "the hardware sets a bit in the translation" },
	{ "always_old", YOUNG_ALWAYS_OLD, "no such bit: every page is reported as not accessed" },
	{ "zap_to_age", YOUNG_ZAP_TO_AGE, "no such bit: aging drops the translation and calls it young" },
	{ NULL, 0, NULL },
};

static const struct enum_value kick_values[] = {
	{ "loaded", KICK_LOADED, "2008: every CPU where a vcpu ran last, unless its request bit was set already" },
	{ "mode", KICK_MODE, "3.x: only vcpus in or about to leave guest mode; nobody is skipped" },
	{ NULL, 0, NULL },
};

static const struct enum_value lookup_values[] = {
	{ "scan", LOOKUP_SCAN, "2008: every memslot for every page, under mmu_lock" },
	{ "tree", LOOKUP_TREE, "5.17: an interval tree; memory without a memslot takes no lock and closes no fence" },
	{ NULL, 0, NULL },
};

static const struct enum_value mmu_lock_values[] = {
	{ "spinlock", MMU_SPINLOCK, "one at a time" },
	{ "rwlock", MMU_RWLOCK, "5.11: faults map as readers (tdp), callouts zap as writers" },
	{ NULL, 0, NULL },
};

static const struct enum_value aging_values[] = {
	{ "locked", AGING_LOCKED, "2008: under mmu_lock, with a flush if anything was young" },
	{ "lockless", AGING_LOCKLESS, "6.15: no mmu_lock, no flush" },
	{ NULL, 0, NULL },
};

static const struct enum_value slots_values[] = {
	{ "rwsem", SLOTS_RWSEM, "2008: slots_lock, read-held from exit to entry" },
	{ "srcu", SLOTS_SRCU, "2.6.34: an SRCU domain per VM" },
	{ NULL, 0, NULL },
};

#define S struct kvm_config
static const struct param_row kvm_rows[] = {
	NAME_ROW(S, name, "name of the secondary MMU"),
	TEXT_ROW(S, "source", source, NULL, "which sources were read"),
	TEXT_ROW(S, "summary", summary, "", "one line"),
	CONSTANT(S, "tlb_entries", PT_INT, tlb_entries, "", "256", 1, 65536, 64, 512, ESTIMATE,
		 "the CPU's own TLB: Core 2 256 entries", "guest translations of one vcpu"),
	CHOICE(S, "tlb_tag", PT_ENUM, tlb_tag, "", "none", 0, 0, tag_values, "",
	       "whether guest TLB entries survive an exit"),
	CHOICE(S, "paging", PT_ENUM, paging, "", "shadow", 0, 0, paging_values, "",
	       "shadow page tables or two-dimensional paging"),
	CHOICE(S, "gup", PT_ENUM, gup, "", "slow", 0, 0, gup_values, "",
	       "how the fault path finds the page"),
	CHOICE(S, "young", PT_ENUM, young, "", "accessed_bit", 0, 0, young_values,
	       "534e38b447, 2.6.27-rc7: EPT is always old; 3.19: dropped to age it",
	       "what clear_flush_young learns of guest accesses"),
	CHOICE(S, "read_only", PT_BOOL, read_only, "", "no", 0, 1, NULL,
	       "to 2.6.32 gfn_to_pfn always asks for writing, so a guest's read breaks copy on write",
	       "a guest's read may be mapped read-only"),
	CONSTANT(S, "memslots", PT_INT, memslots, "", "5", 1, 1024, 2, 32, ESTIMATE,
		 "RAM below and above 4 GiB, VGA, BIOS, ROM; limit 32 in 2.6.27",
		 "slots scanned for every host address (linear scan of 2008)"),
	CHOICE(S, "requests_lock", PT_BOOL, requests_lock, "", "no", 0, 1, NULL,
	       "84261923d3, 2.6.31-rc2: a flusher no longer skips a vcpu whose bit another one set",
	       "remote flushes of one VM serialise"),
	CHOICE(S, "kick", PT_ENUM, kick, "", "loaded", 0, 0, kick_values, "",
	       "which CPUs a remote flush interrupts"),
	CHOICE(S, "lookup", PT_ENUM, lookup, "", "scan", 0, 0, lookup_values, "",
	       "how a callout finds the guest memory in its range"),
	CHOICE(S, "mmu_lock", PT_ENUM, mmu_lock, "", "spinlock", 0, 0, mmu_lock_values, "",
	       "kind of mmu_lock; rwlock only with paging: tdp"),
	CHOICE(S, "aging", PT_ENUM, aging, "", "locked", 0, 0, aging_values, "",
	       "how accessed bits are read"),
	CHOICE(S, "slots", PT_ENUM, slots, "", "rwsem", 0, 0, slots_values, "",
	       "what keeps memslots as they are for a vcpu that is not in the guest"),
	CHOICE(S, "zap_yield", PT_BOOL, zap_yield, "", "no", 0, 1, NULL,
	       "tdp_mmu.c: tdp_mmu_iter_cond_resched",
	       "a zap flushes and drops mmu_lock when others wait for it or for the CPU"),
	CHOICE(S, "release", PT_BOOL, release, "", "no", 0, 1, NULL,
	       "virt/kvm/kvm_main.c, 2.6.29-rc6: kvm_mmu_notifier_release zaps every shadow page",
	       "the driver's notifier has a ->release"),
	CHOICE(S, "max_vcpus", PT_INT, max_vcpus, "", "16", 1, 64, NULL,
	       "KVM_MAX_VCPUS of 2.6.27 to 2.6.32",
	       "more vcpus run, but the report says that the era had none"),
	CHOICE(S, "mmu_pages", PT_INT, mmu_pages, "", "0", 0, 1 << 24, NULL,
	       "2.6.27: max(64, 20 permille of the guest's pages)",
	       "limit of shadow pages; 0: the kernel's formula"),
};
#undef S

/* --- protocol.kvm ---------------------------------------------------------------- */
static const struct enum_value zap_values[] = {
	{ "range_start", ZAP_RANGE_START, "translations are dropped and flushed before the range is touched" },
	{ "range_end", ZAP_RANGE_END, "they are dropped after the last pte of the range" },
	{ "none", ZAP_NONE, "range callouts drop nothing" },
	{ NULL, 0, NULL },
};

static const struct enum_value fence_kind_values[] = {
	{ "none", FENCE_NONE, "faults check nothing" },
	{ "count", FENCE_COUNT, "retry while a section is open" },
	{ "seq", FENCE_SEQ, "retry if an invalidation ended since the fault began" },
	{ "count+seq", FENCE_COUNT_SEQ, "both, as merged" },
	{ NULL, 0, NULL },
};

static const struct enum_value fence_scope_values[] = {
	{ "vm", SCOPE_VM, "any address of the VM" },
	{ "hull", SCOPE_HULL, "count: only inside the hull of the open sections; seq stays per VM" },
	{ "interval", SCOPE_INTERVAL, "only faults that overlap an open or passed section" },
	{ NULL, 0, NULL },
};

static const struct enum_value pin_values[] = {
	{ "none", PIN_NONE, "a translation holds no page reference" },
	{ "per_spte", PIN_PER_SPTE, "every translation holds one page reference" },
	{ NULL, 0, NULL },
};

static const struct enum_value put_values[] = {
	{ "flush_before_put", PUT_FLUSH_BEFORE, "references are dropped after the flush, in batches" },
	{ "put_before_flush", PUT_BEFORE_FLUSH, "dropped at once, flushed later: needs another reference" },
	{ NULL, 0, NULL },
};

static const struct enum_value flush_values[] = {
	{ "per_batch", FLUSH_PER_BATCH, "a flush per put batch, inside mmu_lock" },
	{ "in_lock", FLUSH_IN_LOCK, "one flush per callout, before mmu_lock is dropped" },
	{ "after_lock", FLUSH_AFTER_LOCK, "one flush per callout, after mmu_lock is dropped" },
	{ NULL, 0, NULL },
};

static const struct enum_value precheck_values[] = {
	{ "none", PRECHECK_NONE, "the fence is looked at under mmu_lock only" },
	{ "before_gup", PRECHECK_GUP, "also before get_user_pages" },
	{ "before_lock", PRECHECK_LOCK, "also between get_user_pages and mmu_lock, as today" },
	{ NULL, 0, NULL },
};

#define P struct kvm_protocol
static const struct param_row kvm_protocol_rows[] = {
	CHOICE(P, "zap_at", PT_ENUM, zap_at, "", "range_start", 0, 0, zap_values, "",
	       "which range callout drops the secondary translations"),
	CHOICE(P, "fence.kind", PT_ENUM, fence_kind, "", "count+seq", 0, 0, fence_kind_values, "",
	       "what a fault checks before it installs a translation"),
	CHOICE(P, "fence.scope", PT_ENUM, fence_scope, "", "vm", 0, 0, fence_scope_values, "",
	       "which faults a section holds off"),
	CHOICE(P, "precheck", PT_ENUM, precheck, "", "none", 0, 0, precheck_values,
	       "arch/x86/kvm/mmu/mmu.c: mmu_invalidate_retry_gfn_unsafe, twice",
	       "where else a fault gives up early"),
	CHOICE(P, "pin", PT_ENUM, pin, "", "none", 0, 0, pin_values, "",
	       "whether translations hold page references"),
	CHOICE(P, "put.order", PT_ENUM, put_order, "", "flush_before_put", 0, 0, put_values, "",
	       "when the references of dropped translations are put"),
	CHOICE(P, "put.batch", PT_INT, put_batch, "", "1", 1, 1 << 20, NULL, "",
	       "translations per flush round of flush_before_put"),
	CHOICE(P, "secondary_flush", PT_ENUM, secondary_flush, "", "after_lock", 0, 0, flush_values, "",
	       "when a callout flushes the secondary TLBs"),
};
#undef P

const struct param_table kvm_params = { "secondary.kvm", kvm_rows, N(kvm_rows) };
const struct param_table kvm_protocol_params = {
	"design.protocol.kvm", kvm_protocol_rows, N(kvm_protocol_rows)
};
