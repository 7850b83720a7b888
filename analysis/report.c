/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The interface of the room; see analysis.h. */
#include <errno.h>
#include <string.h>

#include "analysis/format.h"
#include "analysis/report_int.h"

const char *const analysis_formats[] = { "mail", "markdown", "json", "csv", NULL };
const char *const analysis_terms[] = { "png", "svg", "dumb", NULL };

static void (*const document[])(struct report *r) = {
	mail_document, markdown_document, json_document, csv_document,
};

struct request {
	const struct analysis_query *q;
	const char *kind;		/* format or terminal */
	const struct analysis_debate *what;
	const char *out;		/* file */
	FILE *file;
	int json, failed;
};

static const struct analysis_query no_query;

static int index_of(const char *const *names, const char *name)
{
	for (int i = 0; names[i]; i++) {
		if (!strcmp(names[i], name))
			return i;
	}
	return -1;
}

struct report *report_new(struct database *d, const struct analysis_query *q)
{
	struct report *r = arena_alloc(&d->arena, sizeof(*r));
	int64_t *id;

	r->d = d;
	r->q = q ? q : &no_query;
	r->rest = "report --format markdown";
	if (!database_integer(d, "SELECT count(*) FROM run WHERE status IN ('ok', 'violation')", ""))
		database_fail(d, EX_CONFIG, "%s: no completed run", d->path);
	id = r->q->n_studies ? dataset_chosen(d, r->q->study, r->q->n_studies, &r->n_studies) :
		dataset_ids(d, &r->n_studies);
	r->study = arena_alloc(&d->arena, sizeof(*r->study) * (size_t)(r->n_studies + 1));
	/* The largest study is the main question: it comes first. */
	for (int i = 0; i < r->n_studies; i++) {
		struct dataset *s = dataset_load(d, id[i]);
		int at = i;

		for (; at && r->study[at - 1]->n_configs < s->n_configs; at--)
			r->study[at] = r->study[at - 1];
		r->study[at] = s;
	}
	return r;
}

void report_verdicts(struct report *r, const struct analysis_debate *what)
{
	static const struct analysis_debate all;
	struct claim **c;

	if (!what)
		what = &all;
	c = claims_load(r->d, what->claim, what->n_claims, &r->n_verdicts);
	r->verdict = verdicts_make(r->d, c, r->n_verdicts);
	/* Who names claims and no question wants no question. */
	if (what->n_questions || !what->n_claims)
		r->question = questions_make(r->d, what->question, what->n_questions, r->verdict,
					     r->n_verdicts, &r->n_questions);
}

int report_write(struct database *d, FILE *f, const char *name)
{
	if (d->text.failed)
		return err_set(d->err, EX_ENVIRONMENT, "out of memory");
	if (fwrite(d->text.s, 1, d->text.len, f) != d->text.len || fflush(f))
		return err_set(d->err, EX_ENVIRONMENT, "%s: %s", name, strerror(errno));
	return 0;
}

/* A query that names an axis or a design may fit only some of the studies. */
static void keep_fitting(struct report *r)
{
	int n = 0;

	if (r->n_studies < 2 || (!r->q->by && !r->q->n_where && !r->q->baseline))
		return;
	for (int i = 0; i < r->n_studies; i++) {
		struct dataset *s = r->study[i];
		int fits = !r->q->baseline || index_of((const char *const *)s->design,
						       r->q->baseline) >= 0;

		for (int k = 0; fits && k < r->q->n_where; k++) {
			size_t name = strcspn(r->q->where[k], "=");
			const char *axis = text_of(r->d, "%.*s", (int)name, r->q->where[k]);
			int found = 0;

			for (int c = 0; c < s->n_configs; c++)
				found |= configuration_axis(&s->config[c], axis) != NULL;
			fits = found;
		}
		if (fits && r->q->by)
			fits = layout_axis(report_layout(r, s), r->q->by) >= 0;
		if (fits)
			r->study[n++] = s;
	}
	/* None fits: keep all, so that the first one's error is told. */
	if (n)
		r->n_studies = n;
}

/* Who asks for one metric or one row wants that, not the verdicts again. */
static int asks_for_part(const struct report *r)
{
	return r->q->metric || r->q->by || r->q->n_where || r->q->baseline || r->q->n_studies;
}

static int report_work(struct database *d, void *arg)
{
	struct request *q = arg;
	struct report *r = report_new(d, q->q);
	int format = index_of(analysis_formats, q->kind);

	if (format < 0)
		return err_set(d->err, EX_CONFIG, "--format %s: unknown (mail, markdown, json, csv)",
			       q->kind);
	keep_fitting(r);
	if (!asks_for_part(r) || !strcmp(q->kind, "json"))
		report_verdicts(r, NULL);
	document[format](r);
	return report_write(d, q->file, "output");
}

int analysis_report(const char *db, const char *format, const struct analysis_query *q,
		    FILE *out, struct err *e)
{
	struct request request = { .q = q, .kind = format, .file = out };

	return database_work(db, report_work, &request, e);
}

/* The questions first: they are what the claims are for. */
static void verdict_text(struct report *r, struct strbuf *out)
{
	if (r->n_questions) {
		question_rows(r->d, out, r->question, r->n_questions);
		sb_addc(out, '\n');
	}
	verdict_rows(r->d, out, r->verdict, r->n_verdicts);
	if (r->n_questions) {
		sb_addc(out, '\n');
		question_summary(r->d, out, r->question, r->n_questions);
	}
}

static int verdict_work(struct database *d, void *arg)
{
	struct request *q = arg;
	struct report *r = report_new(d, q->q);

	report_verdicts(r, q->what);
	for (int i = 0; i < r->n_verdicts; i++)
		q->failed += verdict_differs(r->verdict[i]);
	if (q->json)
		json_document(r);
	else
		verdict_text(r, &d->text);
	return report_write(d, q->file, "output");
}

int analysis_verdicts(const char *db, const struct analysis_debate *what, int json,
		      FILE *out, int *failed, struct err *e)
{
	struct request request = { .what = what, .file = out, .json = json };
	int code = database_work(db, verdict_work, &request, e);

	*failed = request.failed;
	return code;
}

const char *plot_base(struct report *r, const struct grid *g)
{
	const char *by = g->by < 0 ? "" : text_of(r->d, "-by-%s", g->l->axis[g->by].name);

	return text_file(r->d, text_of(r->d, "%s-%s%s", g->l->s->name, g->m->title, by));
}

/* "a/b.png" -> "a/b" */
static const char *without_suffix(struct database *d, const char *path)
{
	const char *dot = strrchr(path, '.'), *slash = strrchr(path, '/');

	if (!dot || dot == path || (slash && dot < slash + 2))
		return path;
	return text_of(d, "%.*s", (int)(dot - path), path);
}

static int copy_to(FILE *to, const char *path, struct err *e)
{
	FILE *f = fopen(path, "re");
	char block[4096];
	size_t n;

	if (!f)
		return err_set(e, EX_ENVIRONMENT, "%s: %s", path, strerror(errno));
	while ((n = fread(block, 1, sizeof(block), f)))
		fwrite(block, 1, n, to);
	fclose(f);
	return 0;
}

static int plot_work(struct database *d, void *arg)
{
	struct request *q = arg;
	struct report *r = report_new(d, q->q);
	const char *term[1] = { q->kind }, *base, *suffix;
	struct metric **m;
	struct layout *l;
	struct grid *g;
	int n, code;

	if (index_of(analysis_terms, q->kind) < 0)
		return err_set(d->err, EX_CONFIG, "--term %s: unknown (png, svg, dumb)", q->kind);
	keep_fitting(r);
	l = report_layout(r, r->study[0]);
	m = report_metrics(r, r->study[0], 0, &n);
	if (!n)
		return err_set(d->err, EX_CONFIG, "%s: the scenario asks for no metric; use --metric",
			       d->path);
	g = grid_make(l, m[0], report_axis(r, l), 0);
	if (!grid_has_data(g))
		return err_set(d->err, EX_CONFIG, "%s: no observation of %s", d->path, m[0]->title);
	base = q->out ? without_suffix(d, q->out) : plot_base(r, g);
	code = plot_grid(r, g, base, plot_title(g), term, 1, d->err);
	if (code)
		return code;
	/* A plot has no room for it. */
	if (*r->study[0]->namesakes && !r->q->n_studies)
		fprintf(stderr, "%s\n", r->study[0]->namesakes);
	suffix = strcmp(q->kind, "dumb") ? q->kind : "txt";
	if (!strcmp(suffix, "txt") && !q->out)
		return copy_to(q->file, text_of(d, "%s.txt", base), d->err);
	fprintf(q->file, "%s.%s\n%s.gp\n%s.dat\n", base, suffix, base, base);
	return 0;
}

int analysis_plot(const char *db, const char *term, const struct analysis_query *q,
		  const char *out, FILE *text, struct err *e)
{
	struct request request = { .q = q, .kind = term, .out = out, .file = text };

	return database_work(db, plot_work, &request, e);
}
