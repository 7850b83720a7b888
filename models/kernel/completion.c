/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Completions; see completion.h. */
#include "models/kernel/completion.h"

void init_completion(struct completion *c)
{
	memset(c, 0, sizeof(*c));
}

/* On a stack there is no machine to name the lock: the first user does it. */
static struct wait_queue *queue_of(struct ctx *w, struct completion *c)
{
	if (!c->wait.lock.id)
		wait_queue_init(w->m, &c->wait);
	return &c->wait;
}

void wait_for_completion(struct ctx *w, struct completion *c)
{
	struct wait_queue *q = queue_of(w, c);
	struct wait_node node = { .w = w, .exclusive = 1 };

	might_sleep(w);
	spin_lock_irqsave(w, &q->lock);
	sync(w);
	while (!c->done) {
		wait_queue_add(q, &node);
		spin_unlock_irqrestore(w, &q->lock);
		schedule(w, "a completion", NULL);
		spin_lock_irqsave(w, &q->lock);
		sync(w);
	}
	wait_queue_remove(q, &node);
	c->done--;
	spin_unlock_irqrestore(w, &q->lock);
}

void complete(struct ctx *w, struct completion *c)
{
	struct wait_queue *q = queue_of(w, c);

	spin_lock_irqsave(w, &q->lock);
	sync(w);
	c->done++;
	wake_up_locked(w, q, 1);
	spin_unlock_irqrestore(w, &q->lock);
}
