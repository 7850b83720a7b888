/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What all renderers share: metrics and axes of a study, grids as tables. */
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/format.h"
#include "analysis/report_int.h"
#include "analysis/suggest.h"

#define SHORT_FORM	3
#define LABEL_MAX	20	/* characters of a row label from user text */

struct layout *report_layout(struct report *r, struct dataset *s)
{
	return layout_make(s, r->q->baseline, r->q->where, r->q->n_where, NULL, 0);
}

int report_axis(struct report *r, const struct layout *l)
{
	int axis;

	if (!r->q->by)
		return layout_main_axis(l);
	axis = layout_axis(l, r->q->by);
	if (axis < 0)
		database_fail(r->d, EX_CONFIG, "--by %s: no axis of %s that all its designs "
			      "share is called %s%s", r->q->by, l->s->name, r->q->by,
			      known_axes(l->s, r->q->by));
	return axis;
}

struct weighed { const char *label; double sum; };

static int by_weight(const void *a, const void *b)
{
	const struct weighed *x = a, *y = b;

	if (x->sum != y->sum)
		return x->sum > y->sum ? -1 : 1;
	return strcmp(x->label, y->label);
}

/* Of @label[0..n) the @most with the largest totals, in order; the plain one stays out. */
static int heaviest(struct dataset *s, const struct metric *m, const char **label, int n, int most)
{
	struct weighed *w = arena_alloc(&s->d->arena, sizeof(*w) * (size_t)(n + 1));
	int k = 0;

	for (int i = 0; i < n; i++) {
		const char *sum;

		if (!*label[i])
			continue;
		sum = database_text(s->d, "SELECT sum(m.sum) FROM metric m JOIN run r ON r.id = m.run "
				    "JOIN config c ON c.id = r.config WHERE c.study = ?1 AND "
				    "m.metric = ?2 AND m.label = ?3", "iis", s->id, m->id, label[i]);
		w[k++] = (struct weighed){ label[i], sum ? strtod(sum, NULL) : 0 };
	}
	qsort(w, (size_t)k, sizeof(*w), by_weight);
	for (int i = 0; i < k && i < most; i++)
		label[i] = w[i].label;
	return k < most ? k : most;
}

struct metric **report_metrics(struct report *r, struct dataset *s, int most_labels, int *n)
{
	struct database *d = r->d;
	int room = (s->n_choices + 1) * (most_labels + 2);
	struct metric **m = arena_alloc(&d->arena, sizeof(*m) * (size_t)room);

	*n = 0;
	if (r->q->metric) {
		m[(*n)++] = query_metric(r->d, r->q->metric);
		return m;
	}
	for (int i = 0; i < s->n_choices; i++) {
		const struct metric_choice *c = &s->choice[i];
		struct metric *whole = dataset_metric_labelled(d, c->name, NULL, c->quantile);
		const char **label;
		int labels, plain = 0;

		if (!whole)
			continue;
		label = dataset_labels(s, whole, &labels);
		for (int k = 0; k < labels; k++)
			plain |= !*label[k];
		/*
		 * A whole that can be told: the plain row, or a sum of counts.  In
		 * a short form two labels (primary, secondary) replace their sum.
		 */
		if ((plain || !labels || !strcmp(whole->kind, "count")) &&
		    (!i || plain || labels != 2 || most_labels > SHORT_FORM))
			m[(*n)++] = whole;
		if (labels - plain < 2 - !plain)
			continue;
		/* A tally has no sum over its labels: of too many the heaviest are told. */
		if (labels - plain > most_labels && !plain && !strcmp(whole->kind, "tally"))
			labels = heaviest(s, whole, label, labels, most_labels);
		else if (labels - plain > most_labels)
			continue;
		for (int k = 0; k < labels; k++) {
			if (*label[k])
				m[(*n)++] = dataset_metric_labelled(d, c->name, label[k], c->quantile);
		}
	}
	return m;
}

/* "pages" of "64pages", "page" taken as its plural; "" if there is none. */
static const char *unit_of_text(const char *s)
{
	while (isdigit((unsigned char)*s) || *s == '.')
		s++;
	return !strcmp(s, "page") ? "pages" : s;
}

const char *axis_label(struct database *d, const struct common_axis *a, int value,
		       const char **unit)
{
	const char *text = a->value[value]->value, *shared = unit_of_text(text);
	int same = isdigit((unsigned char)*text) && *shared;

	for (int i = 0; i < a->n_values; i++)
		same &= !strcmp(unit_of_text(a->value[i]->value), shared) &&
			isdigit((unsigned char)*a->value[i]->value);
	*unit = same ? text_ascii(d, shared) : "";
	if (same)
		text = text_of(d, "%.*s", (int)strspn(text, "0123456789."), text);
	text = text_ascii(d, text);
	return strlen(text) > LABEL_MAX ? text_of(d, "%.*s..", LABEL_MAX - 2, text) : text;
}

static const char *last_component(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot ? dot + 1 : name;
}

struct table *grid_table(const struct grid *g)
{
	const struct layout *l = g->l;
	struct database *d = l->s->d;
	struct table *t = table_new(d, g->n_rows, l->n_series);
	struct scale scale = scale_for_grid(g);
	const char *unit = "";

	for (int r = 0; r < g->n_rows; r++)
		t->label[r] = g->by < 0 ? "" : axis_label(d, &l->axis[g->by], g->row[r], &unit);
	if (g->by >= 0) {
		t->corner[*unit ? 0 : 1] = text_ascii(d, last_component(l->axis[g->by].name));
		if (*unit)
			t->corner[1] = text_of(d, "[%s]", unit);
	}
	for (int k = 0; k < l->n_series; k++) {
		const struct series *s = &l->series[k];

		t->heading[k] = text_ascii(d, s->name);
		t->mark[k] = *s->unsafe ? text_of(d, "UNSAFE %s", text_ascii(d, s->unsafe)) : "";
		for (int r = 0; r < g->n_rows; r++) {
			const struct cell *c = grid_cell(g, r, k);
			struct table_cell *to = table_at(t, r, k);

			to->value = format_mean(d, c, g->m, scale.factor);
			to->half = format_half(d, c, scale.factor);
			to->change = k ? format_change(d, c, scale.factor) : "";
		}
	}
	return t;
}

const char *failed_text(struct dataset *s)
{
	sqlite3_stmt *q = database_query(s->d, "SELECT r.status, count(*) FROM run r "
		"JOIN config c ON c.id = r.config WHERE c.study = ? AND "
		"r.status NOT IN ('ok', 'violation', 'oom') GROUP BY 1 ORDER BY 1", "i", s->id);
	const char *text = "";

	while (database_step(s->d, q))
		text = text_of(s->d, "%s%s%d %s", text, *text ? ", " : "",
			       sqlite3_column_int(q, 1),
			       (const char *)sqlite3_column_text(q, 0));
	database_done(s->d, q);
	return text;
}

const char *reproduce_text(struct dataset *s)
{
	if (*s->command)
		return text_ascii(s->d, s->command);
	return text_of(s->d, "shootdown run scenarios/%s.yaml --seed %lld --reps %d",
		       text_file(s->d, s->name), (long long)s->seed, s->replications);
}
