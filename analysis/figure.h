/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Figures: the numbers in a question's sentences, each taken from the data.
 *
 *   {study, metric, design, where}             its mean: "179.3 us"
 *   {..., over: DESIGN}                        change against it: "+32.4%"
 *   {..., over: DESIGN, as: ratio}             "1.32 times"
 *   {..., per: METRIC}                         share of another metric: "99.98%"
 *   {..., by: AXIS, passes: 20ms [, over]}     "between 5ms and 10ms": where the
 *                                              mean (or the change) passes it
 *   {claim: CLAIM/PART, where}                 its effect there, with interval;
 *                                              without where: nearest to the margin
 *   {claim: ..., as: boundary|verdict|sensitivity}
 *   {study, design, parameter: PATH, where}    what the configuration says: "80 ns"
 *   {expr: "0.01 / cost", unit: TEXT}          of other figures, in stored units
 *
 * A count comes without its unit: the sentence names it.  Metrics may carry quantile and label: "lock.hold.p99:mmu_lock".  A figure
 * that fits no point, several, or one without observation has no data.
 */
#ifndef ANALYSIS_FIGURE_H
#define ANALYSIS_FIGURE_H

#include "analysis/verdict.h"

struct figure {
	const char *name;
	const char *text;	/* NULL: no data */
	const char *why;	/* then: why not */
	double value;		/* stored units, shares as fractions; NAN */
};

struct figure_set {
	struct database *d;
	struct verdict **verdict;
	int n_verdicts;
	const char *body;	/* JSON of the question */
	int n;
	struct figure *figure;
};

/* The figures of a question whose JSON is @body. */
struct figure_set *figures_make(struct database *d, const char *body, struct verdict **v, int n);
/* @text with its {NAME} filled in; *@missing counts those without data. */
const char *figures_fill(struct figure_set *f, const char *text, int *missing);
/* The verdict of "CLAIM" or "CLAIM/PART", NULL if there is none. */
struct verdict *verdict_named(struct verdict **v, int n, const char *id);

#endif
