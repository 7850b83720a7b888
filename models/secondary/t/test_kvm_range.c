/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a range callout of 2008 costs, exactly: no clipping, so every page of
 * the range is looked up in every memslot, mapped by the guest or not (hand
 * case 3: 1,024 pages, 600 with an spte, 5 memslots).  Every term of the cost
 * is made of one parameter; what is under mmu_lock and what is not.
 */
#include "models/kernel/mmap.h"
#include "models/secondary/t/rig.h"

enum { PAGES = 1024, MAPPED = 600, SLOTS = 5 };

static void start_and_end(struct rig_thread *t)
{
	rig_until(t, US(10));
	rig_callout(t, OP_range_start, 0, PAGES);
	t->got[0] = rig_now(t) - US(10);
	rig_callout(t, OP_range_end, 0, PAGES);
	t->got[1] = rig_now(t) - US(10) - t->got[0];
}

static void one_page(struct rig_thread *t)
{
	rig_until(t, US(10));
	rig_callout(t, OP_invalidate_page, 3, 4);
	t->got[0] = rig_now(t) - US(10);
	rig_callout(t, OP_invalidate_page, 700, 701);
	t->got[1] = rig_now(t) - US(10) - t->got[0];
}

static struct rig_thread *range_world(struct rig *r, void (*body)(struct rig_thread *t))
{
	rig_init(r, PAGES);
	rig_no_costs(r);
	r->prefilled = MAPPED;
	r->f.kvm.memslots = SLOTS;
	return rig_kthread(r, 4, body);
}

static void test_cost(enum cost_id id, int64_t start, int64_t end, int64_t hold, const char *what)
{
	struct rig r;
	struct rig_thread *t = range_world(&r, start_and_end);

	r.f.machine.cost[id] = NS(1);
	rig_run(&r);
	is_int(t->got[0], NS(start), what);
	is_int(t->got[1], NS(end), "  range_end");
	is_int(rig_tally(&r, METRIC_LOCK_HOLD, LOCK_MMU)->max, NS(hold), "  longest hold of mmu_lock");
	is_int(rig_count(&r, METRIC_SPTE_ZAPPED, LABEL_RANGE), MAPPED, "  sptes zapped");
	rig_free(&r);
}

static void test_page_cost(void)
{
	struct rig r;
	struct rig_thread *t = range_world(&r, one_page);

	r.f.machine.cost[COST_SLOT_SCAN] = NS(1);
	r.f.machine.cost[COST_SPTE_ZAP] = US(1);
	rig_run(&r);
	is_int(t->got[0], NS(SLOTS) + US(1), "invalidate_page: one scan, one zap");
	is_int(t->got[1], NS(SLOTS), "without an spte: the scan");
	is_int(r.kvm->seq, 2, "the sequence steps in both");
	is_int(r.kvm->count, 0, "no section");
	is_int(rig_count(&r, METRIC_FLUSH_CALLS, ROUND_SECONDARY), 1, "one flush, for the one zapped");
	rig_free(&r);
}

/* --- the system calls of hand case 3 ------------------------------------------------ */

static void unmap_all(struct rig_thread *t)
{
	struct unmap_op *op = arena_alloc(&t->rig->arena, sizeof(*op));

	rig_until(t, US(10));
	if (t->arg)
		sys_munmap(&t->ctx, RIG_BASE, RIG_BASE + PAGES, op);
	else
		sys_madvise_dontneed(&t->ctx, RIG_BASE, RIG_BASE + PAGES, op);
}

static void stay(struct rig_thread *t)
{
	rig_guest_until(t, MS(1));
}

static void test_system_call(int munmap)
{
	struct rig r;

	rig_init(&r, PAGES);
	r.prefilled = MAPPED;
	r.f.kvm.memslots = SLOTS;
	rig_host(&r, 4, unmap_all)->arg = munmap;
	rig_vcpu(&r, 1, stay);
	rig_run(&r);
	printf("# %s\n", munmap ? "munmap" : "madvise");
	is_int(rig_count(&r, METRIC_CALLOUT, OP_range_start), 1, "one start");
	is_int(rig_count(&r, METRIC_CALLOUT, OP_range_end), 1, "one end");
	is_int(rig_count(&r, METRIC_FLUSH_CALLS, ROUND_SECONDARY), 1, "one secondary flush, at the start");
	is_int(rig_count(&r, METRIC_ROUND, ROUND_SECONDARY), 1, "it has a target");
	is_int(rig_count(&r, METRIC_SPTE_ZAPPED, LABEL_RANGE), MAPPED, "600 sptes");
	is_int(rig_tally(&r, METRIC_LOCK_HOLD, LOCK_MMU)->n, 2, "mmu_lock twice");
	is_int(r.kvm->seq, 1, "seq moved by one");
	is_int(r.kvm->count, 0, "count is back at 0");
	ok(rig_when(&r, TP_KVM_FLUSH_END, 4, ANY, 1) < rig_when(&r, TP_PTE_CLEAR, 4, ANY, 1),
	   "the secondary round is over before the first pte is cleared");
	is_int(rig_count(&r, METRIC_FREE_PAGES, 0), PAGES, "all pages freed");
	is_int(r.m.oracle->violations[INV_I1], 0, "I1 holds");
	rig_free(&r);
}

int main(void)
{
	tap_seed(1);
	test_cost(COST_SLOT_SCAN, PAGES * SLOTS, 0, PAGES * SLOTS, "every page in every memslot");
	test_cost(COST_RMAP_PROBE, PAGES * 2, 0, PAGES * 2, "two rmap heads a page");
	test_cost(COST_SPTE_ZAP, MAPPED, 0, MAPPED, "a zap per spte");
	test_cost(COST_REQUEST_BIT, 0, 0, 0, "no vcpu: a flush costs nothing");
	test_page_cost();
	test_system_call(0);
	test_system_call(1);
	return tap_done();
}
