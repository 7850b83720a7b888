/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Operations on one pte; see pgtable.h. */
#include "models/kernel/pgtable.h"
#include "models/kernel/tlbflush.h"
#include "sim/base/xassert.h"

void set_pte_at(struct ctx *w, uint64_t va, struct pte *pte, struct page *p, int write, int young,
		int dirty)
{
	sync(w);
	pte_store(pte, p, write, young, dirty);
	tp(w, TP_PTE_SET, va, p->id);
}

void set_pte_entry(struct ctx *w, uint64_t va, struct pte *pte, enum pte_kind kind,
		   uint32_t value, int write)
{
	sync(w);
	pte->page = NULL;
	pte->kind = (uint8_t)kind;
	pte->swap = value;
	pte->write = write != 0;
	pte->young = pte->dirty = 0;
	tp(w, TP_PTE_ENTRY, va, value);
}

struct pte ptep_get_and_clear(struct ctx *w, uint64_t va, struct pte *pte)
{
	struct pte old;

	charge(w, COST_PTE_UPDATE);
	sync(w);
	old = *pte;
	pte_clear(pte);
	pte->unsettled++;
	if (old.page) {
		old.page->clears++;
		old.page->cleared_at = now_of(w);
		old.page->cleared_cpu = w->cpu->id;
		tp(w, TP_PTE_CLEAR, va, old.page->id);
	}
	return old;
}

void pte_settle(struct ctx *w, struct mm *mm, uint64_t va, struct pte *pte, struct page *old,
		uint32_t generation)
{
	sync(w);
	BUG_ON(!pte->unsettled);
	pte->unsettled--;
	if (w->m->hooks.pte_settled)
		w->m->hooks.pte_settled(w, mm, va, pte, old, generation);
}

void pte_protected(struct ctx *w, struct mm *mm, uint64_t va, struct pte *pte, struct page *p)
{
	sync(w);
	pte->protect_seq++;
	if (w->m->hooks.pte_protected && pte->page == p && !pte->write)
		w->m->hooks.pte_protected(w, mm, va, p);
}

struct pte ptep_clear_flush(struct ctx *w, struct mm *mm, uint64_t va, struct pte *pte)
{
	struct pte old = ptep_get_and_clear(w, va, pte);

	if (old.page || !w->m->kc->flush_relaxed)
		flush_tlb_page(w, mm, va);
	return old;
}

int ptep_clear_flush_young(struct ctx *w, struct mm *mm, uint64_t va, struct pte *pte)
{
	sync(w);
	if (!pte->young)
		return 0;
	charge(w, COST_PTE_UPDATE);
	sync(w);
	pte->young = 0;
	tp(w, TP_PTE_OLD, va, pte->page->id);
	if (!w->m->kc->flush_relaxed)
		flush_tlb_page(w, mm, va);
	return 1;
}

void ptep_set_wrprotect(struct ctx *w, uint64_t va, struct pte *pte)
{
	charge(w, COST_PTE_UPDATE);
	sync(w);
	pte->write = 0;
	tp(w, TP_PTE_WRPROTECT, va, pte->page->id);
}

int ptep_set_access_flags(struct ctx *w, struct mm *mm, uint64_t va, struct pte *pte, int write,
			  int dirty)
{
	int changed;

	sync(w);
	changed = !pte->young || (dirty && !pte->dirty) || (write && !pte->write);
	if (!changed || !dirty) {
		if (changed)
			pte->young = 1;
		return changed;
	}
	pte_store(pte, pte->page, pte->write || write, 1, 1);
	tp(w, TP_PTE_SET, va, pte->page->id);
	if (!w->m->kc->flush_relaxed)
		flush_tlb_page(w, mm, va);
	return 1;
}
