/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The page cache of one file (mm/filemap.c, 2.6.27), as far as mappings go.
 *
 * A look-up takes no lock (the lockless page cache is of 2.6.27): the reference
 * is taken speculatively.  Adding and removing take tree_lock.
 *
 * A page that was never written, or that a truncation threw away, is a hole:
 * it reads as zeroes without input.  One that reclaim dropped is read from disk.
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
/* Reclaim's: tree_lock held, nobody has a reference; what it held can be read again. */
void __remove_from_page_cache(struct ctx *w, struct page *p);

/* --- file_io.c: memory is limited --- */
/* Locked, not dirty; returns unlocked, under writeback.  May sleep. */
void file_writepage(struct ctx *w, struct page *p);
/* Locked, not uptodate: the device has the lock from now on. */
void file_readpage(struct ctx *w, struct page *p);
int file_on_disk(const struct address_space *a, uint64_t index);

#endif
