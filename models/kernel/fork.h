/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fork's copy of an address space (kernel/fork.c dup_mmap, mm/memory.c
 * copy_page_range, 2.6.27), and the end of such a copy.
 *
 * Both mmap_sems are held for write.  Private writable VMAs: every present pte
 * becomes read-only in both, without a flush; one flush_tlb_mm of the parent
 * comes at the very end, after the child's mmap_sem is released, so stale
 * writable TLB entries of the parent outlive every range_end and are bounded by
 * its mmap_sem alone.  A VMA without an anon_vma (file, nothing private yet) is
 * not copied: the child faults.
 *
 * Left out: the task itself, VM_DONTCOPY, huge pages, accounting.  A child has
 * no thread: it holds pages and stands on the lists of the reverse maps.
 */
#ifndef MODELS_KERNEL_FORK_H
#define MODELS_KERNEL_FORK_H

#include "models/kernel/mm.h"

/* A copy of @mm; may sleep on its mmap_sem. */
struct mm *dup_mm(struct ctx *w, struct mm *mm);
/* The last user of a copy is gone: unmap all, on this CPU. */
void exit_copy(struct ctx *w, struct mm *mm);

#endif
