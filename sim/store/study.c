/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Rows that are written once per command: studies, the catalogue of metrics,
 * claims, the log.  Statements are prepared on the spot; speed is no concern.
 *
 * Refreshing a study keeps its identity (scenario hash, model hash, seed) and
 * its version; comments in the source or the wording of the question may
 * change without a new study.  A command that asks for less than there is
 * (--design, fewer replications) leaves designs, baseline and command of the
 * whole alone; one that asks for less here and more there is added to them.
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

#define METRIC_SEED	0x6d6574726963u

/* One statement with i (int64_t) and s (string) arguments, no result rows. */
static int run_sql(struct store *s, struct err *e, const char *sql,
		   const char *format, ...)
{
	sqlite3_stmt *st;
	int rc = SQLITE_OK, i;
	va_list ap;

	if (sqlite3_prepare_v2(s->db, sql, -1, &st, NULL))
		return store_sql_error(s->db, s->path, "cannot write", e);
	va_start(ap, format);
	for (i = 1; *format && rc == SQLITE_OK; format++, i++) {
		if (*format == 'i') {
			rc = sqlite3_bind_int64(st, i, va_arg(ap, int64_t));
		} else {
			const char *text = va_arg(ap, const char *);

			rc = sqlite3_bind_text(st, i, text ? text : "", -1,
					       SQLITE_STATIC);
		}
	}
	va_end(ap);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(st);
	if (rc != SQLITE_DONE)
		store_sql_error(s->db, s->path, "cannot write", e);
	sqlite3_finalize(st);
	return rc == SQLITE_DONE ? 0 : -1;
}

/* 1: there and equal, 0: not there, -1: other unit or meaning, or an error. */
static int same_metric(struct store *s, const struct store_metric_def *m,
		       struct err *e)
{
	sqlite3_stmt *st;
	int ret = 0, rc;

	if (sqlite3_prepare_v2(s->db, "SELECT unit, kind, better FROM metric_def "
			       "WHERE name = ?", -1, &st, NULL))
		return store_sql_error(s->db, s->path, "cannot read", e);
	sqlite3_bind_text(st, 1, m->name, -1, SQLITE_STATIC);
	rc = sqlite3_step(st);
	if (rc == SQLITE_ROW) {
		const char *unit = (const char *)sqlite3_column_text(st, 0);
		const char *kind = (const char *)sqlite3_column_text(st, 1);
		const char *better = (const char *)sqlite3_column_text(st, 2);

		ret = 1;
		if (!unit || !kind || !better) {
			ret = store_no_memory(e);
		} else if (strcmp(unit, m->unit) || strcmp(kind, m->kind) ||
			   strcmp(better, m->better)) {
			err_set(e, EX_ENVIRONMENT,
				"%s: metric %s was a %s in %s there and is a %s in %s now; use a new database",
				s->path, m->name, kind, unit, m->kind, m->unit);
			ret = -1;
		}
	} else if (rc != SQLITE_DONE) {
		ret = store_sql_error(s->db, s->path, "cannot read", e);
	}
	sqlite3_finalize(st);
	return ret;
}

int store_put_metric_defs(struct store *s, const struct store_metric_def *m,
			  int n, struct err *e)
{
	int64_t *ids = mem_calloc((size_t)n, sizeof(*ids));
	int i, there;

	if (!ids)
		return store_no_memory(e);
	mem_free(s->metric_id);
	s->metric_id = ids;
	s->n_metrics = n;
	for (i = 0; i < n; i++) {
		ids[i] = hash_rowid(hash_str(m[i].name, METRIC_SEED));
		there = same_metric(s, &m[i], e);
		if (there < 0)
			return -1;
		if (there ? run_sql(s, e, "UPDATE metric_def SET help=? WHERE id=? AND help<>?1",
				    "si", m[i].help, ids[i])
			  : run_sql(s, e, "INSERT INTO metric_def VALUES(?,?,?,?,?,?)",
				    "isssss", ids[i], m[i].name, m[i].unit,
				    m[i].kind, m[i].better, m[i].help))
			return -1;
	}
	return 0;
}

static int check_probe(struct store *s, int64_t id, const char *probe, struct err *e)
{
	sqlite3_stmt *st;
	int ret = 0;

	if (sqlite3_prepare_v2(s->db, "SELECT 1 FROM study WHERE id=? AND math_probe<>?",
			       -1, &st, NULL))
		return store_sql_error(s->db, s->path, "cannot read", e);
	sqlite3_bind_int64(st, 1, id);
	sqlite3_bind_text(st, 2, probe, -1, SQLITE_STATIC);
	switch (sqlite3_step(st)) {
	case SQLITE_ROW:
		err_set(e, EX_ENVIRONMENT,
			"%s: the study was begun with another C mathematics library; its runs cannot be mixed with this machine's",
			s->path);
		ret = -1;
		break;
	case SQLITE_DONE:
		break;
	default:
		ret = store_sql_error(s->db, s->path, "cannot read", e);
	}
	sqlite3_finalize(st);
	return ret;
}

/* The integer that @sql finds for study @id and @text (or NULL). */
static int number_of(struct store *s, const char *sql, int64_t id, const char *text,
		     int64_t *out, struct err *e)
{
	sqlite3_stmt *st;
	int rc;

	*out = 0;
	if (sqlite3_prepare_v2(s->db, sql, -1, &st, NULL))
		return store_sql_error(s->db, s->path, "cannot read", e);
	sqlite3_bind_int64(st, 1, id);
	if (text)
		sqlite3_bind_text(st, 2, text, -1, SQLITE_STATIC);
	rc = sqlite3_step(st);
	if (rc == SQLITE_ROW)
		*out = sqlite3_column_int64(st, 0);
	else if (rc != SQLITE_DONE)
		store_sql_error(s->db, s->path, "cannot read", e);
	sqlite3_finalize(st);
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : -1;
}

enum extent { WHOLE, PART, MORE };	/* of what a study holds already */

static int study_extent(struct store *s, int64_t id, const struct store_study *row,
			enum extent *extent, struct err *e)
{
	int64_t there, most, hit, listed, found = 0, known = 0;

	if (number_of(s, "SELECT count(DISTINCT design) FROM config WHERE study=?", id,
		      NULL, &there, e) ||
	    number_of(s, "SELECT max(replication) FROM run JOIN config ON "
		      "config.id=run.config WHERE study=?", id, NULL, &most, e))
		return -1;
	for (int i = 0; i < row->n_designs; i++) {
		if (number_of(s, "SELECT EXISTS(SELECT 1 FROM config WHERE study=? AND design=?)",
			      id, row->design[i], &hit, e) ||
		    number_of(s, "SELECT EXISTS(SELECT 1 FROM study_design WHERE study=? "
			      "AND design=?)", id, row->design[i], &listed, e))
			return -1;
		found += hit;
		known += listed;
	}
	if (found == there && (!row->reps || row->reps >= most))
		*extent = WHOLE;
	else
		*extent = known == row->n_designs && row->reps <= most ? PART : MORE;
	return 0;
}

static int put_design(struct store *s, int64_t id, const char *design, int64_t ordinal,
		      int baseline, struct err *e)
{
	return run_sql(s, e, "INSERT INTO study_design VALUES(?,?,?,?)", "iisi", id, ordinal,
		       design, (int64_t)baseline);
}

static int put_study_lists(struct store *s, int64_t id,
			   const struct store_study *row, struct err *e)
{
	int i;

	if (run_sql(s, e, "DELETE FROM study_design WHERE study=?", "i", id) ||
	    run_sql(s, e, "DELETE FROM study_metric WHERE study=?", "i", id))
		return -1;
	for (i = 0; i < row->n_designs; i++)
		if (put_design(s, id, row->design[i], i, row->baseline ?
			       !strcmp(row->design[i], row->baseline) : !i, e))
			return -1;
	for (i = 0; i < row->n_metrics; i++) {
		const struct store_study_metric *m = &row->metric[i];

		if (run_sql(s, e, "INSERT INTO study_metric VALUES(?,?,?,?,?)",
			    "iisii", id, (int64_t)i, m->metric,
			    (int64_t)m->quantile, (int64_t)!!m->primary))
			return -1;
	}
	return 0;
}

/* Designs that are new go behind the others; the command too. */
static int extend_study(struct store *s, int64_t id, const struct store_study *row,
			struct err *e)
{
	int64_t listed, next;

	for (int i = 0; i < row->n_designs; i++) {
		if (number_of(s, "SELECT EXISTS(SELECT 1 FROM study_design WHERE study=? "
			      "AND design=?)", id, row->design[i], &listed, e) ||
		    number_of(s, "SELECT 1 + max(ordinal) FROM study_design WHERE study=?", id,
			      NULL, &next, e) ||
		    (!listed && put_design(s, id, row->design[i], next, 0, e)))
			return -1;
	}
	return run_sql(s, e, "UPDATE study SET command = command || ' && ' || ?1 "
		       "WHERE id = ?2 AND instr(command, ?1) = 0", "si", row->command, id);
}

int store_put_study(struct store *s, const struct store_study *row,
		    int64_t *id, struct err *e)
{
	enum extent extent;
	char hash[17];

	*id = store_study_id(row->scenario_hash, row->model_hash, row->master_seed);
	snprintf(hash, sizeof(hash), "%016" PRIx64, row->scenario_hash);
	if (check_probe(s, *id, row->math_probe, e) || study_extent(s, *id, row, &extent, e))
		return -1;
	if (extent != WHOLE)
		return run_sql(s, e, "UPDATE study SET name=?, question=?, source=? WHERE id=?",
			       "sssi", row->name, row->question, row->source, *id) ||
		       (extent == MORE && extend_study(s, *id, row, e)) ? -1 : 0;
	if (run_sql(s, e, "INSERT INTO study VALUES(?,?,?,?,?,?,?,?,?,?,?,?) "
		    "ON CONFLICT(id) DO UPDATE SET name=excluded.name, "
		    "question=excluded.question, source=excluded.source, "
		    "resolved=excluded.resolved, command=excluded.command, "
		    "not_modelled=excluded.not_modelled", "isssssisssss",
		    *id, row->name, row->question, row->version, row->model_hash,
		    hash, row->master_seed, row->math_probe, row->source,
		    row->resolved, row->not_modelled, row->command))
		return -1;
	return put_study_lists(s, *id, row, e);
}

int store_put_claim(struct store *s, const char *id, uint64_t claim_hash,
		    const char *body, struct err *e)
{
	char hash[17];

	snprintf(hash, sizeof(hash), "%016" PRIx64, claim_hash);
	return run_sql(s, e, "INSERT INTO claim VALUES(?,?,?) ON CONFLICT(id) "
		       "DO UPDATE SET claim_hash=excluded.claim_hash, "
		       "body=excluded.body", "sss", id, hash, body);
}

int store_put_claim_study(struct store *s, const char *claim, const char *role,
			  int64_t study, struct err *e)
{
	return run_sql(s, e, "INSERT INTO claim_study VALUES(?,?,?) "
		       "ON CONFLICT DO NOTHING", "ssi", claim, role, study);
}

int store_put_question(struct store *s, const char *id, uint64_t question_hash,
		       const char *body, struct err *e)
{
	char hash[17];

	snprintf(hash, sizeof(hash), "%016" PRIx64, question_hash);
	return run_sql(s, e, "INSERT INTO question VALUES(?,?,?) ON CONFLICT(id) "
		       "DO UPDATE SET question_hash=excluded.question_hash, "
		       "body=excluded.body", "sss", id, hash, body);
}

int store_log(struct store *s, const char *what, const char *detail,
	      struct err *e)
{
	time_t now = time(NULL);
	struct tm tm;
	char utc[32];

	strftime(utc, sizeof(utc), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &tm));
	return run_sql(s, e, "INSERT INTO log VALUES(?,?,?)", "sss", utc, what, detail);
}
