/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Distributions: text to struct and back, what is refused, and the first two
 * moments of the variates (bounds: 4.5 standard errors).
 */
#include "sim/base/tap.h"
#include "sim/engine/dist.h"

#define SAMPLES	200000

static void test_forms(void)
{
	static const char *const form[][2] = {	/* text, canonical text */
		{ "250ns", "250ns" }, { "const(250ns)", "250ns" }, { "0ns", NULL },
		{ "exp(20us)", "exp(20us)" }, { "exp( 20us )", "exp(20us)" },
		{ "uniform(1us 3us)", "uniform(1us 3us)" },
		{ "uniform(1us	3us)", "uniform(1us 3us)" },
		{ "erlang(4 10us)", "erlang(4 10us)" },
		{ "lognormal(mean 5us cv 1.5)", "lognormal(mean 5us cv 1.500000)" },
		{ "lognormal(mean 5us cv 2)", "lognormal(mean 5us cv 2.000000)" },
		{ "hyper(90% 500ns 5us)", "hyper(90% 500ns 5us)" },
		{ "20 cycles", "10ns" }, { "exp(20 cycles)", "exp(10ns)" },
		{ "uniform(2 cycles 40 cycles)", "uniform(1ns 20ns)" },
		{ "hyper(10% 4 cycles 1us)", "hyper(10% 2ns 1us)" },
	};
	size_t i;

	for (i = 0; i < sizeof(form) / sizeof(*form); i++) {
		struct dist d, back;
		const char *why = NULL;
		char text[160];

		memset(&d, 0xff, sizeof(d));
		if (dist_parse(form[i][0], 2000000000, &d, &why)) {
			ok(0, form[i][0]);
			printf("#   %s\n", why);
			continue;
		}
		dist_format(text, &d);
		if (form[i][1])
			is_str(text, form[i][1], form[i][0]);
		ok(!dist_parse(text, 0, &back, &why) && back.kind == d.kind && back.a == d.a &&
		   back.b == d.b && back.k == d.k && back.ppm == d.ppm, "and back");
	}
}

static void test_refused(void)
{
	static const char *const bad[] = {
		"", "250", "exp", "exp(", "exp()", "exp(20)", "exp(20us", "exp(20us) ",
		"exp(20us 30us)", "uniform(1us)", "uniform(3us 1us)", "uniform(1us,3us)",
		"erlang(10us)", "erlang(0 10us)", "erlang(1.5 10us)", "erlang(1001 10us)",
		"lognormal(5us 1.5)", "lognormal(mean 5us cv)", "lognormal(mean 5us cv -1)",
		"lognormal(mean 5us cv 1.1234567)", "lognormal(mean 5us cv .)",
		"hyper(90% 500ns)", "hyper(101% 500ns 5us)", "hyper(0.9 500ns 5us)",
		"gamma(3us)", "exponential(3us)", "(3us)", "-5ns", "exp(-5ns)",
		"exp(20 cycles)", "exp(cycles)", "exp(1us 2us 3us 4us 5us 6us)",
	};
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct dist d = { .kind = DIST_HYPER, .a = 77 };
		const char *why = NULL;
		char what[96];

		snprintf(what, sizeof(what), "refused with a reason: '%s'", bad[i]);
		ok(dist_parse(bad[i], 0, &d, &why) == -1 && why && *why && d.a == 77, what);
	}
}

static void test_moments(uint64_t seed, const char *text, double mean, double deviation)
{
	double sum = 0.0, squares = 0.0, m, variance, kurtosis_bound = 60.0;
	struct dist d = { .kind = DIST_CONST };
	const char *why;
	struct rng r;
	char what[96];
	int i;

	ok(!dist_parse(text, 0, &d, &why), text);
	is_near((double)dist_mean(&d), mean, 0.5, "its mean by formula");
	rng_seed(&r, seed, 1, "test_dist", text);
	for (i = 0; i < SAMPLES; i++) {
		double x = (double)dist_draw(&d, &r);

		sum += x;
		squares += (x - mean) * (x - mean);
	}
	m = sum / SAMPLES;
	variance = squares / SAMPLES;
	snprintf(what, sizeof(what), "%s: mean of the variates", text);
	is_near(m, mean, 4.5 * deviation / sqrt(SAMPLES) + 0.5, what);
	snprintf(what, sizeof(what), "%s: variance of the variates", text);
	is_near(variance, deviation * deviation,
		deviation * deviation * 4.5 * sqrt(kurtosis_bound / SAMPLES) + 1.0, what);
}

static void test_draws_per_variate(uint64_t seed)
{
	static const char *const fixed[] = { "uniform(1us 3us)", "lognormal(mean 5us cv 1.5)" };
	struct dist d;
	const char *why;
	struct rng r;
	int i, k;

	for (i = 0; i < 2; i++) {
		rng_seed(&r, seed, 1, "test_dist", "draws");
		dist_parse(fixed[i], 0, &d, &why);
		for (k = 0; k < 1000; k++)
			dist_draw(&d, &r);
		is_int(r.draws, 1000, fixed[i]);
	}
	dist_parse("7ns", 0, &d, &why);
	is_int(dist_draw(&d, &r), 7000, "a constant");
	is_int(r.draws, 1000, "takes no draw");
}

static void test_bounds(uint64_t seed)
{
	struct dist d = { .kind = DIST_UNIFORM, .a = 5, .b = 8 };
	int seen[4] = { 0 }, outside = 0, i;
	struct rng r;

	rng_seed(&r, seed, 1, "test_dist", "bounds");
	for (i = 0; i < 1000; i++) {
		sim_time t = dist_draw(&d, &r);

		outside += t < 5 || t > 8;
		seen[t & 3]++;
	}
	is_int(outside, 0, "uniform keeps its bounds");
	ok(seen[0] && seen[1] && seen[2] && seen[3], "and reaches both");
}

int main(void)
{
	uint64_t seed = tap_seed(5);

	test_forms();
	test_refused();
	test_moments(seed, "const(3us)", 3e6, 0.0);
	test_moments(seed, "exp(20us)", 20e6, 20e6);
	test_moments(seed, "uniform(1us 3us)", 2e6, 2e6 / sqrt(12.0));
	test_moments(seed, "erlang(4 10us)", 10e6, 5e6);
	test_moments(seed, "lognormal(mean 5us cv 0.5)", 5e6, 2.5e6);
	test_moments(seed, "hyper(90% 500ns 5us)", 0.95e6,
		     sqrt(2 * (0.9 * 0.25 + 0.1 * 25.0) - 0.95 * 0.95) * 1e6);
	test_draws_per_variate(seed);
	test_bounds(seed);
	return tap_done();
}
