/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a query may name, told when it names something else: the nearest name
 * and the list of all, as far as they fit into a line of an error.
 */
#include <string.h>

#include "analysis/format.h"
#include "analysis/layout.h"
#include "analysis/suggest.h"
#include "sim/base/param.h"

#define LIST_MAX	200	/* characters; whole names only */

const char *known_names(struct database *d, const char *given,
			const char *const *name, int n)
{
	const char *near = n ? nearest_name(given, name, (size_t)n) : NULL, *list = "";
	int left = n;

	for (int i = 0; i < n; i++) {
		const char *longer = text_of(d, "%s%s%s", list, *list ? ", " : "",
					     text_ascii(d, name[i]));

		if (strlen(longer) > LIST_MAX)
			break;
		list = longer;
		left--;
	}
	return text_of(d, "%s%s%s%s%s%s", near ? "; did you mean " : "",
		       near ? text_ascii(d, near) : "", near ? "?" : "",
		       *list ? "; there are: " : "; there is none", list,
		       left && *list ? text_of(d, " and %d more", left) : "");
}

/* First column of all rows; @types: "i" binds @of, "" nothing. */
static const char **column_names(struct database *d, const char *sql, const char *types,
				 int64_t of, int *n)
{
	sqlite3_stmt *q = database_query(d, sql, types, of);
	int room = 16;
	const char **name = arena_alloc(&d->arena, sizeof(*name) * (size_t)room);

	*n = 0;
	while (database_step(d, q)) {
		if (*n == room) {
			const char **more = arena_alloc(&d->arena, sizeof(*name) * 2 * (size_t)room);

			memcpy(more, name, sizeof(*name) * (size_t)room);
			name = more;
			room *= 2;
		}
		name[(*n)++] = column_text(d, q, 0);
	}
	database_done(d, q);
	return name;
}

static void check_label(struct database *d, const char *text, const struct metric *m)
{
	static const char sql[] = "SELECT DISTINCT label FROM metric WHERE metric = ?1 "
		"AND label <> '' ORDER BY 1";
	int n;
	const char **label = column_names(d, sql, "i", m->id, &n);

	for (int i = 0; i < n; i++) {
		if (!strcmp(label[i], m->label))
			return;
	}
	database_fail(d, EX_CONFIG, "--metric %s: %s was never recorded with label '%s'%s", text,
		      m->name, m->label, known_names(d, m->label, label, n));
}

struct metric *query_metric(struct database *d, const char *text)
{
	struct metric *m = dataset_metric(d, text);
	int n;

	if (!m) {
		const char **name = column_names(d, "SELECT name FROM metric_def ORDER BY 1",
						 "", 0, &n);

		database_fail(d, EX_CONFIG, "--metric %s: the database has no such metric%s", text,
			      known_names(d, text_of(d, "%.*s", (int)strcspn(text, ":"), text),
					  name, n));
	}
	if (m->quantile && strcmp(m->kind, "tally"))
		database_fail(d, EX_CONFIG, "--metric %s: %s is a %s and has no quantiles (only "
			      "tallies have)", text, m->name, m->kind);
	if (m->label)
		check_label(d, text, m);
	return m;
}

/* Paths for who writes paths, else the short names that reports print. */
const char *known_axes(struct dataset *s, const char *given)
{
	const char *first = strchr(given, '.'), *name[64];
	int paths = first && strchr(first + 1, '.'), n = 0;

	for (int i = 0; i < s->n_configs; i++) {
		for (int k = 0; k < s->config[i].n_axes; k++) {
			const struct axis *a = &s->config[i].axis[k];
			const char *this = paths ? a->path : a->name;
			int known = n == 64;

			for (int x = 0; x < n; x++)
				known |= !strcmp(name[x], this);
			if (!known)
				name[n++] = this;
		}
	}
	return known_names(s->d, given, name, n);
}
