/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mmu_gather (include/asm-generic/tlb.h, 2.6.27); see memory.h. */
#include "models/kernel/gather.h"
#include "models/kernel/kernel.h"
#include "models/kernel/mmu_notifier.h"
#include "sim/base/xassert.h"

static void nothing_collected(struct mmu_gather *tlb)
{
	tlb->first = UINT64_MAX;
	tlb->last = 0;
}

struct mmu_gather *tlb_gather_mmu(struct ctx *w, struct mm *mm, enum site_id site,
				  uint64_t start, uint64_t end)
{
	struct machine *m = w->m;
	struct kernel_cpu *c = &m->kernel->pcpu[w->cpu->id];
	struct mmu_gather *tlb;

	preempt_disable(w);
	tp(w, TP_PREEMPT_OFF, 0, 0);
	tlb = c->gather;
	if (!tlb) {
		tlb = c->gather = arena_alloc(m->arena, sizeof(*tlb));
		tlb->pages = arena_alloc(m->arena, sizeof(*tlb->pages) *
					 (size_t)m->kc->gather_batch);
	}
	BUG_ON(tlb->nr);
	tlb->mm = mm;
	tlb->fast = m->nr_cpus == 1;
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
			v[n++] = tlb->pages[i];
		else
			charge(w, COST_PAGE_FREE);
		if (n == PAGEVEC_SIZE) {
			release_pages(w, v, n);
			n = 0;
		}
	}
	release_pages(w, v, n);
	tlb->nr = 0;
}

void tlb_flush_mmu(struct ctx *w, struct mmu_gather *tlb)
{
	struct mm *mm = tlb->mm;

	if (!tlb->need_flush)
		return;
	tlb->need_flush = 0;
	flush_tlb_mm(w, mm, tlb->start, tlb->end);
	mmu_notifier_block(w, tlb, POINT_block_flushed);
	if (!tlb->fast)
		free_collected(w, tlb);
	mmu_notifier_block(w, tlb, POINT_block_freed);
	nothing_collected(tlb);
}

void tlb_finish_mmu(struct ctx *w, struct mmu_gather *tlb)
{
	tlb_flush_mmu(w, tlb);
	sync(w);
	preempt_enable(w);
	tp(w, TP_PREEMPT_ON, 0, 0);
}

void tlb_remove_page(struct ctx *w, struct mmu_gather *tlb, struct page *p, uint64_t va)
{
	tlb->need_flush = 1;
	if (p && va < tlb->first)
		tlb->first = va;
	if (p && va > tlb->last)
		tlb->last = va;
	if (tlb->fast) {
		if (p)
			put_page(w, p);
		return;
	}
	tlb->pages[tlb->nr++] = p;
	if (tlb->nr == (int)w->m->kc->gather_batch) {
		mmu_notifier_block(w, tlb, POINT_gather_full);
		tlb_flush_mmu(w, tlb);
	}
}
