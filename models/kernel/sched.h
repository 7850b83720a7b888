/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The scheduler (kernel/sched.c of 2.6.27): who has a CPU, sleeping, waking,
 * preemption.  Which thread of a queue is next: fair.c, eevdf.c; where a woken
 * one goes: wakeup.c.
 *
 * schedule() runs on the thread that gives up the CPU: run-queue lock with
 * interrupts off, pick, switch; the lock passes to the next thread, which loads
 * its address space and drops it.  A switch to or from idle pays for itself: the
 * sleeper goes to idle, the woken thread comes from it.
 *
 * A wake-up takes the lock of the run queue that the sleeper was on, chooses a
 * CPU, enqueues there (under that queue's lock) and, if the thread there is to
 * be preempted, sets its need_resched and sends the reschedule IPI; an idle CPU
 * that polls needs none.  The choice in 2.6.27: the waker's CPU if the loads of both
 * allow (wake_affine), else the last one (wake_idle looks among hyper-threads only);
 * today: the last one if it idles, else an idle one of its socket.  Threads move at
 * wake-ups only.
 *
 * need_resched is honoured when blocking, in cond_resched(), at the return to
 * user mode, before guest mode; with kernel.preempt: voluntary also where the
 * kernel says that it might sleep; with full also at the return of an interrupt
 * to kernel code that is preemptible and in preempt_enable().
 *
 * Left out: periodic and idle load balancing, groups, nice values, priorities
 * among real-time threads.
 */
#ifndef MODELS_KERNEL_SCHED_H
#define MODELS_KERNEL_SCHED_H

#include "models/kernel/timer.h"

void sched_init(struct machine *m);

/* --- for threads --------------------------------------------------------------- */
/* Sleep until woken; @what, @holder for the deadlock report.  May be woken
 * spuriously: callers test their condition in a loop. */
void schedule(struct ctx *w, const char *what, struct ctx *holder);
/* Task context, no locks: give up the CPU if somebody else shall have it. */
void cond_resched(struct ctx *w);
/* The same without a cost of its own; @w is about to enter user or guest mode. */
void resched_if_needed(struct ctx *w);
/* Said by whatever may sleep: told to the oracle if @w must not. */
void might_sleep(struct ctx *w);

/* --- for everybody ---------------------------------------------------------------- */
/* Make @task runnable; from any context. */
void wake_up_process(struct ctx *w, struct ctx *task);
static inline int need_resched(const struct ctx *w) { return w->cpu->need_resched; }
static inline void set_need_resched(struct cpu *c) { c->need_resched = 1; }
/* The CPU that had @p last runs nobody. */
int idle_cpu(const struct cpu *c);

/* --- starting and ending threads ------------------------------------------------------ */
/* @w, which has never run, runs @fn(@arg) from now on; no time passes.  @pinned: only on @c. */
void sched_start(struct ctx *w, struct cpu *c, int pinned, void (*fn)(void *arg), void *arg);
/* The same for one that ctx_start() has prepared. */
void sched_activate(struct ctx *w);
/* First call of a thread's function: the switch to it ends. */
void sched_first_run(struct ctx *w);
/* Last call of it. */
void sched_exit(struct ctx *w);
/* The CPU on which the fewest threads were started. */
struct cpu *sched_emptiest_cpu(struct machine *m);

#endif
