/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What one replication hands to the store: names and numbers, no model
 * struct.  Filled by the world in a worker process, packed for the pipe by
 * the runner, written by the store.  All strings are owned by the result.
 */
#ifndef SIM_BASE_RESULT_H
#define SIM_BASE_RESULT_H

#include <stdint.h>

#include "sim/base/strbuf.h"
#include "sim/base/units.h"

enum run_status {
	RUN_OK, RUN_VIOLATION, RUN_DEADLOCK, RUN_ASSERTION, RUN_CRASH,
	RUN_TIMEOUT, RUN_MEMORY,
	RUN_OOM,	/* the simulated machine ran out of memory: a result */
	NR_RUN_STATUS
};
const char *run_status_name(enum run_status s);	/* 'ok', 'violation', ... */

struct metric_row {
	int metric;		/* index into the table of models/config/metric.def */
	char label[32];		/* '' or same_page, cause names ... */
	/*
	 * NAN: no observation.  If @min is a number then, one was cut off by
	 * the end of the run: the value is at least @min.
	 */
	double value;
	int64_t n;
	double sum, sumsq, min, max;	/* NAN where the kind has none */
};

struct histogram_row {
	int metric;
	char label[32];
	unsigned char *bins;	/* LEB128 pairs (index delta, count) */
	uint32_t len;
};

struct violation_row {
	char invariant[4];	/* "I1" */
	sim_time at;
	int expected;		/* by the design or the scenario */
	char *summary;
	char *steps;		/* JSON: [{"t","cpu","who","what"}...] in time order */
};

struct violation_count_row {
	char invariant[4];
	int64_t count;		/* violations */
	int64_t operations;	/* exposures: how often it could have happened */
};

struct result {
	enum run_status status;
	char *reason;		/* empty for 'ok' */
	char *replay;		/* command line that repeats this run */
	sim_time sim_time_ps, warmup_ps;
	int64_t events;
	uint64_t fingerprint;
	struct metric_row *metric;
	uint32_t n_metric;
	struct histogram_row *histogram;
	uint32_t n_histogram;
	struct violation_row *violation;
	uint32_t n_violation;
	struct violation_count_row *count;
	uint32_t n_count;
	int failed;		/* an allocation failed while filling */
};

void result_init(struct result *r);
void result_free(struct result *r);
struct metric_row *result_add_metric(struct result *r, int metric, const char *label);
void result_add_histogram(struct result *r, int metric, const char *label,
			  const void *bins, uint32_t len);
void result_add_violation(struct result *r, const char *invariant, sim_time at,
			  int expected, const char *summary, const char *steps);
void result_add_count(struct result *r, const char *invariant, int64_t count,
		      int64_t operations);
void result_set_reason(struct result *r, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Flat, checksummed bytes for the pipe; unpack returns 0 or -1 (corrupt). */
void result_pack(const struct result *r, struct strbuf *out);
int result_unpack(struct result *r, const void *p, size_t n);

#endif
