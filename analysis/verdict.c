/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Verdicts of emergent claims, and the assembly of all; see verdict.h. */
#include "analysis/verdict.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/compare.h"
#include "analysis/format.h"
#include "analysis/verdict_int.h"

#define ALPHA		0.05

const char *answer_name(enum answer a)
{
	static const char *const name[] = {
		[UNDECIDED] = "undecided", [SUPPORTED] = "supported",
		[REFUTED] = "refuted", [DEPENDS] = "depends", [HOLDS] = "holds",
		[FAILS] = "fails", [UNTESTABLE] = "untestable",
	};

	return name[a];
}

int within_limits(const struct claim *c, const struct configuration *k)
{
	for (int i = 0; i < c->n_limits; i++) {
		const struct axis *a = configuration_axis(k, c->limit[i].path);
		int ok = axis_absent(a);

		for (int v = 0; !ok && v < c->limit[i].n; v++)
			ok = axis_is(a, c->limit[i].value[v]);
		if (!ok)
			return 0;
	}
	return 1;
}

struct verdict_point *add_point(struct database *d, struct verdict *v,
				struct dataset *s, int a, int b)
{
	struct verdict_point *p;

	if (!(v->n_points & (v->n_points - 1))) {	/* full at powers of two */
		size_t room = v->n_points ? 2 * (size_t)v->n_points : 1;
		struct verdict_point *more = arena_alloc(&d->arena, room * sizeof(*more));

		if (v->n_points)
			memcpy(more, v->point, sizeof(*more) * (size_t)v->n_points);
		v->point = more;
	}
	p = &v->point[v->n_points++];
	memset(p, 0, sizeof(*p));
	p->s = s;
	p->a = a;
	p->b = b;
	p->note = "";
	p->raw_p = p->adjusted_p = p->effect = p->lo = p->hi = NAN;
	return p;
}

/* "100ns" in the unit of the metric (ns), a bare number as it is; NAN if neither. */
static double quantity_in(const char *text, const char *unit)
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

	if (p->p.n < FEWEST_PAIRS || isnan(p->margin))
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

static void emergent_points(struct database *d, struct verdict *v, struct dataset *s)
{
	const struct claim *c = v->claim;
	int force = c->margin.quantity != NULL;

	for (int b = 0; b < s->n_configs; b++) {
		if (strcmp(s->config[b].design, c->b) || !within_limits(c, &s->config[b]))
			continue;
		for (int a = 0; a < s->n_configs; a++) {
			struct verdict_point *p;

			if (strcmp(s->config[a].design, c->a) ||
			    !within_limits(c, &s->config[a]) ||
			    !configurations_match(&s->config[a], &s->config[b]))
				continue;
			p = add_point(d, v, s, a, b);
			p->p = paired_compare(dataset_series(s, a, v->m),
					      dataset_series(s, b, v->m),
					      s->replications, force);
		}
	}
}

static void finish_points(struct verdict *v)
{
	/* One form for the whole claim: shares, unless a baseline is 0. */
	v->relative = v->claim->margin.quantity == NULL;
	for (int i = 0; i < v->n_points; i++) {
		const struct paired *p = &v->point[i].p;

		if (p->n && p->form == EFFECT_DIFFERENCE && !(p->mean_a > 0))
			v->relative = 0;
	}
	v->unit = v->relative ? "%" : v->m->unit;
	if (v->claim->margin.quantity && isnan(quantity_in(v->claim->margin.quantity, v->m->unit)))
		v->reason = "the margin's unit is not the metric's";
	for (int i = 0; i < v->n_points; i++) {
		struct verdict_point *p = &v->point[i];

		if (!v->relative && p->p.n && p->p.form == EFFECT_LN_RATIO)
			p->p = paired_compare(dataset_series(p->s, p->a, v->m),
					      dataset_series(p->s, p->b, v->m),
					      p->s->replications, 1);
		set_margin(v->claim, v->m, p);
		raw_p_value(v->claim, p);
		set_effect(v, p);
	}
}

static void make_emergent(struct database *d, struct verdict *v)
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
	finish_points(v);
	if (!v->n_points)
		v->reason = text_of(d, "no point at which %s and %s both ran", c->a, c->b);
}

static struct verdict *make_one(struct database *d, const struct claim *c)
{
	struct verdict *v = arena_alloc(&d->arena, sizeof(*v));

	v->claim = c;
	v->nearest = -1;
	v->relative = 1;
	v->unit = "%";
	v->boundary = v->change = v->reason = "";
	v->n_parts = c->n_parts;
	v->part = arena_alloc(&d->arena, sizeof(*v->part) * (size_t)(c->n_parts + 1));
	for (int i = 0; i < c->n_parts; i++)
		v->part[i] = make_one(d, c->part[i]);
	if (!strcmp(c->kind, "untestable")) {
		v->answer = UNTESTABLE;
		v->reason = c->reason ? c->reason : "";
		return v;
	}
	if (c->problem) {
		v->reason = c->problem;
		return v;
	}
	if (c->rule == RULE_VIOLATED || c->rule == RULE_HELD) {
		make_safety(d, v);
		return v;
	}
	if (c->n_parts && !c->metric)
		return v;		/* its parts say it all */
	if (!c->metric || c->rule == RULE_NONE) {
		v->reason = "no metric or no rule to judge by";
		return v;
	}
	v->m = dataset_metric(d, c->label ? text_of(d, "%s:%s", c->metric, c->label) : c->metric);
	if (!v->m)
		v->reason = text_of(d, "no metric is called %s", c->metric);
	else if (v->m->quantile)
		v->reason = "claims on quantiles are not judged in this version";
	else if (c->rule == RULE_COUNT)
		make_count(d, v);
	else
		make_emergent(d, v);
	return v;
}

static enum answer answer_point(const struct claim *c, const struct verdict_point *p)
{
	if (isnan(p->adjusted_p) || p->adjusted_p > ALPHA)
		return UNDECIDED;
	if (c->rule == RULE_LESS)
		return p->p.mean < p->margin ? SUPPORTED : REFUTED;
	if (c->rule == RULE_GREATER)
		return p->p.mean > p->margin ? SUPPORTED : REFUTED;
	return p->p.mean > p->margin && p->p.mean < p->margin_other ? SUPPORTED : REFUTED;
}

/* Distance to the margin, in multiples of the standard error if there is one. */
static double distance(const struct claim *c, const struct verdict_point *p)
{
	double x = fabs(p->p.mean - p->margin);

	if (c->rule == RULE_EQUIVALENT)
		x = fmin(x, fabs(p->p.mean - p->margin_other));
	return x;
}

static void combine_points(struct verdict *v)
{
	const struct claim *c = v->claim;
	int count[UNTESTABLE + 1] = { 0 };

	for (int i = 0; i < v->n_points; i++) {
		struct verdict_point *p = &v->point[i];

		p->answer = answer_point(c, p);
		count[p->answer]++;
		if (!i || p->n < v->n)
			v->n = p->n;
		if (p->answer == UNDECIDED && p->p.n >= 2)
			p->needed = paired_needed(&p->p, p->margin, 1 - ALPHA);
		if (p->n && (v->nearest < 0 ||
			     distance(c, p) < distance(c, &v->point[v->nearest])))
			v->nearest = i;
	}
	if (!v->n_points)
		v->answer = UNDECIDED;
	else if (count[SUPPORTED] == v->n_points)
		v->answer = SUPPORTED;
	else if (count[REFUTED] == v->n_points)
		v->answer = REFUTED;
	else if (count[SUPPORTED] && count[REFUTED])
		v->answer = DEPENDS;
}

/* The words of kinds that are not emergent. */
static void rename_answer(struct verdict *v)
{
	if (claim_is_emergent(v->claim))
		return;
	if (v->answer == SUPPORTED)
		v->answer = HOLDS;
	else if (v->answer == REFUTED || v->answer == DEPENDS)
		v->answer = FAILS;
}

/* "slow" of S1.4/slow */
static const char *part_name(const struct claim *c)
{
	const char *slash = strrchr(c->id, '/');

	return slash ? slash + 1 : c->id;
}

/* The whole of a claim that has parts and no rule of its own. */
static void combine_parts(struct database *d, struct verdict *v)
{
	int good = 0, bad = 0, mixed = 0;

	for (int i = 0; i < v->n_parts; i++) {
		enum answer a = v->part[i]->answer;

		good += a == SUPPORTED || a == HOLDS;
		bad += a == REFUTED || a == FAILS;
		mixed += a == DEPENDS;
	}
	if (good == v->n_parts)
		v->answer = SUPPORTED;
	else if (bad == v->n_parts)
		v->answer = REFUTED;
	else if (mixed || (good && bad))
		v->answer = DEPENDS;
	else
		v->answer = UNDECIDED;
	if (v->answer == DEPENDS)
		for (int i = 0; i < v->n_parts; i++)
			v->boundary = text_of(d, "%s%s%s %s", v->boundary, i ? ", " : "",
					      part_name(v->part[i]->claim),
					      answer_name(v->part[i]->answer));
}

static int is_tested(const struct verdict *v)
{
	return v->m && v->claim->rule != RULE_COUNT && v->n_points;
}

/* Walk verdicts and parts; fill (or fetch) the points' p values in order. */
static int family(struct verdict **v, int n, double *p, const double *adjusted, int at)
{
	for (int i = 0; i < n; i++) {
		at = family(v[i]->part, v[i]->n_parts, p, adjusted, at);
		for (int k = 0; is_tested(v[i]) && k < v[i]->n_points; k++, at++) {
			if (adjusted)
				v[i]->point[k].adjusted_p = adjusted[at];
			else if (p)
				p[at] = v[i]->point[k].raw_p;
		}
	}
	return at;
}

static void conclude(struct database *d, struct verdict **v, int n)
{
	for (int i = 0; i < n; i++) {
		conclude(d, v[i]->part, v[i]->n_parts);
		if (is_tested(v[i])) {
			combine_points(v[i]);
			if (v[i]->answer == DEPENDS)
				v[i]->boundary = boundary_text(d, v[i]);
			rename_answer(v[i]);
		} else if (v[i]->n_parts && !v[i]->claim->metric && !v[i]->claim->problem) {
			combine_parts(d, v[i]);
			rename_answer(v[i]);
		}
		v[i]->change = change_text(d, v[i]);
	}
}

struct verdict **verdicts_make(struct database *d, struct claim **c, int n)
{
	struct verdict **v = arena_alloc(&d->arena, sizeof(*v) * (size_t)(n + 1));
	double *p, *adjusted;
	int tests;

	for (int i = 0; i < n; i++)
		v[i] = make_one(d, c[i]);
	tests = family(v, n, NULL, NULL, 0);
	p = arena_alloc(&d->arena, sizeof(*p) * (size_t)(tests + 1));
	adjusted = arena_alloc(&d->arena, sizeof(*p) * (size_t)(tests + 1));
	family(v, n, p, NULL, 0);
	holm_adjust(p, tests, adjusted);
	family(v, n, p, adjusted, 0);
	conclude(d, v, n);
	return v;
}

int verdict_differs(const struct verdict *v)
{
	int bad = v->answer == FAILS;

	for (int i = 0; i < v->n_parts; i++)
		bad |= verdict_differs(v->part[i]);
	return bad;
}
