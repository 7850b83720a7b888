/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The GRU's callouts (grutlbpurge.c, 2.6.27); see gru.h.
 *
 * Purge of a range: under ms_asid_lock, chiplet after chiplet: contexts loaded
 * there: an invalidate handle, and its end is waited for; none loaded: the
 * ASID is forgotten, no hardware.  So the time is the sum over the chiplets,
 * capped in pages: from invalidate_max on the whole ASID goes.
 *
 * range_start counts, then purges; range_end counts down and always wakes all,
 * also when other sections are still open; a page callout only purges.  There
 * is no clear_flush_young.
 */
#include "models/secondary/gru.h"

enum { PURGE_ASID_DROPPED = 2 };
enum { STEP_COUNT, STEP_SEQ, STEP_WAKE };

/* Entries of an idle chiplet that go with their ASID; no time passes. */
static int entries_of(const struct gru_tlb *t, uint32_t asid, uint64_t start, uint64_t end)
{
	int n = 0;

	for (uint32_t i = 0; i < t->sets * GRU_WAYS; i++)
		n += t->entry[i].asid == asid && t->entry[i].va >= start && t->entry[i].va < end;
	return n;
}

/* How many translations of the range went. */
static int purge_chiplet(struct ctx *w, struct gru *g, int id, uint64_t start, uint64_t end)
{
	uint64_t pages = end - start, most = (uint64_t)g->cfg->invalidate_max;
	struct gru_chiplet *c = &g->hw->chiplet[id];
	struct gru_tracker *t = &g->tracker[id];
	int dropped;

	charge(w, COST_GRU_ASID_SCAN);
	sync(w);
	if (t->contexts && t->asid)
		return gru_purge(w, c, t->asid, start, pages < most ? pages : most);
	charge(w, COST_GRU_ASID_DROP);
	sync(w);
	dropped = t->asid ? entries_of(&c->tlb, t->asid, start, end) : 0;
	t->asid = 0;
	g->asidmap &= ~(1ull << id);
	metric_count(&w->m->metrics, METRIC_GRU_PURGE, PURGE_ASID_DROPPED, 1);
	tp(w, TP_GRU_ASID_DROP, (uint64_t)id, 0);
	return dropped;
}

/* gru_flush_tlb_range */
static int flush_range(struct ctx *w, struct gru *g, uint64_t start, uint64_t end)
{
	int dropped = 0;

	gru_lock_asids(w, g);
	sync(w);
	if (g->protocol->fence == GRU_FENCE_COUNT_SEQ) {
		line_access(w, &g->active_line, LINE_WRITE);
		sync(w);
		g->seq++;
		metric_count(&w->m->metrics, METRIC_FENCE_STEPS, STEP_SEQ, 1);
	}
	for (uint64_t map = g->asidmap; map; map &= map - 1)
		dropped += purge_chiplet(w, g, __builtin_ctzll(map), start, end);
	gru_unlock_asids(w, g);
	return dropped > 0;
}

/* --- sections ------------------------------------------------------------------------- */

static void section_open(struct ctx *w, struct gru *g, uint64_t start, uint64_t end)
{
	line_access(w, &g->active_line, LINE_ATOMIC);
	sync(w);
	if (g->n_open == GRU_MAX_SECTIONS)
		sim_fail(&g->m->sim, SIM_STOP_FAILED, "more than %d open sections",
			 GRU_MAX_SECTIONS);
	g->open[g->n_open++] = (struct gru_section){ start, end, w, quiet_clock(w, now_of(w)) };
	g->last_start = start;
	g->last_end = end;
	g->range_active++;
	tw_set(&g->closed, now_of(w), g->range_active > 0);
	metric_count(&w->m->metrics, METRIC_FENCE_STEPS, STEP_COUNT, 1);
	tp(w, TP_GRU_ACTIVE, (uint64_t)g->range_active, 0);
}

static void section_close(struct ctx *w, struct gru *g, uint64_t start, uint64_t end)
{
	sim_time open_for = 0;
	int i = 0;

	line_access(w, &g->active_line, LINE_ATOMIC);
	sync(w);
	while (i < g->n_open && (g->open[i].start != start || g->open[i].end != end))
		i++;
	if (i < g->n_open) {
		open_for = quiet_clock(g->open[i].w, now_of(w)) - g->open[i].quiet;
		g->open[i] = g->open[--g->n_open];
	}
	g->range_active--;
	tw_set(&g->closed, now_of(w), g->range_active > 0);
	metric_count(&w->m->metrics, METRIC_FENCE_STEPS, STEP_COUNT, 1);
	tp(w, TP_GRU_ACTIVE, (uint64_t)g->range_active, 0);
	oracle_section(w, g->range_active, open_for);
	wake_up_all(w, &g->wait_queue);
	metric_count(&w->m->metrics, METRIC_FENCE_STEPS, STEP_WAKE, 1);
}

/* For how long any section has been open while its task was in no callout. */
static sim_time section_quiet(const struct gru *g, sim_time now)
{
	sim_time longest = 0;

	for (int i = 0; i < g->n_open; i++) {
		sim_time d = quiet_clock(g->open[i].w, now) - g->open[i].quiet;

		longest = d > longest ? d : longest;
	}
	return longest;
}

/* --- callouts --------------------------------------------------------------------------- */

static int callout(struct ctx *w, void *priv, enum callout_op op, uint64_t start, uint64_t end)
{
	struct gru *g = gru_of(priv);
	int dropped = 0;

	switch (op) {
	case OP_range_start:
		if (gru_counts(g))
			section_open(w, g, start, end);
		if (g->protocol->zap_at == ZAP_RANGE_START)
			dropped = flush_range(w, g, start, end);
		break;
	case OP_range_end:
		if (g->protocol->zap_at == ZAP_RANGE_END)
			dropped = flush_range(w, g, start, end);
		if (gru_counts(g))
			section_close(w, g, start, end);
		break;
	default:
		dropped = flush_range(w, g, start, end);
	}
	return dropped;
}

static int zaps(const void *priv, enum callout_op op)
{
	const struct gru *g = priv;

	if (op == OP_range_start)
		return g->protocol->zap_at == ZAP_RANGE_START;
	if (op == OP_range_end)
		return g->protocol->zap_at == ZAP_RANGE_END;
	return 1;
}

/* --- the oracle's probe ------------------------------------------------------------------- */

static int tlb_usable(const struct gru *g, int id, const struct page *p, char *why, size_t n,
		      int *cpu)
{
	const struct gru_chiplet *c = &g->hw->chiplet[id];
	uint32_t asid = g->tracker[id].asid;

	if (!asid || g->tracker[id].asid_gen != c->asid_gen)
		return 0;		/* the next load takes another ASID */
	for (uint32_t i = 0; i < c->tlb.sets * GRU_WAYS; i++) {
		const struct gru_entry *e = &c->tlb.entry[i];

		if (e->asid != asid || e->page != p)
			continue;
		snprintf(why, n, "the TLB of GRU %d translates page %llu to it", id,
			 (unsigned long long)e->va);
		*cpu = e->cpu;
		return 1;
	}
	return 0;
}

static int usable(void *priv, const struct page *p, char *why, size_t n, int *cpu)
{
	const struct gru *g = priv;

	*cpu = -1;
	if (g->released)
		return 0;
	for (uint64_t map = p->grus; map; map &= map - 1)
		if (tlb_usable(g, __builtin_ctzll(map), p, why, n, cpu))
			return 1;
	for (int i = 0; i < g->n_contexts; i++) {
		const struct gru_context *x = &g->context[i];

		if (x->dropin != p || (x->discard && g->cfg->discards_inflight))
			continue;
		snprintf(why, n, "a dropin of page %llu to it is on its way into GRU %d",
			 (unsigned long long)x->va, x->chiplet->id);
		*cpu = x->irq_cpu;
		return 1;
	}
	return 0;
}

/* Dropins on their way are judged when they land. */
static int holds(const void *priv, const struct mm *mm, uint64_t va, const struct page *p)
{
	const struct gru *g = priv;

	if (g->mm != mm || g->released)
		return 0;
	for (uint64_t map = p->grus & g->asidmap; map; map &= map - 1) {
		int id = __builtin_ctzll(map);
		const struct gru_entry *e = gru_tlb_find(&g->hw->chiplet[id].tlb,
							 g->tracker[id].asid, va);

		if (e && e->page == p && !e->judged)
			return 1;
	}
	return 0;
}

static int writes(void *priv, const struct mm *mm, uint64_t va, const struct page *p,
		  char *why, size_t n, int *cpu)
{
	const struct gru *g = priv;

	if (g->mm != mm || g->released)
		return 0;
	for (uint64_t map = p->grus & g->asidmap; map; map &= map - 1) {
		int id = __builtin_ctzll(map);
		const struct gru_entry *e = gru_tlb_find(&g->hw->chiplet[id].tlb,
							 g->tracker[id].asid, va);

		if (!e || e->page != p || !e->writable)
			continue;
		snprintf(why, n, "the TLB of GRU %d allows writes", id);
		*cpu = e->cpu;
		return 1;
	}
	return 0;
}

/* What would delay a miss of @va that came now: the ghost's question. */
static int probe(void *priv, uint64_t va)
{
	const struct gru *g = priv;
	int answer = g->range_active && gru_counts(g) ? PROBE_FENCE : 0;

	for (uint64_t map = g->asidmap; map; map &= map - 1) {
		int id = __builtin_ctzll(map);

		if (gru_tlb_find(&g->hw->chiplet[id].tlb, g->tracker[id].asid, va))
			answer |= PROBE_MAPPED;
	}
	return answer;
}

/* ms_released = 1: no thread of the mm is left that could start an instruction */
static void release(struct ctx *w, void *priv)
{
	struct gru *g = gru_of(priv);

	sync(w);
	g->released = 1;
}

const struct secondary_ops gru_ops = {
	.kind = "gru", .callout = callout, .zaps = zaps, .release = release, .usable = usable,
	.holds = holds, .writes = writes, .probe = probe,
};

/* --- as a secondary MMU among others --------------------------------------------------------- */

static struct secondary *create(struct machine *m, struct mm *mm, const struct secondary_use *use,
				uint64_t base, uint64_t pages, int users)
{
	struct gru *g = arena_alloc(m->arena, sizeof(*g));

	(void)base; (void)pages;
	g->m = m;
	g->mm = mm;
	g->cfg = use->gru;
	g->protocol = &m->cfg->design->gru;
	g->hw = gru_hw(m, g->cfg);
	g->tracker = arena_alloc(m->arena, sizeof(*g->tracker) * (size_t)g->hw->n);
	g->context = arena_alloc(m->arena, sizeof(*g->context) * (size_t)(users + 1));
	g->max_contexts = users;
	spin_lock_init(m, &g->asid_lock, LOCK_ASID);
	wait_queue_init(m, &g->wait_queue);
	line_init(&g->active_line);
	tw_start(&g->closed, 0, 0);
	return &g->secondary;
}

static void *attach(struct secondary *s, struct ctx *w, uint64_t working_set)
{
	struct gru *g = gru_of(s);
	struct gru_context *x = &g->context[g->n_contexts++];

	(void)working_set;
	x->g = g;
	x->w = w;
	gru_context_init(x);
	return x;
}

static uint32_t tlb_entries(const void *user)
{
	const struct gru *g = ((const struct gru_context *)user)->g;

	return (uint32_t)g->cfg->tlb_entries;
}

static void warm(void *user, uint64_t va)
{
	struct gru_context *x = user;
	struct pte *pte = pte_lookup(x->g->mm, va);

	gru_preload(x, x->w->cpu);
	if (!pte || !pte->page)
		return;
	gru_tlb_fill(x, va, pte->page, pte->write && pte->dirty);
}

static void window_begin(struct secondary *s, sim_time now)
{
	struct gru *g = gru_of(s);

	tw_start(&g->closed, now, g->closed.value);
}

static void window_end(struct secondary *s, sim_time now)
{
	struct gru *g = gru_of(s);

	g->m->metrics.cell[METRIC_FENCE_CLOSED][0].count += (int64_t)tw_area(&g->closed, now);
	oracle_section_left(g->m, g->range_active, section_quiet(g, now));
}

const struct secondary_driver gru_driver = {
	.ops = &gru_ops, .create = create, .attach = attach, .tlb_entries = tlb_entries,
	.warm = warm, .access = gru_access,
	.window_begin = window_begin, .window_end = window_end,
};
