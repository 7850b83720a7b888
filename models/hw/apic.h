/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Inter-processor interrupts.  xAPIC of 2008 (arch/x86/kernel/genapic_*.c):
 * flat logical mode (up to 8 CPUs): one write to the interrupt command
 * register for a whole mask; physical mode: one write per target in mask
 * order, target k starts k writes late.  x2APIC in cluster mode
 * (x2apic_cluster.c): one write per cluster of 16 APIC numbers; a socket's
 * numbers start at a power of two, so no cluster spans sockets that fill it.
 * Interrupts are off around the writes.  Delivery takes longer to another socket.
 */
#ifndef MODELS_HW_APIC_H
#define MODELS_HW_APIC_H

#include "models/hw/cpu.h"

/* Send @vector to the CPUs of @mask (not the caller's); returns the time of the first write. */
sim_time apic_send(struct ctx *w, uint64_t mask, unsigned vector);
/* The same, counted as an interrupt of @purpose: a vector may serve several. */
sim_time apic_send_for(struct ctx *w, uint64_t mask, unsigned vector, enum vector_class purpose);

#endif
