/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which runs are still to do, and in which order.
 *
 * A batch is a group of configurations and a range of replications.  With
 * fixed replications the batches of a source are blocks of five replications
 * of all its configurations, so that an interrupted study is balanced and
 * consecutive tasks share a configuration.  With the sequential rule a group
 * is one sweep point (all designs); when a batch of it is complete the rule
 * says whether another one follows.  Nothing is run ahead of the rule, so
 * nothing has to be dropped.
 */
#ifndef SIM_RUN_PLAN_H
#define SIM_RUN_PLAN_H

#include "sim/run/pool.h"

enum rep_state { REP_ABSENT, REP_QUEUED, REP_PRESENT, REP_FAILED };

struct plan_config {
	int source, index;		/* index within the source */
	int64_t id;			/* in the store */
	uint64_t key;			/* of the group */
	int order;			/* index of the group's first configuration */
	double weight;			/* expected events of one run */
	unsigned char *rep;		/* enum rep_state, [0] is replication 1 */
	int cap;			/* entries of rep */
};

struct plan_group {
	int source, first, n;		/* consecutive in plan->config */
	int target;			/* replications asked for so far */
	int open;			/* runs of the present batch not finished */
	int done;
};

struct plan_batch { int group, from, to; };

struct plan {
	const struct run_job *job;
	struct plan_config *config;	/* by source, then group, then index */
	int n_configs;
	int *where;			/* by source, then index: in config, -1 not ours */
	struct plan_group *group;
	int n_groups;
	struct plan_batch *batch;	/* queue: head..n */
	int head, n_batches, cap_batches;
	int at_config, at_rep;		/* cursor in the head batch */
	/* Is the group precise at its target?  1, 0, -1 (*e). */
	int (*precise)(void *arg, const struct plan_group *g, struct err *e);
	void *arg;
	double weight_all, weight_done;	/* of all batches so far; of what is present */
	int64_t runs_all, runs_present;
};

/*
 * All configurations of this shard; ids, weights and present runs are filled
 * by the caller between plan_init() and plan_start().
 */
int plan_init(struct plan *p, const struct run_job *job, int shard, int n_shards,
	      struct err *e);
void plan_free(struct plan *p);
/* Replication @rep of configuration @c is in the database. */
int plan_present(struct plan *p, int c, uint32_t rep, int failed, struct err *e);
int plan_start(struct plan *p, struct err *e);
/* 1: *@t is handed out; 0: none at the moment. */
int plan_next(struct plan *p, struct pool_task *t);
/* Place of a configuration of a source in plan->config. */
int plan_find(const struct plan *p, int source, int index);
int plan_finished(struct plan *p, const struct pool_task *t, int failed, struct err *e);
/* Runs that the fixed rule asks for, or the sequential one at its maximum. */
int64_t plan_maximum(const struct plan *p);
/* Failed runs among those that the plan asked for. */
int64_t plan_failed(const struct plan *p);

#endif
