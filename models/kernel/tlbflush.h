/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * TLB flush of 2.6.27, x86-64 (arch/x86/kernel/tlb_64.c, mmu_context_64.h).
 *
 * flush_tlb_mm: whole address space; there is no ranged flush.  Copy
 * cpu_vm_mask, flush locally (or leave_mm from a lazy kernel thread), then one
 * round: slot = cpu % vectors; its tlbstate_lock is held for the whole round,
 * so senders of one slot queue up and different slots run in parallel; publish
 * mm and mask, send the slot's vector, poll the mask until it is empty.  The
 * sender keeps interrupts on and serves the flushes of others meanwhile.
 *
 * Receiver: not addressed: acknowledge only.  TLBSTATE_OK with this mm: reload
 * cr3.  Lazy: leave_mm, so it receives at most one IPI per lazy period.  Then
 * it clears its bit in the mask that the sender polls: one atomic per target
 * on one line.
 *
 * Left out: flush_tlb_page and flush_tlb_range (no single-page site is built;
 * a range is flush_tlb_mm here), flush_tlb_all, UV hardware.
 */
#ifndef MODELS_KERNEL_TLBFLUSH_H
#define MODELS_KERNEL_TLBFLUSH_H

#include "models/kernel/spinlock.h"

struct mm;

struct flush_state {
	struct spinlock lock;		/* tlbstate_lock */
	struct line mask_line;
	uint64_t mask;
	struct mm *mm;
	struct ctx *sender;		/* polls the mask; NULL while it does not */
};

void tlbflush_init(struct machine *m);
/* May spin for a round; interrupts must be on.  @start, @end only name the
 * range for the arch hook points. */
void flush_tlb_mm(struct ctx *w, struct mm *mm, uint64_t start, uint64_t end);
/* The scheduler's share. */
void enter_lazy_tlb(struct ctx *w);
void switch_mm(struct ctx *w);

#endif
