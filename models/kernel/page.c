/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pages, their references and free lists; see page.h. */
#include "models/kernel/bau.h"
#include "models/kernel/kernel.h"
#include "models/kernel/kthread.h"
#include "models/kernel/kernel.h"
#include "models/kernel/sched.h"
#include "models/hw/tlb.h"
#include "sim/base/xassert.h"

static struct kernel_cpu *pcpu(struct ctx *w)
{
	return &w->m->kernel->pcpu[w->cpu->id];
}

/* --- free lists ---------------------------------------------------------- */

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

struct page *alloc_page(struct ctx *w)
{
	struct kernel_cpu *c = pcpu(w);
	struct page *p;

	charge(w, COST_PAGE_ALLOC);
	if (!c->free)
		refill(w);
	p = c->free;
	if (!p)
		sim_fail(&w->m->sim, SIM_STOP_FAILED, "the machine is out of pages");
	c->free = p->next;
	c->nr_free--;
	p->next = NULL;
	p->free = 0;
	p->count = 1;
	BUG_ON(p->mapcount || p->anon_vma || p->mapping || p->locked);
	p->had_spte = 0;
	p->op = NULL;
	tp(w, TP_PAGE_ALLOC, p->id, 0);
	return p;
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

void unmap_op_closed(struct ctx *w, struct unmap_op *op)
{
	op->open = 0;
	if (op->more)
		return;
	op->closed_clear = 1;
	if (op->cleared && op->freed == op->cleared)
		metric_tally(&w->m->metrics, METRIC_FREE_ALL, 0, op->last_free - op->start);
}

void free_hot_cold_page(struct ctx *w, struct page *p)
{
	struct kernel_cpu *c = pcpu(w);

	sync(w);
	BUG_ON(p->count || p->mapcount || p->free || p->lru || p->mapping || p->locked);
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
	p->active = p->referenced = p->dirty = p->reclaim = p->uptodate = 0;
	p->op = NULL;
	p->anon_vma = NULL;		/* PageAnon: mapping = NULL */
	p->next = c->free;
	c->free = p;
	c->nr_free++;
	charge(w, COST_PAGE_FREE);
	if (c->nr_free >= 6 * w->m->kernel->pcp_batch)
		give_back(w);
}

/* --- references ------------------------------------------------------------- */

void page_check_held(struct machine *m, struct page *p)
{
	if (!p->held && p->op && !p->mapcount && p->count > 0 && p->count == p->pins) {
		p->held = 1;
		tw_set(&m->kernel->pin_held, m->sim.now, m->kernel->pin_held.value + 1);
	}
}

int page_in_tlb(struct tlb *t, const struct page *p)
{
	return p->many_va ? tlb_holds_any(t, p) : tlb_holds(t, p->va, p);
}

static void lru_del(struct ctx *w, struct page *p)
{
	struct kernel *k = w->m->kernel;

	if (!p->lru)
		return;
	spin_lock_irqsave(w, &k->lru_lock);
	lru_del_page(k, p);
	spin_unlock_irqrestore(w, &k->lru_lock);
}

void put_page(struct ctx *w, struct page *p)
{
	charge(w, COST_PUT_PAGE);
	sync(w);
	BUG_ON(p->count <= 0);
	if (--p->count) {
		page_check_held(w->m, p);
		return;
	}
	lru_del(w, p);
	free_hot_cold_page(w, p);
}

void put_pin(struct ctx *w, struct page *p)
{
	sync(w);
	BUG_ON(p->pins <= 0);
	p->pins--;
	tp(w, TP_PIN_PUT, p->id, (uint64_t)p->count - 1);
	put_page(w, p);
}

void page_unmapped(struct ctx *w, struct page *p, struct unmap_op *op)
{
	p->cleared_at = now_of(w);
	p->cleared_cpu = w->cpu->id;
	p->clears++;
	p->op = op;
	if (op)
		op->cleared++;
}

/* --- construction ------------------------------------------------------------------ */

void kernel_init(struct machine *m, uint32_t nr_pages)
{
	struct kernel *k = arena_alloc(m->arena, sizeof(*k));

	m->kernel = k;
	k->m = m;
	k->pcpu = arena_alloc(m->arena, sizeof(*k->pcpu) * (size_t)m->nr_cpus);
	for (int i = 0; i < m->nr_cpus; i++) {
		spin_lock_init(m, &k->pcpu[i].call_single.lock, LOCK_CALL_SINGLE);
	}
	spin_lock_init(m, &k->lru_lock, LOCK_LRU);
	spin_lock_init(m, &k->zone_lock, LOCK_ZONE);
	k->pcp_batch = 31;
	k->zero_page = arena_alloc(m->arena, sizeof(*k->zero_page));
	k->zero_page->id = nr_pages;
	k->zero_page->count = 1 << 30;
	k->pages = arena_alloc(m->arena, sizeof(*k->pages) * nr_pages);
	k->nr_pages = nr_pages;
	for (uint32_t i = nr_pages; i-- > 0; ) {
		struct page *p = &k->pages[i];

		p->id = i;
		p->free = 1;
		p->next = k->free;
		k->free = p;
		k->nr_zone_free++;
	}
	tw_start(&k->pin_held, 0, 0);
	sched_init(m);
	tick_init(m);
	if (m->kc->tick) {
		softirq_init(m);
		workqueue_init(m);
		kthreads_start(m);
	}
	smp_init(m);
	tlbflush_init(m);
	bau_init(m);
}
