/* SPDX-License-Identifier: GPL-3.0-or-later */
/* LRU lists and pagevecs; see lru.h. */
#include "models/kernel/lru.h"
#include "models/kernel/kernel.h"
#include "sim/base/xassert.h"

/* --- lists -------------------------------------------------------------------- */

void list_add_head(struct page_list *l, struct page *p)
{
	p->lru_prev = NULL;
	p->lru_next = l->head;
	if (l->head)
		l->head->lru_prev = p;
	else
		l->tail = p;
	l->head = p;
	l->nr++;
}

void list_add_tail(struct page_list *l, struct page *p)
{
	p->lru_next = NULL;
	p->lru_prev = l->tail;
	if (l->tail)
		l->tail->lru_next = p;
	else
		l->head = p;
	l->tail = p;
	l->nr++;
}

void list_del(struct page_list *l, struct page *p)
{
	if (p->lru_prev)
		p->lru_prev->lru_next = p->lru_next;
	else
		l->head = p->lru_next;
	if (p->lru_next)
		p->lru_next->lru_prev = p->lru_prev;
	else
		l->tail = p->lru_prev;
	p->lru_next = p->lru_prev = NULL;
	l->nr--;
}

void lru_add_page(struct kernel *k, struct page *p, int tail)
{
	struct page_list *l = &k->zone.lru[p->active ? LRU_ACTIVE : LRU_INACTIVE];

	BUG_ON(p->lru || p->free);
	p->lru = 1;
	if (tail)
		list_add_tail(l, p);
	else
		list_add_head(l, p);
}

void lru_del_page(struct kernel *k, struct page *p)
{
	BUG_ON(!p->lru);
	list_del(&k->zone.lru[p->active ? LRU_ACTIVE : LRU_INACTIVE], p);
	p->lru = 0;
}

/* --- references ------------------------------------------------------------------ */

static void pagevec_free(struct ctx *w, struct page **v, int n)
{
	for (int i = 0; i < n; i++)
		free_hot_cold_page(w, v[i]);
}

void release_pages(struct ctx *w, struct page **p, int n)
{
	struct kernel *k = w->m->kernel;
	struct page *gone[PAGEVEC_SIZE];
	int nr = 0, locked = 0;

	for (int i = 0; i < n; i++) {
		sync(w);
		BUG_ON(p[i]->count <= 0);
		if (--p[i]->count) {
			charge(w, COST_PUT_PAGE);
			page_check_held(w->m, p[i]);
			continue;
		}
		if (p[i]->lru && !locked) {
			spin_lock_irqsave(w, &k->lru_lock);
			locked = 1;
		}
		if (p[i]->lru)
			lru_del_page(k, p[i]);
		gone[nr++] = p[i];
		if (nr == PAGEVEC_SIZE) {
			if (locked)
				spin_unlock_irqrestore(w, &k->lru_lock);
			locked = 0;
			pagevec_free(w, gone, nr);
			nr = 0;
		}
	}
	if (locked)
		spin_unlock_irqrestore(w, &k->lru_lock);
	pagevec_free(w, gone, nr);
}

void pagevec_release(struct ctx *w, struct pagevec *v)
{
	int n = v->nr;

	lru_add_drain(w);
	v->nr = 0;
	release_pages(w, v->page, n);
}

/* --- pagevecs of a CPU --------------------------------------------------------------- */

static struct kernel_cpu *pcpu(struct ctx *w)
{
	return &w->m->kernel->pcpu[w->cpu->id];
}

/* __pagevec_lru_add, __pagevec_lru_add_active */
static void pagevec_lru_add(struct ctx *w, struct pagevec *from, int active)
{
	struct kernel *k = w->m->kernel;
	struct pagevec v = *from;

	from->nr = 0;
	spin_lock_irqsave(w, &k->lru_lock);
	for (int i = 0; i < v.nr; i++) {
		v.page[i]->active = active != 0;
		lru_add_page(k, v.page[i], 0);
	}
	spin_unlock_irqrestore(w, &k->lru_lock);
	release_pages(w, v.page, v.nr);
}

/* pagevec_move_tail; interrupts off */
static void pagevec_move_tail(struct ctx *w, struct pagevec *from)
{
	struct kernel *k = w->m->kernel;
	struct pagevec v = *from;

	from->nr = 0;
	spin_lock_irqsave(w, &k->lru_lock);
	for (int i = 0; i < v.nr; i++) {
		struct page *p = v.page[i];

		if (!p->lru || p->active)
			continue;
		lru_del_page(k, p);
		lru_add_page(k, p, 1);
	}
	spin_unlock_irqrestore(w, &k->lru_lock);
	release_pages(w, v.page, v.nr);
}

void lru_add_drain(struct ctx *w)
{
	struct kernel_cpu *c = pcpu(w);

	charge(w, COST_LRU_DRAIN);
	preempt_disable(w);
	if (c->lru_add.nr)
		pagevec_lru_add(w, &c->lru_add, 0);
	if (c->lru_add_active.nr)
		pagevec_lru_add(w, &c->lru_add_active, 1);
	if (c->lru_rotate.nr) {
		local_irq_disable(w);
		if (c->lru_rotate.nr)
			pagevec_move_tail(w, &c->lru_rotate);
		local_irq_enable(w);
	}
	preempt_enable(w);
}

static void add(struct ctx *w, struct page *p, int active)
{
	struct pagevec *v;

	preempt_disable(w);
	v = active ? &pcpu(w)->lru_add_active : &pcpu(w)->lru_add;
	get_page(p);
	v->page[v->nr++] = p;
	if (v->nr == PAGEVEC_SIZE)
		pagevec_lru_add(w, v, active);
	preempt_enable(w);
}

void lru_cache_add_active(struct ctx *w, struct page *p)
{
	add(w, p, 1);
}

void lru_cache_add(struct ctx *w, struct page *p)
{
	add(w, p, 0);
}

void rotate_reclaimable_page(struct ctx *w, struct page *p)
{
	struct pagevec *v = &pcpu(w)->lru_rotate;

	sync(w);
	if (p->locked || p->dirty || p->active || !p->lru)
		return;
	get_page(p);
	v->page[v->nr++] = p;
	if (v->nr == PAGEVEC_SIZE)
		pagevec_move_tail(w, v);
}

/* --- access ---------------------------------------------------------------------------- */

void activate_page(struct ctx *w, struct page *p)
{
	struct kernel *k = w->m->kernel;

	spin_lock_irqsave(w, &k->lru_lock);
	sync(w);
	if (p->lru && !p->active) {
		lru_del_page(k, p);
		p->active = 1;
		lru_add_page(k, p, 0);
	}
	spin_unlock_irqrestore(w, &k->lru_lock);
}

void mark_page_accessed(struct ctx *w, struct page *p)
{
	if (!p->active && p->referenced && p->lru) {
		activate_page(w, p);
		p->referenced = 0;
	} else {
		p->referenced = 1;
	}
}
