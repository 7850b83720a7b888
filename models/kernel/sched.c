/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sleep and wake-up with one thread per CPU; see sched.h. */
#include "models/kernel/sched.h"
#include "models/hw/apic.h"
#include "models/hw/irq.h"
#include "models/kernel/kernel.h"
#include "models/kernel/tlbflush.h"
#include "sim/base/xassert.h"

void schedule(struct ctx *w, const char *what, struct ctx *holder)
{
	BUG_ON(w->is_irq || w->spinlocks || w->preempt_count || w->irqs_off);
	w->blocker = holder;
	charge(w, COST_CONTEXT_SWITCH);
	enter_lazy_tlb(w);
	sync(w);
	cpu_block(w, what, w->blocker);
	w->blocker = NULL;
	charge(w, COST_CONTEXT_SWITCH);
	switch_mm(w);
	sync(w);
}

/* The task's CPU is idle, or an interrupt handler runs on top of idle. */
static int sleeps(const struct ctx *task)
{
	return task->state == CTX_SLEEPING;
}

void wake_up_process(struct ctx *w, struct ctx *task)
{
	struct cpu *c = task->cpu;

	charge(w, COST_WAKE_UP);
	line_access(w, &w->m->kernel->pcpu[c->id].runqueue, LINE_ATOMIC);
	sync(w);
	tp(w, TP_WAKE, task->id, 0);
	task->runnable = 1;
	if (!sleeps(task) || c == w->cpu || c->top)
		return;			/* it sees the flag itself, or the handler's return does */
	if (w->m->mc->idle_polls) {
		w->debt += line_transfer(w, w->cpu->id, c->id);
		sync(w);
		cpu_reschedule_idle(c);
	} else {
		apic_send(w, 1ull << c->id, VECTOR_RESCHEDULE);
	}
}

void cond_resched(struct ctx *w)
{
	charge(w, COST_PREEMPT_CHECK);
}

void might_sleep(struct ctx *w)
{
	if ((w->is_irq || w->spinlocks || w->preempt_count || w->irqs_off || w->rcu_nesting) &&
	    w->m->hooks.might_sleep)
		w->m->hooks.might_sleep(w);
}

static void timer_due(struct sim *s, void *arg)
{
	struct ctx *w = arg;

	irq_send(w->cpu, VECTOR_TIMER, s->now);
}

static void timer_handler(struct ctx *w, unsigned vector)
{
	struct ctx *task = w->cpu->task;

	(void)vector;
	charge(w, COST_WAKE_UP);
	sync(w);
	if (task && task->timer_armed)
		task->runnable = 1;	/* it may still be on its way to sleep */
}

void schedule_timeout_woken(struct ctx *w, sim_time d, const int *woken)
{
	struct sim *s = &w->m->sim;
	sim_time end;

	sync(w);
	end = s->now + d;
	if (w->timer_slot == SLOT_NONE) {
		w->timer_slot = sim_slot_new(s, PRIO_NORMAL);
		sim_slot_call(s, w->timer_slot, timer_due, w);
	}
	w->timer_armed = 1;
	while (s->now < end && !*woken) {
		sim_at(s, w->timer_slot, end);
		schedule(w, "a timer", NULL);
	}
	w->timer_armed = 0;
	sim_cancel(s, w->timer_slot);
}

void schedule_timeout(struct ctx *w, sim_time d)
{
	static const int never;

	schedule_timeout_woken(w, d, &never);
}

void sched_first_run(struct ctx *w)
{
	struct cpu *c = w->cpu;

	if (w->mm) {
		tlb_start_with(c, w->mm);
		c->tlb_lazy = 0;
	}
}

void sched_exit(struct ctx *w)
{
	struct cpu *c = w->cpu;

	BUG_ON(w->spinlocks || w->preempt_count || w->irqs_off);
	charge(w, COST_CONTEXT_SWITCH);
	enter_lazy_tlb(w);
	sync(w);
	w->state = CTX_DONE;
	c->top = NULL;
	c->task = NULL;
	cpu_class(c, TIME_IDLE);
	if (irq_pending(c))
		irq_deliver(c);
}

void sched_init(struct machine *m)
{
	m->vector_handler[VC_TIMER] = timer_handler;
	/* VC_RESCHEDULE: the acknowledgement is all; returning to idle does the rest */
}
