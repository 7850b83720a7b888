/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where a woken thread goes: 2.6.27 weighs the waker's CPU against the sleeper's,
 * today looks for an idle one; and what a move leaves behind: run queues, timers, the
 * mask of the address space.
 */
#include "models/kernel/kernel.h"
#include "models/world/t/record.h"

struct bed {
	struct bare b;
	struct record rec;
	struct mm mm;
	struct ctx *sleeper;
	int flag, woke_on;
	sim_time woken;
};

static void prepare(struct bed *d, enum sched_kind kind)
{
	memset(d, 0, sizeof(*d));
	bare_init(&d->b, 2, 2);
	no_costs(&d->b);
	d->b.machine->idle_exit = (struct dist){ .kind = DIST_CONST, .a = 0 };
	d->b.kernel->sched = kind;
	d->b.kernel->tick = 1;
	d->b.kernel->hz = 1000;
	d->b.kernel->tick_random = 0;
	d->b.kernel->watchdog = d->b.kernel->vmstat = d->b.kernel->reaper = 0;
	boot(&d->b, &d->rec);
	mm_init(d->b.m, &d->mm, "process", 4096, 512);
}

static void sleeps(struct ctx *w, void *arg)
{
	struct bed *d = arg;

	while (!d->flag)
		schedule(w, "the waker", NULL);
	d->woke_on = w->cpu->id;
	d->woken = now_of(w);
	schedule_timeout(w, MS(1));		/* a timer on the new CPU */
	d->woken = now_of(w) - d->woken;
}

static void busy(struct ctx *w, void *arg)
{
	(void)arg;
	ctx_class(w, TIME_USER);
	cpu_work(w, MS(200));
}

static void wakes(struct ctx *w, void *arg)
{
	struct bed *d = arg;

	work_until(w, MS(10));
	d->flag = 1;
	wake_up_process(w, d->sleeper);
	work_until(w, MS(12));
}

static struct bed *handler_bed;

static void wakes_in_handler(struct ctx *w, unsigned vector)
{
	(void)vector;
	handler_bed->flag = 1;
	wake_up_process(w, handler_bed->sleeper);
}

/* The sleeper last ran on CPU 0; hogs[] there and elsewhere; the waker is a thread of
 * CPU @waker, or a handler there. */
static void test(enum sched_kind kind, int pinned, const int *hogs, int waker, int handler, int want,
		 const char *what)
{
	struct bed d;
	char text[140];

	prepare(&d, kind);
	d.sleeper = bare_thread(&d.b, 0, &d.mm, "sleeper", sleeps, &d);
	d.sleeper->pinned = pinned;
	for (int cpu = 0; cpu < 4; cpu++)
		for (int i = 0; i < hogs[cpu]; i++)
			bare_thread(&d.b, cpu, NULL, "hog", busy, NULL);
	if (handler) {
		handler_bed = &d;
		d.b.m->vector_handler[VC_BACKGROUND] = wakes_in_handler;
		irq_send(&d.b.m->cpu[waker], VECTOR_BACKGROUND, MS(10));
	} else {
		bare_thread(&d.b, waker, NULL, "waker", wakes, &d);
	}
	bare_run(&d.b, MS(300));
	is_int(d.woke_on, want, what);
	snprintf(text, sizeof(text), "%s: its timer is due where it is", what);
	ok(d.woken >= MS(1), text);
	snprintf(text, sizeof(text), "%s: the mask of its mm", what);
	is_int((int64_t)(d.mm.cpu_vm_mask >> want) & 1, 1, text);
	finish(&d.b, &d.rec);
}

/* --- one interrupt for one wish --------------------------------------------------- */

struct pair { struct ctx *sleeper[2]; int ran; };

static void sleeps_once(struct ctx *w, void *arg)
{
	struct pair *p = arg;

	schedule(w, "the waker", NULL);
	p->ran++;
}

/* In the kernel, without PREEMPT: no interrupt takes the CPU from it. */
static void long_call(struct ctx *w, void *arg)
{
	(void)arg;
	ctx_class(w, TIME_SYSTEM);
	cpu_work(w, MS(40));
}

static void wakes_both(struct ctx *w, void *arg)
{
	struct pair *p = arg;

	work_until(w, MS(30));
	wake_up_process(w, p->sleeper[0]);
	work_until(w, MS(31));
	wake_up_process(w, p->sleeper[1]);
	work_until(w, MS(32));
}

/* resched_task() returns at once where TIF_NEED_RESCHED is set. */
static void test_one_interrupt(void)
{
	struct bed d;
	struct pair p = { .ran = 0 };

	prepare(&d, SCHED_CFS);
	for (int i = 0; i < 2; i++) {
		p.sleeper[i] = bare_thread(&d.b, 0, NULL, "sleeper", sleeps_once, &p);
		p.sleeper[i]->pinned = 1;
		p.sleeper[i]->se.rt = 1;
	}
	bare_thread(&d.b, 0, NULL, "call", long_call, NULL);
	bare_thread(&d.b, 2, NULL, "waker", wakes_both, &p);
	bare_run(&d.b, MS(300));
	is_int(record_count(&d.rec, TP_IPI_SEND, ANY, VECTOR_RESCHEDULE), 1,
	       "two wake-ups on a CPU that is in the kernel: one reschedule IPI");
	is_int(p.ran, 2, "both run");
	finish(&d.b, &d.rec);
}

int main(void)
{
	static const int none[4], one_here[4] = { 1 }, two_here[4] = { 2 }, all_but_1[4] = { 1, 0, 1, 1 },
		all[4] = { 1, 1, 1, 1 };

	test(SCHED_CFS, 0, none, 2, 0, 0, "2.6.27, its CPU idle, the waker busy: stays");
	/* 100 (1 + 1) <= 112 (1 + 1) */
	test(SCHED_CFS, 0, one_here, 2, 0, 2, "its CPU has one thread, as the waker's: goes to the waker");
	test(SCHED_CFS, 1, one_here, 2, 0, 0, "pinned: stays");
	test(SCHED_CFS, 0, none, 2, 1, 2, "a handler on an idle CPU: goes there");
	test(SCHED_CFS, 0, two_here, 0, 0, 0, "woken from its own CPU, which is busy: stays");
	test(SCHED_EEVDF, 0, none, 2, 0, 0, "today, its CPU idle: stays");
	test(SCHED_EEVDF, 0, none, 2, 1, 0, "today, a handler of another socket: stays");
	test(SCHED_EEVDF, 0, all_but_1, 3, 0, 1, "today, its CPU busy: an idle one of its socket");
	test(SCHED_EEVDF, 0, all, 0, 0, 0, "today, all busy: stays");
	test_one_interrupt();
	return tap_done();
}
