/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The read-write semaphore of today (kernel/locking/rwsem.c of 6.18); see rwsem.h.
 *
 * The count word is activity with two flags: waiters (the list is not empty) and
 * handoff (the first waiter has waited for 4 ms: nobody steals any more).
 */
#include "models/kernel/rwsem.h"
#include "models/kernel/sched.h"
#include "models/kernel/stall.h"
#include "sim/base/xassert.h"

enum { MAX_READERS_WAKEUP = 256 };

static void atomic_count(struct ctx *w, struct rwsem *s)
{
	line_access(w, &s->line, LINE_ATOMIC);
	sync(w);
}

/* A store of the owner word: the same line, which may have moved since the atomic. */
static void set_owner(struct ctx *w, struct rwsem *s)
{
	line_access(w, &s->line, LINE_WRITE);
	sync(w);
}

/* --- the list, under wait_lock ------------------------------------------------------- */

/* RWSEM_WAIT_TIMEOUT: DIV_ROUND_UP(HZ, 250) jiffies */
static sim_time wait_timeout(const struct machine *m)
{
	return (m->kc->hz + 249) / 250 * tick_period(m);
}

static int timed_out(const struct ctx *w, const struct ctx *waiter)
{
	return now_of(w) > waiter->wait_timeout;
}

static void add_waiter(struct ctx *w, struct rwsem *s, int write)
{
	rwsem_enqueue(w, s, write);
	w->wait_handoff = 0;
	w->wait_timeout = now_of(w) + wait_timeout(w->m);
}

static void remove_waiter(struct rwsem *s, struct ctx *x)
{
	struct ctx **p = &s->head, *prev = NULL;

	for (; *p != x; p = &(*p)->wait_next)
		prev = *p;
	*p = x->wait_next;
	if (s->tail == x)
		s->tail = prev;
	s->waiters = s->head != NULL;
}

/* Readers on the list, wherever they stand, get it; they are woken by wake_up_q(). */
static struct ctx *grant_readers(struct rwsem *s)
{
	struct ctx *x = s->head, *next, *q = NULL, **tail = &q;
	int n = 0;

	for (; x && n < MAX_READERS_WAKEUP; x = next) {
		next = x->wait_next;
		if (x->wait_write)
			continue;
		remove_waiter(s, x);
		x->wait_granted = 1;
		x->wake_next = NULL;
		*tail = x;
		tail = &x->wake_next;
		s->activity++;
		n++;
	}
	if (n)
		s->handoff = 0;
	return q;
}

enum wake { WAKE_ANY, WAKE_READERS, WAKE_READ_OWNED };

/* rwsem_mark_wake(): whom to wake; a front writer is not granted anything. */
static struct ctx *mark_wake(struct ctx *w, struct rwsem *s, enum wake type)
{
	struct ctx *front = s->head;

	if (!front)
		return NULL;
	if (front->wait_write) {
		front->wake_next = NULL;
		return type == WAKE_ANY ? front : NULL;
	}
	if (type != WAKE_READ_OWNED) {
		atomic_count(w, s);
		if (s->activity < 0) {	/* a writer was faster */
			if (timed_out(w, front) && !s->handoff)
				s->handoff = front->wait_handoff = 1;
			return NULL;
		}
	}
	s->reader_owned = 1;
	return grant_readers(s);
}

static void wake_up_q(struct ctx *w, struct ctx *q)
{
	for (struct ctx *next; q; q = next) {
		next = q->wake_next;
		wake_up_process(w, q);
	}
}

/* rwsem_cond_wake_waiter() */
static struct ctx *cond_wake(struct ctx *w, struct rwsem *s)
{
	if (s->activity < 0)
		return NULL;
	if (s->activity == 0)
		s->nonspinnable = 0;
	return mark_wake(w, s, s->activity > 0 ? WAKE_READERS : WAKE_ANY);
}

static void rwsem_wake(struct ctx *w, struct rwsem *s)
{
	struct ctx *q;

	spin_lock_irqsave(w, &s->wait_lock);
	sync(w);
	q = mark_wake(w, s, WAKE_ANY);
	spin_unlock_irqrestore(w, &s->wait_lock);
	wake_up_q(w, q);
}

/* --- readers ----------------------------------------------------------------------------- */

/* No writer holds and nobody asked for a hand-off: pass those who wait. */
static void steal_read(struct ctx *w, struct rwsem *s)
{
	struct ctx *q;

	s->reader_owned = 1;
	if (++s->activity > 1 || !s->waiters)
		return;
	spin_lock_irqsave(w, &s->wait_lock);
	sync(w);
	q = s->head ? mark_wake(w, s, WAKE_READ_OWNED) : NULL;
	spin_unlock_irqrestore(w, &s->wait_lock);
	wake_up_q(w, q);
}

static void queue_reader(struct ctx *w, struct rwsem *s)
{
	struct ctx *q;

	spin_lock_irqsave(w, &s->wait_lock);
	sync(w);
	if (!s->head && s->activity >= 0) {
		s->activity++;
		s->reader_owned = 1;
		spin_unlock_irqrestore(w, &s->wait_lock);
		return;
	}
	add_waiter(w, s, 0);
	atomic_count(w, s);
	s->waiters = 1;
	q = cond_wake(w, s);
	spin_unlock_irqrestore(w, &s->wait_lock);
	wake_up_q(w, q);
	while (!w->wait_granted)
		schedule(w, lock_class_names[s->class], s->writer);
}

int rwsem_read_trylock_today(struct ctx *w, struct rwsem *s)
{
	atomic_count(w, s);
	if (s->activity < 0 || s->waiters || s->handoff)
		return 0;
	s->activity++;
	s->reader_owned = 1;
	set_owner(w, s);
	return 1;
}

void rwsem_read_slow_today(struct ctx *w, struct rwsem *s)
{
	if (s->activity < 0 || s->handoff || (s->activity > 0 && s->reader_owned))
		queue_reader(w, s);
	else
		steal_read(w, s);
}

void rwsem_up_read_today(struct ctx *w, struct rwsem *s)
{
	atomic_count(w, s);
	BUG_ON(s->activity <= 0);
	if (--s->activity)
		return;
	spin_told(w, s->spinner);
	if (s->waiters) {
		s->nonspinnable = 0;
		rwsem_wake(w, s);
	}
}

/* --- writers ------------------------------------------------------------------------------- */

static void own(struct ctx *w, struct rwsem *s)
{
	s->activity = -1;
	s->writer = w;
	s->reader_owned = s->nonspinnable = 0;
}

/* rwsem_try_write_lock(), of a waiter under wait_lock */
static int try_write_lock(struct ctx *w, struct rwsem *s)
{
	atomic_count(w, s);
	if (s->handoff && s->head->wait_handoff && s->head != w)
		return 0;
	if (s->activity) {
		if (!s->handoff && timed_out(w, w))
			s->handoff = s->head->wait_handoff = 1;
		return 0;
	}
	s->handoff = 0;
	remove_waiter(s, w);
	own(w, s);
	return 1;
}

/* As long as readers are few they may be through soon. */
static sim_time reader_threshold(const struct ctx *w, const struct rwsem *s)
{
	return now_of(w) + US(20 + (s->activity < 30 ? s->activity : 30)) / 2;
}

/* May it go on spinning, after what it was told or has seen? */
static int spin_once(struct ctx *w, struct rwsem *s, sim_time *threshold)
{
	const char *what = lock_class_names[s->class];

	if (need_resched(w) || s->handoff)
		return 0;
	if (s->writer) {
		*threshold = 0;
		if (!owner_on_cpu(s->writer))
			return 0;
		spin_on_owner(w, s->writer, what, TIME_NEVER);
		return 1;
	}
	if (!s->reader_owned || s->activity <= 0)
		return 1;
	if (s->nonspinnable)
		return 0;
	if (!*threshold)
		*threshold = reader_threshold(w, s);
	if (now_of(w) >= *threshold) {
		s->nonspinnable = 1;
		return 0;
	}
	spin_on_owner(w, NULL, what, *threshold);
	return 1;
}

static int optimistic_spin(struct ctx *w, struct rwsem *s)
{
	sim_time threshold = 0;
	int got = 0;

	if (need_resched(w) || (s->writer && !owner_on_cpu(s->writer)) ||
	    (s->reader_owned && s->activity > 0 && s->nonspinnable))
		return 0;
	if (!osq_lock(w, &s->osq, lock_class_names[s->class]))
		return 0;
	s->spinner = w;
	do {
		atomic_count(w, s);
		got = !s->activity && !s->handoff;
	} while (!got && spin_once(w, s, &threshold));
	if (got) {
		own(w, s);
		set_owner(w, s);
	}
	s->spinner = NULL;
	osq_unlock(w, &s->osq);
	return got;
}

/* Sleep, unless the lock was promised to @w and its owner is about to give it. */
static void wait_for_turn(struct ctx *w, struct rwsem *s)
{
	const char *what = lock_class_names[s->class];

	if (w->wait_handoff && s->writer && owner_on_cpu(s->writer)) {
		preempt_disable(w);
		s->spinning_waiter = w;
		spin_on_owner(w, s->writer, what, TIME_NEVER);
		s->spinning_waiter = NULL;
		w->preempt_count--;
		if (!s->writer)
			return;
	}
	schedule(w, what, s->writer);
}

static void queue_writer(struct ctx *w, struct rwsem *s)
{
	struct ctx *q = NULL;

	spin_lock_irqsave(w, &s->wait_lock);
	sync(w);
	add_waiter(w, s, 1);
	atomic_count(w, s);
	if (s->head != w)
		q = cond_wake(w, s);
	s->waiters = 1;
	if (q) {
		spin_unlock_irqrestore(w, &s->wait_lock);
		wake_up_q(w, q);
		spin_lock_irqsave(w, &s->wait_lock);
		sync(w);
	}
	while (!try_write_lock(w, s)) {
		spin_unlock_irqrestore(w, &s->wait_lock);
		wait_for_turn(w, s);
		spin_lock_irqsave(w, &s->wait_lock);
		sync(w);
	}
	spin_unlock_irqrestore(w, &s->wait_lock);
}

int rwsem_write_trylock_today(struct ctx *w, struct rwsem *s)
{
	atomic_count(w, s);
	if (s->activity || s->waiters || s->handoff)
		return 0;
	own(w, s);
	set_owner(w, s);
	return 1;
}

void rwsem_write_slow_today(struct ctx *w, struct rwsem *s)
{
	int got;

	preempt_disable(w);
	got = optimistic_spin(w, s);
	preempt_enable(w);
	if (!got)
		queue_writer(w, s);
}

void rwsem_up_write_today(struct ctx *w, struct rwsem *s)
{
	set_owner(w, s);
	s->writer = NULL;
	atomic_count(w, s);
	s->activity = 0;
	spin_told(w, s->spinner);
	spin_told(w, s->spinning_waiter);
	if (s->waiters)
		rwsem_wake(w, s);
}
