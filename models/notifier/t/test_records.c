/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * When a record fires: conditions against the facts of a path, events, early
 * exits with and without an opener that was reached, answers along the list.
 */
#include "models/kernel/mmu_notifier.h"
#include "models/secondary/t/rig.h"

/* --- a registrant that counts ------------------------------------------------------ */

struct fake {
	struct registrant registrant;
	int young, aged;
	int calls[NR_CALLOUT_OPS];
};

static int callout(struct ctx *w, void *priv, enum callout_op op, uint64_t start, uint64_t end)
{
	struct fake *f = priv;

	(void)w; (void)start; (void)end;
	f->calls[op]++;
	return 1;
}

static int age(struct ctx *w, void *priv, enum callout_op op, uint64_t va)
{
	struct fake *f = priv;

	(void)w; (void)op; (void)va;
	f->aged++;
	return f->young;
}

static int usable(void *priv, const struct page *p, char *why, size_t n, int *cpu)
{
	(void)priv; (void)p; (void)why; (void)n; (void)cpu;
	return 0;
}

static int zaps(const void *priv, enum callout_op op)
{
	(void)priv; (void)op;
	return 0;
}

static const struct secondary_ops ops = {
	.kind = "fake", .callout = callout, .age = age, .zaps = zaps, .usable = usable,
};
static const struct secondary_ops ops_without_age = {
	.kind = "fake", .callout = callout, .zaps = zaps, .usable = usable,
};

static struct bench {
	struct fake fake[2];
	const struct secondary_ops *ops[2];
	struct notify_path n;
	enum point_id point;		/* reached, or: */
	enum point_id reached, after, upto;
	enum path_exit why;		/* 0: the point is reached */
	int spinlock;
} b;

static void go(struct rig_thread *t)
{
	struct mm *mm = &t->rig->mm;

	mm->mmu_notifier_mm = NULL;
	for (int i = 0; i < 2; i++) {
		b.fake[i].registrant = (struct registrant){ .ops = b.ops[i], .priv = &b.fake[i] };
		notifier_register(mm, &b.fake[i].registrant);
	}
	b.n.mm = mm;
	if (b.spinlock)
		spin_lock(&t->ctx, &t->rig->kvm->mmu_lock);
	if (b.why)
		mmu_notifier_exit(&t->ctx, &b.n, b.reached, b.after, b.upto, b.why);
	else
		t->got[0] = mmu_notifier_path(&t->ctx, &b.n, b.point);
	if (b.spinlock)
		spin_unlock(&t->ctx, &t->rig->kvm->mmu_lock);
	sync(&t->ctx);
}

static struct rig_thread *bench(struct rig *r, enum site_id site, int facts)
{
	memset(&b, 0, sizeof(b));
	b.ops[0] = b.ops[1] = &ops;
	b.n = (struct notify_path){ NULL, site, RIG_BASE, RIG_BASE + 1, facts };
	rig_init(r, 16);
	memset(r->f.design.hook, 0, sizeof(r->f.design.hook));
	return rig_kthread(r, 4, go);
}

static struct callout *record(struct rig *r, enum point_id point, enum callout_op op)
{
	struct hook *h = &r->f.design.hook[b.n.site][point];

	h->c[h->n] = callout_record(op);
	return &h->c[h->n++];
}

/* --- conditions -------------------------------------------------------------------- */

static void test_condition(enum callout_cond cond, int facts, int spinlock, int fires, const char *what)
{
	struct rig r;

	bench(&r, SITE_copy_page_range, facts);
	b.point = POINT_before;
	b.spinlock = spinlock;
	record(&r, POINT_before, OP_range_start)->cond = (uint8_t)cond;
	rig_run(&r);
	is_int(b.fake[0].calls[OP_range_start], fires, what);
	is_int(rig_count(&r, METRIC_ARMED_TESTS, 0), fires, "and the armed test is paid only then");
	rig_free(&r);
}

static void test_event(enum site_id site, enum point_id point, int events, int fires, const char *what)
{
	struct rig r;

	bench(&r, site, 0);
	b.point = point;
	record(&r, point, OP_range_start)->events = (uint8_t)events;
	rig_run(&r);
	is_int(b.fake[0].calls[OP_range_start], fires, what);
	rig_free(&r);
}

/* --- early exits ------------------------------------------------------------------- */

/* start at @open, end at @close; the path reaches @reached and leaves. */
static void test_exit(enum point_id open, enum point_id close, enum point_id reached,
		      enum path_exit why, int exits, int ends, const char *what)
{
	struct rig r;

	bench(&r, SITE_try_to_unmap_one, 0);
	b.reached = b.after = reached;
	b.upto = POINT_leave;
	b.why = why;
	record(&r, open, OP_range_start);
	record(&r, close, OP_range_end)->exits = (uint8_t)exits;
	rig_run(&r);
	is_int(b.fake[0].calls[OP_range_start], 0, "a start never fires on the way out");
	is_int(b.fake[0].calls[OP_range_end], ends, what);
	rig_free(&r);
}

/* A page callout fires on the exits that it names, in its stretch only. */
static void test_stretch(void)
{
	struct rig r;

	bench(&r, SITE_try_to_unmap_one, 0);
	b.reached = POINT_pte_locked;
	b.after = POINT_rmap_removed;
	b.upto = POINT_leave;
	b.why = EXIT_young;
	record(&r, POINT_flushed, OP_invalidate_page)->exits = EXIT_ALL;
	record(&r, POINT_pte_unlocked, OP_invalidate_range)->exits = EXIT_ALL;
	record(&r, POINT_leave, OP_invalidate_pages);
	rig_run(&r);
	is_int(b.fake[0].calls[OP_invalidate_page], 0, "before the stretch: not now");
	is_int(b.fake[0].calls[OP_invalidate_range], 1, "inside: it says always");
	is_int(b.fake[0].calls[OP_invalidate_pages], 0, "inside, but it says nothing of exits");
	rig_free(&r);
}

/* --- answers ------------------------------------------------------------------------- */

/* The last registered is called first: fake[1]. */
static void test_answer(int first, int second, enum callout_result result, int answer, int aged,
			const char *what)
{
	struct rig r;
	struct rig_thread *t = bench(&r, SITE_page_referenced_one, 0);

	b.point = POINT_aged;
	b.fake[1].young = first;
	b.fake[0].young = second;
	record(&r, POINT_aged, OP_clear_flush_young)->result = (uint8_t)result;
	rig_run(&r);
	is_int(t->got[0], answer, what);
	is_int(b.fake[0].aged + b.fake[1].aged, aged, "registrants called");
	rig_free(&r);
}

static void test_no_age(void)
{
	struct rig r;
	struct rig_thread *t = bench(&r, SITE_page_referenced_one, 0);

	b.point = POINT_aged;
	b.fake[0].young = 1;
	b.ops[1] = &ops_without_age;
	record(&r, POINT_aged, OP_clear_flush_young);
	rig_run(&r);
	is_int(t->got[0], 1, "a registrant without the operation is passed over");
	is_int(rig_count(&r, METRIC_CALLOUT, OP_clear_flush_young), 1, "and no callout of its own");
	rig_free(&r);
}

static void test_text(void)
{
	struct callout c = callout_record(OP_range_end);
	char buf[160];

	is_str(callout_text(&c, SITE_page_mkclean_one, buf, sizeof(buf)), "range_end", "the bare name");
	c.exits &= ~EXIT_no_pte & 0xff;
	c.cond = COND_MAY_BLOCK;
	is_str(callout_text(&c, SITE_page_mkclean_one, buf, sizeof(buf)),
	       "range_end if may_block not on exit no_pte", "condition and exit");
	c = callout_record(OP_clear_flush_young);
	c.result = RESULT_STOP_ON_NONZERO;
	c.cond = COND_NOT_PTE_YOUNG;
	is_str(callout_text(&c, SITE_page_referenced_one, buf, sizeof(buf)),
	       "clear_flush_young if not_pte_young stop_on_nonzero", "result");
}

int main(void)
{
	tap_seed(1);
	test_condition(COND_ALWAYS, 0, 0, 1, "no condition");
	test_condition(COND_COW_MAPPING, FACT_COW_MAPPING, 0, 1, "cow_mapping: it is");
	test_condition(COND_COW_MAPPING, 0, 0, 0, "cow_mapping: it is not");
	test_condition(COND_PTE_YOUNG, FACT_PTE_YOUNG, 0, 1, "pte_young: it is");
	test_condition(COND_PTE_YOUNG, FACT_PTE_PRESENT, 0, 0, "pte_young: it is not");
	test_condition(COND_NOT_PTE_YOUNG, FACT_PTE_PRESENT, 0, 1, "not_pte_young: it is not");
	test_condition(COND_NOT_PTE_YOUNG, FACT_PTE_YOUNG, 0, 0, "not_pte_young: it is");
	test_condition(COND_PTE_PRESENT | COND_PTE_YOUNG, FACT_PTE_YOUNG, 0, 0, "two: one is missing");
	test_condition(COND_MAY_BLOCK, 0, 0, 1, "may_block: nothing is held");
	test_condition(COND_MAY_BLOCK, 0, 1, 0, "may_block: a spinlock is");
	test_event(SITE_page_mkclean_one, POINT_enter, EVENT_protection, 1, "mkclean protects");
	test_event(SITE_page_mkclean_one, POINT_enter, EVENT_unmap | EVENT_clear, 0, "and does not unmap");
	test_event(SITE_unmap_vmas, POINT_before, EVENT_unmap, 1, "munmap does");
	test_exit(POINT_enter, POINT_leave, POINT_enter, EXIT_no_pte, EXIT_ALL, 1, "no pte: the end closes");
	test_exit(POINT_checked, POINT_leave, POINT_enter, EXIT_no_pte, EXIT_ALL, 0, "its start was not reached");
	test_exit(POINT_enter, POINT_leave, POINT_enter, EXIT_no_pte, EXIT_ALL & ~EXIT_no_pte, 0,
		  "skipped on this exit: missed");
	test_exit(POINT_enter, POINT_leave, POINT_pte_locked, EXIT_young, EXIT_ALL & ~EXIT_no_pte, 1,
		  "but not on another");
	test_stretch();
	test_answer(0, 1, RESULT_OR, 1, 2, "or: all are asked");
	test_answer(1, 1, RESULT_OR, 1, 2, "or: even after a yes");
	test_answer(1, 1, RESULT_STOP_ON_NONZERO, 1, 1, "stop_on_nonzero: the first yes ends the walk");
	test_answer(0, 1, RESULT_STOP_ON_NONZERO, 1, 2, "stop_on_nonzero: a no does not");
	test_answer(1, 1, RESULT_VOID, 0, 2, "void: nobody listens");
	test_no_age();
	test_text();
	return tap_done();
}
