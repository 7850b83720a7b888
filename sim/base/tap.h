/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Test macros, TAP on stdout.  Each prints both values on failure.  A test
 * program ends with "return tap_done();" (plan line, exit 1 on failure) and
 * prints its seed by tap_seed(), which honours SEED= from the environment.
 */
#ifndef SIM_BASE_TAP_H
#define SIM_BASE_TAP_H

#include <inttypes.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int tap_count, tap_failed;

static inline int tap_ok_at(const char *file, int line, int ok, const char *what)
{
	tap_count++;
	printf("%sok %d - %s\n", ok ? "" : "not ", tap_count, what);
	if (!ok) {
		tap_failed++;
		printf("#   at %s:%d\n", file, line);
	}
	fflush(stdout);
	return ok;
}

#define ok(c, what) tap_ok_at(__FILE__, __LINE__, !!(c), what)

#define is_int(got, want, what) do { \
	int64_t g_ = (int64_t)(got), w_ = (int64_t)(want); \
	if (!tap_ok_at(__FILE__, __LINE__, g_ == w_, what)) \
		printf("#   got  %" PRId64 "\n#   want %" PRId64 "\n", g_, w_); \
} while (0)

#define is_str(got, want, what) do { \
	const char *g_ = (got), *w_ = (want); \
	if (!tap_ok_at(__FILE__, __LINE__, g_ && w_ && !strcmp(g_, w_), what)) \
		printf("#   got  '%s'\n#   want '%s'\n", g_ ? g_ : "(null)", w_ ? w_ : "(null)"); \
} while (0)

#define is_near(got, want, tolerance, what) do { \
	double g_ = (got), w_ = (want), t_ = (tolerance); \
	if (!tap_ok_at(__FILE__, __LINE__, fabs(g_ - w_) <= t_, what)) \
		printf("#   got  %.9g\n#   want %.9g +- %.3g\n", g_, w_, t_); \
} while (0)

static inline uint64_t tap_seed(uint64_t def)
{
	const char *e = getenv("SEED");
	uint64_t s = e ? strtoull(e, NULL, 0) : def;

	printf("# seed %" PRIu64 "\n", s);
	return s;
}

static inline int tap_done(void)
{
	printf("1..%d\n", tap_count);
	return tap_failed != 0;
}

#endif
