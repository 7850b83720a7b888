/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See ghost.h. */
#include "models/workload/ghost.h"
#include "models/kernel/page_site.h"
#include "models/workload/thread.h"

struct ghost {
	struct workload *l;
	struct rng rng;
	uint32_t slot;
};

/* A page for each class; 0: there is none. */
struct targets { uint64_t va[NR_GHOST_CLASSES]; };

static uint64_t in(const struct vma *v, uint64_t va)
{
	return va >= v->start && va < v->end ? va : 0;
}

static void neighbours(const struct space *s, const struct page_site *site, struct targets *t)
{
	const struct vma *v = vma_of(s->mm, site->va), *x;

	if (!v)
		return;
	t->va[GHOST_SAME_PAGE] = site->va;
	t->va[GHOST_SAME_TABLE] = in(v, site->va ^ 1);
	t->va[GHOST_SAME_VMA] = in(v, site->va + PTRS_PER_TABLE);
	if (!t->va[GHOST_SAME_VMA])
		t->va[GHOST_SAME_VMA] = in(v, site->va - PTRS_PER_TABLE);
	for (x = s->mm->vma; x == v; x = x->next)
		;
	t->va[GHOST_ELSEWHERE] = x ? x->start : 0;
}

static void ask(struct machine *m, const struct secondary *s, enum ghost_class class, uint64_t va)
{
	int answer = s->driver->ops->probe(s->registrant.priv, va);

	if (class == GHOST_SAME_PAGE && answer & PROBE_MAPPED)
		return;
	metric_count(&m->metrics, METRIC_GHOST_DELAYED, class, (answer & (PROBE_FENCE | PROBE_PTL)) != 0);
	metric_count(&m->metrics, METRIC_GHOST_FENCE, class, (answer & PROBE_FENCE) != 0);
	metric_count(&m->metrics, METRIC_GHOST_PTL, class, (answer & PROBE_PTL) != 0);
}

/* One site of the mm at most is looked at: the latest. */
static void look(struct ghost *g, const struct space *s, const struct secondary *x)
{
	const struct region *r = &s->region[rng_below(&g->rng, (uint64_t)s->cfg->n_regions)];
	uint64_t at = r->start + rng_below(&g->rng, r->pages);
	struct targets t = { .va = { [GHOST_ANYWHERE] = at } };
	const struct page_site *site = g->l->m->kernel->site;

	while (site && site->mm != s->mm)
		site = site->next;
	if (site)
		neighbours(s, site, &t);
	metric_count(&g->l->m->metrics, METRIC_GHOST_PROBES, 0, 1);
	for (int i = 0; i < NR_GHOST_CLASSES; i++)
		if (t.va[i])
			ask(g->l->m, x, (enum ghost_class)i, t.va[i]);
}

static void next_look(struct ghost *g)
{
	struct sim *s = &g->l->m->sim;

	sim_at(s, g->slot, s->now + dist_draw(&g->l->m->cfg->probes, &g->rng) + 1);
}

static void due(struct sim *s, void *arg)
{
	struct ghost *g = arg;
	struct workload *l = g->l;

	(void)s;
	for (int i = 0; i < l->n_spaces; i++)
		for (int j = 0; j < l->space[i].cfg->n_secondaries; j++)
			if (l->space[i].secondary[j]->driver->ops->probe)
				look(g, &l->space[i], l->space[i].secondary[j]);
	next_look(g);
}

void ghost_start(struct workload *l)
{
	struct machine *m = l->m;
	struct ghost *g;

	if (!dist_mean(&m->cfg->probes))
		return;
	g = arena_alloc(m->arena, sizeof(*g));
	g->l = l;
	rng_seed(&g->rng, (uint64_t)m->cfg->seed, m->replication, "ghost", "probes");
	g->slot = sim_slot_new(&m->sim, PRIO_LATE);
	sim_slot_call(&m->sim, g->slot, due, g);
	next_look(g);
}
