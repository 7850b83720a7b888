/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Cells: one metric of one configuration, beside the baseline's.
 *
 * A mean is over replications with its 95% Student half width.  A quantile is
 * that of the merged histograms of all replications; its interval and that of
 * its change come from resampling replications (percentile bootstrap, fixed
 * generator), the same replications for both designs.
 *
 * The change is exp(mean ln(b/a)) - 1 over paired replications; where a value
 * may be 0 it is the mean difference over the baseline's mean; where the
 * baseline's mean is 0, or the metric is in %, it is the difference itself.
 *
 * Invariant: a configuration beside itself changes by exactly 0.
 */
#ifndef ANALYSIS_COMPARE_H
#define ANALYSIS_COMPARE_H

#include "analysis/layout.h"
#include "analysis/stat_tests.h"

enum change_kind {
	CHANGE_NONE,		/* no pair: nothing to say */
	CHANGE_RELATIVE,	/* a share of the baseline */
	CHANGE_ABSOLUTE,	/* in units of the metric */
};

struct cell {
	int config;		/* -1: no such point */
	int runs;		/* replications, those that ended early too */
	int early;		/* of them: 'oom' or 'timeout' */
	int open;		/* not comparable with the baseline */
	int n;			/* of them with an observation */
	int recorded;		/* rows of the metric, NULL or not */
	double mean, half;	/* half: NAN if fewer than two */
	double lo, hi;
	enum change_kind kind;
	double change, change_lo, change_hi;
	int pairs;
	int identical;		/* equal in every pair, of at least two */
	int significant;	/* 0 outside the 95% interval of the change */
	double correlation, variance_ratio;
};

/* Why @a and @b of a study are not compared at their point; NULL if they are. */
const char *not_comparable(struct dataset *s, int a, int b);
/* @base: configuration of the baseline, -1 = none. */
struct cell compare_cell(struct dataset *s, const struct metric *m, int config, int base);

struct grid {
	struct layout *l;
	const struct metric *m;
	int by;			/* axis of the rows, -1: one row */
	int at[64];		/* where the other axes are held */
	int n_rows;
	int *row;		/* value index on axis @by */
	struct cell *cell;	/* [row * n_series + series] */
};

/*
 * @max_rows > 0: that many rows at most, first and last among them, spread
 * over the axis.
 */
struct grid *grid_make(struct layout *l, const struct metric *m, int by, int max_rows);
const struct cell *grid_cell(const struct grid *g, int row, int series);
/* Some design differs from the baseline somewhere, or observes what it does not. */
int grid_tells(const struct grid *g);
/* Some cell has an observation. */
int grid_has_data(const struct grid *g);

struct pairing {
	int cells;		/* comparisons in which both designs vary */
	double correlation, variance_ratio;	/* medians over those */
};
/* The benefit of pairing over all points of a study, for one metric. */
struct pairing pairing_benefit(struct layout *l, const struct metric *m);

#endif
