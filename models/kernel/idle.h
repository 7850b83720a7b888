/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What an idle CPU sleeps in: which state, how long its first instruction takes
 * after that, whether a store wakes it, whether it leaves the address space that it
 * borrows.  kernel.idle says who chooses:
 *
 *   flat    one state, machine.idle.exit and machine.idle.polls
 *   mwait   mwait_idle() of 2.6.27: C1, polls
 *   hlt     default_idle(): C1, does not poll
 *   acpi    cpuidle of 2.6.27 over processor_idle.c: C1 (mwait, polls), C2 and C3 that
 *           the firmware offers; C2 and C3 do not poll, C3 leaves the mm first
 *   intel_idle  today: all by mwait, so all poll; C3 (C6) leaves the mm
 *
 * acpi and intel_idle have the menu governor: the deepest state whose residency is
 * below the time to the CPU's next timer and below the last measured sleeps.
 * Interrupts that nobody can foresee end a sleep early, and keep it shallow next time.
 *
 * Left out: bus-master arbitration of C3 (its lock and cache flush), promotion
 * within a sleep, latency requests (pm_qos), the correction factors of today's menu.
 */
#ifndef MODELS_KERNEL_IDLE_H
#define MODELS_KERNEL_IDLE_H

#include "models/hw/cpu.h"

enum { MAX_IDLE_STATES = 3 };

struct idle_state { sim_time exit, residency; int polls, leaves_mm; };

struct idle_states {
	int n;				/* 0: flat */
	struct idle_state state[MAX_IDLE_STATES];
};

struct idle_cpu {			/* the menu governor's data */
	int state;
	int asleep;
	sim_time since;			/* of the present sleep */
	sim_time expected, predicted, last_measured;
};

void idle_init(struct machine *m);
/* On whatever context the CPU goes idle from: choose the state, leave the mm if it asks
 * for that.  May take time, in which work may come. */
void idle_prepare(struct ctx *w);
/* struct cpu_ops */
void idle_enter(struct cpu *c);
void idle_interrupt(struct cpu *c);
void idle_exit(struct cpu *c);
sim_time idle_latency(struct cpu *c);
/* Does a store wake @c, which idles, and how long does that take?  (flat: no time) */
int idle_polls(const struct cpu *c);
sim_time idle_store_latency(const struct cpu *c);

#endif
