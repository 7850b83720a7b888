/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Validation rows.  A NAN anywhere fails the row: "no figure" is never "as
 * expected".
 */
#include "sim/base/check.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sim/base/alloc.h"

void check_add(struct check_list *l, const char *suite, const char *id,
	       double expected, double got, double tolerance,
	       const char *unit, const char *source)
{
	struct check *c;

	if (l->n == l->cap) {
		size_t cap = l->cap ? 2 * l->cap : 32;
		struct check *v = mem_realloc(l->v, cap * sizeof(*v));

		if (!v) {
			l->failed = 1;
			return;
		}
		l->v = v;
		l->cap = cap;
	}
	c = &l->v[l->n++];
	memset(c, 0, sizeof(*c));
	snprintf(c->suite, sizeof(c->suite), "%s", suite);
	snprintf(c->id, sizeof(c->id), "%s", id);
	snprintf(c->unit, sizeof(c->unit), "%s", unit);
	snprintf(c->source, sizeof(c->source), "%s", source);
	c->expected = expected;
	c->got = got;
	c->tolerance = tolerance;
	c->kind = "";
	c->pass = fabs(got - expected) <= tolerance;
}

size_t check_failed(const struct check_list *l)
{
	size_t n = 0;

	for (size_t i = 0; i < l->n; i++)
		n += !l->v[i].pass && !l->v[i].miss;
	return n;
}

void check_free(struct check_list *l)
{
	mem_free(l->v);
	memset(l, 0, sizeof(*l));
}
