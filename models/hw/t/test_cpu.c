/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Contexts and interrupts: conservation of CPU time, what is pending while
 * interrupts are off, order of vectors, idle exit, handlers that wait.
 */
#include "models/world/t/record.h"

/* A vector sent at a fixed time, from outside of any CPU. */
struct shot {
	struct cpu *c;
	unsigned vector;
	uint32_t slot;
};

static void shoot(struct sim *s, void *arg)
{
	struct shot *x = arg;

	irq_send(x->c, x->vector, s->now);
}

static void send_at(struct bare *b, int cpu, unsigned vector, sim_time at)
{
	struct shot *x = arena_alloc(&b->arena, sizeof(*x));

	x->c = &b->m->cpu[cpu];
	x->vector = vector;
	x->slot = sim_slot_new(&b->m->sim, PRIO_NORMAL);
	sim_slot_call(&b->m->sim, x->slot, shoot, x);
	sim_at(&b->m->sim, x->slot, at);
}

enum { BODY = 1000000 };	/* 1 us of handler */

static void body_handler(struct ctx *w, unsigned vector)
{
	(void)vector;
	cpu_work(w, BODY);
}

static void prepare(struct bare *b, struct record *rec, int sockets, int cores)
{
	bare_init(b, sockets, cores);
	no_costs(b);
	b->machine->cost[COST_IRQ_ENTRY] = NS(300);
	b->machine->cost[COST_IRQ_RETURN] = NS(100);
	b->machine->idle_exit = (struct dist){ .kind = DIST_CONST, .a = US(2) };
	boot(b, rec);
	for (int i = 0; i < NR_VECTOR_CLASSES; i++)
		b->m->vector_handler[i] = body_handler;
}

/* --- one interrupt ----------------------------------------------------------- */

struct done { sim_time at, stolen, worked; };

static void work_30us(struct ctx *w, void *arg)
{
	struct done *d = arg;

	cpu_work(w, US(30));
	*d = (struct done){ now_of(w), w->stolen, w->worked };
}

static void test_busy_and_idle(void)
{
	struct bare b;
	struct record rec;
	struct done d;

	prepare(&b, &rec, 1, 2);
	bare_thread(&b, 0, NULL, "worker", work_30us, &d);
	send_at(&b, 0, VECTOR_BACKGROUND, US(5));
	send_at(&b, 1, VECTOR_BACKGROUND, US(5));
	bare_run(&b, MS(1));
	is_int(record_time(&rec, 0, TP_IRQ_ENTER, 0, ANY), US(5) + NS(300),
	       "a busy CPU takes an interrupt at once");
	is_int(record_time(&rec, 0, TP_IRQ_ENTER, 1, ANY), US(5) + US(2) + NS(300),
	       "an idle CPU pays its idle exit first");
	is_int(d.at, US(30) + NS(1400), "the interrupted work ends later by entry, handler and return");
	is_int(d.stolen, NS(1400), "what was stolen");
	is_int(d.worked, US(30), "work done is work asked for");
	is_int(cpu_class_time(&b.m->cpu[0], TIME_IRQ), NS(1400), "irq time of the busy CPU");
	is_int(cpu_class_time(&b.m->cpu[1], TIME_IRQ), US(2) + NS(1400),
	       "irq time of the idle CPU has the idle exit");
	is_int(cpu_class_time(&b.m->cpu[0], TIME_SYSTEM), US(30), "system time is the work");
	finish(&b, &rec);
}

/* --- interrupts off ------------------------------------------------------------ */

static void off_10us(struct ctx *w, void *arg)
{
	struct done *d = arg;

	local_irq_disable(w);
	cpu_work(w, US(10));
	local_irq_enable(w);
	*d = (struct done){ now_of(w), w->stolen, w->worked };
}

static void test_pending_while_off(void)
{
	struct bare b;
	struct record rec;
	struct done d;

	prepare(&b, &rec, 1, 1);
	bare_thread(&b, 0, NULL, "off", off_10us, &d);
	send_at(&b, 0, VECTOR_BACKGROUND, US(2));
	bare_run(&b, MS(1));
	is_int(record_time(&rec, 0, TP_IRQ_ENTER, 0, ANY), US(10) + NS(300),
	       "pending while off, taken at enable");
	is_int(d.at, US(10) + NS(1400), "enable returns after the handler");
	finish(&b, &rec);
}

static void nested_off(struct ctx *w, void *arg)
{
	(void)arg;
	local_irq_disable(w);
	local_irq_disable(w);
	cpu_work(w, US(5));
	local_irq_enable(w);
	cpu_work(w, US(5));
	local_irq_enable(w);
	cpu_work(w, US(5));
}

static void test_nesting(void)
{
	struct bare b;
	struct record rec;

	prepare(&b, &rec, 1, 1);
	bare_thread(&b, 0, NULL, "nested", nested_off, NULL);
	send_at(&b, 0, VECTOR_BACKGROUND, US(2));
	bare_run(&b, MS(1));
	is_int(record_time(&rec, 0, TP_IRQ_ENTER, 0, ANY), US(10) + NS(300),
	       "only the outer enable takes it");
	finish(&b, &rec);
}

static void test_highest_first(void)
{
	static const unsigned want[] = { VECTOR_RESCHEDULE, VECTOR_CALL, VECTOR_INVALIDATE + 3,
					 VECTOR_TIMER, VECTOR_BACKGROUND };
	struct bare b;
	struct record rec;
	struct done d;
	char text[80];

	prepare(&b, &rec, 1, 1);
	bare_thread(&b, 0, NULL, "off", off_10us, &d);
	for (int i = 4; i >= 0; i--)
		send_at(&b, 0, want[i], US(5 - i));
	bare_run(&b, MS(1));
	for (int i = 0; i < 5; i++) {
		const struct trace_record *r = record_nth(&rec, i, TP_IRQ_ENTER, 0, ANY);

		snprintf(text, sizeof(text), "vector 0x%x is served in place %d", want[i], i + 1);
		is_int(r ? (int64_t)r->a : -1, want[i], text);
	}
	is_int(d.stolen, 5 * NS(1400), "one after another: each pays entry and return");
	finish(&b, &rec);
}

static void test_coalescing(void)
{
	struct bare b;
	struct record rec;
	struct done d;

	prepare(&b, &rec, 1, 1);
	bare_thread(&b, 0, NULL, "off", off_10us, &d);
	send_at(&b, 0, VECTOR_BACKGROUND, US(1));
	send_at(&b, 0, VECTOR_BACKGROUND, US(2));
	send_at(&b, 0, VECTOR_BACKGROUND, US(11));	/* while its handler runs */
	bare_run(&b, MS(1));
	is_int(record_count(&rec, TP_IRQ_ENTER, 0, VECTOR_BACKGROUND), 2,
	       "pending twice is served once; again during the handler is served again");
	is_int(d.stolen, 2 * NS(1400), "the second follows without a return to the thread");
	finish(&b, &rec);
}

/* An interrupt that arrives in the very instant in which the work ends. */
static void test_tie(void)
{
	struct bare b;
	struct record rec;
	struct done d;

	prepare(&b, &rec, 1, 1);
	bare_thread(&b, 0, NULL, "worker", work_30us, &d);
	irq_send(&b.m->cpu[0], VECTOR_BACKGROUND, US(30));
	bare_run(&b, MS(1));
	is_int(d.at, US(30) + NS(1400),
	       "an interrupt arrives before work that ends at the same instant");
	finish(&b, &rec);
}

/* --- handlers are code ---------------------------------------------------------- */

static struct spinlock *lock_of(struct bare *b)
{
	return &b->m->kernel->zone_lock;
}

static void lock_handler(struct ctx *w, unsigned vector)
{
	(void)vector;
	spin_lock(w, &w->m->kernel->zone_lock);
	cpu_work(w, BODY);
	spin_unlock(w, &w->m->kernel->zone_lock);
}

static void hold_20us(struct ctx *w, void *arg)
{
	spin_lock(w, arg);
	cpu_work(w, US(20));
	spin_unlock(w, arg);
}

static void test_handler_waits(void)
{
	struct bare b;
	struct record rec;
	struct done d;

	prepare(&b, &rec, 1, 2);
	b.m->vector_handler[VC_BACKGROUND] = lock_handler;
	bare_thread(&b, 1, NULL, "holder", hold_20us, lock_of(&b));
	bare_thread(&b, 0, NULL, "worker", work_30us, &d);
	send_at(&b, 0, VECTOR_BACKGROUND, US(5));
	bare_run(&b, MS(1));
	is_int(d.stolen, US(15) + NS(1000) + NS(100),
	       "a handler waits for a lock held elsewhere; what it interrupted waits as long");
	is_int(d.at, US(30) + d.stolen, "and ends later by exactly that");
	is_int(cpu_class_time(&b.m->cpu[0], TIME_SPIN), US(15) - NS(300),
	       "its wait counts as spinning");
	finish(&b, &rec);
}

/* --- spinners ---------------------------------------------------------------------- */

static void spin_on(struct ctx *w, void *arg)
{
	work_until(w, US(1));
	spin_lock(w, arg);
	spin_unlock(w, arg);
}

static void spin_off(struct ctx *w, void *arg)
{
	work_until(w, US(1));
	spin_lock_irqsave(w, arg);
	cpu_work(w, US(3));
	spin_unlock_irqrestore(w, arg);
}

static void test_spinner(int off)
{
	struct bare b;
	struct record rec;

	prepare(&b, &rec, 1, 2);
	bare_thread(&b, 1, NULL, "holder", hold_20us, lock_of(&b));
	bare_thread(&b, 0, NULL, "spinner", off ? spin_off : spin_on, lock_of(&b));
	send_at(&b, 0, VECTOR_BACKGROUND, US(5));
	bare_run(&b, MS(1));
	is_int(record_time(&rec, 0, TP_IRQ_ENTER, 0, ANY), (off ? US(23) : US(5)) + NS(300),
	       off ? "a spinner with interrupts off takes none until it enables them" :
	       "a spinner with interrupts on takes them");
	is_int(cpu_class_time(&b.m->cpu[0], TIME_SPIN), off ? US(19) : US(19) - NS(1400),
	       "spin time excludes the handler");
	finish(&b, &rec);
}

/* --- background of the machine file ------------------------------------------------ */

static void work_1ms(struct ctx *w, void *arg)
{
	struct done *d = arg;

	cpu_work(w, MS(1));
	*d = (struct done){ now_of(w), w->stolen, w->worked };
}

static void test_background(void)
{
	struct bare b;
	struct record rec;
	struct done d[2];

	bare_init(&b, 1, 2);
	no_costs(&b);
	b.machine->cost[COST_IRQ_ENTRY] = NS(300);
	b.machine->cost[COST_IRQ_RETURN] = NS(100);
	b.machine->background_interval = (struct dist){ .kind = DIST_CONST, .a = US(100) };
	b.machine->background_length = (struct dist){ .kind = DIST_EXP, .a = US(3) };
	boot(&b, &rec);
	for (int i = 0; i < 2; i++)
		bare_thread(&b, i, NULL, "worker", work_1ms, &d[i]);
	bare_run(&b, MS(1) - 1);
	is_int(record_count(&rec, TP_IRQ_ENTER, 0, VECTOR_BACKGROUND), 9, "background: one handler per interval");
	bare_run(&b, MS(2));
	is_int(d[0].at - MS(1), d[0].stolen, "its time is stolen from the thread");
	ok(d[0].stolen > 9 * NS(400) && d[0].stolen != d[1].stolen, "each CPU draws its own lengths");
	finish(&b, &rec);
}

/* --- conservation ------------------------------------------------------------------- */

struct storm {
	struct bare b;
	struct rng rng;
	struct spinlock *lock[2];
	uint32_t slot;
	int bad;
	int64_t stretches;
};

static sim_time some(struct storm *s, sim_time max)
{
	return (sim_time)rng_below(&s->rng, (uint64_t)max);
}

static void storm_shoot(struct sim *sim, void *arg)
{
	static const unsigned vector[] = { VECTOR_BACKGROUND, VECTOR_TIMER, VECTOR_RESCHEDULE,
					   VECTOR_INVALIDATE, VECTOR_INVALIDATE + 5, VECTOR_CALL };
	struct storm *s = arg;

	irq_send(&s->b.m->cpu[rng_below(&s->rng, (uint64_t)s->b.m->nr_cpus)],
		 vector[rng_below(&s->rng, 6)], sim->now + some(s, US(1)));
	sim_at(sim, s->slot, sim->now + some(s, NS(400)));
}

static void storm_handler(struct ctx *w, unsigned vector)
{
	struct storm *s = w->priv;
	struct spinlock *l = s->lock[1];	/* of handlers, and of irqsave */

	cpu_work(w, some(s, US(1)));
	if (vector % 2) {
		spin_lock(w, l);
		cpu_work(w, some(s, NS(200)));
		spin_unlock(w, l);
	}
}

static void storm_step(struct ctx *w, struct storm *s)
{
	switch (rng_below(&s->rng, 5)) {
	case 0:
		local_irq_disable(w);
		cpu_work(w, some(s, US(2)));
		local_irq_enable(w);
		break;
	case 1:
		spin_lock(w, s->lock[0]);
		cpu_work(w, some(s, NS(500)));
		spin_unlock(w, s->lock[0]);
		break;
	case 2:
		spin_lock_irqsave(w, s->lock[1]);
		cpu_work(w, some(s, NS(300)));
		spin_unlock_irqrestore(w, s->lock[1]);
		break;
	case 3:
		schedule_timeout(w, some(s, US(20)) + 1);
		break;
	default:
		cpu_work(w, some(s, US(5)));
	}
}

static void storm_mixed(struct ctx *w, void *arg)
{
	for (;;)
		storm_step(w, arg);
}

/* Only works: elapsed = worked + stolen at every end of a stretch. */
static void storm_worker(struct ctx *w, void *arg)
{
	struct storm *s = arg;
	sim_time start = now_of(w), worked = 0, irq0 = cpu_class_time(w->cpu, TIME_IRQ),
		 spin0 = cpu_class_time(w->cpu, TIME_SPIN);

	for (;;) {
		sim_time d = some(s, US(9)), irq, spin;

		cpu_work(w, d);
		worked += d;
		irq = cpu_class_time(w->cpu, TIME_IRQ) - irq0;
		spin = cpu_class_time(w->cpu, TIME_SPIN) - spin0;
		s->stretches++;
		if (w->worked != worked || w->stolen != irq + spin ||
		    now_of(w) - start != w->worked + w->stolen)
			s->bad++;
	}
}

static int64_t idle_cpus(struct bare *b)
{
	int64_t n = 0;

	for (int i = 0; i < b->m->nr_cpus; i++)
		n += cpu_class_time(&b->m->cpu[i], TIME_IDLE) > 0;
	return n;
}

static void test_storm(uint64_t seed)
{
	struct storm s = { 0 };
	struct record rec;
	sim_time sum = 0, end = MS(40) + 12345;

	rng_seed(&s.rng, seed, 1, "test", "storm");
	prepare(&s.b, &rec, 2, 4);
	s.b.m->sim.trace.sink = NULL;
	s.lock[0] = &s.b.m->kernel->zone_lock;
	s.lock[1] = &s.b.m->kernel->lru_lock;
	for (int i = 0; i < NR_VECTOR_CLASSES; i++)
		if (i != VC_TIMER && i != VC_RESCHEDULE)
			s.b.m->vector_handler[i] = storm_handler;
	tick_init(s.b.m);		/* the timer's own handler */
	for (int i = 0; i < s.b.m->nr_cpus; i++)
		s.b.m->cpu[i].irq.priv = &s;
	s.slot = sim_slot_new(&s.b.m->sim, PRIO_NORMAL);
	sim_slot_call(&s.b.m->sim, s.slot, storm_shoot, &s);
	sim_at(&s.b.m->sim, s.slot, 0);
	for (int i = 0; i < 7; i++)
		bare_thread(&s.b, i, NULL, "mixed", i < 3 ? storm_worker : storm_mixed, &s);
	is_int(bare_run(&s.b, end), SIM_STOP_TIME, "the storm runs to its end");
	for (int i = 0; i < s.b.m->nr_cpus; i++) {
		sim_time one = 0;

		for (int c = 0; c < NR_TIME_CLASSES; c++)
			one += cpu_class_time(&s.b.m->cpu[i], (enum time_class)c);
		s.bad += one != end;
		sum += one;
	}
	is_int(sum, 8 * end, "the classes of all CPUs add up to CPUs times elapsed time");
	is_int(s.bad, 0,
	       "worked + stolen = elapsed at every stretch, stolen = time of handlers, each CPU complete");
	ok(s.stretches > 10000, "the storm had many stretches");
	is_int(idle_cpus(&s.b), 5, "workers never idle, sleepers and the empty CPU do");
	finish(&s.b, &rec);
}

int main(void)
{
	test_busy_and_idle();
	test_pending_while_off();
	test_nesting();
	test_highest_first();
	test_coalescing();
	test_tie();
	test_handler_waits();
	test_spinner(0);
	test_spinner(1);
	test_background();
	test_storm(tap_seed(20080601));
	return tap_done();
}
