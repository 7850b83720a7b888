/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The vcpu loop (arch/x86/kvm/x86.c, __vcpu_run of 2.6.27) and what a guest
 * does between an entry and an exit.
 *
 * slots_lock is held for read from each exit to the next entry.  Entry: check
 * requests (an own flush if asked), preemption off, interrupts off, check
 * again, guest_mode = 1, drop slots_lock, enter.  A request set after the last
 * check has its IPI pending with interrupts off and forces an immediate exit.
 * Exit: guest_mode = 0, interrupts on (what is pending is taken here, in host
 * context), preemption on, slots_lock.
 *
 * Without tags every entry starts with an empty guest TLB.
 */
#include "models/secondary/kvm.h"
#include "models/kernel/rcu.h"
#include "models/kernel/sched.h"
#include "sim/base/xassert.h"

enum { EXIT_IPI_PRIMARY, EXIT_IPI_SECONDARY, EXIT_IPI_BOTH, EXIT_FAULT, EXIT_HALT, EXIT_OTHER };
enum { LOST_INTERRUPT = 0, LOST_REFILL = 3 };

static void own_flush(struct ctx *w, struct kvm_vcpu *v)
{
	line_access(w, &v->requests_line, LINE_ATOMIC);
	sync(w);
	v->flush_request = 0;		/* test_and_clear before the flush: a later one counts */
	v->flushing = 1;
	if (v->kvm->cfg->tlb_tag == TAG_VPID)
		charge(w, COST_INVVPID);
	sync(w);
	v->flushing = 0;
	tlb_flush_all(v->tlb);
	tp(w, TP_KVM_OWN_FLUSH, (uint64_t)v->id, 0);
}

/* The vcpu's thread was asked to give up its CPU: it does so without slots_lock. */
static void kvm_resched(struct kvm_vcpu *v)
{
	struct ctx *w = v->w;

	if (!need_resched(w))
		return;
	kvm_slots_leave(v);
	cond_resched(w);
	kvm_slots_enter(v);
}

/* kick: mode: from here on a flusher interrupts and waits; then look for requests. */
static void say_inside(struct ctx *w, struct kvm_vcpu *v)
{
	if (v->kvm->cfg->kick != KICK_MODE)
		return;
	line_access(w, &v->requests_line, LINE_ATOMIC);
	sync(w);
	v->mode = VCPU_IN_GUEST;
}

/* With interrupts off and no request pending; slots_lock held for read. */
static void enter_guest(struct kvm_vcpu *v)
{
	struct ctx *w = v->w;

	ctx_class(w, TIME_EXIT);
	for (;;) {
		kvm_resched(v);
		charge(w, COST_VCPU_LOOP);
		line_access(w, &v->requests_line, LINE_READ);
		sync(w);
		if (v->flush_request)
			own_flush(w, v);
		preempt_disable(w);
		local_irq_disable(w);
		if (v->cpu != w->cpu->id && v->cpu >= 0)
			tlb_flush_all(v->tlb);	/* vmx_vcpu_load: another CPU's entries */
		v->cpu = w->cpu->id;
		say_inside(w, v);
		line_access(w, &v->requests_line, LINE_READ);
		sync(w);
		if (!v->flush_request && !need_resched(w))
			break;
		v->mode = VCPU_OUTSIDE;
		local_irq_enable(w);
		preempt_enable(w);
	}
	v->guest_mode = 1;
	v->inside = 1;
	kvm_slots_leave(v);
	charge(w, COST_VM_ENTRY);
	sync(w);
	if (v->kvm->cfg->tlb_tag == TAG_NONE)
		tlb_flush_all(v->tlb);
	tp(w, TP_VM_ENTRY, (uint64_t)v->id, 0);
	rcu_virt_note_context_switch(w);	/* kvm_guest_enter() */
	ctx_class(w, TIME_GUEST);
}

static int exit_by_interrupt(uint64_t handled)
{
	int flush = ((handled >> VC_FLUSH) | (handled >> VC_BAU)) & 1;
	int call = (handled >> VC_CALL) & 1;

	if (flush && call)
		return EXIT_IPI_BOTH;
	return flush ? EXIT_IPI_PRIMARY : call ? EXIT_IPI_SECONDARY : EXIT_OTHER;
}

/* @cause: EXIT_FAULT, EXIT_HALT, or EXIT_OTHER = an interrupt, classified here. */
static void leave_guest(struct kvm_vcpu *v, int cause)
{
	struct ctx *w = v->w;

	v->inside = 0;
	ctx_class(w, TIME_EXIT);
	tp(w, TP_VM_EXIT, (uint64_t)v->id, (uint64_t)cause);
	charge(w, COST_VM_EXIT);
	sync(w);
	v->guest_mode = 0;
	v->mode = VCPU_OUTSIDE;
	w->cpu->handled = 0;
	local_irq_enable(w);
	if (cause == EXIT_OTHER)
		cause = exit_by_interrupt(w->cpu->handled);
	metric_count(&v->kvm->m->metrics, METRIC_EXIT, cause, 1);
	preempt_enable(w);
	kvm_slots_enter(v);
}

static void interrupted(struct kvm_vcpu *v)
{
	sim_time t0 = now_of(v->w);

	leave_guest(v, EXIT_OTHER);
	enter_guest(v);
	if (!v->w->fault)
		metric_count(&v->kvm->m->metrics, METRIC_GUEST_TIME_LOST, LOST_INTERRUPT,
			     now_of(v->w) - t0);
}

/* One refill of the guest TLB by the hardware. */
static sim_time walk_cost(const struct kvm_vcpu *v)
{
	return v->w->m->mc->cost[v->kvm->cfg->paging == PAGING_TDP ?
				 COST_TLB_WALK_NESTED : COST_TLB_WALK];
}

/*
 * Run for @d of guest time.  @refill: the working set that a flush took loads
 * again meanwhile, spread evenly over the stretch; what an interruption leaves
 * unloaded is owed again after the flush that comes with it, not twice.
 */
static void guest_spend(struct kvm_vcpu *v, sim_time d, int refill)
{
	struct ctx *w = v->w;
	sim_time walk = walk_cost(v);

	while (d > 0) {
		uint32_t owed = refill ? v->tlb->owed : 0, paid;
		sim_time total = d + owed * walk, left = guest_run(w, total);

		paid = (uint32_t)((__int128)owed * (total - left) / total);
		while (left && left <= (owed - paid) * walk)
			paid++;		/* whole walks: the last ones leave some guest work */
		tlb_settle(v->tlb, paid);
		metric_count(&w->m->metrics, METRIC_GUEST_TIME_LOST, LOST_REFILL, paid * walk);
		if (!left)
			return;
		d = left - (owed - paid) * walk;
		interrupted(v);
	}
}

/* --- what the guest does ------------------------------------------------------------ */

/* The hardware walks the shadow page table: 1 if the access can retire. */
static int walk(struct kvm_vcpu *v, uint64_t va, int write)
{
	struct spte *s;

	if (tlb_allows(v->tlb, va, write))
		return 1;
	guest_spend(v, walk_cost(v), 0);
	s = kvm_lookup(v->kvm, va);
	if (!s || !s->page || (write && !s->write))
		return 0;
	s->accessed = 1;
	tlb_fill(v->tlb, va, s->page, s->page->generation)->write = s->write;
	s->page->vcpus |= 1ull << v->id;
	tp(v->w, TP_GUEST_TLB_FILL, va, s->page->id);
	return 1;
}

void kvm_guest_access(struct kvm_vcpu *v, uint64_t va, int write)
{
	struct ctx *w = v->w;

	while (!walk(v, va, write)) {
		enum fault_result r;

		if (w->fault)
			kvm_account_attempt(v);
		else
			kvm_account_start(v, va);
		leave_guest(v, EXIT_FAULT);
		r = kvm_page_fault(w, v, va, write);
		v->failed_attempt = r == FAULT_RETRY;
		enter_guest(v);
		if (r == FAULT_NO_MEMORY) {	/* emulated as device memory: the access is over */
			kvm_account_end(v, 0);
			return;
		}
	}
	if (w->fault)
		kvm_account_end(v, 1);
}

void kvm_guest_think(struct kvm_vcpu *v, sim_time d)
{
	guest_spend(v, d, 1);
}

void kvm_guest_halt(struct kvm_vcpu *v, sim_time d)
{
	struct ctx *w = v->w;

	leave_guest(v, EXIT_HALT);
	kvm_slots_leave(v);	/* kvm_vcpu_block drops it */
	v->halted = 1;
	ctx_class(w, TIME_SYSTEM);
	schedule_timeout(w, d);
	v->halted = 0;
	kvm_slots_enter(v);
	enter_guest(v);
}

void kvm_vcpu_start(struct kvm_vcpu *v)
{
	kvm_slots_enter(v);
	enter_guest(v);
}

void kvm_vcpu_stop(struct kvm_vcpu *v)
{
	leave_guest(v, EXIT_OTHER);
	kvm_slots_leave(v);
	ctx_class(v->w, TIME_SYSTEM);
}

/* A flush IPI that costs no exit of its own: the vcpu is out already, or
 * another flush IPI is about to take it out. */
void kvm_vector_arrived(struct cpu *c, unsigned vector)
{
	enum vector_class class = vector_class(vector);
	struct kvm_vcpu *v = c->task && c->task->priv_is_vcpu ? c->task->priv : NULL;
	uint64_t flush_vectors = (0xffull << (VECTOR_INVALIDATE % 64)) | (1ull << (VECTOR_BAU % 64));
	uint64_t call_vectors = (1ull << (VECTOR_CALL % 64)) | (1ull << (VECTOR_CALL_SINGLE % 64));

	if (!v || v->halted || (class != VC_FLUSH && class != VC_BAU && class != VC_CALL))
		return;
	if (!v->inside || (c->pending[3] & (flush_vectors | call_vectors)))
		metric_count(&c->m->metrics, METRIC_EXIT_MERGED, 0, 1);
}
