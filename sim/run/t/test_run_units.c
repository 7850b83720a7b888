/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The pure parts of the runner: stages, precision, progress text, quoting, probe. */
#include <stdio.h>

#include "sim/base/tap.h"
#include "sim/run/probe.h"
#include "sim/run/progress.h"
#include "sim/run/run.h"
#include "sim/run/stage.h"

static void test_stages(void)
{
	static const int want[] = { 5, 10, 15, 20, 30, 40, 60, 80, 120, 160, 240, 250, 250 };
	char text[32];
	int n = 0, i;

	for (i = 0; i < 13; i++) {
		n = stage_next(n, 250);
		snprintf(text, sizeof(text), "stage %d", i + 1);
		is_int(n, want[i], text);
	}
	is_int(stage_first(1, 60), 5, "at least 5");
	is_int(stage_first(10, 60), 10, "minimum on a stage");
	is_int(stage_first(11, 60), 15, "minimum between stages");
	is_int(stage_first(10, 7), 7, "the maximum wins");
}

static void test_precision(void)
{
	/* Mean 10, s = 1: t(0.99375, 4) = 4.3147 (tables), half-width 1.9296. */
	static const double v[] = { 9, 9.5, 10, 10.5, 11 };
	double w[6] = { 9, NAN, 9.5, 10, 10.5, 11 };
	static const double none[] = { NAN, NAN }, one[] = { NAN, 3 }, same[] = { 4, 4, 4 };
	static const double zero[] = { -1, 1, 0 };
	double half = 4.3147 * sqrt(0.625 / 5) / 10;

	is_int(stage_precise(v, 5, (int64_t)(half * 1e6) + 200), 1, "precise enough");
	is_int(stage_precise(v, 5, (int64_t)(half * 1e6) - 200), 0, "just not");
	is_int(stage_precise(w, 6, (int64_t)(half * 1e6) + 200), 1, "no observation does not count");
	is_int(stage_precise(w, 6, (int64_t)(half * 1e6) - 200), 0, "nor as a zero");
	is_int(stage_precise(none, 2, 1), 1, "never an observation: more would not help");
	is_int(stage_precise(one, 2, 900000), 0, "one observation is no interval");
	is_int(stage_precise(same, 3, 1), 1, "no variance");
	is_int(stage_precise(zero, 3, 900000), 0, "a mean of zero is never relative to itself");
}

static void is_progress(double share, int64_t done, double rate, double left, const char *want)
{
	struct strbuf sb;

	sb_init(&sb);
	progress_text(&sb, share, done, 1200, rate, left);
	is_str(sb.s, want, want);
	sb_free(&sb);
}

static void is_quoted(const char *arg, const char *want)
{
	struct strbuf sb;

	sb_init(&sb);
	run_quote(&sb, arg);
	is_str(sb.s, want, want);
	sb_free(&sb);
}

int main(void)
{
	char a[17], b[17];

	tap_seed(0);
	test_stages();
	test_precision();
	is_progress(0.3791, 440, 52.14, 14.2, " 37%  440/1200 runs  52 runs/s  15 s left");
	is_progress(0.999, 1199, 1.25, 5399, " 99%  1199/1200 runs  1.2 runs/s  90 min left");
	is_progress(0, 0, 0, -1, "  0%  0/1200 runs");
	is_progress(0.01, 2, 0.1, 20000, "  1%  2/1200 runs  0.1 runs/s  5 h 33 min left");
	is_quoted("threads.vcpu.count=4", "threads.vcpu.count=4");
	is_quoted("a b", "'a b'");
	is_quoted("", "''");
	is_quoted("it's $(rm)", "'it'\\''s $(rm)'");
	math_probe(a);
	math_probe(b);
	is_str(a, b, "the probe repeats");
	is_int((int64_t)strlen(a), 16, "16 digits");
	return tap_done();
}
