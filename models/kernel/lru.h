/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The LRU of 2.6.27 (mm/swap.c, include/linux/mm_inline.h): one active and one
 * inactive list per zone, newest at the head; the split into anonymous and
 * file lists came a version later.
 *
 * New pages wait in pagevecs of their CPU, 14 entries, each with a reference,
 * until the pagevec is full or somebody drains that CPU.  Pages whose write
 * ended wait in a third one, with a reference too, to be moved to the tail.
 *
 * Locks: the lists and lru, active under lru_lock (interrupts off); a pagevec
 * belongs to its CPU (preemption off; the rotating one interrupts off).
 * Invariant: a page is on a list if and only if its lru flag is set.
 */
#ifndef MODELS_KERNEL_LRU_H
#define MODELS_KERNEL_LRU_H

#include "models/kernel/page.h"

enum lru_list { LRU_INACTIVE, LRU_ACTIVE, NR_LRU_LISTS };

struct page_list {
	struct page *head, *tail;	/* by lru_next from the head, lru_prev from the tail */
	int64_t nr;
};

void list_add_head(struct page_list *l, struct page *p);
void list_add_tail(struct page_list *l, struct page *p);
void list_del(struct page_list *l, struct page *p);

struct pagevec { struct page *page[PAGEVEC_SIZE]; int nr; };

/* The page's list in the zone, by its active flag; lru_lock held, or boot. */
void lru_add_page(struct kernel *k, struct page *p, int tail);
void lru_del_page(struct kernel *k, struct page *p);

/* To the active or the inactive list by this CPU's pagevec, with a reference. */
void lru_cache_add_active(struct ctx *w, struct page *p);
void lru_cache_add(struct ctx *w, struct page *p);
/* Drain this CPU's pagevecs. */
void lru_add_drain(struct ctx *w);
/* Its write has ended: towards the tail of the inactive list.  Interrupt context. */
void rotate_reclaimable_page(struct ctx *w, struct page *p);
/* Inactive and on a list: to the active one. */
void activate_page(struct ctx *w, struct page *p);
/* Twice accessed is active: sets referenced, or activates. */
void mark_page_accessed(struct ctx *w, struct page *p);
/* Drop one reference of each; those that go leave the LRU in one hold of its lock. */
void release_pages(struct ctx *w, struct page **p, int n);
/* __pagevec_release: drain, release, empty it.  Not for an empty one. */
void pagevec_release(struct ctx *w, struct pagevec *v);

#endif
