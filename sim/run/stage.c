/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sequential replications in stages.
 *
 * Looking at the data several times and stopping at the first narrow interval
 * stops too early too often; each look is therefore made at 98.75% confidence
 * (5% over four looks, Bonferroni), and only at fixed n.  The interval that a
 * report prints is its own affair.
 *
 * Invariant: the decision at n depends on replications 1..n alone.
 */
#include "sim/run/stage.h"

#include <gsl/gsl_cdf.h>
#include <math.h>

int stage_next(int n, int max)
{
	int next, base = 20;

	if (n < 20) {
		next = n / 5 * 5 + 5;
	} else {
		while (base <= n / 2)
			base *= 2;	/* base <= n < 2 base, base = 20 * 2^k */
		next = n < base / 2 * 3 ? base / 2 * 3 : 2 * base;
	}
	return next < max ? next : max;
}

int stage_first(int min, int max)
{
	int n = stage_next(0, max);

	while (n < min && n < max)
		n = stage_next(n, max);
	return n;
}

int stage_precise(const double *v, int n, int64_t precision_ppm)
{
	double mean = 0, m2 = 0, d, half;
	int i, k = 0;

	for (i = 0; i < n; i++) {	/* Welford */
		if (isnan(v[i]))
			continue;
		d = v[i] - mean;
		mean += d / ++k;
		m2 += d * (v[i] - mean);
	}
	if (!k)
		return 1;
	if (k < 2)
		return 0;
	half = gsl_cdf_tdist_Qinv(STAGE_ALPHA / 2, k - 1) * sqrt(m2 / (k - 1) / k);
	return half <= fabs(mean) * (double)precision_ppm / 1e6;
}
