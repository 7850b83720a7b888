/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What every lock of the model has: a class (for metrics, traces and the
 * partition of fault delays) and an identity that is not an address.
 */
#ifndef MODELS_KERNEL_LOCK_H
#define MODELS_KERNEL_LOCK_H

#include "models/hw/cacheline.h"

enum lock_class {
	LOCK_MMAP_SEM, LOCK_PTL, LOCK_MMU, LOCK_ANON_VMA, LOCK_LRU, LOCK_ZONE,
	LOCK_TLBSTATE, LOCK_CALL_FUNCTION, LOCK_REQUESTS, LOCK_SLOTS,
	LOCK_PAGE_TABLE, LOCK_RWSEM_WAIT, LOCK_CALL_SINGLE, LOCK_KVM,
	LOCK_I_MMAP, LOCK_TREE, LOCK_PAGE, LOCK_SWAP, LOCK_MMLIST, LOCK_IO_QUEUE,
	LOCK_IO,			/* waits for a device; nobody holds it */
	LOCK_WAIT_QUEUE, LOCK_ASID, LOCK_TGH, LOCK_GRU,
	LOCK_MUTEX_WAIT, LOCK_RUNQUEUE,
	LOCK_RCU, LOCK_SRCU,
	LOCK_NOTIFIER_LIST, LOCK_NOTIFIER_GLOBAL, LOCK_NOTIFIER_SEM, LOCK_MM_ALL_LOCKS,
	LOCK_WORKQUEUE,
	LOCK_RWLOCK_WAIT, LOCK_MN_INVALIDATE,
	LOCK_SLEEPER,
	LOCK_PRIMITIVE,
	NR_LOCK_CLASSES
};
extern const char *const lock_class_names[NR_LOCK_CLASSES];

enum lock_mode { LOCK_SPIN, LOCK_SPIN_IRQ, LOCK_READ_MODE, LOCK_WRITE_MODE };

/* First word of TP_LOCK and TP_UNLOCK. */
static inline uint64_t lock_word(enum lock_class class, enum lock_mode mode)
{
	return (uint64_t)class | ((uint64_t)mode << 8);
}

/* Of the wanted page to the range of the operation that blocked the fault. */
enum relation { SAME_PAGE, SAME_TABLE, SAME_VMA, ELSEWHERE_IN_MM, NR_RELATIONS };

/*
 * An open fault (account.h): where its time went.
 * delay = sum of parts, to the picosecond; a failed attempt is
 * fence, but for what it did and waited for to get its page.
 */
struct fault_account {
	sim_time t0;			/* first execution of the missing access */
	sim_time attempt;		/* start of the present attempt */
	sim_time worked0, stolen0, preempted0;	/* of the context at that instant */
	sim_time part[NR_FAULT_PARTS];
	sim_time here[NR_FAULT_PARTS];	/* waits of the present attempt */
	sim_time relation[NR_RELATIONS];	/* the same waits, by who was in the way */
	uint64_t page;			/* virtual page that is wanted */
	uint64_t vma_start, vma_end;	/* its VMA at t0; empty: none */
	int retries;
	int host;			/* a page fault of the host, not a secondary one */
};

/* A contended wait of @w: not its own work, not interrupt theft. */
struct wait_mark { sim_time t0, worked, stolen, preempted, inner; };
void wait_begin(struct ctx *w, struct wait_mark *mark);
/* @blocker: who held it, for the relation class of the blocked time. */
void wait_end(struct ctx *w, const struct wait_mark *mark, enum lock_class class,
	      uint64_t blocker_start, uint64_t blocker_end);
/* The lock has passed to @taker (NULL: nobody): it waits for nobody any more,
 * all of the queue @rest for it.  For the deadlock report: a waiter outlives
 * many holders, and a holder may end before the waiter's turn comes. */
void lock_passed(struct ctx *taker, struct ctx *rest);
void spin_passed(struct ctx *taker, struct ctx *rest);	/* the same of a spinlock */
/* Time @d of the present attempt was lost to an operation on [start, end). */
void account_relation(struct ctx *w, sim_time d, uint64_t start, uint64_t end);

/*
 * Everything between the two is one part of the fault in progress, if there is
 * one, whatever is waited for in between.  sync() before each.
 */
struct account_span {
	sim_time t0, worked, stolen, preempted;
	sim_time here[NR_FAULT_PARTS], relation[NR_RELATIONS];
};
void account_span_begin(struct ctx *w, struct account_span *mark);
void account_span_end(struct ctx *w, const struct account_span *mark, enum fault_part part);
/* What was waited for in between counts as nothing of its own. */
void account_span_drop(struct ctx *w, const struct account_span *mark);

#endif
