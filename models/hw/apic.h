/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Inter-processor interrupts of the 2008 xAPIC (arch/x86/kernel/genapic_*.c):
 * flat logical mode (up to 8 CPUs): one write to the interrupt command
 * register for a whole mask; physical mode: one write per target in mask
 * order, target k starts k writes late.  Interrupts are off around the writes.
 * Delivery takes longer to another socket.
 */
#ifndef MODELS_HW_APIC_H
#define MODELS_HW_APIC_H

#include "models/hw/cpu.h"

/* Send @vector to the CPUs of @mask (not the caller's); returns the time of the first write. */
sim_time apic_send(struct ctx *w, uint64_t mask, unsigned vector);

#endif
