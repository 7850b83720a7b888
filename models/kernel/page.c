/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pages, their references and free lists; see page.h. */
#include "models/kernel/bau.h"
#include "models/kernel/kernel.h"
#include "models/kernel/kthread.h"
#include "models/kernel/rcu.h"
#include "models/kernel/sched.h"
#include "models/kernel/vmscan.h"
#include "models/hw/tlb.h"
#include "sim/base/xassert.h"

/* --- operations on ranges -------------------------------------------------- */

void unmap_op_closed(struct ctx *w, struct unmap_op *op)
{
	op->open = 0;
	if (op->more)
		return;
	op->closed_clear = 1;
	if (op->cleared && op->freed == op->cleared)
		metric_tally(&w->m->metrics, METRIC_FREE_ALL, 0, op->last_free - op->start);
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

void pin_page(struct machine *m, struct page *p)
{
	if (p->pins++ == 0)
		tw_set(&m->kernel->pinned, m->sim.now, m->kernel->pinned.value + 1);
}

void put_pin(struct ctx *w, struct page *p)
{
	sync(w);
	BUG_ON(p->pins <= 0);
	if (--p->pins == 0)
		tw_set(&w->m->kernel->pinned, now_of(w), w->m->kernel->pinned.value - 1);
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
	tw_start(&k->pinned, 0, 0);
	setup_zone(m, nr_pages);
	if (m->memory)
		swap_start(m);
	sched_init(m);
	idle_init(m);
	tick_init(m);
	if (m->kc->tick) {
		softirq_init(m);
		workqueue_init(m);
		rcu_init(m);
		kthreads_start(m);
	}
	smp_init(m);
	tlbflush_init(m);
	bau_init(m);
}
