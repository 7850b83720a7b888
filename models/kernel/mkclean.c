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
#include "models/kernel/page_site.h"
#include "models/kernel/pgtable.h"
#include "models/kernel/rmap.h"
#include "models/kernel/tlbflush.h"
#include "models/kernel/writeback.h"

/* No pte, or nothing to do. */
static int nothing(struct ctx *w, struct page_site *s, struct spinlock *ptl, const struct pte *pte,
		   enum path_exit why)
{
	if (why == EXIT_no_pte) {
		mmu_notifier_exit(w, &s->n, POINT_enter, POINT_enter, POINT_pte_unlocked, why);
	} else {
		mmu_notifier_exit(w, &s->n, POINT_pte_locked, POINT_pte_locked, POINT_set, why);
		spin_unlock(w, ptl);
		site_unlocked(w, s);
		mmu_notifier_exit(w, &s->n, POINT_pte_locked, POINT_set, POINT_pte_unlocked, why);
	}
	site_point(w, s, POINT_early_exit);
	site_end(w, s, pte);
	return 0;
}

/* @pte is dirty or writable, its lock is held. */
static void clean_pte(struct ctx *w, struct page_site *s, struct spinlock *ptl, struct pte *pte)
{
	struct page *p = s->page;

	ptep_get_and_clear(w, s->va, pte);
	s->announced = 1;
	site_point(w, s, POINT_cleared);
	flush_tlb_page(w, s->mm, s->va);
	site_point(w, s, POINT_flushed);
	set_pte_at(w, s->va, pte, p, 0, s->before.young, 0);
	site_point(w, s, POINT_set);
	spin_unlock(w, ptl);
	site_unlocked(w, s);
	site_point(w, s, POINT_pte_unlocked);
	pte_settle(w, s->mm, s->va, pte, p, s->generation);
	pte_protected(w, s->mm, s->va, pte, p);
	site_end(w, s, pte);
}

static int page_mkclean_one(struct ctx *w, struct page *p, struct vma *v)
{
	uint64_t va = vma_address(p, v);
	struct page_site s;
	struct spinlock *ptl;
	struct pte *pte;

	if (va == NO_ADDRESS)
		return 0;
	site_begin(w, &s, SITE_page_mkclean_one, v->mm, va, p);
	site_point(w, &s, POINT_enter);
	pte = page_check_address(w, p, v->mm, va, 1, &ptl);
	if (!pte)
		return nothing(w, &s, NULL, NULL, EXIT_no_pte);
	site_locked(w, &s, pte);
	site_point(w, &s, POINT_pte_locked);
	if (!pte->dirty && !pte->write)
		return nothing(w, &s, ptl, pte, EXIT_clean);
	site_point(w, &s, POINT_checked);
	clean_pte(w, &s, ptl, pte);
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
