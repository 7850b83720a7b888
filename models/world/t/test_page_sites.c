/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Windows of single-page sites and ghost probes, where the answer is known: one
 * page migrates every so often, and nothing costs time but the indirect call
 * of a callout and the flush.  The same load with a page callout and with a
 * start/end pair; get_user_pages slow and fast; scopes of the fence; waste.
 */
#include "models/workload/ghost.h"
#include "models/world/t/fixture.h"

enum style { PAGE, PAIR };
#define CALL US(10)		/* of one callout */
#define FLUSH US(5)		/* INVLPG of the mover's own TLB: FL1 */
#define IDLE US(100)

static void style(struct fixture *f, enum site_id site, enum style s)
{
	memset(f->design.hook[site], 0, sizeof(f->design.hook[site]));
	if (s == PAGE) {
		fix_hook(f, site, POINT_flushed, OP_invalidate_page);
	} else {
		fix_hook(f, site, site == SITE_page_mkclean_one ? POINT_enter : POINT_rmap_locked,
			 OP_range_start);
		fix_hook(f, site, POINT_pte_unlocked, OP_range_end);
	}
}

/* A thread of the process moves one page after another. */
static void load(struct fixture *f, enum style s)
{
	struct op_config *o;
	int t;

	fix_init(f, 2, 4);
	memset(f->machine.cost, 0, sizeof(f->machine.cost));
	f->machine.idle_exit = fix_const(0);
	f->machine.cost[COST_CALLOUT_CALL] = CALL;
	f->machine.cost[COST_INVLPG] = FLUSH;
	style(f, SITE_try_to_unmap_one, s);
	fix_region(f, "ram", 2048)->own_vma = 1;
	fix_region(f, "other", 64)->own_vma = 1;
	f->world.until = UNTIL_DURATION;
	f->world.duration = MS(40);
	f->world.probes = (struct dist){ .kind = DIST_EXP, .a = US(1) };
	t = fix_thread(f, "mover", MODE_USER, 1, 0);
	o = fix_op(f, t, OPK_MIGRATE, 0);
	o->n = 1;
	o->pages.kind = PICK_SEQ;
	fix_op(f, t, OPK_THINK, 0)->duration = fix_const(IDLE);
}

static int near(double x, double want, double margin)
{
	return x > want - margin && x < want + margin;
}

/* Share of a cycle, in per cent. */
static double share(sim_time d, sim_time cycle)
{
	return 100.0 * (double)d / (double)cycle;
}

static void run(struct fixture *f, struct result *r)
{
	fix_run(f, r);
	is_int(r->status, RUN_OK, "ran");
}

static double ghost(const struct result *r, enum metric_id id, const char *class)
{
	return fix_metric(r, id, class);
}

/* --- page callout --------------------------------------------------------------------- */

static void test_page(enum gup_kind gup)
{
	struct fixture f;
	struct result r;
	sim_time cycle = IDLE + FLUSH + CALL;
	double ptl = gup == GUP_SLOW ? share(FLUSH + CALL, cycle) : 0;

	load(&f, PAGE);
	f.kvm.gup = gup;
	run(&f, &r);
	is_int((int64_t)fix_metric(&r, METRIC_SITE_PTL, "try_to_unmap_one"), 15000,
		  "page-table lock: flush and callout");
	is_int((int64_t)fix_metric(&r, METRIC_SITE_REFAULT_HOLD, "try_to_unmap_one"), 15000,
		  "a fault waits for that lock, no more");
	is_int(fix_count(&r, METRIC_FENCE_CLOSED, ""), 0, "the fence is never closed");
	ok(near(ghost(&r, METRIC_GHOST_DELAYED, "same_table"), ptl, 1),
	   gup == GUP_SLOW ? "a neighbour waits for the lock" : "fast: a neighbour takes no lock");
	ok(near(ghost(&r, METRIC_GHOST_FENCE, "same_table"), 0, 0.01), "not for the fence");
	ok(near(ghost(&r, METRIC_GHOST_DELAYED, "same_vma"), 0, 0.01), "another page table: nothing");
	ok(near(ghost(&r, METRIC_GHOST_DELAYED, "elsewhere_in_mm"), 0, 0.01), "another VMA: nothing");
	/* of the 10 us of the call the translation still stands */
	ok(near(ghost(&r, METRIC_GHOST_DELAYED, "same_page"), 0, 0.5),
	   "the page itself: it has its translation until the callout runs");
	result_free(&r);
	world_free(f.w);
}

/* --- start and end ------------------------------------------------------------------------ */

static void test_pair(enum fence_scope scope, enum gup_kind gup)
{
	struct fixture f;
	struct result r;
	sim_time cycle = IDLE + CALL + FLUSH + CALL;
	double closed = share(FLUSH + CALL, cycle), ptl = gup == GUP_SLOW ? share(FLUSH, cycle) : 0;
	double other = scope == SCOPE_VM ? closed : 0;

	load(&f, PAIR);
	f.design.kvm.fence_scope = scope;
	f.kvm.gup = gup;
	run(&f, &r);
	is_int((int64_t)fix_metric(&r, METRIC_SITE_PTL, "try_to_unmap_one"), 5000, "page-table lock: the flush");
	is_int((int64_t)fix_metric(&r, METRIC_SITE_REFAULT_HOLD, "try_to_unmap_one"), 25000,
		  "from the call of start to the return of end");
	is_int((int64_t)fix_metric(&r, METRIC_FENCE_WINDOW, ""), 15000, "count++ to count--");
	ok(near(ghost(&r, METRIC_GHOST_FENCE, "same_page"), closed, 1), "the page itself: the fence");
	ok(near(ghost(&r, METRIC_GHOST_FENCE, "same_table"), other, 1), "a neighbour: by scope");
	ok(near(ghost(&r, METRIC_GHOST_DELAYED, "same_table"), other > ptl ? other : ptl, 1),
	   "or by the lock inside");
	ok(near(ghost(&r, METRIC_GHOST_DELAYED, "same_vma"), other, 1), "another page table: by scope");
	ok(near(ghost(&r, METRIC_GHOST_DELAYED, "elsewhere_in_mm"), other, 1), "another VMA: by scope");
	ok(near(ghost(&r, METRIC_GHOST_DELAYED, "anywhere"), other, 1.5), "anywhere: by scope");
	result_free(&r);
	world_free(f.w);
}

/* --- waste ------------------------------------------------------------------------------------ */

/* Writeback of a file: pages that no pte can dirty, in another process that has
 * translations of them, are write-protected in vain. */
static void test_wasted(enum style s, int64_t wasted)
{
	struct fixture f;
	struct result r;
	struct op_config *o;
	int t;

	fix_init(&f, 2, 4);
	style(&f, SITE_page_mkclean_one, s);
	strcpy(fix_region(&f, "ram", 14)->backing, "image");
	f.world.space[0].region[0].shared = 1;
	f.world.space[0].region[0].own_vma = 1;
	f.kvm.read_only = 1;		/* its translations do not make the ptes writable */
	f.world.n_spaces = 2;
	strcpy(f.world.space[1].name, "writer");
	f.world.space[1].region[0] = f.world.space[0].region[0];
	f.world.space[1].region[0].dirty = PPM_ONE;
	f.world.space[1].n_regions = 1;
	t = fix_thread(&f, "flush", MODE_KERNEL, 1, 1);
	f.thread[t].in = 1;
	o = fix_op(&f, t, OPK_WRITEBACK, 0);
	o->n = 14;
	run(&f, &r);
	is_int(fix_count(&r, METRIC_SITE_EVENTS, "page_mkclean_one"), 14, "14 dirty ptes of the writer");
	is_int(fix_count(&r, METRIC_SITE_CALLS, "page_mkclean_one"), 28, "28 ptes looked at");
	is_int(fix_count(&r, METRIC_ZAP_WASTED, "page_mkclean_one"), wasted, s == PAGE ?
	       "a page callout drops nothing in vain" : "a start before the look drops all");
	is_int(fix_count(&r, METRIC_FILE_WRITE, ""), 14, "14 pages written");
	result_free(&r);
	world_free(f.w);
}

int main(void)
{
	tap_seed(1);
	test_page(GUP_SLOW);
	test_page(GUP_FAST);
	test_pair(SCOPE_VM, GUP_SLOW);
	test_pair(SCOPE_INTERVAL, GUP_SLOW);
	test_pair(SCOPE_INTERVAL, GUP_FAST);
	test_wasted(PAGE, 0);
	test_wasted(PAIR, 14);
	return tap_done();
}
