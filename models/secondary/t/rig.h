/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A virtual machine on a bench: one address space with KVM and a handful of
 * threads that run C functions of the test, each on a CPU of its choice, so
 * that a test says at which instant who flushes, faults or holds which lock.
 *
 * rig_init() gives the defaults of models/world/t/fixture.h (2x4 CPUs, design
 * merged, no jitter, no background); the test changes r->f, adds threads,
 * runs, looks at metrics and at the recorded steps, and frees.  Bodies run on
 * coroutines: they must not print, they leave figures in t->got.
 *
 * Addresses: one VMA of @pages from RIG_BASE on; the first @present are
 * mapped, of these the first @prefilled have an spte.  RIG_BASE + pages is
 * memory where nothing is mapped.
 */
#ifndef MODELS_SECONDARY_T_RIG_H
#define MODELS_SECONDARY_T_RIG_H

#include "models/secondary/gru.h"
#include "models/secondary/kvm.h"
#include "models/world/t/fixture.h"

#define RIG_BASE	4096
#define RIG_THREADS	12

/* Labels of metrics, in the order of metric.def. */
enum { EX_PRIMARY, EX_SECONDARY, EX_BOTH, EX_FAULT, EX_HALT, EX_OTHER };
enum { LABEL_RANGE, LABEL_EVICT, LABEL_SHRINK, LABEL_MEMSLOT };
enum { ROUND_PRIMARY, ROUND_SECONDARY };
enum { LOST_INTERRUPT, LOST_FAULT, LOST_BLOCKED, LOST_REFILL };

struct rig;

struct rig_thread {
	struct rig *rig;
	struct ctx ctx;
	struct kvm_vcpu *vcpu;		/* NULL: a host thread */
	struct gru_context *gru;	/* of a thread of a process with a GRU */
	int cpu, guest, kernel;
	void (*body)(struct rig_thread *t);
	int64_t arg, got[8];
};

struct rig {
	struct fixture f;
	uint64_t pages, present, prefilled;
	uint64_t sparse[4];		/* single pages with an spte */
	int n_sparse;
	int file;			/* backed by a file: shared, or private (-1) */
	struct address_space *mapping;	/* that file */
	int no_kswapd;			/* machine.memory is set, the test reclaims by itself */
	int hide;			/* a kind of step that rig_order() leaves out */
	struct rig_thread thread[RIG_THREADS];
	int n_threads;
	uint64_t private_from;		/* pages from here on are in no memslot; 0: all are */
	int spare_vcpus;		/* created, never run */
	struct machine m;
	struct arena arena;
	uint32_t jitter[JITTER_STEPS];
	struct mm mm;
	struct gru_config gru_cfg;
	struct secondary *secondary;
	struct kvm *kvm;		/* the same, by kind */
	struct gru *gru;
	enum sim_stop stop;
	sim_time horizon;
	struct trace_record *step;
	size_t n_steps, room;
};

/* @pages mapped and with an spte each, unless the test says otherwise. */
void rig_init(struct rig *r, uint64_t pages);
/* A GRU instead of KVM (cold TLB): every process thread is a user of it. */
void rig_gru(struct rig *r);
/* Every cost 0: what takes time is then what the test says. */
void rig_no_costs(struct rig *r);
/* A vcpu: @body runs in guest mode, between the first entry and the last exit. */
struct rig_thread *rig_vcpu(struct rig *r, int cpu, void (*body)(struct rig_thread *t));
/* A thread of the process, in system mode. */
struct rig_thread *rig_host(struct rig *r, int cpu, void (*body)(struct rig_thread *t));
/* A kernel thread: no address space, so no primary flush concerns it. */
struct rig_thread *rig_kthread(struct rig *r, int cpu, void (*body)(struct rig_thread *t));
/* Until every thread ended; r->stop must be SIM_STOP_EMPTY unless a horizon was set. */
void rig_run(struct rig *r);
void rig_free(struct rig *r);

/* --- inside bodies ----------------------------------------------------- */
static inline sim_time rig_now(const struct rig_thread *t) { return t->rig->m.sim.now; }
/* Host: work until @at. */
void rig_until(struct rig_thread *t, sim_time at);
/* Vcpu: stay in guest mode until @at, or leave it and stay in user space. */
void rig_guest_until(struct rig_thread *t, sim_time at);
void rig_userspace_until(struct rig_thread *t, sim_time at);
struct page *rig_page(struct rig *r, uint64_t page);
/* What a path of the kernel does to one page before it frees it: clear the pte. */
struct page *rig_clear_pte(struct rig_thread *t, uint64_t page);
/* A callout as the list walk would deliver it, on pages relative to RIG_BASE. */
void rig_callout(struct rig_thread *t, enum callout_op op, uint64_t start, uint64_t end);

/* --- after the run -------------------------------------------------------- */
int64_t rig_count(const struct rig *r, enum metric_id id, int label);
const struct tally *rig_tally(const struct rig *r, enum metric_id id, int label);
/* Step @id on @cpu (-1: any), the @nth (1 = first) with first word @a (or ANY). */
#define ANY	UINT64_MAX
const struct trace_record *rig_step(const struct rig *r, enum tracepoint id, int cpu,
				    uint64_t a, int nth);
int rig_steps(const struct rig *r, enum tracepoint id, int cpu, uint64_t a);
/* When that step was; TIME_NEVER if it never was. */
sim_time rig_when(const struct rig *r, enum tracepoint id, int cpu, uint64_t a, int nth);
/* The texts of @cpu's steps from @from to @to (times), one a line, without the
 * inner lock of rwsems and the interrupts; static storage. */
const char *rig_order(const struct rig *r, int cpu, sim_time from, sim_time to);

#endif
