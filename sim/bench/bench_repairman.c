/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Benchmark: machine repairman, N processes that think and then hold one FIFO
 * mutex, think times chosen for a utilisation of 0.8.  An operation is one
 * cycle: two timed events and, in four of five cycles, a hand-over of the
 * mutex to a waiter.
 *
 * Reference: the same Markov chain as a plain C loop over two clocks, the next
 * arrival at the mutex (rate: thinkers / think mean, drawn anew whenever the
 * number of thinkers changes) and the next release.  It knows no processes, so
 * it is a floor no engine can reach: N event times against one.
 */
#include <math.h>
#include <string.h>

#include "sim/base/xassert.h"
#include "sim/bench/bench_int.h"
#include "sim/engine/rng.h"
#include "sim/engine/sim.h"

#define SERVICE_MEAN	US(1)
#define UTILISATION	0.8

struct repairman;

struct machine {
	struct repairman *shop;
	struct coro *co;
	uint32_t slot;
};

struct repairman {
	struct sim s;
	struct rng thinks, services;
	sim_time think_mean;
	uint32_t n, head, tail;		/* waiters, n is a power of two */
	struct machine **waiter;
	struct machine *machine;
	int locked;
	int64_t cycles, wanted;
	sim_time busy;
};

/* For a utilisation of 0.8 by the formula of M/M/1//N. */
static sim_time think_mean(uint32_t n)
{
	return n == 64 ? (sim_time)75866000 : (sim_time)1275090000;
}

static void machine_process(void *arg)
{
	struct machine *me = arg;
	struct repairman *r = me->shop;
	struct sim *s = &r->s;
	sim_time service;

	for (;;) {
		sim_hold(s, me->slot, rng_exp(&r->thinks, r->think_mean));
		if (r->locked) {
			r->waiter[r->tail++ & (r->n - 1)] = me;
			sim_block(s);
		}
		r->locked = 1;
		service = rng_exp(&r->services, SERVICE_MEAN);
		sim_hold(s, me->slot, service);
		r->busy += service;
		if (r->head != r->tail)
			sim_ready(s, r->waiter[r->head++ & (r->n - 1)]->co);
		else
			r->locked = 0;
		if (++r->cycles == r->wanted)
			sim_stop(s);
	}
}

static void repairman_answer(sim_time busy, sim_time now, struct bench_sample *out)
{
	out->digest = (uint64_t)now;
	out->ok = fabs((double)busy / (double)now - UTILISATION) < 0.02;
}

static void repairman_build(struct sim *s, void *arg)
{
	struct repairman *r = arg;
	uint32_t i;

	r->waiter = arena_alloc(s->arena, r->n * sizeof(*r->waiter));
	r->machine = arena_alloc(s->arena, r->n * sizeof(*r->machine));
	for (i = 0; i < r->n; i++) {
		struct machine *m = &r->machine[i];

		m->shop = r;
		m->co = sim_coro(s, "machine", machine_process, m);
		m->slot = sim_slot_new(s, PRIO_NORMAL);
		sim_slot_bind(s, m->slot, m->co);
		sim_ready(s, m->co);
	}
}

void repairman_ours(const struct bench_case *c, struct bench_sample *out)
{
	struct arena arena;
	struct repairman *r;
	double begin;

	arena_init(&arena, 1 << 16);
	r = arena_alloc(&arena, sizeof(*r));
	BUG_ON(!r || sim_init(&r->s, &arena));
	r->n = c->size;
	r->wanted = c->operations;
	r->think_mean = think_mean(c->size);
	rng_seed(&r->thinks, 1, 1, "repairman", "thinks");
	rng_seed(&r->services, 1, 1, "repairman", "services");
	BUG_ON(sim_setup(&r->s, repairman_build, r));
	begin = bench_clock();
	out->ok = sim_run(&r->s, TIME_NEVER) == SIM_STOP_DONE;
	out->seconds = bench_clock() - begin;
	if (out->ok)
		repairman_answer(r->busy, r->s.now, out);
	sim_fini(&r->s);
	arena_free(&arena);
}

void repairman_floor(const struct bench_case *c, struct bench_sample *out)
{
	sim_time arrival, release = TIME_NEVER, now = 0, busy = 0, service;
	sim_time mean = think_mean(c->size);
	uint32_t n = c->size, thinkers = n;
	struct rng thinks, services;
	int64_t cycles = 0;
	double begin = bench_clock();

	rng_seed(&thinks, 1, 1, "repairman", "thinks");
	rng_seed(&services, 1, 1, "repairman", "services");
	arrival = rng_exp(&thinks, mean / n);
	while (cycles < c->operations) {
		if (arrival < release) {
			now = arrival;
			if (thinkers-- == n) {
				service = rng_exp(&services, SERVICE_MEAN);
				busy += service;
				release = now + service;
			}
		} else {
			now = release;
			cycles++;
			release = TIME_NEVER;
			if (++thinkers != n) {
				service = rng_exp(&services, SERVICE_MEAN);
				busy += service;
				release = now + service;
			}
		}
		arrival = thinkers ? now + rng_exp(&thinks, mean / thinkers) : TIME_NEVER;
	}
	out->seconds = bench_clock() - begin;
	repairman_answer(busy, now, out);
}
