/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Waits for a registration, by cause; see stall.h. */
#include "models/kernel/stall.h"
#include "models/kernel/rq.h"

static enum stall_cause cause_of_class(enum lock_class class)
{
	switch (class) {
	case LOCK_MMAP_SEM:
		return STALL_MMAP_SEM;
	case LOCK_I_MMAP:
		return STALL_IMM;
	case LOCK_ANON_VMA:
		return STALL_ANON;
	default:
		return STALL_NONE;
	}
}

enum stall_cause stall_cause(const struct ctx *w, enum lock_class class, const struct ctx *holder,
			     const struct ctx *queue)
{
	enum stall_cause cause = cause_of_class(class);

	if (cause == STALL_NONE || w->registering)
		return STALL_NONE;
	if (holder && holder->registering)
		return cause;
	for (; queue; queue = cause == STALL_MMAP_SEM ? queue->wait_next : queue->spin_queue)
		if (queue->registering)
			return cause == STALL_MMAP_SEM ? STALL_QUEUED_WRITER : cause;
	return STALL_NONE;
}

void stall_tally(struct ctx *w, enum stall_cause cause, sim_time since)
{
	if (cause != STALL_NONE)
		metric_tally(&w->m->metrics, METRIC_REGISTER_STALL, cause, now_of(w) - since);
}

static void waited(struct ctx *w, const struct ctx *queue)
{
	for (; queue; queue = queue->se.next) {
		sim_time since = queue->queued_at > w->atomic_since ? queue->queued_at :
				 w->atomic_since;

		stall_tally(w, STALL_PREEMPT_OFF, since);
	}
}

void stall_of_cpu(struct ctx *w)
{
	const struct rq *rq = rq_of(w->cpu);

	if (!w->atomic_since)
		return;
	waited(w, rq->rt);
	waited(w, rq->head);
	w->atomic_since = 0;
}
