/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Truncation of a mapped file, 2.6.27: golden order of the section under
 * i_mmap_lock (G6), the restart of the walk when somebody wants the CPU (several
 * sections for one VMA) or, with PREEMPT, the lock; private copies; the pages
 * that a fault brings back meanwhile; a hole reads as a new page.
 */
#include "models/kernel/filemap.h"
#include "models/kernel/page_lock.h"
#include "models/kernel/rmap.h"
#include "models/kernel/truncate.h"
#include "models/secondary/t/rig.h"

static void cut(struct rig_thread *t)
{
	rig_until(t, US(10));
	t->got[0] = rig_now(t);
	vmtruncate(&t->ctx, t->rig->mapping, (uint64_t)t->arg);
	sync(&t->ctx);
	t->got[1] = rig_now(t);
}

static struct rig_thread *bench(struct rig *r, uint64_t pages, uint64_t to,
				void (*body)(struct rig_thread *t))
{
	struct rig_thread *t;

	rig_init(r, pages);
	r->file = 1;
	t = rig_kthread(r, 4, body);
	t->arg = (int64_t)to;
	return t;
}

/* --- order -------------------------------------------------------------------------- */

#define SECTION \
	"callout range_start\n" \
	"+mmu_lock\n" \
	"kvm: count 1\n" \
	"spte 4097 cleared, page 1\n" \
	"-mmu_lock\n" \
	"kvm flush: nobody to kick\n" \
	"callout range_start returns\n"
#define END \
	"callout range_end\n" \
	"+mmu_lock\n" \
	"kvm: seq++\n" \
	"kvm: seq++, count 0\n" \
	"-mmu_lock\n" \
	"callout range_end returns\n"

/* Two pages, cut to one.  Unmap under i_mmap_lock; then out of the cache, page lock
 * and tree lock; the last reference frees; the second walk finds nothing. */
static const char golden[] =
	"+i_mmap\n"
	"preempt off\n"
	SECTION
	"+ptl\n"
	"pte 4097 cleared, page 1\n"
	"-ptl\n"
	END
	"flush_tlb: no other CPU\n"
	"preempt on\n"
	"-i_mmap\n"
	"+page_lock\n"
	"+tree irq\n"
	"-tree irq\n"
	"-page_lock\n"
	"page 1 freed\n"
	"+i_mmap\n"
	"preempt off\n"
	"callout range_start\n"
	"+mmu_lock\n"
	"kvm: count 1\n"
	"-mmu_lock\n"
	"callout range_start returns\n"
	"+ptl\n"
	"-ptl\n"
	END
	"preempt on\n"
	"-i_mmap\n";

static void test_order(void)
{
	struct rig r;
	struct rig_thread *t = bench(&r, 2, 1, cut);

	rig_run(&r);
	is_str(rig_order(&r, 4, t->got[0], t->got[1]), golden, "golden order");
	is_int(r.mapping->nrpages, 1, "one page is left in the cache");
	is_int(rig_count(&r, METRIC_FREE_PAGES, 0), 1, "one is free");
	is_int(r.m.oracle->violations[INV_I1], 0, "nobody can reach it");
	rig_free(&r);
}

/* --- restart ------------------------------------------------------------------------- */

static void want_cpu(struct rig_thread *t)
{
	rig_until(t, US(10));
	t->ctx.cpu->need_resched = 1;
	cut(t);
}

/* Blocks of 8 pages, 20 pages: a wish for the CPU at the end of the first block ends the
 * section; the walk starts again and goes on behind it. */
static void test_restart(int wanted)
{
	struct rig r;
	const struct trace_record *off;

	bench(&r, 20, 0, wanted ? want_cpu : cut);
	r.f.kernel.zap_block = 8;
	rig_run(&r);
	/* the walk after the cache is emptied finds nothing, in a section of its own */
	is_int(rig_count(&r, METRIC_CALLOUT, OP_range_start) > 2, wanted, "more sections than walks");
	is_int(rig_count(&r, METRIC_CALLOUT, OP_range_end),
	       rig_count(&r, METRIC_CALLOUT, OP_range_start), "all closed");
	is_int(rig_count(&r, METRIC_UNMAP_PAGES, 0), 20, "every page once");
	is_int(rig_count(&r, METRIC_SPTE_ZAPPED, LABEL_RANGE), 20, "every spte once");
	is_int(r.mm.vma->restart, 0, "nothing is left to do");
	ok(rig_when(&r, TP_PTE_CLEAR, 4, RIG_BASE + 19, 1) <
	   rig_when(&r, TP_LOCK, 4, lock_word(LOCK_PAGE, LOCK_SPIN), 1),
	   "and nothing was left to the pass over the cache");
	off = rig_step(&r, TP_UNLOCK, 4, lock_word(LOCK_I_MMAP, LOCK_SPIN), 1);
	is_int(off->at < rig_when(&r, TP_PTE_CLEAR, 4, RIG_BASE + 19, 1), wanted,
	       "whether i_mmap_lock is dropped on the way");
	rig_free(&r);
}

/* With PREEMPT somebody who waits for i_mmap_lock is reason enough. */
static void want_lock(struct rig_thread *t)
{
	rig_until(t, US(11));
	spin_lock(&t->ctx, &t->rig->mapping->i_mmap_lock);
	t->got[0] = rig_now(t);
	spin_unlock(&t->ctx, &t->rig->mapping->i_mmap_lock);
}

static void test_contended(enum preempt_mode preempt)
{
	struct rig r;
	struct rig_thread *u;
	sim_time last;

	bench(&r, 64, 0, cut);
	u = rig_kthread(&r, 5, want_lock);
	r.f.kernel.preempt = preempt;
	r.f.kernel.zap_block = 8;
	rig_run(&r);
	last = rig_when(&r, TP_PTE_CLEAR, 4, RIG_BASE + 63, 1);
	is_int(u->got[0] < last, preempt == PREEMPT_FULL, preempt == PREEMPT_FULL ?
	       "PREEMPT: a waiter gets the lock between blocks" : "else it waits for all of them");
	is_int(rig_count(&r, METRIC_UNMAP_PAGES, 0), 64, "every page once");
	rig_free(&r);
}

/* --- private copies, refaults, holes ---------------------------------------------------- */

static void write_and_cut(struct rig_thread *t)
{
	do_page_fault(&t->ctx, RIG_BASE, 1);	/* a private copy of page 0 */
	t->got[2] = rig_page(t->rig, 0)->id;
	t->got[3] = t->rig->mapping->nr_pages;
	rig_until(t, US(100));
	if (t->got[4])
		unmap_mapping_range(&t->ctx, t->rig->mapping, 0, 2, 0);
	else
		vmtruncate(&t->ctx, t->rig->mapping, 0);
	sync(&t->ctx);
}

static void test_private(int even_cows, enum gather_kind gather)
{
	struct rig r;
	struct rig_thread *t;

	rig_init(&r, 2);
	r.file = -1;
	r.prefilled = 0;
	r.f.kernel.gather_kind = gather;
	if (gather == GATHER_ONSTACK)
		r.f.kernel.gather_batch = 64;
	t = rig_host(&r, 4, write_and_cut);
	t->got[4] = !even_cows;
	rig_run(&r);
	is_int(rig_page(&r, 0) != NULL, !even_cows, even_cows ?
	       "truncation takes private copies too" : "even_cows=0 spares the private copy");
	is_int(rig_page(&r, 1) != NULL, 0, "the file's own page goes");
	if (!even_cows)
		is_int(rig_page(&r, 0) ? rig_page(&r, 0)->mapcount : 0, 1, "which is mapped as before");
	rig_free(&r);
}

/* A private copy on its way to another frame is spared like one that is present. */
static void unmap_while_moving(struct rig_thread *t)
{
	struct pte *pte = pte_lookup(&t->rig->mm, RIG_BASE);
	struct page *p;

	do_page_fault(&t->ctx, RIG_BASE, 1);
	p = pte->page;
	get_page(p);
	lock_page(&t->ctx, p);
	try_to_unmap(&t->ctx, p, 1);
	unmap_mapping_range(&t->ctx, t->rig->mapping, 0, 2, (int)t->arg);
	sync(&t->ctx);
	t->got[0] = pte->kind;
	t->got[1] = pte->swap == p->id;
	unlock_page(&t->ctx, p);
}

static void test_moving(int even_cows, enum gather_kind gather)
{
	struct rig r;
	struct rig_thread *t;

	rig_init(&r, 2);
	r.file = -1;
	r.prefilled = 0;
	r.f.kernel.gather_kind = gather;
	if (gather == GATHER_ONSTACK)
		r.f.kernel.gather_batch = 64;
	t = rig_host(&r, 4, unmap_while_moving);
	t->arg = even_cows;
	rig_run(&r);
	is_int(t->got[0], even_cows ? PTE_NONE : PTE_MIGRATION, even_cows ?
	       "its entry goes with the private copies" : "even_cows=0 spares its entry");
	if (!even_cows)
		is_int(t->got[1], 1, "which names it still");
	is_int(rig_page(&r, 1) != NULL, 0, "the file's own page goes");
	rig_free(&r);
}

/* A page locked by another is left to the second pass; meanwhile a fault maps it again. */
static void hold(struct rig_thread *t)
{
	struct page *p = t->rig->mapping->page[0];

	lock_page(&t->ctx, p);
	rig_until(t, US(50));
	unlock_page(&t->ctx, p);
}

static void test_locked(void)
{
	struct rig r;
	struct rig_thread *t = bench(&r, 20, 0, cut);

	rig_kthread(&r, 5, hold);
	rig_run(&r);
	ok(t->got[1] > US(50), "the second pass waits for the page lock");
	is_int(r.mapping->nrpages, 0, "the cache is empty");
	is_int(rig_count(&r, METRIC_FREE_PAGES, 0), 20, "all are free");
	rig_free(&r);
}

static void hole(struct rig_thread *t)
{
	vmtruncate(&t->ctx, t->rig->mapping, 0);
	t->rig->mapping->nr_pages = 2;
	do_page_fault(&t->ctx, RIG_BASE, 0);
	t->got[0] = rig_page(t->rig, 0) == t->rig->mapping->page[0];
	t->got[1] = pte_lookup(&t->rig->mm, RIG_BASE)->write;
	do_page_fault(&t->ctx, RIG_BASE, 1);
	t->got[2] = pte_lookup(&t->rig->mm, RIG_BASE)->write;
	t->got[3] = rig_page(t->rig, 0)->dirty;
	sync(&t->ctx);
}

static void test_hole(void)
{
	struct rig r;
	struct rig_thread *t;

	rig_init(&r, 2);
	r.file = 1;
	t = rig_host(&r, 4, hole);
	rig_run(&r);
	is_int(t->got[0], 1, "a hole reads as a new page of the cache");
	is_int(t->got[1], 0, "mapped read-only by a read");
	is_int(t->got[2], 1, "writable by a write");
	is_int(t->got[3], 1, "and dirty");
	is_int(r.mapping->nrpages, 1, "one page");
	rig_free(&r);
}

int main(void)
{
	tap_seed(1);
	test_order();
	test_restart(0);
	test_restart(1);
	test_contended(PREEMPT_NONE);
	test_contended(PREEMPT_FULL);
	for (enum gather_kind g = GATHER_PERCPU; g <= GATHER_ONSTACK; g++)
		for (int even_cows = 0; even_cows < 2; even_cows++) {
			test_private(even_cows, g);
			test_moving(even_cows, g);
		}
	test_locked();
	test_hole();
	return tap_done();
}
