/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Pages: reference and map counts, per-CPU free lists, the LRU's lock.
 *
 * Follows 2.6.27 mm/page_alloc.c (buffered_rmqueue, free_hot_cold_page: LIFO
 * per-CPU lists, batches of 31 from and to the zone under zone->lock) and
 * mm/swap.c (pagevecs of 14 that hold a reference until drained on their CPU;
 * release_pages: the LRU lock is taken once for a run of pages that go).
 *
 * Left out: page colouring, nodes, pages above order 0, cold pages apart from hot
 * ones.
 *
 * Invariant I1 is judged in free_page(), where the reference count is 0.
 */
#ifndef MODELS_KERNEL_PAGE_H
#define MODELS_KERNEL_PAGE_H

#include "models/hw/cpu.h"

struct address_space;
struct anon_vma;

#define PAGEVEC_SIZE 14
#define PTRS_PER_TABLE 512	/* pages that one page table maps */

struct page_waiter;
struct tlb;
struct spte;

/* One unmapping operation: its pages are followed until they are free. */
struct unmap_op {
	sim_time start, last_free;
	int64_t cleared, freed;
	int open;			/* between its points before and after */
	int closed_clear;		/* no further pte will be cleared */
	int more;			/* another VMA of the same operation follows */
	struct ctx *w;
};

struct page {
	uint32_t id;
	int32_t count, mapcount;
	int32_t pins;			/* references held by sptes */
	uint32_t generation;		/* incremented at each free */
	uint32_t generation_mapped;	/* generation in which @va was mapped */
	uint8_t free, held;		/* held: unmapped, only pins are left */
	/* page->flags */
	uint8_t lru, active, referenced, dirty, writeback, reclaim, uptodate, swapcache;
	uint8_t wasted;			/* reclaim has tried in vain since it was mapped last */
	uint8_t many_va;		/* since it was allocated, mapped at others than @va too */
	/* page->mapping: at most one of them */
	struct anon_vma *anon_vma;	/* PageAnon */
	struct address_space *mapping;	/* a file */
	uint64_t index;			/* page offset in its anon_vma or file */
	uint32_t swap;			/* page_private of a swap-cache page: its slot */
	struct page *lru_next, *lru_prev;
	/* PG_locked: who holds it, who waits (page_lock.h) */
	uint8_t locked;
	struct ctx *lock_owner;		/* NULL: nobody, or the device */
	sim_time locked_at;
	struct page_waiter *waiters;
	uint32_t clears;		/* ptes of it cleared so far: any since its birth? */
	sim_time cleared_at;		/* last pte clear */
	int cleared_cpu;
	uint64_t va;			/* virtual page it was mapped at last */
	uint64_t primary_cpus;		/* CPUs whose TLB may hold it: superset */
	uint64_t vcpus;			/* vcpus whose TLB may hold it: superset */
	uint64_t grus;			/* GRU chiplets whose TLB may hold it: superset */
	struct spte *sptes;		/* translations of secondary MMUs */
	int had_spte;			/* since it was allocated */
	sim_time zapped_at;		/* last translation dropped, if it had one */
	int zapped_cpu;
	struct unmap_op *op;
	struct page *next;		/* free list */
};

/* A page with count 1; may sleep and reclaim (vmscan.h).  Never NULL: the run ends
 * with "oom" if nothing can be reclaimed, in error where memory is not limited. */
struct page *alloc_page(struct ctx *w);
static inline void get_page(struct page *p) { p->count++; }
/* Drop one reference; the last one frees.  sync()s: others see the count. */
void put_page(struct ctx *w, struct page *p);
/* A reference that the caller has is an spte's from now on; put_pin drops it. */
void pin_page(struct machine *m, struct page *p);
/* The same for a reference that an spte held. */
void put_pin(struct ctx *w, struct page *p);
/* The count is 0 and the page on no list: to this CPU's free list. */
void free_hot_cold_page(struct ctx *w, struct page *p);
/* Bookkeeping at a pte clear: who, when, for which operation. */
void page_unmapped(struct ctx *w, struct page *p, struct unmap_op *op);
/* The last pte of a VMA is cleared, and of the operation unless @op->more: if
 * all pages are free already, say so. */
void unmap_op_closed(struct ctx *w, struct unmap_op *op);
/* Does @t translate any address to @p?  The oracle's probe. */
int page_in_tlb(struct tlb *t, const struct page *p);
/* The count changed: is it held by pins alone now? */
void page_check_held(struct machine *m, struct page *p);

#endif
