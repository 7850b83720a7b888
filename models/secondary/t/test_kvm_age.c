/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * clear_flush_young in KVM: the bit that a guest's access sets, one round after
 * mmu_lock if it was set, none if not; early EPT that is always old; ageing by
 * dropping.  Case 1 of the sources' own count: a page with three translations
 * is young once, then old.
 */
#include "models/secondary/t/rig.h"

static int ask(struct rig_thread *t, enum callout_op op)
{
	int young;

	sync(&t->ctx);
	young = kvm_ops.age(&t->ctx, t->rig->kvm, op, RIG_BASE);
	sync(&t->ctx);
	return young;
}

static void touch(struct rig_thread *t)
{
	kvm_guest_access(t->vcpu, RIG_BASE, 0);
	rig_guest_until(t, US(100));
}

static void look(struct rig_thread *t)
{
	rig_until(t, US(50));
	t->got[0] = ask(t, OP_test_young);
	t->got[1] = ask(t, OP_clear_flush_young);
	t->got[2] = ask(t, OP_clear_flush_young);
	t->got[3] = kvm_lookup(t->rig->kvm, RIG_BASE)->page != NULL;
}

static void test_age(enum young_kind young, int test, int first, int second, int stays, int rounds,
		     int64_t seq, const char *what)
{
	struct rig r;
	struct rig_thread *t;

	rig_init(&r, 16);
	r.f.kvm.young = young;
	rig_vcpu(&r, 1, touch);
	t = rig_kthread(&r, 4, look);
	rig_run(&r);
	is_int(t->got[0], test, what);
	is_int(t->got[1], first, "clear_flush_young, the first time");
	is_int(t->got[2], second, "and the second");
	is_int(t->got[3], stays, "whether the translation stays");
	is_int(rig_count(&r, METRIC_ROUND, ROUND_SECONDARY), rounds, "rounds");
	is_int(r.kvm->seq, seq, "steps of the sequence");
	rig_free(&r);
}

/* The round comes after mmu_lock. */
static const char order[] =
	"+mmu_lock\n"
	"spte 4096 old, page 0\n"
	"-mmu_lock\n"
	"kvm flush: kick 1 vcpus\n"
	"kvm flush: done\n";

static void age_once(struct rig_thread *t)
{
	rig_until(t, US(50));
	t->got[0] = ask(t, OP_clear_flush_young);
}

static void test_order(void)
{
	struct rig r;

	rig_init(&r, 16);
	rig_vcpu(&r, 1, touch);
	rig_kthread(&r, 4, age_once);
	rig_run(&r);
	is_str(rig_order(&r, 4, US(50), US(100)), order, "in order");
	rig_free(&r);
}

/* After a clear without its flush the guest TLB hides the next access. */
static void touch_twice(struct rig_thread *t)
{
	kvm_guest_access(t->vcpu, RIG_BASE, 0);
	rig_guest_until(t, US(80));
	kvm_guest_access(t->vcpu, RIG_BASE, 0);
	rig_guest_until(t, US(200));
}

static void clear_twice(struct rig_thread *t)
{
	rig_until(t, US(50));
	t->got[0] = ask(t, (enum callout_op)t->arg);
	rig_until(t, US(150));
	t->got[1] = ask(t, (enum callout_op)t->arg);
}

static void test_flush_matters(enum callout_op op, int again)
{
	struct rig r;
	struct rig_thread *t;

	rig_init(&r, 16);
	rig_vcpu(&r, 1, touch_twice);
	t = rig_kthread(&r, 4, clear_twice);
	t->arg = op;
	rig_run(&r);
	is_int(t->got[0], 1, "young");
	is_int(t->got[1], again, again ? "flushed: the next access is seen" :
	       "not flushed: the guest TLB keeps it hidden");
	rig_free(&r);
}

int main(void)
{
	tap_seed(1);
	test_age(YOUNG_ACCESSED_BIT, 1, 1, 0, 1, 1, 0, "accessed bit: test_young");
	test_age(YOUNG_ALWAYS_OLD, 0, 0, 0, 1, 0, 0, "always old: test_young");
	test_age(YOUNG_ZAP_TO_AGE, 0, 1, 0, 0, 1, 2, "dropped to age: test_young drops nothing");
	test_order();
	test_flush_matters(OP_clear_flush_young, 1);
	test_flush_matters(OP_clear_young, 0);
	return tap_done();
}
