/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Spinlocks: the ticket lock of 2.6.27 (include/asm-x86/spinlock.h: one word,
 * xadd, all waiters read it) and a queued lock (each waiter on a line of its
 * own).  Which one is the kernel file's choice.
 *
 * Preemption is off from before the first attempt; interrupts stay as they
 * were, so a waiter may take interrupts, and a grant that falls into one
 * leaves the lock held by an interrupted CPU.  FIFO.
 *
 * Ticket release: all waiters hold a copy of the word; the release store
 * invalidates them, all read again, and the next holder's read is served in
 * some order among them.  *The rule of that order decides the result* (paths:
 * architecture notes 1.5), so it is a parameter:
 *   random        the read is served at position J, uniform on 1..k; the next
 *                 release store overtakes the reads still outstanding, which
 *                 it would invalidate anyway (default)
 *   ticket_order  J = 1: the next holder always first; no collapse at all
 *   wait          as random, but the next release waits for all reads
 * This is the one place that looks at how many wait: not to compute a cost,
 * but to say which of k requests on one line is served first.
 */
#ifndef MODELS_KERNEL_SPINLOCK_H
#define MODELS_KERNEL_SPINLOCK_H

#include "models/kernel/lock.h"

struct spinlock {
	struct line line;
	struct ctx *owner;
	struct ctx *head, *tail;	/* waiters, FIFO, linked by spin_queue */
	sim_time reread_until;		/* outstanding re-reads of the word */
	sim_time granted_at;
	uint32_t id;
	uint8_t class;
};

void spin_lock_init(struct machine *m, struct spinlock *l, enum lock_class class);
/* May spin; callable in interrupt handlers.  Ends with preemption off. */
void spin_lock(struct ctx *w, struct spinlock *l);
void spin_unlock(struct ctx *w, struct spinlock *l);
/* The same with interrupts off from before the first attempt. */
void spin_lock_irqsave(struct ctx *w, struct spinlock *l);
void spin_unlock_irqrestore(struct ctx *w, struct spinlock *l);

#endif
