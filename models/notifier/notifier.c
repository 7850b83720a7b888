/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Records at hook points: which fire, on early exits too; see notifier.h. */
#include "models/notifier/notifier.h"
#include "models/kernel/mmu_notifier.h"

/* --- records at hook points -------------------------------------------------------- */

static int holds(const struct ctx *w, const struct callout *c, enum site_id site, int facts)
{
	if (c->events && !(c->events & site_event(site)))
		return 0;
	if ((c->cond & COND_PTE_YOUNG && !(facts & FACT_PTE_YOUNG)) ||
	    (c->cond & COND_NOT_PTE_YOUNG && facts & FACT_PTE_YOUNG) ||
	    (c->cond & COND_PTE_PRESENT && !(facts & FACT_PTE_PRESENT)) ||
	    (c->cond & COND_COW_MAPPING && !(facts & FACT_COW_MAPPING)))
		return 0;
	return !(c->cond & COND_MAY_BLOCK) || (!w->spinlocks && !w->preempt_count && !w->is_irq);
}

/*
 * list.span: section.  A reader that is one for all address spaces is entered
 * before the armed test, or a section that began unarmed would have none.
 */
static void span_begin(struct ctx *w, struct mm *mm)
{
	struct mmu_notifier_mm *nm = mm->mmu_notifier_mm;
	int taken = nm || w->m->cfg->design->list_domain == DOMAIN_GLOBAL;

	if (w->spans < (int)(sizeof(w->span) / sizeof(w->span[0])))
		w->span[w->spans] = taken ? list_reader_lock(w, nm ? nm : w->m->notifier->any) : -1;
	w->spans++;
}

static void span_end(struct ctx *w, struct mm *mm)
{
	struct mmu_notifier_mm *nm = mm->mmu_notifier_mm;

	if (!w->spans)
		return;			/* an end without a start */
	w->spans--;
	if (w->spans < (int)(sizeof(w->span) / sizeof(w->span[0])) && w->span[w->spans] >= 0)
		list_reader_unlock(w, nm ? nm : w->m->notifier->any, w->span[w->spans]);
}

static int fire(struct ctx *w, struct mm *mm, enum site_id site, const struct callout *c,
		uint64_t start, uint64_t end, int facts)
{
	int spans = w->m->cfg->design->list_span == SPAN_SECTION, answer = 0;

	if (!holds(w, c, site, facts))
		return 0;
	if (spans && c->op == OP_range_start)
		span_begin(w, mm);
	charge(w, COST_ARMED_TEST);
	line_access(w, &mm->notifier_line, LINE_READ);
	metric_count(&w->m->metrics, METRIC_ARMED_TESTS, 0, 1);
	if (mm->mmu_notifier_mm)
		answer = list_walk(w, mm, c, start, end);
	if (spans && c->op == OP_range_end)
		span_end(w, mm);
	return answer;
}

static int has_callouts(const struct design_config *d)
{
	return d->armed_test != ARMED_COMPILED_OUT && d->list_structure != LIST_NONE;
}

static int notify(struct ctx *w, struct mm *mm, enum site_id site, enum point_id point,
		  uint64_t start, uint64_t end, int facts)
{
	const struct design_config *d = w->m->cfg->design;
	const struct hook *h = &d->hook[site][point];
	int answer = 0;

	if (!has_callouts(d))
		return 0;
	for (int i = 0; i < h->n; i++)
		answer |= fire(w, mm, site, &h->c[i], start, end, facts);
	return answer;
}

/* --- early exits --------------------------------------------------------------------- */

/* Place of the first range_start of the site, -1: it has none. */
static int opener_place(const struct design_config *d, enum site_id site)
{
	int first = -1;

	for (int p = 0; p < NR_POINTS; p++)
		for (int i = 0; i < d->hook[site][p].n; i++) {
			int place = site_table[site].order[p];

			if (d->hook[site][p].c[i].op == OP_range_start && (first < 0 || place < first))
				first = place;
		}
	return first;
}

static void notify_exit(struct ctx *w, const struct notify_path *n, enum point_id reached,
			enum point_id after, enum point_id upto, enum path_exit why)
{
	const struct design_config *d = w->m->cfg->design;
	const int8_t *order = site_table[n->site].order;
	int opener = opener_place(d, n->site);

	for (int place = order[after] + 1; place <= order[upto]; place++) {
		int p = 0;

		while (order[p] != place)
			p++;
		for (int i = 0; i < d->hook[n->site][p].n; i++) {
			const struct callout *c = &d->hook[n->site][p].c[i];

			/* an end belongs to a start that was reached */
			if (c->exits & why && (c->op != OP_range_end || opener <= order[reached]))
				fire(w, n->mm, n->site, c, n->start, n->end, n->facts);
		}
	}
}

static void count_exits(struct machine *m)
{
	const struct design_config *d = m->cfg->design;

	for (int s = 0; has_callouts(d) && s < NR_SITES; s++)
		for (int p = 0; p < NR_POINTS; p++)
			for (int i = 0; i < d->hook[s][p].n; i++)
				m->notifier_exits[s] += (d->hook[s][p].c[i].exits & site_exits(s)) != 0;
}

void notifier_init(struct machine *m)
{
	struct notifier_core *k = arena_alloc(m->arena, sizeof(*k));

	m->notifier = k;
	spin_lock_init(m, &k->global_lock, LOCK_NOTIFIER_GLOBAL);
	mutex_init(m, &k->all_locks, LOCK_MM_ALL_LOCKS);
	rwsem_init(m, &k->rwsem, LOCK_NOTIFIER_SEM);
	notifier_core_domain(m);
	k->any = notifier_mm_new(m);
	m->hooks.notify = notify;
	m->hooks.mm_release = mmu_notifier_release;
	m->hooks.notify_exit = notify_exit;
	count_exits(m);
}
