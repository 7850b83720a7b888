/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The steps behind a violation, as the report prints them in columns: the ones
 * that matter, in time order, each on the CPU that did it.  The goldens spell
 * out the interleavings (CPU, who, what):
 *   only the end announced: spte set by the guest's fault, pte cleared, the
 *   primary round (the guest leaves and is about to come back), the free
 *   before any callout;
 *   the skip hole: one CPU's request is in flight; the other zaps, finds the
 *   request bit set, kicks nobody and frees, while the guest has not left.
 */
#include "models/kernel/mmap.h"
#include "models/secondary/t/rig.h"
#include "sim/base/json.h"

/* One line a step, "cpu who: what"; times must not go back. */
static int lines_of(const char *json, char *out, size_t n)
{
	long long last = -1;
	size_t len = 0;
	int sorted = 1;

	out[0] = 0;
	for (const char *s = json; (s = strstr(s, "{\"t\":")); s++) {
		char who[64], what[160];
		long long t;
		int cpu;

		if (sscanf(s, "{\"t\":%lld,\"cpu\":%d,\"who\":\"%63[^\"]\",\"what\":\"%159[^\"]\"}",
			   &t, &cpu, who, what) != 4)
			return 0;
		sorted &= t >= last;
		last = t;
		len += (size_t)snprintf(out + len, n - len, "%d %s: %s\n", cpu, who, what);
		if (len >= n)
			return 0;
	}
	return sorted;
}

static void check(const struct rig *r, int nth, const char *golden, const char *what)
{
	char text[4096] = "";

	is_int(r->m.oracle->n_details > nth, 1, "a violation is described");
	if (r->m.oracle->n_details <= nth)
		return;
	ok(lines_of(r->m.oracle->detail[nth].steps, text, sizeof(text)), "well formed, in time order");
	is_str(text, golden, what);
}

/* --- only the end ----------------------------------------------------------------- */

static void guest(struct rig_thread *t)
{
	rig_guest_until(t, US(10));
	kvm_guest_access(t->vcpu, RIG_BASE, 1);
	rig_guest_until(t, US(300));
}

static void vmm(struct rig_thread *t)
{
	struct unmap_op op = { 0 };

	rig_until(t, US(50));
	sys_madvise_dontneed(&t->ctx, RIG_BASE, RIG_BASE + 506, &op);
}

static const char only_the_end[] =
	"1 vcpu.0: vcpu 0 enters guest\n"
	"1 vcpu.0: vcpu 0 leaves guest\n"
	"1 vcpu.0: vcpu fault at 4096\n"
	"1 kvm: spte 4096 = page 0\n"
	"1 vcpu.0: vcpu 0 enters guest\n"
	"4 host.1: madvise(DONTNEED) begins at page 4096\n"
	"4 unmap: pte 4096 cleared, page 0\n"
	"4 host.1: flush_tlb: round to 1 CPUs\n"
	"1 vcpu.0: vcpu 0 leaves guest\n"
	"1 irq/cpu1: interrupt, vector 244\n"
	"4 host.1: flush_tlb: all acknowledged\n"
	"4 host.1: page 0 freed by host.1 on cpu4 while an spte still maps guest page 4096 to it\n";

static void test_only_the_end(void)
{
	struct rig r;

	rig_init(&r, 1024);
	fix_design(&r.f, FIX_BUSTED);
	r.prefilled = 0;
	rig_vcpu(&r, 1, guest);
	rig_host(&r, 4, vmm);
	rig_run(&r);
	is_int(r.m.oracle->violations[INV_I1], 1, "one page had an spte");
	check(&r, 0, only_the_end, "only the end announced");
	rig_free(&r);
}

/* Steps of the guest that push the old ones out: its faults, all after the insert. */
static void busy_guest(struct rig_thread *t)
{
	rig_guest_until(t, US(10));
	kvm_guest_access(t->vcpu, RIG_BASE, 1);
	for (uint64_t i = 600; i < 612; i++)
		kvm_guest_access(t->vcpu, RIG_BASE + i, 1);
	rig_guest_until(t, US(300));
}

static void test_long_ago(void)
{
	struct rig r;
	char text[4096] = "";

	rig_init(&r, 1024);
	fix_design(&r.f, FIX_BUSTED);
	r.prefilled = 0;
	rig_vcpu(&r, 1, busy_guest);
	rig_host(&r, 4, vmm)->arg = 0;
	rig_run(&r);
	ok(lines_of(r.m.oracle->detail[0].steps, text, sizeof(text)), "well formed");
	ok(!strncmp(text, "1 kvm: spte 4096 = page 0\n", 26),
	   "the insert is shown however many steps came after it");
	rig_free(&r);
}

/* The spte was there before the run began. */
static void vmm_at_1(struct rig_thread *t)
{
	struct unmap_op op = { 0 };

	rig_until(t, US(1));
	sys_madvise_dontneed(&t->ctx, RIG_BASE, RIG_BASE + 506, &op);
}

static void flush_early(struct rig_thread *t)
{
	kvm_flush_remote_tlbs(&t->ctx, t->rig->kvm);
}

static const char start_state[] =
	"4 kvm: spte 4096 = page 0 (start state)\n"
	"4 host.0: madvise(DONTNEED) begins at page 4096\n"
	"4 unmap: pte 4096 cleared, page 0\n"
	"4 host.0: flush_tlb: no other CPU\n"
	"4 host.0: page 0 freed by host.0 on cpu4 while an spte still maps guest page 4096 to it\n";

static void test_start_state(void)
{
	struct rig r;

	rig_init(&r, 1024);
	fix_design(&r.f, FIX_BUSTED);
	rig_host(&r, 4, vmm_at_1);
	r.spare_vcpus = 1;
	rig_kthread(&r, 3, flush_early);	/* over long before: not shown */
	rig_run(&r);
	is_int(r.m.oracle->violations[INV_I1], 506, "every page freed inside");
	is_int(r.m.oracle->n_details, ORACLE_DETAILS, "the first ten are described");
	check(&r, 0, start_state, "an spte of the start state");
	rig_free(&r);
}

/* --- the skip hole ---------------------------------------------------------------------- */

static void use_both(struct rig_thread *t)
{
	kvm_guest_access(t->vcpu, RIG_BASE + 0, 1);
	kvm_guest_access(t->vcpu, RIG_BASE + 1, 1);
	rig_guest_until(t, US(200));
}

static void reclaim(struct rig_thread *t)
{
	uint64_t page = (uint64_t)t->arg;
	struct page *p;

	rig_until(t, US(50) + (sim_time)page * NS(300));
	p = rig_clear_pte(t, page);
	rig_callout(t, OP_invalidate_page, page, page + 1);
	put_page(&t->ctx, p);
}

static const char hole[] =
	"1 vcpu.0: vcpu 0 enters guest\n"
	"6 unmap: pte 4097 cleared, page 1\n"
	"6 host.2: kvm: seq++\n"
	"6 kvm: spte 4097 cleared, page 1\n"
	"5 host.1: vcpu 0: flush requested\n"
	"5 host.1: kvm flush: kick 1 vcpus\n"
	"6 host.2: kvm flush: nobody to kick\n"
	"6 host.2: page 1 freed by host.2 on cpu6 while the TLB of vcpu 0 (cpu1, in guest) translates page 4097 to it\n";

static void test_hole(void)
{
	struct rig r;

	rig_init(&r, 16);
	rig_vcpu(&r, 1, use_both);
	rig_kthread(&r, 5, reclaim)->arg = 0;
	rig_kthread(&r, 6, reclaim)->arg = 1;
	rig_run(&r);
	is_int(r.m.oracle->violations[INV_I1], 1, "the skip hole");
	check(&r, 0, hole, "the skip hole");
	rig_free(&r);
}

/* --- a flush after mmu_lock ------------------------------------------------------------- */

static void madvise_first(struct rig_thread *t)
{
	struct unmap_op op = { 0 };

	rig_until(t, (sim_time)t->arg);
	sys_madvise_dontneed(&t->ctx, RIG_BASE, RIG_BASE + 1, &op);
}

/* Who zapped the spte and has not asked for the flush yet is on cpu5. */
static void test_zapper(void)
{
	struct rig r;
	char text[4096] = "";
	char *zap, *clear, *freed;

	rig_init(&r, 16);
	rig_no_costs(&r);
	r.f.kvm.tlb_tag = TAG_VPID;
	r.f.machine.cost[COST_REQUEST_BIT] = US(10);
	rig_vcpu(&r, 1, use_both);
	rig_host(&r, 5, madvise_first)->arg = US(50);
	rig_host(&r, 6, madvise_first)->arg = US(52);
	rig_run(&r);
	is_int(r.m.oracle->n_details, 1, "a flush after mmu_lock");
	ok(lines_of(r.m.oracle->detail[0].steps, text, sizeof(text)), "well formed");
	zap = strstr(text, "5 kvm: spte 4096 cleared, page 0\n");
	clear = strstr(text, "6 unmap: pte 4096 cleared, page 0\n");
	freed = strstr(text, "6 host.2: page 0 freed by host.2 on cpu6 while");
	ok(zap && clear && freed && zap < clear && clear < freed,
	   "spte zapped on cpu5, then pte cleared and page freed on cpu6");
	ok(strstr(text, "5 host.1: callout range_start\n") != NULL, "with the zapper's own steps");
	rig_free(&r);
}

int main(void)
{
	tap_seed(1);
	test_only_the_end();
	test_long_ago();
	test_start_state();
	test_hole();
	test_zapper();
	return tap_done();
}
