/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reading the sweep of a scenario: axes with their values.
 *
 *   sweep:   {PATH: [value ...]}                      cross product
 *            {PATH: {values: [...], only: [DESIGN]}}  one design varies over it
 *            {PATH: {from, to, steps, scale: linear|log}}
 *   zip:     [{PATH: [...], PATH: [...]}]             lists that advance together
 *   exclude: [{PATH: value ...}]                      points left out
 *
 * A value keeps its text; beside it stands its number in the unit that all
 * values of the axis share, for plots and for expressions of claims.
 */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/conf/internal.h"

#define MAX_STEPS 10000

/* "64pages" to 64 and "pages"; -1 if it is no quantity. */
static int split_quantity(const char *text, double *number, const char **unit)
{
	char *end;

	if (!strchr("0123456789.", *text) || !*text)
		return -1;
	*number = strtod(text, &end);
	if (end == text || text[1] == 'x' || text[1] == 'X')
		return -1;
	while (*end == ' ')
		end++;
	if (strspn(end, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ%") != strlen(end))
		return -1;
	*unit = !strcmp(end, "page") ? "pages" : !strcmp(end, "cycle") ? "cycles" : end;
	return 0;
}

/* In stored units, for values of one axis that do not share a unit. */
static int stored_quantity(const char *text, double *number, const char **unit)
{
	const char *why;
	int64_t v;

	if (!parse_size(text, &v, &why))
		*unit = "B";
	else if (!parse_time(text, 0, &v, &why))
		*unit = "ps";
	else if (!parse_freq(text, &v, &why))
		*unit = "Hz";
	else
		return -1;
	*number = (double)v;
	return 0;
}

static void number_axis(struct conf *c, struct axis *a)
{
	const char *unit = NULL, *u;
	int i, shared = 1, same = 1;

	a->number = conf_alloc(c, (size_t)(a->n ? a->n : 1) * sizeof(*a->number));
	a->unit = "";
	for (i = 0; i < a->n; i++) {
		const char *text = a->value[i]->kind == NODE_SCALAR ? a->value[i]->text : "";

		if (split_quantity(text, &a->number[i], &u))
			shared = same = 0;
		else if (unit && strcmp(unit, u))
			same = 0;
		else
			unit = u;
	}
	for (i = 0; shared && !same && i < a->n; i++) {
		if (stored_quantity(a->value[i]->text, &a->number[i], &u) || (i && strcmp(u, unit)))
			shared = 0;
		unit = u;
	}
	for (i = 0; !shared && i < a->n; i++)
		a->number[i] = NAN;
	if (shared && unit)
		a->unit = unit;
}

/* --- from, to, steps --------------------------------------------------------------- */
static int read_bound(struct conf *c, const struct node *map, const char *key, const char *path,
		      double *v, const char **unit)
{
	const struct node *n = node_get(map, key);

	if (!n || n->kind != NODE_SCALAR || split_quantity(n->text, v, unit)) {
		conf_error(c, n ? n : map, path, NULL, n ? "%s is not a quantity" : "%s is missing", key);
		return -1;
	}
	return 0;
}

static int read_steps(struct conf *c, const struct node *map, const char *path)
{
	const struct node *n = node_get(map, "steps");
	const char *why = "is missing";
	int64_t v;

	if (!n || n->kind != NODE_SCALAR || parse_int(n->text, &v, &why) || v < 2 || v > MAX_STEPS) {
		conf_error(c, n ? n : map, path, NULL, "steps: a number from 2 to %d is expected", MAX_STEPS);
		return 0;
	}
	return (int)v;
}

static void generate(struct conf *c, const struct node *map, const char *path, struct axis *a)
{
	const struct node *scale = node_get(map, "scale");
	const char *unit = "", *unit2 = "", *text;
	double from, to, v, last = NAN;
	int steps, i, log, whole;

	if (read_bound(c, map, "from", path, &from, &unit) |
	    read_bound(c, map, "to", path, &to, &unit2))
		return;
	steps = read_steps(c, map, path);
	log = scale && scale->kind == NODE_SCALAR && !strcmp(scale->text, "log");
	if (scale && !log && (scale->kind != NODE_SCALAR || strcmp(scale->text, "linear")))
		conf_error(c, scale, path, NULL, "scale: linear or log");
	if (strcmp(unit, unit2))
		conf_error(c, map, path, NULL, "from and to have different units");
	if (log && (from <= 0 || to <= 0))
		conf_error(c, map, path, NULL, "scale: log needs values above 0");
	if (!steps || strcmp(unit, unit2) || (log && (from <= 0 || to <= 0)))
		return;
	/* counts and pages are whole; so is every value between two of them */
	whole = (!*unit || !strcmp(unit, "pages")) && from == floor(from) && to == floor(to);
	a->value = conf_alloc(c, (size_t)steps * sizeof(*a->value));
	for (i = 0; i < steps; i++) {
		double x = (double)i / (steps - 1);

		v = log ? from * pow(to / from, x) : from + (to - from) * x;
		if (whole)
			v = round(v);
		if (v == last)
			continue;
		last = v;
		text = conf_printf(c, "%.9g%s", v, v == 1 && !strcmp(unit, "pages") ? "page" : unit);
		a->value[a->n++] = node_scalar(c, map, text);
	}
}

/* --- one axis --------------------------------------------------------------------------- */
static void read_values(struct conf *c, const struct node *list, const char *path, struct axis *a)
{
	int i;

	if (list->kind != NODE_LIST || !list->n) {
		conf_error(c, list, path, NULL, "a list of values is expected");
		return;
	}
	a->value = conf_alloc(c, (size_t)list->n * sizeof(*a->value));
	a->n = list->n;
	for (i = 0; i < list->n; i++)
		a->value[i] = list->item[i];
}

static void read_spec(struct conf *c, const struct node *map, const char *path, struct axis *a)
{
	static const char *const keys[] = { "values", "only", "from", "to", "steps", "scale", NULL };
	struct loader l = { .c = c };

	load_check_keys(&l, map, path, keys);
	a->only = node_get(map, "only");
	if (a->only && a->only->kind != NODE_LIST) {
		conf_error(c, a->only, path, NULL, "only: a list of designs is expected");
		a->only = NULL;
	}
	if (node_get(map, "values"))
		read_values(c, node_get(map, "values"), path, a);
	else if (node_get(map, "from"))
		generate(c, map, path, a);
	else
		conf_error(c, map, path, NULL, "values, or from, to and steps are missing");
}

static void read_axis(struct conf *c, struct sweep *s, const struct entry *e, int group)
{
	struct node *place = node_new(c, NODE_SCALAR, e->value);
	struct axis *a;
	int i;

	place->line = e->line;
	place->column = e->column;
	place->text = e->key;
	for (i = 0; i < s->n_axes; i++)
		if (!strcmp(s->axis[i].path, e->key))
			conf_error(c, place, e->key, NULL, "swept twice");
	if (s->n_axes == MAX_AXES) {
		conf_error(c, place, e->key, NULL, "more than %d axes", MAX_AXES);
		return;
	}
	a = &s->axis[s->n_axes++];
	a->path = e->key;
	a->at = place;
	a->group = group;
	if (e->value->kind == NODE_MAP)
		read_spec(c, e->value, e->key, a);
	else
		read_values(c, e->value, e->key, a);
	number_axis(c, a);
}

static void read_zip(struct conf *c, struct sweep *s, const struct node *zip)
{
	int i, k, first;

	if (zip->kind != NODE_LIST) {
		conf_error(c, zip, "zip", NULL, "a list of maps is expected");
		return;
	}
	for (i = 0; i < zip->n; i++) {
		const struct node *m = zip->item[i];

		if (m->kind != NODE_MAP) {
			conf_error(c, m, "zip", NULL, "a map {PATH: [values], PATH: [values]} is expected");
			continue;
		}
		first = s->n_axes;
		for (k = 0; k < m->n; k++)
			read_axis(c, s, &m->entry[k], s->n_groups);
		for (k = first + 1; k < s->n_axes; k++)
			if (s->axis[k].n != s->axis[first].n)
				conf_error(c, s->axis[k].at, s->axis[k].path, NULL,
					   "%d values, but %s has %d", s->axis[k].n,
					   s->axis[first].path, s->axis[first].n);
		s->n_groups++;
	}
}

void sweep_read(struct conf *c, const struct node *scenario, struct sweep *s)
{
	const struct node *sweep = node_get(scenario, "sweep"), *zip = node_get(scenario, "zip");
	int i;

	memset(s, 0, sizeof(*s));
	s->axis = conf_alloc(c, MAX_AXES * sizeof(*s->axis));
	s->exclude = node_get(scenario, "exclude");
	if (sweep && sweep->kind != NODE_MAP)
		conf_error(c, sweep, "sweep", NULL, "a map {PATH: [values]} is expected");
	for (i = 0; sweep && sweep->kind == NODE_MAP && i < sweep->n; i++)
		read_axis(c, s, &sweep->entry[i], s->n_groups++);
	if (zip)
		read_zip(c, s, zip);
}

/* --set of a swept path: that one value, and out of its zip. */
void sweep_fix(struct conf *c, struct sweep *s, const char *path, struct node *value)
{
	int i;

	for (i = 0; i < s->n_axes; i++) {
		struct axis *a = &s->axis[i];

		if (strcmp(path_short(a->path), path_short(path)))
			continue;
		a->value = conf_alloc(c, sizeof(*a->value));
		a->value[0] = value;
		a->n = 1;
		a->group = s->n_groups++;
		number_axis(c, a);
	}
}
