/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * mmu_gather, in two generations (include/asm-generic/tlb.h of 2.6.27,
 * mm/mmu_gather.c of 6.18); see memory.h.
 */
#include "models/kernel/gather.h"
#include "models/kernel/kernel.h"
#include "models/kernel/mmu_notifier.h"
#include "models/kernel/rmap.h"
#include "models/kernel/sched.h"
#include "sim/base/xassert.h"

/* Slots on the stack and in each further page, one of each kept free. */
enum { BUNDLE = 7, BATCH = 509, FREE_CHUNK = 512 };

static void nothing_collected(struct mmu_gather *tlb)
{
	tlb->first = tlb->flush_start = UINT64_MAX;
	tlb->last = tlb->flush_end = 0;
	tlb->freed_tables = 0;
}

static struct mmu_gather *gather_new(struct machine *m)
{
	struct mmu_gather *tlb = arena_alloc(m->arena, sizeof(*tlb));

	tlb->pages = arena_alloc(m->arena, sizeof(*tlb->pages) * (size_t)m->kc->gather_batch);
	return tlb;
}

/* The CPU's own, with preemption off while in use. */
static struct mmu_gather *gather_of_cpu(struct ctx *w)
{
	struct kernel_cpu *c = &w->m->kernel->pcpu[w->cpu->id];

	preempt_disable(w);
	tp(w, TP_PREEMPT_OFF, 0, 0);
	if (!c->gather)
		c->gather = gather_new(w->m);
	return c->gather;
}

/* inc_tlb_flush_pending; the struct comes from a pool, not from a small stack */
static struct mmu_gather *gather_on_stack(struct ctx *w, struct mm *mm)
{
	struct kernel *k = w->m->kernel;
	struct mmu_gather *tlb;

	line_access(w, &mm->batch_line, LINE_ATOMIC);
	sync(w);
	mm->tlb_flush_pending++;
	tlb = k->gather_pool;
	if (!tlb)
		return gather_new(w->m);
	k->gather_pool = tlb->next;
	return tlb;
}

struct mmu_gather *tlb_gather_mmu(struct ctx *w, struct mm *mm, enum site_id site,
				  uint64_t start, uint64_t end)
{
	int on_stack = w->m->kc->gather_kind == GATHER_ONSTACK;
	struct mmu_gather *tlb = on_stack ? gather_on_stack(w, mm) : gather_of_cpu(w);

	BUG_ON(tlb->nr || tlb->n_delayed);
	tlb->mm = mm;
	tlb->on_stack = on_stack;
	tlb->fast = !on_stack && w->m->nr_cpus == 1;
	tlb->full = tlb->n_batches = 0;
	tlb->site = site;
	tlb->start = start;
	tlb->end = end;
	nothing_collected(tlb);
	return tlb;
}

/* free_pages_and_swap_cache: page-table pages cost their free, nobody watches them */
static void free_collected(struct ctx *w, struct mmu_gather *tlb)
{
	struct page *v[PAGEVEC_SIZE];
	int n = 0;

	lru_add_drain(w);
	for (int i = 0; i < tlb->nr; i++) {
		if (tlb->pages[i])
			free_swap_cache(w, v[n++] = tlb->pages[i]);
		else
			charge(w, COST_PAGE_FREE);
		if (n == PAGEVEC_SIZE) {
			release_pages(w, v, n);
			n = 0;
		}
		if (tlb->on_stack && i % FREE_CHUNK == FREE_CHUNK - 1) {
			release_pages(w, v, n);
			n = 0;
			cond_resched(w);
		}
	}
	release_pages(w, v, n);
	tlb->nr = 0;
}

/* tlb_flush_rmaps: what was dirty in a pte stays mapped until it is flushed */
static void delayed_rmaps(struct ctx *w, struct mmu_gather *tlb)
{
	for (int i = 0; i < tlb->n_delayed; i++)
		page_remove_rmap(w, tlb->delayed[i]);
	tlb->n_delayed = 0;
}

void tlb_flush_mmu_tlbonly(struct ctx *w, struct mmu_gather *tlb)
{
	if (!tlb->need_flush)
		return;
	tlb->need_flush = 0;
	if (tlb->on_stack)
		flush_tlb_mm_range(w, tlb->mm, tlb->flush_start, tlb->flush_end, tlb->freed_tables);
	else
		flush_tlb_mm(w, tlb->mm, tlb->start, tlb->end);
	mmu_notifier_block(w, tlb, POINT_block_flushed);
	delayed_rmaps(w, tlb);
}

void tlb_flush_mmu(struct ctx *w, struct mmu_gather *tlb)
{
	tlb_flush_mmu_tlbonly(w, tlb);
	tlb->flush_start = UINT64_MAX;
	tlb->flush_end = 0;
	if (tlb->first > tlb->last && !tlb->nr)
		return;
	if (!tlb->fast)
		free_collected(w, tlb);
	mmu_notifier_block(w, tlb, POINT_block_freed);
	nothing_collected(tlb);
	tlb->full = 0;
}

/* Others gathered in this mm meanwhile: what they cleared may be seen as none here. */
static void nested_flush(struct ctx *w, struct mmu_gather *tlb)
{
	struct mm *mm = tlb->mm;

	line_access(w, &mm->batch_line, LINE_READ);
	sync(w);
	if (mm->tlb_flush_pending <= 1)
		return;
	tlb->need_flush = tlb->freed_tables = 1;
	tlb->flush_start = mm->base;
	tlb->flush_end = mm->base + (uint64_t)mm->nr_tables * PTRS_PER_TABLE;
}

static void give_back(struct ctx *w, struct mmu_gather *tlb)
{
	struct kernel *k = w->m->kernel;

	charge_n(w, COST_PAGE_FREE, tlb->n_batches);
	line_access(w, &tlb->mm->batch_line, LINE_ATOMIC);
	sync(w);
	tlb->mm->tlb_flush_pending--;
	tlb->next = k->gather_pool;
	k->gather_pool = tlb;
}

void tlb_finish_mmu(struct ctx *w, struct mmu_gather *tlb)
{
	if (tlb->on_stack) {
		nested_flush(w, tlb);
		tlb_flush_mmu(w, tlb);
		give_back(w, tlb);
		return;
	}
	tlb_flush_mmu(w, tlb);
	sync(w);
	preempt_enable(w);
	tp(w, TP_PREEMPT_ON, 0, 0);
}

/* A further page of slots every 509 pages; so full is when no more may be had. */
static void push(struct ctx *w, struct mmu_gather *tlb, struct page *p)
{
	if (tlb->on_stack && tlb->nr == BUNDLE + tlb->n_batches * BATCH) {
		charge(w, COST_PAGE_ALLOC);
		tlb->n_batches++;
	}
	tlb->pages[tlb->nr++] = p;
	tlb->full |= tlb->nr == (int)w->m->kc->gather_batch;
}

void tlb_remove_tlb_entry(struct mmu_gather *tlb, uint64_t va)
{
	tlb->need_flush = 1;
	if (va < tlb->flush_start)
		tlb->flush_start = va;
	if (va + 1 > tlb->flush_end)
		tlb->flush_end = va + 1;
}

void tlb_remove_page(struct ctx *w, struct mmu_gather *tlb, struct page *p, uint64_t va)
{
	tlb_remove_tlb_entry(tlb, va);
	if (p && va < tlb->first)
		tlb->first = va;
	if (p && va > tlb->last)
		tlb->last = va;
	tlb->freed_tables |= !p;
	if (tlb->on_stack && !p) {
		charge(w, COST_PAGE_FREE);	/* tlb_remove_table: no slot, freed by RCU */
		return;
	}
	if (tlb->fast) {
		if (p)
			put_page(w, p);
		return;
	}
	push(w, tlb, p);
	if (tlb->full && !tlb->on_stack) {
		mmu_notifier_block(w, tlb, POINT_gather_full);
		tlb_flush_mmu(w, tlb);
	}
}

int tlb_delay_rmap(struct mmu_gather *tlb, const struct page *p, int dirty)
{
	if (!tlb->on_stack || !dirty || page_anon(p))
		return 0;
	tlb->delayed[tlb->n_delayed++] = (struct page *)p;
	tlb->full |= tlb->n_delayed == GATHER_DELAYED;
	return 1;
}
