/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Validation against published figures: each point of a file is a scenario with
 * a few settings, run in this process; derived values follow from the points.
 * A value that a run could not give is NAN, and NAN fails every check.
 */
#include <math.h>
#include <string.h>

#include "analysis/expr.h"
#include "models/world/world.h"
#include "sim/cli/load.h"
#include "sim/cli/published.h"
#include "sim/engine/stat.h"

enum { ARENA_CHUNK = 1 << 20 };

struct one {				/* file in progress */
	const struct validation *v;
	double *got;
	int n;				/* values known so far */
};

/* --- one point ------------------------------------------------------------------- */
static double quantile_of(const struct result *r, const struct study_metric *m, const char *label)
{
	struct histogram h = { 0 };
	double q = m->quantile / (m->quantile > 99 ? 1000.0 : 100.0), value = NAN;

	h.bin = mem_calloc(HIST_BINS, sizeof(*h.bin));
	for (uint32_t i = 0; h.bin && i < r->n_histogram; i++) {
		const struct histogram_row *row = &r->histogram[i];

		if (row->metric == m->metric && !strcmp(row->label, label) &&
		    !histogram_decode(&h, row->bins, row->len) && h.n)
			value = (double)histogram_quantile(&h, q) *
				(strcmp(metric_table[m->metric].unit, "ns") ? 1 : 1e-3);
	}
	mem_free(h.bin);
	return value;
}

static double value_of(const struct result *r, const struct validation_value *x)
{
	if (r->status != RUN_OK)	/* nor is what an unsafe run measures a figure */
		return NAN;
	if (x->metric.quantile)
		return quantile_of(r, &x->metric, x->label);
	for (uint32_t i = 0; i < r->n_metric; i++)
		if (r->metric[i].metric == x->metric.metric && !strcmp(r->metric[i].label, x->label))
			return r->metric[i].value;
	return NAN;
}

/* The mean over the replications. */
static double run_point(const struct study *s, const struct validation *v,
			const struct validation_value *x)
{
	struct world *w = world_new();
	struct arena arena;
	struct world_config cfg;
	double sum = 0;

	arena_init(&arena, ARENA_CHUNK);
	if (!w || conf_build(s, 0, &arena, &cfg))
		sum = NAN;
	for (int i = 0; i < v->replications && !isnan(sum); i++) {
		struct result r;

		result_init(&r);
		world_run(w, &cfg, (uint32_t)i + 1, &r);
		if (r.status != RUN_OK)
			fprintf(stderr, "%s: %s: %s: %s\n", v->id, x->name,
				run_status_name(r.status), r.reason ? r.reason : "");
		sum += value_of(&r, x);
		result_free(&r);
	}
	arena_free(&arena);
	world_free(w);
	return sum / v->replications;
}

static double measure(struct conf *c, const struct validation *v, const struct validation_value *x)
{
	struct conf_options o = { .set = x->set, .n_set = x->n_set, .designs = x->design, .seed = -1 };
	struct study *s = conf_scenario(c, v->scenario, &o);
	char why[256];

	if (!s || s->n_points != 1)
		return NAN;
	if (study_refused(s, why, sizeof(why)) >= 0) {
		fprintf(stderr, "%s: %s: %s\n", v->id, x->name, why);
		return NAN;
	}
	return run_point(s, v, x);
}

/* --- formulas --------------------------------------------------------------------- */
static double named(void *arg, const char *name)
{
	const struct one *f = arg;

	for (int i = 0; i < f->n; i++)
		if (!strcmp(f->v->value[i].name, name))
			return f->got[i];
	return NAN;
}

/* Least squares. */
static double fit(struct one *f, const struct validation_value *x)
{
	double n = x->n_fit, sx = 0, sy = 0, sxx = 0, sxy = 0, slope;

	for (int i = 0; i < x->n_fit; i++) {
		double y = named(f, x->fit_y[i]);

		sx += x->fit_x[i];
		sy += y;
		sxx += x->fit_x[i] * x->fit_x[i];
		sxy += x->fit_x[i] * y;
	}
	slope = (n * sxy - sx * sy) / (n * sxx - sx * sx);
	return x->fit_intercept ? (sy - slope * sx) / n : slope;
}

static double formula(struct one *f, const struct validation_value *x)
{
	struct expr_names names = { named, f };
	char why[160];
	double value = expr_value(x->formula, &names, why, sizeof(why));

	if (isnan(value))
		fprintf(stderr, "%s: %s: %s\n", f->v->id, x->name, why);
	return value;
}

/* --- files ---------------------------------------------------------------------------- */
static void add_row(struct check_list *l, const struct validation *v,
		    const struct validation_value *x, double got)
{
	char id[64];
	size_t n = l->n;

	if (!x->has_expected)
		return;
	snprintf(id, sizeof(id), "%s.%s", v->id, x->name);
	check_add(l, "published", id, (x->lo + x->hi) / 2, got, (x->hi - x->lo) / 2 + x->tolerance,
		  x->unit, v->source);
	if (l->n > n) {
		l->v[n].kind = x->kind;
		l->v[n].miss = x->miss;
	}
}

static int run_file(struct conf *c, const struct validation *v, struct check_list *l)
{
	struct one f = { v, mem_calloc((size_t)v->n_values, sizeof(double)), 0 };

	if (!f.got)
		return -1;
	for (; f.n < v->n_values; f.n++) {
		const struct validation_value *x = &v->value[f.n];

		f.got[f.n] = x->formula ? formula(&f, x) : x->n_fit ? fit(&f, x) : measure(c, v, x);
		add_row(l, v, x, f.got[f.n]);
	}
	mem_free(f.got);
	return 0;
}

/* Is @id in the comma-separated @ids (NULL: all are)? */
static int wanted(const char *ids, const char *id)
{
	size_t n = strlen(id);

	for (const char *p = ids; p; p = strchr(p, ',')) {
		p += *p == ',';
		if (!strncmp(p, id, n) && (!p[n] || p[n] == ','))
			return 1;
	}
	return !ids;
}

int published_run(const struct command *c, const char *ids, struct published *p,
		  struct check_list *l)
{
	char root[4096];
	struct conf_entry *e;
	int n, ran = 0;

	p->conf = conf_new(find_root(root, sizeof(root)));
	if (!p->conf)
		return out_of_memory(c);
	n = conf_list(p->conf, "validations", &e);
	for (int i = 0; i < n; i++) {
		const struct validation *v;

		if (!wanted(ids, e[i].name))
			continue;
		v = conf_validation(p->conf, e[i].file);
		ran++;
		if (v && run_file(p->conf, v, l))
			return out_of_memory(c);
	}
	if (conf_errors(p->conf)->n) {
		diag_print(conf_errors(p->conf), stderr);
		return EX_CONFIG;
	}
	if (!ran)
		return usage_error(c, "no file of scenarios/validation is named %s", ids ? ids : "");
	return EX_DONE;
}

void published_free(struct published *p)
{
	conf_free(p->conf);
	p->conf = NULL;
}
