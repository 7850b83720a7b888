/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Walks of the notifier list (mm/mmu_notifier.c, 2.6.27); see notifier.h. */
#include "models/notifier/notifier.h"
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

static void call_one(struct ctx *w, struct registrant *r, enum callout_op op,
		     uint64_t start, uint64_t end)
{
	struct machine *m = w->m;
	int dropped;

	if (m->cfg->design->list_structure != LIST_POINTER)
		charge(w, COST_LIST_STEP);
	charge(w, COST_CALLOUT_CALL);
	metric_count(&m->metrics, METRIC_CALLOUT, (int)op, 1);
	tp(w, TP_CALLOUT_BEGIN, op, start);
	dropped = r->ops->callout(w, r->priv, op, start, end);
	tp(w, TP_CALLOUT_END, op, end);
	if (!dropped && r->ops->zaps(r->priv, op))
		metric_count(&m->metrics, METRIC_CALLOUT_SPURIOUS, 0, 1);
}

static void walk(struct ctx *w, struct mm *mm, enum callout_op op, uint64_t start, uint64_t end)
{
	const struct design_config *d = w->m->cfg->design;
	int rcu = d->list_reader == READER_RCU;
	sim_time t0;

	sync(w);
	t0 = now_of(w);
	metric_count(&w->m->metrics, METRIC_LIST_WALKS, 0, 1);
	if (rcu)
		rcu_read_lock(w);
	for (struct registrant *r = mm->registrant; r; r = r->next)
		call_one(w, r, op, start, end);
	if (rcu)
		rcu_read_unlock(w);
	sync(w);
	metric_tally(&w->m->metrics, METRIC_CALLOUT_TIME, (int)op, now_of(w) - t0);
}

static void notify(struct ctx *w, struct mm *mm, enum site_id site, enum point_id point,
		   uint64_t start, uint64_t end)
{
	const struct design_config *d = w->m->cfg->design;
	const struct hook *h = &d->hook[site][point];

	if (d->armed_test == ARMED_COMPILED_OUT || d->list_structure == LIST_NONE)
		return;
	for (int i = 0; i < h->n; i++) {
		charge(w, COST_ARMED_TEST);
		line_access(w, &mm->notifier_line, LINE_READ);
		metric_count(&w->m->metrics, METRIC_ARMED_TESTS, 0, 1);
		if (mm->registrant)
			walk(w, mm, (enum callout_op)h->c[i].op, start, end);
	}
}

void notifier_init(struct machine *m)
{
	m->hooks.notify = notify;
}
