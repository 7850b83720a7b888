/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Verdicts of emergent claims, and the assembly of all; see verdict.h. */
#include "analysis/verdict.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/compare.h"
#include "analysis/format.h"
#include "analysis/sensitivity.h"
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

static struct verdict *make_one(struct database *d, const struct claim *c)
{
	struct verdict *v = arena_alloc(&d->arena, sizeof(*v));

	v->claim = c;
	v->nearest = -1;
	v->relative = 1;
	v->unit = "%";
	v->title = "";
	v->boundary = v->change = v->reason = v->depends_on = "";
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
	v->title = v->m ? v->m->title : "";
	if (c->per) {
		v->per = dataset_metric(d, c->per);
		v->title = text_of(d, "%s per %s", v->title, v->per ? v->per->title : c->per);
	}
	if (!v->m || (c->per && !v->per))
		v->reason = text_of(d, "no metric is called %s", v->m ? c->per : c->metric);
	else if (v->per && (c->rule == RULE_COUNT || v->m->quantile))
		v->reason = "per: goes with a mean and less, greater or equivalent";
	else if (c->rule == RULE_COUNT)
		make_count(d, v);
	else
		make_emergent(d, v);
	return v;
}

/*
 * Lower bounds in place of b are too small: the effect may be larger, not
 * smaller than it looks.  In place of a it is the other way round.
 */
static int spoilt_by_cuts(const struct claim *c, const struct verdict_point *p)
{
	double above = c->rule == RULE_EQUIVALENT ? p->margin_other : p->margin;

	if (!p->cut_a && !p->cut_b && !p->cut_both)
		return 0;
	if (p->cut_both || (p->cut_a && p->cut_b))
		return 1;
	return p->cut_b ? p->p.mean < above : p->p.mean > p->margin;
}

static enum answer answer_point(const struct claim *c, const struct verdict_point *p)
{
	if (isnan(p->adjusted_p) || p->adjusted_p > ALPHA || spoilt_by_cuts(c, p))
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
	int count[UNTESTABLE + 1] = { 0 }, judged = 0;

	for (int i = 0; i < v->n_points; i++) {
		struct verdict_point *p = &v->point[i];

		p->answer = answer_point(c, p);
		v->n_open += p->open != NULL;
		if (p->open)
			continue;
		count[p->answer]++;
		if (!judged++ || p->n < v->n)
			v->n = p->n;
		if (p->answer == UNDECIDED && p->p.n >= 2)
			p->needed = paired_needed(&p->p, p->margin, 1 - ALPHA);
		if (p->n && (v->nearest < 0 ||
			     distance(c, p) < distance(c, &v->point[v->nearest])))
			v->nearest = i;
	}
	if (!judged)
		v->answer = UNDECIDED;
	else if (count[SUPPORTED] == judged)
		v->answer = SUPPORTED;
	else if (count[REFUTED] == judged)
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
		if (!i || v->part[i]->n < v->n)
			v->n = v->part[i]->n;
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

/* What the points say, and then the cost space. */
static void conclude_points(struct database *d, struct verdict *v)
{
	combine_points(v);
	if (v->answer == DEPENDS) {
		v->boundary = boundary_text(d, v);
		v->depends_on = depends_text(d, v);
	}
	if (v->n_open) {
		int i = 0;

		while (!v->point[i].open)
			i++;
		v->reason = text_of(d, "%d of %d points are not comparable (%s: %s)", v->n_open,
				    v->n_points, point_axes(v, &v->point[i]), v->point[i].open);
	}
	v->sensitivity = sensitivity_make(d, v);
	if (v->sensitivity && ((v->answer == SUPPORTED && v->sensitivity->holds < v->sensitivity->n) ||
			       (v->answer == REFUTED && v->sensitivity->holds))) {
		v->boundary = text_of(d, "%s at the default costs, but not over their ranges",
				      answer_name(v->answer));
		v->answer = DEPENDS;
		v->depends_on = v->sensitivity->name ? v->sensitivity->name : "costs";
	}
}

static void conclude(struct database *d, struct verdict **v, int n)
{
	for (int i = 0; i < n; i++) {
		conclude(d, v[i]->part, v[i]->n_parts);
		if (is_tested(v[i])) {
			conclude_points(d, v[i]);
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

const char *verdict_word(struct database *d, const struct verdict *v)
{
	return v->answer == DEPENDS && *v->depends_on ?
	       text_of(d, "depends(%s)", v->depends_on) : answer_name(v->answer);
}

int verdict_differs(const struct verdict *v)
{
	int to_fail = v->claim->expected && !strcmp(v->claim->expected, "fails");
	/* A whole that follows from its parts differs where they do. */
	int own = !v->n_parts || v->claim->rule != RULE_NONE;
	int bad = own && v->answer == (to_fail ? HOLDS : FAILS);

	for (int i = 0; i < v->n_parts; i++)
		bad |= verdict_differs(v->part[i]);
	return bad;
}
