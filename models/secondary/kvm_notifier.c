/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * KVM's callouts and its fence (virt/kvm/kvm_main.c, 2.6.27).
 *
 * range_start: mmu_lock, count++, zap if the protocol says so, unlock, one
 * round if anything was zapped.  range_end: mmu_lock, seq++, then count--.
 * Both counters are plain and live in one line; every access but the fault's
 * first read is under mmu_lock.  Every page of the range is looked up in every
 * memslot, mapped or not: no clipping in this era.
 *
 * The fence answers a fault that sampled seq: count above 0, or seq moved on.
 * Scope vm: any section of the VM; hull: the count test only inside
 * [min start, max end) since count left 0; interval: both tests only where a
 * section overlaps the page.
 */
#include "models/secondary/kvm.h"
#include "sim/base/xassert.h"

enum { STEP_COUNT, STEP_SEQ };

static int counts(const struct kvm *k)
{
	return k->protocol->fence_kind == FENCE_COUNT ||
		k->protocol->fence_kind == FENCE_COUNT_SEQ;
}

static int sequences(const struct kvm *k)
{
	return k->protocol->fence_kind == FENCE_SEQ ||
		k->protocol->fence_kind == FENCE_COUNT_SEQ;
}

/* --- zapping a range ----------------------------------------------------------- */

/* mmu_lock held; how many translations went, how many without a flush so far. */
static int zap_range(struct ctx *w, struct kvm *k, uint64_t start, uint64_t end, int *unflushed)
{
	int n = 0;

	k->reason = ZAPPED_RANGE;
	if (k->cfg->lookup == LOOKUP_TREE)
		return kvm_zap_tdp(w, k, start, end, unflushed);
	for (uint64_t va = start; va < end; va++) {
		struct spte *s;

		charge_n(w, COST_SLOT_SCAN, k->cfg->memslots);
		charge_n(w, COST_RMAP_PROBE, 2);	/* 4 KiB and 2 MiB heads */
		s = kvm_lookup(k, va);
		if (!s || !s->page)
			continue;
		kvm_zap_spte(w, k, s);
		n++;
	}
	*unflushed = n;
	return n;
}

/* Zap under mmu_lock (held) and flush where the protocol puts it; unlocks. */
int kvm_zap_flush_unlock(struct ctx *w, struct kvm *k, uint64_t start, uint64_t end)
{
	const struct kvm_protocol *p = k->protocol;
	/* each array is flushed before its puts: nothing is left for another round */
	int batched = p->pin == PIN_PER_SPTE && p->put_order == PUT_FLUSH_BEFORE;
	int unflushed, n = zap_range(w, k, start, end, &unflushed);

	unflushed = unflushed && !batched;
	if (k->n_put)
		kvm_flush_puts(w, k);
	if (unflushed && p->secondary_flush == FLUSH_IN_LOCK)
		kvm_flush_remote_tlbs(w, k);
	kvm_mmu_unlock(w, k);
	if (unflushed && p->secondary_flush == FLUSH_AFTER_LOCK)
		kvm_flush_remote_tlbs(w, k);
	return n;
}

/* --- sections --------------------------------------------------------------------- */

static void set_count(struct ctx *w, struct kvm *k, int64_t count)
{
	k->count = count;
	tw_set(&k->closed, now_of(w), count > 0);
	if (count <= 0) {
		k->hull_start = UINT64_MAX;
		k->hull_end = 0;
	}
}

static void section_open(struct ctx *w, struct kvm *k, uint64_t start, uint64_t end)
{
	line_access(w, &k->fence_line, LINE_WRITE);
	sync(w);
	if (k->n_open == MAX_SECTIONS)
		sim_fail(&k->m->sim, SIM_STOP_FAILED, "more than %d open sections", MAX_SECTIONS);
	k->open[k->n_open++] = (struct section){ start, end, now_of(w), w, quiet_clock(w, now_of(w)) };
	set_count(w, k, k->count + 1);
	metric_count(&k->m->metrics, METRIC_FENCE_STEPS, STEP_COUNT, 1);
	if (start < k->hull_start)
		k->hull_start = start;
	if (end > k->hull_end)
		k->hull_end = end;
	tp(w, TP_SECTION_OPEN, (uint64_t)k->count, 0);
}

void kvm_seq_step(struct ctx *w, struct kvm *k, uint64_t start, uint64_t end)
{
	line_access(w, &k->fence_line, LINE_WRITE);
	sync(w);
	k->seq++;
	metric_count(&k->m->metrics, METRIC_FENCE_STEPS, STEP_SEQ, 1);
	k->past[k->seq % PAST_SECTIONS] = (struct section){ .start = start, .end = end, .since = now_of(w) };
	tp(w, TP_SEQ_STEP, (uint64_t)k->seq, 0);
}

static void section_close(struct ctx *w, struct kvm *k, uint64_t start, uint64_t end)
{
	sim_time open_for = 0;
	int i;

	line_access(w, &k->fence_line, LINE_WRITE);
	sync(w);
	for (i = 0; i < k->n_open; i++)
		if (k->open[i].start == start && k->open[i].end == end)
			break;
	if (i < k->n_open) {
		open_for = quiet_clock(k->open[i].w, now_of(w)) - k->open[i].quiet;
		metric_tally(&k->m->metrics, METRIC_FENCE_WINDOW, 0, now_of(w) - k->open[i].since);
		k->open[i] = k->open[--k->n_open];
	}
	set_count(w, k, k->count - 1);
	metric_count(&k->m->metrics, METRIC_FENCE_STEPS, STEP_COUNT, 1);
	tp(w, TP_SECTION_CLOSE, (uint64_t)k->count, 0);
	oracle_section(w, k->count, open_for);
}

sim_time kvm_section_quiet(const struct kvm *k, sim_time now)
{
	sim_time longest = 0;

	for (int i = 0; i < k->n_open; i++) {
		sim_time d = quiet_clock(k->open[i].w, now) - k->open[i].quiet;

		longest = d > longest ? d : longest;
	}
	return longest;
}

sim_time kvm_oldest_section(const struct kvm *k)
{
	sim_time oldest = TIME_NEVER;

	for (int i = 0; i < k->n_open; i++)
		if (k->open[i].since < oldest)
			oldest = k->open[i].since;
	return oldest;
}

/* --- the fence -------------------------------------------------------------------- */

static int overlaps(const struct section *s, uint64_t va)
{
	return va >= s->start && va < s->end;
}

/* An open section that covers @va. */
static const struct section *open_over(const struct kvm *k, uint64_t va)
{
	for (int i = 0; i < k->n_open; i++)
		if (overlaps(&k->open[i], va))
			return &k->open[i];
	return NULL;
}

/* The latest invalidation after sample @seq that covered @va; forgotten ones count. */
static const struct section *past_over(const struct kvm *k, uint64_t va, int64_t seq)
{
	int64_t oldest = k->seq - PAST_SECTIONS + 1;

	for (int64_t s = k->seq; s > seq && s >= oldest; s--)
		if (overlaps(&k->past[s % PAST_SECTIONS], va))
			return &k->past[s % PAST_SECTIONS];
	return seq + 1 < oldest ? &k->past[oldest % PAST_SECTIONS] : NULL;
}

/* @by: what closed the fence, the one over @va if there is such a one. */
enum fence_answer kvm_fence(struct kvm *k, uint64_t va, int64_t seq,
			    struct section *by, int *spurious)
{
	static const struct section unknown;
	const struct section *open = open_over(k, va), *past = past_over(k, va, seq);
	int64_t scope = k->protocol->fence_scope;

	*spurious = !open && !past;
	if (counts(k) && k->count > 0 &&
	    (scope == SCOPE_VM || open ||
	     (scope == SCOPE_HULL && va >= k->hull_start && va < k->hull_end))) {
		*by = open ? *open : k->n_open ? k->open[k->n_open - 1] : unknown;
		return FENCE_SECTION;
	}
	if (sequences(k) && seq != k->seq && (scope != SCOPE_INTERVAL || past)) {
		*by = past ? *past : k->past[k->seq % PAST_SECTIONS];
		return FENCE_STEP;
	}
	return FENCE_OPEN;
}

/* --- callouts ------------------------------------------------------------------------ */

static int range_start(struct ctx *w, struct kvm *k, uint64_t start, uint64_t end)
{
	kvm_mn_section(w, k, 1);
	if (!kvm_clip(w, k, &start, &end))
		return 0;
	kvm_mmu_lock(w, k);
	if (counts(k))
		section_open(w, k, start, end);
	if (k->protocol->zap_at == ZAP_RANGE_START)
		return kvm_zap_flush_unlock(w, k, start, end);
	kvm_mmu_unlock(w, k);
	return 0;
}

/* In the memslots that the range meets. */
static int range_end_in(struct ctx *w, struct kvm *k, uint64_t start, uint64_t end)
{
	kvm_mmu_lock(w, k);
	if (sequences(k))
		kvm_seq_step(w, k, start, end);
	if (counts(k))
		section_close(w, k, start, end);
	if (k->protocol->zap_at == ZAP_RANGE_END)
		return kvm_zap_flush_unlock(w, k, start, end);
	kvm_mmu_unlock(w, k);
	return 0;
}

static int range_end(struct ctx *w, struct kvm *k, uint64_t start, uint64_t end)
{
	int n = kvm_clip(w, k, &start, &end) ? range_end_in(w, k, start, end) : 0;

	kvm_mn_section(w, k, -1);
	return n;
}

/* invalidate_page and its kin: no section, the sequence makes in-flight faults retry */
static int invalidate(struct ctx *w, struct kvm *k, uint64_t start, uint64_t end)
{
	if (!kvm_clip(w, k, &start, &end))
		return 0;
	kvm_mmu_lock(w, k);
	if (sequences(k))
		kvm_seq_step(w, k, start, end);
	return kvm_zap_flush_unlock(w, k, start, end);
}

static int callout(struct ctx *w, void *priv, enum callout_op op, uint64_t start, uint64_t end)
{
	struct kvm *k = priv;

	switch (op) {
	case OP_range_start:
		return range_start(w, k, start, end);
	case OP_range_end:
		return range_end(w, k, start, end);
	default:
		return invalidate(w, k, start, end);
	}
}

/* --- the oracle's probe ------------------------------------------------------------- */

/*
 * May @v still use what its guest TLB holds, with no flush in between?  Inside
 * nothing looks at the request bit any more: yes, unless an interrupt is
 * pending, which takes it out first.  Tags keep the entries over an entry.
 */
static int vcpu_may_use(const struct kvm_vcpu *v)
{
	int tagged = v->kvm->cfg->tlb_tag == TAG_VPID;

	if (v->inside && !irq_pending(v->w->cpu))
		return tagged || v->w->class == TIME_GUEST;
	return tagged && !v->flush_request && !v->flushing;
}

static int usable(void *priv, const struct page *p, char *why, size_t n, int *cpu)
{
	struct kvm *k = priv;
	const struct spte *s = p->sptes;

	if (!k->mm->mm_users)
		return 0;		/* the process is gone, and its vcpus with it */
	while (s && (s->va < k->base || s->va >= k->base + k->frames))
		s = s->next_of_page;
	if (s) {
		snprintf(why, n, "an spte still maps guest page %llu to it",
			 (unsigned long long)s->va);
		*cpu = -1;
		for (int i = 0; i < k->n_vcpus; i++)
			if (k->vcpu[i].guest_mode)
				*cpu = k->vcpu[i].cpu;
		return 1;
	}
	for (int i = 0; i < k->n_vcpus; i++) {
		struct kvm_vcpu *v = &k->vcpu[i];

		if (!(p->vcpus & (1ull << i)) || !vcpu_may_use(v) ||
		    !page_in_tlb(v->tlb, p))
			continue;
		snprintf(why, n, "the TLB of vcpu %d (cpu%d, %s) translates page %llu to it",
			 v->id, v->cpu, v->inside ? "in guest" : "tagged, no flush requested",
			 (unsigned long long)p->va);
		*cpu = v->cpu;
		return 1;
	}
	return 0;
}

static int writes(void *priv, const struct mm *mm, uint64_t va, const struct page *p,
		  char *why, size_t n, int *cpu)
{
	struct kvm *k = priv;
	const struct spte *s = mm == k->mm ? kvm_lookup(k, va) : NULL;

	if (!s)
		return 0;
	if (s->page == p && s->write) {
		snprintf(why, n, "an spte allows writes");
		return 1;
	}
	for (int i = 0; i < k->n_vcpus; i++) {
		struct kvm_vcpu *v = &k->vcpu[i];
		const struct tlb_entry *e = tlb_find(v->tlb, va);

		if (!e || e->page != p || !e->write || !vcpu_may_use(v))
			continue;
		snprintf(why, n, "the TLB of vcpu %d allows writes", v->id);
		*cpu = v->cpu;
		return 1;
	}
	return 0;
}

/* What would delay a fault of @va that came now (enum probe); the ghost's question. */
static int probe(void *priv, uint64_t va)
{
	struct kvm *k = priv;
	const struct pgtable *t = *table_slot(k->mm, va);
	const struct pte *pte = t ? &t->pte[va % PTRS_PER_TABLE] : NULL;
	const struct spte *s = kvm_lookup(k, va);
	struct section by;
	int spurious, answer = s && s->page ? PROBE_MAPPED : 0;

	if (kvm_fence(k, va, k->seq, &by, &spurious) != FENCE_OPEN)
		answer |= PROBE_FENCE;
	/* a lockless look finds what is present and writable; else it is the slow way */
	if (t && (k->cfg->gup == GUP_SLOW || !pte->page || !pte->write) &&
	    pte_lockptr(k->mm, (struct pgtable *)(uintptr_t)t)->owner)
		answer |= PROBE_PTL;
	return answer;
}

static int zaps(const void *priv, enum callout_op op)
{
	const struct kvm *k = priv;

	if (op == OP_range_start)
		return k->protocol->zap_at == ZAP_RANGE_START;
	if (op == OP_range_end)
		return k->protocol->zap_at == ZAP_RANGE_END;
	return 1;
}

/* kvm_mmu_notifier_release; a generation without it keeps its sptes to the end */
static void release(struct ctx *w, void *priv)
{
	struct kvm *k = priv;

	if (k->cfg->release)
		kvm_flush_shadow(w, k, ZAPPED_RELEASE);
}

const struct secondary_ops kvm_ops = {
	.kind = "kvm", .callout = callout, .age = kvm_age, .zaps = zaps, .release = release, .usable = usable,
	.writes = writes, .probe = probe,
};
