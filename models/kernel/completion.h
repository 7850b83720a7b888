/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Completions (include/linux/completion.h, kernel/sched.c of 2.6.27): a count
 * and a wait queue; complete() wakes one exclusive waiter.
 */
#ifndef MODELS_KERNEL_COMPLETION_H
#define MODELS_KERNEL_COMPLETION_H

#include "models/kernel/waitqueue.h"

struct completion {
	unsigned done;
	struct wait_queue wait;
};

/* May live on a stack. */
void init_completion(struct completion *c);
/* May sleep, until complete() was called once more often than this returned. */
void wait_for_completion(struct ctx *w, struct completion *c);
/* Any context. */
void complete(struct ctx *w, struct completion *c);

#endif
