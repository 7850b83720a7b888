/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What takes translations out of a GRU: purges chiplet by chiplet, contexts
 * loaded and idle, ASIDs, a dropin that an invalidate overtakes, sleepers on the
 * wait queue, release.
 */
#include "models/kernel/pgtable.h"
#include "models/secondary/t/gru_bench.h"

enum { PURGE_OWN, PURGE_OTHER, PURGE_DROPPED };
enum { UPM_RANGE_ACTIVE, UPM_MMAP_SEM, UPM_PTE };
enum { DONE, IGNORED };
enum { IN_TIME, IN_VAIN };

/* --- purges ------------------------------------------------------------------------------- */

/* Threads on blades 0 (two: chiplets 0 and 1), 1 and 2 (chiplets 2 and 4), and a guest on
 * blade 3; those with arg unload their context at 10 us. */
static void load_and_stay(struct rig_thread *t)
{
	access_page(t, 0, 1);
	rig_until(t, US(10));
	if (t->arg)
		gru_unload_context(&t->ctx, t->gru);
	rig_until(t, US(500));
}

static void two_callouts(struct rig_thread *t)
{
	rig_until(t, US(100));
	for (int i = 0; i < 2; i++) {
		sim_time t0 = rig_now(t);

		rig_callout(t, OP_invalidate_page, 0, (uint64_t)t->arg);
		t->got[3 * i] = rig_count(t->rig, METRIC_GRU_PURGE, PURGE_OWN) +
			rig_count(t->rig, METRIC_GRU_PURGE, PURGE_OTHER);
		t->got[3 * i + 1] = rig_count(t->rig, METRIC_GRU_PURGE, PURGE_DROPPED);
		t->got[3 * i + 2] = rig_now(t) - t0;
	}
}

static void five_chiplets(struct rig *r, uint64_t pages)
{
	static const int cpu[] = { 0, 1, 2, 4, 6 };

	gru_bench(r, pages);
	r->f.machine.cost[COST_GRU_INVALIDATE] = US(3);
	for (int i = 0; i < 5; i++)
		rig_host(r, cpu[i], load_and_stay)->arg = i >= 3;
}

/* Active on 3 chiplets, idle with its ASID on 2. */
static void test_chiplets(uint64_t pages, const char *what)
{
	struct rig_thread *t;
	struct rig r;

	five_chiplets(&r, pages);
	t = rig_kthread(&r, 3, two_callouts);
	t->arg = (int64_t)pages;
	rig_run(&r);
	printf("# %s\n", what);
	is_int(t->got[0], 3, "first callout: three handles");
	is_int(t->got[1], 2, "two ASIDs forgotten");
	is_int(t->got[2], US(9), "one after another");
	is_int(t->got[3] - t->got[0], 3, "second: three handles");
	is_int(t->got[4] - t->got[1], 0, "no ASID left to forget");
	is_int(t->got[5], US(9), "the same time");
	is_int(rig_count(&r, METRIC_GRU_PURGE, PURGE_OWN), 2, "of them twice on the caller's blade");
	rig_free(&r);
}

/* A context whose ASID was forgotten takes another, one whose ASID stayed takes it again. */
static void reload(struct rig_thread *t)
{
	access_page(t, 0, 1);
	gru_unload_context(&t->ctx, t->gru);
	access_page(t, 0, 1);
	t->got[0] = t->gru->asid;
	t->got[1] = rig_count(t->rig, METRIC_GRU_MISS, 0);
	gru_unload_context(&t->ctx, t->gru);
	rig_callout(t, OP_invalidate_page, 0, 1);
	access_page(t, 0, 1);
	t->got[2] = t->gru->asid;
	t->got[3] = rig_count(t->rig, METRIC_GRU_MISS, 0);
}

static void test_reload(void)
{
	struct rig_thread *t;
	struct rig r;

	gru_bench(&r, 8);
	t = rig_host(&r, 0, reload);
	rig_run(&r);
	is_int(t->got[0], 8, "unloaded and loaded again: the same ASID");
	is_int(t->got[1], 1, "and what the TLB held is good");
	is_int(t->got[2], 16, "a callout meanwhile: another ASID");
	is_int(t->got[3], 2, "and a miss");
	rig_free(&r);
}

/* ASIDs 8 and 16 only: every second load after a callout begins a generation. */
static void use_up_asids(struct rig_thread *t)
{
	for (int i = 0; i < 5; i++) {
		access_page(t, 0, 1);
		t->got[i] = t->gru->asid;
		gru_unload_context(&t->ctx, t->gru);
		rig_callout(t, OP_invalidate_page, 0, 1);
	}
	t->got[5] = t->rig->gru->hw->chiplet[0].asid_gen;
}

static void test_asids(void)
{
	struct rig_thread *t;
	struct rig r;

	gru_bench(&r, 8);
	r.gru_cfg.asid_max = 24;
	t = rig_host(&r, 0, use_up_asids);
	rig_run(&r);
	is_int(t->got[0], 8, "ASIDs in steps of 8");
	is_int(t->got[1], 16, "... to the limit");
	is_int(t->got[2], 8, "then from the start");
	is_int(t->got[4], 8, "and again");
	is_int(t->got[5], 3, "a generation each time");
	is_int(rig_count(&r, METRIC_GRU_PURGE, PURGE_OWN), 2, "with a purge of the whole TLB");
	rig_free(&r);
}

/* The part of the TLB that a callout is about goes, the rest stays. */
static void fill_and_purge(struct rig_thread *t)
{
	for (uint64_t i = 0; i < 8; i++)
		access_page(t, i, 1);
	rig_callout(t, OP_range_start, 2, 5);
	rig_callout(t, OP_range_end, 2, 5);
	for (uint64_t i = 0; i < 8; i++)
		access_page(t, i, 1);
	t->got[0] = rig_count(t->rig, METRIC_GRU_MISS, 0);
}

static void test_range(void)
{
	struct rig_thread *t;
	struct rig r;

	gru_bench(&r, 8);
	t = rig_host(&r, 0, fill_and_purge);
	rig_run(&r);
	is_int(t->got[0], 8 + 3, "three entries purged, three misses");
	rig_free(&r);
	gru_bench(&r, 8);
	r.gru_cfg.invalidate_max = 3;
	t = rig_host(&r, 0, fill_and_purge);
	rig_run(&r);
	is_int(t->got[0], 8 + 8, "the largest size purges the whole ASID");
	rig_free(&r);
}

/* --- which handle -------------------------------------------------------------------------- */

static void purge_at(struct rig_thread *t)
{
	rig_until(t, US(20));
	gru_purge(&t->ctx, &t->rig->gru->hw->chiplet[0], 8, RIG_BASE, 1);
	sync(&t->ctx);
	t->got[0] = rig_now(t) - US(20);
}

static void test_handles(void)
{
	struct rig r;
	int64_t worst = 0;

	gru_bench(&r, 8);
	r.f.machine.cost[COST_GRU_INVALIDATE] = US(3);
	for (int i = 0; i < 2; i++)
		rig_host(&r, i, purge_at);
	rig_run(&r);
	is_int(r.thread[0].got[0], US(3), "a handle of its own");
	is_int(r.thread[1].got[0], US(3), "for each CPU of the blade");
	is_int(r.gru->hw->chiplet[0].first_remote, 2, "two CPUs: two private handles");
	rig_free(&r);

	gru_bench(&r, 8);
	r.gru_cfg.tgh = 3;		/* one shared handle for all the others */
	r.f.machine.cost[COST_GRU_INVALIDATE] = US(3);
	r.f.machine.cost[COST_GRU_REMOTE] = NS(500);
	r.gru_cfg.tgh_local = 2;
	for (int i = 2; i < 5; i++)
		rig_host(&r, i, purge_at);
	rig_run(&r);
	for (int i = 0; i < 3; i++)
		worst = r.thread[i].got[0] > worst ? r.thread[i].got[0] : worst;
	is_int(worst, 3 * US(4), "three of other blades share a handle: one after another");
	rig_free(&r);

	gru_bench(&r, 8);
	r.f.machine.cores = 8;
	r.f.machine.blade_sockets = 4;
	r.gru_cfg.tgh_local = 4;
	rig_host(&r, 0, purge_at);
	rig_run(&r);
	is_int(r.gru->hw->chiplet[0].local_shift, 3, "32 CPUs and 4 handles: eight share one");
	is_int(r.gru->hw->chiplet[0].first_remote, 4, "behind them the shared ones");
	rig_free(&r);
}

/* --- the race ------------------------------------------------------------------------------- */

/* The miss is read at 20 us (its handle becomes resident), the dropin would land at 30 us. */
static void racing(struct rig *r, int discards)
{
	gru_bench(r, 8);
	r->gru_cfg.discards_inflight = discards;
	r->f.machine.cost[COST_GRU_TFH_READ] = US(10);
	r->f.machine.cost[COST_GRU_DROPIN] = US(10);
	r->horizon = MS(10);
	rig_host(r, 0, one_access);
}

static void page_event(struct rig_thread *t)
{
	struct page *p;

	rig_until(t, US(25));
	p = rig_clear_pte(t, 0);
	rig_callout(t, OP_invalidate_page, 0, 1);
	put_page(&t->ctx, p);
	sync(&t->ctx);
}

static void test_page_callout(void)
{
	struct rig r;

	racing(&r, 1);
	rig_kthread(&r, 4, page_event);
	rig_run(&r);
	is_int(rig_count(&r, METRIC_GRU_DROPIN, IGNORED), 1, "the dropin is ignored");
	is_int(rig_count(&r, METRIC_GRU_MISS, 0), 2, "one more miss");
	is_int(rig_count(&r, METRIC_GRU_CALL_OS, 0), 1, "which finds no pte: get_user_pages");
	is_int(rig_count(&r, METRIC_GRU_WOKEN, IN_TIME), 0, "nobody waits");
	is_int(rig_count(&r, METRIC_SECONDARY_FAULT_RETRIES, 0), 1, "one attempt failed");
	is_int(rig_tally(&r, METRIC_SECONDARY_FAULT_PART, PART_FENCE)->sum, US(20),
	       "its 20 us are the fence's");
	is_int(r.m.oracle->violations[INV_I1] + r.m.oracle->violations[INV_I2], 0, "no violation");
	is_int(r.m.oracle->exposures[INV_I2] > 0, 1, "though it could have been one");
	rig_free(&r);
}

static void test_page_callout_without_hardware(void)
{
	struct rig r;

	racing(&r, 0);
	rig_kthread(&r, 4, page_event);
	rig_run(&r);
	is_int(rig_count(&r, METRIC_GRU_DROPIN, DONE), 1, "without the hardware it lands");
	is_int(r.m.oracle->violations[INV_I1], 1, "page freed while a dropin was on its way");
	rig_free(&r);
}

/* The site's own steps: clear, callout, settle; the page lives on (somebody else maps it). */
static void page_event_settled(struct rig_thread *t)
{
	struct pte *pte = pte_lookup(&t->rig->mm, RIG_BASE);
	struct ctx *w = &t->ctx;
	struct page *p;

	rig_until(t, US(25));
	get_page(pte->page);
	p = ptep_get_and_clear(w, RIG_BASE, pte).page;
	rig_until(t, (sim_time)t->arg);
	rig_callout(t, OP_invalidate_page, 0, 1);
	pte_settle(w, &t->rig->mm, RIG_BASE, pte, p, p->generation);
}

static void test_settled(int discards, sim_time callout_at, int64_t violations, const char *what)
{
	struct rig r;

	racing(&r, discards);
	rig_kthread(&r, 4, page_event_settled)->arg = callout_at;
	rig_run(&r);
	is_int(r.m.oracle->violations[INV_I2], violations, what);
	rig_free(&r);
}

/* A start/end pair instead: the miss that arrives inside waits for the end. */
static void section_event(struct rig_thread *t)
{
	rig_until(t, US(5));
	rig_callout(t, OP_range_start, 0, 1);
	rig_until(t, US(60));
	rig_callout(t, OP_range_end, 0, 1);
}

static void test_section(void)
{
	struct rig r;
	struct rig_thread *t;

	racing(&r, 1);
	t = &r.thread[0];
	rig_kthread(&r, 4, section_event);
	rig_run(&r);
	is_int(rig_count(&r, METRIC_GRU_UPM, UPM_RANGE_ACTIVE), 1, "inside a section: left to the user");
	is_int(rig_count(&r, METRIC_GRU_CALL_OS, 0), 1, "one system call");
	is_int(rig_count(&r, METRIC_GRU_WOKEN, IN_TIME), 1, "one sleep, to the end");
	is_int(t->got[0], US(60 - 10 + 10 + 10), "the end, then the handle and the dropin");
	is_int(rig_count(&r, METRIC_GRU_MISS, 0), 1, "one miss");
	is_int(rig_tally(&r, METRIC_SECONDARY_FAULT_PART, PART_FENCE)->sum, US(60 - 10),
	       "from the miss to the end it is the fence");
	is_int(rig_count(&r, METRIC_FENCE_STEPS, 0), 2, "the count moved twice");
	is_int(rig_count(&r, METRIC_FENCE_STEPS, 2), 1, "one wake-up of all");
	rig_free(&r);
}

/* Two overlapping sections, one waiter. */
static void second_section(struct rig_thread *t)
{
	rig_until(t, US(8));
	rig_callout(t, OP_range_start, 4, 5);
	rig_until(t, US(90));
	rig_callout(t, OP_range_end, 4, 5);
}

static void test_two_sections(void)
{
	struct rig r;

	racing(&r, 1);
	rig_kthread(&r, 4, section_event);
	rig_kthread(&r, 6, second_section);
	rig_run(&r);
	is_int(rig_count(&r, METRIC_GRU_WOKEN, IN_VAIN), 1, "the first wake-up is in vain");
	is_int(rig_count(&r, METRIC_GRU_WOKEN, IN_TIME), 1, "the second is not");
	is_int(r.thread[0].got[0], US(90 - 10 + 10 + 10), "the later end counts, whatever its range");
	rig_free(&r);
}

/* --- without the hardware, with a sequence ----------------------------------------------------- */

static void test_sequence(void)
{
	struct rig r;

	racing(&r, 0);
	r.f.design.gru.fence = GRU_FENCE_COUNT_SEQ;
	r.gru_cfg.miss = GRU_MISS_USER_POLL;
	r.present = 0;			/* get_user_pages at 20 us, its reference put until 30 us */
	r.f.machine.cost[COST_GRU_DROPIN] = 0;
	r.f.machine.cost[COST_PUT_PAGE] = US(10);
	rig_kthread(&r, 4, page_event);
	rig_run(&r);
	is_int(rig_count(&r, METRIC_GRU_DROPIN, IGNORED), 0, "no hardware that ignores");
	is_int(rig_count(&r, METRIC_SECONDARY_FAULT_RETRIES, 0), 1, "the sequence moved: once more");
	is_int(rig_steps(&r, TP_GUP, 0, RIG_BASE), 2, "with another page");
	is_int(rig_count(&r, METRIC_FENCE_STEPS, 1), 1, "a page callout steps it");
	is_int(r.m.oracle->violations[INV_I1] + r.m.oracle->violations[INV_I2], 0, "no violation");
	rig_free(&r);
}

/* --- release --------------------------------------------------------------------------------- */

static void fill_and_release(struct rig_thread *t)
{
	access_page(t, 0, 1);
	t->rig->secondary->driver->ops->release(&t->ctx, t->rig->secondary);
	put_page(&t->ctx, rig_clear_pte(t, 0));
	sync(&t->ctx);
}

static void fill_and_free(struct rig_thread *t)
{
	access_page(t, 0, 1);
	put_page(&t->ctx, rig_clear_pte(t, 0));
	sync(&t->ctx);
}

static void test_release(void)
{
	struct rig r;

	gru_bench(&r, 8);
	rig_host(&r, 0, fill_and_release);
	rig_run(&r);
	is_int(r.m.oracle->violations[INV_I1], 0, "released: no thread is left to use what the TLB holds");
	rig_free(&r);
	gru_bench(&r, 8);
	rig_host(&r, 0, fill_and_free);
	rig_run(&r);
	is_int(r.m.oracle->violations[INV_I1], 1, "not released, not purged: use after free");
	rig_free(&r);
}

int main(void)
{
	tap_seed(1);
	test_chiplets(1, "one page");
	test_chiplets(5000, "5,000 pages");
	test_reload();
	test_asids();
	test_range();
	test_handles();
	test_page_callout();
	test_page_callout_without_hardware();
	test_settled(1, US(25), 0, "a dropin on its way when the callout comes is killed");
	test_settled(0, US(25), 1, "... without the hardware it survives the callout");
	test_settled(1, US(45), 0, "one that landed between the clear and the callout is purged");
	test_settled(0, US(45), 0, "... so it is without the hardware");
	test_section();
	test_two_sections();
	test_sequence();
	test_release();
	return tap_done();
}
