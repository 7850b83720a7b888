/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The runner: studies in, a filled database out.
 *
 * Configurations x replications that the database does not hold yet are run
 * by worker processes, one run at a time each; the parent alone writes.  The
 * database is a function of the studies and the number of replications: -j,
 * order, interruption and resume leave no trace but in run_wall and log.
 *
 * Sequential replications (no --reps): stages 5, 10, 15, 20, 30, 40, 60, 80,
 * 120 ... of all designs of a sweep point together, until the half-width of
 * the primary metric's mean is within the precision for each design or the
 * maximum is reached; the decision looks at replications 1..n only.
 */
#ifndef SIM_RUN_RUN_H
#define SIM_RUN_RUN_H

#include <stdint.h>
#include <stdio.h>

#include "sim/base/err.h"

struct study;

struct run_options {
	const char *db;			/* path; NULL: results/NAME.db of the first study */
	int jobs;			/* workers; 0: one per online CPU */
	int reps;			/* > 0: fixed, overrides the studies */
	int64_t precision_ppm;		/* > 0: sequential, overrides the studies */
	int max_reps;			/* > 0: bound of the sequential rule */
	int shard, n_shards;		/* K/N with K in 1..N; 0/0: no shards */
	int dry_run;			/* plan only, nothing is written */
	int quiet;			/* no progress on stderr */
	int retry_failed;		/* run again what crashed or timed out */
	double run_timeout;		/* seconds of wall clock per run; 0: 300 */
	/*
	 * The user's own --set, --machine, --duration, --design options, quoted for
	 * the shell and with a leading blank (run_quote()); "" or NULL if none.
	 * Goes into study.command and, without --design, into the replay text.
	 */
	const char *extra_args;
	const char *command_line;	/* for the log table; NULL: none */
};

struct run_violation {
	char study[64], design[64], invariant[4];
	int64_t count;
	int expected;			/* by the design or the scenario */
};

struct run_budget {			/* of a study, for --dry-run */
	char study[64];
	double largest;			/* expected events of its largest run */
	double all;			/* of all its runs, done or not */
	double budget;			/* events after which a run ends as 'timeout'; 0: not said */
};

struct run_summary {
	char db[512];
	int64_t configs;		/* designs x sweep points (of this shard) */
	int64_t planned;		/* runs the studies ask for */
	int64_t done;			/* run now */
	int64_t skipped;		/* were there already */
	int64_t failed;			/* of both: deadlock, assertion, crash, timeout, memory; not oom */
	int64_t *study;			/* ids of the studies, in the order given */
	int n_studies;
	char first_failure[480];	/* replay line and reason of one of them, or "" */
	struct run_violation *violation;	/* by study, design, invariant */
	int n_violations;
	/* --dry-run: */
	double expected_events;		/* of the runs still to do */
	double expected_seconds;
	int rate_measured;		/* from earlier runs in the database, else assumed */
	int sequential;			/* planned counts the first stage only */
	int64_t planned_max;		/* runs if every point goes to its maximum */
	struct run_budget *budget;	/* by study */
	int n_budgets;
	int interrupted;
	int exit_code;			/* 0, 3 (failed run, unexpected violation), 130 */
};

/*
 * Runs everything.  0: @out says what happened, out->exit_code is the
 * program's.  -1: @e (usage 2, environment 4); what was committed stays and
 * @out counts it.  run_summary_free() in both cases.
 */
int run_studies(struct study *const *s, int n, const struct run_options *o,
		struct run_summary *out, struct err *e);
void run_summary_free(struct run_summary *s);

/* The summary (or the plan of a dry run) as text of a few lines. */
void run_summary_print(const struct run_summary *s, const struct run_options *o,
		       FILE *f);

struct strbuf;
/* Append @arg, quoted for a POSIX shell only if it needs to be. */
void run_quote(struct strbuf *sb, const char *arg);

#endif
