/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * do_wp_page of 2.6.27 against hand-written orders and counts: copy, reuse,
 * the page lock that is not waited for, the shared page that only becomes
 * dirty, the race that is lost, a guest's read that breaks copy on write.
 */
#include "models/kernel/page_lock.h"
#include "models/secondary/t/rig.h"

/* One page that another address space maps too, hence read-only, as fork leaves it. */
static struct page *share(struct rig_thread *t, uint64_t page)
{
	struct pte *pte = pte_lookup(&t->rig->mm, RIG_BASE + page);

	get_page(pte->page);
	pte->page->mapcount++;
	pte->write = 0;
	pte->young = 1;
	return pte->page;
}

static void fault(struct rig_thread *t)
{
	share(t, 0);
	rig_until(t, US(10));
	t->got[0] = rig_now(t);
	do_page_fault(&t->ctx, RIG_BASE, 1);
	t->got[1] = rig_now(t);
	t->got[2] = pte_lookup(&t->rig->mm, RIG_BASE)->page->id;
	t->got[3] = pte_lookup(&t->rig->mm, RIG_BASE)->write;
}

static struct rig_thread *bench(struct rig *r, void (*body)(struct rig_thread *t))
{
	rig_init(r, 16);
	r->prefilled = 0;
	fix_hook(&r->f, SITE_do_wp_page, POINT_flushed, OP_invalidate_page);
	return rig_host(r, 4, body);
}

/* G4: mmR ptl+ ref ptl- alloc copy ptl+ same pte0 FL1 CBp pte=new map(new) map--(old)
 * ref--(old) x2 ptl- mmR- */
static const char golden_copy[] =
	"+mmap_sem R\n"
	"+ptl\n"
	"+page_lock\n"
	"-page_lock\n"
	"-ptl\n"
	"page 46 allocated\n"
	"+ptl\n"
	"pte 4096 cleared, page 0\n"
	"INVLPG page 4096\n"
	"flush_tlb: no other CPU\n"
	"callout invalidate_page\n"
	"+mmu_lock\n"
	"kvm: seq++\n"
	"-mmu_lock\n"
	"callout invalidate_page returns\n"
	"pte 4096 = page 46\n"
	"-ptl\n"
	"-mmap_sem R\n";

static void test_copy(void)
{
	struct rig r;
	struct rig_thread *t = bench(&r, fault);

	rig_run(&r);
	is_str(rig_order(&r, 4, t->got[0], t->got[1]), golden_copy, "copy: golden order G4");
	is_int(t->got[2], 46, "the pte maps the copy");
	is_int(t->got[3], 1, "and may be written");
	is_int(r.m.kernel->pages[0].mapcount, 1, "the other mapping of the old page stays");
	is_int(r.m.kernel->pages[0].count, 1, "with its reference");
	is_int(rig_count(&r, METRIC_FLUSH_CALLS, ROUND_PRIMARY), 1, "one flush_tlb_page");
	is_int(rig_count(&r, METRIC_CALLOUT, OP_invalidate_page), 1, "one callout");
	is_int(rig_count(&r, METRIC_CALLOUT_SPURIOUS, 0), 1, "which finds nothing");
	rig_free(&r);
}

/* Nobody else maps it: reuse; a permission upgrade is announced to nobody. */
static void reuse(struct rig_thread *t)
{
	struct pte *pte = pte_lookup(&t->rig->mm, RIG_BASE);

	pte->write = 0;
	rig_until(t, US(10));
	t->got[0] = rig_now(t);
	do_page_fault(&t->ctx, RIG_BASE, 1);
	t->got[1] = rig_now(t);
	t->got[2] = pte->page->id;
	t->got[3] = pte->write + 2 * pte->dirty + 4 * pte->young;
}

static const char golden_reuse[] =
	"+mmap_sem R\n"
	"+ptl\n"
	"+page_lock\n"
	"-page_lock\n"
	"pte 4096 = page 0\n"
	"INVLPG page 4096\n"
	"flush_tlb: no other CPU\n"
	"-ptl\n"
	"-mmap_sem R\n";

static void test_reuse(void)
{
	struct rig r;
	struct rig_thread *t = bench(&r, reuse);

	rig_run(&r);
	is_str(rig_order(&r, 4, t->got[0], t->got[1]), golden_reuse, "reuse: in order");
	is_int(t->got[2], 0, "the same page");
	is_int(t->got[3], 7, "written, dirty, young");
	is_int(rig_count(&r, METRIC_CALLOUT, OP_invalidate_page), 0, "no callout");
	rig_free(&r);
}

/* Another CPU holds the page lock: not waited for, the page is copied. */
static void hold_page_lock(struct rig_thread *t)
{
	struct page *p = rig_page(t->rig, 0);

	get_page(p);
	lock_page(&t->ctx, p);
	rig_until(t, MS(1));
	unlock_page(&t->ctx, p);
	put_page(&t->ctx, p);
}

static void test_trylock(void)
{
	struct rig r;
	struct rig_thread *t = bench(&r, reuse);

	rig_kthread(&r, 5, hold_page_lock);
	rig_run(&r);
	ok(t->got[2] != 0, "page lock taken: a copy although nobody else maps it");
	ok(t->got[1] < MS(1), "and no wait for it");
	is_int(rig_count(&r, METRIC_FREE_PAGES, 0), 1, "the old page goes with the last reference");
	is_int(rig_count(&r, METRIC_CALLOUT, OP_invalidate_page), 1, "one callout");
	rig_free(&r);
}

/* A shared file's page: reuse, dirty, no callout; a private one: copy. */
static void test_file(int kind)
{
	struct rig r;
	struct rig_thread *t = bench(&r, reuse);
	struct page *p;

	r.file = kind;
	rig_run(&r);
	p = &r.m.kernel->pages[0];
	is_int(t->got[2] == 0, kind > 0, kind > 0 ? "shared: the file's page" : "private: a copy");
	is_int(p->dirty, kind > 0, kind > 0 ? "it is dirty now" : "the file's page stays clean");
	is_int(p->count, kind > 0 ? 2 : 1, "references: the cache's, and that of a pte");
	is_int(rig_count(&r, METRIC_CALLOUT, OP_invalidate_page), kind < 0, "callouts");
	rig_free(&r);
}

/* --- races and guests ----------------------------------------------------------------- */

static void slow_fault(struct rig_thread *t)
{
	fault(t);
}

/* While the first copies, this one is done. */
static void second_fault(struct rig_thread *t)
{
	rig_until(t, US(20));
	do_page_fault(&t->ctx, RIG_BASE, 1);
	t->got[0] = pte_lookup(&t->rig->mm, RIG_BASE)->page->id;
	t->got[1] = rig_now(t);
}

static void test_race(void)
{
	struct rig r;
	struct rig_thread *t = bench(&r, slow_fault), *u = rig_host(&r, 5, second_fault);

	rig_no_costs(&r);
	r.f.machine.cost[COST_COPY_PAGE] = US(50);
	rig_run(&r);
	is_int(t->got[1], US(60), "the first to copy is the first to map");
	is_int(u->got[1], US(70), "the second has copied in vain");
	is_int(u->got[0], t->got[2], "both see one page");
	is_int(rig_count(&r, METRIC_FREE_PAGES, 0), 1, "its copy is freed");
	is_int(rig_count(&r, METRIC_CALLOUT, OP_invalidate_page), 1, "one callout");
	rig_free(&r);
}

static void guest_read(struct rig_thread *t)
{
	share(t, 0);
	kvm_guest_access(t->vcpu, RIG_BASE, 0);
	t->got[0] = rig_page(t->rig, 0)->id;
	t->got[1] = kvm_lookup(t->rig->kvm, RIG_BASE)->write;
	t->got[2] = rig_now(t);
	kvm_guest_access(t->vcpu, RIG_BASE, 1);
	t->got[3] = rig_now(t) - t->got[2];
	t->got[4] = rig_page(t->rig, 0)->id;
}

static void test_guest_read(int read_only)
{
	struct rig r;
	struct rig_thread *t;

	rig_init(&r, 16);
	r.prefilled = 0;
	r.f.kvm.read_only = read_only;
	t = rig_vcpu(&r, 1, guest_read);
	rig_run(&r);
	is_int(t->got[0] != 0, !read_only, read_only ? "a read is mapped read-only: no copy" :
	       "2008: a guest's read breaks copy on write");
	is_int(t->got[1], !read_only, "whether the spte allows writes");
	is_int(t->got[3] > 0, read_only, "and whether a write faults again");
	ok(t->got[4] != 0, "after the write it is a copy");
	is_int(rig_count(&r, METRIC_SECONDARY_FAULT_COUNT, 0), 1 + read_only, "faults");
	rig_free(&r);
}

/* The fault samples the sequence, and its own get_user_pages then copies: the callout
 * of that copy steps the sequence, so the fault is tried twice, whatever the style. */
static void own_copy(struct rig_thread *t)
{
	share(t, 0);
	kvm_guest_access(t->vcpu, RIG_BASE, 1);
}

static void test_own_copy(int pair)
{
	struct rig r;

	rig_init(&r, 16);
	r.prefilled = 0;
	if (pair) {
		fix_hook(&r.f, SITE_do_wp_page, POINT_copied, OP_range_start);
		fix_hook(&r.f, SITE_do_wp_page, POINT_pte_unlocked, OP_range_end);
	} else {
		fix_hook(&r.f, SITE_do_wp_page, POINT_flushed, OP_invalidate_page);
	}
	rig_vcpu(&r, 1, own_copy);
	rig_run(&r);
	is_int(rig_count(&r, METRIC_SECONDARY_FAULT_COUNT, 0), 1, "one fault");
	is_int(rig_count(&r, METRIC_FENCE_KILLS, 2), 1, "killed once by the step of its own copy");
	is_int(rig_count(&r, METRIC_SITE_EVENTS, 0), 1, "which is made once");
	is_int(rig_count(&r, METRIC_ROUND, ROUND_SECONDARY), 0, "and has nothing to flush");
	rig_free(&r);
}

int main(void)
{
	tap_seed(1);
	test_copy();
	test_reuse();
	test_trylock();
	test_file(1);
	test_file(-1);
	test_race();
	test_guest_read(0);
	test_guest_read(1);
	test_own_copy(0);
	test_own_copy(1);
	return tap_done();
}
