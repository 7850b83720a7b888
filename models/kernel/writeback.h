/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Dirty pages of files (mm/page-writeback.c, mm/rmap.c, 2.6.27).
 *
 * A clean page of a shared, writable mapping is mapped read-only, so that the
 * first write after a cleaning faults and the page is known to be dirty
 * (mapping_cap_account_dirty).  clear_page_dirty_for_io finds every pte that
 * maps the page and makes it read-only and clean again: page_mkclean.
 *
 * Left out: throttling of dirtiers, pdflush's choice of files, nonlinear VMAs.
 */
#ifndef MODELS_KERNEL_WRITEBACK_H
#define MODELS_KERNEL_WRITEBACK_H

#include "models/kernel/mm.h"

/* The page will differ from what is on disk; tags it in its file.  No sleep. */
void set_page_dirty(struct ctx *w, struct page *p);
/* Page lock held: was it dirty?  It is not any more, and no pte can make it so
 * without a fault. */
int clear_page_dirty_for_io(struct ctx *w, struct page *p);
/*
 * write_cache_pages without waiting for what is under writeback: up to @n dirty
 * pages of the file from *@next on, in bunches of 14.  Advances and wraps *@next;
 * how many were written.  May sleep on page locks and for the device.
 */
int64_t write_cache_pages(struct ctx *w, struct address_space *a, uint64_t *next, int64_t n);
/* Page lock held: ptes of shared mappings that were dirty or writable. */
int page_mkclean(struct ctx *w, struct page *p);

#endif
