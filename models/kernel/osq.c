/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Optimistic spinning; see osq.h. */
#include "models/kernel/osq.h"
#include "models/kernel/sched.h"
#include "sim/base/xassert.h"

void osq_init(struct osq *q)
{
	memset(q, 0, sizeof(*q));
	line_init(&q->line);
}

/* Spin, but not if there is somebody else to run; an interrupt that finds out ends it. */
static void spin_until_resched(struct ctx *w, const char *what, struct ctx *holder)
{
	if (need_resched(w))
		return;
	w->spins_until_resched = 1;
	spin_wait(w, what, holder);
	w->spins_until_resched = 0;
	w->wake_at = TIME_NEVER;
}

static void unqueue(struct osq *q, struct ctx *w)
{
	struct ctx **p = &q->head, *prev = NULL;

	for (; *p != w; p = &(*p)->wait_next)
		prev = *p;
	*p = w->wait_next;
	if (q->tail == w)
		q->tail = prev;
}

int osq_lock(struct ctx *w, struct osq *q, const char *what)
{
	line_access(w, &q->line, LINE_ATOMIC);
	sync(w);
	if (!q->front) {
		q->front = w;
		return 1;
	}
	w->wait_next = NULL;
	if (q->tail)
		q->tail->wait_next = w;
	else
		q->head = w;
	q->tail = w;
	w->wake_at = TIME_NEVER;
	while (q->front != w && !need_resched(w))
		spin_until_resched(w, what, q->front);
	if (q->front == w)
		return 1;
	line_access(w, &q->line, LINE_ATOMIC);
	sync(w);
	if (q->front == w)		/* admitted while it was about to leave */
		return 1;
	unqueue(q, w);
	return 0;
}

void osq_unlock(struct ctx *w, struct osq *q)
{
	struct ctx *next = q->head;

	BUG_ON(q->front != w);
	q->front = next;
	if (!next) {
		line_access(w, &q->line, LINE_ATOMIC);
		sync(w);
		return;
	}
	q->head = next->wait_next;
	if (!q->head)
		q->tail = NULL;
	spin_told(w, next);
}

/* --- on the owner ------------------------------------------------------------------- */

static void watch(struct ctx *w, struct ctx *owner)
{
	w->spin_owner = owner;
	w->spin_next = owner->spun_on;
	owner->spun_on = w;
}

static void unwatch(struct ctx *w)
{
	struct ctx **p = &w->spin_owner->spun_on;

	for (; *p != w; p = &(*p)->spin_next)
		;
	*p = w->spin_next;
	w->spin_owner = NULL;
}

void spin_on_owner(struct ctx *w, struct ctx *owner, const char *what, sim_time until)
{
	sync(w);
	if (owner && !owner_on_cpu(owner))
		return;
	if (until <= now_of(w))
		return;
	w->wake_at = until;
	if (owner)
		watch(w, owner);
	spin_until_resched(w, what, owner);
	if (owner)
		unwatch(w);
	w->wake_at = TIME_NEVER;
}

void spin_told(struct ctx *w, struct ctx *spinner)
{
	if (spinner)
		spin_wake(spinner, now_of(w) + line_transfer(w, w->cpu->id, spinner->cpu->id));
}

void owner_leaves_cpu(struct ctx *owner)
{
	for (struct ctx *x = owner->spun_on; x; x = x->spin_next)
		spin_told(owner, x);
}
