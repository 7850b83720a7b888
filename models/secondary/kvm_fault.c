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
 */
#include "models/secondary/kvm.h"
#include "sim/base/xassert.h"

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

static enum fault_result refuse(struct ctx *w, struct kvm_vcpu *v, struct page *p, uint64_t va,
				const struct pte_seen *seen, const struct section *by, int spurious)
{
	struct kvm *k = v->kvm;

	tp(w, TP_RETRY, va, 0);
	metric_count(&k->m->metrics, METRIC_SECONDARY_FAULT_RETRIES, 0, 1);
	if (spurious)
		metric_count(&k->m->metrics, METRIC_SECONDARY_FAULT_SPURIOUS, 0, 1);
	oracle_caught(w, k->mm, va, seen);
	v->blocker_start = by->start;
	v->blocker_end = by->end;
	spin_unlock(w, &k->mmu_lock);
	put_page(w, p);
	return FAULT_RETRY;
}

enum fault_result kvm_page_fault(struct ctx *w, struct kvm_vcpu *v, uint64_t va, int write)
{
	struct kvm *k = v->kvm;
	int spurious, for_write = write || !k->cfg->read_only;
	struct pte_seen seen;
	struct section by;
	struct page *p;
	int64_t seq;

	tp(w, TP_FAULT, va, 0);
	charge(w, COST_FAULT_DECODE);
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
	p = gfn_to_pfn(w, k, va, for_write, &seen);
	if (!p)
		return FAULT_NO_MEMORY;
	spin_lock(w, &k->mmu_lock);
	line_access(w, &k->fence_line, LINE_READ);
	sync(w);
	if (kvm_fence(k, va, seq, &by, &spurious) == FENCE_CLOSED)
		return refuse(w, v, p, va, &seen, &by, spurious);
	kvm_free_some_pages(w, k);
	kvm_set_spte(w, k, va, p, &seen, for_write || seen.write);
	spin_unlock(w, &k->mmu_lock);
	return FAULT_MAPPED;
}

/* --- accounting ------------------------------------------------------------------ */

static void attempt_from(struct kvm_vcpu *v, sim_time now)
{
	struct fault_account *f = &v->account;

	f->attempt = now;
	f->worked0 = v->w->worked;
	f->stolen0 = v->w->stolen;
	memset(f->here, 0, sizeof(f->here));
	memset(f->relation, 0, sizeof(f->relation));
}

void kvm_account_start(struct kvm_vcpu *v, uint64_t va)
{
	const struct vma *vma = vma_of(v->kvm->mm, va);
	struct fault_account *f = &v->account;

	BUG_ON(v->w->fault);
	memset(f, 0, sizeof(*f));
	f->t0 = now_of(v->w);
	f->page = va;
	if (vma) {
		f->vma_start = vma->start;
		f->vma_end = vma->end;
	}
	v->failed_attempt = 0;
	v->w->fault = f;
	attempt_from(v, f->t0);
}

/* What a failed attempt waited for that the next one does not wait for again. */
static sim_time kept_of_failed(struct fault_account *f)
{
	static const enum fault_part kept[] = {
		PART_ZEROING, PART_PAGE_LOCK, PART_SWAP_IO, PART_ALLOC,
	};
	sim_time sum = 0;

	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
		f->part[kept[i]] += f->here[kept[i]];
		sum += f->here[kept[i]];
	}
	return sum;
}

/* The attempt in progress is over: failed ones are fence, but for the page they got. */
void kvm_account_attempt(struct kvm_vcpu *v)
{
	struct fault_account *f = &v->account;
	struct ctx *w = v->w;
	sim_time d = now_of(w) - f->attempt, sum = 0;

	if (v->failed_attempt) {
		d -= kept_of_failed(f);
		f->part[PART_FENCE] += d;
		f->retries++;
		/* all of it, waits included, to who closed the fence: not added twice */
		memset(f->relation, 0, sizeof(f->relation));
		account_relation(w, d, v->blocker_start, v->blocker_end);
	} else {
		f->here[PART_SERVICE] += w->worked - f->worked0;
		f->here[PART_IRQ_STEAL] += w->stolen - f->stolen0;
		for (int i = 0; i < NR_FAULT_PARTS; i++) {
			f->part[i] += f->here[i];
			sum += f->here[i];
		}
		BUG_ON(sum != d);	/* every picosecond has an owner */
	}
	for (int i = 0; i < NR_RELATIONS; i++)
		metric_count(&w->m->metrics, METRIC_SECONDARY_FAULT_RELATION, i, f->relation[i]);
	v->failed_attempt = 0;
	attempt_from(v, now_of(w));
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
}

void kvm_account_end(struct kvm_vcpu *v, int retired)
{
	struct metrics *x = &v->kvm->m->metrics;
	struct fault_account *f = &v->account;
	sim_time delay = now_of(v->w) - f->t0, blocked;

	kvm_account_attempt(v);
	blocked = f->part[PART_FENCE] + f->part[PART_MMAP_SEM] + f->part[PART_PTL] +
		f->part[PART_MMU_LOCK] + f->part[PART_PAGE_LOCK];
	account_lost(v, blocked);
	v->w->fault = NULL;
	if (!retired) {		/* nothing is mapped there: no fault that was served */
		metric_count(x, METRIC_SECONDARY_FAULT_FAILED, 0, 1);
		return;
	}
	metric_tally(x, METRIC_SECONDARY_FAULT_DELAY, 0, delay);
	metric_tally(x, METRIC_SECONDARY_FAULT_BLOCKED, 0, blocked);
	metric_count(x, METRIC_SECONDARY_FAULT_COUNT, 0, 1);
	for (int i = 0; i < NR_FAULT_PARTS; i++)
		metric_tally(x, METRIC_SECONDARY_FAULT_PART, i, f->part[i]);
	tp(v->w, TP_RETIRED, f->page, 0);
}
