/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cross-calls of 2.6.27, over a global list and per-CPU queues; see smp.h. */
#include "models/kernel/smp.h"
#include "models/hw/apic.h"
#include "models/kernel/kernel.h"
#include "sim/base/xassert.h"

/* call_rcu's work: elements return to the pool when no receiver can see them. */
static void reclaim(struct call_function *g)
{
	struct call_data *d;

	while (!g->walkers && (d = g->retired)) {
		g->retired = d->retired;
		d->next = g->pool;
		g->pool = d;
	}
}

static struct call_data *call_new(struct ctx *w, uint64_t mask, smp_call_fn fn, void *arg)
{
	struct call_function *g = &w->m->kernel->call_function;
	struct call_data *d = g->pool;

	if (d)
		g->pool = d->next;
	else
		d = arena_alloc(w->m->arena, sizeof(*d));
	spin_lock_init(w->m, &d->lock, LOCK_CALL_FUNCTION);
	line_init(&d->flags);
	d->mask = mask;
	d->fn = fn;
	d->arg = arg;
	d->waiter = NULL;
	d->done = 0;
	d->next = NULL;
	return d;
}

static void wait_for_done(struct ctx *w, struct call_data *d)
{
	struct call_function *g = &w->m->kernel->call_function;

	sync(w);
	if (!d->done) {
		d->waiter = w;
		spin_service(w, "cross-call");
	}
	d->retired = g->retired;
	g->retired = d;
	reclaim(g);
}

/* The target's last store: the sender may go on. */
static void call_done(struct ctx *w, struct call_data *d)
{
	line_access(w, &d->flags, LINE_WRITE);
	sync(w);
	d->done = 1;
	if (d->waiter)
		spin_wake(d->waiter, now_of(w) +
			  line_transfer(w, w->cpu->id, d->waiter->cpu->id));
}

static sim_time call_single(struct ctx *w, int cpu, smp_call_fn fn, void *arg)
{
	struct call_queue *q = &w->m->kernel->pcpu[cpu].call_single;
	struct call_data *d = call_new(w, 1ull << cpu, fn, arg);
	sim_time first = now_of(w);
	int was_empty;

	spin_lock_irqsave(w, &q->lock);
	sync(w);
	was_empty = !q->head;
	if (q->tail)
		q->tail->next = d;
	else
		q->head = d;
	q->tail = d;
	spin_unlock_irqrestore(w, &q->lock);
	if (was_empty)
		first = apic_send(w, 1ull << cpu, VECTOR_CALL_SINGLE);
	wait_for_done(w, d);
	return first;
}

static sim_time call_many(struct ctx *w, uint64_t mask, smp_call_fn fn, void *arg)
{
	struct call_function *g = &w->m->kernel->call_function;
	struct call_data *d;
	sim_time first;

	BUG_ON(w->irqs_off || w->is_irq || !w->preempt_count);
	mask &= ~(1ull << w->cpu->id);
	if (!mask)
		return -1;
	if (!(mask & (mask - 1)))
		return call_single(w, __builtin_ctzll(mask), fn, arg);
	charge(w, COST_CALL_ALLOC);
	d = call_new(w, mask, fn, arg);
	spin_lock_irqsave(w, &g->lock);
	sync(w);
	if (g->tail)
		g->tail->next = d;
	else
		g->head = d;
	g->tail = d;
	spin_unlock_irqrestore(w, &g->lock);
	first = apic_send(w, mask, VECTOR_CALL);
	wait_for_done(w, d);
	return first;
}

sim_time smp_call_function_many(struct ctx *w, uint64_t mask, smp_call_fn fn, void *arg)
{
	const struct smp_call call = { .fn = fn, .arg = arg, .purpose = VC_CALL };

	if (w->m->kc->ipi_kind == IPI_CSD)
		return smp_call_function_many_cond(w, mask, &call);
	return call_many(w, mask, fn, arg);
}

sim_time smp_call_function_mask(struct ctx *w, uint64_t mask)
{
	return smp_call_function_many(w, mask, NULL, NULL);
}

static void unlink_call(struct call_function *g, struct call_data *d)
{
	struct call_data *prev = NULL, *x = g->head;

	for (; x != d; x = x->next)
		prev = x;
	if (prev)
		prev->next = d->next;
	else
		g->head = d->next;
	if (g->tail == d)
		g->tail = prev;
}

static void serve_call(struct ctx *w, struct call_function *g, struct call_data *d)
{
	int last;

	if (d->fn)
		d->fn(w, d->arg);
	spin_lock(w, &d->lock);
	sync(w);
	d->mask &= ~(1ull << w->cpu->id);
	last = !d->mask;
	spin_unlock(w, &d->lock);
	sync(w);
	if (!last)
		return;
	spin_lock(w, &g->lock);
	sync(w);
	unlink_call(g, d);
	spin_unlock(w, &g->lock);
	call_done(w, d);
}

/* generic_smp_call_function_interrupt: the whole list, whoever sent */
static void run_list(struct ctx *w)
{
	struct call_function *g = &w->m->kernel->call_function;
	uint64_t me = 1ull << w->cpu->id;
	struct call_data *d;

	sync(w);
	g->walkers++;
	for (d = g->head; d; d = d->next)
		if (d->mask & me)
			serve_call(w, g, d);
	g->walkers--;
	reclaim(g);
}

/* generic_smp_call_function_single_interrupt */
static void run_queue(struct ctx *w)
{
	struct call_queue *q = &w->m->kernel->pcpu[w->cpu->id].call_single;

	for (;;) {
		struct call_data *d, *next;

		line_access(w, &q->lock.line, LINE_READ);
		sync(w);
		if (!q->head)		/* looked at without the lock */
			return;
		spin_lock(w, &q->lock);
		sync(w);
		d = q->head;
		q->head = q->tail = NULL;
		spin_unlock(w, &q->lock);
		for (; d; d = next) {
			next = d->next;
			if (d->fn)
				d->fn(w, d->arg);
			call_done(w, d);
		}
	}
}

static void call_handler(struct ctx *w, unsigned vector)
{
	charge(w, COST_CALL_HANDLER);
	if (vector == VECTOR_CALL)
		run_list(w);
	else
		run_queue(w);
}

void smp_init(struct machine *m)
{
	spin_lock_init(m, &m->kernel->call_function.lock, LOCK_CALL_FUNCTION);
	if (m->kc->ipi_kind == IPI_CSD) {
		smp_csd_init(m);
		return;
	}
	m->vector_handler[VC_CALL] = call_handler;
}
