/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Statistics of paired replications; see stat_tests.h. */
#include "analysis/stat_tests.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "sim/base/hash.h"

#define MAX_REPLICATIONS_WANTED	1000000
#define MOST_PAIRS	1000
#define RESAMPLES	999

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

struct totals { double top_a, bottom_a, top_b, bottom_b; };

static double ratio_effect(enum effect_form form, const struct totals *t)
{
	double a = t->top_a / t->bottom_a, b = t->top_b / t->bottom_b;

	return form == EFFECT_LN_RATIO ? log(b / a) : b - a;
}

struct paired paired_ratios(const double *top_a, const double *bottom_a, const double *top_b,
			    const double *bottom_b, int n, int force_difference)
{
	struct paired p = { .form = EFFECT_LN_RATIO, .mean_a = NAN, .mean_b = NAN,
			    .mean = NAN, .sd = NAN, .correlation = NAN,
			    .variance_ratio = NAN, .identical = 1 };
	struct totals t = { 0, 0, 0, 0 };
	double all, sum = 0, squares = 0;
	int i;

#define COMPLETE(i) (!isnan(top_a[i]) && !isnan(bottom_a[i]) && !isnan(top_b[i]) && !isnan(bottom_b[i]))
	for (i = 0; i < n; i++) {
		if (!COMPLETE(i))
			continue;
		p.n++;
		t.top_a += top_a[i];
		t.bottom_a += bottom_a[i];
		t.top_b += top_b[i];
		t.bottom_b += bottom_b[i];
		p.identical &= top_a[i] == top_b[i] && bottom_a[i] == bottom_b[i];
	}
	if (!p.n || t.bottom_a <= 0 || t.bottom_b <= 0) {
		p.n = p.identical = 0;
		return p;
	}
	p.mean_a = t.top_a / t.bottom_a;
	p.mean_b = t.top_b / t.bottom_b;
	if (force_difference || p.mean_a <= 0 || p.mean_b <= 0)
		p.form = EFFECT_DIFFERENCE;
	p.mean = all = p.identical ? 0 : ratio_effect(p.form, &t);
	p.sd = 0;
	for (i = 0; i < n && p.n >= 2 && !p.identical; i++) {
		struct totals less = t;
		double pseudo;

		if (!COMPLETE(i))
			continue;
		less.top_a -= top_a[i];
		less.bottom_a -= bottom_a[i];
		less.top_b -= top_b[i];
		less.bottom_b -= bottom_b[i];
		pseudo = p.n * all - (p.n - 1) * ratio_effect(p.form, &less);
		sum += pseudo;
		squares += pseudo * pseudo;
	}
#undef COMPLETE
	if (p.n < 2)
		p.sd = NAN;
	if (p.n < 2 || p.identical)
		return p;
	p.mean = sum / p.n;
	p.sd = sqrt(fmax(0, squares - sum * sum / p.n) / (p.n - 1));
	if (!isfinite(p.mean) || !isfinite(p.sd))	/* all of it lies in one replication */
		p.n = 0;
	return p;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static void mean_sd(const double *x, const int *pick, int n, double *mean, double *sd)
{
	double sum = 0, square = 0;
	int i;

	for (i = 0; i < n; i++)
		sum += x[pick ? pick[i] : i];
	*mean = sum / n;
	for (i = 0; i < n; i++)
		square += (x[pick ? pick[i] : i] - *mean) * (x[pick ? pick[i] : i] - *mean);
	*sd = sqrt(square / (n - 1));
}

void paired_bootstrap_t(const double *a, const double *b, int n, enum effect_form form,
			double *lo, double *hi)
{
	double x[MOST_PAIRS], t[RESAMPLES], mean, sd;
	uint64_t state = 0x626f6f74u;
	int pick[MOST_PAIRS], k = 0, r, i, used = 0;

	*lo = *hi = NAN;
	for (i = 0; i < n && k < MOST_PAIRS; i++)
		if (!isnan(a[i]) && !isnan(b[i]))
			x[k++] = form == EFFECT_LN_RATIO ? log(b[i] / a[i]) : b[i] - a[i];
	if (k < FEWEST_PAIRS)
		return;
	mean_sd(x, NULL, k, &mean, &sd);
	for (r = 0; r < RESAMPLES && sd > 0; r++) {
		double m, s;

		for (i = 0; i < k; i++) {
			state = hash_mix(state, (uint64_t)i);
			pick[i] = (int)(state % (uint64_t)k);
		}
		mean_sd(x, pick, k, &m, &s);
		if (s > 0)
			t[used++] = (m - mean) / s;
	}
	if (used < RESAMPLES / 2)
		return;
	qsort(t, (size_t)used, sizeof(*t), by_value);
	*lo = mean - t[(int)(0.975 * used) - 1] * sd;
	*hi = mean - t[(int)(0.025 * used)] * sd;
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
