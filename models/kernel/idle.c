/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Idle states and the menu governor; see idle.h. */
#include "models/kernel/idle.h"
#include "models/kernel/kernel.h"
#include "sim/base/xassert.h"

enum { BREAK_FUZZ_US = 4 };		/* menu.c: a sleep that ended by its timer, all the same */

static struct idle_cpu *data_of(const struct cpu *c)
{
	return &c->m->kernel->pcpu[c->id].idle;
}

static const struct idle_state *state_of(const struct cpu *c)
{
	const struct idle_states *s = &c->m->kernel->idle_states;

	return s->n ? &s->state[data_of(c)->state] : NULL;
}

static void add_state(struct idle_states *s, sim_time exit, sim_time residency, int polls,
		      int leaves_mm)
{
	if (exit)
		s->state[s->n++] = (struct idle_state){ exit, residency, polls, leaves_mm };
}

/* A residency not given: latency_factor 2 of processor_idle.c. */
static sim_time residency(sim_time given, sim_time exit)
{
	return given ? given : 2 * exit;
}

void idle_init(struct machine *m)
{
	struct idle_states *s = &m->kernel->idle_states;
	const struct machine_config *mc = m->mc;
	int today = m->kc->idle == IDLE_INTEL;

	if (m->kc->idle == IDLE_FLAT)
		return;
	add_state(s, mc->c1_exit ? mc->c1_exit : 1, 0, m->kc->idle != IDLE_HLT, 0);
	if (m->kc->idle != IDLE_ACPI && !today)
		return;
	add_state(s, mc->c2_exit, residency(mc->c2_residency, mc->c2_exit), today, 0);
	add_state(s, mc->c3_exit, residency(mc->c3_residency, mc->c3_exit), today, 1);
}

/* --- the governor ------------------------------------------------------------------ */

/* menu_select() */
static int deepest(const struct cpu *c, struct idle_cpu *d)
{
	const struct idle_states *s = &c->m->kernel->idle_states;
	int i;

	d->expected = tick_sleep_length(c);
	for (i = 1; i < s->n; i++)
		if (s->state[i].residency > d->expected || s->state[i].residency > d->predicted)
			break;
	return i - 1;
}

/* menu_reflect(): the sleep is over */
static void reflect(struct cpu *c)
{
	struct idle_cpu *d = data_of(c);
	sim_time measured = c->m->sim.now - d->since;

	if (!d->asleep || !state_of(c))
		return;
	d->asleep = 0;
	d->predicted = measured > d->last_measured ? measured : d->last_measured;
	if (measured + US(BREAK_FUZZ_US) < d->expected - state_of(c)->exit)
		d->last_measured = measured;
}

void idle_prepare(struct ctx *w)
{
	struct cpu *c = w->cpu;
	struct idle_cpu *d = data_of(c);

	if (!c->m->kernel->idle_states.n)
		return;
	d->state = deepest(c, d);
	tp(w, TP_IDLE_STATE, (uint64_t)d->state + 1, 0);
	if (state_of(c)->leaves_mm && c->active_mm && c->tlb_lazy &&
	    (c->active_mm->cpu_vm_mask & (1ull << c->id))) {
		leave_mm(w);
		sync(w);
	}
}

/* --- in and out ------------------------------------------------------------------------ */

void idle_enter(struct cpu *c)
{
	data_of(c)->since = c->m->sim.now;
	data_of(c)->asleep = 1;
	tick_idle_enter(c);
}

void idle_interrupt(struct cpu *c)
{
	reflect(c);
	tick_idle_interrupt(c);
}

void idle_exit(struct cpu *c)
{
	reflect(c);
	tick_idle_exit(c);
}

sim_time idle_latency(struct cpu *c)
{
	const struct idle_state *s = state_of(c);

	return s ? s->exit : dist_draw(&c->m->mc->idle_exit, &c->idle);
}

sim_time idle_store_latency(const struct cpu *c)
{
	const struct idle_state *s = state_of(c);

	return s ? s->exit : 0;
}

int idle_polls(const struct cpu *c)
{
	const struct idle_state *s = state_of(c);

	return s ? s->polls : c->m->mc->idle_polls != 0;
}
