/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The fence: kind (none, count, seq, count and seq) by scope (vm, hull,
 * interval), asked directly in hand-made states; then whole faults against a
 * section placed where each kind is blind, judged by the oracle:
 *   count alone misses a section that fits between get_user_pages and insert,
 *   seq alone misses get_user_pages inside a section that is still open,
 *   no fence with a pin leaves a stale pinned spte (exposure, not I2).
 */
#include "models/hw/irq.h"
#include "models/secondary/t/rig.h"

static const char *const kinds[] = { "none", "count", "seq", "count_seq" };
static const char *const scopes[] = { "vm", "hull", "interval" };

/* --- the predicate ---------------------------------------------------------------- */

struct answer { int64_t closed, spurious, by; };
static struct answer asked[32];

static void ask(struct rig_thread *t, uint64_t page, int64_t seq)
{
	struct kvm *k = t->rig->kvm;
	struct section by = { 0 };
	int spurious = 0;
	struct answer *a = &asked[t->got[0]++];

	a->closed = kvm_fence(k, RIG_BASE + page, seq, &by, &spurious) != FENCE_OPEN;
	a->spurious = spurious;
	a->by = a->closed ? (int64_t)by.start - RIG_BASE : -1;
}

/* Pages 8 and 20 have the sections, 10 lies between, 5 outside; @seq: a sample. */
static void ask_all(struct rig_thread *t, int64_t seq)
{
	ask(t, 8, seq);
	ask(t, 10, seq);
	ask(t, 5, seq);
}

static void states(struct rig_thread *t)
{
	struct kvm *k = t->rig->kvm;
	int64_t seq = k->seq;

	ask_all(t, seq);			/* 0: nothing open */
	rig_callout(t, OP_range_start, 8, 9);
	rig_callout(t, OP_range_start, 20, 21);
	ask_all(t, k->seq);			/* 3: both open */
	rig_callout(t, OP_range_end, 8, 9);
	ask_all(t, k->seq);			/* 6: the first is closed, sampled now */
	ask_all(t, seq);			/* 9: sampled before */
	rig_callout(t, OP_range_end, 20, 21);
	ask_all(t, k->seq);			/* 12: all closed, sampled now */
	seq = k->seq;
	rig_callout(t, OP_invalidate_page, 8, 9);
	rig_callout(t, OP_invalidate_page, 9, 10);
	ask_all(t, seq);			/* 15: page callouts since the sample */
	rig_callout(t, OP_range_start, 30, 31);
	ask_all(t, k->seq);			/* 18: a new section elsewhere */
	rig_callout(t, OP_range_end, 30, 31);
}

#define NR_STATES 7
static const char *const state_names[NR_STATES] = {
	"nothing open", "both sections open", "one closed, sampled after it",
	"one closed, sampled before both", "all closed, sampled now",
	"page callouts since the sample", "a later section elsewhere",
};
/* Closed for pages 8, 10, 5 (x = closed), by kind and scope. */
static const char *const expected[4][3][NR_STATES] = {
	{ { "...", "...", "...", "...", "...", "...", "..." },
	  { "...", "...", "...", "...", "...", "...", "..." },
	  { "...", "...", "...", "...", "...", "...", "..." } },
	{ { "...", "xxx", "xxx", "xxx", "...", "...", "xxx" },
	  { "...", "xx.", "xx.", "xx.", "...", "...", "..." },	/* the hull stays until count is 0 */
	  { "...", "x..", "...", "...", "...", "...", "..." } },
	{ { "...", "...", "...", "xxx", "...", "xxx", "..." },
	  { "...", "...", "...", "xxx", "...", "xxx", "..." },	/* hull filters the count test only */
	  { "...", "...", "...", "x..", "...", "x..", "..." } },
	{ { "...", "xxx", "xxx", "xxx", "...", "xxx", "xxx" },
	  { "...", "xx.", "xx.", "xxx", "...", "xxx", "..." },
	  { "...", "x..", "...", "x..", "...", "x..", "..." } },
};

/* The section over page 8; where it is closed and only the count counts, the open one. */
static int64_t blamed(enum fence_kind kind, enum fence_scope scope, int state)
{
	int by_count = kind == FENCE_COUNT || (kind == FENCE_COUNT_SEQ && scope != SCOPE_INTERVAL);

	if (state == 6)
		return 30;
	return (state == 2 || state == 3) && by_count ? 20 : 8;
}

static void test_predicate(enum fence_kind kind, enum fence_scope scope)
{
	char what[128];
	struct rig r;

	rig_init(&r, 32);
	rig_no_costs(&r);
	r.f.design.kvm.fence_kind = kind;
	r.f.design.kvm.fence_scope = scope;
	rig_kthread(&r, 4, states);
	memset(asked, 0, sizeof(asked));
	rig_run(&r);
	for (int s = 0; s < NR_STATES; s++) {
		char got[4] = "...";

		for (int i = 0; i < 3; i++)
			if (asked[3 * s + i].closed)
				got[i] = 'x';
		snprintf(what, sizeof(what), "%s, scope %s: %s", kinds[kind], scopes[scope],
			 state_names[s]);
		is_str(got, expected[kind][scope][s], what);
		if (asked[3 * s].closed)
			is_int(asked[3 * s].by, blamed(kind, scope, s), "who is blamed for page 8");
		ok(asked[3 * s + 2].spurious, "the page outside: nothing overlapped it");
	}
	rig_free(&r);
}

static void many_callouts(struct rig_thread *t)
{
	int64_t seq = t->rig->kvm->seq;

	for (int i = 0; i < PAST_SECTIONS - 1; i++)
		rig_callout(t, OP_invalidate_page, 9, 10);
	ask(t, 8, seq);
	rig_callout(t, OP_invalidate_page, 9, 10);
	rig_callout(t, OP_invalidate_page, 9, 10);
	ask(t, 8, seq);
}

static void test_forgotten(void)
{
	struct rig r;

	rig_init(&r, 32);
	r.f.design.kvm.fence_scope = SCOPE_INTERVAL;
	rig_kthread(&r, 4, many_callouts);
	memset(asked, 0, sizeof(asked));
	rig_run(&r);
	is_int(asked[0].closed, 0, "scope interval: 255 callouts on another page let the fault pass");
	is_int(asked[1].closed, 1, "what is older than the memory of ranges counts as overlapping");
	rig_free(&r);
}

/* --- a whole fault against a section ------------------------------------------------- */

/*
 * get_user_pages_fast from 10 to 60 us with interrupts off; the interrupt that
 * came meanwhile is then served, until 100 us if there is one; fence and insert
 * follow at once.
 */
enum where { BETWEEN_GUP_AND_INSERT, CLEARED_BEFORE_INSERT, CLEARED_AFTER_INSERT };
static const struct { sim_time start, clear, end, handler; } timeline[] = {
	[BETWEEN_GUP_AND_INSERT] = { US(70), US(75), US(80), US(40) },
	[CLEARED_BEFORE_INSERT] = { US(5), US(70), US(120), US(40) },
	[CLEARED_AFTER_INSERT] = { US(5), US(80), US(90), 0 },
};

static void faulter(struct rig_thread *t)
{
	rig_guest_until(t, US(10));
	kvm_guest_access(t->vcpu, RIG_BASE, 1);
	rig_guest_until(t, US(400));
}

static void invalidator(struct rig_thread *t)
{
	struct rig *r = t->rig;
	struct page *p;

	if (timeline[t->arg].handler)
		irq_send(&r->m.cpu[1], VECTOR_BACKGROUND, US(30));
	rig_until(t, timeline[t->arg].start);
	rig_callout(t, OP_range_start, 0, 1);
	rig_until(t, timeline[t->arg].clear);
	p = rig_clear_pte(t, 0);
	put_page(&t->ctx, p);
	rig_until(t, timeline[t->arg].end);
	rig_callout(t, OP_range_end, 0, 1);
}

struct judged { int64_t i1, i2, stale_pinned, retries; };

static void test_fault(enum fence_kind kind, enum pin_kind pin, enum fence_scope scope,
		       enum where where, struct judged want, const char *what)
{
	struct rig r;

	printf("# fence %s, scope %s, %s: %s\n", kinds[kind], scopes[scope],
	       pin == PIN_NONE ? "no pin" : "pinned", what);
	rig_init(&r, 32);
	rig_no_costs(&r);
	r.prefilled = 0;
	r.f.design.kvm.fence_kind = kind;
	r.f.design.kvm.fence_scope = scope;
	r.f.design.kvm.pin = pin;
	r.f.kvm.gup = GUP_FAST;
	r.f.machine.cost[COST_GUP_FAST] = US(50);
	r.f.machine.background_length = fix_const(timeline[where].handler);
	rig_vcpu(&r, 1, faulter);
	rig_kthread(&r, 4, invalidator)->arg = where;
	rig_run(&r);
	is_int(r.m.oracle->violations[INV_I2], want.i2, "I2");
	is_int(r.m.oracle->violations[INV_I1], want.i1, "I1");
	is_int(r.m.oracle->stale_pinned, want.stale_pinned, "stale pinned sptes");
	is_int(rig_count(&r, METRIC_SPTE_STALE_PINNED, 0), want.stale_pinned, "and their metric");
	is_int(rig_count(&r, METRIC_SECONDARY_FAULT_RETRIES, 0), want.retries, "retries");
	if (where != CLEARED_AFTER_INSERT && !want.i2)
		ok(r.m.oracle->exposures[INV_I2] > 0, "counted as an exposure of I2");
	rig_free(&r);
}

static void test_kinds(void)
{
	static const char between[] = "a whole section between get_user_pages and insert";
	static const char before[] = "get_user_pages in a section, pte cleared before the insert";
	static const char after[] = "get_user_pages in a section, pte cleared after the insert";

	for (int scope = SCOPE_VM; scope <= SCOPE_INTERVAL; scope++) {
		/* the page goes with get_user_pages' reference, its spte stays: I1 follows I2 */
		test_fault(FENCE_COUNT, PIN_NONE, scope, BETWEEN_GUP_AND_INSERT,
			   (struct judged){ 1, 1, 0, 0 }, between);
		test_fault(FENCE_SEQ, PIN_NONE, scope, BETWEEN_GUP_AND_INSERT,
			   (struct judged){ 0, 0, 0, 1 }, between);
		test_fault(FENCE_COUNT_SEQ, PIN_NONE, scope, BETWEEN_GUP_AND_INSERT,
			   (struct judged){ 0, 0, 0, 1 }, between);
		test_fault(FENCE_COUNT, PIN_NONE, scope, CLEARED_BEFORE_INSERT,
			   (struct judged){ 0, 0, 0, 1 }, before);
		test_fault(FENCE_SEQ, PIN_NONE, scope, CLEARED_BEFORE_INSERT,
			   (struct judged){ 1, 1, 0, 0 }, before);
		test_fault(FENCE_COUNT_SEQ, PIN_NONE, scope, CLEARED_BEFORE_INSERT,
			   (struct judged){ 0, 0, 0, 2 }, before);
		/* nothing was cleared when the spte was stored: I2 is not judged, I1 is */
		test_fault(FENCE_COUNT, PIN_NONE, scope, CLEARED_AFTER_INSERT,
			   (struct judged){ 0, 0, 0, 1 }, after);
		test_fault(FENCE_SEQ, PIN_NONE, scope, CLEARED_AFTER_INSERT,
			   (struct judged){ 1, 0, 0, 0 }, after);
		test_fault(FENCE_COUNT_SEQ, PIN_NONE, scope, CLEARED_AFTER_INSERT,
			   (struct judged){ 0, 0, 0, 2 }, after);
	}
	test_fault(FENCE_NONE, PIN_NONE, SCOPE_VM, BETWEEN_GUP_AND_INSERT,
		   (struct judged){ 1, 1, 0, 0 }, between);
	test_fault(FENCE_NONE, PIN_PER_SPTE, SCOPE_VM, BETWEEN_GUP_AND_INSERT,
		   (struct judged){ 0, 0, 1, 0 }, between);
	test_fault(FENCE_NONE, PIN_PER_SPTE, SCOPE_VM, CLEARED_BEFORE_INSERT,
		   (struct judged){ 0, 0, 1, 0 }, before);
	test_fault(FENCE_NONE, PIN_PER_SPTE, SCOPE_VM, CLEARED_AFTER_INSERT,
		   (struct judged){ 0, 0, 0, 0 }, after);
	test_fault(FENCE_COUNT_SEQ, PIN_PER_SPTE, SCOPE_VM, BETWEEN_GUP_AND_INSERT,
		   (struct judged){ 0, 0, 0, 1 }, between);
}

int main(void)
{
	tap_seed(1);
	for (int kind = FENCE_NONE; kind <= FENCE_COUNT_SEQ; kind++)
		for (int scope = SCOPE_VM; scope <= SCOPE_INTERVAL; scope++)
			test_predicate(kind, scope);
	test_forgotten();
	test_kinds();
	return tap_done();
}
