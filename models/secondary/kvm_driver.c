/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Zaps that KVM starts itself, and construction.
 *
 * mmu_shrink (2.6.27): kvm_lock over the VMs, slots_lock by trylock (else the
 * VM is skipped), mmu_lock; at most one shadow page of one VM per call, and
 * that VM goes to the end of the list.  Called by shrink_slab with its answer,
 * the number of shadow pages, and by the operation that stands for such a call.
 * Memslot delete: slots_lock write, kvm_mmu_zap_all: every shadow page with a
 * round each under mmu_lock, one more round outside.
 */
#include "models/secondary/kvm.h"
#include "sim/base/xassert.h"

/* Its shadow pages, -1 if it is skipped; one of them less if @zap and it had any. */
static int64_t shrink_vm(struct ctx *w, struct kvm *k, int zap)
{
	int64_t n;

	if (k->cfg->mmu_lock == MMU_RWLOCK)
		return -1;		/* pages of two-dimensional paging are not counted */
	if (!down_read_trylock(w, &k->slots_lock))
		return -1;
	spin_lock(w, &k->mmu_lock);
	sync(w);
	n = k->n_shadow;
	if (zap && k->oldest)
		kvm_zap_shadow(w, k, k->oldest, ZAPPED_SHRINK);
	spin_unlock(w, &k->mmu_lock);
	up_read(w, &k->slots_lock);
	return n;
}

static void move_to_tail(struct kvm_driver_state *d, struct kvm *k)
{
	struct kvm **at = &d->vm_list;

	while (*at != k)
		at = &(*at)->next_vm;
	*at = k->next_vm;
	k->next_vm = NULL;
	while (*at)
		at = &(*at)->next_vm;
	*at = k;
}

static int64_t mmu_shrink(struct ctx *w, void *arg, int64_t nr_to_scan)
{
	struct kvm_driver_state *d = arg;
	struct kvm *freed = NULL;
	int64_t count = 0;

	spin_lock(w, &d->lock);
	for (struct kvm *k = d->vm_list; k; k = k->next_vm) {
		int64_t n = shrink_vm(w, k, !freed && nr_to_scan > 0);

		if (n < 0)
			continue;
		count += n;
		if (!freed && nr_to_scan > 0 && n > 0) {
			count--;
			freed = k;
		}
		nr_to_scan--;
	}
	if (freed)
		move_to_tail(d, freed);
	spin_unlock(w, &d->lock);
	return count;
}

void kvm_shrink(struct ctx *w, struct kvm *k)
{
	spin_lock(w, k->m->kvm_lock);
	shrink_vm(w, k, 1);
	spin_unlock(w, k->m->kvm_lock);
}

void kvm_flush_shadow(struct ctx *w, struct kvm *k, enum zap_reason why)
{
	kvm_mmu_lock(w, k);
	sync(w);
	if (k->cfg->mmu_lock == MMU_RWLOCK) {	/* kvm_tdp_mmu_zap_all: one round for all */
		int unflushed;

		k->reason = why;
		kvm_zap_tdp(w, k, k->base, k->base + k->frames, &unflushed);
	} else {
		while (k->oldest)
			kvm_zap_shadow(w, k, k->oldest, why);
	}
	kvm_mmu_unlock(w, k);
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

/* kvm_init for the first VM, kvm_create_vm's list_add: at the head */
static void join_vm_list(struct machine *m, struct kvm *k)
{
	struct kvm_driver_state *d = (struct kvm_driver_state *)m->kvm_lock;

	if (!d) {
		d = arena_alloc(m->arena, sizeof(*d));
		m->kvm_lock = &d->lock;
		spin_lock_init(m, &d->lock, LOCK_KVM);
		d->shrinker.shrink = mmu_shrink;
		d->shrinker.arg = d;
		d->shrinker.seeks = 20;		/* DEFAULT_SEEKS * 10 */
		register_shrinker(m, &d->shrinker);
	}
	k->next_vm = d->vm_list;
	d->vm_list = k;
}

static struct secondary *create(struct machine *m, struct mm *mm, const struct secondary_use *use,
				uint64_t base, uint64_t frames, int max_vcpus)
{
	const struct kvm_config *cfg = use->kvm;
	struct kvm *k = arena_alloc(m->arena, sizeof(*k));

	join_vm_list(m, k);
	k->m = m;
	k->mm = mm;
	k->cfg = cfg;
	k->protocol = &m->cfg->design->kvm;
	k->base = base;
	k->frames = frames;
	k->limit = cfg->mmu_pages ? cfg->mmu_pages : default_limit(frames);
	spin_lock_init(m, &k->mmu_lock, LOCK_MMU);
	spin_lock_init(m, &k->requests_lock, LOCK_REQUESTS);
	if (cfg->mmu_lock == MMU_RWLOCK)
		rwlock_init(m, &k->mmu_rwlock, LOCK_MMU);
	if (cfg->slots == SLOTS_SRCU)
		srcu_init(m, &k->srcu, "kvm");
	if (cfg->lookup == LOOKUP_TREE)
		spin_lock_init(m, &k->mn_lock, LOCK_MN_INVALIDATE);
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

static void covers(struct secondary *s, uint64_t start, uint64_t end)
{
	struct kvm *k = kvm_of(s);

	k->slot[k->n_slots].start = start;
	k->slot[k->n_slots++].end = end;
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
	struct kvm_driver_state *d = (struct kvm_driver_state *)w->m->kvm_lock;
	struct kvm **at = &d->vm_list;

	spin_lock(w, &d->lock);
	while (*at && *at != kvm_of(s))
		at = &(*at)->next_vm;
	if (*at)
		*at = (*at)->next_vm;
	spin_unlock(w, &d->lock);
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
	oracle_section_left(k->m, k->count, kvm_section_quiet(k, now));
}

const struct secondary_driver kvm_driver = {
	.ops = &kvm_ops, .create = create, .covers = covers, .prefill = prefill, .attach = attach,
	.tlb_entries = tlb_entries, .warm = warm, .access = guest_access, .destroy = destroy,
	.window_begin = window_begin, .window_end = window_end,
};
