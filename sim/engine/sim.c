/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The run loop's slow half: worlds, slots, coroutines, event functions, the
 * end of a run and failures.  The hot half is sim_inline.h, the order of
 * events is in evq.h, the deadlock report in deadlock.c.
 *
 * Who runs on which stack: sim_run() on its caller's, a coroutine on its own,
 * an event function on the stack of whoever blocked last (s->host; outside of
 * sim_run() that is s->main).  sim_take()
 * and sim_take_slow() are called by the one that gives up control; they return
 * s->main when the run is over.
 *
 * sim_fail() must bring control home from any of them.  From a coroutine's
 * stack it switches to s->main and is never resumed; on the caller's stack
 * (set-up, or an event function before the first switch) it jumps to the
 * setjmp() of the guard.  The text is formatted after the switch, with the
 * arguments still alive on the abandoned stack, because printf needs more stack
 * than a coroutine has.
 */
#include "sim/engine/sim.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sim/base/strbuf.h"

#define SIM_FIRST_SLOTS		4
#define SIM_FIRST_RING		64
#define SIM_REASON_BYTES	512

static void sim_arena_full(void *arg, size_t wanted)
{
	sim_fail(arg, SIM_STOP_MEMORY, "memory is out: %zu more bytes wanted", wanted);
}

/*
 * Call @fn under the guard.  The only local that is used after the jump, the
 * return value, does not change before it.
 */
static int sim_guard(struct sim *s, void (*fn)(struct sim *s, void *arg), void *arg)
{
	BUG_ON(s->guarded);
	s->guarded = 1;
	if (!setjmp(s->escape)) {
		fn(s, arg);
		s->guarded = 0;
		return 0;
	}
	s->guarded = 0;
	return -1;
}

static void sim_format_failure(struct sim *s)
{
	if (!s->fail_format)
		return;
	if (s->reason)
		vsnprintf(s->reason, SIM_REASON_BYTES, s->fail_format, *s->fail_args);
	s->fail_format = NULL;
	s->fail_args = NULL;
}

static void sim_reap(struct sim *s)
{
	if (!s->dead)
		return;
	coro_fini(s->dead);
#ifndef SIM_DEBUG	/* there a dead coroutine stays recognisable */
	s->dead->next = s->spare;
	s->spare = s->dead;
#endif
	s->dead = NULL;
}

void sim_fail(struct sim *s, enum sim_stop why, const char *fmt, ...)
{
	struct coro *here = s->current ? s->current : s->host;
	va_list ap;

	BUG_ON(!s->guarded);
	va_start(ap, fmt);
	s->stop = why;
	s->fail_format = fmt;
	s->fail_args = &ap;
	if (here == &s->main) {
		sim_format_failure(s);
		va_end(ap);
		longjmp(s->escape, 1);
	}
	if (here->state == CORO_DONE) {	/* an event function on the stack of one that ended */
		sim_reap(s);
		s->dead = here;
	} else {
		here->state = CORO_BLOCKED;
	}
	s->current = &s->main;
	coro_switch(here, &s->main);
	bug(__FILE__, __LINE__, "a failed world went on");
}

void sim_sequence_full(struct sim *s)
{
	sim_fail(s, SIM_STOP_EVENTS, "more than 2^%d events were scheduled", EVQ_SEQUENCE_BITS);
}

static void sim_build(struct sim *s, void *arg)
{
	(void)arg;
	s->reason = arena_alloc(s->arena, SIM_REASON_BYTES);
	s->ring = arena_alloc(s->arena, SIM_FIRST_RING * sizeof(*s->ring));
	s->ring_mask = SIM_FIRST_RING - 1;
	s->slot = arena_alloc(s->arena, SIM_FIRST_SLOTS * sizeof(*s->slot));
	evq_init(&s->q, s->arena, SIM_FIRST_SLOTS);
}

int sim_init(struct sim *s, struct arena *arena)
{
	memset(s, 0, sizeof(*s));
	s->arena = arena;
	s->fired = SLOT_NONE;
	s->max_events = UINT64_MAX;
	s->main.name = "main";
	s->main.sim = s;
	s->host = &s->main;
	arena->on_fail = sim_arena_full;
	arena->on_fail_arg = s;
	return sim_guard(s, sim_build, NULL);
}

void sim_fini(struct sim *s)
{
	struct coro *co;

	BUG_ON(s->guarded);
	sim_reap(s);
	for (co = s->coros; co; co = co->next)
		coro_fini(co);
	s->coros = NULL;
	s->spare = NULL;
	s->arena->on_fail = NULL;
	s->arena->on_fail_arg = NULL;
}

int sim_setup(struct sim *s, void (*fn)(struct sim *s, void *arg), void *arg)
{
	if (s->stop == SIM_STOP_MEMORY || s->stop == SIM_STOP_FAILED)
		return -1;
	return sim_guard(s, fn, arg);
}

uint32_t sim_slot_new(struct sim *s, enum sim_prio prio)
{
	uint32_t slot = s->nr_slots;

	if (slot == s->q.leaves) {
		struct sim_slot *bigger;

		if (slot == EVQ_MAX_SLOTS)
			sim_fail(s, SIM_STOP_MEMORY, "more than %u event slots", EVQ_MAX_SLOTS);
		bigger = arena_alloc(s->arena, (size_t)slot * 4 * sizeof(*bigger));
		memcpy(bigger, s->slot, slot * sizeof(*bigger));
		evq_grow(&s->q, s->arena);
		s->slot = bigger;
	}
	evq_slot_init(&s->q, slot, prio);
	s->nr_slots++;
	return slot;
}

void sim_ring_grow(struct sim *s)
{
	uint32_t size = s->ring_mask + 1, i;
	struct sim_ring *bigger = arena_alloc(s->arena, 2 * (size_t)size * sizeof(*bigger));

	for (i = 0; i < size; i++)
		bigger[i] = s->ring[(s->ring_head + i) & s->ring_mask];
	s->ring = bigger;
	s->ring_mask = 2 * size - 1;
	s->ring_head = 0;
	s->ring_tail = size;
}

/* The coroutine's function returned: leave its stack for good. */
static void sim_ended(struct coro *self)
{
	struct sim *s = self->sim;
	struct coro *next;

	if (self->next)
		self->next->prev = self->prev;
	*(self->prev ? &self->prev->next : &s->coros) = self->next;
	self->state = CORO_DONE;
	next = sim_take(s, *evq_top(&s->q));
	if (!next)
		next = sim_take_slow(s);
	/* From here on no code of the world runs on this stack. */
	sim_reap(s);
	s->dead = self;
	BUG_ON(next == self);
	next->state = CORO_RUNNING;
	s->current = next;
	coro_exit(self, next);
}

struct coro *sim_coro(struct sim *s, const char *name, void (*fn)(void *arg),
		      void *arg)
{
	struct coro *co;

	sim_reap(s);
	co = s->spare;
	if (co)
		s->spare = co->next;
	else
		co = arena_alloc(s->arena, sizeof(*co));
	memset(co, 0, sizeof(*co));
	if (coro_init(co, fn, arg, sim_ended))
		sim_fail(s, SIM_STOP_MEMORY, "no memory for the stack of %s", name);
	co->name = name;
	co->sim = s;
	co->number = s->nr_coros++;
	co->next = s->coros;
	if (co->next)
		co->next->prev = co;
	s->coros = co;
	return co;
}

static int sim_anyone_blocked(const struct sim *s)
{
	const struct coro *co;

	for (co = s->coros; co; co = co->next)
		if (co->state == CORO_BLOCKED)
			return 1;
	return 0;
}

/* Nothing was taken and no function is due: why does the run end? */
static void sim_end(struct sim *s)
{
	int ring_empty = s->ring_head == s->ring_tail;
	uint64_t next = evq_top(&s->q)->hi;

	if (s->stop != SIM_RUNNING)
		return;
	if (ring_empty && next == UINT64_MAX) {
		s->stop = sim_anyone_blocked(s) ? SIM_STOP_DEADLOCK : SIM_STOP_EMPTY;
	} else if (ring_empty && next > (uint64_t)s->horizon) {
		s->stop = SIM_STOP_TIME;
		s->now = s->horizon;
	} else {
		s->stop = SIM_STOP_EVENTS;
	}
}

struct evq_key sim_drop_fired(struct sim *s)
{
	evq_clear(&s->q, s->fired);
	s->fired = SLOT_NONE;
	return *evq_top(&s->q);
}

struct coro *sim_take_slow(struct sim *s)
{
	struct coro *self = s->current, *next = NULL;

	if (self->state == CORO_RUNNING)
		self->state = CORO_BLOCKED;
	s->host = self;
	while (!next && s->fired != SLOT_NONE) {
		const struct sim_slot *slot = &s->slot[s->fired];

		BUG_ON(!slot->fn);
		s->current = NULL;
		slot->fn(s, slot->arg);
		next = sim_take(s, *evq_top(&s->q));
	}
	s->current = self;
	if (next)
		return next;
	sim_end(s);
	return &s->main;
}

static void sim_loop(struct sim *s, void *arg)
{
	(void)arg;
	sim_block(s);	/* resumed by sim_end() or sim_fail() */
}

static void sim_explain(struct sim *s, void *arg)
{
	char when[48];
	struct strbuf text;

	(void)arg;
	format_time(when, s->now);
	if (s->stop == SIM_STOP_EVENTS && !*s->reason)
		snprintf(s->reason, SIM_REASON_BYTES, "event budget of %" PRIu64
			 " used up at %s", s->max_events, when);
	if (s->stop != SIM_STOP_DEADLOCK)
		return;
	sb_init(&text);
	sim_deadlock_report(s, &text);
	if (!text.failed && text.len < SIM_REASON_BYTES)
		memcpy(s->reason, text.s, text.len + 1);
	else if (!text.failed)
		s->reason = arena_strdup(s->arena, text.s);
	sb_free(&text);
}

enum sim_stop sim_run(struct sim *s, sim_time horizon)
{
	if (s->stop != SIM_RUNNING && s->stop != SIM_STOP_TIME)
		return s->stop;
	BUG_ON(horizon < s->now || s->current);
	s->stop = SIM_RUNNING;
	s->current = &s->main;
	s->main.state = CORO_RUNNING;
	s->horizon = horizon;
	s->events_end = s->max_events;
	sim_guard(s, sim_loop, NULL);
	s->current = NULL;
	s->host = &s->main;
	sim_format_failure(s);
	if (s->stop == SIM_STOP_EVENTS || s->stop == SIM_STOP_DEADLOCK)
		sim_guard(s, sim_explain, NULL);
	return s->stop;
}

void sim_stop(struct sim *s)
{
	if (s->stop == SIM_RUNNING)
		s->stop = SIM_STOP_DONE;
	s->events_end = 0;
}

const char *sim_stop_name(enum sim_stop why)
{
	static const char *const name[] = {
		[SIM_RUNNING] = "running", [SIM_STOP_TIME] = "time",
		[SIM_STOP_DONE] = "done", [SIM_STOP_EMPTY] = "empty",
		[SIM_STOP_DEADLOCK] = "deadlock", [SIM_STOP_EVENTS] = "events",
		[SIM_STOP_MEMORY] = "memory", [SIM_STOP_FAILED] = "failed",
	};

	return (unsigned int)why < sizeof(name) / sizeof(*name) ? name[why] : "?";
}
