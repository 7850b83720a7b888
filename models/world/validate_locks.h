/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside of "validate locks": the ticket-lock chain, and the model's locks. */
#ifndef MODELS_WORLD_VALIDATE_LOCKS_H
#define MODELS_WORLD_VALIDATE_LOCKS_H

#include "sim/base/check.h"

/*
 * Boyd-Wickizer, Kaashoek, Morris, Zeldovich, "Non-scalable locks are
 * dangerous" (OLS 2012): @n cores, mean think time @a, section @s, @c per
 * transfer of the line, all in cycles.  k = holder and waiters.
 */
struct lock_chain {
	int n;
	double a, s, c;
};

struct lock_chain_figures {
	double k;		/* E[k] */
	double throughput;	/* sections per cycle */
	double idle;		/* probability that the lock is free */
};

struct lock_chain_figures lock_chain_formula(const struct lock_chain *x);
/*
 * Simulate the chain for @cycles in @batches.  @redraw: the residual service
 * is drawn again at each arrival, as the chain's rates ask for; without, it
 * is drawn once, which is another process.  0, or -1 when memory is out.
 */
int lock_chain_simulate(const struct lock_chain *x, int redraw, double cycles, int batches,
			struct lock_chain_figures *batch);
int validate_lock_chain(struct check_list *l);

#endif
