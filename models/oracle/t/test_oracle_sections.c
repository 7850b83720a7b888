/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * I4: sections balance.  An end without its start takes count below 0, and
 * the next real section is then invisible to the fence: a fault maps inside
 * it.  A start without its end keeps the fence closed; it is reported once the
 * section is older than 1 s.  And the oracle is a spectator: without it the
 * same bits.
 */
#include "models/hw/irq.h"
#include "models/secondary/t/rig.h"

/* --- an end too many ------------------------------------------------------------ */

static void lone_end(struct rig_thread *t)
{
	struct page *p;

	rig_until(t, US(5));
	if (t->arg)
		rig_callout(t, OP_range_end, 8, 9);
	t->got[0] = t->rig->kvm->count;
	rig_until(t, US(20));
	rig_callout(t, OP_range_start, 0, 1);
	t->got[1] = t->rig->kvm->count;
	rig_until(t, US(70));
	p = rig_clear_pte(t, 0);
	put_page(&t->ctx, p);
	rig_until(t, US(120));
	rig_callout(t, OP_range_end, 0, 1);
	t->got[2] = t->rig->kvm->count;
}

static void fault_inside(struct rig_thread *t)
{
	rig_guest_until(t, US(30));
	kvm_guest_access(t->vcpu, RIG_BASE, 1);
}

static void test_end_without_start(int lone)
{
	struct rig r;
	struct rig_thread *t;

	rig_init(&r, 16);
	rig_no_costs(&r);
	r.prefilled = 0;
	r.f.machine.cost[COST_GUP_PAGE] = US(10);
	rig_vcpu(&r, 1, fault_inside);
	t = rig_kthread(&r, 4, lone_end);
	t->arg = lone;
	rig_run(&r);
	is_int(t->got[0], lone ? -1 : 0, lone ? "an end without its start: count -1" : "balanced");
	is_int(t->got[1], lone ? 0 : 1, "count in the next section");
	is_int(t->got[2], lone ? -1 : 0, "count after it");
	is_int(r.m.oracle->violations[INV_I4], lone ? 2 : 0, "I4: reported at each end below 0");
	is_int(r.m.oracle->exposures[INV_I4], lone ? 2 : 1, "judged at each end");
	is_int(r.m.oracle->violations[INV_I1], lone ? 1 : 0,
	       "the fence does not see the section: a page is freed with its spte");
	if (lone)
		is_str(r.m.oracle->detail[0].summary,
		       "count of open sections is -1: an end without its start", "in words");
	rig_free(&r);
}

/* --- an end too late, or never ------------------------------------------------------ */

static void long_section(struct rig_thread *t)
{
	rig_callout(t, OP_range_start, 0, 1);
	rig_until(t, t->arg);
	rig_callout(t, OP_range_end, 0, 1);
}

static void test_long_section(sim_time length, int64_t violations, const char *what)
{
	struct rig r;

	rig_init(&r, 16);
	rig_no_costs(&r);
	rig_kthread(&r, 4, long_section)->arg = length;
	rig_run(&r);
	is_int(r.m.oracle->violations[INV_I4], violations, what);
	rig_free(&r);
}

/* A design whose range sites announce the start only. */
static void test_start_without_end(sim_time settle, int64_t violations, const char *what)
{
	struct fixture f;
	struct result x;

	fix_init(&f, 1, 2);
	memset(&f.design.hook, 0, sizeof(f.design.hook));
	fix_hook(&f, SITE_zap_page_range, POINT_before, OP_range_start);
	fix_region(&f, "ram", 64);
	fix_thread(&f, "vmm", MODE_USER, 1, 1);
	fix_op(&f, 0, OPK_MADVISE_DONTNEED, 0)->length = 8 * PAGE_SIZE;
	f.world.settle = settle;
	f.world.duration = SEC(3);
	fix_run(&f, &x);
	is_int(x.count[INV_I4].count, violations, what);
	is_int(x.n_violation, violations, "with its description");
	if (x.n_violation)
		is_str(x.violation[0].invariant, "I4", "of I4");
	result_free(&x);
	world_free(f.w);
}

static void three_sections(struct rig_thread *t)
{
	rig_callout(t, OP_range_start, 0, 1);
	rig_until(t, US(10));
	rig_callout(t, OP_range_start, 1, 2);
	rig_until(t, US(20));
	rig_callout(t, OP_range_start, 2, 3);
	t->got[0] = kvm_oldest_section(t->rig->kvm);
	rig_until(t, US(30));
	rig_callout(t, OP_range_end, 0, 1);
	t->got[1] = kvm_oldest_section(t->rig->kvm);
	rig_callout(t, OP_range_end, 1, 2);
	t->got[2] = kvm_oldest_section(t->rig->kvm);
	rig_callout(t, OP_range_end, 2, 3);
	t->got[3] = kvm_oldest_section(t->rig->kvm);
}

static void test_oldest(void)
{
	struct rig r;
	struct rig_thread *t;

	rig_init(&r, 16);
	rig_no_costs(&r);
	t = rig_kthread(&r, 4, three_sections);
	rig_run(&r);
	is_int(t->got[0], 0, "oldest open section of three");
	is_int(t->got[1], US(10), "the first has ended: the second");
	is_int(t->got[2], US(20), "then the third");
	is_int(t->got[3], TIME_NEVER, "then none");
	is_int(r.m.oracle->violations[INV_I4], 0, "balanced");
	is_int((int64_t)r.kvm->closed.area, US(30), "the fence was closed for 30 us");
	rig_free(&r);
}

/* --- a spectator ------------------------------------------------------------------------ */

static void run_world(enum fix_design d, int oracle, uint64_t seed, struct result *x)
{
	struct fixture f;
	int t;

	fix_init(&f, 2, 4);
	fix_design(&f, d);
	f.world.seed = (int64_t)seed;
	f.world.oracle = oracle;
	f.machine.jitter = 100000;
	f.machine.background_interval = (struct dist){ .kind = DIST_EXP, .a = US(50) };
	f.machine.background_length = fix_const(US(2));
	fix_region(&f, "ram", 1024);
	t = fix_thread(&f, "vcpu", MODE_GUEST, 4, 0);
	fix_op(&f, t, OPK_SECONDARY_ACCESS, 0)->n = 4;
	f.op[t][0].pages.kind = PICK_UNIFORM;
	fix_op(&f, t, OPK_THINK, 0)->duration = (struct dist){ .kind = DIST_EXP, .a = US(5) };
	t = fix_thread(&f, "vmm", MODE_USER, 1, 3);
	fix_op(&f, t, OPK_MADVISE_DONTNEED, 0)->length = 600 * PAGE_SIZE;
	fix_op(&f, t, OPK_THINK, 0)->duration = fix_const(US(200));
	fix_run(&f, x);
	world_free(f.w);
}

static void test_spectator(enum fix_design d, uint64_t seed, int violated)
{
	struct result with, without;
	int same = 1;

	printf("# %s\n", fix_design_names[d]);
	run_world(d, 1, seed, &with);
	run_world(d, 0, seed, &without);
	is_int(with.status, violated ? RUN_VIOLATION : RUN_OK, "with the oracle: status");
	is_int(without.status, RUN_OK, "without: it sees nothing");
	ok(with.count[INV_I1].operations > 100, "it had something to look at");
	is_int(without.n_count, 0, "no counts without it");
	ok(with.fingerprint == without.fingerprint, "same fingerprint");
	is_int(with.events, without.events, "same number of events");
	is_int(with.sim_time_ps, without.sim_time_ps, "same simulated time");
	is_int(with.n_metric, without.n_metric, "same metrics");
	for (uint32_t i = 0; i < with.n_metric && i < without.n_metric; i++)
		same &= !memcmp(&with.metric[i].value, &without.metric[i].value, sizeof(double));
	ok(same, "same values, bit by bit");
	result_free(&with);
	result_free(&without);
}

int main(void)
{
	uint64_t seed = tap_seed(1);

	test_end_without_start(1);
	test_end_without_start(0);
	test_long_section(SEC(1), 0, "a section of 1 s is allowed");
	test_long_section(SEC(1) + 1, 1, "longer: reported at its end");
	test_start_without_end(MS(900), 0, "a start without an end: not yet after 0.9 s");
	test_start_without_end(MS(1100), 1, "after 1.1 s: reported at the end of the run");
	test_oldest();
	test_spectator(FIX_BUSTED, seed, 1);
	test_spectator(FIX_MERGED, seed, 0);
	test_spectator(FIX_RELEASED, seed, 0);
	return tap_done();
}
