/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The mutex of 2.6.27, and the way to that of today; see mutex.h. */
#include "models/kernel/mutex.h"
#include "models/kernel/sched.h"
#include "sim/base/xassert.h"

void mutex_init(struct machine *m, struct mutex *l, enum lock_class class)
{
	memset(l, 0, sizeof(*l));
	line_init(&l->line);
	l->count = 1;
	osq_init(&l->osq);
	spin_lock_init(m, &l->wait_lock, LOCK_MUTEX_WAIT);
	l->class = (uint8_t)class;
	l->id = m->next_id++;
}

void mutex_enqueue(struct mutex *l, struct mutex_waiter *x)
{
	x->next = NULL;
	if (l->tail)
		l->tail->next = x;
	else
		l->head = x;
	l->tail = x;
}

void mutex_dequeue(struct mutex *l, struct mutex_waiter *x)
{
	struct mutex_waiter **p = &l->head, *prev = NULL;

	for (; *p != x; p = &(*p)->next)
		prev = *p;
	*p = x->next;
	if (l->tail == x)
		l->tail = prev;
}

/* One locked operation on the count, done when this returns. */
static void atomic_count(struct ctx *w, struct mutex *l)
{
	line_access(w, &l->line, LINE_ATOMIC);
	sync(w);
}

static int xchg_count(struct ctx *w, struct mutex *l, int new)
{
	int old;

	atomic_count(w, l);
	old = l->count;
	l->count = new;
	return old;
}

static void got(struct ctx *w, struct mutex *l, sim_time called)
{
	l->owner = w;
	l->granted_at = now_of(w);
	metric_tally(&w->m->metrics, METRIC_LOCK_WAIT, l->class, now_of(w) - called);
	tp(w, TP_LOCK, lock_word(l->class, LOCK_WRITE_MODE), l->id);
}

/* __mutex_lock_common */
static void lock_slowpath(struct ctx *w, struct mutex *l, const struct wait_mark *mark)
{
	struct mutex_waiter me = { .w = w };
	uint64_t start = l->last_start, end = l->last_end;

	if (l->owner) {
		start = l->owner->op_start;
		end = l->owner->op_end;
	}
	spin_lock(w, &l->wait_lock);
	sync(w);
	mutex_enqueue(l, &me);
	while (xchg_count(w, l, -1) != 1) {
		spin_unlock(w, &l->wait_lock);
		schedule(w, lock_class_names[l->class], l->owner);
		spin_lock(w, &l->wait_lock);
		sync(w);
	}
	mutex_dequeue(l, &me);
	if (!l->head)
		l->count = 0;
	spin_unlock(w, &l->wait_lock);
	wait_end(w, mark, l->class, start, end);
}

void mutex_lock(struct ctx *w, struct mutex *l)
{
	struct wait_mark mark;

	might_sleep(w);
	sync(w);
	wait_begin(w, &mark);
	if (w->m->kc->mutex == MUTEX_TODAY) {
		mutex_lock_today(w, l, &mark);
	} else {
		atomic_count(w, l);
		if (--l->count < 0)
			lock_slowpath(w, l, &mark);
	}
	sync(w);
	got(w, l, mark.t0);
}

void mutex_unlock(struct ctx *w, struct mutex *l)
{
	sync(w);
	BUG_ON(l->owner != w);
	metric_tally(&w->m->metrics, METRIC_LOCK_HOLD, l->class, now_of(w) - l->granted_at);
	tp(w, TP_UNLOCK, lock_word(l->class, LOCK_WRITE_MODE), l->id);
	l->last_start = w->op_start;
	l->last_end = w->op_end;
	if (w->m->kc->mutex == MUTEX_TODAY) {
		mutex_unlock_today(w, l);
		return;
	}
	l->owner = NULL;
	atomic_count(w, l);
	if (++l->count > 0)
		return;
	spin_lock(w, &l->wait_lock);
	sync(w);
	l->count = 1;			/* free for anybody from here on */
	if (l->head)
		wake_up_process(w, l->head->w);
	spin_unlock(w, &l->wait_lock);
}
