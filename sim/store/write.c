/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Rows of finished runs: one transaction per run, statements prepared once.
 *
 * Doubles are stored bit for bit (SQLite REAL is IEEE 754 binary64); NaN is
 * bound as NULL on purpose: it means "no observation".
 *
 * A run is written once.  Writing it a second time is a bug of the caller and
 * an error here, never a silent replacement.
 */
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "sim/base/alloc.h"
#include "sim/base/hash.h"
#include "sim/store/store_int.h"

#define ID_SEED		0x73746f7265u

static const char *const stmt_sql[NR_STORE_STMTS] = {
	[ST_RUN] = "INSERT INTO run VALUES(?,?,?,?,?,?,?,?,?,?)",
	[ST_WALL] = "INSERT INTO run_wall VALUES(?,?,?,?,?)",
	[ST_METRIC] = "INSERT INTO metric VALUES(?,?,?,?,?,?,?,?,?)",
	[ST_HISTOGRAM] = "INSERT INTO histogram VALUES(?,?,?,?)",
	[ST_VIOLATION] = "INSERT INTO violation VALUES(?,?,?,?,?,?,?)",
	[ST_COUNT] = "INSERT INTO violation_count VALUES(?,?,?,?)",
	[ST_CONFIG] = "INSERT INTO config VALUES(?,?,?,?,?) ON CONFLICT(id) DO NOTHING",
	[ST_AXIS] = "INSERT INTO axis VALUES(?,?,?,?,?,?)",
	[ST_PARAMETER] = "INSERT INTO parameter VALUES(?,?,?,?,?,?)",
};

int64_t store_study_id(uint64_t scenario_hash, const char *model_hash,
		       int64_t master_seed)
{
	uint64_t h = hash_str("study", ID_SEED);

	h = hash_mix(h, scenario_hash);
	h = hash_mix(h, hash_str(model_hash, ID_SEED));
	return hash_rowid(hash_mix(h, (uint64_t)master_seed));
}

int64_t store_config_id(int64_t study, uint64_t config_hash)
{
	uint64_t h = hash_str("config", ID_SEED);

	return hash_rowid(hash_mix(hash_mix(h, (uint64_t)study), config_hash));
}

int64_t store_run_id(int64_t config, uint32_t replication)
{
	uint64_t h = hash_str("run", ID_SEED);

	return hash_rowid(hash_mix(hash_mix(h, (uint64_t)config), replication));
}

/* A statement ready for binding; NULL with @e filled. */
static sqlite3_stmt *statement(struct store *s, enum store_stmt which, struct err *e)
{
	if (!s->stmt[which] &&
	    sqlite3_prepare_v3(s->db, stmt_sql[which], -1,
			       SQLITE_PREPARE_PERSISTENT, &s->stmt[which], NULL)) {
		store_sql_error(s->db, s->path, "cannot write", e);
		return NULL;
	}
	return s->stmt[which];
}

/*
 * Bind by a format: i int64_t, d double (NaN: NULL), s string (NULL: ''),
 * b bytes and their uint32_t length.  Then step and reset.
 */
static int write_row(struct store *s, enum store_stmt which, struct err *e,
		     const char *format, ...)
{
	sqlite3_stmt *st = statement(s, which, e);
	int rc = SQLITE_OK, i;
	va_list ap;

	if (!st)
		return -1;
	va_start(ap, format);
	for (i = 1; *format && rc == SQLITE_OK; format++, i++) {
		const char *text;
		double d;

		switch (*format) {
		case 'i':
			rc = sqlite3_bind_int64(st, i, va_arg(ap, int64_t));
			break;
		case 'd':
			d = va_arg(ap, double);
			rc = isnan(d) ? sqlite3_bind_null(st, i)
				      : sqlite3_bind_double(st, i, d);
			break;
		case 's':
			text = va_arg(ap, const char *);
			rc = sqlite3_bind_text(st, i, text ? text : "", -1,
					       SQLITE_STATIC);
			break;
		case 'b':
			text = va_arg(ap, const char *);
			rc = sqlite3_bind_blob(st, i, text ? text : "",
					       (int)va_arg(ap, uint32_t), SQLITE_STATIC);
			break;
		}
	}
	va_end(ap);
	if (rc == SQLITE_OK && sqlite3_step(st) == SQLITE_DONE) {
		sqlite3_reset(st);
		return 0;
	}
	store_sql_error(s->db, s->path, "cannot write", e);
	sqlite3_reset(st);
	return -1;
}

static void hex(char buf[17], uint64_t v)
{
	snprintf(buf, 17, "%016" PRIx64, v);
}

int store_begin(struct store *s, struct err *e)
{
	return store_exec(s->db, s->path, "BEGIN IMMEDIATE", e);
}

int store_commit(struct store *s, struct err *e)
{
	if (!store_exec(s->db, s->path, "COMMIT", e))
		return 0;
	store_rollback(s);
	return -1;
}

void store_rollback(struct store *s)
{
	if (!sqlite3_get_autocommit(s->db))
		sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
}

/* --- configurations --------------------------------------------------------- */

static int put_axes(struct store *s, int64_t id, const struct store_config *row,
		    struct err *e)
{
	int i;

	for (i = 0; i < row->n_axes; i++) {
		const struct store_axis *a = &row->axis[i];

		if (write_row(s, ST_AXIS, e, "issdsi", id, a->path, a->value,
			      a->number, a->unit, (int64_t)a->ordinal))
			return -1;
	}
	for (i = 0; i < row->n_parameters; i++) {
		const struct store_parameter *p = &row->parameter[i];

		if (write_row(s, ST_PARAMETER, e, "isssss", id, p->path, p->value,
			      p->unit, p->origin, p->given_at))
			return -1;
	}
	return 0;
}

int store_put_config(struct store *s, int64_t study,
		     const struct store_config *row, int64_t *id, struct err *e)
{
	char hash[17];

	*id = store_config_id(study, row->config_hash);
	hex(hash, row->config_hash);
	if (write_row(s, ST_CONFIG, e, "iisss", *id, study, row->design, hash,
		      row->resolved))
		return -1;
	if (!sqlite3_changes(s->db))
		return 0;	/* here already, with its axes and parameters */
	return put_axes(s, *id, row, e);
}

/* --- runs ------------------------------------------------------------------- */

static int put_head(struct store *s, int64_t id, int64_t config,
		    uint32_t replication, const struct result *r, struct err *e)
{
	char fingerprint[17];

	hex(fingerprint, r->fingerprint);
	return write_row(s, ST_RUN, e, "iiisssiiis", id, config,
			 (int64_t)replication, run_status_name(r->status),
			 r->reason, r->replay, (int64_t)r->sim_time_ps,
			 (int64_t)r->warmup_ps, r->events, fingerprint);
}

static int put_wall(struct store *s, int64_t id, const struct store_wall *w,
		    struct err *e)
{
	time_t now = time(NULL);
	struct tm tm;
	char utc[32];

	strftime(utc, sizeof(utc), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &tm));
	return write_row(s, ST_WALL, e, "iiiss", id, w->wall_ns, w->max_rss,
			 w->host, utc);
}

static int metric_id(struct store *s, int index, int64_t *id, struct err *e)
{
	if (index < 0 || index >= s->n_metrics) {
		err_set(e, EX_ENVIRONMENT, "metric %d is not in the catalogue", index);
		return -1;
	}
	*id = s->metric_id[index];
	return 0;
}

static int put_metrics(struct store *s, int64_t id, const struct result *r,
		       struct err *e)
{
	uint32_t i;
	int64_t metric;

	for (i = 0; i < r->n_metric; i++) {
		const struct metric_row *m = &r->metric[i];

		if (metric_id(s, m->metric, &metric, e) ||
		    write_row(s, ST_METRIC, e, "iisdidddd", id, metric, m->label,
			      m->value, m->n, m->sum, m->sumsq, m->min, m->max))
			return -1;
	}
	for (i = 0; i < r->n_histogram; i++) {
		const struct histogram_row *h = &r->histogram[i];

		if (metric_id(s, h->metric, &metric, e) ||
		    write_row(s, ST_HISTOGRAM, e, "iisb", id, metric, h->label,
			      h->bins, h->len))
			return -1;
	}
	return 0;
}

static int put_violations(struct store *s, int64_t id, const struct result *r,
			  struct err *e)
{
	uint32_t i;

	for (i = 0; i < r->n_violation; i++) {
		const struct violation_row *v = &r->violation[i];

		if (write_row(s, ST_VIOLATION, e, "iisiiss", id, (int64_t)i,
			      v->invariant, (int64_t)v->at, (int64_t)!!v->expected,
			      v->summary, v->steps && *v->steps ? v->steps : "[]"))
			return -1;
	}
	for (i = 0; i < r->n_count; i++) {
		const struct violation_count_row *c = &r->count[i];

		if (write_row(s, ST_COUNT, e, "isii", id, c->invariant, c->count,
			      c->operations))
			return -1;
	}
	return 0;
}

int store_put_run(struct store *s, int64_t config, uint32_t replication,
		  const struct result *r, const struct store_wall *w,
		  struct err *e)
{
	int64_t id = store_run_id(config, replication);

	if (r->failed)
		return store_no_memory(e);
	if (store_begin(s, e))
		return -1;
	if (put_head(s, id, config, replication, r, e) ||
	    (w && put_wall(s, id, w, e)) || put_metrics(s, id, r, e) ||
	    put_violations(s, id, r, e)) {
		store_rollback(s);
		return -1;
	}
	return store_commit(s, e);
}

int store_delete_run(struct store *s, int64_t config, uint32_t replication,
		     struct err *e)
{
	static const char *const tables[] = {
		"run_wall", "metric", "histogram", "violation", "violation_count",
	};
	int64_t id = store_run_id(config, replication);
	char sql[96];
	size_t i;

	if (store_begin(s, e))
		return -1;
	for (i = 0; i < sizeof(tables) / sizeof(*tables); i++) {
		snprintf(sql, sizeof(sql), "DELETE FROM %s WHERE run=%" PRId64,
			 tables[i], id);
		if (store_exec(s->db, s->path, sql, e))
			goto rollback;
	}
	snprintf(sql, sizeof(sql), "DELETE FROM run WHERE id=%" PRId64, id);
	if (store_exec(s->db, s->path, sql, e))
		goto rollback;
	return store_commit(s, e);
rollback:
	store_rollback(s);
	return -1;
}
