/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Wait queues; see waitqueue.h. */
#include <limits.h>

#include "models/kernel/waitqueue.h"

void wait_queue_init(struct machine *m, struct wait_queue *q)
{
	spin_lock_init(m, &q->lock, LOCK_WAIT_QUEUE);
	q->head = q->tail = NULL;
}

void wait_queue_add(struct wait_queue *q, struct wait_node *node)
{
	if (node->queued)
		return;
	node->queued = 1;
	node->next = NULL;
	if (!q->head) {
		q->head = q->tail = node;
	} else if (node->exclusive) {
		q->tail->next = node;
		q->tail = node;
	} else {
		node->next = q->head;
		q->head = node;
	}
}

void wait_queue_remove(struct wait_queue *q, struct wait_node *node)
{
	struct wait_node **p = &q->head, *prev = NULL;

	if (!node->queued)
		return;
	for (; *p != node; p = &(*p)->next)
		prev = *p;
	*p = node->next;
	if (q->tail == node)
		q->tail = prev;
	node->queued = 0;
}

void prepare_to_wait(struct ctx *w, struct wait_queue *q, struct wait_node *node)
{
	spin_lock_irqsave(w, &q->lock);
	sync(w);
	wait_queue_add(q, node);
	spin_unlock_irqrestore(w, &q->lock);
}

void finish_wait(struct ctx *w, struct wait_queue *q, struct wait_node *node)
{
	sync(w);
	if (!node->queued)		/* list_empty_careful: no lock */
		return;
	spin_lock_irqsave(w, &q->lock);
	sync(w);
	wait_queue_remove(q, node);
	spin_unlock_irqrestore(w, &q->lock);
}

int wake_up_locked(struct ctx *w, struct wait_queue *q, int exclusive)
{
	struct wait_node *node = q->head, *next;
	int n = 0;

	for (; node && exclusive > 0; node = next) {
		next = node->next;
		exclusive -= node->exclusive;
		wait_queue_remove(q, node);
		wake_up_process(w, node->w);
		n++;
	}
	return n;
}

int wake_up_all(struct ctx *w, struct wait_queue *q)
{
	int n;

	spin_lock_irqsave(w, &q->lock);
	sync(w);
	n = wake_up_locked(w, q, INT_MAX);
	spin_unlock_irqrestore(w, &q->lock);
	return n;
}
