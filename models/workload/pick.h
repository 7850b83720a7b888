/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which page of a region: popularity law by rank, placement of ranks onto
 * pages (contiguous, permuted, or in clusters of n pages), uniform and
 * sequential picks.  The placement is drawn per replication and region; no
 * design enters.  Zipf by GSL's alias tables (gsl_ran_discrete), kept from run
 * to run since they depend on (pages, exponent) only.
 */
#ifndef MODELS_WORKLOAD_PICK_H
#define MODELS_WORKLOAD_PICK_H

#include <gsl/gsl_randist.h>

#include "models/hw/machine.h"

struct zipf_table {
	int64_t n, theta_ppm;
	gsl_ran_discrete_t *g;
	struct zipf_table *next;
};

struct pick_cache { struct zipf_table *first; };
void pick_cache_free(struct pick_cache *c);

struct space;

struct region {
	const struct region_config *cfg;
	uint64_t start, pages;		/* virtual pages */
	uint32_t *place;		/* rank -> page offset; NULL: the same */
	struct space *space;
	struct mm **sharer;		/* processes that have it too */
	int n_sharers;
};

void region_init(struct machine *m, struct region *r, const struct region_config *cfg,
		 uint64_t start);
/* One page of the region; one draw of @rng (none for seq and all: *cursor). */
uint64_t pick_page(struct pick_cache *c, const struct region *r, const struct pick *pick,
		   struct rng *rng, uint64_t *cursor);

#endif
