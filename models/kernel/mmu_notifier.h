/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Hook points of the mm: what the kernel's code says at each.  A point without
 * a callout record costs nothing, in the simulator and in the simulated
 * machine; which record stands where is the design's (its YAML file).
 */
#ifndef MODELS_KERNEL_MMU_NOTIFIER_H
#define MODELS_KERNEL_MMU_NOTIFIER_H

#include "models/hw/cpu.h"

/*
 * Point @point of @site is reached, with what the path knows (enum fact).  The
 * answers of the callouts, combined: aging says whether any translation was
 * accessed.  May spin for flush rounds, must be called with interrupts on.
 */
static inline int mmu_notifier_facts(struct ctx *w, struct mm *mm, enum site_id site,
				     enum point_id point, uint64_t start, uint64_t end,
				     int facts)
{
	const struct machine *m = w->m;

	if (!m->cfg->design->hook[site][point].n)
		return 0;
	return m->hooks.notify(w, mm, site, point, start, end, facts);
}

static inline int mmu_notifier(struct ctx *w, struct mm *mm, enum site_id site,
			       enum point_id point, uint64_t start, uint64_t end)
{
	return mmu_notifier_facts(w, mm, site, point, start, end, 0);
}

/* A path on its way through a site: what the points have in common. */
struct notify_path {
	struct mm *mm;
	enum site_id site;
	uint64_t start, end;
	int facts;
};

static inline int mmu_notifier_path(struct ctx *w, const struct notify_path *n, enum point_id point)
{
	return mmu_notifier_facts(w, n->mm, n->site, point, n->start, n->end, n->facts);
}

/*
 * The path leaves early for reason @why, having reached @reached and no further:
 * records at the points after @after up to and including @upto fire if they
 * fire on this exit.  Called with the locks held that the way out holds there.
 */
static inline void mmu_notifier_exit(struct ctx *w, const struct notify_path *n,
				     enum point_id reached, enum point_id after,
				     enum point_id upto, enum path_exit why)
{
	if (w->m->notifier_exits[n->site])
		w->m->hooks.notify_exit(w, n, reached, after, upto, why);
}

#endif
