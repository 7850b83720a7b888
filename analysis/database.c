/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A result database open for reading; see database.h. */
#include "analysis/database.h"

#include <math.h>
#include <string.h>
#include <stdarg.h>
#include <stdio.h>

#include "sim/store/store.h"

#define CHUNK	(256 * 1024)

void database_fail(struct database *d, int code, const char *fmt, ...)
{
	char text[400];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	err_set(d->err, code, "%s", text);
	longjmp(d->failure, 1);
}

static void out_of_memory(void *arg, size_t wanted)
{
	database_fail(arg, EX_ENVIRONMENT, "out of memory (%zu bytes wanted)", wanted);
}

static void close_all(struct database *d)
{
	sqlite3_stmt *q;

	/* A longjmp leaves statements behind; a connection with some stays open. */
	while (d->sql && (q = sqlite3_next_stmt(d->sql, NULL)))
		sqlite3_finalize(q);
	sqlite3_close(d->sql);
	arena_free(&d->arena);
	sb_free(&d->text);
	sb_free(&d->scratch);
}

int database_work(const char *path, int (*work)(struct database *d, void *arg),
		  void *arg, struct err *e)
{
	struct database d = { .path = path, .err = e };
	int code;

	e->code = 0;
	code = store_open_readonly(path, &d.sql, e);
	if (code)
		return e->code ? e->code : EX_ENVIRONMENT;
	/* One state of the database for the whole report, and one lock. */
	sqlite3_exec(d.sql, "PRAGMA cache_size = -65536; BEGIN", NULL, NULL, NULL);
	arena_init(&d.arena, CHUNK);
	d.arena.on_fail = out_of_memory;
	d.arena.on_fail_arg = &d;
	sb_init(&d.text);
	sb_init(&d.scratch);
	if (!setjmp(d.failure)) {
		code = work(&d, arg);
		if (!code && (d.text.failed || d.scratch.failed))
			err_set(e, EX_ENVIRONMENT, "out of memory");
	}
	if (e->code)
		code = e->code;
	close_all(&d);
	return code;
}

static void bind_all(struct database *d, sqlite3_stmt *q, const char *types, va_list ap)
{
	for (int i = 1; *types; types++, i++) {
		int code;

		if (*types == 'i')
			code = sqlite3_bind_int64(q, i, va_arg(ap, int64_t));
		else
			code = sqlite3_bind_text(q, i, va_arg(ap, const char *), -1,
						 SQLITE_TRANSIENT);
		if (code != SQLITE_OK)
			database_fail(d, EX_ENVIRONMENT, "%s: %s", d->path,
				      sqlite3_errmsg(d->sql));
	}
}

static sqlite3_stmt *prepare(struct database *d, const char *sql,
			     const char *types, va_list ap)
{
	sqlite3_stmt *q;

	for (int i = 0; i < d->n_kept; i++) {
		if (d->kept[i].busy || strcmp(sqlite3_sql(d->kept[i].q), sql))
			continue;
		d->kept[i].busy = 1;
		bind_all(d, d->kept[i].q, types, ap);
		return d->kept[i].q;
	}
	if (sqlite3_prepare_v2(d->sql, sql, -1, &q, NULL) != SQLITE_OK)
		database_fail(d, EX_ENVIRONMENT, "%s: %s", d->path,
			      sqlite3_errmsg(d->sql));
	if (d->n_kept < KEPT_STATEMENTS) {
		d->kept[d->n_kept].q = q;
		d->kept[d->n_kept++].busy = 1;
	}
	bind_all(d, q, types, ap);
	return q;
}

sqlite3_stmt *database_query(struct database *d, const char *sql,
			     const char *types, ...)
{
	sqlite3_stmt *q;
	va_list ap;

	va_start(ap, types);
	q = prepare(d, sql, types, ap);
	va_end(ap);
	return q;
}

int database_step(struct database *d, sqlite3_stmt *q)
{
	int code = sqlite3_step(q);

	if (code != SQLITE_ROW && code != SQLITE_DONE)
		database_fail(d, EX_ENVIRONMENT, "%s: %s", d->path,
			      sqlite3_errmsg(d->sql));
	return code == SQLITE_ROW;
}

void database_done(struct database *d, sqlite3_stmt *q)
{
	int code, kept = 0;

	while (kept < d->n_kept && d->kept[kept].q != q)
		kept++;
	if (kept == d->n_kept) {
		code = sqlite3_finalize(q);
	} else {
		code = sqlite3_reset(q);
		sqlite3_clear_bindings(q);
		d->kept[kept].busy = 0;
	}
	if (code != SQLITE_OK)
		database_fail(d, EX_ENVIRONMENT, "%s: %s", d->path,
			      sqlite3_errmsg(d->sql));
}

const char *column_text(struct database *d, sqlite3_stmt *q, int column)
{
	const char *s = (const char *)sqlite3_column_text(q, column);

	return arena_strdup(&d->arena, s ? s : "");
}

double column_number(sqlite3_stmt *q, int column)
{
	if (sqlite3_column_type(q, column) == SQLITE_NULL)
		return NAN;
	return sqlite3_column_double(q, column);
}

const char *database_text(struct database *d, const char *sql, const char *types, ...)
{
	const char *s = NULL;
	sqlite3_stmt *q;
	va_list ap;

	va_start(ap, types);
	q = prepare(d, sql, types, ap);
	va_end(ap);
	if (database_step(d, q) && sqlite3_column_type(q, 0) != SQLITE_NULL)
		s = column_text(d, q, 0);
	database_done(d, q);
	return s;
}

int64_t database_integer(struct database *d, const char *sql, const char *types, ...)
{
	int64_t v = 0;
	sqlite3_stmt *q;
	va_list ap;

	va_start(ap, types);
	q = prepare(d, sql, types, ap);
	va_end(ap);
	if (database_step(d, q))
		v = sqlite3_column_int64(q, 0);
	database_done(d, q);
	return v;
}

const char *text_of(struct database *d, const char *fmt, ...)
{
	const char *s;
	va_list ap;

	sb_reset(&d->scratch);
	va_start(ap, fmt);
	sb_vaddf(&d->scratch, fmt, ap);
	va_end(ap);
	if (d->scratch.failed)
		database_fail(d, EX_ENVIRONMENT, "out of memory");
	s = arena_strdup(&d->arena, d->scratch.s);
	return s;
}
