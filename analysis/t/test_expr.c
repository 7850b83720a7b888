/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Arithmetic of claims, and histograms against their definition. */
#include "analysis/expr.h"
#include "analysis/histogram.h"
#include "sim/base/tap.h"

static double lookup(void *arg, const char *name)
{
	(void)arg;
	return !strcmp(name, "N") ? 506 : !strcmp(name, "B") ? 64 :
	       !strcmp(name, "vcpu.count") ? 4 : NAN;
}

static const struct expr_names names = { lookup, NULL };

static void gives(const char *text, double wanted)
{
	char why[100];

	is_near(expr_value(text, &names, why, sizeof(why)), wanted, 1e-12, text);
}

static void fails(const char *text, const char *wanted)
{
	char why[100];

	ok(isnan(expr_value(text, &names, why, sizeof(why))), text);
	is_str(why, wanted, "and says why");
}

static void histograms(void)
{
	/* 3 of value 5; 1 in [128, 130): bin 128; 1 in [1 << 20, ...): bin 64 * 15. */
	static const unsigned char bytes[] = { 5, 3, 123, 1, 0xc0, 0x06, 1 };
	struct arena arena;
	struct bins *b;

	arena_init(&arena, 1 << 20);
	b = bins_new(&arena);
	is_int(bins_add(b, bytes, sizeof(bytes)), 0, "three pairs");
	is_int((int64_t)b->n, 5, "five samples");
	is_near(bins_quantile(b, 0.5), 5, 0, "median: the third");
	is_near(bins_quantile(b, 0.8), 128.5, 0, "bins of width 2 from 128 on");
	is_near(bins_quantile(b, 1), 1048576 + (16384 - 1) / 2.0, 0, "width 2^14 from 2^20 on");
	is_near(bins_quantile(b, 0), 5, 0, "smallest");
	is_int(bins_add(b, bytes, 1), -1, "a pair cut off");
	is_int(bins_add(b, (const unsigned char *)"\x80\x80", 2), -1, "a number cut off");
	is_int(bins_add(b, (const unsigned char *)"\xff\xff\x03\x01", 4), -1, "beyond the last bin");
	bins_clear(b);
	ok(isnan(bins_quantile(b, 0.5)), "empty: no quantile");
	is_near(bins_unit("ns"), 1e-3, 0, "ps to ns");
	is_near(quantile_share(999), 0.999, 1e-15, "p999");
	arena_free(&arena);
}

int main(void)
{
	char deep[200];

	tap_seed(0);
	gives("ceil(N/B)", 8);
	gives("floor(N/B)", 7);
	gives("1 + 2*3 - 4/2", 5);
	gives("(1 + 2) * 3", 9);
	gives("-N + 506", 0);
	gives("max(1, N/B, 3)", 506.0 / 64);
	gives("min(4 N)", 4);
	gives("2 * vcpu.count", 8);
	gives("1e3 / .5", 2000);
	fails("ceil(N/M)", "no value for M");
	fails("N / (B - 64)", "division by 0");
	fails("ceil(N/B", "missing )");
	fails("log(N)", "unknown function log");
	fails("N B", "unexpected B");
	fails("", "unexpected end");
	fails("3 +", "unexpected end");
	fails("ceil()", "no argument of ceil");
	memset(deep, '(', sizeof(deep) - 1);
	deep[sizeof(deep) - 1] = '\0';
	fails(deep, "too deeply nested");
	histograms();
	return tap_done();
}
