/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Shootdown: requests, rounds by eight vectors or by cross-call; see tlbflush.h. */
#include "models/kernel/tlbflush.h"
#include "models/hw/apic.h"
#include "models/kernel/bau.h"
#include "models/kernel/kernel.h"
#include "models/kernel/mmu_notifier.h"
#include "sim/base/xassert.h"

enum { LABEL_PRIMARY };

static int by_generation(const struct machine *m)
{
	return m->kc->flush_lazy == LAZY_SKIP;
}

/* --- this CPU's TLB ------------------------------------------------------------ */

/* cr3 reload: everything non-global goes */
void tlb_flush_here(struct ctx *w)
{
	charge(w, COST_CR3_LOAD);
	sync(w);
	if (w->cpu->tlb)
		tlb_flush_all(w->cpu->tlb);
	tp(w, TP_FLUSH_LOCAL, 0, 0);
}

void tlb_flush_pages_here(struct ctx *w, uint64_t start, uint64_t end)
{
	for (uint64_t va = start; va < end; va++) {
		charge(w, COST_INVLPG);
		sync(w);
		if (w->cpu->tlb)
			tlb_flush_one(w->cpu->tlb, va);
		tp(w, TP_INVLPG, va, 0);
	}
}

static void flush_here(struct ctx *w, uint64_t start, uint64_t end)
{
	if (end == TLB_FLUSH_ALL)
		tlb_flush_here(w);
	else
		tlb_flush_pages_here(w, start, end);
}

void flush_tlb_local(struct ctx *w, uint64_t va)
{
	flush_here(w, va, va == TLB_FLUSH_ALL ? va : va + 1);
}

/* --- lazy CPUs, by the mask -------------------------------------------------------- */

/* Drop the lazily held mm: no further flush concerns this CPU. */
void leave_mm(struct ctx *w)
{
	struct cpu *c = w->cpu;

	if (by_generation(w->m)) {
		tlbgen_leave_mm(w);
		return;
	}
	line_access(w, &c->active_mm->mask_line, LINE_ATOMIC);
	c->active_mm->cpu_vm_mask &= ~(1ull << c->id);
	tp(w, TP_LEAVE_MM, 0, 0);
	tlb_flush_here(w);
}

void enter_lazy_tlb(struct ctx *w)
{
	if (by_generation(w->m))
		tlbgen_enter_lazy(w);
	else
		w->cpu->tlb_lazy = 1;
}

/* Back from lazy to the mm that is still loaded. */
static void switch_back(struct ctx *w)
{
	struct mm *mm = w->mm;
	uint64_t me = 1ull << w->cpu->id;

	line_access(w, &mm->mask_line, LINE_READ);
	if (mm->cpu_vm_mask & me)
		return;			/* nobody made it leave: no flush at all */
	line_access(w, &mm->mask_line, LINE_ATOMIC);
	mm->cpu_vm_mask |= me;
	tlb_flush_here(w);
}

void switch_mm(struct ctx *w)
{
	struct cpu *c = w->cpu;
	uint64_t me = 1ull << c->id;

	if (!w->mm)
		return;			/* a kernel thread borrows whatever is loaded */
	sync(w);
	if (by_generation(w->m)) {
		tlbgen_switch_mm(w);
		return;
	}
	c->tlb_lazy = 0;
	if (c->active_mm == w->mm) {
		switch_back(w);
		return;
	}
	if (c->active_mm) {
		line_access(w, &c->active_mm->mask_line, LINE_ATOMIC);
		c->active_mm->cpu_vm_mask &= ~me;
	}
	line_access(w, &w->mm->mask_line, LINE_ATOMIC);
	c->active_mm = w->mm;
	w->mm->cpu_vm_mask |= me;
	tlb_flush_here(w);
}

void tlb_start_with(struct cpu *c, struct mm *mm)
{
	struct tlb_state *t = &c->m->kernel->pcpu[c->id].tlb_state;

	c->active_mm = mm;
	mm->cpu_vm_mask |= 1ull << c->id;
	t->ctxs[t->asid].ctx_id = mm->ctx_id;
	t->ctxs[t->asid].tlb_gen = mm->tlb_gen;
}

/* --- a round by vectors --------------------------------------------------------------- */

/* One send-and-wait; the mask is not empty. */
static sim_time flush_by_vector(struct ctx *w, const struct flush_tlb_info *info, uint64_t mask)
{
	struct machine *m = w->m;
	int slot = w->cpu->id % (int)m->kc->flush_vectors;
	struct flush_state *f = &m->kernel->flush_state[slot];
	sim_time first;

	spin_lock(w, &f->lock);
	line_access(w, &f->mask_line, LINE_ATOMIC);
	f->mm = info->mm;
	f->va = info->end == TLB_FLUSH_ALL ? TLB_FLUSH_ALL : info->start;
	f->mask = mask;
	tp(w, TP_FLUSH_BEGIN, (uint64_t)__builtin_popcountll(mask), mask);
	first = apic_send(w, mask, VECTOR_INVALIDATE + (unsigned)slot);
	mmu_notifier(w, info->mm, SITE_flush_tlb, POINT_flush_sent, info->name_start, info->name_end);
	sync(w);
	if (f->mask) {
		f->sender = w;
		spin_service(w, "TLB flush acknowledgements");
		f->sender = NULL;
	}
	BUG_ON(f->mask);
	f->mm = NULL;
	return first;
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
			flush_here(w, f->va, f->va == TLB_FLUSH_ALL ? f->va : f->va + 1);
	}
	line_access(w, &f->mask_line, LINE_ATOMIC);
	sync(w);
	f->mask &= ~me;
	sender = f->sender;
	if (!f->mask && sender)
		spin_wake(sender, now_of(w) + line_transfer(w, c->id, sender->cpu->id));
}

/* --- a round by cross-call --------------------------------------------------------------- */

void flush_tlb_func(struct ctx *w, void *arg)
{
	const struct flush_tlb_info *info = arg;
	struct cpu *c = w->cpu;

	charge(w, COST_FLUSH_FUNC);
	sync(w);
	if (by_generation(w->m)) {
		tlbgen_func(w, info);
		return;
	}
	if (!info->mm)
		tlb_flush_here(w);
	else if (c->active_mm != info->mm)
		return;
	else if (c->tlb_lazy || (!w->is_irq && !w->mm))
		leave_mm(w);
	else
		flush_here(w, info->start, info->end);
}

static void flush_local(struct ctx *w, struct flush_tlb_info *info)
{
	if (w->cpu->active_mm == info->mm || !info->mm) {
		local_irq_disable(w);
		flush_tlb_func(w, info);
		local_irq_enable(w);
	}
	if (info->mm)
		mmu_notifier(w, info->mm, SITE_flush_tlb, POINT_flush_local, info->name_start,
			     info->name_end);
}

static void sent(struct ctx *w, void *arg, uint64_t called)
{
	struct flush_tlb_info *info = arg;

	info->called = called;
	if (called)
		tp(w, TP_FLUSH_BEGIN, (uint64_t)__builtin_popcountll(called), called);
	if (called && info->mm)
		mmu_notifier(w, info->mm, SITE_flush_tlb, POINT_flush_sent, info->name_start,
			     info->name_end);
}

static void sent_then_local(struct ctx *w, void *arg, uint64_t called)
{
	struct flush_tlb_info *info = arg;

	sent(w, info, called);
	if (info->freed_tables || !by_generation(w->m) ||
	    tlbgen_should_flush(w, w->cpu->id, info))
		flush_local(w, info);
}

static void round_done(struct ctx *w, sim_time first)
{
	struct metrics *x = &w->m->metrics;

	w->rounds++;
	tp(w, TP_FLUSH_END, 0, 0);
	metric_count(x, METRIC_ROUND, LABEL_PRIMARY, 1);
	metric_tally(x, METRIC_ROUND_LATENCY, LABEL_PRIMARY, now_of(w) - first);
}

static void round_empty(struct ctx *w)
{
	metric_count(&w->m->metrics, METRIC_ROUND_EMPTY, LABEL_PRIMARY, 1);
	tp(w, TP_FLUSH_EMPTY, 0, 0);
}

void flush_tlb_multi(struct ctx *w, struct flush_tlb_info *info, uint64_t mask, int here)
{
	int all = info->freed_tables || !by_generation(w->m);
	struct smp_call call = {
		.fn = flush_tlb_func, .arg = info, .arg_line = &info->line, .purpose = VC_FLUSH,
		.cond = all ? NULL : tlbgen_should_flush,
		.ack_early = w->m->kc->flush_ack == ACK_EARLY && !info->freed_tables,
		.meanwhile = here ? sent_then_local : sent,
	};
	sim_time first = smp_call_function_many_cond(w, mask, &call);

	sync(w);
	if (info->called)
		round_done(w, first);
	else
		round_empty(w);
}

/* --- requests ---------------------------------------------------------------------------- */

static void flush_tlb_others(struct ctx *w, struct flush_tlb_info *info, uint64_t mask, int here)
{
	struct flush_state *f;
	sim_time first;

	if (w->m->mc->flush == FLUSH_BY_BAU) {
		mask = bau_flush_others(w, info, mask);
		if (!mask)
			return;
	}
	if (w->m->kc->ipi_kind == IPI_CSD) {
		flush_tlb_multi(w, info, mask, here);
		return;
	}
	first = flush_by_vector(w, info, mask);
	round_done(w, first);
	f = &w->m->kernel->flush_state[w->cpu->id % (int)w->m->kc->flush_vectors];
	spin_unlock(w, &f->lock);
}

/* The vectors' sender flushes itself first, with interrupts as they are. */
static void flush_own_first(struct ctx *w, const struct flush_tlb_info *info)
{
	if (w->cpu->active_mm == info->mm) {
		if (w->mm)
			flush_here(w, info->start, info->end);
		else
			leave_mm(w);
	}
	mmu_notifier(w, info->mm, SITE_flush_tlb, POINT_flush_local, info->name_start,
		     info->name_end);
}

static void flush_tlb(struct ctx *w, struct flush_tlb_info *info)
{
	struct machine *m = w->m;
	struct mm *mm = info->mm;
	int csd = m->kc->ipi_kind == IPI_CSD, here;
	uint64_t mask;

	metric_count(&m->metrics, METRIC_FLUSH_CALLS, LABEL_PRIMARY, 1);
	mmu_notifier(w, mm, SITE_flush_tlb, POINT_flush_enter, info->name_start, info->name_end);
	if (csd) {
		charge(w, COST_FLUSH_CALL);
		if (by_generation(m))
			tlbgen_new(w, info);
	}
	line_access(w, &mm->mask_line, LINE_READ);
	sync(w);
	mask = mm->cpu_vm_mask & ~(1ull << w->cpu->id);
	here = csd && m->kc->flush_local == LOCAL_CONCURRENT && mask;
	if (!csd)
		flush_own_first(w, info);
	else if (!here)
		flush_local(w, info);
	if (mask)
		flush_tlb_others(w, info, mask, here);
	else
		round_empty(w);
	mmu_notifier(w, mm, SITE_flush_tlb, POINT_flush_acked, info->name_start, info->name_end);
}

static void request(struct ctx *w, struct mm *mm, uint64_t start, uint64_t end, int whole,
		    int freed_tables)
{
	struct flush_tlb_info *info;
	sim_time begin;

	BUG_ON(w->irqs_off);
	preempt_disable(w);
	begin = now_of(w) + w->debt;
	info = &w->m->kernel->pcpu[w->cpu->id].tlb_state.info;
	info->mm = mm;
	info->name_start = start;
	info->name_end = end;
	info->start = whole ? 0 : start;
	info->end = whole ? TLB_FLUSH_ALL : end;
	info->freed_tables = freed_tables;
	flush_tlb(w, info);
	metric_tally(&w->m->metrics, METRIC_FLUSH_TIME, 0, now_of(w) + w->debt - begin);
	preempt_enable(w);
}

void flush_tlb_mm(struct ctx *w, struct mm *mm, uint64_t start, uint64_t end)
{
	request(w, mm, start, end, 1, 0);
}

void flush_tlb_mm_range(struct ctx *w, struct mm *mm, uint64_t start, uint64_t end,
			int freed_tables)
{
	request(w, mm, start, end, end - start > (uint64_t)w->m->kc->flush_ceiling, freed_tables);
}

void flush_tlb_range(struct ctx *w, struct mm *mm, uint64_t start, uint64_t end)
{
	flush_tlb_mm_range(w, mm, start, end, 0);
}

void flush_tlb_page(struct ctx *w, struct mm *mm, uint64_t va)
{
	request(w, mm, va, va + 1, 0, 0);
}

/* --- everything ------------------------------------------------------------------------------ */

/* do_flush_tlb_all: global entries too; the reload is charged as that of cr3 */
static void flush_all_here(struct ctx *w, void *arg)
{
	(void)arg;
	if (w->cpu->tlb_lazy && w->cpu->active_mm)
		leave_mm(w);
	else
		tlb_flush_here(w);
}

void flush_tlb_all(struct ctx *w)
{
	uint64_t all = w->m->nr_cpus == MAX_CPUS ? ~0ull : (1ull << w->m->nr_cpus) - 1;

	BUG_ON(w->irqs_off);
	preempt_disable(w);
	if (w->m->nr_cpus > 1)
		smp_call_function_many(w, all & ~(1ull << w->cpu->id), flush_all_here, NULL);
	flush_all_here(w, NULL);
	preempt_enable(w);
}

/* --- construction ---------------------------------------------------------------------------- */

void tlbflush_mm_init(struct machine *m, struct mm *mm)
{
	line_init(&mm->gen_line);
	line_init(&mm->batch_line);
	mm->ctx_id = ++m->kernel->last_ctx_id;
	mm->tlb_gen = 1;
	mm->next_trim = m->sim.now + SEC(1);
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
	for (int i = 0; i < m->nr_cpus; i++) {
		struct tlb_state *t = &m->kernel->pcpu[i].tlb_state;

		t->next_asid = 1;	/* 0 is in use from the start */
		line_init(&t->line);
		line_init(&t->shared_line);
		line_init(&t->info.line);
	}
}
