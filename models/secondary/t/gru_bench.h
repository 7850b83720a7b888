/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A bench with GRUs, for the tests of their parts. */
#ifndef MODELS_SECONDARY_T_GRU_BENCH_H
#define MODELS_SECONDARY_T_GRU_BENCH_H

#include "models/secondary/t/rig.h"

/* Four blades of two CPUs, no cost but what the test sets. */
static inline void gru_bench(struct rig *r, uint64_t pages)
{
	rig_init(r, pages);
	rig_gru(r);
	r->f.machine.sockets = 4;
	r->f.machine.cores = 2;
	rig_no_costs(r);
}

static inline void access_page(struct rig_thread *t, uint64_t page, int write)
{
	gru_access(t->gru, RIG_BASE + page, write);
	sync(&t->ctx);
}

static inline void one_access(struct rig_thread *t)
{
	gru_preload(t->gru, t->ctx.cpu);
	rig_until(t, US(10));
	access_page(t, (uint64_t)t->arg, 1);
	t->got[0] = rig_now(t) - US(10);
}

#endif
