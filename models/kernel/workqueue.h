/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Work that a kernel thread does (kernel/workqueue.c, events/N of 2.6.27): one
 * worker per CPU, first come first served.  A work item that is pending is not
 * queued again; once its function has begun it may be.
 *
 * Left out: more than one queue, concurrency of workers, flushing, cancelling.
 */
#ifndef MODELS_KERNEL_WORKQUEUE_H
#define MODELS_KERNEL_WORKQUEUE_H

#include "models/kernel/spinlock.h"
#include "models/kernel/timer.h"

struct work {
	void (*fn)(struct ctx *w, struct work *work);
	void *arg;
	int pending;
	int cpu;			/* whose worker */
	struct timer timer;
	struct work *next;
};

struct workqueue_cpu {
	struct spinlock lock;
	struct work *head, *tail;
	struct ctx *worker;		/* events/N; NULL before its first work */
};

void workqueue_init(struct machine *m);
void work_init(struct work *work, void (*fn)(struct ctx *w, struct work *work), void *arg);
/* fn(w, work) on the worker of w's CPU after @delay jiffies; 0: was pending already.
 * Any context. */
int queue_delayed_work(struct ctx *w, struct work *work, uint64_t delay);
/* The same on CPU @cpu. */
int queue_delayed_work_on(struct ctx *w, int cpu, struct work *work, uint64_t delay);
/* The same before the machine runs. */
void work_start_at_boot(struct machine *m, int cpu, struct work *work, uint64_t delay);

#endif
