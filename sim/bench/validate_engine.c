/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The engine against closed forms: the cases and the statistics.
 *
 * Each case is one long run in 40 batches after a warm-up of half a batch; a
 * batch is hundreds of relaxation times long, so batch means are independent
 * for all purposes.  Two rows per figure: the difference from theory, at most
 * 3.5 standard errors, and the half-width of the 95% interval, at most 0.5%
 * of the theoretical value: without the second, a run that is too short could
 * not fail the first.  Seeds are fixed, so the outcome is a constant.
 *
 * Left out: the ticket lock's Markov chain, which belongs to the locks.
 */
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdio.h>

#include "sim/base/xassert.h"
#include "sim/bench/bench.h"
#include "sim/bench/validate.h"

#define BATCHES			40
#define STANDARD_ERRORS		3.5
#define HALF_WIDTH_PERCENT	0.5

#define OPEN(id, length, lambda, servers, service, second) \
	{ id, length, lambda, servers, service, second, 0, 0.0, { 0.0 } }
#define CLOSED(id, length, n, think, ...) \
	{ id, length, 0.0, 0, NULL, 0.0, n, think, { __VA_ARGS__ } }

/* Lengths: for a half-width near 0.45% in the slowest figure. */
const struct validate_case validate_cases[] = {
	OPEN("mm1.0.5", 13e6, 0.5, 1, "exp(1us)", 2.0),
	OPEN("mm1.0.8", 36e6, 0.8, 1, "exp(1us)", 2.0),
	OPEN("mm1.0.95", 340e6, 0.95, 1, "exp(1us)", 2.0),
	OPEN("mmc.1.5.2", 14e6, 1.5, 2, "exp(1us)", 2.0),
	OPEN("mmc.6.8", 12e6, 6.0, 8, "exp(1us)", 2.0),
	OPEN("mmc.3.6.4", 42e6, 3.6, 4, "exp(1us)", 2.0),
	OPEN("md1.0.8", 16e6, 0.8, 1, "1us", 1.0),
	OPEN("me4.0.7", 12e6, 0.7, 1, "erlang(4 1us)", 1.25),
	OPEN("mh2.0.5", 54e6, 0.5, 1, "hyper(90% 500ns 5500ns)", 6.5),
	CLOSED("repairman.4.10.1", 5e6, 4, 10.0, 1.0),
	CLOSED("repairman.16.10.1", 37e6, 16, 10.0, 1.0),
	CLOSED("repairman.48.100.2", 20e6, 48, 100.0, 2.0),
	CLOSED("network.10.5", 5e6, 10, 5.0, 1.0, 0.5),
	CLOSED("network.20.15", 5e6, 20, 15.0, 0.6, 0.4, 0.2),
	CLOSED("network.3.0", 5e6, 3, 0.0, 1.0, 2.0, 0.5),
};

const int nr_validate_cases = sizeof(validate_cases) / sizeof(*validate_cases);

struct batches {
	const struct validate_case *c;
	void *model;
	double value[BATCHES][VALIDATE_METRICS];
};

static void build(struct sim *s, void *arg)
{
	struct batches *b = arg;

	b->model = b->c->customers ? closed_build(s, b->c) : open_build(s, b->c);
}

static void collect(struct batches *b, double *value)
{
	if (b->c->customers)
		closed_collect(b->model, value);
	else
		open_collect(b->model, value);
}

static int run_batches(struct batches *b, double share)
{
	double step = b->c->length * share * 1e6 / BATCHES;
	double ignored[VALIDATE_METRICS];
	struct arena arena;
	struct sim s;
	int i, failed;

	arena_init(&arena, 1 << 16);
	failed = sim_init(&s, &arena) || sim_setup(&s, build, b) ||
		sim_run(&s, (sim_time)(step / 2)) != SIM_STOP_TIME;
	if (!failed)
		collect(b, ignored);
	for (i = 0; i < BATCHES && !failed; i++) {
		failed = sim_run(&s, (sim_time)(step * (i + 1.5))) != SIM_STOP_TIME;
		if (!failed)
			collect(b, b->value[i]);
	}
	sim_fini(&s);
	arena_free(&arena);
	return failed ? -1 : 0;
}

static void add_rows(const struct batches *b, int k, const struct validate_metric *m,
		     int full, struct check_list *l)
{
	double sum = 0.0, squares = 0.0, mean, error, half_width;
	char id[64];
	int i;

	for (i = 0; i < BATCHES; i++)
		sum += b->value[i][k];
	mean = sum / BATCHES;
	for (i = 0; i < BATCHES; i++)
		squares += (b->value[i][k] - mean) * (b->value[i][k] - mean);
	error = sqrt(squares / (BATCHES - 1) / BATCHES);
	snprintf(id, sizeof(id), "%s.%s", b->c->id, m->name);
	check_add(l, "engine", id, m->expected, mean, STANDARD_ERRORS * error, m->unit,
		  m->source);
	if (!full)
		return;
	half_width = gsl_cdf_tdist_Pinv(0.975, BATCHES - 1) * error / m->expected * 100.0;
	snprintf(id, sizeof(id), "%s.%s.half-width", b->c->id, m->name);
	check_add(l, "engine", id, 0.0, half_width, HALF_WIDTH_PERCENT, "%",
		  "95% interval of 40 batch means");
}

int validate_run_case(const struct validate_case *c, double share, struct check_list *l)
{
	struct validate_metric metric[VALIDATE_METRICS];
	struct batches b = { .c = c };
	int n = c->customers ? closed_metrics(c, metric) : open_metrics(c, metric);
	int k;

	BUG_ON(n > VALIDATE_METRICS);
	if (run_batches(&b, share))
		return -1;
	for (k = 0; k < n; k++)
		add_rows(&b, k, &metric[k], share >= 1.0, l);
	return 0;
}

int validate_engine(struct check_list *l)
{
	int i;

	for (i = 0; i < nr_validate_cases; i++)
		if (validate_run_case(&validate_cases[i], 1.0, l))
			return -1;
	return l->failed ? -1 : 0;
}
