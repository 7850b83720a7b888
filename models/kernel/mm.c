/* SPDX-License-Identifier: GPL-3.0-or-later */
/* VMAs and page tables; see mm.h. */
#include "models/kernel/mm.h"
#include "sim/base/xassert.h"

void mm_init(struct machine *m, struct mm *mm, const char *name, uint64_t base,
	     uint64_t pages)
{
	memset(mm, 0, sizeof(*mm));
	BUG_ON(base % PTRS_PER_TABLE);
	mm->m = m;
	mm->name = name;
	rwsem_init(m, &mm->mmap_sem, LOCK_MMAP_SEM);
	spin_lock_init(m, &mm->page_table_lock,
		       m->kc->split_ptlocks ? LOCK_PAGE_TABLE : LOCK_PTL);
	line_init(&mm->mask_line);
	line_init(&mm->notifier_line);
	mm->base = base;
	mm->nr_tables = (uint32_t)((pages + PTRS_PER_TABLE - 1) / PTRS_PER_TABLE);
	mm->table = arena_alloc(m->arena, sizeof(*mm->table) * (mm->nr_tables + 1u));
}

struct vma *vma_of_or_next(struct mm *mm, uint64_t page)
{
	struct vma *v = mm->vma;

	while (v && v->end <= page)
		v = v->next;
	return v;
}

struct vma *vma_of(struct mm *mm, uint64_t page)
{
	struct vma *v = vma_of_or_next(mm, page);

	return v && v->start <= page ? v : NULL;
}

struct vma *find_vma(struct ctx *w, struct mm *mm, uint64_t page)
{
	charge(w, COST_VMA_FIND);
	return vma_of_or_next(mm, page);
}

struct anon_vma *anon_vma_new(struct machine *m)
{
	struct anon_vma *a = arena_alloc(m->arena, sizeof(*a));

	spin_lock_init(m, &a->lock, LOCK_ANON_VMA);
	return a;
}

/* vma_merge's condition for anonymous memory: one has no anon_vma, or the same */
static int mergeable(const struct vma *v, const struct anon_vma *av)
{
	return !v->anon_vma || !av || v->anon_vma == av;
}

struct vma *vma_insert(struct mm *mm, uint64_t start, uint64_t end, struct anon_vma *av)
{
	struct vma **p = &mm->vma, *v, *prev = NULL;

	for (; *p && (*p)->end <= start; p = &(*p)->next)
		prev = *p;
	BUG_ON(*p && (*p)->start < end);
	if (prev && prev->end == start && mergeable(prev, av)) {
		prev->end = end;
		prev->anon_vma = prev->anon_vma ? prev->anon_vma : av;
		v = prev;
	} else {
		v = arena_alloc(mm->m->arena, sizeof(*v));
		v->start = start;
		v->end = end;
		v->anon_vma = av;
		v->next = *p;
		*p = v;
	}
	if (v->next && v->next->start == v->end && mergeable(v->next, v->anon_vma)) {
		v->end = v->next->end;
		v->anon_vma = v->anon_vma ? v->anon_vma : v->next->anon_vma;
		v->next = v->next->next;
	}
	return v;
}

struct pgtable *pgtable_new(struct machine *m)
{
	struct pgtable *t = arena_alloc(m->arena, sizeof(*t));

	spin_lock_init(m, &t->lock, LOCK_PTL);
	t->id = m->next_id++;
	return t;
}
