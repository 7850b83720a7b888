/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Future event list: a radix-4 winner tree over slots, 128-bit keys
 * (time 64 | priority 4 | sequence 40 | slot 20).
 *
 * Every inner node holds the least key of its four children, the root the
 * next event.  A slot is a leaf: setting, moving and clearing its event are
 * the same operation, one walk from a known leaf to the root.  No branch of
 * that walk depends on the keys and all loads but the first are independent of
 * it, which is why it beats a heap, whose sift mispredicts at every level.
 *
 * Invariants: node[EVQ_ROOT] is the least leaf; the low 20 bits of a leaf's
 * key are its slot, also when nothing is pending (hi = UINT64_MAX); keys
 * differ pairwise, so the order never depends on addresses or on the shape
 * of the tree.
 *
 * Left out: removal of slots, more than 2^20 of them.
 */
#ifndef SIM_ENGINE_EVQ_H
#define SIM_ENGINE_EVQ_H

#include <stddef.h>
#include <stdint.h>

#include "sim/base/alloc.h"

#define EVQ_SLOT_BITS		20
#define EVQ_SEQUENCE_BITS	40
#define EVQ_PRIORITY_SHIFT	(EVQ_SLOT_BITS + EVQ_SEQUENCE_BITS)
#define EVQ_MAX_SLOTS		(1u << EVQ_SLOT_BITS)
#define EVQ_SLOT_MASK		((uint64_t)EVQ_MAX_SLOTS - 1)
/* What stays in a leaf's key from one event to the next. */
#define EVQ_FIXED_MASK		(~(((UINT64_C(1) << EVQ_SEQUENCE_BITS) - 1) << EVQ_SLOT_BITS))

struct evq_key {
	uint64_t lo;		/* priority | sequence | slot */
	uint64_t hi;		/* time; UINT64_MAX = nothing pending */
};

struct evq {
	struct evq_key *node;	/* root at EVQ_ROOT, then level by level */
	size_t leaf_offset;	/* of the first leaf, in bytes */
	uint32_t leaves;	/* power of 4 */
};

/*
 * The root lies at index 3, so that the children of the root begin at 4 and
 * every family of four fills one 64-byte line.  parent(p) = p / 4 + 2.
 */
#define EVQ_ROOT	3
#define EVQ_THIRD_LEVEL	24		/* index of its first node: 3 + 1, 4, 16 */
/* From so many leaves on (1 MiB) lines are fetched ahead: see evq_fetch(). */
#define EVQ_FETCH_LEAVES	(1u << 16)

/* A tree for at least @slots slots in @arena, nothing pending. */
void evq_init(struct evq *q, struct arena *arena, uint32_t slots);
/* Four times the leaves; pending events stay. */
void evq_grow(struct evq *q, struct arena *arena);
/* Give the empty leaf @slot its priority. */
void evq_slot_init(struct evq *q, uint32_t slot, unsigned int priority);

#include "sim/engine/evq_inline.h"

#endif
