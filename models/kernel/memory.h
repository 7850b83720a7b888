/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * mm/memory.c of 2.6.27: mmu_gather, unmap_vmas, page tables, faults,
 * get_user_pages.  Steps and points in the order of the source.
 *
 * kernel.gather.kind percpu: mmu_gather is per CPU and holds preemption off from tlb_gather_mmu to
 * tlb_finish_mmu; FREE_PTE_NR pages (506), then one flush_tlb_mm and the
 * frees.  A machine with one CPU runs in fast mode: each page is freed at
 * once, before the flush (the flush is the CPU's own).
 *
 * onstack (today): preemptible; gather.batch pages or the end of the operation,
 * then one flush of the range that was cleared.  Who finishes while another
 * gathers in the same mm flushes all of it: the other may have cleared what this
 * one found empty.
 */
#ifndef MODELS_KERNEL_MEMORY_H
#define MODELS_KERNEL_MEMORY_H

#include "models/kernel/mm.h"

#define GATHER_DELAYED 516	/* slots on the stack and in one page */

struct mmu_gather {
	struct mm *mm;
	int nr;				/* pages collected */
	int need_flush;
	int fast;			/* one CPU: free at once */
	int on_stack, full, freed_tables;
	int n_batches;			/* pages of slots beyond those on the stack */
	enum site_id site;		/* whose points the flushes fire */
	uint64_t start, end;		/* range of the operation */
	uint64_t first, last;		/* pages collected since the last flush; first > last: none */
	uint64_t flush_start, flush_end;	/* the same with page tables, end exclusive */
	struct page **pages;		/* NULL entry: a page-table page */
	struct page *delayed[GATHER_DELAYED];	/* dirty file pages: rmap goes after the flush */
	int n_delayed;
	struct mmu_gather *next;	/* pool */
};

/* Who zaps for a file (truncate.c): what is spared, and the lock that others may
 * want.  A zap with such a lock ends early rather than sleep. */
struct zap_details {
	const struct address_space *check_mapping;	/* NULL: private copies go too */
	struct spinlock *i_mmap_lock;
	int truncate_count;
};

struct mmu_gather *tlb_gather_mmu(struct ctx *w, struct mm *mm, enum site_id site,
				  uint64_t start, uint64_t end);
void tlb_finish_mmu(struct ctx *w, struct mmu_gather *tlb);

/*
 * Zap [start, end) in the VMAs from @vma on, firing the points of @site; may
 * end and reopen the gather (*tlb).  Interrupts on; the caller holds mmap_sem, or
 * the lock of @d: the zap may then end before @end, with *tlb NULL.  Returns where
 * it ended.  @op, @d: may be NULL.
 */
uint64_t unmap_vmas(struct ctx *w, struct mmu_gather **tlb, struct vma *vma,
		    uint64_t start, uint64_t end, enum site_id site, struct unmap_op *op,
		    const struct zap_details *d);
/* madvise's and truncate's caller of unmap_vmas. */
uint64_t zap_page_range(struct ctx *w, struct vma *vma, uint64_t start, uint64_t end,
			struct unmap_op *op, const struct zap_details *d);
/* Does somebody want the CPU, or (with PREEMPT) the lock of @d? */
int zap_need_break(struct ctx *w, const struct zap_details *d);
/* Unlink VMAs from their anon_vma and collect page-table pages that only they used. */
void free_pgtables(struct ctx *w, struct mmu_gather *tlb, struct vma *vma,
		   uint64_t floor, uint64_t ceiling);

/* What a fault did: bits.  WRITE: copy on write is broken, though the pte of a
 * read-only VMA may stay read-only.  SIGBUS: behind the end of the file. */
enum { VM_FAULT_WRITE = 1, VM_FAULT_SIGBUS = 2 };

/* Make @page of @vma present, and writable if @write; one try, the caller looks
 * again.  mmap_sem held for read; may sleep. */
int handle_mm_fault(struct ctx *w, struct mm *mm, struct vma *vma, uint64_t page, int write);
/* A user access that found no pte that allows it: exception, mmap_sem, fault, return. */
void do_page_fault(struct ctx *w, uint64_t page, int write);
/* The kinds of fault; @t holds the pte, mmap_sem is held for read. */
int do_linear_fault(struct ctx *w, struct mm *mm, struct vma *vma, uint64_t page, int write,
		    struct pgtable *t);
/* The pte was @entry, a swap slot, when it was read without its lock. */
int do_swap_page(struct ctx *w, struct mm *mm, struct vma *vma, uint64_t page, int write,
		 struct pgtable *t, const struct pte *entry);
/* Enters with the page-table lock held and drops it. */
int do_wp_page(struct ctx *w, struct mm *mm, struct vma *vma, uint64_t page, struct pgtable *t);
struct pgtable *pte_alloc(struct ctx *w, struct mm *mm, uint64_t page);
/* Clear or copy a page: @cost; a fault's partition has a class for it. */
void page_work(struct ctx *w, enum cost_id cost);

/* What get_user_pages saw in the pte when it took the reference. */
struct pte_seen {
	uint32_t clear_seq;
	uint16_t protect_seq;
	uint8_t write;			/* the pte allows writing */
};

/*
 * get_user_pages(force=1) of one page, for writing if @write: a page with a
 * reference for the caller, or NULL where nothing is mapped.
 * slow: the caller holds mmap_sem for read.  fast: interrupts off around a
 * lockless walk; falls back to slow with mmap_sem.
 */
struct page *get_user_pages(struct ctx *w, struct mm *mm, uint64_t page, int write,
			    struct pte_seen *seen);
struct page *get_user_pages_fast(struct ctx *w, struct mm *mm, uint64_t page, int write,
				 struct pte_seen *seen);

#endif
