/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sleepable RCU: readers of a domain may sleep, and hold that domain's grace
 * periods only.  kernel.srcu says which implementation:
 *   2006   kernel/srcu.c of 2.6.19 to 3.4: the caller, a mutex, three RCU
 *          grace periods, a poll each jiffy (srcu_2006.c)
 *   2012   kernel/srcu.c of 3.5 to 4.11: a state machine, run by the caller
 *          while it gets on, then by a work item each jiffy (srcu_2012.c)
 *   tree   kernel/rcu/srcutree.c since 4.12: work items, expedited by itself
 *          when the domain is idle (srcu_tree.c)
 *
 * A reader's counters are per CPU and possibly one line each; it may leave on
 * another CPU than it entered.  Left out: call_srcu() of 2006 (there was none).
 */
#ifndef MODELS_KERNEL_SRCU_H
#define MODELS_KERNEL_SRCU_H

#include "models/kernel/rcu.h"

struct srcu_state;	/* of the implementation */

struct srcu_domain {
	struct machine *m;
	const char *name;
	struct srcu_state *state;
	int readers;		/* inside now, for traces and tests: no code of the model looks */
};

/* Before the run or in it; from the machine's arena, never freed. */
void srcu_init(struct machine *m, struct srcu_domain *d, const char *name);
/* Enter; what to hand to the matching unlock.  Task context; readers may sleep, and nest. */
int srcu_read_lock(struct ctx *w, struct srcu_domain *d);
void srcu_read_unlock(struct ctx *w, struct srcu_domain *d, int idx);
/* The same without memory barriers (6.15): tree only; grace periods get slow. */
int srcu_read_lock_fast(struct ctx *w, struct srcu_domain *d);
void srcu_read_unlock_fast(struct ctx *w, struct srcu_domain *d, int idx);
/* Sleep until all readers of @d that are inside now have left. */
void synchronize_srcu(struct ctx *w, struct srcu_domain *d);
/* The same in a hurry; in 2006's no different. */
void synchronize_srcu_expedited(struct ctx *w, struct srcu_domain *d);
/* @head->func(w, head) runs in a worker thread after that; it may not sleep. */
void call_srcu(struct ctx *w, struct srcu_domain *d, struct rcu_head *head,
	       void (*func)(struct ctx *w, struct rcu_head *head));

/* An implementation. */
struct srcu_flavour {
	void (*init)(struct srcu_domain *d);
	int (*read_lock)(struct ctx *w, struct srcu_domain *d, int fast);
	void (*read_unlock)(struct ctx *w, struct srcu_domain *d, int idx, int fast);
	void (*synchronize)(struct ctx *w, struct srcu_domain *d);
	void (*synchronize_expedited)(struct ctx *w, struct srcu_domain *d);	/* NULL: as synchronize */
	void (*call)(struct ctx *w, struct srcu_domain *d, struct rcu_head *head);	/* NULL: none */
};

#endif
