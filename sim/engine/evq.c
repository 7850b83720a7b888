/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Future event list: building and growing the winner tree.  See evq.h for its
 * shape and invariants, evq_inline.h for the walk.
 */
#include "sim/engine/evq.h"

#include "sim/base/xassert.h"

/* Nodes of the levels above the leaves, plus the gap in front of the root. */
static size_t evq_leaf_index(uint32_t leaves)
{
	size_t index = EVQ_ROOT, width = 1;

	for (; width < leaves; width *= 4)
		index += width;
	return index;
}

static size_t evq_first_leaf(const struct evq *q)
{
	return q->leaf_offset / sizeof(*q->node);
}

/* Play every match from the leaves up. */
static void evq_replay(struct evq *q)
{
	size_t p = evq_first_leaf(q) + q->leaves;

	while (p > EVQ_ROOT + 1) {
		struct evq_key least;

		p -= 4;
		least = q->node[p];
		evq_min(&least, &q->node[p + 1]);
		evq_min(&least, &q->node[p + 2]);
		evq_min(&least, &q->node[p + 3]);
		q->node[(p >> 2) + 2] = least;
	}
}

static void evq_build(struct evq *q, struct arena *arena, uint32_t leaves)
{
	size_t first = evq_leaf_index(leaves);
	uint32_t i;

	BUG_ON(leaves > EVQ_MAX_SLOTS);
	q->leaves = leaves;
	q->leaf_offset = first * sizeof(*q->node);
	q->node = arena_alloc(arena, (first + leaves) * sizeof(*q->node));
	for (i = 0; i < leaves; i++)
		q->node[first + i] = (struct evq_key){ i, UINT64_MAX };
}

void evq_init(struct evq *q, struct arena *arena, uint32_t slots)
{
	uint32_t leaves = 4;

	while (leaves < slots)
		leaves *= 4;
	evq_build(q, arena, leaves);
	evq_replay(q);
}

void evq_grow(struct evq *q, struct arena *arena)
{
	struct evq old = *q;
	uint32_t i;

	evq_build(q, arena, old.leaves * 4);
	for (i = 0; i < old.leaves; i++)
		*evq_leaf(q, i) = *evq_leaf(&old, i);
	evq_replay(q);
}

void evq_slot_init(struct evq *q, uint32_t slot, unsigned int priority)
{
	struct evq_key key = {
		((uint64_t)priority << EVQ_PRIORITY_SHIFT) | slot, UINT64_MAX
	};

	BUG_ON(slot >= q->leaves || priority > 15);
	evq_set(q, slot, key);
}
