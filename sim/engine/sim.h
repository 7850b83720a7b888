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
 * (sim_ready) and never touch the event list; an entry of the ring counts as an
 * event at the present time with PRIO_NORMAL and a sequence number of its own,
 * so the order is exactly that of an event list without a ring.
 *
 * The event being served stays in the list until its slot is retimed or the
 * server blocks (the slot "fired"): a hold costs one walk of the tree, not two.
 *
 * Everything that may go wrong inside a world ends it through sim_fail():
 * control returns to sim_run(), the other coroutines are never resumed.
 */
#ifndef SIM_ENGINE_SIM_H
#define SIM_ENGINE_SIM_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include "sim/base/alloc.h"
#include "sim/base/units.h"
#include "sim/base/xassert.h"
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

struct sim_ring {
	struct coro *co;
	uint64_t order;			/* priority | sequence, as in evq_key.lo */
};

struct sim {
	sim_time now;
	struct coro *current;		/* NULL in event functions and outside of sim_run() */
	uint32_t fired;			/* slot whose event is being served and not yet retimed */
	uint32_t ring_head, ring_tail;	/* run freely, masked at use */
	uint32_t ring_mask;
	struct sim_ring *ring;		/* power of two entries */
	struct evq q;
	struct sim_slot *slot;
	uint64_t sequence;
	uint64_t events;		/* events served, ring wake-ups included */
	uint64_t events_end;		/* max_events, or 0 once the run shall stop */
	sim_time horizon;
	uint32_t nr_slots;
	enum sim_stop stop;
	uint64_t max_events;		/* set it before sim_run(); UINT64_MAX at first */
	char *reason;			/* of the stop, in the arena; "" if none */
	struct arena *arena;
	struct coro *coros;		/* all that have not ended, newest first */
	uint32_t nr_coros;		/* created so far */
	struct coro *dead;		/* ended, still owns the stack it ended on */
	struct coro *spare;		/* ended, for sim_coro() to use again */
	struct coro main;		/* the caller of sim_run() */
	struct trace trace;

	/* How sim_fail() gets home; see sim.c. */
	struct coro *host;		/* whose stack an event function runs on */
	int guarded;			/* escape is valid */
	jmp_buf escape;
	const char *fail_format;
	va_list *fail_args;
};

/*
 * Prepare an empty world whose memory comes from @arena.  0, or -1 when memory
 * is out.  From here until sim_fini() an arena that cannot grow ends in
 * sim_fail(SIM_STOP_MEMORY).  sim_fini() gives the coroutine stacks back to
 * their pool; the arena may be reset after it.
 */
int sim_init(struct sim *s, struct arena *arena);
void sim_fini(struct sim *s);
/*
 * Run @fn(@arg) on the caller's stack, outside of sim_run(): the place for
 * building a model, since sim_fail() and an arena that cannot grow come back
 * from it.  0, or -1 with s->stop and s->reason.
 */
int sim_setup(struct sim *s, void (*fn)(struct sim *s, void *arg), void *arg);

/* A new slot of priority @prio; bind it before the first sim_at(). */
uint32_t sim_slot_new(struct sim *s, enum sim_prio prio);
static inline void sim_slot_bind(struct sim *s, uint32_t slot, struct coro *co);
static inline void sim_slot_call(struct sim *s, uint32_t slot,
				 void (*fn)(struct sim *s, void *arg), void *arg);
/*
 * (Re)schedule @slot at absolute time @t, now <= @t < TIME_NEVER, with a fresh
 * sequence number: among equal times and priorities it is served last, also if
 * it was pending before.
 */
static inline void sim_at(struct sim *s, uint32_t slot, sim_time t);
static inline void sim_cancel(struct sim *s, uint32_t slot);
/* Time of the pending event, TIME_NEVER if none. */
static inline sim_time sim_slot_time(const struct sim *s, uint32_t slot);

/*
 * A coroutine that runs @fn(@arg) when first resumed; it ends when @fn
 * returns, and the pointer is dead from then on.  @name is not copied; it
 * appears in the deadlock report.  Start it by sim_ready() or by a slot.
 */
struct coro *sim_coro(struct sim *s, const char *name, void (*fn)(void *arg),
		      void *arg);
/* Resume @co at the present time, after everything already due now. */
static inline void sim_ready(struct sim *s, struct coro *co);
/* Give up control until resumed.  Callable from coroutines only. */
static inline void sim_block(struct sim *s);
/* sim_at(slot, now + d); sim_block().  The slot must be bound to the caller. */
static inline void sim_hold(struct sim *s, uint32_t slot, sim_time d);

/*
 * Serve every event up to and including @horizon, unless a stop or a failure
 * comes first; after SIM_STOP_TIME now is @horizon.  May be called again with
 * a later horizon after SIM_STOP_TIME, after the other stops it returns the
 * same again.
 */
enum sim_stop sim_run(struct sim *s, sim_time horizon);
/* End the run after the present event; callable from coroutines and event functions. */
void sim_stop(struct sim *s);
/* End the run (or sim_setup()) at once with @why; does not return. */
void sim_fail(struct sim *s, enum sim_stop why, const char *fmt, ...)
	__attribute__((format(printf, 3, 4), noreturn, cold));
const char *sim_stop_name(enum sim_stop why);	/* "time", "deadlock", ... */

/*
 * Who waits for what: a coroutine that blocks for a resource says so in
 * coro->waits_for / ->held_by; the report lists every blocked coroutine and
 * names the cycle if there is one.
 */
struct strbuf;
void sim_deadlock_report(const struct sim *s, struct strbuf *out);

#include "sim/engine/sim_inline.h"

#endif
