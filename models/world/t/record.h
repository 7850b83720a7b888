/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * For tests on a bare machine: a record of all tracepoints with questions to
 * it, work up to an instant, costs in bulk.
 */
#ifndef MODELS_WORLD_T_RECORD_H
#define MODELS_WORLD_T_RECORD_H

#include "models/world/bare.h"
#include "sim/base/tap.h"

struct record {
	struct trace_record *v;
	size_t n, cap;
};

enum { ANY = -1 };

static inline void record_sink(void *arg, const struct trace_record *r)
{
	struct record *rec = arg;

	if (rec->n == rec->cap) {
		rec->cap = rec->cap ? 2 * rec->cap : 256;
		rec->v = realloc(rec->v, rec->cap * sizeof(*rec->v));
		if (!rec->v)
			abort();
	}
	rec->v[rec->n++] = *r;
}

static inline void record_start(struct record *rec, struct bare *b)
{
	memset(rec, 0, sizeof(*rec));
	b->m->sim.trace.sink = record_sink;
	b->m->sim.trace.sink_arg = rec;
}

static inline int record_is(const struct trace_record *r, enum tracepoint id, int cpu, int64_t a)
{
	return r->id == (uint32_t)id && (cpu == ANY || r->cpu == cpu) &&
		(a == ANY || r->a == (uint64_t)a);
}

/* How often: @cpu and first word @a may be ANY. */
static inline int record_count(const struct record *rec, enum tracepoint id, int cpu, int64_t a)
{
	int n = 0;

	for (size_t i = 0; i < rec->n; i++)
		n += record_is(&rec->v[i], id, cpu, a);
	return n;
}

/* The @nth such record (0 = first), or NULL. */
static inline const struct trace_record *record_nth(const struct record *rec, int nth,
						    enum tracepoint id, int cpu, int64_t a)
{
	for (size_t i = 0; i < rec->n; i++)
		if (record_is(&rec->v[i], id, cpu, a) && nth-- == 0)
			return &rec->v[i];
	return NULL;
}

/* Its time; -1 if there is none. */
static inline sim_time record_time(const struct record *rec, int nth, enum tracepoint id,
				   int cpu, int64_t a)
{
	const struct trace_record *r = record_nth(rec, nth, id, cpu, a);

	return r ? r->at : -1;
}

/* Compute until @t (interrupts may make it later). */
static inline void work_until(struct ctx *w, sim_time t)
{
	sync(w);
	cpu_work(w, t - now_of(w));
}

static inline void no_costs(struct bare *b)
{
	memset(b->machine->cost, 0, sizeof(b->machine->cost));
}

static inline void boot(struct bare *b, struct record *rec)
{
	if (bare_boot(b)) {
		printf("Bail out! no memory\n");
		exit(1);
	}
	record_start(rec, b);
}

/* What a run ends with when all its threads are done: nothing left to do,
 * interrupt contexts asleep (the engine calls that a deadlock). */
static inline int threads_done(struct bare *b)
{
	for (int i = 0; i < b->m->nr_cpus; i++)
		if (b->m->cpu[i].task)
			return 0;
	return 1;
}

static inline void finish(struct bare *b, struct record *rec)
{
	free(rec->v);
	memset(rec, 0, sizeof(*rec));
	bare_fini(b);
}

#endif
