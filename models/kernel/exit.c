/* SPDX-License-Identifier: GPL-3.0-or-later */
/* exit_mm, exit_mmap, mmdrop; see exit.h. */
#include "models/kernel/exit.h"
#include "models/kernel/kernel.h"
#include "models/kernel/mmu_notifier.h"
#include "models/kernel/swap.h"
#include "sim/base/xassert.h"

static void remove_vmas(struct ctx *w, struct mm *mm)
{
	int64_t n = 0;

	for (struct vma *v = mm->vma; v; v = v->next)
		n++;
	charge_n(w, COST_VMA_REMOVE, n);
	sync(w);
	mm->vma = NULL;
}

void exit_mmap(struct ctx *w, struct mm *mm, struct unmap_op *op, sim_time *gp_wait)
{
	uint64_t start = mm->base, end = start + (uint64_t)mm->nr_tables * PTRS_PER_TABLE;
	struct mmu_gather *tlb;

	mmu_notifier(w, mm, SITE_exit_mmap, POINT_enter, start, end);
	if (w->m->hooks.mm_release)
		w->m->hooks.mm_release(w, mm, gp_wait);
	lru_add_drain(w);
	tlb = tlb_gather_mmu(w, mm, SITE_unmap_vmas, start, end);
	unmap_vmas(w, &tlb, mm->vma, start, end, SITE_unmap_vmas, op, NULL);
	free_pgtables(w, tlb, mm->vma, start, end);
	tlb_finish_mmu(w, tlb);
	mmu_notifier(w, mm, SITE_exit_mmap, POINT_gather_finished, start, end);
	remove_vmas(w, mm);
}

int exit_mm(struct ctx *w, struct unmap_op *op, sim_time *gp_wait)
{
	struct mm *mm = w->mm;

	BUG_ON(!mm || mm->mm_users <= 0);
	sync(w);
	w->mm = NULL;
	enter_lazy_tlb(w);
	if (--mm->mm_users)
		return 0;
	mm->last_mmput = op->start = now_of(w);
	op->w = w;
	op->more = 1;			/* no munmap: its pages are counted by exit.* */
	w->op_start = mm->base;
	w->op_end = mm->base + (uint64_t)mm->nr_tables * PTRS_PER_TABLE;
	tp(w, TP_EXIT_MM, 0, 0);
	exit_mmap(w, mm, op, gp_wait);
	put_swap_token(w, mm);
	sync(w);
	w->op_start = w->op_end = 0;
	metric_tally(&w->m->metrics, METRIC_EXIT_PAGES_FREE, 0, now_of(w) - mm->last_mmput);
	return 1;
}

void exit_notify(struct ctx *w, struct mm *mm)
{
	sync(w);
	tp(w, TP_EXIT_DONE, 0, 0);
	metric_tally(&w->m->metrics, METRIC_EXIT_REAPED, 0, now_of(w) - mm->last_mmput);
}

void mmdrop(struct ctx *w, struct mm *mm)
{
	BUG_ON(mm->mm_count <= 0);
	sync(w);
	if (!--mm->mm_count)
		metric_tally(&w->m->metrics, METRIC_EXIT_LATENCY, 0,
			     now_of(w) - mm->last_mmput);
}
