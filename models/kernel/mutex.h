/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Mutexes; kernel.mutex says which.
 *
 * 2.6.27 (kernel/mutex.c): a count, 1 free, 0 held, -1 held and maybe waited
 * for; a list under a spinlock.  unlock makes the mutex free and wakes the
 * first waiter, who stays on the list and takes it like anybody else: until it
 * runs, whoever comes may steal it, without bound.  No owner, no spinning.
 *
 * today (kernel/locking/mutex.c, mutex_today.c): an owner word with flags.  Who finds
 * it held spins while the owner runs, one at a time (osq.h), and passes sleepers.
 * unlock wakes the first waiter; if that loses the lock to somebody else it asks for
 * a hand-off and spins as well: nobody takes it from it twice.
 */
#ifndef MODELS_KERNEL_MUTEX_H
#define MODELS_KERNEL_MUTEX_H

#include "models/kernel/osq.h"
#include "models/kernel/spinlock.h"

struct mutex_waiter {
	struct ctx *w;
	struct mutex_waiter *next;
};

struct mutex {
	struct line line;		/* the count */
	int count;
	struct spinlock wait_lock;
	struct mutex_waiter *head, *tail;
	struct ctx *owner;		/* 2.6.27: for reports only */
	int waiters, handoff, pickup;	/* today: flags of the owner word */
	struct osq osq;
	struct ctx *spinner, *spinning_waiter;	/* on the owner */
	sim_time granted_at;
	uint64_t last_start, last_end;	/* range of the last owner, for waiters' relation */
	uint32_t id;
	uint8_t class;
};

void mutex_init(struct machine *m, struct mutex *l, enum lock_class class);
void mutex_lock(struct ctx *w, struct mutex *l);	/* may sleep */
void mutex_unlock(struct ctx *w, struct mutex *l);

/* --- between the files; under wait_lock ---------------------------------------- */
void mutex_enqueue(struct mutex *l, struct mutex_waiter *x);
void mutex_dequeue(struct mutex *l, struct mutex_waiter *x);
/* --- kernel.mutex: today ---------------------------------------------------------- */
void mutex_lock_today(struct ctx *w, struct mutex *l, const struct wait_mark *mark);
int mutex_trylock_today(struct ctx *w, struct mutex *l);
void mutex_unlock_today(struct ctx *w, struct mutex *l);

#endif
