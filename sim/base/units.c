/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Quantities from and to text, exactly: decimal mantissa and power of ten in
 * 128-bit integers, never a double.  A value that is not a whole number of the
 * stored unit (1.5 bytes, 0.3 ps) is refused rather than rounded; only cycles
 * round, to the nearest ps, because a cycle is rarely a whole number of them.
 */
#include "sim/base/units.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

typedef __int128 wide;

struct unit {
	const char *name;
	int64_t scale;		/* in stored units */
};

struct quantity {
	wide mantissa;
	int decimals;		/* value = mantissa / 10^decimals */
	int negative;
	const char *rest;	/* the unit, blanks skipped */
};

#define MAX_DIGITS	31	/* 10^31 < 2^127 */
#define MAX_DECIMALS	15
#define WIDE_MAX	((wide)(~(unsigned __int128)0 >> 1))

static const char not_a_number[] = "is not a number";

static int scan_number(const char *s, struct quantity *q, const char **why)
{
	int digits = 0, seen = 0, point = 0;

	memset(q, 0, sizeof(*q));
	if (*s == '-') {
		q->negative = 1;
		s++;
	}
	for (; (*s >= '0' && *s <= '9') || (*s == '.' && !point); s++) {
		if (*s == '.') {
			point = 1;
			continue;
		}
		seen = 1;
		if (digits || *s != '0')
			digits++;
		if (digits > MAX_DIGITS || q->decimals > MAX_DECIMALS) {
			*why = "has too many digits";
			return -1;
		}
		q->mantissa = q->mantissa * 10 + (*s - '0');
		q->decimals += point;
	}
	if (!seen || (point && !q->decimals)) {
		*why = not_a_number;
		return -1;
	}
	while (*s == ' ')
		s++;
	q->rest = s;
	return 0;
}

static const struct unit *find_unit(const struct unit *u, const char *name)
{
	for (; u->name; u++)
		if (!strcmp(u->name, name))
			return u;
	return NULL;
}

static wide ten_to(int n)
{
	wide v = 1;

	while (n-- > 0)
		v *= 10;
	return v;
}

/* mantissa * scale / 10^decimals into *out, if it is whole and fits. */
static int to_stored(const struct quantity *q, int64_t scale, int64_t *out,
		     const char *finer, const char **why)
{
	wide v, ten = ten_to(q->decimals);

	if (q->mantissa > WIDE_MAX / scale) {
		*why = "is too large";
		return -1;
	}
	v = q->mantissa * scale;
	if (v % ten) {
		*why = finer;
		return -1;
	}
	v /= ten;
	if (v > INT64_MAX) {
		*why = "is too large";
		return -1;
	}
	*out = (int64_t)v;
	return 0;
}

struct grammar {
	const struct unit *units;
	const char *bare, *unknown, *finer;
};

static int parse_quantity(const char *s, const struct grammar *g, int64_t *out,
			  const char **why)
{
	const struct unit *u;
	struct quantity q;

	if (scan_number(s, &q, why))
		return -1;
	if (!*q.rest) {
		*why = g->bare;
		return -1;
	}
	u = find_unit(g->units, q.rest);
	if (!u) {
		*why = g->unknown;
		return -1;
	}
	if (q.negative) {
		*why = "is negative";
		return -1;
	}
	return to_stored(&q, u->scale, out, g->finer, why);
}

static const struct unit time_units[] = {
	{ "s", SEC(1) }, { "ms", MS(1) }, { "us", US(1) }, { "ns", NS(1) },
	{ "ps", PS(1) }, { NULL, 0 },
};

static const struct grammar time_grammar = {
	time_units,
	"has no unit, a time such as 250ns is due",
	"has no unit of time (ps, ns, us, ms, s, cycles)",
	"is not a whole number of picoseconds",
};

static int parse_cycles(const struct quantity *q, int64_t hz, sim_time *out,
			const char **why)
{
	wide den = ten_to(q->decimals) * hz, v;

	if (hz <= 0) {
		*why = "is in cycles, which need machine.clock and are not allowed here";
		return -1;
	}
	if (q->negative) {
		*why = "is negative";
		return -1;
	}
	v = q->mantissa > WIDE_MAX / (2 * SEC(1)) ? WIDE_MAX :
		(q->mantissa * SEC(1) + den / 2) / den;
	if (v > INT64_MAX) {
		*why = "is too large";
		return -1;
	}
	*out = (sim_time)v;
	return 0;
}

int parse_time(const char *s, int64_t hz, sim_time *out, const char **why)
{
	struct quantity q;

	if (scan_number(s, &q, why))
		return -1;
	if (!strcmp(q.rest, "cycles") || !strcmp(q.rest, "cycle"))
		return parse_cycles(&q, hz, out, why);
	return parse_quantity(s, &time_grammar, out, why);
}

static const struct unit size_units[] = {
	{ "GiB", (int64_t)1 << 30 }, { "MiB", 1 << 20 }, { "KiB", 1 << 10 },
	{ "B", 1 }, { "pages", PAGE_SIZE }, { "page", PAGE_SIZE }, { NULL, 0 },
};

static const struct grammar size_grammar = {
	size_units,
	"has no unit, a size such as 64MiB or 8pages is due",
	"has no unit of size (B, KiB, MiB, GiB, pages)",
	"is not a whole number of bytes",
};

int parse_size(const char *s, int64_t *out, const char **why)
{
	return parse_quantity(s, &size_grammar, out, why);
}

static const struct unit freq_units[] = {
	{ "GHz", 1000000000 }, { "MHz", 1000000 }, { "kHz", 1000 }, { "Hz", 1 },
	{ NULL, 0 },
};

static const struct grammar freq_grammar = {
	freq_units,
	"has no unit, a frequency such as 3GHz is due",
	"has no unit of frequency (Hz, kHz, MHz, GHz)",
	"is not a whole number of hertz",
};

int parse_freq(const char *s, int64_t *out, const char **why)
{
	return parse_quantity(s, &freq_grammar, out, why);
}

static const struct unit percent_units[] = {
	{ "%", PPM_ONE / 100 }, { NULL, 0 },
};

static const struct grammar percent_grammar = {
	percent_units,
	"has no unit, a share such as 10% is due",
	"is not a share such as 10%",
	"is finer than 0.0001%",
};

int parse_percent(const char *s, int64_t *out, const char **why)
{
	return parse_quantity(s, &percent_grammar, out, why);
}

int parse_int(const char *s, int64_t *out, const char **why)
{
	struct quantity q;

	if (scan_number(s, &q, why))
		return -1;
	if (*q.rest || q.decimals) {
		*why = *q.rest ? "is not a number without unit" : "is not a whole number";
		return -1;
	}
	if (to_stored(&q, 1, out, "", why))
		return -1;
	if (q.negative)
		*out = -*out;
	return 0;
}

int parse_bool(const char *s, int64_t *out, const char **why)
{
	if (!strcmp(s, "yes")) {
		*out = 1;
	} else if (!strcmp(s, "no")) {
		*out = 0;
	} else {
		*why = "is neither yes nor no";
		return -1;
	}
	return 0;
}

/* @v in units of @scale as an exact decimal; the length. */
static int format_scaled(char *buf, int64_t v, int64_t scale, const char *unit)
{
	int64_t rest = v % scale;
	char digits[24];
	int n = 0;

	if (!rest)
		return sprintf(buf, "%" PRId64 "%s", v / scale, unit);
	while (rest) {		/* ends: every scale used here divides 10^12 */
		wide w = (wide)rest * 10;

		digits[n++] = (char)('0' + (int)(w / scale));
		rest = (int64_t)(w % scale);
	}
	digits[n] = '\0';
	return sprintf(buf, "%" PRId64 ".%s%s", v / scale, digits, unit);
}

/* The shortest form over units not larger than the value; ties: larger unit. */
static char *format_shortest(char *buf, int64_t v, const struct unit *u,
			     const char *zero)
{
	char try[48];
	int best = 0;

	if (!v)
		return strcpy(buf, zero);
	if (v < 0) {
		buf[0] = '-';
		format_shortest(buf + 1, -v, u, zero);
		return buf;
	}
	for (; u->name; u++) {
		int n;

		if (v < u->scale)
			continue;
		n = format_scaled(try, v, u->scale, u->name);
		if (!best || n < best) {
			best = n;
			memcpy(buf, try, (size_t)n + 1);
		}
	}
	return buf;
}

char *format_time(char *buf, sim_time t)
{
	return format_shortest(buf, t, time_units, "0s");
}

char *format_freq(char *buf, int64_t hz)
{
	return format_shortest(buf, hz, freq_units, "0Hz");
}

char *format_percent(char *buf, int64_t ppm)
{
	format_scaled(buf, ppm, PPM_ONE / 100, "%");
	return buf;
}

/* Whole units only: 1.5MiB is as exact as 1536KiB but harder to read. */
char *format_size(char *buf, int64_t bytes)
{
	const struct unit *u;

	for (u = size_units; bytes && u->scale > 1; u++)
		if (bytes % u->scale == 0)
			break;
	if (!bytes || u->scale == 1)
		sprintf(buf, "%" PRId64 "B", bytes);
	else
		sprintf(buf, "%" PRId64 "%s", bytes / u->scale, u->name);
	return buf;
}
