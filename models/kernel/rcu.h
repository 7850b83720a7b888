/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * RCU: read side, callbacks, grace periods; and what the scheduler and the
 * tick have to tell it.  kernel.rcu says which implementation:
 *   classic   kernel/rcuclassic.c of 2.6.27 (rcu_classic.c)
 *   tree      kernel/rcu/tree.c of today (rcu_tree.c)
 * Neither knows how long a grace period is: it is over when every CPU has
 * passed a quiescent state that ticks, softirqs and kernel threads reported.
 * A kernel without ticks (kernel.tick: off) has no grace periods; asking for
 * one there ends the run.
 *
 * Readers: rcu_read_lock() is nothing without PREEMPT and preempt_disable()
 * with it.  w->rcu_nesting counts either way, for the oracle: a reader that
 * sleeps is a bug that the kernel of the era does not see (its CPU passes a
 * quiescent state in schedule(), and the period ends under the reader).
 *
 * Left out: CPU hotplug, stall warnings, callback offloading, preemptible
 * readers (with PREEMPT both implementations let readers disable preemption).
 */
#ifndef MODELS_KERNEL_RCU_H
#define MODELS_KERNEL_RCU_H

#include "models/hw/cpu.h"

struct rcu_head {
	struct rcu_head *next;
	void (*func)(struct ctx *w, struct rcu_head *head);
};

/* Choose the implementation; after the ticks and softirqs are set up. */
void rcu_init(struct machine *m);

/* --- for everybody ----------------------------------------------------------- */
/* Nests; any context; may not sleep in between (see above). */
void rcu_read_lock(struct ctx *w);
void rcu_read_unlock(struct ctx *w);
/*
 * @head->func(w, head) runs in softirq context (it may not sleep) after all
 * readers that are inside now have left.  Any context, interrupts on or off.
 */
void call_rcu(struct ctx *w, struct rcu_head *head,
	      void (*func)(struct ctx *w, struct rcu_head *head));
/* Sleep until all readers that are inside now have left: task context, no locks. */
void synchronize_rcu(struct ctx *w);

/* --- for the scheduler ---------------------------------------------------------- */
/* schedule() was entered on @c, whoever runs next. */
void rcu_note_context_switch(struct cpu *c);
/* cond_resched() found no reason to schedule. */
void rcu_all_qs(struct ctx *w);
/* At every tick of @c, interrupts off: is there anything for RCU to do?  Costs nothing
 * (the tick's own cost has the look), so a tick that finds nothing may do without code. */
int rcu_pending(struct cpu *c);
/* If so, on the tick's interrupt context: the tick interrupted user mode, or the idle
 * task outside of softirqs and other handlers.  Guest mode is neither. */
void rcu_check_callbacks(struct ctx *w, int user, int idle);
/* May an idle CPU not stop its tick? */
int rcu_needs_cpu(struct cpu *c);
/* The tick of idle @c stops; an interrupt or a wake-up ended that. */
void rcu_enter_nohz(struct cpu *c);
void rcu_exit_nohz(struct cpu *c);

/* --- for hypervisors -------------------------------------------------------------- */
/* w's CPU is about to enter guest mode (kvm_guest_enter). */
void rcu_virt_note_context_switch(struct ctx *w);

/* --- an implementation --------------------------------------------------------------- */
struct rcu_flavour {
	void (*call)(struct ctx *w, struct rcu_head *head);
	void (*synchronize)(struct ctx *w);
	void (*note_context_switch)(struct cpu *c);
	void (*cond_resched)(struct ctx *w);	/* NULL: means nothing */
	int (*pending)(struct cpu *c);
	void (*check_callbacks)(struct ctx *w, int user, int idle);
	int (*needs_cpu)(struct cpu *c);
	void (*enter_nohz)(struct cpu *c);	/* this and the next two may be NULL: they mean nothing */
	void (*exit_nohz)(struct cpu *c);
	void (*guest_enter)(struct ctx *w);
};

#endif
