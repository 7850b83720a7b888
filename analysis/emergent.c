/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The points of an emergent claim: effect, margin, p value.
 *
 * A point is open ("not comparable") where the scenario says which metric the
 * designs must have achieved alike and they have not, or where runs of either
 * ended early for want of memory or time; it is then no part of Holm's family.
 *
 * An observation that the end of the run cut off enters with its lower bound:
 * in b it makes effects too small, in a too large, so such a point can only be
 * decided to the safe side (verdict.c).  Pairs in which both are cut off say
 * nothing and are counted.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/compare.h"
#include "analysis/format.h"
#include "analysis/quantile.h"
#include "analysis/verdict_int.h"

/* "100ns" in the unit of the metric (ns), a bare number as it is; NAN if neither. */
double quantity_in(const char *text, const char *unit)
{
	static const struct { const char *name; double ns; } times[] = {
		{ "ps", 1e-3 }, { "ns", 1 }, { "us", 1e3 }, { "ms", 1e6 }, { "s", 1e9 },
	};
	double v, from = 0, to = 0;
	char *end;

	v = strtod(text, &end);
	if (!*end || !strcmp(end, unit))
		return v;
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		if (!strcmp(end, times[i].name))
			from = times[i].ns;
		if (!strcmp(unit, times[i].name))
			to = times[i].ns;
	}
	return from > 0 && to > 0 ? v * from / to : NAN;
}

/* Margins of a point in the units of its paired mean. */
static void set_margin(const struct claim *c, const struct metric *m,
		       struct verdict_point *p)
{
	double share = c->margin.share, quantity = 0, size;

	if (c->margin.quantity)
		quantity = quantity_in(c->margin.quantity, m->unit);
	if (p->p.form == EFFECT_LN_RATIO) {
		p->margin = c->rule == RULE_GREATER ? log1p(share) :
			    share < 1 ? log1p(-share) : -INFINITY;
		p->margin_other = log1p(share);
		return;
	}
	size = share * fabs(p->p.mean_a);
	if (quantity > size || isnan(quantity))
		size = quantity;
	p->margin = c->rule == RULE_GREATER ? size : -size;
	p->margin_other = size;
}

static void raw_p_value(const struct claim *c, struct verdict_point *p)
{
	double inside, below, above;

	if (p->open || p->p.n < FEWEST_PAIRS || isnan(p->margin))
		return;
	if (c->rule != RULE_EQUIVALENT) {
		p->raw_p = paired_two_sided_p(&p->p, p->margin);
		return;
	}
	inside = paired_equivalence_p(&p->p, p->margin, p->margin_other);
	below = 2 * paired_lower_p(&p->p, p->margin);		/* mean is < -margin */
	above = 2 * (1 - paired_lower_p(&p->p, p->margin_other));
	/* paired_lower_p(x) is small where the mean lies well below x. */
	p->raw_p = fmin(inside, fmin(1, fmin(below, above)));
}

static void set_effect(struct verdict *v, struct verdict_point *p)
{
	double lo, hi, by = 1;

	p->n = p->p.n;
	if (!p->p.n)
		return;
	paired_interval(&p->p, 0.95, &lo, &hi);
	if (p->p.form == EFFECT_LN_RATIO) {
		p->effect = expm1(p->p.mean);
		p->lo = expm1(lo);
		p->hi = expm1(hi);
		return;
	}
	if (v->relative)
		by = p->p.mean_a;
	p->effect = p->p.mean / by;
	p->lo = lo / by;
	p->hi = hi / by;
}

/* --- runs that ended early --------------------------------------------------------- */
/* Runs that ended early without even a lower bound of the metric. */
static int runs_lost(const struct configuration *k, const double *bound, int n)
{
	int early = k->oom + k->timeout;

	for (int i = 0; i < n; i++)
		early -= !isnan(bound[i]);
	return early > 0 ? early : 0;
}

static const char *lost_text(struct dataset *s, int config)
{
	const struct configuration *k = &s->config[config];
	const char *how = !k->oom ? "timeout" : !k->timeout ? "oom" : "oom or timeout";

	return text_of(s->d, "not sustained: %d of %d runs of %s ended as %s", k->oom + k->timeout,
		       k->runs, k->design, how);
}

/* --- one point --------------------------------------------------------------------- */
/* Put bounds where observations were cut off; the number of them. */
static int fill_bounds(double *x, const double *bound, const double *other, int n)
{
	int cut = 0;

	for (int i = 0; i < n; i++) {
		if (!isnan(x[i]) || isnan(bound[i]) || isnan(other[i]))
			continue;
		x[i] = bound[i];
		cut++;
	}
	return cut;
}

static void pair_values(struct database *d, struct verdict *v, struct verdict_point *p, int force)
{
	struct dataset *s = p->s;
	int n = s->replications;
	double *a = dataset_series(s, p->a, v->m), *b = dataset_series(s, p->b, v->m);
	double *bound_a = dataset_bounds(s, p->a, v->m), *bound_b = dataset_bounds(s, p->b, v->m);
	double *seen_a = arena_alloc(&d->arena, sizeof(*a) * (size_t)(n + 1));
	int both = 0;

	memcpy(seen_a, a, sizeof(*a) * (size_t)n);
	for (int i = 0; i < n; i++)
		both += !isnan(bound_a[i]) && !isnan(bound_b[i]);
	p->cut_a = fill_bounds(a, bound_a, b, n);
	p->cut_b = fill_bounds(b, bound_b, seen_a, n);
	p->cut_both = both;
	p->p = paired_compare(a, b, n, force);
	if (p->cut_a || p->cut_b || both)
		p->note = text_of(d, "cut off by the end: %d of %s, %d of %s, %d in both", p->cut_a,
				  s->config[p->a].design, p->cut_b, s->config[p->b].design, both);
	if (runs_lost(&s->config[p->a], bound_a, n))
		p->open = lost_text(s, p->a);
	else if (runs_lost(&s->config[p->b], bound_b, n))
		p->open = lost_text(s, p->b);
}

static void pair_quantiles(struct database *d, struct verdict *v, struct verdict_point *p, int force)
{
	struct dataset *s = p->s;

	p->p = quantile_paired(d, quantile_load(s, p->a, v->m), quantile_load(s, p->b, v->m),
			       s->replications, quantile_share(v->m->quantile),
			       bins_unit(v->m->unit), force);
	if (!p->p.n)
		p->open = text_of(d, "too few observations for %s", v->m->title);
	else if (s->config[p->a].oom + s->config[p->a].timeout)
		p->open = lost_text(s, p->a);
	else if (s->config[p->b].oom + s->config[p->b].timeout)
		p->open = lost_text(s, p->b);
}

/* Totals per replication; a run that ended early has none. */
static void pair_ratios(struct verdict *v, struct verdict_point *p, int force)
{
	struct dataset *s = p->s;

	p->p = paired_ratios(dataset_series(s, p->a, v->m), dataset_series(s, p->a, v->per),
			     dataset_series(s, p->b, v->m), dataset_series(s, p->b, v->per),
			     s->replications, force);
	if (s->config[p->a].oom + s->config[p->a].timeout)
		p->open = lost_text(s, p->a);
	else if (s->config[p->b].oom + s->config[p->b].timeout)
		p->open = lost_text(s, p->b);
}

static void compare_point(struct database *d, struct verdict *v, struct verdict_point *p, int force)
{
	p->note = "";
	p->open = NULL;
	if (v->m->quantile)
		pair_quantiles(d, v, p, force);
	else if (v->per)
		pair_ratios(v, p, force);
	else
		pair_values(d, v, p, force);
	if (!p->open)
		p->open = not_comparable(p->s, p->a, p->b);
	if (p->open)
		p->note = p->open;
}

static void emergent_points(struct database *d, struct verdict *v, struct dataset *s)
{
	const struct claim *c = v->claim;
	int force = c->margin.quantity != NULL;

	for (int b = 0; b < s->n_configs; b++) {
		if (strcmp(s->config[b].design, c->b) || !within_limits(c, &s->config[b]))
			continue;
		for (int a = 0; a < s->n_configs; a++) {
			if (strcmp(s->config[a].design, c->a) ||
			    !within_limits(c, &s->config[a]) ||
			    !configurations_match(&s->config[a], &s->config[b]))
				continue;
			compare_point(d, v, add_point(d, v, s, a, b), force);
		}
	}
}

/* Replications with a long tail: Student's interval and another that knows of it. */
static void note_skew(struct database *d, struct verdict *v, struct verdict_point *p)
{
	double lo, hi, student_lo, student_hi, by = 1;
	int student, other;

	if (p->open || v->m->quantile || v->per || p->p.n < FEWEST_PAIRS || !(p->p.sd > 0))
		return;
	paired_bootstrap_t(dataset_series(p->s, p->a, v->m), dataset_series(p->s, p->b, v->m),
			   p->s->replications, p->p.form, &lo, &hi);
	paired_interval(&p->p, 0.95, &student_lo, &student_hi);
	student = student_lo > p->margin ? 1 : student_hi < p->margin ? -1 : 0;
	other = lo > p->margin ? 1 : hi < p->margin ? -1 : 0;
	if (isnan(lo) || student == other)
		return;
	if (p->p.form == EFFECT_LN_RATIO) {
		lo = expm1(lo);
		hi = expm1(hi);
	} else if (v->relative) {
		by = p->p.mean_a;
	}
	p->note = text_of(d, "%s%sskewed: bootstrap-t disagrees on the margin, [%s, %s]", p->note,
			  *p->note ? "; " : "", v->relative ? format_share(d, lo / by) :
			  format_number(d, lo), v->relative ? format_share(d, hi / by) :
			  format_number(d, hi));
	v->n_skewed++;
}

static void finish_points(struct database *d, struct verdict *v)
{
	/* One form for the whole claim: shares, unless a baseline is 0. */
	v->relative = v->claim->margin.quantity == NULL;
	for (int i = 0; i < v->n_points; i++) {
		const struct paired *p = &v->point[i].p;

		if (p->n && p->form == EFFECT_DIFFERENCE && !(p->mean_a > 0))
			v->relative = 0;
	}
	v->unit = v->relative ? "%" : v->per ? text_of(d, "%s/%s", v->m->unit, v->per->unit) : v->m->unit;
	if (v->claim->margin.quantity && isnan(quantity_in(v->claim->margin.quantity, v->m->unit)))
		v->reason = "the margin's unit is not the metric's";
	for (int i = 0; i < v->n_points; i++) {
		struct verdict_point *p = &v->point[i];

		if (!v->relative && p->p.n && p->p.form == EFFECT_LN_RATIO)
			compare_point(d, v, p, 1);
		set_margin(v->claim, v->m, p);
		raw_p_value(v->claim, p);
		set_effect(v, p);
		note_skew(d, v, p);
	}
}

void make_emergent(struct database *d, struct verdict *v)
{
	const struct claim *c = v->claim;

	if (!c->a || !c->b) {
		v->reason = "the claim compares no two designs";
		return;
	}
	for (int i = 0; i < c->n_studies; i++) {
		struct dataset *s = dataset_load(d, c->study[i]);

		if (!c->scenario || !strcmp(c->scenario, s->name))
			emergent_points(d, v, s);
	}
	finish_points(d, v);
	if (!v->n_points)
		v->reason = text_of(d, "no point at which %s and %s both ran", c->a, c->b);
}
