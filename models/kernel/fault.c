/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Anonymous fault and get_user_pages (mm/memory.c, arch/x86/mm/gup.c, 2.6.27).
 *
 * No zero page in this era: a read fault allocates as well.  Left out: swap,
 * files, copy on write (nothing is shared in this version).
 */
#include "models/kernel/kernel.h"
#include "models/kernel/memory.h"
#include "models/kernel/pgtable.h"
#include "models/kernel/rmap.h"
#include "models/hw/tlb.h"
#include "sim/base/xassert.h"

/* __pte_alloc: allocate unlocked, install under page_table_lock if still none */
static struct pgtable *pte_alloc(struct ctx *w, struct mm *mm, uint64_t page)
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

static void zero_page(struct ctx *w)
{
	sim_time d = cost_draw(w, COST_ZERO_PAGE);

	sync(w);
	if (!w->fault) {
		w->debt += d;
		return;
	}
	w->debt += d;
	sync(w);
	w->fault->here[PART_ZEROING] += d;
	w->worked -= d;			/* counted as zeroing, not as service */
}

/* mmap_sem for read; the pte was none.  No zero page: a read allocates too. */
static void do_anonymous_page(struct ctx *w, struct mm *mm, struct vma *vma, uint64_t page,
			      struct pgtable *t)
{
	struct pte *pte = &t->pte[page % PTRS_PER_TABLE];
	struct page *p;

	anon_vma_prepare(w->m, vma);
	p = alloc_page(w);
	zero_page(w);
	spin_lock(w, pte_lockptr(mm, t));
	sync(w);
	if (pte->kind != PTE_NONE) {
		spin_unlock(w, pte_lockptr(mm, t));
		put_page(w, p);
		return;
	}
	lru_cache_add(w, p);
	sync(w);
	page_add_new_anon_rmap(w, p, vma, page);
	set_pte_at(w, page, pte, p, vma->flags & VM_WRITE, 1, vma->flags & VM_WRITE);
	spin_unlock(w, pte_lockptr(mm, t));
}

/* The pte was present when it was read without its lock: somebody was faster. */
static void spurious_fault(struct ctx *w, struct mm *mm, uint64_t page, struct pgtable *t,
			   int write)
{
	struct pte *pte = &t->pte[page % PTRS_PER_TABLE];

	spin_lock(w, pte_lockptr(mm, t));
	sync(w);
	if (pte->kind == PTE_PRESENT && !ptep_set_access_flags(w, mm, page, pte, 0, write) && write)
		flush_tlb_page(w, mm, page);
	spin_unlock(w, pte_lockptr(mm, t));
}

/* handle_pte_fault: the pte is read without a lock, the cases look again */
void handle_mm_fault(struct ctx *w, struct mm *mm, struct vma *vma, uint64_t page, int write)
{
	struct pgtable *t;

	charge(w, COST_FAULT_FIXED);
	t = pte_alloc(w, mm, page);
	sync(w);
	switch (t->pte[page % PTRS_PER_TABLE].kind) {
	case PTE_NONE:
		do_anonymous_page(w, mm, vma, page, t);
		break;
	case PTE_PRESENT:
		spurious_fault(w, mm, page, t, write);
		break;
	}
}

void do_page_fault(struct ctx *w, uint64_t page, int write)
{
	struct mm *mm = w->mm;
	sim_time t0 = now_of(w);
	struct vma *v;

	ctx_class(w, TIME_SYSTEM);
	charge(w, COST_EXCEPTION);
	down_read(w, &mm->mmap_sem);
	v = find_vma(w, mm, page);
	if (!v || v->start > page)
		sim_fail(&w->m->sim, SIM_STOP_FAILED,
			 "%s: user access to page %llu, where nothing is mapped",
			 w->name, (unsigned long long)page);
	handle_mm_fault(w, mm, v, page, write);
	up_read(w, &mm->mmap_sem);
	sync(w);
	metric_tally(&w->m->metrics, METRIC_HOST_FAULT_DELAY, 0, now_of(w) - t0);
	ctx_class(w, TIME_USER);
}

/* follow_page(FOLL_GET): the reference is taken under the page-table lock */
static struct page *follow_page(struct ctx *w, struct mm *mm, uint64_t page)
{
	struct pgtable *t;
	struct page *p;

	sync(w);
	t = *table_slot(mm, page);
	if (!t)
		return NULL;
	spin_lock(w, pte_lockptr(mm, t));
	sync(w);
	p = t->pte[page % PTRS_PER_TABLE].page;
	if (p)
		get_page(p);
	spin_unlock(w, pte_lockptr(mm, t));
	return p;
}

struct page *get_user_pages(struct ctx *w, struct mm *mm, uint64_t page, uint32_t *clear_seq)
{
	struct vma *v = find_vma(w, mm, page);
	struct page *p;

	if (!v || v->start > page)
		return NULL;		/* -EFAULT */
	charge(w, COST_GUP_PAGE);
	while (!(p = follow_page(w, mm, page)))
		handle_mm_fault(w, mm, v, page, 1);
	*clear_seq = pte_lookup(mm, page)->clear_seq;
	tp(w, TP_GUP, page, p->id);
	return p;
}

/*
 * The pte is not read again after the reference is taken: safety rests on
 * interrupts being off here, so that whoever cleared the pte cannot finish its
 * flush, and so not free the page, before this CPU acknowledges.
 */
struct page *get_user_pages_fast(struct ctx *w, struct mm *mm, uint64_t page, uint32_t *clear_seq)
{
	struct page *p = NULL;
	struct pte *pte;

	local_irq_disable(w);
	charge(w, COST_GUP_FAST);
	sync(w);
	pte = pte_lookup(mm, page);
	if (pte && pte->page) {
		p = pte->page;
		get_page(p);
		*clear_seq = pte->clear_seq;
		tp(w, TP_GUP, page, p->id);
	}
	local_irq_enable(w);
	if (p)
		return p;
	down_read(w, &mm->mmap_sem);
	p = get_user_pages(w, mm, page, clear_seq);
	up_read(w, &mm->mmap_sem);
	return p;
}
