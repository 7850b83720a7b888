/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From axes to points: one design at one combination of values each.
 *
 * The first axis varies slowest, designs fastest, so that an interrupted run
 * has whole comparisons rather than one design's column.  A design that does
 * not vary over an axis (only:) gets one point, whose value of that axis is
 * "-": reports join designs on the axes that both have.
 */
#include <math.h>
#include <string.h>

#include "sim/conf/internal.h"

#define MAX_POINTS 1000000

struct expand {
	struct conf *c;
	const struct sweep *w;
	struct study_private *p;
	int *at;		/* per group */
	int cap;
	int failed;
};

static int group_length(const struct sweep *w, int group)
{
	int i;

	for (i = 0; i < w->n_axes; i++)
		if (w->axis[i].group == group)
			return w->axis[i].n;
	return 1;		/* a zip that --set has emptied */
}

static int varies(const struct axis *a, const char *design)
{
	int i;

	for (i = 0; a->only && i < a->only->n; i++)
		if (a->only->item[i]->kind == NODE_SCALAR && !strcmp(a->only->item[i]->text, design))
			return 1;
	return !a->only;
}

/* Groups of which no axis concerns the design stand at their first value. */
static int is_first_of_idle_groups(const struct expand *x, const char *design)
{
	int g, i;

	for (g = 0; g < x->w->n_groups; g++) {
		int used = 0;

		if (!x->at[g])
			continue;
		for (i = 0; i < x->w->n_axes; i++)
			used |= x->w->axis[i].group == g && varies(&x->w->axis[i], design);
		if (!used)
			return 0;
	}
	return 1;
}

static const char *value_text(struct conf *c, const struct node *n)
{
	if (n->kind == NODE_SCALAR)
		return n->text;
	sb_reset(&c->scratch);
	node_json(n, &c->scratch);
	if (c->scratch.failed)
		conf_no_memory(c);
	return conf_strdup(c, c->scratch.s);
}

/* --- exclude ------------------------------------------------------------------------- */
static int axis_equals(const struct axis_value *v, const struct node *want)
{
	return want->kind == NODE_SCALAR && !strcmp(v->text, want->text);
}

static int entry_matches(const struct config_point *p, const struct entry *e)
{
	int i, k;

	for (i = 0; i < p->n_axes; i++) {
		if (strcmp(p->axis[i].path, e->key))
			continue;
		if (e->value->kind != NODE_LIST)
			return axis_equals(&p->axis[i], e->value);
		for (k = 0; k < e->value->n; k++)
			if (axis_equals(&p->axis[i], e->value->item[k]))
				return 1;
	}
	return 0;
}

static int excluded(const struct expand *x, const struct config_point *p)
{
	const struct node *list = x->w->exclude;
	int i, k;

	for (i = 0; list && list->kind == NODE_LIST && i < list->n; i++) {
		const struct node *m = list->item[i];

		for (k = 0; k < m->n && entry_matches(p, &m->entry[k]); k++)
			;
		if (m->n && k == m->n)
			return 1;
	}
	return 0;
}

static void check_exclude(struct expand *x)
{
	const struct node *list = x->w->exclude;
	const char *names[64];
	int i, k, a;

	if (!list)
		return;
	for (a = 0; a < x->w->n_axes; a++)
		names[a] = x->w->axis[a].path;
	if (list->kind != NODE_LIST)
		conf_error(x->c, list, "exclude", NULL, "a list of maps is expected");
	for (i = 0; list->kind == NODE_LIST && i < list->n; i++) {
		const struct node *m = list->item[i];

		if (m->kind != NODE_MAP) {
			conf_error(x->c, m, "exclude", NULL, "a map {PATH: value} is expected");
			x->failed = 1;
			return;
		}
		for (k = 0; k < m->n; k++) {
			for (a = 0; a < x->w->n_axes && strcmp(names[a], m->entry[k].key); a++)
				;
			if (a == x->w->n_axes)
				conf_error(x->c, m->entry[k].value, m->entry[k].key,
					   nearest_name(m->entry[k].key, names, (size_t)a),
					   "exclude names a path that is not swept");
		}
	}
}

static void check_only(struct expand *x)
{
	const struct study *s = &x->p->study;
	int a, i, d;

	for (a = 0; a < x->w->n_axes; a++) {
		const struct node *only = x->w->axis[a].only;

		for (i = 0; only && i < only->n; i++) {
			const struct node *n = only->item[i];

			for (d = 0; n->kind == NODE_SCALAR && d < s->n_designs; d++)
				if (!strcmp(s->design[d], n->text))
					break;
			if (n->kind != NODE_SCALAR || d == s->n_designs)
				conf_error(x->c, n, x->w->axis[a].path,
					   n->kind == NODE_SCALAR ?
					   nearest_name(n->text, s->design, (size_t)s->n_designs) : NULL,
					   "only: '%s' is not a design of this scenario",
					   n->kind == NODE_SCALAR ? n->text : "...");
		}
	}
}

/* --- points ----------------------------------------------------------------------------- */
static void *grow(struct conf *c, void *old, int n, int cap, size_t size)
{
	void *v = conf_alloc(c, (size_t)cap * size);

	if (n)
		memcpy(v, old, (size_t)n * size);
	return v;
}

static void reserve(struct expand *x)
{
	struct study_private *p = x->p;
	int n = p->study.n_points;

	if (n < x->cap)
		return;
	x->cap = x->cap ? 2 * x->cap : 64;
	p->study.point = grow(x->c, p->study.point, n, x->cap, sizeof(*p->study.point));
	p->point_design = grow(x->c, p->point_design, n, x->cap, sizeof(*p->point_design));
	p->point_value = grow(x->c, p->point_value, n, x->cap, sizeof(*p->point_value));
}

static void fill_axis(struct expand *x, const struct axis *a, const char *design,
		      struct axis_value *v, int *value)
{
	int i = x->at[a->group];

	v->path = a->path;
	*value = -1;
	if (!varies(a, design)) {
		v->text = "-";
		v->number = NAN;
		v->unit = "";
		return;
	}
	*value = i;
	v->text = a->text ? a->text[i] : value_text(x->c, a->value[i]);
	v->number = a->number[i];
	v->unit = a->unit;
	v->ordinal = i;
}

static void add_point(struct expand *x, int design)
{
	struct study_private *p = x->p;
	struct config_point *pt;
	int i, n = p->study.n_points, *value;

	if (!is_first_of_idle_groups(x, p->study.design[design]))
		return;
	reserve(x);
	pt = &p->study.point[n];
	value = conf_alloc(x->c, (size_t)(x->w->n_axes + 1) * sizeof(*value));
	pt->design = p->study.design[design];
	pt->n_axes = x->w->n_axes;
	pt->axis = conf_alloc(x->c, (size_t)(x->w->n_axes + 1) * sizeof(*pt->axis));
	for (i = 0; i < x->w->n_axes; i++)
		fill_axis(x, &x->w->axis[i], pt->design, &pt->axis[i], &value[i]);
	if (excluded(x, pt))
		return;
	p->point_design[n] = design;
	p->point_value[n] = value;
	p->study.n_points++;
}

static int too_many(struct expand *x)
{
	double n = x->p->study.n_designs;
	int g;

	for (g = 0; g < x->w->n_groups; g++)
		n *= group_length(x->w, g);
	if (n <= MAX_POINTS)
		return 0;
	conf_error(x->c, x->p->scenario, "sweep", NULL, "%.0f points, more than %d", n, MAX_POINTS);
	return 1;
}

/* Next combination, the last group fastest; 0 after the last one. */
static int advance(struct expand *x)
{
	int g;

	for (g = x->w->n_groups - 1; g >= 0; g--) {
		if (++x->at[g] < group_length(x->w, g))
			return 1;
		x->at[g] = 0;
	}
	return 0;
}

int sweep_points(struct conf *c, const struct sweep *w, struct study *s)
{
	struct expand x = { .c = c, .w = w, .p = (struct study_private *)s };
	size_t before = c->errors.n;
	int d;

	x.at = conf_alloc(c, (size_t)(w->n_groups + 1) * sizeof(*x.at));
	check_exclude(&x);
	check_only(&x);
	if (c->errors.n != before || too_many(&x))
		return -1;
	do {
		for (d = 0; d < s->n_designs; d++)
			add_point(&x, d);
	} while (advance(&x));
	if (!s->n_points)
		conf_error(c, x.p->scenario, "exclude", NULL, "no point is left");
	return c->errors.n != before ? -1 : 0;
}
