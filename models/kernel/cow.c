/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * do_wp_page (mm/memory.c, 2.6.27): a write meets a present, read-only pte.
 *
 * Reuse: an anonymous page that nobody else maps, if its lock is free at the
 * first try (else it is copied); a page of a shared file mapping, which then
 * counts as dirty.  A permission upgrade is announced to nobody.  The count of
 * references is not looked at: a page that a secondary MMU pinned is copied
 * or reused all the same.
 *
 * Copy: the new page is filled with the page-table lock dropped; the pte is
 * then cleared and flushed under it, the new page goes in, and the old one is
 * put, freed perhaps, before the lock is dropped.
 *
 * Left out: file systems with page_mkwrite (ext3 had none), throttling of
 * dirtiers, memory control groups, raw page frames.
 */
#include "models/kernel/kernel.h"
#include "models/kernel/memory.h"
#include "models/kernel/mmu_notifier.h"
#include "models/kernel/page_lock.h"
#include "models/kernel/page_site.h"
#include "models/kernel/pgtable.h"
#include "models/kernel/rmap.h"
#include "models/kernel/writeback.h"

struct wp {
	struct page_site site;
	struct vma *vma;
	struct pgtable *table;
	struct pte *pte, entry;
};

static struct spinlock *ptl_of(const struct wp *f)
{
	return pte_lockptr(f->site.mm, f->table);
}

/* Out, having reached @reached; drops the page-table lock. */
static void leave_early(struct ctx *w, struct wp *f, enum point_id reached, enum path_exit why)
{
	mmu_notifier_exit(w, &f->site.n, reached, reached, POINT_old_put, why);
	spin_unlock(w, ptl_of(f));
	site_unlocked(w, &f->site);
	mmu_notifier_exit(w, &f->site.n, reached, POINT_old_put, POINT_leave, why);
	site_end(w, &f->site, f->pte);
}

/* A page that only this pte maps; its lock is not waited for. */
static int reusable(struct ctx *w, struct page *p)
{
	int alone;

	if (!trylock_page(w, p))
		return 0;
	sync(w);
	alone = can_share_swap_page(w, p);
	unlock_page(w, p);
	return alone;
}

static int reuse(struct ctx *w, struct wp *f)
{
	ptep_set_access_flags(w, f->site.mm, f->site.va, f->pte, f->vma->flags & VM_WRITE, 1);
	leave_early(w, f, POINT_enter, EXIT_reused);
	return VM_FAULT_WRITE;
}

/* The page of a shared mapping becomes writable: it will be written, so it is dirty. */
static int reuse_shared(struct ctx *w, struct wp *f, struct page *p)
{
	int answer;

	get_page(p);
	answer = reuse(w, f);
	wait_on_page_locked(w, p);	/* whoever is cleaning it has cleaned the pte already */
	set_page_dirty(w, p);
	put_page(w, p);
	return answer;
}

/* The pte is @old's, under its lock: it becomes that of @new. */
static void switch_page(struct ctx *w, struct wp *f, struct page *old, struct page *new)
{
	struct page_site *s = &f->site;

	ptep_get_and_clear(w, s->va, f->pte);
	s->announced = 1;
	site_point(w, s, POINT_cleared);
	flush_tlb_page(w, s->mm, s->va);
	site_point(w, s, POINT_flushed);
	set_pte_at(w, s->va, f->pte, new, f->vma->flags & VM_WRITE, 1, 1);
	lru_cache_add_active(w, new);
	page_add_new_anon_rmap(w, new, f->vma, s->va);
	site_point(w, s, POINT_set);
	page_remove_rmap(w, old);
	site_point(w, s, POINT_rmap_switched);
	if (!is_zero_page(w, old))
		put_page(w, old);	/* the pte's reference */
	put_page(w, old);		/* ours: under the lock, the last one perhaps */
	site_point(w, s, POINT_old_put);
	spin_unlock(w, ptl_of(f));
	site_unlocked(w, s);
	site_point(w, s, POINT_pte_unlocked);
	site_point(w, s, POINT_leave);
	pte_settle(w, s->mm, s->va, f->pte, old, s->generation);
	site_end(w, s, f->pte);
}

static int copy(struct ctx *w, struct wp *f, struct page *old)
{
	struct page *new;

	get_page(old);
	spin_unlock(w, ptl_of(f));
	anon_vma_prepare(w->m, f->vma);
	new = alloc_page(w);
	page_work(w, is_zero_page(w, old) ? COST_ZERO_PAGE : COST_COPY_PAGE);
	site_point(w, &f->site, POINT_copied);
	spin_lock(w, ptl_of(f));
	site_locked(w, &f->site, f->pte);
	site_point(w, &f->site, POINT_relocked);
	if (!pte_same(f->pte, &f->entry)) {
		put_page(w, new);
		put_page(w, old);
		leave_early(w, f, POINT_relocked, EXIT_raced);
		return 0;
	}
	switch_page(w, f, old, new);
	return VM_FAULT_WRITE;
}

int do_wp_page(struct ctx *w, struct mm *mm, struct vma *vma, uint64_t va, struct pgtable *t)
{
	struct pte *pte = &t->pte[va % PTRS_PER_TABLE];
	struct page *old = pte->page;
	struct wp f = { .vma = vma, .table = t, .pte = pte, .entry = *pte };

	charge(w, COST_WP_FIXED);
	site_begin(w, &f.site, SITE_do_wp_page, mm, va, old);
	site_locked(w, &f.site, pte);
	site_point(w, &f.site, POINT_enter);
	if (page_anon(old)) {
		if (reusable(w, old))
			return reuse(w, &f);
	} else if ((vma->flags & (VM_WRITE | VM_SHARED)) == (VM_WRITE | VM_SHARED)) {
		return reuse_shared(w, &f, old);
	}
	return copy(w, &f, old);
}
