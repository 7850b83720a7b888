/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Statistics against values worked by hand.  With two degrees of freedom
 * Student's distribution has a closed form, F(t) = 1/2 + t / (2 sqrt(2 + t^2)),
 * so p values of three pairs need no tables.
 */
#include "analysis/stat_tests.h"
#include "sim/base/tap.h"

static double f2(double t)
{
	return 0.5 + t / (2 * sqrt(2 + t * t));
}

static void intervals(void)
{
	const double x[] = { 1, 2, 3, 4, 5 }, gap[] = { 1, NAN, 3, 2, NAN };
	struct summary s = summarize(x, 5);

	is_near(student_critical(0.95, 9), 2.262157163, 1e-8, "t(0.975, 9)");
	is_near(student_critical(0.95, 2), 4.302652730, 1e-8, "t(0.975, 2)");
	ok(isnan(student_critical(0.95, 0)), "no degree of freedom, no interval");
	is_int(s.n, 5, "five values");
	is_near(s.mean, 3, 0, "their mean");
	is_near(s.sd, 1.58113883, 1e-8, "their standard deviation");
	is_near(s.half, 1.96324324, 1e-7, "2.776445 * 1.581139 / sqrt(5)");
	s = summarize(gap, 5);
	is_int(s.n, 3, "NAN is no value");
	is_near(s.half, 4.302652730 / sqrt(3), 1e-8, "and takes a degree of freedom");
	s = summarize(gap + 1, 1);
	ok(s.n == 0 && isnan(s.mean) && isnan(s.half), "nothing observed: NAN, never 0");
	s = summarize(x, 1);
	ok(s.mean == 1 && isnan(s.half), "one value has no interval");
	/* 1e9 + {0, 1, 2}: a sum of squares would cancel. */
	s = summarize((const double[]){ 1e9, 1e9 + 1, 1e9 + 2 }, 3);
	is_near(s.sd, 1, 1e-9, "no cancellation at 1e9");
}

static void pairs(void)
{
	const double a[] = { 100, 110, 120, 130, 140 }, b[] = { 80, 88, 96, 104, 112 };
	const double c[] = { 101, 111, NAN, 131, 141 }, zero[] = { 0, 1, 2, 3, 4 };
	const double d1[] = { 10, 20, 30 }, d2[] = { 11, 22, 36 };
	struct paired p = paired_compare(a, b, 5, 0);
	double lo, hi;

	is_int(p.form, EFFECT_LN_RATIO, "positive values: ln ratio");
	is_near(p.mean, log(0.8), 1e-14, "b is 0.8 a");
	is_near(p.correlation, 1, 1e-12, "they move together");
	is_near(p.variance_ratio, 10.0 / (250 + 160), 1e-12,
		"var(b-a) / (var a + var b): 10 / 410");
	is_near(p.sd, 0, 0, "and never vary around it");
	p = paired_compare(a, c, 5, 0);
	is_int(p.n, 4, "a pair with a hole is dropped");
	is_near(p.mean_a, 120, 0, "from both sides");
	p = paired_compare(a, c, 5, 1);
	ok(p.sd == 0 && p.mean == 1, "and from the spread");
	p = paired_compare(a, zero, 5, 0);
	is_int(p.form, EFFECT_DIFFERENCE, "a value of 0 forbids the ratio");
	is_near(p.mean, -118, 1e-12, "then the difference");
	/* Differences 1, 2, 6: mean 3, sd sqrt(7). */
	p = paired_compare(d1, d2, 3, 1);
	is_near(p.mean, 3, 1e-14, "mean difference");
	is_near(p.sd, sqrt(7), 1e-14, "its standard deviation");
	paired_interval(&p, 0.95, &lo, &hi);
	is_near(lo, 3 - 4.302652730 * sqrt(7.0 / 3), 1e-7, "lower end");
	is_near(hi, 3 + 4.302652730 * sqrt(7.0 / 3), 1e-7, "upper end");
	ok(paired_not_significant(&p), "an interval over 0: not significant");
	is_near(paired_two_sided_p(&p, 0), 2 * (1 - f2(3 / sqrt(7.0 / 3))), 1e-12,
		"two-sided p at 0");
	is_near(paired_lower_p(&p, 5), f2(-2 / sqrt(7.0 / 3)), 1e-12, "one-sided p at 5");
	is_near(paired_equivalence_p(&p, -10, 10), 1 - f2(7 / sqrt(7.0 / 3)), 1e-12,
		"two one-sided tests: the side that is nearer");
	is_near(paired_equivalence_p(&p, -10, 2), f2(1 / sqrt(7.0 / 3)), 1e-12,
		"a mean outside the margin is not equivalent");
	p = paired_compare(a, a, 5, 0);
	ok(p.mean == 0 && p.sd == 0 && p.identical, "a design beside itself: exactly 0");
	ok(paired_not_significant(&p), "which is no difference");
	is_near(paired_two_sided_p(&p, 0.1), 0, 0, "no spread: certain");
	is_near(paired_equivalence_p(&p, -0.1, 0.1), 0, 0, "no spread: equivalent for certain");
	p = paired_compare(d1, d2, 1, 0);
	ok(paired_not_significant(&p) && isnan(paired_two_sided_p(&p, 0)), "one pair proves nothing");
}

static void replications_needed(void)
{
	struct paired p = { .n = 10, .mean = 0.01, .sd = 0.1 };
	int n = paired_needed(&p, 0, 0.95);
	double half = student_critical(0.95, n - 1) * p.sd / sqrt(n);

	ok(half <= 0.01, "as many as needed bring the half width below the distance");
	half = student_critical(0.95, n - 3) * p.sd / sqrt(n - 2);
	ok(half > 0.01, "and hardly more than that");
	p.mean = 0;
	is_int(paired_needed(&p, 0, 0.95), 0, "on the margin no number helps");
}

static void holm(void)
{
	const double p[] = { 0.01, 0.04, NAN, 0.03, 0.005 };
	double a[5];

	holm_adjust(p, 5, a);
	is_near(a[4], 0.02, 1e-15, "smallest of four: times 4");
	is_near(a[0], 0.03, 1e-15, "next: times 3");
	is_near(a[3], 0.06, 1e-15, "next: times 2");
	is_near(a[1], 0.06, 1e-15, "last: 0.04, but never below the one before");
	ok(isnan(a[2]), "NAN is not in the family");
	holm_adjust((const double[]){ 0.5, 0.6 }, 2, a);
	is_near(a[0], 1, 0, "at most 1");
	holm_adjust((const double[]){ 0.02, 0.02 }, 2, a);
	ok(a[0] == 0.04 && a[1] == 0.04, "ties");
}

/* Ratios of totals: the jackknife of a case worked by hand. */
static void ratios(void)
{
	/* a: 6/3 = 2; b: 12/4 = 3 */
	static const double ta[3] = { 1, 2, 3 }, ba[3] = { 1, 1, 1 };
	static const double tb[3] = { 2, 4, 6 }, bb[3] = { 1, 1, 2 };
	static const double none[3] = { 0, 0, 0 };
	struct paired p = paired_ratios(ta, ba, tb, bb, 3, 1);
	/* leaving out 1, 2, 3: b - a = 10/3 - 2.5, 8/3 - 2, 6/2 - 1.5; pseudo = 3 x 1 - 2 x that */
	double pseudo[3] = { 3 - 2 * (10.0 / 3 - 2.5), 3 - 2 * (8.0 / 3 - 2), 3 - 2 * 1.5 };
	double mean = (pseudo[0] + pseudo[1] + pseudo[2]) / 3, square = 0;

	for (int i = 0; i < 3; i++)
		square += (pseudo[i] - mean) * (pseudo[i] - mean);
	is_near(p.mean_a, 2, 1e-12, "ratio of totals, not the mean of ratios");
	is_near(p.mean_b, 3, 1e-12, "of b");
	is_near(p.mean, mean, 1e-12, "jackknife by hand: mean");
	is_near(p.sd, sqrt(square / 2), 1e-12, "and spread of the pseudo values");
	p = paired_ratios(ta, ba, ta, ba, 3, 0);
	ok(p.identical && p.mean == 0 && p.sd == 0, "equal series: exactly 0");
	is_int(paired_ratios(ta, none, tb, bb, 3, 0).n, 0, "nothing to divide by: no pair");
}

static void bootstrap_t(void)
{
	double a[10], b[10], lo, hi, student_lo, student_hi;
	struct paired p;

	for (int i = 0; i < 10; i++) {
		a[i] = 100;
		b[i] = 100 + (i == 9 ? 30 : 0.1 * i);	/* one replication makes the mean */
	}
	p = paired_compare(a, b, 10, 1);
	paired_interval(&p, 0.95, &student_lo, &student_hi);
	paired_bootstrap_t(a, b, 10, EFFECT_DIFFERENCE, &lo, &hi);
	ok(hi - p.mean > 2 * (p.mean - lo), "a long tail upwards: the interval reaches upwards");
	is_near((student_lo + student_hi) / 2, p.mean, 1e-9, "which Student's cannot know");
	for (int i = 0; i < 10; i++)
		b[i] = 100 + (i - 4.5);
	p = paired_compare(a, b, 10, 1);
	paired_interval(&p, 0.95, &student_lo, &student_hi);
	paired_bootstrap_t(a, b, 10, EFFECT_DIFFERENCE, &lo, &hi);
	is_near(hi - lo, student_hi - student_lo, 0.5, "without skew they agree");
	paired_bootstrap_t(a, a, 10, EFFECT_DIFFERENCE, &lo, &hi);
	ok(isnan(lo), "no spread: none");
}

int main(void)
{
	tap_seed(0);
	intervals();
	pairs();
	replications_needed();
	holm();
	ratios();
	bootstrap_t();
	return tap_done();
}
