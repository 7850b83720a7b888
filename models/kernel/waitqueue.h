/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Wait queues (kernel/wait.c, 2.6.27): a list under an irq-safe spinlock.
 *
 * wait_event(): test the condition, else queue, test again, sleep; once awake,
 * test again.  A wake-up takes the sleeper off the list (autoremove), so a
 * sleeper whose condition is still false queues again: at the head, an exclusive
 * one at the tail.  A wake-up wakes all that are not exclusive and so many that
 * are.  It takes the lock even if nobody waits.
 *
 * Left out: signals, timeouts.
 */
#ifndef MODELS_KERNEL_WAITQUEUE_H
#define MODELS_KERNEL_WAITQUEUE_H

#include "models/kernel/sched.h"
#include "models/kernel/spinlock.h"

struct wait_node { struct ctx *w; struct wait_node *next; int queued, exclusive; };

struct wait_queue {
	struct spinlock lock;
	struct wait_node *head, *tail;
};

void wait_queue_init(struct machine *m, struct wait_queue *q);
void prepare_to_wait(struct ctx *w, struct wait_queue *q, struct wait_node *node);
void finish_wait(struct ctx *w, struct wait_queue *q, struct wait_node *node);
/* How many were woken. */
int wake_up_all(struct ctx *w, struct wait_queue *q);

/* With the queue's lock held; the first two do nothing if they are too late. */
void wait_queue_add(struct wait_queue *q, struct wait_node *node);
void wait_queue_remove(struct wait_queue *q, struct wait_node *node);
int wake_up_locked(struct ctx *w, struct wait_queue *q, int exclusive);

/* May sleep.  @cond is evaluated several times and may charge and sync. */
#define wait_event(w_, q_, cond_, what_) \
	do { \
		struct wait_node node_ = { (w_), NULL, 0, 0 }; \
		if (cond_) \
			break; \
		for (;;) { \
			prepare_to_wait((w_), (q_), &node_); \
			if (cond_) \
				break; \
			schedule((w_), (what_), NULL); \
		} \
		finish_wait((w_), (q_), &node_); \
	} while (0)

#endif
