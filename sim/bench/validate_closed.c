/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Closed networks for the validation of the engine: N customer processes
 * think and then visit every station in turn.  A station is a mutex with a
 * FIFO of waiters that is handed over to the next, held for an exponential
 * time.  One station: the machine repairman.
 */
#include "sim/bench/validate.h"
#include "sim/engine/rng.h"
#include "sim/engine/stat.h"

struct network;

struct customer {
	struct network *net;
	struct coro *co;
	uint32_t slot;
	int waiting;
};

struct station {
	sim_time service_mean;
	int busy;
	struct customer **waiter;
	uint32_t head, tail;
	struct time_weighted present, idle;
};

struct network {
	struct sim *s;
	struct rng thinks, services;
	sim_time think_mean;
	int n, stations;
	struct station station[VALIDATE_STATIONS];
	struct customer *customer;
	struct tally response;
	sim_time since;
};

static void visit(struct customer *me, struct station *st)
{
	struct network *net = me->net;
	struct sim *s = net->s;

	tw_set(&st->present, s->now, st->present.value + 1);
	if (st->busy) {
		me->waiting = 1;
		st->waiter[st->tail++ % (uint32_t)net->n] = me;
		while (me->waiting)
			sim_block(s);
	} else {
		st->busy = 1;
		tw_set(&st->idle, s->now, 0);
	}
	sim_hold(s, me->slot, rng_exp(&net->services, st->service_mean));
	tw_set(&st->present, s->now, st->present.value - 1);
	if (st->head != st->tail) {
		struct customer *next = st->waiter[st->head++ % (uint32_t)net->n];

		next->waiting = 0;
		sim_ready(s, next->co);
	} else {
		st->busy = 0;
		tw_set(&st->idle, s->now, 1);
	}
}

static void customer_process(void *arg)
{
	struct customer *me = arg;
	struct network *net = me->net;
	int i;

	for (;;) {
		sim_time begin;

		if (net->think_mean)
			sim_hold(net->s, me->slot, rng_exp(&net->thinks, net->think_mean));
		begin = net->s->now;
		for (i = 0; i < net->stations; i++)
			visit(me, &net->station[i]);
		tally_add(&net->response, net->s->now - begin);
	}
}

static void build_stations(struct network *net, const double *demand)
{
	for (; net->stations < VALIDATE_STATIONS && demand[net->stations] > 0; net->stations++) {
		struct station *st = &net->station[net->stations];

		st->service_mean = (sim_time)(demand[net->stations] * 1e6 + 0.5);
		st->waiter = arena_alloc(net->s->arena, (size_t)net->n * sizeof(*st->waiter));
		tw_start(&st->present, 0, 0);
		tw_start(&st->idle, 0, 1);
	}
}

void *closed_build(struct sim *s, const struct validate_case *c)
{
	struct network *net = arena_alloc(s->arena, sizeof(*net));
	int i;

	net->s = s;
	net->n = c->customers;
	net->think_mean = (sim_time)(c->think * 1e6 + 0.5);
	rng_seed(&net->thinks, 1, 1, c->id, "thinks");
	rng_seed(&net->services, 1, 1, c->id, "services");
	build_stations(net, c->demand);
	net->customer = arena_alloc(s->arena, (size_t)net->n * sizeof(*net->customer));
	for (i = 0; i < net->n; i++) {
		struct customer *customer = &net->customer[i];

		customer->net = net;
		customer->co = sim_coro(s, "customer", customer_process, customer);
		customer->slot = sim_slot_new(s, PRIO_NORMAL);
		sim_slot_bind(s, customer->slot, customer->co);
		sim_ready(s, customer->co);
	}
	return net;
}

void closed_collect(void *model, double *value)
{
	struct network *net = model;
	sim_time now = net->s->now;
	int i, n = 0;

	value[n++] = (double)net->response.n / ((double)(now - net->since) / 1e6);
	value[n++] = tally_mean(&net->response) / 1e6;
	for (i = 0; i < net->stations; i++) {
		value[n++] = tw_mean(&net->station[i].present, now);
		tw_start(&net->station[i].present, now, net->station[i].present.value);
	}
	if (net->stations == 1)
		value[n++] = tw_mean(&net->station[0].idle, now);
	tw_start(&net->station[0].idle, now, net->station[0].idle.value);
	tally_reset(&net->response);
	net->since = now;
}

int closed_metrics(const struct validate_case *c, struct validate_metric *m)
{
	static const char *const queue_name[] = { "Q1", "Q2", "Q3" };
	int single = c->demand[1] == 0.0, n = 0, i;
	const char *source = single ? "machine repairman, M/M/1//N" : "exact mean value analysis";
	struct closed_form f = single ? formula_repairman(c->customers, c->think, c->demand[0]) :
		formula_mva(c->customers, c->think, c->demand);

	m[n++] = (struct validate_metric){ "X", f.throughput, "per us", source };
	m[n++] = (struct validate_metric){ "R", f.response, "us", source };
	for (i = 0; i < VALIDATE_STATIONS && c->demand[i] > 0; i++)
		m[n++] = (struct validate_metric){ queue_name[i], f.queue[i], "customers", source };
	if (single)
		m[n++] = (struct validate_metric){ "p0", f.p0, "share of time", source };
	return n;
}
