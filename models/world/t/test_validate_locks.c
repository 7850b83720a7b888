/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * "validate locks": every row holds; the closed form has its published test
 * values; the chain's own check can fail (service drawn once per section is
 * another process).
 */
#include "models/world/validate_locks.h"
#include "models/world/world.h"
#include "sim/base/tap.h"

static void test_formula(void)
{
	static const struct { struct lock_chain x; double k, speedup, idle; } known[] = {
		{ { 8, 1000, 100, 50 }, 3.202129768, 4.797870232, 0.132916303 },
		{ { 48, 20000, 200, 100 }, 38.524230574, 9.475769426, -1 },
		{ { 48, 5000, 200, 100 }, 45.998216789, 2.001783211, -1 },
		{ { 48, 100000, 400, 200 }, 0.377025449, 47.622974551, 0.744570704 },
		{ { 34, 20000, 200, 100 }, 34 - 31.6647, 31.6647, -1 },
		{ { 96, 20000, 200, 100 }, 96 - 4.1763, 4.1763, -1 },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		struct lock_chain_figures f = lock_chain_formula(&known[i].x);
		double eps = i < 4 ? 1e-8 : 1e-4;

		is_near(f.k, known[i].k, eps, "E[k] of the chain");
		is_near(f.throughput * known[i].x.a, known[i].speedup, eps, "its speedup");
		if (known[i].idle >= 0)
			is_near(f.idle, known[i].idle, eps, "its idle probability");
	}
}

static double mean_k(int redraw)
{
	static const struct lock_chain x = { 8, 1000, 100, 50 };
	struct lock_chain_figures batch[10];
	double sum = 0;

	if (lock_chain_simulate(&x, redraw, 3e7, 10, batch))
		return NAN;
	for (int i = 0; i < 10; i++)
		sum += batch[i].k;
	return sum / 10;
}

static void test_redraw(void)
{
	is_near(mean_k(1), 3.2021, 0.032, "residual service drawn at each arrival: the chain");
	is_near(mean_k(0), 2.63, 0.03, "drawn once per section: another process, seen by the check");
}

int main(void)
{
	struct check_list l = { 0 };

	test_formula();
	test_redraw();
	is_int(validate_locks(&l), 0, "validate_locks runs");
	is_int((int64_t)l.n, 27, "its rows");
	for (size_t i = 0; i < l.n; i++) {
		ok(l.v[i].pass, l.v[i].id);
		if (!l.v[i].pass || getenv("VERBOSE"))
			printf("#   %s: expected %g, got %g, tolerance %g\n", l.v[i].id,
			       l.v[i].expected, l.v[i].got, l.v[i].tolerance);
	}
	check_free(&l);
	return tap_done();
}
