/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The points of a gather speak of the pages collected since the last flush.
 * An unpinned design that announces them is safe at block_flushed, which every
 * flush passes; at gather_full it misses the last, partial array; at
 * cleared_batch it comes after a full array has been flushed and freed inside
 * the page-table lock.  Seen failing with the operation's whole range at
 * gather_full (nothing was missed then).
 */
#include "models/world/t/fixture.h"

static int64_t violations(enum point_id point, int64_t pages, int64_t *callouts)
{
	static struct fixture f;
	struct op_config *o;
	struct result r;
	int64_t n;
	int t;

	fix_init(&f, 2, 4);
	fix_region(&f, "balloon", pages);
	fix_design(&f, FIX_NONE_PIN);
	f.design.list_structure = LIST_HLIST;
	f.design.armed_test = ARMED_MM_POINTER;
	f.design.kvm.pin = PIN_NONE;
	f.design.kvm.fence_kind = FENCE_SEQ;
	f.design.kvm.secondary_flush = FLUSH_IN_LOCK;
	fix_hook(&f, SITE_zap_page_range, point, OP_invalidate_pages);
	t = fix_thread(&f, "vmm", MODE_USER, 1, 1);
	o = fix_op(&f, t, OPK_MADVISE_DONTNEED, 0);
	o->length = pages * PAGE_SIZE;
	o->at.kind = PICK_ALL;
	t = fix_thread(&f, "halted", MODE_GUEST, 1, 0);
	f.thread[t].halted = 1;
	fix_run(&f, &r);
	n = r.count[INV_I1].count;
	*callouts = fix_count(&r, METRIC_CALLOUT, "invalidate_pages");
	result_free(&r);
	world_free(f.w);
	return n;
}

static void expect(enum point_id point, int64_t pages, int64_t violated, int64_t called)
{
	int64_t callouts, n = violations(point, pages, &callouts);
	char what[96];

	snprintf(what, sizeof(what), "%s, %lld pages: freed under a translation",
		 point_names[point], (long long)pages);
	is_int(n, violated, what);
	snprintf(what, sizeof(what), "%s, %lld pages: callouts", point_names[point],
		 (long long)pages);
	is_int(callouts, called, what);
}

int main(void)
{
	tap_seed(1);
	expect(POINT_block_flushed, 64, 0, 1);
	expect(POINT_block_flushed, 600, 0, 2);
	expect(POINT_block_flushed, 1024, 0, 3);
	expect(POINT_gather_full, 64, 64, 0);
	expect(POINT_gather_full, 506, 0, 1);
	expect(POINT_gather_full, 600, 94, 1);
	expect(POINT_gather_full, 1024, 12, 2);
	expect(POINT_cleared_batch, 64, 0, 1);
	expect(POINT_cleared_batch, 512, 506, 1);
	return tap_done();
}
