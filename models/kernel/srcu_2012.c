/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SRCU of 3.5 to 4.11 (kernel/srcu.c): readers pay a memory barrier on either
 * side, so that a grace period needs no RCU: the idle rank is empty, flip, the
 * other rank is empty, done.  Callbacks move through four batches:
 *   queue -> check0 -> (idle rank empty, flip) -> check1 -> (empty) -> done
 * The first caller on an idle domain runs the machine itself and may return
 * without having slept; what it cannot finish, and everybody else's, is left
 * to a work item each jiffy.  A rank is tried twice, 5 us apart, by a caller
 * and after a flip; once by the work item.
 */
#include "models/kernel/srcu_int.h"
#include "models/kernel/workqueue.h"
#include "sim/base/xassert.h"

enum { TRYCOUNT = 2, EXP_TRYCOUNT = 12, SRCU_CALLBACK_BATCH = 10, SRCU_INTERVAL = 1 };

struct rcu_batch {
	struct rcu_head *head, **tail;
};

struct srcu_state {
	struct srcu_counters counters;
	struct spinlock queue_lock;	/* of running and queue */
	int running;			/* somebody runs the machine, or its work is pending */
	struct rcu_batch queue, check0, check1, done;
	struct work work;
};

static void batch_init(struct rcu_batch *b)
{
	b->head = NULL;
	b->tail = &b->head;
}

static void batch_queue(struct rcu_batch *b, struct rcu_head *head)
{
	*b->tail = head;
	b->tail = &head->next;
}

static struct rcu_head *batch_dequeue(struct rcu_batch *b)
{
	struct rcu_head *head = b->head;

	if (!head)
		return NULL;
	b->head = head->next;
	if (!b->head)
		batch_init(b);
	return head;
}

static void batch_move(struct rcu_batch *to, struct rcu_batch *from)
{
	if (!from->head)
		return;
	*to->tail = from->head;
	to->tail = from->tail;
	batch_init(from);
}

/* --- the machine ------------------------------------------------------------------ */

static int readers_active_idx_check(struct ctx *w, struct srcu_state *s, int idx)
{
	srcu_read_all(w, &s->counters);	/* entries so far ... */
	charge(w, COST_SMP_MB);
	srcu_read_all(w, &s->counters);	/* ... readers; entries again: no change meant */
	return srcu_sum(w->m, &s->counters, idx) == 0;
}

static int try_check_zero(struct ctx *w, struct srcu_state *s, int idx, int trycount)
{
	for (;;) {
		if (readers_active_idx_check(w, s, idx))
			return 1;
		if (--trycount <= 0)
			return 0;
		sync(w);
		cpu_work(w, w->m->kc->srcu_retry_delay);
	}
}

static void advance_batches(struct ctx *w, struct srcu_state *s, int trycount)
{
	int idle = 1 ^ (int)(s->counters.completed & 1);

	if (!s->check0.head && !s->check1.head)
		return;
	if (!try_check_zero(w, s, idle, trycount))
		return;
	/* they saw the other rank empty before the last flip */
	batch_move(&s->done, &s->check1);
	if (!s->check0.head)
		return;
	line_access(w, &s->counters.line, LINE_WRITE);
	sync(w);
	s->counters.completed++;
	tp(w, TP_SRCU_FLIP, s->counters.completed, 0);
	batch_move(&s->check1, &s->check0);
	if (!try_check_zero(w, s, idle ^ 1, trycount < 2 ? 2 : trycount))
		return;
	batch_move(&s->done, &s->check1);
}

static int nothing_queued(const struct srcu_state *s)
{
	return !s->done.head && !s->check1.head && !s->check0.head && !s->queue.head;
}

/* Go on in a jiffy if anything is left, else the machine is free. */
static void reschedule(struct ctx *w, struct srcu_state *s)
{
	int pending = 1;

	if (nothing_queued(s)) {
		spin_lock_irqsave(w, &s->queue_lock);
		sync(w);
		if (nothing_queued(s)) {
			s->running = 0;
			pending = 0;
		}
		spin_unlock_irqrestore(w, &s->queue_lock);
	}
	if (pending)
		queue_delayed_work(w, &s->work, SRCU_INTERVAL);
}

static void process_srcu(struct ctx *w, struct work *work)
{
	struct srcu_state *s = work->arg;
	struct rcu_head *head;

	if (s->queue.head) {
		spin_lock_irqsave(w, &s->queue_lock);
		sync(w);
		batch_move(&s->check0, &s->queue);
		spin_unlock_irqrestore(w, &s->queue_lock);
	}
	advance_batches(w, s, 1);
	for (int i = 0; i < SRCU_CALLBACK_BATCH && (head = batch_dequeue(&s->done)); i++) {
		charge(w, COST_RCU_CALLBACK);
		sync(w);
		head->func(w, head);
	}
	reschedule(w, s);
}

/* --- entry points -------------------------------------------------------------------- */

static void init_2012(struct srcu_domain *d)
{
	struct srcu_state *s = arena_alloc(d->m->arena, sizeof(*s));

	srcu_counters_init(d->m, &s->counters);
	spin_lock_init(d->m, &s->queue_lock, LOCK_SRCU);
	batch_init(&s->queue);
	batch_init(&s->check0);
	batch_init(&s->check1);
	batch_init(&s->done);
	work_init(&s->work, process_srcu, s);
	d->state = s;
}

static int read_lock_2012(struct ctx *w, struct srcu_domain *d, int fast)
{
	int idx = srcu_enter(w, &d->state->counters);

	(void)fast;
	charge(w, COST_SMP_MB);		/* between c[idx]++ and seq[idx]++, same line */
	return idx;
}

static void read_unlock_2012(struct ctx *w, struct srcu_domain *d, int idx, int fast)
{
	(void)fast;
	charge(w, COST_SMP_MB);
	srcu_leave(w, &d->state->counters, idx);
}

static void call_2012(struct ctx *w, struct srcu_domain *d, struct rcu_head *head)
{
	struct srcu_state *s = d->state;

	spin_lock_irqsave(w, &s->queue_lock);
	sync(w);
	batch_queue(&s->queue, head);
	if (!s->running) {
		s->running = 1;
		queue_delayed_work(w, &s->work, 0);
	}
	spin_unlock_irqrestore(w, &s->queue_lock);
}

static void synchronize_with(struct ctx *w, struct srcu_domain *d, int trycount)
{
	struct srcu_state *s = d->state;
	struct rcu_synchronize rcu;
	int done = 0;

	rcu_synchronize_init(&rcu);
	spin_lock_irqsave(w, &s->queue_lock);
	sync(w);
	if (s->running) {
		batch_queue(&s->queue, &rcu.head);
		spin_unlock_irqrestore(w, &s->queue_lock);
	} else {
		s->running = 1;		/* steal the processing */
		batch_queue(&s->check0, &rcu.head);
		spin_unlock_irqrestore(w, &s->queue_lock);
		advance_batches(w, s, trycount);
		if (s->done.head) {
			BUG_ON(s->done.head != &rcu.head);
			batch_dequeue(&s->done);
			done = 1;
		}
		reschedule(w, s);
	}
	if (!done)
		wait_for_completion(w, &rcu.completion);
}

static void synchronize_2012(struct ctx *w, struct srcu_domain *d)
{
	synchronize_with(w, d, TRYCOUNT);
}

static void synchronize_2012_expedited(struct ctx *w, struct srcu_domain *d)
{
	synchronize_with(w, d, EXP_TRYCOUNT);
}

const struct srcu_flavour srcu_2012 = {
	.init = init_2012,
	.read_lock = read_lock_2012,
	.read_unlock = read_unlock_2012,
	.synchronize = synchronize_2012,
	.synchronize_expedited = synchronize_2012_expedited,
	.call = call_2012,
};
