/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The TLB against a naive list of what was filled and flushed: no entry
 * survives a flush, a fill stays until its set has seen as many others as it
 * has ways; the working set that a flush drops is owed, once.
 */
#include "models/hw/tlb.h"
#include "models/kernel/page.h"
#include "sim/base/tap.h"

enum { ENTRIES = 64, SETS = ENTRIES / TLB_WAYS, KEYS = 200, STEPS = 200000, WORKING_SET = 40 };

struct reference {
	int valid[KEYS];
	int since[KEYS];		/* fills of other keys into the set since its own */
	struct page *page[KEYS];
};

static void ref_fill(struct reference *r, uint64_t key, struct page *p)
{
	int known = r->valid[key];

	for (uint64_t k = key % SETS; k < KEYS; k += SETS)
		if (k != key && !known)
			r->since[k]++;
	r->valid[key] = 1;
	r->page[key] = p;
	if (!known)
		r->since[key] = 0;
}

struct faults { int stale, lost, wrong_page, account; int64_t present, evicted; };

static void compare(struct tlb *t, const struct reference *r, struct faults *f)
{
	for (uint64_t k = 0; k < KEYS; k++) {
		struct tlb_entry *e = tlb_find(t, k);

		f->stale += e && !r->valid[k];
		f->lost += !e && r->valid[k] && r->since[k] < TLB_WAYS;
		f->wrong_page += e && (e->page != r->page[k] || !tlb_holds(t, k, r->page[k]));
		f->present += e != NULL;
		f->evicted += !e && r->valid[k];
	}
	f->account += t->resident + t->owed != WORKING_SET;
}

static void step(struct tlb *t, struct reference *r, struct rng *rng, struct page *pages)
{
	uint64_t key = rng_below(rng, KEYS);

	switch (rng_below(rng, 200)) {
	case 0:
		tlb_flush_all(t);
		memset(r->valid, 0, sizeof(r->valid));
		break;
	case 1: case 2: case 3: case 4: case 5: case 6: case 7: case 8:
		tlb_flush_one(t, key);
		r->valid[key] = 0;
		break;
	case 9: case 10: case 11: case 12:
		tlb_settle(t, (uint32_t)rng_below(rng, t->owed + 1));
		break;
	default:
		/* an evicted key counts as new again */
		if (r->valid[key] && !tlb_find(t, key))
			r->valid[key] = 0;
		tlb_fill(t, key, &pages[key % 7], 1);
		ref_fill(r, key, &pages[key % 7]);
	}
}

static void test_property(uint64_t seed)
{
	struct arena a;
	struct rng rng;
	struct reference *r;
	struct tlb *t;
	struct page *pages;
	struct faults f = { 0 };

	arena_init(&a, 1 << 16);
	r = arena_alloc(&a, sizeof(*r));
	pages = arena_alloc(&a, 7 * sizeof(*pages));
	t = tlb_new(&a, ENTRIES, WORKING_SET);
	rng_seed(&rng, seed, 1, "test", "tlb");
	is_int(t->capacity, ENTRIES, "capacity");
	for (int i = 0; i < STEPS; i++) {
		step(t, r, &rng, pages);
		if (i % 16 == 0)
			compare(t, r, &f);
	}
	is_int(f.stale, 0, "no entry survives a flush of it or of all");
	is_int(f.lost, 0, "a fill stays until its set has seen as many others as it has ways");
	is_int(f.wrong_page, 0, "an entry translates to the page of its last fill");
	is_int(f.account, 0, "resident and owed refills add up to the working set");
	ok(f.present > 16 * STEPS / 16 && f.evicted > STEPS / 16, "entries were present and evicted");
	arena_free(&a);
}

static void test_owed(void)
{
	struct arena a;
	struct tlb *t;

	arena_init(&a, 1 << 16);
	t = tlb_new(&a, ENTRIES, 1000);
	is_int(t->working_set, ENTRIES, "a working set beyond the capacity is the capacity");
	tlb_flush_all(t);
	is_int(t->owed, ENTRIES, "a full flush owes every resident entry");
	tlb_flush_all(t);
	is_int(t->owed, ENTRIES, "a second one nothing more");
	tlb_settle(t, 10);
	tlb_flush_all(t);
	is_int(t->owed, ENTRIES, "what was refilled is owed again");
	tlb_settle(t, ENTRIES);
	tlb_flush_one(t, 5);
	is_int(t->owed, 0, "a flush of a page that is not held owes nothing");
	tlb_fill(t, 5, NULL, 1);
	tlb_flush_one(t, 5);
	is_int(t->owed, 1, "of one that is held, one refill");
	arena_free(&a);
}

int main(void)
{
	test_property(tap_seed(20080604));
	test_owed();
	return tap_done();
}
