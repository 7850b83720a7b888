/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reverse maps; see rmap.h. */
#include "models/kernel/rmap.h"
#include "models/kernel/kernel.h"
#include "models/kernel/rcu.h"
#include "sim/base/xassert.h"

/* --- lists of VMAs ------------------------------------------------------------ */

void anon_vma_link(struct vma *v, struct anon_vma *a)
{
	BUG_ON(v->anon_vma);
	v->anon_vma = a;
	v->anon_next = NULL;
	v->anon_prev = a->vmas.tail;
	if (a->vmas.tail)
		a->vmas.tail->anon_next = v;
	else
		a->vmas.head = v;
	a->vmas.tail = v;
}

void i_mmap_link(struct vma *v, struct address_space *a)
{
	BUG_ON(v->mapping);
	v->mapping = a;
	v->imm_next = NULL;
	v->imm_prev = a->i_mmap.tail;
	if (a->i_mmap.tail)
		a->i_mmap.tail->imm_next = v;
	else
		a->i_mmap.head = v;
	a->i_mmap.tail = v;
}

void anon_vma_unlink(struct vma *v)
{
	struct vma_list *l = &v->anon_vma->vmas;

	if (v->anon_prev)
		v->anon_prev->anon_next = v->anon_next;
	else
		l->head = v->anon_next;
	if (v->anon_next)
		v->anon_next->anon_prev = v->anon_prev;
	else
		l->tail = v->anon_prev;
	v->anon_next = v->anon_prev = NULL;
	v->anon_vma = NULL;
}

void i_mmap_unlink(struct vma *v)
{
	struct vma_list *l = &v->mapping->i_mmap;

	if (v->imm_prev)
		v->imm_prev->imm_next = v->imm_next;
	else
		l->head = v->imm_next;
	if (v->imm_next)
		v->imm_next->imm_prev = v->imm_prev;
	else
		l->tail = v->imm_prev;
	v->imm_next = v->imm_prev = NULL;
	v->mapping = NULL;
}

void anon_vma_prepare(struct machine *m, struct vma *v)
{
	if (!v->anon_vma)
		anon_vma_link(v, anon_vma_new(m));
}

/* --- pages -------------------------------------------------------------------- */

/* One more pte maps @p, at @va: the TLBs that hold it are found by address. */
static void mapped_at(struct machine *m, struct page *p, uint64_t va)
{
	if (p->generation_mapped == p->generation && p->va != va)
		p->many_va = 1;
	p->generation_mapped = p->generation;
	p->va = va;
	if (p->mapcount++ == 0)
		m->kernel->nr_mapped++;
}

static uint64_t linear_page_index(const struct vma *v, uint64_t va)
{
	return va - v->start + v->pgoff;
}

void page_add_new_anon_rmap(struct ctx *w, struct page *p, struct vma *v, uint64_t va)
{
	BUG_ON(p->mapcount || !v->anon_vma);
	mapped_at(w->m, p, va);
	p->anon_vma = v->anon_vma;
	p->index = linear_page_index(v, va);
}

void page_add_anon_rmap(struct ctx *w, struct page *p, struct vma *v, uint64_t va)
{
	if (!p->mapcount) {
		p->anon_vma = v->anon_vma;
		p->index = linear_page_index(v, va);
	}
	mapped_at(w->m, p, va);
}

void page_add_file_rmap(struct ctx *w, struct page *p, struct vma *v, uint64_t va)
{
	BUG_ON(p->mapping != v->mapping || p->index != linear_page_index(v, va));
	mapped_at(w->m, p, va);
}

void rmap_prefill(struct machine *m, struct page *p, struct vma *v, uint64_t va)
{
	if (!p->mapping)
		p->anon_vma = v->anon_vma;
	p->index = linear_page_index(v, va);
	mapped_at(m, p, va);
}

void page_remove_rmap(struct ctx *w, struct page *p)
{
	if (is_zero_page(w, p))
		return;
	BUG_ON(p->mapcount <= 0);
	if (--p->mapcount == 0)
		w->m->kernel->nr_mapped--;
}

/* --- walks -------------------------------------------------------------------- */

uint64_t vma_address(const struct page *p, const struct vma *v)
{
	uint64_t va = v->start + p->index - v->pgoff;	/* wraps below the VMA: outside too */

	return p->index >= v->pgoff && va < v->end ? va : NO_ADDRESS;
}

struct pte *page_check_address(struct ctx *w, const struct page *p, struct mm *mm,
			       uint64_t va, int sync_, struct spinlock **ptl)
{
	struct pgtable *t;
	struct pte *pte;

	sync(w);
	t = *table_slot(mm, va);
	if (!t)
		return NULL;
	pte = &t->pte[va % PTRS_PER_TABLE];
	if (!sync_ && pte->kind != PTE_PRESENT)
		return NULL;
	*ptl = pte_lockptr(mm, t);
	spin_lock(w, *ptl);
	sync(w);
	if (pte->page == p)
		return pte;
	spin_unlock(w, *ptl);
	return NULL;
}

struct anon_vma *page_lock_anon_vma(struct ctx *w, struct page *p)
{
	struct anon_vma *a;

	rcu_read_lock(w);
	sync(w);
	a = p->anon_vma;
	if (!a || !page_mapped(p)) {
		rcu_read_unlock(w);
		return NULL;
	}
	spin_lock(w, &a->lock);
	return a;
}

void page_unlock_anon_vma(struct ctx *w, struct anon_vma *a)
{
	spin_unlock(w, &a->lock);
	rcu_read_unlock(w);
}

static int to_visit(const struct page *p, const struct vma *v)
{
	return page_anon(p) || vma_address(p, v) != NO_ADDRESS;
}

static struct vma *visit(struct ctx *w, const struct page *p, struct vma *v)
{
	while (v && !to_visit(p, v))
		v = v->imm_next;
	if (v)
		charge(w, COST_RMAP_STEP);
	return v;
}

struct vma *rmap_first(struct ctx *w, const struct page *p)
{
	sync(w);
	return visit(w, p, page_anon(p) ? p->anon_vma->vmas.head : p->mapping->i_mmap.head);
}

struct vma *rmap_next(struct ctx *w, const struct page *p, struct vma *v)
{
	sync(w);
	return visit(w, p, page_anon(p) ? v->anon_next : v->imm_next);
}
