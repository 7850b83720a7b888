/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tracepoints and the fingerprint.
 *
 * A tracepoint is (id, time, cpu, two words).  Ids and names belong to the
 * models (models/config/trace.def); the engine knows only which of them are of
 * class "state".  Those are mixed into the fingerprint, always: it is a
 * function of what the model did, not of how the engine did it.  A sink, when
 * set, gets every tracepoint.
 */
#ifndef SIM_ENGINE_TRACE_H
#define SIM_ENGINE_TRACE_H

#include <stdint.h>

#include "sim/base/hash.h"
#include "sim/base/units.h"

#define TRACE_STATE 0x8000	/* flag in the id: counts for the fingerprint */

struct trace_record {
	sim_time at;
	uint32_t id;		/* without TRACE_STATE */
	int32_t cpu;		/* -1: none */
	uint64_t a, b;
};

struct trace {
	uint64_t fingerprint;
	uint64_t records;
	void (*sink)(void *arg, const struct trace_record *r);
	void *sink_arg;
};

static inline void trace_emit(struct trace *t, sim_time now, uint32_t id,
			      int cpu, uint64_t a, uint64_t b)
{
	if (id & TRACE_STATE)
		t->fingerprint = hash_mix(hash_mix(t->fingerprint ^ (uint64_t)now,
				((uint64_t)id << 32) ^ (uint32_t)cpu ^ (a << 17)), b ^ a);
	if (__builtin_expect(t->sink != 0, 0)) {
		struct trace_record r = { now, id & ~TRACE_STATE, cpu, a, b };

		t->records++;
		t->sink(t->sink_arg, &r);
	}
}

#endif
