/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * page_referenced and try_to_unmap (mm/rmap.c of 2.6.27), with their hook
 * points.  Per VMA: the address; an unlocked look at the pte; ptl and the same
 * look again; then age it, or take it out, flush and say so, all under ptl and
 * the lock of the walk.  A pte that is not there is no reason for a callout.
 *
 * flush.reclaim: batched puts the flush off to the end of the batch (vmscan.c);
 * the point "flushed" then means that nobody flushes this pte any more here.
 */
#include "models/kernel/page_lock.h"
#include "models/kernel/page_site.h"
#include "models/kernel/pgtable.h"
#include "models/kernel/rmap.h"
#include "models/kernel/tlbflush.h"
#include "models/kernel/vmscan.h"
#include "models/kernel/writeback.h"
#include "sim/base/xassert.h"

static void enter_site(struct ctx *w, struct page_site *s, enum site_id site, struct mm *mm,
		       uint64_t va, struct page *p)
{
	site_begin(w, s, site, mm, va, p);
	site_point(w, s, POINT_enter);
	site_point(w, s, POINT_rmap_locked);
}

static void found_pte(struct ctx *w, struct page_site *s, const struct pte *pte)
{
	site_locked(w, s, pte);
	site_point(w, s, POINT_pte_locked);
}

/* Not mapped here: no lock was taken. */
static void no_pte(struct ctx *w, struct page_site *s)
{
	mmu_notifier_exit(w, &s->n, POINT_rmap_locked, POINT_rmap_locked, POINT_leave, EXIT_no_pte);
	site_end(w, s, NULL);
}

/* Out of the site with ptl held, before its end: @after is the last point passed. */
static void leave_early(struct ctx *w, struct page_site *s, enum point_id after,
			enum point_id last_locked, struct spinlock *ptl, const struct pte *pte,
			enum path_exit why)
{
	mmu_notifier_exit(w, &s->n, after, after, last_locked, why);
	spin_unlock(w, ptl);
	site_unlocked(w, s);
	mmu_notifier_exit(w, &s->n, after, last_locked, POINT_leave, why);
	site_end(w, s, pte);
}

static void leave_site(struct ctx *w, struct page_site *s, struct spinlock *ptl)
{
	spin_unlock(w, ptl);
	site_unlocked(w, s);
	site_point(w, s, POINT_pte_unlocked);
	site_point(w, s, POINT_leave);
}

/* ptep_clear_flush_young_notify: both are asked, whatever the first says */
static int clear_flush_young_notify(struct ctx *w, struct page_site *s, struct pte *pte)
{
	int young = ptep_clear_flush_young(w, s->mm, s->va, pte);

	return young | site_point(w, s, POINT_aged);
}

/* --- page_referenced ------------------------------------------------------------- */

static int page_referenced_one(struct ctx *w, struct page *p, struct vma *v, int *mapcount)
{
	uint64_t va = vma_address(p, v);
	struct page_site s;
	struct spinlock *ptl;
	struct pte *pte;
	int referenced = 0;

	if (va == NO_ADDRESS)
		return 0;
	enter_site(w, &s, SITE_page_referenced_one, v->mm, va, p);
	pte = page_check_address(w, p, v->mm, va, 0, &ptl);
	if (!pte) {
		no_pte(w, &s);
		return 0;
	}
	found_pte(w, &s, pte);
	if (v->flags & VM_LOCKED) {	/* counts as referenced, whoever uses it */
		*mapcount = 0;
		leave_early(w, &s, POINT_pte_locked, POINT_aged, ptl, pte, EXIT_mlocked);
		return 1;
	}
	if (clear_flush_young_notify(w, &s, pte))
		referenced++;
	if (v->mm != w->mm && has_swap_token(w->m, v->mm) && rwsem_is_locked(&v->mm->mmap_sem)) {
		metric_count(&w->m->metrics, METRIC_SWAP_TOKEN, 1, 1);
		referenced++;
	}
	(*mapcount)--;
	leave_site(w, &s, ptl);
	site_end(w, &s, pte);
	return referenced;
}

static int referenced_anon(struct ctx *w, struct page *p)
{
	struct anon_vma *a = page_lock_anon_vma(w, p);
	int mapcount = p->mapcount, referenced = 0;

	if (!a)
		return 0;
	for (struct vma *v = rmap_first(w, p); v && mapcount > 0; v = rmap_next(w, p, v))
		referenced += page_referenced_one(w, p, v, &mapcount);
	page_unlock_anon_vma(w, a);
	return referenced;
}

static int referenced_file(struct ctx *w, struct page *p)
{
	struct address_space *a = p->mapping;
	int mapcount, referenced = 0;

	spin_lock(w, &a->i_mmap_lock);
	sync(w);
	mapcount = p->mapcount;
	for (struct vma *v = rmap_first(w, p); v && mapcount > 0; v = rmap_next(w, p, v)) {
		if ((v->flags & (VM_LOCKED | VM_SHARED)) == (VM_LOCKED | VM_SHARED)) {
			referenced++;
			break;
		}
		referenced += page_referenced_one(w, p, v, &mapcount);
	}
	spin_unlock(w, &a->i_mmap_lock);
	return referenced;
}

int page_referenced(struct ctx *w, struct page *p, int is_locked)
{
	int referenced = 0;

	sync(w);
	if (p->referenced) {		/* TestClearPageReferenced */
		p->referenced = 0;
		referenced++;
	}
	charge(w, COST_PAGE_BIT);
	if (!page_mapped(p))
		return referenced;
	if (page_anon(p)) {
		referenced += referenced_anon(w, p);
	} else if (is_locked) {
		referenced += referenced_file(w, p);
	} else if (!trylock_page(w, p)) {
		referenced++;
	} else {
		if (p->mapping)
			referenced += referenced_file(w, p);
		unlock_page(w, p);
	}
	return referenced;
}

/* --- try_to_unmap ---------------------------------------------------------------- */

/* What stands in the pte now: a swap slot, a migrating page, or nothing. */
static void replace_pte(struct ctx *w, struct page *p, struct mm *mm, uint64_t va,
			struct pte *pte, int write, int migration)
{
	struct swap_info *s = w->m->kernel->swap;

	if (migration) {
		set_pte_entry(w, va, pte, PTE_MIGRATION, p->id, write);
		return;
	}
	if (!page_anon(p))
		return;
	BUG_ON(!p->swapcache);
	swap_duplicate(w, p->swap);
	if (!mm->on_mmlist) {
		spin_lock(w, &s->mmlist_lock);
		mm->on_mmlist = 1;
		spin_unlock(w, &s->mmlist_lock);
	}
	set_pte_entry(w, va, pte, PTE_SWAP, p->swap, 0);
}

/* From the clear to the last reference; ptl held throughout. */
static void unmap_pte(struct ctx *w, struct page_site *s, struct page *p, struct pte *pte,
		      int migration)
{
	struct pte old;

	site_point(w, s, POINT_checked);
	old = ptep_get_and_clear(w, s->va, pte);
	s->announced = 1;
	site_point(w, s, POINT_cleared);
	if (!migration && should_defer_flush(w, s->mm)) {
		set_tlb_ubc_flush_pending(w, s->mm, old.dirty);
		site_point(w, s, POINT_deferred);
	} else {
		flush_tlb_page(w, s->mm, s->va);
	}
	site_point(w, s, POINT_flushed);
	if (old.dirty)
		set_page_dirty(w, p);
	replace_pte(w, p, s->mm, s->va, pte, old.write, migration);
	site_point(w, s, POINT_swap_set);
	page_remove_rmap(w, p);
	sync(w);
	p->count--;			/* page_cache_release: the caller has one */
	BUG_ON(p->count <= 0);
	site_point(w, s, POINT_rmap_removed);
}

static int try_to_unmap_one(struct ctx *w, struct page *p, struct vma *v, int migration)
{
	uint64_t va = vma_address(p, v);
	struct page_site s;
	struct spinlock *ptl;
	struct pte *pte;

	if (va == NO_ADDRESS)
		return SWAP_AGAIN;
	enter_site(w, &s, SITE_try_to_unmap_one, v->mm, va, p);
	pte = page_check_address(w, p, v->mm, va, 0, &ptl);
	if (!pte) {
		no_pte(w, &s);
		return SWAP_AGAIN;
	}
	found_pte(w, &s, pte);
	if (!migration && v->flags & VM_LOCKED) {
		leave_early(w, &s, POINT_pte_locked, POINT_rmap_removed, ptl, pte, EXIT_mlocked);
		return SWAP_FAIL;
	}
	if (!migration && clear_flush_young_notify(w, &s, pte)) {
		leave_early(w, &s, POINT_aged, POINT_rmap_removed, ptl, pte, EXIT_young);
		return SWAP_FAIL;
	}
	unmap_pte(w, &s, p, pte, migration);
	leave_site(w, &s, ptl);
	pte_settle(w, v->mm, va, pte, p, s.generation);
	site_end(w, &s, pte);
	return SWAP_AGAIN;
}

int try_to_unmap(struct ctx *w, struct page *p, int migration)
{
	struct anon_vma *a = NULL;
	int ret = SWAP_AGAIN;

	BUG_ON(!p->locked);
	if (page_anon(p)) {
		a = page_lock_anon_vma(w, p);
		if (!a)
			return ret;
	} else {
		spin_lock(w, &p->mapping->i_mmap_lock);
	}
	for (struct vma *v = rmap_first(w, p); v; v = rmap_next(w, p, v)) {
		ret = try_to_unmap_one(w, p, v, migration);
		if (ret == SWAP_FAIL || !page_mapped(p))
			break;
	}
	if (a)
		page_unlock_anon_vma(w, a);
	else
		spin_unlock(w, &p->mapping->i_mmap_lock);
	return page_mapped(p) ? ret : SWAP_SUCCESS;
}
