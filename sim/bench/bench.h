/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Engine benchmarks beside their floors, and the engine's closed forms.
 * Every benchmark checks its own answer (a wrong sojourn time is a failure,
 * not a figure).
 */
#ifndef SIM_BENCH_BENCH_H
#define SIM_BENCH_BENCH_H

#include <stdint.h>
#include <stdio.h>

#include "sim/base/check.h"

struct bench_row {
	char name[48];			/* mm1, repairman/64, hold/256/reschedule */
	int64_t operations;
	double seconds, ns_per_operation;
	char reference[48];		/* plain C loop, binary heap, ... */
	double reference_ns_per_operation;
	double ratio;			/* ours / reference; hold: reference / ours is the speed-up */
	double min, max;		/* spread of ns_per_operation over the rounds */
	int answer_ok;
	/* of runs of the model; 0: not such a one */
	double events_per_operation, simulated_ms_per_s;
};

/* Fill @rows (up to @max) for @name = mm1, repairman, hold or NULL (all); the count, or -1 if unknown. */
int bench_run(const char *name, struct bench_row *rows, int max);
/* Our side of every case of @name once, with @operations, for instruction counters:
 * "case operations" lines on @out; the count of cases, or -1 if unknown. */
int bench_count(const char *name, int64_t operations, FILE *out);
extern const char *const bench_names[];		/* NULL ended */

/* M/M/1, M/M/c, M/G/1 (D, E4, H2), machine repairman, closed networks. */
int validate_engine(struct check_list *l);

#endif
