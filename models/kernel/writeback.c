/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Dirty pages of files; see writeback.h. */
#include "models/kernel/writeback.h"

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
