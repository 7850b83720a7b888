/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Swap (mm/swapfile.c, swap_state.c, page_io.c, thrash.c of 2.6.27): one
 * device, its slots, the swap cache, reading ahead, the swap token.
 *
 * swap_map counts who holds a slot: the swap cache, and every pte that names
 * it.  Slots are given out in runs of 256, so pages that are reclaimed together
 * lie together and come back together: a fault reads the aligned group of
 * 2^page_cluster slots around its own, and puts all of it on the active list.
 *
 * Locks: swap_lock (map, search), tree_lock of the swap cache (interrupts
 * off), mmlist_lock; order: swap_lock -> tree_lock.  A page enters and leaves
 * the swap cache under its page lock.
 * Invariants: slot.cache is set exactly while that page is in the swap cache;
 * a slot with map 0 has no page.
 *
 * Left out: several devices, priorities, swapoff, bad slots, hibernation.
 */
#ifndef MODELS_KERNEL_SWAP_H
#define MODELS_KERNEL_SWAP_H

#include "models/kernel/blk.h"
#include "models/kernel/mm.h"

#define SWAPFILE_CLUSTER 256
#define SWAP_MAP_MAX 0x7fff

struct swap_slot {
	uint16_t map;			/* references */
	struct page *cache;		/* the swap cache's page of this slot */
};

struct swap_info {
	struct spinlock lock;		/* swap_lock */
	struct spinlock tree_lock;	/* of swapper_space */
	struct spinlock mmlist_lock;
	struct swap_slot *slot;		/* slot 0 is the header */
	uint32_t max;			/* slots, the header included */
	int64_t nr_free;		/* nr_swap_pages */
	uint32_t cluster_next, cluster_nr, lowest, highest;
	int64_t nr_cache;		/* total_swapcache_pages */
	struct request_queue *queue;
};

struct swap_token {
	struct spinlock lock;
	struct mm *mm;
	uint64_t global_faults;
	struct time_weighted held;	/* 1 while somebody has it */
};

/* The device that the machine file names; memory is limited. */
void swap_start(struct machine *m);
/* The disk of files, if it is not there yet. */
void file_disk_start(struct machine *m);
static inline int swap_exists(const struct swap_info *s) { return s && s->max > 1; }

/* --- slots ------------------------------------------------------------------------ */
uint32_t get_swap_page(struct ctx *w);		/* a slot with map 1, or 0 */
int swap_duplicate(struct ctx *w, uint32_t slot);	/* 0: it is free meanwhile */
void swap_free(struct ctx *w, uint32_t slot);
/* A pte that names it goes away: and the cached page, if nobody else wants it. */
void free_swap_and_cache(struct ctx *w, uint32_t slot);
int vm_swap_full(const struct swap_info *s);	/* more than half is in use */

/* --- the swap cache; the page is locked ------------------------------------------ */
int add_to_swap(struct ctx *w, struct page *p);	/* 1: in the cache, dirty; 0: no slot */
void delete_from_swap_cache(struct ctx *w, struct page *p);
/* tree_lock held by the caller, and released: the cache's slot; swap_free() it. */
uint32_t __delete_from_swap_cache(struct ctx *w, struct page *p);
int can_share_swap_page(struct ctx *w, struct page *p);
/* Out of the cache if only the cache and the caller have it. */
int remove_exclusive_swap_page(struct ctx *w, struct page *p);
/* The same at the free of a mapping; trylock.  Any page. */
void free_swap_cache(struct ctx *w, struct page *p);
/* The page of a slot, with a reference, or NULL. */
struct page *lookup_swap_cache(struct ctx *w, uint32_t slot);
/* The page of a slot, with a reference, from the cache or being read (locked
 * until it is); NULL: the slot is free.  Both may sleep, and reclaim. */
struct page *read_swap_cache_async(struct ctx *w, uint32_t slot, struct vma *vma, uint64_t va);
struct page *swapin_readahead(struct ctx *w, uint32_t slot, struct vma *vma, uint64_t va);

/* --- I/O -------------------------------------------------------------------------- */
/* Locked, not dirty; returns unlocked, under writeback or done with.  May sleep. */
void swap_writepage(struct ctx *w, struct page *p);
/* Any page: its write has ended.  Interrupt context, mostly. */
void end_page_writeback(struct ctx *w, struct page *p);
void set_page_writeback(struct ctx *w, struct page *p);

/* --- the token -------------------------------------------------------------------- */
void grab_swap_token(struct ctx *w);
void put_swap_token(struct ctx *w, struct mm *mm);	/* mm exits */
void disable_swap_token(struct ctx *w);			/* reclaim is desperate */
int has_swap_token(const struct machine *m, const struct mm *mm);

#endif
