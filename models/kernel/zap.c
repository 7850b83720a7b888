/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * unmap_vmas and below (mm/memory.c, 2.6.27; the inner loop of today is in
 * zap_onstack.c).
 *
 * Order per present pte: cleared under the page-table lock, rmap dropped,
 * collected.  A full array flushes inside that lock; a used-up zap block ends
 * the gather (flush, free, preemption on), tests need_resched *inside the open
 * section*, and opens a new one.  The point "after" comes when all full blocks
 * are freed, but before the caller's last tlb_finish_mmu: up to 505 pages and
 * all page tables are freed after it.
 */
#include "models/kernel/gather.h"
#include "models/kernel/kernel.h"
#include "models/kernel/pgtable.h"
#include "models/kernel/rmap.h"
#include "sim/base/xassert.h"

static int64_t zap_block_bytes(const struct machine *m)
{
	int64_t pages = m->kc->zap_block;

	if (!pages)
		pages = m->kc->preempt == PREEMPT_FULL ? 8 : 1024;
	return pages * PAGE_SIZE;
}

void zap_pte(struct ctx *w, struct mmu_gather *tlb, struct pte *pte, uint64_t va,
	     struct unmap_op *op)
{
	struct page *p = pte->page;
	int dirty = pte->dirty;

	sync(w);
	pte_clear(pte);			/* ptep_get_and_clear_full */
	if (is_zero_page(w, p)) {	/* no page of anybody's: only a translation to flush */
		tp(w, TP_PTE_CLEAR, va, p->id);
		charge(w, COST_PTE_CLEAR);
		tlb_remove_tlb_entry(tlb, va);
		return;
	}
	page_unmapped(w, p, op);
	if (!tlb_delay_rmap(tlb, p, dirty))
		page_remove_rmap(w, p);	/* before any flush */
	tp(w, TP_PTE_CLEAR, va, p->id);
	metric_count(&w->m->metrics, METRIC_UNMAP_PAGES, 0, 1);
	charge(w, COST_PTE_CLEAR);
	tlb_remove_page(w, tlb, p, va);
}

/* One stretch inside one page table; where it stopped. */
static uint64_t zap_pte_range(struct ctx *w, struct mmu_gather *tlb, uint64_t start,
			      uint64_t end, int64_t *zap_work, struct unmap_op *op)
{
	struct mm *mm = tlb->mm;
	struct pgtable *t = *table_slot(mm, start);
	uint64_t va = start;

	if (!t) {			/* pmd_none: one unit, the whole stretch */
		(*zap_work)--;
		charge(w, COST_PTE_SKIP);
		return end;
	}
	spin_lock(w, pte_lockptr(mm, t));
	mmu_notifier(w, mm, tlb->site, POINT_pmd_locked, start, end);
	do {
		struct pte *pte = &t->pte[va % PTRS_PER_TABLE];

		if (!pte->page) {
			(*zap_work)--;
			charge(w, COST_PTE_SKIP);
			continue;
		}
		*zap_work -= PAGE_SIZE;
		zap_pte(w, tlb, pte, va, op);
	} while (++va != end && *zap_work > 0);
	mmu_notifier(w, mm, tlb->site, POINT_cleared_batch, start, va);
	spin_unlock(w, pte_lockptr(mm, t));
	mmu_notifier(w, mm, tlb->site, POINT_pte_unlocked, start, va);
	return va;
}

static uint64_t unmap_page_range(struct ctx *w, struct mmu_gather *tlb, uint64_t start,
				 uint64_t end, int64_t *zap_work, struct unmap_op *op)
{
	while (start < end && *zap_work > 0) {
		uint64_t next = (start / PTRS_PER_TABLE + 1) * PTRS_PER_TABLE;

		start = zap_pte_range(w, tlb, start, next < end ? next : end, zap_work, op);
	}
	return start;
}

/* All of one VMA, block by block. */
static int64_t unmap_vma(struct ctx *w, struct mmu_gather **tlb, uint64_t start,
			 uint64_t end, int64_t zap_work, struct unmap_op *op)
{
	struct mm *mm = (*tlb)->mm;
	enum site_id site = (*tlb)->site;
	uint64_t from = (*tlb)->start, to = (*tlb)->end;

	if ((*tlb)->on_stack) {
		unmap_page_range_onstack(w, *tlb, start, end, op);
		return zap_work;
	}
	while (start < end) {
		start = unmap_page_range(w, *tlb, start, end, &zap_work, op);
		if (zap_work > 0) {
			BUG_ON(start != end);
			break;
		}
		tlb_finish_mmu(w, *tlb);
		charge(w, COST_PREEMPT_CHECK);	/* cond_resched: nobody else to run */
		mmu_notifier(w, mm, site, POINT_resched, from, to);
		*tlb = tlb_gather_mmu(w, mm, site, from, to);
		zap_work = zap_block_bytes(w->m);
	}
	return zap_work;
}

void unmap_vmas(struct ctx *w, struct mmu_gather **tlb, struct vma *vma,
		uint64_t start, uint64_t end, enum site_id site, struct unmap_op *op)
{
	struct mm *mm = (*tlb)->mm;
	int64_t zap_work = zap_block_bytes(w->m);

	mmu_notifier(w, mm, site, POINT_enter, start, end);
	mmu_notifier(w, mm, site, POINT_before, start, end);
	op->open = 1;
	for (; vma && vma->start < end; vma = vma->next) {
		uint64_t s = vma->start > start ? vma->start : start;
		uint64_t e = vma->end < end ? vma->end : end;

		if (s < e)
			zap_work = unmap_vma(w, tlb, s, e, zap_work, op);
	}
	sync(w);
	unmap_op_closed(w, op);
	mmu_notifier(w, mm, site, POINT_after, start, end);
	mmu_notifier(w, mm, site, POINT_leave, start, end);
}

void zap_page_range(struct ctx *w, struct vma *vma, uint64_t start, uint64_t end,
		    struct unmap_op *op)
{
	struct mm *mm = w->mm;
	struct mmu_gather *tlb;

	lru_add_drain(w);
	tlb = tlb_gather_mmu(w, mm, SITE_zap_page_range, start, end);
	unmap_vmas(w, &tlb, vma, start, end, SITE_zap_page_range, op);
	tlb_finish_mmu(w, tlb);
}

/* free_pgd_range: tables that lie wholly between the neighbours */
static void free_tables(struct ctx *w, struct mmu_gather *tlb, const struct vma *vma,
			uint64_t floor, uint64_t ceiling)
{
	uint64_t va = vma->start / PTRS_PER_TABLE * PTRS_PER_TABLE;

	for (; va < vma->end; va += PTRS_PER_TABLE) {
		struct pgtable **slot;

		if (va < floor || va + PTRS_PER_TABLE > ceiling)
			continue;
		slot = table_slot(tlb->mm, va);
		if (!*slot)
			continue;
		charge(w, COST_PGTABLE_FREE);
		sync(w);
		tp(w, TP_TABLE_FREE, (*slot)->id, 0);
		*slot = NULL;		/* pmd_clear */
		tlb_remove_page(w, tlb, NULL, va);
	}
}

void free_pgtables(struct ctx *w, struct mmu_gather *tlb, struct vma *vma,
		   uint64_t floor, uint64_t ceiling)
{
	for (; vma; vma = vma->next) {
		uint64_t top = vma->next ? vma->next->start : ceiling;

		if (vma->anon_vma) {	/* anon_vma_unlink */
			struct anon_vma *a = vma->anon_vma;

			spin_lock(w, &a->lock);
			sync(w);
			anon_vma_unlink(vma);
			spin_unlock(w, &a->lock);
		}
		if (vma->mapping) {	/* unlink_file_vma */
			struct address_space *a = vma->mapping;

			spin_lock(w, &a->i_mmap_lock);
			sync(w);
			i_mmap_unlink(vma);
			spin_unlock(w, &a->i_mmap_lock);
		}
		free_tables(w, tlb, vma, floor, top);
	}
}
