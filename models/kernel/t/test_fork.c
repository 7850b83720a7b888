/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dup_mmap of 2.6.27: golden order G7 with the late flush, what is shared and
 * read-only afterwards, the breaks inside the open section, the end of a copy,
 * and I7 where the copy is announced to nobody.
 */
#include "models/kernel/fork.h"
#include "models/kernel/rmap.h"
#include "models/secondary/t/rig.h"

static struct mm *child;

static void do_fork(struct rig_thread *t)
{
	rig_until(t, US(10));
	t->got[0] = rig_now(t);
	child = dup_mm(&t->ctx, &t->rig->mm);
	sync(&t->ctx);
	t->got[1] = rig_now(t);
}

static struct rig_thread *bench(struct rig *r, uint64_t pages, void (*body)(struct rig_thread *t))
{
	rig_init(r, pages);
	r->present = pages < 2 ? pages : 2;
	r->prefilled = 1;
	fix_hook(&r->f, SITE_copy_page_range, POINT_before, OP_range_start);
	fix_hook(&r->f, SITE_copy_page_range, POINT_after, OP_range_end);
	return rig_host(r, 4, body);
}

/* G7: mmW(old) mmW(new) anon+ anon- CBs {dst ptl+ src ptl+ .. src- dst-} CBe mmW-(new)
 * FLmm(old) mmW-(old); the child's first table is allocated on the way. */
static const char golden[] =
	"+mmap_sem W\n"
	"+mmap_sem W\n"
	"+anon_vma\n"
	"-anon_vma\n"
	"callout range_start\n"
	"+mmu_lock\n"
	"kvm: count 1\n"
	"spte 4096 cleared, page 0\n"
	"-mmu_lock\n"
	"kvm flush: nobody to kick\n"
	"callout range_start returns\n"
	"+page_table\n"
	"-page_table\n"
	"+ptl\n"
	"+ptl\n"
	"pte 4096 read-only, page 0\n"
	"pte 4096 copied to the child, page 0\n"
	"pte 4097 read-only, page 1\n"
	"pte 4097 copied to the child, page 1\n"
	"-ptl\n"
	"-ptl\n"
	"callout range_end\n"
	"+mmu_lock\n"
	"kvm: seq++\n"
	"kvm: seq++, count 0\n"
	"-mmu_lock\n"
	"callout range_end returns\n"
	"-mmap_sem W\n"
	"local TLB flush\n"
	"flush_tlb: no other CPU\n"
	"-mmap_sem W\n";

static void test_order(void)
{
	struct rig r;
	struct rig_thread *t = bench(&r, 4, do_fork);
	const struct pte *mine, *its;

	rig_run(&r);
	mine = pte_lookup(&r.mm, RIG_BASE);
	its = pte_lookup(child, RIG_BASE);
	is_str(rig_order(&r, 4, t->got[0], t->got[1]), golden, "golden order G7");
	ok(mine->page == its->page, "one page");
	is_int(mine->page->mapcount, 2, "mapped twice");
	is_int(mine->page->count, 2, "referenced twice");
	is_int(mine->write + its->write, 0, "read-only in both");
	is_int(mine->dirty + its->dirty, 2, "dirty in both");
	is_int(its->young, 0, "old in the child");
	is_int(pte_lookup(child, RIG_BASE + 2)->kind, PTE_NONE, "nothing where nothing was");
	ok(child->vma->anon_vma == r.mm.vma->anon_vma && r.mm.vma->anon_next == child->vma,
	   "both VMAs stand on one list");
	is_int(r.m.oracle->violations[INV_I7], 0, "I7 holds");
	is_int(r.m.oracle->exposures[INV_I7], 2, "for both ptes");
	rig_free(&r);
}

/* 5 present ptes (8 each) reach 32 after the fourth: a break, and the section stays open. */
static void preempted(struct rig_thread *t)
{
	t->ctx.cpu->need_resched = 1;
	do_fork(t);
}

static void test_break(void)
{
	struct rig r;

	bench(&r, 6, preempted);
	r.present = 6;
	rig_run(&r);
	is_int(rig_count(&r, METRIC_CALLOUT, OP_range_start), 1, "one section");
	is_int(rig_steps(&r, TP_LOCK, 4, lock_word(LOCK_PTL, LOCK_SPIN)), 2 * 2,
	       "two stretches, each under both locks");
	rig_free(&r);
}

/* A shared file with nothing private: not copied, not announced. */
static void test_file(void)
{
	struct rig r;

	bench(&r, 4, do_fork);
	r.file = 1;
	rig_run(&r);
	is_int(rig_count(&r, METRIC_CALLOUT, OP_range_start), 0, "no section");
	ok(!*table_slot(child, RIG_BASE), "no page table");
	ok(child->vma->mapping == r.mapping && r.mapping->i_mmap.tail == child->vma,
	   "but on the file's list");
	rig_free(&r);
}

/* --- the life of a copy ---------------------------------------------------------------- */

static void fork_write_exit(struct rig_thread *t)
{
	struct mm *first;

	do_fork(t);
	first = child;
	do_page_fault(&t->ctx, RIG_BASE, 1);
	t->got[2] = rig_page(t->rig, 0)->id;
	t->rig->m.kernel->token.mm = child;
	exit_copy(&t->ctx, child);
	t->got[6] = has_swap_token(&t->rig->m, first);
	do_page_fault(&t->ctx, RIG_BASE + 1, 1);
	t->got[3] = rig_page(t->rig, 1)->id;
	t->got[4] = rig_page(t->rig, 1)->mapcount;
	child = dup_mm(&t->ctx, &t->rig->mm);
	t->got[5] = child == first;
	exit_copy(&t->ctx, child);
	sync(&t->ctx);
}

static void test_life(void)
{
	struct rig r;
	struct rig_thread *t = bench(&r, 2, fork_write_exit);

	rig_run(&r);
	ok(t->got[2] > 1, "a write while it lives: a copy");
	is_int(t->got[3], 1, "a write after its exit: reuse");
	is_int(t->got[4], 1, "mapped once");
	is_int(rig_count(&r, METRIC_FREE_PAGES, 0), 1, "the exit frees the page that only it had");
	is_int(t->got[6], 0, "and gives the swap token back");
	is_int(t->got[5], 1, "a new copy takes the memory of the old one");
	is_int(rig_page(&r, 0)->mapcount, 1, "and leaves no mapping");
	is_int(r.mm.vma->anon_next == NULL, 1, "nor a VMA");
	is_int(r.m.oracle->violations[INV_I1] + r.m.oracle->violations[INV_I2], 0, "nothing stale");
	rig_free(&r);
}

/* --- I7 ----------------------------------------------------------------------------------- */

static void write_on(struct rig_thread *t)
{
	for (int i = 0; i < 60; i++) {
		kvm_guest_think(t->vcpu, US(1));
		kvm_guest_access(t->vcpu, RIG_BASE, 1);
	}
	t->got[0] = kvm_lookup(t->rig->kvm, RIG_BASE)->page->id;
}

static void test_i7(int announced)
{
	struct rig r;
	struct rig_thread *v;

	bench(&r, 2, do_fork);
	if (!announced)
		memset(r.f.design.hook[SITE_copy_page_range], 0,
		       sizeof(r.f.design.hook[SITE_copy_page_range]));
	v = rig_vcpu(&r, 1, write_on);
	rig_run(&r);
	is_int(r.m.oracle->violations[INV_I7], !announced, announced ?
	       "announced: the guest's next write copies" : "not announced: the guest writes to the shared page");
	is_int(v->got[0] == 0, !announced, "which page the guest has");
	rig_free(&r);
}

int main(void)
{
	tap_seed(1);
	test_order();
	test_break();
	test_file();
	test_life();
	test_i7(1);
	test_i7(0);
	return tap_done();
}
