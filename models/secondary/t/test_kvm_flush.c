/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * kvm_flush_remote_tlbs of 2008: who gets an IPI, the skip of a vcpu whose
 * request bit is set, requests_lock, and the hole that the skip leaves when
 * two flush at once.  The cases are those worked by hand from virt/kvm/
 * kvm_main.c of 2.6.27 and from the commit text of 84261923d3.
 */
#include "models/kernel/mmap.h"
#include "models/secondary/t/rig.h"

/* --- vcpus in every state ------------------------------------------------------ */

static void in_guest(struct rig_thread *t)
{
	rig_guest_until(t, US(200));
}

static void in_userspace(struct rig_thread *t)
{
	rig_userspace_until(t, US(60));
	rig_guest_until(t, US(200));
}

static void gone(struct rig_thread *t)
{
	rig_guest_until(t, US(5));
}

static void halted(struct rig_thread *t)
{
	rig_guest_until(t, US(5));
	kvm_guest_halt(t->vcpu, US(200));
}

static void flush_at(struct rig_thread *t)
{
	rig_until(t, t->arg);
	t->got[0] = rig_now(t);
	kvm_flush_remote_tlbs(&t->ctx, t->rig->kvm);
	sync(&t->ctx);
	t->got[1] = rig_now(t);
}

static void flush_thrice(struct rig_thread *t)
{
	flush_at(t);
	t->arg = US(50);
	flush_at(t);
	t->arg = US(90);
	flush_at(t);
}

static void test_who_is_kicked(void)
{
	struct rig r;
	const struct trace_record *x;

	rig_init(&r, 16);
	r.spare_vcpus = 1;
	rig_vcpu(&r, 0, in_guest);
	rig_vcpu(&r, 1, in_userspace);
	rig_vcpu(&r, 2, gone);
	rig_vcpu(&r, 3, halted);
	rig_kthread(&r, 4, flush_thrice)->arg = US(20);
	rig_run(&r);
	is_int(r.stop, SIM_STOP_EMPTY, "all threads end");
	x = rig_step(&r, TP_KVM_FLUSH_BEGIN, 4, ANY, 1);
	is_int(x ? (int64_t)x->b : -1, 0xf,
	       "first flush: guest, user space, long gone and halted vcpus are kicked, where they ran last");
	is_int(rig_steps(&r, TP_KVM_REQUEST, 4, 4), 1, "a vcpu that never ran: its bit is set ...");
	is_int(r.kvm->vcpu[4].flush_request, 1, "... and stays set, no IPI");
	x = rig_step(&r, TP_KVM_FLUSH_BEGIN, 4, ANY, 2);
	is_int(x ? (int64_t)x->b : -1, 0x1, "second flush: only the vcpu that has entered again");
	x = rig_step(&r, TP_KVM_FLUSH_BEGIN, 4, ANY, 3);
	is_int(x ? (int64_t)x->b : -1, 0x3, "third: also the one that came back from user space");
	is_int(rig_count(&r, METRIC_IPI_SENT, VC_CALL), 4 + 1 + 2, "IPIs sent");
	is_int(rig_count(&r, METRIC_IPI_RECEIVED, VC_CALL), 4 + 1 + 2, "and received");
	is_int(rig_count(&r, METRIC_EXIT, EX_SECONDARY), 1 + 1 + 2, "each costs an exit only in guest mode");
	is_int(rig_count(&r, METRIC_ROUND, ROUND_SECONDARY), 3, "three rounds");
	is_int(rig_count(&r, METRIC_ROUND_EMPTY, ROUND_SECONDARY), 0, "none empty");
	is_int(rig_steps(&r, TP_KVM_OWN_FLUSH, 0, 0), 3, "each request is served once, at the next entry");
	is_int(rig_steps(&r, TP_KVM_OWN_FLUSH, 2, 2), 0, "never by a vcpu that does not come back");
	rig_free(&r);
}

/* Hand case: a second flusher one microsecond after the first. */
static void test_second_flusher_returns_at_once(void)
{
	struct rig r;
	struct rig_thread *f1, *f2;

	rig_init(&r, 16);
	rig_vcpu(&r, 0, in_guest);
	(f1 = rig_kthread(&r, 4, flush_at))->arg = US(20);
	(f2 = rig_kthread(&r, 5, flush_at))->arg = US(20) + NS(500);
	rig_run(&r);
	is_int(rig_count(&r, METRIC_IPI_SENT, VC_CALL), 1, "two flushers at once: one IPI");
	is_int(rig_count(&r, METRIC_ROUND, ROUND_SECONDARY), 1, "one round");
	is_int(rig_count(&r, METRIC_ROUND_EMPTY, ROUND_SECONDARY), 1, "the second finds the bit set: empty");
	is_int(rig_count(&r, METRIC_FLUSH_CALLS, ROUND_SECONDARY), 2, "two calls");
	ok(f2->got[1] < rig_when(&r, TP_VM_EXIT, 0, ANY, 1),
	   "and returns while the vcpu is still in guest mode");
	ok(f1->got[1] > rig_when(&r, TP_IRQ_ENTER, 0, ANY, 1), "the first waits for the interrupt");
	rig_free(&r);
}

static void test_requests_lock(void)
{
	struct rig r;
	struct rig_thread *f2;

	rig_init(&r, 16);
	r.f.kvm.requests_lock = 1;
	rig_vcpu(&r, 0, in_guest);
	rig_kthread(&r, 4, flush_at)->arg = US(20);
	(f2 = rig_kthread(&r, 5, flush_at))->arg = US(20) + NS(500);
	rig_run(&r);
	ok(f2->got[1] > rig_when(&r, TP_KVM_FLUSH_END, 4, ANY, 1),
	   "requests_lock: the second returns after the first round is over");
	is_int(rig_steps(&r, TP_KVM_FLUSH_EMPTY, 5, ANY), 1,
	       "the vcpu has not entered again: the bit is still set, no second IPI");
	is_int(rig_count(&r, METRIC_IPI_SENT, VC_CALL), 1, "one IPI");
	rig_free(&r);

	rig_init(&r, 16);
	r.f.kvm.requests_lock = 1;
	r.f.machine.cost[COST_LINE_CROSS] = US(8);	/* the lock is handed over slowly */
	rig_vcpu(&r, 0, in_guest);
	rig_kthread(&r, 3, flush_at)->arg = US(40);
	rig_kthread(&r, 5, flush_at)->arg = US(40) + NS(500);
	rig_run(&r);
	is_int(rig_count(&r, METRIC_IPI_SENT, VC_CALL), 2, "the vcpu entered between: two IPIs");
	is_int(rig_count(&r, METRIC_ROUND, ROUND_SECONDARY), 2, "two rounds, one after the other");
	ok(rig_when(&r, TP_KVM_FLUSH_BEGIN, 5, ANY, 1) > rig_when(&r, TP_KVM_FLUSH_END, 3, ANY, 1) ||
	   rig_when(&r, TP_KVM_FLUSH_BEGIN, 3, ANY, 1) > rig_when(&r, TP_KVM_FLUSH_END, 5, ANY, 1),
	   "the rounds do not overlap");
	rig_free(&r);
}

static void flush_own(struct rig_thread *t)
{
	rig_guest_until(t, US(20));
	kvm_vcpu_stop(t->vcpu);
	kvm_flush_remote_tlbs(&t->ctx, t->rig->kvm);
	kvm_vcpu_start(t->vcpu);
}

static void test_not_myself(void)
{
	struct rig r;
	const struct trace_record *x;

	rig_init(&r, 16);
	rig_vcpu(&r, 0, flush_own);
	rig_vcpu(&r, 1, in_guest);
	rig_run(&r);
	x = rig_step(&r, TP_KVM_FLUSH_BEGIN, 0, ANY, 1);
	is_int(x ? (int64_t)x->b : -1, 0x2, "a vcpu that flushes is not in its own mask");
	is_int(rig_steps(&r, TP_KVM_OWN_FLUSH, 0, 0), 1, "but flushes itself before it enters");
	rig_free(&r);

	rig_init(&r, 16);
	rig_vcpu(&r, 0, flush_own);
	rig_run(&r);
	is_int(rig_count(&r, METRIC_ROUND_EMPTY, ROUND_SECONDARY), 1, "alone: an empty round");
	is_int(rig_count(&r, METRIC_IPI_SENT, VC_CALL), 0, "no IPI");
	rig_free(&r);
}

/* --- the skip hole (case 4) ------------------------------------------------------- */

static void use_both_pages(struct rig_thread *t)
{
	rig_guest_until(t, US(1));
	kvm_guest_access(t->vcpu, RIG_BASE + 0, 1);
	kvm_guest_access(t->vcpu, RIG_BASE + 1, 1);
	rig_guest_until(t, US(200));
}

/* As reclaim of one page, after its primary flush: clear, callout, last put. */
static void reclaim(struct rig_thread *t)
{
	uint64_t page = (uint64_t)t->got[7];
	struct page *p;

	rig_until(t, t->arg);
	p = rig_clear_pte(t, page);
	rig_callout(t, OP_invalidate_page, page, page + 1);
	t->got[0] = rig_now(t);
	put_page(&t->ctx, p);
}

static void two_reclaimers(struct rig *r, sim_time apart)
{
	struct rig_thread *t;

	rig_vcpu(r, 1, use_both_pages);
	t = rig_kthread(r, 5, reclaim);
	t->arg = US(50);
	t = rig_kthread(r, 6, reclaim);
	t->arg = US(50) + apart;
	t->got[7] = 1;
	rig_run(r);
}

static void test_hole(enum fix_design design, int requests_lock, sim_time apart, int64_t violations,
		      int64_t ipis, const char *what)
{
	struct rig r;

	printf("# %s, requests_lock %d, second flusher %lld ns later\n", what, requests_lock,
	       (long long)(apart / 1000));
	rig_init(&r, 16);
	fix_design(&r.f, design);
	r.f.design.kvm.zap_at = ZAP_RANGE_START;
	r.f.kvm.requests_lock = requests_lock;
	two_reclaimers(&r, apart);
	is_int(rig_count(&r, METRIC_IPI_SENT, VC_CALL), ipis, "IPIs");
	is_int(rig_count(&r, METRIC_ROUND, ROUND_SECONDARY), ipis, "rounds with targets");
	is_int(r.m.oracle->exposures[INV_I1], 2, "two pages freed that had translations");
	is_int(r.m.oracle->violations[INV_I1], violations, "violations of I1");
	is_int(rig_steps(&r, TP_VIOLATION, 6, INV_I1), violations,
	       "on the CPU that skipped the vcpu");
	rig_free(&r);
}

/*
 * Between its last look at the request bit and the guest a vcpu is inside
 * already: nothing but the arrival of the IPI keeps it from using what it has.
 */
static void enters_at_100(struct rig_thread *t)
{
	kvm_guest_access(t->vcpu, RIG_BASE + 0, 1);
	kvm_guest_access(t->vcpu, RIG_BASE + 1, 1);
	rig_userspace_until(t, US(100));
	rig_guest_until(t, US(200));
}

static void test_hole_while_entering(enum tlb_tag tag, int64_t violations, const char *what)
{
	struct rig r;
	struct rig_thread *t;

	rig_init(&r, 16);
	rig_no_costs(&r);
	r.f.kvm.tlb_tag = tag;
	r.f.machine.cost[COST_VM_ENTRY] = US(20);
	r.f.machine.cost[COST_IPI_CROSS] = US(40);
	rig_vcpu(&r, 1, enters_at_100);
	rig_kthread(&r, 5, reclaim)->arg = US(105);
	t = rig_kthread(&r, 6, reclaim);
	t->arg = US(110);
	t->got[7] = 1;
	rig_run(&r);
	is_int(rig_when(&r, TP_VM_ENTRY, 1, 0, 2), US(120),
	       "the vcpu is on its way in from 100 to 120 us, too late for both requests");
	is_int(rig_steps(&r, TP_KVM_FLUSH_EMPTY, 6, ANY), 1, "the second flusher skips it");
	is_int(r.m.oracle->violations[INV_I1], violations, what);
	rig_free(&r);
}

/* --- range operations: the primary flush closes the hole ------------------------------ */

static void madvise(struct rig_thread *t)
{
	struct unmap_op op = { 0 };

	rig_until(t, t->arg);
	sys_madvise_dontneed(&t->ctx, RIG_BASE + (uint64_t)t->got[7],
			     RIG_BASE + (uint64_t)t->got[7] + 1, &op);
}

static void test_range_operations(void)
{
	struct rig r;
	struct rig_thread *t;

	rig_init(&r, 16);
	fix_design(&r.f, FIX_RELEASED);
	r.f.kvm.tlb_tag = TAG_VPID;
	rig_vcpu(&r, 1, use_both_pages);
	t = rig_host(&r, 5, madvise);
	t->arg = US(50);
	t = rig_host(&r, 6, madvise);
	t->arg = US(50) + NS(300);
	t->got[7] = 1;
	rig_run(&r);
	is_int(rig_steps(&r, TP_KVM_FLUSH_EMPTY, 6, ANY), 1,
	       "two madvise at once: the second skips the vcpu as well");
	is_int(rig_steps(&r, TP_PAGE_FREE, -1, ANY), 2, "both pages are freed");
	is_int(r.m.oracle->violations[INV_I1], 0,
	       "no violation: before the free the primary round takes the vcpu out, and it flushes");
	rig_free(&r);
}

/*
 * A flush after mmu_lock is released (until 3.3): another unmapper of the same
 * page finds no spte, so it does not flush, and frees the page while the first
 * one's request is still to come.  Its primary round takes the vcpu out, which
 * is enough without tags only.  Around 3.4 the flush moved into mmu_lock (the
 * same race in dirty logging: commit 6dbf79e7164e).
 */
static void test_flush_after_unlock(enum secondary_flush flush, enum tlb_tag tag,
				    int64_t violations, const char *what)
{
	struct rig r;

	rig_init(&r, 16);
	rig_no_costs(&r);
	r.f.design.kvm.secondary_flush = flush;
	r.f.kvm.tlb_tag = tag;
	r.f.machine.cost[COST_REQUEST_BIT] = US(10);
	rig_vcpu(&r, 1, use_both_pages);
	rig_host(&r, 5, madvise)->arg = US(50);
	rig_host(&r, 6, madvise)->arg = US(52);
	rig_run(&r);
	is_int(rig_count(&r, METRIC_FLUSH_CALLS, ROUND_SECONDARY), 1,
	       "two unmap one page: the second finds no spte and does not flush");
	is_int(rig_steps(&r, TP_PTE_CLEAR, flush == FLUSH_AFTER_LOCK ? 6 : 5, ANY), 1,
	       flush == FLUSH_AFTER_LOCK ? "it clears the pte before the flush of the first" :
	       "it waits for mmu_lock");
	is_int(rig_steps(&r, TP_PAGE_FREE, -1, ANY), 1, "the page is freed");
	is_int(r.m.oracle->violations[INV_I1], violations, what);
	rig_free(&r);
}

int main(void)
{
	tap_seed(1);
	test_who_is_kicked();
	test_second_flusher_returns_at_once();
	test_requests_lock();
	test_not_myself();
	test_hole(FIX_MERGED, 0, NS(300), 1, 1, "unpinned");
	test_hole(FIX_MERGED, 1, NS(300), 0, 1, "unpinned");
	test_hole(FIX_MERGED, 0, US(20), 0, 2, "unpinned");
	test_hole(FIX_RELEASED, 0, NS(300), 1, 1, "pinned, the caller's put is the last");
	test_hole(FIX_RELEASED, 1, NS(300), 0, 1, "pinned, the caller's put is the last");
	test_hole_while_entering(TAG_VPID, 1, "tagged entries are used before the IPI comes: violation");
	test_hole_while_entering(TAG_NONE, 0, "untagged: the entry itself empties the TLB, none");
	test_range_operations();
	test_flush_after_unlock(FLUSH_AFTER_LOCK, TAG_VPID, 1, "flush after mmu_lock, tags: I1 violated");
	test_flush_after_unlock(FLUSH_AFTER_LOCK, TAG_NONE, 0, "no tags: the exit empties the TLB");
	test_flush_after_unlock(FLUSH_IN_LOCK, TAG_VPID, 0, "flush in mmu_lock: held");
	return tap_done();
}
