/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Page faults (mm/memory.c, arch/x86/mm/fault.c, 2.6.27): which path a fault
 * takes, and the anonymous one.  No zero page in this era: a read fault
 * allocates as well; from 2.6.32 (kernel.zero_page) it maps one page of zeroes,
 * read-only, which a write then replaces (do_wp_page).  The pte is first read without its lock; every path looks
 * again once it has it.
 *
 * mmap_sem is held for read throughout, over input and output too: this era
 * never drops it on the way.
 */
#include "models/kernel/account.h"
#include "models/kernel/kernel.h"
#include "models/kernel/memory.h"
#include "models/kernel/migrate.h"
#include "models/kernel/pgtable.h"
#include "models/kernel/rmap.h"
#include "models/hw/tlb.h"
#include "sim/base/xassert.h"

/* __pte_alloc: allocate unlocked, install under page_table_lock if still none */
struct pgtable *pte_alloc(struct ctx *w, struct mm *mm, uint64_t page)
{
	struct pgtable **slot = table_slot(mm, page), *t;

	sync(w);
	if (*slot)
		return *slot;
	charge(w, COST_PGTABLE_ALLOC);
	t = pgtable_new(w->m);
	spin_lock(w, &mm->page_table_lock);
	sync(w);
	if (!*slot)
		*slot = t;
	spin_unlock(w, &mm->page_table_lock);
	return *slot;
}

void page_work(struct ctx *w, enum cost_id cost)
{
	sim_time d = cost_draw(w, cost);

	sync(w);
	w->debt += d;
	if (!w->fault)
		return;
	sync(w);
	w->fault->here[PART_ZEROING] += d;
	w->worked -= d;			/* counted as zeroing, not as service */
}

/* The page of zeroes: no rmap, no reference. */
static int map_zero_page(struct ctx *w, struct mm *mm, uint64_t page, struct pgtable *t)
{
	struct pte *pte = &t->pte[page % PTRS_PER_TABLE];

	spin_lock(w, pte_lockptr(mm, t));
	sync(w);
	if (pte->kind == PTE_NONE)
		set_pte_at(w, page, pte, w->m->kernel->zero_page, 0, 1, 0);
	spin_unlock(w, pte_lockptr(mm, t));
	return 0;
}

static int do_anonymous_page(struct ctx *w, struct mm *mm, struct vma *vma, uint64_t page,
			     int write, struct pgtable *t)
{
	struct pte *pte = &t->pte[page % PTRS_PER_TABLE];
	struct page *p;

	if (!write && w->m->kc->zero_page)
		return map_zero_page(w, mm, page, t);
	anon_vma_prepare(w->m, vma);
	p = alloc_page(w);
	page_work(w, COST_ZERO_PAGE);
	spin_lock(w, pte_lockptr(mm, t));
	sync(w);
	if (pte->kind != PTE_NONE) {
		spin_unlock(w, pte_lockptr(mm, t));
		put_page(w, p);
		return 0;
	}
	lru_cache_add_active(w, p);
	sync(w);
	page_add_new_anon_rmap(w, p, vma, page);
	set_pte_at(w, page, pte, p, vma->flags & VM_WRITE, 1, vma->flags & VM_WRITE);
	spin_unlock(w, pte_lockptr(mm, t));
	return 0;
}

int handle_mm_fault(struct ctx *w, struct mm *mm, struct vma *vma, uint64_t page, int write)
{
	struct pgtable *t;
	struct pte *pte, entry;

	charge(w, COST_FAULT_FIXED);
	t = pte_alloc(w, mm, page);
	pte = &t->pte[page % PTRS_PER_TABLE];
	sync(w);
	entry = *pte;
	if (entry.kind == PTE_NONE)
		return vma->mapping ? do_linear_fault(w, mm, vma, page, write, t) :
			do_anonymous_page(w, mm, vma, page, write, t);
	if (entry.kind == PTE_MIGRATION) {
		migration_entry_wait(w, mm, page, t);
		return 0;
	}
	if (entry.kind == PTE_SWAP)
		return do_swap_page(w, mm, vma, page, write, t, &entry);
	spin_lock(w, pte_lockptr(mm, t));
	sync(w);
	if (!pte_same(pte, &entry)) {
		spin_unlock(w, pte_lockptr(mm, t));
		return 0;
	}
	if (write && !entry.write)
		return do_wp_page(w, mm, vma, page, t);
	if (!ptep_set_access_flags(w, mm, page, pte, write, write) && write)
		flush_tlb_page(w, mm, page);	/* a stale entry of our own TLB */
	spin_unlock(w, pte_lockptr(mm, t));
	return 0;
}

void do_page_fault(struct ctx *w, uint64_t page, int write)
{
	struct fault_account account;
	struct mm *mm = w->mm;
	struct vma *v;

	ctx_class(w, TIME_SYSTEM);
	account_host_begin(w, &account, mm, page);
	charge(w, COST_EXCEPTION);
	down_read(w, &mm->mmap_sem);
	v = find_vma(w, mm, page);
	if (!v || v->start > page)
		sim_fail(&w->m->sim, SIM_STOP_FAILED,
			 "%s: user access to page %llu, where nothing is mapped",
			 w->name, (unsigned long long)page);
	if ((write && !(v->flags & VM_WRITE)) ||
	    handle_mm_fault(w, mm, v, page, write) & VM_FAULT_SIGBUS)
		sim_fail(&w->m->sim, SIM_STOP_FAILED, "%s: user %s of page %llu is refused",
			 w->name, write ? "write" : "access", (unsigned long long)page);
	up_read(w, &mm->mmap_sem);
	account_host_end(w);
	ctx_class(w, TIME_USER);
}
