/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Cross-calls of 2.6.27 (kernel/smp.c).
 *
 * Several targets: an element on one global list under call_function_lock,
 * then CALL_FUNCTION_VECTOR to the mask, always; every receiver walks the
 * whole list, clears its bit in each element that names it (under the
 * element's lock), and the last one takes the element off and clears the WAIT
 * flag that the sender spins on.  One target: the target's own queue, and an
 * IPI only if that queue was empty.  One interrupt may serve several calls.
 *
 * Caller: preemption off, interrupts on, task context.  The called function is
 * empty (kvm's acknowledgement): what matters is that the CPU took an
 * interrupt.  Left out: the no-memory fall-back (stack element), no-wait calls.
 */
#ifndef MODELS_KERNEL_SMP_H
#define MODELS_KERNEL_SMP_H

#include "models/kernel/spinlock.h"

struct call_data {
	struct spinlock lock;
	struct line flags;		/* the WAIT flag's line */
	uint64_t mask;
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

void smp_init(struct machine *m);
/* Interrupt the CPUs of @mask (without the caller's) and wait until all have
 * run the handler.  The time of the first ICR write, or -1 if none was needed. */
sim_time smp_call_function_mask(struct ctx *w, uint64_t mask);

#endif
