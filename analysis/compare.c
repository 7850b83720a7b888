/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cells and grids; see compare.h. */
#include "analysis/compare.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/format.h"
#include "analysis/quantile.h"

const char *not_comparable(struct dataset *s, int a, int b)
{
	const struct metric *m = s->comparable ? dataset_metric(s->d, s->comparable) : NULL;
	struct summary x, y;

	if (!s->comparable)
		return NULL;
	if (!m)
		return text_of(s->d, "not comparable: no metric is called %s", s->comparable);
	x = summarize(dataset_series(s, a, m), s->replications);
	y = summarize(dataset_series(s, b, m), s->replications);
	if (!x.n || !y.n)
		return text_of(s->d, "not comparable: no observation of %s", m->title);
	if (fabs(y.mean - x.mean) <= s->within * fabs(x.mean))
		return NULL;
	return text_of(s->d, "not comparable: %s %s of %s is %s that of %s", m->title,
		       format_number(s->d, y.mean), s->config[b].design,
		       x.mean != 0 ? format_share(s->d, y.mean / x.mean - 1) : "beyond",
		       s->config[a].design);
}

static void set_change(struct cell *c, const struct paired *p, int points)
{
	double lo, hi;

	c->pairs = p->n;
	c->correlation = p->correlation;
	c->variance_ratio = p->variance_ratio;
	c->identical = p->identical && p->n > 1;
	if (!p->n)
		return;
	paired_interval(p, 0.95, &lo, &hi);
	c->significant = !paired_not_significant(p);
	c->kind = CHANGE_RELATIVE;
	if (p->form == EFFECT_LN_RATIO) {
		c->change = expm1(p->mean);
		c->change_lo = expm1(lo);
		c->change_hi = expm1(hi);
		return;
	}
	c->change = p->mean;
	c->change_lo = lo;
	c->change_hi = hi;
	if (p->mean_a > 0 && !points) {
		c->change /= p->mean_a;
		c->change_lo /= p->mean_a;
		c->change_hi /= p->mean_a;
	} else {
		c->kind = CHANGE_ABSOLUTE;
	}
}

static void quantile_cell(struct dataset *s, const struct metric *m, int base,
			  struct cell *c)
{
	struct sample_set *b = quantile_load(s, c->config, m);
	struct sample_set *a = base >= 0 ? quantile_load(s, base, m) : NULL;
	struct quantile_estimate q;

	q = quantile_compare(s->d, a, b, s->replications, quantile_share(m->quantile));
	c->mean = q.value * bins_unit(m->unit);
	c->lo = q.lo * bins_unit(m->unit);
	c->hi = q.hi * bins_unit(m->unit);
	c->half = (c->hi - c->lo) / 2;
	c->pairs = q.pairs;
	if (!q.pairs || isnan(q.change))
		return;
	c->kind = CHANGE_RELATIVE;
	c->change = q.change;
	c->change_lo = q.change_lo;
	c->change_hi = q.change_hi;
	c->identical = q.identical && q.pairs > 1;
	c->significant = !isnan(q.change_lo) && (q.change_lo > 0 || q.change_hi < 0);
}

struct cell compare_cell(struct dataset *s, const struct metric *m, int config, int base)
{
	/* A share changes by points: per cent of per cent misleads. */
	int points = !strcmp(m->unit, "%");
	struct cell c = { .config = config, .mean = NAN, .half = NAN, .lo = NAN,
			  .hi = NAN, .change = NAN, .change_lo = NAN, .change_hi = NAN,
			  .correlation = NAN, .variance_ratio = NAN };
	struct summary own;
	struct paired p;
	double *x;

	if (config < 0)
		return c;
	c.early = s->config[config].oom + s->config[config].timeout;
	c.runs = s->config[config].usable + c.early;
	c.open = base >= 0 && not_comparable(s, base, config);
	x = dataset_series(s, config, m);
	own = summarize(x, s->replications);
	c.n = own.n;
	c.recorded = c.n ? c.n : (int)database_integer(s->d, "SELECT count(*) FROM run r "
		"JOIN metric m ON m.run = r.id WHERE r.config = ? AND m.metric = ? "
		"AND r.status IN ('ok', 'violation')", "ii", s->config[config].id, m->id);
	if (m->quantile) {
		quantile_cell(s, m, base, &c);
		return c;
	}
	c.mean = own.mean;
	c.half = own.half;
	c.lo = own.mean - own.half;
	c.hi = own.mean + own.half;
	if (base < 0)
		return c;
	p = paired_compare(dataset_series(s, base, m), x, s->replications, points);
	set_change(&c, &p, points);
	return c;
}

static void choose_rows(struct grid *g, int max_rows)
{
	int n = g->by < 0 ? 1 : g->l->axis[g->by].n_values;
	int shown = max_rows > 0 && max_rows < n ? max_rows : n;

	g->row = arena_alloc(&g->l->s->d->arena, (size_t)(n + 1) * sizeof(*g->row));
	for (int i = 0; i < shown; i++)
		g->row[i] = shown == 1 ? 0 : (i * (n - 1) + (shown - 1) / 2) / (shown - 1);
	g->n_rows = shown;
}

struct grid *grid_make(struct layout *l, const struct metric *m, int by, int max_rows)
{
	struct arena *arena = &l->s->d->arena;
	struct grid *g = arena_alloc(arena, sizeof(*g));
	int at[64];

	g->l = l;
	g->m = m;
	g->by = by;
	for (int i = 0; i < l->n_axes; i++)
		g->at[i] = l->axis[i].fixed;
	choose_rows(g, max_rows);
	g->cell = arena_alloc(arena, sizeof(*g->cell) * (size_t)(g->n_rows * l->n_series + 1));
	memcpy(at, g->at, sizeof(at));
	for (int r = 0; r < g->n_rows; r++) {
		int base;

		if (by >= 0)
			at[by] = g->row[r];
		base = layout_config(l, 0, at);
		for (int k = 0; k < l->n_series; k++)
			g->cell[r * l->n_series + k] =
				compare_cell(l->s, m, layout_config(l, k, at), base);
	}
	return g;
}

const struct cell *grid_cell(const struct grid *g, int row, int series)
{
	return &g->cell[row * g->l->n_series + series];
}

int grid_has_data(const struct grid *g)
{
	for (int i = 0; i < g->n_rows * g->l->n_series; i++) {
		if (!isnan(g->cell[i].mean))
			return 1;
	}
	return 0;
}

int grid_tells(const struct grid *g)
{
	for (int i = 0; i < g->n_rows * g->l->n_series; i++) {
		const struct cell *c = &g->cell[i];
		const struct cell *base = &g->cell[i - i % g->l->n_series];

		if (c->config >= 0 && (isnan(c->mean) != isnan(base->mean) ||
				       (c->pairs && !c->identical)) && c != base)
			return 1;
	}
	return 0;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double median(double *x, int n)
{
	if (!n)
		return NAN;
	qsort(x, (size_t)n, sizeof(*x), by_value);
	return n % 2 ? x[n / 2] : (x[n / 2 - 1] + x[n / 2]) / 2;
}

struct pairing pairing_benefit(struct layout *l, const struct metric *m)
{
	struct dataset *s = l->s;
	size_t size = sizeof(double) * (size_t)(s->n_configs + 1);
	double *r = arena_alloc(&s->d->arena, size), *v = arena_alloc(&s->d->arena, size);
	struct pairing out = { 0 };

	for (int i = 0; i < s->n_configs; i++) {
		int base = -1;
		struct paired p;

		if (!strcmp(s->config[i].design, l->series[0].design))
			continue;
		for (int k = 0; base < 0 && k < s->n_configs; k++) {
			if (!strcmp(s->config[k].design, l->series[0].design) &&
			    configurations_match(&s->config[k], &s->config[i]))
				base = k;
		}
		if (base < 0)
			continue;
		p = paired_compare(dataset_series(s, base, m), dataset_series(s, i, m),
				   s->replications, 0);
		if (p.n < 3 || isnan(p.correlation))
			continue;
		r[out.cells] = p.correlation;
		v[out.cells++] = p.variance_ratio;
	}
	out.correlation = median(r, out.cells);
	out.variance_ratio = median(v, out.cells);
	return out;
}
