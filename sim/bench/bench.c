/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Engine benchmarks: the list of cases and the rounds.
 *
 * All cases run in every round, our side and the reference in turn, so that a
 * slow phase of the machine meets both; figures are medians over the rounds,
 * the ratio is the median of the rounds' ratios.  Time is the CPU time of the
 * process.  One round of everything takes about four seconds.
 */
#include "sim/bench/bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/xassert.h"
#include "sim/bench/bench_int.h"

#define ROUNDS		5
#define THIRTY_PERCENT	307	/* of 1024 */

static const struct bench_case bench_cases[] = {
	{ "mm1", "mm1", "plain C loop", 0, 0, 3000000, 0, 1, mm1_ours, mm1_floor },
	{ "repairman", "repairman/64", "plain C loop", 64, 0, 2000000, 0, 0,
	  repairman_ours, repairman_floor },
	{ "repairman", "repairman/1024", "plain C loop", 1024, 0, 2000000, 0, 0,
	  repairman_ours, repairman_floor },
	{ "hold", "hold/256", "binary heap", 256, 0, 3000000, 1, 1,
	  hold_ours, hold_binary_heap },
	{ "hold", "hold/256/reschedule", "indexed 4-ary heap", 256, THIRTY_PERCENT,
	  2000000, 1, 1, hold_ours, hold_indexed_heap },
	{ "hold", "hold/4096", "binary heap", 4096, 0, 3000000, 1, 1,
	  hold_ours, hold_binary_heap },
	{ "hold", "hold/4096/reschedule", "indexed 4-ary heap", 4096, THIRTY_PERCENT,
	  2000000, 1, 1, hold_ours, hold_indexed_heap },
	{ "hold", "hold/1000000", "binary heap", 1000000, 0, 1000000, 1, 1,
	  hold_ours, hold_binary_heap },
	{ "hold", "hold/1000000/reschedule", "indexed 4-ary heap", 1000000,
	  THIRTY_PERCENT, 700000, 1, 1, hold_ours, hold_indexed_heap },
};

#define NR_CASES ((int)(sizeof(bench_cases) / sizeof(*bench_cases)))

const char *const bench_names[] = { "mm1", "repairman", "hold", NULL };

struct rounds {
	double ours[ROUNDS], theirs[ROUNDS], ratio[ROUNDS];
	int ok;
};

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void run_round(const struct bench_case *c, struct rounds *r, int round)
{
	struct bench_sample ours = { 0 }, theirs = { 0 };

	c->ours(c, &ours);
	c->theirs(c, &theirs);
	r->ours[round] = ours.seconds;
	r->theirs[round] = theirs.seconds;
	r->ratio[round] = c->speed_up ? theirs.seconds / ours.seconds :
		ours.seconds / theirs.seconds;
	if (!ours.ok || !theirs.ok || (c->same_answer && ours.digest != theirs.digest))
		r->ok = 0;
}

static void fill_row(const struct bench_case *c, struct rounds *r, struct bench_row *row)
{
	double ns = 1e9 / (double)c->operations;

	qsort(r->ours, ROUNDS, sizeof(double), by_value);
	qsort(r->theirs, ROUNDS, sizeof(double), by_value);
	qsort(r->ratio, ROUNDS, sizeof(double), by_value);
	memset(row, 0, sizeof(*row));
	snprintf(row->name, sizeof(row->name), "%s", c->name);
	snprintf(row->reference, sizeof(row->reference), "%s", c->reference);
	row->operations = c->operations;
	row->seconds = r->ours[ROUNDS / 2];
	row->ns_per_operation = row->seconds * ns;
	row->reference_ns_per_operation = r->theirs[ROUNDS / 2] * ns;
	row->ratio = r->ratio[ROUNDS / 2];
	row->min = r->ours[0] * ns;
	row->max = r->ours[ROUNDS - 1] * ns;
	row->answer_ok = r->ok;
}

int bench_run(const char *name, struct bench_row *rows, int max)
{
	struct rounds r[NR_CASES];
	int round, i, n = 0;

	for (i = 0; i < NR_CASES; i++)
		r[i].ok = 1;
	for (round = 0; round < ROUNDS; round++)
		for (i = 0; i < NR_CASES; i++)
			if (!name || !strcmp(name, bench_cases[i].group))
				run_round(&bench_cases[i], &r[i], round);
	for (i = 0; i < NR_CASES; i++)
		if ((!name || !strcmp(name, bench_cases[i].group)) && n < max)
			fill_row(&bench_cases[i], &r[i], &rows[n++]);
	return n ? n : -1;
}

int bench_count(const char *name, int64_t operations, FILE *out)
{
	int n = 0;

	for (int i = 0; i < NR_CASES; i++) {
		struct bench_case c = bench_cases[i];
		struct bench_sample sample = { 0 };

		if (strcmp(name, c.group) && strcmp(name, c.name))
			continue;
		c.operations = operations;
		c.ours(&c, &sample);
		fprintf(out, "%s %lld\n", c.name, (long long)operations);
		n++;
	}
	return n ? n : -1;
}
