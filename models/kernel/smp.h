/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Cross-calls (kernel/smp.c), in two generations; kernel.ipi.kind chooses.
 *
 * vectors, 2.6.27 (smp.c).  Several targets: an element on one global list
 * under call_function_lock, then CALL_FUNCTION_VECTOR to the mask, always;
 * every receiver walks the whole list, runs and clears its bit in each element
 * that names it (under the element's lock), and the last one takes the element
 * off and clears the WAIT flag that the sender spins on.  One target: the
 * target's own queue, and an IPI only if that queue was empty.  One interrupt
 * may serve several calls.
 *
 * csd, today (smp_csd.c).  Nothing global: one csd per (sender, target) pair
 * and a lock-free queue per target.  Per target in order: cond; wait until the
 * pair's last call is over; fill, push; an empty queue joins the IPI mask.
 * One IPI for those (one target that idles polling needs none).  The sender
 * runs its own share, then waits for each csd in order.  A target takes its
 * whole queue and runs it oldest first: calls somebody waits for, then
 * asynchronous ones (released before they run), then wake-ups.
 *
 * Caller: preemption off, interrupts on, task context.
 * The one place where stores are not waited for (cacheline.h has no store buffer):
 * see push() of smp_csd.c.
 * Left out: the no-memory fall-back (stack element), csd debugging.
 */
#ifndef MODELS_KERNEL_SMP_H
#define MODELS_KERNEL_SMP_H

#include "models/kernel/spinlock.h"

typedef void (*smp_call_fn)(struct ctx *w, void *arg);

/* --- 2.6.27 --------------------------------------------------------------- */
struct call_data {
	struct spinlock lock;
	struct line flags;		/* the WAIT flag's line */
	uint64_t mask;
	smp_call_fn fn;			/* NULL: the interrupt is all that is wanted */
	void *arg;
	struct ctx *waiter;		/* spins on the flag; NULL until it does */
	int done;
	struct call_data *next;		/* stays valid for walkers after the unlink (RCU) */
	struct call_data *retired;
};

struct call_queue {
	struct spinlock lock;
	struct call_data *head, *tail;
};

struct call_function {
	struct spinlock lock;		/* call_function_lock */
	struct call_data *head, *tail;
	struct call_data *pool;
	struct call_data *retired;	/* to the pool once no receiver walks */
	int walkers;
};

/* --- today ------------------------------------------------------------------ */
enum csd_type { CSD_SYNC, CSD_ASYNC, CSD_TTWU, NR_CSD_TYPES };

struct csd {
	struct line line;
	struct csd *next;
	enum csd_type type;
	enum vector_class purpose;	/* what its IPI counts as */
	int locked;			/* queued or running */
	smp_call_fn fn;
	void *arg;
	struct line *arg_line;		/* read before fn, and before an early acknowledgement */
	int ack_early;
	struct ctx *waiter;		/* spins on @locked; NULL while it does not */
};

struct csd_queue {			/* call_single_queue of one CPU */
	struct line line;
	struct csd *head;		/* newest first */
};

struct smp_call {
	smp_call_fn fn;			/* NULL: the interrupt is all that is wanted */
	void *arg;
	int (*cond)(struct ctx *w, int cpu, void *arg);	/* NULL: all of the mask */
	struct line *arg_line;		/* NULL: @arg is shared without a line of its own */
	enum vector_class purpose;
	int ack_early;
	int nowait;			/* asynchronous: the next call of the pair waits instead */
	/* the sender's own part, between sending and waiting; @called: who was */
	void (*meanwhile)(struct ctx *w, void *arg, uint64_t called);
};

/* --- both ------------------------------------------------------------------------ */
void smp_init(struct machine *m);
/* Interrupt the CPUs of @mask (without the caller's) and wait until all have
 * run the handler.  The time of the first ICR write, or -1 if none was needed. */
sim_time smp_call_function_mask(struct ctx *w, uint64_t mask);
/* The same with a function to run there, interrupts off. */
sim_time smp_call_function_many(struct ctx *w, uint64_t mask, smp_call_fn fn, void *arg);

/* --- kernel.ipi.kind csd only ------------------------------------------------------ */
void smp_csd_init(struct machine *m);
/* The time of the first ICR write, or of the last push if every queue had an IPI
 * on its way; -1 if cond let nobody through. */
sim_time smp_call_function_many_cond(struct ctx *w, uint64_t mask, const struct smp_call *call);
/* Do not wait: @d belongs to the caller and must not be in use (d->locked). */
void smp_call_function_single_async(struct ctx *w, int cpu, struct csd *d);
/* A wake-up on the target's queue (ttwu_queue_wakelist). */
void smp_queue_ttwu(struct ctx *w, int cpu, struct csd *d);

#endif
