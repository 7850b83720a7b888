/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the benchmark files share: one case, its two sides, the clock. */
#ifndef SIM_BENCH_BENCH_INT_H
#define SIM_BENCH_BENCH_INT_H

#include <stdint.h>
#include <time.h>

struct bench_case;

/* One side of one round. */
struct bench_sample {
	double seconds;		/* CPU time of the measured part, set-up excluded */
	uint64_t digest;	/* what was computed; equal on both sides if same_answer */
	int ok;			/* the answer agrees with theory */
};

struct bench_case {
	const char *group;	/* as in bench_names */
	const char *name, *reference;
	uint32_t size;		/* N */
	uint32_t reschedules;	/* per 1024 holds */
	int64_t operations;
	int speed_up;		/* ratio = reference / ours */
	int same_answer;	/* both sides must compute the same digest */
	void (*ours)(const struct bench_case *c, struct bench_sample *out);
	void (*theirs)(const struct bench_case *c, struct bench_sample *out);
};

/* The process's CPU time: other load on the machine does not count. */
static inline double bench_clock(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

void mm1_ours(const struct bench_case *c, struct bench_sample *out);
void mm1_floor(const struct bench_case *c, struct bench_sample *out);
void repairman_ours(const struct bench_case *c, struct bench_sample *out);
void repairman_floor(const struct bench_case *c, struct bench_sample *out);
void hold_ours(const struct bench_case *c, struct bench_sample *out);
void hold_binary_heap(const struct bench_case *c, struct bench_sample *out);
void hold_indexed_heap(const struct bench_case *c, struct bench_sample *out);

#endif
