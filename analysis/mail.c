/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The mail form: what a reviewer pastes below a patch.  At most 72 columns,
 * ASCII, so that "> " quoting does not wrap it; baseline first, value +- half
 * width, change last.  It is a choice: the primary metric over the range and
 * over one other axis, then the metrics that differ at one point; of further
 * studies still less.  Where a database holds questions, they and their tables
 * come first, and of the studies no more than how they were made and what is
 * unsafe.  The Markdown report has the rest.
 */
#include <math.h>
#include <string.h>

#include "analysis/format.h"
#include "analysis/report_int.h"

#define WIDTH		72
#define DESIGNS		4	/* columns of a table, the baseline among them */
#define ROWS		8
#define LABELS		3	/* a metric with more is told as a whole */
#define COLUMNS		12	/* metrics of the table at one point */
#define COLUMNS_SHORT	4	/* the same, of the studies after the first */
#define DIAGRAM_STEPS	20

void wrap_command(struct strbuf *out, const char *s, const char *first)
{
	size_t column = strlen(first);

	sb_adds(out, first);
	while (*s) {
		size_t word = strcspn(s, " ");

		if (column + word + 3 > WIDTH && column > 4) {
			sb_adds(out, " \\\n   ");
			column = 3;
		}
		sb_addc(out, ' ');
		sb_addmem(out, s, word);
		column += word + 1;
		s += word;
		s += *s == ' ';
	}
	sb_addc(out, '\n');
}

void mail_head(struct report *r, struct dataset *s)
{
	struct database *d = r->d;
	struct strbuf *out = &d->text;
	const char *failed = failed_text(s), *incomplete = incomplete_text(s);
	const char *changed = changed_text(s), *early = early_text(s);

	wrap_text(out, text_of(d, "%s%s%s%sshootdown %s, model %.12s, seed %lld, %s, %s",
			       s->machine ? "machine " : "",
			       s->machine ? text_of(d, "%s, ", text_ascii(d, s->machine)) : "",
			       s->kernel ? "kernel " : "",
			       s->kernel ? text_of(d, "%s, ", text_ascii(d, s->kernel)) : "",
			       text_ascii(d, s->version), text_ascii(d, s->model_hash),
			       (long long)s->seed, count_text(d, s->replications, s->samples ?
							      "sample" : "replication"),
			       count_text(d, s->runs, "run")), "", "", WIDTH);
	if (*changed)
		wrap_text(out, text_of(d, "changed: %s", changed), "", "  ", WIDTH);
	if (*incomplete)
		wrap_text(out, incomplete, "", "", WIDTH);
	if (*early)
		wrap_text(out, text_of(d, "ended early: %s", text_ascii(d, early)), "", "  ", WIDTH);
	if (*failed)
		wrap_text(out, text_of(d, "%d of %s FAILED (%s); they enter no figure",
				       s->failed, count_text(d, s->runs, "run"), failed), "", "", WIDTH);
	if (*s->namesakes)
		wrap_text(out, text_of(d, "(%s)", s->namesakes), "", "", WIDTH);
}

static void head(struct report *r, struct dataset *s)
{
	struct database *d = r->d;

	wrap_text(&d->text, text_of(d, "%s: %s", text_ascii(d, s->name), text_ascii(d, s->question)),
		  "", "", WIDTH);
	sb_addc(&d->text, '\n');
	mail_head(r, s);
}

/* "unmap.latency in us, lower is better, by length at vcpu.count=4" */
static void caption(struct report *r, const struct grid *g)
{
	struct database *d = r->d;
	const char *fixed = layout_fixed_text(g->l, g->at, g->by);
	const char *by = g->by >= 0 ? text_of(d, ", by %s", g->l->axis[g->by].name) : "";

	sb_addc(&d->text, '\n');
	wrap_text(&d->text, text_ascii(d, text_of(d, "%s in %s, %s%s%s%s", g->m->title,
						  scale_for_grid(g).unit, better_text(g->m), by,
						  *fixed ? ", at " : "", fixed)), "", "  ", WIDTH);
}

static void one_grid(struct report *r, struct layout *l, const struct metric *m, int by,
		     int rows)
{
	struct grid *g = grid_make(l, m, by, rows);
	struct strbuf *out = &r->d->text;

	caption(r, g);
	if (!grid_has_data(g)) {
		sb_adds(out, "  no observation in any run\n");
		return;
	}
	table_print(grid_table(g), out, WIDTH, DESIGNS);
	if (by >= 0 && g->n_rows < l->axis[by].n_values)
		sb_addf(out, "(%d of %d values of the axis)\n", g->n_rows, l->axis[by].n_values);
}

/* How the designs differ in one metric: worth a column, or a word? */
enum telling { NO_DATA, ALL_EQUAL, NO_DIFFERENCE, DIFFERENT };

static enum telling telling_of(const struct grid *g)
{
	int equal = 1, differ = 0;

	if (!grid_has_data(g))
		return NO_DATA;
	for (int k = 1; k < g->l->n_series; k++) {
		const struct cell *c = grid_cell(g, 0, k);

		if (c->config < 0)
			continue;
		/* A design that never frees differs from one that does. */
		equal &= c->identical;
		differ |= c->significant || (c->pairs < FEWEST_PAIRS && !c->identical) ||
			  isnan(c->mean) != isnan(grid_cell(g, 0, 0)->mean);
	}
	return equal ? ALL_EQUAL : differ ? DIFFERENT : NO_DIFFERENCE;
}

/* Series that have a point where @g holds its axes; the others get no row. */
static int present(const struct layout *l, const int *at, int *series)
{
	int n = 0;

	for (int k = 0; k < l->n_series; k++) {
		if (layout_config(l, k, at) >= 0)
			series[n++] = k;
	}
	return n;
}

static void profile_column(struct report *r, struct table *t, const struct grid *g,
			   const int *series, int at)
{
	struct database *d = r->d;
	struct scale scale = scale_for_grid(g);
	const char *better = g->m->better;

	t->heading[at] = g->m->title;
	t->mark[at] = text_of(d, "[%s]%s", scale.unit, !strcmp(better, "higher") ? " more" :
			      !strcmp(better, "lower") ? " less" : "");
	for (int row = 0; row < t->n_rows; row++) {
		const struct cell *c = grid_cell(g, 0, series[row]);
		struct table_cell *to = table_at(t, row, at);

		to->value = format_mean(d, c, g->m, scale.factor);
		to->half = format_half(d, c, scale.factor);
		to->change = row ? format_change(d, c, scale.factor) : "";
	}
}

/* One design: nothing to compare, so a row per metric and its value. */
static void values(struct report *r, struct layout *l, struct metric **m, int n)
{
	struct database *d = r->d;
	struct table *t = table_new(d, n, 1);
	const char *fixed = "";
	int at[64], series = 0;

	for (int i = 0; i < n; i++) {
		struct grid *g = grid_make(l, m[i], -1, 0);
		struct scale scale = scale_for_grid(g);
		struct table_cell *to = table_at(t, i, 0);

		memcpy(at, g->at, sizeof(at));
		present(l, at, &series);
		t->label[i] = text_ascii(d, text_of(d, "%s [%s]", m[i]->title, scale.unit));
		to->value = format_mean(d, grid_cell(g, 0, series), m[i], scale.factor);
		to->half = format_half(d, grid_cell(g, 0, series), scale.factor);
		to->change = "";
	}
	t->heading[0] = text_ascii(d, l->series[series].name);
	t->mark[0] = *l->series[series].unsafe ? "UNSAFE" : "";
	fixed = layout_fixed_text(l, at, -1);
	sb_addc(&d->text, '\n');
	wrap_text(&d->text, text_ascii(d, text_of(d, "More metrics%s%s", *fixed ? " at " : "", fixed)),
		  "", "  ", WIDTH);
	table_print(t, &d->text, WIDTH, DESIGNS);
}

/*
 * Metrics at one point: a row per design, a column per metric that tells the
 * designs apart (the first @most of them); the others are named.
 */
static void profile(struct report *r, struct layout *l, struct metric **m, int n, int most)
{
	struct database *d = r->d;
	const char *const head[] = { "No observation at this point: ", "Equal in all designs: ",
		"No significant difference: ", text_of(d, "More that differ (%s): ", r->rest) };
	int *series = arena_alloc(&d->arena, (size_t)(l->n_series + 1) * sizeof(*series));
	const struct grid *first = grid_make(l, m[0], -1, 0);
	const char *fixed = layout_fixed_text(l, first->at, -1), *named[4] = { "", "", "", "" };
	struct table *t = table_new(d, present(l, first->at, series), most);
	int shown = 0;

	t->no_repeat = 1;
	for (int row = 0; row < t->n_rows; row++)
		t->label[row] = text_of(d, "%s%s", text_ascii(d, l->series[series[row]].name),
					*l->series[series[row]].unsafe ? " UNSAFE" : "");
	if (t->n_rows == 1) {
		values(r, l, m, n);
		return;
	}
	for (int i = 0; i < n; i++) {
		struct grid *g = grid_make(l, m[i], -1, 0);
		enum telling how = telling_of(g);

		if (how == DIFFERENT && shown < most)
			profile_column(r, t, g, series, shown++);
		else if (how != NO_DATA || observed(l->s, m[i]))
			named[how] = text_of(d, "%s%s%s", named[how], *named[how] ? ", " : "",
					     m[i]->title);
	}
	sb_addc(&d->text, '\n');
	wrap_text(&d->text, text_ascii(d, text_of(d, "More metrics%s%s (less, more: which way is "
						  "better)", *fixed ? " at " : "", fixed)),
		  "", "  ", WIDTH);
	/* Rows were laid out for @most columns: close the gap behind those used. */
	for (int row = 1; row < t->n_rows; row++)
		memmove(&t->cell[row * shown], &t->cell[row * most],
			sizeof(*t->cell) * (size_t)shown);
	t->n_columns = shown;
	table_print(t, &d->text, WIDTH, DESIGNS);
	if (shown)
		sb_addc(&d->text, '\n');
	for (int how = NO_DATA; how <= DIFFERENT; how++) {
		if (*named[how])
			wrap_text(&d->text, text_ascii(d, text_of(d, "%s%s", head[how], named[how])),
				  "", "  ", WIDTH);
	}
}

static void legend(struct report *r, const struct layout *l)
{
	wrap_text(&r->d->text, text_ascii(r->d, legend_text(l, l->series[0].name,
							     "+-", "~")), "", "", WIDTH);
}

static void pairing(struct report *r, struct layout *l, const struct metric *primary)
{
	struct pairing p = pairing_benefit(l, primary);

	if (p.cells)
		wrap_text(&r->d->text, text_of(r->d, "Pairing, %s: correlation %.2f, variance of the "
					       "difference %.2f of independent runs (medians of %d "
					       "comparisons)%s", primary->title, p.correlation,
					       p.variance_ratio, p.cells, p.variance_ratio < 1 ?
					       "." : "; it brought nothing here."),
			  "", "  ", WIDTH);
}

/* The first example of the document is drawn; *@drawn remembers it. */
static void example(struct report *r, struct dataset *s, int *drawn)
{
	struct database *d = r->d;
	int n;
	struct violation_example *x = safety_examples(s, &n);

	if (!n || *drawn)
		return;
	*drawn = 1;
	sb_addc(&d->text, '\n');
	wrap_text(&d->text, text_of(d, "%s, %s: %s", text_ascii(d, x[0].design),
				    text_ascii(d, x[0].invariant), text_ascii(d, x[0].summary)),
		  "", "  ", WIDTH);
	column_diagram(d, x[0].steps, WIDTH, DIAGRAM_STEPS, &d->text);
}

/* Designs without any violation. */
static int clean_designs(const struct violation_line *l, int n)
{
	int clean = 0;

	for (int i = 0; i < n; i++) {
		int first = 1, found = 0;

		for (int k = 0; k < n; k++) {
			int same = !strcmp(l[k].design, l[i].design);

			first &= !same || k >= i;
			found |= same && l[k].count;
		}
		clean += first && !found;
	}
	return clean;
}

static void safety(struct report *r, struct dataset *s)
{
	struct database *d = r->d;
	struct strbuf *out = &d->text;
	struct violation_line *l;
	int n, shown = 0;

	l = safety_lines(s, &n);
	if (!n)
		return;
	sb_adds(out, "\nSafety\n");
	for (int i = 0; i < n; i++) {
		if (!l[i].count)
			continue;
		wrap_text(out, text_of(d, "%s: UNSAFE, %s violated in %lld of %s, %s in %s%s",
				       text_ascii(d, l[i].design),
				       text_ascii(d, l[i].invariant), (long long)l[i].runs_with,
				       count_text(d, l[i].runs, "run"),
				       count_text(d, l[i].count, "time"),
				       count_text(d, l[i].exposures, "exposure"),
				       l[i].expected == 1 ? " (expected)" : " (NOT expected)"),
			  "  ", "    ", WIDTH);
		shown++;
	}
	if (!shown)
		sb_addf(out, "  no violation found (%s has the exposures)\n", r->rest);
	else if (clean_designs(l, n))
		wrap_text(out, text_of(d, "nothing found in the other design%s (%s has the "
				       "exposures)", clean_designs(l, n) > 1 ? "s" : "", r->rest),
			  "  ", "    ", WIDTH);
}

static void foot(struct report *r, struct dataset *s)
{
	struct database *d = r->d;
	const char *missing = not_modelled_text(s, s == r->study[0] ? NULL : r->study[0]);
	const char *costs = estimates_text(s);

	if (*missing)
		wrap_text(&d->text, text_of(d, "%s: %s", s == r->study[0] ? "Not modelled" :
					    "Not modelled besides",
					    shortened_text(d, missing, 300, r->rest)),
			  "", "  ", WIDTH);
	if (*costs && (s == r->study[0] || strcmp(costs, estimates_text(r->study[0]))))
		sb_addf(&d->text, "%s\n", costs);
	wrap_command(&d->text, reproduce_text(s), "Reproduce:");
}

/* The first study in full, the others in short: two tables and the safety. */
static void one_study(struct report *r, struct dataset *s, int *drawn)
{
	struct layout *l = report_layout(r, s);
	int by = report_axis(r, l), n, other = -1, full = s == r->study[0];
	struct metric **m = report_metrics(r, s, LABELS, &n);
	const char *absent;

	head(r, s);
	if (!n) {
		sb_adds(&r->d->text, "\nThe scenario asks for no metric that the database has.\n");
		return;
	}
	one_grid(r, l, m[0], by, r->q->metric ? 0 : ROWS);
	for (int i = 0; i < l->n_axes && other < 0; i++) {
		if (i != by && l->axis[i].n_values > 1)
			other = i;
	}
	if (other >= 0 && !r->q->by && full)
		one_grid(r, l, m[0], other, ROWS);
	if (n > 1)
		profile(r, l, m + 1, n - 1, full ? COLUMNS : COLUMNS_SHORT);
	absent = r->q->metric ? "" : no_observation_text(s, m + 1, n - 1);
	if (*absent)
		wrap_text(&r->d->text, text_of(r->d, "No observation in any run: %s", absent),
			  "", "  ", WIDTH);
	safety(r, s);
	example(r, s, drawn);
	sb_addc(&r->d->text, '\n');
	if (full)
		legend(r, l);
	pairing(r, l, m[0]);
	foot(r, s);
}

/* Where questions have told what matters: how it was made, and what is unsafe. */
static void brief_study(struct report *r, struct dataset *s, int *drawn)
{
	head(r, s);
	safety(r, s);
	example(r, s, drawn);
	sb_addc(&r->d->text, '\n');
	foot(r, s);
}

static void questions(struct report *r)
{
	struct strbuf *out = &r->d->text;

	for (int i = 0; i < r->n_questions; i++) {
		question_rows(r->d, out, &r->question[i], 1);
		question_tables(r, r->question[i], i == r->n_questions - 1);
		sb_adds(out, "\n\n");
	}
}

void mail_document(struct report *r)
{
	struct strbuf *out = &r->d->text;
	int drawn = 0;

	questions(r);
	if (r->n_verdicts) {
		verdict_rows(r->d, out, r->verdict, r->n_verdicts);
		sb_addc(out, '\n');
	}
	for (int i = 0; i < r->n_studies; i++) {
		if (i)
			sb_adds(out, "\n\n");
		if (r->n_questions)
			brief_study(r, r->study[i], &drawn);
		else
			one_study(r, r->study[i], &drawn);
	}
}
