/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A world: one machine with its kernel, processes and secondary MMUs, run for
 * one replication.  The only interface of models/ to the rooms above.
 *
 * A struct world keeps its memory between runs.  world_run() is a pure
 * function of (config, seed, replication): same bits whatever ran before.
 */
#ifndef MODELS_WORLD_WORLD_H
#define MODELS_WORLD_WORLD_H

#include <stdint.h>

#include "models/config/config.h"
#include "sim/base/check.h"
#include "sim/base/result.h"
#include "sim/engine/trace.h"

struct world;

struct world *world_new(void);		/* NULL: no memory */
void world_free(struct world *w);

/* Every tracepoint of the next runs goes to @sink; NULL: none. */
void world_trace(struct world *w, void (*sink)(void *arg, const struct trace_record *r),
		 void *arg);
/* Text of one trace record, at most @n bytes: "ptl acquired", "pte_clear 0x1a2". */
void world_trace_text(const struct trace_record *r, char *buf, size_t n);

/* Checks that need the whole configuration (more threads than CPUs ...): 0, or
 * -1 with one line in @why (@n bytes).  Called by check and run before any run. */
int world_check(const struct world_config *c, char *why, size_t n);

/* One replication (1, 2, ...); always fills @r, whatever the status. */
void world_run(struct world *w, const struct world_config *c, uint32_t replication,
	       struct result *r);

/* Rough number of engine events of one run, for --dry-run. */
double world_expected_events(const struct world_config *c);

/* What this version does not model, one item per line (report footers). */
extern const char world_not_modelled[];

/* Ticket-lock chain and queued locks. */
int validate_locks(struct check_list *l);
/* RCU and SRCU, also behind readers asleep. */
int validate_grace(struct check_list *l);

#endif
