/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Locking every reverse map of an mm; see mm_locks.h. */
#include "models/kernel/mm_locks.h"
#include "models/kernel/tlbflush.h"
#include "sim/base/xassert.h"

/* Index of a class: mm_lock took anon_vma first. */
enum { ANON, I_MMAP, NR_CLASSES };
static const int class_of[NR_CLASSES] = { RMAP_ANON_VMA, RMAP_I_MMAP };

static int index_of(int class)
{
	return class == RMAP_ANON_VMA ? ANON : I_MMAP;
}

/* The marks are LSB of anon_vma->head.next and AS_MM_ALL_LOCKS of mapping->flags. */
static struct rmap_object object_of(const struct vma *v, int c)
{
	struct rmap_object o = { NULL, NULL };

	if (c == ANON && v->anon_vma)
		o = (struct rmap_object){ &v->anon_vma->lock, &v->anon_vma->all_locks };
	if (c == I_MMAP && v->mapping)
		o = (struct rmap_object){ &v->mapping->i_mmap_lock, &v->mapping->all_locks };
	return o;
}

static void remember_vmas(struct ctx *w, struct mm_locks *l, int classes)
{
	int n = 0;

	sync(w);
	for (struct vma *v = l->mm->vma; v; v = v->next)
		n++;
	l->n = n;
	l->vma = arena_alloc(w->m->arena, sizeof(*l->vma) * (size_t)(n + 1));
	for (int c = 0; c < NR_CLASSES; c++)
		if (classes & class_of[c])
			l->took[c] = arena_alloc(w->m->arena, sizeof(*l->took[c]) * (size_t)(n + 1));
	n = 0;
	for (struct vma *v = l->mm->vma; v; v = v->next)
		l->vma[n++] = v;
}

/* --- sorted arrays ---------------------------------------------------------------- */

/* An address of the model is the identity of the lock: never a host address. */
static int by_address(const void *a, const void *b)
{
	const struct spinlock *x = *(struct spinlock *const *)a, *y = *(struct spinlock *const *)b;

	return x->id < y->id ? -1 : x->id > y->id;
}

static int64_t array_pages(const struct mm_locks *l)
{
	return ((int64_t)sizeof(void *) * l->n + PAGE_SIZE - 1) / PAGE_SIZE;
}

/* heapsort: n log2 n comparisons, each with a cond_resched in it */
static int64_t comparisons(int n)
{
	int64_t log = 0;

	while ((1 << log) < n)
		log++;
	return n * log;
}

static void sort_class(struct ctx *w, struct mm_locks *l, int c)
{
	struct spinlock **v = arena_alloc(w->m->arena, sizeof(*v) * (size_t)(l->n + 1));
	int n = 0, unique = 0;

	charge(w, COST_VMALLOC);
	charge_n(w, COST_VMALLOC_PAGE, array_pages(l));
	charge_n(w, COST_VMA_STEP, l->n);
	sync(w);
	for (int i = 0; i < l->n; i++) {
		struct rmap_object o = object_of(l->vma[i], c);

		if (o.lock)
			v[n++] = o.lock;
	}
	charge_n(w, COST_SORT_STEP, comparisons(n));
	sync(w);
	qsort(v, (size_t)n, sizeof(*v), by_address);
	for (int i = 0; i < n; i++)
		if (!unique || v[unique - 1] != v[i])
			v[unique++] = v[i];
	l->sorted[c] = v;
	l->n_sorted[c] = unique;
}

/* vfree: under vmlist_lock the kernel's range is unmapped and flushed on every
 * CPU before the pages go (mm/vmalloc.c, unmap_kernel_range) */
static void free_array(struct ctx *w, struct mm_locks *l, int c)
{
	l->sorted[c] = NULL;
	charge(w, COST_VMALLOC);
	charge_n(w, COST_VMALLOC_PAGE, array_pages(l));
	flush_tlb_all(w);
}

/* --- taking ------------------------------------------------------------------------- */

void mm_locks_begin(struct ctx *w, struct mm_locks *l, struct mm *mm, enum mm_lock_order order,
		    int classes)
{
	memset(l, 0, sizeof(*l));
	l->mm = mm;
	l->order = order;
	remember_vmas(w, l, classes);
	for (int c = 0; order == BY_SORTED_ARRAY && c < NR_CLASSES; c++)
		if (classes & class_of[c])
			sort_class(w, l, c);
}

static void lock_array(struct ctx *w, struct mm_locks *l, int c)
{
	for (int i = 0; i < l->n_sorted[c]; i++)
		spin_lock(w, l->sorted[c][i]);
}

/* vm_lock_mapping, vm_lock_anon_vma */
static int lock_pass(struct ctx *w, struct mm_locks *l, int c)
{
	for (int i = 0; i < l->n; i++) {
		struct rmap_object o = object_of(l->vma[i], c);

		charge(w, COST_VMA_STEP);
		sync(w);
		if (w->sigpending)
			return EINTR_SIGNAL;
		if (!o.lock || *o.mark)
			continue;
		spin_lock(w, o.lock);
		*o.mark = 1;
		l->took[c][i] = o;
	}
	return 0;
}

/* The next lock above the last one, by a pass over all VMAs each. */
static void lock_by_scan(struct ctx *w, struct mm_locks *l, int c)
{
	for (uint32_t last = 0;;) {
		struct rmap_object next = { NULL, NULL };
		int at = 0;

		charge_n(w, COST_VMA_STEP, l->n);
		for (int i = 0; i < l->n; i++) {
			struct rmap_object o = object_of(l->vma[i], c);

			if (o.lock && o.lock->id >= last && (!next.lock || o.lock->id < next.lock->id)) {
				next = o;
				at = i;
			}
		}
		if (!next.lock)
			return;
		spin_lock(w, next.lock);
		*next.mark = 1;
		l->took[c][at] = next;
		last = next.lock->id + 1;
	}
}

int mm_lock_class(struct ctx *w, struct mm_locks *l, int class)
{
	int c = index_of(class);

	l->held |= class;
	switch (l->order) {
	case BY_SORTED_ARRAY:
		lock_array(w, l, c);
		return 0;
	case BY_SCAN:
		lock_by_scan(w, l, c);
		return 0;
	default:
		return lock_pass(w, l, c);
	}
}

/* --- dropping ----------------------------------------------------------------------- */

static void unlock_one(struct ctx *w, struct mm_locks *l, int i, int c)
{
	struct rmap_object *o = l->took[c] ? &l->took[c][i] : NULL;

	if (!o || !o->lock)
		return;
	*o->mark = 0;
	spin_unlock(w, o->lock);
	o->lock = NULL;
}

static int taken(const struct mm_locks *l)
{
	int n = 0;

	for (int c = 0; c < NR_CLASSES; c++)
		for (int i = 0; l->took[c] && i < l->n; i++)
			n += l->took[c][i].lock != NULL;
	return n;
}

/* mm_drop_all_locks: one pass, the anon_vma of a VMA before its mapping */
static void unlock_pass(struct ctx *w, struct mm_locks *l)
{
	if (l->order == BY_SCAN)	/* each is looked for as it was to take it */
		charge_n(w, COST_VMA_STEP, (int64_t)l->n * taken(l));
	for (int i = 0; i < l->n; i++) {
		charge(w, COST_VMA_STEP);
		unlock_one(w, l, i, ANON);
		unlock_one(w, l, i, I_MMAP);
	}
}

/* A class of the sorted form; its array goes while the other class is still
 * locked, but for the last, which goes with mm_locks_free(). */
static void unlock_array(struct ctx *w, struct mm_locks *l, int c)
{
	for (int i = 0; i < l->n_sorted[c]; i++)
		spin_unlock(w, l->sorted[c][i]);
	l->held &= ~class_of[c];
	if (l->held)
		free_array(w, l, c);
}

void mm_locks_drop(struct ctx *w, struct mm_locks *l)
{
	if (l->order != BY_SORTED_ARRAY && l->held)
		unlock_pass(w, l);
	for (int c = 0; l->order == BY_SORTED_ARRAY && c < NR_CLASSES; c++)
		if (l->held & class_of[c])
			unlock_array(w, l, c);
	l->held = 0;
}

void mm_locks_free(struct ctx *w, struct mm_locks *l)
{
	for (int c = 0; c < NR_CLASSES; c++)
		if (l->sorted[c])
			free_array(w, l, c);
}
