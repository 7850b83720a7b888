/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the runner runs: configurations and how to make one replication of
 * them, behind a small table of operations.  The product's source is a study
 * of sim/conf on a world of models/ (study_source.c); tests bring sources that
 * crash, hang, abort or violate.
 *
 * Operations of the worker are called in processes forked before the database
 * was opened: they see the source as it was when run_sources() was called, and
 * nothing that they change reaches the parent but their struct result.
 */
#ifndef SIM_RUN_SOURCE_H
#define SIM_RUN_SOURCE_H

#include "sim/base/alloc.h"
#include "sim/base/result.h"
#include "sim/run/run.h"
#include "sim/store/store.h"

/* Descriptor of the worker's socket to the parent; 1 and 2 are the log. */
#define WORKER_FD	3

struct run_source {
	void *arg;
	int n_configs;
	struct store_study study;	/* name, hashes, designs, metrics */

	/* Replications: fixed if > 0, else stages until precision or max. */
	int reps_fixed;
	int64_t precision_ppm;
	int reps_min, reps_max;
	const char *primary;		/* metric that the rule looks at */
	int primary_quantile;		/* 0: its value; 50, 95, 99, 999 */
	double budget;			/* events of one run; 0: not said */

	/* --- in the parent --- */
	/* Rows of configuration @i; memory from @a. */
	int (*config)(void *arg, int i, struct arena *a,
		      struct store_config *row, struct err *e);
	/* Name of its design; lives as long as the source. */
	const char *(*design)(void *arg, int i);
	/* Equal for configurations whose replications stop together. */
	uint64_t (*group)(void *arg, int i);
	/* Expected events of one run (weights, estimates), > 0. */
	double (*expected_events)(void *arg, int i, struct arena *a);
	/* Command line that repeats one run. */
	void (*replay)(void *arg, int i, uint32_t replication, struct strbuf *out);

	/* --- in a worker --- */
	/* *@state: NULL at first, kept by the worker, shared by all sources. */
	void (*run)(void *arg, void **state, int i, uint32_t replication,
		    struct result *r);
};

struct run_job {
	const struct run_source *source;
	int n_sources;
	const struct store_metric_def *metric;	/* what metric_row.metric indexes */
	int n_metrics;
};

/* run_studies() on any sources. */
int run_sources(const struct run_job *job, const struct run_options *o,
		struct run_summary *out, struct err *e);

#endif
