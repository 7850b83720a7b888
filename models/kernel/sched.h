/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The minimal scheduler: at most one thread per CPU, so a thread that sleeps
 * leaves its CPU idle, and a wake-up finds it there.  Sleeping pays the switch
 * to idle, waking pays the waker's share, the run-queue line, the reschedule
 * IPI (unless the target polls), the idle exit and the switch back.
 *
 * Left out: preemption, slices, migration between CPUs, run queues of more
 * than one (more threads than CPUs is a configuration error).
 */
#ifndef MODELS_KERNEL_SCHED_H
#define MODELS_KERNEL_SCHED_H

#include "models/kernel/timer.h"

void sched_init(struct machine *m);
/* Sleep until woken; @what, @holder for the deadlock report.  May be woken
 * spuriously: callers test their condition in a loop. */
void schedule(struct ctx *w, const char *what, struct ctx *holder);
/* Make @task runnable; from any context. */
void wake_up_process(struct ctx *w, struct ctx *task);
/* Task context, no locks: give up the CPU if somebody else shall have it. */
void cond_resched(struct ctx *w);
/* Said by whatever may sleep: told to the oracle if @w must not. */
void might_sleep(struct ctx *w);
/* First instructions of a new thread: its address space, no switch cost. */
void sched_first_run(struct ctx *w);
/* The thread ends; its CPU idles for the rest of the run. */
void sched_exit(struct ctx *w);

#endif
