/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Classic RCU of 2.6.27 to the tick: cases worked out by hand from the steps
 * of kernel/rcuclassic.c with instructions that cost nothing.
 */
#include "models/kernel/t/rcu_rig.h"

enum role { ABSENT, USER, GUEST, KERNEL };

static void start_role(struct bare *b, int cpu, enum role role)
{
	if (role == USER)
		bare_thread(b, cpu, NULL, "user", busy_user, NULL);
	else if (role == GUEST)
		bare_thread(b, cpu, NULL, "vcpu", busy_guest, NULL);
	else if (role == KERNEL)
		bare_thread(b, cpu, NULL, "kernel", busy_kernel, NULL);
}

/* Two CPUs, HZ 1000, ticks of CPU1 a quarter of a millisecond late. */
static void test_two(enum role other, const char *what)
{
	struct bare b;
	struct record rec;
	struct caller k = { .at = TENTHS(4), .times = 3 };
	char text[120];

	rig_init(&b, 2, 1000);
	boot(&b, &rec);
	start_role(&b, 1, other);
	bare_thread(&b, 0, NULL, "caller", call_synchronize, &k);
	bare_run(&b, MS(20));
	snprintf(text, sizeof(text), "%s: called at 0.4, returns at 3.0", what);
	is_int(k.done[0], MS(3), text);
	is_int(k.done[1], MS(6), "called again at once: 3 ticks more");
	is_int(k.done[2], MS(9), "and again");
	is_int(record_time(&rec, 0, TP_RCU_START, ANY, 1), MS(1), "the batch starts at the caller's first tick");
	is_int(record_time(&rec, 0, TP_RCU_END, ANY, 1), other == USER ? MS(2) + TENTHS(5) / 2 : MS(2),
	       other == USER ? "and ends at the other CPU's second" : "a tickless CPU is not waited for");
	finish(&b, &rec);
}

/* A second caller behind the running batch waits for the next one. */
static void test_second_caller(void)
{
	struct bare b;
	struct record rec;
	struct caller first = { .at = TENTHS(4), .times = 1 }, second = { .at = TENTHS(11), .times = 1 };

	rig_init(&b, 2, 1000);
	boot(&b, &rec);
	bare_thread(&b, 0, NULL, "first", call_synchronize, &first);
	bare_thread(&b, 1, NULL, "second", call_synchronize, &second);
	bare_run(&b, MS(20));
	is_int(first.done[0], MS(3), "the first caller is not delayed");
	is_int(second.done[0], MS(5) + TENTHS(5) / 2, "the second, at 1.10, returns at 5.25: R + 4 ticks");
	finish(&b, &rec);
}

/* Four CPUs, HZ 250: caller, tickless idle, user, and @last; called at 2.0. */
static void four(struct bare *b, struct record *rec, struct caller *k, enum role last,
		 struct kthread *each)
{
	rig_init(b, 4, 250);
	boot(b, rec);
	if (each)			/* asleep before the vcpu starts */
		bare_thread(b, 3, NULL, "kthread", run_each, each);
	start_role(b, 2, USER);
	start_role(b, 3, last);
	bare_thread(b, 0, NULL, "caller", call_synchronize, k);
}

static void test_four_user(void)
{
	struct bare b;
	struct record rec;
	struct caller k = { .at = MS(2), .times = 1 };

	four(&b, &rec, &k, USER, NULL);
	bare_run(&b, MS(40));
	is_int(record_time(&rec, 0, TP_RCU_START, 0, 1), MS(4), "HZ 250: starts at 4.0");
	is_int(record_time(&rec, 0, TP_RCU_QUIET, 0, 1), MS(8), "the caller's idle CPU reports at 8.0");
	is_int(record_time(&rec, 0, TP_RCU_QUIET, 2, 1), MS(9), "the user's at 9.0");
	is_int(record_time(&rec, 0, TP_RCU_END, 3, 1), TENTHS(95), "the last at 9.5 ends the batch");
	is_int(k.done[0], MS(12), "callback at 12.0: R + 2 ticks");
	is_int(record_count(&rec, TP_RCU_QUIET, 1, ANY), 0, "the tickless CPU never reports");
	finish(&b, &rec);
}

/* A vcpu that stays in the guest is quiescent when a kernel thread runs there. */
static void test_four_guest(void)
{
	struct bare b;
	struct record rec;
	struct caller k = { .at = MS(2), .times = 2 };
	struct kthread each = { MS(700), SEC(1) };

	four(&b, &rec, &k, GUEST, &each);
	bare_run(&b, SEC(2));
	is_int(k.done[0], MS(704), "a busy guest holds the batch until a kernel thread runs: 702 ms");
	is_int(k.done[1], MS(1704), "the next batch cannot use the same switch: 1,000 ms more");
	finish(&b, &rec);
}

/* Nothing but its own ticks and switches lets a CPU report. */
static void test_held(enum role role, const char *what)
{
	struct bare b;
	struct record rec;
	struct caller k = { .at = MS(2), .times = 1 };

	four(&b, &rec, &k, role, NULL);
	bare_run(&b, SEC(20));
	is_int(k.n, 0, what);
	is_int(record_count(&rec, TP_RCU_END, ANY, ANY), 0, "no batch has ended");
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
	struct caller k = { .at = MS(2), .times = 1 };

	four(&b, &rec, &k, ABSENT, NULL);
	bare_thread(&b, 3, NULL, "deaf", no_ticks, NULL);
	bare_run(&b, SEC(20));
	is_int(k.n, 0, "one busy CPU whose tick never comes: the period never ends");
	finish(&b, &rec);
}

/* --- callbacks ------------------------------------------------------------------------ */

struct flood {
	struct rcu_head head[40];
	sim_time done[40];
	struct machine *m;
	int n;
};

static struct flood *flood_of;		/* callbacks know their head only */

static void note(struct ctx *w, struct rcu_head *head)
{
	flood_of->done[head - flood_of->head] = now_of(w);
}

static void call_many(struct ctx *w, void *arg)
{
	struct flood *f = arg;

	ctx_class(w, TIME_USER);
	work_until(w, TENTHS(4));
	for (int i = 0; i < f->n; i++)
		call_rcu(w, &f->head[i], note);
	cpu_work(w, SEC(1000));
}

static void test_batch_limit(void)
{
	struct bare b;
	struct record rec;
	struct flood f = { .n = 25 };
	int late = 0;

	rig_init(&b, 1, 1000);
	boot(&b, &rec);
	flood_of = &f;
	bare_thread(&b, 0, NULL, "caller", call_many, &f);
	bare_run(&b, MS(20));
	for (int i = 0; i < f.n; i++)
		late += f.done[i] != MS(3);
	is_int(f.done[0], MS(3), "callbacks run at the third tick");
	is_int(late, 0, "25 callbacks: three passes of ten at most, the softirq raised again");
	is_int(record_count(&rec, TP_RCU_START, ANY, ANY), 1, "one batch for all");
	finish(&b, &rec);
}

int main(void)
{
	test_two(USER, "other CPU in user mode");
	test_two(ABSENT, "other CPU tickless");
	test_second_caller();
	test_four_user();
	test_four_guest();
	test_held(GUEST, "a busy guest without kernel threads: not over after 20 s");
	test_held(KERNEL, "nor with a busy kernel, PREEMPT_NONE");
	test_tick_stopped();
	test_batch_limit();
	return tap_done();
}
