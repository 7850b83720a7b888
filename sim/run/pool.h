/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Worker processes.
 *
 * pool_new() forks a zygote; the zygote forks workers on demand and reports
 * their deaths.  The caller opens its database only after pool_new(), so no
 * worker ever holds a descriptor or a lock of it.  Each worker is on one end
 * of a socket pair: it reads a task, runs it, writes one record (length,
 * checksum, packed result) and waits for the next task.
 *
 * A worker that dies, hangs or talks nonsense costs its run, nothing else:
 *  signal, exit            'crash', with the signal's name and the last output
 *  SIGABRT                 'assertion', with the text of the assertion
 *  no answer in time       killed, 'timeout'
 *  corrupt record          killed, 'crash'
 * and the next task gets a fresh process.  Workers die with the zygote, the
 * zygote with its parent (PR_SET_PDEATHSIG).
 */
#ifndef SIM_RUN_POOL_H
#define SIM_RUN_POOL_H

#include "sim/run/source.h"

struct pool;

struct pool_task {
	int source, config;		/* indices into job and source */
	uint32_t replication;
};

struct pool_done {
	struct pool_task task;
	struct result result;		/* result_free() it */
	int64_t wall_ns, max_rss;
};

struct pool *pool_new(const struct run_job *job, int jobs, double timeout,
		      struct err *e);
/* A worker is free. */
int pool_free_slot(const struct pool *p);
/* Tasks that are being run. */
int pool_busy(const struct pool *p);
/* Hand @t to a free worker. */
int pool_assign(struct pool *p, const struct pool_task *t, struct err *e);
/*
 * The next finished run.  1: @out is filled.  0: @stop_fd (-1: none) became
 * readable, or nothing is running.  -1: @e.  With @drain only what has arrived
 * already is returned, then 0.
 */
int pool_next(struct pool *p, int stop_fd, int drain, struct pool_done *out,
	      struct err *e);
/* Kill the workers and the zygote. */
void pool_free(struct pool *p);

#endif
