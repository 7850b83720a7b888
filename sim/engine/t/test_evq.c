/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The future event list against a plain array that is searched from end to
 * end: random schedule, reschedule, cancel and take, with few different times
 * so that ties are the rule, and with growth on the way.
 */
#include "sim/base/tap.h"
#include "sim/engine/evq.h"
#include "sim/engine/rng.h"

#define SLOTS	300

struct plain {
	struct evq_key key[SLOTS];
	uint32_t n;
};

static int before(struct evq_key a, struct evq_key b)
{
	return a.hi < b.hi || (a.hi == b.hi && a.lo < b.lo);
}

static struct evq_key plain_least(const struct plain *p)
{
	struct evq_key least = p->key[0];
	uint32_t i;

	for (i = 1; i < p->n; i++)
		if (before(p->key[i], least))
			least = p->key[i];
	return least;
}

static void plain_add(struct plain *p, unsigned int priority)
{
	p->key[p->n] = (struct evq_key){ (uint64_t)priority << EVQ_PRIORITY_SHIFT | p->n,
					 UINT64_MAX };
	p->n++;
}

static void plain_schedule(struct plain *p, uint32_t slot, uint64_t time, uint64_t sequence)
{
	p->key[slot].lo = (p->key[slot].lo & EVQ_FIXED_MASK) | sequence << EVQ_SLOT_BITS;
	p->key[slot].hi = time;
}

static void plain_clear(struct plain *p, uint32_t slot)
{
	p->key[slot].lo &= EVQ_FIXED_MASK;
	p->key[slot].hi = UINT64_MAX;
}

static int same_top(const struct evq *q, const struct plain *p)
{
	struct evq_key a = *evq_top(q), b = plain_least(p);

	return a.hi == b.hi && (a.hi == UINT64_MAX || a.lo == b.lo);
}

static int all_leaves_agree(const struct evq *q, const struct plain *p)
{
	uint32_t i;

	for (i = 0; i < p->n; i++)
		if (memcmp(evq_leaf(q, i), &p->key[i], sizeof(struct evq_key)))
			return 0;
	return 1;
}

/* One random operation on both; the times are now .. now + 7. */
static void random_step(struct evq *q, struct plain *p, struct rng *r, uint64_t *sequence)
{
	uint32_t slot = (uint32_t)rng_below(r, p->n);
	uint64_t now = evq_top(q)->hi == UINT64_MAX ? 0 : evq_top(q)->hi;

	switch (rng_below(r, 4)) {
	case 0:
		evq_clear(q, slot);
		plain_clear(p, slot);
		return;
	case 1:		/* a hold: the earliest again */
		if (evq_top(q)->hi != UINT64_MAX)
			slot = (uint32_t)(evq_top(q)->lo & EVQ_SLOT_MASK);
		/* fall through */
	default:
		now += rng_below(r, 8);
		evq_schedule(q, slot, now, *sequence);
		plain_schedule(p, slot, now, *sequence);
		++*sequence;
	}
}

/* @slots: what the tree is built for; a large one takes the walk that fetches ahead. */
static void test_against_array(uint64_t seed, uint32_t slots)
{
	const char *size = slots >= EVQ_FETCH_LEAVES ? "large" : "small";
	struct arena arena;
	struct plain p = { .n = 0 };
	struct evq q;
	struct rng r;
	uint64_t sequence = 0;
	int step, wrong = 0, leaves = 1;

	rng_seed(&r, seed, 1, "test_evq", "operations");
	arena_init(&arena, 1 << 16);
	evq_init(&q, &arena, slots);
	printf("# a %s tree: %u leaves at first\n", size, q.leaves);
	ok(q.leaves >= slots && (q.leaves == 4 || q.leaves / 4 < slots),
	   "as many leaves as slots, rounded up to a power of four");
	ok(evq_top(&q)->hi == UINT64_MAX, "nothing is pending at first");
	for (step = 0; step < 200000 && !wrong; step++) {
		if (p.n < SLOTS && (!p.n || rng_below(&r, 500) == 0)) {
			unsigned int priority = (unsigned int)rng_below(&r, 16);

			if (p.n == q.leaves)
				evq_grow(&q, &arena);
			evq_slot_init(&q, p.n, priority);
			plain_add(&p, priority);
		}
		random_step(&q, &p, &r, &sequence);
		wrong |= !same_top(&q, &p);
		if (step % 1000 == 0)
			leaves &= all_leaves_agree(&q, &p);
	}
	ok(!wrong, "the root is the least of all keys after every operation");
	ok(leaves, "every leaf holds the key of its slot");
	ok(p.n > 256 && (q.leaves == 1024 || slots > 1), "more than 256 slots were in use");
	arena_free(&arena);
}

static void test_order(void)
{
	struct arena arena;
	struct evq q;

	arena_init(&arena, 1 << 16);
	evq_init(&q, &arena, 8);
	evq_slot_init(&q, 0, 4);
	evq_slot_init(&q, 1, 4);
	evq_slot_init(&q, 2, 1);
	evq_schedule(&q, 1, 100, 7);
	evq_schedule(&q, 0, 100, 8);
	is_int(evq_top(&q)->lo & EVQ_SLOT_MASK, 1, "equal times: the lower sequence first");
	evq_schedule(&q, 2, 100, 9);
	is_int(evq_top(&q)->lo & EVQ_SLOT_MASK, 2, "the lower priority number before the sequence");
	evq_schedule(&q, 0, 99, 10);
	is_int(evq_top(&q)->lo & EVQ_SLOT_MASK, 0, "the earlier time before everything");
	evq_clear(&q, 0);
	evq_clear(&q, 2);
	evq_schedule(&q, 0, (UINT64_C(1) << 63) - 2, 11);
	is_int(evq_top(&q)->lo & EVQ_SLOT_MASK, 1, "cancelled events are gone");
	evq_clear(&q, 1);
	is_int(evq_top(&q)->hi, INT64_MAX - 1, "times up to the end of the range");
	arena_free(&arena);
}

int main(void)
{
	uint64_t seed = tap_seed(1);

	test_order();
	test_against_array(seed, 1);
	test_against_array(seed, EVQ_FETCH_LEAVES + 1);
	return tap_done();
}
