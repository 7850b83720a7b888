/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * do_swap_page (mm/memory.c of 2.6.27): the pte names a swap slot.
 *
 * The page is looked up in the swap cache or read with its neighbours, then
 * locked, which waits for the read, then mapped under ptl if the entry still
 * stands.  A write to a page that nobody else has makes the pte writable at
 * once; else do_wp_page follows with ptl held.  mmap_sem is held for read
 * throughout, over the read too.  No flush and no callout: nothing was mapped.
 */
#include "models/kernel/kernel.h"
#include "models/kernel/memory.h"
#include "models/kernel/page_lock.h"
#include "models/kernel/pgtable.h"
#include "models/kernel/rmap.h"
#include "models/kernel/swap.h"

/* The slot's page with a reference; NULL: the slot was freed meanwhile. */
static struct page *bring_in(struct ctx *w, struct vma *vma, uint64_t va, uint32_t slot)
{
	struct page *p = lookup_swap_cache(w, slot);

	if (p) {
		metric_count(&w->m->metrics, METRIC_SWAP_FAULT, 1, 1);
		return p;
	}
	grab_swap_token(w);		/* contend for it before the read */
	metric_count(&w->m->metrics, METRIC_SWAP_FAULT, 0, 1);
	return swapin_readahead(w, slot, vma, va);
}

int do_swap_page(struct ctx *w, struct mm *mm, struct vma *vma, uint64_t va, int write,
		 struct pgtable *t, const struct pte *entry)
{
	struct pte *pte = &t->pte[va % PTRS_PER_TABLE];
	struct spinlock *ptl = pte_lockptr(mm, t);
	uint32_t slot = entry->swap;
	struct page *p;
	int own = 0;

	charge(w, COST_FAULT_SWAP);
	p = bring_in(w, vma, va, slot);
	if (!p)				/* somebody else faulted it in and freed the slot */
		return 0;
	mark_page_accessed(w, p);
	lock_page(w, p);
	spin_lock(w, ptl);
	sync(w);
	if (!pte_same(pte, entry)) {
		spin_unlock(w, ptl);
		unlock_page(w, p);
		put_page(w, p);
		return 0;
	}
	own = write && can_share_swap_page(w, p);
	p->wasted = 0;
	set_pte_at(w, va, pte, p, own && vma->flags & VM_WRITE, 1, own);
	page_add_anon_rmap(w, p, vma, va);	/* the reference is the pte's now */
	swap_free(w, slot);
	if (vm_swap_full(w->m->kernel->swap))
		remove_exclusive_swap_page(w, p);
	unlock_page(w, p);
	if (write && !own)
		return do_wp_page(w, mm, vma, va, t);
	spin_unlock(w, ptl);
	return 0;
}
