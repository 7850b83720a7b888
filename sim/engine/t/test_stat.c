/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tallies, step functions and histograms: exactness where floating point
 * would lose it, the error bound of bins, the packed form and its refusals.
 */
#include "sim/base/tap.h"
#include "sim/engine/rng.h"
#include "sim/engine/stat.h"

static void test_tally(void)
{
	struct tally t;
	int64_t i;

	tally_reset(&t);
	ok(isnan(tally_mean(&t)) && isnan(tally_variance(&t)), "an empty tally has no mean");
	tally_add(&t, -5);
	is_near(tally_mean(&t), -5.0, 0.0, "the mean of one");
	ok(isnan(tally_variance(&t)), "has no variance");
	tally_reset(&t);
	/* A mean of 10^12 and a variance of about 1: doubles would see noise. */
	for (i = 0; i < 1000000; i++)
		tally_add(&t, SEC(1) + (i % 2 ? 1 : -1));
	is_int(t.n, 1000000, "n");
	is_int(t.min, SEC(1) - 1, "min");
	is_int(t.max, SEC(1) + 1, "max");
	is_near(tally_mean(&t), 1e12, 0.0, "the mean is exact");
	is_near(tally_variance(&t), 1e6 / (1e6 - 1), 1e-12, "the variance is exact");
	tally_reset(&t);
	for (i = 1; i <= 10; i++)
		tally_add(&t, i % 2 ? i : -i);
	is_int(t.sum, -5, "sum with signs");
	is_int(t.sumsq, 385, "sum of squares");
	is_near(tally_variance(&t), (385.0 - 2.5) / 9.0, 1e-12, "variance with signs");
}

static void test_time_weighted(void)
{
	struct time_weighted w;

	tw_start(&w, 100, 2);
	ok(isnan(tw_mean(&w, 100)), "no mean over no time");
	tw_set(&w, 110, 5);
	tw_set(&w, 110, 7);	/* no time passes: no area, but a maximum */
	tw_set(&w, 130, 0);
	is_near(tw_area(&w, 200), 2 * 10 + 7 * 20, 0.0, "area under the steps");
	is_near(tw_mean(&w, 200), 1.6, 1e-15, "divided by the time");
	is_int(w.max, 7, "maximum");
	tw_start(&w, 0, 3);
	tw_set(&w, SEC(1000000), 1000000000);
	is_near(tw_area(&w, SEC(2000000)), 1e18 * 1000000003.0, 1e12, "no overflow");
}

static void test_bins(uint64_t seed)
{
	unsigned int i, wrong = 0;
	double worst = 0.0;
	struct rng r;

	for (i = 0; i < HIST_BINS; i++) {
		uint64_t low = histogram_low(i);

		wrong += histogram_index(low) != i || histogram_index(histogram_mid(i)) != i;
		if (i)
			wrong += histogram_index(low - 1) != i - 1;
	}
	is_int(wrong, 0, "bins lie side by side from 0 to 2^64 - 1");
	is_int(histogram_index(UINT64_MAX), HIST_BINS - 1, "the last value is in the last bin");
	rng_seed(&r, seed, 1, "test_stat", "values");
	for (i = 0; i < 200000; i++) {
		uint64_t v = (rng_u64(&r) | 1) >> rng_below(&r, 64);
		double mid = (double)histogram_mid(histogram_index(v));

		worst = fmax(worst, v ? fabs(mid - (double)v) / (double)v : mid);
	}
	ok(worst <= 1.0 / 128, "a midpoint is within 1/128 of every value of its bin");
	ok(worst > 1.0 / 150, "and the bound is met");
}

static void test_quantile(void)
{
	static uint32_t bin[HIST_BINS];
	struct histogram h = { 0, bin };
	int64_t i;

	for (i = 1; i <= 1000; i++)
		histogram_add(&h, i * 1000);
	is_int(h.n, 1000, "a thousand samples");
	is_near((double)histogram_quantile(&h, 0.5), 500e3, 500e3 / 128, "median");
	is_near((double)histogram_quantile(&h, 0.99), 990e3, 990e3 / 128, "99%");
	is_near((double)histogram_quantile(&h, 0.0), 1000, 8, "0% is the least");
	is_near((double)histogram_quantile(&h, 1.0), 1e6, 1e6 / 128, "100% is the greatest");
	memset(bin, 0, sizeof(bin));
	h.n = 0;
	histogram_add(&h, 3);
	histogram_add(&h, 5);
	is_int(histogram_quantile(&h, 0.5), 3, "rank of one half of two is the first");
	is_int(histogram_quantile(&h, 0.51), 5, "a little more is the second");
	histogram_add(&h, -7);
	is_int(bin[0], 1, "negative values count as 0");
}

static void test_pack(uint64_t seed)
{
	static uint32_t a_bin[HIST_BINS], b_bin[HIST_BINS];
	struct histogram a = { 0, a_bin }, b = { 0, b_bin };
	struct strbuf packed;
	struct rng r;
	int i;

	rng_seed(&r, seed, 1, "test_stat", "packed");
	sb_init(&packed);
	histogram_encode(&a, &packed);
	is_int(packed.len, 0, "an empty histogram packs to nothing");
	for (i = 0; i < 5000; i++)
		histogram_add(&a, (int64_t)(rng_u64(&r) >> (1 + rng_below(&r, 63))));
	a.bin[HIST_BINS - 1] += UINT32_MAX;
	a.n += UINT32_MAX;
	histogram_encode(&a, &packed);
	is_int(histogram_decode(&b, (unsigned char *)packed.s, packed.len), 0, "decode");
	ok(b.n == a.n && !memcmp(a_bin, b_bin, sizeof(a_bin)), "gives the same bins");
	histogram_add(&b, 100);
	sb_reset(&packed);
	histogram_encode(&b, &packed);
	memset(b_bin, 0, sizeof(b_bin));
	b.n = 0;
	b.bin[5] = 2;
	is_int(histogram_decode(&b, (unsigned char *)packed.s, packed.len), 0, "decode");
	is_int(b.bin[5], (int64_t)a.bin[5] + 2, "adds to what is there");
	sb_free(&packed);
}

static void test_malformed(void)
{
	static const struct {
		const char *bytes;
		size_t n;
		const char *what;
	} bad[] = {
		{ "\x01", 1, "an index without its count" },
		{ "\x81", 1, "a number cut off" },
		{ "\x01\x80", 2, "a count cut off" },
		{ "\x01\x00", 2, "a count of 0" },
		{ "\x01\x01\x00\x01", 4, "one bin twice" },
		{ "\xc0\x1d\x01", 3, "a bin beyond the last" },
		{ "\x01\xff\xff\xff\xff\x1f", 6, "a count beyond 32 bits" },
		{ "\x01\x80\x80\x80\x80\x80\x01", 7, "a number of too many bytes" },
		{ "\x01\x01\x02", 3, "a good pair before a bad one" },
	};
	static uint32_t bin[HIST_BINS];
	struct histogram h = { 0, bin };
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		is_int(histogram_decode(&h, (const unsigned char *)bad[i].bytes, bad[i].n), -1,
		       bad[i].what);
	is_int(h.n, 0, "and nothing was added");
	is_int(histogram_decode(&h, (const unsigned char *)"\xbf\x1d\x01", 3), 0, "the last bin is legal");
	is_int(bin[HIST_BINS - 1], 1, "and counted");
}

int main(void)
{
	uint64_t seed = tap_seed(6);

	test_tally();
	test_time_weighted();
	test_bins(seed);
	test_quantile();
	test_pack(seed);
	test_malformed();
	return tap_done();
}
