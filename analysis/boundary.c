/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where a verdict flips, and what would change it.
 *
 * The points of a claim lie on a grid of axes, the scenario being one of them.
 * For each axis the points are cut into lines (all other axes equal) and the
 * flips between neighbours that are decided are found.  The boundary is told
 * along each axis that has one, with the number of lines on which it flips.
 *
 * Left out: boundaries that follow no axis (a flip at constant product of two);
 * they are told as ranges of each axis.
 */
#include <math.h>
#include <string.h>

#include "analysis/compare.h"
#include "analysis/format.h"
#include "analysis/verdict_int.h"

#define SCENARIO	"scenario"

/* The axis of a point by path: that of b, else of a. */
static const struct axis *point_axis(const struct verdict_point *p, const char *path)
{
	const struct axis *a = configuration_axis(&p->s->config[p->b], path);

	if (axis_absent(a) && p->a >= 0)
		a = configuration_axis(&p->s->config[p->a], path);
	return axis_absent(a) ? NULL : a;
}

static int agree_on(const struct verdict_point *x, const struct verdict_point *y,
		    const char *path)
{
	const struct axis *a, *b;

	if (!strcmp(path, SCENARIO))
		return x->s == y->s;
	a = point_axis(x, path);
	b = point_axis(y, path);
	return (!a && !b) || (a && b && axis_same(a, b));
}

struct axes { int n; const char *path[66]; };

static void collect(struct axes *x, const struct configuration *c)
{
	for (int i = 0; i < c->n_axes; i++) {
		int known = axis_absent(&c->axis[i]);

		for (int k = 0; k < x->n; k++)
			known |= !strcmp(x->path[k], c->axis[i].path);
		if (!known && x->n < 65)
			x->path[x->n++] = c->axis[i].path;
	}
}

static struct axes axes_of(const struct verdict *v)
{
	struct axes x = { 0 };

	for (int i = 0; i < v->n_points; i++) {
		const struct verdict_point *p = &v->point[i];

		collect(&x, &p->s->config[p->b]);
		if (p->a >= 0)
			collect(&x, &p->s->config[p->a]);
	}
	x.path[x.n++] = SCENARIO;
	return x;
}

const char *point_axes(const struct verdict *v, const struct verdict_point *p)
{
	struct database *d = p->s->d;
	struct axes x = axes_of(v);
	const char *text = "";
	int several = 0;

	for (int i = 0; i < v->n_points; i++)
		several |= v->point[i].s != p->s;
	if (several)
		text = text_of(d, "%s", p->s->name);
	for (int i = 0; i < x.n; i++) {
		const struct axis *a = strcmp(x.path[i], SCENARIO) ?
				       point_axis(p, x.path[i]) : NULL;

		if (a)
			text = text_of(d, "%s%s%s=%s", text, *text ? ", " : "", a->name, a->value);
	}
	return *text ? text : p->s->name;
}

static int decided(const struct verdict_point *p)
{
	return p->answer == SUPPORTED || p->answer == REFUTED;
}

static int ordinal_on(const struct verdict_point *p, const char *path)
{
	const struct axis *a = strcmp(path, SCENARIO) ? point_axis(p, path) : NULL;

	return a ? a->ordinal : 0;
}

/* The next decided point after @i on its line along @path, or -1. */
static int next_on_line(const struct verdict *v, const struct axes *x, int i,
			const char *path)
{
	int best = -1;

	for (int k = 0; k < v->n_points; k++) {
		int same = decided(&v->point[k]);
		int here = ordinal_on(&v->point[k], path);

		if (k == i || here <= ordinal_on(&v->point[i], path))
			continue;
		for (int a = 0; same && a < x->n; a++)
			same = !strcmp(x->path[a], path) ||
			       agree_on(&v->point[i], &v->point[k], x->path[a]);
		if (same && (best < 0 || here < ordinal_on(&v->point[best], path)))
			best = k;
	}
	return best;
}

struct flips {
	int n;			/* neighbours that differ */
	int same_way;		/* all from the same answer to the other */
	int first_from, first_to;	/* points: lowest and highest place */
	int last_from, last_to;
};

static struct flips flips_along(const struct verdict *v, const struct axes *x,
				const char *path)
{
	struct flips f = { .same_way = 1 };

	for (int i = 0; i < v->n_points; i++) {
		int k;

		if (!decided(&v->point[i]))
			continue;
		k = next_on_line(v, x, i, path);
		if (k < 0 || v->point[k].answer == v->point[i].answer)
			continue;
		if (!f.n++) {
			f.first_from = f.last_from = i;
			f.first_to = f.last_to = k;
			continue;
		}
		f.same_way &= v->point[i].answer == v->point[f.first_from].answer;
		if (ordinal_on(&v->point[i], path) < ordinal_on(&v->point[f.first_from], path)) {
			f.first_from = i;
			f.first_to = k;
		}
		if (ordinal_on(&v->point[k], path) > ordinal_on(&v->point[f.last_to], path)) {
			f.last_from = i;
			f.last_to = k;
		}
	}
	return f;
}

static const char *tell_flips(struct database *d, const struct verdict *v,
			      const struct flips *f, const char *path)
{
	const struct verdict_point *from = &v->point[f->first_from], *to = &v->point[f->first_to];
	const struct verdict_point *last = &v->point[f->last_to];
	const struct axis *a = point_axis(from, path), *b = point_axis(to, path);
	const char *lines = f->n == 1 ? "" : text_of(d, " (at %d settings of the others)", f->n);

	if (!f->same_way)
		return text_of(d, "along %s it flips both ways%s", a->name, lines);
	if (ordinal_on(last, path) == ordinal_on(to, path))
		return text_of(d, "along %s %s up to %s, %s from %s on%s", a->name,
			       answer_name(from->answer), a->value, answer_name(to->answer),
			       b->value, lines);
	return text_of(d, "along %s %s up to %s, %s from %s on, between them it depends on the "
		       "other axes%s", a->name, answer_name(from->answer), a->value,
		       answer_name(to->answer), point_axis(last, path)->value, lines);
}

/* "supported in range-madvise, refuted in range-munmap" if nothing else decides. */
static const char *tell_scenarios(struct database *d, const struct verdict *v)
{
	const char *text = "";

	for (int i = 0; i < v->n_points; i++) {
		int first = 1;

		for (int k = 0; k < v->n_points; k++) {
			if (v->point[k].s != v->point[i].s)
				continue;
			first &= k >= i;
			if (v->point[k].answer != v->point[i].answer)
				return NULL;
		}
		if (first)
			text = text_of(d, "%s%s%s in %s", text, *text ? ", " : "",
				       answer_name(v->point[i].answer), v->point[i].s->name);
	}
	return text;
}

/* Do points with one value of @path have one answer, whatever else they have? */
static int decides_alone(const struct verdict *v, const char *path)
{
	for (int i = 0; i < v->n_points; i++) {
		for (int k = 0; k < i; k++) {
			if (decided(&v->point[i]) && decided(&v->point[k]) &&
			    agree_on(&v->point[i], &v->point[k], path) &&
			    v->point[i].answer != v->point[k].answer)
				return 0;
		}
	}
	return 1;
}

const char *boundary_text(struct database *d, const struct verdict *v)
{
	struct axes x = axes_of(v);
	const char *text = tell_scenarios(d, v);
	int supported = 0, refuted = 0;

	if (text)
		return text;
	for (int i = 0; i < v->n_points; i++) {
		supported += v->point[i].answer == SUPPORTED;
		refuted += v->point[i].answer == REFUTED;
	}
	text = text_of(d, "%d of %d points support, %d refute", supported, v->n_points, refuted);
	for (int i = 0; i < x.n; i++) {
		struct flips f = flips_along(v, &x, x.path[i]);

		if (f.n && strcmp(x.path[i], SCENARIO))
			text = text_of(d, "%s; %s", text, tell_flips(d, v, &f, x.path[i]));
	}
	return text;
}

const char *effect_text(struct database *d, const struct verdict *v,
			const struct verdict_point *p)
{
	struct scale s = scale_for(v->unit, fabs(p->effect), fabs(p->effect));

	if (isnan(p->effect))
		return "-";
	if (v->relative)
		return isnan(p->lo) ? format_share(d, p->effect) :
		       text_of(d, "%s [%s, %s]", format_share(d, p->effect),
			       format_share(d, p->lo), format_share(d, p->hi));
	return text_of(d, "%s [%s, %s] %s", format_number(d, p->effect / s.factor),
		       format_number(d, p->lo / s.factor), format_number(d, p->hi / s.factor),
		       s.unit);
}

const char *margin_text(struct database *d, const struct claim *c)
{
	const char *m = c->margin_text ? c->margin_text : "0";

	if (c->rule == RULE_EQUIVALENT)
		return text_of(d, "+-%s", m);
	return text_of(d, "%s%s", !strcmp(m, "0") || !strncmp(m, "max", 3) ? "" :
		       c->rule == RULE_LESS ? "-" : "+", m);
}

static const char *undecided_text(struct database *d, const struct verdict *v)
{
	int open = 0, needed = 0;

	if (v->n < FEWEST_PAIRS)
		return text_of(d, "at least %d replications (--reps %d); there are %d",
			       FEWEST_PAIRS, FEWEST_PAIRS, v->n);
	for (int i = 0; i < v->n_points; i++) {
		open += v->point[i].answer == UNDECIDED;
		if (v->point[i].needed > needed)
			needed = v->point[i].needed;
	}
	if (!open)
		return "";
	if (needed <= v->n)
		return text_of(d, "%d of %d points are open only for Holm's adjustment over "
			       "all claims of this report; judge fewer claims or add replications",
			       open, v->n_points);
	return text_of(d, "%d of %d points are open; %s%d replications would settle the "
		       "hardest at its present mean", open, v->n_points,
		       needed >= 1000000 ? "more than " : "about ", needed);
}

const char *change_text(struct database *d, const struct verdict *v)
{
	const struct verdict_point *p;

	if (v->answer == UNTESTABLE || v->nearest < 0 || v->claim->rule == RULE_COUNT ||
	    !v->m)
		return "";
	if (v->answer == UNDECIDED)
		return undecided_text(d, v);
	p = &v->point[v->nearest];
	return text_of(d, "nearest to the margin (%s) is %s: %s", margin_text(d, v->claim),
		       point_axes(v, p), effect_text(d, v, p));
}

/* Scenarios that flip: what they differ in, if it is one thing. */
static const char *scenario_word(const struct verdict *v)
{
	int kernels = 0, machines = 0;

	for (int i = 1; i < v->n_points; i++) {
		const struct dataset *a = v->point[0].s, *b = v->point[i].s;

		kernels |= a->kernel && b->kernel && strcmp(a->kernel, b->kernel);
		machines |= a->machine && b->machine && strcmp(a->machine, b->machine);
	}
	return kernels && !machines ? "kernel" : machines && !kernels ? "machine" : SCENARIO;
}

const char *depends_text(struct database *d, const struct verdict *v)
{
	struct axes x = axes_of(v);
	const char *text = "";
	int n = 0;

	for (int i = x.n - 1; i >= 0; i--) {	/* the scenario first */
		int scenario = !strcmp(x.path[i], SCENARIO);
		const struct axis *a = NULL;

		for (int k = 0; k < v->n_points && !a && !scenario; k++)
			a = point_axis(&v->point[k], x.path[i]);
		if (decides_alone(v, x.path[i]))
			return scenario ? scenario_word(v) : a ? a->name : "";
		if (scenario || !a || !flips_along(v, &x, x.path[i]).n)
			continue;
		text = text_of(d, "%s%s%s", text, n++ ? ", " : "", a->name);
	}
	return text;
}
