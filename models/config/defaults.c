/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Defaults of a parameter table for configurations made in C: numbers, switches, words. */
#include <string.h>

#include "models/config/config.h"
#include "sim/base/xassert.h"

static int64_t enum_default(const struct param_row *r)
{
	const struct enum_value *e = r->values;

	while (e->name && strcmp(e->name, r->def))
		e++;
	BUG_ON(!e->name);
	return e->value;
}

void table_defaults(const struct param_table *t, void *obj)
{
	const char *why;

	for (size_t i = 0; i < t->n; i++) {
		const struct param_row *r = &t->rows[i];
		int64_t *field = (int64_t *)((char *)obj + r->offset);
		int bad = 0;

		if (!r->def)
			continue;
		if (r->type == PT_INT)
			bad = parse_int(r->def, field, &why);
		else if (r->type == PT_BOOL)
			bad = parse_bool(r->def, field, &why);
		else if (r->type == PT_TIME)
			bad = parse_time(r->def, 0, field, &why);
		else if (r->type == PT_ENUM)
			*field = enum_default(r);
		BUG_ON(bad);
	}
}
