/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A GRU's misses: one to the picosecond, what the interrupt cannot serve, writes
 * through an entry for reading, user polling.
 */
#include "models/secondary/t/gru_bench.h"

enum { UPM_RANGE_ACTIVE, UPM_MMAP_SEM, UPM_PTE };
enum { DONE, IGNORED };

/* --- one miss ------------------------------------------------------------------------- */

static void miss_and_hit(struct rig_thread *t)
{
	gru_preload(t->gru, t->ctx.cpu);
	for (int i = 0; i < 2; i++) {
		rig_until(t, US(100) * (i + 1));
		access_page(t, 0, 1);
		t->got[i] = rig_now(t) - US(100) * (i + 1);
	}
}

static void set_costs(struct rig *r)
{
	sim_time *c = r->f.machine.cost;

	c[COST_GRU_ISSUE] = 1000;
	c[COST_GRU_TLB_MISS] = 20;
	c[COST_GRU_INTERRUPT] = 300;
	c[COST_IRQ_ENTRY] = 4000;
	c[COST_GRU_FAULT_MAP] = 50000;
	c[COST_GRU_TFH_READ] = 600000;
	c[COST_GRU_PTE_WALK] = 7000000;
	c[COST_GRU_DROPIN] = 20000000;
	c[COST_GRU_OP] = 5;
	c[COST_GRU_POLL] = 9;
}

static void test_miss(void)
{
	struct rig_thread *t;
	struct rig r;

	gru_bench(&r, 8);
	set_costs(&r);
	t = rig_host(&r, 0, miss_and_hit);
	rig_run(&r);
	is_int(t->got[0], 27655334, "miss: issue, lookup, interrupt, fault map, handle, pte, dropin, execution, poll");
	is_int(t->got[1], 1005, "hit: issue and execution");
	is_int(rig_count(&r, METRIC_GRU_MISS, 0), 1, "one miss, by interrupt");
	is_int(rig_count(&r, METRIC_GRU_DROPIN, DONE), 1, "one dropin");
	is_int(rig_steps(&r, TP_IRQ_ENTER, 0, VECTOR_GRU), 1, "one interrupt, of chiplet 0, on the own CPU");
	is_int(rig_tally(&r, METRIC_SECONDARY_FAULT_DELAY, 0)->sum, 27655334 - 1000,
	       "the fault begins where the lookup fails");
	is_int(rig_tally(&r, METRIC_SECONDARY_FAULT_PART, PART_SERVICE)->sum, 27655334 - 1000,
	       "and is all service");
	is_int(rig_steps(&r, TP_LOCK, -1, lock_word(LOCK_MMAP_SEM, LOCK_READ_MODE)), 1,
	       "mmap_sem once");
	is_int(rig_steps(&r, TP_LOCK, -1, lock_word(LOCK_PTL, LOCK_SPIN)), 0,
	       "the page-table lock never");
	rig_free(&r);
}

/* --- what the interrupt cannot do ---------------------------------------------------------- */

static void test_no_pte(void)
{
	struct rig_thread *t;
	struct rig r;

	gru_bench(&r, 8);
	r.present = 4;
	t = rig_host(&r, 0, one_access);
	t->arg = 6;
	r.f.machine.cost[COST_ZERO_PAGE] = NS(400);
	rig_run(&r);
	is_int(rig_count(&r, METRIC_GRU_UPM, UPM_PTE), 1, "no pte: left to the user");
	is_int(rig_count(&r, METRIC_GRU_CALL_OS, 0), 1, "who calls the driver once");
	is_int(rig_steps(&r, TP_GUP, 0, RIG_BASE + 6), 1, "get_user_pages finds a page");
	is_int(rig_steps(&r, TP_GRU_DROPIN, -1, RIG_BASE + 6), 1, "dropped in");
	is_int(rig_page(&r, 6)->count - rig_page(&r, 6)->mapcount, 1,
	       "no reference kept: the pte's and the pagevec's");
	is_int(t->got[0], NS(400), "it took what zeroing takes");
	is_int(rig_count(&r, METRIC_SECONDARY_FAULT_RETRIES, 0), 0, "no fence in this");
	rig_free(&r);
}

static void test_nothing_mapped(void)
{
	struct rig_thread *t;
	struct rig r;

	gru_bench(&r, 8);
	t = rig_host(&r, 0, one_access);
	t->arg = 8;
	rig_run(&r);
	is_int(rig_count(&r, METRIC_SECONDARY_FAULT_FAILED, 0), 1, "nothing mapped: an exception");
	is_int(rig_count(&r, METRIC_GRU_DROPIN, DONE), 0, "no dropin");
	rig_free(&r);
}

static void hold_mmap_sem(struct rig_thread *t)
{
	down_write(&t->ctx, &t->rig->mm.mmap_sem);
	rig_until(t, US(50));
	up_write(&t->ctx, &t->rig->mm.mmap_sem);
}

static void test_semaphore_taken(void)
{
	struct rig_thread *t;
	struct rig r;

	gru_bench(&r, 8);
	t = rig_host(&r, 0, one_access);
	rig_host(&r, 2, hold_mmap_sem);
	rig_run(&r);
	is_int(rig_count(&r, METRIC_GRU_UPM, UPM_MMAP_SEM), 1, "mmap_sem taken: left to the user");
	is_int(t->got[0], US(40), "who sleeps for it");
	is_int(rig_tally(&r, METRIC_SECONDARY_FAULT_PART, PART_MMAP_SEM)->sum, US(40),
	       "the semaphore's share");
	rig_free(&r);
}

/* The interrupt only tries, but the semaphore has a spinlock, which it waits for. */
static void hold_wait_lock(struct rig_thread *t)
{
	struct spinlock *l = &t->rig->mm.mmap_sem.wait_lock;

	spin_lock_irqsave(&t->ctx, l);
	rig_until(t, US(50));
	spin_unlock_irqrestore(&t->ctx, l);
}

static void test_semaphore_busy(void)
{
	struct rig_thread *t;
	struct rig r;

	gru_bench(&r, 8);
	t = rig_host(&r, 0, one_access);
	rig_kthread(&r, 2, hold_wait_lock);
	rig_run(&r);
	is_int(t->got[0], US(40), "the handler spins for the semaphore's own lock");
	is_int(rig_tally(&r, METRIC_SECONDARY_FAULT_PART, PART_MMAP_SEM)->sum, US(40),
	       "which is the semaphore's share, not service");
	is_int(rig_count(&r, METRIC_GRU_DROPIN, DONE), 1, "then it serves the miss");
	rig_free(&r);
}

/* A read loads a translation for reading; the write after it misses again. */
static void read_then_write(struct rig_thread *t)
{
	access_page(t, 0, 0);
	access_page(t, 0, 0);
	t->got[0] = rig_count(t->rig, METRIC_GRU_MISS, 0);
	access_page(t, 0, 1);
	t->got[1] = rig_count(t->rig, METRIC_GRU_MISS, 0);
	access_page(t, 0, 0);
	t->got[2] = rig_count(t->rig, METRIC_GRU_MISS, 0);
}

static void test_write(void)
{
	struct rig_thread *t;
	struct rig r;

	gru_bench(&r, 8);
	t = rig_host(&r, 0, read_then_write);
	rig_run(&r);
	is_int(t->got[0], 1, "two reads: one miss");
	is_int(t->got[1], 2, "a write through an entry for reading misses");
	is_int(t->got[2], 2, "a read through one for writing does not");
	rig_free(&r);
}

static void test_user_poll(void)
{
	struct rig_thread *t;
	struct rig r;

	gru_bench(&r, 8);
	r.gru_cfg.miss = GRU_MISS_USER_POLL;
	t = rig_host(&r, 0, one_access);
	rig_run(&r);
	is_int(rig_count(&r, METRIC_GRU_MISS, 1), 1, "user polling: no interrupt");
	is_int(rig_steps(&r, TP_IRQ_ENTER, -1, VECTOR_GRU), 0, "... none");
	is_int(rig_count(&r, METRIC_GRU_CALL_OS, 0), 1, "one call");
	is_int(t->got[0], 0, "done");
	rig_free(&r);
}

int main(void)
{
	tap_seed(1);
	test_miss();
	test_no_pte();
	test_nothing_mapped();
	test_semaphore_taken();
	test_semaphore_busy();
	test_write();
	test_user_poll();
	return tap_done();
}
