/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Wait queues; see waitqueue.h. */
#include "models/kernel/waitqueue.h"

void wait_queue_init(struct machine *m, struct wait_queue *q)
{
	spin_lock_init(m, &q->lock, LOCK_WAIT_QUEUE);
	q->head = q->tail = NULL;
}

void prepare_to_wait(struct ctx *w, struct wait_queue *q, struct wait_node *node)
{
	spin_lock_irqsave(w, &q->lock);
	sync(w);
	if (!node->queued) {
		node->queued = 1;
		node->next = NULL;
		if (q->tail)
			q->tail->next = node;
		else
			q->head = node;
		q->tail = node;
	}
	spin_unlock_irqrestore(w, &q->lock);
}

static void unlink_node(struct wait_queue *q, struct wait_node *node)
{
	struct wait_node **p = &q->head, *prev = NULL;

	for (; *p != node; p = &(*p)->next)
		prev = *p;
	*p = node->next;
	if (q->tail == node)
		q->tail = prev;
	node->queued = 0;
}

void finish_wait(struct ctx *w, struct wait_queue *q, struct wait_node *node)
{
	sync(w);
	if (!node->queued)		/* list_empty_careful: no lock */
		return;
	spin_lock_irqsave(w, &q->lock);
	sync(w);
	if (node->queued)
		unlink_node(q, node);
	spin_unlock_irqrestore(w, &q->lock);
}

int wake_up_all(struct ctx *w, struct wait_queue *q)
{
	int n = 0;

	spin_lock_irqsave(w, &q->lock);
	sync(w);
	while (q->head) {
		struct wait_node *node = q->head;

		unlink_node(q, node);
		wake_up_process(w, node->w);
		n++;
	}
	spin_unlock_irqrestore(w, &q->lock);
	return n;
}
