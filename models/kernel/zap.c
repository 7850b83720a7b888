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
#include "models/kernel/sched.h"
#include "models/kernel/writeback.h"
#include "sim/base/xassert.h"

static int64_t zap_block_bytes(const struct machine *m)
{
	int64_t pages = m->kc->zap_block;

	if (!pages)
		pages = m->kc->preempt == PREEMPT_FULL ? 8 : 1024;
	return pages * PAGE_SIZE;
}

/* A pte that is not present: cleared, and with it what it stood for. */
static void zap_entry(struct ctx *w, struct pte *pte)
{
	uint32_t slot = pte->swap;
	enum pte_kind kind;

	if (pte->kind == PTE_NONE) {
		charge(w, COST_PTE_SKIP);
		return;
	}
	sync(w);
	kind = (enum pte_kind)pte->kind;
	pte_clear(pte);
	charge(w, COST_PTE_CLEAR);
	if (kind == PTE_SWAP)
		free_swap_and_cache(w, slot);
}

static void zap_pte(struct ctx *w, struct mmu_gather *tlb, struct pte *pte, uint64_t va,
		    struct unmap_op *op)
{
	struct page *p = pte->page;
	int dirty;

	sync(w);
	dirty = pte->dirty;
	if (p->mapping) {
		if (dirty)
			set_page_dirty(w, p);
		if (pte->young)
			p->referenced = 1;
	}
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

/* A private copy stays if only the file's own pages go: present, swapped out or moving. */
static int spared(const struct pte *pte, const struct zap_details *d)
{
	if (!d || !d->check_mapping || pte->kind == PTE_NONE)
		return 0;
	return pte->kind != PTE_PRESENT || pte->page->mapping != d->check_mapping;
}

void zap_one(struct ctx *w, struct mmu_gather *tlb, struct pte *pte, uint64_t va,
	     struct unmap_op *op, const struct zap_details *d)
{
	if (spared(pte, d))
		return;
	if (pte->kind == PTE_PRESENT)
		zap_pte(w, tlb, pte, va, op);
	else
		zap_entry(w, pte);
}

/* One stretch inside one page table; where it stopped. */
static uint64_t zap_pte_range(struct ctx *w, struct mmu_gather *tlb, uint64_t start,
			      uint64_t end, int64_t *zap_work, struct unmap_op *op,
			      const struct zap_details *d)
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

		*zap_work -= pte->kind == PTE_NONE ? 1 : PAGE_SIZE;
		zap_one(w, tlb, pte, va, op, d);
	} while (++va != end && *zap_work > 0);
	mmu_notifier(w, mm, tlb->site, POINT_cleared_batch, start, va);
	spin_unlock(w, pte_lockptr(mm, t));
	mmu_notifier(w, mm, tlb->site, POINT_pte_unlocked, start, va);
	return va;
}

static uint64_t unmap_page_range(struct ctx *w, struct mmu_gather *tlb, uint64_t start,
				 uint64_t end, int64_t *zap_work, struct unmap_op *op,
				 const struct zap_details *d)
{
	while (start < end && *zap_work > 0) {
		uint64_t next = (start / PTRS_PER_TABLE + 1) * PTRS_PER_TABLE;

		start = zap_pte_range(w, tlb, start, next < end ? next : end, zap_work, op, d);
	}
	return start;
}

int zap_need_break(struct ctx *w, const struct zap_details *d)
{
	sync(w);
	return w->cpu->need_resched || (d && d->i_mmap_lock && d->i_mmap_lock->head &&
					w->m->kc->preempt == PREEMPT_FULL);
}

/* A block is used up.  0: somebody else wants what @d's caller holds, stop here. */
static int next_block(struct ctx *w, struct mmu_gather **tlb, const struct zap_details *d)
{
	enum site_id site = (*tlb)->site;
	uint64_t from = (*tlb)->start, to = (*tlb)->end;
	struct mm *mm = (*tlb)->mm;

	tlb_finish_mmu(w, *tlb);
	charge(w, COST_PREEMPT_CHECK);
	if (zap_need_break(w, d)) {
		if (d && d->i_mmap_lock) {
			*tlb = NULL;
			return 0;
		}
		cond_resched(w);
	}
	mmu_notifier(w, mm, site, POINT_resched, from, to);
	*tlb = tlb_gather_mmu(w, mm, site, from, to);
	return 1;
}

/* All of one VMA, block by block; where it ended. */
static uint64_t unmap_vma(struct ctx *w, struct mmu_gather **tlb, uint64_t start, uint64_t end,
			  int64_t *zap_work, struct unmap_op *op, const struct zap_details *d)
{
	if ((*tlb)->on_stack) {
		unmap_page_range_onstack(w, *tlb, start, end, op, d);
		return end;
	}
	while (start < end) {
		start = unmap_page_range(w, *tlb, start, end, zap_work, op, d);
		if (*zap_work > 0) {
			BUG_ON(start != end);
			break;
		}
		if (!next_block(w, tlb, d))
			break;
		*zap_work = zap_block_bytes(w->m);
	}
	return start;
}

uint64_t unmap_vmas(struct ctx *w, struct mmu_gather **tlb, struct vma *vma,
		    uint64_t start, uint64_t end, enum site_id site, struct unmap_op *op,
		    const struct zap_details *d)
{
	struct mm *mm = (*tlb)->mm;
	int64_t zap_work = zap_block_bytes(w->m);
	uint64_t at = end;

	mmu_notifier(w, mm, site, POINT_enter, start, end);
	mmu_notifier(w, mm, site, POINT_before, start, end);
	if (op)
		op->open = 1;
	for (; vma && vma->start < end && *tlb; vma = vma->next) {
		uint64_t s = vma->start > start ? vma->start : start;
		uint64_t e = vma->end < end ? vma->end : end;

		if (s < e)
			at = unmap_vma(w, tlb, s, e, &zap_work, op, d);
	}
	sync(w);
	if (op)
		unmap_op_closed(w, op);
	mmu_notifier(w, mm, site, POINT_after, start, end);
	mmu_notifier(w, mm, site, POINT_leave, start, end);
	return *tlb ? end : at;
}

uint64_t zap_page_range(struct ctx *w, struct vma *vma, uint64_t start, uint64_t end,
			struct unmap_op *op, const struct zap_details *d)
{
	struct mm *mm = vma->mm;
	struct mmu_gather *tlb;

	lru_add_drain(w);
	tlb = tlb_gather_mmu(w, mm, SITE_zap_page_range, start, end);
	end = unmap_vmas(w, &tlb, vma, start, end, SITE_zap_page_range, op, d);
	if (tlb)
		tlb_finish_mmu(w, tlb);
	return end;
}

/* free_pgd_range: tables that lie wholly between the neighbours */
static void free_tables(struct ctx *w, struct mmu_gather *tlb, const struct vma *vma,
			uint64_t floor, uint64_t ceiling)
{
	uint64_t va = vma->start / PTRS_PER_TABLE * PTRS_PER_TABLE;

	for (; va < vma->end; va += PTRS_PER_TABLE) {
		struct pgtable **slot, *t;

		if (va < floor || va + PTRS_PER_TABLE > ceiling)
			continue;
		slot = table_slot(tlb->mm, va);
		t = *slot;
		if (!t)
			continue;
		charge(w, COST_PGTABLE_FREE);
		sync(w);
		tp(w, TP_TABLE_FREE, t->id, 0);
		*slot = NULL;		/* pmd_clear */
		pgtable_free(w->m, t);
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
