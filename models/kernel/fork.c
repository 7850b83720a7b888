/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copying an address space; see fork.h. */
#include "models/kernel/fork.h"
#include "models/kernel/exit.h"
#include "models/kernel/kernel.h"
#include "models/kernel/memory.h"
#include "models/kernel/mmu_notifier.h"
#include "models/kernel/pgtable.h"
#include "models/kernel/rmap.h"
#include "models/kernel/sched.h"
#include "models/kernel/swap.h"
#include "sim/base/xassert.h"

enum { PROGRESS_PRESENT = 8, PROGRESS_NONE = 1, PROGRESS_CHECK = 32 };

/* --- copy_page_range ---------------------------------------------------------------- */

/* Private, and may become writable: is_cow_mapping. */
static int is_cow(const struct vma *v)
{
	return !(v->flags & VM_SHARED) && v->flags & VM_WRITE;
}

/* Both page-table locks held. */
static void copy_present(struct ctx *w, const struct vma *from, struct vma *to, uint64_t va,
			 struct pte *src, struct pte *dst)
{
	struct page *p = src->page;

	charge(w, COST_PTE_COPY);
	if (is_cow(from))
		ptep_set_wrprotect(w, va, src);
	sync(w);
	if (is_zero_page(w, p)) {
		pte_store(dst, p, 0, 0, 0);
		return;
	}
	get_page(p);
	if (page_anon(p))
		page_add_anon_rmap(w, p, to, va);
	else
		page_add_file_rmap(w, p, to, va);
	pte_store(dst, p, src->write, 0, from->flags & VM_SHARED ? 0 : src->dirty);
	tp(w, TP_PTE_COPY, va, p->id);
}

/* A slot gets one more user; a page that migrates is read-only in both, as a present one. */
static void copy_entry(struct ctx *w, const struct vma *from, struct mm *child, struct pte *src,
		       struct pte *dst)
{
	struct swap_info *s = w->m->kernel->swap;

	if (src->kind == PTE_SWAP) {
		swap_duplicate(w, src->swap);
		if (!child->on_mmlist) {
			spin_lock(w, &s->mmlist_lock);
			child->on_mmlist = 1;
			spin_unlock(w, &s->mmlist_lock);
		}
	}
	if (is_cow(from))
		src->write = 0;
	dst->kind = src->kind;
	dst->swap = src->swap;
	dst->write = src->write;
}

/* One stretch under both locks; where it stopped. */
static uint64_t copy_stretch(struct ctx *w, const struct vma *from, struct vma *to,
			     struct pgtable *src, struct pgtable *dst, uint64_t va, uint64_t end)
{
	struct mm *mm = from->mm;
	uint64_t start = va;
	int progress = 0;

	spin_lock(w, pte_lockptr(to->mm, dst));
	spin_lock(w, pte_lockptr(mm, src));
	sync(w);
	for (; va < end; va++) {
		struct pte *pte = &src->pte[va % PTRS_PER_TABLE];

		if (progress >= PROGRESS_CHECK) {
			progress = 0;
			charge(w, COST_PREEMPT_CHECK);
			sync(w);
			if (w->cpu->need_resched)
				break;
		}
		if (pte->kind == PTE_NONE) {
			progress += PROGRESS_NONE;
			charge(w, COST_PTE_SKIP);
			continue;
		}
		if (pte->kind == PTE_PRESENT)
			copy_present(w, from, to, va, pte, &dst->pte[va % PTRS_PER_TABLE]);
		else
			copy_entry(w, from, to->mm, pte, &dst->pte[va % PTRS_PER_TABLE]);
		progress += PROGRESS_PRESENT;
	}
	mmu_notifier(w, mm, SITE_copy_page_range, POINT_protected, start, va);
	spin_unlock(w, pte_lockptr(mm, src));
	spin_unlock(w, pte_lockptr(to->mm, dst));
	return va;
}

/* What lies in one page table, with the section open over the breaks. */
static void copy_pte_range(struct ctx *w, const struct vma *from, struct vma *to, uint64_t va,
			   uint64_t end)
{
	struct pgtable *src = *table_slot(from->mm, va), *dst;

	charge(w, COST_PTE_SKIP);
	if (!src)
		return;
	dst = pte_alloc(w, to->mm, va);
	while ((va = copy_stretch(w, from, to, src, dst, va, end)) < end)
		cond_resched(w);
}

static void copy_page_range(struct ctx *w, const struct vma *from, struct vma *to)
{
	struct notify_path n = { from->mm, SITE_copy_page_range, from->start, from->end,
				 is_cow(from) ? FACT_COW_MAPPING : 0 };

	if (!from->anon_vma)
		return;
	mmu_notifier_path(w, &n, POINT_before);
	for (uint64_t va = from->start; va < from->end; ) {
		uint64_t next = (va / PTRS_PER_TABLE + 1) * PTRS_PER_TABLE;

		copy_pte_range(w, from, to, va, next < from->end ? next : from->end);
		va = next;
	}
	mmu_notifier_path(w, &n, POINT_after);
}

/* --- dup_mmap ------------------------------------------------------------------------ */

/* A copy that ended is used again: its tables and its list of VMAs are empty. */
static struct mm *new_mm(struct ctx *w, struct mm *mm)
{
	struct kernel *k = w->m->kernel;
	struct mm **at = &k->unused_mm, *n;

	while (*at && ((*at)->base != mm->base || (*at)->nr_tables != mm->nr_tables))
		at = &(*at)->next_unused;
	n = *at;
	if (n) {
		*at = n->next_unused;
		return n;
	}
	n = arena_alloc(w->m->arena, sizeof(*n));
	mm_init(w->m, n, mm->name, mm->base, (uint64_t)mm->nr_tables * PTRS_PER_TABLE);
	return n;
}

static struct vma *dup_vma(struct ctx *w, struct mm *child, const struct vma *from)
{
	struct vma *v = arena_alloc(w->m->arena, sizeof(*v));

	charge(w, COST_VMA_MAP);
	v->start = from->start;
	v->end = from->end;
	v->flags = from->flags;
	v->pgoff = from->pgoff;
	v->mm = child;
	if (from->anon_vma) {
		spin_lock(w, &from->anon_vma->lock);
		sync(w);
		anon_vma_link(v, from->anon_vma);
		spin_unlock(w, &from->anon_vma->lock);
	}
	if (from->mapping) {
		spin_lock(w, &from->mapping->i_mmap_lock);
		sync(w);
		i_mmap_link(v, from->mapping);
		spin_unlock(w, &from->mapping->i_mmap_lock);
	}
	return v;
}

/* No primary TLB entry of the parent allows writes any more: the oracle's business. */
static void parent_protected(struct ctx *w, struct mm *mm)
{
	for (const struct vma *v = mm->vma; w->m->hooks.pte_protected && v; v = v->next)
		for (uint64_t va = v->start; is_cow(v) && v->anon_vma && va < v->end; va++) {
			struct pte *pte = pte_lookup(mm, va);

			if (pte && pte->kind == PTE_PRESENT && !pte->write)
				pte_protected(w, mm, va, pte, pte->page);
		}
}

struct mm *dup_mm(struct ctx *w, struct mm *mm)
{
	struct mm *child = new_mm(w, mm);
	struct vma **tail = &child->vma;

	down_write(w, &mm->mmap_sem);
	down_write(w, &child->mmap_sem);
	for (const struct vma *v = mm->vma; v; v = v->next) {
		*tail = dup_vma(w, child, v);
		copy_page_range(w, v, *tail);
		tail = &(*tail)->next;
	}
	up_write(w, &child->mmap_sem);
	flush_tlb_mm(w, mm, mm->base, mm->base + (uint64_t)mm->nr_tables * PTRS_PER_TABLE);
	mmu_notifier(w, mm, SITE_copy_page_range, POINT_parent_flushed, mm->base,
		     mm->base + (uint64_t)mm->nr_tables * PTRS_PER_TABLE);
	parent_protected(w, mm);
	up_write(w, &mm->mmap_sem);
	return child;
}

void exit_copy(struct ctx *w, struct mm *mm)
{
	struct kernel *k = w->m->kernel;
	sim_time gp_wait = 0;

	exit_mmap(w, mm, NULL, &gp_wait);
	put_swap_token(w, mm);
	mm->next_unused = k->unused_mm;
	k->unused_mm = mm;
}
