/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Answers of questions for a terminal or a mail, with their tables, and as JSON. */
#include <math.h>
#include <string.h>

#include "analysis/format.h"
#include "analysis/report_int.h"
#include "analysis/sensitivity.h"
#include "sim/base/json.h"

#define WIDTH	72
#define INDENT	"  "
#define DESIGNS	4
#define ROWS	10

static void line(struct database *d, struct strbuf *out, const char *head, const char *text)
{
	if (text && *text)
		wrap_text(out, text_of(d, "%s%s", head, text_ascii(d, text)), INDENT, INDENT INDENT,
			  WIDTH);
}

/* The headline's figures: which metric, how large, where it flips. */
static void headline(struct database *d, struct strbuf *out, const struct question *q)
{
	const struct verdict *v = q->v;

	if (!v) {
		line(d, out, "", text_of(d, "headline %s is not judged", q->headline));
		return;
	}
	if (v->m && v->claim->a && v->claim->rule != RULE_COUNT)
		line(d, out, "effect: ", text_of(d, "%s, %s against %s, n=%d: %s", v->title,
						 v->claim->b, v->claim->a, v->n,
						 *q->effect ? q->effect : "no data"));
	else
		line(d, out, "found: ", q->effect);
	line(d, out, "boundary: ", v->boundary);
	if (v->sensitivity)
		line(d, out, "cost space: ", sensitivity_text(d, v->sensitivity));
	line(d, out, v->answer == UNDECIDED ? "open: " : "would change it: ", v->change);
	line(d, out, "note: ", v->reason);
}

void question_rows(struct database *d, struct strbuf *out, struct question **q, int n)
{
	for (int i = 0; i < n; i++) {
		if (i)
			sb_addc(out, '\n');
		wrap_text(out, text_of(d, "%s: %s", text_ascii(d, q[i]->id), text_ascii(d, q[i]->text)),
			  "", INDENT, WIDTH);
		line(d, out, "", text_of(d, "%s%s%s", q[i]->word, *q[i]->told ? ": " : "", q[i]->told));
		line(d, out, "why: ", q[i]->mechanism);
		line(d, out, "no data for ", q[i]->missing);
		headline(d, out, q[i]);
		line(d, out, "adversary: ", q[i]->adversary);
	}
}

void question_summary(struct database *d, struct strbuf *out, struct question **q, int n)
{
	for (int i = 0; i < n; i++) {
		const char *head = text_of(d, "%-13s ", text_ascii(d, q[i]->id));

		wrap_text(out, text_of(d, "%s%s%s", q[i]->word, *q[i]->told ? ": " : "",
				       text_ascii(d, q[i]->told)), head, "              ", WIDTH);
	}
}

static void caption(struct database *d, struct strbuf *out, const struct grid *g)
{
	const char *fixed = layout_fixed_text(g->l, g->at, g->by);
	const char *by = g->by >= 0 ? text_of(d, ", by %s", g->l->axis[g->by].name) : "";

	sb_addc(out, '\n');
	wrap_text(out, text_ascii(d, text_of(d, "%s: %s in %s, %s%s%s%s", g->l->s->name, g->m->title,
					     scale_for_grid(g).unit, better_text(g->m), by,
					     *fixed ? ", at " : "", fixed)), "", INDENT, WIDTH);
}

void question_tables(struct report *r, const struct question *q, int legend)
{
	struct database *d = r->d;
	struct strbuf *out = &d->text;
	const struct view *v = &q->table;
	struct layout *l = view_layout(d, v);
	int by;

	if (!l) {
		sb_addf(out, "\nTable: no data (%s has not run)\n",
			text_ascii(d, v->study ? v->study : "the study"));
		return;
	}
	by = v->by ? layout_axis(l, v->by) : layout_main_axis(l);
	for (int i = 0; i < v->n_metrics; i++) {
		const struct metric *m = dataset_metric(d, v->metric[i]);
		struct grid *g = m ? grid_make(l, m, by, ROWS) : NULL;

		if (!g)
			continue;
		caption(d, out, g);
		if (grid_has_data(g))
			table_print(grid_table(g), out, WIDTH, DESIGNS);
		else
			sb_adds(out, "  no observation in any run\n");
	}
	sb_addc(out, '\n');
	if (legend)
		wrap_text(out, text_ascii(d, legend_text(l, l->series[0].name, "+-", "~")), "", "", WIDTH);
	mail_head(r, l->s);
	wrap_command(out, reproduce_text(l->s), "Reproduce:");
}

/* A mail about one question. */
void question_document(struct report *r, const struct question *q)
{
	struct strbuf *out = &r->d->text;
	struct verdict **v = arena_alloc(&r->d->arena, sizeof(*v) * (size_t)(q->n_claims + 1));
	struct question *one = (struct question *)q;
	int n = 0;

	question_rows(r->d, out, &one, 1);
	question_tables(r, q, 1);
	for (int i = 0; i < q->n_claims; i++)
		for (int k = 0; k < r->n_verdicts; k++)
			if (!strcmp(r->verdict[k]->claim->id, q->claim[i]))
				v[n++] = r->verdict[k];
	if (!n)
		return;
	sb_addc(out, '\n');
	verdict_rows(r->d, out, v, n);
}

static void json_effect(struct json *j, const struct verdict *v)
{
	const struct verdict_point *p = v && v->nearest >= 0 ? &v->point[v->nearest] : NULL;
	double by = v && v->relative ? 100 : 1;

	json_knum(j, "effect", p ? p->effect * by : NAN);
	json_key(j, "ci");
	json_open(j, '[');
	json_num(j, p ? p->lo * by : NAN);
	json_num(j, p ? p->hi * by : NAN);
	json_close(j, ']');
	json_kstr(j, "unit", v ? v->unit : NULL);
	json_kint(j, "n", v ? v->n : 0);
}

void question_json(struct report *r, void *json)
{
	struct json *j = json;

	for (int i = 0; i < r->n_questions; i++) {
		const struct question *q = r->question[i];
		const struct verdict *v = q->v;

		json_open(j, '{');
		json_kstr(j, "id", q->id);
		json_kstr(j, "question", q->text);
		json_kstr(j, "headline", q->headline);
		json_kstr(j, "verdict", answer_name(q->answer));
		json_kstr(j, "depends_on", q->answer == DEPENDS && *v->depends_on ? v->depends_on : NULL);
		json_kstr(j, "answer", *q->told ? q->told : NULL);
		json_kstr(j, "mechanism", q->mechanism);
		json_kstr(j, "missing", *q->missing ? q->missing : NULL);
		json_kstr(j, "metric", v && v->m ? v->title : NULL);
		json_kstr(j, "baseline", v ? v->claim->a : NULL);
		json_kstr(j, "design", v ? v->claim->b : NULL);
		json_effect(j, v);
		json_kstr(j, "effects", *q->effect ? q->effect : NULL);
		json_kstr(j, "boundary", v && *v->boundary ? v->boundary : NULL);
		json_kstr(j, "would_change", v && *v->change ? v->change : NULL);
		json_kstr(j, "adversary", q->adversary);
		json_key(j, "claims");
		json_open(j, '[');
		for (int k = 0; k < q->n_claims; k++)
			json_str(j, q->claim[k]);
		json_close(j, ']');
		json_close(j, '}');
	}
}
