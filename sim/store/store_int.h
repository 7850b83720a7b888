/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the files of this room share: the writer's state, error texts, and the
 * check that a database is ours.
 */
#ifndef SIM_STORE_STORE_INT_H
#define SIM_STORE_STORE_INT_H

#include "sim/store/store.h"

/* Statements of the hot path (one run), prepared once. */
enum store_stmt {
	ST_RUN, ST_WALL, ST_METRIC, ST_HISTOGRAM, ST_VIOLATION, ST_COUNT,
	ST_CONFIG, ST_AXIS, ST_PARAMETER, NR_STORE_STMTS
};

struct store {
	sqlite3 *db;
	int lock_fd;			/* holds flock(2) until close */
	char *path;
	sqlite3_stmt *stmt[NR_STORE_STMTS];
	int64_t *metric_id;		/* by index of the caller's table */
	int n_metrics;
};

/* Exit code 4 and a sentence for the last failure on @db; returns -1. */
int store_sql_error(sqlite3 *db, const char *path, const char *doing,
		    struct err *e);
int store_exec(sqlite3 *db, const char *path, const char *sql, struct err *e);
/* First column of the first row of @sql as an integer. */
int store_query_int(sqlite3 *db, const char *path, const char *sql,
		    int64_t *out, struct err *e);
int store_no_memory(struct err *e);

/* --- schema.c --------------------------------------------------------------- */

struct migration {
	int to;				/* user_version after it; steps go up by one */
	const char *sql;		/* NULL ends the list */
};

/* Bring @db from its user_version to @target, all steps in one transaction. */
int schema_migrate(sqlite3 *db, const char *path, const struct migration *steps,
		   int target, struct err *e);
/* Create the tables in an empty database. */
int schema_create(sqlite3 *db, const char *path, struct err *e);
/*
 * Is it ours?  Header fields, then every object of the schema text by text: a
 * view or trigger of another's making is refused.  *@empty is set if there is
 * no page at all yet (only then 0 is returned without a schema).
 */
int schema_check(sqlite3 *db, const char *path, int migrate, int *empty,
		 struct err *e);

#endif
