/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The completely fair scheduler of 2.6.27 (kernel/sched_fair.c), without groups
 * and nice values.
 *
 * Latency, minimal and wake-up granularity grow with 1 + log2(CPUs).  A thread's
 * slice is its share of the latency (of nr * min_granularity above nr_latency
 * threads); a tick takes the CPU from one that had more.  A sleeper comes back at
 * most one latency behind the others and preempts whoever is ahead of it by more
 * than the wake-up granularity; if it does not, it is the buddy that is picked
 * next unless the pair has run for a slice already.
 *
 * Left out: HRTICK (slices end at ticks), group scheduling.
 *
 * kernel.sched.kind: eevdf replaces placement, choice and slices; see eevdf.c.
 */
#include "models/kernel/rq.h"
#include "models/kernel/kernel.h"

enum { SCHED_CAP = 200 };		/* ms: latency and min_granularity end there */

static const struct sched_times *times_of(const struct rq *rq)
{
	return &rq->cpu->m->kernel->sched_times;
}

static sim_time capped(sim_time t)
{
	return t < MS(SCHED_CAP) ? t : MS(SCHED_CAP);
}

static int eevdf(const struct rq *rq)
{
	return rq->cpu->m->kc->sched == SCHED_EEVDF;
}

void fair_init(struct machine *m)
{
	struct sched_times *t = &m->kernel->sched_times;
	int factor = 1;

	for (int n = m->nr_cpus; n > 1; n /= 2)
		factor++;
	t->latency = capped(m->kc->sched_latency * factor);
	t->min_granularity = capped(m->kc->sched_min_granularity * factor);
	t->wakeup_granularity = m->kc->sched_wakeup_granularity * factor;
	eevdf_init(m);
}

/* --- the list ---------------------------------------------------------------- */

static void insert(struct ctx **p, struct ctx *x)
{
	while (*p && (*p)->se.vruntime <= x->se.vruntime)
		p = &(*p)->se.next;
	x->se.next = *p;
	*p = x;
}

static void append(struct ctx **p, struct ctx *x)
{
	while (*p)
		p = &(*p)->se.next;
	x->se.next = NULL;
	*p = x;
}

static void unlink_task(struct ctx **p, struct ctx *x)
{
	while (*p != x)
		p = &(*p)->se.next;
	*p = x->se.next;
}

static sim_time now_of_rq(const struct rq *rq)
{
	return rq->cpu->m->sim.now;
}

/* --- time ---------------------------------------------------------------------- */

static void update_min_vruntime(struct rq *rq)
{
	sim_time v;

	if (rq->curr && !rq->curr->se.rt)
		v = rq->head && rq->head->se.vruntime < rq->curr->se.vruntime ?
			rq->head->se.vruntime : rq->curr->se.vruntime;
	else if (rq->head)
		v = rq->head->se.vruntime;
	else
		return;
	if (v > rq->min_vruntime)
		rq->min_vruntime = v;
}

void update_curr(struct rq *rq)
{
	struct ctx *p = rq->curr;
	sim_time delta;

	if (!p)
		return;
	delta = now_of_rq(rq) - p->se.exec_start;
	p->se.exec_start += delta;
	p->se.sum_exec += delta;
	if (!p->se.rt)
		p->se.vruntime += delta;
	if (eevdf(rq) && !p->se.rt && eevdf_deadline(rq, p))
		rq->slice_over = 1;
	update_min_vruntime(rq);
}

static sim_time sched_period(const struct rq *rq, int64_t nr)
{
	if (nr > rq->cpu->m->kc->sched_nr_latency)
		return nr * times_of(rq)->min_granularity;
	return times_of(rq)->latency;
}

static sim_time sched_slice(const struct rq *rq)
{
	return sched_period(rq, rq->nr_running) / rq->nr_running;
}

/* --- coming and going -------------------------------------------------------------- */

static void place_entity(struct rq *rq, struct ctx *p, enum enqueue how)
{
	sim_time v = rq->min_vruntime;

	if (how == ENQUEUE_NEW) {	/* START_DEBIT: as if it had had its first slice */
		p->se.vruntime = v + sched_period(rq, rq->nr_running + 1) / (rq->nr_running + 1);
		return;
	}
	v -= times_of(rq)->latency;	/* NEW_FAIR_SLEEPERS */
	if (v > p->se.vruntime)
		p->se.vruntime = v;
}

void enqueue_task(struct rq *rq, struct ctx *p, enum enqueue how)
{
	update_curr(rq);
	if (p->se.rt) {
		append(&rq->rt, p);
	} else {
		if (eevdf(rq))
			eevdf_place(rq, p, how == ENQUEUE_NEW);
		else
			place_entity(rq, p, how);
		insert(&rq->head, p);
	}
	rq->nr_running++;
	p->on_rq = 1;
	p->queued_at = now_of_rq(rq);
}

void put_prev_task(struct rq *rq, struct ctx *p, int sleeps)
{
	update_curr(rq);
	if (sleeps && !p->se.rt && eevdf(rq))
		eevdf_save_lag(rq, p);
	rq->curr = NULL;
	rq->prev = sleeps || p->se.rt ? NULL : p;
	if (sleeps) {
		rq->nr_running--;
		p->on_rq = 0;
		if (rq->next == p)
			rq->next = NULL;
		update_min_vruntime(rq);
		return;
	}
	p->queued_at = now_of_rq(rq);
	if (p->se.rt) {			/* preempted by nobody: it yields only when it sleeps */
		p->se.next = rq->rt;
		rq->rt = p;
	} else {
		insert(&rq->head, p);
	}
}

/* The leftmost, or the buddy if the pair's slice is not over. */
static struct ctx *pick_next(struct rq *rq)
{
	struct ctx *buddy = rq->next;

	if (!buddy || now_of_rq(rq) - rq->pair_start > sched_slice(rq)) {
		rq->pair_start = now_of_rq(rq);
		return rq->head;
	}
	return buddy;
}

/* The slice that protects it begins when it is picked anew. */
static void eevdf_set_next_if_new(struct rq *rq, struct ctx *p)
{
	if (eevdf(rq) && p != rq->prev)
		eevdf_set_next(rq, p);
}

struct ctx *pick_next_task(struct rq *rq)
{
	struct ctx *p = rq->rt;

	if (p) {
		unlink_task(&rq->rt, p);
	} else if (rq->head) {
		p = eevdf(rq) ? eevdf_pick(rq, rq->prev) : pick_next(rq);
		unlink_task(&rq->head, p);
		eevdf_set_next_if_new(rq, p);
	} else {
		return NULL;
	}
	rq->curr = p;
	rq->prev = NULL;
	rq->slice_over = 0;
	p->se.exec_start = now_of_rq(rq);
	p->se.prev_sum_exec = p->se.sum_exec;
	p->queued += now_of_rq(rq) - p->queued_at;
	return p;
}

int check_preempt(struct rq *rq, struct ctx *p)
{
	struct ctx *curr = rq->curr;

	if (!curr || p->se.rt)
		return 1;
	if (curr->se.rt)
		return 0;
	if (eevdf(rq))
		return eevdf_pick(rq, curr) == p;
	rq->next = p;
	return curr->se.vruntime - p->se.vruntime > times_of(rq)->wakeup_granularity;
}

int task_tick(struct rq *rq)
{
	struct ctx *p = rq->curr;

	update_curr(rq);
	if (!p || p->se.rt)
		return 0;
	if (eevdf(rq))
		return rq->slice_over && rq->nr_running > 1;
	if (rq->nr_running < 2)
		return 0;
	return p->se.sum_exec - p->se.prev_sum_exec > sched_slice(rq);
}

void migrate_task(struct ctx *p, struct rq *from, struct rq *to)
{
	p->se.vruntime += to->min_vruntime - from->min_vruntime;
	p->cpu = to->cpu;
}
