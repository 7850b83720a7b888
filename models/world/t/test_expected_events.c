/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The forecast of --dry-run is within a factor of 3 of the events of a run, for
 * loops and for loops inside repeat.  Seen failing when a repeat counted as an
 * instant (hundreds of times too many).
 */
#include "models/world/t/fixture.h"

static void forecast(int repeat, int64_t pages, int vcpus)
{
	static struct op_config inner[2];
	static struct fixture f;
	struct op_config *o;
	struct result r;
	char what[96];
	double ratio;
	int t;

	fix_init(&f, 4, 4);
	fix_region(&f, "guest", 512);
	fix_region(&f, "balloon", pages);
	t = fix_thread(&f, "vmm", MODE_USER, 1, 1);
	f.thread[t].start = fix_const(US(500));
	o = fix_op(&f, t, OPK_MADVISE_DONTNEED, 1);
	o->length = pages * PAGE_SIZE;
	o->at.kind = PICK_ALL;
	t = fix_thread(&f, "vcpu", MODE_GUEST, vcpus, 0);
	o = fix_op(&f, t, OPK_SECONDARY_ACCESS, 0);
	o->pages.kind = PICK_UNIFORM;
	o->n = 4;
	fix_op(&f, t, OPK_THINK, 0)->duration = fix_const(US(20));
	if (repeat) {
		memcpy(inner, f.op[t], sizeof(inner));
		f.thread[t].n_loop = 0;
		o = fix_op(&f, t, OPK_REPEAT, 0);
		o->times = 9;
		o->loop = inner;
		o->n_loop = 2;
	}
	f.world.settle = MS(2);
	fix_run(&f, &r);
	ratio = world_expected_events(&f.world) / (double)r.events;
	snprintf(what, sizeof(what), "%s, %lld pages, %d vcpus: forecast over events is %.2f",
		 repeat ? "repeat" : "plain", (long long)pages, vcpus, ratio);
	ok(r.status == RUN_OK && ratio > 1 / 3.0 && ratio < 3, what);
	result_free(&r);
	world_free(f.w);
}

int main(void)
{
	tap_seed(1);
	for (int repeat = 0; repeat < 2; repeat++) {
		forecast(repeat, 1, 1);
		forecast(repeat, 512, 4);
		forecast(repeat, 4096, 8);
	}
	return tap_done();
}
