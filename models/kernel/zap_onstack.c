/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * zap_pte_range of 6.18 (mm/memory.c), with an on-stack gather.
 *
 * Preemption stays on.  A stretch ends when the gather is full (about 9,700
 * pages), when too many dirty file pages wait for their rmap, or at the end of
 * the page table; what forces a flush is flushed *before* the page-table lock
 * is dropped, and freed after.  Small ranges flush and free nothing here: all
 * of it comes with tlb_finish_mmu, after the section.
 *
 * Left out: folios of several pages, the reclaim of empty page tables.
 */
#include "models/kernel/gather.h"
#include "models/kernel/kernel.h"
#include "models/kernel/sched.h"

/* Where the stretch stopped. */
static uint64_t zap_stretch(struct ctx *w, struct mmu_gather *tlb, struct pgtable *t,
			    uint64_t start, uint64_t end, struct unmap_op *op,
			    const struct zap_details *d)
{
	struct mm *mm = tlb->mm;
	uint64_t va = start;
	int force;

	spin_lock(w, pte_lockptr(mm, t));
	flush_tlb_batched_pending(w, mm);
	mmu_notifier(w, mm, tlb->site, POINT_pmd_locked, start, end);
	do {
		struct pte *pte = &t->pte[va % PTRS_PER_TABLE];

		zap_one(w, tlb, pte, va, op, d);
	} while (++va != end && !tlb->full && !need_resched(w));
	mmu_notifier(w, mm, tlb->site, POINT_cleared_batch, start, va);
	force = tlb->full || tlb->n_delayed;
	if (force) {
		mmu_notifier_block(w, tlb, POINT_gather_full);
		tlb_flush_mmu_tlbonly(w, tlb);
	}
	spin_unlock(w, pte_lockptr(mm, t));
	mmu_notifier(w, mm, tlb->site, POINT_pte_unlocked, start, va);
	if (force)
		tlb_flush_mmu(w, tlb);
	return va;
}

void unmap_page_range_onstack(struct ctx *w, struct mmu_gather *tlb, uint64_t start,
			      uint64_t end, struct unmap_op *op, const struct zap_details *d)
{
	while (start < end) {
		uint64_t next = (start / PTRS_PER_TABLE + 1) * PTRS_PER_TABLE;
		struct pgtable *t = *table_slot(tlb->mm, start);

		if (next > end)
			next = end;
		if (t) {
			start = zap_stretch(w, tlb, t, start, next, op, d);
		} else {
			charge(w, COST_PTE_SKIP);
			start = next;
		}
		if (start < end) {
			cond_resched(w);
			mmu_notifier(w, tlb->mm, tlb->site, POINT_resched, tlb->start, tlb->end);
		}
	}
}
