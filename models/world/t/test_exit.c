/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The end of a process: golden order G10 (kernel/exit.c, mm/mmap.c,
 * mm/mmu_notifier.c of 2.6.27), the last of several threads, closing of the
 * driver's file, a second life, and when what is freed.
 */
#include "models/world/t/steps.h"

enum { PAGES = 12 };

static void word_list(struct word_list *v, int n, const enum step_id *step)
{
	v->n = (uint8_t)n;
	for (int i = 0; i < n; i++)
		v->word[i] = (uint8_t)step[i];
}

/* A process of @threads that exit one after the other, all pages with sptes. */
static void start(struct fixture *f, int threads, int vm_fd)
{
	fix_init(f, 2, 4);
	f->kvm.release = 1;
	f->design.list_reader = READER_NONE;
	word_list(&f->design.on_exit, 3, (enum step_id[]){ STEP_unlink, STEP_release, STEP_gp });
	word_list(&f->design.on_unregister, 4,
		  (enum step_id[]){ STEP_unlink, STEP_release, STEP_gp, STEP_free });
	f->world.space[0].secondary[0].vm_fd = vm_fd;
	fix_region(f, "ram", PAGES);
	for (int i = 0; i < threads; i++) {
		char name[16];

		snprintf(name, sizeof(name), "t%d", i);
		fix_thread(f, name, MODE_USER, 1, 1);
		f->thread[i].first_cpu = i;
		f->thread[i].start = fix_const(US(10 + 20 * i));
		fix_op(f, i, OPK_EXIT, 0);
	}
}

static void finish(struct fixture *f, struct result *r)
{
	result_free(r);
	world_free(f->w);
}

/* G10: S+ del S- release S+ S- GP preempt- CBs(empty) zap CBe(empty) FLmm free preempt+ */
static void test_golden(struct recording *rec)
{
	struct fixture f;
	struct result r;
	struct steps s;
	size_t from, to;

	start(&f, 1, 0);
	record_run(&f, rec, &r);
	from = record_find(rec, 0, TP_EXIT_MM, 0);
	to = record_find(rec, from, TP_EXIT_DONE, 0);
	steps_of(&s, rec, 0, from, to, STEPS_ORDER);
	is_str(steps_line(&s),
	       "mmput +S del -S release[ +mmu 12x spte0 round -mmu round ] +S -S GP "
	       "preempt- +ptl 12x pte0 -ptl +anon -anon table FLmm 12x free preempt+ notify",
	       "exit of 2.6.27");
	steps_free(&s);
	is_int(r.status, RUN_OK, "no violation");
	finish(&f, &r);

	start(&f, 1, 0);
	word_list(&f.design.on_exit, 3, (enum step_id[]){ STEP_release, STEP_unlink, STEP_gp });
	record_run(&f, rec, &r);
	from = record_find(rec, 0, TP_EXIT_MM, 0);
	to = record_find(rec, from, TP_LIST_GP_END, 0);
	steps_of(&s, rec, 0, from, to, STEPS_ORDER);
	is_str(steps_line(&s), "mmput release[ +mmu 12x spte0 round -mmu round ] +S del -S GP",
	       "exit of 3.7");
	steps_free(&s);
	finish(&f, &r);

	start(&f, 1, 1);
	record_run(&f, rec, &r);
	from = record_find(rec, record_find(rec, 0, TP_EXIT_MM, 0), TP_UNREGISTER_BEGIN, 0);
	to = record_find(rec, from, TP_EXIT_DONE, 0);
	steps_of(&s, rec, 0, from, to, STEPS_ORDER);
	is_str(steps_line(&s), "unregister +S -S GP +mmu -mmu round notify",
	       "the VM's file: unregister waits for a second period, then nothing is left to zap");
	steps_free(&s);
	is_int(record_count(rec, 0, rec->n, TP_LIST_GP_BEGIN, 0), 2, "two grace periods");
	finish(&f, &r);
}

static void test_last_thread(void)
{
	struct fixture f;
	struct result r;

	start(&f, 3, 0);
	fix_run(&f, &r);
	is_int(r.status, RUN_OK, "three threads");
	is_int(fix_count(&r, METRIC_FREE_PAGES, ""), PAGES, "the last one gives the memory back");
	ok(fix_metric(&r, METRIC_EXIT_PAGES_FREE, "") > 0, "once");
	is_int(fix_count(&r, METRIC_SPTE_ZAPPED, "release"), PAGES, "->release dropped the sptes");
	is_int(fix_count(&r, METRIC_CALLOUT, "range_start"), 0, "the sections found an empty list");
	finish(&f, &r);

	start(&f, 2, 0);
	f.thread[1].n_loop = 0;
	fix_op(&f, 1, OPK_THINK, 0)->duration = fix_const(US(50));
	fix_run(&f, &r);
	is_int(fix_count(&r, METRIC_FREE_PAGES, ""), PAGES,
	       "a thread that only ends is the last one as well");
	finish(&f, &r);

	start(&f, 2, 0);
	f.thread[0].n_loop = f.thread[1].n_loop = 0;
	fix_op(&f, 0, OPK_THINK, 0)->duration = fix_const(US(50));
	fix_op(&f, 1, OPK_THINK, 0)->duration = fix_const(US(50));
	fix_run(&f, &r);
	is_int(fix_count(&r, METRIC_FREE_PAGES, ""), 0, "without op exit a process outlives its threads");
	finish(&f, &r);
}

/* Every life begins as the first did, and leaves nothing behind. */
static void test_respawn(void)
{
	struct fixture f;
	struct result r;

	start(&f, 1, 1);
	f.thread[0].n_loop = 0;
	f.thread[0].times = 5;
	fix_op(&f, 0, OPK_THINK, 0)->duration = fix_const(US(30));
	fix_op(&f, 0, OPK_MADVISE_DONTNEED, 0)->length = 4 * PAGE_SIZE;
	fix_op(&f, 0, OPK_EXIT, 0)->respawn = 1;
	fix_run(&f, &r);
	is_int(r.status, RUN_OK, "five lives");
	is_int(fix_count(&r, METRIC_SPTE_ZAPPED, "range"), 5 * 4, "each unmaps four pages with sptes");
	is_int(fix_count(&r, METRIC_SPTE_ZAPPED, "release"), (5 + 1) * 8 + 4,
	       "the rest go with ->release; the sixth life, all of it, with the thread");
	is_int(fix_count(&r, METRIC_FREE_PAGES, ""), 6 * PAGES, "all pages of six lives are free");
	finish(&f, &r);
}

/* With nothing in the way the parts of an exit add up by hand. */
static void test_times(void)
{
	struct fixture f;
	struct result r;

	start(&f, 1, 1);
	memset(f.machine.cost, 0, sizeof(f.machine.cost));
	f.machine.cost[COST_PTE_CLEAR] = NS(100);
	f.machine.cost[COST_PAGE_FREE] = NS(10);
	f.machine.cost[COST_SPTE_ZAP] = NS(7);
	f.machine.cost[COST_EXIT_FIXED] = US(3);
	fix_run(&f, &r);
	/* 12 sptes; 12 ptes; 12 pages and a page-table page */
	is_int(fix_count(&r, METRIC_EXIT_PAGES_FREE, ""), 12 * 7 + 12 * 100 + 13 * 10, "pages free");
	is_int(fix_count(&r, METRIC_EXIT_REAPED, ""), 12 * 7 + 12 * 100 + 13 * 10 + 3000, "reaped");
	is_int(fix_count(&r, METRIC_EXIT_LATENCY, ""), 12 * 7 + 12 * 100 + 13 * 10 + 3000,
	       "the mm_struct goes with the last reference, the task's own");
	is_int(fix_count(&r, METRIC_EXIT_GP_WAIT, ""), 0, "no reader, no wait");
	finish(&f, &r);
}

int main(void)
{
	struct recording rec = { NULL, 0, 0 };

	tap_seed(1);
	test_golden(&rec);
	test_last_thread();
	test_respawn();
	test_times();
	record_free(&rec);
	return tap_done();
}
