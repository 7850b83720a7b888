/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One fixed world of everything the engine has (processes, event functions,
 * interrupts of a hold, a mutex, timeouts, all distributions without libm),
 * hashed event by event and compared with a constant: the same on every
 * compiler, optimisation level and back end.
 */
#include "sim/base/hash.h"
#include "sim/base/tap.h"
#include "sim/engine/dist.h"
#include "sim/engine/sim.h"

#define GOLDEN	UINT64_C(0x9cc1cfb0c25c44c6)
#define WORKERS	40

struct worker {
	struct plant *plant;
	int id;
	struct coro *co;
	uint32_t slot;
	struct rng rng;
	int waiting;
};

struct plant {
	struct sim s;
	struct worker worker[WORKERS];
	struct worker *queue[WORKERS];
	uint32_t head, tail;
	int locked;
	struct rng interrupts;
	uint32_t interrupt_slot, timeout_slot;
};

static void record(struct plant *p, uint32_t id, int who, uint64_t a)
{
	trace_emit(&p->s.trace, p->s.now, TRACE_STATE | id, who, a, p->s.events);
}

static void lock(struct worker *w)
{
	struct plant *p = w->plant;

	if (p->locked) {
		w->waiting = 1;
		p->queue[p->tail++ % WORKERS] = w;
		while (w->waiting)
			sim_block(&p->s);
	}
	p->locked = 1;
	record(p, 1, w->id, 0);
}

static void unlock(struct worker *w)
{
	struct plant *p = w->plant;

	record(p, 2, w->id, 0);
	if (p->head == p->tail) {
		p->locked = 0;
		return;
	}
	w = p->queue[p->head++ % WORKERS];
	w->waiting = 0;
	sim_ready(&p->s, w->co);
}

static void hold_for(struct worker *w, const char *text)
{
	struct dist d;
	const char *why;

	if (dist_parse(text, 0, &d, &why))
		sim_fail(&w->plant->s, SIM_STOP_FAILED, "%s: %s", text, why);
	sim_hold(&w->plant->s, w->slot, dist_draw(&d, &w->rng));
	record(w->plant, 3, w->id, w->rng.draws);
}

static void worker_main(void *arg)
{
	struct worker *w = arg;

	for (;;) {
		hold_for(w, "exp(40us)");
		hold_for(w, "uniform(1us 3us)");
		lock(w);
		hold_for(w, "erlang(3 900ns)");
		unlock(w);
		hold_for(w, "hyper(90% 500ns 15us)");
	}
}

/* Postpone the work of a random worker, as an interrupt does. */
static void interrupt(struct sim *s, void *arg)
{
	struct plant *p = arg;
	struct worker *w = &p->worker[rng_below(&p->interrupts, WORKERS)];
	sim_time end = sim_slot_time(s, w->slot);

	if (end != TIME_NEVER)
		sim_at(s, w->slot, end + NS(200));
	record(p, 4, w->id, (uint64_t)end);
	sim_at(s, p->timeout_slot, s->now + US(5));
	sim_at(s, p->interrupt_slot, s->now + rng_exp(&p->interrupts, US(4)));
}

/* Fires only when interrupts stay away for 5 us. */
static void timeout(struct sim *s, void *arg)
{
	struct plant *p = arg;

	record(p, 5, -1, s->events);
}

static void build(struct sim *s, void *arg)
{
	struct plant *p = arg;
	char name[32];
	int i;

	for (i = 0; i < WORKERS; i++) {
		struct worker *w = &p->worker[i];

		w->plant = p;
		w->id = i;
		snprintf(name, sizeof(name), "worker %d", i);
		rng_seed(&w->rng, 42, 1, name, "work");
		w->co = sim_coro(s, "worker", worker_main, w);
		w->slot = sim_slot_new(s, PRIO_NORMAL);
		sim_slot_bind(s, w->slot, w->co);
		sim_ready(s, w->co);
	}
	rng_seed(&p->interrupts, 42, 1, "interrupts", "arrivals");
	p->interrupt_slot = sim_slot_new(s, PRIO_ARRIVAL);
	p->timeout_slot = sim_slot_new(s, PRIO_LATE);
	sim_slot_call(s, p->interrupt_slot, interrupt, p);
	sim_slot_call(s, p->timeout_slot, timeout, p);
	sim_at(s, p->interrupt_slot, 0);
}

static uint64_t run_once(struct arena *arena, uint64_t *events)
{
	static struct plant p;
	uint64_t fingerprint = 0;

	memset(&p, 0, sizeof(p));
	if (!sim_init(&p.s, arena) && !sim_setup(&p.s, build, &p) &&
	    sim_run(&p.s, MS(20)) == SIM_STOP_TIME)
		fingerprint = p.s.trace.fingerprint;
	*events = p.s.events;
	sim_fini(&p.s);
	arena_reset(arena);
	return fingerprint;
}

int main(void)
{
	struct arena arena;
	uint64_t first, second, events;

	printf("# seed 42 (fixed: the answer is a constant)\n");
	arena_init(&arena, 1 << 16);
	first = run_once(&arena, &events);
	second = run_once(&arena, &events);
	arena_free(&arena);
	printf("# fingerprint 0x%016" PRIx64 ", %" PRIu64 " events\n", first, events);
	ok(first == second, "a second run in the same process gives the same");
	ok(events > 50000, "the world is busy");
	if (!ok(first == GOLDEN, "the fingerprint is the known one"))
		printf("#   want 0x%016" PRIx64 "\n", GOLDEN);
	return tap_done();
}
