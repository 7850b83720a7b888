/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Validation files: what somebody measured, and the runs that should give it.
 *
 *   id, source, statement
 *   scenario      NAME or FILE; or  world: a scenario's own keys, inline
 *   replications  of each point (3); their mean counts
 *   metric, label what a point is measured by (a point may say otherwise)
 *   points        [{name, set: {PATH: value}, design, metric, label,
 *                   expected, tolerance, kind, miss}]
 *   derived       [{name, value: FORMULA over names} or
 *                  {name, fit: {x: [1, 2, 4], y: [NAME, ...], take: slope}},
 *                  with expected, tolerance, unit, kind, miss]
 *
 * expected: a quantity in the metric's unit, or [low, high].  tolerance: a
 * share of it or a quantity.  kind: calibrated (the model's parameters were
 * chosen with this figure), predicted (they were not) or exact (arithmetic).
 * miss: why the model is known to miss it; the check then fails without failing
 * the suite, until it holds.  A value without expected only feeds formulas.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/conf/internal.h"

enum { DEFAULT_REPLICATIONS = 3, MAX_REPLICATIONS = 100, MAX_FIT = 64 };

struct validation_load {
	struct loader l;
	struct validation *v;
	struct validation_value *value;	/* of v, writable */
	const struct node *root;
};

static const char *text_at(struct validation_load *g, const struct node *map, const char *path,
			   const char *key, int required)
{
	const struct node *n = node_get(map, key);
	char full[128];

	if (!n && required)
		load_error(&g->l, map, path, NULL, "%s is missing", key);
	return n ? load_text(&g->l, n, load_join(full, sizeof(full), path, key)) : NULL;
}

/* --- quantities ------------------------------------------------------------------- */
/* A number of @unit ("ns", "%", anything else: no unit); 0, or -1 with an error. */
static int quantity(struct validation_load *g, const struct node *n, const char *path,
		    const char *unit, double *out)
{
	const char *text = n->kind == NODE_SCALAR ? n->text : "", *why = "is not a number";
	char *end;
	int64_t v;

	if (!strcmp(unit, "ns") && !parse_time(text, 0, &v, &why)) {
		*out = (double)v * 1e-3;
		return 0;
	}
	if (!strcmp(unit, "%") && !parse_percent(text, &v, &why)) {
		*out = (double)v * 1e-4;
		return 0;
	}
	if (strcmp(unit, "ns") && strcmp(unit, "%")) {
		*out = strtod(text, &end);
		if (*text && !*end && isfinite(*out))
			return 0;
	}
	load_error(&g->l, n, path, NULL, "'%s' %s (a quantity in %s is expected)", text, why,
		   *unit ? unit : "plain numbers");
	return -1;
}

static void read_tolerance(struct validation_load *g, const struct node *n, const char *path,
			   struct validation_value *v)
{
	const char *why;
	int64_t ppm;

	if (!n) {
		v->tolerance = 0;
	} else if (n->kind == NODE_SCALAR && !parse_percent(n->text, &ppm, &why)) {
		double middle = (fabs(v->lo) + fabs(v->hi)) / 2;

		v->tolerance = middle * (double)ppm / PPM_ONE;
	} else {
		quantity(g, n, path, v->unit, &v->tolerance);
	}
}

static void read_expected(struct validation_load *g, const struct node *item, const char *path,
			  struct validation_value *v)
{
	static const char *const kinds[] = { "calibrated", "predicted", "exact" };
	const struct node *n = node_get(item, "expected");
	int i;

	v->kind = text_at(g, item, path, "kind", n != NULL);
	v->miss = text_at(g, item, path, "miss", 0);
	for (i = 0; v->kind && i < 3; i++)
		if (!strcmp(v->kind, kinds[i]))
			break;
	if (i == 3)
		load_error(&g->l, node_get(item, "kind"), path, nearest_name(v->kind, kinds, 3),
			   "no kind of check is named '%s'", v->kind);
	if (!n)
		return;
	v->has_expected = 1;
	if (n->kind == NODE_LIST && n->n == 2) {
		quantity(g, n->item[0], path, v->unit, &v->lo);
		quantity(g, n->item[1], path, v->unit, &v->hi);
	} else {
		quantity(g, n, path, v->unit, &v->lo);
		v->hi = v->lo;
	}
	read_tolerance(g, node_get(item, "tolerance"), path, v);
}

/* --- points ------------------------------------------------------------------------ */
static void read_sets(struct validation_load *g, const struct node *map, const char *path,
		      struct validation_value *v)
{
	const char **set;
	int i;

	if (!map || !load_is_map(&g->l, map, path))
		return;
	set = conf_alloc(g->l.c, (size_t)(map->n + 1) * sizeof(*set));
	for (i = 0; i < map->n; i++) {
		const char *text = load_text(&g->l, map->entry[i].value, path);

		if (text)
			set[v->n_set++] = conf_printf(g->l.c, "%s=%s", map->entry[i].key, text);
	}
	v->set = set;
}

static void read_point(struct validation_load *g, const struct node *item, const char *path,
		       struct validation_value *v)
{
	static const char *const keys[] = { "name", "set", "design", "metric", "label", "expected",
					    "tolerance", "kind", "miss", NULL };
	const struct node *metric = node_get(item, "metric");
	const char *label = text_at(g, item, path, "label", 0);

	load_check_keys(&g->l, item, path, keys);
	v->name = text_at(g, item, path, "name", 1);
	v->design = text_at(g, item, path, "design", 0);
	read_sets(g, node_get(item, "set"), path, v);
	if (!metric)
		metric = node_get(g->root, "metric");
	if (!metric)
		load_error(&g->l, item, path, NULL, "metric is missing");
	else
		g->l.errors += conf_read_metric(g->l.c, metric, path, &v->metric) != 0;
	if (!label && !node_get(item, "metric"))	/* the file's is of the file's metric */
		label = text_at(g, g->root, "", "label", 0);
	v->label = label ? label : "";
	v->unit = v->metric.metric >= 0 ? metric_table[v->metric.metric].unit : "";
	read_expected(g, item, path, v);
}

/* --- formulas ------------------------------------------------------------------------ */
static int known_before(const struct validation_load *g, const struct validation_value *v,
			const char *name)
{
	const struct validation_value *x;

	for (x = g->value; x < v; x++)
		if (x->name && !strcmp(x->name, name))
			return 1;
	return 0;
}

static void read_fit(struct validation_load *g, const struct node *map, const char *path,
		     struct validation_value *v)
{
	static const char *const keys[] = { "x", "y", "take", NULL };
	static const char *const takes[] = { "slope", "intercept" };
	const struct node *x = node_get(map, "x"), *y = node_get(map, "y");
	const char *take = text_at(g, map, path, "take", 1), **names;
	double *at;
	int i;

	load_check_keys(&g->l, map, path, keys);
	if (!x || !y || x->kind != NODE_LIST || y->kind != NODE_LIST || x->n != y->n || x->n < 2 ||
	    x->n > MAX_FIT) {
		load_error(&g->l, map, path, NULL, "x and y: lists of one length, from 2 to %d", MAX_FIT);
		return;
	}
	names = conf_alloc(g->l.c, (size_t)x->n * sizeof(*names));
	at = conf_alloc(g->l.c, (size_t)x->n * sizeof(*at));
	for (i = 0; i < x->n; i++) {
		quantity(g, x->item[i], path, "", &at[i]);
		names[i] = load_text(&g->l, y->item[i], path);
		if (names[i] && !known_before(g, v, names[i]))
			load_error(&g->l, y->item[i], path, NULL, "no value before this is named '%s'",
				   names[i]);
	}
	if (take && strcmp(take, takes[0]) && strcmp(take, takes[1]))
		load_error(&g->l, node_get(map, "take"), path, nearest_name(take, takes, 2),
			   "slope or intercept is expected");
	v->fit_x = at;
	v->fit_y = names;
	v->n_fit = x->n;
	v->fit_intercept = take && !strcmp(take, takes[1]);
}

static void read_derived(struct validation_load *g, const struct node *item, const char *path,
			 struct validation_value *v)
{
	static const char *const keys[] = { "name", "value", "fit", "unit", "expected", "tolerance",
					    "kind", "miss", NULL };
	const struct node *fit = node_get(item, "fit");

	load_check_keys(&g->l, item, path, keys);
	v->name = text_at(g, item, path, "name", 1);
	v->unit = text_at(g, item, path, "unit", 0);
	if (!v->unit)
		v->unit = "";
	v->formula = text_at(g, item, path, "value", 0);
	if (!v->formula == !fit)
		load_error(&g->l, item, path, NULL, "one of value and fit is expected");
	if (fit && load_is_map(&g->l, fit, path))
		read_fit(g, fit, path, v);
	read_expected(g, item, path, v);
}

/* --- the file -------------------------------------------------------------------------- */
static void read_values(struct validation_load *g, const char *key,
			void (*read)(struct validation_load *g, const struct node *item,
				     const char *path, struct validation_value *v))
{
	const struct node *list = node_get(g->root, key);
	char path[64];
	int i;

	if (!list || !load_is_list(&g->l, list, key))
		return;
	for (i = 0; i < list->n; i++) {
		struct validation_value *v = &g->value[g->v->n_values++];

		load_join_index(path, sizeof(path), key, i);
		memset(v, 0, sizeof(*v));
		if (load_is_map(&g->l, list->item[i], path))
			read(g, list->item[i], path, v);
		if (v->name && known_before(g, v, v->name))
			load_error(&g->l, list->item[i], path, NULL, "'%s' a second time", v->name);
	}
}

static int count_of(const struct node *list)
{
	return list && list->kind == NODE_LIST ? list->n : 0;
}

static void read_validation(struct validation_load *g)
{
	static const char *const keys[] = { "id", "source", "statement", "scenario", "world", "metric",
					    "label", "replications", "points", "derived", NULL };
	const struct node *reps = node_get(g->root, "replications"), *world = node_get(g->root, "world");
	struct validation *v = g->v;
	const char *why = "";
	int64_t n = DEFAULT_REPLICATIONS;

	load_check_keys(&g->l, g->root, "", keys);
	v->id = text_at(g, g->root, "", "id", 1);
	v->source = text_at(g, g->root, "", "source", 1);
	v->statement = text_at(g, g->root, "", "statement", 1);
	v->scenario = text_at(g, g->root, "", "scenario", !world);
	if (!v->scenario)
		v->scenario = v->file;
	else if (world)
		load_error(&g->l, world, "world", NULL, "scenario and world are one too many");
	if (reps && (reps->kind != NODE_SCALAR || parse_int(reps->text, &n, &why) || n < 1 ||
		     n > MAX_REPLICATIONS))
		load_error(&g->l, reps, "replications", NULL, "a number from 1 to %d is expected",
			   MAX_REPLICATIONS);
	v->replications = (int)n;
	g->value = conf_alloc(g->l.c, sizeof(*g->value) *
			      (size_t)(count_of(node_get(g->root, "points")) +
				       count_of(node_get(g->root, "derived")) + 1));
	v->value = g->value;
	read_values(g, "points", read_point);
	read_values(g, "derived", read_derived);
	if (!v->n_values)
		load_error(&g->l, g->root, "points", NULL, "points is missing");
}

struct request {
	const char *file;
	struct validation *out;
};

static void do_validation(struct conf *c, void *arg)
{
	struct request *r = arg;
	struct validation_load g = { .l = { .c = c, .arena = &c->arena } };
	const char *file = conf_file_of(c, FILE_VALIDATION, r->file, NULL, "");
	struct source *s = file ? yaml_file(c, file) : NULL;

	if (!s || !s->root)
		return;
	g.v = conf_alloc(c, sizeof(*g.v));
	g.v->file = s->file;
	g.root = s->root;
	read_validation(&g);
	if (!g.l.errors && !c->used_broken)
		r->out = g.v;
}

/* Every point is loaded once, so that a misspelt path comes out now. */
static int points_load(struct conf *c, const struct validation *v)
{
	int i, bad = 0;

	for (i = 0; i < v->n_values; i++) {
		const struct validation_value *x = &v->value[i];
		struct conf_options o = { .set = x->set, .n_set = x->n_set, .designs = x->design,
					  .seed = -1 };
		struct study *s;

		if (x->formula || x->n_fit)
			continue;
		s = conf_scenario(c, v->scenario, &o);
		if (s && s->n_points != 1)
			conf_error_at(c, v->file, 0, 0, x->name, NULL,
				      "point '%s' is %d configurations, not one", x->name, s->n_points);
		bad |= !s || s->n_points != 1;
	}
	return bad;
}

struct validation *conf_validation(struct conf *c, const char *file)
{
	struct request r = { file, NULL };

	if (conf_try(c, do_validation, &r) || !r.out || points_load(c, r.out))
		return NULL;
	return r.out;
}
