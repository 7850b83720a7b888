/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A vcpu that shares its CPU: ticks end its run, need_resched takes the CPU before
 * the next entry and without slots_lock, a fault that loses the CPU has every
 * picosecond accounted for; threads that wake on the guest's CPU.
 */
#include "models/secondary/t/rig.h"

static void ticking(struct rig *r, int hz, enum preempt_mode preempt)
{
	rig_init(r, 64);
	rig_no_costs(r);
	r->f.machine.idle_exit = fix_const(0);
	r->f.machine.background_length = fix_const(0);
	r->f.kernel.hz = hz;
	r->f.kernel.tick = 1;
	r->f.kernel.tick_random = 0;
	r->f.kernel.tick_offset = US(500);
	r->f.kernel.preempt = preempt;
	r->f.kernel.watchdog = r->f.kernel.vmstat = r->f.kernel.reaper = 0;
}

static void guest_100ms(struct rig_thread *t)
{
	kvm_guest_think(t->vcpu, MS(100));
	t->got[0] = rig_now(t);
}

static void test_ticks(void)
{
	struct rig r;
	struct rig_thread *v;

	ticking(&r, 1000, PREEMPT_NONE);
	v = rig_vcpu(&r, 0, guest_100ms);
	rig_run(&r);
	is_int(rig_count(&r, METRIC_EXIT, EX_OTHER), 100 + 1, "a tick ends the guest's run: an exit each");
	is_int(rig_steps(&r, TP_IRQ_ENTER, 0, VECTOR_TIMER), 100, "by an interrupt each");
	is_int(v->got[0], MS(100), "and the guest goes on");
	rig_free(&r);
}

/* --- two on one CPU -------------------------------------------------------------------- */

static void hog_100ms(struct rig_thread *t)
{
	ctx_class(&t->ctx, TIME_USER);
	for (int i = 0; i < 1000; i++) {
		cpu_work(&t->ctx, US(100));
		t->got[1] += t->rig->kvm->slots_lock.activity;
		t->got[2] += t->rig->thread[0].vcpu->guest_mode;
	}
	t->got[0] = rig_now(t);
}

static void test_shared(enum preempt_mode preempt, const char *what)
{
	struct rig r;
	struct rig_thread *v, *h;
	char text[100];

	ticking(&r, 1000, preempt);
	v = rig_vcpu(&r, 0, guest_100ms);
	h = rig_host(&r, 0, hog_100ms);
	rig_run(&r);
	snprintf(text, sizeof(text), "%s: together they take what both want", what);
	is_int(v->got[0] > h->got[0] ? v->got[0] : h->got[0], MS(200), text);
	snprintf(text, sizeof(text), "%s: the first to end had its share only", what);
	ok((v->got[0] < h->got[0] ? v->got[0] : h->got[0]) > MS(150), text);
	snprintf(text, sizeof(text), "%s: who loses the CPU holds no slots_lock", what);
	is_int(h->got[1], 0, text);
	snprintf(text, sizeof(text), "%s: and is not in guest mode", what);
	is_int(h->got[2], 0, text);
	snprintf(text, sizeof(text), "%s: the guest's time is the vcpu's alone", what);
	is_int(cpu_class_time(&r.m.cpu[0], TIME_GUEST), MS(100), text);
	rig_free(&r);
}

/* --- a wake-up on the guest's CPU --------------------------------------------------------- */

static void nap_then_note(struct rig_thread *t)
{
	schedule_timeout(&t->ctx, MS(10) + US(100));
	t->got[0] = rig_now(t);
	cpu_work(&t->ctx, MS(1));
}

static void test_wake(void)
{
	struct rig r;
	struct rig_thread *v, *h;

	ticking(&r, 100, PREEMPT_NONE);
	v = rig_vcpu(&r, 0, guest_100ms);
	h = rig_kthread(&r, 0, nap_then_note);
	rig_run(&r);
	/* it first runs when the guest's slice of 80 / 2 ms is over, at 40.5, and wakes at
	 * 50.6: the guest is ahead by less than the granularity of 20 ms, so it waits for the
	 * next slice, which is over at 90.5 (at 80.5 it is exactly 40 ms) */
	is_int(h->got[0], MS(90) + US(500), "a short sleeper waits for the guest's slice");
	is_int(v->got[0], MS(101), "and takes what it needs");
	rig_free(&r);
}

/* --- a fault that loses the CPU ------------------------------------------------------------- */

static void fault_slowly(struct rig_thread *t)
{
	kvm_guest_access(t->vcpu, RIG_BASE, 1);
	t->got[0] = rig_now(t);
}

static void hog_200ms(struct rig_thread *t)
{
	ctx_class(&t->ctx, TIME_USER);
	cpu_work(&t->ctx, MS(200));
}

static void test_fault(enum preempt_mode preempt, sim_time runqueue, const char *what)
{
	struct rig r;
	struct rig_thread *v;
	sim_time sum = 0;
	char text[100];

	ticking(&r, 1000, preempt);
	r.prefilled = 0;
	r.f.machine.cost[COST_GUP_PAGE] = MS(60);	/* longer than a slice of 40 ms */
	v = rig_vcpu(&r, 0, fault_slowly);
	rig_host(&r, 0, hog_200ms);
	rig_run(&r);
	for (int i = 0; i < NR_FAULT_PARTS; i++)
		sum += (sim_time)rig_tally(&r, METRIC_SECONDARY_FAULT_PART, i)->sum;
	snprintf(text, sizeof(text), "%s: the parts add up", what);
	is_int(sum, (int64_t)rig_tally(&r, METRIC_SECONDARY_FAULT_DELAY, 0)->sum, text);
	snprintf(text, sizeof(text), "%s: what the others took is a part", what);
	is_int((int64_t)rig_tally(&r, METRIC_SECONDARY_FAULT_PART, PART_RUNQUEUE)->sum, runqueue, text);
	snprintf(text, sizeof(text), "%s: its own work is what it was", what);
	is_int((int64_t)rig_tally(&r, METRIC_SECONDARY_FAULT_PART, PART_SERVICE)->sum, MS(60), text);
	is_int(v->got[0] > 0, 1, "the access retires");
	rig_free(&r);
}

int main(void)
{
	test_ticks();
	test_shared(PREEMPT_NONE, "none");
	test_shared(PREEMPT_FULL, "full");
	test_wake();
	/* none: 60 ms in the kernel, then the entry gives the CPU to the hog for a slice */
	test_fault(PREEMPT_NONE, MS(40) + US(500), "none");
	test_fault(PREEMPT_FULL, MS(41), "full");
	return tap_done();
}
