/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Contexts and ASIDs (grumain.c, 2.6.27); see gru.h.
 *
 * Load: the chiplet of the blade with the fewest contexts; under ms_asid_lock
 * the mm's ASID there is used again if it is of the chiplet's present
 * generation, else a new one is taken.  Unload clears the context's bit and
 * keeps the ASID: what the TLB holds stays good for the next load, and until
 * then a callout only has to forget the ASID.
 *
 * ASIDs run out after some millions: the next generation begins, the whole TLB
 * is purged, ASIDs in use are passed over.
 */
#include "models/secondary/gru.h"

/* gru_reset_asid_limit: where the next run of free ASIDs is */
static void reset_asid_limit(struct ctx *w, struct gru_chiplet *c)
{
	uint32_t max = (uint32_t)c->hw->cfg->asid_max, limit = max;
	uint64_t all = (uint64_t)c->hw->cfg->invalidate_max;

	if (c->asid >= max) {
		c->asid_gen++;
		c->asid = GRU_MIN_ASID;
	}
	gru_purge(w, c, 0, 0, all);
again:
	limit = max;
	for (int i = 0; i < c->hw->cfg->contexts; i++) {
		const struct gru_context *x = c->context[i];
		uint32_t used = x ? x->g->tracker[c->id].asid : 0;

		if (used == c->asid) {
			c->asid += GRU_ASID_INC;
			if (c->asid >= max) {
				c->asid_gen++;
				c->asid = GRU_MIN_ASID;
			}
			goto again;
		}
		if (used > c->asid && used < limit)
			limit = used;
	}
	c->asid_limit = limit;
}

static uint32_t assign_asid(struct ctx *w, struct gru_chiplet *c)
{
	c->asid += GRU_ASID_INC;
	if (c->asid >= c->asid_limit)
		reset_asid_limit(w, c);
	return c->asid;
}

void gru_lock_asids(struct ctx *w, struct gru *g)
{
	/* a dropin of the interrupt takes it too, where the sequence is checked */
	if (g->protocol->fence == GRU_FENCE_COUNT_SEQ)
		spin_lock_irqsave(w, &g->asid_lock);
	else
		spin_lock(w, &g->asid_lock);
}

void gru_unlock_asids(struct ctx *w, struct gru *g)
{
	if (g->protocol->fence == GRU_FENCE_COUNT_SEQ)
		spin_unlock_irqrestore(w, &g->asid_lock);
	else
		spin_unlock(w, &g->asid_lock);
}

/* The chiplet of @blade with the fewest contexts that has room, or NULL. */
static struct gru_chiplet *pick_chiplet(struct gru_hw *hw, int blade)
{
	struct gru_chiplet *best = NULL;

	for (int i = 0; i < hw->per_blade; i++) {
		struct gru_chiplet *c = &hw->chiplet[blade * hw->per_blade + i];

		if (c->active < hw->cfg->contexts && (!best || c->active < best->active))
			best = c;
	}
	return best;
}

static void take_place(struct gru_context *x, struct gru_chiplet *c, int cpu)
{
	int n = 0;

	while (c->context[n])
		n++;
	c->context[n] = x;
	c->active++;
	x->ctxnum = n;
	x->chiplet = c;
	x->irq_cpu = cpu;
}

static struct gru_chiplet *need_chiplet(struct gru_context *x, const struct cpu *cpu)
{
	struct gru_chiplet *c = pick_chiplet(x->g->hw, gru_blade_of(cpu));

	if (!c)
		sim_fail(&x->g->m->sim, SIM_STOP_FAILED,
			 "%s: all contexts of its blade's GRUs are taken; stealing is not modelled",
			 x->w->name);
	return c;
}

/* Does the mm's ASID on this chiplet still name it? */
static int asid_is_good(const struct gru_tracker *t, const struct gru_chiplet *c)
{
	return t->asid && t->asid_gen == c->asid_gen;
}

static void track(struct gru_context *x, struct gru_tracker *t)
{
	struct gru *g = x->g;

	t->contexts |= (uint16_t)(1u << x->ctxnum);
	g->asidmap |= 1ull << x->chiplet->id;
	x->asid = t->asid;
}

void gru_load_context(struct ctx *w, struct gru_context *x)
{
	struct gru *g = x->g;
	struct gru_chiplet *c;
	struct gru_tracker *t;

	preempt_disable(w);		/* gru_assign_gru_context */
	sync(w);
	c = need_chiplet(x, w->cpu);
	spin_lock(w, &c->gs_lock);
	take_place(x, c, w->cpu->id);
	spin_unlock(w, &c->gs_lock);
	preempt_enable(w);
	charge(w, COST_GRU_CONTEXT_LOAD);	/* from here on under the CCH's lock */
	t = &g->tracker[c->id];
	gru_lock_asids(w, g);		/* gru_load_mm_tracker */
	sync(w);
	if (!asid_is_good(t, c)) {
		t->asid = assign_asid(w, c);
		t->asid_gen = c->asid_gen;
	}
	track(x, t);
	gru_unlock_asids(w, g);
	sync(w);
	tp(w, TP_GRU_LOAD, (uint64_t)c->id, x->asid);
}

void gru_unload_context(struct ctx *w, struct gru_context *x)
{
	struct gru_chiplet *c = x->chiplet;
	struct gru *g = x->g;

	if (!c)
		return;
	charge(w, COST_SYSCALL);
	charge(w, COST_GRU_CONTEXT_UNLOAD);
	gru_lock_asids(w, g);		/* gru_unload_mm_tracker */
	sync(w);
	g->tracker[c->id].contexts &= (uint16_t)~(1u << x->ctxnum);
	gru_unlock_asids(w, g);
	spin_lock(w, &c->gs_lock);
	sync(w);
	c->context[x->ctxnum] = NULL;
	c->active--;
	x->chiplet = NULL;
	spin_unlock(w, &c->gs_lock);
	sync(w);
	tp(w, TP_GRU_UNLOAD, (uint64_t)c->id, x->asid);
}

void gru_preload(struct gru_context *x, const struct cpu *cpu)
{
	struct gru_chiplet *c;
	struct gru_tracker *t;

	if (x->chiplet)
		return;
	c = need_chiplet(x, cpu);
	take_place(x, c, cpu->id);
	t = &x->g->tracker[c->id];
	if (!asid_is_good(t, c)) {
		c->asid += GRU_ASID_INC;
		t->asid = c->asid;
		t->asid_gen = c->asid_gen;
	}
	track(x, t);
}
