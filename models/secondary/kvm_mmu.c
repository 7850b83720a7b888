/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sptes and shadow pages (arch/x86/kvm/mmu.c of 2.6.26 to 2.6.32).
 *
 * rmap_remove of the pinned generations: put the page, then store the
 * non-present value, then (caller) flush: put_before_flush.  The safe order is
 * flush_before_put: clear up to B sptes, one round, B puts.  Without a pin
 * there is nothing to put.
 */
#include "models/secondary/kvm.h"
#include "sim/base/xassert.h"

struct spte *kvm_lookup(struct kvm *k, uint64_t va)
{
	struct shadow_page *sp;

	if (va < k->base || va >= k->base + k->frames)
		return NULL;
	sp = k->shadow[(va - k->base) / SPTES_PER_PAGE];
	return sp ? &sp->spte[(va - k->base) % SPTES_PER_PAGE] : NULL;
}

static struct shadow_page *shadow_new(struct kvm *k, uint64_t index)
{
	struct shadow_page *sp = k->unused;

	if (sp)
		k->unused = sp->next;
	else
		sp = arena_alloc(k->m->arena, sizeof(*sp));
	sp->id = (uint32_t)index;
	sp->index = index;
	sp->prev = NULL;
	sp->next = k->active;
	if (k->active)
		k->active->prev = sp;
	else
		k->oldest = sp;
	k->active = sp;
	k->shadow[index] = sp;
	k->n_shadow++;
	return sp;
}

static void shadow_unlink(struct kvm *k, struct shadow_page *sp)
{
	if (sp->prev)
		sp->prev->next = sp->next;
	else
		k->active = sp->next;
	if (sp->next)
		sp->next->prev = sp->prev;
	else
		k->oldest = sp->prev;
	k->shadow[sp->index] = NULL;
	k->n_shadow--;
	sp->next = k->unused;
	k->unused = sp;
}

/* --- establish ------------------------------------------------------------------ */

void kvm_set_spte(struct ctx *w, struct kvm *k, uint64_t va, struct page *p,
		  const struct pte_seen *seen, int write)
{
	int pinned = k->protocol->pin == PIN_PER_SPTE;
	uint64_t index = (va - k->base) / SPTES_PER_PAGE;
	struct spte *s;

	if (!k->shadow[index]) {
		charge(w, COST_SHADOW_ALLOC);
		shadow_new(k, index);
	}
	s = kvm_lookup(k, va);
	charge(w, COST_SPTE_SET);
	sync(w);
	if (s->page == p) {		/* another vcpu was first, or it was read-only */
		if (write && !s->write)
			oracle_install(w, k->mm, va, p, seen, write, pinned);
		s->write |= write != 0;
		put_page(w, p);
		return;
	}
	if (s->page)			/* rmap_remove(old), no flush of its own */
		kvm_zap_spte(w, k, s);
	if (k->n_put)
		kvm_flush_puts(w, k);
	oracle_install(w, k->mm, va, p, seen, write, pinned);
	spte_link(s, &k->secondary.registrant, p, va);
	s->installed_at = now_of(w);
	s->installed_cpu = w->cpu->id;
	s->pinned = (uint8_t)pinned;
	s->write = write != 0;
	s->accessed = 0;		/* the access that is tried again sets it */
	tp(w, TP_SPTE_SET, va, p->id);
	if (!pinned) {
		put_page(w, p);
		return;
	}
	pin_page(k->m, p);	/* the reference of get_user_pages becomes the pin */
	page_check_held(k->m, p);	/* the last one, if the pte went meanwhile */
}

void kvm_prefill(struct kvm *k, uint64_t va, struct page *p)
{
	uint64_t index = (va - k->base) / SPTES_PER_PAGE;
	const struct vma *v = vma_of(k->mm, va);
	struct pte *pte = pte_lookup(k->mm, va);
	struct spte *s;

	if (v->mapping && !(v->flags & VM_SHARED))
		return;			/* its fault would have made a private copy */
	if (!k->shadow[index] && k->n_shadow >= k->limit)
		return;
	if (!k->shadow[index])
		shadow_new(k, index);
	s = kvm_lookup(k, va);
	spte_link(s, &k->secondary.registrant, p, va);
	s->pinned = k->protocol->pin == PIN_PER_SPTE;
	if (!k->cfg->read_only && !pte->write) {	/* its fault asked for writing */
		pte->write = pte->dirty = 1;
		p->dirty = 1;
	}
	s->write = pte->write;
	if (s->pinned) {
		pin_page(k->m, p);
		get_page(p);
	}
}

/* --- drop --------------------------------------------------------------------------- */

static void clear_spte(struct ctx *w, struct kvm *k, struct spte *s)
{
	sync(w);
	tp(w, TP_SPTE_ZAP, s->va, s->page->id);
	metric_count(&k->m->metrics, METRIC_SPTE_ZAPPED, k->reason, 1);
	s->page->zapped_at = now_of(w);
	s->page->zapped_cpu = w->cpu->id;
	if (s->write)
		s->page->dirty = 1;	/* kvm_set_pfn_dirty: the flag, no tag */
	spte_unlink(s);
	charge(w, COST_SPTE_ZAP);
}

void kvm_flush_puts(struct ctx *w, struct kvm *k)
{
	int n = k->n_put;

	kvm_flush_remote_tlbs(w, k);
	k->n_put = 0;
	for (int i = 0; i < n; i++)
		put_pin(w, k->put_array[i]);
}

void kvm_zap_spte(struct ctx *w, struct kvm *k, struct spte *s)
{
	struct page *p = s->page;

	if (s->accessed)		/* kvm_set_pfn_accessed, kvm_set_pfn_dirty */
		mark_page_accessed(w, p);
	if (s->write)
		p->dirty = 1;
	if (!s->pinned) {
		clear_spte(w, k, s);
	} else if (k->protocol->put_order == PUT_BEFORE_FLUSH) {
		put_pin(w, p);
		clear_spte(w, k, s);
	} else {
		clear_spte(w, k, s);
		k->put_array[k->n_put++] = p;
		if (k->n_put == k->protocol->put_batch)
			kvm_flush_puts(w, k);
	}
}

/* kvm_mmu_zap_page: children and parents, then always one round, inside mmu_lock */
void kvm_zap_shadow(struct ctx *w, struct kvm *k, struct shadow_page *sp, enum zap_reason why)
{
	enum zap_reason outer = k->reason;

	k->reason = why;
	charge(w, COST_SHADOW_FREE);
	sync(w);
	tp(w, TP_SHADOW_ZAP, sp->id, why);
	metric_count(&k->m->metrics, METRIC_SHADOW_ZAPPED, why, 1);
	for (int i = 0; i < SPTES_PER_PAGE; i++)
		if (sp->spte[i].page)
			kvm_zap_spte(w, k, &sp->spte[i]);
	kvm_flush_puts(w, k);
	shadow_unlink(k, sp);
	k->reason = outer;
}

/* At each fault, under mmu_lock: below 5 free, zap from the tail up to 25 free. */
void kvm_free_some_pages(struct ctx *w, struct kvm *k)
{
	if (k->limit - k->n_shadow >= KVM_MIN_FREE_MMU_PAGES)
		return;
	while (k->limit - k->n_shadow < KVM_REFILL_PAGES && k->oldest)
		kvm_zap_shadow(w, k, k->oldest, ZAPPED_EVICT);
}
