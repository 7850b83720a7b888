/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * I1: what is a violation at the free of a page, and what only looks like one
 * (each negative case stands beside a positive twin that differs in the one
 * thing that matters); the thresholds of the broken design that announces only
 * the end; and what the oracle says of a driver zap whose put is the last one.
 *
 * The last point, argued.  Up to 2.6.31 rmap_remove() puts the page, then the
 * caller stores the non-present spte, then comes the flush, all in mmu_lock.
 * As long as the process still maps the page, the put is not the last and the
 * order is harmless.  Without a notifier (no callout at munmap or
 * madvise) the pte may be long gone: then the driver's put *is* the last, the
 * page is on the free list with its spte present and guest TLBs loaded, and
 * any CPU may allocate it before the flush.  mmu_lock does not help: guests
 * in guest mode do not take it.  So: I1 violated in no-notifier designs with
 * that order wherever eviction, shrinker or memslot delete meets a page whose
 * pte is gone; held where they do not.  With start/end callouts the driver
 * has dropped its sptes before the pte goes and the fence keeps new ones out,
 * so a driver zap only meets pages that are still mapped: held, whatever the
 * put order.
 */
#include "models/hw/irq.h"
#include "models/kernel/mmap.h"
#include "models/secondary/t/rig.h"

/* --- guest TLBs ------------------------------------------------------------------- */

static void use_and_leave(struct rig_thread *t)
{
	kvm_guest_access(t->vcpu, RIG_BASE, 1);
	rig_userspace_until(t, US(100));
	rig_guest_until(t, US(200));
}

static void use_and_halt(struct rig_thread *t)
{
	kvm_guest_access(t->vcpu, RIG_BASE, 1);
	kvm_guest_halt(t->vcpu, US(100));
	rig_guest_until(t, US(200));
}

static void use_and_stay(struct rig_thread *t)
{
	kvm_guest_access(t->vcpu, RIG_BASE, 1);
	rig_guest_until(t, US(200));
}

/* At t->arg clear the pte, have the driver zap, free. */
static void zap_and_free(struct rig_thread *t)
{
	struct page *p;

	rig_until(t, t->arg);
	p = rig_clear_pte(t, 0);
	rig_callout(t, OP_invalidate_page, 0, 1);
	put_page(&t->ctx, p);
}

struct guest_case {
	const char *what;
	void (*vcpu)(struct rig_thread *t);
	enum tlb_tag tag;
	int flush;			/* the driver flushes after its zap */
	int64_t violations;
};

static const struct guest_case guest_cases[] = {
	{ "out of the guest, tagged, request bit set: flushes before it enters",
	  use_and_leave, TAG_VPID, 1, 0 },
	{ "the same, nobody has asked for a flush", use_and_leave, TAG_VPID, 0, 1 },
	{ "out of the guest, no tags: the entry empties the TLB", use_and_leave, TAG_NONE, 0, 0 },
	{ "halted, no tags", use_and_halt, TAG_NONE, 0, 0 },
	{ "halted, tagged, request bit set", use_and_halt, TAG_VPID, 1, 0 },
	{ "halted, tagged, nobody has asked", use_and_halt, TAG_VPID, 0, 1 },
	{ "in guest mode, flushed", use_and_stay, TAG_NONE, 1, 0 },
	{ "in guest mode, not flushed", use_and_stay, TAG_NONE, 0, 1 },
};

static void test_guest(const struct guest_case *c)
{
	struct rig r;

	rig_init(&r, 16);
	r.f.kvm.tlb_tag = c->tag;
	if (!c->flush)			/* a driver that forgets it */
		r.f.design.kvm.secondary_flush = FLUSH_PER_BATCH;
	rig_vcpu(&r, 1, c->vcpu);
	rig_kthread(&r, 4, zap_and_free)->arg = US(50);
	rig_run(&r);
	is_int(r.m.oracle->violations[INV_I1], c->violations, c->what);
	is_int(r.m.oracle->exposures[INV_I1], 1, "one page freed that had a translation");
	rig_free(&r);
}

/* --- interrupts that wait at the door ------------------------------------------------- */

static void device_interrupt(struct rig_thread *t)
{
	irq_send(&t->rig->m.cpu[1], VECTOR_BACKGROUND, US(105));
}

static void kick(struct rig_thread *t)
{
	rig_until(t, US(105));
	kvm_flush_remote_tlbs(&t->ctx, t->rig->kvm);
}

/* On its way in from 100 to 120 us; the page goes at 110 without a flush of its own. */
static void test_pending(void (*interrupt)(struct rig_thread *t), int64_t violations,
			 const char *what)
{
	struct rig r;

	rig_init(&r, 16);
	rig_no_costs(&r);
	r.f.kvm.tlb_tag = TAG_VPID;
	r.f.design.kvm.secondary_flush = FLUSH_PER_BATCH;
	r.f.machine.cost[COST_VM_ENTRY] = US(20);
	rig_vcpu(&r, 1, use_and_leave);
	rig_kthread(&r, 4, zap_and_free)->arg = US(110);
	rig_kthread(&r, 5, interrupt);
	rig_run(&r);
	is_int(r.m.oracle->violations[INV_I1], violations, what);
	rig_free(&r);
}

static void kick_at_50(struct rig_thread *t)
{
	rig_until(t, US(50));
	kvm_flush_remote_tlbs(&t->ctx, t->rig->kvm);
}

/* INVVPID from 50 to 70 us, the request bit is clear again from 50 on. */
static void test_own_flush_in_progress(void)
{
	struct rig r;

	rig_init(&r, 16);
	rig_no_costs(&r);
	r.f.kvm.tlb_tag = TAG_VPID;
	r.f.design.kvm.secondary_flush = FLUSH_PER_BATCH;
	r.f.machine.cost[COST_INVVPID] = US(20);
	rig_vcpu(&r, 1, use_and_stay);
	rig_kthread(&r, 5, kick_at_50);
	rig_kthread(&r, 4, zap_and_free)->arg = US(60);
	rig_run(&r);
	is_int(rig_when(&r, TP_KVM_OWN_FLUSH, 1, 0, 1), US(70), "own flush until 70 us");
	is_int(r.m.oracle->violations[INV_I1], 0,
	       "freed at 60: the request was taken, the flush comes before the entry");
	rig_free(&r);
}

/* --- sptes that are still there ---------------------------------------------------------- */

static void free_with_spte(struct rig_thread *t)
{
	struct page *p;

	rig_until(t, US(50));
	p = rig_clear_pte(t, 0);
	put_page(&t->ctx, p);
}

static void test_spte_left(void)
{
	struct rig r;

	rig_init(&r, 16);
	rig_kthread(&r, 4, free_with_spte);
	rig_run(&r);
	is_int(r.m.oracle->violations[INV_I1], 1, "freed with an spte: any entry could walk to it");
	rig_free(&r);

	rig_init(&r, 16);
	r.prefilled = 0;
	rig_kthread(&r, 4, free_with_spte);
	rig_run(&r);
	is_int(r.m.oracle->violations[INV_I1], 0, "freed without one");
	is_int(r.m.oracle->exposures[INV_I1], 0, "not even an exposure");
	rig_free(&r);

	rig_init(&r, 16);
	r.f.design.kvm.pin = PIN_PER_SPTE;
	rig_kthread(&r, 4, free_with_spte);
	rig_run(&r);
	is_int(rig_steps(&r, TP_PAGE_FREE, -1, ANY), 0, "pinned: not freed at all");
	rig_free(&r);
}

/* --- TLBs of CPUs ----------------------------------------------------------------------------- */

static void load_tlb(struct rig_thread *t)
{
	struct rig *r = t->rig;
	struct page *p = rig_page(r, 0);

	t->ctx.cpu->tlb = tlb_new(&r->arena, 64, 64);
	tlb_fill(t->ctx.cpu->tlb, RIG_BASE, p, p->generation);
	p->primary_cpus |= 1ull << t->ctx.cpu->id;
	t->ctx.cpu->tlb_lazy = (int)t->arg;
	rig_until(t, US(100));
}

static void load_and_free(struct rig_thread *t)
{
	struct rig *r = t->rig;
	struct page *p = rig_page(r, 0);

	t->ctx.cpu->tlb = tlb_new(&r->arena, 64, 64);
	tlb_fill(t->ctx.cpu->tlb, RIG_BASE, p, p->generation);
	p->primary_cpus |= 1ull << t->ctx.cpu->id;
	rig_until(t, US(50));
	p = rig_clear_pte(t, 0);
	if (t->arg)
		flush_tlb_mm(&t->ctx, &r->mm, RIG_BASE, RIG_BASE + 1);
	put_page(&t->ctx, p);
}

static void test_primary(int other, int lazy, int flush, int64_t violations, const char *what)
{
	struct rig r;

	rig_init(&r, 16);
	r.prefilled = 0;
	rig_host(&r, 4, load_and_free)->arg = flush;
	if (other)
		rig_host(&r, 5, load_tlb)->arg = lazy;
	rig_run(&r);
	is_int(r.m.oracle->violations[INV_I1], violations, what);
	is_int(r.m.oracle->exposures[INV_I1], 1, "one exposure");
	rig_free(&r);
}

/* mmu_gather's fast mode: pages are freed before the flush. */
static void test_one_cpu(void)
{
	struct fixture f;
	struct result x;

	fix_init(&f, 1, 1);
	f.world.space[0].n_secondaries = 0;
	fix_region(&f, "heap", 64);
	fix_thread(&f, "app", MODE_USER, 1, 1);
	fix_op(&f, 0, OPK_TOUCH, 0)->pages.kind = PICK_ALL;
	fix_op(&f, 0, OPK_MADVISE_DONTNEED, 0)->length = 64 * PAGE_SIZE;
	fix_run(&f, &x);
	is_int(fix_count(&x, METRIC_FREE_IN_SECTION, ""), 64, "one CPU: pages go before the flush");
	is_int(x.count[INV_I1].operations, 64, "while its own TLB holds them");
	is_int(x.count[INV_I1].count, 0, "no violation: the flush is its own and comes first");
	result_free(&x);
	world_free(f.w);
}

/* --- the broken design: only the end is announced ------------------------------------------------ */

static int64_t run_range(enum fix_design d, int preempt, enum op_kind kind, int64_t pages,
			 int vcpus, int64_t *freed_inside)
{
	struct fixture f;
	struct result x;
	int64_t n;

	fix_init(&f, 2, 4);
	fix_design(&f, d);
	f.kernel.preempt = preempt ? PREEMPT_FULL : PREEMPT_NONE;
	fix_region(&f, "ram", 1536);
	if (vcpus) {
		int t = fix_thread(&f, "vcpu", MODE_GUEST, vcpus, 0);

		fix_op(&f, t, OPK_SECONDARY_ACCESS, 0)->n = 4;
		fix_op(&f, t, OPK_THINK, 0)->duration = fix_const(US(5));
	}
	fix_thread(&f, "vmm", MODE_USER, 1, 1);
	fix_op(&f, f.world.n_threads - 1, kind, 0)->length = pages * PAGE_SIZE;
	f.op[f.world.n_threads - 1][0].at.kind = PICK_SEQ;
	fix_run(&f, &x);
	*freed_inside = fix_count(&x, METRIC_FREE_IN_SECTION, "");
	n = x.n_count ? x.count[INV_I1].count : -1;
	if (x.status != RUN_OK && x.status != RUN_VIOLATION)
		printf("# %s: %s\n", run_status_name(x.status), x.reason);
	result_free(&x);
	world_free(f.w);
	return n;
}

static void test_thresholds(enum op_kind kind)
{
	static const struct { int preempt; int64_t pages, violations; } c[] = {
		{ 0, 1, 0 }, { 0, 8, 0 }, { 0, 505, 0 }, { 0, 506, 506 }, { 0, 507, 506 },
		{ 0, 1024, 1024 }, { 1, 1, 0 }, { 1, 7, 0 }, { 1, 8, 8 }, { 1, 9, 8 },
		{ 1, 505, 504 },
	};
	char what[96];
	int64_t inside;

	for (size_t i = 0; i < sizeof(c) / sizeof(c[0]); i++) {
		snprintf(what, sizeof(what), "only the end, %s, PREEMPT=%c, %lld pages",
			 kind == OPK_MUNMAP ? "munmap" : "madvise", c[i].preempt ? 'y' : 'n',
			 (long long)c[i].pages);
		is_int(run_range(FIX_BUSTED, c[i].preempt, kind, c[i].pages, 0, &inside),
		       c[i].violations, what);
		is_int(inside, c[i].violations, "as many as were freed inside the section");
		is_int(run_range(FIX_MERGED, c[i].preempt, kind, c[i].pages, 0, &inside), 0,
		       "start and end: none");
	}
	ok(run_range(FIX_BUSTED, 0, kind, 506, 3, &inside) > 0, "and with running vcpus");
	is_int(run_range(FIX_MERGED, 0, kind, 506, 3, &inside), 0, "start and end with them: none");
	is_int(run_range(FIX_RELEASED, 0, kind, 506, 3, &inside), 0, "as released: none");
	is_int(run_range(FIX_ANDREA_V7, 0, kind, 506, 3, &inside), 0, "pin and array: none");
	is_int(run_range(FIX_RUSTY, 0, kind, 506, 3, &inside), 0, "pin and a flush per spte: none");
}

/* --- a driver zap whose put is the last -------------------------------------------------------------- */

static void unmap_then_zap(struct rig_thread *t)
{
	struct unmap_op *op = arena_alloc(&t->rig->arena, sizeof(*op));

	rig_until(t, US(50));
	if (t->got[7])
		sys_madvise_dontneed(&t->ctx, RIG_BASE, RIG_BASE + 4, op);
	if (t->arg == LABEL_SHRINK)
		kvm_shrink(&t->ctx, t->rig->kvm);
	else
		kvm_memslot_delete(&t->ctx, t->rig->kvm);
}

static void test_driver_zap(enum fix_design d, enum put_order order, int label, int unmapped,
			    int vcpu, int64_t violations, const char *what)
{
	struct rig_thread *t;
	struct rig r;

	rig_init(&r, 16);
	fix_design(&r.f, d);
	r.f.design.kvm.put_order = order;
	r.f.design.kvm.put_batch = 64;
	t = rig_host(&r, 4, unmap_then_zap);
	t->arg = label;
	t->got[7] = unmapped;
	if (vcpu)
		rig_vcpu(&r, 1, use_and_stay);
	rig_run(&r);
	is_int(r.m.oracle->violations[INV_I1], violations, what);
	is_int(rig_steps(&r, TP_PAGE_FREE, -1, ANY), unmapped ? 4 : 0, "pages freed");
	rig_free(&r);
}

/* Eviction, shrinker and madvise at once, with vcpus that fault. */
static void test_mixture(enum fix_design d, uint64_t seed, int violated)
{
	struct fixture f;
	struct result x;
	int t;

	fix_init(&f, 2, 4);
	fix_design(&f, d);
	f.world.seed = (int64_t)seed;
	f.kvm.mmu_pages = 12;
	f.machine.jitter = 100000;
	f.world.until = UNTIL_DURATION;
	f.world.duration = MS(4);
	fix_region(&f, "ram", 16 * 512)->prefault = PPM_ONE / 16;
	f.world.space[0].region[0].secondary_prefault = 0;
	t = fix_thread(&f, "vcpu", MODE_GUEST, 4, 0);
	fix_op(&f, t, OPK_SECONDARY_ACCESS, 0)->pages.kind = PICK_UNIFORM;
	fix_op(&f, t, OPK_THINK, 0)->duration = (struct dist){ .kind = DIST_EXP, .a = US(3) };
	t = fix_thread(&f, "vmm", MODE_USER, 2, 0);
	fix_op(&f, t, OPK_MADVISE_DONTNEED, 0)->length = 700 * PAGE_SIZE;
	f.op[t][0].at.kind = PICK_UNIFORM;
	fix_op(&f, t, OPK_THINK, 0)->duration = (struct dist){ .kind = DIST_EXP, .a = US(100) };
	t = fix_thread(&f, "shrinker", MODE_KERNEL, 1, 0);
	f.thread[t].in = 0;
	fix_op(&f, t, OPK_SHRINK, 0);
	fix_op(&f, t, OPK_SLEEP, 0)->duration = (struct dist){ .kind = DIST_EXP, .a = US(50) };
	fix_run(&f, &x);
	ok(x.status == RUN_OK || x.status == RUN_VIOLATION, "the run ends");
	printf("# %s: %lld evicted, %lld shrunk, %lld frees of pages with a translation\n",
	       fix_design_names[d], (long long)fix_count(&x, METRIC_SHADOW_ZAPPED, "evict"),
	       (long long)fix_count(&x, METRIC_SHADOW_ZAPPED, "shrink"),
	       (long long)x.count[INV_I1].operations);
	ok(fix_count(&x, METRIC_SHADOW_ZAPPED, "evict") > 20 &&
	   fix_count(&x, METRIC_SHADOW_ZAPPED, "shrink") > 5, "eviction and shrinker at work");
	ok(x.count[INV_I1].operations > 50, "more than 50 pages freed that had a translation");
	if (violated)
		ok(x.count[INV_I1].count > 0, "no notifier: I1 violated");
	else
		is_int(x.count[INV_I1].count, 0, fix_design_names[d]);
	is_int(x.count[INV_I2].count, 0, "I2 holds");
	is_int(x.count[INV_I4].count, 0, "I4 holds");
	result_free(&x);
	world_free(f.w);
}

int main(void)
{
	uint64_t seed = tap_seed(1);

	for (size_t i = 0; i < sizeof(guest_cases) / sizeof(guest_cases[0]); i++)
		test_guest(&guest_cases[i]);
	test_pending(device_interrupt, 1, "a device's interrupt pending at the door: it comes back unflushed");
	test_pending(kick, 0, "a kick pending at the door: it flushes before it is inside");
	test_own_flush_in_progress();
	test_spte_left();
	test_primary(1, 0, 0, 1, "another CPU's TLB holds it");
	test_primary(1, 0, 1, 0, "another CPU's TLB held it, flushed");
	test_primary(1, 1, 0, 0, "a lazy CPU's TLB holds it");
	test_primary(0, 0, 0, 0, "only its own");
	test_one_cpu();
	test_thresholds(OPK_MADVISE_DONTNEED);
	test_thresholds(OPK_MUNMAP);
	for (int label = LABEL_SHRINK; label <= LABEL_MEMSLOT; label++) {
		const char *who = label == LABEL_SHRINK ? "shrinker" : "memslot delete";

		printf("# %s\n", who);
		test_driver_zap(FIX_NONE_PIN, PUT_BEFORE_FLUSH, label, 1, 1, 4,
				"no notifier, unmapped before: the driver's put is the last, before clear and flush");
		test_driver_zap(FIX_NONE_PIN, PUT_BEFORE_FLUSH, label, 1, 0, 4,
				"the same without a running vcpu: the spte is there");
		test_driver_zap(FIX_NONE_PIN, PUT_BEFORE_FLUSH, label, 0, 1, 0,
				"still mapped: not the last put");
		test_driver_zap(FIX_NONE_PIN, PUT_FLUSH_BEFORE, label, 1, 1, 0,
				"the safe order: clear, flush, put");
		test_driver_zap(FIX_RELEASED, PUT_BEFORE_FLUSH, label, 1, 1, 0,
				"as released: range_start has dropped them before");
	}
	test_mixture(FIX_NONE_PIN, seed, 1);
	test_mixture(FIX_RELEASED, seed, 0);
	test_mixture(FIX_MERGED, seed, 0);
	test_mixture(FIX_ANDREA_V7, seed, 0);
	return tap_done();
}
