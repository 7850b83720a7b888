/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside of "validate engine": formulas, models, and the run by batches. */
#ifndef SIM_BENCH_VALIDATE_H
#define SIM_BENCH_VALIDATE_H

#include "sim/base/check.h"
#include "sim/engine/sim.h"

#define VALIDATE_METRICS	6
#define VALIDATE_STATIONS	3

/* One figure of a case: what theory says, and where. */
struct validate_metric {
	const char *name;	/* "Wq" */
	double expected;
	const char *unit, *source;
};

/*
 * A case: a model with its parameters, in units of 1 us of simulated time.
 * build() makes the model in the arena and returns it; collect() writes one
 * value per metric for the time since the last collect().
 */
struct validate_case {
	const char *id;			/* "mm1.0.8" */
	double length;			/* simulated us of all batches together */
	double lambda;			/* open queues: arrival rate, */
	int servers;			/* servers, */
	const char *service;		/* service time as in dist.h */
	double second_moment;		/* of the service time, single server */
	int customers;			/* closed networks: customers (0: an open queue), */
	double think;			/* mean think time, 0: none, */
	double demand[VALIDATE_STATIONS];	/* mean service times, 0 ends */
};

/* Erlang C: the probability to wait, @a = lambda / mu. */
double formula_erlang_c(double a, int servers);
/* Mean wait of M/G/1 (Pollaczek and Khinchine); E[S] = 1. */
double formula_mg1_wait(double lambda, double second_moment);

struct closed_form {
	double p0;		/* single station: probability that it is idle */
	double throughput, response, queue[VALIDATE_STATIONS];
};
/* Machine repairman M/M/1//N: @n machines, mean think and service time. */
struct closed_form formula_repairman(int n, double think, double service);
/* Closed network of exponential single servers by exact mean value analysis. */
struct closed_form formula_mva(int n, double think, const double *demand);

extern const struct validate_case validate_cases[];
extern const int nr_validate_cases;

/* The metrics of @c into @m; how many. */
int open_metrics(const struct validate_case *c, struct validate_metric *m);
void *open_build(struct sim *s, const struct validate_case *c);
void open_collect(void *model, double *value);
int closed_metrics(const struct validate_case *c, struct validate_metric *m);
void *closed_build(struct sim *s, const struct validate_case *c);
void closed_collect(void *model, double *value);

/*
 * Run @c for @share of its length and add its rows; the rows about the
 * half-width only for the full length.  0, or -1 if the world failed.
 */
int validate_run_case(const struct validate_case *c, double share, struct check_list *l);

#endif
