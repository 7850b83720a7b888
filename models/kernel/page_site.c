/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Points, windows and waste of the single-page sites; see page_site.h. */
#include "models/kernel/page_site.h"
#include "models/kernel/kernel.h"

/* Labels of site.* in metric.def. */
static int label_of(enum site_id site)
{
	switch (site) {
	case SITE_do_wp_page:
		return 0;
	case SITE_page_mkclean_one:
		return 1;
	case SITE_try_to_unmap_one:
		return 2;
	default:
		return 3;
	}
}

void site_begin(struct ctx *w, struct page_site *s, enum site_id site, struct mm *mm, uint64_t va,
		struct page *p)
{
	struct kernel *k = w->m->kernel;

	sync(w);
	*s = (struct page_site){
		.n = { mm, site, va, va + 1, 0 }, .mm = mm, .va = va, .page = p,
		.generation = p->generation, .begun = now_of(w),
		.locked_at = TIME_NEVER, .unlocked_at = TIME_NEVER, .opened_at = TIME_NEVER,
		.outer_start = w->op_start, .outer_end = w->op_end, .next = k->site,
	};
	k->site = s;
	w->op_start = va;
	w->op_end = va + 1;
}

static int opens(const struct ctx *w, enum site_id site, enum point_id point)
{
	const struct hook *h = &w->m->cfg->design->hook[site][point];

	for (int i = 0; i < h->n; i++)
		if (h->c[i].op == OP_range_start)
			return 1;
	return 0;
}

int site_point(struct ctx *w, struct page_site *s, enum point_id point)
{
	if (s->opened_at == TIME_NEVER && opens(w, s->n.site, point)) {
		sync(w);
		s->opened_at = now_of(w);
	}
	return mmu_notifier_path(w, &s->n, point);
}

void site_locked(struct ctx *w, struct page_site *s, const struct pte *pte)
{
	sync(w);
	s->locked_at = now_of(w);
	s->before = *pte;
	s->n.facts = (pte->kind == PTE_PRESENT ? FACT_PTE_PRESENT : 0) |
		(pte->young ? FACT_PTE_YOUNG : 0);
}

void site_unlocked(struct ctx *w, struct page_site *s)
{
	sync(w);
	s->unlocked_at = now_of(w);
}

/* This path dropped a translation, and the pte is what it was. */
static int wasted(const struct ctx *w, const struct page_site *s, const struct pte *pte)
{
	const struct page *p = s->page;

	if (p->generation != s->generation || !p->had_spte || p->zapped_at < s->begun ||
	    p->zapped_cpu != w->cpu->id || s->announced)
		return 0;
	return !pte || (pte->page == s->before.page && pte->write == s->before.write);
}

void site_end(struct ctx *w, struct page_site *s, const struct pte *pte)
{
	struct metrics *x = &w->m->metrics;
	struct page_site **at = &w->m->kernel->site;
	int i = label_of(s->n.site);
	int pair = s->opened_at != TIME_NEVER;

	sync(w);
	while (*at != s)
		at = &(*at)->next;
	*at = s->next;
	w->op_start = s->outer_start;
	w->op_end = s->outer_end;
	metric_count(x, METRIC_SITE_CALLS, i, 1);
	metric_count(x, METRIC_SITE_EVENTS, i, s->announced);
	if (s->locked_at != TIME_NEVER)
		metric_tally(x, METRIC_SITE_PTL, i, s->unlocked_at - s->locked_at);
	if (pair || s->announced)
		metric_tally(x, METRIC_SITE_REFAULT_HOLD, i, pair ? now_of(w) - s->opened_at :
			     s->unlocked_at - s->locked_at);
	if (wasted(w, s, pte))
		metric_count(x, METRIC_ZAP_WASTED, i, 1);
}
