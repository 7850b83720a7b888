/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside models/world: one run's machine and workload, built and collected. */
#ifndef MODELS_WORLD_BUILD_H
#define MODELS_WORLD_BUILD_H

#include "models/workload/thread.h"
#include "sim/base/result.h"

struct world_run {
	struct machine m;
	struct workload l;
	int threads_on[MAX_CPUS];	/* that did not say where */
};

/* Everything of the configuration, with its prefilled start state; runs on a
 * coroutine, since it may end the run (memory). */
void world_build(struct world_run *r);
/* Pages of @r as its configuration says, in order; memory is not limited. */
void prefill_region(struct machine *m, struct space *s, struct region *r);
/* All regions: by the recency of the threads' accesses, as far as memory goes. */
void prefill_limited(struct world_run *run);
/* Metrics of the window into @out. */
void world_collect(struct world_run *r, struct result *out);

/* check_kvm.c: 0, or -1 with the reason in @why. */
int check_kvms(const struct world_config *c, char *why, size_t n);
/* check_grace.c: likewise. */
int check_grace(const struct world_config *c, char *why, size_t n);

#endif
