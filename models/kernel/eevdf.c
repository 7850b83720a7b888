/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Earliest eligible virtual deadline first: the fair class of today (kernel/sched/
 * fair.c of 6.18); kernel.sched.kind: eevdf.  The run queue and its list are those
 * of fair.c.
 *
 * A thread has a deadline, one slice of virtual time ahead; it is eligible while it
 * has not run more than the average.  The eligible one with the earliest deadline is
 * next, but who runs keeps the CPU for its slice as long as it is eligible
 * (RUN_TO_PARITY).  A sleeper comes back with the lag that it left with.
 *
 * Left out: delayed dequeue (a sleeper that was ahead keeps its debt), slices of
 * one's own, the lazy flavour of need_resched.
 */
#include "models/kernel/kernel.h"
#include "models/kernel/rq.h"

enum { SLICE_CPUS = 8 };

void eevdf_init(struct machine *m)
{
	int factor = 1;

	for (int n = m->nr_cpus < SLICE_CPUS ? m->nr_cpus : SLICE_CPUS; n > 1; n /= 2)
		factor++;
	m->kernel->sched_times.slice = m->kc->sched_base_slice * factor;
}

static sim_time slice_of(const struct rq *rq)
{
	return rq->cpu->m->kernel->sched_times.slice;
}

/* avg_vruntime() over all that are on the queue; all weigh the same. */
static sim_time average(const struct rq *rq)
{
	__int128 sum = 0;
	int n = 0;

	if (rq->curr && !rq->curr->se.rt) {
		sum = rq->curr->se.vruntime;
		n = 1;
	}
	for (const struct ctx *x = rq->head; x; x = x->se.next, n++)
		sum += x->se.vruntime;
	return n ? (sim_time)(sum / n) : rq->min_vruntime;
}

static int on_queue(const struct rq *rq)
{
	int n = rq->curr && !rq->curr->se.rt;

	for (const struct ctx *x = rq->head; x; x = x->se.next)
		n++;
	return n;
}

/* place_entity(): PLACE_LAG, PLACE_DEADLINE_INITIAL */
void eevdf_place(struct rq *rq, struct ctx *p, int new)
{
	sim_time lag = new ? 0 : p->se.lag;
	int n = on_queue(rq);

	if (n)
		lag = lag * (n + 1) / n;	/* it moves the average, too */
	p->se.vruntime = average(rq) - lag;
	p->se.deadline = p->se.vruntime + (new ? slice_of(rq) / 2 : slice_of(rq));
}

/* update_entity_lag(), before @p leaves the queue: bounded by two slices */
void eevdf_save_lag(struct rq *rq, struct ctx *p)
{
	sim_time lag = average(rq) - p->se.vruntime, limit = 2 * slice_of(rq);

	p->se.lag = lag > limit ? limit : lag < -limit ? -limit : lag;
}

/* update_deadline(): 1 if the slice is used up */
int eevdf_deadline(struct rq *rq, struct ctx *p)
{
	if (p->se.vruntime < p->se.deadline)
		return 0;
	p->se.deadline = p->se.vruntime + slice_of(rq);
	return 1;
}

void eevdf_set_next(struct rq *rq, struct ctx *p)
{
	sim_time end = p->se.vruntime + slice_of(rq);

	p->se.protected_until = end < p->se.deadline ? end : p->se.deadline;
}

/* pick_eevdf(): @curr (NULL: none) is on the list or runs. */
struct ctx *eevdf_pick(struct rq *rq, struct ctx *curr)
{
	sim_time v = average(rq);
	struct ctx *best = NULL;

	if (curr && curr->se.vruntime <= v) {
		if (curr->se.vruntime < curr->se.protected_until)
			return curr;
		best = curr;
	}
	for (struct ctx *x = rq->head; x; x = x->se.next)
		if (x->se.vruntime <= v && (!best || x->se.deadline < best->se.deadline))
			best = x;
	return best ? best : rq->head;
}
