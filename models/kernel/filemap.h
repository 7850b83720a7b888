/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The page cache of one file (mm/filemap.c, 2.6.27), as far as mappings go.
 *
 * A look-up takes no lock (the lockless page cache is of 2.6.27): the reference
 * is taken speculatively.  Adding and removing take tree_lock.
 *
 * A page that was never written, or that a truncation threw away, is a hole:
 * it reads as zeroes without input.
 */
#ifndef MODELS_KERNEL_FILEMAP_H
#define MODELS_KERNEL_FILEMAP_H

#include "models/kernel/mm.h"

/* The page at @index, with a reference; NULL: none. */
struct page *find_get_page(struct ctx *w, struct address_space *a, uint64_t index);
/* The page at @index, locked and with a reference, brought in if it is missing;
 * NULL: behind the end of the file.  May sleep. */
struct page *filemap_fault(struct ctx *w, struct address_space *a, uint64_t index);
/* Page lock held; drops the cache's reference. */
void remove_from_page_cache(struct ctx *w, struct page *p);

#endif
