/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Statistics of paired replications; see stat_tests.h. */
#include "analysis/stat_tests.h"

#include <gsl/gsl_cdf.h>
#include <math.h>

#define MAX_REPLICATIONS_WANTED	1000000

double student_critical(double level, int df)
{
	if (df < 1)
		return NAN;
	return gsl_cdf_tdist_Pinv(0.5 + level / 2, df);
}

struct summary summarize(const double *x, int n)
{
	struct summary s = { .mean = NAN, .sd = NAN, .half = NAN };
	double sum = 0, square = 0;
	int i;

	for (i = 0; i < n; i++) {
		if (isnan(x[i]))
			continue;
		sum += x[i];
		s.n++;
	}
	if (!s.n)
		return s;
	s.mean = sum / s.n;
	if (s.n < 2)
		return s;
	/* Second pass: counts of 1e9 with a spread of 1 must not cancel. */
	for (i = 0; i < n; i++) {
		if (!isnan(x[i]))
			square += (x[i] - s.mean) * (x[i] - s.mean);
	}
	s.sd = sqrt(square / (s.n - 1));
	s.half = student_critical(0.95, s.n - 1) * s.sd / sqrt(s.n);
	return s;
}

static void pair_moments(struct paired *p, const double *a, const double *b, int n)
{
	double va = 0, vb = 0, cov = 0, vx = 0, mean_diff = p->mean_b - p->mean_a;
	double vd = 0;
	int i;

	for (i = 0; i < n; i++) {
		double da, db, x;

		if (isnan(a[i]) || isnan(b[i]))
			continue;
		da = a[i] - p->mean_a;
		db = b[i] - p->mean_b;
		x = p->form == EFFECT_LN_RATIO ? log(b[i] / a[i]) : b[i] - a[i];
		va += da * da;
		vb += db * db;
		cov += da * db;
		vd += (b[i] - a[i] - mean_diff) * (b[i] - a[i] - mean_diff);
		vx += (x - p->mean) * (x - p->mean);
	}
	p->sd = sqrt(vx / (p->n - 1));
	/* Equal x_i whose mean is rounded: counts are exact, so is their ratio. */
	if (p->sd < 1e-13 * fabs(p->mean))
		p->sd = 0;
	if (va > 0 && vb > 0)
		p->correlation = cov / sqrt(va * vb);
	if (va + vb > 0)
		p->variance_ratio = vd / (va + vb);
}

struct paired paired_compare(const double *a, const double *b, int n,
			     int force_difference)
{
	struct paired p = { .form = EFFECT_LN_RATIO, .mean_a = NAN, .mean_b = NAN,
			    .mean = NAN, .sd = NAN, .correlation = NAN,
			    .variance_ratio = NAN };
	double sum_a = 0, sum_b = 0, sum = 0;
	int i;

	if (force_difference)
		p.form = EFFECT_DIFFERENCE;
	p.identical = 1;
	for (i = 0; i < n; i++) {
		if (isnan(a[i]) || isnan(b[i]))
			continue;
		p.n++;
		sum_a += a[i];
		sum_b += b[i];
		if (a[i] <= 0 || b[i] <= 0)
			p.form = EFFECT_DIFFERENCE;
		if (a[i] != b[i])
			p.identical = 0;
	}
	if (!p.n) {
		p.identical = 0;
		return p;
	}
	p.mean_a = sum_a / p.n;
	p.mean_b = sum_b / p.n;
	for (i = 0; i < n; i++) {
		if (isnan(a[i]) || isnan(b[i]))
			continue;
		sum += p.form == EFFECT_LN_RATIO ? log(b[i] / a[i]) : b[i] - a[i];
	}
	p.mean = p.identical ? 0 : sum / p.n;
	if (p.n >= 2)
		pair_moments(&p, a, b, n);
	return p;
}

void paired_interval(const struct paired *p, double level, double *lo, double *hi)
{
	double half;

	*lo = *hi = NAN;
	if (p->n < 2)
		return;
	half = student_critical(level, p->n - 1) * p->sd / sqrt(p->n);
	*lo = p->mean - half;
	*hi = p->mean + half;
}

double paired_lower_p(const struct paired *p, double at)
{
	double distance = p->mean - at;

	if (p->n < 2)
		return NAN;
	if (p->sd == 0)
		return distance > 0 ? 1 : distance < 0 ? 0 : 0.5;
	return gsl_cdf_tdist_P(distance / (p->sd / sqrt(p->n)), p->n - 1);
}

double paired_two_sided_p(const struct paired *p, double at)
{
	double distance = p->mean - at;

	if (p->n < 2)
		return NAN;
	if (p->sd == 0)
		return distance != 0 ? 0 : 1;
	/* The far tail straight from the survival function: 1 - P cancels. */
	return 2 * gsl_cdf_tdist_Q(fabs(distance) / (p->sd / sqrt(p->n)), p->n - 1);
}

double paired_equivalence_p(const struct paired *p, double lo, double hi)
{
	double above_lo, below_hi;

	if (p->n < 2)
		return NAN;
	if (p->sd == 0)
		return p->mean > lo && p->mean < hi ? 0 : 1;
	above_lo = gsl_cdf_tdist_Q((p->mean - lo) / (p->sd / sqrt(p->n)), p->n - 1);
	below_hi = gsl_cdf_tdist_P((p->mean - hi) / (p->sd / sqrt(p->n)), p->n - 1);
	return above_lo > below_hi ? above_lo : below_hi;
}

int paired_not_significant(const struct paired *p)
{
	double lo, hi;

	paired_interval(p, 0.95, &lo, &hi);
	return isnan(lo) || (lo <= 0 && hi >= 0);
}

int paired_needed(const struct paired *p, double at, double level)
{
	double distance = fabs(p->mean - at), half;
	int n;

	if (p->n < 2 || distance == 0)
		return 0;
	/* The critical value depends on n itself: a few rounds settle it. */
	n = p->n;
	for (int round = 0; round < 20; round++) {
		double next;

		half = student_critical(level, n > 2 ? n - 1 : 1) * p->sd;
		next = ceil(half * half / (distance * distance));
		if (next > MAX_REPLICATIONS_WANTED)
			return MAX_REPLICATIONS_WANTED;
		if (next < 5)
			next = 5;
		if ((int)next == n)
			break;
		n = (int)next;
	}
	return n;
}

void binomial_interval(int k, int n, double *lo, double *hi)
{
	*lo = k > 0 ? gsl_cdf_beta_Pinv(0.025, k, n - k + 1) : 0;
	*hi = k < n ? gsl_cdf_beta_Qinv(0.025, k + 1, n - k) : 1;
}

void holm_adjust(const double *p, int n, double *adjusted)
{
	double running = 0;
	int left = 0, i;

	for (i = 0; i < n; i++) {
		adjusted[i] = NAN;
		left += !isnan(p[i]);
	}
	while (left) {
		double least = INFINITY, value;
		int at = -1;

		for (i = 0; i < n; i++) {
			if (isnan(p[i]) || !isnan(adjusted[i]) || p[i] >= least)
				continue;
			least = p[i];
			at = i;
		}
		if (at < 0)
			break;
		value = least * left;
		if (value > 1)
			value = 1;
		if (value < running)
			value = running;
		running = adjusted[at] = value;
		left--;
	}
}
