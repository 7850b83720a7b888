/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The mutex of today (kernel/locking/mutex.c); see mutex.h.
 *
 * The owner word holds the owner and three flags.  WAITERS: unlock has somebody to
 * wake.  HANDOFF: the first waiter lost the lock once after it was woken; the next
 * unlock gives it to nobody else.  PICKUP: given, not yet taken.
 */
#include "models/kernel/mutex.h"
#include "models/kernel/sched.h"
#include "sim/base/xassert.h"

static const char *name_of(const struct mutex *l)
{
	return lock_class_names[l->class];
}

static void atomic_owner(struct ctx *w, struct mutex *l)
{
	line_access(w, &l->line, LINE_ATOMIC);
	sync(w);
}

/* __mutex_trylock_common(): mine, or whose; @handoff: ask for it if it is held. */
static int trylock(struct ctx *w, struct mutex *l, int handoff)
{
	atomic_owner(w, l);
	if (l->owner && !(l->owner == w && l->pickup)) {
		if (handoff && !l->pickup)
			l->handoff = 1;
		return 0;
	}
	l->owner = w;
	l->pickup = l->handoff = 0;
	return 1;
}

/* mutex_can_spin_on_owner() */
static int can_spin(struct ctx *w, const struct mutex *l)
{
	return !need_resched(w) && (!l->owner || owner_on_cpu(l->owner));
}

/* mutex_optimistic_spin(): 1: got it; a waiter spins beside the queue. */
static int optimistic_spin(struct ctx *w, struct mutex *l, int waiter)
{
	struct ctx **me = waiter ? &l->spinning_waiter : &l->spinner;
	int got = 0;

	if (!waiter && (!can_spin(w, l) || !osq_lock(w, &l->osq, name_of(l))))
		return 0;
	*me = w;
	for (;;) {
		if (trylock(w, l, 0)) {
			got = 1;
			break;
		}
		if (need_resched(w) || !l->owner || !owner_on_cpu(l->owner))
			break;
		spin_on_owner(w, l->owner, name_of(l), TIME_NEVER);
		if (need_resched(w) || (l->owner && l->owner != w && !owner_on_cpu(l->owner)))
			break;
	}
	*me = NULL;
	if (!waiter)
		osq_unlock(w, &l->osq);
	return got;
}

static void add_waiter(struct mutex *l, struct mutex_waiter *me)
{
	mutex_enqueue(l, me);
	l->waiters = 1;
}

static void remove_waiter(struct mutex *l, struct mutex_waiter *me)
{
	mutex_dequeue(l, me);
	if (!l->head)
		l->waiters = l->handoff = 0;
}

/* The slow path, preemption off; schedule_preempt_disabled() inside. */
static void wait_for_it(struct ctx *w, struct mutex *l)
{
	struct mutex_waiter me = { .w = w };

	spin_lock(w, &l->wait_lock);
	sync(w);
	if (trylock(w, l, 0)) {
		spin_unlock(w, &l->wait_lock);
		return;
	}
	add_waiter(l, &me);
	for (;;) {
		if (trylock(w, l, 0))
			break;
		spin_unlock(w, &l->wait_lock);
		sync(w);
		w->preempt_count--;
		schedule(w, name_of(l), l->owner);
		w->preempt_count++;
		if (trylock(w, l, l->head == &me) ||
		    (l->head == &me && optimistic_spin(w, l, 1))) {
			spin_lock(w, &l->wait_lock);
			sync(w);
			break;
		}
		spin_lock(w, &l->wait_lock);
		sync(w);
	}
	remove_waiter(l, &me);
	spin_unlock(w, &l->wait_lock);
}

void mutex_lock_today(struct ctx *w, struct mutex *l, const struct wait_mark *mark)
{
	uint64_t start = l->last_start, end = l->last_end;

	if (trylock(w, l, 0))
		return;
	if (l->owner) {
		start = l->owner->op_start;
		end = l->owner->op_end;
	}
	preempt_disable(w);
	if (!optimistic_spin(w, l, 0)) {
		if (need_resched(w)) {	/* reschedule now, before it queues */
			w->preempt_count--;
			resched_if_needed(w);
			w->preempt_count++;
		}
		wait_for_it(w, l);
	}
	sync(w);
	wait_end(w, mark, l->class, start, end);
	preempt_enable(w);
}

int mutex_trylock_today(struct ctx *w, struct mutex *l)
{
	return trylock(w, l, 0);
}

static void tell_spinners(struct ctx *w, struct mutex *l)
{
	spin_told(w, l->spinner);
	spin_told(w, l->spinning_waiter);
}

/* __mutex_unlock_slowpath() */
void mutex_unlock_today(struct ctx *w, struct mutex *l)
{
	struct ctx *next;

	atomic_owner(w, l);
	if (!l->handoff)
		l->owner = NULL;	/* free for anybody from here on */
	tell_spinners(w, l);
	if (!l->waiters)
		return;
	spin_lock(w, &l->wait_lock);
	sync(w);
	next = l->head ? l->head->w : NULL;
	if (l->owner == w) {		/* __mutex_handoff() */
		atomic_owner(w, l);
		l->owner = next;
		l->pickup = next != NULL;
		l->handoff = 0;
		tell_spinners(w, l);
	}
	spin_unlock(w, &l->wait_lock);
	if (next)
		wake_up_process(w, next);
}
