/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The secondary fault: its steps and locks in order (2.6.27 nonpaging_map with
 * get_user_pages, 2.6.28 with get_user_pages_fast), the retry against a
 * section (hand case 3), memory where nothing is mapped, and the partition of
 * its delay: every part produced by its cause, all parts adding up to the
 * delay to the picosecond.
 */
#include "models/hw/irq.h"
#include "models/kernel/mmap.h"
#include "models/secondary/t/rig.h"

/* --- steps in order ---------------------------------------------------------- */

static void access_first_page(struct rig_thread *t)
{
	rig_guest_until(t, US(10));
	t->got[0] = rig_now(t);
	kvm_guest_access(t->vcpu, RIG_BASE + (uint64_t)t->arg, 1);
	t->got[1] = rig_now(t);
	t->got[2] = rig_page(t->rig, 0) ? rig_page(t->rig, 0)->count : -1;
}

static void access_then_stay(struct rig_thread *t)
{
	access_first_page(t);
	rig_guest_until(t, US(100));
}

static void test_order(enum gup_kind gup, uint64_t present, const char *golden, const char *what)
{
	struct rig r;
	struct rig_thread *t;

	rig_init(&r, 16);
	r.present = present;
	r.prefilled = 0;
	r.f.kvm.gup = gup;
	t = rig_vcpu(&r, 1, access_then_stay);
	rig_run(&r);
	is_str(rig_order(&r, 1, t->got[0], t->got[1]), golden, what);
	is_int(t->got[2], present ? 1 : 2,
	       "left are the pte's reference and, of a new page, the pagevec's");
	is_int(rig_count(&r, METRIC_EXIT, EX_FAULT), 1, "one exit");
	is_int(rig_count(&r, METRIC_SECONDARY_FAULT_COUNT, 0), 1, "one fault");
	is_int(rig_count(&r, METRIC_SECONDARY_FAULT_RETRIES, 0), 0, "no retry");
	rig_free(&r);
}

static const char slow_present[] =
	"vcpu 0 leaves guest\n"
	"+slots_lock R\n"
	"vcpu fault at 4096\n"
	"+mmap_sem R\n"
	"+ptl\n"
	"-ptl\n"
	"get_user_pages 4096 -> page 0\n"
	"-mmap_sem R\n"
	"+mmu_lock\n"
	"spte 4096 = page 0\n"
	"-mmu_lock\n"
	"-slots_lock R\n"
	"vcpu 0 enters guest\n"
	"guest TLB: 4096 -> page 0\n"
	"access to 4096 retired\n";

static const char fast_present[] =
	"vcpu 0 leaves guest\n"
	"+slots_lock R\n"
	"vcpu fault at 4096\n"
	"get_user_pages 4096 -> page 0\n"
	"+mmu_lock\n"
	"spte 4096 = page 0\n"
	"-mmu_lock\n"
	"-slots_lock R\n"
	"vcpu 0 enters guest\n"
	"guest TLB: 4096 -> page 0\n"
	"access to 4096 retired\n";

/* No pte yet (the 31st page of the batch that the per-CPU list took): do_anonymous_page inside get_user_pages, then follow_page again. */
#define ABSENT(before) \
	"vcpu 0 leaves guest\n" \
	"+slots_lock R\n" \
	"vcpu fault at 4096\n" \
	before \
	"+mmap_sem R\n" \
	"+page_table\n" \
	"-page_table\n" \
	"page 30 allocated\n" \
	"+ptl\n" \
	"pte 4096 = page 30\n" \
	"-ptl\n" \
	"+ptl\n" \
	"-ptl\n" \
	"get_user_pages 4096 -> page 30\n" \
	"-mmap_sem R\n" \
	"+mmu_lock\n" \
	"spte 4096 = page 30\n" \
	"-mmu_lock\n" \
	"-slots_lock R\n" \
	"vcpu 0 enters guest\n" \
	"guest TLB: 4096 -> page 30\n" \
	"access to 4096 retired\n"

static void access_twice(struct rig_thread *t)
{
	access_first_page(t);
	kvm_guest_access(t->vcpu, RIG_BASE, 1);
	t->got[3] = rig_now(t) - t->got[1];
}

static void test_hits(void)
{
	struct rig r;
	struct rig_thread *t;

	rig_init(&r, 16);
	t = rig_vcpu(&r, 1, access_twice);
	rig_run(&r);
	is_int(t->got[1] - t->got[0], r.f.machine.cost[COST_TLB_WALK],
	       "an spte is there: one walk, no exit");
	is_int(t->got[3], 0, "a hit in the guest TLB costs nothing");
	is_int(rig_count(&r, METRIC_SECONDARY_FAULT_COUNT, 0), 0, "no fault");
	rig_free(&r);
}

/* --- retries (hand case 3) -------------------------------------------------------- */

/* A section over the page t->arg, open from got[6] to got[7]. */
static void section(struct rig_thread *t)
{
	uint64_t page = (uint64_t)t->arg;

	rig_until(t, t->got[6]);
	rig_callout(t, OP_range_start, page, page + 1);
	rig_until(t, t->got[7]);
	rig_callout(t, OP_range_end, page, page + 1);
}

static void page_callout(struct rig_thread *t)
{
	rig_until(t, t->got[6]);
	rig_callout(t, OP_invalidate_page, (uint64_t)t->arg, (uint64_t)t->arg + 1);
}

/* Attempts of 50 us each from 10 us on; what happens meanwhile is in body. */
static struct rig_thread *retry_world(struct rig *r, void (*body)(struct rig_thread *t),
				      int64_t page, sim_time from, sim_time to)
{
	struct rig_thread *t;

	rig_init(r, 1024);
	rig_no_costs(r);
	r->prefilled = 0;
	r->f.machine.cost[COST_GUP_PAGE] = US(50);
	rig_vcpu(r, 1, access_first_page);
	t = rig_kthread(r, 4, body);
	t->arg = page;
	t->got[6] = from;
	t->got[7] = to;
	rig_run(r);
	return t;
}

static void test_retries(void (*body)(struct rig_thread *t), int64_t page, sim_time from,
			 sim_time to, int64_t retries, int64_t spurious, int relation,
			 const char *what)
{
	struct rig r;

	retry_world(&r, body, page, from, to);
	is_int(rig_count(&r, METRIC_SECONDARY_FAULT_RETRIES, 0), retries, what);
	is_int(rig_count(&r, METRIC_SECONDARY_FAULT_SPURIOUS, 0), spurious, "  spurious ones");
	is_int(rig_count(&r, METRIC_EXIT, EX_FAULT), retries + 1, "  an exit for each attempt");
	is_int(rig_tally(&r, METRIC_SECONDARY_FAULT_DELAY, 0)->sum, US(50) * (retries + 1),
	       "  delay");
	is_int(rig_tally(&r, METRIC_SECONDARY_FAULT_BLOCKED, 0)->sum, US(50) * retries,
	       "  blocked: the failed attempts");
	is_int(rig_tally(&r, METRIC_SECONDARY_FAULT_PART, PART_FENCE)->sum, US(50) * retries,
	       "  all of it is fence");
	is_int(rig_tally(&r, METRIC_SECONDARY_FAULT_PART, PART_SERVICE)->sum, US(50),
	       "  service: the last attempt");
	for (int i = 0; i < 4; i++)
		is_int(rig_count(&r, METRIC_SECONDARY_FAULT_RELATION, i),
		       i == relation ? US(50) * retries : 0, "  relation of the blocker");
	is_int(rig_page(&r, 0)->count, 1, "  no reference is left over");
	is_int(r.m.oracle->violations[INV_I2], 0, "  I2 holds");
	rig_free(&r);
}

/* --- memory where nothing is mapped -------------------------------------------------- */

static void test_unmapped(enum gup_kind gup)
{
	struct rig r;
	struct rig_thread *t;

	rig_init(&r, 16);
	r.f.kvm.gup = gup;
	t = rig_vcpu(&r, 1, access_first_page);
	t->arg = 16;
	rig_run(&r);
	is_int(r.stop, SIM_STOP_EMPTY, "unmapped memory: the access ends (error pfn, emulated)");
	is_int(rig_count(&r, METRIC_SECONDARY_FAULT_FAILED, 0), 1, "counted as failed");
	is_int(rig_count(&r, METRIC_SECONDARY_FAULT_COUNT, 0), 0, "and not as a fault served");
	is_int(rig_steps(&r, TP_SPTE_SET, -1, ANY), 0, "no spte");
	is_int(rig_steps(&r, TP_GUP, -1, ANY), 0, "no page");
	is_int(r.mm.mmap_sem.activity, 0, "mmap_sem is free again");
	rig_free(&r);
}

/* --- who else was first ----------------------------------------------------------------- */

static void test_two_vcpus_fault(void)
{
	struct rig r;

	rig_init(&r, 16);
	fix_design(&r.f, FIX_RELEASED);
	r.prefilled = 0;
	rig_vcpu(&r, 1, access_first_page);
	rig_vcpu(&r, 2, access_first_page);
	rig_run(&r);
	is_int(rig_steps(&r, TP_SPTE_SET, -1, RIG_BASE), 1, "two vcpus fault on a page: one spte");
	is_int(rig_count(&r, METRIC_SECONDARY_FAULT_COUNT, 0), 2, "both accesses retire");
	is_int(rig_page(&r, 0)->count, 2, "one reference for the pte, one for the pin");
	is_int(rig_page(&r, 0)->pins, 1, "one pin");
	rig_free(&r);
}

/* A page prefilled with an spte of a page that is no longer the mapped one. */
static void replace_then_wait(struct rig_thread *t)
{
	struct unmap_op op = { 0 };

	rig_until(t, US(5));
	sys_madvise_dontneed(&t->ctx, RIG_BASE, RIG_BASE + 1, &op);
	t->got[0] = 0;
}

static void test_stale_spte_is_used(void)
{
	struct rig r;
	struct rig_thread *v;

	rig_init(&r, 16);
	fix_design(&r.f, FIX_NONE_PIN);
	v = rig_vcpu(&r, 1, access_first_page);
	rig_host(&r, 4, replace_then_wait);
	rig_run(&r);
	is_int(rig_count(&r, METRIC_SECONDARY_FAULT_COUNT, 0), 0,
	       "no notifier: the guest goes on through its spte, no fault, ever");
	is_int(v->got[2], -1, "while the process has no page there");
	is_int(rig_count(&r, METRIC_CALLOUT, OP_range_start), 0, "no callout");
	rig_free(&r);
}

int main(void)
{
	tap_seed(1);
	test_order(GUP_SLOW, 16, slow_present, "slow get_user_pages, page present");
	test_order(GUP_FAST, 16, fast_present, "get_user_pages_fast, page present: no mmap_sem, no ptl");
	test_order(GUP_SLOW, 0, ABSENT(""), "slow, page absent");
	test_order(GUP_FAST, 0, ABSENT(""), "fast, page absent: falls back to mmap_sem");
	test_hits();

	test_retries(section, 0, US(20), US(30), 1, 0, 0,
		     "a section between sample and check: exactly one retry");
	test_retries(section, 8, US(20), US(30), 1, 1, 1, "another page of the table: the same");
	test_retries(section, 600, US(20), US(30), 1, 1, 2, "another table of the vma: the same");
	test_retries(section, 1024, US(20), US(30), 1, 1, 3, "another address of the mm: the same");
	test_retries(section, 0, US(5), US(9), 0, 0, -1, "a section before the sample: no retry");
	test_retries(section, 0, US(61), US(70), 0, 0, -1, "a section after the check: no retry");
	test_retries(section, 0, US(5), US(40), 1, 0, 0, "open at the sample, closed at the check: one");
	test_retries(section, 0, US(40), US(80), 2, 0, 0, "open at the check: one for count, one for seq");
	test_retries(section, 0, US(5), US(200), 4, 0, 0, "inside a section: retries until its end");
	test_retries(section, 8, US(5), US(200), 4, 4, 1, "of another page: the same, spurious");
	test_retries(page_callout, 8, US(20), 0, 1, 1, 1, "invalidate_page of another page: one");
	test_retries(page_callout, 0, US(5), 0, 0, 0, -1, "before the sample: none");

	test_unmapped(GUP_SLOW);
	test_unmapped(GUP_FAST);
	test_two_vcpus_fault();
	test_stale_spte_is_used();
	return tap_done();
}
