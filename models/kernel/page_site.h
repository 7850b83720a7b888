/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the single-page sites have in common (do_wp_page, page_mkclean_one,
 * try_to_unmap_one, page_referenced_one): their points, the windows in which a
 * fault could not be served, and what they dropped in vain.
 *
 * Order: site_begin; site_point at each point; site_locked once the page-table
 * lock is held and the pte read; site_unlocked; site_end after the last point.
 * Between begin and end the site stands on a list that observers read (the
 * ghost probes), and its page is the range that locks blame for a wait.
 *
 * Windows: site.ptl = the hold of the page-table lock in which the site looks at
 * or changes the pte; site.refault_hold = from the first callout (a start), or
 * from the lock if the callout comes under it, to the last release: whatever
 * comes last of page-table lock and range_end.
 */
#ifndef MODELS_KERNEL_PAGE_SITE_H
#define MODELS_KERNEL_PAGE_SITE_H

#include "models/kernel/mm.h"
#include "models/kernel/mmu_notifier.h"

struct page_site {
	struct notify_path n;
	struct mm *mm;
	uint64_t va;
	struct page *page;
	struct pte before;		/* as the site found it */
	uint32_t generation;		/* of the page then */
	sim_time begun, locked_at, unlocked_at;	/* TIME_NEVER: not yet */
	sim_time opened_at;		/* its range_start was called */
	uint64_t outer_start, outer_end;
	int announced;			/* the pte was cleared */
	struct page_site *next;		/* of those in progress */
};

void site_begin(struct ctx *w, struct page_site *s, enum site_id site, struct mm *mm, uint64_t va,
		struct page *p);
/* The answers of the callouts there. */
int site_point(struct ctx *w, struct page_site *s, enum point_id point);
/* The page-table lock is held, @pte is what stands there. */
void site_locked(struct ctx *w, struct page_site *s, const struct pte *pte);
/* It was dropped. */
void site_unlocked(struct ctx *w, struct page_site *s);
/* @pte: as the site leaves it; NULL: it never had it. */
void site_end(struct ctx *w, struct page_site *s, const struct pte *pte);

#endif
