/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is done to one pte (include/asm-generic/pgtable.h,
 * arch/x86/mm/pgtable.c of 2.6.27).  All are called with the pte's lock held
 * and interrupts on; those that flush spin for a round of flush_tlb_page.
 *
 * The hardware sets young when a walk loads the translation, and dirty when a
 * write finds it clear; it writes the pte without any lock.
 */
#ifndef MODELS_KERNEL_PGTABLE_H
#define MODELS_KERNEL_PGTABLE_H

#include "models/kernel/mm.h"

/* Bare stores, no cost: what a translation is, what it no longer is. */
static inline void pte_store(struct pte *pte, struct page *p, int write, int young, int dirty)
{
	pte->page = p;
	pte->kind = PTE_PRESENT;
	pte->write = write != 0;
	pte->young = young != 0;
	pte->dirty = dirty != 0;
}

static inline void pte_clear(struct pte *pte)
{
	pte->page = NULL;
	pte->kind = PTE_NONE;
	pte->write = pte->young = pte->dirty = 0;
	pte->clear_seq++;
}

/* Is the pte what it was when @seen was read? */
static inline int pte_same(const struct pte *pte, const struct pte *seen)
{
	return pte->page == seen->page && pte->kind == seen->kind && pte->write == seen->write &&
		pte->young == seen->young && pte->dirty == seen->dirty && pte->swap == seen->swap;
}

/* set_pte_at of a present pte. */
void set_pte_at(struct ctx *w, uint64_t va, struct pte *pte, struct page *p, int write, int young,
		int dirty);
/* set_pte_at of an entry that is not present: a swap slot, a page that migrates. */
void set_pte_entry(struct ctx *w, uint64_t va, struct pte *pte, enum pte_kind kind,
		   uint32_t value, int write);
/*
 * A site that clears one pte and announces it afterwards does so in steps:
 * ptep_get_and_clear; flush_tlb_page; callouts, with what else it does; and
 * pte_settle when the last callout has returned.  In between a secondary
 * translation of the old page may still be made, if a callout will drop it.
 */
struct pte ptep_get_and_clear(struct ctx *w, uint64_t va, struct pte *pte);
/* @generation: of the page when the pte was cleared, for it may be free by now. */
void pte_settle(struct ctx *w, struct mm *mm, uint64_t va, struct pte *pte, struct page *old,
		uint32_t generation);
/* The pte is read-only now, all callouts about it have returned: it is known. */
void pte_protected(struct ctx *w, struct mm *mm, uint64_t va, struct pte *pte, struct page *p);
/* ptep_get_and_clear, then flush_tlb_page, always (flush.relaxed: if it was
 * present).  Returns what stood there; pte_settle is still owed. */
struct pte ptep_clear_flush(struct ctx *w, struct mm *mm, uint64_t va, struct pte *pte);
/* Test and clear young; flush_tlb_page only if it was young (flush.relaxed: never).
 * Returns it. */
int ptep_clear_flush_young(struct ctx *w, struct mm *mm, uint64_t va, struct pte *pte);
/* No flush. */
void ptep_set_wrprotect(struct ctx *w, uint64_t va, struct pte *pte);
/* Raise young, dirty, write; if anything changed and @dirty: store and flush
 * (flush.relaxed: no flush, a stale entry only faults again).
 * Returns whether anything changed. */
int ptep_set_access_flags(struct ctx *w, struct mm *mm, uint64_t va, struct pte *pte, int write,
			  int dirty);

#endif
