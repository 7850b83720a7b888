/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The GRU's hardware: TLB, fault handles, invalidate handles; see gru.h.
 *
 * A chiplet works on its own: an instruction, a miss, a dropin and an
 * invalidate are events, whatever the CPUs do meanwhile.  A dropin takes
 * effect when the chiplet has taken it, an invalidate when it reports done;
 * the entries it covers go in that instant, and every fault handle that a CPU
 * has read and that it covers is marked.  A marked handle's dropin is ignored
 * (discards_inflight) and the instruction misses again.
 *
 * The TLB has four ways, replaced in turn; entries carry the ASID, so contexts
 * of one mm on a chiplet share them.  Invalidate handles work side by side.
 */
#include "models/secondary/gru.h"
#include "sim/base/xassert.h"

enum { MISS_INTERRUPT, MISS_USER_POLL };
enum { DROPIN_DONE, DROPIN_IGNORED };
enum { PURGE_LOCAL, PURGE_REMOTE };

/* --- TLB ---------------------------------------------------------------------------- */

static struct gru_entry *set_of(struct gru_tlb *t, uint32_t asid, uint64_t va)
{
	return &t->entry[(va + asid / GRU_ASID_INC) % t->sets * GRU_WAYS];
}

struct gru_entry *gru_tlb_find(struct gru_tlb *t, uint32_t asid, uint64_t va)
{
	struct gru_entry *e = set_of(t, asid, va);

	for (int i = 0; i < GRU_WAYS; i++)
		if (e[i].va == va && e[i].asid == asid)
			return &e[i];
	return NULL;
}

struct gru_entry *gru_tlb_fill(struct gru_context *x, uint64_t va, struct page *p, int writable)
{
	struct gru_tlb *t = &x->chiplet->tlb;
	struct gru_entry *e = gru_tlb_find(t, x->asid, va);

	if (!e) {
		struct gru_entry *set = set_of(t, x->asid, va);
		uint8_t *v = &t->victim[(va + x->asid / GRU_ASID_INC) % t->sets];

		e = &set[*v];
		*v = (uint8_t)((*v + 1) % GRU_WAYS);
	}
	*e = (struct gru_entry){ va, p, x->asid, (uint8_t)writable, 0, (int16_t)x->irq_cpu };
	p->grus |= 1ull << x->chiplet->id;
	p->had_spte = 1;
	return e;
}

/* How many entries went. */
static int tlb_purge(struct gru_tlb *t, uint32_t asid, uint64_t start, uint64_t end)
{
	int n = 0;

	if (asid && end - start <= t->sets) {
		for (uint64_t va = start; va < end; va++) {
			struct gru_entry *e = gru_tlb_find(t, asid, va);

			if (!e)
				continue;
			e->asid = 0;
			n++;
		}
		return n;
	}
	for (uint32_t i = 0; i < t->sets * GRU_WAYS; i++) {
		struct gru_entry *e = &t->entry[i];

		if (!e->asid || (asid && (e->asid != asid || e->va < start || e->va >= end)))
			continue;
		e->asid = 0;
		n++;
	}
	return n;
}

/* --- an instruction -------------------------------------------------------------------- */

static int hits(const struct gru_context *x)
{
	const struct gru_entry *e = gru_tlb_find(&x->chiplet->tlb, x->asid, x->va);

	return e && (e->writable || !x->write);
}

static void step_after(struct gru_context *x, sim_time d, void (*next)(struct gru_context *x))
{
	struct sim *s = &x->g->m->sim;

	x->next = next;
	sim_at(s, x->slot, s->now + d);
}

void gru_set_status(struct gru_context *x, enum cb_status status, sim_time delay)
{
	x->status = status;
	x->visible_at = x->g->m->sim.now + delay;
	if (x->polling)
		spin_wake(x->w, x->visible_at);
}

/* The fault handle and the bit of the fault map are written. */
static void miss_raised(struct gru_context *x)
{
	struct metrics *m = &x->g->m->metrics;
	struct gru_chiplet *c = x->chiplet;

	x->resident = x->discard = 0;
	x->raised = x->g->cfg->miss == GRU_MISS_INTERRUPT;
	tp(x->w, TP_GRU_MISS, x->va, (uint64_t)c->id);
	if (!x->raised) {
		metric_count(m, METRIC_GRU_MISS, MISS_USER_POLL, 1);
		gru_set_status(x, CB_CALL_OS, 0);
		return;
	}
	metric_count(m, METRIC_GRU_MISS, MISS_INTERRUPT, 1);
	irq_send(&x->g->m->cpu[x->irq_cpu], VECTOR_GRU + (unsigned)(c->id % c->hw->per_blade),
		 x->g->m->sim.now + cost_draw(x->w, COST_GRU_INTERRUPT));
}

/* The instruction looks its address up, again after every dropin. */
static void execute(struct gru_context *x)
{
	if (hits(x))
		gru_set_status(x, CB_IDLE, cost_draw(x->w, COST_GRU_OP));
	else
		step_after(x, cost_draw(x->w, COST_GRU_TLB_MISS), miss_raised);
}

int gru_start(struct gru_context *x, uint64_t va, int write)
{
	BUG_ON(x->status != CB_IDLE);
	x->va = va;
	x->write = write;
	if (hits(x))
		return 1;
	x->status = CB_ACTIVE;
	execute(x);
	return 0;
}

static void ignored(struct gru_context *x)
{
	gru_attempt_failed(x, PART_FENCE, x->killer_start, x->killer_end);
	metric_count(&x->g->m->metrics, METRIC_GRU_DROPIN, DROPIN_IGNORED, 1);
	tp(x->w, TP_GRU_IGNORED, x->va, x->dropin->id);
	oracle_caught(x->w, x->g->mm, x->va, &x->seen);
}

/* Has the callout about the last clear of the page been at this chiplet already? */
static int is_late(const struct gru_context *x)
{
	return x->discard && x->discard_at >= x->dropin->cleared_at;
}

static void take(struct gru_context *x, struct page *p)
{
	struct gru_entry *e = gru_tlb_fill(x, x->va, p, x->write);

	metric_count(&x->g->m->metrics, METRIC_GRU_DROPIN, DROPIN_DONE, 1);
	tp(x->w, TP_GRU_DROPIN, x->va, p->id);
	if (is_late(x))
		e->judged = (uint8_t)oracle_install_late(x->w, x->g->mm, x->va, p, &x->seen);
	else
		oracle_install(x->w, x->g->mm, x->va, p, &x->seen, x->write, 0);
}

static void dropin_taken(struct gru_context *x)
{
	struct page *p = x->dropin;

	x->resident = 0;
	if (x->discard && x->g->cfg->discards_inflight) {
		ignored(x);
	} else {
		take(x, p);
	}
	x->dropin = NULL;
	execute(x);
}

void gru_write_dropin(struct gru_context *x, struct page *p, const struct pte_seen *seen)
{
	x->dropin = p;
	x->seen = *seen;
	p->had_spte = 1;
	x->status = CB_ACTIVE;
	step_after(x, cost_draw(x->w, COST_GRU_DROPIN), dropin_taken);
}

static void chiplet_step(struct sim *s, void *arg)
{
	struct gru_context *x = arg;

	(void)s;
	x->next(x);
}

void gru_context_init(struct gru_context *x)
{
	x->slot = sim_slot_new(&x->g->m->sim, PRIO_NORMAL);
	sim_slot_call(&x->g->m->sim, x->slot, chiplet_step, x);
}

/* --- invalidate --------------------------------------------------------------------------- */

static int covers(const struct gru_tgh *t, uint32_t asid, uint64_t va)
{
	return !t->asid || (t->asid == asid && va >= t->start && va < t->end);
}

static void purge_done(struct sim *s, void *arg)
{
	struct gru_tgh *t = arg;
	struct gru_chiplet *c = t->chiplet;
	struct ctx *sender = t->sender;

	t->dropped = tlb_purge(&c->tlb, t->asid, t->start, t->end);
	for (int i = 0; i < c->hw->cfg->contexts; i++) {
		struct gru_context *x = c->context[i];

		if (!x || !x->resident || x->discard || !covers(t, x->asid, x->va))
			continue;
		x->discard = 1;
		x->discard_at = s->now;
		x->killer_start = t->named_start;
		x->killer_end = t->named_end;
	}
	tp(sender, TP_GRU_PURGED, (uint64_t)c->id, t->asid);
	t->sender = NULL;
	spin_wake(sender, s->now);
}

/* get_lock_tgh_handle: a private one on the own blade, any of the shared ones elsewhere */
static struct gru_tgh *lock_tgh(struct ctx *w, struct gru_chiplet *c, int own)
{
	struct gru_hw *hw = c->hw;
	int shared = (int)hw->cfg->tgh - c->first_remote, n;

	preempt_disable(w);
	sync(w);
	if (own)
		n = gru_blade_cpu(w->cpu) >> c->local_shift;
	else		/* get_cycles() % shared */
		n = c->first_remote + (int)(rng_keyed(hw->pick_key, (uint64_t)now_of(w),
						      (uint64_t)w->cpu->id) % (uint64_t)shared);
	spin_lock(w, &c->tgh[n].lock);
	return &c->tgh[n];
}

int gru_purge(struct ctx *w, struct gru_chiplet *c, uint32_t asid, uint64_t start, uint64_t pages)
{
	int own = gru_blade_of(w->cpu) == c->blade;
	struct gru_tgh *t = lock_tgh(w, c, own);
	int all = (int64_t)pages >= c->hw->cfg->invalidate_max;
	struct sim *s = &w->m->sim;
	int dropped;

	charge(w, COST_GRU_TGH_START);
	if (!own)
		charge(w, COST_GRU_REMOTE);
	sync(w);
	t->asid = asid;
	t->named_start = start;
	t->named_end = start + pages;
	t->start = all ? 0 : start;
	t->end = all ? UINT64_MAX : start + pages;
	t->sender = w;
	tp(w, TP_GRU_PURGE, (uint64_t)c->id, start);
	sim_at(s, t->slot, s->now + cost_draw(w, COST_GRU_INVALIDATE));
	spin_service(w, "a GRU invalidate");
	if (!own)
		charge(w, COST_GRU_REMOTE);
	metric_count(&w->m->metrics, METRIC_GRU_PURGE, own ? PURGE_LOCAL : PURGE_REMOTE, 1);
	dropped = t->dropped;
	spin_unlock(w, &t->lock);
	preempt_enable(w);
	return dropped;
}

/* --- construction --------------------------------------------------------------------------- */

static int cpus_per_blade(const struct machine *m)
{
	return (int)(m->mc->blade_sockets * m->mc->cores);
}

int gru_blade_of(const struct cpu *c)
{
	return c->id / cpus_per_blade(c->m);
}

int gru_blade_cpu(const struct cpu *c)
{
	return c->id % cpus_per_blade(c->m);
}

static int fls(unsigned x)
{
	return x ? 32 - __builtin_clz(x) : 0;
}

/* gru_tgh_flush_init */
static void share_out_handles(struct gru_chiplet *c, int cpus)
{
	int n = 1 << fls((unsigned)cpus - 1);
	int shift = fls((unsigned)n - 1) - fls((unsigned)c->hw->cfg->tgh_local - 1);

	c->local_shift = shift > 0 ? shift : 0;
	c->first_remote = (cpus + (1 << c->local_shift) - 1) >> c->local_shift;
}

static void chiplet_init(struct gru_hw *hw, struct gru_chiplet *c, int id)
{
	struct machine *m = hw->m;

	c->id = id;
	c->blade = id / hw->per_blade;
	c->hw = hw;
	c->asid = GRU_MIN_ASID - GRU_ASID_INC;
	c->asid_limit = (uint32_t)hw->cfg->asid_max;
	c->asid_gen = 1;
	spin_lock_init(m, &c->gs_lock, LOCK_GRU);
	c->tlb.sets = (uint32_t)(hw->cfg->tlb_entries / GRU_WAYS);
	c->tlb.entry = arena_alloc(m->arena, sizeof(*c->tlb.entry) * c->tlb.sets * GRU_WAYS);
	c->tlb.victim = arena_alloc(m->arena, c->tlb.sets);
	share_out_handles(c, cpus_per_blade(m));
	c->tgh = arena_alloc(m->arena, sizeof(*c->tgh) * (size_t)hw->cfg->tgh);
	for (int i = 0; i < hw->cfg->tgh; i++) {
		struct gru_tgh *t = &c->tgh[i];

		t->chiplet = c;
		spin_lock_init(m, &t->lock, LOCK_TGH);
		t->slot = sim_slot_new(&m->sim, PRIO_NORMAL);
		sim_slot_call(&m->sim, t->slot, purge_done, t);
	}
}

struct gru_hw *gru_hw(struct machine *m, const struct gru_config *cfg)
{
	struct gru_hw *hw = m->gru;

	if (hw)
		return hw;
	hw = m->gru = arena_alloc(m->arena, sizeof(*hw));
	hw->m = m;
	hw->cfg = cfg;
	hw->per_blade = (int)cfg->chiplets;
	hw->n = (m->nr_cpus + cpus_per_blade(m) - 1) / cpus_per_blade(m) * hw->per_blade;
	hw->pick_key = hash_mix(hash_str("gru tgh", (uint64_t)m->cfg->seed), m->replication);
	hw->chiplet = arena_alloc(m->arena, sizeof(*hw->chiplet) * (size_t)hw->n);
	for (int i = 0; i < hw->n; i++)
		chiplet_init(hw, &hw->chiplet[i], i);
	m->vector_handler[VC_GRU] = gru_interrupt;
	return hw;
}
