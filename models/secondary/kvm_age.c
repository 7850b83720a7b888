/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * KVM's aging callouts (virt/kvm/kvm_main.c, arch/x86/kvm/mmu.c of 2.6.27 to
 * 3.19).
 *
 * clear_flush_young: mmu_lock, every memslot is scanned, accessed bits tested
 * and cleared, unlock, one round if any was set.  Translations stay and the
 * sequence does not move: nothing was invalidated.  EPT of the time has no
 * such bit: always old, or (later) the translation is dropped, with the
 * sequence step that this needs, and counts as young.
 */
#include "models/secondary/kvm.h"

/* mmu_lock held: was the translation of @va accessed? */
static int age_rmapp(struct ctx *w, struct kvm *k, enum callout_op op, uint64_t va)
{
	struct spte *s;
	int young;

	charge_n(w, COST_SLOT_SCAN, k->cfg->memslots);
	charge_n(w, COST_RMAP_PROBE, 2);	/* 4 KiB and 2 MiB heads */
	s = kvm_lookup(k, va);
	sync(w);
	if (!s || !s->page || k->cfg->young != YOUNG_ACCESSED_BIT)
		return 0;
	young = s->accessed;
	if (young && op != OP_test_young) {
		s->accessed = 0;
		tp(w, TP_SPTE_OLD, va, s->page->id);
	}
	return young;
}

int kvm_age(struct ctx *w, void *priv, enum callout_op op, uint64_t va)
{
	struct kvm *k = priv;
	int young;

	if (k->cfg->aging == AGING_LOCKLESS)
		return kvm_age_lockless(w, k, op, va);
	kvm_mmu_lock(w, k);
	if (k->cfg->young == YOUNG_ZAP_TO_AGE && op != OP_test_young) {
		kvm_seq_step(w, k, va, va + 1);
		return kvm_zap_flush_unlock(w, k, va, va + 1) > 0;
	}
	young = age_rmapp(w, k, op, va);
	kvm_mmu_unlock(w, k);
	if (young && op == OP_clear_flush_young)
		kvm_flush_remote_tlbs(w, k);
	return young;
}
