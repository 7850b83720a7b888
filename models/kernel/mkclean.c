/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * page_mkclean (mm/rmap.c, 2.6.27): before a page is written, no pte may be
 * able to dirty it unnoticed.
 *
 * Page lock held.  i_mmap_lock, and for every VMA that shares the file:
 * page-table lock (taken even if the pte looks absent); a pte that is neither
 * dirty nor writable is left alone; else it is cleared and flushed, and comes
 * back read-only and clean.
 */
#include "models/kernel/mmu_notifier.h"
#include "models/kernel/page_lock.h"
#include "models/kernel/pgtable.h"
#include "models/kernel/rmap.h"
#include "models/kernel/tlbflush.h"
#include "models/kernel/writeback.h"

struct mkclean {
	struct notify_path n;
	struct mm *mm;
	uint64_t va;
	struct spinlock *ptl;
};

/* No pte, or nothing to do. */
static int nothing(struct ctx *w, struct mkclean *c, enum path_exit why)
{
	if (why == EXIT_no_pte) {
		mmu_notifier_exit(w, &c->n, POINT_enter, POINT_enter, POINT_pte_unlocked, why);
	} else {
		mmu_notifier_exit(w, &c->n, POINT_pte_locked, POINT_pte_locked, POINT_set, why);
		spin_unlock(w, c->ptl);
		mmu_notifier_exit(w, &c->n, POINT_pte_locked, POINT_set, POINT_pte_unlocked, why);
	}
	mmu_notifier_path(w, &c->n, POINT_early_exit);
	return 0;
}

/* @pte is dirty or writable, its lock is held. */
static void clean_pte(struct ctx *w, struct mkclean *c, struct page *p, struct pte *pte)
{
	uint32_t generation = p->generation;
	struct pte old = ptep_get_and_clear(w, c->va, pte);

	mmu_notifier_path(w, &c->n, POINT_cleared);
	flush_tlb_page(w, c->mm, c->va);
	mmu_notifier_path(w, &c->n, POINT_flushed);
	set_pte_at(w, c->va, pte, p, 0, old.young, 0);
	mmu_notifier_path(w, &c->n, POINT_set);
	spin_unlock(w, c->ptl);
	mmu_notifier_path(w, &c->n, POINT_pte_unlocked);
	pte_settle(w, c->mm, c->va, pte, p, generation);
	pte_protected(w, c->mm, c->va, pte, p);
}

static int page_mkclean_one(struct ctx *w, struct page *p, struct vma *v)
{
	uint64_t va = vma_address(p, v);
	struct mkclean c = { .n = { v->mm, SITE_page_mkclean_one, va, va + 1, 0 }, .mm = v->mm, .va = va };
	struct pte *pte;

	if (va == NO_ADDRESS)
		return 0;
	mmu_notifier_path(w, &c.n, POINT_enter);
	pte = page_check_address(w, p, v->mm, va, 1, &c.ptl);
	if (!pte)
		return nothing(w, &c, EXIT_no_pte);
	c.n.facts = FACT_PTE_PRESENT | (pte->young ? FACT_PTE_YOUNG : 0);
	mmu_notifier_path(w, &c.n, POINT_pte_locked);
	if (!pte->dirty && !pte->write)
		return nothing(w, &c, EXIT_clean);
	mmu_notifier_path(w, &c.n, POINT_checked);
	clean_pte(w, &c, p, pte);
	return 1;
}

int page_mkclean(struct ctx *w, struct page *p)
{
	struct address_space *a = p->mapping;
	int cleaned = 0;

	if (!page_mapped(p))
		return 0;
	spin_lock(w, &a->i_mmap_lock);
	for (struct vma *v = rmap_first(w, p); v; v = rmap_next(w, p, v))
		if (v->flags & VM_SHARED)
			cleaned += page_mkclean_one(w, p, v);
	spin_unlock(w, &a->i_mmap_lock);
	return cleaned;
}
