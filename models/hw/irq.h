/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Interrupt delivery: between cpu.c and irq.c; the rules are in cpu.h. */
#ifndef MODELS_HW_IRQ_H
#define MODELS_HW_IRQ_H

#include "models/hw/cpu.h"

void irq_init(struct cpu *c);
/* A coroutine for the softirqs of @c; without it none may be raised. */
void softirq_context(struct cpu *c);
/* An interrupt's return or preempt_enable() asked for @w's CPU: give it up and come back. */
void cpu_preempted(struct ctx *w);
/* The running context @w has interrupts on and vectors pending: take them. */
void irq_take(struct ctx *w);
/* The CPU is idle, or its top context is suspendable: push the handler. */
void irq_deliver(struct cpu *c);

#endif
