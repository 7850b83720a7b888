/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Walks of the notifier list (mm/mmu_notifier.c, 2.6.27), records at hook points; see notifier.h. */
#include "models/notifier/notifier.h"
#include "models/kernel/mmu_notifier.h"
#include "models/kernel/rcu.h"

void notifier_register(struct mm *mm, struct registrant *r)
{
	struct machine *m = mm->m;

	r->all_next = m->oracle_registrants;
	m->oracle_registrants = r;
	if (m->cfg->design->list_structure == LIST_NONE)
		return;
	r->next = mm->registrant;
	mm->registrant = r;
}

static int ages(enum callout_op op)
{
	return op == OP_clear_flush_young || op == OP_clear_young || op == OP_test_young;
}

/* The registrant's answer; only aging has one. */
static int call_one(struct ctx *w, struct registrant *r, enum callout_op op,
		    uint64_t start, uint64_t end)
{
	struct machine *m = w->m;
	int dropped = 0, answer = 0;

	if (m->cfg->design->list_structure != LIST_POINTER)
		charge(w, COST_LIST_STEP);
	if (ages(op) && !r->ops->age)
		return 0;		/* the op is NULL: one test, no call */
	charge(w, COST_CALLOUT_CALL);
	metric_count(&m->metrics, METRIC_CALLOUT, (int)op, 1);
	tp(w, TP_CALLOUT_BEGIN, op, start);
	if (ages(op))
		answer = r->ops->age(w, r->priv, op, start);
	else
		dropped = r->ops->callout(w, r->priv, op, start, end);
	tp(w, TP_CALLOUT_END, op, end);
	if (!ages(op) && !dropped && r->ops->zaps(r->priv, op))
		metric_count(&m->metrics, METRIC_CALLOUT_SPURIOUS, 0, 1);
	return answer;
}

static int walk(struct ctx *w, struct mm *mm, const struct callout *c, uint64_t start, uint64_t end)
{
	const struct design_config *d = w->m->cfg->design;
	int rcu = d->list_reader == READER_RCU, answer = 0;
	enum callout_op op = (enum callout_op)c->op;
	sim_time t0;

	sync(w);
	t0 = now_of(w);
	metric_count(&w->m->metrics, METRIC_LIST_WALKS, 0, 1);
	if (rcu)
		rcu_read_lock(w);
	for (struct registrant *r = mm->registrant; r; r = r->next) {
		answer |= call_one(w, r, op, start, end);
		if (answer && c->result == RESULT_STOP_ON_NONZERO)
			break;
	}
	if (rcu)
		rcu_read_unlock(w);
	sync(w);
	metric_tally(&w->m->metrics, METRIC_CALLOUT_TIME, (int)op, now_of(w) - t0);
	return c->result == RESULT_VOID ? 0 : answer;
}

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

static int fire(struct ctx *w, struct mm *mm, enum site_id site, const struct callout *c,
		uint64_t start, uint64_t end, int facts)
{
	if (!holds(w, c, site, facts))
		return 0;
	charge(w, COST_ARMED_TEST);
	line_access(w, &mm->notifier_line, LINE_READ);
	metric_count(&w->m->metrics, METRIC_ARMED_TESTS, 0, 1);
	return mm->registrant ? walk(w, mm, c, start, end) : 0;
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
	m->hooks.notify = notify;
	m->hooks.notify_exit = notify_exit;
	count_exits(m);
}
