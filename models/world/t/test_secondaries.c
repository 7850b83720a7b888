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

static const struct gru_config gru = {
	.name = "gru", .chiplets = 2, .contexts = 16, .tlb_entries = 64, .tgh = 24,
	.tgh_local = 16, .invalidate_max = 1024, .asid_max = 0xfffff0, .discards_inflight = 1,
};

/* KVM and a GRU on one mm: one core, two protocols. */
static void test_two_kinds(void)
{
	struct op_config *access;
	struct fixture f;
	struct result r;

	start(&f, 1);
	f.world.space[0].secondary[1] = (struct secondary_use){ .kind = SECONDARY_GRU, .gru = &gru };
	f.world.space[0].n_secondaries = 2;
	f.world.space[0].region[0].secondary_prefault = 0;
	f.design.gru = (struct gru_protocol){ ZAP_RANGE_END, GRU_FENCE_NONE };
	fix_thread(&f, "vcpu", MODE_GUEST, 1, 1);
	access = fix_op(&f, 1, OPK_SECONDARY_ACCESS, 0);
	access->n = PAGES;
	access->pages.kind = PICK_SEQ;
	fix_thread(&f, "user", MODE_USER, 1, 1);
	access = fix_op(&f, 2, OPK_SECONDARY_ACCESS, 0);
	access->n = PAGES;
	access->pages.kind = PICK_SEQ;
	access->via = 1;
	f.thread[0].start = fix_const(US(100));
	fix_run(&f, &r);
	is_int(r.status, RUN_OK, "KVM and GRU on one mm");
	is_int(fix_count(&r, METRIC_CALLOUT, "range_start"), 2, "a start each");
	is_int(fix_count(&r, METRIC_SPTE_ZAPPED, "range"), PAGES, "KVM zaps at the start");
	is_int(fix_count(&r, METRIC_GRU_PURGE, "own_blade"), 1, "the GRU at the end, by its own protocol");
	is_int(fix_count(&r, METRIC_GRU_DROPIN, "done"), PAGES, "it was loaded page by page");
	is_int(fix_count(&r, METRIC_CALLOUT_SPURIOUS, ""), 0, "the other callout of each is none that zaps");
	is_int(fix_count(&r, METRIC_FENCE_STEPS, "count"), 2, "KVM counts, a GRU without fence does not");
	result_free(&r);
	world_free(f.w);
}

/* The ioctl: the callout after it has nothing to purge, the access after that misses again. */
static void test_unload(void)
{
	struct fixture f;
	struct result r;

	start(&f, 1);
	f.world.space[0].region[0].secondary_prefault = 0;
	f.world.space[0].secondary[0] = (struct secondary_use){ .kind = SECONDARY_GRU, .gru = &gru };
	f.thread[0].n_loop = 0;
	fix_op(&f, 0, OPK_SECONDARY_ACCESS, 0);
	fix_op(&f, 0, OPK_GRU_UNLOAD, 0);
	fix_op(&f, 0, OPK_MADVISE_DONTNEED, 0)->length = PAGE_SIZE;
	fix_op(&f, 0, OPK_SECONDARY_ACCESS, 0);
	fix_run(&f, &r);
	is_int(r.status, RUN_OK, "a context unloaded by its thread");
	is_int(fix_count(&r, METRIC_GRU_PURGE, "own_blade"), 0, "no handle is used");
	is_int(fix_count(&r, METRIC_GRU_PURGE, "asid_dropped"), 1, "the ASID is forgotten");
	is_int(fix_count(&r, METRIC_GRU_MISS, "interrupt"), 2 * PAGES, "all pages miss twice");
	result_free(&r);
	world_free(f.w);
}

/* Three processes of one description: each has its own mm, threads and secondary MMU. */
static void test_instances(void)
{
	struct fixture f;
	struct result r;

	start(&f, 1);
	f.world.space[0].count = 3;
	fix_run(&f, &r);
	is_int(r.status, RUN_OK, "three instances");
	is_int(fix_count(&r, METRIC_CALLOUT, "range_start"), 3, "each process unmaps its own");
	is_int(fix_count(&r, METRIC_SPTE_ZAPPED, "range"), 3 * PAGES, "with translations of its own");
	is_int(fix_count(&r, METRIC_UNMAP_PAGES, ""), 3 * PAGES, "and pages");
	is_int(fix_count(&r, METRIC_IPI_SENT, "flush_tlb"), 0, "no CPU runs the mm of another");
	result_free(&r);
	world_free(f.w);
}

int main(void)
{
	tap_seed(1);
	test_each_hears();
	test_two_kinds();
	test_unload();
	test_instances();
	return tap_done();
}
