/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Ghost probes: at Poisson instants somebody asks what a secondary fault would
 * meet if it came now, and changes nothing.  Poisson arrivals see time averages,
 * so the shares are those of time, however often this design's guests happen to
 * fault.
 *
 * Classes, relative to the single-page sites in progress: the page itself (only
 * if it has no translation: else no fault can come), a neighbour in its page
 * table, a page of its VMA behind another page table, a page of another VMA; and
 * any page of the MMU's address space, site or not.  With no site in progress
 * nothing counts as delayed in the first four.  A class that does not exist (one
 * page table, one VMA) is never delayed either.
 */
#ifndef MODELS_WORKLOAD_GHOST_H
#define MODELS_WORKLOAD_GHOST_H

struct workload;

enum ghost_class {
	GHOST_SAME_PAGE, GHOST_SAME_TABLE, GHOST_SAME_VMA, GHOST_ELSEWHERE, GHOST_ANYWHERE,
	NR_GHOST_CLASSES
};

/* Look every scenario.probes on average, until the run ends; 0: never. */
void ghost_start(struct workload *l);

#endif
