/* SPDX-License-Identifier: GPL-3.0-or-later */
/* munmap, madvise, mmap; see mmap.h. */
#include "models/kernel/mmap.h"
#include "models/kernel/kernel.h"
#include "models/kernel/mmu_notifier.h"

static void op_begin(struct ctx *w, struct unmap_op *op, uint64_t start, uint64_t end,
		     int what)
{
	ctx_class(w, TIME_SYSTEM);
	sync(w);
	w->op_start = start;
	w->op_end = end;
	op->start = now_of(w);
	op->w = w;
	tp(w, TP_OP_BEGIN, (uint64_t)what, start);
	charge(w, COST_SYSCALL);
}

static void op_finish(struct ctx *w, struct unmap_op *op, int what)
{
	sync(w);
	metric_tally(&w->m->metrics, METRIC_UNMAP_LATENCY, 0, now_of(w) - op->start);
	w->op_start = w->op_end = 0;
	tp(w, TP_OP_END, (uint64_t)what, 0);
	ctx_class(w, TIME_USER);
}

/* mmap_sem is about to be released; waking those who wait for it is not holding it. */
static void sem_held(struct ctx *w, sim_time since)
{
	sync(w);
	metric_tally(&w->m->metrics, METRIC_UNMAP_MMAP_SEM, 0, now_of(w) - since);
}

/* split_vma: the new half shares the anon_vma; vma_adjust takes its lock */
static struct vma *split_vma(struct ctx *w, struct vma *v, uint64_t at)
{
	struct vma *tail;

	charge(w, COST_VMA_SPLIT);
	if (v->mapping)
		spin_lock(w, &v->mapping->i_mmap_lock);
	if (v->anon_vma)
		spin_lock(w, &v->anon_vma->lock);
	tail = vma_cut(v, at);
	if (v->anon_vma)
		spin_unlock(w, &v->anon_vma->lock);
	if (v->mapping)
		spin_unlock(w, &v->mapping->i_mmap_lock);
	return tail;
}

/* Cut [start, end) out of the list; the detached VMAs, NULL-ended. */
static struct vma *detach_vmas(struct ctx *w, struct mm *mm, uint64_t start, uint64_t end,
			       struct vma **prev, struct vma **next)
{
	struct vma **p = &mm->vma, *first, *last;

	charge(w, COST_VMA_FIND);
	*prev = NULL;
	for (; *p && (*p)->end <= start; p = &(*p)->next)
		*prev = *p;
	if (*p && (*p)->start < start) {
		*prev = *p;
		split_vma(w, *p, start);
		p = &(*p)->next;
	}
	first = last = NULL;
	for (struct vma *v = *p; v && v->start < end; v = v->next) {
		if (v->end > end)
			split_vma(w, v, end);
		if (!first)
			first = v;
		last = v;
		charge(w, COST_VMA_REMOVE);
	}
	if (!first) {
		*next = *p;
		return NULL;
	}
	*p = *next = last->next;
	last->next = NULL;
	return first;
}

static void unmap_region(struct ctx *w, struct mm *mm, struct vma *vma, struct vma *prev,
			 struct vma *next, uint64_t start, uint64_t end, struct unmap_op *op)
{
	uint64_t floor = prev ? prev->end : mm->base;
	uint64_t ceiling = next ? next->start :
		mm->base + (uint64_t)mm->nr_tables * PTRS_PER_TABLE;
	struct mmu_gather *tlb;

	lru_add_drain(w);
	tlb = tlb_gather_mmu(w, mm, SITE_unmap_vmas, start, end);
	mmu_notifier(w, mm, SITE_unmap_region, POINT_before_zap, start, end);
	unmap_vmas(w, &tlb, vma, start, end, SITE_unmap_vmas, op, NULL);
	mmu_notifier(w, mm, SITE_unmap_region, POINT_after_zap, start, end);
	free_pgtables(w, tlb, vma, floor, ceiling);
	mmu_notifier(w, mm, SITE_unmap_region, POINT_tables_freed, start, end);
	tlb_finish_mmu(w, tlb);
	mmu_notifier(w, mm, SITE_unmap_region, POINT_gather_finished, start, end);
}

void sys_munmap(struct ctx *w, uint64_t start, uint64_t end, struct unmap_op *op)
{
	struct mm *mm = w->mm;
	struct vma *vma, *prev, *next;
	sim_time since;

	op_begin(w, op, start, end, OPK_MUNMAP);
	down_write(w, &mm->mmap_sem);
	since = now_of(w);
	vma = detach_vmas(w, mm, start, end, &prev, &next);
	if (vma)
		unmap_region(w, mm, vma, prev, next, start, end, op);
	sem_held(w, since);
	up_write(w, &mm->mmap_sem);
	op_finish(w, op, OPK_MUNMAP);
}

void sys_madvise_dontneed(struct ctx *w, uint64_t start, uint64_t end, struct unmap_op *op)
{
	struct mm *mm = w->mm;
	struct vma *v;
	sim_time since;

	op_begin(w, op, start, end, OPK_MADVISE_DONTNEED);
	down_read(w, &mm->mmap_sem);
	since = now_of(w);
	for (v = find_vma(w, mm, start); v && v->start < end; v = v->next) {
		uint64_t s = v->start > start ? v->start : start;
		uint64_t e = v->end < end ? v->end : end;

		op->more = v->next && v->next->start < end;
		mmu_notifier(w, mm, SITE_madvise_dontneed, POINT_before_zap, s, e);
		zap_page_range(w, v, s, e, op, NULL);
		mmu_notifier(w, mm, SITE_madvise_dontneed, POINT_after_zap, s, e);
		mmu_notifier(w, mm, SITE_madvise_dontneed, POINT_gather_finished, s, e);
	}
	sem_held(w, since);
	up_read(w, &mm->mmap_sem);
	op_finish(w, op, OPK_MADVISE_DONTNEED);
}

void sys_mmap(struct ctx *w, uint64_t start, uint64_t end)
{
	struct mm *mm = w->mm;

	ctx_class(w, TIME_SYSTEM);
	charge(w, COST_SYSCALL);
	down_write(w, &mm->mmap_sem);
	charge(w, COST_VMA_MAP);
	sync(w);
	vma_insert(mm, start, end, NULL);
	up_write(w, &mm->mmap_sem);
	sync(w);
	ctx_class(w, TIME_USER);
}
