/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Between gather.c and zap.c; the outside sees memory.h. */
#ifndef MODELS_KERNEL_GATHER_H
#define MODELS_KERNEL_GATHER_H

#include "models/kernel/memory.h"
#include "models/kernel/mmu_notifier.h"

/* Collect @p, which was mapped at @va (NULL: a page-table page); a full array is
 * flushed and freed here. */
void tlb_remove_page(struct ctx *w, struct mmu_gather *tlb, struct page *p, uint64_t va);
void tlb_flush_mmu(struct ctx *w, struct mmu_gather *tlb);

/* The points of a flush belong to whoever opened the gather; they speak of the
 * pages collected since the last one. */
static inline void mmu_notifier_block(struct ctx *w, struct mmu_gather *tlb, enum point_id point)
{
	if (site_table[tlb->site].order[point] >= 0 && tlb->first <= tlb->last)
		mmu_notifier(w, tlb->mm, tlb->site, point, tlb->first, tlb->last + 1);
}

#endif
