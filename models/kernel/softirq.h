/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Softirqs (kernel/softirq.c of 2.6.27): work that an interrupt handler leaves
 * for the moment when it returns.  It runs on the CPU that raised it, with
 * interrupts on, before what the interrupt found; interrupts are taken on top
 * of it, other softirqs and tasks are not.  What is still raised after ten
 * rounds is left to ksoftirqd, a thread of that CPU.
 *
 * Left out: tasklets, network and block softirqs (no such devices).
 */
#ifndef MODELS_KERNEL_SOFTIRQ_H
#define MODELS_KERNEL_SOFTIRQ_H

#include "models/hw/cpu.h"

enum softirq { TIMER_SOFTIRQ, RCU_SOFTIRQ, NR_SOFTIRQS };	/* in the order of service */

void softirq_init(struct machine *m);
/* fn(w) may not sleep. */
void open_softirq(struct machine *m, enum softirq nr, void (*fn)(struct ctx *w));
/* From an interrupt handler or softirq of @c; from elsewhere it waits for the next interrupt. */
void raise_softirq(struct cpu *c, enum softirq nr);
/* The hardware's call at the end of an interrupt, on the softirq context. */
void do_softirq(struct ctx *w);

#endif
