/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * struct machine: the world of the models.  It embeds the engine's struct sim;
 * upper rooms hang their state on the pointers below, and lower rooms tell
 * upper ones what happened through the hook table (a page was freed, a pte
 * was cleared, a callout point was reached), as the kernel's tracepoints do.
 */
#ifndef MODELS_HW_MACHINE_H
#define MODELS_HW_MACHINE_H

#include "models/config/config.h"
#include "models/hw/metrics.h"
#include "models/hw/tracepoint.h"
#include "sim/engine/sim.h"

#define MAX_CPUS 64		/* sharer masks are one word */

struct cpu;
struct cpu_ops;
struct gru_hw;
struct ctx;
struct kernel;
struct mm;
struct notify_path;
struct page;
struct pte;
struct oracle;
struct registrant;
struct notifier_core;
struct spinlock;

/* Interrupt vectors of 2.6.27, x86-64 (include/asm-x86/irq_vectors.h). */
enum {
	VECTOR_IDLE_CALL = 0x20,	/* no interrupt: the polled flag of an idle CPU was set */
	VECTOR_GRU = 0x2e,		/* .. 0x2f: the chiplets of a blade */
	VECTOR_BACKGROUND = 0x31,	/* a device, handler runs with interrupts off */
	VECTOR_BLOCK = 0x39,		/* a block device has completed requests */
	VECTOR_BAU = 0xec,		/* UV_BAU_MESSAGE */
	VECTOR_TIMER = 0xef,
	VECTOR_INVALIDATE = 0xf0,	/* .. 0xf7 */
	VECTOR_CALL_SINGLE = 0xfb,
	VECTOR_CALL = 0xfc,
	VECTOR_RESCHEDULE = 0xfd,
};

enum vector_class {
	VC_FLUSH, VC_CALL, VC_RESCHEDULE, VC_TIMER, VC_BACKGROUND, VC_IDLE_CALL, VC_BLOCK, VC_GRU, VC_BAU,
	NR_VECTOR_CLASSES
};
static inline enum vector_class vector_class(unsigned vector)
{
	if (vector >= VECTOR_INVALIDATE && vector < VECTOR_INVALIDATE + 8)
		return VC_FLUSH;
	if (vector == VECTOR_CALL || vector == VECTOR_CALL_SINGLE)
		return VC_CALL;
	if (vector == VECTOR_RESCHEDULE)
		return VC_RESCHEDULE;
	if (vector == VECTOR_IDLE_CALL)
		return VC_IDLE_CALL;
	if (vector == VECTOR_BLOCK)
		return VC_BLOCK;
	if (vector == VECTOR_GRU || vector == VECTOR_GRU + 1)
		return VC_GRU;
	if (vector == VECTOR_BAU)
		return VC_BAU;
	return vector == VECTOR_TIMER ? VC_TIMER : VC_BACKGROUND;
}

struct machine_hooks {
	/* a hook point with at least one callout record was reached; the answers */
	int (*notify)(struct ctx *w, struct mm *mm, enum site_id site, enum point_id point,
		      uint64_t start, uint64_t end, int facts);
	/* a path left early: records behind @after, up to @upto, may fire all the same */
	void (*notify_exit)(struct ctx *w, const struct notify_path *n, enum point_id reached,
			    enum point_id after, enum point_id upto, enum path_exit why);
	/* a single-page site is done with the pte that mapped @old; @generation: of it then */
	void (*pte_settled)(struct ctx *w, struct mm *mm, uint64_t va, const struct pte *pte,
			    const struct page *old, uint32_t generation);
	/* the pte is read-only and clean, and whoever made it so has said so */
	void (*pte_protected)(struct ctx *w, struct mm *mm, uint64_t va, const struct page *p);
	/* reference count reached 0, the page goes to the free list */
	void (*page_freed)(struct ctx *w, struct page *p);
	/* a vector became pending at a CPU; its context is as it was before */
	void (*vector_arrived)(struct cpu *c, unsigned vector);
	/* it says that it may sleep, but holds what forbids it, or sleeps all the same */
	void (*might_sleep)(struct ctx *w);
	/* the mm's last user is gone: release its registrants; the time spent in grace
	 * periods is added */
	void (*mm_release)(struct ctx *w, struct mm *mm, sim_time *gp_wait);
	/* a callout that drops translations has returned */
	void (*told)(struct ctx *w, struct registrant *r, uint64_t start, uint64_t end);
	/* something happened to a registrant: enum registrant_event */
	void (*registrant)(struct ctx *w, struct registrant *r, int event);
	/* every tracepoint, for the oracle's step rings */
	void (*step)(struct ctx *w, enum tracepoint id, uint64_t a, uint64_t b);
};

struct machine {
	struct sim sim;
	struct arena *arena;
	const struct world_config *cfg;
	const struct machine_config *mc;
	const struct kernel_config *kc;
	int64_t memory;			/* bytes; 0: not limited */
	uint32_t replication;
	int nr_cpus;
	enum apic_mode apic;		/* of the machine file, "auto" resolved */
	struct cpu *cpu;
	uint64_t cost_stream[NR_COSTS];	/* by name, so that a new cost shifts no other's draws */
	const uint32_t *jitter_table;	/* JITTER_STEPS factors in Q16, mean exactly 1; NULL: none */
	void (*vector_handler[NR_VECTOR_CLASSES])(struct ctx *w, unsigned vector);
	/* what a pending vector is for, where one vector serves several; NULL: its class */
	enum vector_class (*vector_purpose)(const struct cpu *c, unsigned vector);
	struct rng arbitration;		/* stream "line arbitration" */
	struct metrics metrics;
	struct machine_hooks hooks;
	const struct cpu_ops *ops;	/* the scheduler's */
	uint8_t notifier_exits[NR_SITES];	/* records there that fire on early exits */
	struct kernel *kernel;
	struct oracle *oracle;		/* NULL: off */
	struct registrant *oracle_registrants;	/* all secondaries, for its probes */
	struct notifier_core *notifier;
	struct spinlock *kvm_lock;	/* the driver's global lock */
	struct gru_hw *gru;		/* its chiplets; NULL: none */
	uint32_t next_id;		/* of locks, for traces: never an address */
	const char *oom;		/* why the run ended in 'oom'; NULL: it did not */
};

static inline struct machine *machine_of(struct sim *s)
{
	return (struct machine *)((char *)s - offsetof(struct machine, sim));
}

#define JITTER_STEPS 1024
/* Quantiles of a gamma variate of mean 1 and coefficient of variation @cv_ppm,
 * in Q16, scaled so that they add up to JITTER_STEPS exactly. */
void jitter_fill(uint32_t *table, int64_t cv_ppm);

/* Build CPUs and metrics from @m->cfg; sim, arena, cfg, jitter_table and
 * replication are set by the caller. */
void machine_init(struct machine *m);
/*
 * The simulated machine has no memory left: the run ends after the present
 * event with status 'oom'.  @why must live as long as the machine.
 */
void machine_oom(struct machine *m, const char *why);
void metrics_begin(struct machine *m);
void metrics_end(struct machine *m);
void metrics_label(struct machine *m, enum metric_id id, int index, const char *name);
void metrics_histogram(struct machine *m, enum metric_id id, int index);

#endif
