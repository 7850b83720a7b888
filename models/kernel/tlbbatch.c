/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Flushes that reclaim puts off (mm/rmap.c and arch_tlbbatch of 6.18): the CPUs
 * of every address space a page was unmapped from are collected in the task,
 * and one round flushes them all before the pages of the batch are freed, or
 * before a page is written that a stale entry could still dirty.
 *
 * The round goes to every CPU of the batch that is not lazy, whatever it runs;
 * there the generation of the loaded mm decides (without generations: always a
 * full flush).  mm->tlb_flush_batched lets those who hold the page-table lock
 * see that ptes were cleared but not flushed, and flush for themselves.
 *
 * Left out: unmapped page-table levels, broadcast instructions.
 */
#include "models/kernel/kernel.h"
#include "models/kernel/mmu_notifier.h"
#include "models/kernel/tlbflush.h"
#include "sim/base/xassert.h"

int should_defer_flush(struct ctx *w, struct mm *mm)
{
	if (w->m->kc->flush_reclaim != RECLAIM_BATCHED)
		return 0;
	line_access(w, &mm->mask_line, LINE_READ);
	sync(w);
	return (mm->cpu_vm_mask & ~(1ull << w->cpu->id)) != 0;
}

/* The secondary MMUs that listen to flushes hear of the deferred one now. */
static void invalidate_secondary(struct ctx *w, struct mm *mm)
{
	mmu_notifier(w, mm, SITE_flush_tlb, POINT_flush_acked, mm->base,
		     mm->base + (uint64_t)mm->nr_tables * PTRS_PER_TABLE);
}

void set_tlb_ubc_flush_pending(struct ctx *w, struct mm *mm, int dirty)
{
	struct tlb_batch *b = &w->tlb_ubc;

	if (w->m->kc->flush_lazy == LAZY_SKIP) {
		line_access(w, &mm->gen_line, LINE_ATOMIC);
		sync(w);
		mm->tlb_gen++;
	}
	line_access(w, &mm->mask_line, LINE_READ);
	sync(w);
	b->cpus |= mm->cpu_vm_mask;
	invalidate_secondary(w, mm);
	line_access(w, &mm->batch_line, LINE_ATOMIC);
	sync(w);
	mm->batch_pending++;
	b->pending = 1;
	b->writable |= dirty;
}

static void flush_batch(struct ctx *w, struct flush_tlb_info *info, uint64_t cpus)
{
	uint64_t me = 1ull << w->cpu->id;
	int here = (cpus & me) != 0;

	charge(w, COST_FLUSH_CALL);
	sync(w);
	if (cpus & ~me) {
		flush_tlb_multi(w, info, cpus & ~me, here);
	} else if (here) {
		local_irq_disable(w);
		flush_tlb_func(w, info);
		local_irq_enable(w);
	}
}

void try_to_unmap_flush(struct ctx *w)
{
	struct tlb_batch *b = &w->tlb_ubc;
	struct flush_tlb_info *info;

	if (!b->pending)
		return;
	BUG_ON(w->irqs_off);
	preempt_disable(w);
	metric_count(&w->m->metrics, METRIC_FLUSH_CALLS, 0, 1);
	info = &w->m->kernel->pcpu[w->cpu->id].tlb_state.info;
	info->mm = NULL;
	info->start = 0;
	info->end = TLB_FLUSH_ALL;
	info->new_gen = TLB_GENERATION_INVALID;
	info->freed_tables = info->trim = 0;
	flush_batch(w, info, b->cpus);
	memset(b, 0, sizeof(*b));
	preempt_enable(w);
}

void try_to_unmap_flush_dirty(struct ctx *w)
{
	if (w->tlb_ubc.writable)
		try_to_unmap_flush(w);
}

void flush_tlb_batched_pending(struct ctx *w, struct mm *mm)
{
	uint64_t pending;

	if (w->m->kc->flush_reclaim != RECLAIM_BATCHED)
		return;
	line_access(w, &mm->batch_line, LINE_READ);
	sync(w);
	pending = mm->batch_pending;
	if (pending == mm->batch_flushed)
		return;
	flush_tlb_mm(w, mm, mm->base, mm->base + (uint64_t)mm->nr_tables * PTRS_PER_TABLE);
	line_access(w, &mm->batch_line, LINE_ATOMIC);
	sync(w);
	mm->batch_flushed = pending;
}
