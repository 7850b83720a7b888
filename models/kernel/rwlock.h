/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Queued read-write spinlock of today (kernel/locking/qrwlock.c of 6.18).
 *
 * One word: count of readers, a writer that waits, a writer that holds; and a
 * spinlock on which all waiters of both kinds queue.  A reader adds itself with
 * one atomic; if a writer holds or waits it takes that back, queues, and at the
 * head adds itself again and waits for the writer that *holds* to go.  A reader
 * in interrupt context passes waiting writers.  A writer takes a free word with
 * one atomic; else it queues, and at the head marks the word (new readers then
 * queue) and waits for the readers to leave.  So it is FIFO between the kinds.
 *
 * Preemption is off while held and while waiting, interrupts as the caller has
 * them.  Every reader dirties the word's line twice.
 *
 * Left out: trylock, the irqsave forms, the fair lock of 2.6.27 (it had none:
 * readers that overlap starved a writer).
 */
#ifndef MODELS_KERNEL_RWLOCK_H
#define MODELS_KERNEL_RWLOCK_H

#include "models/kernel/spinlock.h"

struct rwlock {
	struct line line;		/* the word */
	struct spinlock wait_lock;	/* the head of the queue holds it */
	int readers;
	int waiting;			/* a writer at the head has marked the word */
	struct ctx *writer;
	struct ctx *head;		/* spins on the word, holding wait_lock; NULL: none */
	struct ctx *irq_readers;	/* spin on the word, from interrupt context */
	int head_writes;
	uint32_t id;
	uint8_t class;
	sim_time granted_at;		/* to the writer */
	uint64_t last_start, last_end;	/* range of the last holder's operation */
};

void rwlock_init(struct machine *m, struct rwlock *l, enum lock_class class);
void read_lock(struct ctx *w, struct rwlock *l);
void read_unlock(struct ctx *w, struct rwlock *l);
void write_lock(struct ctx *w, struct rwlock *l);
void write_unlock(struct ctx *w, struct rwlock *l);
/* Somebody queues: cond_resched_rwlock's question.  A look, no time. */
static inline int rwlock_is_contended(const struct rwlock *l)
{
	return l->wait_lock.owner != NULL || l->head != NULL;
}

#endif
