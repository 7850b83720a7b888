/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * kvm_flush_remote_tlbs of 2.6.26 to 2.6.32 (virt/kvm/kvm_main.c).
 *
 * For each vcpu: test-and-set its request bit; *already set: skipped and not
 * waited for*; else its CPU joins the mask, wherever it ran last: halted and
 * descheduled vcpus too, guest mode is not looked at.  Then one cross-call,
 * which proves that those CPUs took an interrupt; the flush itself happens at
 * the vcpu's next entry.  With requests_lock (2.6.31-rc2) flushers of one VM
 * serialise; without it the skip is a hole when two flush at once.
 *
 * kick: mode (kvm_make_all_cpus_request of 6.18): every bit is set, none tested;
 * a vcpu in guest mode becomes "exiting", and whoever is not outside gets the
 * IPI: a second flusher waits for a vcpu that is still on its way out, and a
 * vcpu outside finds the request when it enters.
 */
#include "models/secondary/kvm.h"

enum { LABEL_SECONDARY = 1 };

static uint64_t request_by_mode(struct ctx *w, struct kvm *k)
{
	uint64_t mask = 0;

	for (int i = 0; i < k->n_vcpus; i++) {
		struct kvm_vcpu *v = &k->vcpu[i];

		charge(w, COST_REQUEST_BIT);
		line_access(w, &v->requests_line, LINE_ATOMIC);	/* the mode is in it too */
		sync(w);
		v->flush_request = 1;
		tp(w, TP_KVM_REQUEST, (uint64_t)v->id, 0);
		if (v->mode == VCPU_OUTSIDE)
			continue;
		if (v->mode == VCPU_IN_GUEST)
			v->mode = VCPU_EXITING;
		if (v->cpu >= 0 && v->cpu != w->cpu->id)
			mask |= 1ull << v->cpu;
	}
	return mask;
}

static uint64_t request_all(struct ctx *w, struct kvm *k)
{
	uint64_t mask = 0;

	if (k->cfg->kick == KICK_MODE)
		return request_by_mode(w, k);

	for (int i = 0; i < k->n_vcpus; i++) {
		struct kvm_vcpu *v = &k->vcpu[i];

		charge(w, COST_REQUEST_BIT);
		line_access(w, &v->requests_line, LINE_ATOMIC);
		sync(w);
		if (v->flush_request)
			continue;
		v->flush_request = 1;
		tp(w, TP_KVM_REQUEST, (uint64_t)v->id, 0);
		if (v->cpu >= 0 && v->cpu != w->cpu->id)
			mask |= 1ull << v->cpu;
	}
	return mask;
}

void kvm_flush_remote_tlbs(struct ctx *w, struct kvm *k)
{
	struct metrics *x = &k->m->metrics;
	uint64_t mask;
	sim_time first;

	metric_count(x, METRIC_FLUSH_CALLS, LABEL_SECONDARY, 1);
	preempt_disable(w);
	if (k->cfg->requests_lock)
		spin_lock(w, &k->requests_lock);
	mask = request_all(w, k);
	if (mask) {
		tp(w, TP_KVM_FLUSH_BEGIN, (uint64_t)__builtin_popcountll(mask), mask);
		first = smp_call_function_mask(w, mask);
		sync(w);
		tp(w, TP_KVM_FLUSH_END, 0, 0);
		metric_count(x, METRIC_ROUND, LABEL_SECONDARY, 1);
		metric_tally(x, METRIC_ROUND_LATENCY, LABEL_SECONDARY, now_of(w) - first);
	} else {
		tp(w, TP_KVM_FLUSH_EMPTY, 0, 0);
		metric_count(x, METRIC_ROUND_EMPTY, LABEL_SECONDARY, 1);
	}
	if (k->cfg->requests_lock)
		spin_unlock(w, &k->requests_lock);
	preempt_enable(w);
}
