/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Optimistic spinning of today's sleeping locks (kernel/locking/osq_lock.c and the
 * spin_on_owner loops of mutex.c and rwsem.c).
 *
 * A queue admits one spinner to the lock; the others wait on nodes of their own,
 * in order, and leave when they are asked to reschedule.  The one in front spins
 * as long as the owner has a CPU: it is told when the lock's owner changes, when the
 * owner leaves its CPU, and when its own CPU has somebody else to run.  Preemption
 * is off throughout.
 *
 * Left out: vcpu_is_preempted().
 */
#ifndef MODELS_KERNEL_OSQ_H
#define MODELS_KERNEL_OSQ_H

#include "models/kernel/lock.h"

struct osq {
	struct line line;		/* the tail */
	struct ctx *front;		/* admitted */
	struct ctx *head, *tail;	/* behind it, by wait_next */
};

void osq_init(struct osq *q);
/* 1: admitted; 0: asked to reschedule before that. */
int osq_lock(struct ctx *w, struct osq *q, const char *what);
void osq_unlock(struct ctx *w, struct osq *q);

/* Does @owner run? */
static inline int owner_on_cpu(const struct ctx *owner)
{
	return owner->cpu->curr == owner;
}
/*
 * Spin until spin_told() or, at the latest, @until; returns at once if @owner (may be
 * NULL: nobody to watch) does not run or the CPU has somebody else to run.
 */
void spin_on_owner(struct ctx *w, struct ctx *owner, const char *what, sim_time until);
/* What @spinner (NULL: nobody) watches has changed: it reads that a line later. */
void spin_told(struct ctx *w, struct ctx *spinner);
/* The scheduler: @owner loses its CPU. */
void owner_leaves_cpu(struct ctx *owner);

#endif
