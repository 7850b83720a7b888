/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What runner.c (the loop) and prepare.c (studies, presence, rule) share. */
#ifndef SIM_RUN_RUNNER_INT_H
#define SIM_RUN_RUNNER_INT_H

#include <setjmp.h>
#include <signal.h>

#include "sim/run/plan.h"
#include "sim/run/progress.h"

#define MAX_REPS	100000

struct runner {
	const struct run_job *job;
	const struct run_options *o;
	struct run_summary *out;
	struct store *store;
	sqlite3 *db;			/* of the store, or read-only for a dry run */
	struct pool *pool;
	struct plan plan;
	struct arena arena;		/* of one configuration's rows */
	jmp_buf no_memory;		/* where its failure lands */
	struct progress progress;
	struct strbuf replay;
	char host[65];
	int signal_fd;
	sigset_t old_mask;
	int masked;
};

/* A run that has no result.  The end of the simulated memory is one. */
static inline int is_failure(enum run_status s)
{
	return s != RUN_OK && s != RUN_VIOLATION && s != RUN_OOM;
}

/* Ids and weights of the plan's configurations; no row is written without a store. */
int prepare_plan(struct runner *r, struct err *e);
/* The same with catalogue, studies and configurations in one transaction. */
int prepare_store(struct runner *r, struct err *e);
/* Tell the plan what is there already (*@present runs); failed runs are
 * forgotten if they are to be retried. */
int prepare_present(struct runner *r, int64_t *present, struct err *e);
/* The sequential rule on the database: plan->precise. */
int prepare_precise(void *arg, const struct plan_group *g, struct err *e);

#endif
