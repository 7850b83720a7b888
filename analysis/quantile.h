/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Quantiles over all replications of a configuration: the quantile of the
 * merged histograms (averaging percentiles of runs would be wrong), with a
 * percentile bootstrap over replications.  The generator is fixed, so a
 * report is a function of the database.
 *
 * Left out: intervals for quantiles beyond what the data can carry.  Fewer
 * than ten observations beyond the quantile have none; nor has a p99.9 of
 * fewer than 100,000 observations or 10 replications.
 */
#ifndef ANALYSIS_QUANTILE_H
#define ANALYSIS_QUANTILE_H

#include "analysis/dataset.h"
#include "analysis/histogram.h"
#include "analysis/stat_tests.h"

struct sample_set {		/* one histogram per replication, sparse */
	int n_runs;		/* length of run[] */
	struct sparse { int n; uint32_t *index; uint64_t *count; } *run;
};

struct quantile_estimate {
	double value, lo, hi;			/* ps */
	double change, change_lo, change_hi;	/* b/a - 1; NAN without a */
	int pairs, identical;
};

struct sample_set *quantile_load(struct dataset *s, int config, const struct metric *m);
/* @a may be NULL. */
struct quantile_estimate quantile_compare(struct database *d, const struct sample_set *a,
					  const struct sample_set *b, int replications,
					  double q);

/*
 * The two as a pair of means would be: the effect of the quantiles of the
 * merged histograms, and as its standard deviation the one that makes the
 * standard error that of resampled replications, a bin's width being part of
 * it.  n = 0: the data cannot carry this quantile.  @unit: factor from ps.
 */
struct paired quantile_paired(struct database *d, const struct sample_set *a,
			      const struct sample_set *b, int replications, double q,
			      double unit, int force_difference);

#endif
