/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The broadcast flush of SGI UV: who is interrupted and who gets an IPI, that
 * lazy CPUs and those of other mms are hit too, that a deaf CPU holds up the
 * sender, that a blade takes eight messages at a time, and what each costs.
 */
#include "models/hw/irq.h"
#include "models/world/t/record.h"

enum { PAGES = 4 };

struct bench {
	struct bare b;
	struct record rec;
	struct mm mm;
	struct ctx *sender[16];
	sim_time start, done[16];
	int n;
};
static struct bench bench;

static void bench_init(int blades, int cores)
{
	memset(&bench, 0, sizeof(bench));
	bare_init(&bench.b, blades, cores);
	no_costs(&bench.b);
	bench.b.machine->flush = FLUSH_BY_BAU;
	bench.b.machine->idle_exit = (struct dist){ .kind = DIST_CONST, .a = 0 };
}

static void bench_boot(void)
{
	boot(&bench.b, &bench.rec);
	mm_init(bench.b.m, &bench.mm, "mm", 4096, PAGES);
}

static void runs(struct ctx *w, void *arg)
{
	work_until(w, *(sim_time *)arg);
}

static void flushes(struct ctx *w, void *arg)
{
	int *i = arg;

	work_until(w, bench.start);
	flush_tlb_mm(w, &bench.mm, 4096, 4096 + PAGES);
	bench.done[*i] = now_of(w);
}

static int count(enum metric_id id, int label)
{
	return (int)bench.b.m->metrics.cell[id][label].count;
}

/* 4 blades of 8; the mm on CPUs 0, 1 and 9. */
static void test_hand_case(void)
{
	static sim_time until = US(100);
	static int zero;

	bench_init(4, 8);
	bench.start = US(10);
	bench_boot();
	bare_thread(&bench.b, 0, &bench.mm, "sender", flushes, &zero);
	bare_thread(&bench.b, 1, &bench.mm, "near", runs, &until);
	bare_thread(&bench.b, 9, &bench.mm, "far", runs, &until);
	bare_run(&bench.b, TIME_NEVER);
	ok(threads_done(&bench.b), "all end");
	is_int(count(METRIC_BAU, 0), 1, "one message");
	is_int(count(METRIC_BAU, 1), 1, "to one blade");
	is_int(count(METRIC_BAU, 2), 8, "which interrupts its eight CPUs");
	for (int c = 8; c < 16; c++)
		is_int(record_count(&bench.rec, TP_IRQ_ENTER, c, VECTOR_BAU), 1, "each once");
	is_int(count(METRIC_IPI_SENT, 0), 1, "then one IPI");
	is_int(record_count(&bench.rec, TP_IRQ_ENTER, 1, VECTOR_INVALIDATE), 1, "to the own blade");
	is_int(count(METRIC_ROUND, 0), 2, "two rounds");
	ok(record_time(&bench.rec, 0, TP_BAU_DONE, 0, ANY) <=
	   record_time(&bench.rec, 0, TP_IRQ_ENTER, 1, VECTOR_INVALIDATE), "the message first");
	finish(&bench.b, &bench.rec);
}

static void test_own_blade_only(void)
{
	static sim_time until = US(100);
	static int zero;

	bench_init(4, 8);
	bench.start = US(10);
	bench_boot();
	bare_thread(&bench.b, 0, &bench.mm, "sender", flushes, &zero);
	bare_thread(&bench.b, 3, &bench.mm, "near", runs, &until);
	bare_run(&bench.b, TIME_NEVER);
	is_int(count(METRIC_BAU, 0), 0, "nobody on another blade: no message");
	is_int(count(METRIC_IPI_SENT, 0), 1, "an IPI");
	finish(&bench.b, &bench.rec);
}

/* The sender's time: activate, message, handlers, reply, poll; lines free of charge. */
static void test_costs(void)
{
	static sim_time until = US(100);
	static int zero;
	sim_time *cost;

	bench_init(3, 2);
	cost = bench.b.machine->cost;
	cost[COST_BAU_ACTIVATE] = NS(300);
	cost[COST_BAU_MESSAGE] = NS(700);
	cost[COST_IRQ_ENTRY] = NS(400);
	cost[COST_BAU_PROCESS] = NS(200);
	cost[COST_CR3_LOAD] = NS(50);
	cost[COST_BAU_REPLY] = NS(600);
	cost[COST_BAU_POLL] = NS(150);
	bench.start = US(10);
	bench_boot();
	bare_thread(&bench.b, 0, &bench.mm, "sender", flushes, &zero);
	bare_thread(&bench.b, 2, &bench.mm, "far", runs, &until);
	bare_thread(&bench.b, 4, &bench.mm, "farther", runs, &until);
	bare_run(&bench.b, TIME_NEVER);
	is_int(count(METRIC_BAU, 1), 2, "one message to two blades");
	is_int(bench.done[0] - US(10), NS(50 + 300 + 700 + 400 + 200 + 50 + 600 + 150),
	       "own flush, then the slowest blade: they work side by side");
	finish(&bench.b, &bench.rec);
}

static void deaf(struct ctx *w, void *arg)
{
	work_until(w, US(9));
	local_irq_disable(w);
	work_until(w, *(sim_time *)arg);
	local_irq_enable(w);
}

/* A CPU of the blade that never ran the mm is deaf: the sender waits all the same. */
static void test_deaf(void)
{
	static sim_time until = US(100), deaf_until = US(60);
	static int zero;

	bench_init(2, 4);
	bench.start = US(10);
	bench_boot();
	bare_thread(&bench.b, 0, &bench.mm, "sender", flushes, &zero);
	bare_thread(&bench.b, 4, &bench.mm, "far", runs, &until);
	bare_thread(&bench.b, 6, NULL, "deaf", deaf, &deaf_until);
	bare_run(&bench.b, TIME_NEVER);
	is_int(bench.done[0], US(60), "the deaf CPU of another mm decides");
	finish(&bench.b, &bench.rec);
}

/* Ten senders of two blades, one destination that is deaf until 60 us. */
static void test_refused(void)
{
	static sim_time until = US(100), deaf_until = US(60);
	static int index[16];
	char name[16][16];

	bench_init(3, 8);
	bench.start = US(10);
	bench_boot();
	for (int i = 0; i < 10; i++) {
		index[i] = i;
		snprintf(name[i], sizeof(name[i]), "s%d", i);
		/* kernel threads that borrow no mm: only the far blade is in the mask */
		bare_thread(&bench.b, i, NULL, name[i], flushes, &index[i]);
	}
	bare_thread(&bench.b, 16, &bench.mm, "far", runs, &until);
	bare_thread(&bench.b, 23, NULL, "deaf", deaf, &deaf_until);
	bare_run(&bench.b, TIME_NEVER);
	is_int(count(METRIC_BAU, 0), 10, "ten messages");
	is_int(count(METRIC_BAU, 3), 2, "eight resources: two are refused");
	is_int(count(METRIC_BAU, 2), 80, "and delivered later");
	for (int i = 0; i < 10; i++)
		is_int(bench.done[i], US(60), "all are done when the deaf CPU listens");
	is_int(record_count(&bench.rec, TP_FLUSH_LOCAL, 17, ANY), 10, "each message is a flush");
	finish(&bench.b, &bench.rec);
}

int main(void)
{
	tap_seed(1);
	test_hand_case();
	test_own_blade_only();
	test_costs();
	test_deaf();
	test_refused();
	return tap_done();
}
