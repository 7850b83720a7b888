/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows and columns of a study; see layout.h. */
#include "analysis/layout.h"
#include "analysis/suggest.h"

#include <stdlib.h>
#include <string.h>

#define MAX_AXES	64

struct condition { const char *axis, *value; };

static struct condition *parse_where(struct dataset *s, const char *const *where, int n)
{
	struct condition *c = arena_alloc(&s->d->arena, (size_t)(n + 1) * sizeof(*c));

	for (int i = 0; i < n; i++) {
		char *text = arena_strdup(&s->d->arena, where[i]);
		char *equals = strchr(text, '=');

		if (!equals || equals == text)
			database_fail(s->d, EX_CONFIG, "--where %s: expected axis=value", where[i]);
		*equals = '\0';
		c[i].axis = text;
		c[i].value = equals + 1;
	}
	return c;
}

/* Does configuration @c satisfy every condition that names an axis it has? */
static int satisfies(const struct configuration *c, const struct condition *w, int n)
{
	for (int i = 0; i < n; i++) {
		const struct axis *a = configuration_axis(c, w[i].axis);

		if (!axis_absent(a) && !axis_is(a, w[i].value))
			return 0;
	}
	return 1;
}

/* Values of an axis, as far as an error line holds them. */
static const char *known_points(struct dataset *s, const char *axis)
{
	const char **value = arena_alloc(&s->d->arena, sizeof(*value) * (size_t)(s->n_configs + 1));
	int n = 0;

	for (int i = 0; i < s->n_configs; i++) {
		const struct axis *a = configuration_axis(&s->config[i], axis);
		int known = axis_absent(a);

		for (int k = 0; !known && k < n; k++)
			known = !strcmp(value[k], a->value);
		if (!known)
			value[n++] = a->value;
	}
	return known_names(s->d, "", value, n);
}

static void check_where(struct dataset *s, const struct condition *w, int n)
{
	for (int i = 0; i < n; i++) {
		int axis = 0, value = 0;

		for (int k = 0; k < s->n_configs; k++) {
			const struct axis *a = configuration_axis(&s->config[k], w[i].axis);

			axis |= a != NULL;
			value |= !axis_absent(a) && axis_is(a, w[i].value);
		}
		if (!axis)
			database_fail(s->d, EX_CONFIG, "--where %s=%s: no axis of %s is called %s%s",
				      w[i].axis, w[i].value, s->name, w[i].axis,
				      known_axes(s, w[i].axis));
		if (!value)
			database_fail(s->d, EX_CONFIG, "--where %s=%s: %s has no point %s%s",
				      w[i].axis, w[i].value, w[i].axis, w[i].value,
				      known_points(s, w[i].axis));
	}
}

/* Is @design to be shown? */
static int is_shown(const struct layout *l, const char *design)
{
	for (int i = 0; i < l->n_designs; i++)
		if (!strcmp(l->design[i], design))
			return 1;
	return !l->n_designs;
}

/* Has every design shown a configuration with a value on @path? */
static int is_common(const struct layout *l, const char *path)
{
	const struct dataset *s = l->s;

	for (int g = 0; g < s->n_designs; g++) {
		int any = 0, with = 0;

		if (!is_shown(l, s->design[g]))
			continue;
		for (int i = 0; i < s->n_configs; i++) {
			if (strcmp(s->config[i].design, s->design[g]))
				continue;
			any = 1;
			with |= !axis_absent(configuration_axis(&s->config[i], path));
		}
		if (any && !with)
			return 0;
	}
	return 1;
}

static void add_value(struct common_axis *c, const struct axis *a)
{
	int at = c->n_values;

	for (int i = 0; i < c->n_values; i++) {
		if (axis_same(c->value[i], a))
			return;
	}
	while (at && c->value[at - 1]->ordinal > a->ordinal) {
		c->value[at] = c->value[at - 1];
		at--;
	}
	c->value[at] = a;
	c->n_values++;
}

static void find_axes(struct layout *l, const struct condition *w, int n_where)
{
	struct dataset *s = l->s;
	struct arena *arena = &s->d->arena;

	l->axis = arena_alloc(arena, MAX_AXES * sizeof(*l->axis));
	for (int i = 0; i < s->n_configs; i++) {
		struct configuration *c = &s->config[i];

		for (int k = 0; k < c->n_axes && is_shown(l, c->design); k++) {
			const struct axis *a = &c->axis[k];
			int at;

			if (axis_absent(a) || !is_common(l, a->path))
				continue;
			for (at = 0; at < l->n_axes; at++) {
				if (!strcmp(l->axis[at].path, a->path))
					break;
			}
			if (at == MAX_AXES)
				continue;
			if (at == l->n_axes) {
				l->axis[at].path = a->path;
				l->axis[at].name = a->name;
				l->axis[at].value = arena_alloc(arena, sizeof(*l->axis[at].value) *
								(size_t)(s->n_configs + 1));
				l->n_axes++;
			}
			if (satisfies(c, w, n_where))
				add_value(&l->axis[at], a);
		}
	}
}

int configurations_match(const struct configuration *a, const struct configuration *b)
{
	for (int i = 0; i < a->n_axes; i++) {
		const struct axis *other = configuration_axis(b, a->axis[i].path);

		if (axis_absent(&a->axis[i]) || axis_absent(other))
			continue;
		if (!axis_same(&a->axis[i], other))
			return 0;
	}
	return 1;
}

static int same_own(const struct series *k, const struct configuration *c)
{
	for (int i = 0; i < k->n_own; i++) {
		const struct axis *a = configuration_axis(c, k->own[i]->path);

		if (axis_absent(a) || !axis_same(a, k->own[i]))
			return 0;
	}
	return 1;
}

/* "batch" of design.protocol.kvm.put.batch */
static const char *last_component(const char *path)
{
	const char *dot = strrchr(path, '.');

	return dot ? dot + 1 : path;
}

static void add_series(struct layout *l, const struct configuration *c)
{
	struct database *d = l->s->d;
	struct series *k;

	for (int i = 0; i < l->n_series; i++) {
		k = &l->series[i];
		if (strcmp(k->design, c->design) || !same_own(k, c))
			continue;
		goto count;
	}
	k = &l->series[l->n_series++];
	k->design = k->name = c->design;
	k->unsafe = "";
	k->own = arena_alloc(&d->arena, (size_t)(c->n_axes + 1) * sizeof(*k->own));
	for (int i = 0; i < c->n_axes; i++) {
		const struct axis *a = &c->axis[i];

		if (axis_absent(a) || layout_axis(l, a->path) >= 0)
			continue;
		k->own[k->n_own++] = a;
		k->name = text_of(d, "%s %s=%s", k->name, last_component(a->path), a->value);
	}
count:
	k->usable += c->usable;
	k->violations += c->violations;
	/* One- or two-digit invariants: a word is in the list or it is not. */
	for (const char *p = c->unsafe; *p; p += strcspn(p, " ") + (p[strcspn(p, " ")] != '\0')) {
		const char *word = text_of(d, "%.*s", (int)strcspn(p, " "), p);
		const char *have = text_of(d, " %s ", k->unsafe);

		if (!strstr(have, text_of(d, " %s ", word)))
			k->unsafe = text_of(d, "%s%s%s", k->unsafe, *k->unsafe ? " " : "", word);
	}
}

static void find_series(struct layout *l, const char *baseline,
			const struct condition *w, int n_where)
{
	struct dataset *s = l->s;
	const char *first = baseline ? baseline : s->baseline;

	l->series = arena_alloc(&s->d->arena, (size_t)(s->n_configs + 1) * sizeof(*l->series));
	for (int pass = 0; pass < 2; pass++) {
		for (int i = 0; i < s->n_configs; i++) {
			int is_first = first && !strcmp(s->config[i].design, first);

			if (is_first == !pass && is_shown(l, s->config[i].design) &&
			    satisfies(&s->config[i], w, n_where))
				add_series(l, &s->config[i]);
		}
		if (!pass && !l->n_series && first)
			database_fail(s->d, EX_CONFIG, "baseline %s: not a design of %s%s",
				      first, s->name, known_names(s->d, first, s->design,
								  s->n_designs));
	}
}

/* Series that have a configuration at @value of axis @path. */
static int coverage(const struct layout *l, const char *path, const struct axis *value)
{
	int n = 0;

	for (int k = 0; k < l->n_series; k++) {
		int has = 0;

		for (int i = 0; i < l->s->n_configs && !has; i++) {
			const struct configuration *c = &l->s->config[i];
			const struct axis *a = configuration_axis(c, path);

			has = !strcmp(c->design, l->series[k].design) &&
			      same_own(&l->series[k], c) && !axis_absent(a) && axis_same(a, value);
		}
		n += has;
	}
	return n;
}

/*
 * Where an axis is held while another one varies: at the value for which most
 * series have a point, of several the one nearest to the middle.
 */
static void hold_axes(struct layout *l)
{
	for (int i = 0; i < l->n_axes; i++) {
		struct common_axis *a = &l->axis[i];
		int middle = (a->n_values - 1) / 2, most = -1;

		for (int v = 0; v < a->n_values; v++) {
			int n = coverage(l, a->path, a->value[v]);

			if (n > most || (n == most && abs(v - middle) < abs(a->fixed - middle))) {
				most = n;
				a->fixed = v;
			}
		}
	}
}

struct layout *layout_make(struct dataset *s, const char *baseline,
			   const char *const *where, int n_where,
			   const char *const *design, int n_designs)
{
	struct condition *w = parse_where(s, where, n_where);
	struct layout *l = arena_alloc(&s->d->arena, sizeof(*l));

	l->s = s;
	l->design = design;
	l->n_designs = n_designs;
	check_where(s, w, n_where);
	find_axes(l, w, n_where);
	find_series(l, baseline, w, n_where);
	hold_axes(l);
	return l;
}

int layout_config(const struct layout *l, int k, const int *at)
{
	const struct dataset *s = l->s;

	for (int i = 0; i < s->n_configs; i++) {
		const struct configuration *c = &s->config[i];
		int ok = !strcmp(c->design, l->series[k].design) && same_own(&l->series[k], c);

		for (int x = 0; ok && x < l->n_axes; x++) {
			const struct axis *a = configuration_axis(c, l->axis[x].path);

			ok = !axis_absent(a) && axis_same(a, l->axis[x].value[at[x]]);
		}
		if (ok)
			return i;
	}
	return -1;
}

int layout_axis(const struct layout *l, const char *wanted)
{
	for (int i = 0; i < l->n_axes; i++) {
		if (axis_matches(l->axis[i].path, wanted))
			return i;
	}
	return -1;
}

int layout_main_axis(const struct layout *l)
{
	int most = -1;

	for (int i = 0; i < l->n_axes; i++) {
		if (most < 0 || l->axis[i].n_values > l->axis[most].n_values)
			most = i;
	}
	return most;
}

const char *layout_fixed_text(const struct layout *l, const int *at, int but)
{
	const char *text = "";

	for (int i = 0; i < l->n_axes; i++) {
		if (i != but)
			text = text_of(l->s->d, "%s%s%s=%s", text, *text ? ", " : "",
				       l->axis[i].name, l->axis[i].value[at[i]]->value);
	}
	return text;
}
