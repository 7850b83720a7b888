/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Future event list: a radix-4 winner tree over slots, 128-bit keys
 * (time 64 | priority 4 | sequence 40 | slot 20).  Fields and the inline fast
 * path are owned by evq.c / evq_inline.h; see there for why a tree and not a
 * heap (sift branches mispredict; a reschedule is the same operation as a
 * hold).
 */
#ifndef SIM_ENGINE_EVQ_H
#define SIM_ENGINE_EVQ_H

#include <stdint.h>

#include "sim/base/units.h"

struct evq_key {
	uint64_t lo;		/* priority | sequence | slot */
	uint64_t hi;		/* time; UINT64_MAX = nothing pending */
};

struct evq {
	struct evq_key *node;	/* levels packed, root first */
	uint32_t leaves;	/* power of 4 */
	uint32_t level_offset[16];
	uint32_t levels;
};

#endif
