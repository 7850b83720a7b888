/* SPDX-License-Identifier: GPL-3.0-or-later */
/* VMAs and page tables; see mm.h. */
#include "models/kernel/mm.h"
#include "models/kernel/kernel.h"
#include "models/kernel/rmap.h"
#include "models/kernel/tlbflush.h"
#include "sim/base/xassert.h"

void mm_init(struct machine *m, struct mm *mm, const char *name, uint64_t base,
	     uint64_t pages)
{
	memset(mm, 0, sizeof(*mm));
	BUG_ON(base % PTRS_PER_TABLE);
	mm->m = m;
	mm->name = name;
	mm->mm_users = mm->mm_count = 1;
	rwsem_init(m, &mm->mmap_sem, LOCK_MMAP_SEM);
	spin_lock_init(m, &mm->page_table_lock,
		       m->kc->split_ptlocks ? LOCK_PAGE_TABLE : LOCK_PTL);
	line_init(&mm->mask_line);
	line_init(&mm->notifier_line);
	tlbflush_mm_init(m, mm);
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

struct address_space *address_space_new(struct machine *m, const char *name, uint64_t pages)
{
	struct address_space *a = arena_alloc(m->arena, sizeof(*a));

	a->name = name;
	spin_lock_init(m, &a->i_mmap_lock, LOCK_I_MMAP);
	spin_lock_init(m, &a->tree_lock, LOCK_TREE);
	a->nr_pages = pages;
	a->disk_start = (uint64_t)m->next_id << 32;
	a->page = arena_alloc(m->arena, sizeof(struct page *) * (pages + 1));
	return a;
}

/* --- the list of VMAs -------------------------------------------------------- */

/* vma_merge's condition: neighbours of one object, or of one anon_vma or none */
static int mergeable(const struct vma *lo, const struct vma *hi)
{
	return lo->end == hi->start && lo->flags == hi->flags && lo->mapping == hi->mapping &&
		lo->pgoff + (lo->end - lo->start) == hi->pgoff &&
		(!lo->anon_vma || !hi->anon_vma || lo->anon_vma == hi->anon_vma);
}

/* @hi goes into @lo, its lower neighbour. */
static void absorb(struct vma *lo, struct vma *hi)
{
	if (hi->anon_vma && !lo->anon_vma)
		anon_vma_link(lo, hi->anon_vma);
	if (hi->anon_vma)
		anon_vma_unlink(hi);
	if (hi->mapping)
		i_mmap_unlink(hi);
	lo->end = hi->end;
	lo->next = hi->next;
}

static struct vma *insert(struct mm *mm, struct vma *v)
{
	struct vma **p = &mm->vma, *prev = NULL;

	for (; *p && (*p)->end <= v->start; p = &(*p)->next)
		prev = *p;
	BUG_ON(*p && (*p)->start < v->end);
	v->mm = mm;
	v->next = *p;
	*p = v;
	if (prev && mergeable(prev, v)) {
		absorb(prev, v);
		v = prev;
	}
	if (v->next && mergeable(v, v->next))
		absorb(v, v->next);
	return v;
}

struct vma *vma_insert(struct mm *mm, uint64_t start, uint64_t end, struct anon_vma *av)
{
	struct vma *v = arena_alloc(mm->m->arena, sizeof(*v));

	v->start = start;
	v->end = end;
	v->flags = VM_READ | VM_WRITE;
	v->pgoff = start;
	if (av)
		anon_vma_link(v, av);
	return insert(mm, v);
}

struct vma *vma_insert_file(struct mm *mm, uint64_t start, uint64_t end, uint32_t flags,
			    struct address_space *mapping, uint64_t pgoff)
{
	struct vma *v = arena_alloc(mm->m->arena, sizeof(*v));

	v->start = start;
	v->end = end;
	v->flags = flags;
	v->pgoff = pgoff;
	i_mmap_link(v, mapping);
	return insert(mm, v);
}

struct vma *vma_cut(struct vma *v, uint64_t at)
{
	struct vma *tail = arena_alloc(v->mm->m->arena, sizeof(*tail));

	BUG_ON(at <= v->start || at >= v->end);
	*tail = *v;
	tail->start = at;
	tail->pgoff += at - v->start;
	tail->anon_next = tail->anon_prev = tail->imm_next = tail->imm_prev = NULL;
	tail->anon_vma = NULL;
	tail->mapping = NULL;
	v->end = at;
	v->next = tail;
	if (v->mapping)
		i_mmap_link(tail, v->mapping);
	if (v->anon_vma)
		anon_vma_link(tail, v->anon_vma);
	return tail;
}

struct pgtable *pgtable_new(struct machine *m)
{
	struct pgtable *t = m->kernel->unused_table;

	if (t)
		m->kernel->unused_table = t->next_unused;
	else
		t = arena_alloc(m->arena, sizeof(*t));
	spin_lock_init(m, &t->lock, LOCK_PTL);
	t->id = m->next_id++;
	return t;
}

void pgtable_free(struct machine *m, struct pgtable *t)
{
	t->next_unused = m->kernel->unused_table;
	m->kernel->unused_table = t;
}
