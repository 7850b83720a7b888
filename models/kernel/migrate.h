/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Moving pages to other page frames (mm/migrate.c, 2.6.27), as sys_move_pages
 * does for the pages of one process.
 *
 * mmap_sem is held for read throughout.  Pages are found and taken off the LRU,
 * then moved one by one: lock; every pte becomes a migration entry, with the
 * callouts of try_to_unmap_one but no ageing; if nobody else has a reference,
 * the contents go to the new page and every entry becomes a pte again, which
 * needs no flush and no callout.  A page that somebody pinned stays: its
 * entries become ptes again, and it is tried up to 10 times.
 *
 * A fault that meets a migration entry waits for the page lock.
 *
 * Left out: nodes, buffers, file systems with a migratepage of their own; a page
 * in the swap cache stays.
 */
#ifndef MODELS_KERNEL_MIGRATE_H
#define MODELS_KERNEL_MIGRATE_H

#include "models/kernel/mm.h"

struct page_list;

/* Isolate the page behind @va, if there is one that can move; mmap_sem held. */
void migrate_add(struct ctx *w, struct mm *mm, uint64_t va, struct page_list *list);
/* Move all of @list; how many stayed where they were.  Empties it. */
int migrate_pages(struct ctx *w, struct page_list *list);
/* A fault met the entry at @va: wait until its page is unlocked. */
void migration_entry_wait(struct ctx *w, struct mm *mm, uint64_t va, struct pgtable *t);

#endif
