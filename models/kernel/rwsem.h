/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Read-write semaphores; kernel.rwsem says which.
 *
 * fifo: rw_semaphore of 2.6.27 on x86-64 (lib/rwsem-spinlock.c): activity count,
 * FIFO list, every down and up under wait_lock with interrupts off, strict
 * hand-off, no stealing, no spinning.  A waiting writer stops later readers.
 * up_read of the last reader wakes exactly the front (a writer); up_write
 * wakes a front writer, or all consecutive readers at the front.
 *
 * today (kernel/locking/rwsem.c, rwsem_today.c): a count word, uncontended one atomic.
 * A writer spins while the owner runs, or a little while readers hold, and takes the
 * lock ahead of all sleepers; a reader that finds no other reader passes sleepers too.
 * A front writer is woken, not granted; a front reader takes all readers of the list
 * with it, past writers.  Who has waited for 4 ms in front gets it: then nobody steals.
 */
#ifndef MODELS_KERNEL_RWSEM_H
#define MODELS_KERNEL_RWSEM_H

#include "models/kernel/osq.h"
#include "models/kernel/spinlock.h"

struct rwsem {
	struct spinlock wait_lock;
	int activity;			/* n readers, -1 a writer */
	/* today */
	struct line line;		/* the count word */
	int waiters, handoff;		/* its flags */
	int reader_owned, nonspinnable;	/* flags of the owner word */
	struct osq osq;
	struct ctx *spinner, *spinning_waiter;
	struct ctx *head, *tail;
	struct ctx *writer;
	sim_time granted_at;		/* of a writer */
	uint64_t last_start, last_end;	/* range of the last writer, for waiters' relation */
	uint32_t id;
	uint8_t class;
};

void rwsem_init(struct machine *m, struct rwsem *s, enum lock_class class);
void down_read(struct ctx *w, struct rwsem *s);		/* may sleep */
int down_read_trylock(struct ctx *w, struct rwsem *s);	/* 1: got it */
void up_read(struct ctx *w, struct rwsem *s);
static inline int rwsem_is_locked(const struct rwsem *s) { return s->activity != 0; }
void down_write(struct ctx *w, struct rwsem *s);	/* may sleep */
void up_write(struct ctx *w, struct rwsem *s);

/* --- between the files ------------------------------------------------------------- */
void rwsem_enqueue(struct ctx *w, struct rwsem *s, int write);	/* under wait_lock */
int rwsem_read_trylock_today(struct ctx *w, struct rwsem *s);
void rwsem_read_slow_today(struct ctx *w, struct rwsem *s);
void rwsem_up_read_today(struct ctx *w, struct rwsem *s);
int rwsem_write_trylock_today(struct ctx *w, struct rwsem *s);
void rwsem_write_slow_today(struct ctx *w, struct rwsem *s);
void rwsem_up_write_today(struct ctx *w, struct rwsem *s);

#endif
