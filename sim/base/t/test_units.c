/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Quantities: what is accepted, what is refused and why, and that every value
 * survives the way to text and back.
 */
#include "sim/base/tap.h"
#include "sim/base/units.h"

static uint64_t state;

static uint64_t next_word(void)
{
	uint64_t z = (state += 0x9e3779b97f4a7c15u);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static void test_time(void)
{
	static const struct { const char *text; sim_time ps; } good[] = {
		{ "250ns", 250000 }, { "1.5us", 1500000 }, { "0s", 0 }, { "3s", SEC(3) },
		{ "1.234567us", 1234567 }, { "0.001ns", 1 }, { "20ps", 20 }, { "1.5 us", 1500000 },
		{ "9223372036854775807ps", INT64_MAX },
	};
	static const struct { const char *text, *why; } bad[] = {
		{ "250", "has no unit, a time such as 250ns is due" },
		{ "", "is not a number" }, { "ns", "is not a number" }, { "1.ns", "is not a number" },
		{ "1.2.3ns", "has no unit of time (ps, ns, us, ms, s, cycles)" },
		{ "5Hz", "has no unit of time (ps, ns, us, ms, s, cycles)" },
		{ "-5ns", "is negative" },
		{ "0.3ps", "is not a whole number of picoseconds" },
		{ "9223372036854775808ps", "is too large" },
		{ "99999999999999999999999999999999ps", "has too many digits" },
		{ "99999999s", "is too large" },
		{ "20 cycles", "is in cycles, which need machine.clock and are not allowed here" },
	};
	const char *why;
	sim_time t;
	size_t i;

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		why = "";
		t = -1;
		parse_time(good[i].text, 0, &t, &why);
		is_int(t, good[i].ps, good[i].text);
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		why = "accepted";
		parse_time(bad[i].text, 0, &t, &why);
		is_str(why, bad[i].why, bad[i].text);
	}
	is_int(parse_time("20 cycles", 2330000000, &t, &why), 0, "20 cycles at 2.33 GHz");
	is_int(t, 8584, "... round to the nearest ps");
	is_int(parse_time("1 cycle", 1000000000, &t, &why), 0, "one cycle");
	is_int(t, 1000, "... at 1 GHz");
}

static void test_others(void)
{
	const char *why = "";
	int64_t v;

	is_int(parse_size("64MiB", &v, &why) ? -1 : v, 64 << 20, "64MiB");
	is_int(parse_size("8pages", &v, &why) ? -1 : v, 32768, "8pages");
	is_int(parse_size("1page", &v, &why) ? -1 : v, 4096, "1page");
	is_int(parse_size("1.5KiB", &v, &why) ? -1 : v, 1536, "1.5KiB");
	parse_size("0.3KiB", &v, &why);
	is_str(why, "is not a whole number of bytes", "0.3KiB");
	parse_size("64MB", &v, &why);
	is_str(why, "has no unit of size (B, KiB, MiB, GiB, pages)", "64MB is not a size");
	is_int(parse_freq("2.33GHz", &v, &why) ? -1 : v, 2330000000, "2.33GHz");
	parse_freq("3", &v, &why);
	is_str(why, "has no unit, a frequency such as 3GHz is due", "bare frequency");
	is_int(parse_percent("12.5%", &v, &why) ? -1 : v, 125000, "12.5%");
	parse_percent("0.1", &v, &why);
	is_str(why, "has no unit, a share such as 10% is due", "bare share");
	parse_percent("0.00001%", &v, &why);
	is_str(why, "is finer than 0.0001%", "share finer than a ppm");
	is_int(parse_int("-1", &v, &why) ? -99 : v, -1, "negative integer");
	parse_int("1.5", &v, &why);
	is_str(why, "is not a whole number", "1.5 as integer");
	parse_int("4096pages", &v, &why);
	is_str(why, "is not a number without unit", "unit on an integer");
	is_int(parse_bool("yes", &v, &why) ? -1 : v, 1, "yes");
	is_int(parse_bool("no", &v, &why) ? -1 : v, 0, "no");
	ok(parse_bool("true", &v, &why), "true is not a boolean here");
}

static void test_format(void)
{
	char buf[48];

	is_str(format_time(buf, 250000), "250ns", "250ns");
	is_str(format_time(buf, US(1001)), "1001us", "the shorter of 1001us and 1.001ms");
	is_str(format_time(buf, US(1500)), "1.5ms", "1.5ms");
	is_str(format_time(buf, 0), "0s", "0s");
	is_str(format_time(buf, -1500), "-1.5ns", "negative");
	is_str(format_size(buf, 64 << 20), "64MiB", "64MiB");
	is_str(format_size(buf, 12288), "12KiB", "three pages");
	is_str(format_freq(buf, 2330000000), "2.33GHz", "2.33GHz");
	is_str(format_percent(buf, 125000), "12.5%", "12.5%");
	is_str(format_percent(buf, 0), "0%", "0%");
}

static void test_round_trip(void)
{
	int i, bad = 0;

	for (i = 0; i < 200000; i++) {
		int64_t v = (int64_t)(next_word() >> (1 + next_word() % 62)), back = -1;
		char buf[48];
		const char *why;

		bad += parse_time(format_time(buf, v), 0, &back, &why) || back != v;
		bad += parse_size(format_size(buf, v), &back, &why) || back != v;
		bad += parse_freq(format_freq(buf, v), &back, &why) || back != v;
		bad += parse_percent(format_percent(buf, v), &back, &why) || back != v;
	}
	is_int(bad, 0, "200,000 random values survive text and back");
}

int main(void)
{
	state = tap_seed(20080728);
	test_time();
	test_others();
	test_format();
	test_round_trip();
	return tap_done();
}
