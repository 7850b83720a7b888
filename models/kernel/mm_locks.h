/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * All reverse-map locks of an mm at once (mm/mmap.c).
 *
 * Three ways to go about it, of which a registration picks one:
 *   one pass per class over the VMAs, each lock once by a mark in its object
 *   (mm_take_all_locks of 2.6.27: i_mmap_lock, then anon_vma->lock, no sort);
 *   two vmalloc'ed arrays, sorted by address, then locked in their order
 *   (mm_lock of the mmu notifier series #v12 to #v16);
 *   no array: each lock is found by a pass over all VMAs for the next higher
 *   address (mm_lock of #v11).
 *
 * The locks are spinlocks: preemption is off from the first to the last.  A
 * signal that is pending ends a pass of the first way with -EINTR.  Whoever
 * holds mmap_sem for writing keeps the VMAs as they are; without it the pass
 * goes over the VMAs that there were when it began, and what was taken is
 * remembered, so that it can be dropped.
 *
 * Left out: memory for the arrays cannot run out (-ENOMEM).
 */
#ifndef MODELS_KERNEL_MM_LOCKS_H
#define MODELS_KERNEL_MM_LOCKS_H

#include "models/kernel/mm.h"

enum { EINTR_SIGNAL = -4, EBUSY_LIST = -16 };	/* as the kernel returns them */

enum mm_lock_order { IN_VMA_ORDER, BY_SORTED_ARRAY, BY_SCAN };
enum { RMAP_I_MMAP = 1, RMAP_ANON_VMA = 2 };

/* The anon_vma or the mapping of a VMA, as it was when its lock was taken. */
struct rmap_object { struct spinlock *lock; uint8_t *mark; };

struct mm_locks {
	struct mm *mm;
	enum mm_lock_order order;
	int n;				/* VMAs when it began */
	struct vma **vma;
	struct rmap_object *took[2];	/* per VMA: what was locked for it; anon_vma, i_mmap */
	struct spinlock **sorted[2];	/* the same classes; each lock once */
	int n_sorted[2];
	int held;			/* classes held: RMAP_... */
};

/* Remember the VMAs.  @classes that will be taken; BY_SORTED_ARRAY: allocate and sort. */
void mm_locks_begin(struct ctx *w, struct mm_locks *l, struct mm *mm, enum mm_lock_order order,
		    int classes);
/* Take one class; 0 or EINTR_SIGNAL.  May spin; ends with preemption off. */
int mm_lock_class(struct ctx *w, struct mm_locks *l, int class);
/* Drop what is held; the array of the class that went first is freed in between. */
void mm_locks_drop(struct ctx *w, struct mm_locks *l);
/* Free the arrays that are left: a round to all CPUs each.  Nothing is held. */
void mm_locks_free(struct ctx *w, struct mm_locks *l);

#endif
