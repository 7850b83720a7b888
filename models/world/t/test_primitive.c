/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Operations on one primitive: what a pair costs one thread, that each further
 * one is served after the others, that a wait for readers waits for them.
 */
#include "models/world/t/fixture.h"

static double pair(enum contend_on on, int threads, const char *label)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct result r;
	double v;
	int t;

	fix_init(f, 1, 8);
	f->kernel.spinlock = SPINLOCK_QUEUED;
	f->kernel.srcu = SRCU_TREE;
	f->machine.cost[COST_LINE_MEMORY] = 0;
	f->machine.cost[COST_LINE_SOCKET] = NS(100);
	f->machine.cost[COST_LINE_ATOMIC] = NS(10);
	fix_region(f, "r", 1);
	f->world.space[0].n_secondaries = 0;
	t = fix_thread(f, "t", MODE_USER, threads, 1);
	fix_op(f, t, OPK_CONTEND, 0)->on = on;
	f->op[t][0].n = 50;
	fix_run(f, &r);
	is_int(r.status, RUN_OK, label);
	v = fix_metric(&r, METRIC_CONTEND_TIME, label);
	result_free(&r);
	world_free(f->w);
	free(f);
	return v;
}

static double synchronize(enum sync_what what, const char *label)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct result r;
	double v;
	int t;

	fix_init(f, 1, 4);
	f->kernel.tick = 1;
	f->kernel.hz = 1000;
	f->kernel.no_hz = 1;
	f->kernel.srcu = SRCU_2012;
	fix_region(f, "r", 1);
	f->world.space[0].n_secondaries = 0;
	t = fix_thread(f, "t", MODE_USER, 1, 3);
	fix_op(f, t, OPK_SYNCHRONIZE, 0)->what = what;
	fix_run(f, &r);
	is_int(r.status, RUN_OK, label);
	v = fix_metric(&r, METRIC_SYNCHRONIZE_TIME, label);
	result_free(&r);
	world_free(f->w);
	free(f);
	return v;
}

int main(void)
{
	double rcu;

	is_near(pair(CONTEND_COUNTER, 1, "counter"), 20, 0.3, "counter: two atomics of an own line");
	is_near(pair(CONTEND_COUNTER, 4, "counter"), 4 * 220, 30, "four threads: each atomic waits for those of the others");
	is_near(pair(CONTEND_RWLOCK_READ, 4, "rwlock_read"), 4 * 220, 30, "readers of an rwlock: the same");
	ok(pair(CONTEND_SPINLOCK, 4, "spinlock") > 4 * 100, "spinlock: one hand-over at least");
	ok(pair(CONTEND_RWSEM_READ, 4, "rwsem_read") > 4 * 100, "semaphore");
	is_near(pair(CONTEND_RCU_READ, 4, "rcu_read"), 0, 1, "RCU readers: nothing to share");
	is_near(pair(CONTEND_SRCU_READ, 4, "srcu_read"), pair(CONTEND_SRCU_READ, 1, "srcu_read"), 3,
		"nor have SRCU readers");
	rcu = synchronize(SYNC_RCU, "rcu");
	ok(rcu >= 2e6 && rcu < 6e6, "synchronize_rcu: ticks");
	ok(synchronize(SYNC_SRCU, "srcu") < 1e6, "SRCU of 2012 without readers: none");
	return tap_done();
}
