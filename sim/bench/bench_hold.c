/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Benchmark: the hold model (Jones, CACM 29(4), 1986).  N events are pending;
 * an operation takes the earliest and schedules it again an exponential time
 * later.  With reschedules, 30% of the operations also move a random pending
 * event.  Increments come from a table, so generators do not count.
 *
 * References: a binary heap with pop and push; an indexed 4-ary heap (it knows
 * the place of every event) where events are moved.  All use keys of 16 bytes
 * and the same order (time, sequence, slot), and must end at the same time.
 */
#include <string.h>

#include "sim/base/alloc.h"
#include "sim/base/xassert.h"
#include "sim/bench/bench_int.h"
#include "sim/engine/evq.h"
#include "sim/engine/rng.h"

#define INCREMENTS	65536u

struct increments {
	uint64_t by[INCREMENTS];
	uint32_t victim[INCREMENTS];	/* slot to move, UINT32_MAX: none */
};

static struct increments *make_increments(const struct bench_case *c)
{
	struct increments *t = mem_alloc(sizeof(*t));
	struct rng r;
	uint32_t i;

	BUG_ON(!t);
	rng_seed(&r, 1, 1, "hold", "increments");
	for (i = 0; i < INCREMENTS; i++) {
		t->by[i] = (uint64_t)rng_exp(&r, US(1)) + 1;
		t->victim[i] = rng_below(&r, 1024) < c->reschedules ?
			(uint32_t)rng_below(&r, c->size) : UINT32_MAX;
	}
	return t;
}

static inline int key_before(struct evq_key a, struct evq_key b)
{
	return a.hi < b.hi || (a.hi == b.hi && a.lo < b.lo);
}

static inline struct evq_key make_key(uint64_t time, uint64_t sequence, uint64_t slot)
{
	return (struct evq_key){ sequence << EVQ_SLOT_BITS | slot, time };
}

static void finish(struct bench_sample *out, double begin, uint64_t now)
{
	out->seconds = bench_clock() - begin;
	out->digest = now;
	out->ok = now > 0;
}

void hold_ours(const struct bench_case *c, struct bench_sample *out)
{
	struct increments *t = make_increments(c);
	uint64_t now = 0, sequence = 0;
	struct arena arena;
	struct evq q;
	double begin;
	uint32_t i;
	int64_t n;

	arena_init(&arena, 1 << 20);
	evq_init(&q, &arena, c->size);
	for (i = 0; i < c->size; i++)
		evq_schedule(&q, i, t->by[i % INCREMENTS], sequence++);
	begin = bench_clock();
	for (n = 0; n < c->operations; n++) {
		const struct evq_key *top = evq_top(&q);
		uint32_t k = (uint32_t)n % INCREMENTS, victim = t->victim[k];

		now = top->hi;
		evq_schedule(&q, (uint32_t)(top->lo & EVQ_SLOT_MASK), now + t->by[k], sequence++);
		if (victim != UINT32_MAX)
			evq_schedule(&q, victim, now + t->by[(k + 7) % INCREMENTS], sequence++);
	}
	finish(out, begin, now);
	arena_free(&arena);
	mem_free(t);
}

static void binary_push(struct evq_key *heap, uint32_t *n, struct evq_key key)
{
	uint32_t i = (*n)++;

	for (; i && key_before(key, heap[(i - 1) / 2]); i = (i - 1) / 2)
		heap[i] = heap[(i - 1) / 2];
	heap[i] = key;
}

static struct evq_key binary_pop(struct evq_key *heap, uint32_t *n)
{
	struct evq_key least = heap[0], last = heap[--*n];
	uint32_t i = 0, child;

	while ((child = 2 * i + 1) < *n) {
		if (child + 1 < *n && key_before(heap[child + 1], heap[child]))
			child++;
		if (!key_before(heap[child], last))
			break;
		heap[i] = heap[child];
		i = child;
	}
	heap[i] = last;
	return least;
}

void hold_binary_heap(const struct bench_case *c, struct bench_sample *out)
{
	struct increments *t = make_increments(c);
	struct evq_key *heap = mem_alloc(c->size * sizeof(*heap));
	uint64_t now = 0, sequence = 0;
	uint32_t n = 0, i;
	double begin;
	int64_t op;

	BUG_ON(!heap);
	for (i = 0; i < c->size; i++, sequence++)
		binary_push(heap, &n, make_key(t->by[i % INCREMENTS], sequence, i));
	begin = bench_clock();
	for (op = 0; op < c->operations; op++, sequence++) {
		struct evq_key top = binary_pop(heap, &n);

		now = top.hi;
		binary_push(heap, &n, make_key(now + t->by[(uint32_t)op % INCREMENTS], sequence,
					       top.lo & EVQ_SLOT_MASK));
	}
	finish(out, begin, now);
	mem_free(heap);
	mem_free(t);
}

struct indexed_heap {
	struct evq_key *key;
	uint32_t *place;	/* of every slot */
	uint32_t n;
};

static inline void indexed_put(struct indexed_heap *h, uint32_t i, struct evq_key key)
{
	h->key[i] = key;
	h->place[key.lo & EVQ_SLOT_MASK] = i;
}

/* Put @key where place @i is free, moving others down or up. */
static void indexed_settle(struct indexed_heap *h, uint32_t i, struct evq_key key)
{
	for (; i && key_before(key, h->key[(i - 1) / 4]); i = (i - 1) / 4)
		indexed_put(h, i, h->key[(i - 1) / 4]);
	for (;;) {
		uint32_t child = 4 * i + 1, least = child, end = child + 4, k;

		if (child >= h->n)
			break;
		if (end > h->n)
			end = h->n;
		for (k = child + 1; k < end; k++)
			if (key_before(h->key[k], h->key[least]))
				least = k;
		if (!key_before(h->key[least], key))
			break;
		indexed_put(h, i, h->key[least]);
		i = least;
	}
	indexed_put(h, i, key);
}

void hold_indexed_heap(const struct bench_case *c, struct bench_sample *out)
{
	struct increments *t = make_increments(c);
	struct indexed_heap h = {
		mem_alloc(c->size * sizeof(*h.key)), mem_alloc(c->size * sizeof(*h.place)), 0
	};
	uint64_t now = 0, sequence = 0;
	uint32_t i;
	double begin;
	int64_t op;

	BUG_ON(!h.key || !h.place);
	for (i = 0; i < c->size; i++, sequence++)
		indexed_settle(&h, h.n++, make_key(t->by[i % INCREMENTS], sequence, i));
	begin = bench_clock();
	for (op = 0; op < c->operations; op++) {
		uint32_t k = (uint32_t)op % INCREMENTS, victim = t->victim[k];

		now = h.key[0].hi;
		indexed_settle(&h, 0, make_key(now + t->by[k], sequence++,
					       h.key[0].lo & EVQ_SLOT_MASK));
		if (victim != UINT32_MAX)
			indexed_settle(&h, h.place[victim],
				       make_key(now + t->by[(k + 7) % INCREMENTS],
						sequence++, victim));
	}
	finish(out, begin, now);
	mem_free(h.place);
	mem_free(h.key);
	mem_free(t);
}
