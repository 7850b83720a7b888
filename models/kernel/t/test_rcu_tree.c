/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tree RCU to the tick: cases worked out by hand from the steps of
 * kernel/rcu/tree.c, with instructions that cost nothing.
 */
#include "models/kernel/rcu_tree.h"
#include "models/kernel/t/rcu_rig.h"

static void tree_init(struct bare *b, int cpus, int hz)
{
	rig_init(b, cpus, hz);
	b->kernel->rcu = RCU_TREE;
	b->kernel->rcu_wake_from_gp = 16;
	b->kernel->tick_phase = TICK_ALIGNED;
}

/* The caller on CPU 0, and the grace-period thread, get their CPU when they are
 * woken: how long a fair scheduler lets them wait is not the question here. */
static void start_caller(struct bare *b, struct caller *k)
{
	struct ctx *w = bare_thread(b, 0, NULL, "caller", call_synchronize, k);

	w->se.rt = 1;
	rcu_tree_of(b->m)->kthread->se.rt = 1;
}

static void users(struct bare *b, int from, int to)
{
	for (int i = from; i < to; i++)
		bare_thread(b, i, NULL, "user", busy_user, NULL);
}

/* All CPUs busy in user mode: notice at one tick, report at the next. */
static void test_busy(int hz, int cpus)
{
	struct bare b;
	struct record rec;
	sim_time tick = SEC(1) / hz;
	struct caller k = { .at = tick * 4 / 10, .times = 2, .asleep = 1 };

	tree_init(&b, cpus, hz);
	boot(&b, &rec);
	start_caller(&b, &k);
	users(&b, 0, cpus);
	bare_run(&b, 20 * tick);
	is_int(k.done[0], 2 * tick, "all CPUs in user mode: returns at the second tick");
	is_int(k.done[1], 4 * tick, "again: two ticks more");
	is_int(record_count(&rec, TP_RCU_SCAN, ANY, ANY), hz > 250 ? 0 : 2,
	       hz > 250 ? "without a scan" : "HZ 250: a scan a jiffy after each start, in vain");
	finish(&b, &rec);
}

/* All idle: nobody reports, the scan finds them. */
static void test_idle(int hz, int cpus, int jiffies)
{
	struct bare b;
	struct record rec;
	sim_time tick = SEC(1) / hz;
	struct caller k = { .at = tick * 4 / 10, .times = 1 };

	tree_init(&b, cpus, hz);
	boot(&b, &rec);
	start_caller(&b, &k);
	bare_run(&b, 20 * tick);
	is_int(k.done[0], jiffies * tick, "idle machine: the first scan ends it");
	is_int(record_count(&rec, TP_RCU_SCAN, ANY, 1), 1, "one scan");
	finish(&b, &rec);
}

/* More CPUs than the thread serves itself: a callback, at the caller's ticks. */
static void test_callback(int cpus)
{
	struct bare b;
	struct record rec;
	struct caller k = { .at = TENTHS(4), .times = 1, .asleep = 1 };

	tree_init(&b, cpus, 1000);
	boot(&b, &rec);
	start_caller(&b, &k);
	bare_run(&b, MS(40));
	is_int(record_time(&rec, 0, TP_RCU_START, ANY, ANY), MS(1), "the caller's tick asks for a period");
	is_int(record_time(&rec, 0, TP_RCU_END, ANY, ANY), MS(4), "the scan at jiffy 3 ends it");
	is_int(k.done[0], MS(5), "the callback runs at the caller's next tick");
	finish(&b, &rec);
}

/*
 * Today's timers and wake-ups: the thread's timer is late by a jiffy, runs on the
 * CPU that still ticks (the caller's), and wakes it where it was.  So no tick of
 * its own reports its CPU, which is busy when it scans, and a second scan is due;
 * unless it is reported when the period starts.
 */
static void test_own_cpu(int early)
{
	struct bare b;
	struct record rec;
	struct caller k = { .at = TENTHS(4), .times = 1, .asleep = 1 };

	tree_init(&b, 32, 1000);
	b.kernel->timers_late = b.kernel->timers_pull = b.kernel->wake_idle_previous = 1;
	b.kernel->rcu_early_report = early;
	boot(&b, &rec);
	start_caller(&b, &k);
	bare_run(&b, MS(40));
	is_int(record_count(&rec, TP_RCU_SCAN, ANY, ANY), early ? 1 : 2,
	       early ? "reported early: one scan" : "the thread's own CPU costs a second scan");
	is_int(record_time(&rec, 0, TP_RCU_END, ANY, ANY), early ? MS(5) : MS(9),
	       early ? "3 jiffies and one late" : "twice 3 jiffies and one late");
	is_int(k.done[0], early ? MS(6) : MS(10), "callback a tick later");
	finish(&b, &rec);
}

/* A CPU in guest mode reports at its tick: it is quiescent each time it enters. */
static void test_guest(void)
{
	struct bare b;
	struct record rec;
	struct caller k = { .at = TENTHS(4), .times = 1, .asleep = 1 };

	tree_init(&b, 5, 1000);	/* the thread begins on the last */
	boot(&b, &rec);
	bare_thread(&b, 3, NULL, "vcpu", busy_guest, NULL);
	start_caller(&b, &k);
	users(&b, 0, 3);
	users(&b, 4, 5);
	bare_run(&b, MS(40));
	is_int(record_time(&rec, 0, TP_RCU_QUIET, 3, ANY), MS(2), "a busy guest reports at its second tick");
	is_int(k.done[0], MS(2), "and holds up nobody");
	finish(&b, &rec);
}

/* Kernel code that never schedules: asked after a tenth of a second, in vain without
 * PREEMPT; with it the tick finds it outside of readers. */
static void test_kernel(enum preempt_mode preempt)
{
	struct bare b;
	struct record rec;
	struct caller k = { .at = TENTHS(4), .times = 1, .asleep = 1 };

	tree_init(&b, 5, 1000);	/* the thread begins on the last */
	b.kernel->preempt = preempt;
	boot(&b, &rec);
	bare_thread(&b, 3, NULL, "kernel", busy_kernel, NULL);
	start_caller(&b, &k);
	users(&b, 0, 3);
	users(&b, 4, 5);
	bare_run(&b, SEC(20));
	is_int(k.n, preempt == PREEMPT_FULL, preempt == PREEMPT_FULL ?
	       "PREEMPT: kernel code outside of readers is quiescent" :
	       "PREEMPT_NONE: kernel code that never gives way holds the period for ever");
	if (preempt == PREEMPT_FULL)
		is_int(k.done[0], MS(2), "reported at the second tick");
	else
		ok(record_count(&rec, TP_IPI_SEND, ANY, VECTOR_RESCHEDULE) > 0, "though it is asked by IPI in the end");
	finish(&b, &rec);
}

struct looper { sim_time step; };

static void looping(struct ctx *w, void *arg)
{
	struct looper *l = arg;

	for (;;) {
		cpu_work(w, l->step);
		cond_resched(w);
	}
}

/* A long loop with cond_resched(): quiescent once it is asked, HZ / 10 jiffies late. */
static void test_cond_resched(void)
{
	struct bare b;
	struct record rec;
	struct caller k = { .at = TENTHS(4), .times = 1, .asleep = 1 };
	struct looper l = { US(300) };

	tree_init(&b, 5, 1000);	/* the thread begins on the last */
	boot(&b, &rec);
	bare_thread(&b, 3, NULL, "loop", looping, &l);
	start_caller(&b, &k);
	users(&b, 0, 3);
	users(&b, 4, 5);
	bare_run(&b, SEC(2));
	ok(k.n == 1 && k.done[0] > MS(100) && k.done[0] < MS(110),
	   "a loop with cond_resched() reports when it is urgent, after a tenth of a second");
	if (k.n)
		printf("# at %.3f ms\n", (double)k.done[0] / (double)MS(1));
	finish(&b, &rec);
}

static void no_ticks(struct ctx *w, void *arg)
{
	(void)arg;
	ctx_class(w, TIME_USER);
	local_irq_disable(w);
	cpu_work(w, SEC(1000));
}

static void test_tick_stopped(void)
{
	struct bare b;
	struct record rec;
	struct caller k = { .at = TENTHS(4), .times = 1, .asleep = 1 };

	tree_init(&b, 5, 1000);	/* the thread begins on the last */
	boot(&b, &rec);
	bare_thread(&b, 3, NULL, "deaf", no_ticks, NULL);
	start_caller(&b, &k);
	bare_run(&b, SEC(20));
	is_int(k.n, 0, "one busy CPU whose tick never comes: the period never ends");
	finish(&b, &rec);
}

int main(void)
{
	test_busy(1000, 16);
	test_busy(250, 4);
	test_idle(1000, 16, 3);
	test_idle(250, 16, 1);
	test_callback(32);
	test_own_cpu(0);
	test_own_cpu(1);
	test_guest();
	test_kernel(PREEMPT_NONE);
	test_kernel(PREEMPT_FULL);
	test_cond_resched();
	test_tick_stopped();
	return tap_done();
}
