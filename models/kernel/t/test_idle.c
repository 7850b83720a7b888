/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Idle states: store or IPI, exit latency, who leaves the mm, and that the state
 * is the deepest that the last sleeps and the next timer allow.
 */
#include "models/kernel/kernel.h"
#include "models/world/t/record.h"

enum { C1 = 2, C2 = 20, C3 = 60 };		/* exits, us; residencies are twice that */

struct bed {
	struct bare b;
	struct record rec;
	struct mm mm;
	struct ctx *sleeper;
	sim_time first, at, woken, woke, flushed;
	int flush, flag;
};

static void prepare(struct bed *d, enum idle_driver driver)
{
	memset(d, 0, sizeof(*d));
	bare_init(&d->b, 1, 2);
	no_costs(&d->b);
	d->b.machine->c1_exit = US(C1);
	d->b.machine->c2_exit = US(C2);
	d->b.machine->c3_exit = US(C3);
	d->b.machine->idle_exit = (struct dist){ .kind = DIST_CONST, .a = US(7) };
	d->b.kernel->idle = driver;
	boot(&d->b, &d->rec);
	mm_init(d->b.m, &d->mm, "process", 4096, 512);
}

/* A first sleep of a known length, which the governor measures, then the one in question. */
static void sleep_twice(struct ctx *w, void *arg)
{
	struct bed *d = arg;

	if (d->first)
		schedule_timeout(w, d->first);
	while (!d->flag)
		schedule(w, "the waker", NULL);
	d->woken = now_of(w);
	cpu_work(w, MS(5));
}

static void flush_then_wake(struct ctx *w, void *arg)
{
	struct bed *d = arg;

	work_until(w, d->at);
	if (d->flush)
		flush_tlb_mm(w, &d->mm, 4096, 4097);
	d->flushed = now_of(w);
	work_until(w, d->at + MS(1));
	d->flag = 1;
	d->woke = now_of(w);
	wake_up_process(w, d->sleeper);
}

static void run(struct bed *d, enum idle_driver driver, sim_time first, int flush)
{
	prepare(d, driver);
	d->first = first;
	d->at = MS(10);
	d->flush = flush;
	d->sleeper = bare_thread(&d->b, 1, &d->mm, "sleeper", sleep_twice, d);
	bare_thread(&d->b, 0, &d->mm, "waker", flush_then_wake, d);
	bare_run(&d->b, MS(12));
}

static void test_wake(enum idle_driver driver, sim_time first, int state, int ipis, sim_time exit,
		      const char *what)
{
	struct bed d;
	char text[120];

	run(&d, driver, first, 0);
	snprintf(text, sizeof(text), "%s: the state", what);
	is_int((int64_t)record_nth(&d.rec, first ? 1 : 0, TP_IDLE_STATE, 1, ANY)->a, state, text);
	snprintf(text, sizeof(text), "%s: reschedule IPIs", what);
	is_int(record_count(&d.rec, TP_IPI_SEND, 0, VECTOR_RESCHEDULE), ipis, text);
	snprintf(text, sizeof(text), "%s: exit latency", what);
	is_int(d.woken - d.woke, exit, text);
	finish(&d.b, &d.rec);
}

static void test_wakes(void)
{
	test_wake(IDLE_MWAIT, MS(5), 1, 0, US(C1), "mwait_idle");
	test_wake(IDLE_HLT, MS(5), 1, 1, US(C1), "HLT");
	/* nothing was measured yet: C1; 50 us: C2; 5 ms: C3 */
	test_wake(IDLE_ACPI, 0, 1, 0, US(C1), "acpi, C1 by mwait");
	test_wake(IDLE_ACPI, US(50), 2, 1, US(C2), "acpi, C2");
	test_wake(IDLE_ACPI, MS(5), 3, 1, US(C3), "acpi, C3");
	test_wake(IDLE_INTEL, MS(5), 3, 0, US(C3), "intel_idle: the deepest, by a store");
}

/* mm mask {0, 1}, CPU 1 idle and lazy: who gets an IPI, what the switch back costs. */
static void test_flush(enum idle_driver driver, sim_time first, int ipis, sim_time took, int loads,
		       const char *what)
{
	struct bed d;
	char text[120];

	run(&d, driver, first, 1);
	snprintf(text, sizeof(text), "%s: flush IPIs", what);
	is_int(record_count(&d.rec, TP_IPI_SEND, 0, VECTOR_INVALIDATE), ipis, text);
	snprintf(text, sizeof(text), "%s: the flush takes the exit", what);
	is_int(d.flushed - d.at, took, text);
	snprintf(text, sizeof(text), "%s: leaves the mm once", what);
	is_int(record_count(&d.rec, TP_LEAVE_MM, 1, ANY), loads, text);
	/* leave_mm() loads one, the switch back to the mm another */
	snprintf(text, sizeof(text), "%s: cr3 loads", what);
	is_int(record_count(&d.rec, TP_FLUSH_LOCAL, 1, ANY), 2 * loads, text);
	finish(&d.b, &d.rec);
}

static void test_flushes(void)
{
	test_flush(IDLE_ACPI, 0, 1, US(C1), 1, "C1");
	test_flush(IDLE_ACPI, US(50), 1, US(C2), 1, "C2");
	test_flush(IDLE_ACPI, MS(5), 0, 0, 1, "C3");
}

/* --- the governor ---------------------------------------------------------------- */

static void sleep_short(struct ctx *w, void *arg)
{
	(void)arg;
	schedule_timeout(w, MS(5));
	schedule_timeout(w, MS(5));		/* predicted 5 ms: C3 */
	schedule_timeout(w, US(100));		/* the timer is nearer than C3's residency */
	schedule_timeout(w, US(30));		/* and than C2's */
}

static void test_next_timer(void)
{
	static const int want[] = { 1, 3, 2, 1 };
	struct bed d;
	char text[60];

	prepare(&d, IDLE_ACPI);
	bare_thread(&d.b, 1, NULL, "sleeper", sleep_short, NULL);
	bare_run(&d.b, MS(20));
	for (int i = 0; i < 4; i++) {
		snprintf(text, sizeof(text), "the next timer bounds the state, sleep %d", i);
		is_int((int64_t)record_nth(&d.rec, i, TP_IDLE_STATE, 1, ANY)->a, want[i], text);
	}
	finish(&d.b, &d.rec);
}

static void doze(struct ctx *w, void *arg)
{
	(void)arg;
	schedule_timeout(w, MS(5));
	schedule_timeout(w, MS(5));
}

/* Interrupts every 30 us: no sleep is long enough for C2, whatever the timer says. */
static void test_flood(void)
{
	struct bed d;
	int deep = 0;

	prepare(&d, IDLE_ACPI);
	bare_thread(&d.b, 1, NULL, "sleeper", doze, NULL);
	for (int i = 0; i < 160; i++)
		irq_send(&d.b.m->cpu[1], VECTOR_RESCHEDULE, MS(5) + US(30) * i);
	bare_run(&d.b, MS(9));
	for (int i = 0; i < record_count(&d.rec, TP_IDLE_STATE, 1, ANY); i++) {
		const struct trace_record *r = record_nth(&d.rec, i, TP_IDLE_STATE, 1, ANY);

		deep += r->a > 1 && r->at > MS(5) + US(100);
	}
	is_int(deep, 0, "a flood of interrupts keeps an idle CPU shallow");
	finish(&d.b, &d.rec);
}

int main(void)
{
	test_wakes();
	test_flushes();
	test_next_timer();
	test_flood();
	return tap_done();
}
