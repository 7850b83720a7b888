/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Several secondary MMUs on one address space: every one hears every callout,
 * drops its own translations, has its own fence; one with nothing to drop
 * counts its callouts as spurious.
 */
#include "models/world/t/fixture.h"

enum { PAGES = 8 };

static void start(struct fixture *f, int secondaries)
{
	fix_init(f, 1, 4);
	fix_region(f, "ram", PAGES);
	fix_thread(f, "vmm", MODE_USER, 1, 1);
	fix_op(f, 0, OPK_MADVISE_DONTNEED, 0)->length = PAGES * PAGE_SIZE;
	for (int i = 0; i < secondaries; i++)
		f->world.space[0].secondary[i] = (struct secondary_use){ .kvm = &f->kvm };
	f->world.space[0].n_secondaries = secondaries;
}

static void test_each_hears(void)
{
	for (int n = 0; n <= MAX_SECONDARIES; n++) {
		struct fixture f;
		struct result r;

		start(&f, n);
		fix_run(&f, &r);
		is_int(r.status, RUN_OK, "the run ends");
		is_int(fix_count(&r, METRIC_CALLOUT, "range_start"), n, "a start each");
		is_int(fix_count(&r, METRIC_CALLOUT, "range_end"), n, "an end each");
		is_int(fix_count(&r, METRIC_SPTE_ZAPPED, "range"), n * PAGES, "each drops its own");
		is_int(fix_count(&r, METRIC_CALLOUT_SPURIOUS, ""), 0, "none in vain");
		is_int(fix_count(&r, METRIC_LIST_WALKS, ""), n ? 2 : 0, "one walk serves all");
		result_free(&r);
		world_free(f.w);
	}
}

int main(void)
{
	tap_seed(1);
	test_each_hears();
	return tap_done();
}
