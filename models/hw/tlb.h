/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A TLB: set-associative (4 ways, round robin), with a generation for full
 * flushes.  Used for CPUs (key: virtual page number) and for the guest TLB of
 * a vcpu (key: guest frame number).
 *
 * With address-space identifiers (PCID) a context switch selects another
 * context instead of flushing: entries of the others stay and cannot be hit
 * meanwhile.  Generations are drawn from one counter, so they tell contexts
 * apart.  The contexts compete for entries, but not for what @resident counts:
 * a context comes back with the working set it left, an upper bound.
 *
 * Only sampled accesses fill entries.  The accesses not sampled still suffer
 * from a flush: @resident counts what the working set had loaded, a full flush
 * turns it into @owed refills, which the next think time pays at the cost of a
 * page walk each.  Without this a full flush would be nearly free.
 */
#ifndef MODELS_HW_TLB_H
#define MODELS_HW_TLB_H

#include <stdint.h>

#include "sim/base/alloc.h"

struct page;

struct tlb_entry {
	uint64_t key;
	struct page *page;
	uint32_t page_generation;
	uint32_t tlb_generation;	/* valid while equal to the TLB's; 0 never is */
	uint8_t write;			/* it allows writes: its pte does, and is dirty already */
};

#define TLB_WAYS 4
#define TLB_CONTEXTS 6		/* TLB_NR_DYN_ASIDS */
struct tlb_context { uint32_t generation, resident, owed; };

struct tlb {
	struct tlb_entry *entry;
	uint32_t sets, capacity;
	uint32_t generation;		/* of the context in use */
	uint32_t last_generation;
	uint32_t context;		/* in use: its numbers are here, not in saved[] */
	struct tlb_context saved[TLB_CONTEXTS];
	uint32_t resident, owed, working_set;
	uint8_t *victim;		/* next way to replace, per set */
};

struct tlb *tlb_new(struct arena *a, uint32_t entries, uint32_t working_set);
/* The entry that translates @key, or NULL. */
struct tlb_entry *tlb_find(struct tlb *t, uint64_t key);
/* The new entry; it allows writes unless the caller says otherwise. */
struct tlb_entry *tlb_fill(struct tlb *t, uint64_t key, struct page *page, uint32_t page_generation);
/* The entry that allows the access, or NULL: walk. */
static inline struct tlb_entry *tlb_allows(struct tlb *t, uint64_t key, int write)
{
	struct tlb_entry *e = tlb_find(t, key);

	return e && (e->write || !write) ? e : NULL;
}
void tlb_flush_all(struct tlb *t);
void tlb_flush_one(struct tlb *t, uint64_t key);
/* Use context @i from now on, as it was left. */
void tlb_select(struct tlb *t, uint32_t i);
/* A valid entry for @page under @key: the oracle's probe. */
int tlb_holds(struct tlb *t, uint64_t key, const struct page *page);
/* A valid entry for @page, whatever its key: looks at all of them. */
int tlb_holds_any(struct tlb *t, const struct page *page);
/* @n of the owed refills have happened. */
void tlb_settle(struct tlb *t, uint32_t n);

#endif
