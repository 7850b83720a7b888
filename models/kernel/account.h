/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where the time of a fault goes: secondary ones, for every kind of driver, and
 * those of the host.
 *
 * A fault is open from the miss to the retired access, w->fault says so, and
 * locks put their waits there.  It is made of attempts.  The last one's time
 * is split by what it waited for; a failed attempt belongs as a whole, waits
 * included, to what made it fail (the fence, or a semaphore that could not be
 * waited for), but for what the next one need not do again: the page it got.
 * The parts add up to the delay, to the picosecond.
 */
#ifndef MODELS_KERNEL_ACCOUNT_H
#define MODELS_KERNEL_ACCOUNT_H

#include "models/kernel/lock.h"
#include "models/kernel/mm.h"

/* The miss of @va is known, now. */
void account_start(struct ctx *w, struct fault_account *f, struct mm *mm, uint64_t va);
/* The attempt in progress ends and another follows, or the fault ends.  @failed:
 * the part that gets all of it, because of [start, end); PART_SERVICE: it did not fail. */
void account_attempt(struct ctx *w, enum fault_part failed, uint64_t start, uint64_t end);
/* The access retired, or nothing is mapped there (@retired 0); the time it was blocked. */
sim_time account_end(struct ctx *w, int retired);

/* A page fault of the host: one attempt; between begin and end it is open. */
void account_host_begin(struct ctx *w, struct fault_account *f, struct mm *mm, uint64_t va);
void account_host_end(struct ctx *w);

/* A sleep for the driver's own fence, inside the present attempt. */
void account_fence_wait(struct ctx *w, const struct wait_mark *since, uint64_t start, uint64_t end);

#endif
