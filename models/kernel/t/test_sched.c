/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sleep and wake-up: reschedule IPI or a store to a polling CPU, wake-ups that
 * come before the sleep, timers; and the deadlock report through kernel locks.
 */
#include "models/kernel/rwsem.h"
#include "models/world/t/record.h"

/* --- wake-ups ------------------------------------------------------------------ */

struct nap { struct ctx *sleeper; sim_time slept, woken, woke, at; int flag; };

static void nap(struct ctx *w, void *arg)
{
	struct nap *n = arg;

	n->slept = now_of(w);
	while (!n->flag)
		schedule(w, "a nap", NULL);
	n->woken = now_of(w);
}

static void wake(struct ctx *w, void *arg)
{
	struct nap *n = arg;

	work_until(w, n->at);
	n->flag = 1;
	n->woke = now_of(w);
	wake_up_process(w, n->sleeper);
	sync(w);
}

static void set_costs(struct bare *b)
{
	bare_init(b, 1, 2);
	no_costs(b);
	b->machine->cost[COST_WAKE_UP] = NS(1500);
	b->machine->cost[COST_LINE_MEMORY] = NS(100);
	b->machine->cost[COST_LINE_SOCKET] = NS(75);
	b->machine->cost[COST_ICR_WRITE] = NS(200);
	b->machine->cost[COST_IPI_SOCKET] = NS(400);
	b->machine->cost[COST_IRQ_ENTRY] = NS(300);
	b->machine->cost[COST_IRQ_RETURN] = NS(90);
	b->machine->cost[COST_CONTEXT_SWITCH] = US(2);
	b->machine->idle_exit = (struct dist){ .kind = DIST_CONST, .a = US(7) };
}

static void test_wake(int polls)
{
	struct bare b;
	struct record rec;
	struct nap n = { .at = US(50) };
	/* waker with the line of the run queue; the woken thread with the same; switch */
	sim_time want = NS(1500 + 75) + NS(75) + US(2);

	set_costs(&b);
	b.machine->idle_polls = polls;
	boot(&b, &rec);
	n.sleeper = bare_thread(&b, 0, NULL, "sleeper", nap, &n);
	bare_thread(&b, 1, NULL, "waker", wake, &n);
	bare_run(&b, MS(1));
	is_int(record_count(&rec, TP_IPI_SEND, ANY, VECTOR_RESCHEDULE), polls ? 0 : 1,
	       polls ? "polling idle: no IPI" : "idle in HLT: one reschedule IPI");
	want += polls ? NS(75) : NS(200 + 400) + US(7) + NS(300 + 90);
	is_int(n.woken - n.woke, want, polls ? "polling: wake-up, line, a store, switch" :
	       "HLT: wake-up, line, IPI, idle exit, interrupt, switch");
	is_int(record_time(&rec, 0, TP_IDLE, 0, ANY), NS(100) + US(2),
	       "the sleeper's CPU idles after its switch");
	is_int(cpu_class_time(&b.m->cpu[0], TIME_SYSTEM), 3 * US(2) + NS(100 + 75),
	       "three switches: to idle, back, and at its end; the run queue's line twice");
	finish(&b, &rec);
}

/* Woken while it switches to idle: the waker waits for the run queue until that is done. */
static void test_wake_during_switch(void)
{
	struct bare b;
	struct record rec;
	struct nap n = { .at = NS(300) };	/* + 1.5 us of wake-up: before 2.1 us */

	set_costs(&b);
	boot(&b, &rec);
	n.sleeper = bare_thread(&b, 0, NULL, "sleeper", nap, &n);
	bare_thread(&b, 1, NULL, "waker", wake, &n);
	bare_run(&b, MS(1));
	/* the release, its line to the waker; IPI; idle exit; interrupt; line; switch */
	is_int(n.woken, NS(2100 + 75 + 75) + NS(200 + 400) + US(7) + NS(300 + 90) + NS(75) + US(2),
	       "a wake-up during the switch to idle comes after it and is not lost");
	finish(&b, &rec);
}

/* Woken between its look at the condition and schedule(). */
static void late_nap(struct ctx *w, void *arg)
{
	struct nap *n = arg;

	while (!n->flag) {
		work_until(w, US(5));
		schedule(w, "a nap", NULL);
	}
	n->woken = now_of(w);
}

static void test_wake_before_sleep(void)
{
	struct bare b;
	struct record rec;
	struct nap n = { .at = US(1) };

	set_costs(&b);
	boot(&b, &rec);
	n.sleeper = bare_thread(&b, 0, NULL, "sleeper", late_nap, &n);
	bare_thread(&b, 1, NULL, "waker", wake, &n);
	bare_run(&b, MS(1));
	is_int(n.woken, US(5) + NS(75), "a wake-up before schedule(): it never sleeps");
	is_int(record_count(&rec, TP_IPI_SEND, ANY, ANY), 0, "and needs no IPI");
	is_int(record_count(&rec, TP_IDLE, 0, ANY), 0, "nor a switch");
	finish(&b, &rec);
}

/* A waker on the sleeper's own CPU: an interrupt handler. */
static void wake_from_handler(struct ctx *w, unsigned vector)
{
	(void)vector;
	wake_up_process(w, w->cpu->task);
}

static void sleep_once(struct ctx *w, void *arg)
{
	struct nap *n = arg;

	schedule(w, "an interrupt", NULL);
	n->woken = now_of(w);
}

static void test_wake_from_handler(void)
{
	struct bare b;
	struct record rec;
	struct nap n = { .at = 0 };

	set_costs(&b);
	boot(&b, &rec);
	b.m->vector_handler[VC_BACKGROUND] = wake_from_handler;
	bare_thread(&b, 0, NULL, "sleeper", sleep_once, &n);
	irq_send(&b.m->cpu[0], VECTOR_BACKGROUND, US(50));
	bare_run(&b, MS(1));
	is_int(n.woken, US(50) + US(7) + NS(300 + 1500 + 90) + US(2),
	       "a handler wakes its own CPU's thread without an IPI");
	is_int(record_count(&rec, TP_IPI_SEND, ANY, ANY), 0, "no IPI to itself");
	finish(&b, &rec);
}

/* --- timers ---------------------------------------------------------------------- */

struct timeouts { int early, late, n; sim_time most; };

static void sleep_many(struct ctx *w, void *arg)
{
	static const sim_time length[] = { 1, NS(10), US(1), NS(1999), US(2), NS(2001), US(4), US(50), MS(1) };
	struct timeouts *t = arg;

	for (size_t i = 0; i < sizeof(length) / sizeof(length[0]); i++) {
		sim_time start = now_of(w), d;

		schedule_timeout(w, length[i]);
		d = now_of(w) - start - length[i];
		t->n++;
		t->early += d < 0;
		if (d > t->most)
			t->most = d;
	}
}

static void test_timeouts(void)
{
	struct bare b;
	struct record rec;
	struct timeouts t = { 0 };

	set_costs(&b);
	boot(&b, &rec);
	bare_thread(&b, 0, NULL, "sleeper", sleep_many, &t);
	bare_run(&b, MS(10));
	is_int(t.n, 9, "a timeout shorter than the switch to idle is not lost");
	is_int(t.early, 0, "no timeout ends early");
	is_int(t.most, US(7) + NS(300 + 1500 + 90) + US(2),
	       "at most idle exit, interrupt, wake-up and switch late");
	is_int(record_count(&rec, TP_IRQ_ENTER, 0, VECTOR_TIMER), 9, "one timer interrupt each");
	finish(&b, &rec);
}

/* --- deadlocks through locks -------------------------------------------------------- */

struct knot {
	struct spinlock a, b;
	struct rwsem s, r;
};

static void knot_run(struct knot *k, struct bare *b, struct record *rec)
{
	bare_init(b, 1, 4);
	boot(b, rec);
	spin_lock_init(b->m, &k->a, LOCK_MMU);
	spin_lock_init(b->m, &k->b, LOCK_PTL);
	rwsem_init(b->m, &k->s, LOCK_MMAP_SEM);
	rwsem_init(b->m, &k->r, LOCK_SLOTS);
}

static void judge(struct bare *b, struct record *rec, const char *cycle, const char *line,
		  const char *what)
{
	char text[120];

	snprintf(text, sizeof(text), "%s: the run ends as a deadlock", what);
	is_int(bare_run(b, SEC(1)), SIM_STOP_DEADLOCK, text);
	snprintf(text, sizeof(text), "%s: the report names the cycle", what);
	ok(strstr(b->m->sim.reason, cycle) != NULL, text);
	snprintf(text, sizeof(text), "%s: and who waits for which lock", what);
	if (!ok(strstr(b->m->sim.reason, line) != NULL, text))
		printf("# %s\n", b->m->sim.reason);
	finish(b, rec);
}

static void a_then_b(struct ctx *w, void *arg)
{
	struct knot *k = arg;

	spin_lock(w, &k->a);
	work_until(w, US(10));
	spin_lock(w, &k->b);
}

static void b_then_a(struct ctx *w, void *arg)
{
	struct knot *k = arg;

	spin_lock(w, &k->b);
	work_until(w, US(11));
	spin_lock(w, &k->a);
}

static void test_ab_ba(void)
{
	struct bare b;
	struct record rec;
	struct knot k;

	knot_run(&k, &b, &rec);
	bare_thread(&b, 0, NULL, "first", a_then_b, &k);
	bare_thread(&b, 1, NULL, "second", b_then_a, &k);
	judge(&b, &rec, "cycle: first -> second -> first", "first: waits for ptl, held by second", "AB-BA");
}

/* The holder changes while others wait: the report must name the present one. */
static void a_for_a_while(struct ctx *w, void *arg)
{
	struct knot *k = arg;

	spin_lock(w, &k->a);
	work_until(w, US(20));
	spin_unlock(w, &k->a);
}

static void a_next_then_b(struct ctx *w, void *arg)
{
	struct knot *k = arg;

	work_until(w, US(5));
	spin_lock(w, &k->a);
	cpu_work(w, US(10));
	spin_lock(w, &k->b);
}

static void test_handed_over(void)
{
	struct bare b;
	struct record rec;
	struct knot k;

	knot_run(&k, &b, &rec);
	bare_thread(&b, 0, NULL, "gone", a_for_a_while, &k);
	bare_thread(&b, 1, NULL, "first", a_next_then_b, &k);
	bare_thread(&b, 2, NULL, "second", b_then_a, &k);	/* queues for a behind first */
	judge(&b, &rec, "cycle: first -> second -> first", "second: waits for mmu_lock, held by first",
	      "holder changed");
}

static void s_for_a_while(struct ctx *w, void *arg)
{
	struct knot *k = arg;

	down_write(w, &k->s);
	work_until(w, US(20));
	up_write(w, &k->s);
}

static void s_then_r(struct ctx *w, void *arg)
{
	struct knot *k = arg;

	work_until(w, US(5));
	down_write(w, &k->s);
	work_until(w, US(60));
	down_write(w, &k->r);
}

/* On its way to sleep when the semaphore changes hands, or asleep. */
static void r_then_s(struct ctx *w, void *arg)
{
	struct knot *k = arg;

	down_write(w, &k->r);
	work_until(w, US(19) + NS(500));
	down_read(w, &k->s);
}

static void r_then_s_early(struct ctx *w, void *arg)
{
	struct knot *k = arg;

	down_write(w, &k->r);
	work_until(w, US(10));
	down_read(w, &k->s);
}

static void test_semaphores(int early)
{
	struct bare b;
	struct record rec;
	struct knot k;

	knot_run(&k, &b, &rec);
	bare_thread(&b, 0, NULL, "gone", s_for_a_while, &k);
	bare_thread(&b, 1, NULL, "first", s_then_r, &k);
	bare_thread(&b, 2, NULL, "second", early ? r_then_s_early : r_then_s, &k);
	judge(&b, &rec, "cycle: first -> second -> first", "second: waits for mmap_sem, held by first",
	      early ? "semaphores, asleep" : "semaphores, falling asleep");
}

/* A handler takes the lock that the thread below it holds with interrupts on. */
static void handler_takes_a(struct ctx *w, unsigned vector)
{
	struct knot *k = w->priv;

	(void)vector;
	spin_lock(w, &k->a);
}

static void test_handler_deadlock(void)
{
	struct bare b;
	struct record rec;
	struct knot k;

	knot_run(&k, &b, &rec);
	b.m->vector_handler[VC_BACKGROUND] = handler_takes_a;
	b.m->cpu[0].irq.priv = &k;
	bare_thread(&b, 0, NULL, "victim", a_for_a_while, &k);
	irq_send(&b.m->cpu[0], VECTOR_BACKGROUND, US(5));
	judge(&b, &rec, "victim: waits for", "irq/cpu0: waits for mmu_lock, held by victim",
	      "lock shared with a handler");
}

int main(void)
{
	test_wake(0);
	test_wake(1);
	test_wake_during_switch();
	test_wake_before_sleep();
	test_wake_from_handler();
	test_timeouts();
	test_ab_ba();
	test_handed_over();
	test_semaphores(1);
	test_semaphores(0);
	test_handler_deadlock();
	return tap_done();
}
