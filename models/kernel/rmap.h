/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reverse maps of 2.6.27 (mm/rmap.c): from a page to the ptes that map it, by
 * the VMAs on its anon_vma's list or in its mapping's tree.
 *
 * A VMA stays on the list of its anon_vma whether or not it maps a page of it,
 * so a walk visits VMAs in vain.  The tree of a mapping holds the VMAs that
 * overlap the page's offset; it is a list here, in the order of linking, and
 * only the overlapping ones are paid for.
 *
 * Locks: anon_vma->lock or i_mmap_lock around a walk, ptl around each pte.
 * page_lock_anon_vma reads page->mapping under rcu_read_lock, since another CPU
 * may unmap the page and free the anon_vma meanwhile.
 *
 * Left out: nonlinear mappings, memory control groups, the reuse of freed anon_vmas.
 */
#ifndef MODELS_KERNEL_RMAP_H
#define MODELS_KERNEL_RMAP_H

#include "models/kernel/mm.h"

#define NO_ADDRESS UINT64_MAX

/* --- VMAs and their objects; the caller holds the object's lock, or it is boot --- */
void anon_vma_link(struct vma *v, struct anon_vma *a);
void i_mmap_link(struct vma *v, struct address_space *a);
/* Before the first page of @v: it needs an anon_vma.  mmap_sem held. */
void anon_vma_prepare(struct machine *m, struct vma *v);
void anon_vma_unlink(struct vma *v);
void i_mmap_unlink(struct vma *v);

/* --- pages and their objects ------------------------------------------------------ */
static inline int page_anon(const struct page *p) { return p->anon_vma != NULL; }
static inline int page_mapped(const struct page *p) { return p->mapcount > 0; }

/* A pte of @v at @va is about to map @p, ptl held: first mapping of a new
 * anonymous page; one more of an anonymous page; one more of a file's page. */
void page_add_new_anon_rmap(struct ctx *w, struct page *p, struct vma *v, uint64_t va);
void page_add_anon_rmap(struct ctx *w, struct page *p, struct vma *v, uint64_t va);
void page_add_file_rmap(struct ctx *w, struct page *p, struct vma *v, uint64_t va);
/* Start state: the pte of @va in @v maps @p; no time, no lock. */
void rmap_prefill(struct machine *m, struct page *p, struct vma *v, uint64_t va);
/* A pte that mapped @p is gone; ptl held. */
void page_remove_rmap(struct ctx *w, struct page *p);

/* --- walks ------------------------------------------------------------------------ */
/* Where @v maps @p, if it does: NO_ADDRESS if that is outside. */
uint64_t vma_address(const struct page *p, const struct vma *v);
/* The pte of @va if it maps @p, with its lock (*@ptl) held; NULL: it does not.
 * @sync: 0: an unlocked look first, the lock is taken only if it is present. */
struct pte *page_check_address(struct ctx *w, const struct page *p, struct mm *mm,
			       uint64_t va, int sync, struct spinlock **ptl);
/* The anon_vma of a mapped anonymous page, locked; NULL: there is none. */
struct anon_vma *page_lock_anon_vma(struct ctx *w, struct page *p);
void page_unlock_anon_vma(struct ctx *w, struct anon_vma *a);

/* The VMAs to visit for @p, in order; each step pays for one visit.  The list's
 * lock is held. */
struct vma *rmap_first(struct ctx *w, const struct page *p);
struct vma *rmap_next(struct ctx *w, const struct page *p, struct vma *v);

#endif
