/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Queued read-write spinlock; see rwlock.h. */
#include "models/kernel/rwlock.h"
#include "sim/base/xassert.h"

void rwlock_init(struct machine *m, struct rwlock *l, enum lock_class class)
{
	memset(l, 0, sizeof(*l));
	line_init(&l->line);
	spin_lock_init(m, &l->wait_lock, LOCK_RWLOCK_WAIT);
	l->class = (uint8_t)class;
	l->id = m->next_id++;
}

static void atomic(struct ctx *w, struct rwlock *l)
{
	line_access(w, &l->line, LINE_ATOMIC);
	sync(w);
}

/* May the one at the head go on? */
static int head_may_go(const struct rwlock *l)
{
	return !l->writer && (!l->head_writes || !l->readers);
}

/* The word has changed: who spins on it reads it again. */
static void wake_pollers(struct ctx *w, struct rwlock *l)
{
	sim_time now = now_of(w);

	while (!l->writer && l->irq_readers) {
		struct ctx *x = l->irq_readers;

		l->irq_readers = x->wait_next;
		spin_wake(x, now + line_transfer(w, w->cpu->id, x->cpu->id));
	}
	if (l->head && head_may_go(l)) {
		struct ctx *x = l->head;

		l->head = NULL;
		spin_wake(x, now + line_transfer(w, w->cpu->id, x->cpu->id));
	}
}

/* At the head of the queue: spin on the word until head_may_go(). */
static void poll_word(struct ctx *w, struct rwlock *l, int write)
{
	l->head_writes = write;
	while (l->writer || (write && l->readers)) {
		l->head = w;
		w->wake_at = TIME_NEVER;
		spin_wait(w, lock_class_names[l->class], l->writer);
		w->wake_at = TIME_NEVER;
		l->line.sharers |= 1ull << w->cpu->id;
	}
	l->head = NULL;
}

static void granted(struct ctx *w, struct rwlock *l, sim_time called, enum lock_mode mode)
{
	metric_tally(&w->m->metrics, METRIC_LOCK_WAIT, l->class, now_of(w) - called);
	tp(w, TP_LOCK, lock_word(l->class, mode), l->id);
}

/* Of the fault that waits: who is in the way. */
static void waited(struct ctx *w, const struct rwlock *l, const struct wait_mark *mark,
		   const struct ctx *writer)
{
	wait_end(w, mark, l->class, writer ? writer->op_start : l->last_start,
		 writer ? writer->op_end : l->last_end);
}

/* --- readers ----------------------------------------------------------------------- */

static void read_slow(struct ctx *w, struct rwlock *l)
{
	if (w->is_irq) {		/* its count stays: it passes waiting writers */
		while (l->writer) {
			w->wait_next = l->irq_readers;
			l->irq_readers = w;
			w->wake_at = TIME_NEVER;
			spin_wait(w, lock_class_names[l->class], l->writer);
			w->wake_at = TIME_NEVER;
		}
		return;
	}
	atomic(w, l);
	l->readers--;
	wake_pollers(w, l);
	spin_lock(w, &l->wait_lock);
	atomic(w, l);
	l->readers++;
	poll_word(w, l, 0);
	spin_unlock(w, &l->wait_lock);
}

void read_lock(struct ctx *w, struct rwlock *l)
{
	struct wait_mark mark;
	struct ctx *writer;

	preempt_disable(w);
	w->spinlocks++;
	sync(w);
	wait_begin(w, &mark);
	atomic(w, l);
	l->readers++;
	writer = l->writer;
	if (l->writer || (l->waiting && !w->is_irq)) {
		read_slow(w, l);
		sync(w);
		waited(w, l, &mark, writer);
	}
	granted(w, l, mark.t0, LOCK_READ_MODE);
}

void read_unlock(struct ctx *w, struct rwlock *l)
{
	atomic(w, l);
	BUG_ON(l->readers <= 0);
	tp(w, TP_UNLOCK, lock_word(l->class, LOCK_READ_MODE), l->id);
	l->readers--;
	wake_pollers(w, l);
	w->spinlocks--;
	preempt_enable(w);
}

/* --- writers ----------------------------------------------------------------------- */

static void write_slow(struct ctx *w, struct rwlock *l)
{
	spin_lock(w, &l->wait_lock);
	atomic(w, l);
	while (l->writer || l->readers) {
		l->waiting = 1;
		poll_word(w, l, 1);
		atomic(w, l);		/* the word may have changed again */
	}
	l->waiting = 0;
	l->writer = w;
	spin_unlock(w, &l->wait_lock);
}

void write_lock(struct ctx *w, struct rwlock *l)
{
	struct wait_mark mark;
	struct ctx *writer;

	preempt_disable(w);
	w->spinlocks++;
	sync(w);
	wait_begin(w, &mark);
	atomic(w, l);
	writer = l->writer;
	if (!l->writer && !l->readers && !l->waiting) {
		l->writer = w;
	} else {
		write_slow(w, l);
		sync(w);
		waited(w, l, &mark, writer);
	}
	l->granted_at = now_of(w);
	granted(w, l, mark.t0, LOCK_WRITE_MODE);
}

void write_unlock(struct ctx *w, struct rwlock *l)
{
	line_access(w, &l->line, LINE_WRITE);
	sync(w);
	BUG_ON(l->writer != w);
	metric_tally(&w->m->metrics, METRIC_LOCK_HOLD, l->class, now_of(w) - l->granted_at);
	tp(w, TP_UNLOCK, lock_word(l->class, LOCK_WRITE_MODE), l->id);
	l->last_start = w->op_start;
	l->last_end = w->op_end;
	l->writer = NULL;
	wake_pollers(w, l);
	w->spinlocks--;
	preempt_enable(w);
}
