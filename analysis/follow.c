/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Axes that only follow another one.  A scenario that compares kernels of three
 * eras sweeps several of their keys together (zip); in a report each point then
 * carries five names for one thing.  An axis of a kernel or machine whose value
 * is settled by another one of the same file is set aside: lookups (--where,
 * figures) still find it, tables and verdicts do not name it.
 *
 * Of two that settle each other the first by name stays.  An axis with one
 * value, and axes of the load, always stay.
 */
#include <string.h>

#include "analysis/dataset.h"

static const struct axis *own_axis(const struct configuration *c, const char *path)
{
	for (int i = 0; i < c->n_axes; i++)
		if (!strcmp(c->axis[i].path, path))
			return axis_absent(&c->axis[i]) ? NULL : &c->axis[i];
	return NULL;
}

static int same_head(const char *p, const char *q)
{
	return (!strncmp(p, "kernel.", 7) && !strncmp(q, "kernel.", 7)) ||
	       (!strncmp(p, "machine.", 8) && !strncmp(q, "machine.", 8));
}

/* Wherever @p has a value, that of @q says which. */
static int settles(const struct dataset *s, const char *q, const char *p)
{
	int values = 0;

	for (int i = 0; i < s->n_configs; i++) {
		const struct axis *pi = own_axis(&s->config[i], p), *qi = own_axis(&s->config[i], q);

		if (!pi)
			continue;
		if (!qi)
			return 0;
		for (int k = 0; k < i; k++) {
			const struct axis *pk = own_axis(&s->config[k], p);
			const struct axis *qk = own_axis(&s->config[k], q);

			if (!pk)
				continue;
			values |= !axis_same(pi, pk);
			if (qk && axis_same(qi, qk) && !axis_same(pi, pk))
				return 0;
		}
	}
	return values;
}

static int follows(const struct dataset *s, const struct configuration *c, const char *p)
{
	for (int i = 0; i < c->n_axes; i++) {
		const char *q = c->axis[i].path;

		if (strcmp(p, q) && same_head(p, q) && settles(s, q, p) &&
		    (strcmp(q, p) < 0 || !settles(s, p, q)))
			return 1;
	}
	return 0;
}

static void set_aside(struct dataset *s, const char *path)
{
	for (int i = 0; i < s->n_configs; i++) {
		struct configuration *c = &s->config[i];

		for (int k = 0; k < c->n_axes; k++) {
			struct axis a = c->axis[k];

			if (strcmp(a.path, path))
				continue;
			memmove(&c->axis[k], &c->axis[k + 1],
				sizeof(a) * (size_t)(c->n_axes - k - 1));
			c->axis[--c->n_axes] = a;	/* before those set aside earlier */
			c->n_followers++;
			break;
		}
	}
}

void dataset_follow(struct dataset *s)
{
	const char *path[32];
	int n = 0;

	for (int i = 0; i < s->n_configs; i++)
		for (int k = 0; k < s->config[i].n_axes; k++) {
			const char *p = s->config[i].axis[k].path;
			int known = 0;

			for (int j = 0; j < n; j++)
				known |= !strcmp(path[j], p);
			if (!known && n < 32 && follows(s, &s->config[i], p))
				path[n++] = p;
		}
	for (int j = 0; j < n; j++)
		set_aside(s, path[j]);
}
