/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Shares of the cost space, and which parameter flips a claim; see sensitivity.h. */
#include "analysis/sensitivity.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/compare.h"
#include "analysis/format.h"
#include "analysis/verdict_int.h"
#include "sim/base/hash.h"

#define PERMUTATIONS	1999
#define SEED		0x73656e7369746976u

/* --- does the claim hold here? ------------------------------------------------------ */
static int holds_beyond(const struct claim *c, double x, double margin_less, double margin_more)
{
	if (c->rule == RULE_GREATER)
		return x > margin_more;
	if (c->rule == RULE_LESS)
		return x < margin_less;
	return x > margin_less && x < margin_more;
}

/* 1, 0, or -1 without a pair. */
static int holds_at(const struct claim *c, const struct metric *m, double a, double b)
{
	double share = c->margin.share, size;

	if (isnan(a) || isnan(b))
		return -1;
	if (!c->margin.quantity && a > 0 && b > 0)
		return holds_beyond(c, b / a, 1 - share, 1 + share);
	size = share * fabs(a);
	if (c->margin.quantity)
		size = fmax(size, quantity_in(c->margin.quantity, m->unit));
	return holds_beyond(c, b - a, -size, size);
}

struct item { int64_t config; int holds; };	/* one sample of one point */

/* "unmap.length=512pages, vcpu.count=4": where the samples were taken. */
static const char *place_of(const struct dataset *set, int b)
{
	const struct configuration *k = &set->config[b];
	const char *text = "";

	for (int i = 0; i < k->n_axes; i++)
		if (!axis_absent(&k->axis[i]))
			text = text_of(set->d, "%s%s%s=%s", text, *text ? ", " : "",
				       k->axis[i].name, k->axis[i].value);
	return text;
}

static int add_pair(struct sensitivity *s, const struct verdict *v, int a, int b, struct item *item)
{
	double *x = dataset_series(s->s, a, v->m), *y = dataset_series(s->s, b, v->m);
	int n = 0;

	if (v->per) {
		const double *p = dataset_series(s->s, a, v->per), *q = dataset_series(s->s, b, v->per);

		for (int i = 0; i < s->s->replications; i++) {
			x[i] = p[i] > 0 ? x[i] / p[i] : NAN;
			y[i] = q[i] > 0 ? y[i] / q[i] : NAN;
		}
	}

	for (int i = 0; i < s->s->replications; i++) {
		int holds = holds_at(v->claim, v->m, x[i], y[i]);

		if (holds < 0) {
			s->lost++;
			continue;
		}
		item[n++] = (struct item){ dataset_config_id(s->s, b, i), holds };
		s->holds += holds;
	}
	return n;
}

static struct item *find_items(struct sensitivity *s, const struct verdict *v)
{
	struct dataset *set = s->s;
	const struct claim *c = v->claim;
	size_t room = (size_t)(set->n_configs * set->replications + 1);
	struct item *item = arena_alloc(&set->d->arena, room * sizeof(*item));

	for (int b = 0; b < set->n_configs; b++) {
		if (strcmp(set->config[b].design, c->b))
			continue;
		for (int a = 0; a < set->n_configs; a++) {
			if (!strcmp(set->config[a].design, c->a) &&
			    configurations_match(&set->config[a], &set->config[b])) {
				s->at = *s->at ? "several points" : place_of(set, b);
				s->n += add_pair(s, v, a, b, &item[s->n]);
				break;
			}
		}
	}
	return item;
}

/* --- parameters --------------------------------------------------------------------- */
/* "1234" (ps), "12.5" (%), "exp(20us)": the first time in it, in ps, or the number. */
static double parameter_number(const char *text)
{
	static const struct { const char *name; double ps; } unit[] = {
		{ "ps", 1 }, { "ns", 1e3 }, { "us", 1e6 }, { "ms", 1e9 }, { "s", 1e12 },
	};
	double first = NAN;

	for (const char *p = text; *p;) {
		char *end;
		double v = strtod(p, &end);

		if (end == p) {
			p++;
			continue;
		}
		for (size_t i = 0; i < sizeof(unit) / sizeof(unit[0]); i++)
			if (!strncmp(end, unit[i].name, strlen(unit[i].name)))
				return v * unit[i].ps;
		if (isnan(first))
			first = v;
		p = end;
	}
	return first;
}

struct parameters {
	int n;
	const char **path;
	double *value;		/* [parameter * items + item] */
};

static void read_values(struct dataset *s, int64_t config, struct parameters *p, int item, int items)
{
	sqlite3_stmt *q = database_query(s->d, "SELECT path, value FROM parameter WHERE config = ? "
					 "AND given_at = 'sample' ORDER BY path", "i", config);
	int at = 0;

	while (database_step(s->d, q)) {
		const char *path = (const char *)sqlite3_column_text(q, 0);

		while (at < p->n && strcmp(p->path[at], path))
			at++;
		if (at < p->n)
			p->value[at * items + item] =
				parameter_number((const char *)sqlite3_column_text(q, 1));
	}
	database_done(s->d, q);
}

/* Parameters of the first item; the others of a study have the same. */
static struct parameters read_parameters(struct dataset *s, const struct item *item, int n)
{
	struct database *d = s->d;
	struct parameters p = { 0 };
	int64_t count = database_integer(d, "SELECT count(*) FROM parameter WHERE config = ? AND "
					 "given_at = 'sample'", "i", item[0].config);
	sqlite3_stmt *q;

	p.path = arena_alloc(&d->arena, sizeof(*p.path) * (size_t)(count + 1));
	p.value = arena_alloc(&d->arena, sizeof(*p.value) * (size_t)(count * n + 1));
	q = database_query(d, "SELECT path FROM parameter WHERE config = ? AND given_at = 'sample' "
			   "ORDER BY path", "i", item[0].config);
	while (database_step(d, q))
		p.path[p.n++] = column_text(d, q, 0);
	database_done(d, q);
	for (int i = 0; i < p.n * n; i++)
		p.value[i] = NAN;
	for (int i = 0; i < n; i++)
		read_values(s, item[i].config, &p, i, n);
	return p;
}

struct ranked { double value; int item; };

static int by_value(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	if (x->value != y->value)
		return x->value < y->value ? -1 : 1;
	return x->item - y->item;
}

/* Ranks of @value, ties at their mean, centred and of unit length; 0 if constant. */
static void to_ranks(struct database *d, double *value, int n)
{
	struct ranked *r = arena_alloc(&d->arena, sizeof(*r) * (size_t)(n + 1));
	double square = 0;

	for (int i = 0; i < n; i++)
		r[i] = (struct ranked){ value[i], i };
	qsort(r, (size_t)n, sizeof(*r), by_value);
	for (int i = 0, k; i < n; i = k) {
		for (k = i + 1; k < n && r[k].value == r[i].value; k++)
			;
		for (int t = i; t < k; t++)
			value[r[t].item] = (i + k - 1) / 2.0 - (n - 1) / 2.0;
	}
	for (int i = 0; i < n; i++)
		square += value[i] * value[i];
	for (int i = 0; i < n; i++)
		value[i] = square > 0 ? value[i] / sqrt(square) : 0;
}

/* Correlation of unit ranks with a 0/1 vector of @ones ones. */
static double correlation(const double *rank, const int *holds, int n, int ones)
{
	double sum = 0, spread = sqrt((double)ones * (n - ones) / n);

	for (int i = 0; i < n; i++)
		sum += holds[i] ? rank[i] : 0;
	return sum / spread;
}

/* The largest |correlation|; *@at: of which parameter. */
static double strongest(const struct parameters *p, const int *holds, int n, int ones, int *at)
{
	double most = 0;

	for (int k = 0; k < p->n; k++) {
		double r = fabs(correlation(&p->value[k * n], holds, n, ones));

		if (r <= most)
			continue;
		most = r;
		*at = k;
	}
	return most;
}

/* Share of permutations of @holds whose strongest correlation reaches @found. */
static double permutation_p(const struct parameters *p, int *holds, int n, int ones, double found)
{
	uint64_t h = SEED;
	int reached = 0, unused;

	for (int round = 0; round < PERMUTATIONS; round++) {
		for (int i = n - 1; i > 0; i--) {
			int k, t = holds[i];

			h = hash_mix(h, (uint64_t)i);
			k = (int)(h % (uint64_t)(i + 1));
			holds[i] = holds[k];
			holds[k] = t;
		}
		reached += strongest(p, holds, n, ones, &unused) >= found - 1e-12;
	}
	return (reached + 1.0) / (PERMUTATIONS + 1);
}

/* --- how it splits --------------------------------------------------------------------- */
static const char *time_text(struct database *d, const char *unit, double v)
{
	struct scale s = scale_for("ns", v / 1000, v / 1000);

	if (strcmp(unit, "ps"))
		return text_of(d, "%s%s", format_number(d, v), unit);
	return text_of(d, "%s%s", format_number(d, v / 1000 / s.factor), s.unit);
}

/* The cut of the parameter's values that leaves fewest samples on the wrong side. */
static const char *split_text(struct sensitivity *s, const struct item *item, const double *value,
			      int n, const char *unit)
{
	struct database *d = s->s->d;
	struct ranked *r = arena_alloc(&d->arena, sizeof(*r) * (size_t)(n + 1));
	int below = 0, best = -1, least = n, below_best = 0;

	for (int i = 0; i < n; i++)
		r[i] = (struct ranked){ value[i], i };
	qsort(r, (size_t)n, sizeof(*r), by_value);
	for (int i = 0; i < n - 1; i++) {
		int wrong_low, wrong_high;

		below += item[r[i].item].holds;
		if (r[i].value == r[i + 1].value)
			continue;
		/* holds below the cut, or above it */
		wrong_low = i + 1 - below + (s->holds - below);
		wrong_high = below + (n - i - 1 - (s->holds - below));
		if (fmin(wrong_low, wrong_high) >= least)
			continue;
		least = (int)fmin(wrong_low, wrong_high);
		best = i;
		below_best = below;
	}
	if (best < 0)
		return "";
	return text_of(d, "holds in %d of %d samples below %s and in %d of %d above", below_best,
		       best + 1, time_text(d, unit, (r[best].value + r[best + 1].value) / 2),
		       s->holds - below_best, n - best - 1);
}

/* "costs.ipi_socket" of machine.costs.ipi_socket */
static const char *short_name(const char *path)
{
	const char *p = path + strlen(path);
	int dots = 0;

	while (p > path && (p[-1] != '.' || ++dots < 2))
		p--;
	return p;
}

static void explain(struct sensitivity *s, const struct item *item)
{
	struct database *d = s->s->d;
	struct parameters p = read_parameters(s->s, item, s->n), raw = p;
	int *holds = arena_alloc(&d->arena, sizeof(*holds) * (size_t)s->n), at = -1;
	size_t bytes = sizeof(*p.value) * (size_t)(p.n * s->n);
	const char *unit;
	double found;

	s->n_parameters = p.n;
	if (!p.n || !s->holds || s->holds == s->n)
		return;
	p.value = arena_alloc(&d->arena, bytes + 1);
	memcpy(p.value, raw.value, bytes);
	for (int k = 0; k < p.n; k++)
		to_ranks(d, &p.value[k * s->n], s->n);
	for (int i = 0; i < s->n; i++)
		holds[i] = item[i].holds;
	found = strongest(&p, holds, s->n, s->holds, &at);
	if (at < 0)
		return;
	s->parameter = p.path[at];
	s->correlation = correlation(&p.value[at * s->n], holds, s->n, s->holds);
	s->p = permutation_p(&p, holds, s->n, s->holds, found);
	unit = database_text(d, "SELECT unit FROM parameter WHERE config = ? AND path = ?", "is",
			     item[0].config, s->parameter);
	s->split = split_text(s, item, &raw.value[at * s->n], s->n, unit ? unit : "");
	if (s->p <= 0.05)
		s->name = short_name(s->parameter);
}

struct sensitivity *sensitivity_make(struct database *d, const struct verdict *v)
{
	const struct claim *c = v->claim;
	struct sensitivity *s;
	struct item *item;

	if (!c->sampled || !c->a || !c->b || !v->m)
		return NULL;
	s = arena_alloc(&d->arena, sizeof(*s));
	s->s = dataset_load(d, c->sampled);
	s->split = s->at = "";
	item = find_items(s, v);
	if (!s->n)
		return NULL;
	binomial_interval(s->holds, s->n, &s->lo, &s->hi);
	explain(s, item);
	return s;
}

const char *sensitivity_text(struct database *d, const struct sensitivity *s)
{
	const char *text = text_of(d, "holds in %d of %d samples of %d estimated parameters "
				   "(%.0f%% [%.0f%%, %.0f%%])", s->holds, s->n, s->n_parameters,
				   100.0 * s->holds / s->n, floor(100 * s->lo), ceil(100 * s->hi));

	if (*s->at)
		text = text_of(d, "at %s it %s", s->at, text);
	if (s->lost)
		text = text_of(d, "%s, %d without observation", text, s->lost);
	if (!s->parameter)
		return text;
	if (s->name)
		return text_of(d, "%s; explained best by %s (rank correlation %+.2f, p = %.3g): %s",
			       text, s->parameter, s->correlation, s->p, s->split);
	return text_of(d, "%s; no single parameter explains it (nearest: %s, p = %.2g)", text,
		       s->parameter, s->p);
}
