/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SRCU as merged in 2.6.19 and kept until 3.4 (kernel/srcu.c): the caller does
 * everything, under a mutex, with three RCU grace periods instead of memory
 * barriers in the readers.
 *
 *   snapshot, mutex; two flips since: somebody else's periods will do
 *   period 1     whoever may still miss the coming flip ... has left
 *   flip         new readers count in the other rank
 *   period 2     readers that read the index before the flip have counted
 *   poll         old rank empty?  else sleep a jiffy; no first delay
 *   period 3     the last reader's accesses are over
 *
 * So a reader that ends within the second period costs nothing, and busy
 * guests hold the first of the three as long as they hold RCU.  Left out: the
 * expedited variant (2.6.32 has none), 3.x's 10 us wait before the first poll.
 */
#include "models/kernel/mutex.h"
#include "models/kernel/sched.h"
#include "models/kernel/srcu_int.h"
#include "models/kernel/timer.h"

struct srcu_state {
	struct srcu_counters counters;
	struct mutex mutex;
};

static void init_2006(struct srcu_domain *d)
{
	struct srcu_state *s = arena_alloc(d->m->arena, sizeof(*s));

	srcu_counters_init(d->m, &s->counters);
	mutex_init(d->m, &s->mutex, LOCK_SRCU);
	d->state = s;
}

static int read_lock_2006(struct ctx *w, struct srcu_domain *d, int fast)
{
	(void)fast;
	return srcu_enter(w, &d->state->counters);
}

static void read_unlock_2006(struct ctx *w, struct srcu_domain *d, int idx, int fast)
{
	(void)fast;
	srcu_leave(w, &d->state->counters, idx);
}

static int readers_active_idx(struct ctx *w, struct srcu_state *s, int idx)
{
	srcu_read_all(w, &s->counters);
	return srcu_sum(w->m, &s->counters, idx) != 0;
}

static void flip(struct ctx *w, struct srcu_state *s)
{
	line_access(w, &s->counters.line, LINE_WRITE);
	sync(w);
	s->counters.completed++;
	tp(w, TP_SRCU_FLIP, s->counters.completed, 0);
}

static void synchronize_2006(struct ctx *w, struct srcu_domain *d)
{
	struct srcu_state *s = d->state;
	uint64_t snapshot;
	int old;

	line_access(w, &s->counters.line, LINE_READ);
	sync(w);
	snapshot = s->counters.completed;
	mutex_lock(w, &s->mutex);
	sync(w);
	if (s->counters.completed - snapshot < 2) {
		synchronize_rcu(w);
		old = (int)(s->counters.completed & 1);
		flip(w, s);
		synchronize_rcu(w);
		while (readers_active_idx(w, s, old))
			schedule_timeout_jiffies(w, 1);
		synchronize_rcu(w);
	}
	mutex_unlock(w, &s->mutex);
}

const struct srcu_flavour srcu_2006 = {
	.init = init_2006,
	.read_lock = read_lock_2006,
	.read_unlock = read_unlock_2006,
	.synchronize = synchronize_2006,
};
