/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A driver that flushes before it puts pays ceil(N/B) flushes wherever its
 * design wants the flush of unpinned callouts.  Seen failing with a flush after
 * the last array: in_lock paid one more when N is a multiple of B, after_lock
 * (what a design inherits) always.
 */
#include "models/world/t/fixture.h"

static int64_t flushes(enum secondary_flush where, int64_t pages)
{
	static struct fixture f;
	struct op_config *o;
	struct result r;
	int64_t n;
	int t;

	fix_init(&f, 2, 4);
	fix_region(&f, "balloon", pages);
	fix_design(&f, FIX_ANDREA_V7);
	f.design.kvm.secondary_flush = where;
	t = fix_thread(&f, "vmm", MODE_USER, 1, 1);
	o = fix_op(&f, t, OPK_MADVISE_DONTNEED, 0);
	o->length = pages * PAGE_SIZE;
	o->at.kind = PICK_ALL;
	t = fix_thread(&f, "halted", MODE_GUEST, 1, 0);
	f.thread[t].halted = 1;
	fix_run(&f, &r);
	n = fix_count(&r, METRIC_FLUSH_CALLS, "secondary");
	result_free(&r);
	world_free(f.w);
	return n;
}

int main(void)
{
	static const char *const names[] = { "per_batch", "in_lock", "after_lock" };
	static const int64_t pages[] = { 1, 63, 64, 65, 128, 129 };
	char what[80];

	tap_seed(1);
	for (int i = 0; i < 3; i++)
		for (size_t k = 0; k < sizeof(pages) / sizeof(pages[0]); k++) {
			snprintf(what, sizeof(what), "%s, arrays of 64: flushes of %lld pages",
				 names[i], (long long)pages[k]);
			is_int(flushes((enum secondary_flush)i, pages[k]), (pages[k] + 63) / 64, what);
		}
	return tap_done();
}
