/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Address spaces: mm_struct, VMAs, page tables of one level with a lock each.
 *
 * Addresses are virtual page numbers throughout.  A page table page maps
 * PTRS_PER_TABLE pages and carries the split page-table lock (ptl); without
 * split locks every table uses mm->page_table_lock (2.6.27: SPLIT_PTLOCK_CPUS
 * 4).  Who may touch what: VMA list: mmap_sem; ptes: ptl; tables come and go
 * under mmap_sem write and page_table_lock; the VMA lists of the reverse maps
 * under the lock of their anon_vma or mapping (rmap.h).
 *
 * Invariant: pte->page is not NULL exactly while kind is PTE_PRESENT.
 *
 * Left out: upper levels of the page table, huge pages, nonlinear mappings.
 */
#ifndef MODELS_KERNEL_MM_H
#define MODELS_KERNEL_MM_H

#include "models/kernel/page.h"
#include "models/kernel/rwsem.h"
#include "models/kernel/spinlock.h"

enum pte_kind { PTE_NONE, PTE_PRESENT, PTE_SWAP, PTE_MIGRATION };

struct pte {
	struct page *page;		/* present: what it maps; else NULL */
	uint32_t swap;			/* PTE_SWAP: slot; PTE_MIGRATION: page id */
	uint8_t kind, write, young, dirty;
	uint16_t swaps;			/* times its page went out: names the I/O, no more */
	/* the oracle's: how often it was cleared (I2), published as read-only (I7);
	 * sites that cleared it and have not announced it yet */
	uint32_t clear_seq;
	uint16_t protect_seq, unsettled;
};

struct pgtable {
	struct pgtable *next_unused;
	struct spinlock lock;
	struct pte pte[PTRS_PER_TABLE];
	uint32_t id;
};

/* A list of VMAs in the order in which they were added. */
struct vma_list { struct vma *head, *tail; };

struct anon_vma {
	struct spinlock lock;
	uint8_t all_locks;		/* LSB of head.next: mm_take_all_locks has it */
	struct vma_list vmas;		/* all that may map its pages, whether they do or not */
};

/* A file's pages (struct address_space), by page offset. */
struct address_space {
	const char *name;
	struct spinlock i_mmap_lock;
	uint8_t all_locks;		/* AS_MM_ALL_LOCKS */
	struct vma_list i_mmap;
	struct spinlock tree_lock;	/* page[], dirty and writeback tags */
	struct page **page;		/* NULL: not in the page cache */
	uint64_t nr_pages;		/* length of the file */
	uint64_t nrpages;		/* pages in the page cache */
	int truncate_count;
	uint64_t disk_start;		/* place of the file on its disk, in pages */
	uint8_t *on_disk;		/* by page: reclaim dropped it; NULL: none */
};

enum { VM_READ = 1, VM_WRITE = 2, VM_SHARED = 4, VM_LOCKED = 8 };

struct vma {
	uint64_t start, end;		/* virtual pages, end exclusive */
	struct mm *mm;
	uint32_t flags;
	uint64_t pgoff;			/* page offset of @start in its object */
	struct anon_vma *anon_vma;	/* NULL until the first fault */
	struct address_space *mapping;	/* NULL: anonymous memory */
	struct vma *next;
	struct vma *anon_next, *anon_prev;	/* on anon_vma->vmas */
	struct vma *imm_next, *imm_prev;	/* on mapping->i_mmap */
	/* vm_truncate_count: of the truncation that is through with this VMA; where
	 * the one in progress stopped (0: nowhere) */
	int truncate_count;
	uint64_t restart;
};

struct mmu_notifier_mm;

struct mm {
	struct machine *m;
	const char *name;
	struct rwsem mmap_sem;
	struct spinlock page_table_lock;
	struct line mask_line;		/* cpu_vm_mask */
	struct line notifier_line;	/* mmu_notifier_mm pointer, read-mostly */
	uint64_t cpu_vm_mask;
	struct line gen_line;		/* context.tlb_gen */
	uint64_t ctx_id, tlb_gen;	/* kernel.flush.lazy skip: never 0 */
	sim_time next_trim;		/* next_trim_cpumask */
	struct line batch_line;		/* tlb_flush_batched */
	uint64_t batch_pending, batch_flushed;
	int tlb_flush_pending;		/* on-stack gathers open; in the same line */
	struct vma *vma;		/* sorted */
	uint64_t base;			/* first page of the arena of tables */
	uint32_t nr_tables;
	struct pgtable **table;
	struct mm *next_unused;
	int on_mmlist;			/* has had swap entries */
	uint64_t faultstamp;		/* swap token: global faults at its last one */
	int64_t last_interval;
	int token_priority;
	struct mmu_notifier_mm *mmu_notifier_mm;	/* NULL: nobody has registered yet */
	int mm_users, mm_count;		/* threads; the users together, and registrants */
	sim_time last_mmput;		/* when mm_users became 0 */
};

void mm_init(struct machine *m, struct mm *mm, const char *name, uint64_t base,
	     uint64_t pages);
/* First VMA whose end is above @page; charges nothing. */
struct vma *vma_of_or_next(struct mm *mm, uint64_t page);
/* The VMA that holds @page, or NULL. */
struct vma *vma_of(struct mm *mm, uint64_t page);
/* find_vma with its cost; the caller holds mmap_sem. */
struct vma *find_vma(struct ctx *w, struct mm *mm, uint64_t page);
/* Put anonymous [start, end) on the list, merged with neighbours that allow it. */
struct vma *vma_insert(struct mm *mm, uint64_t start, uint64_t end, struct anon_vma *av);
/* The same with a mapping: [start, end) maps @mapping from page @pgoff on. */
struct vma *vma_insert_file(struct mm *mm, uint64_t start, uint64_t end, uint32_t flags,
			    struct address_space *mapping, uint64_t pgoff);
/* Cut @v at @at, without locks and costs; the upper part, which shares its
 * anon_vma and mapping and stands on their lists. */
struct vma *vma_cut(struct vma *v, uint64_t at);
struct anon_vma *anon_vma_new(struct machine *m);
struct address_space *address_space_new(struct machine *m, const char *name, uint64_t pages);

static inline struct pgtable **table_slot(struct mm *mm, uint64_t page)
{
	return &mm->table[(page - mm->base) / PTRS_PER_TABLE];
}

/* The pte of @page, or NULL where no table is; no lock, no cost. */
static inline struct pte *pte_lookup(struct mm *mm, uint64_t page)
{
	struct pgtable *t = *table_slot(mm, page);

	return t ? &t->pte[page % PTRS_PER_TABLE] : NULL;
}

/* The lock of a table: its own, or the mm's. */
static inline struct spinlock *pte_lockptr(struct mm *mm, struct pgtable *t)
{
	return mm->m->kc->split_ptlocks ? &t->lock : &mm->page_table_lock;
}

struct pgtable *pgtable_new(struct machine *m);
/* It is empty, and nobody can find it any more. */
void pgtable_free(struct machine *m, struct pgtable *t);

#endif
