/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The page cache and the faults that map it; see filemap.h. */
#include "models/kernel/filemap.h"
#include "models/kernel/kernel.h"
#include "models/kernel/memory.h"
#include "models/kernel/page_lock.h"
#include "models/kernel/pgtable.h"
#include "models/kernel/rmap.h"
#include "models/kernel/writeback.h"
#include "sim/base/xassert.h"

struct page *find_get_page(struct ctx *w, struct address_space *a, uint64_t index)
{
	struct page *p;

	charge(w, COST_TREE_LOOKUP);
	sync(w);
	p = index < a->nr_pages ? a->page[index] : NULL;
	if (p)
		get_page(p);
	return p;
}

/* add_to_page_cache_lru of a locked page; 0: somebody else was faster */
static int add_to_page_cache(struct ctx *w, struct address_space *a, uint64_t index, struct page *p)
{
	int added = 0;

	spin_lock_irqsave(w, &a->tree_lock);
	sync(w);
	if (!a->page[index]) {
		get_page(p);
		a->page[index] = p;
		a->nrpages++;
		p->mapping = a;
		p->index = index;
		added = 1;
	}
	charge(w, COST_TREE_LOOKUP);
	spin_unlock_irqrestore(w, &a->tree_lock);
	if (added)
		lru_cache_add(w, p);
	return added;
}

void remove_from_page_cache(struct ctx *w, struct page *p)
{
	struct address_space *a = p->mapping;

	BUG_ON(!p->locked || p->mapcount);
	spin_lock_irqsave(w, &a->tree_lock);
	sync(w);
	a->page[p->index] = NULL;
	a->nrpages--;
	p->mapping = NULL;
	charge(w, COST_TREE_LOOKUP);
	spin_unlock_irqrestore(w, &a->tree_lock);
	put_page(w, p);
}

/* A new page: of a hole, locked; else it is being read, or another one was faster: NULL. */
static struct page *new_page(struct ctx *w, struct address_space *a, uint64_t index)
{
	struct page *p = alloc_page(w);

	int hole = !file_on_disk(a, index);

	lock_page(w, p);
	if (hole)
		page_work(w, COST_ZERO_PAGE);
	p->uptodate = hole;
	if (add_to_page_cache(w, a, index, p)) {
		if (hole)
			return p;
		file_readpage(w, p);	/* found again, and waited for, by the next look */
	} else {
		unlock_page(w, p);
	}
	put_page(w, p);
	return NULL;
}

struct page *filemap_fault(struct ctx *w, struct address_space *a, uint64_t index)
{
	struct page *p;

	for (;;) {
		sync(w);
		if (index >= a->nr_pages)
			return NULL;
		p = find_get_page(w, a, index);
		if (!p) {
			p = new_page(w, a, index);
			if (p)
				return p;
			continue;
		}
		lock_page(w, p);
		sync(w);
		if (p->mapping == a)
			return p;
		unlock_page(w, p);	/* truncated meanwhile */
		put_page(w, p);
	}
}

/* --- __do_fault ------------------------------------------------------------------- */

/* Write to a private mapping: the copy is made while the file's page is locked. */
static struct page *early_copy(struct ctx *w, struct vma *vma)
{
	struct page *p;

	anon_vma_prepare(w->m, vma);
	p = alloc_page(w);
	page_work(w, COST_COPY_PAGE);
	return p;
}

/* ptl held, the pte is still none. */
static void map(struct ctx *w, struct vma *vma, uint64_t va, struct pte *pte, struct page *p,
		int anon, int write)
{
	if (anon) {
		lru_cache_add_active(w, p);
		page_add_new_anon_rmap(w, p, vma, va);
	} else {
		get_page(p);
		page_add_file_rmap(w, p, vma, va);
	}
	set_pte_at(w, va, pte, p, write && vma->flags & VM_WRITE, 1, write);
}

int do_linear_fault(struct ctx *w, struct mm *mm, struct vma *vma, uint64_t va, int write,
		    struct pgtable *t)
{
	struct page *file = filemap_fault(w, vma->mapping, va - vma->start + vma->pgoff), *p = file;
	int anon = write && !(vma->flags & VM_SHARED), mapped = 0;
	struct pte *pte = &t->pte[va % PTRS_PER_TABLE];

	if (!file)
		return VM_FAULT_SIGBUS;
	if (anon)
		p = early_copy(w, vma);
	spin_lock(w, pte_lockptr(mm, t));
	sync(w);
	if (pte->kind == PTE_NONE) {
		map(w, vma, va, pte, p, anon, write);
		mapped = 1;
	}
	spin_unlock(w, pte_lockptr(mm, t));
	unlock_page(w, file);
	if (anon && !mapped)
		put_page(w, p);
	if (mapped && write && !anon)
		set_page_dirty(w, file);
	put_page(w, file);
	return 0;
}
