/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Between srcu.c and its implementations: the readers' counters.
 *
 * A domain has, per CPU, one line with counters of both ranks.  The sum over
 * CPUs is what matters: a reader may leave on another CPU than it entered.
 * Summing costs one line access per possible CPU, booked one after another
 * and paid at the end.
 */
#ifndef MODELS_KERNEL_SRCU_INT_H
#define MODELS_KERNEL_SRCU_INT_H

#include "models/kernel/kernel.h"
#include "models/kernel/rcu_int.h"
#include "models/kernel/srcu.h"

struct srcu_percpu {
	struct line line;
	int64_t lock[2], unlock[2];	/* 2006: no difference is kept, lock - unlock is c[] */
};

struct srcu_counters {
	struct line line;		/* of the domain's index, read by every reader */
	uint64_t completed;		/* low bit: the rank that new readers count in */
	struct srcu_percpu *cpu;
};

void srcu_counters_init(struct machine *m, struct srcu_counters *s);
/* Read the index, count @w in on its own CPU; the rank. */
int srcu_enter(struct ctx *w, struct srcu_counters *s);
void srcu_leave(struct ctx *w, struct srcu_counters *s, int idx);
/* Pay for reading every CPU's counters once. */
void srcu_read_all(struct ctx *w, struct srcu_counters *s);
/* Readers of rank @idx by the counters as they are now. */
int64_t srcu_sum(const struct machine *m, const struct srcu_counters *s, int idx);

extern const struct srcu_flavour srcu_2006, srcu_2012, srcu_tree;

#endif
