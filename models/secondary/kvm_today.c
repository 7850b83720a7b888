/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What KVM of 6.18 does otherwise than that of 2008 (virt/kvm/kvm_main.c,
 * arch/x86/kvm/mmu/tdp_mmu.c); each a key of the secondary file.
 *
 * lookup: tree.  A callout first counts itself under mn_invalidate_lock, then
 * looks its range up; memory without a memslot ends there: no mmu_lock, no
 * fence, no round.  Else the range is clipped to the memslots.
 *
 * mmu_lock: rwlock.  Callouts write, faults of two-dimensional paging read and
 * store their translation by an atomic.
 *
 * zap_yield.  Before each entry, if others wait for mmu_lock or for the CPU and
 * something was done since the last time: flush what was zapped, drop the lock,
 * let them, take it again.  The fence stays closed meanwhile.
 *
 * slots: srcu.  A vcpu outside the guest is a reader of a domain of its VM, not
 * of slots_lock: no line that all vcpus write.
 *
 * aging: lockless.  Accessed bits are cleared by atomics, without mmu_lock,
 * flush or step of the sequence.
 *
 * Left out: gfn_to_pfn caches, the wait of memslot updates for mn_active, invalid
 * roots, large pages, asynchronous faults, access tracking without hardware bits.
 */
#include "models/kernel/sched.h"
#include "models/secondary/kvm.h"

static int rwlock(const struct kvm *k)
{
	return k->cfg->mmu_lock == MMU_RWLOCK;
}

/* --- mmu_lock -------------------------------------------------------------------- */

void kvm_mmu_lock(struct ctx *w, struct kvm *k)
{
	if (rwlock(k))
		write_lock(w, &k->mmu_rwlock);
	else
		spin_lock(w, &k->mmu_lock);
}

void kvm_mmu_unlock(struct ctx *w, struct kvm *k)
{
	if (rwlock(k))
		write_unlock(w, &k->mmu_rwlock);
	else
		spin_unlock(w, &k->mmu_lock);
}

void kvm_mmu_lock_shared(struct ctx *w, struct kvm *k)
{
	if (rwlock(k))
		read_lock(w, &k->mmu_rwlock);
	else
		spin_lock(w, &k->mmu_lock);
}

void kvm_mmu_unlock_shared(struct ctx *w, struct kvm *k)
{
	if (rwlock(k))
		read_unlock(w, &k->mmu_rwlock);
	else
		spin_unlock(w, &k->mmu_lock);
}

/* --- memslots -------------------------------------------------------------------- */

void kvm_slots_enter(struct kvm_vcpu *v)
{
	if (v->kvm->cfg->slots == SLOTS_SRCU)
		v->srcu_idx = srcu_read_lock(v->w, &v->kvm->srcu);
	else
		down_read(v->w, &v->kvm->slots_lock);
}

void kvm_slots_leave(struct kvm_vcpu *v)
{
	if (v->kvm->cfg->slots == SLOTS_SRCU)
		srcu_read_unlock(v->w, &v->kvm->srcu, v->srcu_idx);
	else
		up_read(v->w, &v->kvm->slots_lock);
}

void kvm_mn_section(struct ctx *w, struct kvm *k, int step)
{
	if (k->cfg->lookup != LOOKUP_TREE)
		return;
	spin_lock(w, &k->mn_lock);
	sync(w);
	k->mn_active += step;
	spin_unlock(w, &k->mn_lock);
}

int kvm_clip(struct ctx *w, struct kvm *k, uint64_t *start, uint64_t *end)
{
	uint64_t lo = UINT64_MAX, hi = 0;

	if (k->cfg->lookup != LOOKUP_TREE)
		return 1;
	charge(w, COST_SLOT_TREE);
	for (int i = 0; i < k->n_slots; i++) {
		uint64_t s = k->slot[i].start > *start ? k->slot[i].start : *start;
		uint64_t e = k->slot[i].end < *end ? k->slot[i].end : *end;

		if (s >= e)
			continue;
		lo = s < lo ? s : lo;
		hi = e > hi ? e : hi;
	}
	if (lo >= hi)
		return 0;
	*start = lo;
	*end = hi;
	return 1;
}

/* --- zap ------------------------------------------------------------------------- */

/* Others want the lock, or the CPU. */
static int must_yield(struct ctx *w, const struct kvm *k)
{
	return k->cfg->zap_yield && (need_resched(w) || (rwlock(k) && rwlock_is_contended(&k->mmu_rwlock)));
}

struct zap { int n, unflushed, progress; };

static void yield(struct ctx *w, struct kvm *k, struct zap *z)
{
	if (k->n_put)
		kvm_flush_puts(w, k);
	else if (z->unflushed)
		kvm_flush_remote_tlbs(w, k);
	z->unflushed = z->progress = 0;
	kvm_mmu_unlock(w, k);
	cond_resched(w);
	kvm_mmu_lock(w, k);
}

/* The entries of one page table in [va, end). */
static void zap_table(struct ctx *w, struct kvm *k, uint64_t va, uint64_t end, struct zap *z)
{
	charge(w, COST_RMAP_PROBE);	/* the levels above */
	for (; va < end; va++) {
		struct spte *s = kvm_lookup(k, va);

		if (!s)
			break;		/* the table is not there */
		charge(w, COST_TDP_ENTRY);
		if (!s->page)
			continue;
		sync(w);
		if (z->progress && must_yield(w, k)) {
			yield(w, k, z);
			if (!s->page)
				continue;
		}
		kvm_zap_spte(w, k, s);
		z->progress = 1;
		z->unflushed++;
		z->n++;
	}
}

int kvm_zap_tdp(struct ctx *w, struct kvm *k, uint64_t start, uint64_t end, int *unflushed)
{
	struct zap z = { 0, 0, 0 };

	while (start < end) {
		uint64_t table = (start - k->base) / SPTES_PER_PAGE;
		uint64_t next = k->base + (table + 1) * SPTES_PER_PAGE;

		zap_table(w, k, start, next < end ? next : end, &z);
		start = next;
	}
	*unflushed = z.unflushed;
	return z.n;
}

/* --- aging ------------------------------------------------------------------------ */

int kvm_age_lockless(struct ctx *w, struct kvm *k, enum callout_op op, uint64_t va)
{
	uint64_t start = va, end = va + 1;
	struct spte *s;
	int young;

	if (!kvm_clip(w, k, &start, &end))
		return 0;
	charge(w, COST_RMAP_PROBE);
	s = kvm_lookup(k, va);
	sync(w);
	if (!s || !s->page || k->cfg->young != YOUNG_ACCESSED_BIT)
		return 0;
	young = s->accessed;
	if (young && op != OP_test_young) {
		w->debt += w->m->mc->cost[COST_LINE_ATOMIC];
		s->accessed = 0;
		tp(w, TP_SPTE_OLD, va, s->page->id);
	}
	return young;
}
