/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Ticks: where they lie, what they cost, how idle CPUs stop them; the timer
 * wheel; softirqs; the threads that every CPU has.
 */
#include "models/hw/irq.h"
#include "models/kernel/kernel.h"
#include "models/kernel/kthread.h"
#include "models/kernel/sched.h"
#include "models/world/t/record.h"

static void prepare(struct bare *b, int hz, int cores)
{
	bare_init(b, 1, cores);
	no_costs(b);
	b->machine->idle_exit = (struct dist){ .kind = DIST_CONST, .a = 0 };
	b->kernel->hz = hz;
	b->kernel->tick = 1;
	b->kernel->tick_random = 0;
	b->kernel->watchdog = b->kernel->vmstat = b->kernel->reaper = 0;
}

static void run_for(struct ctx *w, void *arg)
{
	ctx_class(w, TIME_USER);
	cpu_work(w, *(sim_time *)arg);
}

/* --- the grid ------------------------------------------------------------------------- */

static void test_grid(enum tick_phase phase, const char *what)
{
	struct bare b;
	struct record rec;
	sim_time length = MS(9);
	char text[100];

	prepare(&b, 250, 4);
	b.kernel->tick_phase = phase;
	b.kernel->tick_offset = MS(1);
	boot(&b, &rec);
	is_int((int64_t)jiffies(b.m), 0, "no jiffies before the first tick");
	for (int i = 0; i < 4; i++)
		bare_thread(&b, i, NULL, "busy", run_for, &length);
	bare_run(&b, MS(5));
	is_int((int64_t)jiffies(b.m), 2, "two after 1 and 5 ms, by CPU 0's grid");
	bare_run(&b, MS(9));
	for (int i = 0; i < 4; i++) {
		snprintf(text, sizeof(text), "%s: first tick of CPU %d", what, i);
		is_int(record_time(&rec, 0, TP_TICK, i, ANY),
		       MS(1) + (phase == TICK_STAGGER ? i * US(500) : 0), text);
		snprintf(text, sizeof(text), "%s: and a period later", what);
		is_int(record_time(&rec, 1, TP_TICK, i, ANY) - record_time(&rec, 0, TP_TICK, i, ANY),
		       MS(4), text);
	}
	finish(&b, &rec);
}

static sim_time grid_of(uint32_t replication)
{
	struct bare b;
	struct record rec;
	sim_time at;

	prepare(&b, 250, 4);
	b.kernel->tick_random = 1;
	boot(&b, &rec);
	b.m->replication = replication;
	tick_init(b.m);
	at = b.m->kernel->tick_start;
	finish(&b, &rec);
	return at;
}

static void test_random(void)
{
	sim_time a = grid_of(1), b = grid_of(2);

	ok(a != b && a < MS(4) && b < MS(4), "a random grid begins anywhere in a period");
	is_int(grid_of(1), a, "by the replication");
}

/* --- cost ------------------------------------------------------------------------------- */

static void test_cost(void)
{
	struct bare b;
	struct record rec;
	sim_time length = MS(100) + US(500);
	uint64_t events;
	struct ctx *w;

	prepare(&b, 1000, 1);
	b.kernel->tick_offset = US(500);
	b.machine->cost[COST_TICK] = NS(1200);
	b.machine->cost[COST_IRQ_ENTRY] = NS(300);
	b.machine->cost[COST_IRQ_RETURN] = NS(100);
	boot(&b, &rec);
	w = bare_thread(&b, 0, NULL, "busy", run_for, &length);
	bare_run(&b, US(10));
	events = b.m->sim.events;
	bare_run(&b, MS(100) + US(100));
	is_int((int64_t)(b.m->sim.events - events), 100, "a tick with nothing to do is one event");
	is_int(record_count(&rec, TP_IRQ_ENTER, ANY, ANY), 0, "and runs no code");
	is_int(w->stolen, 100 * NS(1600), "it takes its time from what runs: entry, handler, return");
	bare_run(&b, MS(101));
	is_int(cpu_class_time(&b.m->cpu[0], TIME_IRQ), 101 * NS(1600), "as interrupt time");
	is_int(w->worked, length, "the work is what was asked for");
	is_int(record_time(&rec, 0, TP_TICK, 0, ANY), US(500), "the first tick is at the offset");
	finish(&b, &rec);
}

/* An interrupt that arrives while a tick has the CPU waits for its end. */
static void test_interrupt_during_tick(void)
{
	struct bare b;
	struct record rec;
	sim_time length = MS(9);

	prepare(&b, 1000, 1);
	b.machine->cost[COST_TICK] = US(10);
	boot(&b, &rec);
	bare_thread(&b, 0, NULL, "busy", run_for, &length);
	irq_send(&b.m->cpu[0], VECTOR_RESCHEDULE, MS(3) + US(4));
	bare_run(&b, MS(5));
	is_int(record_time(&rec, 0, TP_IRQ_ENTER, 0, VECTOR_RESCHEDULE), MS(3) + US(10),
	       "an interrupt waits for the end of a tick");
	finish(&b, &rec);
}

static void irqs_off(struct ctx *w, void *arg)
{
	(void)arg;
	work_until(w, MS(3) - US(50));
	local_irq_disable(w);
	cpu_work(w, US(250));
	local_irq_enable(w);
	cpu_work(w, MS(2));
}

static void test_irqs_off(void)
{
	struct bare b;
	struct record rec;

	prepare(&b, 1000, 1);
	boot(&b, &rec);
	bare_thread(&b, 0, NULL, "irqs off", irqs_off, NULL);
	bare_run(&b, MS(5));
	is_int(record_time(&rec, 3, TP_TICK, 0, ANY), MS(3) + US(200),
	       "with interrupts off the tick waits for them");
	is_int(record_time(&rec, 4, TP_TICK, 0, ANY), MS(4), "and the next comes in time");
	finish(&b, &rec);
}

/* --- idle --------------------------------------------------------------------------------- */

struct naps { uint64_t n, at; sim_time start, woke[3]; };

static void nap_jiffies(struct ctx *w, void *arg)
{
	struct naps *s = arg;

	work_until(w, s->start);
	for (int i = 0; i < 3; i++) {
		schedule_timeout_jiffies(w, s->n);
		s->woke[i] = now_of(w);
	}
}

static void test_idle(int no_hz, int ticks)
{
	struct bare b;
	struct record rec;
	sim_time length = MS(3) + US(500);
	char text[100];

	prepare(&b, 1000, 2);
	b.kernel->no_hz = no_hz;
	boot(&b, &rec);
	bare_thread(&b, 0, NULL, "short", run_for, &length);
	bare_run(&b, MS(20) + US(100));
	snprintf(text, sizeof(text), "%s: ticks of a CPU that idles from 3.5 ms on",
		 no_hz ? "tickless" : "NO_HZ=n");
	is_int(record_count(&rec, TP_TICK, 0, ANY), ticks, text);
	is_int(tick_stopped(&b.m->cpu[0]), no_hz, "its tick has stopped");
	finish(&b, &rec);
}

static void test_wheel(int cpu, uint64_t n, sim_time start, sim_time first, const char *what)
{
	struct bare b;
	struct record rec;
	struct naps s = { .n = n, .start = start };
	char text[120];

	prepare(&b, 1000, 4);
	boot(&b, &rec);
	bare_thread(&b, cpu, NULL, "napper", nap_jiffies, &s);
	bare_run(&b, MS(40));
	is_int(s.woke[0], first, what);
	snprintf(text, sizeof(text), "%s: again", what);
	is_int(s.woke[1] - s.woke[0], MS(1) * (sim_time)n, text);
	finish(&b, &rec);
}

static void test_wheels(void)
{
	/* CPU 0: ticks at 0, 1, 2, ... ms; jiffies is 3 between 2 and 3 ms */
	test_wheel(0, 1, MS(2) + US(400), MS(3), "one jiffy: until the next tick");
	test_wheel(0, 4, MS(2) + US(400), MS(6), "four: the fourth tick");
	/* CPU 2's ticks are 250 us late: at 2.1 ms its tick of 2.25 comes in the same jiffy */
	test_wheel(2, 1, MS(2) + US(100), MS(3) + US(250), "a late CPU: not the tick of the same jiffy");
	test_wheel(2, 1, MS(2) + US(400), MS(3) + US(250), "but the next");
}

/* --- softirqs --------------------------------------------------------------------------------- */

static struct { int ran, again, depth, deepest; sim_time at; } soft;

static void rcu_softirq(struct ctx *w)
{
	soft.depth++;
	soft.deepest = soft.depth > soft.deepest ? soft.depth : soft.deepest;
	soft.ran++;
	soft.at = now_of(w);
	cpu_work(w, US(20));
	if (soft.again-- > 0)
		raise_softirq(w->cpu, RCU_SOFTIRQ);
	soft.depth--;
}

static void raising(struct ctx *w, unsigned vector)
{
	(void)vector;
	cpu_work(w, US(5));
	raise_softirq(w->cpu, RCU_SOFTIRQ);
}

static void test_softirq(int again, int second, int busy)
{
	struct bare b;
	struct record rec;
	sim_time length = MS(1);
	struct ctx *w = NULL;

	prepare(&b, 250, 1);
	b.kernel->tick_offset = MS(3);
	boot(&b, &rec);
	b.m->vector_handler[VC_BACKGROUND] = raising;
	open_softirq(b.m, RCU_SOFTIRQ, rcu_softirq);
	memset(&soft, 0, sizeof(soft));
	soft.again = again;
	if (busy)
		w = bare_thread(&b, 0, NULL, "busy", run_for, &length);
	irq_send(&b.m->cpu[0], VECTOR_BACKGROUND, US(100));
	if (second)
		irq_send(&b.m->cpu[0], VECTOR_BACKGROUND, US(110));
	bare_run(&b, MS(2));
	is_int(soft.ran, 1 + again + second, "softirq: once per raise");
	is_int(soft.deepest, 1, "never on top of itself");
	if (second) {
		is_int(record_time(&rec, 1, TP_IRQ_ENTER, 0, ANY), US(110), "an interrupt is taken on top of it");
		is_int(soft.at, US(130), "and what that raises runs after it");
	} else if (!again) {
		is_int(soft.at, US(105), "after the handler");
	}
	if (w)
		is_int(w->stolen, second ? US(50) : (1 + again) * US(20) + US(5),
		       "before what was interrupted");
	finish(&b, &rec);
}

/* Raised again and again: after ten rounds it is a thread's work. */
static void test_ksoftirqd(void)
{
	struct bare b;
	struct record rec;
	sim_time length = MS(1);
	struct ctx *w;

	prepare(&b, 250, 1);
	b.kernel->tick_offset = MS(3);
	boot(&b, &rec);
	b.m->vector_handler[VC_BACKGROUND] = raising;
	open_softirq(b.m, RCU_SOFTIRQ, rcu_softirq);
	memset(&soft, 0, sizeof(soft));
	soft.again = 14;
	w = bare_thread(&b, 0, NULL, "busy", run_for, &length);
	irq_send(&b.m->cpu[0], VECTOR_BACKGROUND, US(100));
	bare_run(&b, MS(3));
	is_int(soft.ran, 15, "ksoftirqd: all of it runs");
	is_int(w->stolen - w->preempted, US(5) + 10 * US(20), "ten rounds before what was interrupted");
	is_int(w->preempted, 5 * US(20), "the rest by a thread that is preferred: it has slept for long");
	finish(&b, &rec);
}

/* --- threads of every CPU ------------------------------------------------------------------------ */

static void test_kthreads(int busy)
{
	struct bare b;
	struct record rec;
	sim_time length = SEC(20);

	prepare(&b, 250, 2);
	b.kernel->watchdog = SEC(2);
	b.kernel->vmstat = SEC(1);
	boot(&b, &rec);
	if (busy)
		bare_thread(&b, 1, NULL, "busy", run_for, &length);
	bare_run(&b, SEC(10) + MS(100));
	/* the worker 10 times, the watchdog 4 or 5, and back to the thread each time */
	is_int(record_count(&rec, TP_WAKE, 1, ANY), busy ? 10 + 5 : 0,
	       busy ? "busy CPU: vmstat each second, the watchdog each second second" :
	       "idle CPU: nothing wakes it");
	is_int(record_count(&rec, TP_TICK, 1, ANY) > 2000, busy, busy ? "it ticks" : "it does not tick");
	if (busy)
		is_int(b.m->cpu[1].curr->se.sum_exec > SEC(10), 1, "and the load runs on");
	finish(&b, &rec);
}

/* --- delayed work ----------------------------------------------------------------------------------- */

static struct { int n; sim_time at[4]; int cpu; } done;

static void note(struct ctx *w, struct work *work)
{
	(void)work;
	done.at[done.n++ % 4] = now_of(w);
	done.cpu = w->cpu->id;
}

static void queue(struct ctx *w, void *arg)
{
	struct work *work = arg;

	work_until(w, MS(2) + US(500));
	is_int(queue_delayed_work(w, work, 0), 1, "work is queued");
	is_int(queue_delayed_work(w, work, 0), 0, "and not twice");
	schedule_timeout(w, US(100));
	is_int(queue_delayed_work(w, work, 3), 1, "its function has begun: it is queued again");
	is_int(queue_delayed_work(w, work, 1), 0, "but pending again");
	schedule_timeout(w, MS(10));
}

static void test_work(void)
{
	struct bare b;
	struct record rec;
	struct work work;

	prepare(&b, 1000, 2);
	boot(&b, &rec);
	memset(&done, 0, sizeof(done));
	work_init(&work, note, NULL);
	bare_thread(&b, 1, NULL, "queuer", queue, &work);
	bare_run(&b, MS(30));
	is_int(done.n, 2, "work: twice queued, done twice");
	is_int(done.cpu, 1, "on the CPU of the caller");
	/* the worker preempts nobody in the kernel: it runs when the queuer sleeps */
	is_int(done.at[0], MS(2) + US(500), "at once");
	is_int(done.at[1], MS(5), "or with jiffies 3 + 3: a stopped tick comes on the grid of jiffies, not on the CPU's");
	finish(&b, &rec);
}

int main(void)
{
	test_grid(TICK_STAGGER, "stagger");
	test_grid(TICK_ALIGNED, "aligned");
	test_random();
	test_cost();
	test_interrupt_during_tick();
	test_irqs_off();
	test_idle(1, 4);
	test_idle(0, 21);
	test_wheels();
	test_softirq(0, 0, 1);
	test_softirq(0, 0, 0);
	test_softirq(3, 0, 1);
	test_softirq(0, 1, 1);
	test_ksoftirqd();
	test_kthreads(1);
	test_kthreads(0);
	test_work();
	return tap_done();
}
