/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The Markov chain of a ticket lock, simulated and solved.
 *
 * Rates: (n-k)/a up, 1 / (s + c k/2) down: the half is the mean place of the
 * next holder's read among k.  The closed form is the product solution of a
 * birth-death chain.  What is simulated is an arbiter made for this test, on
 * the engine alone: its exponential service has a mean that changes with each
 * arrival, so the completion is retimed with a fresh draw there.  The locks
 * of the model are compared in validate_locks.c; their section has a length,
 * not a rate.
 *
 * Rows: each figure within 1% of the closed form, and its 95% half-width
 * within 0.5%, without which a short run could not fail.  Seeds are fixed.
 *
 * Leaves out: the paper's constants of real programs.
 */
#include "models/world/validate_locks.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdio.h>

#include "sim/base/xassert.h"
#include "sim/engine/rng.h"
#include "sim/engine/sim.h"
#include "sim/engine/stat.h"

enum { MAX_CORES = 64, BATCHES = 40 };
#define TOLERANCE	0.01
#define HALF_WIDTH	0.005

struct chain;

struct core {
	struct chain *chain;
	struct coro *co;
	struct rng think;
	uint32_t slot;
};

struct chain {
	struct sim s;
	const struct lock_chain *x;
	int redraw;
	struct core core[MAX_CORES];
	struct core *queue[MAX_CORES];	/* FIFO, the holder first */
	uint32_t head, tail;
	struct rng service;
	uint32_t service_slot;
	int64_t sections;
	struct time_weighted k, idle;
};

/* --- the closed form ----------------------------------------------------------- */

struct lock_chain_figures lock_chain_formula(const struct lock_chain *x)
{
	struct lock_chain_figures f = { 0, 0, 0 };
	double p = 1, sum = 1;

	for (int k = 1; k <= x->n; k++) {
		p *= (x->n - k + 1) / x->a * (x->s + x->c * k / 2);
		sum += p;
		f.k += k * p;
	}
	f.k /= sum;
	f.idle = 1 / sum;
	f.throughput = (x->n - f.k) / x->a;
	return f;
}

/* --- the arbiter ------------------------------------------------------------------ */

static sim_time cycles_to_time(double cycles)
{
	return (sim_time)(cycles * 1000 + 0.5);	/* at 1 GHz */
}

static void draw_service(struct chain *c, uint32_t k)
{
	sim_time mean = cycles_to_time(c->x->s + c->x->c * k / 2);

	sim_at(&c->s, c->service_slot, c->s.now + rng_exp(&c->service, mean));
}

static void count_k(struct chain *c)
{
	tw_set(&c->k, c->s.now, (int64_t)(c->tail - c->head));
	tw_set(&c->idle, c->s.now, c->tail == c->head);
}

static void section_ends(struct sim *s, void *arg)
{
	struct chain *c = arg;

	sim_ready(s, c->queue[c->head++ % MAX_CORES]->co);
	c->sections++;
	count_k(c);
	if (c->head != c->tail)
		draw_service(c, c->tail - c->head);
}

static void core_process(void *arg)
{
	struct core *me = arg;
	struct chain *c = me->chain;
	sim_time mean = cycles_to_time(c->x->a);

	for (;;) {
		sim_hold(&c->s, me->slot, rng_exp(&me->think, mean));
		c->queue[c->tail++ % MAX_CORES] = me;
		count_k(c);
		if (c->redraw || c->tail - c->head == 1)
			draw_service(c, c->tail - c->head);
		sim_block(&c->s);
	}
}

static void build(struct sim *s, void *arg)
{
	struct chain *c = arg;

	rng_seed(&c->service, 1, 1, "lock chain", "service");
	c->service_slot = sim_slot_new(s, PRIO_NORMAL);
	sim_slot_call(s, c->service_slot, section_ends, c);
	tw_start(&c->k, 0, 0);
	tw_start(&c->idle, 0, 1);
	for (int i = 0; i < c->x->n; i++) {
		struct core *p = &c->core[i];
		char name[32];

		snprintf(name, sizeof(name), "core %d", i);
		rng_seed(&p->think, 1, 1, name, "think");
		p->chain = c;
		p->slot = sim_slot_new(s, PRIO_NORMAL);
		p->co = sim_coro(s, "core", core_process, p);
		sim_slot_bind(s, p->slot, p->co);
		sim_ready(s, p->co);
	}
}

static int run_to(struct chain *c, double cycles)
{
	return sim_run(&c->s, cycles_to_time(cycles)) == SIM_STOP_TIME ? 0 : -1;
}

/* Figures since the last call. */
static struct lock_chain_figures collect(struct chain *c, double cycles)
{
	struct lock_chain_figures f = {
		.k = tw_mean(&c->k, c->s.now),
		.idle = tw_mean(&c->idle, c->s.now),
		.throughput = (double)c->sections / cycles,
	};

	c->sections = 0;
	tw_start(&c->k, c->s.now, c->k.value);
	tw_start(&c->idle, c->s.now, c->idle.value);
	return f;
}

int lock_chain_simulate(const struct lock_chain *x, int redraw, double cycles, int batches,
			struct lock_chain_figures *batch)
{
	double step = cycles / batches;
	struct arena arena;
	struct chain *c;
	int failed;

	BUG_ON(x->n > MAX_CORES);
	arena_init(&arena, 1 << 16);
	c = mem_calloc(1, sizeof(*c));
	if (!c)
		return -1;
	c->x = x;
	c->redraw = redraw;
	failed = sim_init(&c->s, &arena) || sim_setup(&c->s, build, c) || run_to(c, step);
	if (!failed)
		collect(c, step);	/* the first batch is the warm-up */
	for (int i = 0; i < batches && !failed; i++) {
		failed = run_to(c, step * (i + 2));
		batch[i] = collect(c, step);
	}
	sim_fini(&c->s);
	arena_free(&arena);
	mem_free(c);
	return failed ? -1 : 0;
}

/* --- rows --------------------------------------------------------------------------- */

static double figure_of(const struct lock_chain_figures *f, size_t offset)
{
	return *(const double *)((const char *)f + offset);
}

struct figure { const char *name, *unit; size_t offset; double scale; };

static void add_rows(struct check_list *l, const char *name, const struct figure *g,
		     const struct lock_chain_figures *want, const struct lock_chain_figures *batch)
{
	double sum = 0, squares = 0, expected = figure_of(want, g->offset), mean, half;
	char id[96];

	for (int i = 0; i < BATCHES; i++)
		sum += figure_of(&batch[i], g->offset);
	mean = sum / BATCHES;
	for (int i = 0; i < BATCHES; i++) {
		double d = figure_of(&batch[i], g->offset) - mean;

		squares += d * d;
	}
	half = gsl_cdf_tdist_Pinv(0.975, BATCHES - 1) * sqrt(squares / (BATCHES - 1) / BATCHES);
	snprintf(id, sizeof(id), "%s.%s", name, g->name);
	check_add(l, "locks", id, expected * g->scale, mean * g->scale,
		  TOLERANCE * expected * g->scale, g->unit,
		  "ticket-lock chain (OLS 2012), product form");
	snprintf(id, sizeof(id), "%s.%s.half-width", name, g->name);
	check_add(l, "locks", id, 0, 100 * half / expected, 100 * HALF_WIDTH, "%",
		  "95% interval of 40 batch means");
}

static int validate_one(struct check_list *l, const struct lock_chain *x, double cycles,
			struct lock_chain_figures *batch)
{
	const struct figure figures[] = {
		{ "k", "cores", offsetof(struct lock_chain_figures, k), 1 },
		{ "speedup", "cores", offsetof(struct lock_chain_figures, throughput), x->a },
		{ "idle", "of time", offsetof(struct lock_chain_figures, idle), 1 },
	};
	struct lock_chain_figures want = lock_chain_formula(x);
	char name[64];

	if (lock_chain_simulate(x, 1, cycles, BATCHES, batch))
		return -1;
	snprintf(name, sizeof(name), "chain.%d.%g.%g.%g", x->n, x->a, x->s, x->c);
	add_rows(l, name, &figures[0], &want, batch);
	add_rows(l, name, &figures[1], &want, batch);
	if (want.idle > 0.01)		/* else too rare to be measured to 1% */
		add_rows(l, name, &figures[2], &want, batch);
	return 0;
}

int validate_lock_chain(struct check_list *l)
{
	static const struct { struct lock_chain x; double cycles; } cases[] = {
		{ { 8, 1000, 100, 50 }, 8e8 },
		{ { 48, 20000, 200, 100 }, 1e9 },
		{ { 48, 5000, 200, 100 }, 1e9 },
		{ { 48, 100000, 400, 200 }, 6e9 },
	};

	struct lock_chain_figures *batch = mem_calloc(BATCHES, sizeof(*batch));
	int failed = !batch;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]) && !failed; i++)
		failed = validate_one(l, &cases[i].x, cases[i].cycles, batch);
	mem_free(batch);
	return failed ? -1 : 0;
}
