/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Page reclaim (mm/vmscan.c, mm/page_alloc.c, mm/rmap.c of 2.6.27).
 *
 * An allocation below the low watermark wakes kswapd; below the minimum the
 * allocating task reclaims by itself.  Both take pages from the tail of the
 * inactive list, refill it from the active one in proportion, and turn to
 * mapped pages only once they are most of memory or reclaim is in distress
 * (reclaim_mapped).  An anonymous page is freed in two passes: the first
 * unmaps it and queues its write, the second finds it clean.
 *
 * Locks: page lock around each page's fate; anon_vma or i_mmap_lock and ptl
 * inside the walks; lru_lock for the lists; tree_lock for the last test, that
 * nobody but the cache and the reclaimer has the page.
 *
 * Left out: several zones and nodes, order above 0, memory control groups,
 * lumpy reclaim, zone_reclaim, pdflush (a file's pages are written by whoever
 * reclaims them, or by op and thread), buffer heads.
 */
#ifndef MODELS_KERNEL_VMSCAN_H
#define MODELS_KERNEL_VMSCAN_H

#include "models/kernel/kernel.h"

#define SWAP_CLUSTER_MAX 32
#define DEF_PRIORITY 12
#define SHRINK_BATCH 128

enum { WAIT_PRIORITY, WAIT_ALLOCATION };	/* labels of reclaim.wait */

struct scan_control {
	int64_t nr_scanned;
	int may_writepage;
	int all_unreclaimable;
};

enum { SWAP_SUCCESS, SWAP_AGAIN, SWAP_FAIL };

/* --- rmap_walk.c ------------------------------------------------------------------- */
/* How often @p was found referenced: its flag, its ptes, what secondaries say.
 * @is_locked: the caller has the page lock.  May spin for flushes. */
int page_referenced(struct ctx *w, struct page *p, int is_locked);
/* Take @p out of all ptes; page lock held.  @migration: leave migration entries,
 * whether it is young or not. */
int try_to_unmap(struct ctx *w, struct page *p, int migration);

/* --- vmscan.c ---------------------------------------------------------------------- */
/* Pages freed.  May sleep. */
int64_t shrink_zone(struct ctx *w, struct scan_control *sc, int priority);
/* Direct reclaim; pages freed, 0: no progress worth another try. */
int64_t try_to_free_pages(struct ctx *w);
/* One page of the inactive list's catch: what became of it.  For tests. */
int64_t shrink_page_list(struct ctx *w, struct page_list *list, struct scan_control *sc);

/* --- slab shrinkers ---------------------------------------------------------------- */
struct shrinker {
	/* Free up to @nr of its objects; how many it has left.  @nr 0: just count. */
	int64_t (*shrink)(struct ctx *w, void *arg, int64_t nr);
	void *arg;
	int64_t seeks;			/* cost of getting an object back */
	int64_t nr;			/* to scan, carried over */
	struct shrinker *next;
};
void register_shrinker(struct machine *m, struct shrinker *s);
/* Objects freed. */
int64_t shrink_slab(struct ctx *w, int64_t scanned, int64_t lru_pages);

/* --- page_alloc.c, kswapd.c -------------------------------------------------------- */
/* Watermarks and batches from the size of memory, as init_per_zone_pages_min(). */
void setup_zone(struct machine *m, int64_t pages);
void wakeup_kswapd(struct ctx *w);
/* The thread of the one node, where memory is limited. */
void kswapd_start(struct machine *m);

#endif
