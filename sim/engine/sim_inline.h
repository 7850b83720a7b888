/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The hot half of the engine: schedule, block, pick the next event.
 *
 * Inline because of the switch: a coroutine that blocks in a function of its
 * own would return from it after the stack changed, and that return always
 * mispredicts.  sim_take() serves the common case (next event resumes a
 * coroutine); event functions, ends of the run and growth are in sim.c.
 */
#ifndef SIM_ENGINE_SIM_INLINE_H
#define SIM_ENGINE_SIM_INLINE_H

#define sim_likely(c)	__builtin_expect(!!(c), 1)
#define sim_unlikely(c)	__builtin_expect(!!(c), 0)

#define SIM_ORDER_NORMAL	((uint64_t)PRIO_NORMAL << EVQ_PRIORITY_SHIFT)

/*
 * In sim.c.  The fired event was not retimed (returns the new root of the
 * list); sim_take() has no answer; the ring is full; 2^40 events scheduled.
 */
struct evq_key sim_drop_fired(struct sim *s);
struct coro *sim_take_slow(struct sim *s);
void sim_ring_grow(struct sim *s);
void sim_sequence_full(struct sim *s) __attribute__((noreturn, cold));

static inline void sim_slot_bind(struct sim *s, uint32_t slot, struct coro *co)
{
	DEBUG_ON(slot >= s->nr_slots);
	s->slot[slot].co = co;
}

static inline void sim_slot_call(struct sim *s, uint32_t slot,
				 void (*fn)(struct sim *s, void *arg), void *arg)
{
	DEBUG_ON(slot >= s->nr_slots);
	s->slot[slot] = (struct sim_slot){ NULL, fn, arg };
}

static inline uint64_t sim_next_sequence(struct sim *s)
{
	uint64_t sequence = s->sequence++;

	if (sim_unlikely(sequence >> EVQ_SEQUENCE_BITS))
		sim_sequence_full(s);
	return sequence;
}

/* sim_at(), returning the root of the event list. */
static inline struct evq_key sim_schedule(struct sim *s, uint32_t slot, sim_time t)
{
	DEBUG_ON(slot >= s->nr_slots);
	DEBUG_ON(!s->slot[slot].co && !s->slot[slot].fn);
	BUG_ON(t < s->now || t == TIME_NEVER);
	if (s->fired == slot)
		s->fired = SLOT_NONE;
	return evq_schedule(&s->q, slot, (uint64_t)t, sim_next_sequence(s));
}

static inline void sim_at(struct sim *s, uint32_t slot, sim_time t)
{
	sim_schedule(s, slot, t);
}

static inline void sim_cancel(struct sim *s, uint32_t slot)
{
	DEBUG_ON(slot >= s->nr_slots);
	if (s->fired == slot)
		s->fired = SLOT_NONE;
	evq_clear(&s->q, slot);
}

static inline sim_time sim_slot_time(const struct sim *s, uint32_t slot)
{
	uint64_t t = evq_leaf(&s->q, slot)->hi;

	DEBUG_ON(slot >= s->nr_slots);
	return s->fired == slot || t > INT64_MAX ? TIME_NEVER : (sim_time)t;
}

static inline void sim_ready(struct sim *s, struct coro *co)
{
	struct sim_ring *entry;

	BUG_ON(co->state == CORO_READY || co->state == CORO_DONE);
	co->state = CORO_READY;
	if (sim_unlikely(s->ring_tail - s->ring_head > s->ring_mask))
		sim_ring_grow(s);
	entry = &s->ring[s->ring_tail++ & s->ring_mask];
	entry->co = co;
	entry->order = SIM_ORDER_NORMAL | (sim_next_sequence(s) << EVQ_SLOT_BITS);
}

/*
 * The coroutine that serves the next event, which becomes the present one;
 * @top is the root of the event list, handed on in registers: reading back
 * what the last walk just stored costs 6% of M/M/1.  NULL: it is a function (then s->fired
 * names its slot), or the run is over.
 */
static inline __attribute__((always_inline))
struct coro *sim_take(struct sim *s, struct evq_key top)
{
	uint32_t slot;

	if (s->fired != SLOT_NONE)
		top = sim_drop_fired(s);
	if (sim_unlikely(s->events >= s->events_end))
		return NULL;
	if (s->ring_head != s->ring_tail) {
		const struct sim_ring *entry = &s->ring[s->ring_head & s->ring_mask];

		if (sim_likely(top.hi != (uint64_t)s->now || top.lo > entry->order)) {
			s->ring_head++;
			s->events++;
			return entry->co;
		}
	}
	if (sim_unlikely(top.hi > (uint64_t)s->horizon))
		return NULL;
	slot = (uint32_t)(top.lo & EVQ_SLOT_MASK);
	s->events++;
	s->now = (sim_time)top.hi;
	s->fired = slot;
	return s->slot[slot].co;
}

static inline __attribute__((always_inline))
void sim_give_up(struct sim *s, struct evq_key top)
{
	struct coro *self = s->current, *next;

	BUG_ON(!self);
	next = sim_take(s, top);
	if (sim_unlikely(!next))
		next = sim_take_slow(s);
	if (next == self) {
		self->state = CORO_RUNNING;
		return;
	}
	DEBUG_ON(next->state == CORO_DONE);
	if (self->state == CORO_RUNNING)
		self->state = CORO_BLOCKED;
	next->state = CORO_RUNNING;
	s->current = next;
	coro_switch(self, next);
}

static inline __attribute__((always_inline)) void sim_block(struct sim *s)
{
	sim_give_up(s, *evq_top(&s->q));
}

static inline __attribute__((always_inline))
void sim_hold(struct sim *s, uint32_t slot, sim_time d)
{
	DEBUG_ON(s->slot[slot].co != s->current);
	sim_give_up(s, sim_schedule(s, slot, s->now + d));
}

#endif
