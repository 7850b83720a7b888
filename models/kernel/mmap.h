/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * System calls on address ranges (mm/mmap.c, mm/madvise.c, 2.6.27): munmap,
 * madvise(MADV_DONTNEED), anonymous mmap.  Called by user threads; all may
 * sleep on mmap_sem.  Ranges in virtual pages.
 */
#ifndef MODELS_KERNEL_MMAP_H
#define MODELS_KERNEL_MMAP_H

#include "models/kernel/memory.h"

/* mmap_sem write; split, detach, unmap, free tables; @op is followed until
 * all its pages are free. */
void sys_munmap(struct ctx *w, uint64_t start, uint64_t end, struct unmap_op *op);
/* mmap_sem read; the VMAs stay. */
void sys_madvise_dontneed(struct ctx *w, uint64_t start, uint64_t end, struct unmap_op *op);
/* mmap_sem write; an anonymous VMA, merged with its neighbours. */
void sys_mmap(struct ctx *w, uint64_t start, uint64_t end);

#endif
