/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The benchmarks compute what they claim to: both sides of every case agree
 * at small sizes.  Speed is not tested here; a test that depends on the load
 * of the machine is no test.
 */
#include "sim/base/tap.h"
#include "sim/bench/bench.h"
#include "sim/bench/bench_int.h"

static struct bench_sample run(void (*side)(const struct bench_case *c, struct bench_sample *out),
			       uint32_t size, uint32_t reschedules, int64_t operations)
{
	struct bench_case c = { .size = size, .reschedules = reschedules,
				.operations = operations };
	struct bench_sample sample = { 0 };

	side(&c, &sample);
	return sample;
}

static void test_mm1(void)
{
	struct bench_sample a = run(mm1_ours, 0, 0, 400000), b = run(mm1_floor, 0, 0, 400000);

	ok(a.ok && b.ok, "mm1: the mean time in system is 4 service times");
	is_int(a.digest, b.digest, "mm1: engine and plain loop agree to the picosecond");
	ok(a.digest != run(mm1_ours, 0, 0, 399999).digest, "mm1: every customer counts");
}

static void test_repairman(void)
{
	struct bench_sample a = run(repairman_ours, 64, 0, 300000);
	struct bench_sample b = run(repairman_floor, 64, 0, 300000);

	ok(a.ok && b.ok, "repairman: utilisation 0.8 on both sides");
	is_near((double)a.digest / (double)b.digest, 1.0, 0.01, "repairman: the same throughput");
	ok(!run(repairman_ours, 128, 0, 300000).ok, "repairman: another size is found out");
}

static void test_hold(void)
{
	static const uint32_t size[] = { 1, 5, 256, 1000, 4096 };
	char what[80];
	size_t i;

	for (i = 0; i < sizeof(size) / sizeof(*size); i++) {
		uint64_t ours = run(hold_ours, size[i], 0, 50000).digest;
		uint64_t moved = run(hold_ours, size[i], 307, 50000).digest;

		snprintf(what, sizeof(what), "hold/%u: tree and binary heap", size[i]);
		is_int(ours, run(hold_binary_heap, size[i], 0, 50000).digest, what);
		snprintf(what, sizeof(what), "hold/%u: tree and indexed heap", size[i]);
		is_int(ours, run(hold_indexed_heap, size[i], 0, 50000).digest, what);
		snprintf(what, sizeof(what), "hold/%u: with reschedules", size[i]);
		is_int(moved, run(hold_indexed_heap, size[i], 307, 50000).digest, what);
		ok(moved != ours, "reschedules make a difference");
	}
}

static void test_rows(void)
{
	struct bench_row row[4];

	is_int(bench_run("nonsense", row, 4), -1, "an unknown name");
	ok(bench_names[0] && bench_names[1] && bench_names[2] && !bench_names[3], "three groups");
}

int main(void)
{
	printf("# seed 1 (fixed)\n");
	test_mm1();
	test_repairman();
	test_hold();
	test_rows();
	return tap_done();
}
