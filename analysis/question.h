/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Questions of the debate: what claims answer them, and how the answer reads.
 *
 * The answer is the verdict of the headline, a claim or a part of one.  It
 * comes with the sentence of its mechanism, whose figures are taken from the
 * data; one that the database does not have makes the question undecided: a
 * mechanism that cannot be shown is no mechanism.
 */
#ifndef ANALYSIS_QUESTION_H
#define ANALYSIS_QUESTION_H

#include "analysis/layout.h"
#include "analysis/verdict.h"

struct view {			/* of a plot or a table */
	const char *study, *by;
	int n_metrics;
	const char **metric;
	int n_where;
	const char **where;	/* "axis=value" */
	int n_designs;
	const char **design;	/* the first is the baseline; none: all */
};

struct question {
	const char *id, *text, *headline, *adversary;
	enum answer answer;
	const struct verdict *v;	/* of the headline; NULL: not judged */
	const char *word;		/* "depends(put.batch)" */
	const char *told;		/* the answer in words; "" if the file has none */
	const char *mechanism;		/* figures filled in */
	const char *missing;		/* "NAME: why", of figures without data; "" if none */
	const char *effect;		/* "-0.5% [..] (at ..) to +155% [..] (at ..)" */
	struct view plot, table;
	int n_claims;
	const char **claim;
};

/* The questions named, or all (n = 0); unknown ones fail with EX_CONFIG. */
struct question **questions_make(struct database *d, const char *const *id, int n_ids,
				 struct verdict **v, int n_verdicts, int *n);
/* Layout of a view, its designs only; NULL: the study has not run. */
struct layout *view_layout(struct database *d, const struct view *v);

#endif
