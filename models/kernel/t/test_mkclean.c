/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * page_mkclean of 2.6.27: golden order, a clean pte and one that is not there
 * (with records that fire on those exits or do not), and I7: without a callout
 * a guest goes on writing to a page that counts as clean.
 */
#include "models/kernel/page_lock.h"
#include "models/kernel/writeback.h"
#include "models/secondary/t/rig.h"

static void clean_first(struct rig_thread *t)
{
	struct page *p = t->rig->mapping->page[0];

	if (rig_now(t) < US(10))
		rig_until(t, US(10));
	t->got[0] = rig_now(t);
	lock_page(&t->ctx, p);
	t->got[2] = clear_page_dirty_for_io(&t->ctx, p);
	unlock_page(&t->ctx, p);
	sync(&t->ctx);
	t->got[1] = rig_now(t);
}

static struct rig_thread *bench(struct rig *r, uint64_t prefilled)
{
	rig_init(r, 4);
	r->file = 1;
	r->prefilled = prefilled;
	return rig_kthread(r, 4, clean_first);
}

/* --- order ------------------------------------------------------------------------ */

/* G3: P+ imm+ ptl+ pte0 FL1 CBp pteRO ptl- imm- set_dirty clear_dirty */
static const char golden[] =
	"+page_lock\n"
	"+i_mmap\n"
	"+ptl\n"
	"pte 4096 cleared, page 0\n"
	"flush_tlb: no other CPU\n"
	"callout invalidate_page\n"
	"+mmu_lock\n"
	"kvm: seq++\n"
	"spte 4096 cleared, page 0\n"
	"-mmu_lock\n"
	"kvm flush: nobody to kick\n"
	"callout invalidate_page returns\n"
	"pte 4096 = page 0\n"
	"-ptl\n"
	"-i_mmap\n"
	"-page_lock\n";

static void test_order(void)
{
	struct rig r;
	struct rig_thread *t = bench(&r, 4);
	const struct page *p;

	fix_hook(&r.f, SITE_page_mkclean_one, POINT_flushed, OP_invalidate_page);
	rig_run(&r);
	p = r.mapping->page[0];
	is_str(rig_order(&r, 4, t->got[0], t->got[1]), golden, "golden order G3");
	is_int(t->got[2], 1, "the page was dirty");
	is_int(p->dirty, 0, "it is not any more");
	is_int(pte_lookup(&r.mm, RIG_BASE)->write + pte_lookup(&r.mm, RIG_BASE)->dirty, 0,
	       "its pte is read-only and clean");
	is_int(p->mapcount, 1, "and still there");
	is_int(rig_count(&r, METRIC_CALLOUT_SPURIOUS, 0), 0, "the callout found an spte");
	is_int(r.m.oracle->exposures[INV_I7], 1, "I7 was judged");
	is_int(r.m.oracle->violations[INV_I7] + r.m.oracle->violations[INV_I2], 0, "and holds");
	rig_free(&r);
}

/* --- exits ------------------------------------------------------------------------- */

/* Clean and read-only already (got[2]: whether it was dirty) ... */
static void test_clean(int pair, int64_t callouts)
{
	struct rig r;
	struct rig_thread *t = bench(&r, 0);

	if (pair) {
		fix_hook(&r.f, SITE_page_mkclean_one, POINT_enter, OP_range_start);
		fix_hook(&r.f, SITE_page_mkclean_one, POINT_pte_unlocked, OP_range_end);
	} else {
		fix_hook(&r.f, SITE_page_mkclean_one, POINT_flushed, OP_invalidate_page);
	}
	rig_run(&r);
	is_int(t->got[2], 0, "a clean page");
	is_int(rig_count(&r, METRIC_CALLOUT, OP_range_start) + rig_count(&r, METRIC_CALLOUT, OP_range_end) +
	       rig_count(&r, METRIC_CALLOUT, OP_invalidate_page), callouts,
	       pair ? "start and end all the same" : "no callout");
	is_int(rig_count(&r, METRIC_FLUSH_CALLS, ROUND_PRIMARY), 0, "no flush");
	is_int(r.kvm->count, 0, "no section stays open");
	rig_free(&r);
}

/* The VMA is there, its pte is not; another mapping holds the page. */
static void clean_unmapped(struct rig_thread *t)
{
	struct page *p = t->rig->mapping->page[0];

	rig_clear_pte(t, 0);
	p->mapcount = 1;
	clean_first(t);
}

static void test_no_pte(int skipped, int64_t count)
{
	struct rig r;

	bench(&r, 0);
	r.thread[0].body = clean_unmapped;
	fix_hook(&r.f, SITE_page_mkclean_one, POINT_enter, OP_range_start);
	fix_hook(&r.f, SITE_page_mkclean_one, POINT_pte_unlocked, OP_range_end);
	if (skipped)
		r.f.design.hook[SITE_page_mkclean_one][POINT_pte_unlocked].c[0].exits =
			EXIT_ALL & ~EXIT_no_pte;
	rig_run(&r);
	is_int(rig_count(&r, METRIC_CALLOUT, OP_range_start), 1, "a section opens for nothing");
	is_int(r.kvm->count, count, skipped ? "its end is missed: the fence stays closed" : "and closes");
	rig_free(&r);
}

/* Records at early_exit are reached on early exits only. */
static void test_early_exit(uint64_t prefilled, int64_t want)
{
	struct rig r;

	bench(&r, prefilled);
	fix_hook(&r.f, SITE_page_mkclean_one, POINT_early_exit, OP_invalidate_page);
	rig_run(&r);
	is_int(rig_count(&r, METRIC_CALLOUT, OP_invalidate_page), want, "early_exit");
	rig_free(&r);
}

/* --- I7 ------------------------------------------------------------------------------ */

static void write_on(struct rig_thread *t)
{
	for (int i = 0; i < 40; i++) {
		kvm_guest_think(t->vcpu, US(1));
		kvm_guest_access(t->vcpu, RIG_BASE, 1);
	}
}

static void test_i7(int callout, int64_t violations)
{
	struct rig r;
	struct rig_thread *t = bench(&r, 4);

	if (callout)
		fix_hook(&r.f, SITE_page_mkclean_one, POINT_flushed, OP_invalidate_page);
	rig_vcpu(&r, 1, write_on);
	rig_run(&r);
	ok(t->got[2], "the page was dirty");
	is_int(r.m.oracle->violations[INV_I7], violations,
	       callout ? "with the callout nobody writes unnoticed" : "without it the guest goes on writing");
	is_int(pte_lookup(&r.mm, RIG_BASE)->dirty, callout, callout ?
	       "its next write has faulted: the page is dirty again" : "and nobody knows");
	rig_free(&r);
}

/* A fault has its page, and waits for mmu_lock until the pte is long protected. */
static void early_fault(struct rig_thread *t)
{
	rig_guest_until(t, US(5));
	kvm_guest_access(t->vcpu, RIG_BASE, 1);
}

static void hold_mmu_lock(struct rig_thread *t)
{
	rig_until(t, US(1));
	spin_lock(&t->ctx, &t->rig->kvm->mmu_lock);
	rig_until(t, US(100));
	spin_unlock(&t->ctx, &t->rig->kvm->mmu_lock);
}

/* Dirty already, as far as the host knows: get_user_pages changes nothing. */
static void dirty_then_clean(struct rig_thread *t)
{
	struct pte *pte = pte_lookup(&t->rig->mm, RIG_BASE);

	pte->write = pte->dirty = 1;
	pte->page->dirty = 1;
	rig_until(t, US(20));
	t->got[3] = (int64_t)t->rig->m.oracle->violations[INV_I7];
	clean_first(t);
	t->got[4] = (int64_t)t->rig->m.oracle->violations[INV_I7];
}

static void test_i7_install(int callout, int64_t violations)
{
	struct rig r;
	struct rig_thread *t = bench(&r, 0);

	rig_no_costs(&r);
	t->body = dirty_then_clean;
	if (callout)
		fix_hook(&r.f, SITE_page_mkclean_one, POINT_flushed, OP_invalidate_page);
	r.f.kvm.gup = GUP_FAST;
	rig_kthread(&r, 5, hold_mmu_lock);
	rig_vcpu(&r, 1, early_fault);
	rig_run(&r);
	is_int(t->got[4], 0, "nothing is wrong when the pte is protected");
	is_int(r.m.oracle->violations[INV_I7], violations, callout ?
	       "the callout is behind the install, and drops it" : "installed afterwards: I7");
	is_int(r.m.oracle->violations[INV_I2], violations, "and I2: it is stale too");
	rig_free(&r);
}

int main(void)
{
	tap_seed(1);
	test_order();
	test_clean(0, 0);
	test_clean(1, 2);
	test_no_pte(0, 0);
	test_no_pte(1, 1);
	test_early_exit(0, 1);
	test_early_exit(4, 0);
	test_i7(1, 0);
	test_i7(0, 1);
	test_i7_install(1, 0);
	test_i7_install(0, 1);
	return tap_done();
}
