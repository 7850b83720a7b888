/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The end of an address space (kernel/exit.c, kernel/fork.c, mm/mmap.c of 2.6.27).
 *
 * exit_mm: a thread lets go of its mm, its CPU keeps it lazily.  The last one
 * (mm_users 0) runs exit_mmap, without mmap_sem, since nobody else can get at
 * the mm but by the reverse maps: release of the registrants with its grace
 * period; gather, unmap_vmas over all of it with an empty notifier list,
 * free_pgtables, the last flush and frees; the VMAs.  Then files are closed (the
 * caller's part: a driver's file descriptor may unregister), exit_notify, and
 * the mm_struct goes when the last registrant has dropped its reference.
 *
 * Left out: exit_aio, core dumps, mm_release's futexes, references of lazy CPUs
 * to the mm_struct, the mmap_sem that today's exit_mmap takes.
 */
#ifndef MODELS_KERNEL_EXIT_H
#define MODELS_KERNEL_EXIT_H

#include "models/kernel/memory.h"

/* Give back all that @mm maps; nobody uses it any more.  @op: may be NULL. */
void exit_mmap(struct ctx *w, struct mm *mm, struct unmap_op *op, sim_time *gp_wait);
/* The caller's mm goes from it; 1 if it was the last user, and all memory is
 * given back.  May sleep.  Time in grace periods is added to *@gp_wait. */
int exit_mm(struct ctx *w, struct unmap_op *op, sim_time *gp_wait);
/* The parent can see that the last user of @mm is gone. */
void exit_notify(struct ctx *w, struct mm *mm);
/* Drop a reference to the mm_struct; the last one ends the exit. */
void mmdrop(struct ctx *w, struct mm *mm);

#endif
