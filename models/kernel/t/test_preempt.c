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
#include "models/kernel/kthread.h"
#include "models/world/t/record.h"

enum { CPU = 3 };

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

struct hog { enum time_class class; sim_time length, ended; };

static void hog(struct ctx *w, void *arg)
{
	struct hog *h = arg;

	ctx_class(w, h->class);
	cpu_work(w, h->length);
	h->ended = now_of(w);
}

/* When @cpu switched to another thread, the @nth time. */
static sim_time switched(const struct record *rec, int nth)
{
	return record_time(rec, nth, TP_SWITCH_IN, CPU, ANY);
}

/* --- slices ----------------------------------------------------------------------- */

static void test_slices(enum sched_kind kind, int hz, int hogs, sim_time slice, const char *what)
{
	struct bare b;
	struct record rec;
	struct hog h[8];
	int first = kind == SCHED_EEVDF ? 20 : 2;
	char text[120];

	prepare(&b, hz, PREEMPT_NONE);
	b.kernel->sched = kind;
	boot(&b, &rec);
	for (int i = 0; i < hogs; i++) {
		h[i] = (struct hog){ .class = TIME_USER, .length = SEC(1) };
		bare_thread(&b, CPU, NULL, "hog", hog, &h[i]);
	}
	bare_run(&b, MS(900));
	/* the first begins before its CPU's grid does, and first deadlines are half a slice */
	for (int i = first; i < first + 4; i++) {
		snprintf(text, sizeof(text), "%s: slice %d", what, i);
		is_int(switched(&rec, i) - switched(&rec, i - 1), slice, text);
	}
	finish(&b, &rec);
}

/* With costs: every picosecond of the CPU belongs to a class, the threads' shares are
 * fair within a slice, and what they did is what they asked for. */
static void test_shares(enum preempt_mode preempt, enum time_class class)
{
	static const sim_time defaults[NR_COSTS] = {
#define COST(id, owner, key, def, ...) [COST_##id] = def,
#include "models/config/cost.def"
#undef COST
	};
	enum { HOGS = 4 };
	struct bare b;
	struct record rec;
	struct hog h[HOGS];
	struct ctx *w[HOGS];
	sim_time sum = 0, exec = 0, least = SEC(9), most = 0;

	prepare(&b, 1000, preempt);
	memcpy(b.machine->cost, defaults, sizeof(defaults));
	boot(&b, &rec);
	for (int i = 0; i < HOGS; i++) {
		h[i] = (struct hog){ .class = class, .length = MS(500) };
		w[i] = bare_thread(&b, CPU, NULL, "hog", hog, &h[i]);
	}
	bare_run(&b, MS(1000));
	for (int i = 0; i < HOGS; i++) {
		exec += w[i]->se.sum_exec;
		least = w[i]->se.sum_exec < least ? w[i]->se.sum_exec : least;
		most = w[i]->se.sum_exec > most ? w[i]->se.sum_exec : most;
	}
	ok(exec <= MS(1000) && exec > MS(1000 - 25), "what the threads ran adds up to the time");
	ok(most - least <= MS(40 + 25), "in shares that differ by a first debit and a slice at most");
	bare_run(&b, SEC(3));
	for (int c = 0; c < NR_TIME_CLASSES; c++)
		sum += cpu_class_time(&b.m->cpu[CPU], (enum time_class)c);
	is_int(sum, b.m->sim.now, "the CPU's classes add up");
	is_int(cpu_class_time(&b.m->cpu[CPU], class) >= HOGS * MS(500), 1, "all their work was done");
	for (int i = 0; i < HOGS; i++)
		if (h[i].ended < HOGS * MS(500 - 25) || w[i]->worked < MS(500) ||
		    w[i]->worked > MS(500) + US(100))
			ok(0, "a hog's own work is what it asked for");
	ok(w[0]->stolen > MS(1400) && w[0]->preempted <= w[0]->stolen,
	   "the others' time was stolen from it");
	finish(&b, &rec);
}

/* --- where the kernel may be preempted ---------------------------------------------- */

/* The second thread on the CPU says when it first runs. */
static void first_run(struct ctx *w, void *arg)
{
	*(sim_time *)arg = now_of(w);
}

enum place { WORKS, CHECKS, DISABLED, LOCKED, USER };

struct runner { enum place place; struct spinlock lock; };

static void run_100ms(struct ctx *w, void *arg)
{
	struct runner *r = arg;

	switch (r->place) {
	case WORKS:
		cpu_work(w, MS(100));
		break;
	case CHECKS:
		for (int i = 0; i < 1000; i++) {
			cpu_work(w, US(100));
			cond_resched(w);
		}
		break;
	case DISABLED:
		preempt_disable(w);
		cpu_work(w, MS(70));
		preempt_enable(w);
		cpu_work(w, MS(30));
		break;
	case LOCKED:
		spin_lock(w, &r->lock);
		cpu_work(w, MS(70));
		spin_unlock(w, &r->lock);
		cpu_work(w, MS(30));
		break;
	case USER:
		ctx_class(w, TIME_USER);
		cpu_work(w, MS(100));
	}
}

static void test_place(enum preempt_mode preempt, enum place place, sim_time want, const char *what)
{
	struct bare b;
	struct record rec;
	struct runner r = { .place = place };
	sim_time second = -1;

	prepare(&b, 1000, preempt);
	boot(&b, &rec);
	spin_lock_init(b.m, &r.lock, LOCK_MMU);
	bare_thread(&b, CPU, NULL, "first", run_100ms, &r);
	bare_thread(&b, CPU, NULL, "second", first_run, &second);
	bare_run(&b, MS(300));
	is_int(second, want, what);
	finish(&b, &rec);
}

static void test_places(void)
{
	/* CPU 3's ticks: 3/8 of half a millisecond late; the first after 40 ms of running */
	sim_time tick = MS(40) + US(500) / 8 * 3;

	test_place(PREEMPT_NONE, WORKS, MS(100), "none: a system call runs until it blocks");
	test_place(PREEMPT_NONE, USER, tick, "none: user mode loses the CPU at the tick");
	test_place(PREEMPT_NONE, CHECKS, MS(40) + US(200),
		   "none: kernel code gives it up at the next cond_resched()");
	test_place(PREEMPT_VOLUNTARY, WORKS, MS(100), "voluntary: the same for code that never might sleep");
	test_place(PREEMPT_FULL, WORKS, tick, "full: kernel code loses the CPU at the tick");
	test_place(PREEMPT_FULL, DISABLED, MS(70), "full: but not with preemption off: at preempt_enable()");
	test_place(PREEMPT_FULL, LOCKED, MS(70), "full: nor with a spinlock held: at the unlock");
}

static void says_might_sleep(struct ctx *w, void *arg)
{
	(void)arg;
	for (int i = 0; i < 1000; i++) {
		cpu_work(w, US(100));
		might_sleep(w);
	}
}

static void test_voluntary(enum preempt_mode preempt, sim_time want, const char *what)
{
	struct bare b;
	struct record rec;
	sim_time second = -1;

	prepare(&b, 1000, preempt);
	boot(&b, &rec);
	bare_thread(&b, CPU, NULL, "first", says_might_sleep, NULL);
	bare_thread(&b, CPU, NULL, "second", first_run, &second);
	bare_run(&b, MS(300));
	is_int(second, want, what);
	finish(&b, &rec);
}

/* --- wake-up preemption -------------------------------------------------------------- */

struct sleeper { sim_time behind, ran; };

static void sleep_then_run(struct ctx *w, void *arg)
{
	struct sleeper *s = arg;

	schedule_timeout(w, MS(100) - now_of(w));
	s->ran = now_of(w);
}

/* At 99 ms: how far behind the hog it will be when it is woken at 100 ms. */
static void set_behind(struct ctx *w, void *arg)
{
	struct bare *b = w->priv;
	struct sleeper *s = arg;
	struct rq *rq = rq_of(&b->m->cpu[CPU]);
	struct ctx *p = (struct ctx *)b->m->cpu[0].irq.priv;

	work_until(w, MS(99));
	update_curr(rq);
	p->se.vruntime = rq->curr->se.vruntime + MS(1) - s->behind;
}

static void test_wakeup(sim_time behind, sim_time want, const char *what)
{
	struct bare b;
	struct record rec;
	struct hog h = { .class = TIME_USER, .length = MS(300) };
	struct sleeper s = { .behind = behind };
	struct ctx *w;

	prepare(&b, 1000, PREEMPT_NONE);
	boot(&b, &rec);
	b.m->cpu[0].irq.priv = bare_thread(&b, CPU, NULL, "sleeper", sleep_then_run, &s);
	bare_thread(&b, CPU, NULL, "hog", hog, &h);
	w = bare_thread(&b, 1, NULL, "clock", set_behind, &s);
	w->priv = &b;
	bare_run(&b, MS(500));
	is_int(s.ran, want, what);
	finish(&b, &rec);
}

static void test_wakeups(void)
{
	test_wakeup(MS(500), MS(100), "a long sleeper preempts at once");
	test_wakeup(MS(21), MS(100), "and one that is behind by more than the granularity");
	/* the hog has run for long: its slice of 40 ms is over at the next tick */
	test_wakeup(MS(20), MS(100) + US(500) / 8 * 3, "not one that is behind by just that: at a tick");
}

/* Today: a sleeper with lag preempts, one without waits for the slice. */
static void test_lag(sim_time lag, sim_time want, const char *what)
{
	struct bare b;
	struct record rec;
	struct hog h = { .class = TIME_USER, .length = MS(300) };
	struct sleeper s = { .behind = 0 };
	struct ctx *p;

	prepare(&b, 1000, PREEMPT_NONE);
	b.kernel->sched = SCHED_EEVDF;
	boot(&b, &rec);
	p = bare_thread(&b, CPU, NULL, "sleeper", sleep_then_run, &s);
	bare_thread(&b, CPU, NULL, "hog", hog, &h);
	bare_run(&b, MS(99));
	p->se.lag = lag;
	bare_run(&b, MS(500));
	is_int(s.ran, want, what);
	finish(&b, &rec);
}

static void test_lags(void)
{
	sim_time tick = MS(100) + US(500) / 8 * 3;

	test_lag(MS(1), MS(100), "eevdf: a sleeper with lag preempts at once");
	test_lag(0, tick, "eevdf: one without waits for the tick at which the slice is over");
}

/* --- real-time ------------------------------------------------------------------------- */

static void wake_priv(struct ctx *w, void *arg)
{
	work_until(w, MS(50));
	wake_up_process(w, arg);
}

static void rt_thread(struct ctx *w, void *arg)
{
	sim_time *ran = arg;

	*ran = now_of(w);
	cpu_work(w, MS(200));
}

static void test_real_time(void)
{
	struct bare b;
	struct record rec;
	struct hog h = { .class = TIME_USER, .length = MS(100) };
	sim_time ran = -1;
	struct ctx *rt;

	prepare(&b, 250, PREEMPT_NONE);
	boot(&b, &rec);
	bare_thread(&b, CPU, NULL, "hog", hog, &h);
	rt = kthread_new(b.m, "rt", &b.m->cpu[CPU], rt_thread, &ran);
	rt->se.rt = 1;
	bare_thread(&b, 0, NULL, "waker", wake_priv, rt);
	bare_run(&b, MS(500));
	is_int(ran, MS(50), "a real-time thread preempts user mode at once");
	is_int(h.ended, MS(300), "and keeps the CPU until it sleeps");
	is_int(record_count(&rec, TP_IPI_SEND, 0, VECTOR_RESCHEDULE), 1, "by a reschedule IPI");
	finish(&b, &rec);
}

int main(void)
{
	/* a slice of 40 ms is over at the first tick after more than that: 44 ms */
	test_slices(SCHED_CFS, 250, 2, MS(44), "two hogs, HZ 250");
	test_slices(SCHED_CFS, 1000, 2, MS(41), "two hogs, HZ 1000");
	/* 80 / 4 = 20 ms, at a tick that comes when it is exactly over: the next */
	test_slices(SCHED_CFS, 250, 4, MS(24), "four hogs, HZ 250");
	/* more than five: the minimal granularity */
	test_slices(SCHED_CFS, 250, 6, MS(20), "six hogs, HZ 250");
	/* base slice 0.7 ms times 4: the third tick of a millisecond, or the first of four */
	test_slices(SCHED_EEVDF, 1000, 2, MS(3), "eevdf, HZ 1000");
	test_slices(SCHED_EEVDF, 250, 2, MS(4), "eevdf, HZ 250");
	test_slices(SCHED_EEVDF, 1000, 5, MS(3), "eevdf, five hogs");
	test_lags();
	test_shares(PREEMPT_NONE, TIME_USER);
	test_shares(PREEMPT_FULL, TIME_SYSTEM);
	test_places();
	test_voluntary(PREEMPT_NONE, MS(100), "none: might_sleep() is no place to be preempted");
	test_voluntary(PREEMPT_VOLUNTARY, MS(40) + US(200), "voluntary: it is");
	test_wakeups();
	test_real_time();
	return tap_done();
}
