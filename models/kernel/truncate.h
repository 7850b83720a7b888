/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Truncating a file that is mapped (mm/memory.c unmap_mapping_range,
 * mm/truncate.c, 2.6.27).
 *
 * i_mmap_lock is held over the walk of the VMAs, preemption off over each zap;
 * mmap_sem is never taken.  When a zap block is used up and somebody wants the
 * CPU or the lock, the section is closed, the lock dropped, and the whole walk
 * starts again: VMAs that are done are skipped by their truncate_count, the one
 * that is not goes on where it stopped.  So one VMA may see many sections.
 *
 * Order: new size; unmap; out of the page cache, in bunches of 14, unmapping
 * one by one what was faulted in meanwhile; unmap again.
 *
 * Left out: i_mutex (one truncation of a file at a time), partial pages,
 * buffers, nonlinear VMAs, wrap of truncate_count.
 */
#ifndef MODELS_KERNEL_TRUNCATE_H
#define MODELS_KERNEL_TRUNCATE_H

#include "models/kernel/mm.h"

/* Pages from @first to the end of the file leave all address spaces; private
 * copies too if @even_cows. */
void unmap_mapping_range(struct ctx *w, struct address_space *a, uint64_t first, uint64_t n,
			 int even_cows);
/* The file ends at @pages; may sleep on page locks and writeback. */
void vmtruncate(struct ctx *w, struct address_space *a, uint64_t pages);

#endif
