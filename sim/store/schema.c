/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The schema of the database: creation, recognition, migration.
 *
 * A file is ours if application_id and user_version say so and sqlite_schema
 * equals, text by text, that of an in-memory database made from schema.sql.
 * Header fields alone can be forged, and a trigger or a view of another's
 * making would run with our rights.
 *
 * Version 2 added the status 'oom' and the questions.  SQLite cannot change a
 * CHECK: the table is made anew.  Foreign keys hold throughout, so their checks
 * wait for the end of the transaction.
 */
#include <inttypes.h>
#include <string.h>

#include "gen/schema_sql.h"
#include "sim/base/strbuf.h"
#include "sim/store/store_int.h"

static const char to_version_2[] =
	"PRAGMA defer_foreign_keys = 1;\n"
	"CREATE TABLE run_before AS SELECT * FROM run;\n"
	"DROP TABLE run;\n"
	"CREATE TABLE run(id INTEGER PRIMARY KEY,\n"
	"  config INTEGER NOT NULL REFERENCES config(id),\n"
	"  replication INTEGER NOT NULL CHECK(replication >= 1),\n"
	"  status TEXT NOT NULL CHECK(status IN ('ok','violation','deadlock',\n"
	"    'assertion','crash','timeout','memory','oom')),\n"
	"  reason TEXT NOT NULL, replay TEXT NOT NULL, sim_ps INTEGER NOT NULL,\n"
	"  warmup_ps INTEGER NOT NULL, events INTEGER NOT NULL,\n"
	"  fingerprint TEXT NOT NULL, UNIQUE(config, replication)) STRICT;\n"
	"INSERT INTO run SELECT * FROM run_before;\n"
	"DROP TABLE run_before;\n"
	"CREATE TABLE question(id TEXT PRIMARY KEY, question_hash TEXT NOT NULL,\n"
	"  body TEXT NOT NULL CHECK(json_valid(body))) STRICT, WITHOUT ROWID;\n";

static const struct migration migrations[] = {
	{ 2, to_version_2 },
	{ 0, NULL },
};

int schema_create(sqlite3 *db, const char *path, struct err *e)
{
	if (store_exec(db, path, "BEGIN IMMEDIATE", e))
		return -1;
	if (store_exec(db, path, schema_sql, e) ||
	    store_exec(db, path, "COMMIT", e)) {
		sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
		return -1;
	}
	return 0;
}

static int migrate_step(sqlite3 *db, const char *path,
			const struct migration *m, struct err *e)
{
	char version[48];

	snprintf(version, sizeof(version), "PRAGMA user_version = %d", m->to);
	if (store_exec(db, path, m->sql, e))
		return -1;
	return store_exec(db, path, version, e);
}

int schema_migrate(sqlite3 *db, const char *path, const struct migration *steps,
		   int target, struct err *e)
{
	const struct migration *m;
	int64_t version;

	if (store_query_int(db, path, "PRAGMA user_version", &version, e))
		return -1;
	if (version == target)
		return 0;
	if (store_exec(db, path, "BEGIN IMMEDIATE", e))
		return -1;
	for (m = steps; m->sql && version < target; m++) {
		if (m->to != version + 1)
			continue;
		if (migrate_step(db, path, m, e))
			goto rollback;
		version = m->to;
	}
	if (version != target) {
		err_set(e, EX_ENVIRONMENT,
			"%s: no way from database version %" PRId64 " to %d",
			path, version, target);
		goto rollback;
	}
	if (!store_exec(db, path, "COMMIT", e))
		return 0;
rollback:
	sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	return -1;
}

/* All objects of a schema in one text. */
static int schema_text(sqlite3 *db, const char *path, struct strbuf *sb,
		       struct err *e)
{
	sqlite3_stmt *st;
	int rc;

	if (sqlite3_prepare_v2(db, "SELECT type, name, tbl_name, coalesce(sql,'') "
			       "FROM sqlite_schema ORDER BY type, name",
			       -1, &st, NULL))
		return store_sql_error(db, path, "cannot read the schema", e);
	while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
		const char *part[4];
		int i;

		for (i = 0; i < 4; i++) {
			part[i] = (const char *)sqlite3_column_text(st, i);
			sb_adds(sb, part[i] ? part[i] : "");
			sb_addc(sb, '\n');
		}
	}
	sqlite3_finalize(st);
	if (rc != SQLITE_DONE)
		return store_sql_error(db, path, "cannot read the schema", e);
	return sb->failed ? store_no_memory(e) : 0;
}

static int schema_expected(struct strbuf *sb, struct err *e)
{
	sqlite3 *db = NULL;
	int ret = -1;

	if (sqlite3_open_v2(":memory:", &db, SQLITE_OPEN_READWRITE, NULL))
		store_no_memory(e);
	else if (!store_exec(db, "schema", schema_sql, e))
		ret = schema_text(db, "schema", sb, e);
	sqlite3_close(db);
	return ret;
}

static int schema_compare(sqlite3 *db, const char *path, struct err *e)
{
	struct strbuf ours, theirs;
	int ret = -1;

	sb_init(&ours);
	sb_init(&theirs);
	if (!schema_expected(&ours, e) && !schema_text(db, path, &theirs, e)) {
		if (!strcmp(ours.s, theirs.s))
			ret = 0;
		else
			err_set(e, EX_ENVIRONMENT,
				"%s: tables, views or triggers are not those of a results database",
				path);
	}
	sb_free(&ours);
	sb_free(&theirs);
	return ret;
}

static int check_header(sqlite3 *db, const char *path, int64_t *version,
			int *empty, struct err *e)
{
	int64_t pages, id;

	*empty = 0;
	if (store_query_int(db, path, "PRAGMA page_count", &pages, e) ||
	    store_query_int(db, path, "PRAGMA application_id", &id, e) ||
	    store_query_int(db, path, "PRAGMA user_version", version, e))
		return -1;
	if (!pages) {
		*empty = 1;
		return 0;
	}
	if (id != STORE_APPLICATION_ID) {
		err_set(e, EX_ENVIRONMENT,
			"%s: an SQLite database, but not a results database (application id %#" PRIx64 ")",
			path, (uint64_t)id);
		return -1;
	}
	return 0;
}

int schema_check(sqlite3 *db, const char *path, int migrate, int *empty,
		 struct err *e)
{
	int64_t version;

	if (check_header(db, path, &version, empty, e))
		return -1;
	if (*empty)
		return 0;
	if (version > STORE_VERSION) {
		err_set(e, EX_ENVIRONMENT,
			"%s: database version %" PRId64 " is newer than this program's %d",
			path, version, STORE_VERSION);
		return -1;
	}
	if (migrate && schema_migrate(db, path, migrations, STORE_VERSION, e))
		return -1;
	if (!migrate && version != STORE_VERSION) {
		err_set(e, EX_ENVIRONMENT,
			"%s: database version %" PRId64 " is older than this program's %d; 'run' brings it up to date",
			path, version, STORE_VERSION);
		return -1;
	}
	return schema_compare(db, path, e);
}
