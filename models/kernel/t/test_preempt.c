/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Threads that share a CPU: slices of the era, wake-up preemption, where the
 * preemption model lets need_resched be honoured, CPU time that adds up.
 *
 * Hand cases: 8 CPUs make the factor 1 + log2(8) = 4: latency 80 ms, minimal
 * granularity 16 ms, wake-up granularity 20 ms.  No costs, so every instant is a
 * tick's or a wake-up's.
 */
#include "models/kernel/kernel.h"
#include "models/world/t/record.h"

static void prepare(struct bare *b, int hz, enum preempt_mode preempt)
{
	bare_init(b, 2, 4);
	no_costs(b);
	b->machine->idle_exit = (struct dist){ .kind = DIST_CONST, .a = 0 };
	b->kernel->hz = hz;
	b->kernel->tick = 1;
	b->kernel->tick_random = 0;
	b->kernel->preempt = preempt;
	b->kernel->watchdog = b->kernel->vmstat = b->kernel->reaper = 0;
}

struct hog {
	enum time_class class;
	sim_time length, began, ended;
	struct ctx *ctx;
};

static void hog(struct ctx *w, void *arg)
{
	struct hog *h = arg;

	ctx_class(w, h->class);
	h->began = now_of(w);
	cpu_work(w, h->length);
	h->ended = now_of(w);
}

/* --- slices ----------------------------------------------------------------------- */

/* When @cpu switched to another thread, the @nth time. */
static sim_time switched(const struct record *rec, int nth, int cpu)
{
	return record_time(rec, nth, TP_SWITCH_IN, cpu, ANY);
}

static void test_slices(int hz, int hogs, sim_time slice, const char *what)
{
	struct bare b;
	struct record rec;
	struct hog h[8];
	char text[120];

	prepare(&b, hz, PREEMPT_NONE);
	boot(&b, &rec);
	for (int i = 0; i < hogs; i++) {
		h[i] = (struct hog){ .class = TIME_USER, .length = SEC(1) };
		bare_thread(&b, 3, NULL, "hog", hog, &h[i]);
	}
	bare_run(&b, MS(900));
	/* the first begins at 0, CPU 3's grid is late by 3/8 of half a period */
	for (int i = 2; i < 6; i++) {
		snprintf(text, sizeof(text), "%s: slice %d", what, i);
		is_int(switched(&rec, i, 3) - switched(&rec, i - 1, 3), slice, text);
	}
	finish(&b, &rec);
}

int main(void)
{
	/* a slice of 40 ms is over at the first tick after more than that: 44 ms */
	test_slices(250, 2, MS(44), "two hogs, HZ 250");
	test_slices(1000, 2, MS(41), "two hogs, HZ 1000");
	/* 80 / 4 = 20 ms, at a tick that comes when it is exactly over: the next */
	test_slices(250, 4, MS(24), "four hogs, HZ 250");
	/* more than five: the minimal granularity */
	test_slices(250, 6, MS(20), "six hogs, HZ 250");
	return tap_done();
}
