/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ticket and queued spinlocks; the rules are in spinlock.h. */
#include "models/kernel/spinlock.h"
#include "models/kernel/stall.h"
#include "sim/base/xassert.h"

void spin_lock_init(struct machine *m, struct spinlock *l, enum lock_class class)
{
	memset(l, 0, sizeof(*l));
	line_init(&l->line);
	l->class = (uint8_t)class;
	l->id = m->next_id++;
}

static void granted(struct ctx *w, struct spinlock *l, sim_time called, sim_time at,
		    enum lock_mode mode)
{
	l->granted_at = at;
	metric_tally(&w->m->metrics, METRIC_LOCK_WAIT, l->class, at - called);
	if (l->class != LOCK_RUNQUEUE)	/* two per switch and wake-up: no news */
		tp(w, TP_LOCK, lock_word(l->class, mode), l->id);
}

/* Pay the atomic, then spin until the release makes @w the owner. */
static void wait_for_grant(struct ctx *w, struct spinlock *l, sim_time atomic_done)
{
	struct ctx *holder = l->owner;
	uint64_t start = holder->op_start, end = holder->op_end;
	enum stall_cause cause = stall_cause(w, l->class, holder, l->head);
	struct wait_mark mark;

	w->spin_queue = NULL;
	w->wake_at = TIME_NEVER;
	if (l->tail)
		l->tail->spin_queue = w;
	else
		l->head = w;
	l->tail = w;
	wait_begin(w, &mark);
	cpu_work(w, atomic_done - now_of(w));
	if (l->owner != w || w->wake_at > now_of(w))
		spin_wait(w, lock_class_names[l->class], l->owner);
	w->wake_at = TIME_NEVER;
	BUG_ON(l->owner != w);
	wait_end(w, &mark, l->class, start, end);
	stall_tally(w, cause, mark.t0);
}

static void lock_mode(struct ctx *w, struct spinlock *l, enum lock_mode mode)
{
	sim_time called, done;

	preempt_disable(w);
	w->spinlocks++;
	sync(w);
	called = now_of(w);
	BUG_ON(l->owner == w);
	done = line_book_from(w, &l->line, LINE_ATOMIC, called);
	if (!l->owner) {
		l->owner = w;
		w->debt += done - called;
		granted(w, l, called, done, mode);
		return;
	}
	/*
	 * The attempt is served behind the re-reads outstanding.  It must not
	 * keep the line until then: the next release store overtakes both, and a
	 * store that waited here would double the collapse.
	 */
	if (l->reread_until > called)
		done += l->reread_until - called;
	wait_for_grant(w, l, done);
	granted(w, l, called, now_of(w), mode);
}

/* All waiters hold copies of the word while they spin. */
static int waiters_share(struct spinlock *l)
{
	int k = 0;

	for (struct ctx *x = l->head; x; x = x->spin_queue, k++)
		l->line.sharers |= 1ull << x->cpu->id;
	return k;
}

static sim_time release_ticket(struct ctx *w, struct spinlock *l)
{
	struct machine *m = w->m;
	sim_time now = now_of(w), from = now, done, c;
	struct ctx *next = l->head;
	int64_t k = waiters_share(l), j = 1;

	if (m->kc->arbitration == ARBITRATION_WAIT && l->reread_until > from)
		from = l->reread_until;
	done = line_book_from(w, &l->line, LINE_WRITE, from);
	if (!next)
		return done;
	c = line_transfer(w, w->cpu->id, next->cpu->id);
	if (m->kc->arbitration != ARBITRATION_TICKET_ORDER)
		j = 1 + (int64_t)rng_below(&m->arbitration, (uint64_t)k);
	l->reread_until = done + k * c;
	waiters_share(l);
	spin_wake(next, done + j * c);
	return done;
}

static sim_time release_queued(struct ctx *w, struct spinlock *l)
{
	sim_time now = now_of(w);

	if (!l->head)
		return line_book_from(w, &l->line, LINE_WRITE, now);
	/* one store to the successor's own node: it moves to the successor */
	spin_wake(l->head, now + line_transfer(w, w->cpu->id, l->head->cpu->id));
	return now + w->m->mc->cost[COST_LINE_OWN];
}

static void unlock_mode(struct ctx *w, struct spinlock *l, enum lock_mode mode)
{
	struct ctx *next;
	sim_time done;

	sync(w);
	BUG_ON(l->owner != w);
	metric_tally(&w->m->metrics, METRIC_LOCK_HOLD, l->class,
		     now_of(w) > l->granted_at ? now_of(w) - l->granted_at : 0);
	if (l->class != LOCK_RUNQUEUE)
		tp(w, TP_UNLOCK, lock_word(l->class, mode), l->id);
	next = l->head;
	l->owner = next;
	done = w->m->kc->spinlock == SPINLOCK_TICKET ? release_ticket(w, l) :
		release_queued(w, l);
	if (next) {
		l->head = next->spin_queue;
		if (!l->head)
			l->tail = NULL;
		spin_passed(next, l->head);
	}
	w->debt += done - now_of(w);
	w->spinlocks--;
	preempt_enable(w);
}

void spin_lock(struct ctx *w, struct spinlock *l)
{
	lock_mode(w, l, LOCK_SPIN);
}

void spin_unlock(struct ctx *w, struct spinlock *l)
{
	unlock_mode(w, l, LOCK_SPIN);
}

void spin_lock_irqsave(struct ctx *w, struct spinlock *l)
{
	local_irq_disable(w);
	lock_mode(w, l, LOCK_SPIN_IRQ);
}

void spin_unlock_irqrestore(struct ctx *w, struct spinlock *l)
{
	unlock_mode(w, l, LOCK_SPIN_IRQ);
	local_irq_enable(w);
}
