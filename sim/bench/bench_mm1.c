/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Benchmark: M/M/1 at rho = 0.75, one arrival process and one server process.
 * An operation is one customer: two timed events and a wake-up for every
 * customer that finds the server idle.
 *
 * Reference: the same queue as a plain C loop over two clocks, with the same
 * draws in the same order and the same queue of arrival times: what is left
 * when processes and event list are taken away.  Both sides must agree to the
 * picosecond; the mean time in system must be 4 service times.
 */
#include <math.h>
#include <string.h>

#include "sim/base/xassert.h"
#include "sim/bench/bench_int.h"
#include "sim/engine/rng.h"
#include "sim/engine/sim.h"

#define QUEUE_SIZE	4096	/* P(queue longer) = 0.75^4096 */
#define SERVICE_MEAN	US(1)
#define ARRIVAL_MEAN	((sim_time)1333333)

struct mm1 {
	struct sim s;
	struct rng arrivals, services;
	sim_time queue[QUEUE_SIZE];
	uint32_t head, tail;
	uint32_t arrival_slot, service_slot;
	int idle;
	struct coro *server;
	int64_t customers, served;
	sim_time sojourn;
};

static void arrival_process(void *arg)
{
	struct mm1 *m = arg;
	int64_t i;

	for (i = 0; i < m->customers; i++) {
		sim_hold(&m->s, m->arrival_slot, rng_exp(&m->arrivals, ARRIVAL_MEAN));
		m->queue[m->tail++ % QUEUE_SIZE] = m->s.now;
		if (m->idle) {
			m->idle = 0;
			sim_ready(&m->s, m->server);
		}
	}
}

static void server_process(void *arg)
{
	struct mm1 *m = arg;
	sim_time arrived;

	while (m->served < m->customers) {
		if (m->head == m->tail) {
			m->idle = 1;
			sim_block(&m->s);
		}
		arrived = m->queue[m->head++ % QUEUE_SIZE];
		sim_hold(&m->s, m->service_slot, rng_exp(&m->services, SERVICE_MEAN));
		m->sojourn += m->s.now - arrived;
		m->served++;
	}
}

static void mm1_answer(int64_t customers, sim_time sojourn, struct bench_sample *out)
{
	double mean = (double)sojourn / (double)customers / (double)SERVICE_MEAN;

	out->digest = (uint64_t)sojourn;
	out->ok = fabs(mean - 4.0) < 0.15;
}

static void mm1_build(struct sim *s, void *arg)
{
	struct mm1 *m = arg;
	struct coro *arrivals = sim_coro(s, "arrivals", arrival_process, m);

	m->server = sim_coro(s, "server", server_process, m);
	m->arrival_slot = sim_slot_new(s, PRIO_NORMAL);
	m->service_slot = sim_slot_new(s, PRIO_NORMAL);
	sim_slot_bind(s, m->arrival_slot, arrivals);
	sim_slot_bind(s, m->service_slot, m->server);
	sim_ready(s, arrivals);
	sim_ready(s, m->server);
}

static void mm1_seed(struct rng *arrivals, struct rng *services)
{
	rng_seed(arrivals, 1, 1, "mm1", "arrivals");
	rng_seed(services, 1, 1, "mm1", "services");
}

void mm1_ours(const struct bench_case *c, struct bench_sample *out)
{
	struct arena arena;
	struct mm1 *m;
	double begin;

	arena_init(&arena, 1 << 16);
	m = arena_alloc(&arena, sizeof(*m));
	BUG_ON(!m || sim_init(&m->s, &arena));
	m->customers = c->operations;
	mm1_seed(&m->arrivals, &m->services);
	BUG_ON(sim_setup(&m->s, mm1_build, m));
	begin = bench_clock();
	out->ok = sim_run(&m->s, TIME_NEVER) == SIM_STOP_EMPTY;
	out->seconds = bench_clock() - begin;
	if (out->ok)
		mm1_answer(c->operations, m->sojourn, out);
	sim_fini(&m->s);
	arena_free(&arena);
}

void mm1_floor(const struct bench_case *c, struct bench_sample *out)
{
	static const sim_time never = TIME_NEVER;
	sim_time queue[QUEUE_SIZE], arrival, departure = never, sojourn = 0;
	int64_t to_come = c->operations, served = 0;
	struct rng arrivals, services;
	uint32_t head = 0, tail = 0;
	double begin = bench_clock();

	mm1_seed(&arrivals, &services);
	arrival = rng_exp(&arrivals, ARRIVAL_MEAN);
	while (served < c->operations) {
		if (arrival < departure) {
			if (head == tail)
				departure = arrival + rng_exp(&services, SERVICE_MEAN);
			queue[tail++ % QUEUE_SIZE] = arrival;
			arrival = --to_come ? arrival + rng_exp(&arrivals, ARRIVAL_MEAN) : never;
		} else {
			sojourn += departure - queue[head++ % QUEUE_SIZE];
			served++;
			departure = head == tail ? never :
				departure + rng_exp(&services, SERVICE_MEAN);
		}
	}
	out->seconds = bench_clock() - begin;
	mm1_answer(c->operations, sojourn, out);
}
