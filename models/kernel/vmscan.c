/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reclaim by lists (mm/vmscan.c of 2.6.27); see vmscan.h. */
#include "models/kernel/filemap.h"
#include "models/kernel/page_lock.h"
#include "models/kernel/rmap.h"
#include "models/kernel/tlbflush.h"
#include "models/kernel/sched.h"
#include "models/kernel/vmscan.h"
#include "models/kernel/writeback.h"
#include "sim/base/xassert.h"

/* --- the fate of one page ------------------------------------------------------------ */

enum pageout { PAGE_KEEP, PAGE_ACTIVATE, PAGE_SUCCESS, PAGE_CLEAN };
enum fate { FATE_OPEN, FATE_KEEP, FATE_KEEP_LOCKED, FATE_ACTIVATE, FATE_FREED };

/* What a pin made reclaim do in vain, once per page until it is mapped again. */
static void count_waste(struct ctx *w, struct page *p, int unmapped, uint32_t rounds)
{
	struct metrics *x = &w->m->metrics;

	if (!p->pins)
		return;
	metric_count(x, METRIC_RECLAIM_SHADOWED, 1, 1);
	if (p->wasted)
		return;
	p->wasted = 1;
	metric_count(x, METRIC_SWAP_WASTED_SLOT, 0, p->swapcache);
	metric_count(x, METRIC_SWAP_WASTED_UNMAP, 0, unmapped);
	metric_count(x, METRIC_SWAP_WASTED_ROUND, 0, (int64_t)rounds);
}

static struct request_queue *backing_queue(struct ctx *w, const struct page *p)
{
	return p->swapcache ? NULL : w->m->kernel->file_queue;
}

static enum pageout pageout(struct ctx *w, struct page *p)
{
	struct request_queue *q;

	sync(w);
	if (p->count != 2)		/* is_page_cache_freeable: cache and isolation */
		return PAGE_KEEP;
	q = backing_queue(w, p);	/* swap's own backing_dev_info is never congested */
	if (q && bdi_write_congested(q) && !w->kswapd)
		return PAGE_KEEP;
	if (!clear_page_dirty_for_io(w, p))
		return PAGE_CLEAN;
	p->reclaim = 1;
	if (p->swapcache)
		swap_writepage(w, p);
	else
		file_writepage(w, p);
	sync(w);
	if (!p->writeback)
		p->reclaim = 0;		/* a device that was done at once */
	return PAGE_SUCCESS;
}

/* __remove_mapping: 1: nobody else had it, its count is 0 now. */
static int remove_mapping(struct ctx *w, struct page *p)
{
	struct swap_info *s = w->m->kernel->swap;
	struct spinlock *tree = p->swapcache ? &s->tree_lock : &p->mapping->tree_lock;
	uint32_t slot = 0;

	spin_lock_irqsave(w, tree);
	sync(w);
	if (p->count != 2 || p->dirty) {	/* page_freeze_refs, PageDirty */
		spin_unlock_irqrestore(w, tree);
		return 0;
	}
	p->count = 0;
	if (p->swapcache)
		slot = __delete_from_swap_cache(w, p);
	else
		__remove_from_page_cache(w, p);
	spin_unlock_irqrestore(w, tree);
	if (slot)
		swap_free(w, slot);
	return 1;
}

static int page_mapping_inuse(const struct page *p)
{
	return page_mapped(p) || p->swapcache || (p->mapping && p->mapping->i_mmap.head);
}

/* It is clean and unmapped, or was; locked. */
static enum fate try_to_free(struct ctx *w, struct page *p)
{
	if (!remove_mapping(w, p))
		return FATE_KEEP_LOCKED;
	unlock_page(w, p);
	return FATE_FREED;
}

static enum fate write_out(struct ctx *w, struct page *p, int referenced,
			   const struct scan_control *sc, int unmapped, uint32_t rounds)
{
	if (referenced || !sc->may_writepage)
		return FATE_KEEP_LOCKED;
	switch (pageout(w, p)) {
	case PAGE_KEEP:
		count_waste(w, p, unmapped, rounds);
		return FATE_KEEP_LOCKED;
	case PAGE_ACTIVATE:
		return FATE_ACTIVATE;
	case PAGE_SUCCESS:		/* unlocked */
		if (p->writeback || p->dirty || !trylock_page(w, p))
			return FATE_KEEP;
		if (p->dirty || p->writeback)
			return FATE_KEEP_LOCKED;
		break;			/* a device that was done at once */
	case PAGE_CLEAN:
		break;
	}
	return FATE_OPEN;
}

/* A page that is locked and not under writeback. */
static enum fate shrink_locked(struct ctx *w, struct page *p, const struct scan_control *sc)
{
	int referenced = page_referenced(w, p, 1), unmapped = p->mapcount;
	uint32_t rounds = w->rounds;
	enum fate fate;

	if (referenced && page_mapping_inuse(p))
		return FATE_ACTIVATE;
	if (page_anon(p) && !p->swapcache && !add_to_swap(w, p))
		return FATE_ACTIVATE;
	if (page_mapped(p) && (p->swapcache || p->mapping)) {
		switch (try_to_unmap(w, p, 0)) {
		case SWAP_FAIL:
			return FATE_ACTIVATE;
		case SWAP_AGAIN:
			return FATE_KEEP_LOCKED;
		}
	}
	if (!p->swapcache && !p->mapping)
		return FATE_KEEP_LOCKED;
	if (p->dirty) {
		try_to_unmap_flush_dirty(w);
		fate = write_out(w, p, referenced, sc, unmapped, w->rounds - rounds);
		if (fate != FATE_OPEN)
			return fate;
	}
	return try_to_free(w, p);
}

static enum fate shrink_one(struct ctx *w, struct page *p, struct scan_control *sc)
{
	charge(w, COST_SHRINK_PAGE);
	if (!trylock_page(w, p))
		return FATE_KEEP;
	sc->nr_scanned++;
	if (page_mapped(p) || p->swapcache)	/* double: they are more work */
		sc->nr_scanned++;
	if (p->writeback)
		return FATE_KEEP_LOCKED;
	return shrink_locked(w, p, sc);
}

/* Pages to free together: 2.6.27 a pagevec; where flushes are put off, a folio
 * batch of today, for one round is then due before they go. */
enum { FOLIO_BATCH_SIZE = 31 };
struct free_batch { int nr, room; struct page *page[FOLIO_BATCH_SIZE]; };

static void free_batch(struct ctx *w, struct free_batch *v)
{
	try_to_unmap_flush(w);
	for (int i = 0; i < v->nr; i++)
		free_hot_cold_page(w, v->page[i]);
	v->nr = 0;
}

int64_t shrink_page_list(struct ctx *w, struct page_list *list, struct scan_control *sc)
{
	struct page_list keep = { NULL, NULL, 0 };
	struct free_batch freed = {
		.room = w->m->kc->flush_reclaim == RECLAIM_BATCHED ? FOLIO_BATCH_SIZE : PAGEVEC_SIZE,
	};
	int64_t nr_reclaimed = 0;

	cond_resched(w);
	while (list->tail) {
		struct page *p = list->tail;
		enum fate fate;

		cond_resched(w);
		list_del(list, p);
		fate = shrink_one(w, p, sc);
		if (fate == FATE_FREED) {
			nr_reclaimed++;
			metric_count(&w->m->metrics, METRIC_RECLAIM_FREED, 0, 1);
			metric_count(&w->m->metrics, METRIC_RECLAIM_SHADOWED, 0, p->had_spte);
			freed.page[freed.nr++] = p;
			if (freed.nr == freed.room)
				free_batch(w, &freed);
			continue;
		}
		if (fate == FATE_ACTIVATE)
			p->active = 1;
		if (fate != FATE_KEEP)
			unlock_page(w, p);
		list_add_head(&keep, p);
	}
	*list = keep;
	free_batch(w, &freed);
	return nr_reclaimed;
}

/* --- isolation ------------------------------------------------------------------------ */

/* isolate_lru_pages, lru_lock held: up to @nr from the tail; those looked at. */
static int64_t isolate_lru_pages(struct ctx *w, int64_t nr, enum lru_list which,
				 struct page_list *to)
{
	struct kernel *k = w->m->kernel;
	struct page_list *from = &k->zone.lru[which];
	int64_t scanned = 0;

	for (; scanned < nr && from->tail; scanned++) {
		struct page *p = from->tail;

		charge(w, COST_LRU_MOVE);
		list_del(from, p);
		if (!p->count) {	/* being freed elsewhere: it looks for itself here */
			list_add_head(from, p);
			continue;
		}
		get_page(p);
		p->lru = 0;
		list_add_head(to, p);
	}
	sync(w);
	return scanned;
}

/* Back to the lists by their flags; every 14 the lock is dropped and their isolation
 * references go.  lru_lock held, and in the end released. */
static void putback(struct ctx *w, struct page_list *from, struct pagevec *v)
{
	struct kernel *k = w->m->kernel;

	while (from->tail) {
		struct page *p = from->tail;

		charge(w, COST_LRU_MOVE);
		list_del(from, p);
		lru_add_page(k, p, 0);
		v->page[v->nr++] = p;
		if (v->nr < PAGEVEC_SIZE)
			continue;
		spin_unlock_irqrestore(w, &k->lru_lock);
		pagevec_release(w, v);
		spin_lock_irqsave(w, &k->lru_lock);
	}
}

/* --- inactive ------------------------------------------------------------------------- */

static int64_t shrink_inactive_list(struct ctx *w, int64_t max_scan, struct scan_control *sc)
{
	struct kernel *k = w->m->kernel;
	struct pagevec v = { .nr = 0 };
	int64_t nr_scanned = 0, nr_reclaimed = 0;

	lru_add_drain(w);
	spin_lock_irqsave(w, &k->lru_lock);
	do {
		struct page_list list = { NULL, NULL, 0 };
		int64_t scanned = isolate_lru_pages(w, SWAP_CLUSTER_MAX, LRU_INACTIVE, &list);
		int64_t taken = list.nr;

		k->zone.pages_scanned += scanned;
		spin_unlock_irqrestore(w, &k->lru_lock);
		nr_scanned += scanned;
		metric_count(&w->m->metrics, METRIC_RECLAIM_SCANNED, 0, scanned);
		nr_reclaimed += shrink_page_list(w, &list, sc);
		if (!taken)
			goto done;
		spin_lock_irqsave(w, &k->lru_lock);
		putback(w, &list, &v);
	} while (nr_scanned < max_scan);
	spin_unlock_irqrestore(w, &k->lru_lock);
done:
	if (v.nr)
		pagevec_release(w, &v);
	return nr_reclaimed;
}

/* --- active ---------------------------------------------------------------------------- */

static int calc_reclaim_mapped(struct ctx *w, int priority)
{
	struct kernel *k = w->m->kernel;
	struct zone *z = &k->zone;
	int64_t active = z->lru[LRU_ACTIVE].nr, inactive = z->lru[LRU_INACTIVE].nr;
	int64_t swappiness = w->m->kc->swappiness, distress, mapped_ratio, imbalance;

	if (z->pages_scanned >= (active + inactive) * 3)	/* zone_is_near_oom */
		return 1;
	distress = 100 >> (z->prev_priority < priority ? z->prev_priority : priority);
	mapped_ratio = k->nr_mapped * 100 / k->nr_pages;
	imbalance = active / (inactive + 1) * (swappiness + 1) / 100 * mapped_ratio / 100;
	metric_tally(&w->m->metrics, METRIC_MAPPED_RATIO, 0, mapped_ratio);
	return mapped_ratio / 2 + distress + swappiness + imbalance >= 100;
}

static void shrink_active_list(struct ctx *w, int64_t nr, struct scan_control *sc, int priority)
{
	struct kernel *k = w->m->kernel;
	struct page_list hold = { NULL, NULL, 0 }, active = hold, inactive = hold;
	struct pagevec v = { .nr = 0 };
	int reclaim_mapped = calc_reclaim_mapped(w, priority);

	(void)sc;
	lru_add_drain(w);
	spin_lock_irqsave(w, &k->lru_lock);
	k->zone.pages_scanned += isolate_lru_pages(w, nr, LRU_ACTIVE, &hold);
	spin_unlock_irqrestore(w, &k->lru_lock);
	while (hold.tail) {
		struct page *p = hold.tail;

		cond_resched(w);
		list_del(&hold, p);
		if (page_mapped(p) && (!reclaim_mapped || (page_anon(p) && !swap_exists(k->swap)) ||
				       page_referenced(w, p, 0))) {
			list_add_head(&active, p);
		} else {
			p->active = 0;
			list_add_head(&inactive, p);
		}
	}
	metric_count(&w->m->metrics, METRIC_LRU_DEACTIVATED, 0, inactive.nr);
	spin_lock_irqsave(w, &k->lru_lock);
	putback(w, &inactive, &v);
	putback(w, &active, &v);
	spin_unlock_irqrestore(w, &k->lru_lock);
	if (v.nr)
		pagevec_release(w, &v);
}

/* --- the zone -------------------------------------------------------------------------- */

/* What to scan of a list now: less than a batch is saved up. */
static int64_t nr_to_scan(struct zone *z, enum lru_list which, int priority)
{
	int64_t nr;

	z->nr_scan[which] += (z->lru[which].nr >> priority) + 1;
	nr = z->nr_scan[which];
	if (nr < SWAP_CLUSTER_MAX)
		return 0;
	z->nr_scan[which] = 0;
	return nr;
}

int64_t shrink_zone(struct ctx *w, struct scan_control *sc, int priority)
{
	struct zone *z = &w->m->kernel->zone;
	int64_t active, inactive, nr_reclaimed = 0;

	sync(w);
	active = nr_to_scan(z, LRU_ACTIVE, priority);
	inactive = nr_to_scan(z, LRU_INACTIVE, priority);
	while (active || inactive) {
		if (active) {
			int64_t n = active < SWAP_CLUSTER_MAX ? active : SWAP_CLUSTER_MAX;

			active -= n;
			shrink_active_list(w, n, sc, priority);
		}
		if (inactive) {
			int64_t n = inactive < SWAP_CLUSTER_MAX ? inactive : SWAP_CLUSTER_MAX;

			inactive -= n;
			nr_reclaimed += shrink_inactive_list(w, n, sc);
		}
	}
	return nr_reclaimed;
}
