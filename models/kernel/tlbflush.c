/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Shootdown by eight vectors, lazy TLB; see tlbflush.h. */
#include "models/kernel/tlbflush.h"
#include "models/hw/apic.h"
#include "models/hw/tlb.h"
#include "models/kernel/kernel.h"
#include "models/kernel/mmu_notifier.h"
#include "sim/base/xassert.h"

enum { LABEL_PRIMARY };

/* cr3 reload: everything non-global goes */
static void local_flush(struct ctx *w)
{
	charge(w, COST_CR3_LOAD);
	sync(w);
	if (w->cpu->tlb)
		tlb_flush_all(w->cpu->tlb);
	tp(w, TP_FLUSH_LOCAL, 0, 0);
}

static void flush_tlb_one(struct ctx *w, uint64_t va)
{
	charge(w, COST_INVLPG);
	sync(w);
	if (w->cpu->tlb)
		tlb_flush_one(w->cpu->tlb, va);
	tp(w, TP_INVLPG, va, 0);
}

static void flush_va(struct ctx *w, uint64_t va)
{
	if (va == TLB_FLUSH_ALL)
		local_flush(w);
	else
		flush_tlb_one(w, va);
}

/* Drop the lazily held mm: no further flush concerns this CPU. */
static void leave_mm(struct ctx *w)
{
	struct cpu *c = w->cpu;

	line_access(w, &c->active_mm->mask_line, LINE_ATOMIC);
	c->active_mm->cpu_vm_mask &= ~(1ull << c->id);
	tp(w, TP_LEAVE_MM, 0, 0);
	local_flush(w);
}

void enter_lazy_tlb(struct ctx *w)
{
	w->cpu->tlb_lazy = 1;
}

void switch_mm(struct ctx *w)
{
	struct cpu *c = w->cpu;
	uint64_t me = 1ull << c->id;

	if (!w->mm)
		return;			/* a kernel thread borrows whatever is loaded */
	sync(w);
	c->tlb_lazy = 0;
	if (c->active_mm == w->mm) {
		line_access(w, &w->mm->mask_line, LINE_READ);
		if (w->mm->cpu_vm_mask & me)
			return;		/* nobody made it leave: no flush at all */
		line_access(w, &w->mm->mask_line, LINE_ATOMIC);
		w->mm->cpu_vm_mask |= me;
		local_flush(w);
		return;
	}
	if (c->active_mm) {
		line_access(w, &c->active_mm->mask_line, LINE_ATOMIC);
		c->active_mm->cpu_vm_mask &= ~me;
	}
	line_access(w, &w->mm->mask_line, LINE_ATOMIC);
	c->active_mm = w->mm;
	w->mm->cpu_vm_mask |= me;
	local_flush(w);
}

/* One send-and-wait; the mask is not empty. */
static void flush_tlb_others(struct ctx *w, struct mm *mm, uint64_t mask, uint64_t va,
			     uint64_t start, uint64_t end)
{
	struct machine *m = w->m;
	int slot = w->cpu->id % (int)m->kc->flush_vectors;
	struct flush_state *f = &m->kernel->flush_state[slot];
	sim_time first;

	spin_lock(w, &f->lock);
	line_access(w, &f->mask_line, LINE_ATOMIC);
	f->mm = mm;
	f->va = va;
	f->mask = mask;
	tp(w, TP_FLUSH_BEGIN, (uint64_t)__builtin_popcountll(mask), mask);
	first = apic_send(w, mask, VECTOR_INVALIDATE + (unsigned)slot);
	mmu_notifier(w, mm, SITE_flush_tlb, POINT_flush_sent, start, end);
	sync(w);
	if (f->mask) {
		f->sender = w;
		spin_service(w, "TLB flush acknowledgements");
		f->sender = NULL;
	}
	BUG_ON(f->mask);
	f->mm = NULL;
	tp(w, TP_FLUSH_END, 0, 0);
	metric_count(&m->metrics, METRIC_ROUND, LABEL_PRIMARY, 1);
	metric_tally(&m->metrics, METRIC_ROUND_LATENCY, LABEL_PRIMARY, now_of(w) - first);
	spin_unlock(w, &f->lock);
}

/* @va: one page or TLB_FLUSH_ALL; @start, @end for the hook points. */
static void flush_tlb(struct ctx *w, struct mm *mm, uint64_t va, uint64_t start, uint64_t end)
{
	struct machine *m = w->m;
	uint64_t mask;

	BUG_ON(w->irqs_off);
	preempt_disable(w);
	metric_count(&m->metrics, METRIC_FLUSH_CALLS, LABEL_PRIMARY, 1);
	mmu_notifier(w, mm, SITE_flush_tlb, POINT_flush_enter, start, end);
	line_access(w, &mm->mask_line, LINE_READ);
	sync(w);
	mask = mm->cpu_vm_mask & ~(1ull << w->cpu->id);
	if (w->cpu->active_mm == mm) {
		if (w->mm)
			flush_va(w, va);
		else
			leave_mm(w);
	}
	mmu_notifier(w, mm, SITE_flush_tlb, POINT_flush_local, start, end);
	if (mask) {
		flush_tlb_others(w, mm, mask, va, start, end);
	} else {
		metric_count(&m->metrics, METRIC_ROUND_EMPTY, LABEL_PRIMARY, 1);
		tp(w, TP_FLUSH_EMPTY, 0, 0);
	}
	mmu_notifier(w, mm, SITE_flush_tlb, POINT_flush_acked, start, end);
	preempt_enable(w);
}

void flush_tlb_mm(struct ctx *w, struct mm *mm, uint64_t start, uint64_t end)
{
	flush_tlb(w, mm, TLB_FLUSH_ALL, start, end);
}

void flush_tlb_range(struct ctx *w, struct mm *mm, uint64_t start, uint64_t end)
{
	flush_tlb_mm(w, mm, start, end);
}

void flush_tlb_page(struct ctx *w, struct mm *mm, uint64_t va)
{
	flush_tlb(w, mm, va, va, va + 1);
}

/* smp_invalidate_interrupt */
static void invalidate_handler(struct ctx *w, unsigned vector)
{
	struct flush_state *f = &w->m->kernel->flush_state[vector - VECTOR_INVALIDATE];
	struct cpu *c = w->cpu;
	uint64_t me = 1ull << c->id;
	struct ctx *sender;

	charge(w, COST_FLUSH_HANDLER);
	line_access(w, &f->mask_line, LINE_READ);
	sync(w);
	if (!(f->mask & me))
		return;
	if (c->active_mm == f->mm) {
		if (c->tlb_lazy)
			leave_mm(w);
		else
			flush_va(w, f->va);
	}
	line_access(w, &f->mask_line, LINE_ATOMIC);
	sync(w);
	f->mask &= ~me;
	sender = f->sender;
	if (!f->mask && sender)
		spin_wake(sender, now_of(w) + line_transfer(w, c->id, sender->cpu->id));
}

void tlbflush_init(struct machine *m)
{
	int n = (int)m->kc->flush_vectors;
	struct flush_state *f = arena_alloc(m->arena, sizeof(*f) * (size_t)n);

	m->kernel->flush_state = f;
	m->vector_handler[VC_FLUSH] = invalidate_handler;
	for (int i = 0; i < n; i++) {
		spin_lock_init(m, &f[i].lock, LOCK_TLBSTATE);
		line_init(&f[i].mask_line);
	}
}
