/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The walk of the notifier list: what a hook point with a record costs when
 * nobody is registered, the order of records at a point and of registrants on
 * the list, what the reader's lock does to preemption, list steps, arguments,
 * spurious callouts, time of a walk to the picosecond.
 */
#include "models/kernel/mmu_notifier.h"
#include "models/secondary/t/rig.h"

/* --- registrants of the test ---------------------------------------------------- */

struct call { int64_t who, op, start, end, nesting; };

struct fake {
	struct registrant registrant;
	int64_t id;
	int drops;			/* what it answers */
	sim_time work;
	const struct kvm *like;		/* whose rule says which callouts zap */
	struct call *call;
	int *n;
};

static int fake_callout(struct ctx *w, void *priv, enum callout_op op, uint64_t start, uint64_t end)
{
	struct fake *f = priv;

	f->call[(*f->n)++] = (struct call){ f->id, op, (int64_t)start, (int64_t)end,
					    w->rcu_nesting };
	cpu_work(w, f->work);
	return f->drops;
}

static int fake_usable(void *priv, const struct page *p, char *why, size_t n, int *cpu)
{
	(void)priv; (void)p; (void)why; (void)n; (void)cpu;
	return 0;
}

static int fake_zaps(const void *priv, enum callout_op op)
{
	return kvm_ops.zaps(((const struct fake *)priv)->like, op);
}

static const struct secondary_ops fake_ops = {
	.kind = "fake", .callout = fake_callout, .zaps = fake_zaps, .usable = fake_usable,
};

struct bench {
	struct fake fake[3];
	struct call call[32];
	int n, registrants;
	int times;			/* how often the point is reached */
	enum site_id site;
	enum point_id point;
};
static struct bench bench;

/* Reach the point as the kernel does, with no registrant but the test's. */
static void reach(struct rig_thread *t)
{
	struct mm *mm = &t->rig->mm;

	mm->mmu_notifier_mm = NULL;
	for (int i = 0; i < bench.registrants; i++) {
		struct fake *f = &bench.fake[i];

		f->registrant = (struct registrant){ .ops = &fake_ops, .priv = f };
		f->id = i;
		f->like = t->rig->kvm;
		f->call = bench.call;
		f->n = &bench.n;
		notifier_register(mm, &f->registrant);
	}
	rig_until(t, US(10));
	for (int i = 0; i < bench.times; i++)
		mmu_notifier(&t->ctx, mm, bench.site, bench.point, RIG_BASE + 3, RIG_BASE + 7);
	sync(&t->ctx);
	t->got[0] = rig_now(t) - US(10);
	t->got[1] = t->ctx.rcu_nesting;
}

static struct rig_thread *bench_init(struct rig *r, int registrants)
{
	memset(&bench, 0, sizeof(bench));
	bench.registrants = registrants;
	bench.times = 1;
	bench.site = SITE_zap_page_range;
	bench.point = POINT_before;
	rig_init(r, 16);
	rig_no_costs(r);
	return rig_kthread(r, 4, reach);
}

/* --- what a point costs ------------------------------------------------------------ */

static void test_disarmed(void)
{
	struct rig r;
	struct rig_thread *t = bench_init(&r, 0);

	r.f.machine.cost[COST_ARMED_TEST] = NS(1);
	r.f.machine.cost[COST_LINE_MEMORY] = NS(100);
	r.f.machine.cost[COST_LINE_OWN] = NS(3);
	bench.times = 2;
	rig_run(&r);
	is_int(t->got[0], NS(1 + 100) + NS(1 + 3),
	       "nobody registered: a load and a branch, the line is shared from then on");
	is_int(rig_count(&r, METRIC_ARMED_TESTS, 0), 2, "two tests");
	is_int(rig_count(&r, METRIC_LIST_WALKS, 0), 0, "no walk");
	rig_free(&r);

	t = bench_init(&r, 0);
	r.f.machine.cost[COST_ARMED_TEST] = NS(1);
	bench.point = POINT_resched;
	rig_run(&r);
	is_int(t->got[0], 0, "a point without a record costs nothing");
	is_int(rig_count(&r, METRIC_ARMED_TESTS, 0), 0, "and tests nothing");
	rig_free(&r);

	t = bench_init(&r, 1);
	r.f.design.armed_test = ARMED_COMPILED_OUT;
	r.f.machine.cost[COST_ARMED_TEST] = NS(1);
	rig_run(&r);
	is_int(t->got[0], 0, "compiled out: nothing");
	is_int(bench.n, 0, "nobody is called");
	rig_free(&r);

	bench_init(&r, 2);
	r.f.design.list_structure = LIST_NONE;
	rig_run(&r);
	is_int(bench.n, 0, "no list: nobody is called, registered or not");
	ok(!r.mm.mmu_notifier_mm, "a design without a list leaves the mm disarmed");
	rig_free(&r);
}

static void test_walk(enum list_structure list, enum list_reader reader, sim_time want,
		      const char *what)
{
	struct rig r;
	struct rig_thread *t = bench_init(&r, 3);

	r.f.design.list_structure = list;
	r.f.design.list_reader = reader;
	r.f.machine.cost[COST_ARMED_TEST] = NS(1);
	r.f.machine.cost[COST_RCU_READ] = NS(10);
	r.f.machine.cost[COST_LIST_STEP] = NS(100);
	r.f.machine.cost[COST_CALLOUT_CALL] = US(1);
	bench.fake[1].work = US(10);
	rig_run(&r);
	is_int(t->got[0], want, what);
	is_int(rig_tally(&r, METRIC_CALLOUT_TIME, OP_range_start)->sum, want - NS(1),
	       "callout.time: the walk without the armed test");
	is_int(rig_count(&r, METRIC_LIST_WALKS, 0), 1, "one walk");
	is_int(rig_count(&r, METRIC_CALLOUT, OP_range_start), 3, "three callouts");
	is_int(bench.n, 3, "each registrant once");
	for (int i = 0; i < 3; i++) {
		is_int(bench.call[i].who, 2 - i, "last registered, first called (hlist_add_head)");
		is_int(bench.call[i].start, RIG_BASE + 3, "start of the range");
		is_int(bench.call[i].end, RIG_BASE + 7, "end of the range");
		is_int(bench.call[i].nesting, reader == READER_RCU, "only a RCU reader is inside rcu_read_lock");
	}
	is_int(t->got[1], 0, "and on again after it");
	rig_free(&r);
}

/* --- several records, answers ---------------------------------------------------------- */

static void test_records(void)
{
	struct rig r;

	bench_init(&r, 2);
	fix_hook(&r.f, SITE_zap_page_range, POINT_before, OP_invalidate_range);
	fix_hook(&r.f, SITE_zap_page_range, POINT_before, OP_range_end);
	rig_run(&r);
	is_int(bench.n, 6, "three records, two registrants");
	is_int(rig_count(&r, METRIC_ARMED_TESTS, 0), 3, "a test for each record");
	is_int(rig_count(&r, METRIC_LIST_WALKS, 0), 3, "a walk for each record");
	is_int(bench.call[0].op, OP_range_start, "in the order of the records");
	is_int(bench.call[1].op, OP_range_start, "each to all registrants first");
	is_int(bench.call[2].op, OP_invalidate_range, "then the second");
	is_int(bench.call[4].op, OP_range_end, "then the third");
	rig_free(&r);
}

static void test_spurious(enum callout_op op, enum zap_at zap_at, int drops, int64_t want,
			  const char *what)
{
	struct rig r;

	bench_init(&r, 1);
	r.f.design.kvm.zap_at = zap_at;
	r.f.design.hook[SITE_zap_page_range][POINT_before].c[0].op = (uint8_t)op;
	bench.fake[0].drops = drops;
	rig_run(&r);
	is_int(rig_count(&r, METRIC_CALLOUT_SPURIOUS, 0), want, what);
	rig_free(&r);
}

int main(void)
{
	tap_seed(1);
	test_disarmed();
	/* 1 ns test, 3 calls of 1 us, 10 us of work in one of them */
	test_walk(LIST_HLIST, READER_NONE, NS(1) + 3 * (NS(100) + US(1)) + US(10), "hlist, no lock");
	test_walk(LIST_HLIST, READER_RCU, NS(1) + NS(10) + 3 * (NS(100) + US(1)) + US(10),
		  "hlist, RCU");
	test_walk(LIST_POINTER, READER_NONE, NS(1) + 3 * US(1) + US(10), "a plain pointer: no list steps");
	test_records();
	test_spurious(OP_range_start, ZAP_RANGE_START, 0, 1, "zaps at start, nothing dropped: spurious");
	test_spurious(OP_range_start, ZAP_RANGE_START, 1, 0, "something dropped: not");
	test_spurious(OP_range_end, ZAP_RANGE_START, 0, 0, "an end that only opens the fence: not");
	test_spurious(OP_range_end, ZAP_RANGE_END, 0, 1, "zaps at end, nothing dropped: spurious");
	test_spurious(OP_range_start, ZAP_RANGE_END, 0, 0, "a start that only closes the fence: not");
	test_spurious(OP_invalidate_page, ZAP_NONE, 0, 1, "a page callout always zaps");
	return tap_done();
}
