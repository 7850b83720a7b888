/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Comparison of databases for tests, by SQL. */
#include "sim/store/t/dbcompare.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int64_t query_int(sqlite3 *db, const char *sql)
{
	int64_t v = INT64_MIN;
	sqlite3_stmt *st;

	if (sqlite3_prepare_v2(db, sql, -1, &st, NULL))
		return v;
	if (sqlite3_step(st) == SQLITE_ROW)
		v = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	return v;
}

static int64_t table_differences(sqlite3 *db, const char *table)
{
	char sql[512];

	snprintf(sql, sizeof(sql), "SELECT (SELECT count(*) FROM (SELECT * FROM main.%s "
		 "EXCEPT SELECT * FROM other.%s)) + (SELECT count(*) FROM (SELECT * "
		 "FROM other.%s EXCEPT SELECT * FROM main.%s))",
		 table, table, table, table);
	return query_int(db, sql);
}

int64_t db_differences(const char *a, const char *b, char *why, size_t n)
{
	static const char *const tables[] = {
		"study", "study_design", "study_metric", "config", "axis",
		"parameter", "run", "metric_def", "metric", "histogram",
		"violation", "violation_count", "claim", "claim_study",
	};
	int64_t all = 0, d;
	char sql[600];
	sqlite3 *db;
	size_t i;

	why[0] = '\0';
	snprintf(sql, sizeof(sql), "ATTACH '%s' AS other", b);
	if (sqlite3_open_v2(a, &db, SQLITE_OPEN_READONLY, NULL) ||
	    sqlite3_exec(db, sql, NULL, NULL, NULL)) {
		snprintf(why, n, "cannot open");
		sqlite3_close(db);
		return -1;
	}
	for (i = 0; i < sizeof(tables) / sizeof(*tables); i++) {
		d = table_differences(db, tables[i]);
		if (d && !*why)
			snprintf(why, n, "%s: %lld rows", tables[i], (long long)d);
		all = d < 0 || all < 0 ? -1 : all + d;
	}
	sqlite3_close(db);
	return all;
}

int64_t db_int(const char *path, const char *sql)
{
	int64_t v = INT64_MIN;
	sqlite3 *db;

	if (!sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL))
		v = query_int(db, sql);
	sqlite3_close(db);
	return v;
}

const char *db_text(const char *path, const char *sql, char *buf, size_t n)
{
	sqlite3_stmt *st = NULL;
	sqlite3 *db;

	snprintf(buf, n, "(none)");
	if (!sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) &&
	    !sqlite3_prepare_v2(db, sql, -1, &st, NULL) &&
	    sqlite3_step(st) == SQLITE_ROW && sqlite3_column_text(st, 0))
		snprintf(buf, n, "%s", (const char *)sqlite3_column_text(st, 0));
	sqlite3_finalize(st);
	sqlite3_close(db);
	return buf;
}

void test_directory(char *buf, size_t n, const char *name)
{
	snprintf(buf, n, "%s/shootdown-%s.%d", access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm",
		 name, (int)getpid());
}
