/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The page allocator (mm/page_alloc.c of 2.6.27): per-CPU lists in front of
 * the zone, watermarks, the slow path.
 *
 * Pages on per-CPU lists do not count as free, so neither an allocation's
 * test nor kswapd sees pages that were freed until a batch goes back.
 */
#include "models/kernel/kernel.h"
#include "models/kernel/sched.h"
#include "models/kernel/vmscan.h"
#include "sim/base/xassert.h"

#define NO_WATERMARK (-1)

static struct kernel_cpu *pcpu(struct ctx *w)
{
	return &w->m->kernel->pcpu[w->cpu->id];
}

/* --- per-CPU lists --------------------------------------------------------------- */

/* rmqueue_bulk */
static void refill(struct ctx *w)
{
	struct kernel *k = w->m->kernel;
	struct kernel_cpu *c = pcpu(w);

	spin_lock_irqsave(w, &k->zone_lock);
	for (int i = 0; i < k->pcp_batch && k->free; i++) {
		struct page *p = k->free;

		k->free = p->next;
		k->nr_zone_free--;
		p->next = c->free;
		c->free = p;
		c->nr_free++;
	}
	spin_unlock_irqrestore(w, &k->zone_lock);
}

/* free_pages_bulk: the per-CPU list is too long */
static void give_back(struct ctx *w)
{
	struct kernel *k = w->m->kernel;
	struct kernel_cpu *c = pcpu(w);

	spin_lock_irqsave(w, &k->zone_lock);
	k->zone.all_unreclaimable = 0;
	k->zone.pages_scanned = 0;
	for (int i = 0; i < k->pcp_batch; i++) {
		struct page *p = c->free;

		c->free = p->next;
		c->nr_free--;
		p->next = k->free;
		k->free = p;
		k->nr_zone_free++;
	}
	spin_unlock_irqrestore(w, &k->zone_lock);
}

static void account_free(struct ctx *w, struct page *p)
{
	struct machine *m = w->m;
	struct unmap_op *op = p->op;
	sim_time now = now_of(w);

	if (p->held) {
		p->held = 0;
		tw_set(&m->kernel->pin_held, now, m->kernel->pin_held.value - 1);
	}
	metric_count(&m->metrics, METRIC_FREE_PAGES, 0, 1);
	if (!op)
		return;
	metric_tally(&m->metrics, METRIC_FREE_DELAY, 0, now - p->cleared_at);
	op->freed++;
	op->last_free = now;
	if (op->open)
		metric_count(&m->metrics, METRIC_FREE_IN_SECTION, 0, 1);
	if (op->closed_clear && op->freed == op->cleared)
		metric_tally(&m->metrics, METRIC_FREE_ALL, 0, now - op->start);
}

void free_hot_cold_page(struct ctx *w, struct page *p)
{
	struct kernel_cpu *c;

	preempt_disable(w);		/* get_cpu */
	sync(w);
	c = pcpu(w);
	BUG_ON(p->count || p->mapcount || p->free || p->lru || p->mapping || p->locked ||
	       p->writeback || p->swapcache);
	if (w->m->hooks.page_freed)
		w->m->hooks.page_freed(w, p);
	tp(w, TP_PAGE_FREE, p->id, p->va);
	account_free(w, p);
	p->generation++;
	p->free = 1;
	p->primary_cpus = 0;
	p->vcpus = 0;
	p->many_va = 0;
	p->grus = 0;
	p->active = p->referenced = p->dirty = p->reclaim = p->uptodate = p->wasted = 0;
	p->op = NULL;
	p->anon_vma = NULL;		/* PageAnon: mapping = NULL */
	p->next = c->free;
	c->free = p;
	c->nr_free++;
	charge(w, COST_PAGE_FREE);
	if (c->nr_free >= 6 * w->m->kernel->pcp_batch)
		give_back(w);
	preempt_enable(w);
}

/* --- allocation ---------------------------------------------------------------------- */

/* get_page_from_freelist: a page if more than @mark are free in the zone, or NULL. */
static struct page *get_page_from_freelist(struct ctx *w, int64_t mark)
{
	struct kernel_cpu *c;
	struct page *p;

	charge(w, COST_PAGE_ALLOC);
	if (mark != NO_WATERMARK) {
		sync(w);
		if (w->m->kernel->nr_zone_free <= mark)
			return NULL;
	}
	preempt_disable(w);		/* get_cpu */
	c = pcpu(w);
	if (!c->free)
		refill(w);
	p = c->free;
	if (p) {
		c->free = p->next;
		c->nr_free--;
	}
	preempt_enable(w);
	return p;
}

/* Nothing is left that could be freed: the run ends here. */
static void out_of_memory(struct ctx *w, sim_time since, const char *why)
{
	sync(w);
	metric_cut(&w->m->metrics, METRIC_ALLOC_STALL, 0, now_of(w) - since);
	machine_oom(w->m, why);
	for (;;)
		sim_block(&w->m->sim);
}

static struct page *reclaim_and_retry(struct ctx *w, sim_time since)
{
	const struct zone *z = &w->m->kernel->zone;
	struct page *p;

	for (;;) {
		int64_t progress;

		if (w->memalloc)	/* reclaim allocates: from the reserves */
			return get_page_from_freelist(w, NO_WATERMARK);
		cond_resched(w);
		w->memalloc = 1;
		progress = try_to_free_pages(w);
		w->memalloc = 0;
		cond_resched(w);
		p = get_page_from_freelist(w, progress ? z->pages_min : z->pages_high);
		if (p)
			return p;
		if (!progress)
			out_of_memory(w, since, "out of memory: direct reclaim has freed nothing");
		if (now_of(w) - since > w->m->cfg->stall_bound)
			out_of_memory(w, since, "an allocation has stalled for longer than stall_bound");
		congestion_wait(w, w->m->kc->alloc_wait, WAIT_ALLOCATION);
	}
}

/* __alloc_pages_internal from the low watermark on: all of it counts as PART_ALLOC */
static struct page *alloc_slow(struct ctx *w)
{
	struct machine *m = w->m;
	struct account_span mark;
	struct page *p;

	if (!m->memory)
		return NULL;
	sync(w);
	account_span_begin(w, &mark);
	wakeup_kswapd(w);
	p = get_page_from_freelist(w, m->kernel->zone.pages_min);
	if (!p) {
		p = reclaim_and_retry(w, mark.t0);
		sync(w);
		metric_tally(&m->metrics, METRIC_ALLOC_STALL, 0, now_of(w) - mark.t0);
	}
	sync(w);
	account_span_end(w, &mark, PART_ALLOC);
	return p;
}

struct page *alloc_page(struct ctx *w)
{
	int64_t low = w->m->memory ? w->m->kernel->zone.pages_low : NO_WATERMARK;
	struct page *p = get_page_from_freelist(w, low);

	if (!p)
		p = alloc_slow(w);
	if (!p)
		sim_fail(&w->m->sim, SIM_STOP_FAILED, "the machine is out of pages");
	BUG_ON(p->count || p->mapcount || p->anon_vma || p->mapping || p->locked);
	p->next = NULL;
	p->free = 0;
	p->count = 1;
	p->had_spte = 0;
	p->op = NULL;
	tp(w, TP_PAGE_ALLOC, p->id, 0);
	return p;
}

/* --- construction -------------------------------------------------------------------- */

static int64_t int_sqrt(int64_t x)
{
	int64_t r = 0;

	for (int64_t bit = (int64_t)1 << 31; bit; bit >>= 1)
		if ((r + bit) * (r + bit) <= x)
			r += bit;
	return r;
}

/* zone_batchsize: a fraction of memory, 2^n - 1, at most 31 */
static int batchsize(int64_t pages)
{
	int64_t n = pages / 1024, batch = 1;

	if (n > 128)
		n = 128;		/* 512 KiB */
	n = n / 4 > 1 ? n / 4 : 1;
	while (batch * 2 <= n + n / 2)
		batch *= 2;
	return batch > 1 ? (int)batch - 1 : 1;
}

void setup_zone(struct machine *m, int64_t pages)
{
	struct zone *z = &m->kernel->zone;
	int64_t kbytes = int_sqrt(pages * (PAGE_SIZE / 1024) * 16);

	m->kernel->pcp_batch = 31;
	z->prev_priority = DEF_PRIORITY;
	if (!m->memory)
		return;
	m->kernel->pcp_batch = batchsize(pages);
	if (kbytes < 128)
		kbytes = 128;
	if (kbytes > 65536)
		kbytes = 65536;
	z->pages_min = kbytes / (PAGE_SIZE / 1024);
	z->pages_low = z->pages_min + z->pages_min / 4;
	z->pages_high = z->pages_min + z->pages_min / 2;
}
