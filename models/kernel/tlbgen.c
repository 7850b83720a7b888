/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * TLB generations (arch/x86/mm/tlb.c of 6.18); see tlbflush.h.
 *
 * mm->tlb_gen counts the flushes of an mm; ctxs[asid].tlb_gen says up to which
 * one this CPU has followed for what it keeps under that identifier.  So one
 * handler may absorb several requests, a request that comes late does nothing,
 * and a partial flush is allowed only if it is exactly the next one.  Loaded mm
 * and laziness are struct cpu's active_mm (NULL: init_mm) and tlb_lazy.
 *
 * Bits of the mask are set at a switch and cleared lazily: by the first flush
 * that reaches a CPU which runs something else, and to that end a flush asks
 * such CPUs at most once per second (trim).
 */
#include "models/kernel/kernel.h"
#include "models/kernel/tlbflush.h"
#include "sim/base/xassert.h"

static struct tlb_state *state_of(const struct cpu *c)
{
	return &c->m->kernel->pcpu[c->id].tlb_state;
}

/* inc_mm_tlb_gen, and what else the request says */
void tlbgen_new(struct ctx *w, struct flush_tlb_info *info)
{
	struct mm *mm = info->mm;

	line_access(w, &mm->gen_line, LINE_ATOMIC);
	sync(w);
	info->new_gen = ++mm->tlb_gen;
	info->trim = now_of(w) > mm->next_trim && (mm->cpu_vm_mask & ~(1ull << w->cpu->id));
	if (info->trim)
		mm->next_trim = now_of(w) + SEC(1);
}

/* should_flush_tlb: the sender looks at the target's lines */
int tlbgen_should_flush(struct ctx *w, int cpu, void *arg)
{
	const struct flush_tlb_info *info = arg;
	struct cpu *c = &w->m->cpu[cpu];
	struct tlb_state *t = state_of(c);

	line_access(w, &t->shared_line, LINE_READ);
	sync(w);
	if (c->tlb_lazy)
		return 0;
	line_access(w, &t->line, LINE_READ);
	sync(w);
	if (t->switching || !info->mm || c->active_mm == info->mm)
		return 1;
	return info->trim;
}

/* --- on a target --------------------------------------------------------------------- */

/* switch_mm(NULL, &init_mm): what is kept under the identifier stays there */
static void load_init_mm(struct ctx *w)
{
	struct tlb_state *t = state_of(w->cpu);

	line_access(w, &t->line, LINE_WRITE);
	charge(w, COST_CR3_LOAD);
	sync(w);
	w->cpu->active_mm = NULL;
	w->cpu->tlb_lazy = 0;
	tp(w, TP_LEAVE_MM, 0, 0);
}

static void clear_own_bit(struct ctx *w, struct mm *mm)
{
	line_access(w, &mm->mask_line, LINE_ATOMIC);
	mm->cpu_vm_mask &= ~(1ull << w->cpu->id);
}

void tlbgen_func(struct ctx *w, const struct flush_tlb_info *info)
{
	struct cpu *c = w->cpu;
	struct tlb_state *t = state_of(c);
	struct mm *mm = c->active_mm;
	uint64_t local, mm_gen;
	int partial;

	if (info->mm && info->mm != mm) {
		clear_own_bit(w, info->mm);
		return;
	}
	if (!mm)
		return;
	if (c->tlb_lazy) {
		load_init_mm(w);
		return;
	}
	local = t->ctxs[t->asid].tlb_gen;
	if (info->new_gen != TLB_GENERATION_INVALID && info->new_gen <= local)
		return;
	line_access(w, &mm->gen_line, LINE_READ);
	sync(w);
	mm_gen = mm->tlb_gen;
	if (mm_gen == local)
		return;
	partial = info->end != TLB_FLUSH_ALL && info->new_gen == local + 1 &&
		info->new_gen == mm_gen;
	if (partial)
		tlb_flush_pages_here(w, info->start, info->end);
	else
		tlb_flush_here(w);
	t->ctxs[t->asid].tlb_gen = mm_gen;
}

/* --- the scheduler's share -------------------------------------------------------------- */

void tlbgen_enter_lazy(struct ctx *w)
{
	struct cpu *c = w->cpu;

	if (!c->active_mm || c->tlb_lazy)
		return;
	line_access(w, &state_of(c)->shared_line, LINE_WRITE);
	sync(w);
	c->tlb_lazy = 1;
}

void tlbgen_leave_mm(struct ctx *w)
{
	if (w->cpu->active_mm)
		load_init_mm(w);
}

static void not_lazy(struct ctx *w)
{
	line_access(w, &state_of(w->cpu)->shared_line, LINE_WRITE);
	sync(w);
	w->cpu->tlb_lazy = 0;
}

/* Back to the mm that is loaded: only if it was lazy can it have missed a flush. */
static void same_mm(struct ctx *w, int was_lazy)
{
	struct tlb_state *t = state_of(w->cpu);
	struct mm *mm = w->mm;
	uint64_t mm_gen;

	if (!was_lazy)
		return;
	line_access(w, &mm->gen_line, LINE_READ);
	sync(w);
	mm_gen = mm->tlb_gen;
	if (t->ctxs[t->asid].tlb_gen == mm_gen)
		return;
	tlb_flush_here(w);
	t->ctxs[t->asid].tlb_gen = mm_gen;
}

/* choose_new_asid: does what is kept under it need a flush? */
static int choose_new_asid(struct ctx *w, const struct mm *next, uint64_t next_gen)
{
	struct tlb_state *t = state_of(w->cpu);

	if (!w->m->mc->tlb_pcid) {
		t->asid = 0;
		return 1;
	}
	for (uint32_t i = 0; i < TLB_CONTEXTS; i++) {
		if (t->ctxs[i].ctx_id != next->ctx_id)
			continue;
		t->asid = i;
		return t->ctxs[i].tlb_gen < next_gen;
	}
	t->asid = t->next_asid++ % TLB_CONTEXTS;
	return 1;
}

static void load_mm(struct ctx *w, struct mm *next)
{
	struct cpu *c = w->cpu;
	struct tlb_state *t = state_of(c);
	uint64_t gen;
	int flush;

	line_access(w, &t->line, LINE_WRITE);
	sync(w);
	t->switching = 1;
	line_access(w, &next->mask_line, LINE_READ);
	sync(w);
	if (!(next->cpu_vm_mask & (1ull << c->id))) {
		line_access(w, &next->mask_line, LINE_ATOMIC);
		sync(w);
		next->cpu_vm_mask |= 1ull << c->id;
	}
	line_access(w, &next->gen_line, LINE_READ);
	sync(w);
	gen = next->tlb_gen;
	flush = choose_new_asid(w, next, gen);
	if (c->tlb)
		tlb_select(c->tlb, t->asid);
	if (flush) {
		t->ctxs[t->asid].ctx_id = next->ctx_id;
		t->ctxs[t->asid].tlb_gen = gen;
		tlb_flush_here(w);
	} else {
		charge(w, COST_CR3_LOAD);	/* CR3_NOFLUSH */
		sync(w);
	}
	c->active_mm = next;
	t->switching = 0;
}

/* switch_mm_irqs_off; the bit in the mask of what was loaded stays */
void tlbgen_switch_mm(struct ctx *w)
{
	struct cpu *c = w->cpu;
	int was_lazy = c->tlb_lazy;

	local_irq_disable(w);
	if (was_lazy)
		not_lazy(w);
	if (c->active_mm == w->mm)
		same_mm(w, was_lazy);
	else
		load_mm(w, w->mm);
	local_irq_enable(w);
}
