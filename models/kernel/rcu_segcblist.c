/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Segmented callback lists; see rcu_segcblist.h. */
#include "models/kernel/rcu_segcblist.h"

void rcu_segcblist_init(struct rcu_segcblist *l)
{
	l->head = NULL;
	for (int i = 0; i < NR_SEGMENTS; i++) {
		l->tail[i] = &l->head;
		l->gp_seq[i] = 0;
	}
	l->len = 0;
}

void rcu_segcblist_enqueue(struct rcu_segcblist *l, struct rcu_head *head)
{
	*l->tail[RCU_NEXT_TAIL] = head;
	l->tail[RCU_NEXT_TAIL] = &head->next;
	l->len++;
}

static int segempty(const struct rcu_segcblist *l, int seg)
{
	if (seg == RCU_DONE_TAIL)
		return &l->head == l->tail[RCU_DONE_TAIL];
	return l->tail[seg - 1] == l->tail[seg];
}

void rcu_segcblist_advance(struct rcu_segcblist *l, uint64_t seq)
{
	int i, j;

	if (rcu_segcblist_restempty(l, RCU_DONE_TAIL))
		return;
	for (i = RCU_WAIT_TAIL; i < RCU_NEXT_TAIL && seq >= l->gp_seq[i]; i++)
		l->tail[RCU_DONE_TAIL] = l->tail[i];
	if (i == RCU_WAIT_TAIL)
		return;
	for (j = RCU_WAIT_TAIL; j < i; j++)
		l->tail[j] = l->tail[RCU_DONE_TAIL];
	/* close the gap that the moved segments left */
	for (j = RCU_WAIT_TAIL; i < RCU_NEXT_TAIL; i++, j++) {
		if (l->tail[j] == l->tail[RCU_NEXT_TAIL])
			break;
		l->tail[j] = l->tail[i];
		l->gp_seq[j] = l->gp_seq[i];
	}
}

int rcu_segcblist_accelerate(struct rcu_segcblist *l, uint64_t seq)
{
	int i;

	if (rcu_segcblist_restempty(l, RCU_DONE_TAIL))
		return 0;
	for (i = RCU_NEXT_READY_TAIL; i > RCU_DONE_TAIL; i--)
		if (!segempty(l, i) && l->gp_seq[i] < seq)
			break;
	if (rcu_segcblist_restempty(l, i) || ++i >= RCU_NEXT_TAIL)
		return 0;
	for (; i < RCU_NEXT_TAIL; i++) {
		l->tail[i] = l->tail[RCU_NEXT_TAIL];
		l->gp_seq[i] = seq;
	}
	return 1;
}

struct rcu_head *rcu_segcblist_dequeue_done(struct rcu_segcblist *l)
{
	struct rcu_head *head = l->head;
	struct rcu_head **old;

	if (!rcu_segcblist_ready_cbs(l))
		return NULL;
	old = &head->next;
	l->head = head->next;
	for (int i = 0; i < NR_SEGMENTS; i++)
		if (l->tail[i] == old)
			l->tail[i] = &l->head;
	l->len--;
	return head;
}
