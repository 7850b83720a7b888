/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Mutexes of two eras: who gets it when a sleeper was woken and others come
 * meanwhile, who spins and for how long, mutual exclusion under a random load;
 * and completions.
 */
#include "models/kernel/completion.h"
#include "models/kernel/kernel.h"
#include "models/kernel/mutex.h"
#include "models/world/t/record.h"

enum { MAX_GRANTS = 64 };

struct bed {
	struct bare b;
	struct record rec;
	struct mutex mutex;
	const struct ctx *grant[MAX_GRANTS];
	sim_time granted[MAX_GRANTS];
	int n, inside, bad;
};

static void prepare(struct bed *d, enum mutex_kind kind, int cores)
{
	memset(d, 0, sizeof(*d));
	bare_init(&d->b, 1, cores);
	no_costs(&d->b);
	d->b.machine->cost[COST_WAKE_UP] = NS(1500);
	d->b.machine->cost[COST_CONTEXT_SWITCH] = NS(1500);
	d->b.machine->cost[COST_IPI_SOCKET] = NS(400);
	d->b.machine->cost[COST_LINE_SOCKET] = NS(75);
	d->b.machine->idle_exit = (struct dist){ .kind = DIST_CONST, .a = US(7) };
	d->b.kernel->mutex = kind;
	d->b.kernel->tick_random = 0;
	d->b.kernel->watchdog = d->b.kernel->vmstat = d->b.kernel->reaper = 0;
	boot(&d->b, &d->rec);
	mutex_init(d->b.m, &d->mutex, LOCK_KVM);
}

static void take(struct ctx *w, struct bed *d)
{
	mutex_lock(w, &d->mutex);
	d->bad += d->inside++ != 0;
	if (d->n < MAX_GRANTS) {
		d->grant[d->n] = w;
		d->granted[d->n] = now_of(w);
	}
	d->n++;
}

static void give(struct ctx *w, struct bed *d)
{
	sync(w);
	d->inside--;
	mutex_unlock(w, &d->mutex);
}

static struct bed *bed_of(struct ctx *w) { return w->priv; }

static struct ctx *thread(struct bed *d, int cpu, const char *name, void (*fn)(struct ctx *w, void *arg),
			  void *arg)
{
	struct ctx *w = bare_thread(&d->b, cpu, NULL, name, fn, arg);

	w->priv = d;
	return w;
}

/* --- the hand case: A holds, B sleeps, C comes as A unlocks ----------------------- */

/* It sleeps while it holds, so that nobody spins. */
static void holder(struct ctx *w, void *arg)
{
	(void)arg;
	take(w, bed_of(w));
	schedule_timeout(w, US(100));
	give(w, bed_of(w));
}

static void sleeper(struct ctx *w, void *arg)
{
	(void)arg;
	work_until(w, US(20));
	take(w, bed_of(w));
	give(w, bed_of(w));
}

static void stealer(struct ctx *w, void *arg)
{
	sim_time first = *(sim_time *)arg;

	work_until(w, first);
	for (int i = 0; i < 10; i++) {
		take(w, bed_of(w));
		cpu_work(w, US(20));
		give(w, bed_of(w));
	}
}

static void test_steal(enum mutex_kind kind, int thieves, int steals, const char *what)
{
	struct bed d;
	struct ctx *b;
	sim_time comes = US(113);	/* A is back at 110: timer, idle exit, switch */
	int before = 0;
	char text[120];

	prepare(&d, kind, 2 + thieves);
	thread(&d, 0, "A", holder, NULL);
	b = thread(&d, 1, "B", sleeper, NULL);
	for (int i = 0; i < thieves; i++)
		thread(&d, 2 + i, "C", stealer, &comes);
	bare_run(&d.b, MS(5));
	for (int i = 1; i < d.n && d.grant[i] != b; i++)
		before++;
	snprintf(text, sizeof(text), "%s: how often others get it before B, which was woken first", what);
	is_int(before, steals, text);
	snprintf(text, sizeof(text), "%s: everybody gets it", what);
	is_int(d.n, 2 + 10 * thieves, text);
	snprintf(text, sizeof(text), "%s: one at a time", what);
	is_int(d.bad, 0, text);
	finish(&d.b, &d.rec);
}

/* --- spinning ------------------------------------------------------------------------- */

static void hold_working(struct ctx *w, void *arg)
{
	take(w, bed_of(w));
	work_until(w, *(sim_time *)arg);
	give(w, bed_of(w));
	cpu_work(w, US(200));
}

static void come_at(struct ctx *w, void *arg)
{
	work_until(w, *(sim_time *)arg);
	take(w, bed_of(w));
	give(w, bed_of(w));
}

static void test_spin(enum mutex_kind kind)
{
	static sim_time until = US(50), come[3] = { US(10), US(11), US(12) };
	struct bed d;
	struct ctx *w[3];

	prepare(&d, kind, 4);
	thread(&d, 0, "owner", hold_working, &until);
	for (int i = 0; i < 3; i++)
		w[i] = thread(&d, i + 1, "comer", come_at, &come[i]);
	bare_run(&d.b, MS(1));
	if (kind == MUTEX_TODAY) {
		/* the owner's store takes the line back, the spinner reads it, then writes it */
		is_int(d.granted[1] - until, 3 * NS(75), "the first spinner has it three transfers after the unlock");
		is_int(d.granted[3] < until + US(3), 1, "and all within microseconds: nobody was woken");
		is_int(record_count(&d.rec, TP_WAKE, ANY, ANY), 0, "nobody slept");
		ok(d.grant[1] == w[0] && d.grant[2] == w[1] && d.grant[3] == w[2], "in the order of their coming");
	} else {
		is_int(record_count(&d.rec, TP_WAKE, ANY, ANY) >= 3, 1, "2.6.27: all sleep");
		ok(d.granted[1] - until > US(10), "the hand-over takes a wake-up");
	}
	finish(&d.b, &d.rec);
}

/* The owner goes to sleep while somebody spins on it. */
static void work_then_sleep(struct ctx *w, void *arg)
{
	(void)arg;
	take(w, bed_of(w));
	work_until(w, US(50));
	schedule_timeout(w, US(300));
	give(w, bed_of(w));
}

static void test_owner_sleeps(void)
{
	static sim_time come = US(10);
	struct bed d;
	struct ctx *w;

	prepare(&d, MUTEX_TODAY, 2);
	thread(&d, 0, "owner", work_then_sleep, NULL);
	w = thread(&d, 1, "spinner", come_at, &come);
	bare_run(&d.b, MS(1));
	is_int(cpu_class_time(&d.b.m->cpu[1], TIME_SPIN) > US(39) &&
	       cpu_class_time(&d.b.m->cpu[1], TIME_SPIN) < US(45), 1,
	       "a spinner spins until the owner leaves its CPU");
	ok(record_time(&d.rec, 0, TP_IDLE, 1, ANY) < US(60), "then it sleeps");
	ok(d.grant[1] == w, "and gets it in the end");
	finish(&d.b, &d.rec);
}

/* Somebody else is to run on the spinner's CPU. */
static void hog(struct ctx *w, void *arg)
{
	(void)arg;
	cpu_work(w, US(20));
}

static void wake_hog(struct ctx *w, void *arg)
{
	struct rq *rq = rq_of(&w->m->cpu[1]);
	struct ctx *p = arg;

	work_until(w, US(30));
	update_curr(rq);
	p->se.vruntime = rq->curr->se.vruntime - SEC(1);
	wake_up_process(w, p);
}

static void nap_then_hog(struct ctx *w, void *arg)
{
	schedule(w, "a waker", NULL);
	hog(w, arg);
}

static void test_spinner_resched(void)
{
	static sim_time until = MS(1), come = US(10);
	struct bed d;
	struct ctx *hog_ctx;

	prepare(&d, MUTEX_TODAY, 3);
	thread(&d, 0, "owner", hold_working, &until);
	hog_ctx = thread(&d, 1, "hog", nap_then_hog, NULL);
	thread(&d, 1, "spinner", come_at, &come);
	thread(&d, 2, "waker", wake_hog, hog_ctx);
	bare_run(&d.b, MS(2));
	ok(record_time(&d.rec, 2, TP_SWITCH_IN, 1, ANY) > US(30) &&
	   record_time(&d.rec, 2, TP_SWITCH_IN, 1, ANY) < US(40), "need_resched ends the spinning");
	is_int(d.n, 2, "and it gets the mutex later");
	finish(&d.b, &d.rec);
}

/* --- a random load ------------------------------------------------------------------------ */

struct load { struct rng rng; int done; };

static void random_user(struct ctx *w, void *arg)
{
	struct load *l = arg;

	for (int i = 0; i < 400; i++) {
		cpu_work(w, (sim_time)rng_below(&l->rng, (uint64_t)US(30)) + 1);
		take(w, bed_of(w));
		if (rng_below(&l->rng, 4))
			cpu_work(w, (sim_time)rng_below(&l->rng, (uint64_t)US(6)) + 1);
		else
			schedule_timeout(w, (sim_time)rng_below(&l->rng, (uint64_t)US(20)) + 1);
		give(w, bed_of(w));
	}
	l->done++;
}

static void test_load(enum mutex_kind kind, enum preempt_mode preempt, const char *what)
{
	struct bed d;
	struct load l = { .done = 0 };
	char text[100];

	prepare(&d, kind, 4);
	d.b.kernel->preempt = preempt;
	d.b.m->sim.trace.sink = NULL;
	rng_seed(&l.rng, tap_seed(20081009), 1, "test", "mutex");
	for (int i = 0; i < 4; i++)
		thread(&d, i, "user", random_user, &l);
	bare_run(&d.b, SEC(2));
	snprintf(text, sizeof(text), "%s: one at a time", what);
	is_int(d.bad, 0, text);
	snprintf(text, sizeof(text), "%s: all get it as often as they want", what);
	is_int(l.done, 4, text);
	finish(&d.b, &d.rec);
}

/* --- completions ---------------------------------------------------------------------------- */

static void waits(struct ctx *w, void *arg)
{
	struct completion *c = arg;

	wait_for_completion(w, c);
	bed_of(w)->granted[bed_of(w)->n++] = now_of(w);
}

static void completes(struct ctx *w, void *arg)
{
	struct completion *c = arg;

	work_until(w, US(100));
	complete(w, c);
	work_until(w, US(200));
	complete(w, c);
	complete(w, c);
}

static void test_completion(void)
{
	struct bed d;
	struct completion c;

	prepare(&d, MUTEX_2_6_27, 4);
	init_completion(&c);
	for (int i = 0; i < 3; i++)
		thread(&d, i, "waiter", waits, &c);
	thread(&d, 3, "completer", completes, &c);
	bare_run(&d.b, US(190));
	is_int(d.n, 1, "complete() lets one go");
	bare_run(&d.b, MS(1));
	is_int(d.n, 3, "each further one another");
	is_int((int64_t)c.done, 0, "and none is left over");
	finish(&d.b, &d.rec);
}

int main(void)
{
	test_steal(MUTEX_2_6_27, 1, 10, "2.6.27");
	test_steal(MUTEX_TODAY, 1, 1, "today");
	/* one of the two spins in front of B: only the hand-off passes it by */
	test_steal(MUTEX_TODAY, 2, 1, "today, two thieves");
	test_spin(MUTEX_TODAY);
	test_spin(MUTEX_2_6_27);
	test_owner_sleeps();
	test_spinner_resched();
	test_load(MUTEX_2_6_27, PREEMPT_NONE, "2.6.27, random load");
	test_load(MUTEX_TODAY, PREEMPT_NONE, "today, random load");
	test_load(MUTEX_TODAY, PREEMPT_FULL, "today, PREEMPT");
	test_completion();
	return tap_done();
}
