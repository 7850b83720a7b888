/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Dirty pages of files; see writeback.h. */
#include "models/kernel/writeback.h"
#include "models/kernel/filemap.h"
#include "models/kernel/lru.h"
#include "models/kernel/page_lock.h"
#include "models/kernel/sched.h"

void set_page_dirty(struct ctx *w, struct page *p)
{
	sync(w);
	charge(w, COST_PAGE_BIT);
	if (p->dirty)
		return;
	p->dirty = 1;
	if (!p->mapping)
		return;
	spin_lock_irqsave(w, &p->mapping->tree_lock);
	charge(w, COST_TREE_TAG);
	spin_unlock_irqrestore(w, &p->mapping->tree_lock);
}

int clear_page_dirty_for_io(struct ctx *w, struct page *p)
{
	int was;

	p->reclaim = 0;
	if (p->mapping && page_mkclean(w, p))
		set_page_dirty(w, p);
	sync(w);
	was = p->dirty;
	p->dirty = 0;
	charge(w, COST_PAGE_BIT);
	return was;
}

/* Still what was looked up, still dirty: written, and unlocked. */
static int write_one(struct ctx *w, struct address_space *a, struct page *p)
{
	lock_page(w, p);
	sync(w);
	if (p->mapping != a || !p->dirty || p->writeback || !clear_page_dirty_for_io(w, p)) {
		unlock_page(w, p);
		return 0;
	}
	file_writepage(w, p);
	return 1;
}

/* pagevec_lookup_tag: dirty pages from *@next to @end, with a reference each */
static void lookup_dirty(struct ctx *w, struct address_space *a, uint64_t *next, uint64_t end,
			 int64_t most, struct pagevec *v)
{
	v->nr = 0;
	charge(w, COST_TREE_LOOKUP);
	sync(w);
	for (; v->nr < PAGEVEC_SIZE && v->nr < most && *next < end; ++*next) {
		struct page *p = a->page[*next];

		if (!p || !p->dirty)
			continue;
		get_page(p);
		v->page[v->nr++] = p;
	}
}

int64_t write_cache_pages(struct ctx *w, struct address_space *a, uint64_t *next, int64_t n)
{
	uint64_t from = *next < a->nr_pages ? *next : 0, end = a->nr_pages;
	int64_t written = 0;
	struct pagevec v;

	for (*next = from; written < n; ) {
		lookup_dirty(w, a, next, end, n - written, &v);
		for (int i = 0; i < v.nr; i++)
			written += write_one(w, a, v.page[i]);
		if (v.nr) {
			pagevec_release(w, &v);
			cond_resched(w);
		} else if (end == from) {
			break;		/* once round */
		} else {		/* range_cyclic */
			*next = 0;
			end = from;
		}
	}
	return written;
}
