/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The closed forms against values that were computed in another way (Erlang B
 * recursion, exact linear solution of the generator, Buzen's convolution), and
 * every validation case at 2% of its length: within 3.5 standard errors, which
 * the full length only makes sharper.
 */
#include "sim/base/tap.h"
#include "sim/bench/validate.h"

static void test_formulas(void)
{
	static const double one[] = { 1.0, 0.5, 0.0 }, two[] = { 0.6, 0.4, 0.2 };
	static const double three[] = { 1.0, 2.0, 0.5 };
	struct closed_form f;

	is_near(formula_erlang_c(0.8, 1), 0.8, 1e-12, "one server: waits with probability rho");
	is_near(formula_erlang_c(1.5, 2), 0.642857143, 1e-9, "Erlang C (1.5, 2)");
	is_near(formula_erlang_c(6.0, 8), 0.356981086, 1e-9, "Erlang C (6, 8)");
	is_near(formula_erlang_c(3.6, 4), 0.787753264, 1e-9, "Erlang C (3.6, 4)");
	is_near(formula_mg1_wait(0.95, 2.0), 19.0, 1e-9, "M/M/1 0.95");
	is_near(formula_mg1_wait(0.8, 1.0), 2.0, 1e-12, "M/D/1 0.8");
	is_near(formula_mg1_wait(0.7, 1.25), 1.458333333, 1e-9, "M/E4/1 0.7");
	is_near(formula_mg1_wait(0.5, 6.5), 3.25, 1e-12, "M/H2/1 0.5");
	f = formula_repairman(4, 10.0, 1.0);
	is_near(f.p0, 0.646663218, 1e-9, "repairman 4: p0");
	is_near(f.throughput, 0.353336782, 1e-9, "repairman 4: X");
	is_near(f.response, 1.320644217, 1e-9, "repairman 4: R");
	f = formula_repairman(16, 10.0, 1.0);
	is_near(f.queue[0], 6.223018720, 1e-9, "repairman 16: Q");
	f = formula_repairman(48, 100.0, 2.0);
	is_near(f.p0, 0.129919594, 1e-9, "repairman 48: p0");
	is_near(f.response, 10.334630343, 1e-9, "repairman 48: R");
	f = formula_mva(10, 5.0, one);
	is_near(f.throughput, 0.955244741, 1e-9, "network 10: X");
	is_near(f.queue[0], 4.364568435, 1e-9, "network 10: Q1");
	f = formula_mva(20, 15.0, two);
	is_near(f.response, 2.500368830, 1e-9, "network 20: R");
	is_near(f.queue[2], 0.291527301, 1e-9, "network 20: Q3");
	f = formula_mva(3, 0.0, three);
	is_near(f.throughput, 14.0 / 31.0, 1e-12, "network 3: X = 14/31");
	is_near(f.queue[1], 2.038709677, 1e-9, "network 3: Q2");
}

static void test_cases(void)
{
	struct check_list l = { 0 };
	size_t i;
	int k;

	for (k = 0; k < nr_validate_cases; k++)
		if (validate_run_case(&validate_cases[k], 0.02, &l))
			ok(0, validate_cases[k].id);
	ok(l.n >= 50 && !l.failed, "every case gives its rows");
	for (i = 0; i < l.n; i++) {
		/* A tolerance so wide that nothing could fail would be no test. */
		if (l.v[i].tolerance > 0.2 * l.v[i].expected)
			ok(0, "the tolerance is narrow enough to mean something");
		is_near(l.v[i].got, l.v[i].expected, l.v[i].tolerance, l.v[i].id);
	}
	check_free(&l);
}

int main(void)
{
	printf("# seed 1 (fixed, as in validate engine)\n");
	test_formulas();
	test_cases();
	return tap_done();
}
