/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The swap cache, its I/O, the token (mm/swap_state.c, page_io.c, thrash.c); see swap.h. */
#include "models/kernel/kernel.h"
#include "models/kernel/page_lock.h"
#include "models/kernel/pgtable.h"
#include "models/kernel/rmap.h"
#include "sim/base/xassert.h"

static struct swap_info *swap_of(struct ctx *w)
{
	return w->m->kernel->swap;
}

/* --- in and out of the cache ------------------------------------------------------ */

/* The slot's reference passes to the cache; the page is locked.  0: there is one already. */
static int add_to_swap_cache(struct ctx *w, struct page *p, uint32_t slot)
{
	struct swap_info *s = swap_of(w);
	int taken;

	BUG_ON(!p->locked || p->swapcache || p->mapping);
	charge(w, COST_RADIX);		/* preload, insert */
	get_page(p);
	p->swapcache = 1;
	p->swap = slot;
	spin_lock_irqsave(w, &s->tree_lock);
	sync(w);
	taken = s->slot[slot].cache != NULL;
	if (!taken) {
		s->slot[slot].cache = p;
		s->nr_cache++;
	}
	spin_unlock_irqrestore(w, &s->tree_lock);
	if (taken) {			/* -EEXIST: another reader was first */
		p->swapcache = 0;
		p->swap = 0;
		p->count--;
	}
	return !taken;
}

int add_to_swap(struct ctx *w, struct page *p)
{
	uint32_t slot;

	BUG_ON(!p->locked);
	if (!swap_exists(swap_of(w)))
		return 0;
	slot = get_swap_page(w);
	if (!slot)
		return 0;
	if (!add_to_swap_cache(w, p, slot)) {
		swap_free(w, slot);
		return 0;
	}
	p->dirty = 1;
	tp(w, TP_SWAP_ADD, p->id, slot);
	return 1;
}

uint32_t __delete_from_swap_cache(struct ctx *w, struct page *p)
{
	struct swap_info *s = swap_of(w);
	uint32_t slot = p->swap;

	BUG_ON(!p->locked || !p->swapcache || p->writeback || s->slot[slot].cache != p);
	charge(w, COST_RADIX);
	s->slot[slot].cache = NULL;
	s->nr_cache--;
	p->swapcache = 0;
	p->swap = 0;
	return slot;
}

void delete_from_swap_cache(struct ctx *w, struct page *p)
{
	struct swap_info *s = swap_of(w);
	uint32_t slot;

	spin_lock_irqsave(w, &s->tree_lock);
	sync(w);
	slot = __delete_from_swap_cache(w, p);
	spin_unlock_irqrestore(w, &s->tree_lock);
	swap_free(w, slot);
	put_page(w, p);
}

struct page *lookup_swap_cache(struct ctx *w, uint32_t slot)
{
	struct page *p;

	charge(w, COST_RADIX);
	sync(w);
	p = swap_of(w)->slot[slot].cache;
	if (p)
		get_page(p);
	return p;
}

/* --- I/O -------------------------------------------------------------------------- */

void set_page_writeback(struct ctx *w, struct page *p)
{
	struct spinlock *tree = p->swapcache ? &swap_of(w)->tree_lock : &p->mapping->tree_lock;

	spin_lock_irqsave(w, tree);
	sync(w);
	BUG_ON(p->writeback);
	p->writeback = 1;
	spin_unlock_irqrestore(w, tree);
}

void end_page_writeback(struct ctx *w, struct page *p)
{
	struct spinlock *tree = p->swapcache ? &swap_of(w)->tree_lock : &p->mapping->tree_lock;

	sync(w);
	if (p->reclaim) {
		p->reclaim = 0;
		rotate_reclaimable_page(w, p);
	}
	spin_lock_irqsave(w, tree);
	sync(w);
	BUG_ON(!p->writeback);
	p->writeback = 0;
	spin_unlock_irqrestore(w, tree);
	tp(w, TP_IO_END, p->id, 0);
	wake_up_writeback(w, p);
}

static void end_swap_read(struct ctx *w, struct page *p)
{
	sync(w);
	p->uptodate = 1;
	tp(w, TP_IO_END, p->id, 0);
	unlock_page(w, p);
}

/* The same page of the same process, and how often it has gone out. */
static uint64_t write_key(const struct page *p)
{
	struct vma *v = p->anon_vma ? p->anon_vma->vmas.head : NULL;
	uint64_t va = v ? vma_address(p, v) : NO_ADDRESS;
	struct pte *pte = va != NO_ADDRESS ? pte_lookup(v->mm, va) : NULL;

	if (!pte)			/* gone meanwhile */
		return hash_mix(p->index, p->swap);
	return hash_mix(va, ++pte->swaps);
}

void swap_writepage(struct ctx *w, struct page *p)
{
	struct swap_info *s = swap_of(w);

	if (remove_exclusive_swap_page(w, p)) {
		unlock_page(w, p);
		return;
	}
	metric_count(&w->m->metrics, METRIC_SWAP_OUT, 0, 1);
	set_page_writeback(w, p);
	tp(w, TP_IO_WRITE, p->id, p->swap);
	unlock_page(w, p);
	submit_bio(w, s->queue, BLK_WRITE, p->swap, p, write_key(p), end_page_writeback);
}

/* Named by the fault that asks, and how often its page has gone out. */
static uint64_t fault_key(const struct vma *vma, uint64_t va)
{
	const struct pte *pte = pte_lookup(vma->mm, va);

	return hash_mix(va, pte ? pte->swaps : 0);
}

static void swap_readpage(struct ctx *w, struct page *p, uint32_t slot, uint64_t key)
{
	lru_cache_add_active(w, p);
	metric_count(&w->m->metrics, METRIC_SWAP_IN, 0, 1);
	tp(w, TP_IO_READ, p->id, slot);
	page_lock_to_device(w, p);
	submit_bio(w, swap_of(w)->queue, BLK_READ, slot, p, key, end_swap_read);
}

struct page *read_swap_cache_async(struct ctx *w, uint32_t slot, struct vma *vma, uint64_t va)
{
	struct page *p, *new;

	for (new = NULL;;) {
		p = lookup_swap_cache(w, slot);
		if (p)
			break;
		if (!new)
			new = alloc_page(w);
		if (!swap_duplicate(w, slot))
			break;
		lock_page(w, new);	/* nobody else can have it */
		if (add_to_swap_cache(w, new, slot)) {
			swap_readpage(w, new, slot, fault_key(vma, va));
			return new;
		}
		unlock_page(w, new);
		swap_free(w, slot);
	}
	if (new)
		put_page(w, new);
	return p;
}

/* valid_swaphandles: the aligned group around @slot, as far as its slots are in use */
static uint32_t group_of(struct ctx *w, uint32_t slot, uint32_t *end)
{
	struct swap_info *s = swap_of(w);
	uint32_t size = 1u << w->m->kc->page_cluster;
	uint32_t base = slot & ~(size - 1), first = slot, last = slot;

	spin_lock(w, &s->lock);
	sync(w);
	while (last + 1 < base + size && last + 1 < s->max && s->slot[last + 1].map)
		last++;
	while (first > base && first > 1 && s->slot[first - 1].map)
		first--;
	spin_unlock(w, &s->lock);
	*end = last + 1;
	return first;
}

struct page *swapin_readahead(struct ctx *w, uint32_t slot, struct vma *vma, uint64_t va)
{
	uint32_t end, at = w->m->kc->page_cluster ? group_of(w, slot, &end) : (end = slot, slot);

	for (; at < end; at++) {
		struct page *p = read_swap_cache_async(w, at, vma, va);

		if (!p)
			break;
		put_page(w, p);
	}
	lru_add_drain(w);
	return read_swap_cache_async(w, slot, vma, va);
}

/* --- the token ---------------------------------------------------------------------- */

static void give_token(struct ctx *w, struct mm *mm)
{
	struct swap_token *t = &w->m->kernel->token;

	if (mm && mm != t->mm)
		metric_count(&w->m->metrics, METRIC_SWAP_TOKEN, 0, 1);
	t->mm = mm;
	tw_set(&t->held, now_of(w), mm != NULL);
}

/* Who has it, or deserves it more than who does: by the time between faults. */
void grab_swap_token(struct ctx *w)
{
	struct swap_token *t = &w->m->kernel->token;
	struct mm *mm = w->mm;
	int64_t interval;

	if (!w->m->kc->swap_token || !mm)
		return;
	t->global_faults++;
	sync(w);
	if (t->lock.owner)
		return;			/* spin_trylock */
	spin_lock(w, &t->lock);
	interval = (int64_t)(t->global_faults - mm->faultstamp);
	if (!t->mm || t->mm == mm) {
		mm->token_priority += 2;
		give_token(w, mm);
	} else if (interval < mm->last_interval) {
		mm->token_priority++;
	} else if (mm->token_priority > 0) {
		mm->token_priority--;
	}
	if (t->mm != mm && mm->token_priority > t->mm->token_priority) {
		mm->token_priority += 2;
		give_token(w, mm);
	}
	mm->faultstamp = t->global_faults;
	mm->last_interval = interval;
	spin_unlock(w, &t->lock);
}

void put_swap_token(struct ctx *w, struct mm *mm)
{
	if (has_swap_token(w->m, mm))
		disable_swap_token(w);
}

void disable_swap_token(struct ctx *w)
{
	struct swap_token *t = &w->m->kernel->token;

	spin_lock(w, &t->lock);
	sync(w);
	give_token(w, NULL);
	spin_unlock(w, &t->lock);
}

int has_swap_token(const struct machine *m, const struct mm *mm)
{
	return m->kernel->token.mm == mm;
}
