/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Run queues: between sched.c and the scheduling class.
 *
 * One per CPU, under its lock (the one exception: an idle CPU picks without it
 * and takes it before it pays for the switch).  The thread that runs is curr and
 * not on the list.  All weights are equal (nice 0), so vruntime is time run.
 * Real-time threads (SCHED_FIFO, one priority) come before all others.
 *
 * Everything here takes no time; costs are the callers'.
 */
#ifndef MODELS_KERNEL_RQ_H
#define MODELS_KERNEL_RQ_H

#include "models/kernel/spinlock.h"

struct rq {
	struct spinlock lock;
	struct cpu *cpu;
	struct ctx *curr;		/* NULL: idle */
	struct ctx *head;		/* the others, by vruntime */
	struct ctx *rt;			/* real-time ones, first come first served */
	int nr_running;			/* with curr */
	int nr_threads;			/* that were started here; for placement */
	sim_time min_vruntime;
	struct ctx *next;		/* buddy: woken last, preferred within a slice */
	sim_time pair_start;
	struct ctx *prev;		/* eevdf: ran until now and still wants to */
	int slice_over;			/* eevdf: curr has used up its slice */
};

/* Constants scaled by the number of CPUs. */
struct sched_times { sim_time latency, min_granularity, wakeup_granularity, slice; };

struct rq *rq_of(const struct cpu *c);

/* --- fair.c ------------------------------------------------------------------- */
void fair_init(struct machine *m);
/* Charge the running thread for its time so far. */
void update_curr(struct rq *rq);
enum enqueue { ENQUEUE_NEW, ENQUEUE_WAKEUP };
void enqueue_task(struct rq *rq, struct ctx *p, enum enqueue how);
/* curr gives up the CPU; it stays on the queue unless it sleeps. */
void put_prev_task(struct rq *rq, struct ctx *p, int sleeps);
/* The next to run becomes curr; NULL: idle. */
struct ctx *pick_next_task(struct rq *rq);
/* Shall @p, just enqueued, preempt curr? */
int check_preempt(struct rq *rq, struct ctx *p);
/* At a tick: has curr had its share? */
int task_tick(struct rq *rq);
/* @p, asleep, belongs to @to from now on. */
void migrate_task(struct ctx *p, struct rq *from, struct rq *to);

/* --- eevdf.c: what differs with kernel.sched.kind: eevdf -------------------------- */
void eevdf_init(struct machine *m);
void eevdf_place(struct rq *rq, struct ctx *p, int new);
void eevdf_save_lag(struct rq *rq, struct ctx *p);
int eevdf_deadline(struct rq *rq, struct ctx *p);
void eevdf_set_next(struct rq *rq, struct ctx *p);
struct ctx *eevdf_pick(struct rq *rq, struct ctx *curr);

#endif
