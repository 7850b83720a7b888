/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Claims that hold or fail: counts against an expression over the point's
 * axes, and invariants.  A safety claim "held" says no more than "none in so
 * many exposures"; the number is printed with it.
 */
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/compare.h"
#include "analysis/expr.h"
#include "analysis/format.h"
#include "analysis/verdict_int.h"

#define PAGE_BYTES	4096

struct point_names {
	struct database *d;
	const struct claim *c;
	const struct configuration *k;
	double a;		/* value of design a, NAN if there is none */
};

/* A size counts in pages: that is how the claims count. */
static double in_pages(double v, const char *unit)
{
	return !strcmp(unit, "B") ? v / PAGE_BYTES : v;
}

static double parameter_value(const struct point_names *n, const char *path)
{
	sqlite3_stmt *q = database_query(n->d, "SELECT value, unit FROM parameter "
		"WHERE config = ?1 AND (path = ?2 OR substr(path, -length(?2) - 1) = '.' || ?2) "
		"ORDER BY length(path) LIMIT 1", "is", n->k->id, path);
	double v = NAN;

	if (database_step(n->d, q)) {
		const char *text = column_text(n->d, q, 0);
		char *end;

		v = strtod(text, &end);
		if (end == text)
			v = NAN;
		else if (strncmp(end, "page", 4))
			v = in_pages(v, column_text(n->d, q, 1));
	}
	database_done(n->d, q);
	return v;
}

static double name_value(void *arg, const char *name)
{
	const struct point_names *n = arg;
	const char *path = name;
	const struct axis *a;

	for (int i = 0; i < n->c->n_bindings; i++) {
		if (!strcmp(n->c->binding[i].name, name))
			path = n->c->binding[i].path;
	}
	if (path == name && !strcmp(name, "a") && !isnan(n->a))
		return n->a;
	a = configuration_axis(n->k, path);
	if (axis_absent(a))
		return parameter_value(n, path);
	return isnan(a->number) ? strtod(a->value, NULL) : in_pages(a->number, a->unit);
}

static int relation_holds(const char *relation, double got, double wanted)
{
	double slack = 1e-9 * fmax(1, fabs(wanted));

	if (!strcmp(relation, "eq"))
		return fabs(got - wanted) <= slack;
	if (!strcmp(relation, "le"))
		return got <= wanted + slack;
	return got >= wanted - slack;
}

static const double *series_of_a(struct verdict *v, struct dataset *s, int b)
{
	const struct claim *c = v->claim;

	for (int a = 0; c->a && a < s->n_configs; a++) {
		if (!strcmp(s->config[a].design, c->a) &&
		    configurations_match(&s->config[a], &s->config[b]))
			return dataset_series(s, a, v->m);
	}
	return NULL;
}

static void count_point(struct database *d, struct verdict *v, struct dataset *s, int b)
{
	const struct claim *c = v->claim;
	struct verdict_point *p = add_point(d, v, s, -1, b);
	const double *a = series_of_a(v, s, b), *x = dataset_series(s, b, v->m);
	struct point_names names = { .d = d, .c = c, .k = &s->config[b], .a = NAN };
	const struct expr_names lookup = { name_value, &names };
	struct summary sum = summarize(x, s->replications);
	char why[200];

	p->n = sum.n;
	p->effect = sum.mean;
	p->answer = sum.n ? HOLDS : UNDECIDED;
	p->note = sum.n ? "" : "no observation";
	for (int i = 0; i < s->replications; i++) {
		double wanted;

		if (isnan(x[i]))
			continue;
		names.a = a ? a[i] : NAN;
		p->lo = isnan(p->lo) ? x[i] : fmin(p->lo, x[i]);
		p->hi = isnan(p->hi) ? x[i] : fmax(p->hi, x[i]);
		wanted = expr_value(c->expression, &lookup, why, sizeof(why));
		if (isnan(wanted)) {
			p->answer = UNDECIDED;
			p->note = text_of(d, "%s: %s", c->expression, why);
			return;
		}
		if (p->answer == HOLDS && !relation_holds(c->relation, x[i], wanted)) {
			p->answer = FAILS;
			p->note = text_of(d, "%s %s in replication %d, claimed %s %s = %s",
					  format_number(d, x[i]), v->m->unit, i + 1,
					  !strcmp(c->relation, "eq") ? "exactly" :
					  !strcmp(c->relation, "le") ? "at most" : "at least",
					  c->expression, format_number(d, wanted));
		}
	}
}

static void combine(struct database *d, struct verdict *v)
{
	int failing = 0, open = 0;

	for (int i = 0; i < v->n_points; i++) {
		struct verdict_point *p = &v->point[i];

		/* One counter-example suffices; agreement needs some runs. */
		if (p->answer == HOLDS && p->n < FEWEST_PAIRS) {
			p->answer = UNDECIDED;
			p->note = text_of(d, "%d replications, %d are needed", p->n, FEWEST_PAIRS);
		}
		if (!i || p->n < v->n)
			v->n = p->n;
		if (p->answer == FAILS && !failing++) {
			v->nearest = i;
			v->reason = text_of(d, "%s: %s", point_axes(v, p), p->note);
		} else if (p->answer == UNDECIDED && !open++ && !failing) {
			v->reason = text_of(d, "%s: %s", point_axes(v, p), p->note);
		}
	}
	if (failing)
		v->answer = FAILS;
	else
		v->answer = v->n_points && !open ? HOLDS : UNDECIDED;
	if (failing > 1)
		v->reason = text_of(d, "%s (and %d more of %d points)", v->reason, failing - 1,
				    v->n_points);
	if (v->answer == FAILS && claim_is_emergent(v->claim))
		v->answer = REFUTED;
	else if (v->answer == HOLDS && claim_is_emergent(v->claim))
		v->answer = SUPPORTED;
}

void make_count(struct database *d, struct verdict *v)
{
	const struct claim *c = v->claim;

	v->unit = v->m->unit;
	v->relative = 0;
	if (!c->expression || !c->b) {
		v->reason = "a count needs a design and one of eq, le, ge";
		return;
	}
	for (int i = 0; i < c->n_studies; i++) {
		struct dataset *s = dataset_load(d, c->study[i]);

		for (int b = 0; b < s->n_configs; b++) {
			if (!strcmp(s->config[b].design, c->b) &&
			    within_limits(c, &s->config[b]) &&
			    (!c->scenario || !strcmp(c->scenario, s->name)))
				count_point(d, v, s, b);
		}
	}
	if (!v->n_points)
		v->reason = text_of(d, "no point at which %s ran", c->b);
	else
		combine(d, v);
}

/* The exposures of the point. */
static long long safety_point(struct database *d, struct verdict *v, struct dataset *s, int b)
{
	static const char sql[] =
		"SELECT count(*), coalesce(sum(v.count), 0), coalesce(sum(v.operations), 0), "
		"coalesce(sum(v.count > 0), 0) FROM run r JOIN violation_count v ON v.run = r.id "
		"WHERE r.config = ? AND v.invariant = ? AND r.status IN ('ok', 'violation')";
	const struct claim *c = v->claim;
	struct verdict_point *p = add_point(d, v, s, -1, b);
	sqlite3_stmt *q = database_query(d, sql, "is", s->config[b].id, c->invariant);
	long long violations, exposures;

	database_step(d, q);
	p->n = sqlite3_column_int(q, 0);
	violations = sqlite3_column_int64(q, 1);
	exposures = sqlite3_column_int64(q, 2);
	database_done(d, q);
	p->effect = p->lo = p->hi = (double)violations;
	p->note = text_of(d, "%lld violations of %s in %lld exposures, %d runs", violations,
			  c->invariant, exposures, p->n);
	if (!p->n || (!exposures && !violations)) {
		p->answer = UNDECIDED;
		p->note = text_of(d, "%s was never put to the test", c->invariant);
	} else {
		p->answer = (violations > 0) == (c->rule == RULE_VIOLATED) ? HOLDS : FAILS;
	}
	return exposures;
}

void make_safety(struct database *d, struct verdict *v)
{
	const struct claim *c = v->claim;
	long long exposures = 0;

	v->unit = "violations";
	v->relative = 0;
	if (!c->invariant || !c->b) {
		v->reason = "a safety claim needs a design and an invariant";
		return;
	}
	for (int i = 0; i < c->n_studies; i++) {
		struct dataset *s = dataset_load(d, c->study[i]);

		for (int b = 0; b < s->n_configs; b++) {
			if (!strcmp(s->config[b].design, c->b) &&
			    within_limits(c, &s->config[b]) &&
			    (!c->scenario || !strcmp(c->scenario, s->name)))
				exposures += safety_point(d, v, s, b);
		}
	}
	if (!v->n_points) {
		v->reason = text_of(d, "no point at which %s ran", c->b);
		return;
	}
	combine(d, v);
	if (v->answer == HOLDS && c->rule == RULE_HELD) {
		double lo, hi;

		binomial_interval(0, exposures < INT_MAX ? (int)exposures : INT_MAX, &lo, &hi);
		v->reason = text_of(d, "not found in %lld exposures (95%%: at most %.2g of them): no "
				    "proof of absence", exposures, hi);
	}
}
