/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Pages of files to and from their disk (a_ops of a file system of 2.6.27 that
 * does no more than it must).  Only where memory is limited: elsewhere pages
 * stay in the cache, and what is written goes nowhere.
 *
 * What a file's page held when reclaim dropped it is read again at the next
 * fault; a page that was never dropped is a hole (filemap.h).
 */
#include "models/kernel/filemap.h"
#include "models/kernel/kernel.h"
#include "models/kernel/page_lock.h"
#include "models/kernel/rmap.h"
#include "sim/base/xassert.h"

/* Files lie one behind another on the disk, far enough apart not to join. */
static uint64_t sector_of(const struct page *p)
{
	return p->mapping->disk_start + p->index;
}

void file_writepage(struct ctx *w, struct page *p)
{
	metric_count(&w->m->metrics, METRIC_FILE_WRITE, 0, 1);
	set_page_writeback(w, p);
	tp(w, TP_IO_WRITE, p->id, p->index);
	unlock_page(w, p);
	submit_bio(w, w->m->kernel->file_queue, BLK_WRITE, sector_of(p), p,
		   hash_mix(hash_str(p->mapping->name, 0), p->index), end_page_writeback);
}

static void end_file_read(struct ctx *w, struct page *p)
{
	sync(w);
	p->uptodate = 1;
	tp(w, TP_IO_END, p->id, 0);
	unlock_page(w, p);
}

void file_readpage(struct ctx *w, struct page *p)
{
	metric_count(&w->m->metrics, METRIC_FILE_READ, 0, 1);
	tp(w, TP_IO_READ, p->id, p->index);
	page_lock_to_device(w, p);
	submit_bio(w, w->m->kernel->file_queue, BLK_READ, sector_of(p), p,
		   hash_mix(hash_str(p->mapping->name, 1), p->index), end_file_read);
}

int file_on_disk(const struct address_space *a, uint64_t index)
{
	return a->on_disk && a->on_disk[index];
}

/* tree_lock held; the count is frozen at 0 */
void __remove_from_page_cache(struct ctx *w, struct page *p)
{
	struct address_space *a = p->mapping;

	BUG_ON(!p->locked || p->mapcount);
	if (!a->on_disk)
		a->on_disk = arena_alloc(w->m->arena, a->nr_pages + 1);
	a->on_disk[p->index] = 1;
	a->page[p->index] = NULL;
	a->nrpages--;
	p->mapping = NULL;
	charge(w, COST_TREE_LOOKUP);
}
