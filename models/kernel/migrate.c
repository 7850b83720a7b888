/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Page migration; see migrate.h. */
#include "models/kernel/migrate.h"
#include "models/kernel/kernel.h"
#include "models/kernel/lru.h"
#include "models/kernel/memory.h"
#include "models/kernel/page_lock.h"
#include "models/kernel/pgtable.h"
#include "models/kernel/rcu.h"
#include "models/kernel/rmap.h"
#include "models/kernel/sched.h"
#include "models/kernel/vmscan.h"

enum { PASSES = 10, FORCE_AFTER = 2 };
enum outcome { MOVED, AGAIN, GONE };

/* --- finding pages ------------------------------------------------------------------- */

void migrate_add(struct ctx *w, struct mm *mm, uint64_t va, struct page_list *list)
{
	struct kernel *k = w->m->kernel;
	struct pgtable *t = *table_slot(mm, va);
	struct page *p = NULL;
	struct pte *pte;

	charge(w, COST_GUP_PAGE);
	sync(w);
	if (!t)
		return;
	spin_lock(w, pte_lockptr(mm, t));	/* follow_page(FOLL_GET) */
	sync(w);
	pte = &t->pte[va % PTRS_PER_TABLE];
	if (pte->kind == PTE_PRESENT && !is_zero_page(w, pte->page)) {
		p = pte->page;
		get_page(p);
	}
	spin_unlock(w, pte_lockptr(mm, t));
	if (!p)
		return;
	spin_lock_irqsave(w, &k->lru_lock);	/* isolate_lru_page */
	sync(w);
	if (p->lru) {
		lru_del_page(k, p);
		get_page(p);
		list_add_tail(list, p);
	}
	spin_unlock_irqrestore(w, &k->lru_lock);
	put_page(w, p);
}

/* --- migration entries ------------------------------------------------------------------ */

/* ptl held: @pte was @old's entry, it becomes @new's pte. */
static void restore(struct ctx *w, struct vma *v, uint64_t va, struct pte *pte, struct page *new)
{
	int write = pte->write;

	get_page(new);
	if (page_anon(new))
		page_add_anon_rmap(w, new, v, va);
	else
		page_add_file_rmap(w, new, v, va);
	set_pte_at(w, va, pte, new, write, 0, 0);
}

static void remove_migration_pte(struct ctx *w, struct vma *v, struct page *old, struct page *new)
{
	uint64_t va = vma_address(new, v);
	struct pgtable *t;
	struct pte *pte;

	if (va == NO_ADDRESS)
		return;
	sync(w);
	t = *table_slot(v->mm, va);
	if (!t)
		return;
	pte = &t->pte[va % PTRS_PER_TABLE];
	if (pte->kind != PTE_SWAP && pte->kind != PTE_MIGRATION)
		return;			/* a look without the lock */
	spin_lock(w, pte_lockptr(v->mm, t));
	sync(w);
	if (pte->kind == PTE_MIGRATION && pte->swap == old->id)
		restore(w, v, va, pte, new);
	spin_unlock(w, pte_lockptr(v->mm, t));
}

/* No flush, no callout: nothing was present. */
static void remove_migration_ptes(struct ctx *w, struct page *old, struct page *new)
{
	struct spinlock *lock = page_anon(new) ? &new->anon_vma->lock :
		&new->mapping->i_mmap_lock;

	spin_lock(w, lock);
	for (struct vma *v = rmap_first(w, new); v; v = rmap_next(w, new, v))
		remove_migration_pte(w, v, old, new);
	spin_unlock(w, lock);
}

void migration_entry_wait(struct ctx *w, struct mm *mm, uint64_t va, struct pgtable *t)
{
	struct pte *pte = &t->pte[va % PTRS_PER_TABLE];
	struct page *p = NULL;

	spin_lock(w, pte_lockptr(mm, t));
	sync(w);
	if (pte->kind == PTE_MIGRATION) {
		p = &w->m->kernel->pages[pte->swap];
		if (p->count)
			get_page(p);
		else
			p = NULL;	/* being moved this very moment */
	}
	spin_unlock(w, pte_lockptr(mm, t));
	if (!p)
		return;
	wait_on_page_locked(w, p);
	put_page(w, p);
}

/* --- moving one page ---------------------------------------------------------------------- */

/* The caller's reference, and that of the file or the swap cache: anybody else's is a pin. */
static int only_ours(const struct page *p)
{
	return p->count == 1 + (p->mapping || p->swapcache);
}

/* migrate_page_move_mapping; both locked.  0: somebody has a reference. */
static int move_mapping(struct ctx *w, struct page *old, struct page *new)
{
	struct address_space *a = old->mapping;

	new->anon_vma = old->anon_vma;
	new->index = old->index;
	sync(w);
	if (!a) {
		if (only_ours(old) && !old->swapcache)
			return 1;
		new->anon_vma = NULL;
		return 0;
	}
	spin_lock_irqsave(w, &a->tree_lock);
	sync(w);
	charge(w, COST_TREE_LOOKUP);
	if (!only_ours(old)) {
		spin_unlock_irqrestore(w, &a->tree_lock);
		return 0;
	}
	get_page(new);			/* the cache's */
	a->page[old->index] = new;
	new->mapping = a;
	old->mapping = NULL;
	old->count--;
	spin_unlock_irqrestore(w, &a->tree_lock);
	return 1;
}

/* migrate_page_copy */
static void copy(struct ctx *w, struct page *old, struct page *new)
{
	page_work(w, COST_COPY_PAGE);
	sync(w);
	new->uptodate = old->uptodate;
	new->dirty = old->dirty;
	new->referenced = old->referenced;
	new->active = old->active;
	old->dirty = old->active = 0;
}

/* @old is locked and unmapped. */
static int move_to_new_page(struct ctx *w, struct page *old, struct page *new)
{
	int moved;

	if (!trylock_page(w, new))
		return 0;
	moved = move_mapping(w, old, new);
	if (moved) {
		copy(w, old, new);
		remove_migration_ptes(w, old, new);
	}
	unlock_page(w, new);
	return moved;
}

/* Page lock held; from the unmap to the move one reader of RCU for anonymous pages, so that
 * its anon_vma stays. */
static enum outcome move_locked(struct ctx *w, struct page *p, struct page *new)
{
	int anon = page_anon(p), moved = 0;

	if (!p->mapping && !anon)
		return GONE;		/* truncated */
	if (anon)
		rcu_read_lock(w);
	try_to_unmap(w, p, 1);
	sync(w);
	if (!page_mapped(p))
		moved = move_to_new_page(w, p, new);
	if (!moved)
		remove_migration_ptes(w, p, p);
	if (anon)
		rcu_read_unlock(w);
	return moved ? MOVED : AGAIN;
}

/* move_to_lru: the isolation's reference goes; the last one frees. */
static void putback(struct ctx *w, struct page *p)
{
	if (p->active)
		lru_cache_add_active(w, p);
	else
		lru_cache_add(w, p);
	put_page(w, p);
}

static enum outcome unmap_and_move(struct ctx *w, struct page *p, int force)
{
	struct page *new = alloc_page(w);
	enum outcome o = AGAIN;

	sync(w);
	if (p->count == 1) {
		o = GONE;		/* freed from under us */
	} else if (force || trylock_page(w, p)) {
		if (force)
			lock_page(w, p);
		if (p->writeback && force)
			wait_on_page_writeback(w, p);
		if (!p->writeback)
			o = move_locked(w, p, new);
		unlock_page(w, p);
	}
	if (o == MOVED)
		putback(w, new);
	else
		put_page(w, new);
	return o;
}

/* --- all of them ------------------------------------------------------------------------------ */

/* One pass over @from; what is to be tried again comes back in @from. */
static void pass(struct ctx *w, struct page_list *from, int force)
{
	struct page_list again = { NULL, NULL, 0 };
	struct metrics *x = &w->m->metrics;

	while (from->head) {
		struct page *p = from->head;
		enum outcome o;

		cond_resched(w);
		list_del(from, p);
		o = unmap_and_move(w, p, force);
		metric_count(x, METRIC_MIGRATE, (int)o, 1);
		if (o == AGAIN)
			list_add_tail(&again, p);
		else
			put_page(w, p);	/* the old page: its last reference */
	}
	*from = again;
}

int migrate_pages(struct ctx *w, struct page_list *list)
{
	int left;

	for (int i = 0; i < PASSES && list->head; i++)
		pass(w, list, i > FORCE_AFTER);
	left = (int)list->nr;
	while (list->head) {
		struct page *p = list->head;

		list_del(list, p);
		putback(w, p);
	}
	return left;
}
