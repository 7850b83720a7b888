/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sleeps of every length end, also those whose timer fires before the thread
 * has left its CPU.  Seen failing with the timer handler's test "is the task
 * asleep" instead of "has it armed a timer": such a thread slept for ever.
 */
#include "models/world/t/fixture.h"

static void sleeps_of(sim_time d)
{
	static struct fixture f;
	struct result r;
	char what[80];
	int t;

	fix_init(&f, 1, 2);
	fix_region(&f, "memory", 8);
	t = fix_thread(&f, "sleeper", MODE_USER, 1, 50);
	fix_op(&f, t, OPK_SLEEP, 0)->duration = fix_const(d);
	fix_op(&f, t, OPK_THINK, 0)->duration = fix_const(US(3));
	fix_run(&f, &r);
	snprintf(what, sizeof(what), "50 sleeps of %lld ps end", (long long)d);
	is_int(r.status, RUN_OK, what);
	snprintf(what, sizeof(what), "and none is shorter than %lld ps", (long long)d);
	ok(r.sim_time_ps >= 50 * (d + US(3)), what);
	result_free(&r);
	world_free(f.w);
}

int main(void)
{
	static const sim_time length[] = {
		PS(1), NS(1), NS(100), NS(1499), NS(1500), NS(1501), NS(1600), US(2),
		US(3), US(5), US(50),
	};

	tap_seed(1);
	for (size_t i = 0; i < sizeof(length) / sizeof(length[0]); i++)
		sleeps_of(length[i]);
	return tap_done();
}
