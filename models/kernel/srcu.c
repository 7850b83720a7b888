/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SRCU: the way to the implementation that kernel.srcu names, and what all
 * have in common: counters per CPU, two ranks.  See srcu.h, srcu_int.h.
 */
#include "models/kernel/srcu_int.h"
#include "sim/base/xassert.h"

static const struct srcu_flavour *flavour_of(const struct machine *m)
{
	switch (m->kc->srcu) {
	case SRCU_2006:
		return &srcu_2006;
	case SRCU_2012:
		return &srcu_2012;
	default:
		return &srcu_tree;
	}
}

/* --- counters ------------------------------------------------------------------ */

void srcu_counters_init(struct machine *m, struct srcu_counters *s)
{
	line_init(&s->line);
	s->completed = 0;
	s->cpu = arena_alloc(m->arena, sizeof(*s->cpu) * (size_t)m->nr_cpus);
	for (int i = 0; i < m->nr_cpus; i++)
		line_init(&s->cpu[i].line);
}

int srcu_enter(struct ctx *w, struct srcu_counters *s)
{
	struct srcu_percpu *c = &s->cpu[w->cpu->id];
	int idx;

	preempt_disable(w);
	line_access(w, &s->line, LINE_READ);
	sync(w);
	idx = (int)(s->completed & 1);
	line_access(w, &c->line, LINE_WRITE);
	sync(w);
	c->lock[idx]++;
	preempt_enable(w);
	return idx;
}

void srcu_leave(struct ctx *w, struct srcu_counters *s, int idx)
{
	struct srcu_percpu *c = &s->cpu[w->cpu->id];

	preempt_disable(w);
	line_access(w, &c->line, LINE_WRITE);
	sync(w);
	c->unlock[idx]++;
	preempt_enable(w);
}

void srcu_read_all(struct ctx *w, struct srcu_counters *s)
{
	sim_time start, t;

	sync(w);
	start = t = now_of(w);
	for (int i = 0; i < w->m->nr_cpus; i++)
		t = line_book_from(w, &s->cpu[i].line, LINE_READ, t);
	w->debt += t - start;
	charge_n(w, COST_SRCU_SCAN, w->m->nr_cpus);
	sync(w);
}

int64_t srcu_sum(const struct machine *m, const struct srcu_counters *s, int idx)
{
	int64_t sum = 0;

	for (int i = 0; i < m->nr_cpus; i++)
		sum += s->cpu[i].lock[idx] - s->cpu[i].unlock[idx];
	return sum;
}

/* --- for everybody ----------------------------------------------------------------- */

void srcu_init(struct machine *m, struct srcu_domain *d, const char *name)
{
	d->m = m;
	d->name = name;
	d->readers = 0;
	flavour_of(m)->init(d);
}

static int read_lock(struct ctx *w, struct srcu_domain *d, int fast)
{
	int idx;

	charge(w, COST_SRCU_READ);
	idx = flavour_of(d->m)->read_lock(w, d, fast);
	d->readers++;
	return idx;
}

static void read_unlock(struct ctx *w, struct srcu_domain *d, int idx, int fast)
{
	BUG_ON(!d->readers);
	flavour_of(d->m)->read_unlock(w, d, idx, fast);
	d->readers--;
}

int srcu_read_lock(struct ctx *w, struct srcu_domain *d)
{
	return read_lock(w, d, 0);
}

void srcu_read_unlock(struct ctx *w, struct srcu_domain *d, int idx)
{
	read_unlock(w, d, idx, 0);
}

int srcu_read_lock_fast(struct ctx *w, struct srcu_domain *d)
{
	if (d->m->kc->srcu != SRCU_TREE)
		sim_fail(&d->m->sim, SIM_STOP_FAILED, "this kernel has no srcu_read_lock_fast()");
	return read_lock(w, d, 1);
}

void srcu_read_unlock_fast(struct ctx *w, struct srcu_domain *d, int idx)
{
	read_unlock(w, d, idx, 1);
}

static void check_ticks(struct machine *m)
{
	if (!m->kc->tick)
		sim_fail(&m->sim, SIM_STOP_FAILED,
			 "a grace period was asked for, but no CPU ticks: set kernel.tick: on");
}

void synchronize_srcu(struct ctx *w, struct srcu_domain *d)
{
	BUG_ON(w->is_irq || w->spinlocks || w->irqs_off);
	check_ticks(d->m);
	flavour_of(d->m)->synchronize(w, d);
}

void synchronize_srcu_expedited(struct ctx *w, struct srcu_domain *d)
{
	const struct srcu_flavour *f = flavour_of(d->m);

	BUG_ON(w->is_irq || w->spinlocks || w->irqs_off);
	check_ticks(d->m);
	(f->synchronize_expedited ? f->synchronize_expedited : f->synchronize)(w, d);
}

void call_srcu(struct ctx *w, struct srcu_domain *d, struct rcu_head *head,
	       void (*func)(struct ctx *w, struct rcu_head *head))
{
	head->next = NULL;
	head->func = func;
	check_ticks(d->m);
	if (!flavour_of(d->m)->call)
		sim_fail(&d->m->sim, SIM_STOP_FAILED, "this kernel has no call_srcu()");
	flavour_of(d->m)->call(w, d, head);
}
