/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Statistics of paired replications.
 *
 * The unit of inference is the replication: one number per replication and
 * design, never the samples inside a run (they are autocorrelated).  Intervals
 * are Student's, tests are t tests on the paired differences.  Two designs are
 * compared by x_i = ln(b_i / a_i), or by x_i = b_i - a_i where a value may be
 * 0 or the margin is a quantity.
 *
 * Left out: rank tests, outlier removal.
 * Follows Law, "Simulation Modeling and Analysis", chapters 9 to 11; two
 * one-sided tests after Schuirmann (1987); Holm (1979).
 *
 * Invariants: NAN in either series drops the pair; fewer than two pairs have
 * no interval (half width NAN); equal series give an effect of exactly 0.
 */
#ifndef ANALYSIS_STAT_TESTS_H
#define ANALYSIS_STAT_TESTS_H

#define FEWEST_PAIRS	5	/* fewer decide nothing */

struct summary {
	int n;			/* values that are not NAN */
	double mean, sd;	/* NAN if n == 0, n < 2 */
	double half;		/* half width of the two-sided 95% interval */
};

enum effect_form { EFFECT_LN_RATIO, EFFECT_DIFFERENCE };

struct paired {
	enum effect_form form;
	int n;			/* complete pairs */
	double mean_a, mean_b;	/* over the complete pairs */
	double mean, sd;	/* of x_i */
	double correlation;	/* of a_i and b_i; NAN if one does not vary */
	double variance_ratio;	/* var(b - a) / (var a + var b); NAN likewise */
	int identical;		/* a_i == b_i in every pair */
};

/* Two-sided critical value: P(|T| <= t) = level with @df degrees of freedom. */
double student_critical(double level, int df);
struct summary summarize(const double *x, int n);

/*
 * @force_difference: use b - a even where all values are positive.
 */
struct paired paired_compare(const double *a, const double *b, int n,
			     int force_difference);
/*
 * Ratios of totals: the mean of @top over that of @bottom, of a and of b, as a
 * pair of means would be: x is the jackknife's estimate, sd that of its pseudo
 * values.  Never the mean of ratios, which a small denominator rules.
 */
struct paired paired_ratios(const double *top_a, const double *bottom_a, const double *top_b,
			    const double *bottom_b, int n, int force_difference);
/*
 * Bootstrap-t interval at 95% of the mean of x_i (fixed generator), for skewed
 * replications; NAN, NAN if it cannot be had.
 */
void paired_bootstrap_t(const double *a, const double *b, int n, enum effect_form form,
			double *lo, double *hi);
/* Interval of the mean of x_i at @level; NAN, NAN if fewer than two pairs. */
void paired_interval(const struct paired *p, double level, double *lo, double *hi);
/* P(T <= t) of the hypothesis that the mean of x_i is @at; 0, 1/2 or 1 if sd = 0. */
double paired_lower_p(const struct paired *p, double at);
/* Two-sided p value of the hypothesis that the mean of x_i is @at. */
double paired_two_sided_p(const struct paired *p, double at);
/* p value of "not equivalent": the larger of the two one-sided tests. */
double paired_equivalence_p(const struct paired *p, double lo, double hi);
/* 0 lies in the 95% interval (or there is none): a report prints "~". */
int paired_not_significant(const struct paired *p);
/* Replications that would put @at outside an interval at @level. */
int paired_needed(const struct paired *p, double at, double level);

/* Clopper and Pearson's 95% interval of the share @k of @n. */
void binomial_interval(int k, int n, double *lo, double *hi);

/* Holm's adjusted p values, in the order of @p.  NAN stays NAN, uncounted. */
void holm_adjust(const double *p, int n, double *adjusted);

#endif
