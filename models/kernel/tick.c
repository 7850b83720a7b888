/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ticks and their stop in idle; see tick.h.  Timers: timer.c. */
#include "models/kernel/tick.h"
#include "models/kernel/idle.h"
#include "models/kernel/kernel.h"
#include "models/kernel/kthread.h"
#include "models/kernel/rcu.h"
#include "models/kernel/sched.h"
#include "models/kernel/softirq.h"
#include "sim/base/xassert.h"

static struct tick *tick_of(const struct cpu *c)
{
	return &c->m->kernel->pcpu[c->id].tick;
}

sim_time tick_period(const struct machine *m)
{
	return SEC(1) / m->kc->hz;
}

uint64_t jiffies(const struct machine *m)
{
	sim_time since = m->sim.now - m->kernel->tick_start;

	return since < 0 ? 0 : (uint64_t)(since / tick_period(m)) + 1;
}

/* This CPU's first instant at which jiffies has reached @expires, after now. */
static sim_time instant_of(const struct cpu *c, uint64_t expires)
{
	sim_time period = tick_period(c->m), first = c->m->kernel->tick_start + tick_of(c)->phase;
	sim_time at = first + (sim_time)(expires ? expires - 1 : 0) * period;

	if (at <= c->m->sim.now)
		at = first + ((c->m->sim.now - first) / period + 1) * period;
	return at;
}

/* The next instant of its grid after now. */
static sim_time next_instant(const struct cpu *c)
{
	return instant_of(c, 0);
}

/* --- the tick ------------------------------------------------------------------- */

/* What needs code on the CPU; the rest is accounting. */
static int has_work(struct cpu *c)
{
	struct tick *t = tick_of(c);

	return timers_due(c) || rcu_pending(c) || watchdog_due(c) ||
		(task_tick(rq_of(c)) && !c->need_resched) || t->due;
}

static sim_time tick_cost(struct cpu *c)
{
	struct ctx *w = &c->irq;
	sim_time d = 0;

	ctx_next_item(w);
	if (!c->top)
		d = idle_latency(c);
	return d + cost_draw(w, COST_IRQ_ENTRY) + cost_draw(w, COST_TICK) +
		cost_draw(w, COST_IRQ_RETURN);
}

static void tick_due(struct sim *s, void *arg)
{
	struct cpu *c = arg;
	struct tick *t = tick_of(c);

	if (!t->stopped)
		sim_at(s, t->slot, next_instant(c));
	if (!has_work(c) && c->busy_until <= s->now && cpu_steal(c, tick_cost(c))) {
		tp(&c->irq, TP_TICK, 0, 0);
		if (!c->top) {
			idle_interrupt(c);
			idle_enter(c);
		}
		return;
	}
	t->due = 1;
	irq_send(c, VECTOR_TIMER, s->now);
}

/* update_process_times and scheduler_tick; the interrupted context decides who was hit. */
static void tick_handler(struct ctx *w)
{
	struct cpu *c = w->cpu;
	struct rq *rq = rq_of(c);
	int user = w->below && !w->below->is_irq && w->below->class == TIME_USER;

	charge(w, COST_TICK);
	sync(w);
	tp(w, TP_TICK, 0, 0);
	if (timers_due(c))
		raise_softirq(c, TIMER_SOFTIRQ);
	if (rcu_pending(c))
		rcu_check_callbacks(w, user, !w->below);
	spin_lock(w, &rq->lock);
	sync(w);
	if (task_tick(rq))
		c->need_resched = 1;
	spin_unlock(w, &rq->lock);
	if (watchdog_due(c))
		wake_up_watchdog(w);
}

/* smp_apic_timer_interrupt: exact timers and the tick share the vector */
static void timer_interrupt(struct ctx *w, unsigned vector)
{
	struct tick *t = tick_of(w->cpu);

	(void)vector;
	run_hrtimers(w);
	if (t->due) {
		t->due = 0;
		tick_handler(w);
	}
}

/* --- tickless idle ------------------------------------------------------------------ */

/* When jiffies reaches @j: a stopped tick is counted from the last update of jiffies,
 * not on the CPU's own grid, so interrupts in idle cannot push it off. */
static sim_time jiffy_start(const struct machine *m, uint64_t j)
{
	return m->kernel->tick_start + (sim_time)(j - 1) * tick_period(m);
}

/*
 * tick_nohz_stop_sched_tick(): when the CPU goes idle, and again after each
 * interrupt in idle.
 */
static uint64_t ticks_to_skip(const struct cpu *c)
{
	uint64_t now = jiffies(c->m), next = next_timer(c);

	if (c->softirq_pending)
		return 0;
	if (rcu_needs_cpu((struct cpu *)c))
		return 1;
	return next == UINT64_MAX ? UINT64_MAX : next > now ? next - now : 0;
}

void tick_idle_enter(struct cpu *c)
{
	struct tick *t = tick_of(c);
	uint64_t delta;

	if (!c->m->kc->tick || !c->m->kc->no_hz)
		return;
	delta = ticks_to_skip(c);
	if (delta < 1 || (delta == 1 && !t->stopped))
		return;
	t->stopped = 1;
	if (delta > 1 && c->m->kc->timers_pull) {
		timers_push(c);
		delta = ticks_to_skip(c);
	}
	if (delta > 1 && !t->rcu_told) {
		t->rcu_told = 1;
		rcu_enter_nohz(c);
	}
	if (delta == UINT64_MAX)
		sim_cancel(&c->m->sim, t->slot);
	else
		sim_at(&c->m->sim, t->slot, jiffy_start(c->m, jiffies(c->m) + delta));
}

/* tick_nohz_get_sleep_length(): to the next timer event of @c, which goes idle. */
sim_time tick_sleep_length(const struct cpu *c)
{
	sim_time now = c->m->sim.now, next = next_hrtimer(c), tick = TIME_NEVER;
	uint64_t delta;

	if (c->m->kc->tick) {
		delta = c->m->kc->no_hz ? ticks_to_skip(c) : 1;
		if (delta < UINT64_MAX)
			tick = jiffy_start(c->m, jiffies(c->m) + (delta ? delta : 1));
	}
	if (tick < next)
		next = tick;
	return next == TIME_NEVER ? TIME_NEVER : next - now;
}

void tick_idle_interrupt(struct cpu *c)
{
	struct tick *t = tick_of(c);

	if (t->rcu_told) {
		t->rcu_told = 0;
		rcu_exit_nohz(c);
	}
}

/* tick_nohz_restart_sched_tick() */
void tick_idle_exit(struct cpu *c)
{
	struct tick *t = tick_of(c);

	tick_idle_interrupt(c);
	if (t->stopped) {
		t->stopped = 0;
		sim_at(&c->m->sim, t->slot, next_instant(c));
	}
}

int tick_stopped(const struct cpu *c)
{
	return tick_of(c)->stopped;
}

/* --- start ---------------------------------------------------------------------------- */

static void grid_start(struct machine *m)
{
	sim_time period = tick_period(m);
	struct rng rng;

	m->kernel->tick_start = m->kc->tick_offset;
	if (!m->kc->tick_random)
		return;
	rng_seed(&rng, (uint64_t)m->cfg->seed, m->replication, "kernel", "tick grid");
	m->kernel->tick_start = (sim_time)rng_below(&rng, (uint64_t)period);
}

void tick_init(struct machine *m)
{
	m->vector_handler[VC_TIMER] = timer_interrupt;
	if (!m->kc->tick)
		return;
	grid_start(m);
	for (int i = 0; i < m->nr_cpus; i++) {
		struct cpu *c = &m->cpu[i];
		struct tick *t = tick_of(c);

		if (m->kc->tick_phase == TICK_STAGGER)
			t->phase = i * (tick_period(m) / 2 / m->nr_cpus);
		t->slot = sim_slot_new(&m->sim, PRIO_NORMAL);
		sim_slot_call(&m->sim, t->slot, tick_due, c);
		sim_at(&m->sim, t->slot, m->kernel->tick_start + t->phase);
	}
	timers_init(m);
}
