/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Zaps that KVM starts itself: the limit of shadow pages with FIFO victims
 * (hand case 5: 4 free at a fault, 21 zaps), the slab shrinker, memslot
 * delete.  And the pins: who holds how many references, the two put orders
 * step by step, how long pages are held by pins alone.
 */
#include "models/kernel/mmap.h"
#include "models/secondary/t/rig.h"

#define TABLE SPTES_PER_PAGE

static void stay(struct rig_thread *t)
{
	rig_guest_until(t, MS(3));
}

/* --- the limit ------------------------------------------------------------------- */

static void test_default_limit(void)
{
	static const struct { uint64_t frames; int64_t cfg, limit; } c[] = {
		{ 16, 0, 64 }, { 3200, 0, 64 }, { 10000, 0, 200 }, { 10000, 100, 100 },
	};

	for (size_t i = 0; i < sizeof(c) / sizeof(c[0]); i++) {
		struct rig r;

		rig_init(&r, c[i].frames - 1);
		r.f.kvm.mmu_pages = c[i].cfg;
		rig_run(&r);
		is_int(r.kvm->limit, c[i].limit, "limit: max(64, 20 permille of the frames), or as told");
		rig_free(&r);
	}
}

/* A fault on page t->arg at 100 us, after a use of page 0: victims are FIFO all the same. */
static void fault_at_100(struct rig_thread *t)
{
	rig_guest_until(t, US(90));
	kvm_guest_access(t->vcpu, RIG_BASE, 1);
	rig_guest_until(t, US(100));
	kvm_guest_access(t->vcpu, RIG_BASE + (uint64_t)t->arg, 1);
}

static void also_fault(struct rig_thread *t)
{
	rig_guest_until(t, US(103));
	kvm_guest_access(t->vcpu, RIG_BASE + (uint64_t)t->arg + 1, 1);
}

static void evict_world(struct rig *r, int free)
{
	rig_init(r, 27 * TABLE);
	r->prefilled = 26 * TABLE;
	r->f.kvm.mmu_pages = 26 + free;
	rig_vcpu(r, 1, fault_at_100)->arg = 26 * TABLE;
}

static void test_eviction(int free, int zaps)
{
	struct rig r;
	int fifo = 1;

	evict_world(&r, free);
	rig_run(&r);
	is_int(rig_steps(&r, TP_SHADOW_ZAP, 1, ANY), zaps, "below 5 free: zap until 25 are free");
	is_int(r.kvm->n_shadow, 26 - zaps + 1, "shadow pages left, with the new one");
	is_int(rig_count(&r, METRIC_SPTE_ZAPPED, LABEL_EVICT), (int64_t)zaps * TABLE, "their sptes");
	is_int(rig_count(&r, METRIC_SHADOW_ZAPPED, LABEL_EVICT), zaps, "counted as evicted");
	is_int(rig_count(&r, METRIC_FLUSH_CALLS, ROUND_SECONDARY), zaps, "one flush call for each");
	for (int i = 0; i < zaps; i++) {
		const struct trace_record *x = rig_step(&r, TP_SHADOW_ZAP, 1, ANY, i + 1);

		fifo &= x && x->a == (uint64_t)i;
	}
	ok(fifo, "the oldest first, used or not");
	if (zaps) {
		sim_time got = rig_when(&r, TP_FAULT, 1, RIG_BASE + 26 * TABLE, 1);

		ok(rig_when(&r, TP_KVM_FLUSH_EMPTY, 1, ANY, zaps) <
		   rig_when(&r, TP_SPTE_SET, 1, RIG_BASE + 26 * TABLE, 1) &&
		   rig_when(&r, TP_KVM_FLUSH_EMPTY, 1, ANY, 1) > got,
		   "all of them between the fault and its insert");
		is_int(rig_tally(&r, METRIC_LOCK_HOLD, LOCK_MMU)->n, 1, "in one hold of mmu_lock");
		ok(rig_tally(&r, METRIC_LOCK_HOLD, LOCK_MMU)->max >
		   zaps * TABLE * r.f.machine.cost[COST_SPTE_ZAP], "which is that long");
	}
	rig_free(&r);
}

/* Who is interrupted: pairs (zap, vcpu) in which the vcpu has entered since its last kick. */
static void test_eviction_ipis(void)
{
	struct rig r;

	evict_world(&r, 4);
	rig_vcpu(&r, 2, stay);
	rig_run(&r);
	is_int(rig_count(&r, METRIC_IPI_SENT, VC_CALL), 21, "a vcpu in guest mode enters again after every zap");
	is_int(rig_count(&r, METRIC_EXIT, EX_SECONDARY), 21, "21 exits");
	rig_free(&r);

	evict_world(&r, 4);
	rig_vcpu(&r, 2, also_fault)->arg = 26 * TABLE;
	rig_run(&r);
	is_int(rig_count(&r, METRIC_IPI_SENT, VC_CALL), 1, "one that spins for mmu_lock is kicked once");
	is_int(rig_count(&r, METRIC_ROUND_EMPTY, ROUND_SECONDARY), 20, "20 empty rounds");
	rig_free(&r);
}

/* --- shrinker -------------------------------------------------------------------------- */

static void shrink_twice(struct rig_thread *t)
{
	rig_until(t, US(100));
	kvm_shrink(&t->ctx, t->rig->kvm);
	sync(&t->ctx);
	t->got[0] = t->rig->kvm->n_shadow;
	kvm_shrink(&t->ctx, t->rig->kvm);
	sync(&t->ctx);
	t->got[1] = rig_now(t);
	t->got[2] = t->rig->kvm->n_shadow;
}

static void hold_slots_write(struct rig_thread *t)
{
	rig_until(t, US(50));
	down_write(&t->ctx, &t->rig->kvm->slots_lock);
	rig_until(t, MS(1));
	up_write(&t->ctx, &t->rig->kvm->slots_lock);
}

static void test_shrinker(void)
{
	struct rig r;
	struct rig_thread *t;

	rig_init(&r, 5 * TABLE);
	t = rig_kthread(&r, 4, shrink_twice);
	rig_run(&r);
	is_int(t->got[0], 4, "one call of the shrinker: one shadow page");
	is_int(t->got[2], 3, "the next: one more");
	is_int(rig_step(&r, TP_SHADOW_ZAP, 4, ANY, 1)->a, 0, "the oldest");
	is_int(rig_step(&r, TP_SHADOW_ZAP, 4, ANY, 2)->a, 1, "then the next oldest");
	is_int(rig_count(&r, METRIC_SPTE_ZAPPED, LABEL_SHRINK), 2 * TABLE, "their sptes");
	is_int(rig_count(&r, METRIC_FLUSH_CALLS, ROUND_SECONDARY), 2, "one flush each");
	is_int(rig_tally(&r, METRIC_LOCK_HOLD, LOCK_KVM)->n, 2, "under kvm_lock");
	rig_free(&r);

	rig_init(&r, 5 * TABLE);
	t = rig_kthread(&r, 4, shrink_twice);
	rig_host(&r, 5, hold_slots_write);
	rig_run(&r);
	is_int(t->got[2], 5, "slots_lock held for write: the VM is skipped");
	ok(t->got[1] < US(110), "without waiting for it");
	is_int(rig_count(&r, METRIC_FLUSH_CALLS, ROUND_SECONDARY), 0, "no flush");
	rig_free(&r);
}

/* --- memslot delete ------------------------------------------------------------------------ */

static void delete_at_100(struct rig_thread *t)
{
	rig_until(t, US(100));
	kvm_memslot_delete(&t->ctx, t->rig->kvm);
}

static void leave_at_101(struct rig_thread *t)
{
	rig_guest_until(t, US(101));
	kvm_vcpu_stop(t->vcpu);
	kvm_vcpu_start(t->vcpu);
	t->got[0] = rig_now(t);
}

static const char delete_order[] =
	"+slots_lock W\n"
	"+mmu_lock\n"
	"shadow page 0 zapped\n"
	"kvm flush: nobody to kick\n"
	"shadow page 1 zapped\n"
	"kvm flush: nobody to kick\n"
	"shadow page 2 zapped\n"
	"kvm flush: nobody to kick\n"
	"-mmu_lock\n"
	"kvm flush: nobody to kick\n"
	"-slots_lock W\n";

static void test_memslot_delete(void)
{
	struct rig r;
	struct rig_thread *t;

	rig_init(&r, 3 * TABLE);
	r.prefilled = 0;
	for (int i = 0; i < 3; i++)
		r.sparse[i] = (uint64_t)i * TABLE;
	r.n_sparse = 3;
	rig_kthread(&r, 4, delete_at_100);
	rig_run(&r);
	is_int(rig_steps(&r, TP_SPTE_ZAP, 4, ANY), 3, "every spte goes");
	r.hide = TP_SPTE_ZAP;
	is_str(rig_order(&r, 4, US(100), MS(1)), delete_order,
	       "memslot delete: a round per shadow page in mmu_lock, one more outside");
	is_int(rig_count(&r, METRIC_SHADOW_ZAPPED, LABEL_MEMSLOT), 3, "three shadow pages");
	is_int(rig_count(&r, METRIC_FLUSH_CALLS, ROUND_SECONDARY), 4, "3 + 1 flush calls");
	is_int(r.kvm->n_shadow, 0, "none left");
	rig_free(&r);

	rig_init(&r, 3 * TABLE);
	rig_kthread(&r, 4, delete_at_100);
	t = rig_vcpu(&r, 1, leave_at_101);
	rig_run(&r);
	ok(t->got[0] > rig_when(&r, TP_SHADOW_ZAP, 4, 2, 1),
	   "a vcpu that leaves the guest cannot enter again before it is done (slots_lock)");
	rig_free(&r);
}

/* --- pins ------------------------------------------------------------------------------------ */

static void start_five(struct rig_thread *t)
{
	struct rig *r = t->rig;

	rig_until(t, US(100));
	t->got[0] = rig_page(r, 0)->count * 10 + rig_page(r, 0)->pins;
	rig_callout(t, OP_range_start, 0, 5);
	t->got[1] = rig_page(r, 0)->count * 10 + rig_page(r, 0)->pins;
}

#define PUT(n) "put pin, page " #n ", count 1\n"
#define CLEAR(n) "spte " #n " cleared, page "

static const char before_flush[] =
	"+mmu_lock\nkvm: count 1\n"
	PUT(0) CLEAR(4096) "0\n" PUT(1) CLEAR(4097) "1\n" PUT(2) CLEAR(4098) "2\n"
	PUT(3) CLEAR(4099) "3\n" PUT(4) CLEAR(4100) "4\n"
	"-mmu_lock\n"
	"kvm flush: nobody to kick\n";
static const char flush_first_2[] =
	"+mmu_lock\nkvm: count 1\n"
	CLEAR(4096) "0\n" CLEAR(4097) "1\n" "kvm flush: nobody to kick\n" PUT(0) PUT(1)
	CLEAR(4098) "2\n" CLEAR(4099) "3\n" "kvm flush: nobody to kick\n" PUT(2) PUT(3)
	CLEAR(4100) "4\n" "kvm flush: nobody to kick\n" PUT(4)
	"-mmu_lock\n";
static const char flush_first_5[] =
	"+mmu_lock\nkvm: count 1\n"
	CLEAR(4096) "0\n" CLEAR(4097) "1\n" CLEAR(4098) "2\n" CLEAR(4099) "3\n" CLEAR(4100) "4\n"
	"kvm flush: nobody to kick\n" PUT(0) PUT(1) PUT(2) PUT(3) PUT(4)
	"-mmu_lock\n";
static const char unpinned[] =
	"+mmu_lock\nkvm: count 1\n"
	CLEAR(4096) "0\n" CLEAR(4097) "1\n" CLEAR(4098) "2\n" CLEAR(4099) "3\n" CLEAR(4100) "4\n"
	"-mmu_lock\n"
	"kvm flush: nobody to kick\n";
static const char unpinned_in_lock[] =
	"+mmu_lock\nkvm: count 1\n"
	CLEAR(4096) "0\n" CLEAR(4097) "1\n" CLEAR(4098) "2\n" CLEAR(4099) "3\n" CLEAR(4100) "4\n"
	"kvm flush: nobody to kick\n"
	"-mmu_lock\n";

static void test_put_order(enum pin_kind pin, enum put_order order, int64_t batch,
			   enum secondary_flush flush, int64_t flushes, const char *golden,
			   const char *what)
{
	struct rig r;
	struct rig_thread *t;

	rig_init(&r, 16);
	r.f.design.kvm.pin = pin;
	r.f.design.kvm.put_order = order;
	r.f.design.kvm.put_batch = batch;
	r.f.design.kvm.secondary_flush = flush;
	t = rig_kthread(&r, 4, start_five);
	rig_run(&r);
	is_str(rig_order(&r, 4, US(100), MS(1)), golden, what);
	is_int(t->got[0], pin == PIN_NONE ? 10 : 21, "before: references and pins of a page");
	is_int(t->got[1], 10, "after: the pte's reference, no pin");
	is_int(rig_count(&r, METRIC_FLUSH_CALLS, ROUND_SECONDARY), flushes, "flush calls");
	rig_free(&r);
}

static void test_nothing_to_zap(void)
{
	struct rig r;

	rig_init(&r, 16);
	r.prefilled = 0;
	rig_kthread(&r, 4, start_five);
	rig_run(&r);
	is_int(rig_count(&r, METRIC_FLUSH_CALLS, ROUND_SECONDARY), 0, "no spte in the range: no flush");
	rig_free(&r);
}

/* --- held by pins alone -------------------------------------------------------------------------- */

static void unmap_then_delete(struct rig_thread *t)
{
	struct unmap_op *op = arena_alloc(&t->rig->arena, sizeof(*op));

	rig_until(t, US(10));
	sys_madvise_dontneed(&t->ctx, RIG_BASE, RIG_BASE + 3, op);
	rig_until(t, US(60));
	kvm_memslot_delete(&t->ctx, t->rig->kvm);
	rig_until(t, US(100));
	t->got[0] = op->freed;
}

static void test_held(void)
{
	struct rig r;
	struct rig_thread *t;

	rig_init(&r, 16);
	fix_design(&r.f, FIX_NONE_PIN);
	rig_no_costs(&r);
	t = rig_host(&r, 4, unmap_then_delete);
	rig_run(&r);
	is_int(t->got[0], 3, "the driver's puts free the three pages");
	is_int((int64_t)r.m.kernel->pin_held.area, 3 * US(50),
	       "held by pins alone from 10 to 60 us: 150 page microseconds");
	is_int(rig_tally(&r, METRIC_FREE_DELAY, 0)->sum, 3 * US(50), "delay from pte clear to free");
	is_int(r.m.kernel->pin_held.value, 0, "none at the end");
	rig_free(&r);

	rig_init(&r, 16);
	rig_no_costs(&r);
	t = rig_host(&r, 4, unmap_then_delete);
	rig_run(&r);
	is_int((int64_t)r.m.kernel->pin_held.area, 0, "without pins: nothing held");
	is_int(t->got[0], 3, "freed by the madvise");
	rig_free(&r);
}

int main(void)
{
	tap_seed(1);
	test_default_limit();
	test_eviction(4, 21);
	test_eviction(5, 0);
	test_eviction(0, 25);
	test_eviction_ipis();
	test_shrinker();
	test_memslot_delete();
	test_put_order(PIN_PER_SPTE, PUT_BEFORE_FLUSH, 1, FLUSH_AFTER_LOCK, 1, before_flush,
		       "put before flush: put, clear, put, clear ..., one round after mmu_lock");
	test_put_order(PIN_PER_SPTE, PUT_FLUSH_BEFORE, 2, FLUSH_PER_BATCH, 3, flush_first_2,
		       "flush before put, array of 2: ceil(5/2) rounds in mmu_lock");
	test_put_order(PIN_PER_SPTE, PUT_FLUSH_BEFORE, 5, FLUSH_PER_BATCH, 1, flush_first_5,
		       "array of 5: no empty round behind the full one");
	test_put_order(PIN_NONE, PUT_BEFORE_FLUSH, 1, FLUSH_AFTER_LOCK, 1, unpinned,
		       "no pin: clear, one round after mmu_lock");
	test_put_order(PIN_NONE, PUT_BEFORE_FLUSH, 1, FLUSH_IN_LOCK, 1, unpinned_in_lock,
		       "no pin, flush in mmu_lock");
	test_nothing_to_zap();
	test_held();
	return tap_done();
}
