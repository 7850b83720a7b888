/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Distributions of durations: text form, mean, variates.
 *
 * A variate takes a fixed number of draws where the law allows it (lognormal:
 * one, by inversion), so that the n-th work item of two designs meets the same
 * words.  Exponential stages come from the ziggurat.  The lognormal alone uses
 * log and exp of libm; its value is rounded to ps at once and decides nothing.
 */
#include "sim/engine/dist.h"

#include <gsl/gsl_cdf.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define DIST_MAX_ARGUMENTS	4
#define DIST_MAX_TEXT		160
#define DIST_MAX_STAGES		1000

static const char *const dist_name[] = {
	[DIST_CONST] = "const", [DIST_EXP] = "exp", [DIST_UNIFORM] = "uniform",
	[DIST_ERLANG] = "erlang", [DIST_LOGNORMAL] = "lognormal",
	[DIST_HYPER] = "hyper",
};

struct arguments {
	char text[DIST_MAX_TEXT];
	char *v[DIST_MAX_ARGUMENTS];
	int n;
};

static int fail(const char **why, const char *text)
{
	*why = text;
	return -1;
}

static int is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* "20 cycles" is one argument: give the blank in front of the word back. */
static void join_cycles(struct arguments *a)
{
	char *end;

	if (a->n < 2 || strcmp(a->v[a->n - 1], "cycles"))
		return;
	a->n--;
	for (end = a->v[a->n - 1] + strlen(a->v[a->n - 1]); end < a->v[a->n]; end++)
		*end = ' ';
}

/* Split what stands between the parentheses at blanks. */
static int split(const char *begin, const char *end, struct arguments *a,
		 const char **why)
{
	size_t n = (size_t)(end - begin);
	char *p = a->text;

	a->n = 0;
	if (n >= sizeof(a->text))
		return fail(why, "the text of a distribution is too long");
	memcpy(a->text, begin, n);
	a->text[n] = '\0';
	while (*p) {
		if (is_blank(*p)) {
			*p++ = '\0';
			continue;
		}
		if (a->n == DIST_MAX_ARGUMENTS)
			return fail(why, "too many arguments of a distribution");
		a->v[a->n++] = p;
		while (*p && !is_blank(*p))
			p++;
		if (*p)
			*p++ = '\0';
		join_cycles(a);
	}
	return 0;
}

static int time_argument(const char *s, int64_t hz, sim_time *t, const char **why)
{
	if (parse_time(s, hz, t, why))
		return -1;
	return *t < 0 ? fail(why, "a duration must not be negative") : 0;
}

/* A plain decimal such as 1.5, in parts per million. */
static int decimal_argument(const char *s, int64_t *ppm, const char **why)
{
	int64_t value = 0;
	int digits = 0, places = -1;

	for (; *s; s++) {
		if (*s == '.' && places < 0) {
			places = 0;
			continue;
		}
		if (*s < '0' || *s > '9' || places == 6 || value > INT64_MAX / 10000000)
			return fail(why, "a number like 1.5 with at most 6 decimals is wanted");
		value = value * 10 + (*s - '0');
		digits++;
		places += places >= 0;
	}
	if (!digits || !places)
		return fail(why, "a number like 1.5 with at most 6 decimals is wanted");
	for (places = places < 0 ? 0 : places; places < 6; places++)
		value *= 10;
	if (value > 1000 * (int64_t)PPM_ONE)
		return fail(why, "a coefficient of variation above 1000 is out of range");
	*ppm = value;
	return 0;
}

static int parse_erlang(const struct arguments *a, int64_t hz, struct dist *d,
			const char **why)
{
	if (a->n != 2)
		return fail(why, "erlang takes stages and a total mean: erlang(4 10us)");
	if (parse_int(a->v[0], &d->k, why))
		return -1;
	if (d->k < 1 || d->k > DIST_MAX_STAGES)
		return fail(why, "the stages of erlang must be 1 to 1000");
	return time_argument(a->v[1], hz, &d->b, why);
}

static int parse_lognormal(const struct arguments *a, int64_t hz, struct dist *d,
			   const char **why)
{
	if (a->n != 4 || strcmp(a->v[0], "mean") || strcmp(a->v[2], "cv"))
		return fail(why, "lognormal is written lognormal(mean 5us cv 1.5)");
	if (time_argument(a->v[1], hz, &d->a, why))
		return -1;
	return decimal_argument(a->v[3], &d->ppm, why);
}

static int parse_hyper(const struct arguments *a, int64_t hz, struct dist *d,
		       const char **why)
{
	if (a->n != 3)
		return fail(why, "hyper takes a share and two means: hyper(90% 500ns 5us)");
	if (parse_percent(a->v[0], &d->ppm, why))
		return -1;
	if (d->ppm < 0 || d->ppm > PPM_ONE)
		return fail(why, "the share of hyper must be 0% to 100%");
	if (time_argument(a->v[1], hz, &d->a, why))
		return -1;
	return time_argument(a->v[2], hz, &d->b, why);
}

static int parse_arguments(const struct arguments *a, int64_t hz, struct dist *d,
			   const char **why)
{
	switch (d->kind) {
	case DIST_CONST:
	case DIST_EXP:
		if (a->n != 1)
			return fail(why, "one duration is wanted between the parentheses");
		return time_argument(a->v[0], hz, &d->a, why);
	case DIST_UNIFORM:
		if (a->n != 2)
			return fail(why, "uniform takes two durations: uniform(1us 3us)");
		if (time_argument(a->v[0], hz, &d->a, why) ||
		    time_argument(a->v[1], hz, &d->b, why))
			return -1;
		return d->a > d->b ? fail(why, "the bounds of uniform are in the wrong order") : 0;
	case DIST_ERLANG:
		return parse_erlang(a, hz, d, why);
	case DIST_LOGNORMAL:
		return parse_lognormal(a, hz, d, why);
	case DIST_HYPER:
		return parse_hyper(a, hz, d, why);
	}
	return fail(why, "unknown distribution");
}

int dist_parse(const char *text, int64_t hz, struct dist *d, const char **why)
{
	const char *open = strchr(text, '('), *end = text + strlen(text);
	struct dist parsed = { .kind = DIST_CONST };
	struct arguments a;
	size_t i, n = sizeof(dist_name) / sizeof(*dist_name);

	if (!open) {
		if (time_argument(text, hz, &parsed.a, why))
			return -1;
		*d = parsed;
		return 0;
	}
	for (i = 0; i < n; i++)
		if (strlen(dist_name[i]) == (size_t)(open - text) &&
		    !strncmp(dist_name[i], text, (size_t)(open - text)))
			break;
	if (i == n)
		return fail(why, "unknown distribution; there are const, exp, uniform, "
			    "erlang, lognormal and hyper");
	if (end[-1] != ')')
		return fail(why, "a distribution ends with ')'");
	parsed.kind = (enum dist_kind)i;
	if (split(open + 1, end - 1, &a, why) || parse_arguments(&a, hz, &parsed, why))
		return -1;
	*d = parsed;
	return 0;
}

char *dist_format(char *buf, const struct dist *d)
{
	char a[48], b[48], share[48];

	format_time(a, d->a);
	format_time(b, d->b);
	switch (d->kind) {
	case DIST_CONST:
		snprintf(buf, DIST_MAX_TEXT, "%s", a);
		break;
	case DIST_EXP:
		snprintf(buf, DIST_MAX_TEXT, "exp(%s)", a);
		break;
	case DIST_UNIFORM:
		snprintf(buf, DIST_MAX_TEXT, "uniform(%s %s)", a, b);
		break;
	case DIST_ERLANG:
		snprintf(buf, DIST_MAX_TEXT, "erlang(%" PRId64 " %s)", d->k, b);
		break;
	case DIST_LOGNORMAL:
		snprintf(buf, DIST_MAX_TEXT, "lognormal(mean %s cv %" PRId64 ".%06" PRId64 ")",
			 a, d->ppm / PPM_ONE, d->ppm % PPM_ONE);
		break;
	case DIST_HYPER:
		snprintf(buf, DIST_MAX_TEXT, "hyper(%s %s %s)",
			 format_percent(share, d->ppm), a, b);
		break;
	}
	return buf;
}

sim_time dist_mean(const struct dist *d)
{
	switch (d->kind) {
	case DIST_UNIFORM:
		return d->a + (d->b - d->a) / 2;
	case DIST_ERLANG:
		return d->b;
	case DIST_HYPER:
		return (sim_time)(((__int128)d->a * d->ppm +
				   (__int128)d->b * (PPM_ONE - d->ppm)) / PPM_ONE);
	case DIST_CONST:
	case DIST_EXP:
	case DIST_LOGNORMAL:
		break;
	}
	return d->a;
}

struct dist dist_with_mean(const struct dist *d, sim_time mean)
{
	sim_time was = dist_mean(d);
	struct dist out = *d;

	out.a = (sim_time)((__int128)d->a * mean / was);
	out.b = (sim_time)((__int128)d->b * mean / was);
	return out;
}

static sim_time round_to_ps(double t)
{
	return t < 0x1p62 ? (sim_time)(t + 0.5) : (sim_time)1 << 62;
}

static sim_time draw_erlang(const struct dist *d, struct rng *r)
{
	double sum = 0.0;
	int64_t i;

	for (i = 0; i < d->k; i++)
		sum += rng_exp1(r);
	return round_to_ps(sum * ((double)d->b / (double)d->k));
}

/* mean m and coefficient of variation c: sigma^2 = ln(1 + c^2), mu = ln m - sigma^2 / 2. */
static sim_time draw_lognormal(const struct dist *d, struct rng *r)
{
	double cv = (double)d->ppm / PPM_ONE, variance = log1p(cv * cv);
	double normal = gsl_cdf_ugaussian_Pinv(((double)(rng_u64(r) >> 12) + 0.5) * 0x1p-52);

	return round_to_ps((double)d->a * exp(sqrt(variance) * normal - variance / 2));
}

sim_time dist_draw(const struct dist *d, struct rng *r)
{
	switch (d->kind) {
	case DIST_CONST:
		break;
	case DIST_EXP:
		return rng_exp(r, d->a);
	case DIST_UNIFORM:
		return d->a + (sim_time)rng_below(r, (uint64_t)(d->b - d->a) + 1);
	case DIST_ERLANG:
		return draw_erlang(d, r);
	case DIST_LOGNORMAL:
		return draw_lognormal(d, r);
	case DIST_HYPER:
		return rng_exp(r, rng_below(r, PPM_ONE) < (uint64_t)d->ppm ? d->a : d->b);
	}
	return d->a;
}
