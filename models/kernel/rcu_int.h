/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Between rcu.c and its implementations. */
#ifndef MODELS_KERNEL_RCU_INT_H
#define MODELS_KERNEL_RCU_INT_H

#include "models/kernel/completion.h"
#include "models/kernel/rcu.h"

void rcu_classic_init(struct machine *m);
void rcu_tree_init(struct machine *m);

struct rcu_synchronize {
	struct rcu_head head;		/* first */
	struct completion completion;
	struct rcu_synchronize *next;
};

/* A callback that completes @rs. */
void rcu_synchronize_init(struct rcu_synchronize *rs);
/* call_rcu() and a completion: how most kernels wait for a grace period. */
void wait_rcu_gp(struct ctx *w);

static inline uint64_t online_cpus(const struct machine *m)
{
	return ~0ull >> (64 - m->nr_cpus);
}

#endif
