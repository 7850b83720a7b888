/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Contexts at work: debts, stretches of work, spinning, guest mode, sleep.
 * Interrupt delivery is in irq.c; see cpu.h for the rules of both.
 */
#include "models/hw/cpu.h"
#include "models/hw/irq.h"
#include "sim/base/xassert.h"

/* Keyed draws: value = f(seed, replication, context, work item, cost, nth). */
sim_time cost_draw(struct ctx *w, enum cost_id id)
{
	const struct machine *m = w->m;
	sim_time base = m->mc->cost[id];
	uint64_t u;

	if (!m->jitter_table || !base)
		return base;
	u = rng_keyed(w->stream, w->item, m->cost_stream[id] | w->nth[id]++);
	return (base * (sim_time)m->jitter_table[u >> 54]) >> 16;
}

void ctx_init(struct ctx *w, struct machine *m, const char *name)
{
	memset(w, 0, sizeof(*w));
	w->m = m;
	w->name = name;
	w->id = m->next_id++;
	w->state = CTX_SLEEPING;
	w->class = TIME_SYSTEM;
	w->wake_at = TIME_NEVER;
	w->timer_slot = SLOT_NONE;
	w->stream = hash_mix(hash_mix(hash_str(name, 0), (uint64_t)m->cfg->seed),
			     m->replication);
}

void ctx_next_item(struct ctx *w)
{
	w->item++;
	memset(w->nth, 0, sizeof(w->nth));
}

void ctx_start(struct ctx *w, struct cpu *c, void (*fn)(void *arg), void *arg)
{
	w->cpu = c;
	w->coro = sim_coro(&w->m->sim, w->name, fn, arg);
}

/* --- accounting ------------------------------------------------------- */

void cpu_class(struct cpu *c, enum time_class class)
{
	sim_time now = c->m->sim.now;

	c->time[c->class] += now - c->class_since;
	c->class_since = now;
	c->idle_transitions += (c->class == TIME_IDLE) != (class == TIME_IDLE);
	c->class = class;
}

sim_time cpu_class_time(struct cpu *c, enum time_class class)
{
	cpu_class(c, c->class);
	return c->time[class];
}

/* --- work --------------------------------------------------------------- */

static void take_pending(struct ctx *w)
{
	if (!w->irqs_off && irq_pending(w->cpu))
		irq_take(w);
}

void cpu_preempted(struct ctx *w)
{
	sim_time debt = w->debt;

	w->must_resched = 0;
	w->state = CTX_READY;
	w->debt = 0;
	w->m->ops->preempt(w);
	w->debt = debt;
}

/* The stretch of work ended early, for others to have the CPU: give it, then do the rest. */
static void work_after_others(struct ctx *w)
{
	struct sim *s = &w->m->sim;

	do {
		sim_time left = w->remaining;

		cpu_preempted(w);
		take_pending(w);
		w->state = CTX_WORKING;
		sim_hold(s, w->cpu->slot, left);
	} while (w->must_resched);
}

void cpu_work(struct ctx *w, sim_time d)
{
	struct sim *s = &w->m->sim;
	sim_time start, stolen;

	if (d <= 0)
		return;
	take_pending(w);
	start = s->now;
	stolen = w->stolen;
	w->state = CTX_WORKING;
	sim_hold(s, w->cpu->slot, d);
	if (sim_unlikely(w->must_resched))
		work_after_others(w);
	w->state = CTX_READY;
	w->worked += d;
	BUG_ON(s->now - start != d + w->stolen - stolen);
}

void sync_slow(struct ctx *w)
{
	sim_time d = w->debt;

	w->debt = 0;
	cpu_work(w, d);
}

sim_time guest_run(struct ctx *w, sim_time d)
{
	struct sim *s = &w->m->sim;
	sim_time start = s->now;

	if (irq_pending(w->cpu))
		return d;
	w->state = CTX_GUEST;
	sim_at(s, w->cpu->slot, start + d);
	sim_block(s);
	w->state = CTX_READY;
	w->worked += s->now - start;
	return d - (s->now - start);
}

/* --- busy waiting ----------------------------------------------------------- */

void spin_wait(struct ctx *w, const char *what, struct ctx *holder)
{
	struct sim *s = &w->m->sim;
	enum time_class class = w->class;

	ctx_class(w, TIME_SPIN);
	w->coro->waits_for = what;	/* before an interrupt: the holder may change in it */
	w->coro->held_by = holder ? holder->coro : NULL;
	take_pending(w);
	for (;;) {
		w->coro->waits_for = what;
		w->state = CTX_SPINNING;
		if (w->wake_at != TIME_NEVER)
			sim_at(s, w->cpu->slot, w->wake_at > s->now ? w->wake_at : s->now);
		sim_block(s);
		if (sim_likely(!w->must_resched))
			break;
		cpu_preempted(w);	/* a user who polls a device */
	}
	w->coro->waits_for = NULL;
	w->coro->held_by = NULL;
	w->state = CTX_READY;
	ctx_class(w, class);
}

void spin_service(struct ctx *w, const char *what)
{
	sim_time start = now_of(w), stolen = w->stolen;

	w->wake_at = TIME_NEVER;
	spin_wait(w, what, NULL);
	w->wake_at = TIME_NEVER;
	w->worked += now_of(w) - start - (w->stolen - stolen);
}

void spin_wake(struct ctx *w, sim_time at)
{
	struct sim *s = &w->m->sim;

	w->wake_at = at;
	if (w->state == CTX_SPINNING && w->cpu->top == w)
		sim_at(s, w->cpu->slot, at > s->now ? at : s->now);
}

/* --- preemption ----------------------------------------------------------------- */

void preempt_check(struct ctx *w)
{
	if (w->m->kc->preempt == PREEMPT_FULL && !w->irqs_off && !w->is_irq) {
		sync(w);
		cpu_preempted(w);
	}
}

/* --- sleeping ------------------------------------------------------------------ */

static void resume(struct cpu *c, struct ctx *next)
{
	struct sim *s = &c->m->sim;

	next->state = CTX_READY;
	c->top = c->curr = c->task = next;
	sim_slot_bind(s, c->slot, next->coro);
	cpu_class(c, next->class);
	tp(next, TP_SWITCH_IN, next->id, 0);
	if (sim_unlikely(c->busy_until > s->now))
		sim_at(s, c->slot, c->busy_until);
	else
		sim_ready(s, next->coro);
}

/* Nobody has the CPU. */
static void idle(struct cpu *c, struct ctx *w)
{
	c->top = c->curr = NULL;
	cpu_class(c, TIME_IDLE);
	tp(w, TP_IDLE, 0, 0);
	c->m->ops->idle_enter(c);
	if (irq_pending(c))
		irq_deliver(c);
}

static void hand_over(struct ctx *w, struct ctx *next)
{
	BUG_ON(w->debt || w->cpu->top != w);
	if (next)
		resume(w->cpu, next);
	else
		idle(w->cpu, w);
}

void cpu_switch(struct ctx *w, struct ctx *next, const char *what, struct ctx *holder)
{
	w->state = CTX_SLEEPING;
	hand_over(w, next);
	w->coro->waits_for = what;
	w->coro->held_by = holder ? holder->coro : NULL;
	sim_block(&w->m->sim);
	w->coro->waits_for = NULL;
	w->coro->held_by = NULL;
}

void cpu_leave(struct ctx *w, struct ctx *next)
{
	struct cpu *c = w->cpu;

	w->state = CTX_DONE;
	if (next) {
		resume(c, next);
		return;
	}
	c->top = c->curr = c->task = NULL;
	cpu_class(c, TIME_IDLE);
	c->m->ops->idle_enter(c);
	if (irq_pending(c))
		irq_deliver(c);
}

void cpu_wake_idle(struct cpu *c, sim_time latency)
{
	sim_time awake = c->m->sim.now + latency;

	if (!c->top && latency && c->busy_until < awake)
		c->busy_until = awake;
	cpu_reschedule_idle(c);
}

void cpu_reschedule_idle(struct cpu *c)
{
	struct ctx *next;

	if (c->top)
		return;
	next = c->m->ops->pick(c);
	if (!next)
		return;
	c->m->ops->idle_exit(c);
	resume(c, next);
}
