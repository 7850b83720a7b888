/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Open queues for the validation of the engine: one arrival process, c server
 * processes, one FIFO queue of unlimited length.  Every server is a coroutine
 * that sleeps when the queue is empty; the longest idle server is woken.
 */
#include "sim/base/xassert.h"
#include "sim/bench/validate.h"
#include "sim/engine/dist.h"
#include "sim/engine/stat.h"

#define MAX_SERVERS	8

struct queue;

struct server {
	struct queue *q;
	struct coro *co;
	uint32_t slot;
	int idle;
};

struct queue {
	struct sim *s;
	struct rng arrivals, services;
	sim_time arrival_mean;
	struct dist service;
	uint32_t arrival_slot;
	sim_time *arrived;		/* ring of arrival times */
	uint32_t head, tail, mask;
	struct server server[MAX_SERVERS];
	struct server *idle[MAX_SERVERS];
	uint32_t idle_head, idle_tail;
	struct tally wait;
	int64_t had_to_wait;
	struct time_weighted in_system;
};

static void queue_push(struct queue *q, sim_time t)
{
	if (q->tail - q->head > q->mask) {
		uint32_t size = q->mask + 1, i;
		sim_time *bigger = arena_alloc(q->s->arena, 2 * (size_t)size * sizeof(*bigger));

		for (i = 0; i < size; i++)
			bigger[i] = q->arrived[(q->head + i) & q->mask];
		q->arrived = bigger;
		q->mask = 2 * size - 1;
		q->head = 0;
		q->tail = size;
	}
	q->arrived[q->tail++ & q->mask] = t;
}

static void arrival_process(void *arg)
{
	struct queue *q = arg;
	struct sim *s = q->s;

	for (;;) {
		sim_hold(s, q->arrival_slot, rng_exp(&q->arrivals, q->arrival_mean));
		queue_push(q, s->now);
		tw_set(&q->in_system, s->now, q->in_system.value + 1);
		if (q->idle_head != q->idle_tail) {
			struct server *server = q->idle[q->idle_head++ % MAX_SERVERS];

			server->idle = 0;
			sim_ready(s, server->co);
		} else {
			q->had_to_wait++;
		}
	}
}

static void server_process(void *arg)
{
	struct server *me = arg;
	struct queue *q = me->q;
	struct sim *s = q->s;

	for (;;) {
		while (q->head == q->tail) {
			me->idle = 1;
			q->idle[q->idle_tail++ % MAX_SERVERS] = me;
			while (me->idle)
				sim_block(s);
		}
		tally_add(&q->wait, s->now - q->arrived[q->head++ & q->mask]);
		sim_hold(s, me->slot, dist_draw(&q->service, &q->services));
		tw_set(&q->in_system, s->now, q->in_system.value - 1);
	}
}

void *open_build(struct sim *s, const struct validate_case *c)
{
	struct queue *q = arena_alloc(s->arena, sizeof(*q));
	const char *why;
	int i;

	BUG_ON(c->servers > MAX_SERVERS);
	q->s = s;
	q->arrival_mean = (sim_time)(1e6 / c->lambda + 0.5);
	if (dist_parse(c->service, 0, &q->service, &why))
		sim_fail(s, SIM_STOP_FAILED, "%s: %s", c->service, why);
	rng_seed(&q->arrivals, 1, 1, c->id, "arrivals");
	rng_seed(&q->services, 1, 1, c->id, "services");
	q->mask = 1023;
	q->arrived = arena_alloc(s->arena, 1024 * sizeof(*q->arrived));
	tw_start(&q->in_system, 0, 0);
	q->arrival_slot = sim_slot_new(s, PRIO_NORMAL);
	for (i = 0; i < c->servers; i++) {
		struct server *server = &q->server[i];

		server->q = q;
		server->co = sim_coro(s, "server", server_process, server);
		server->slot = sim_slot_new(s, PRIO_NORMAL);
		sim_slot_bind(s, server->slot, server->co);
		sim_ready(s, server->co);
	}
	sim_slot_bind(s, q->arrival_slot, sim_coro(s, "arrivals", arrival_process, q));
	sim_at(s, q->arrival_slot, 0);
	return q;
}

void open_collect(void *model, double *value)
{
	struct queue *q = model;
	double wait = tally_mean(&q->wait) / 1e6;

	value[0] = wait;
	value[1] = tw_mean(&q->in_system, q->s->now);
	value[2] = (double)q->had_to_wait / (double)q->wait.n;
	tally_reset(&q->wait);
	q->had_to_wait = 0;
	tw_start(&q->in_system, q->s->now, q->in_system.value);
}

int open_metrics(const struct validate_case *c, struct validate_metric *m)
{
	double a = c->lambda, wait, waits;
	const char *source;

	if (c->servers > 1 || c->second_moment == 2.0) {
		waits = formula_erlang_c(a, c->servers);
		wait = waits / (c->servers - a);
		source = c->servers > 1 ? "M/M/c, Erlang C" : "M/M/1: Wq = rho / (mu - lambda)";
	} else {
		waits = a;
		wait = formula_mg1_wait(a, c->second_moment);
		source = "M/G/1, Pollaczek and Khinchine";
	}
	m[0] = (struct validate_metric){ "Wq", wait, "service times", source };
	m[1] = (struct validate_metric){ "L", a * (wait + 1.0), "customers", source };
	m[2] = (struct validate_metric){ "waits", waits, "share of customers", source };
	return 3;
}
