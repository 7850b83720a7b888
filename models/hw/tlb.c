/* SPDX-License-Identifier: GPL-3.0-or-later */
/* TLB with capacity, generation flush and owed refills; see tlb.h. */
#include "models/hw/tlb.h"

struct tlb *tlb_new(struct arena *a, uint32_t entries, uint32_t working_set)
{
	struct tlb *t = arena_alloc(a, sizeof(*t));

	t->sets = entries / TLB_WAYS ? entries / TLB_WAYS : 1;
	t->capacity = t->sets * TLB_WAYS;
	t->entry = arena_alloc(a, t->capacity * sizeof(*t->entry));
	t->victim = arena_alloc(a, t->sets);
	t->generation = t->last_generation = 1;
	t->working_set = working_set < t->capacity ? working_set : t->capacity;
	t->resident = t->working_set;
	return t;
}

static struct tlb_entry *set_of(struct tlb *t, uint64_t key)
{
	return &t->entry[(key % t->sets) * TLB_WAYS];
}

struct tlb_entry *tlb_find(struct tlb *t, uint64_t key)
{
	struct tlb_entry *e = set_of(t, key);

	for (int i = 0; i < TLB_WAYS; i++)
		if (e[i].key == key && e[i].tlb_generation == t->generation)
			return &e[i];
	return NULL;
}

struct tlb_entry *tlb_fill(struct tlb *t, uint64_t key, struct page *page, uint32_t page_generation)
{
	struct tlb_entry *e = tlb_find(t, key);

	if (!e) {
		struct tlb_entry *set = set_of(t, key);
		uint8_t *v = &t->victim[key % t->sets];

		e = &set[*v];
		*v = (uint8_t)((*v + 1) % TLB_WAYS);
	}
	e->key = key;
	e->page = page;
	e->page_generation = page_generation;
	e->tlb_generation = t->generation;
	e->write = 1;
	return e;
}

void tlb_flush_all(struct tlb *t)
{
	t->generation = ++t->last_generation;
	t->owed += t->resident;
	if (t->owed > t->working_set)
		t->owed = t->working_set;
	t->resident = 0;
}

void tlb_flush_one(struct tlb *t, uint64_t key)
{
	struct tlb_entry *e = tlb_find(t, key);

	if (!e)
		return;
	e->tlb_generation = 0;
	if (t->resident) {
		t->resident--;
		t->owed++;
	}
}

void tlb_select(struct tlb *t, uint32_t i)
{
	const struct tlb_context *c = &t->saved[i];

	if (i == t->context)
		return;
	t->saved[t->context] = (struct tlb_context){ t->generation, t->resident, t->owed };
	t->context = i;
	t->generation = c->generation ? c->generation : ++t->last_generation;
	t->resident = c->generation ? c->resident : t->working_set;
	t->owed = c->owed;
}

int tlb_holds(struct tlb *t, uint64_t key, const struct page *page)
{
	struct tlb_entry *e = tlb_find(t, key);

	return e && e->page == page;
}

int tlb_holds_any(struct tlb *t, const struct page *page)
{
	for (uint32_t i = 0; i < t->sets * TLB_WAYS; i++)
		if (t->entry[i].page == page && t->entry[i].tlb_generation == t->generation)
			return 1;
	return 0;
}

void tlb_settle(struct tlb *t, uint32_t n)
{
	t->owed -= n;
	t->resident += n;
}
