/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A source of runs without models: designs by name, one axis x.  What a run
 * does is decided by the name of its design and its replication:
 *   good       metrics, a histogram, violation counts of zero
 *   violate    an unexpected violation of I1 in replication 2
 *   busted     an expected violation of I1 in each replication
 *   crash, abort, hang, exit, corrupt, long-record
 *              the named misbehaviour in replication 2, else good
 *   deadlock   ends with that status in replication 2
 *   noisy      values with a spread of 100%; steady: of 0.1%
 *   silent     no observation
 */
#ifndef SIM_RUN_T_SYNTHETIC_H
#define SIM_RUN_T_SYNTHETIC_H

#include "sim/run/source.h"

struct synthetic {
	const char *name;
	const char *const *design;
	int n_designs, n_points;
	int64_t seed;
	int sleep_us;			/* per run */
	char resolved[64];
};

/* @job and @source are filled; they point into @s. */
void synthetic_job(struct synthetic *s, struct run_source *source, struct run_job *job,
		   int reps_fixed);

#endif
