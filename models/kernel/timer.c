/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The wheel, exact timers, and sleeping for a time; see tick.h and timer.h. */
#include "models/kernel/timer.h"
#include "models/kernel/kernel.h"
#include "models/kernel/sched.h"
#include "models/kernel/softirq.h"
#include "sim/base/xassert.h"

static struct tick *tick_of(const struct cpu *c)
{
	return &c->m->kernel->pcpu[c->id].tick;
}

/* --- the wheel --------------------------------------------------------------------- */

void timer_init(struct timer *t, void (*fn)(struct ctx *w, struct timer *t), void *arg)
{
	memset(t, 0, sizeof(*t));
	t->fn = fn;
	t->arg = arg;
}

static void detach(struct timer *t)
{
	struct timer **p = &tick_of(t->cpu)->wheel;

	for (; *p != t; p = &(*p)->next)
		;
	*p = t->next;
	t->cpu = NULL;
}

static void insert(struct cpu *c, struct timer *t)
{
	struct timer **p = &tick_of(c)->wheel;

	t->cpu = c;
	for (; *p && (*p)->expires <= t->expires; p = &(*p)->next)
		;
	t->next = *p;
	*p = t;
}

/*
 * calc_wheel_index() since 4.8: levels of 64 slots, each eight times as coarse as
 * the one before, and a timer goes to the end of its slot.  Ten years are left out.
 */
static uint64_t wheel_expires(const struct machine *m, uint64_t expires)
{
	uint64_t now = jiffies(m), delta = expires > now ? expires - now : 0;
	int shift = 0;

	if (!m->kc->timers_late)
		return expires;
	while (shift < 24 && delta >= (uint64_t)63 << shift)
		shift += 3;
	return ((expires >> shift) + 1) << shift;
}

/* @c stops its tick: whoever ticks runs its timers (timer_migration.c since 6.8,
 * without the hierarchy); nobody does: they stay. */
void timers_push(struct cpu *c)
{
	struct machine *m = c->m;
	struct cpu *to = NULL;
	struct timer *t;

	for (int i = 0; i < m->nr_cpus && !to; i++)
		if (&m->cpu[i] != c && !tick_stopped(&m->cpu[i]))
			to = &m->cpu[i];
	if (!to)
		return;
	for (struct timer **p = &tick_of(c)->wheel; (t = *p); ) {
		if (t->deferrable) {
			p = &t->next;
			continue;
		}
		*p = t->next;
		insert(to, t);
	}
}

void mod_timer(struct ctx *w, struct timer *t, uint64_t expires)
{
	BUG_ON(!w->m->kc->tick);
	charge(w, COST_TIMER);
	sync(w);
	if (t->cpu)
		detach(t);
	t->expires = wheel_expires(w->m, expires);
	insert(w->cpu, t);
}

void del_timer(struct ctx *w, struct timer *t)
{
	sync(w);
	if (t->cpu)
		detach(t);
}

void timer_start_at_boot(struct cpu *c, struct timer *t, uint64_t expires)
{
	t->expires = expires;
	insert(c, t);
}

int timers_due(const struct cpu *c)
{
	const struct timer *t = tick_of(c)->wheel;

	return t && t->expires <= jiffies(c->m);
}

uint64_t next_timer(const struct cpu *c)
{
	const struct timer *t = tick_of(c)->wheel;

	while (t && t->deferrable)
		t = t->next;
	return t ? t->expires : UINT64_MAX;
}

/* run_timer_softirq */
static void run_timers(struct ctx *w)
{
	while (timers_due(w->cpu)) {
		struct timer *t = tick_of(w->cpu)->wheel;

		charge(w, COST_TIMER);
		sync(w);
		if (t != tick_of(w->cpu)->wheel)
			continue;	/* stopped meanwhile */
		detach(t);
		t->fn(w, t);
		sync(w);
	}
}

void timers_init(struct machine *m)
{
	open_softirq(m, TIMER_SOFTIRQ, run_timers);
}

/* --- exact timers ---------------------------------------------------------------------- */

static void disarm(struct hrtimer *t)
{
	struct hrtimer **p = &tick_of(t->cpu)->armed;

	for (; *p != t; p = &(*p)->next)
		;
	*p = t->next;
	t->armed = 0;
}

sim_time next_hrtimer(const struct cpu *c)
{
	sim_time next = TIME_NEVER;

	for (const struct hrtimer *t = tick_of(c)->armed; t; t = t->next) {
		sim_time at = sim_slot_time(&c->m->sim, t->slot);

		next = at < next ? at : next;
	}
	return next;
}

static void hrtimer_due(struct sim *s, void *arg)
{
	struct hrtimer *t = arg, **p;

	disarm(t);
	for (p = &tick_of(t->cpu)->expired; *p; p = &(*p)->next)
		;
	*p = t;
	t->next = NULL;
	t->queued = 1;
	irq_send(t->cpu, VECTOR_TIMER, s->now);
}

static void init_with_slot(struct hrtimer *t, uint32_t slot,
			   void (*fn)(struct ctx *w, struct hrtimer *t), void *arg)
{
	memset(t, 0, sizeof(*t));
	t->fn = fn;
	t->arg = arg;
	t->slot = slot;
}

static void take_off(struct hrtimer *t)
{
	struct hrtimer **p = &tick_of(t->cpu)->expired;

	for (; *p != t; p = &(*p)->next)
		;
	*p = t->next;
	t->queued = 0;
}

void hrtimer_cancel(struct hrtimer *t)
{
	if (t->queued)
		take_off(t);
	if (t->armed) {
		disarm(t);
		sim_cancel(&t->cpu->m->sim, t->slot);
	}
}

void hrtimer_start(struct cpu *c, struct hrtimer *t, sim_time at)
{
	struct sim *s = &c->m->sim;

	hrtimer_cancel(t);
	t->cpu = c;
	t->armed = 1;
	t->next = tick_of(c)->armed;
	tick_of(c)->armed = t;
	sim_slot_call(s, t->slot, hrtimer_due, t);
	sim_at(s, t->slot, at);
}

void run_hrtimers(struct ctx *w)
{
	struct hrtimer *t;

	while ((t = tick_of(w->cpu)->expired)) {
		take_off(t);
		t->fn(w, t);
		sync(w);
	}
}

/* --- sleeping ---------------------------------------------------------------------------- */

static void wake_sleeper(struct ctx *w, struct hrtimer *t)
{
	wake_up_process(w, t->arg);
}

void schedule_timeout_woken(struct ctx *w, sim_time d, const int *woken)
{
	struct sim *s = &w->m->sim;
	struct hrtimer t;
	sim_time end;

	sync(w);
	end = s->now + d;
	if (w->timer_slot == SLOT_NONE)
		w->timer_slot = sim_slot_new(s, PRIO_NORMAL);
	init_with_slot(&t, w->timer_slot, wake_sleeper, w);
	hrtimer_start(w->cpu, &t, end);
	while (s->now < end && !*woken)
		schedule(w, "a timer", NULL);
	hrtimer_cancel(&t);
}

void schedule_timeout(struct ctx *w, sim_time d)
{
	static const int never;

	schedule_timeout_woken(w, d, &never);
}

static void wake_waiter(struct ctx *w, struct timer *t)
{
	wake_up_process(w, t->arg);
}

uint64_t schedule_timeout_jiffies(struct ctx *w, uint64_t n)
{
	uint64_t end = jiffies(w->m) + n, now;
	struct timer t;

	timer_init(&t, wake_waiter, w);
	mod_timer(w, &t, end);
	schedule(w, "a timeout", NULL);
	del_timer(w, &t);
	now = jiffies(w->m);
	return now < end ? end - now : 0;
}
