/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A result database open for reading, with the memory of one report.
 *
 * Everything that a report builds lives in one arena and one text buffer that
 * hang on struct database and go with it.  A failure deep inside (memory out,
 * a damaged database) leaves by longjmp to database_work(), which is the only
 * place that sets it up; so the code between reads straight on and checks
 * nothing twice.
 *
 * Leaves out: writing.  The analysis never changes a database.
 */
#ifndef ANALYSIS_DATABASE_H
#define ANALYSIS_DATABASE_H

#include <setjmp.h>
#include <sqlite3.h>
#include <stdint.h>

#include "sim/base/alloc.h"
#include "sim/base/err.h"
#include "sim/base/strbuf.h"

struct dataset;

#define KEPT_STATEMENTS	48

struct database {
	sqlite3 *sql;
	/* Prepared before and free to be used again; the same text may be in use twice. */
	struct { sqlite3_stmt *q; int busy; } kept[KEPT_STATEMENTS];
	int n_kept;
	const char *path;	/* as the user named it */
	struct arena arena;
	struct strbuf text;	/* the document under construction */
	struct strbuf scratch;
	struct dataset *loaded;	/* studies read so far */
	struct known_study *study;	/* dataset.c: all of them, once asked for */
	int n_studies;
	struct err *err;
	jmp_buf failure;
};

/* Open @path, run @work(d, arg), close.  0 or the code in @e. */
int database_work(const char *path, int (*work)(struct database *d, void *arg),
		  void *arg, struct err *e);

/* Leave database_work() with this error. */
void database_fail(struct database *d, int code, const char *fmt, ...)
	__attribute__((noreturn, format(printf, 3, 4)));

/*
 * Prepare; each letter of @types binds one argument: i int64_t, s const char *.
 * Finalise with database_done(), which also reports an error of the last step.
 */
sqlite3_stmt *database_query(struct database *d, const char *sql,
			     const char *types, ...);
int database_step(struct database *d, sqlite3_stmt *q);	/* 1: a row */
void database_done(struct database *d, sqlite3_stmt *q);

/* A column as arena text ("" for NULL), as a number (NAN for NULL). */
const char *column_text(struct database *d, sqlite3_stmt *q, int column);
double column_number(sqlite3_stmt *q, int column);

/* First column of the first row as text, or NULL if there is none or it is NULL. */
const char *database_text(struct database *d, const char *sql, const char *types, ...);
int64_t database_integer(struct database *d, const char *sql, const char *types, ...);

/* Arena text by printf. */
const char *text_of(struct database *d, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif
