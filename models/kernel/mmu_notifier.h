/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Hook points of the mm: what the kernel's code says at each.  A point without
 * a callout record costs nothing, in the simulator and in the simulated
 * machine; which record stands where is the design's (its YAML file).
 */
#ifndef MODELS_KERNEL_MMU_NOTIFIER_H
#define MODELS_KERNEL_MMU_NOTIFIER_H

#include "models/hw/cpu.h"

static inline void mmu_notifier(struct ctx *w, struct mm *mm, enum site_id site,
				enum point_id point, uint64_t start, uint64_t end)
{
	const struct machine *m = w->m;

	if (m->cfg->design->hook[site][point].n)
		m->hooks.notify(w, mm, site, point, start, end);
}

#endif
