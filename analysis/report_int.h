/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One report on its way out: what the renderers share.
 *
 * A renderer writes r->d->text and nothing else.  Which tables a document has
 * is decided once per study (struct plan), so that mail, Markdown and plots
 * tell the same story.
 */
#ifndef ANALYSIS_REPORT_INT_H
#define ANALYSIS_REPORT_INT_H

#include "analysis/analysis.h"
#include "analysis/compare.h"
#include "analysis/question.h"
#include "analysis/table.h"
#include "analysis/verdict.h"

struct plot_file {
	const char *base;	/* "plots/range-madvise-unmap.latency", no suffix */
	const char *title;
	int64_t study;
};

struct report {
	struct database *d;
	const struct analysis_query *q;
	int n_studies;
	struct dataset **study;
	int n_verdicts;
	struct verdict **verdict;
	int n_questions;
	struct question **question;
	int n_plots;		/* plots that exist beside the document */
	struct plot_file *plot;
	const char *rest;	/* where a mail finds what it leaves out */
};

/* report.c.  @q: NULL = everything; fails if no run is complete. */
struct report *report_new(struct database *d, const struct analysis_query *q);
/* Verdicts and questions of @what (NULL: all) into the report. */
void report_verdicts(struct report *r, const struct analysis_debate *what);
int report_write(struct database *d, FILE *f, const char *name);
/* "range-madvise-unmap.latency-by-unmap.length" */
const char *plot_base(struct report *r, const struct grid *g);

/* Metrics of a study: the scenario's (or --metric), labels spread if @most allows. */
struct metric **report_metrics(struct report *r, struct dataset *s, int most_labels, int *n);
struct layout *report_layout(struct report *r, struct dataset *s);
/* Axis of rows: --by, or the longest. */
int report_axis(struct report *r, const struct layout *l);

/* A grid as text columns, the baseline first. */
struct table *grid_table(const struct grid *g);
/* Label of a value without the unit that all values share; *unit = "pages". */
const char *axis_label(struct database *d, const struct common_axis *a, int value,
		       const char **unit);

void mail_document(struct report *r);
void markdown_document(struct report *r);
void json_document(struct report *r);
void csv_document(struct report *r);

/* verdict_text.c: rows for a terminal or a mail, at most 72 columns. */
void verdict_rows(struct database *d, struct strbuf *out, struct verdict **v, int n);
void verdict_json(struct report *r, void *json);

/* question_text.c: likewise; tables of a question; a whole mail about one. */
void question_rows(struct database *d, struct strbuf *out, struct question **q, int n);
/* One line each, for the end of a long text. */
void question_summary(struct database *d, struct strbuf *out, struct question **q, int n);
void question_tables(struct report *r, const struct question *q, int legend);
void question_document(struct report *r, const struct question *q);
void question_json(struct report *r, void *json);

/* safety.c */
struct violation_line {
	const char *design, *invariant;
	int64_t runs, runs_with, count, exposures;
	int expected;		/* -1: no violation; 0: some unexpected; 1: all expected */
};
struct violation_line *safety_lines(struct dataset *s, int *n);
struct violation_example {
	const char *design, *invariant, *summary, *replay, *steps;
	int64_t config, replication, at;
	int expected;
};
/* One example per design and invariant, the unexpected first. */
struct violation_example *safety_examples(struct dataset *s, int *n);

/* diagram.c: one column per CPU, time in ns from the first step. */
void column_diagram(struct database *d, const char *steps, size_t width,
		    int max_steps, struct strbuf *out);

/* plot.c: 0 made, EX_ENVIRONMENT without gnuplot (script and data are there). */
int plot_grid(struct report *r, const struct grid *g, const char *base, const char *title,
	      const char *const *terms, int n_terms, struct err *e);
const char *plot_title(const struct grid *g);
/* failed runs by status: "2 crash, 1 timeout", "" if none */
const char *failed_text(struct dataset *s);
/* study_text.c: one line each, "" if there is nothing to say. */
const char *count_text(struct database *d, int64_t n, const char *what);
const char *incomplete_text(struct dataset *s);
/* "path=value, ..." of what --set changed */
const char *changed_text(struct dataset *s);
const char *estimates_text(struct dataset *s);
/* Configurations with runs that ended early, and how. */
const char *early_text(struct dataset *s);
/* mail.c: machine, kernel, version, what failed, what is missing. */
void mail_head(struct report *r, struct dataset *s);
/* Shell words over several lines, each but the last ended by a backslash. */
void wrap_command(struct strbuf *out, const char *s, const char *first);
/* Is a line of @n characters among what @s does not model? */
int has_clause(const struct dataset *s, const char *line, size_t n);
/* What @s leaves out, each once; nothing that @but leaves out, too. */
const char *not_modelled_text(struct dataset *s, const struct dataset *but);
/* @s cut between clauses or words; @rest names who has the whole. */
const char *shortened_text(struct database *d, const char *s, size_t most, const char *rest);
/* Metrics that the scenario asks for and no run observed. */
const char *no_observation_text(struct dataset *s, struct metric **m, int n);
/* Has any run an observation? */
int observed(struct dataset *s, const struct metric *m);
/* How to read a cell; the signs and the name as this document writes them. */
const char *legend_text(const struct layout *l, const char *baseline, const char *plus_minus,
			const char *tilde);
/* The scenario's command line, or one like it. */
const char *reproduce_text(struct dataset *s);

#endif
