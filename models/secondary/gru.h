/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SGI's GRU and its driver (drivers/misc/sgi-gru of 2.6.27: grufault.c,
 * grutlbpurge.c, grumain.c), step by step.
 *
 * A blade has two chiplets.  A chiplet executes instructions of up to 16 user
 * contexts that address memory by virtual addresses; it has a TLB but no page
 * table, so each miss is served by a CPU: by an interrupt to a CPU of the
 * blade, which may only try (semaphore, section, pte), else by the user
 * himself, who sees that his control block wants the driver and calls it.
 *
 * A miss: fault handle (TFH) written, fault map bit, interrupt; the handler
 * reads the TFH, tests ms_range_active, walks the page table without its lock,
 * writes the dropin.  Nothing serialises this with an invalidate: *the
 * hardware ignores a dropin if an invalidate that covers it came after the TFH
 * was read* (key discards_inflight).  No page is pinned; no reference
 * information reaches reclaim (there is no clear_flush_young).
 *
 * Chiplets, TLBs and handles belong to the machine; what an mm has there is
 * struct gru (gru_mm_struct of the source): ASIDs per chiplet, the count of
 * open sections, the wait queue.
 *
 * Left out: more users on a blade than its contexts (stealing), placement of a
 * context after its thread moved, several control blocks per thread, block
 * copies with their preload, huge pages, ts_ctxlock (only its own thread ever
 * takes it), TLB write-only dropins of later drivers.
 *
 * Locks: ms_asid_lock -> bit lock of a TGH; gs_lock of a chiplet; mmap_sem is
 * taken for reading around a dropin, by trylock in the interrupt.
 */
#ifndef MODELS_SECONDARY_GRU_H
#define MODELS_SECONDARY_GRU_H

#include "models/kernel/kernel.h"
#include "models/kernel/memory.h"
#include "models/kernel/waitqueue.h"
#include "models/notifier/notifier.h"
#include "models/oracle/oracle.h"
#include "models/kernel/account.h"
#include "models/secondary/secondary.h"

#define GRU_MAX_CHIPLETS 64	/* of the machine: masks are one word */
#define GRU_MAX_CONTEXTS 16
#define GRU_MIN_ASID 8
#define GRU_ASID_INC 8

/* --- hardware: gru_hw.c ---------------------------------------------------------- */
struct gru_entry {			/* of a chiplet's TLB */
	uint64_t va;
	struct page *page;
	uint32_t asid;			/* 0: invalid */
	uint8_t writable;
	uint8_t judged;			/* the oracle knows that it is stale */
	int16_t cpu;			/* of the thread whose miss it was */
};

#define GRU_WAYS 4
struct gru_tlb {
	struct gru_entry *entry;
	uint8_t *victim;
	uint32_t sets;
};

struct gru_tgh {			/* invalidate handle */
	struct gru_chiplet *chiplet;
	struct spinlock lock;		/* a bit in the handle itself */
	uint32_t slot;
	uint32_t asid;			/* what is being purged; 0: every ASID */
	uint64_t start, end;
	uint64_t named_start, named_end;	/* what the callout was about */
	struct ctx *sender;		/* polls; NULL: done */
	int dropped;			/* entries that went */
};

enum cb_status { CB_IDLE, CB_ACTIVE, CB_CALL_OS, CB_EXCEPTION };

/* A thread's context with its control block and fault handle (gru_thread_state). */
struct gru_context {
	struct gru *g;
	struct ctx *w;			/* the thread */
	struct gru_chiplet *chiplet;	/* NULL: not loaded */
	int ctxnum;
	int irq_cpu;			/* that takes its misses: programmed at load */
	/* the instruction */
	enum cb_status status;
	sim_time visible_at;		/* the status, to the polling thread */
	uint64_t va;
	int write;
	int polling;			/* the thread spins on the control block */
	uint32_t asid;			/* programmed at load */
	/* its fault handle */
	int raised;			/* bit in the fault map of irq_cpu */
	int resident;			/* read by a CPU since the miss: invalidates count */
	int discard;			/* one that covers it came */
	uint64_t killer_start, killer_end;	/* which */
	sim_time discard_at;
	struct page *dropin;		/* on its way into the TLB; NULL: none */
	struct pte_seen seen;		/* what the pte looked like when it was read */
	uint32_t slot;			/* the chiplet's next step for this context */
	void (*next)(struct gru_context *x);
	/* accounting: why the attempt failed; where the thread stood when it began to poll */
	enum fault_part failed;
	uint64_t blocker_start, blocker_end;
	sim_time poll_since, poll_worked, poll_stolen, poll_preempted;
	sim_time sem_wait;		/* what the handler spun for mmap_sem meanwhile */
	struct fault_account account;
};

struct gru_chiplet {			/* gru_state */
	int id, blade;
	struct gru_hw *hw;
	struct spinlock gs_lock;
	struct gru_tlb tlb;
	struct gru_context *context[GRU_MAX_CONTEXTS];
	int active;			/* contexts loaded */
	uint32_t asid, asid_limit, asid_gen;
	struct gru_tgh *tgh;
	int local_shift, first_remote;	/* which handle is whose */
};

struct gru_hw {				/* all chiplets of the machine */
	struct machine *m;
	const struct gru_config *cfg;
	int per_blade, n;
	struct gru_chiplet *chiplet;
	uint64_t pick_key;		/* of a shared handle, by time and CPU: get_cycles() */
};

/* The machine's GRUs, made at the first call. */
struct gru_hw *gru_hw(struct machine *m, const struct gru_config *cfg);
int gru_blade_of(const struct cpu *c);
int gru_blade_cpu(const struct cpu *c);
struct gru_entry *gru_tlb_find(struct gru_tlb *t, uint32_t asid, uint64_t va);
struct gru_entry *gru_tlb_fill(struct gru_context *x, uint64_t va, struct page *p, int writable);
/* Start the instruction on @va: 1 if the TLB has it (done after COST_GRU_OP), else the
 * chiplet works on its own from here. */
int gru_start(struct gru_context *x, uint64_t va, int write);
void gru_context_init(struct gru_context *x);
/* Restart a fault handle with a translation (tfh_write_restart). */
void gru_write_dropin(struct gru_context *x, struct page *p, const struct pte_seen *seen);
/* The control block changes to @status; the polling thread sees it after @delay. */
void gru_set_status(struct gru_context *x, enum cb_status status, sim_time delay);
/* tgh_invalidate and the poll for its end: [@start, @start + @n) of @asid; @n of the
 * largest size: all of @asid; @asid 0: everything.  How many entries went. */
int gru_purge(struct ctx *w, struct gru_chiplet *c, uint32_t asid, uint64_t start, uint64_t n);

/* --- what an mm has: gru_mm_struct ------------------------------------------------- */
struct gru_tracker {
	uint32_t asid, asid_gen;
	uint16_t contexts;		/* mt_ctxbitmap: loaded */
};

struct gru_section {
	uint64_t start, end;
	const struct ctx *w;		/* who opened it */
	sim_time quiet;			/* its quiet_clock() then */
};
#define GRU_MAX_SECTIONS 64

struct gru {
	struct secondary secondary;
	struct machine *m;
	struct mm *mm;
	struct gru_hw *hw;
	const struct gru_config *cfg;
	const struct gru_protocol *protocol;
	struct spinlock asid_lock;	/* ms_asid_lock */
	uint64_t asidmap;		/* chiplets with an ASID of this mm */
	struct gru_tracker *tracker;	/* per chiplet */
	struct line active_line;	/* ms_range_active (and seq) */
	int64_t range_active;
	int64_t seq;
	struct time_weighted closed;
	struct wait_queue wait_queue;
	uint64_t last_start, last_end;	/* the latest section: whom to blame */
	struct gru_section open[GRU_MAX_SECTIONS];
	int n_open;
	int released;			/* ms_released */
	struct gru_context *context;
	int n_contexts, max_contexts;
};

static inline struct gru *gru_of(struct secondary *s)
{
	return (struct gru *)s;
}

static inline int gru_counts(const struct gru *g)
{
	return g->protocol->fence != GRU_FENCE_NONE;
}

/* --- gru_context.c ----------------------------------------------------------------- */
/* Load into a chiplet of the thread's blade, with costs; @w is its thread. */
void gru_load_context(struct ctx *w, struct gru_context *x);
/* The ioctl: off the chiplet; the ASID stays, and with it the TLB's entries. */
void gru_unload_context(struct ctx *w, struct gru_context *x);
void gru_lock_asids(struct ctx *w, struct gru *g);
void gru_unlock_asids(struct ctx *w, struct gru *g);
/* Start state: loaded on the blade of @cpu, no time passes. */
void gru_preload(struct gru_context *x, const struct cpu *cpu);

/* --- gru_fault.c --------------------------------------------------------------------- */
/* @user: a struct gru_context; on its thread. */
void gru_access(void *user, uint64_t va, int write);
/* An attempt ended while the thread polls: @failed, because of [start, end). */
void gru_attempt_failed(struct gru_context *x, enum fault_part failed, uint64_t start, uint64_t end);
void gru_interrupt(struct ctx *w, unsigned vector);

/* --- gru_purge.c --------------------------------------------------------------------- */
extern const struct secondary_ops gru_ops;
extern const struct secondary_driver gru_driver;

#endif
