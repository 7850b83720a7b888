/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * TLB flush of x86-64, in three generations; keys of the kernel file choose.
 *
 * ipi.kind vectors, 2.6.27 (arch/x86/kernel/tlb_64.c, mmu_context_64.h).
 * flush_tlb_mm: whole address space; flush_tlb_range is the same, there is no
 * ranged flush; flush_tlb_page: INVLPG of one address here and there.  Copy
 * cpu_vm_mask, flush locally (or leave_mm from a lazy kernel thread), then one
 * round: slot = cpu % vectors; its tlbstate_lock is held for the whole round,
 * so senders of one slot queue up and different slots run in parallel; publish
 * mm, address and mask, send the slot's vector, poll the mask until it is empty.  The
 * sender keeps interrupts on and serves the flushes of others meanwhile.
 * Receiver: not addressed: acknowledge only.  TLBSTATE_OK with this mm: reload
 * cr3, or INVLPG.  Lazy: leave_mm, so it receives at most one IPI per lazy period.  Then
 * it clears its bit in the mask that the sender polls: one atomic per target
 * on one line.
 *
 * ipi.kind csd, flush.lazy leave (3.6 to 4.13): the same rules of who is in the
 * mask, but the round is a cross-call (smp.h), and up to flush.ceiling pages of
 * a range are flushed one by one.
 *
 * flush.lazy skip, today (arch/x86/mm/tlb.c of 6.18), in tlbgen.c: every flush
 * is a generation of the mm; who gets an IPI is decided by the sender from what
 * the target has loaded, not by the mask; a CPU that comes back from lazy, or to
 * an mm whose entries it kept under an identifier, compares generations; bits of
 * the mask are cleared lazily.
 *
 * tlbbatch.c: flushes that reclaim puts off (arch_tlbbatch).
 *
 * flush.local and flush.ack move the sender's own flush behind the sending, and
 * the target's acknowledgement before its flush.
 *
 * On SGI UV other blades are reached by message: bau.h.
 *
 * Left out: page-table isolation, broadcast by INVLPGB, the balance points of
 * tlb_flushall_shift (3.5 to 3.15).
 */
#ifndef MODELS_KERNEL_TLBFLUSH_H
#define MODELS_KERNEL_TLBFLUSH_H

#include "models/hw/tlb.h"
#include "models/kernel/spinlock.h"

struct mm;

#define TLB_FLUSH_ALL UINT64_MAX
#define TLB_GENERATION_INVALID 0

struct flush_state {			/* of one vector */
	struct spinlock lock;		/* tlbstate_lock */
	struct line mask_line;
	uint64_t mask;
	struct mm *mm;
	uint64_t va;			/* virtual page, or TLB_FLUSH_ALL */
	struct ctx *sender;		/* polls the mask; NULL while it does not */
};

/* One request; every CPU has one, which its targets read. */
struct flush_tlb_info {
	struct line line;
	struct mm *mm;			/* NULL: whatever is loaded (a reclaim batch) */
	uint64_t start, end;		/* pages; end TLB_FLUSH_ALL: everything */
	uint64_t name_start, name_end;	/* for the hook points */
	uint64_t new_gen;
	int freed_tables, trim;
	uint64_t called;		/* CPUs that got the call */
};

struct tlb_state {			/* cpu_tlbstate and cpu_tlbstate_shared of one CPU */
	struct line line;		/* loaded mm: read by senders */
	struct line shared_line;	/* is_lazy: read by senders */
	uint32_t asid, next_asid;
	struct { uint64_t ctx_id, tlb_gen; } ctxs[TLB_CONTEXTS];
	int switching;			/* LOADED_MM_SWITCHING */
	struct flush_tlb_info info;	/* of this CPU as a sender */
};

void tlbflush_init(struct machine *m);
void tlbflush_mm_init(struct machine *m, struct mm *mm);
/* All may spin for a round; interrupts must be on, spinlocks may be held.
 * In virtual pages, @end exclusive.  flush_tlb_mm: the range is only a name for
 * the arch hook points.  @freed_tables: page-table pages are about to go. */
void flush_tlb_mm(struct ctx *w, struct mm *mm, uint64_t start, uint64_t end);
void flush_tlb_range(struct ctx *w, struct mm *mm, uint64_t start, uint64_t end);
void flush_tlb_page(struct ctx *w, struct mm *mm, uint64_t va);
void flush_tlb_mm_range(struct ctx *w, struct mm *mm, uint64_t start, uint64_t end,
			int freed_tables);

/* This CPU's own TLB: one page, or TLB_FLUSH_ALL. */
void flush_tlb_local(struct ctx *w, uint64_t va);

/* Everything, on every CPU (kernel addresses went); the same in all generations. */
void flush_tlb_all(struct ctx *w);

/* The scheduler's share.  leave_mm: before an idle state that loses the TLB. */
void enter_lazy_tlb(struct ctx *w);
void switch_mm(struct ctx *w);
void leave_mm(struct ctx *w);
/* @mm is what @c has loaded from the start of the run. */
void tlb_start_with(struct cpu *c, struct mm *mm);

/* try_to_unmap's share (flush.reclaim batched; never otherwise): put the flush
 * off if another CPU may hold the pte, @dirty as the pte was; the caller keeps
 * the page until try_to_unmap_flush(), and writes it only after _dirty(). */
int should_defer_flush(struct ctx *w, struct mm *mm);
void set_tlb_ubc_flush_pending(struct ctx *w, struct mm *mm, int dirty);
void try_to_unmap_flush(struct ctx *w);
void try_to_unmap_flush_dirty(struct ctx *w);
/* Under the page-table lock, before ptes are relied on to be flushed. */
void flush_tlb_batched_pending(struct ctx *w, struct mm *mm);

/* --- between the files of this room ----------------------------------------- */
void tlb_flush_here(struct ctx *w);				/* cr3 reload */
void tlb_flush_pages_here(struct ctx *w, uint64_t start, uint64_t end);
/* flush_tlb_func: on a target, and at home with interrupts off; @arg: an info */
void flush_tlb_func(struct ctx *w, void *arg);
/* One cross-call for @info, whose sender has its own part still to do if @here. */
void flush_tlb_multi(struct ctx *w, struct flush_tlb_info *info, uint64_t mask, int here);
void tlbgen_func(struct ctx *w, const struct flush_tlb_info *info);
int tlbgen_should_flush(struct ctx *w, int cpu, void *arg);
void tlbgen_new(struct ctx *w, struct flush_tlb_info *info);
void tlbgen_enter_lazy(struct ctx *w);
void tlbgen_switch_mm(struct ctx *w);
void tlbgen_leave_mm(struct ctx *w);

#endif
