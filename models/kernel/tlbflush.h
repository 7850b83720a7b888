/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * TLB flush of 2.6.27, x86-64 (arch/x86/kernel/tlb_64.c, mmu_context_64.h).
 *
 * flush_tlb_mm: whole address space; flush_tlb_range is the same, there is no
 * ranged flush; flush_tlb_page: INVLPG of one address here and there.  Copy
 * cpu_vm_mask, flush locally (or leave_mm from a lazy kernel thread), then one
 * round: slot = cpu % vectors; its tlbstate_lock is held for the whole round,
 * so senders of one slot queue up and different slots run in parallel; publish
 * mm, address and mask, send the slot's vector, poll the mask until it is empty.  The
 * sender keeps interrupts on and serves the flushes of others meanwhile.
 *
 * Receiver: not addressed: acknowledge only.  TLBSTATE_OK with this mm: reload
 * cr3, or INVLPG.  Lazy: leave_mm, so it receives at most one IPI per lazy period.  Then
 * it clears its bit in the mask that the sender polls: one atomic per target
 * on one line.
 *
 * Left out: flush_tlb_all, UV hardware.
 */
#ifndef MODELS_KERNEL_TLBFLUSH_H
#define MODELS_KERNEL_TLBFLUSH_H

#include "models/kernel/spinlock.h"

struct mm;

#define TLB_FLUSH_ALL UINT64_MAX

struct flush_state {
	struct spinlock lock;		/* tlbstate_lock */
	struct line mask_line;
	uint64_t mask;
	struct mm *mm;
	uint64_t va;			/* virtual page, or TLB_FLUSH_ALL */
	struct ctx *sender;		/* polls the mask; NULL while it does not */
};

void tlbflush_init(struct machine *m);
/* All three may spin for a round; interrupts must be on, spinlocks may be held.
 * In virtual pages, @end exclusive.  flush_tlb_mm: the range is only a name for
 * the arch hook points. */
void flush_tlb_mm(struct ctx *w, struct mm *mm, uint64_t start, uint64_t end);
void flush_tlb_range(struct ctx *w, struct mm *mm, uint64_t start, uint64_t end);
void flush_tlb_page(struct ctx *w, struct mm *mm, uint64_t va);
/* The scheduler's share. */
void enter_lazy_tlb(struct ctx *w);
void switch_mm(struct ctx *w);

#endif
