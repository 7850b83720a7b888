/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Metrics and their values per replication; see dataset.h. */
#include <math.h>
#include <string.h>

#include "analysis/dataset.h"
#include "analysis/histogram.h"

struct metric *dataset_metric_labelled(struct database *d, const char *name,
				       const char *label, int quantile)
{
	sqlite3_stmt *q = database_query(d, "SELECT id, name, unit, kind, better, help FROM "
					 "metric_def WHERE name = ?", "s", name);
	struct metric *m = NULL;

	if (database_step(d, q)) {
		m = arena_alloc(&d->arena, sizeof(*m));
		m->id = sqlite3_column_int64(q, 0);
		m->name = column_text(d, q, 1);
		m->unit = column_text(d, q, 2);
		m->kind = column_text(d, q, 3);
		m->better = column_text(d, q, 4);
		m->help = column_text(d, q, 5);
	}
	database_done(d, q);
	if (!m)
		return NULL;
	m->label = label ? arena_strdup(&d->arena, label) : NULL;
	m->quantile = quantile;
	m->title = m->name;
	if (quantile)
		m->title = text_of(d, "%s p%s", m->title,
				   quantile == 999 ? "99.9" : text_of(d, "%d", quantile));
	if (label && *label)
		m->title = text_of(d, "%s %s", m->title, label);
	return m;
}

struct metric *dataset_metric(struct database *d, const char *text)
{
	static const struct { const char *suffix; int quantile; } tail[] = {
		{ ".p50", 50 }, { ".p95", 95 }, { ".p99", 99 }, { ".p999", 999 },
	};
	char *name = arena_strdup(&d->arena, text);
	char *label = strchr(name, ':');
	size_t length;
	int quantile = 0;

	if (label)
		*label++ = '\0';
	length = strlen(name);
	for (size_t i = 0; i < sizeof(tail) / sizeof(tail[0]); i++) {
		size_t n = strlen(tail[i].suffix);

		if (length <= n || strcmp(name + length - n, tail[i].suffix))
			continue;
		name[length - n] = '\0';
		quantile = tail[i].quantile;
		break;
	}
	return dataset_metric_labelled(d, name, label, quantile);
}

const char **dataset_labels(struct dataset *s, const struct metric *m, int *n)
{
	static const char sql[] =
		"FROM metric m JOIN run r ON r.id = m.run JOIN config c ON c.id = r.config "
		"WHERE c.study = ?1 AND m.metric = ?2";
	struct database *d = s->d;
	const char **all;
	sqlite3_stmt *q;

	*n = 0;
	q = database_query(d, text_of(d, "SELECT DISTINCT m.label %s ORDER BY 1", sql),
			   "ii", s->id, m->id);
	all = arena_alloc(&d->arena, sizeof(*all) * (size_t)(1 +
		database_integer(d, text_of(d, "SELECT count(DISTINCT m.label) %s", sql),
				 "ii", s->id, m->id)));
	while (database_step(d, q))
		all[(*n)++] = column_text(d, q, 0);
	database_done(d, q);
	return all;
}

static void series_quantile(struct dataset *s, int64_t config,
			    const struct metric *m, double *x)
{
	sqlite3_stmt *q = database_query(s->d, "SELECT r.replication, h.bins FROM run r "
		"JOIN histogram h ON h.run = r.id WHERE r.config = ?1 AND h.metric = ?2 "
		"AND h.label = ?3 AND r.status IN ('ok', 'violation')", "iis", config, m->id,
		m->label ? m->label : "");
	struct bins *b = bins_new(&s->d->arena);

	while (database_step(s->d, q)) {
		int replication = sqlite3_column_int(q, 0);

		bins_clear(b);
		if (bins_add(b, sqlite3_column_blob(q, 1), (size_t)sqlite3_column_bytes(q, 1)))
			database_fail(s->d, EX_ENVIRONMENT,
				      "%s: malformed histogram of %s in configuration %lld",
				      s->d->path, m->name, (long long)config);
		x[replication - 1] = bins_quantile(b, quantile_share(m->quantile)) *
				     bins_unit(m->unit);
	}
	database_done(s->d, q);
}

static void series_value(struct dataset *s, int64_t config,
			 const struct metric *m, double *x)
{
	/*
	 * exact: the row asked for.  other: rows under any label, their sum.
	 */
	static const char sql[] =
		"SELECT r.replication, max(CASE WHEN m.label = ?3 THEN m.value END), "
		"sum(m.label = ?3), sum(m.value), count(*) FROM run r "
		"JOIN metric m ON m.run = r.id WHERE r.config = ?1 AND m.metric = ?2 "
		"AND r.status IN ('ok', 'violation') GROUP BY r.id";
	int adds_up = !strcmp(m->kind, "count");
	sqlite3_stmt *q = database_query(s->d, sql, "iis", config, m->id,
					 m->label ? m->label : "");

	while (database_step(s->d, q)) {
		double *at = &x[sqlite3_column_int(q, 0) - 1];

		if (sqlite3_column_int(q, 2))
			*at = column_number(q, 1);
		else if (adds_up && !m->label)
			*at = column_number(q, 3);
		else if (adds_up && *m->label)
			*at = 0;
	}
	database_done(s->d, q);
}

double *dataset_series(struct dataset *s, int config, const struct metric *m)
{
	size_t n = (size_t)s->replications;
	double *x = arena_alloc(&s->d->arena, (n + 1) * sizeof(*x));

	for (size_t i = 0; i < n; i++)
		x[i] = NAN;
	if (m->quantile)
		series_quantile(s, s->config[config].id, m, x);
	else
		series_value(s, s->config[config].id, m, x);
	return x;
}
