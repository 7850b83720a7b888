/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A machine without a scenario: CPUs and kernel of a world, threads that run
 * C functions.  For what is judged below the workload: the validation of the
 * locks and the tests of hardware and kernel primitives.
 *
 * Order of a run: bare_init() fills the configurations with the defaults of
 * the tables (no jitter, no background, no callouts); the caller changes what
 * it needs; bare_boot() builds; bare_thread() puts threads on CPUs;
 * bare_run() runs.  Metrics count from time 0.
 *
 * Left out: address spaces (the caller's, by mm_init), secondaries, oracle.
 */
#ifndef MODELS_WORLD_BARE_H
#define MODELS_WORLD_BARE_H

#include "models/kernel/kernel.h"
#include "models/kernel/sched.h"

struct bare_config;

struct bare {
	struct arena arena;
	struct bare_config *config;	/* what the next two point into */
	struct machine_config *machine;
	struct kernel_config *kernel;
	struct machine *m;		/* between bare_boot() and bare_stop() */
};

/* 0, or -1 when memory is out. */
int bare_init(struct bare *b, int sockets, int cores);
/* Build the machine; 0, or -1 when memory is out. */
int bare_boot(struct bare *b);
/* A thread on @cpu, a user of @mm (NULL: a kernel thread); it ends with @fn.
 * The name is not copied. */
struct ctx *bare_thread(struct bare *b, int cpu, struct mm *mm, const char *name,
			void (*fn)(struct ctx *w, void *arg), void *arg);
enum sim_stop bare_run(struct bare *b, sim_time horizon);
/* After it bare_boot() may follow again, with another configuration. */
void bare_stop(struct bare *b);
void bare_fini(struct bare *b);

#endif
