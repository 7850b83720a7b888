/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Migration of 2.6.27: golden order, a page that somebody holds (10 tries, and
 * its ptes come back), a fault that meets a migration entry, a pinned page, a
 * page that two VMAs map, and writes: what is writable and dirty afterwards.
 */
#include "models/kernel/lru.h"
#include "models/kernel/migrate.h"
#include "models/kernel/page_lock.h"
#include "models/secondary/t/rig.h"

static void move(struct rig_thread *t)
{
	struct page_list list = { NULL, NULL, 0 };
	struct mm *mm = &t->rig->mm;

	rig_until(t, US(10));
	t->got[0] = rig_now(t);
	down_read(&t->ctx, &mm->mmap_sem);
	migrate_add(&t->ctx, mm, RIG_BASE, &list);
	t->got[2] = list.nr;
	t->got[3] = migrate_pages(&t->ctx, &list);
	up_read(&t->ctx, &mm->mmap_sem);
	sync(&t->ctx);
	t->got[1] = rig_now(t);
}

static struct rig_thread *bench(struct rig *r, uint64_t pages)
{
	rig_init(r, pages);
	fix_hook(&r->f, SITE_try_to_unmap_one, POINT_aged, OP_clear_flush_young);
	fix_hook(&r->f, SITE_try_to_unmap_one, POINT_flushed, OP_invalidate_page);
	return rig_kthread(r, 4, move);
}

/* follow_page, isolation; lock, anon: pte0 FL1 CBp entry; new page: lock, copy, anon: pte;
 * unlock both; the old page goes.  One callout, no ageing. */
static const char golden[] =
	"+mmap_sem R\n"
	"+ptl\n"
	"-ptl\n"
	"page 32 allocated\n"
	"+page_lock\n"
	"+anon_vma\n"
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
	"pte 4096 = entry 0\n"
	"-ptl\n"
	"-anon_vma\n"
	"+page_lock\n"
	"+anon_vma\n"
	"+ptl\n"
	"pte 4096 = page 32\n"
	"-ptl\n"
	"-anon_vma\n"
	"-page_lock\n"
	"-page_lock\n"
	"page 0 freed\n"
	"-mmap_sem R\n";

static void test_order(void)
{
	struct rig r;
	struct rig_thread *t = bench(&r, 2);
	const struct pte *pte;

	rig_run(&r);
	pte = pte_lookup(&r.mm, RIG_BASE);
	is_str(rig_order(&r, 4, t->got[0], t->got[1]), golden, "golden order");
	is_int(t->got[2], 1, "one page to move");
	is_int(t->got[3], 0, "none stays");
	is_int(pte->write, 1, "writable as before");
	is_int(pte->young + pte->dirty, 0, "old and clean: the page is dirty instead");
	is_int(pte->page->dirty, 1, "it is");
	is_int(pte->page->mapcount, 1, "mapped once");
	is_int(pte->page->count, 2, "referenced by its pte, and by the pagevec it waits in");
	is_int(rig_count(&r, METRIC_FREE_PAGES, 0), 1, "the old page is free");
	is_int(rig_count(&r, METRIC_SITE_EVENTS, 2), 1, "one page-site event");
	is_int(r.m.oracle->violations[INV_I1] + r.m.oracle->violations[INV_I2], 0, "nothing stale");
	rig_free(&r);
}

/* Somebody has a reference: every try unmaps and restores. */
static void hold(struct rig_thread *t)
{
	get_page(rig_page(t->rig, 0));
}

static void test_held(void)
{
	struct rig r;
	struct rig_thread *t = bench(&r, 2);

	rig_kthread(&r, 5, hold);
	rig_run(&r);
	is_int(t->got[3], 1, "a page that somebody holds stays");
	is_int(rig_count(&r, METRIC_MIGRATE, 1), 10, "after ten tries");
	is_int(rig_count(&r, METRIC_CALLOUT, OP_invalidate_page), 10, "each with its callout");
	is_int(rig_count(&r, METRIC_CALLOUT_SPURIOUS, 0), 9, "nine of which find nothing");
	is_int(rig_page(&r, 0)->id, 0, "its pte is back");
	is_int(rig_page(&r, 0)->mapcount, 1, "mapped once");
	is_int(pte_lookup(&r.mm, RIG_BASE)->write, 1, "writable");
	rig_free(&r);
}

/* A pin of the secondary MMU is such a reference, until the callout puts it. */
static void test_pinned(int callout)
{
	struct rig r;
	struct rig_thread *t = bench(&r, 2);

	r.f.design.kvm.pin = PIN_PER_SPTE;
	r.f.design.kvm.put_order = PUT_FLUSH_BEFORE;
	r.f.design.kvm.put_batch = 1;
	if (!callout)
		memset(r.f.design.hook[SITE_try_to_unmap_one], 0,
		       sizeof(r.f.design.hook[SITE_try_to_unmap_one]));
	rig_run(&r);
	is_int(t->got[3], !callout, callout ? "pinned, but the callout puts the pin: it moves" :
	       "pinned and not told: it stays");
	rig_free(&r);
}

/* --- faults meanwhile ------------------------------------------------------------------ */

static void fault_at(struct rig_thread *t)
{
	rig_until(t, t->arg);
	do_page_fault(&t->ctx, RIG_BASE, 1);
	while (!pte_lookup(&t->rig->mm, RIG_BASE)->page)
		do_page_fault(&t->ctx, RIG_BASE, 1);
	t->got[0] = rig_now(t);
	t->got[1] = rig_page(t->rig, 0)->id;
}

static void test_wait(void)
{
	struct rig r;
	struct rig_thread *t = bench(&r, 2), *f = rig_host(&r, 5, fault_at);

	rig_no_costs(&r);
	r.f.machine.cost[COST_COPY_PAGE] = US(100);
	f->arg = US(50);
	rig_run(&r);
	ok(f->got[0] >= US(110), "a fault on the entry waits until the page is unlocked");
	is_int(f->got[1] != 0, 1, "and sees the new page");
	is_int(t->got[3], 0, "which has moved all the same");
	is_int(rig_tally(&r, METRIC_HOST_FAULT_PART, PART_PAGE_LOCK)->max, US(60), "60 us of page lock");
	rig_free(&r);
}

/* The guest's access refaults after the move: one fault, no stale page. */
static void guest(struct rig_thread *t)
{
	kvm_guest_access(t->vcpu, RIG_BASE, 1);
	rig_guest_until(t, US(100));
	kvm_guest_access(t->vcpu, RIG_BASE, 1);
	t->got[0] = kvm_lookup(t->rig->kvm, RIG_BASE)->page->id;
}

static void test_guest(void)
{
	struct rig r;
	struct rig_thread *v;

	bench(&r, 2);
	v = rig_vcpu(&r, 1, guest);
	rig_run(&r);
	ok(v->got[0] > 1, "the guest sees the new page");
	is_int(rig_count(&r, METRIC_SECONDARY_FAULT_COUNT, 0), 1, "after one fault");
	is_int(rig_count(&r, METRIC_ROUND, ROUND_PRIMARY), 1, "one primary round");
	is_int(rig_count(&r, METRIC_ROUND, ROUND_SECONDARY), 1, "one secondary round");
	is_int(r.m.oracle->violations[INV_I1], 0, "and the old one was free for nobody");
	rig_free(&r);
}

/* A file's page: the mapping is switched under tree_lock; its dirty flag goes along. */
static void test_file(void)
{
	struct rig r;
	struct rig_thread *t = bench(&r, 2);

	r.file = 1;
	rig_run(&r);
	is_int(t->got[3], 0, "it moves");
	ok(r.mapping->page[0] == rig_page(&r, 0) && r.mapping->page[0]->id > 1,
	   "cache and pte have the new page");
	is_int(r.mapping->page[0]->dirty, 1, "dirty as the old one was");
	is_int(r.mapping->page[0]->count, 3, "cache, pte, pagevec");
	is_int(rig_count(&r, METRIC_FREE_PAGES, 0), 1, "the old page is free");
	rig_free(&r);
}

int main(void)
{
	tap_seed(1);
	test_order();
	test_held();
	test_pinned(1);
	test_pinned(0);
	test_wait();
	test_guest();
	test_file();
	return tap_done();
}
