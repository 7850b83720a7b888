/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reports, plots and verdicts of a results database, for the command line.
 *
 * Nothing but the database is needed: no configuration, no simulator.  All
 * functions return 0, or the program's exit code with @e filled: EX_CONFIG for
 * a query that the database cannot answer (unknown metric, axis, design,
 * claim; no completed run), EX_ENVIRONMENT for files.
 *
 * A document is a function of the database and the query, byte for byte.
 */
#ifndef ANALYSIS_ANALYSIS_H
#define ANALYSIS_ANALYSIS_H

#include <stdio.h>

#include "sim/base/err.h"

struct analysis_query {
	const char *baseline;		/* design; NULL: the scenario's */
	const char *metric;		/* "unmap.latency", "unmap.latency.p99",
					   "exit:ipi_primary"; NULL: the scenario's */
	const char *by;			/* axis of rows or of the x axis; NULL: the longest */
	const char *const *where;	/* "axis=value" */
	int n_where;
	const char *const *study;	/* names, or ids in hex, of which 4 digits may do */
	int n_studies;			/* 0: all, of each name the one that ran last */
};

/* NULL-terminated names of the formats: mail, markdown, json, csv. */
extern const char *const analysis_formats[];
/* NULL-terminated: png, svg, dumb. */
extern const char *const analysis_terms[];

/* All current studies of @db in one document. */
int analysis_report(const char *db, const char *format,
		    const struct analysis_query *q, FILE *out, struct err *e);

/*
 * One metric of one study over one axis.  @out: file to make; its data (.dat)
 * and script (.gp) are kept beside it.  NULL: the name is made from study,
 * metric and axis in the current directory; "dumb" then goes to @text alone.
 * Files made are named on @text, one per line.  gnuplot missing: data and
 * script stay, EX_ENVIRONMENT.
 */
int analysis_plot(const char *db, const char *term, const struct analysis_query *q,
		  const char *out, FILE *text, struct err *e);

/* What a debate is about; no names: all that the database has. */
struct analysis_debate {
	const char *const *claim;
	int n_claims;
	const char *const *question;
	int n_questions;
};

/*
 * Answers of the questions, verdicts of the claims, Holm's family being just
 * these claims.  Text, or one JSON document {"questions", "claims", "metrics"}.
 * *@failed: how many claims (or parts) of them fail, refuted ones not counted.
 */
int analysis_verdicts(const char *db, const struct analysis_debate *what, int json,
		      FILE *out, int *failed, struct err *e);

/*
 * mail.txt, report.md, QUESTION.txt and plots/ in @dir (made if missing), with
 * questions and claims as given.  Without gnuplot the plots are left as scripts
 * and *@notes says so (static text; NULL otherwise).
 */
int analysis_debate_files(const char *db, const struct analysis_debate *what,
			  const char *dir, const char **notes, struct err *e);

#endif
