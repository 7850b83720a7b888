/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Violations that a scenario expects beyond those of its designs:
 *
 *   expect_violations:
 *     DESIGN: [I1, {invariant: I3, where: {PATH: value or [values]}}]
 *
 * An entry with "where" holds at the sweep points whose values it names; every
 * path must be swept, or a slip of the pen would expect nothing.
 */
#include <string.h>

#include "sim/conf/internal.h"

/* The invariant of an entry: a name, or a map with one. */
static int invariant_of(const struct node *n)
{
	int v;

	if (n && n->kind == NODE_MAP)
		n = node_get(n, "invariant");
	for (v = 0; n && n->kind == NODE_SCALAR && v < NR_INVARIANTS; v++)
		if (!strcmp(n->text, invariant_names[v]))
			return v;
	return -1;
}

static void check_where(struct conf *c, const struct study_private *p, const struct node *where)
{
	const char *names[64];
	int i, a, n = 0;

	if (where->kind != NODE_MAP) {
		conf_error(c, where, "expect_violations", NULL, "where: a map {PATH: value} is expected");
		return;
	}
	for (a = 0; a < p->sweep.n_axes && n < 64; a++)
		names[n++] = p->sweep.axis[a].path;
	for (i = 0; i < where->n; i++) {
		for (a = 0; a < n && strcmp(names[a], where->entry[i].key); a++)
			;
		if (a == n)
			conf_error(c, where->entry[i].value, where->entry[i].key,
				   nearest_name(where->entry[i].key, names, (size_t)n),
				   "expect_violations names a path that is not swept");
	}
}

static void check_entry(struct conf *c, const struct study_private *p, const struct node *n)
{
	static const char *const keys[] = { "invariant", "where", NULL };
	struct loader l = { .c = c };
	const struct node *where = node_get(n, "where");

	if (n->kind == NODE_MAP)
		load_check_keys(&l, n, "expect_violations", keys);
	if (invariant_of(n) < 0) {
		char list[NR_INVARIANTS * 6] = "";
		int v;

		for (v = 0; v < NR_INVARIANTS; v++)
			snprintf(list + strlen(list), sizeof(list) - strlen(list), "%s%s",
				 v ? ", " : "", invariant_names[v]);
		conf_error(c, n, "expect_violations", NULL, "this version checks %s", list);
	}
	if (where)
		check_where(c, p, where);
}

void expect_read(struct conf *c, struct study_private *p)
{
	const struct node *map = node_get(p->scenario, "expect_violations");
	struct study *s = &p->study;
	int i, k, d;

	if (map && map->kind != NODE_MAP) {
		conf_error(c, map, "expect_violations", NULL, "a map {DESIGN: [I1]} is expected");
		return;
	}
	for (i = 0; map && i < map->n; i++) {
		const struct entry *e = &map->entry[i];

		for (d = 0; d < s->n_designs && strcmp(s->design[d], e->key); d++)
			;
		if (d == s->n_designs)
			conf_error(c, e->value, "expect_violations",
				   nearest_name(e->key, s->design, (size_t)s->n_designs),
				   "'%s' is not a design of this scenario", e->key);
		if (e->value->kind != NODE_LIST)
			conf_error(c, e->value, "expect_violations", NULL, "a list of invariants is expected");
		for (k = 0; e->value->kind == NODE_LIST && k < e->value->n; k++)
			check_entry(c, p, e->value->item[k]);
	}
}

static int one_of(const char *text, const struct node *want)
{
	int i;

	if (want->kind == NODE_SCALAR)
		return !strcmp(text, want->text);
	for (i = 0; want->kind == NODE_LIST && i < want->n; i++)
		if (want->item[i]->kind == NODE_SCALAR && !strcmp(text, want->item[i]->text))
			return 1;
	return 0;
}

/* Has the point the values that an entry asks for? */
static int is_there(const struct config_point *at, const struct node *where)
{
	int i, a;

	for (i = 0; where && i < where->n; i++) {
		for (a = 0; a < at->n_axes && strcmp(at->axis[a].path, where->entry[i].key); a++)
			;
		if (a == at->n_axes || !one_of(at->axis[a].text, where->entry[i].value))
			return 0;
	}
	return 1;
}

void expect_point(const struct study_private *p, int i, struct world_config *w)
{
	const struct config_point *at = &p->study.point[i];
	const struct node *list = node_get(node_get(p->scenario, "expect_violations"), at->design);
	int k;

	for (k = 0; list && list->kind == NODE_LIST && k < list->n; k++) {
		int v = invariant_of(list->item[k]);

		if (v >= 0 && is_there(at, node_get(list->item[k], "where")))
			w->expect_violation[v] = 1;
	}
}
