/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Questions of a database and their answers; see question.h. */
#include "analysis/question.h"

#include <math.h>
#include <string.h>

#include "analysis/figure.h"
#include "analysis/format.h"
#include "analysis/sensitivity.h"

static const char *member(struct database *d, const char *body, const char *path)
{
	return database_text(d, "SELECT json_extract(?1, ?2)", "ss", body, path);
}

/* A list, or a single text as a list of one. */
static const char **members(struct database *d, const char *body, const char *path, int *n)
{
	const char *type = database_text(d, "SELECT json_type(?1, ?2)", "ss", body, path);
	int64_t count = database_integer(d, "SELECT count(*) FROM json_each(?1, ?2)", "ss", body, path);
	const char **all = arena_alloc(&d->arena, sizeof(*all) * (size_t)(count + 2));
	sqlite3_stmt *q;

	*n = 0;
	if (type && strcmp(type, "array")) {
		all[(*n)++] = member(d, body, path);
		return all;
	}
	q = database_query(d, "SELECT value FROM json_each(?1, ?2)", "ss", body, path);
	while (database_step(d, q))
		all[(*n)++] = column_text(d, q, 0);
	database_done(d, q);
	return all;
}

static struct view read_view(struct database *d, const char *body, const char *key)
{
	struct view v = { 0 };
	int64_t n = database_integer(d, "SELECT count(*) FROM json_each(?1, ?2)", "ss", body,
				     text_of(d, "$.%s.where", key));
	sqlite3_stmt *q;

	v.study = member(d, body, text_of(d, "$.%s.study", key));
	v.by = member(d, body, text_of(d, "$.%s.by", key));
	v.metric = members(d, body, text_of(d, "$.%s.metric", key), &v.n_metrics);
	v.design = members(d, body, text_of(d, "$.%s.designs", key), &v.n_designs);
	v.where = arena_alloc(&d->arena, sizeof(*v.where) * (size_t)(n + 1));
	q = database_query(d, "SELECT key || '=' || value FROM json_each(?1, ?2)", "ss", body,
			   text_of(d, "$.%s.where", key));
	while (database_step(d, q))
		v.where[v.n_where++] = column_text(d, q, 0);
	database_done(d, q);
	return v;
}

/* "at-once: none-pin, I1 4650 times in 10 runs; ..." of what holds or fails. */
static const char *found_text(struct database *d, const struct verdict *v)
{
	const char *slash = strrchr(v->claim->id, '/'), *text = "";
	double violations = 0;
	int runs = 0;

	for (int i = 0; i < v->n_parts; i++) {
		const char *part = found_text(d, v->part[i]);

		text = text_of(d, "%s%s%s", text, *text && *part ? "; " : "", part);
	}
	if (v->n_parts || !v->claim->invariant ||
	    (v->claim->rule != RULE_VIOLATED && v->claim->rule != RULE_HELD))
		return text;
	for (int i = 0; i < v->n_points; i++) {
		violations += v->point[i].effect;
		runs += v->point[i].n;
	}
	return text_of(d, "%s: %s, %s %.0f times in %d runs", slash ? slash + 1 : v->claim->id,
		       v->claim->b, v->claim->invariant, violations, runs);
}

/* The least and the largest effect of the headline's points. */
static const char *effects_text(struct database *d, const struct verdict *v)
{
	const struct verdict_point *least = NULL, *most = NULL;

	if (v->n_parts || v->claim->rule == RULE_VIOLATED || v->claim->rule == RULE_HELD)
		return found_text(d, v);
	if (!v->m || !v->claim->a || v->claim->rule == RULE_COUNT)
		return "";
	for (int i = 0; i < v->n_points; i++) {
		const struct verdict_point *p = &v->point[i];

		if (p->open || isnan(p->effect))
			continue;
		least = !least || p->effect < least->effect ? p : least;
		most = !most || p->effect > most->effect ? p : most;
	}
	if (!least)
		return "";
	if (least == most)
		return text_of(d, "%s (%s)", effect_text(d, v, least), point_axes(v, least));
	return text_of(d, "from %s (%s) to %s (%s), %d points", effect_text(d, v, least),
		       point_axes(v, least), effect_text(d, v, most), point_axes(v, most),
		       v->n_points - v->n_open);
}

static const char *missing_text(struct database *d, const struct figure_set *f)
{
	const char *text = "";

	for (int i = 0; i < f->n; i++)
		if (!f->figure[i].text)
			text = text_of(d, "%s%s%s: %s", text, *text ? "; " : "", f->figure[i].name,
				       f->figure[i].why);
	return text;
}

static struct question *make_question(struct database *d, const char *id, const char *body,
				      struct verdict **v, int n)
{
	struct question *q = arena_alloc(&d->arena, sizeof(*q));
	struct figure_set *f = figures_make(d, body, v, n);
	const char *text = member(d, body, "$.mechanism"), *told;
	int missing = 0;

	q->id = id;
	q->text = member(d, body, "$.question");
	q->headline = member(d, body, "$.headline");
	q->adversary = member(d, body, "$.adversary");
	q->claim = members(d, body, "$.claims", &q->n_claims);
	q->plot = read_view(d, body, "plot");
	q->table = read_view(d, body, "table");
	q->v = q->headline ? verdict_named(v, n, q->headline) : NULL;
	q->answer = q->v ? q->v->answer : UNDECIDED;
	q->effect = q->v ? effects_text(d, q->v) : "";
	q->mechanism = figures_fill(f, text ? text : "", &missing);
	told = member(d, body, text_of(d, "$.answer.%s", answer_name(q->answer)));
	q->told = told ? figures_fill(f, told, &missing) : "";
	q->missing = missing ? missing_text(d, f) : "";
	q->word = q->v ? verdict_word(d, q->v) : answer_name(UNDECIDED);
	if (!missing)
		return q;
	q->answer = UNDECIDED;
	q->word = answer_name(UNDECIDED);
	told = member(d, body, "$.answer.undecided");
	q->told = told ? figures_fill(f, told, &missing) : "";
	return q;
}

struct question **questions_make(struct database *d, const char *const *id, int n_ids,
				 struct verdict **v, int n_verdicts, int *n)
{
	int64_t all = database_integer(d, "SELECT count(*) FROM question", "");
	struct question **q = arena_alloc(&d->arena, sizeof(*q) * (size_t)(all + n_ids + 1));
	const char **name = arena_alloc(&d->arena, sizeof(*name) * (size_t)(all + 1));
	sqlite3_stmt *s;
	int names = 0;

	*n = 0;
	s = database_query(d, "SELECT id FROM question ORDER BY id", "");
	while (database_step(d, s))
		name[names++] = column_text(d, s, 0);
	database_done(d, s);
	if (!n_ids) {
		id = name;
		n_ids = names;
	}
	for (int i = 0; i < n_ids; i++) {
		const char *body = database_text(d, "SELECT body FROM question WHERE id = ?", "s", id[i]);

		if (!body)
			database_fail(d, EX_CONFIG, "%s: no question %s", d->path, id[i]);
		q[(*n)++] = make_question(d, id[i], body, v, n_verdicts);
	}
	return q;
}

struct layout *view_layout(struct database *d, const struct view *v)
{
	int n_ids;
	int64_t *id = dataset_ids(d, &n_ids);
	struct dataset *s = NULL;
	struct layout *l;

	for (int i = 0; i < n_ids && !s; i++) {
		s = dataset_load(d, id[i]);
		if (!v->study || strcmp(s->name, v->study) || !s->runs)
			s = NULL;
	}
	if (!s)
		return NULL;
	l = layout_make(s, v->n_designs ? v->design[0] : NULL, v->where, v->n_where,
			v->design, v->n_designs);
	return l->n_series ? l : NULL;
}
