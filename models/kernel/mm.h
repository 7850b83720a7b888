/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Address spaces: mm_struct, VMAs, page tables of one level with a lock each.
 *
 * Addresses are virtual page numbers throughout.  A page table page maps
 * PTRS_PER_TABLE pages and carries the split page-table lock (ptl); without
 * split locks every table uses mm->page_table_lock (2.6.27: SPLIT_PTLOCK_CPUS
 * 4).  VMAs are anonymous.  Who may touch what: VMA list: mmap_sem; ptes: ptl;
 * tables come and go under mmap_sem write and page_table_lock.
 *
 * Left out: upper levels of the page table, files, swap entries, huge pages.
 */
#ifndef MODELS_KERNEL_MM_H
#define MODELS_KERNEL_MM_H

#include "models/kernel/page.h"
#include "models/kernel/rwsem.h"
#include "models/kernel/spinlock.h"

struct pte {
	struct page *page;		/* NULL: none */
};

struct pgtable {
	struct spinlock lock;
	struct pte pte[PTRS_PER_TABLE];
	uint32_t id;
};

struct anon_vma { struct spinlock lock; };

struct vma {
	uint64_t start, end;		/* virtual pages, end exclusive */
	struct anon_vma *anon_vma;	/* NULL until the first fault */
	struct vma *next;
};

struct registrant;

struct mm {
	struct machine *m;
	const char *name;
	struct rwsem mmap_sem;
	struct spinlock page_table_lock;
	struct line mask_line;		/* cpu_vm_mask */
	struct line notifier_line;	/* mmu_notifier_mm pointer, read-mostly */
	uint64_t cpu_vm_mask;
	struct vma *vma;		/* sorted */
	uint64_t base;			/* first page of the arena of tables */
	uint32_t nr_tables;
	struct pgtable **table;
	struct registrant *registrant;	/* notifier list */
};

void mm_init(struct machine *m, struct mm *mm, const char *name, uint64_t base,
	     uint64_t pages);
/* First VMA whose end is above @page; charges nothing. */
struct vma *vma_of_or_next(struct mm *mm, uint64_t page);
/* The VMA that holds @page, or NULL. */
struct vma *vma_of(struct mm *mm, uint64_t page);
/* find_vma with its cost; the caller holds mmap_sem. */
struct vma *find_vma(struct ctx *w, struct mm *mm, uint64_t page);
/* Put [start, end) on the list, merged with neighbours that allow it. */
struct vma *vma_insert(struct mm *mm, uint64_t start, uint64_t end, struct anon_vma *av);
struct anon_vma *anon_vma_new(struct machine *m);

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

#endif
