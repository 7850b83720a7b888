/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a debate leaves beside its database: mail.txt, report.md, a text per
 * question, and plots: one per question, named like it, and those of every
 * study that differ.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "analysis/report_int.h"
#include "analysis/format.h"

struct files {
	const struct analysis_debate *what;
	const char *dir, *notes;
};

static int make_directory(const char *path, struct err *e)
{
	if (mkdir(path, 0777) && errno != EEXIST)
		return err_set(e, EX_ENVIRONMENT, "%s: %s", path, strerror(errno));
	return 0;
}

/* A grid into plots/NAME.*; gnuplot missing is a note, not an error. */
static int put_plot(struct report *r, struct files *f, const struct grid *g, const char *name,
		    const char *title)
{
	struct database *d = r->d;
	int code = plot_grid(r, g, text_of(d, "%s/plots/%s", f->dir, name), title, analysis_terms, 3,
			     d->err);

	if (code && strstr(d->err->text, "gnuplot is not installed")) {
		f->notes = "gnuplot is not installed: plots are left as scripts and data";
		d->err->code = 0;
		return 0;
	}
	if (code)
		return code;
	r->plot[r->n_plots].base = text_of(d, "plots/%s", name);
	r->plot[r->n_plots].title = title;
	r->plot[r->n_plots++].study = g->l->s->id;
	return 0;
}

static int study_plot(struct report *r, struct files *f, struct layout *l, const struct metric *m,
		      int by)
{
	struct grid *g = grid_make(l, m, by, 0);

	if (g->n_rows < 2 || !grid_tells(g))
		return 0;
	return put_plot(r, f, g, plot_base(r, g), plot_title(g));
}

static int question_plot(struct report *r, struct files *f, const struct question *q)
{
	struct layout *l = view_layout(r->d, &q->plot);
	const struct metric *m = l && q->plot.n_metrics ? dataset_metric(r->d, q->plot.metric[0]) : NULL;
	struct grid *g;
	int by;

	if (!m)
		return 0;
	by = q->plot.by ? layout_axis(l, q->plot.by) : layout_main_axis(l);
	g = grid_make(l, m, by, 0);
	return grid_has_data(g) ? put_plot(r, f, g, text_file(r->d, q->id),
					   text_of(r->d, "%s: %s", q->id, plot_title(g))) : 0;
}

/*
 * Of each study the primary metric over every axis; the others are one call of
 * plot away (all of them were 357 pictures, and most of the time of a second
 * call).  A study of samples has no axis to show.
 */
static int all_plots(struct report *r, struct files *f)
{
	int code = make_directory(text_of(r->d, "%s/plots", f->dir), r->d->err);
	int room = r->n_questions + 1;

	for (int i = 0; i < r->n_studies; i++)
		room += r->study[i]->n_choices * 4 + 64;
	r->plot = arena_alloc(&r->d->arena, sizeof(*r->plot) * (size_t)room);
	for (int i = 0; !code && i < r->n_questions; i++)
		code = question_plot(r, f, r->question[i]);
	for (int i = 0; i < r->n_studies; i++) {
		struct layout *l = report_layout(r, r->study[i]);
		int n, by = layout_main_axis(l);
		struct metric **m = report_metrics(r, r->study[i], 2, &n);

		if (!code && n)
			code = study_plot(r, f, l, m[0], by);
		for (int k = 0; !code && n && k < l->n_axes; k++) {
			if (k != by && l->axis[k].n_values > 1)
				code = study_plot(r, f, l, m[0], k);
		}
	}
	return code;
}

static int write_document(struct report *r, void (*render)(struct report *r),
			  const struct question *q, const char *path)
{
	struct database *d = r->d;
	FILE *f = fopen(path, "we");
	int code;

	if (!f)
		return err_set(d->err, EX_ENVIRONMENT, "%s: %s", path, strerror(errno));
	sb_reset(&d->text);
	if (q)
		question_document(r, q);
	else
		render(r);
	code = report_write(d, f, path);
	if (fclose(f) && !code)
		code = err_set(d->err, EX_ENVIRONMENT, "%s: %s", path, strerror(errno));
	return code;
}

static int files_work(struct database *d, void *arg)
{
	struct files *f = arg;
	struct report *r = report_new(d, NULL);
	int code = make_directory(f->dir, d->err);

	r->rest = "report.md";
	report_verdicts(r, f->what);
	if (!code)
		code = all_plots(r, f);
	for (int i = 0; !code && i < r->n_questions; i++)
		code = write_document(r, NULL, r->question[i], text_of(d, "%s/%s.txt", f->dir,
				      text_file(d, r->question[i]->id)));
	if (!code)
		code = write_document(r, mail_document, NULL, text_of(d, "%s/mail.txt", f->dir));
	if (!code)
		code = write_document(r, markdown_document, NULL, text_of(d, "%s/report.md", f->dir));
	return code;
}

int analysis_debate_files(const char *db, const struct analysis_debate *what,
			  const char *dir, const char **notes, struct err *e)
{
	struct files f = { .what = what, .dir = dir };
	int code = database_work(db, files_work, &f, e);

	*notes = f.notes;
	return code;
}
