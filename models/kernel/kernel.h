/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The kernel's global and per-CPU state. */
#ifndef MODELS_KERNEL_KERNEL_H
#define MODELS_KERNEL_KERNEL_H

#include "models/kernel/mm.h"
#include "models/kernel/page.h"
#include "models/kernel/smp.h"
#include "models/kernel/spinlock.h"
#include "models/kernel/tlbflush.h"

struct bau;
struct mmu_gather;
struct rcu_flavour;

struct kernel_cpu {
	struct line runqueue;		/* the line of its run-queue lock */
	struct page *free;		/* per-CPU free list, LIFO */
	int nr_free;
	struct page *pagevec[PAGEVEC_SIZE];	/* lru_add_active, holds a reference each */
	int nr_pagevec;
	struct mmu_gather *gather;	/* per-CPU, preemption off while in use */
	struct call_queue call_single;
	struct csd_queue csd_queue;	/* kernel.ipi.kind csd */
	struct tlb_state tlb_state;	/* kernels that call by csd */
	struct csd *csd;		/* of this CPU as a sender, one per target */
};

struct kernel {
	struct machine *m;
	struct kernel_cpu *pcpu;
	struct spinlock lru_lock;	/* of the one zone */
	struct spinlock zone_lock;
	struct page *pages;
	uint32_t nr_pages;
	int64_t nr_mapped;		/* NR_ANON_PAGES + NR_FILE_MAPPED */
	struct page *free;		/* the zone's free list */
	uint32_t nr_zone_free;
	struct flush_state *flush_state;	/* one per vector */
	struct call_function call_function;
	struct bau *bau;		/* NULL: this machine has none */
	const struct rcu_flavour *rcu_flavour;	/* NULL: no grace periods (kernel.tick: off) */
	void *rcu;			/* its state */
	struct mmu_gather *gather_pool;	/* on-stack gathers not in use */
	uint64_t last_ctx_id;		/* of an mm */
	/* pages held by pins alone after their pte is gone */
	struct time_weighted pin_held;
};

/* Locks, handlers, @nr_pages free pages. */
void kernel_init(struct machine *m, uint32_t nr_pages);

#endif
