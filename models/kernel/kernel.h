/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The kernel's global and per-CPU state. */
#ifndef MODELS_KERNEL_KERNEL_H
#define MODELS_KERNEL_KERNEL_H

#include "models/kernel/idle.h"
#include "models/kernel/lru.h"
#include "models/kernel/mm.h"
#include "models/kernel/page.h"
#include "models/kernel/rq.h"
#include "models/kernel/smp.h"
#include "models/kernel/softirq.h"
#include "models/kernel/spinlock.h"
#include "models/kernel/tick.h"
#include "models/kernel/swap.h"
#include "models/kernel/tlbflush.h"
#include "models/kernel/workqueue.h"

struct bau;
struct mmu_gather;
struct page_site;
struct rcu_flavour;
struct shrinker;

struct kernel_cpu {
	struct rq rq;
	struct tick tick;
	struct idle_cpu idle;
	struct workqueue_cpu cwq;
	struct ctx *ksoftirqd, *watchdog;	/* NULL before their first run */
	sim_time watchdog_touched;
	struct page *free;		/* per-CPU free list, LIFO */
	int nr_free;
	struct pagevec lru_add, lru_add_active, lru_rotate;	/* a reference each */
	struct mmu_gather *gather;	/* per-CPU, preemption off while in use */
	struct call_queue call_single;
	struct csd_queue csd_queue;	/* kernel.ipi.kind csd */
	struct tlb_state tlb_state;	/* kernels that call by csd */
	struct csd *csd;		/* of this CPU as a sender, one per target */
};

struct zone {
	struct page_list lru[NR_LRU_LISTS];
	int64_t pages_min, pages_low, pages_high;	/* all 0: memory is not limited */
	int64_t nr_scan[NR_LRU_LISTS];	/* collected until a batch is worth it */
	int64_t pages_scanned;		/* since pages were last freed */
	int prev_priority;
	int all_unreclaimable;
};

struct kernel {
	struct machine *m;
	struct kernel_cpu *pcpu;
	struct spinlock lru_lock;	/* of the one zone */
	struct spinlock zone_lock;
	struct page *pages;
	struct page *zero_page;		/* mapped by reads of what is not there yet; never freed */
	uint32_t nr_pages;
	struct page_site *site;		/* single-page sites in progress */
	int64_t nr_mapped;		/* NR_ANON_PAGES + NR_FILE_MAPPED */
	struct page *free;		/* the zone's free list */
	uint32_t nr_zone_free;		/* NR_FREE_PAGES: those on per-CPU lists are not in it */
	int pcp_batch;			/* pages between a per-CPU list and the zone */
	struct zone zone;
	/* of copies that ended, to be used again */
	struct mm *unused_mm;
	struct pgtable *unused_table;
	struct flush_state *flush_state;	/* one per vector */
	struct call_function call_function;
	struct bau *bau;		/* NULL: this machine has none */
	const struct rcu_flavour *rcu_flavour;	/* NULL: no grace periods (kernel.tick: off) */
	void *rcu;			/* its state */
	struct mmu_gather *gather_pool;	/* on-stack gathers not in use */
	struct sched_times sched_times;
	struct idle_states idle_states;
	sim_time tick_start;		/* first instant of CPU 0's grid */
	void (*softirq[NR_SOFTIRQS])(struct ctx *w);
	uint64_t last_ctx_id;		/* of an mm */
	struct swap_info *swap;		/* NULL: memory is not limited */
	struct swap_token token;
	struct request_queue *file_queue;	/* NULL: memory is not limited */
	struct request_queue *queues;	/* all block devices */
	struct blk_waiter *uncongested;	/* who sleeps in congestion_wait */
	struct shrinker *shrinkers;
	struct ctx *kswapd;		/* NULL: none */
	int kswapd_waits;
	/* pages held by pins alone after their pte is gone */
	struct time_weighted pin_held;
	struct time_weighted pinned;	/* pages with at least one pin */
};

static inline int is_zero_page(const struct ctx *w, const struct page *p)
{
	return p == w->m->kernel->zero_page;
}

/* Locks, handlers, @nr_pages free pages. */
void kernel_init(struct machine *m, uint32_t nr_pages);

#endif
