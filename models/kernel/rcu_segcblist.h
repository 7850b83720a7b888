/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Grace-period sequence numbers and segmented callback lists (kernel/rcu/
 * rcu.h, rcu_segcblist.c of today), shared by tree RCU and tree SRCU.
 *
 * A sequence number has the state of the running period in its low two bits
 * (0: idle) and counts periods above.  A callback list is one list with four
 * tails: done (may run), wait, next_ready (each for a period of its own,
 * gp_seq[]) and next (no period assigned).  Segments are in order; an empty
 * one has the tail of the one before.  No time passes in here.
 */
#ifndef MODELS_KERNEL_RCU_SEGCBLIST_H
#define MODELS_KERNEL_RCU_SEGCBLIST_H

#include "models/kernel/rcu.h"

enum { RCU_SEQ_STATE_MASK = 3 };

static inline int rcu_seq_state(uint64_t s) { return (int)(s & RCU_SEQ_STATE_MASK); }
static inline uint64_t rcu_seq_start(uint64_t s) { return s + 1; }
static inline uint64_t rcu_seq_end(uint64_t s) { return (s | RCU_SEQ_STATE_MASK) + 1; }
/* What the sequence will have reached when a full period after now has ended. */
static inline uint64_t rcu_seq_snap(uint64_t s)
{
	return (s + 2 * RCU_SEQ_STATE_MASK + 1) & ~(uint64_t)RCU_SEQ_STATE_MASK;
}

enum rcu_segment { RCU_DONE_TAIL, RCU_WAIT_TAIL, RCU_NEXT_READY_TAIL, RCU_NEXT_TAIL, NR_SEGMENTS };

struct rcu_segcblist {
	struct rcu_head *head;
	struct rcu_head **tail[NR_SEGMENTS];
	uint64_t gp_seq[NR_SEGMENTS];
	int64_t len;
};

void rcu_segcblist_init(struct rcu_segcblist *l);
void rcu_segcblist_enqueue(struct rcu_segcblist *l, struct rcu_head *head);
/* Callbacks behind segment @seg? */
static inline int rcu_segcblist_restempty(const struct rcu_segcblist *l, int seg)
{
	return !*l->tail[seg];
}
static inline int rcu_segcblist_ready_cbs(const struct rcu_segcblist *l)
{
	return l->tail[RCU_DONE_TAIL] != &l->head;
}
static inline int rcu_segcblist_pend_cbs(const struct rcu_segcblist *l)
{
	return !rcu_segcblist_restempty(l, RCU_DONE_TAIL);
}
/* The sequence has reached @seq: what waited for no more is done. */
void rcu_segcblist_advance(struct rcu_segcblist *l, uint64_t seq);
/* Assign what has no period, or a later one, to the period that ends at @seq. */
int rcu_segcblist_accelerate(struct rcu_segcblist *l, uint64_t seq);
/* The first done callback, taken off; NULL: none. */
struct rcu_head *rcu_segcblist_dequeue_done(struct rcu_segcblist *l);

#endif
