/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Between gather.c, zap.c and zap_onstack.c; the outside sees memory.h. */
#ifndef MODELS_KERNEL_GATHER_H
#define MODELS_KERNEL_GATHER_H

#include "models/kernel/memory.h"
#include "models/kernel/mmu_notifier.h"

/* Collect @p, which was mapped at @va (NULL: the page-table page of @va).  A full
 * array is flushed and freed here in 2.6.27; today the caller sees tlb->full. */
void tlb_remove_page(struct ctx *w, struct mmu_gather *tlb, struct page *p, uint64_t va);
/* Nothing to collect, but @va is to be flushed. */
void tlb_remove_tlb_entry(struct mmu_gather *tlb, uint64_t va);
void tlb_flush_mmu_tlbonly(struct ctx *w, struct mmu_gather *tlb);
void tlb_flush_mmu(struct ctx *w, struct mmu_gather *tlb);
/* Today: is the rmap of @p, mapped by a pte that was @dirty, removed only after
 * the flush?  It is then, by the gather. */
int tlb_delay_rmap(struct mmu_gather *tlb, const struct page *p, int dirty);

/* zap.c: one pte, ptl held; cleared unless @d (may be NULL) spares it */
void zap_one(struct ctx *w, struct mmu_gather *tlb, struct pte *pte, uint64_t va,
	     struct unmap_op *op, const struct zap_details *d);
/* zap_onstack.c: [start, end) of one VMA, as of 6.18 */
void unmap_page_range_onstack(struct ctx *w, struct mmu_gather *tlb, uint64_t start,
			      uint64_t end, struct unmap_op *op, const struct zap_details *d);

/* The points of a flush belong to whoever opened the gather; they speak of the
 * pages collected since the last one. */
static inline void mmu_notifier_block(struct ctx *w, struct mmu_gather *tlb, enum point_id point)
{
	if (site_table[tlb->site].order[point] >= 0 && tlb->first <= tlb->last)
		mmu_notifier(w, tlb->mm, tlb->site, point, tlb->first, tlb->last + 1);
}

#endif
