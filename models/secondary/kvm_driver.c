/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Zaps that KVM starts itself, and construction.
 *
 * mmu_shrink (2.6.27): kvm_lock over the VMs, slots_lock by trylock (else the
 * VM is skipped), mmu_lock; at most one shadow page of one VM per call.
 * Memslot delete: slots_lock write, kvm_mmu_zap_all: every shadow page with a
 * round each under mmu_lock, one more round outside.
 */
#include "models/secondary/kvm.h"
#include "sim/base/xassert.h"

void kvm_shrink(struct ctx *w, struct kvm *k)
{
	struct spinlock *kvm_lock = k->m->kvm_lock;

	spin_lock(w, kvm_lock);
	if (down_read_trylock(w, &k->slots_lock)) {
		spin_lock(w, &k->mmu_lock);
		sync(w);
		if (k->oldest)
			kvm_zap_shadow(w, k, k->oldest, ZAPPED_SHRINK);
		spin_unlock(w, &k->mmu_lock);
		up_read(w, &k->slots_lock);
	}
	spin_unlock(w, kvm_lock);
}

void kvm_flush_shadow(struct ctx *w, struct kvm *k, enum zap_reason why)
{
	spin_lock(w, &k->mmu_lock);
	sync(w);
	while (k->oldest)
		kvm_zap_shadow(w, k, k->oldest, why);
	spin_unlock(w, &k->mmu_lock);
	kvm_flush_remote_tlbs(w, k);
}

void kvm_memslot_delete(struct ctx *w, struct kvm *k)
{
	charge(w, COST_SYSCALL);
	down_write(w, &k->slots_lock);
	kvm_flush_shadow(w, k, ZAPPED_MEMSLOT);
	up_write(w, &k->slots_lock);
	sync(w);
}

/* KVM_PERMILLE_MMU_PAGES 20, KVM_MIN_ALLOC_MMU_PAGES 64 */
static int64_t default_limit(uint64_t frames)
{
	int64_t n = (int64_t)(frames * 20 / 1000);

	return n > 64 ? n : 64;
}

static struct secondary *create(struct machine *m, struct mm *mm, const struct secondary_use *use,
				uint64_t base, uint64_t frames, int max_vcpus)
{
	const struct kvm_config *cfg = use->kvm;
	struct kvm *k = arena_alloc(m->arena, sizeof(*k));

	if (!m->kvm_lock) {
		m->kvm_lock = arena_alloc(m->arena, sizeof(*m->kvm_lock));
		spin_lock_init(m, m->kvm_lock, LOCK_KVM);
	}
	k->m = m;
	k->mm = mm;
	k->cfg = cfg;
	k->protocol = &m->cfg->design->kvm;
	k->base = base;
	k->frames = frames;
	k->limit = cfg->mmu_pages ? cfg->mmu_pages : default_limit(frames);
	spin_lock_init(m, &k->mmu_lock, LOCK_MMU);
	spin_lock_init(m, &k->requests_lock, LOCK_REQUESTS);
	rwsem_init(m, &k->slots_lock, LOCK_SLOTS);
	line_init(&k->fence_line);
	k->hull_start = UINT64_MAX;
	tw_start(&k->closed, 0, 0);
	k->shadow = arena_alloc(m->arena, sizeof(*k->shadow) *
				(frames / SPTES_PER_PAGE + 1));
	k->put_array = arena_alloc(m->arena, sizeof(*k->put_array) *
				   (size_t)(k->protocol->put_batch + 1));
	k->vcpu = arena_alloc(m->arena, sizeof(*k->vcpu) * (size_t)(max_vcpus + 1));
	k->max_vcpus = max_vcpus;
	return &k->secondary;
}

struct kvm_vcpu *kvm_vcpu_create(struct kvm *k, struct ctx *w, uint64_t working_set)
{
	struct kvm_vcpu *v = &k->vcpu[k->n_vcpus];

	BUG_ON(k->n_vcpus == k->max_vcpus);
	v->kvm = k;
	v->id = k->n_vcpus++;
	v->w = w;
	v->cpu = -1;
	line_init(&v->requests_line);
	v->tlb = tlb_new(k->m->arena, (uint32_t)k->cfg->tlb_entries, (uint32_t)working_set);
	w->priv = v;
	w->priv_is_vcpu = 1;
	return v;
}

/* --- as a secondary MMU among others --------------------------------------------- */

static void prefill(struct secondary *s, uint64_t va, struct page *p)
{
	kvm_prefill(kvm_of(s), va, p);
}

static void *attach(struct secondary *s, struct ctx *w, uint64_t working_set)
{
	return kvm_vcpu_create(kvm_of(s), w, working_set);
}

static uint32_t tlb_entries(const void *user)
{
	return ((const struct kvm_vcpu *)user)->tlb->capacity;
}

static void warm(void *user, uint64_t va)
{
	struct kvm_vcpu *v = user;
	struct spte *s = kvm_lookup(v->kvm, va);

	if (!s || !s->page)
		return;
	tlb_fill(v->tlb, va, s->page, s->page->generation)->write = s->write;
	s->accessed = 1;
	s->page->vcpus |= 1ull << v->id;
}

static void guest_access(void *user, uint64_t va, int write)
{
	kvm_guest_access(user, va, write);
}

/* kvm_destroy_vm, behind the notifier: kvm_arch_destroy_vm frees the shadow pages */
static void destroy(struct ctx *w, struct secondary *s)
{
	kvm_flush_shadow(w, kvm_of(s), ZAPPED_RELEASE);
}

static void window_begin(struct secondary *s, sim_time now)
{
	struct kvm *k = kvm_of(s);

	tw_start(&k->closed, now, k->closed.value);
}

static void window_end(struct secondary *s, sim_time now)
{
	struct kvm *k = kvm_of(s);

	k->m->metrics.cell[METRIC_FENCE_CLOSED][0].count += (int64_t)tw_area(&k->closed, now);
	oracle_section_left(k->m, k->count, k->n_open ? now - kvm_oldest_section(k) : 0);
}

const struct secondary_driver kvm_driver = {
	.ops = &kvm_ops, .create = create, .prefill = prefill, .attach = attach,
	.tlb_entries = tlb_entries, .warm = warm, .access = guest_access, .destroy = destroy,
	.window_begin = window_begin, .window_end = window_end,
};
