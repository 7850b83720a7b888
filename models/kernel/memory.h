/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * mm/memory.c of 2.6.27: mmu_gather, unmap_vmas, page tables, the anonymous
 * fault, get_user_pages.  Steps and points in the order of the source.
 *
 * mmu_gather is per CPU and holds preemption off from tlb_gather_mmu to
 * tlb_finish_mmu; FREE_PTE_NR pages (506), then one flush_tlb_mm and the
 * frees.  A machine with one CPU runs in fast mode: each page is freed at
 * once, before the flush (the flush is the CPU's own).
 */
#ifndef MODELS_KERNEL_MEMORY_H
#define MODELS_KERNEL_MEMORY_H

#include "models/kernel/mm.h"

struct mmu_gather {
	struct mm *mm;
	int nr;				/* pages collected */
	int need_flush;
	int fast;			/* one CPU: free at once */
	enum site_id site;		/* whose points the flushes fire */
	uint64_t start, end;		/* range of the operation */
	uint64_t first, last;		/* pages collected since the last flush; first > last: none */
	struct page **pages;		/* NULL entry: a page-table page */
};

struct mmu_gather *tlb_gather_mmu(struct ctx *w, struct mm *mm, enum site_id site,
				  uint64_t start, uint64_t end);
void tlb_finish_mmu(struct ctx *w, struct mmu_gather *tlb);

/*
 * Zap [start, end) in the VMAs from @vma on, firing the points of @site; may
 * end and reopen the gather (*tlb).  Interrupts on; the caller holds mmap_sem.
 */
void unmap_vmas(struct ctx *w, struct mmu_gather **tlb, struct vma *vma,
		uint64_t start, uint64_t end, enum site_id site, struct unmap_op *op);
/* madvise's and truncate's caller of unmap_vmas. */
void zap_page_range(struct ctx *w, struct vma *vma, uint64_t start, uint64_t end,
		    struct unmap_op *op);
/* Unlink VMAs from their anon_vma and collect page-table pages that only they used. */
void free_pgtables(struct ctx *w, struct mmu_gather *tlb, struct vma *vma,
		   uint64_t floor, uint64_t ceiling);

/* One fault of @page in @vma; mmap_sem held for read, may sleep.  Whether the
 * pte is there afterwards, and for a @write writable, is for the caller to see. */
void handle_mm_fault(struct ctx *w, struct mm *mm, struct vma *vma, uint64_t page, int write);
/* A user access that found no pte, or one that forbids it: exception, mmap_sem,
 * fault, return. */
void do_page_fault(struct ctx *w, uint64_t page, int write);

/*
 * get_user_pages(write=1, force=1) of one page: a page with a reference for
 * the caller, or NULL where nothing is mapped.  @clear_seq: the pte's count
 * of clears at the moment the reference was taken.
 * slow: the caller holds mmap_sem for read.  fast: interrupts off around a
 * lockless walk; falls back to slow with mmap_sem.
 */
struct page *get_user_pages(struct ctx *w, struct mm *mm, uint64_t page, uint32_t *clear_seq);
struct page *get_user_pages_fast(struct ctx *w, struct mm *mm, uint64_t page, uint32_t *clear_seq);

#endif
