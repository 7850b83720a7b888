/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Verdicts of claims.
 *
 * Per point (one sweep point of one scenario, for which both designs have a
 * configuration) an emergent claim is supported if the interval of the effect
 * lies wholly beyond the margin on the claimed side, refuted if wholly on the
 * other side of the margin, else undecided; "equivalent" is supported by two
 * one-sided tests inside the margin and refuted outside it.  The level is
 * 95%, adjusted by Holm's procedure over all points of all emergent claims of
 * the report.  Fewer than five pairs: undecided.
 * Overall: all points supported: supported; all refuted: refuted; at least
 * one of each: depends, with the boundary; otherwise undecided.
 *
 * Structural, arithmetic and safety claims hold or fail.  A count holds if it
 * holds in every replication of every point (a deterministic figure: one
 * counter-example is enough to fail).
 *
 * A quantile is that of the merged histograms of a configuration; its standard
 * error comes from resampling replications and takes the place of the paired
 * standard error.
 *
 * Points that are not comparable (emergent.c) are open and left out of the
 * whole, which says how many they are.  A claim that is supported or refuted at
 * all other points and flips inside the range of an estimated cost depends on
 * that (sensitivity.h).
 *
 * Invariant: a verdict is a function of the database and the list of claims.
 */
#ifndef ANALYSIS_VERDICT_H
#define ANALYSIS_VERDICT_H

#include "analysis/claim.h"
#include "analysis/stat_tests.h"

enum answer {
	UNDECIDED, SUPPORTED, REFUTED, DEPENDS, HOLDS, FAILS, UNTESTABLE,
};
const char *answer_name(enum answer a);

struct verdict_point {
	struct dataset *s;
	int a, b;			/* configurations; a = -1 for counts */
	enum answer answer;
	struct paired p;
	double margin;			/* in units of p.mean: bound on the claimed side */
	double margin_other;		/* equivalent: the other bound */
	double raw_p, adjusted_p;	/* NAN: not in Holm's family */
	double effect, lo, hi;		/* share of a, or the metric's unit: 95% */
	int n;
	int needed;			/* replications that would decide it, 0: unknown */
	const char *note;		/* count: "64 rounds, expected 8" */
	const char *open;		/* why designs are not compared here; NULL: they are */
	int cut_a, cut_b, cut_both;	/* pairs with observations cut off by the end */
};

struct verdict {
	const struct claim *claim;
	const struct metric *m;
	const struct metric *per;	/* NULL: the metric itself */
	const char *title;		/* "zap.wasted per free.pages" */
	enum answer answer;
	int relative;			/* effects are shares */
	const char *unit;		/* "%" or the metric's */
	int n_points;
	struct verdict_point *point;
	int nearest;			/* point whose effect is nearest to the margin, -1 */
	int n;				/* smallest number of pairs */
	const char *boundary;		/* depends: where it flips; else "" */
	const char *depends_on;		/* "put.batch", "costs.ipi_socket"; else "" */
	struct sensitivity *sensitivity;	/* NULL: not sampled */
	int n_open;			/* points that are not comparable */
	int n_skewed;			/* points where bootstrap-t disagrees on the margin */
	const char *change;		/* what would change the verdict */
	const char *reason;		/* why undecided or failing; else "" */
	int n_parts;
	struct verdict **part;
};

/* "supported", "depends(put.batch)" */
const char *verdict_word(struct database *d, const struct verdict *v);
/* Verdicts of @n claims, Holm's family being all of them. */
struct verdict **verdicts_make(struct database *d, struct claim **c, int n);
/* "unmap.length=64pages, vcpu.count=4"; the scenario first if there are two. */
const char *point_axes(const struct verdict *v, const struct verdict_point *p);
/* Does anything fail that should hold, or hold that is known to fail? */
int verdict_differs(const struct verdict *v);

/* boundary.c */
const char *boundary_text(struct database *d, const struct verdict *v);
/* "-12.3% [-14.0%, -10.5%]", "3.1 [2.9, 3.3] us" */
const char *effect_text(struct database *d, const struct verdict *v,
			const struct verdict_point *p);
const char *margin_text(struct database *d, const struct claim *c);

#endif
