/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The FIFO read-write semaphore, and the way to that of today; see rwsem.h. */
#include "models/kernel/rwsem.h"
#include "models/kernel/sched.h"
#include "models/kernel/stall.h"
#include "sim/base/xassert.h"

void rwsem_init(struct machine *m, struct rwsem *s, enum lock_class class)
{
	memset(s, 0, sizeof(*s));
	spin_lock_init(m, &s->wait_lock, LOCK_RWSEM_WAIT);
	line_init(&s->line);
	osq_init(&s->osq);
	s->class = (uint8_t)class;
	s->id = m->next_id++;
}

void rwsem_enqueue(struct ctx *w, struct rwsem *s, int write)
{
	w->wait_next = NULL;
	w->wait_write = write;
	w->wait_granted = 0;
	if (s->tail)
		s->tail->wait_next = w;
	else
		s->head = w;
	s->tail = w;
}

/* Queue, drop wait_lock, sleep until the waker has granted. */
static void sleep_for_grant(struct ctx *w, struct rwsem *s, int write,
			    const struct wait_mark *mark)
{
	uint64_t start = s->last_start, end = s->last_end;
	enum stall_cause cause = stall_cause(w, s->class, s->writer, s->head);

	rwsem_enqueue(w, s, write);
	if (s->writer) {
		start = s->writer->op_start;
		end = s->writer->op_end;
	}
	spin_unlock_irqrestore(w, &s->wait_lock);
	while (!w->wait_granted)
		schedule(w, lock_class_names[s->class], s->writer);
	wait_end(w, mark, s->class, start, end);
	stall_tally(w, cause, mark->t0);
}

static void got(struct ctx *w, struct rwsem *s, sim_time called, enum lock_mode mode)
{
	sync(w);
	metric_tally(&w->m->metrics, METRIC_LOCK_WAIT, s->class, now_of(w) - called);
	tp(w, TP_LOCK, lock_word(s->class, mode), s->id);
}

static int today(const struct ctx *w)
{
	return w->m->kc->rwsem == RWSEM_TODAY;
}

/* The slow path of today, with what is asked about every wait. */
static void slow_today(struct ctx *w, struct rwsem *s, const struct wait_mark *mark,
		       void (*slow)(struct ctx *w, struct rwsem *s))
{
	uint64_t start = s->last_start, end = s->last_end;
	enum stall_cause cause = stall_cause(w, s->class, s->writer, s->head);

	if (s->writer) {
		start = s->writer->op_start;
		end = s->writer->op_end;
	}
	slow(w, s);
	sync(w);
	wait_end(w, mark, s->class, start, end);
	stall_tally(w, cause, mark->t0);
}

void down_read(struct ctx *w, struct rwsem *s)
{
	struct wait_mark mark;

	might_sleep(w);
	sync(w);
	wait_begin(w, &mark);
	if (today(w)) {
		if (!rwsem_read_trylock_today(w, s))
			slow_today(w, s, &mark, rwsem_read_slow_today);
		got(w, s, mark.t0, LOCK_READ_MODE);
		return;
	}
	spin_lock_irqsave(w, &s->wait_lock);
	sync(w);
	if (s->activity >= 0 && !s->head) {
		s->activity++;
		spin_unlock_irqrestore(w, &s->wait_lock);
	} else {
		sleep_for_grant(w, s, 0, &mark);
	}
	got(w, s, mark.t0, LOCK_READ_MODE);
}

int down_read_trylock(struct ctx *w, struct rwsem *s)
{
	sim_time called;
	int ok;

	sync(w);
	called = now_of(w);
	if (today(w)) {
		ok = rwsem_read_trylock_today(w, s);
	} else {
		spin_lock_irqsave(w, &s->wait_lock);
		sync(w);
		ok = s->activity >= 0 && !s->head;
		if (ok)
			s->activity++;
		spin_unlock_irqrestore(w, &s->wait_lock);
	}
	if (ok)
		got(w, s, called, LOCK_READ_MODE);
	return ok;
}

void down_write(struct ctx *w, struct rwsem *s)
{
	struct wait_mark mark;

	might_sleep(w);
	sync(w);
	wait_begin(w, &mark);
	if (today(w)) {
		if (!rwsem_write_trylock_today(w, s))
			slow_today(w, s, &mark, rwsem_write_slow_today);
	} else {
		spin_lock_irqsave(w, &s->wait_lock);
		sync(w);
		if (!s->activity && !s->head) {
			s->activity = -1;
			s->writer = w;
			spin_unlock_irqrestore(w, &s->wait_lock);
		} else {
			sleep_for_grant(w, s, 1, &mark);
		}
	}
	got(w, s, mark.t0, LOCK_WRITE_MODE);
	s->granted_at = now_of(w);
}

static struct ctx *grant_front(struct rwsem *s)
{
	struct ctx *x = s->head;

	s->head = x->wait_next;
	if (!s->head)
		s->tail = NULL;
	x->wait_granted = 1;
	return x;
}

static void grant_writer(struct ctx *w, struct rwsem *s)
{
	struct ctx *x = grant_front(s);

	s->activity = -1;
	s->writer = x;
	lock_passed(x, s->head);
	wake_up_process(w, x);
}

void up_read(struct ctx *w, struct rwsem *s)
{
	if (today(w)) {
		sync(w);
		tp(w, TP_UNLOCK, lock_word(s->class, LOCK_READ_MODE), s->id);
		rwsem_up_read_today(w, s);
		return;
	}
	spin_lock_irqsave(w, &s->wait_lock);
	sync(w);
	BUG_ON(s->activity <= 0);
	tp(w, TP_UNLOCK, lock_word(s->class, LOCK_READ_MODE), s->id);
	if (--s->activity == 0 && s->head)
		grant_writer(w, s);
	spin_unlock_irqrestore(w, &s->wait_lock);
}

static void writer_leaves(struct ctx *w, struct rwsem *s)
{
	BUG_ON(s->activity != -1 || s->writer != w);
	metric_tally(&w->m->metrics, METRIC_LOCK_HOLD, s->class, now_of(w) - s->granted_at);
	tp(w, TP_UNLOCK, lock_word(s->class, LOCK_WRITE_MODE), s->id);
	s->last_start = w->op_start;
	s->last_end = w->op_end;
	lock_passed(NULL, s->head);	/* readers as holders are not named */
}

void up_write(struct ctx *w, struct rwsem *s)
{
	if (today(w)) {
		sync(w);
		writer_leaves(w, s);
		rwsem_up_write_today(w, s);
		return;
	}
	spin_lock_irqsave(w, &s->wait_lock);
	sync(w);
	writer_leaves(w, s);
	s->activity = 0;
	s->writer = NULL;
	if (s->head && s->head->wait_write) {
		grant_writer(w, s);
	} else {
		while (s->head && !s->head->wait_write) {
			struct ctx *x = grant_front(s);

			s->activity++;
			lock_passed(x, NULL);
			wake_up_process(w, x);
		}
	}
	spin_unlock_irqrestore(w, &s->wait_lock);
}
