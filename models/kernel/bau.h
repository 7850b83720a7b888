/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Flush of the primary TLBs through the broadcast assist unit of SGI UV
 * (arch/x86/kernel/tlb_uv.c, include/asm-x86/uv/uv_bau.h, 2.6.27).
 *
 * uv_flush_tlb_others, preemption off: the blades of the mask without the
 * sender's own; none: all by IPI.  One activation sends one message to all of
 * them; the sender polls an MMR of its hub until the status is idle, that is
 * until every blade has replied.  Then the CPUs of its own blade get IPIs as
 * anywhere.  Destination: *every CPU of a targeted blade* is interrupted,
 * whether it ever ran the mm or not, walks the blade's messages, marks each as
 * seen, flushes without looking at its mm or its lazy state, counts; the last
 * one replies.  A blade takes 8 messages at a time; the hub refuses more and
 * the sender's hub tries again.
 *
 * So the sender pays for blades, not for CPUs, and CPUs that have nothing to
 * do with the mm pay for it.  A lazy CPU is not made to leave the mm: it is
 * interrupted again next time.
 *
 * Left out: timeouts of source and destination with their retries and the
 * fall-back to IPIs (they take milliseconds; no CPU here is deaf that long).
 */
#ifndef MODELS_KERNEL_BAU_H
#define MODELS_KERNEL_BAU_H

#include "models/hw/cacheline.h"

struct flush_tlb_info;

void bau_init(struct machine *m);
/* Flush what @info says on the CPUs of @mask on other blades, and wait for them.
 * Returns what is left for IPIs: the CPUs of the own blade. */
uint64_t bau_flush_others(struct ctx *w, const struct flush_tlb_info *info, uint64_t mask);

#endif
