/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Slots of the swap device (mm/swapfile.c of 2.6.27); see swap.h. */
#include "models/kernel/kernel.h"
#include "models/kernel/page_lock.h"
#include "models/kernel/rmap.h"
#include "sim/base/xassert.h"

static struct swap_info *swap_of(struct ctx *w)
{
	return w->m->kernel->swap;
}

/* --- search ------------------------------------------------------------------- */

/* The first free cluster, by an unlocked look at the map; 0: none. */
static uint32_t find_cluster(struct ctx *w, struct swap_info *s)
{
	uint32_t run = 0;

	for (uint32_t at = s->lowest; at <= s->highest; at++) {
		run = s->slot[at].map ? 0 : run + 1;
		if (run == SWAPFILE_CLUSTER) {
			charge_n(w, COST_SWAP_SCAN, at - s->lowest);
			return at - SWAPFILE_CLUSTER + 1;
		}
	}
	charge_n(w, COST_SWAP_SCAN, (int64_t)s->highest - s->lowest + 1);
	return 0;
}

/* The next free slot from @at on, around the end; nr_free says that there is one. */
static uint32_t find_slot(struct ctx *w, struct swap_info *s, uint32_t at)
{
	uint32_t first = at;

	while (s->slot[at].map) {
		at = at < s->highest ? at + 1 : s->lowest;
		BUG_ON(at == first);
	}
	charge_n(w, COST_SWAP_SCAN, at >= first ? at - first : s->highest - first + at - s->lowest);
	return at;
}

static void take_slot(struct swap_info *s, uint32_t at)
{
	s->slot[at].map = 1;
	s->cluster_next = at + 1;
	if (at == s->lowest)
		s->lowest++;
	if (at == s->highest)
		s->highest--;
	if (s->lowest > s->highest) {	/* full: as if nothing had been used yet */
		s->lowest = s->max;
		s->highest = 0;
	}
}

/* scan_swap_map; swap_lock held */
static uint32_t scan_swap_map(struct ctx *w, struct swap_info *s)
{
	uint32_t at = s->cluster_next;

	if (!s->cluster_nr) {
		s->cluster_nr = SWAPFILE_CLUSTER;
		if (s->nr_free >= SWAPFILE_CLUSTER)
			at = find_cluster(w, s);
		else
			at = s->lowest;
	}
	s->cluster_nr--;
	if (!at || at < s->lowest || at > s->highest)
		at = s->lowest;
	at = find_slot(w, s, at);
	sync(w);
	while (s->slot[at].map)		/* the search took time */
		at = find_slot(w, s, at);
	take_slot(s, at);
	return at;
}

uint32_t get_swap_page(struct ctx *w)
{
	struct swap_info *s = swap_of(w);
	uint32_t slot = 0;

	charge(w, COST_SWAP_SLOT);
	spin_lock(w, &s->lock);
	sync(w);
	if (s->nr_free > 0) {
		s->nr_free--;
		slot = scan_swap_map(w, s);
	}
	spin_unlock(w, &s->lock);
	return slot;
}

/* --- references ----------------------------------------------------------------- */

int swap_duplicate(struct ctx *w, uint32_t slot)
{
	struct swap_info *s = swap_of(w);
	int in_use;

	spin_lock(w, &s->lock);
	sync(w);
	in_use = s->slot[slot].map > 0;
	BUG_ON(s->slot[slot].map >= SWAP_MAP_MAX);
	s->slot[slot].map = (uint16_t)(s->slot[slot].map + in_use);
	spin_unlock(w, &s->lock);
	return in_use;
}

/* swap_entry_free; swap_lock held.  What is left. */
static int entry_free(struct swap_info *s, uint32_t slot)
{
	BUG_ON(!s->slot[slot].map);
	if (--s->slot[slot].map)
		return s->slot[slot].map;
	BUG_ON(s->slot[slot].cache);
	if (slot < s->lowest)
		s->lowest = slot;
	if (slot > s->highest)
		s->highest = slot;
	s->nr_free++;
	return 0;
}

void swap_free(struct ctx *w, uint32_t slot)
{
	struct swap_info *s = swap_of(w);

	spin_lock(w, &s->lock);
	sync(w);
	entry_free(s, slot);
	spin_unlock(w, &s->lock);
}

int vm_swap_full(const struct swap_info *s)
{
	return s->nr_free * 2 < (int64_t)s->max;
}

void free_swap_and_cache(struct ctx *w, uint32_t slot)
{
	struct swap_info *s = swap_of(w);
	struct page *p = NULL;

	spin_lock(w, &s->lock);
	sync(w);
	if (entry_free(s, slot) == 1 && s->slot[slot].cache) {	/* the cache alone has it */
		p = s->slot[slot].cache;
		get_page(p);
		if (!trylock_page(w, p)) {
			p->count--;
			p = NULL;
		}
	}
	spin_unlock(w, &s->lock);
	if (!p)
		return;
	if (p->swapcache && !p->writeback && (p->count == 2 || vm_swap_full(s))) {
		delete_from_swap_cache(w, p);
		p->dirty = 1;
	}
	unlock_page(w, p);
	put_page(w, p);
}

/* --- what a swap-cache page may do ---------------------------------------------- */

/* How many ptes name its slot; takes swap_lock. */
static int page_swapcount(struct ctx *w, struct page *p)
{
	struct swap_info *s = swap_of(w);
	int n;

	spin_lock(w, &s->lock);
	sync(w);
	n = s->slot[p->swap].map - 1;	/* one is the cache's */
	spin_unlock(w, &s->lock);
	return n;
}

int can_share_swap_page(struct ctx *w, struct page *p)
{
	int count;

	BUG_ON(!p->locked);
	count = p->mapcount;
	if (count <= 1 && p->swapcache)
		count += page_swapcount(w, p);
	return count == 1;
}

int remove_exclusive_swap_page(struct ctx *w, struct page *p)
{
	struct swap_info *s = swap_of(w);
	uint32_t slot;
	int gone = 0;

	BUG_ON(!p->locked);
	sync(w);
	if (!p->swapcache || p->writeback || p->count != 2)
		return 0;
	slot = p->swap;
	spin_lock(w, &s->lock);
	sync(w);
	if (s->slot[slot].map == 1) {
		spin_lock_irqsave(w, &s->tree_lock);
		sync(w);
		if (p->count == 2 && !p->writeback) {
			__delete_from_swap_cache(w, p);
			p->dirty = 1;
			gone = 1;
		}
		spin_unlock_irqrestore(w, &s->tree_lock);
	}
	spin_unlock(w, &s->lock);
	if (gone) {
		swap_free(w, slot);
		put_page(w, p);
	}
	return gone;
}

void free_swap_cache(struct ctx *w, struct page *p)
{
	if (p->swapcache && trylock_page(w, p)) {
		remove_exclusive_swap_page(w, p);
		unlock_page(w, p);
	}
}

/* --- construction ----------------------------------------------------------------- */

static struct blk_config *device_of(struct machine *m, int64_t class)
{
	const struct machine_config *c = m->mc;
	struct blk_config *d = arena_alloc(m->arena, sizeof(*d));

	d->cpu = c->io_cpu < m->nr_cpus ? (int)c->io_cpu : 0;
	if (class == DEVICE_DISK) {
		d->access = c->disk_access;
		d->transfer = c->disk_transfer;
		d->depth = 1;
	} else if (class == DEVICE_SSD) {
		d->access = c->ssd_access;
		d->transfer = c->ssd_transfer;
		d->depth = c->ssd_depth;
	}
	return d;
}

void file_disk_start(struct machine *m)
{
	if (!m->kernel->file_queue)
		m->kernel->file_queue = blk_init_queue(m, device_of(m, m->mc->swap_device == DEVICE_SSD ?
								     DEVICE_SSD : DEVICE_DISK));
}

void swap_start(struct machine *m)
{
	struct swap_info *s = arena_alloc(m->arena, sizeof(*s));
	int64_t bytes = m->mc->swap_size ? m->mc->swap_size : 4 * m->memory;
	uint32_t pages = m->mc->swap_device == DEVICE_NONE ? 0 : (uint32_t)(bytes / PAGE_SIZE);

	m->kernel->swap = s;
	spin_lock_init(m, &s->lock, LOCK_SWAP);
	spin_lock_init(m, &s->tree_lock, LOCK_TREE);
	spin_lock_init(m, &s->mmlist_lock, LOCK_MMLIST);
	s->max = pages + 1;
	s->slot = arena_alloc(m->arena, sizeof(*s->slot) * (s->max + 1u));
	s->nr_free = pages;
	s->lowest = s->cluster_next = 1;
	s->highest = pages;
	if (pages)
		s->queue = blk_init_queue(m, device_of(m, m->mc->swap_device));
	file_disk_start(m);
	spin_lock_init(m, &m->kernel->token.lock, LOCK_SWAP);
	tw_start(&m->kernel->token.held, 0, 0);
}
