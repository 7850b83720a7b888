/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * KVM of today, the cases worked by hand from virt/kvm/kvm_main.c and
 * arch/x86/kvm/mmu of 6.18: the hull that only grows, the sequence of the whole
 * VM, who is kicked by mode, memory without a memslot, a zap that yields, aging
 * without lock and flush, the early looks at the fence.
 */
#include "models/secondary/t/rig.h"

static void today(struct rig *r, uint64_t pages)
{
	rig_init(r, pages);
	rig_no_costs(r);
	r->f.kernel.ipi_kind = IPI_CSD;
	r->f.kernel.flush_lazy = LAZY_SKIP;
	r->f.kernel.spinlock = SPINLOCK_QUEUED;
	r->f.kvm.kick = KICK_MODE;
	r->f.kvm.lookup = LOOKUP_TREE;
	r->f.kvm.mmu_lock = MMU_RWLOCK;
	r->f.kvm.aging = AGING_LOCKLESS;
	r->f.kvm.slots = SLOTS_SRCU;
	r->f.kernel.srcu = SRCU_TREE;
	r->f.kvm.paging = PAGING_TDP;
	r->f.kvm.tlb_tag = TAG_VPID;
	r->f.kvm.gup = GUP_FAST;
	r->f.kvm.zap_yield = 1;
	r->f.kvm.read_only = 1;
	r->f.design.kvm.fence_scope = SCOPE_HULL;
	r->f.design.kvm.precheck = PRECHECK_LOCK;
	r->f.design.kvm.secondary_flush = FLUSH_IN_LOCK;
	r->f.machine.cost[COST_VM_EXIT] = r->f.machine.cost[COST_VM_ENTRY] = NS(500);
}

/* --- the fence -------------------------------------------------------------------- */

static void first_section(struct rig_thread *t)
{
	rig_until(t, US(20));
	rig_callout(t, OP_range_start, 0, 10);
	rig_until(t, US(60));
	rig_callout(t, OP_range_end, 0, 10);
}

static void second_section(struct rig_thread *t)
{
	rig_until(t, US(25));
	rig_callout(t, OP_range_start, 1000, 1010);
	rig_until(t, US(100));
	rig_callout(t, OP_range_end, 1000, 1010);
}

/* Page t->arg at t->got[0]; afterwards t->got[1]: when it had it. */
static void accesses(struct rig_thread *t)
{
	rig_guest_until(t, t->got[0]);
	kvm_guest_access(t->vcpu, RIG_BASE + (uint64_t)t->arg, 1);
	t->got[1] = rig_now(t);
}

static int64_t retries_at(struct rig *r, uint64_t page)
{
	return rig_steps(r, TP_RETRY, -1, RIG_BASE + page);
}

static void test_hull(void)
{
	struct rig r;
	struct rig_thread *between, *outside;

	today(&r, 2048);
	r.prefilled = 0;
	r.f.machine.cost[COST_GUP_FAST] = US(4);
	rig_host(&r, 4, first_section);
	rig_host(&r, 5, second_section);
	(between = rig_vcpu(&r, 0, accesses))->arg = 500;
	between->got[0] = US(40);
	(outside = rig_vcpu(&r, 1, accesses))->arg = 2000;
	outside->got[0] = US(57);
	rig_run(&r);
	is_int(r.stop, SIM_STOP_EMPTY, "all threads end");
	ok(between->got[1] > US(100), "a page between two sections waits for the second to end");
	ok(between->got[1] < US(108), "and gets through then");
	ok(retries_at(&r, 500) > 10, "trying again and again");
	is_int(rig_steps(&r, TP_GUP, 0, ANY), 1, "though it asks for its page only once: the early look refuses");
	is_int(retries_at(&r, 2000), 1, "a page outside the hull: one retry, by the sequence of the whole VM");
	is_int(rig_count(&r, METRIC_SECONDARY_FAULT_SPURIOUS, 0), retries_at(&r, 500) + 1,
	       "all of them for nothing");
	rig_free(&r);
}

/* The same fault, stopped by the fence before, or only after it asked for its page. */
static int64_t pages_asked(enum precheck precheck)
{
	struct rig r;
	struct rig_thread *v;
	int64_t n;

	today(&r, 64);
	r.prefilled = 0;
	r.f.design.kvm.precheck = precheck;
	r.f.machine.cost[COST_GUP_FAST] = NS(500);
	rig_host(&r, 4, first_section);
	(v = rig_vcpu(&r, 0, accesses))->arg = 5;
	v->got[0] = US(40);
	rig_run(&r);
	n = rig_steps(&r, TP_GUP, 0, ANY);
	ok(v->got[1] > US(60), "the fault waits for the section");
	rig_free(&r);
	return n;
}

static void test_precheck(void)
{
	ok(pages_asked(PRECHECK_NONE) > 8, "without early looks every try asks for the page");
	is_int(pages_asked(PRECHECK_GUP), 1, "with the first one only the last");
	is_int(pages_asked(PRECHECK_LOCK), 1, "as with both");
}

/* --- the kick ------------------------------------------------------------------------ */

static void in_guest(struct rig_thread *t)
{
	rig_guest_until(t, US(200));
}

static void in_userspace(struct rig_thread *t)
{
	rig_userspace_until(t, US(100));
	rig_guest_until(t, US(200));
}

/* As a walk of the page table without lock: interrupts off, and it says so. */
static void reads_table(struct rig_thread *t)
{
	rig_guest_until(t, US(5));
	kvm_vcpu_stop(t->vcpu);
	local_irq_disable(&t->ctx);
	t->vcpu->mode = VCPU_READING;
	rig_until(t, US(25));
	t->vcpu->mode = VCPU_OUTSIDE;
	local_irq_enable(&t->ctx);
	kvm_vcpu_start(t->vcpu);
}

static void halted(struct rig_thread *t)
{
	rig_guest_until(t, US(5));
	kvm_guest_halt(t->vcpu, US(200));
}

static void flush_at(struct rig_thread *t)
{
	rig_until(t, t->arg);
	kvm_flush_remote_tlbs(&t->ctx, t->rig->kvm);
	sync(&t->ctx);
	t->got[1] = rig_now(t);
}

static void test_kick(void)
{
	struct rig r;
	struct rig_thread *f;

	today(&r, 16);
	r.f.machine.cores = 6;
	for (int i = 0; i < 3; i++)
		rig_vcpu(&r, i, in_guest);
	rig_vcpu(&r, 3, reads_table);
	rig_vcpu(&r, 4, in_userspace);
	rig_vcpu(&r, 5, in_userspace);
	rig_vcpu(&r, 6, halted);
	(f = rig_kthread(&r, 8, flush_at))->arg = US(20);
	rig_run(&r);
	is_int(rig_steps(&r, TP_KVM_REQUEST, 8, ANY), 7, "seven vcpus, seven bits");
	is_int(rig_count(&r, METRIC_IPI_SENT, VC_CALL), 4, "four IPIs: three in the guest, one that reads the table");
	is_int(rig_count(&r, METRIC_EXIT, EX_SECONDARY), 3, "three exits");
	ok(f->got[1] >= US(25), "the reader of the table is waited for");
	is_int(rig_steps(&r, TP_KVM_OWN_FLUSH, 4, ANY), 1, "a vcpu in user space flushes when it enters");
	rig_free(&r);
}

/* Nobody is skipped: a second flusher waits for a vcpu that is on its way out. */
static void test_second_flusher(void)
{
	struct rig r;
	struct rig_thread *f2, *f3;

	today(&r, 16);
	r.f.machine.cost[COST_IPI_SOCKET] = r.f.machine.cost[COST_IPI_CROSS] = US(2);
	rig_vcpu(&r, 0, in_guest);
	rig_kthread(&r, 4, flush_at)->arg = US(20);
	(f2 = rig_kthread(&r, 5, flush_at))->arg = US(21);
	(f3 = rig_kthread(&r, 6, flush_at))->arg = US(22) + NS(300);
	rig_run(&r);
	ok(f2->got[1] >= rig_when(&r, TP_VM_EXIT, 0, ANY, 1), "it waits until the vcpu has left");
	is_int(rig_steps(&r, TP_KVM_FLUSH_BEGIN, 5, ANY), 1, "in a round of its own");
	is_int(rig_count(&r, METRIC_ROUND, ROUND_SECONDARY), 3, "so does one that comes while it leaves");
	is_int(rig_count(&r, METRIC_EXIT, EX_SECONDARY), 1, "one exit for all");
	ok(f3->got[1] >= US(22) + NS(500), "the third waits for the exit too");
	rig_free(&r);
}

/* --- memslots ---------------------------------------------------------------------------- */

static void unmaps_private(struct rig_thread *t)
{
	rig_until(t, US(20));
	rig_callout(t, OP_range_start, 1024, 1536);
	rig_until(t, US(60));
	rig_callout(t, OP_range_end, 1024, 1536);
}

static void test_private_memory(void)
{
	struct rig r;
	struct rig_thread *v;

	today(&r, 2048);
	r.private_from = 1024;
	r.prefilled = 0;
	rig_host(&r, 4, unmaps_private);
	(v = rig_vcpu(&r, 0, accesses))->arg = 5;
	v->got[0] = US(40);
	rig_run(&r);
	is_int(rig_tally(&r, METRIC_LOCK_WAIT, LOCK_MN_INVALIDATE)->n, 2, "two counts of the section");
	is_int(rig_tally(&r, METRIC_LOCK_WAIT, LOCK_MMU)->n, 1, "mmu_lock: only the fault's");
	is_int(rig_count(&r, METRIC_FLUSH_CALLS, ROUND_SECONDARY), 0, "no flush");
	is_int(rig_steps(&r, TP_SECTION_OPEN, -1, ANY) + rig_steps(&r, TP_SEQ_STEP, -1, ANY), 0,
	       "no fence");
	is_int(retries_at(&r, 5), 0, "no retry");
	rig_free(&r);
}

static void clips(struct rig_thread *t)
{
	rig_until(t, US(20));
	rig_callout(t, OP_range_start, 1000, 1536);
	t->got[0] = (int64_t)t->rig->kvm->hull_start - RIG_BASE;
	t->got[1] = (int64_t)t->rig->kvm->hull_end - RIG_BASE;
	rig_callout(t, OP_range_end, 1000, 1536);
	t->got[2] = t->rig->kvm->count * 10 + t->rig->kvm->seq;
	t->got[3] = t->rig->kvm->mn_active;
}

static void test_clipping(void)
{
	struct rig r;
	struct rig_thread *t;

	today(&r, 2048);
	r.private_from = 1024;
	r.prefilled = 1024;
	t = rig_host(&r, 4, clips);
	rig_run(&r);
	is_int(t->got[0], 1000, "the hull begins where the range does");
	is_int(t->got[1], 1024, "and ends where the memslot does");
	is_int(t->got[2], 1, "opened and closed once");
	is_int(t->got[3], 0, "nobody is left counted");
	is_int(rig_count(&r, METRIC_SPTE_ZAPPED, LABEL_RANGE), 24, "24 translations");
	rig_free(&r);
}

/* --- zap ------------------------------------------------------------------------------------ */

static void zaps_all(struct rig_thread *t)
{
	rig_until(t, US(100));
	rig_callout(t, OP_range_start, 0, 2048);
	t->got[1] = rig_now(t);
	rig_callout(t, OP_range_end, 0, 2048);
}

static void reads_at(struct rig_thread *t)
{
	rig_until(t, t->arg);
	kvm_mmu_lock_shared(&t->ctx, t->rig->kvm);
	sync(&t->ctx);
	t->got[0] = rig_now(t);
	t->got[1] = t->rig->kvm->count;
	kvm_mmu_unlock_shared(&t->ctx, t->rig->kvm);
}

/* 2,048 leaves of 100 ns each; others ask for the lock at leaf 700 and 1,500. */
static void test_yield(int yields)
{
	struct rig r;
	struct rig_thread *a, *b, *z;

	today(&r, 2048);
	r.f.kvm.zap_yield = yields;
	r.f.machine.cost[COST_SPTE_ZAP] = NS(100);
	z = rig_host(&r, 4, zaps_all);
	(a = rig_kthread(&r, 5, reads_at))->arg = US(170);
	(b = rig_kthread(&r, 6, reads_at))->arg = US(250);
	rig_run(&r);
	is_int(rig_count(&r, METRIC_FLUSH_CALLS, ROUND_SECONDARY), yields ? 3 : 1,
	       yields ? "a flush at each yield and at the end" : "without yielding: one flush");
	is_int(rig_count(&r, METRIC_SPTE_ZAPPED, LABEL_RANGE), 2048, "every leaf once");
	ok(yields ? a->got[0] < US(171) && b->got[0] < US(251) : a->got[0] >= US(304),
	   yields ? "each waiter is let in at once" : "the waiters wait for the end");
	is_int(a->got[1], 1, "the fence stays closed meanwhile");
	ok(z->got[1] >= US(304), "the zap takes its time");
	rig_free(&r);
}

/* --- aging ------------------------------------------------------------------------------------ */

static void ages(struct rig_thread *t)
{
	rig_until(t, US(50));
	t->got[0] = kvm_age(&t->ctx, t->rig->kvm, OP_clear_flush_young, RIG_BASE + 5);
	t->got[1] = kvm_age(&t->ctx, t->rig->kvm, OP_clear_flush_young, RIG_BASE + 5);
}

static void test_aging(void)
{
	struct rig r;
	struct rig_thread *t, *v;

	today(&r, 16);
	(v = rig_vcpu(&r, 0, accesses))->arg = 5;
	v->got[0] = US(10);
	t = rig_host(&r, 4, ages);
	rig_run(&r);
	is_int(t->got[0] * 10 + t->got[1], 10, "young once");
	is_int(rig_count(&r, METRIC_FLUSH_CALLS, ROUND_SECONDARY), 0, "no flush");
	is_int(rig_tally(&r, METRIC_LOCK_WAIT, LOCK_MMU)->n, 0, "no mmu_lock");
	is_int(r.kvm->seq, 0, "no step of the sequence");
	rig_free(&r);
}

/* Whoever changes a memslot would wait for vcpus outside the guest, not for those inside. */
static void looks(struct rig_thread *t)
{
	struct kvm *k = t->rig->kvm;

	rig_until(t, US(50));
	t->got[0] = k->srcu.readers;
	rig_until(t, US(150));
	t->got[1] = k->srcu.readers;
}

static void test_slots(void)
{
	struct rig r;
	struct rig_thread *t, *v;

	today(&r, 16);
	r.prefilled = 0;
	r.f.machine.cost[COST_GUP_FAST] = US(60);
	rig_vcpu(&r, 0, in_guest);
	(v = rig_vcpu(&r, 1, accesses))->arg = 5;
	v->got[0] = US(20);
	t = rig_host(&r, 4, looks);
	rig_run(&r);
	is_int(t->got[0], 1, "the vcpu that faults is a reader, the one in the guest is not");
	is_int(t->got[1], 0, "nobody is one when both are inside");
	is_int(rig_tally(&r, METRIC_LOCK_WAIT, LOCK_SLOTS)->n, 0, "slots_lock is not touched");
	rig_free(&r);
}

int main(void)
{
	test_slots();
	test_hull();
	test_precheck();
	test_kick();
	test_second_flusher();
	test_private_memory();
	test_clipping();
	test_yield(1);
	test_yield(0);
	test_aging();
	return tap_done();
}
