/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The secondary fault on the host side, and where its time goes.
 *
 * Steps (2.6.27 mmu.c, nonpaging_map and tdp_page_fault): decode; top up the
 * caches; mmap_sem read and large-page test (find_vma); sample seq;
 * get_user_pages for write; mmap_sem dropped; mmu_lock; fence; free_some_pages;
 * mmu_set_spte; unlock.  From 2.6.28 get_user_pages_fast needs no mmap_sem for
 * a present page.  A fault that fails the fence puts the page and returns to
 * the guest, which faults again: nobody sleeps for a section.
 *
 * Today (keys of the secondary file and of the protocol): a first, lockless look
 * (fast_page_fault) at whether the translation is there by now; the fence is also
 * looked at without the lock before get_user_pages, and again after it; mmu_lock
 * is taken as a reader; two-dimensional paging has no limit of shadow pages.
 */
#include "models/secondary/kvm.h"

static struct page *gfn_to_pfn(struct ctx *w, struct kvm *k, uint64_t va, int write,
			       struct pte_seen *seen)
{
	struct mm *mm = k->mm;
	struct page *p;

	if (k->cfg->gup == GUP_FAST)
		return get_user_pages_fast(w, mm, va, write, seen);
	p = get_user_pages(w, mm, va, write, seen);
	up_read(w, &mm->mmap_sem);
	return p;
}

/* The fence is closed: back to the guest. */
static void refuse(struct ctx *w, struct kvm_vcpu *v, uint64_t va, const struct section *by,
		   int spurious, enum fence_answer why)
{
	struct kvm *k = v->kvm;

	tp(w, TP_RETRY, va, 0);
	metric_count(&k->m->metrics, METRIC_SECONDARY_FAULT_RETRIES, 0, 1);
	metric_count(&k->m->metrics, METRIC_FENCE_KILLS, (why == FENCE_STEP ? 2 : 0) + spurious, 1);
	if (spurious)
		metric_count(&k->m->metrics, METRIC_SECONDARY_FAULT_SPURIOUS, 0, 1);
	v->blocker_start = by->start;
	v->blocker_end = by->end;
}

/* mmu_invalidate_retry_gfn_unsafe: the counters without the lock. */
static int refused_early(struct ctx *w, struct kvm_vcpu *v, uint64_t va, int64_t seq)
{
	struct section by;
	enum fence_answer why;
	int spurious;

	line_access(w, &v->kvm->fence_line, LINE_READ);
	sync(w);
	why = kvm_fence(v->kvm, va, seq, &by, &spurious);
	if (why == FENCE_OPEN)
		return 0;
	refuse(w, v, va, &by, spurious, why);
	return 1;
}

/* fast_page_fault: another vcpu has mapped it meanwhile. */
static int mapped_by_now(struct ctx *w, struct kvm *k, uint64_t va, int write)
{
	struct spte *s;

	charge(w, COST_FAST_FAULT);
	sync(w);
	s = kvm_lookup(k, va);
	return s && s->page && (s->write || !write);
}

/* mmu_lock, fence, translation; the reference of @p is used up. */
static enum fault_result map(struct ctx *w, struct kvm_vcpu *v, uint64_t va, struct page *p,
			     const struct pte_seen *seen, int64_t seq, int write)
{
	struct kvm *k = v->kvm;
	struct section by;
	enum fence_answer why;
	int spurious;

	kvm_mmu_lock_shared(w, k);
	line_access(w, &k->fence_line, LINE_READ);
	sync(w);
	why = kvm_fence(k, va, seq, &by, &spurious);
	if (why != FENCE_OPEN) {
		refuse(w, v, va, &by, spurious, why);
		oracle_caught(w, k->mm, va, seen);
		kvm_mmu_unlock_shared(w, k);
		put_page(w, p);
		return FAULT_RETRY;
	}
	if (k->cfg->mmu_lock == MMU_SPINLOCK)
		kvm_free_some_pages(w, k);
	kvm_set_spte(w, k, va, p, seen, write || seen->write);
	kvm_mmu_unlock_shared(w, k);
	return FAULT_MAPPED;
}

enum fault_result kvm_page_fault(struct ctx *w, struct kvm_vcpu *v, uint64_t va, int write)
{
	struct kvm *k = v->kvm;
	int64_t precheck = k->protocol->precheck;
	int for_write = write || !k->cfg->read_only;
	struct pte_seen seen;
	struct page *p;
	int64_t seq;

	tp(w, TP_FAULT, va, 0);
	charge(w, COST_FAULT_DECODE);
	if (k->cfg->mmu_lock == MMU_RWLOCK && mapped_by_now(w, k, va, write))
		return FAULT_MAPPED;
	charge(w, COST_CACHE_TOPUP);
	if (k->cfg->paging == PAGING_SHADOW)
		charge(w, COST_GUEST_WALK);
	if (k->cfg->gup == GUP_SLOW) {
		down_read(w, &k->mm->mmap_sem);
		find_vma(w, k->mm, va);		/* is_largepage_backed */
	}
	line_access(w, &k->fence_line, LINE_READ);
	sync(w);
	seq = k->seq;
	if (precheck != PRECHECK_NONE && refused_early(w, v, va, seq)) {
		if (k->cfg->gup == GUP_SLOW)
			up_read(w, &k->mm->mmap_sem);
		return FAULT_RETRY;
	}
	p = gfn_to_pfn(w, k, va, for_write, &seen);
	if (!p)
		return FAULT_NO_MEMORY;
	if (precheck == PRECHECK_LOCK && refused_early(w, v, va, seq)) {
		oracle_caught(w, k->mm, va, &seen);
		put_page(w, p);
		return FAULT_RETRY;
	}
	return map(w, v, va, p, &seen, seq, for_write);
}

/* --- accounting ------------------------------------------------------------------ */

void kvm_account_start(struct kvm_vcpu *v, uint64_t va)
{
	v->failed_attempt = 0;
	account_start(v->w, &v->account, v->kvm->mm, va);
}

/* The attempt in progress is over: failed ones are fence, but for the page they got. */
void kvm_account_attempt(struct kvm_vcpu *v)
{
	account_attempt(v->w, v->failed_attempt ? PART_FENCE : PART_SERVICE, v->blocker_start,
			v->blocker_end);
	v->failed_attempt = 0;
}

/* Guest time that the fault cost inside the measured window. */
static void account_lost(struct kvm_vcpu *v, sim_time blocked)
{
	enum { LOST_FAULT = 1, LOST_BLOCKED };
	struct metrics *x = &v->kvm->m->metrics;
	sim_time from = v->account.t0 > x->begin ? v->account.t0 : x->begin;
	sim_time lost = now_of(v->w) - from;

	blocked = blocked < lost ? blocked : lost;
	metric_count(x, METRIC_GUEST_TIME_LOST, LOST_BLOCKED, blocked);
	metric_count(x, METRIC_GUEST_TIME_LOST, LOST_FAULT, lost - blocked);
	for (int i = 0; i < NR_FAULT_PARTS; i++)
		metric_count(x, METRIC_GUEST_BLOCKED, i, v->account.part[i]);
}

void kvm_account_end(struct kvm_vcpu *v, int retired)
{
	kvm_account_attempt(v);
	account_lost(v, account_end(v->w, retired));
}
