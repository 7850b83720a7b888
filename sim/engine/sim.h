/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The discrete-event engine: one world, one struct sim, no globals.
 *
 * Time is int64_t picoseconds.  Events are ordered by (time, priority,
 * sequence): equal times are served by priority (low first), equal priorities
 * in the order in which the events were scheduled.  Never by address.
 *
 * An event occupies a *slot* of the future event list: at most one pending
 * event per slot, retimed in place.  A slot either resumes a coroutine or
 * calls a function.  A CPU of the model owns one slot for the work of
 * whatever context is on top, so an interrupt retimes instead of cancelling
 * (models/hw/cpu.c).
 *
 * A coroutine gives up control in sim_block() only.  The blocker picks the
 * next event itself and switches straight to its coroutine; there is no
 * central loop to return to.  Same-time wake-ups pass through a FIFO ring
 * (sim_ready) and never touch the event list; pending events at the present
 * time with the ring's priority or better run before the ring, since they
 * have the lower sequence.
 *
 * Everything that may go wrong inside a world ends it through sim_fail():
 * control returns to sim_run(), the other coroutines are never resumed.
 */
#ifndef SIM_ENGINE_SIM_H
#define SIM_ENGINE_SIM_H

#include <stdint.h>

#include "sim/base/alloc.h"
#include "sim/base/units.h"
#include "sim/engine/coro.h"
#include "sim/engine/evq.h"
#include "sim/engine/trace.h"

/* Priorities: model phases only, never a property of a design. */
enum sim_prio {
	PRIO_ARRIVAL = 1,	/* an interrupt reaches a CPU before ... */
	PRIO_NORMAL = 4,	/* ... work that ends at the same instant */
	PRIO_LATE = 8,		/* end of a measurement window, probes */
};

enum sim_stop {
	SIM_RUNNING,
	SIM_STOP_TIME,		/* the horizon was reached */
	SIM_STOP_DONE,		/* the model said so: sim_stop() */
	SIM_STOP_EMPTY,		/* no event left and nobody blocked */
	SIM_STOP_DEADLOCK,	/* no event left, coroutines still blocked */
	SIM_STOP_EVENTS,	/* event budget exceeded: livelock */
	SIM_STOP_MEMORY,	/* the arena could not grow */
	SIM_STOP_FAILED,	/* sim_fail() with another reason */
};

#define SLOT_NONE UINT32_MAX

struct sim_slot {
	struct coro *co;		/* resumed, or ... */
	void (*fn)(struct sim *s, void *arg);	/* ... called on the blocker's stack: must not block */
	void *arg;
};

struct sim {
	sim_time now;
	struct coro *current;
	uint32_t fired;			/* slot whose event is being served and not yet retimed */
	uint32_t ring_head, ring_tail;
	struct coro **ring;		/* power of two entries */
	uint32_t ring_mask;
	struct evq q;
	struct sim_slot *slot;
	uint32_t nr_slots, cap_slots;
	uint64_t sequence;
	uint64_t events;		/* events served, ring wake-ups included */
	uint64_t max_events;
	sim_time horizon;
	enum sim_stop stop;
	char *reason;			/* of the stop, in the arena */
	struct arena *arena;
	struct coro *coros;		/* all of them, newest first */
	struct coro main;		/* the caller of sim_run() */
	struct trace trace;
};

/*
 * Prepare an empty world whose memory comes from @arena.  0, or -1 when memory
 * is out.  sim_fini() gives the coroutine stacks back to their pool.
 */
int sim_init(struct sim *s, struct arena *arena);
void sim_fini(struct sim *s);

/* A new slot of priority @prio; bind it before the first sim_at(). */
uint32_t sim_slot_new(struct sim *s, enum sim_prio prio);
void sim_slot_bind(struct sim *s, uint32_t slot, struct coro *co);
void sim_slot_call(struct sim *s, uint32_t slot,
		   void (*fn)(struct sim *s, void *arg), void *arg);
/* (Re)schedule @slot at absolute time @t >= now with a fresh sequence number. */
void sim_at(struct sim *s, uint32_t slot, sim_time t);
void sim_cancel(struct sim *s, uint32_t slot);
/* Time of the pending event, TIME_NEVER if none. */
sim_time sim_slot_time(const struct sim *s, uint32_t slot);

/*
 * A coroutine that runs @fn(@arg) when first resumed; it ends when @fn
 * returns.  @name appears in the deadlock report.  Start it by sim_ready().
 */
struct coro *sim_coro(struct sim *s, const char *name, void (*fn)(void *arg),
		      void *arg);
/* Resume @co at the present time, after everything already due now. */
void sim_ready(struct sim *s, struct coro *co);
/* Give up control until resumed.  Callable from coroutines only. */
void sim_block(struct sim *s);
/* sim_at(slot, now + d); sim_block().  The slot must be bound to the caller. */
void sim_hold(struct sim *s, uint32_t slot, sim_time d);

/*
 * Run until @horizon, a stop or a failure.  May be called again with a later
 * horizon after SIM_STOP_TIME.
 */
enum sim_stop sim_run(struct sim *s, sim_time horizon);
/* End the run after the present event; callable from anywhere. */
void sim_stop(struct sim *s);
/* End the run at once with @why; does not return (from coroutines). */
void sim_fail(struct sim *s, enum sim_stop why, const char *fmt, ...)
	__attribute__((format(printf, 3, 4), noreturn));

/*
 * Who waits for what: a coroutine that blocks for a resource says so in
 * coro->waits_for / ->held_by; the report lists every blocked coroutine and
 * names the cycle if there is one.
 */
struct strbuf;
void sim_deadlock_report(const struct sim *s, struct strbuf *out);

#endif
