/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Truncation; see truncate.h. */
#include "models/kernel/truncate.h"
#include "models/kernel/filemap.h"
#include "models/kernel/kernel.h"
#include "models/kernel/memory.h"
#include "models/kernel/mmu_notifier.h"
#include "models/kernel/page_lock.h"
#include "models/kernel/rmap.h"
#include "models/kernel/sched.h"

/* --- unmap_mapping_range ------------------------------------------------------------ */

/* i_mmap_lock held; 1: it was dropped on the way, the walk starts again. */
static int unmap_mapping_range_vma(struct ctx *w, struct vma *v, uint64_t start, uint64_t end,
				   struct zap_details *d)
{
	struct mm *mm = v->mm;

	for (;;) {
		uint64_t from = v->restart > start ? v->restart : start, to = end;
		int leave;

		mmu_notifier(w, mm, SITE_unmap_mapping_range, POINT_before_zap, start, end);
		if (from < end)
			to = zap_page_range(w, v, from, end, NULL, d);
		mmu_notifier(w, mm, SITE_unmap_mapping_range, POINT_after_zap, start, end);
		mmu_notifier(w, mm, SITE_unmap_mapping_range, POINT_gather_finished, start, end);
		leave = zap_need_break(w, d);
		if (to >= end) {
			v->truncate_count = d->truncate_count;
			v->restart = 0;
			if (!leave)
				return 0;
		} else {
			v->restart = to;
			if (!leave)
				continue;
		}
		spin_unlock(w, d->i_mmap_lock);
		mmu_notifier(w, mm, SITE_unmap_mapping_range, POINT_rmap_unlocked, start, end);
		cond_resched(w);
		spin_lock(w, d->i_mmap_lock);
		return 1;
	}
}

/* The part of @v that maps [first, first + n) of its file; 0: none does. */
static int part_of(const struct vma *v, uint64_t first, uint64_t n, uint64_t *start, uint64_t *end)
{
	uint64_t last = v->pgoff + (v->end - v->start), lo = first > v->pgoff ? first : v->pgoff;
	uint64_t hi = first + n < last ? first + n : last;

	*start = v->start + lo - v->pgoff;
	*end = v->start + hi - v->pgoff;
	return lo < hi;
}

static int walk(struct ctx *w, struct address_space *a, uint64_t first, uint64_t n,
		struct zap_details *d)
{
	uint64_t start, end;

	for (struct vma *v = a->i_mmap.head; v; v = v->imm_next) {
		if (!part_of(v, first, n, &start, &end))
			continue;
		charge(w, COST_RMAP_STEP);
		if (v->truncate_count == d->truncate_count)
			continue;	/* done already, in this truncation */
		if (unmap_mapping_range_vma(w, v, start, end, d))
			return 1;
	}
	return 0;
}

void unmap_mapping_range(struct ctx *w, struct address_space *a, uint64_t first, uint64_t n,
			 int even_cows)
{
	struct zap_details d = { .check_mapping = even_cows ? NULL : a, .i_mmap_lock = &a->i_mmap_lock };

	spin_lock(w, &a->i_mmap_lock);
	sync(w);
	d.truncate_count = ++a->truncate_count;
	for (struct vma *v = a->i_mmap.head; v; v = v->imm_next)
		v->restart = 0;		/* of an earlier truncation: its count says so */
	while (walk(w, a, first, n, &d))
		;
	spin_unlock(w, &a->i_mmap_lock);
}

/* --- truncate_inode_pages --------------------------------------------------------------- */

/* pagevec_lookup from *@next on: with a reference each. */
static int lookup(struct ctx *w, struct address_space *a, uint64_t *next, uint64_t end,
		  struct page **v)
{
	int n = 0;

	charge(w, COST_TREE_LOOKUP);
	sync(w);
	for (; n < PAGEVEC_SIZE && *next < end; ++*next)
		if (a->page[*next]) {
			get_page(a->page[*next]);
			v[n++] = a->page[*next];
		}
	return n;
}

/* Page lock held: out of the address spaces, out of the cache. */
static void truncate_complete_page(struct ctx *w, struct address_space *a, struct page *p)
{
	if (p->mapping != a)
		return;
	if (page_mapped(p))
		unmap_mapping_range(w, a, p->index, 1, 0);
	sync(w);
	p->dirty = 0;			/* cancel_dirty_page */
	remove_from_page_cache(w, p);
}

/* The first pass leaves alone what is locked or under writeback, the second waits. */
static void pass(struct ctx *w, struct address_space *a, uint64_t first, uint64_t end, int wait)
{
	struct page *v[PAGEVEC_SIZE];
	uint64_t next = first;
	int n;

	while ((n = lookup(w, a, &next, end, v))) {
		for (int i = 0; i < n; i++) {
			if (wait)
				lock_page(w, v[i]);
			else if (!trylock_page(w, v[i]))
				continue;
			if (wait)
				wait_on_page_writeback(w, v[i]);
			if (!v[i]->writeback)
				truncate_complete_page(w, a, v[i]);
			unlock_page(w, v[i]);
		}
		release_pages(w, v, n);	/* the free */
		cond_resched(w);
	}
}

void vmtruncate(struct ctx *w, struct address_space *a, uint64_t pages)
{
	uint64_t old = a->nr_pages;

	sync(w);
	a->nr_pages = pages;		/* i_size_write */
	unmap_mapping_range(w, a, pages, old - pages, 1);
	pass(w, a, pages, old, 0);
	pass(w, a, pages, old, 1);
	unmap_mapping_range(w, a, pages, old - pages, 1);
}
