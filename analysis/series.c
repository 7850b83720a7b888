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

struct known_labels {
	struct known_labels *next;
	int64_t metric;
	const char **label;
	int n;
};

static const char **read_labels(struct dataset *s, const struct metric *m, int *n)
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

/* A copy: callers sort it. */
const char **dataset_labels(struct dataset *s, const struct metric *m, int *n)
{
	struct known_labels *k = s->labels;
	const char **copy;

	while (k && k->metric != m->id)
		k = k->next;
	if (!k) {
		k = arena_alloc(&s->d->arena, sizeof(*k));
		k->next = s->labels;
		k->metric = m->id;
		k->label = read_labels(s, m, &k->n);
		s->labels = k;
	}
	copy = arena_alloc(&s->d->arena, sizeof(*copy) * (size_t)(k->n + 1));
	memcpy(copy, k->label, sizeof(*copy) * (size_t)k->n);
	*n = k->n;
	return copy;
}

/*
 * The histogram's quantile of each run of configuration @id; @at: where
 * replication 1 goes.
 */
static void series_quantile(struct dataset *s, int64_t id, const struct metric *m, double *at)
{
	sqlite3_stmt *q = database_query(s->d, "SELECT r.replication, h.bins FROM run r "
		"JOIN histogram h ON h.run = r.id WHERE r.config = ?1 AND h.metric = ?2 "
		"AND h.label = ?3 AND r.status IN ('ok', 'violation')", "iis", id, m->id,
		m->label ? m->label : "");
	struct bins *b = bins_new(&s->d->arena);

	while (database_step(s->d, q)) {
		int replication = sqlite3_column_int(q, 0);

		bins_clear(b);
		if (bins_add(b, sqlite3_column_blob(q, 1), (size_t)sqlite3_column_bytes(q, 1)))
			database_fail(s->d, EX_ENVIRONMENT,
				      "%s: malformed histogram of %s in configuration %lld",
				      s->d->path, m->name, (long long)id);
		at[replication - 1] = bins_quantile(b, quantile_share(m->quantile)) *
				      bins_unit(m->unit);
	}
	database_done(s->d, q);
}

static void series_value(struct dataset *s, int64_t id, const struct metric *m, double *at)
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
	sqlite3_stmt *q = database_query(s->d, sql, "iis", id, m->id, m->label ? m->label : "");

	while (database_step(s->d, q)) {
		double *x = &at[sqlite3_column_int(q, 0) - 1];

		if (sqlite3_column_int(q, 2))
			*x = column_number(q, 1);
		else if (adds_up && !m->label)
			*x = column_number(q, 3);
		else if (adds_up && *m->label)
			*x = 0;
	}
	database_done(s->d, q);
}

/* value NULL with a min: cut off by the end of the run. */
static void series_bound(struct dataset *s, int64_t id, const struct metric *m, double *at)
{
	sqlite3_stmt *q = database_query(s->d, "SELECT r.replication, m.min FROM run r "
		"JOIN metric m ON m.run = r.id WHERE r.config = ?1 AND m.metric = ?2 "
		"AND m.label = ?3 AND m.value IS NULL AND m.min IS NOT NULL "
		"AND r.status IN ('ok', 'violation', 'oom', 'timeout')", "iis", id, m->id,
		m->label ? m->label : "");

	while (database_step(s->d, q))
		at[sqlite3_column_int(q, 0) - 1] = column_number(q, 1);
	database_done(s->d, q);
}

typedef void series_reader(struct dataset *s, int64_t id, const struct metric *m, double *at);

/* Of a sampled configuration, the first replication of each sample. */
static double *series_of(struct dataset *s, int config, const struct metric *m, series_reader *read)
{
	const struct configuration *c = &s->config[config];
	size_t n = (size_t)s->replications, most;
	double *x = arena_alloc(&s->d->arena, (n + 1) * sizeof(*x)), *one;

	for (size_t i = 0; i < n; i++)
		x[i] = NAN;
	if (!c->sample) {
		read(s, c->id, m, x);
		return x;
	}
	most = (size_t)database_integer(s->d, "SELECT coalesce(max(r.replication), 1) FROM run r "
		"JOIN config c ON c.id = r.config WHERE c.study = ?", "i", s->id);
	one = arena_alloc(&s->d->arena, most * sizeof(*one));
	for (int i = 0; i < s->samples; i++) {
		one[0] = NAN;
		if (c->sample[i])
			read(s, c->sample[i], m, one);
		x[i] = one[0];
	}
	return x;
}

/* Verdicts, tables and plots ask for the same series again and again. */
struct known_series {
	struct known_series *next;
	int64_t metric;
	const char *label;
	int quantile, bound;
	const double *value;
};

static int is_known(const struct known_series *k, const struct metric *m, int bound)
{
	return k->metric == m->id && k->quantile == m->quantile && k->bound == bound &&
	       (k->label && m->label ? !strcmp(k->label, m->label) : !k->label && !m->label);
}

/* A copy: callers fill in what they know better. */
static double *known_or_read(struct dataset *s, int config, const struct metric *m, int bound)
{
	struct arena *a = &s->d->arena;
	size_t bytes = ((size_t)s->replications + 1) * sizeof(double);
	struct known_series *k = s->config[config].known;
	double *x;

	while (k && !is_known(k, m, bound))
		k = k->next;
	if (!k) {
		k = arena_alloc(a, sizeof(*k));
		*k = (struct known_series){ s->config[config].known, m->id, m->label, m->quantile,
			bound, series_of(s, config, m, bound ? series_bound : m->quantile ?
					 series_quantile : series_value) };
		s->config[config].known = k;
	}
	x = arena_alloc(a, bytes);
	memcpy(x, k->value, bytes);
	return x;
}

double *dataset_series(struct dataset *s, int config, const struct metric *m)
{
	return known_or_read(s, config, m, 0);
}

double *dataset_bounds(struct dataset *s, int config, const struct metric *m)
{
	return known_or_read(s, config, m, 1);
}
