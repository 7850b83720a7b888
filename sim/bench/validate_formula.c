/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Closed forms of queueing theory (Kleinrock, Queueing Systems I, 1975; Reiser
 * and Lavenberg, JACM 27(2), 1980).  test_validate.c compares each with values
 * that were computed in another way (exact linear solution of the generator,
 * Buzen's convolution).
 */
#include "sim/bench/validate.h"

double formula_erlang_c(double a, int servers)
{
	double b = 1.0;		/* Erlang B by its recursion: no factorials */
	int k;

	for (k = 1; k <= servers; k++)
		b = a * b / (k + a * b);
	return servers * b / (servers - a * (1.0 - b));
}

double formula_mg1_wait(double lambda, double second_moment)
{
	return lambda * second_moment / (2.0 * (1.0 - lambda));
}

/* p_k = p_0 N! / (N - k)! (S / Z)^k */
struct closed_form formula_repairman(int n, double think, double service)
{
	double term = 1.0, sum = 1.0, weighted = 0.0;
	struct closed_form f = { .p0 = 0.0 };
	int k;

	for (k = 1; k <= n; k++) {
		term *= (n - k + 1) * service / think;
		sum += term;
		weighted += k * term;
	}
	f.p0 = 1.0 / sum;
	f.throughput = (1.0 - f.p0) / service;
	f.response = n / f.throughput - think;
	f.queue[0] = weighted / sum;
	return f;
}

struct closed_form formula_mva(int n, double think, const double *demand)
{
	struct closed_form f = { .p0 = 0.0 };
	int population, i;

	for (population = 1; population <= n; population++) {
		double residence[VALIDATE_STATIONS];

		f.response = 0.0;
		for (i = 0; i < VALIDATE_STATIONS; i++) {
			residence[i] = demand[i] * (1.0 + f.queue[i]);
			f.response += residence[i];
		}
		f.throughput = population / (think + f.response);
		for (i = 0; i < VALIDATE_STATIONS; i++)
			f.queue[i] = f.throughput * residence[i];
	}
	return f;
}
