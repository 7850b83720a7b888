/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * PG_locked and PG_writeback, and waiting for them (mm/filemap.c of 2.6.27).
 *
 * A bit that sleeps: trylock is one atomic, __lock_page queues exclusively
 * and tries again when woken, so an unlock wakes one waiter and hands nothing
 * over; whoever comes first gets it.  The holder may be a task or, while a
 * read is under way, the device (lock_owner is NULL then): the completion
 * interrupt unlocks.  Waiting for a bit without wanting it (migration,
 * writeback) is not exclusive: one wake-up for all.
 *
 * Left out: the spinlock of the hashed wait queues and their collisions.
 */
#ifndef MODELS_KERNEL_PAGE_LOCK_H
#define MODELS_KERNEL_PAGE_LOCK_H

#include "models/kernel/page.h"

int trylock_page(struct ctx *w, struct page *p);	/* 1: got it */
void lock_page(struct ctx *w, struct page *p);		/* may sleep */
void unlock_page(struct ctx *w, struct page *p);	/* any context */
/* From now on the device holds the lock that @w has: a read was queued. */
void page_lock_to_device(struct ctx *w, struct page *p);
/* Sleep until the bit is seen clear; the caller has a reference. */
void wait_on_page_locked(struct ctx *w, struct page *p);
void wait_on_page_writeback(struct ctx *w, struct page *p);
/* Writeback was cleared (end_page_writeback): wake who waits for it. */
void wake_up_writeback(struct ctx *w, struct page *p);

#endif
