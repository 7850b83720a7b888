/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The guest TLB and the way in and out of guest mode: capacity, no tags
 * (empty after every entry), tags (only an own flush empties it), refills owed
 * for accesses that are not sampled; exits by cause, IPIs that cost no exit of
 * their own, two IPIs in one interrupt window, a request set around the last
 * check before the entry.
 */
#include "models/hw/irq.h"
#include "models/secondary/t/rig.h"

#define WALK US(1)

static struct rig_thread *tlb_world(struct rig *r, enum tlb_tag tag, void (*vcpu)(struct rig_thread *t),
				    void (*other)(struct rig_thread *t))
{
	struct rig_thread *t;

	rig_init(r, 256);
	rig_no_costs(r);
	r->f.kvm.tlb_tag = tag;
	r->f.machine.cost[COST_TLB_WALK] = WALK;
	r->f.machine.background_length = fix_const(0);
	t = rig_vcpu(r, 1, vcpu);
	if (other)
		rig_host(r, 4, other);
	return t;
}

/* --- entries -------------------------------------------------------------------- */

static sim_time access_time(struct rig_thread *t, uint64_t page)
{
	sim_time t0 = rig_now(t);

	kvm_guest_access(t->vcpu, RIG_BASE + page, 1);
	return rig_now(t) - t0;
}

/* Pages 0, 16, 32 .. share a set of four ways: 64 entries, 16 sets. */
static void fill_a_set(struct rig_thread *t)
{
	for (uint64_t i = 0; i < 5; i++)
		t->got[0] += access_time(t, 16 * i);
	t->got[1] = access_time(t, 16);		/* still there */
	t->got[2] = access_time(t, 1);		/* another set */
	t->got[3] = access_time(t, 0);		/* was the oldest: replaced by the fifth */
	t->got[4] = access_time(t, 16);		/* is the oldest now: replaced by that */
}

static void test_capacity(void)
{
	struct rig r;
	struct rig_thread *t = tlb_world(&r, TAG_NONE, fill_a_set, NULL);

	rig_run(&r);
	is_int(t->got[0], 5 * WALK, "five pages of one set: a walk each");
	is_int(t->got[1], 0, "the second is still there");
	is_int(t->got[2], WALK, "another set has room");
	is_int(t->got[3], WALK, "the first was replaced");
	is_int(t->got[4], WALK, "then the second");
	rig_free(&r);
}

static void access_around(struct rig_thread *t)
{
	t->got[0] = access_time(t, 3);
	t->got[1] = access_time(t, 3);
	rig_guest_until(t, US(200));
	t->got[2] = access_time(t, 3);
	t->got[3] = rig_now(t);
}

static void interrupt_at_50(struct rig_thread *t)
{
	irq_send(&t->rig->m.cpu[1], VECTOR_BACKGROUND, US(50));
}

static void kick_at_50(struct rig_thread *t)
{
	rig_until(t, US(50));
	kvm_flush_remote_tlbs(&t->ctx, t->rig->kvm);
}

static void test_tags(void)
{
	static const struct { enum tlb_tag tag; void (*body)(struct rig_thread *t);
		sim_time again; int own; const char *what; } c[] = {
		{ TAG_NONE, interrupt_at_50, WALK, 0, "no tags: an interrupt empties the guest TLB" },
		{ TAG_NONE, kick_at_50, WALK, 1, "no tags: so does a kick" },
		{ TAG_VPID, interrupt_at_50, 0, 0, "tags: an interrupt leaves it" },
		{ TAG_VPID, kick_at_50, WALK, 1, "tags: the own flush empties it" },
	};

	for (size_t i = 0; i < sizeof(c) / sizeof(c[0]); i++) {
		struct rig r;
		struct rig_thread *t = tlb_world(&r, c[i].tag, access_around, c[i].body);

		rig_run(&r);
		is_int(t->got[0], WALK, "first access: a walk");
		is_int(t->got[1], 0, "second: a hit");
		is_int(t->got[2], c[i].again, c[i].what);
		is_int(rig_steps(&r, TP_KVM_OWN_FLUSH, 1, ANY), c[i].own, "own flushes");
		rig_free(&r);
	}
}

/* --- refills owed ------------------------------------------------------------------- */

static void think(struct rig_thread *t)
{
	sim_time t0 = rig_now(t);

	kvm_guest_think(t->vcpu, US(160));
	t->got[0] = rig_now(t) - t0;
	kvm_guest_think(t->vcpu, US(160));
	t->got[1] = rig_now(t) - t0 - t->got[0];
}

static void interrupt_at_88(struct rig_thread *t)
{
	irq_send(&t->rig->m.cpu[1], VECTOR_BACKGROUND, US(88));
}

static void test_refills(void)
{
	struct rig r;
	struct rig_thread *t = tlb_world(&r, TAG_NONE, think, NULL);

	r.pages = r.present = r.prefilled = 16;		/* the working set */
	rig_run(&r);
	is_int(t->got[0], US(160) + 16 * WALK, "the first entry emptied the TLB: 16 refills in 160 us");
	is_int(t->got[1], US(160), "owed once");
	is_int(rig_count(&r, METRIC_GUEST_TIME_LOST, LOST_REFILL), 16 * WALK, "counted as lost");
	rig_free(&r);

	t = tlb_world(&r, TAG_NONE, think, interrupt_at_88);
	r.pages = r.present = r.prefilled = 16;
	rig_run(&r);
	is_int(t->got[0], US(88) + US(80) + 16 * WALK,
	       "an exit half-way: 8 loaded, 80 us left, all 16 owed again");
	is_int(rig_count(&r, METRIC_GUEST_TIME_LOST, LOST_REFILL), 24 * WALK, "24 refills in all");
	rig_free(&r);

	t = tlb_world(&r, TAG_VPID, think, interrupt_at_88);
	r.pages = r.present = r.prefilled = 16;
	rig_run(&r);
	is_int(t->got[0], US(160), "tags: nothing owed at the start, nothing for an interrupt");
	rig_free(&r);

	t = tlb_world(&r, TAG_VPID, think, kick_at_50);
	r.pages = r.present = r.prefilled = 16;
	rig_run(&r);
	is_int(t->got[0], US(160) + 16 * WALK, "tags: a kick costs the whole working set");
	rig_free(&r);

	t = tlb_world(&r, TAG_NONE, think, NULL);	/* 256 pages, 64 entries */
	rig_run(&r);
	is_int(t->got[0], US(160) + 64 * WALK, "never more than the TLB holds");
	rig_free(&r);
}

/* --- exits ------------------------------------------------------------------------------ */

static void stay(struct rig_thread *t)
{
	rig_guest_until(t, US(200));
}

static void fault_at_50(struct rig_thread *t)
{
	rig_guest_until(t, US(50));
	kvm_guest_access(t->vcpu, RIG_BASE, 1);
	rig_guest_until(t, US(200));
}

static void halt_at_50(struct rig_thread *t)
{
	rig_guest_until(t, US(50));
	kvm_guest_halt(t->vcpu, US(50));
	rig_guest_until(t, US(200));
}

static void userspace_at_40(struct rig_thread *t)
{
	rig_guest_until(t, US(40));
	rig_userspace_until(t, US(100));
	rig_guest_until(t, US(200));
}

static void primary_at_50(struct rig_thread *t)
{
	rig_until(t, US(50));
	flush_tlb_mm(&t->ctx, &t->rig->mm, RIG_BASE, RIG_BASE + 1);
}

static void kick_at_55(struct rig_thread *t)
{
	rig_until(t, US(55));
	kvm_flush_remote_tlbs(&t->ctx, t->rig->kvm);
}

static void primary_at_55(struct rig_thread *t)
{
	rig_until(t, US(55));
	flush_tlb_mm(&t->ctx, &t->rig->mm, RIG_BASE, RIG_BASE + 1);
}

static void kick_at_70(struct rig_thread *t)
{
	rig_until(t, US(70));
	kvm_flush_remote_tlbs(&t->ctx, t->rig->kvm);
}

struct exits {
	const char *what;
	void (*vcpu)(struct rig_thread *t), (*one)(struct rig_thread *t), (*two)(struct rig_thread *t);
	int64_t exit[6], merged;
	int first_vector;		/* served first in the window, 0: not looked at */
};

/* vm-exit takes 10 us with interrupts off: the window of 50 to 60 us. */
static const struct exits exit_cases[] = {
	{ "a kick", stay, kick_at_50, NULL, { [EX_SECONDARY] = 1 }, 0, 0 },
	{ "a primary flush", stay, primary_at_50, NULL, { [EX_PRIMARY] = 1 }, 0, 0 },
	{ "a device's interrupt", stay, interrupt_at_50, NULL, { [EX_OTHER] = 1 }, 0, 0 },
	{ "a fault", fault_at_50, NULL, NULL, { [EX_FAULT] = 1 }, 0, 0 },
	{ "a halt", halt_at_50, NULL, NULL, { [EX_HALT] = 1 }, 0, 0 },
	{ "kick, then primary flush, in one window", stay, kick_at_50, primary_at_55,
	  { [EX_BOTH] = 1 }, 1, VECTOR_CALL_SINGLE },
	{ "primary flush, then kick: the higher vector is still first", stay, primary_at_50, kick_at_55,
	  { [EX_BOTH] = 1 }, 1, VECTOR_CALL_SINGLE },
	{ "a kick that meets the exit of a fault", fault_at_50, kick_at_55, NULL,
	  { [EX_FAULT] = 1 }, 1, 0 },
	{ "a primary flush that meets the exit of a fault", fault_at_50, primary_at_55, NULL,
	  { [EX_FAULT] = 1 }, 1, 0 },
	{ "a kick that finds it in user space", userspace_at_40, kick_at_55, NULL,
	  { [EX_OTHER] = 1 }, 1, 0 },
	{ "a kick that meets the exit of a halt", halt_at_50, kick_at_55, NULL,
	  { [EX_HALT] = 1 }, 1, 0 },
	{ "a kick that finds it asleep", halt_at_50, kick_at_70, NULL, { [EX_HALT] = 1 }, 0, 0 },
	{ "a primary flush that meets the exit of a halt", halt_at_50, primary_at_55, NULL, { [EX_HALT] = 1 }, 1, 0 },
};

static void test_exits(const struct exits *c)
{
	struct rig r;

	tlb_world(&r, TAG_VPID, c->vcpu, c->one);
	printf("# %s\n", c->what);
	r.f.machine.cost[COST_TLB_WALK] = 0;
	r.f.machine.cost[COST_VM_EXIT] = US(10);
	r.prefilled = c->vcpu == fault_at_50 ? 0 : r.prefilled;
	if (c->two)
		rig_host(&r, 5, c->two);
	rig_run(&r);
	for (int i = 0; i < 6; i++)	/* and the one at the very end */
		is_int(rig_count(&r, METRIC_EXIT, i), c->exit[i] + (i == EX_OTHER), "exits by cause");
	is_int(rig_count(&r, METRIC_EXIT_MERGED, 0), c->merged, "IPIs without an exit of their own");
	if (c->first_vector) {
		const struct trace_record *x = rig_step(&r, TP_IRQ_ENTER, 1, ANY, 1);

		is_int(x ? (int64_t)x->a : 0, c->first_vector, "served first");
		is_int(rig_when(&r, TP_IRQ_ENTER, 1, ANY, 2), US(60), "both when the exit is over");
	}
	rig_free(&r);
}

/* --- requests around the last check ----------------------------------------------------- */

static void enter_at_40(struct rig_thread *t)
{
	rig_guest_until(t, US(10));
	rig_userspace_until(t, US(40));
	rig_guest_until(t, US(200));
}

static void kick_at_45(struct rig_thread *t)
{
	rig_until(t, US(45));
	kvm_flush_remote_tlbs(&t->ctx, t->rig->kvm);
	t->got[0] = rig_now(t);
}

static void test_request_after_last_check(void)
{
	struct rig r;

	tlb_world(&r, TAG_VPID, enter_at_40, kick_at_45);
	r.f.machine.cost[COST_TLB_WALK] = 0;
	r.f.machine.cost[COST_VM_ENTRY] = US(20);
	rig_run(&r);
	is_int(rig_when(&r, TP_VM_ENTRY, 1, 0, 2), US(60), "requested at 45 us on its way in: enters at 60");
	is_int(rig_when(&r, TP_VM_EXIT, 1, 0, 2), US(60), "and leaves at once: the IPI is pending");
	is_int(rig_when(&r, TP_KVM_OWN_FLUSH, 1, 0, 1), US(60), "flushes");
	is_int(rig_when(&r, TP_VM_ENTRY, 1, 0, 3), US(80), "and enters again");
	is_int(rig_count(&r, METRIC_EXIT, EX_SECONDARY), 1, "one exit for it");
	is_int(r.thread[1].got[0], US(60), "the sender waited for the exit");
	rig_free(&r);
}

static void primary_at_47(struct rig_thread *t)
{
	rig_until(t, US(47));
	flush_tlb_mm(&t->ctx, &t->rig->mm, RIG_BASE, RIG_BASE + 1);
}

static void test_two_at_the_door(void)
{
	struct rig r;

	tlb_world(&r, TAG_VPID, enter_at_40, kick_at_45);
	rig_host(&r, 5, primary_at_47);
	r.f.machine.cost[COST_TLB_WALK] = 0;
	r.f.machine.cost[COST_VM_ENTRY] = US(20);
	rig_run(&r);
	is_int(rig_count(&r, METRIC_EXIT, EX_BOTH), 1, "two kinds of flush wait at the door: one exit");
	is_int(rig_count(&r, METRIC_EXIT_MERGED, 0), 1, "the second shares it");
	rig_free(&r);
}

static void two_kicks(struct rig_thread *t)
{
	rig_until(t, US(50));
	kvm_flush_remote_tlbs(&t->ctx, t->rig->kvm);
	rig_until(t, US(60));
	kvm_flush_remote_tlbs(&t->ctx, t->rig->kvm);
}

static void test_request_during_own_flush(void)
{
	struct rig r;

	tlb_world(&r, TAG_VPID, stay, two_kicks);
	r.f.machine.cost[COST_TLB_WALK] = 0;
	r.f.machine.cost[COST_INVVPID] = US(20);	/* own flush 50..70 */
	rig_run(&r);
	is_int(rig_steps(&r, TP_KVM_OWN_FLUSH, 1, 0), 2,
	       "a request during the own flush is not lost: it was cleared before, one more flush");
	is_int(rig_count(&r, METRIC_EXIT, EX_SECONDARY), 1, "still out of the guest: one exit");
	is_int(rig_count(&r, METRIC_EXIT_MERGED, 0), 1, "the second IPI is merged");
	is_int(rig_steps(&r, TP_VM_ENTRY, 1, 0), 2, "no entry between the two");
	rig_free(&r);
}

int main(void)
{
	tap_seed(1);
	test_capacity();
	test_tags();
	test_refills();
	for (size_t i = 0; i < sizeof(exit_cases) / sizeof(exit_cases[0]); i++)
		test_exits(&exit_cases[i]);
	test_request_after_last_check();
	test_two_at_the_door();
	test_request_during_own_flush();
	return tap_done();
}
