/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Kernel threads (kernel/kthread.c), and those that every CPU has: watchdog,
 * vmstat and slab reaper (the latter two as work items of events/N).
 */
#ifndef MODELS_KERNEL_KTHREAD_H
#define MODELS_KERNEL_KTHREAD_H

#include "models/hw/cpu.h"

/*
 * A thread that runs fn(w, arg) from now on and ends when it returns; bound to
 * @cpu, or -1: started on the CPU with the fewest threads.  The name is copied.
 */
struct ctx *kthread_create(struct machine *m, const char *name, int cpu,
			   void (*fn)(struct ctx *w, void *arg), void *arg);
/* The same asleep, on @c: wake_up_process() starts it. */
struct ctx *kthread_new(struct machine *m, const char *name, struct cpu *c,
			void (*fn)(struct ctx *w, void *arg), void *arg);
/* Has the watchdog of @c not run for its period?  The tick wakes it then. */
int watchdog_due(const struct cpu *c);
void wake_up_watchdog(struct ctx *w);
/* The per-CPU threads of the kernel file; kernel.tick: on. */
void kthreads_start(struct machine *m);

#endif
