/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the runner asks of a database: which runs are there, the values that
 * the sequential rule needs, violations, speed of earlier runs.
 *
 * All functions take a plain handle, so that --dry-run can read a database
 * that somebody else is writing.
 */
#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "sim/base/alloc.h"
#include "sim/store/store_int.h"

static int read_error(sqlite3 *db, struct err *e)
{
	const char *name = db ? sqlite3_db_filename(db, "main") : NULL;

	return store_sql_error(db, name && *name ? name : "database", "cannot read", e);
}

/* Prepare and bind i (int64_t) and s (string); NULL with @e filled. */
static sqlite3_stmt *query(sqlite3 *db, struct err *e, const char *sql,
			   const char *format, ...)
{
	sqlite3_stmt *st;
	int rc = SQLITE_OK, i;
	va_list ap;

	if (sqlite3_prepare_v2(db, sql, -1, &st, NULL)) {
		read_error(db, e);
		return NULL;
	}
	va_start(ap, format);
	for (i = 1; *format && rc == SQLITE_OK; format++, i++)
		rc = *format == 'i'
			? sqlite3_bind_int64(st, i, va_arg(ap, int64_t))
			: sqlite3_bind_text(st, i, va_arg(ap, const char *), -1,
					    SQLITE_STATIC);
	va_end(ap);
	if (rc != SQLITE_OK) {
		read_error(db, e);
		sqlite3_finalize(st);
		return NULL;
	}
	return st;
}

/* @rc of the last step must be SQLITE_DONE or SQLITE_ROW. */
static int finish(sqlite3 *db, sqlite3_stmt *st, int rc, struct err *e)
{
	int ret = rc == SQLITE_DONE || rc == SQLITE_ROW ? 0 : read_error(db, e);

	sqlite3_finalize(st);
	return ret;
}

static enum run_status status_by_name(const char *name)
{
	int i;

	for (i = 0; name && i < NR_RUN_STATUS; i++)
		if (!strcmp(name, run_status_name((enum run_status)i)))
			return (enum run_status)i;
	return RUN_CRASH;	/* the table's CHECK makes this unreachable */
}

int store_has_run(sqlite3 *db, int64_t config, uint32_t replication,
		  struct err *e)
{
	sqlite3_stmt *st = query(db, e, "SELECT 1 FROM run WHERE id=?", "i",
				 store_run_id(config, replication));
	int rc;

	if (!st)
		return -1;
	rc = sqlite3_step(st);
	return finish(db, st, rc, e) ? -1 : rc == SQLITE_ROW;
}

int store_each_run(sqlite3 *db, int64_t config,
		   void (*fn)(void *arg, uint32_t replication, enum run_status status),
		   void *arg, struct err *e)
{
	sqlite3_stmt *st = query(db, e, "SELECT replication, status FROM run "
				 "WHERE config=? ORDER BY replication", "i", config);
	int rc;

	if (!st)
		return -1;
	while ((rc = sqlite3_step(st)) == SQLITE_ROW)
		fn(arg, (uint32_t)sqlite3_column_int64(st, 0),
		   status_by_name((const char *)sqlite3_column_text(st, 1)));
	return finish(db, st, rc, e);
}

int store_metric_value(sqlite3 *db, int64_t config, uint32_t replication,
		       const char *metric, const char *label, double *value,
		       struct err *e)
{
	sqlite3_stmt *st = query(db, e, "SELECT m.value FROM metric m "
		"JOIN metric_def d ON d.id=m.metric JOIN run r ON r.id=m.run "
		"WHERE m.run=? AND d.name=? AND m.label=? "
		"AND r.status IN ('ok','violation')", "iss",
		store_run_id(config, replication), metric, label);
	int rc;

	*value = NAN;
	if (!st)
		return -1;
	rc = sqlite3_step(st);
	if (rc == SQLITE_ROW && sqlite3_column_type(st, 0) != SQLITE_NULL)
		*value = sqlite3_column_double(st, 0);
	return finish(db, st, rc, e);
}

int store_histogram(sqlite3 *db, int64_t config, uint32_t replication,
		    const char *metric, const char *label,
		    unsigned char **bins, uint32_t *len, struct err *e)
{
	sqlite3_stmt *st = query(db, e, "SELECT h.bins FROM histogram h "
		"JOIN metric_def d ON d.id=h.metric JOIN run r ON r.id=h.run "
		"WHERE h.run=? AND d.name=? AND h.label=? "
		"AND r.status IN ('ok','violation')", "iss",
		store_run_id(config, replication), metric, label);
	int rc, ret;

	*bins = NULL;
	*len = 0;
	if (!st)
		return -1;
	rc = sqlite3_step(st);
	if (rc == SQLITE_ROW) {
		int n = sqlite3_column_bytes(st, 0);

		*bins = mem_alloc((size_t)n);
		*len = (uint32_t)n;
		if (*bins && n)
			memcpy(*bins, sqlite3_column_blob(st, 0), (size_t)n);
	}
	ret = finish(db, st, rc, e);
	if (!ret && rc == SQLITE_ROW && !*bins)
		ret = store_no_memory(e);
	return ret;
}

int store_each_violation(sqlite3 *db, int64_t config, uint32_t last,
			 void (*fn)(void *arg, const char *invariant,
				    int64_t count, int expected),
			 void *arg, struct err *e)
{
	/* Expected only if every stored detail of the run says so. */
	sqlite3_stmt *st = query(db, e, "SELECT c.invariant, c.count, "
		"coalesce((SELECT min(v.expected) FROM violation v "
		"WHERE v.run=c.run AND v.invariant=c.invariant), 0) "
		"FROM run r JOIN violation_count c ON c.run=r.id "
		"WHERE r.config=? AND r.replication<=? AND c.count>0 "
		"ORDER BY r.replication, c.invariant", "ii", config, (int64_t)last);
	int rc;

	if (!st)
		return -1;
	while ((rc = sqlite3_step(st)) == SQLITE_ROW)
		fn(arg, (const char *)sqlite3_column_text(st, 0),
		   sqlite3_column_int64(st, 1), sqlite3_column_int(st, 2));
	return finish(db, st, rc, e);
}

int store_run_counts(sqlite3 *db, int64_t count[NR_RUN_STATUS], struct err *e)
{
	sqlite3_stmt *st = query(db, e, "SELECT status, count(*) FROM run "
				 "GROUP BY status", "");
	int rc;

	memset(count, 0, NR_RUN_STATUS * sizeof(*count));
	if (!st)
		return -1;
	while ((rc = sqlite3_step(st)) == SQLITE_ROW)
		count[status_by_name((const char *)sqlite3_column_text(st, 0))] +=
			sqlite3_column_int64(st, 1);
	return finish(db, st, rc, e);
}

int store_event_rate(sqlite3 *db, int64_t *events, int64_t *wall_ns,
		     struct err *e)
{
	sqlite3_stmt *st = query(db, e, "SELECT coalesce(sum(r.events),0), "
		"coalesce(sum(w.wall_ns),0) FROM run r JOIN run_wall w "
		"ON w.run=r.id WHERE r.status IN ('ok','violation')", "");
	int rc;

	*events = *wall_ns = 0;
	if (!st)
		return -1;
	rc = sqlite3_step(st);
	if (rc == SQLITE_ROW) {
		*events = sqlite3_column_int64(st, 0);
		*wall_ns = sqlite3_column_int64(st, 1);
	}
	return finish(db, st, rc, e);
}
