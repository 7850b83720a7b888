/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sleeping for a time; task context, no locks held. */
#ifndef MODELS_KERNEL_TIMER_H
#define MODELS_KERNEL_TIMER_H

#include "models/kernel/tick.h"

/* Sleep for @d: a timer interrupt on this CPU ends it, to the picosecond (hrtimer). */
void schedule_timeout(struct ctx *w, sim_time d);
/* The same, but a wake-up ends it early once *@woken is set. */
void schedule_timeout_woken(struct ctx *w, sim_time d, const int *woken);
/*
 * Sleep until this CPU's first tick at which @n more jiffies have passed, or until
 * woken (schedule_timeout() of the kernel).  The jiffies that were left.
 */
uint64_t schedule_timeout_jiffies(struct ctx *w, uint64_t n);

#endif
