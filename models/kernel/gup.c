/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * get_user_pages (mm/memory.c, arch/x86/mm/gup.c, 2.6.27), one page a call.
 *
 * slow: follow_page takes the reference under the page-table lock; for a write
 * the pte must allow writing, else handle_mm_fault breaks copy on write first.
 * A pte that stays read-only although its page is the caller's own now (fault
 * answered VM_FAULT_WRITE) is then taken for reading.
 *
 * fast: interrupts off around a lockless walk.  The pte is not read again after
 * the reference is taken: safety rests on interrupts being off, so that whoever
 * cleared the pte cannot finish its flush, and so not free the page, before
 * this CPU acknowledges.
 *
 * Left out: several pages a call, gate areas, device memory.
 */
#include "models/kernel/kernel.h"
#include "models/kernel/memory.h"
#include "models/kernel/writeback.h"

static void see(struct pte_seen *seen, const struct pte *pte)
{
	seen->clear_seq = pte->clear_seq;
	seen->protect_seq = pte->protect_seq;
	seen->write = pte->write;
}

/* follow_page(FOLL_GET | FOLL_TOUCH), and FOLL_WRITE if @write */
static struct page *follow_page(struct ctx *w, struct mm *mm, uint64_t page, int write,
				struct pte_seen *seen)
{
	struct pgtable *t;
	struct pte *pte;
	struct page *p;

	sync(w);
	t = *table_slot(mm, page);
	if (!t)
		return NULL;
	spin_lock(w, pte_lockptr(mm, t));
	sync(w);
	pte = &t->pte[page % PTRS_PER_TABLE];
	p = write && !pte->write ? NULL : pte->page;
	if (p) {
		get_page(p);
		see(seen, pte);
		if (write && !pte->dirty && !p->dirty)
			set_page_dirty(w, p);
		mark_page_accessed(w, p);
	}
	spin_unlock(w, pte_lockptr(mm, t));
	return p;
}

struct page *get_user_pages(struct ctx *w, struct mm *mm, uint64_t page, int write,
			    struct pte_seen *seen)
{
	struct vma *v = find_vma(w, mm, page);
	struct page *p;

	if (!v || v->start > page)
		return NULL;		/* -EFAULT */
	charge(w, COST_GUP_PAGE);
	while (!(p = follow_page(w, mm, page, write, seen))) {
		int answer = handle_mm_fault(w, mm, v, page, write);

		if (answer & VM_FAULT_SIGBUS)
			return NULL;
		if (answer & VM_FAULT_WRITE)
			write = 0;
	}
	tp(w, TP_GUP, page, p->id);
	return p;
}

struct page *get_user_pages_fast(struct ctx *w, struct mm *mm, uint64_t page, int write,
				 struct pte_seen *seen)
{
	struct page *p = NULL;
	struct pte *pte;

	local_irq_disable(w);
	charge(w, COST_GUP_FAST);
	sync(w);
	pte = pte_lookup(mm, page);
	if (pte && pte->page && (pte->write || !write)) {
		p = pte->page;
		get_page(p);
		see(seen, pte);
		tp(w, TP_GUP, page, p->id);
	}
	local_irq_enable(w);
	if (p)
		return p;
	down_read(w, &mm->mmap_sem);
	p = get_user_pages(w, mm, page, write, seen);
	up_read(w, &mm->mmap_sem);
	return p;
}
