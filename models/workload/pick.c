/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Popularity and placement; see pick.h. */
#include <math.h>

#include "models/workload/pick.h"

static gsl_ran_discrete_t *zipf_new(int64_t n, int64_t theta_ppm)
{
	double theta = (double)theta_ppm / PPM_ONE;
	double *p = mem_alloc(sizeof(*p) * (size_t)n);
	gsl_ran_discrete_t *g;

	if (!p)
		return NULL;
	for (int64_t i = 0; i < n; i++)
		p[i] = pow((double)(i + 1), -theta);
	g = gsl_ran_discrete_preproc((size_t)n, p);
	mem_free(p);
	return g;
}

static gsl_ran_discrete_t *zipf(struct pick_cache *c, int64_t n, int64_t theta_ppm)
{
	struct zipf_table *t;

	for (t = c->first; t; t = t->next)
		if (t->n == n && t->theta_ppm == theta_ppm)
			return t->g;
	t = mem_alloc(sizeof(*t));
	if (!t)
		return NULL;
	t->n = n;
	t->theta_ppm = theta_ppm;
	t->g = zipf_new(n, theta_ppm);
	t->next = c->first;
	c->first = t;
	return t->g;
}

void pick_cache_free(struct pick_cache *c)
{
	while (c->first) {
		struct zipf_table *t = c->first;

		c->first = t->next;
		if (t->g)
			gsl_ran_discrete_free(t->g);
		mem_free(t);
	}
}

/* Fisher and Yates over units of @unit pages. */
static void place(struct machine *m, struct region *r, uint64_t unit)
{
	uint64_t units = (r->pages + unit - 1) / unit, k = 0;
	uint32_t *order = arena_alloc(m->arena, sizeof(*order) * units);
	struct rng rng;

	rng_seed(&rng, (uint64_t)m->cfg->seed, m->replication, r->cfg->name, "placement");
	for (uint64_t i = 0; i < units; i++)
		order[i] = (uint32_t)i;
	for (uint64_t i = units; i > 1; i--) {
		uint64_t j = rng_below(&rng, i);
		uint32_t t = order[i - 1];

		order[i - 1] = order[j];
		order[j] = t;
	}
	r->place = arena_alloc(m->arena, sizeof(*r->place) * r->pages);
	for (uint64_t i = 0; i < units; i++)
		for (uint64_t p = order[i] * unit; p < (order[i] + 1) * unit && p < r->pages; p++)
			r->place[k++] = (uint32_t)p;
}

void region_init(struct machine *m, struct region *r, const struct region_config *cfg,
		 uint64_t start)
{
	r->cfg = cfg;
	r->start = start;
	r->pages = (uint64_t)cfg->length / PAGE_SIZE;
	r->place = NULL;
	if (cfg->placement == PLACE_PERMUTED)
		place(m, r, 1);
	else if (cfg->placement == PLACE_CLUSTERS)
		place(m, r, (uint64_t)(cfg->clusters > 0 ? cfg->clusters : 1));
}

static uint64_t pick_rank(struct pick_cache *c, const struct region *r,
			  const struct pick *pick, struct rng *rng)
{
	uint64_t hot;

	switch (pick->kind) {
	case PICK_ZIPF: {
		gsl_ran_discrete_t *g = zipf(c, (int64_t)r->pages, pick->theta_ppm);
		gsl_rng gsl = { rng_gsl_type, rng };

		return g ? gsl_ran_discrete(&gsl, g) : 0;
	}
	case PICK_HOT:
		hot = r->pages * (uint64_t)pick->hot_page_ppm / PPM_ONE;
		hot = hot ? hot : 1;
		if (hot >= r->pages || rng_below(rng, PPM_ONE) < (uint64_t)pick->hot_access_ppm)
			return rng_below(rng, hot);
		return hot + rng_below(rng, r->pages - hot);
	default:
		return rng_below(rng, r->pages);
	}
}

uint64_t pick_page(struct pick_cache *c, const struct region *r, const struct pick *pick,
		   struct rng *rng, uint64_t *cursor)
{
	uint64_t rank;

	if (pick->kind == PICK_SEQ || pick->kind == PICK_ALL)
		return r->start + (*cursor)++ % r->pages;
	rank = pick_rank(c, r, pick, rng);
	return r->start + (r->place ? r->place[rank] : rank);
}
