/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What others wait for while somebody registers (or unregisters): register.stall
 * by cause.  A wait counts once, whole, by what was in its way when it began: a
 * registration holds the lock, or stands ahead in its queue.  Those who register
 * themselves are no bystanders.  Takes no time.
 */
#ifndef MODELS_KERNEL_STALL_H
#define MODELS_KERNEL_STALL_H

#include "models/kernel/lock.h"

/* Labels of register.stall, in its order. */
enum stall_cause { STALL_MMAP_SEM, STALL_QUEUED_WRITER, STALL_IMM, STALL_ANON, STALL_PREEMPT_OFF,
		   STALL_NONE };

/* Of a wait of @w that begins: @holder has the lock, @queue waits for it. */
enum stall_cause stall_cause(const struct ctx *w, enum lock_class class, const struct ctx *holder,
			     const struct ctx *queue);
/* The wait that began at @since is over. */
void stall_tally(struct ctx *w, enum stall_cause cause, sim_time since);
/* @w could not be preempted since w->atomic_since: who waited for its CPU? */
void stall_of_cpu(struct ctx *w);

#endif
