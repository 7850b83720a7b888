/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Random streams: published known answers, independence of names, and the
 * ziggurat against the exponential law.  The bounds of the statistical checks
 * are exceeded by a right generator once in about 10^5 seeds.
 */
#include "sim/base/tap.h"
#include "sim/engine/rng.h"

#define SAMPLES		1000000
#define ZIGGURAT_R	7.69711747013105

/* Reference outputs of the authors' C code for the state 1, 2, 3, 4. */
static void test_xoshiro(void)
{
	static const uint64_t want[] = {
		41943041u, 58720359u, 3588806011781223u, 3591011842654386u,
		9228616714210784205u, 9973669472204895162u, 14011001112246962877u,
		12406186145184390807u, 15849039046786891736u, 10450023813501588000u,
	};
	struct rng r = { { 1, 2, 3, 4 }, 0 };
	int i, wrong = 0;

	for (i = 0; i < 10; i++)
		wrong += rng_u64(&r) != want[i];
	is_int(wrong, 0, "xoshiro256++ gives the published words");
	is_int(r.draws, 10, "and counts them");
}

/* The first words of splitmix64 for the seed 1234567, through the GSL type. */
static void test_splitmix_and_gsl(void)
{
	static const uint64_t want[] = {
		6457827717110365317u, 3203168211198807973u, 9817491932198370423u,
		4593380528125082431u,
	};
	gsl_rng *g = gsl_rng_alloc(rng_gsl_type);
	struct rng same;
	int i, wrong = 0;

	gsl_rng_set(g, 1234567);
	memcpy(&same, gsl_rng_state(g), sizeof(same));
	for (i = 0; i < 4; i++)
		wrong += same.s[i] != want[i];
	is_int(wrong, 0, "seeds go through splitmix64");
	for (wrong = 0, i = 0; i < 1000; i++)
		wrong += gsl_rng_get(g) != rng_u64(&same);
	is_int(wrong, 0, "a gsl_rng of our type gives the same words");
	for (wrong = 0, i = 0; i < 1000; i++)
		wrong += gsl_rng_uniform(g) != rng_double(&same);
	is_int(wrong, 0, "and the same doubles");
	ok(gsl_rng_max(g) == UINT64_MAX && gsl_rng_min(g) == 0, "with the whole range");
	gsl_rng_free(g);
}

/* The known answers of Random123 for philox4x32-10. */
static void test_philox(void)
{
	ok(rng_keyed(0, 0, 0) == UINT64_C(0xe169c58d6627e8d5), "philox, zeros");
	ok(rng_keyed(UINT64_MAX, UINT64_MAX, UINT64_MAX) == UINT64_C(0x41c83b0e408f276d),
	   "philox, ones");
	ok(rng_keyed(UINT64_C(0x299f31d0a4093822), UINT64_C(0x0370734413198a2e),
		     UINT64_C(0x85a308d3243f6a88)) == UINT64_C(0x94fdccebd16cfe09),
	   "philox, digits of pi");
}

static double correlation(struct rng *a, struct rng *b)
{
	double sum = 0.0;
	int i;

	for (i = 0; i < 100000; i++)
		sum += (rng_double(a) - 0.5) * (rng_double(b) - 0.5);
	return sum / 100000 * 12.0;
}

static void test_names(uint64_t seed)
{
	static const char *const name[][2] = {
		{ "vcpu.0", "think" }, { "vcpu.1", "think" }, { "vcpu.0", "page" },
		{ "vcpu.", "0think" }, { "think", "vcpu.0" },
	};
	struct rng r[7], again;
	int i, k, equal = 0;
	double worst = 0.0;

	for (i = 0; i < 5; i++)
		rng_seed(&r[i], seed, 1, name[i][0], name[i][1]);
	rng_seed(&r[5], seed, 2, "vcpu.0", "think");
	rng_seed(&r[6], seed + 1, 1, "vcpu.0", "think");
	rng_seed(&again, seed, 1, "vcpu.0", "think");
	ok(!memcmp(&again, &r[0], sizeof(again)), "a stream is a function of its names");
	for (i = 0; i < 7; i++)
		for (k = 0; k < i; k++) {
			struct rng a = r[i], b = r[k];
			double c = fabs(correlation(&a, &b));

			equal += !memcmp(&r[i], &r[k], sizeof(r[i]));
			worst = c > worst ? c : worst;
		}
	is_int(equal, 0, "seed, replication, entity and purpose all make another stream");
	is_near(worst, 0.0, 4.9 / sqrt(100000.0), "which is not correlated");
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Kolmogorov's distance times sqrt(n); above 2.47 once in 10^5. */
static double kolmogorov(double *x, int n)
{
	double d = 0.0;
	int i;

	qsort(x, (size_t)n, sizeof(*x), by_value);
	for (i = 0; i < n; i++) {
		double f = -expm1(-x[i]);

		d = fmax(d, fmax(f - (double)i / n, (double)(i + 1) / n - f));
	}
	return d * sqrt((double)n);
}

static void test_ziggurat(uint64_t seed)
{
	double *x = malloc(SAMPLES * sizeof(*x)), *tail = malloc(SAMPLES * sizeof(*x));
	double sum = 0.0, squares = 0.0;
	struct rng r;
	int i, n_tail = 0;

	rng_seed(&r, seed, 1, "test_rng", "ziggurat");
	for (i = 0; i < SAMPLES; i++) {
		x[i] = rng_exp1(&r);
		sum += x[i];
		squares += x[i] * x[i];
	}
	is_near(sum / SAMPLES, 1.0, 4.5 / sqrt(SAMPLES), "mean 1");
	is_near(squares / SAMPLES, 2.0, 4.5 * sqrt(20.0 / SAMPLES), "second moment 2");
	is_near((double)r.draws / SAMPLES, 1.034, 0.002, "1.034 words per variate");
	is_near(kolmogorov(x, SAMPLES), 0.0, 2.47, "the law is 1 - exp(-x)");
	/* The tail beyond the last edge has code of its own: 250 times as many. */
	while (n_tail < 50000) {
		double v = rng_exp1(&r);

		if (v > ZIGGURAT_R)
			tail[n_tail++] = v - ZIGGURAT_R;
	}
	is_near((double)n_tail / ((double)r.draws / 1.034), exp(-ZIGGURAT_R),
		exp(-ZIGGURAT_R) * 0.03, "the tail has its share");
	is_near(kolmogorov(tail, n_tail), 0.0, 2.47, "and is exponential again");
	free(tail);
	free(x);
}

static void test_integers(uint64_t seed)
{
	uint64_t count[7] = { 0 };
	struct rng r;
	double chi = 0.0;
	int i, outside = 0;

	rng_seed(&r, seed, 1, "test_rng", "below");
	for (i = 0; i < 700000; i++) {
		uint64_t v = rng_below(&r, 7);

		outside += v > 6;
		count[v % 7]++;
	}
	for (i = 0; i < 7; i++)
		chi += ((double)count[i] - 1e5) * ((double)count[i] - 1e5) / 1e5;
	is_int(outside, 0, "rng_below() keeps its bound");
	is_near(chi, 0.0, 33.1, "and is uniform (chi square, 6 degrees, 10^-5)");
	is_int(rng_below(&r, 1), 0, "of one value there is one");
	is_int(rng_exp(&r, 0), 0, "an exponential of mean 0 is 0");
	for (i = 0, outside = 0; i < 1000; i++)
		outside += rng_exp(&r, INT64_MAX) < 0;
	is_int(outside, 0, "one of a huge mean does not wrap around");
}

int main(void)
{
	uint64_t seed = tap_seed(4);

	test_xoshiro();
	test_splitmix_and_gsl();
	test_philox();
	test_names(seed);
	test_ziggurat(seed);
	test_integers(seed);
	return tap_done();
}
