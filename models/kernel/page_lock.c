/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Page bits that one can sleep on; see page_lock.h. */
#include "models/kernel/page_lock.h"
#include "models/kernel/kernel.h"
#include "models/kernel/sched.h"
#include "sim/base/xassert.h"

enum page_bit { BIT_LOCKED, BIT_WRITEBACK };

struct page_waiter {
	struct ctx *w;
	enum page_bit bit;
	int exclusive;
	int queued;
	struct page_waiter *next;
};

static int is_set(const struct page *p, enum page_bit bit)
{
	return bit == BIT_LOCKED ? p->locked : p->writeback;
}

static void got(struct ctx *w, struct page *p, sim_time called)
{
	p->lock_owner = w;
	p->locked_at = now_of(w);
	metric_tally(&w->m->metrics, METRIC_LOCK_WAIT, LOCK_PAGE, now_of(w) - called);
	tp(w, TP_LOCK, lock_word(LOCK_PAGE, LOCK_SPIN), p->id);
}

int trylock_page(struct ctx *w, struct page *p)
{
	sync(w);
	if (p->locked) {
		charge(w, COST_PAGE_BIT);
		return 0;
	}
	p->locked = 1;
	got(w, p, now_of(w));
	charge(w, COST_PAGE_BIT);
	return 1;
}

/* --- waiting --------------------------------------------------------------- */

/* prepare_to_wait (head), prepare_to_wait_exclusive (tail) */
static void enqueue(struct page *p, struct page_waiter *x)
{
	struct page_waiter **at = &p->waiters;

	while (x->exclusive && *at)
		at = &(*at)->next;
	x->next = *at;
	*at = x;
	x->queued = 1;
}

static void dequeue(struct page *p, struct page_waiter *x)
{
	struct page_waiter **at = &p->waiters;

	while (*at != x)
		at = &(*at)->next;
	*at = x->next;
	x->queued = 0;
}

/* What the wait counts as: the device, or whoever holds the lock. */
static enum lock_class waits_for(const struct page *p, enum page_bit bit)
{
	return bit == BIT_WRITEBACK || !p->lock_owner ? LOCK_IO : LOCK_PAGE;
}

/* Sleep until the bit is clear; @exclusive: until this task has set it again. */
static void wait_on_bit(struct ctx *w, struct page *p, enum page_bit bit, int exclusive)
{
	struct page_waiter x = { .w = w, .bit = bit, .exclusive = exclusive };
	struct wait_mark mark;

	for (;;) {
		enum lock_class class = waits_for(p, bit);
		struct ctx *owner = bit == BIT_LOCKED ? p->lock_owner : NULL;
		uint64_t start = owner ? owner->op_start : 0, end = owner ? owner->op_end : 0;

		if (!x.queued)
			enqueue(p, &x);
		if (class == LOCK_IO)
			sync_page(w);
		wait_begin(w, &mark);
		schedule(w, class == LOCK_IO ? "page I/O" : "a page lock", owner);
		wait_end(w, &mark, class, start, end);
		if (!is_set(p, bit))
			break;
	}
	if (x.queued)
		dequeue(p, &x);
	if (exclusive)
		p->locked = 1;
}

void lock_page(struct ctx *w, struct page *p)
{
	sim_time called;

	sync(w);
	called = now_of(w);
	if (!p->locked)
		p->locked = 1;
	else
		wait_on_bit(w, p, BIT_LOCKED, 1);
	got(w, p, called);
	charge(w, COST_PAGE_BIT);
}

void wait_on_page_locked(struct ctx *w, struct page *p)
{
	sync(w);
	if (p->locked)
		wait_on_bit(w, p, BIT_LOCKED, 0);
}

void wait_on_page_writeback(struct ctx *w, struct page *p)
{
	sync(w);
	if (p->writeback)
		wait_on_bit(w, p, BIT_WRITEBACK, 0);
}

/* --- waking ------------------------------------------------------------------ */

static struct page_waiter *first_waiter(struct page *p, enum page_bit bit)
{
	struct page_waiter *x = p->waiters;

	while (x && x->bit != bit)
		x = x->next;
	return x;
}

/* All that wait without wanting it, and one that does. */
static void wake_up_page(struct ctx *w, struct page *p, enum page_bit bit)
{
	struct page_waiter *x;

	while ((x = first_waiter(p, bit))) {
		struct ctx *task = x->w;
		int exclusive = x->exclusive;

		dequeue(p, x);
		wake_up_process(w, task);
		if (exclusive)
			return;
	}
}

void unlock_page(struct ctx *w, struct page *p)
{
	sync(w);
	BUG_ON(!p->locked);
	metric_tally(&w->m->metrics, METRIC_LOCK_HOLD, LOCK_PAGE, now_of(w) - p->locked_at);
	tp(w, TP_UNLOCK, lock_word(LOCK_PAGE, LOCK_SPIN), p->id);
	p->locked = 0;
	p->lock_owner = NULL;
	charge(w, COST_PAGE_BIT);
	wake_up_page(w, p, BIT_LOCKED);
}

void page_lock_to_device(struct ctx *w, struct page *p)
{
	BUG_ON(!p->locked || p->lock_owner != w);
	p->lock_owner = NULL;
}

void wake_up_writeback(struct ctx *w, struct page *p)
{
	wake_up_page(w, p, BIT_WRITEBACK);
}
