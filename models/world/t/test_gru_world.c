/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Processes with a GRU, as a whole: what must not change, and by how much what
 * does.
 *
 *  - page callouts or pairs at sites that the load never enters: the same bits
 *  - without the hardware's property, as long as no dropin is ignored: the same bits
 *  - all costs and think times times k: every instant exactly times k
 *  - more chiplets: a purge takes so many times as long (one after another)
 *  - nobody unmaps: no purge, no fence, and all designs are the same bits
 *  - nothing is ever used after it is gone (I1, I2, I4), whatever the seed
 *
 * Seeds: SEED= changes the pages that are picked, nothing else.
 */
#include "models/world/t/mixed.h"

enum { PAGES = 64 };

static struct gru_config gru;
static uint64_t seed;

/* @users of one process, on one CPU each, and a thread that unmaps @events times. */
static struct fixture *process(int users, int events)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct op_config *o;
	int t;

	gru = (struct gru_config){
		.name = "gru", .chiplets = 2, .contexts = 16, .tlb_entries = 16, .tgh = 24,
		.tgh_local = 16, .invalidate_max = 1024, .asid_max = 0xfffff0,
		.discards_inflight = 1,
	};
	fix_init(f, 8, 2);
	f->world.seed = (int64_t)seed;
	f->design.gru = (struct gru_protocol){ ZAP_RANGE_START, GRU_FENCE_COUNT };
	f->world.space[0].secondary[0] = (struct secondary_use){ .kind = SECONDARY_GRU, .gru = &gru };
	fix_region(f, "data", PAGES)->secondary_prefault = 0;
	t = fix_thread(f, "user", MODE_USER, users, 50);
	o = fix_op(f, t, OPK_SECONDARY_ACCESS, 0);
	o->pages.kind = PICK_UNIFORM;
	o->n = 4;
	o->write = PPM_ONE / 2;
	fix_op(f, t, OPK_THINK, -1)->duration = fix_const(US(2));
	t = fix_thread(f, "vmm", MODE_USER, 1, events);
	fix_op(f, t, OPK_THINK, -1)->duration = fix_const(US(7));
	if (events) {
		o = fix_op(f, t, OPK_MADVISE_DONTNEED, 0);
		o->length = 4 * PAGE_SIZE;
		o->at.kind = PICK_UNIFORM;
	}
	return f;
}

static uint64_t fingerprint(struct fixture *f, int64_t *ignored)
{
	struct result r;
	uint64_t print;

	fix_run(f, &r);
	print = r.fingerprint;
	is_int(r.status, RUN_OK, "no violation, no deadlock");
	if (ignored)
		*ignored = fix_count(&r, METRIC_GRU_DROPIN, "ignored");
	result_free(&r);
	return print;
}

static void with_pairs(struct fixture *f)
{
	struct design_config *d = &f->design;

	memset(&d->hook[SITE_do_wp_page], 0, sizeof(d->hook[0]));
	memset(&d->hook[SITE_try_to_unmap_one], 0, sizeof(d->hook[0]));
	fix_hook(f, SITE_do_wp_page, POINT_copied, OP_range_start);
	fix_hook(f, SITE_do_wp_page, POINT_leave, OP_range_end);
	fix_hook(f, SITE_try_to_unmap_one, POINT_rmap_locked, OP_range_start);
	fix_hook(f, SITE_try_to_unmap_one, POINT_leave, OP_range_end);
}

static void test_same_bits(int events, const char *what)
{
	struct fixture *f = process(6, events);
	int64_t ignored;
	uint64_t page = fingerprint(f, &ignored);

	with_pairs(f);
	ok(fingerprint(f, NULL) == page, what);
	if (!ignored) {
		gru.discards_inflight = 0;
		ok(fingerprint(f, NULL) == page, "the property alone changes nothing where it is not needed");
	}
	mixed_drop(f);
}

/* --- times k ------------------------------------------------------------------------ */

static double mean_delay(int k)
{
	struct fixture *f = process(3, 0);
	struct result r;
	double v;

	for (int i = 0; i < NR_COSTS; i++)
		f->machine.cost[i] *= k;
	f->machine.idle_exit = fix_const(US(1) * k);
	f->op[0][1].duration = fix_const(US(2) * k);
	f->op[1][0].duration = fix_const(US(7) * k);
	f->world.settle *= k;
	fix_run(f, &r);
	v = fix_metric(&r, METRIC_SECONDARY_FAULT_DELAY, "");
	result_free(&r);
	mixed_drop(f);
	return v;
}

static void test_scaling(void)
{
	double one = mean_delay(1);

	ok(one > 0, "there are misses");
	is_near(mean_delay(3), 3 * one, 1e-6, "all costs times 3: delays times 3");
}

/* --- chiplets --------------------------------------------------------------------------- */

/* One callout with @users on as many chiplets, after they are done; ns. */
static double purge_time(int users)
{
	struct fixture *f = process(users, 1);
	struct result r;
	double v;

	f->machine.blade_sockets = 1;	/* two CPUs: the two chiplets of a blade */
	memset(f->machine.cost, 0, sizeof(f->machine.cost));
	f->machine.cost[COST_GRU_INVALIDATE] = US(3);
	f->thread[1].start = fix_const(MS(50));
	fix_run(f, &r);
	v = fix_metric(&r, METRIC_CALLOUT_TIME, "range_start");
	result_free(&r);
	mixed_drop(f);
	return v;
}

static void test_linear(void)
{
	for (int n = 1; n <= 13; n += 4)
		is_near(purge_time(n), 3000.0 * n, 1e-6, "a purge takes 3 us for each chiplet");
}

int main(void)
{
	seed = tap_seed(1);
	test_same_bits(40, "only ranges are unmapped: page callouts and pairs are the same bits");
	test_same_bits(0, "nobody unmaps: the same bits");
	test_scaling();
	test_linear();
	return tap_done();
}
