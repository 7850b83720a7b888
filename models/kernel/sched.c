/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Switching threads, start and end, preemption; see sched.h.  Wake-ups: wakeup.c. */
#include "models/kernel/sched.h"
#include "models/hw/irq.h"
#include "models/kernel/idle.h"
#include "models/kernel/kernel.h"
#include "models/kernel/osq.h"
#include "models/kernel/rcu.h"
#include "models/kernel/softirq.h"
#include "models/kernel/stall.h"
#include "models/kernel/tlbflush.h"
#include "sim/base/xassert.h"

struct rq *rq_of(const struct cpu *c)
{
	return &c->m->kernel->pcpu[c->id].rq;
}

int idle_cpu(const struct cpu *c)
{
	return !rq_of(c)->curr;
}

/* --- switching -------------------------------------------------------------------- */

/*
 * The second half of schedule(), on the thread that was switched to.  From another
 * thread it has the lock; from idle it takes it, and pays for the switch.
 */
static void finish_task_switch(struct ctx *w)
{
	struct rq *rq = rq_of(w->cpu);

	if (rq->lock.owner != w) {
		spin_lock_irqsave(w, &rq->lock);
		charge(w, COST_CONTEXT_SWITCH);
	}
	switch_mm(w);
	sync(w);
	spin_unlock_irqrestore(w, &rq->lock);
	sync(w);
}

/* The run-queue lock, interrupts off, changes hands with the CPU. */
static void pass_lock(struct rq *rq, struct ctx *from, struct ctx *to)
{
	rq->lock.owner = to;
	from->spinlocks--;
	from->preempt_count--;
	from->irqs_off--;
	to->spinlocks++;
	to->preempt_count++;
	to->irqs_off++;
}

/* Going idle: drop the lock; who was woken meanwhile runs at once. */
static struct ctx *unlock_for_idle(struct ctx *w, struct rq *rq)
{
	spin_unlock_irqrestore(w, &rq->lock);
	sync(w);
	if (!rq->nr_running)
		idle_prepare(w);
	return pick_next_task(rq);
}

/* Pick, with the lock held; a thread that shall run instead of @w, or NULL: idle. */
static struct ctx *pick(struct ctx *w, struct rq *rq, int sleeps)
{
	struct ctx *next;

	w->cpu->need_resched = 0;
	stall_of_cpu(w);
	put_prev_task(rq, w, sleeps);
	next = pick_next_task(rq);
	if (next == w)
		return w;
	charge(w, COST_CONTEXT_SWITCH);
	if (!next || !next->mm)
		enter_lazy_tlb(w);
	sync(w);
	if (next)
		pass_lock(rq, w, next);
	else
		next = unlock_for_idle(w, rq);
	return next;
}

static void switch_away(struct ctx *w, int sleeps, const char *what)
{
	struct rq *rq = rq_of(w->cpu);
	struct ctx *next;
	int woken;

	w->preempt_count++;		/* to the end: no preemption inside */
	rcu_note_context_switch(w->cpu);
	spin_lock_irqsave(w, &rq->lock);
	sync(w);
	woken = w->woken;
	if (sleeps)
		w->woken = 0;
	next = pick(w, rq, sleeps && !woken);
	if (next == w && rq->lock.owner == w) {
		spin_unlock_irqrestore(w, &rq->lock);
		sync(w);
	} else {
		if (sim_unlikely(w->spun_on))
			owner_leaves_cpu(w);
		if (next != w)
			cpu_switch(w, next, what, sleeps ? w->blocker : next);
		finish_task_switch(w);
	}
	w->preempt_count--;
}

/* --- preemption ---------------------------------------------------------------------- */

/* preempt_schedule(), preempt_schedule_irq(), retint_careful: it stays runnable. */
static void preempt(struct ctx *w)
{
	sim_time start = now_of(w), stolen = w->stolen, worked = w->worked;
	enum time_class class = w->class;
	struct account_span waits;

	account_span_begin(w, &waits);
	ctx_class(w, TIME_SYSTEM);
	while (w->cpu->need_resched)
		switch_away(w, 0, "a CPU");
	ctx_class(w, class);
	account_span_drop(w, &waits);	/* for the run queue's lock, say */
	w->worked = worked;
	w->stolen = stolen + (now_of(w) - start);
	w->preempted += now_of(w) - start;
}

void resched_if_needed(struct ctx *w)
{
	if (sim_unlikely(w->cpu->need_resched)) {
		sync(w);
		preempt(w);
	}
}

void schedule(struct ctx *w, const char *what, struct ctx *holder)
{
	BUG_ON(w->is_irq);
	BUG_ON((w->spinlocks || w->preempt_count || w->irqs_off) && !w->m->hooks.might_sleep);
	w->blocker = holder;
	sync(w);
	switch_away(w, 1, what);
	w->blocker = NULL;
	resched_if_needed(w);		/* need_resched: goto again */
}

void cond_resched(struct ctx *w)
{
	charge(w, COST_PREEMPT_CHECK);
	if (w->cpu->need_resched)
		resched_if_needed(w);
	else
		rcu_all_qs(w);
}

void might_sleep(struct ctx *w)
{
	if ((w->is_irq || w->spinlocks || w->preempt_count || w->irqs_off || w->rcu_nesting) &&
	    w->m->hooks.might_sleep)
		w->m->hooks.might_sleep(w);
	else if (w->m->kc->preempt != PREEMPT_NONE)	/* might_resched() */
		resched_if_needed(w);
}

/* --- start and end ----------------------------------------------------------------------- */

struct cpu *sched_emptiest_cpu(struct machine *m)
{
	struct cpu *best = &m->cpu[0];

	for (int i = 1; i < m->nr_cpus; i++)
		if (rq_of(&m->cpu[i])->nr_threads < rq_of(best)->nr_threads)
			best = &m->cpu[i];
	return best;
}

void sched_activate(struct ctx *w)
{
	struct rq *rq = rq_of(w->cpu);

	rq->nr_threads++;
	enqueue_task(rq, w, ENQUEUE_NEW);
	if (!w->cpu->curr)
		cpu_reschedule_idle(w->cpu);
}

void sched_start(struct ctx *w, struct cpu *c, int pinned, void (*fn)(void *arg), void *arg)
{
	ctx_start(w, c, fn, arg);
	w->pinned = pinned;
	sched_activate(w);
}

/* From idle its address space is there, at no cost: as if it had been running. */
void sched_first_run(struct ctx *w)
{
	struct cpu *c = w->cpu;

	if (rq_of(c)->lock.owner == w) {
		finish_task_switch(w);
	} else if (w->mm) {
		tlb_start_with(c, w->mm);
		c->tlb_lazy = 0;
	}
}

void sched_exit(struct ctx *w)
{
	struct rq *rq = rq_of(w->cpu);

	BUG_ON(w->spinlocks || w->preempt_count || w->irqs_off);
	ctx_class(w, TIME_SYSTEM);
	sync(w);
	w->preempt_count++;
	w->exited = 1;
	rcu_note_context_switch(w->cpu);
	spin_lock_irqsave(w, &rq->lock);
	sync(w);
	cpu_leave(w, pick(w, rq, 1));
}

/* --- for the hardware ---------------------------------------------------------------------- */

static struct ctx *pick_for_idle(struct cpu *c)
{
	c->need_resched = 0;
	return pick_next_task(rq_of(c));
}

static int has_runnable(const struct cpu *c)
{
	return rq_of(c)->nr_running > 0;
}

static const struct cpu_ops ops = {
	.pick = pick_for_idle,
	.preempt = preempt,
	.softirqs = do_softirq,
	.busy = has_runnable,
	.idle_prepare = idle_prepare,
	.idle_latency = idle_latency,
	.idle_enter = idle_enter,
	.idle_interrupt = idle_interrupt,
	.idle_exit = idle_exit,
};

void sched_init(struct machine *m)
{
	m->ops = &ops;
	for (int i = 0; i < m->nr_cpus; i++) {
		struct rq *rq = rq_of(&m->cpu[i]);

		spin_lock_init(m, &rq->lock, LOCK_RUNQUEUE);
		rq->cpu = &m->cpu[i];
	}
	fair_init(m);
	/* VC_RESCHEDULE: the acknowledgement is all; the return of the interrupt does the rest */
}
