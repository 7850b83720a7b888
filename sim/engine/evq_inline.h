/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The hot half of the future event list: one walk per change.
 *
 * evq_min() is written in assembly on x86-64 because gcc and clang turn the
 * 128-bit comparison into a branch, and the branch is taken at random: 46 ns
 * per hold instead of 9 at 256 slots.  Both forms give the same results.
 */
#ifndef SIM_ENGINE_EVQ_INLINE_H
#define SIM_ENGINE_EVQ_INLINE_H

/* *@a = the smaller of *@a and @b, without a branch. */
static inline __attribute__((always_inline))
void evq_min(struct evq_key *a, const struct evq_key *b)
{
#if defined(__x86_64__) && !defined(EVQ_PORTABLE)
	uint64_t scratch;

	__asm__("mov %[bhi], %[scratch]\n\t"
		"cmp %[alo], %[blo]\n\t"
		"sbb %[ahi], %[scratch]\n\t"
		"cmovb %[blo], %[alo]\n\t"
		"cmovb %[bhi], %[ahi]"
		: [alo] "+&r" (a->lo), [ahi] "+&r" (a->hi), [scratch] "=&r" (scratch)
		: [blo] "rm" (b->lo), [bhi] "rm" (b->hi)
		: "cc");
#else
	unsigned __int128 x = ((unsigned __int128)a->hi << 64) | a->lo;
	unsigned __int128 y = ((unsigned __int128)b->hi << 64) | b->lo;
	uint64_t take = -(uint64_t)(y < x);

	a->lo ^= (a->lo ^ b->lo) & take;
	a->hi ^= (a->hi ^ b->hi) & take;
#endif
}

static inline const struct evq_key *evq_top(const struct evq *q)
{
	return &q->node[EVQ_ROOT];
}

/* Nodes by their distance in bytes from q->node: saves a shift per access. */
static inline struct evq_key *evq_node(const struct evq *q, size_t offset)
{
	return (struct evq_key *)((char *)q->node + offset);
}

static inline struct evq_key *evq_leaf(const struct evq *q, uint32_t slot)
{
	return evq_node(q, q->leaf_offset + slot * sizeof(struct evq_key));
}

static inline size_t evq_parent(size_t at)
{
	const size_t one = sizeof(struct evq_key);

	return (at / 4 & ~(one - 1)) + 2 * one;
}

/*
 * Play the match of the family at offset @at, where @key stands; its winner
 * takes the parent's place.  The three siblings meet first: their loads do not
 * wait for the match below.
 */
static inline __attribute__((always_inline))
struct evq_key evq_match(struct evq *q, size_t at, struct evq_key key)
{
	const size_t one = sizeof(struct evq_key);
	struct evq_key rest = *evq_node(q, at ^ one);

	evq_min(&rest, evq_node(q, at ^ 2 * one));
	evq_min(&rest, evq_node(q, at ^ 3 * one));
	evq_min(&key, &rest);
	*evq_node(q, evq_parent(at)) = key;
	return key;
}

/*
 * A tree that no cache holds waits at each change for the lines of the leaf and
 * of its parent.  The winners of the sixteen parts of the tree (the level
 * below the root's children) are among the next events: what their change will
 * touch is fetched when they win, some sixteen events ahead.  Always inline: a
 * function that only fetches has no effect, and gcc may drop the call.
 */
static inline __attribute__((always_inline))
void evq_fetch(const struct evq *q, struct evq_key key)
{
	size_t at = q->leaf_offset + (key.lo & EVQ_SLOT_MASK) * sizeof(key);

	__builtin_prefetch(evq_node(q, at), 1);
	__builtin_prefetch(evq_node(q, evq_parent(at)), 1);
}

/*
 * Give the leaf @slot the key @key and play the matches up to the root.
 * Returns the new root, which is then in registers already.
 */
static inline __attribute__((always_inline))
struct evq_key evq_set(struct evq *q, uint32_t slot, struct evq_key key)
{
	const size_t one = sizeof(struct evq_key);
	size_t at = q->leaf_offset + slot * one;

	*evq_node(q, at) = key;
	if (q->leaves >= EVQ_FETCH_LEAVES) {
		for (; at >= EVQ_THIRD_LEVEL * one; at = evq_parent(at))
			key = evq_match(q, at, key);
		evq_fetch(q, key);
	}
	do {
		key = evq_match(q, at, key);
		at = evq_parent(at);
	} while (at != EVQ_ROOT * one);
	return key;
}

/* Schedule @slot at @time; @sequence must be fresh.  Returns the new root. */
static inline struct evq_key evq_schedule(struct evq *q, uint32_t slot, uint64_t time,
					  uint64_t sequence)
{
	uint64_t fixed = evq_leaf(q, slot)->lo & EVQ_FIXED_MASK;

	return evq_set(q, slot, (struct evq_key){ fixed | (sequence << EVQ_SLOT_BITS), time });
}

/* Nothing pending at @slot any more. */
static inline void evq_clear(struct evq *q, uint32_t slot)
{
	uint64_t fixed = evq_leaf(q, slot)->lo & EVQ_FIXED_MASK;

	evq_set(q, slot, (struct evq_key){ fixed, UINT64_MAX });
}

#endif
