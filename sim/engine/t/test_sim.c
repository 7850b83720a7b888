/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The run loop: who runs when, how runs end, failures from every kind of
 * code, growth while running, worlds one after another on one arena.
 */
#include "sim/base/strbuf.h"
#include "sim/base/tap.h"
#include "sim/engine/coro_stack.h"
#include "sim/engine/sim.h"

/* A world and a string that its code appends letters to. */
struct world {
	struct sim s;
	struct arena arena;
	char log[256];
	uint32_t slot[8];
	struct coro *co[8];
	int64_t count;
};

static void world_begin(struct world *w)
{
	memset(w, 0, sizeof(*w));
	arena_init(&w->arena, 1 << 16);
	if (sim_init(&w->s, &w->arena))
		ok(0, "sim_init");
}

static void world_end(struct world *w)
{
	sim_fini(&w->s);
	arena_free(&w->arena);
}

static void note(struct world *w, const char *what)
{
	strncat(w->log, what, sizeof(w->log) - strlen(w->log) - 1);
}

static struct world *world_of(struct sim *s)
{
	return (struct world *)((char *)s - offsetof(struct world, s));
}

#define NOTE_FUNCTION(name, text) \
	static void name(struct sim *s, void *arg) { (void)arg; note(world_of(s), text); }
NOTE_FUNCTION(note_a, "a")
NOTE_FUNCTION(note_b, "b")
NOTE_FUNCTION(note_c, "c")

static void ring_x(void *arg) { note(arg, "x"); }
static void ring_y(void *arg) { note(arg, "y"); }

/* A function event at @t that calls @fn. */
static uint32_t call_at(struct world *w, enum sim_prio prio, sim_time t,
			void (*fn)(struct sim *s, void *arg))
{
	uint32_t slot = sim_slot_new(&w->s, prio);

	sim_slot_call(&w->s, slot, fn, w);
	sim_at(&w->s, slot, t);
	return slot;
}

/* At time 10: fill the ring, then events for the same instant. */
static void fill_instant(struct sim *s, void *arg)
{
	struct world *w = arg;

	(void)s;
	sim_ready(&w->s, sim_coro(&w->s, "x", ring_x, w));
	call_at(w, PRIO_NORMAL, w->s.now, note_b);	/* after x, before y */
	sim_ready(&w->s, sim_coro(&w->s, "y", ring_y, w));
	call_at(w, PRIO_LATE, w->s.now, note_c);
	call_at(w, PRIO_ARRIVAL, w->s.now, note_a);	/* before all of them */
}

static void test_ring_order(void)
{
	struct world w;

	world_begin(&w);
	call_at(&w, PRIO_NORMAL, 10, fill_instant);
	call_at(&w, PRIO_NORMAL, 11, note_c);
	call_at(&w, PRIO_NORMAL, 10, note_b);	/* scheduled before the ring was filled */
	is_int(sim_run(&w.s, 100), SIM_STOP_EMPTY, "a run without anything left ends as empty");
	is_str(w.log, "abxbycc", "ring and list keep one order: priority, then sequence");
	is_int(w.s.events, 8, "all of them were counted");
	is_int(w.s.now, 11, "time stands at the last event");
	world_end(&w);
}

static void holder(void *arg)
{
	struct world *w = arg;
	int i;

	for (i = 0; i < 3; i++) {
		note(w, "h");
		sim_hold(&w->s, w->slot[0], NS(10));
	}
	note(w, "H");
}

static void start_holder(struct world *w, void (*fn)(void *arg))
{
	w->slot[0] = sim_slot_new(&w->s, PRIO_NORMAL);
	w->co[0] = sim_coro(&w->s, "holder", fn, w);
	sim_slot_bind(&w->s, w->slot[0], w->co[0]);
	sim_ready(&w->s, w->co[0]);
}

static void test_hold_and_horizon(void)
{
	struct world w;

	world_begin(&w);
	start_holder(&w, holder);
	is_int(sim_run(&w.s, NS(10) - 1), SIM_STOP_TIME, "the horizon");
	is_str(w.log, "h", "before the first hold is over");
	is_int(w.s.now, NS(10) - 1, "now is the horizon");
	is_int(sim_slot_time(&w.s, w.slot[0]), NS(10), "the event is still pending");
	is_int(sim_run(&w.s, NS(10)), SIM_STOP_TIME, "a later horizon");
	is_str(w.log, "hh", "an event at the horizon is served");
	is_int(sim_run(&w.s, SEC(1)), SIM_STOP_EMPTY, "to the end");
	is_str(w.log, "hhhH", "the coroutine went on where it was");
	is_int(w.s.now, NS(30), "three holds of 10 ns");
	is_int(sim_run(&w.s, SEC(2)), SIM_STOP_EMPTY, "an ended world stays ended");
	is_int(sim_slot_time(&w.s, w.slot[0]), TIME_NEVER, "nothing pending");
	world_end(&w);
}

/* Block without retiming the slot that resumed us: its event must be gone. */
static void sleeper(void *arg)
{
	struct world *w = arg;

	sim_hold(&w->s, w->slot[0], NS(5));
	note(w, sim_slot_time(&w->s, w->slot[0]) == TIME_NEVER ? "n" : "!");
	sim_block(&w->s);
	note(w, "w");
	sim_at(&w->s, w->slot[0], w->s.now + NS(5));
	sim_cancel(&w->s, w->slot[0]);
	sim_block(&w->s);
	note(w, "W");
}

static void wake_sleeper(struct sim *s, void *arg)
{
	struct world *w = arg;

	note(w, s->current ? "!" : ".");
	sim_ready(s, w->co[0]);
}

static void test_fired_slot(void)
{
	struct world w;

	world_begin(&w);
	start_holder(&w, sleeper);
	call_at(&w, PRIO_NORMAL, NS(20), wake_sleeper);
	call_at(&w, PRIO_NORMAL, NS(40), wake_sleeper);
	is_int(sim_run(&w.s, SEC(1)), SIM_STOP_EMPTY, "a run to its end");
	is_str(w.log, "n.w.W", "served and cancelled events do not come again");
	is_int(w.s.now, NS(40), "only the wake-ups moved the time");
	world_end(&w);
}

/* A periodic event function retimes the slot it was called from. */
static void periodic(struct sim *s, void *arg)
{
	struct world *w = arg;

	if (++w->count < 1000)
		sim_at(s, w->slot[1], s->now + NS(1));
	else
		sim_stop(s);
}

static void test_stop_and_budget(void)
{
	struct world w;

	world_begin(&w);
	w.slot[1] = call_at(&w, PRIO_NORMAL, 0, periodic);
	call_at(&w, PRIO_NORMAL, SEC(1), note_a);
	is_int(sim_run(&w.s, TIME_NEVER - 1), SIM_STOP_DONE, "sim_stop() from an event function");
	is_int(w.count, 1000, "after the present event");
	is_int(w.s.now, NS(999), "at its time");
	world_end(&w);

	world_begin(&w);
	w.slot[1] = call_at(&w, PRIO_NORMAL, 0, periodic);
	w.s.max_events = 500;
	is_int(sim_run(&w.s, SEC(1)), SIM_STOP_EVENTS, "the budget of events");
	is_int(w.count, 500, "is kept exactly");
	is_str(w.s.reason, "event budget of 500 used up at 499ns", "and the reason says so");
	world_end(&w);
}

static void one_more(struct sim *s, void *arg)
{
	struct world *w = arg;

	w->count++;
	if (s->now < NS(900)) {
		uint32_t slot = sim_slot_new(s, PRIO_NORMAL);

		sim_slot_call(s, slot, one_more, w);
		sim_at(s, slot, s->now + NS(1));
	}
}

static void ring_one(void *arg)
{
	struct world *w = arg;

	w->count++;
	sim_block(&w->s);
	w->count += 1000;
}

static void wake_everyone(struct sim *s, void *arg)
{
	struct coro *co;

	(void)arg;
	for (co = s->coros; co; co = co->next)
		if (co->state == CORO_BLOCKED)
			sim_ready(s, co);
}

static void test_growth(void)
{
	struct world w;
	int i;

	world_begin(&w);
	start_holder(&w, holder);
	call_at(&w, PRIO_NORMAL, 0, one_more);
	is_int(sim_run(&w.s, SEC(1)), SIM_STOP_EMPTY, "slots are made while running");
	is_int(w.count, 901, "the pending events survive the growth");
	is_str(w.log, "hhhH", "and so does the one being served");
	is_int(w.s.nr_slots, 902, "one slot each");
	world_end(&w);

	world_begin(&w);
	for (i = 0; i < 1000; i++)
		sim_ready(&w.s, sim_coro(&w.s, "one", ring_one, &w));
	call_at(&w, PRIO_NORMAL, NS(1), wake_everyone);
	is_int(sim_run(&w.s, SEC(1)), SIM_STOP_EMPTY, "a ring of a thousand");
	is_int(w.count, 1001000, "all ran, all were woken");
	world_end(&w);
}

/* Short-lived coroutines that beget others: stacks must be used again. */
static void mayfly(void *arg)
{
	struct world *w = arg;

	if (++w->count < 20000)
		sim_ready(&w->s, sim_coro(&w->s, "mayfly", mayfly, w));
}

static void test_births_and_deaths(void)
{
	struct world w;
	size_t stacks;

	world_begin(&w);
	sim_ready(&w.s, sim_coro(&w.s, "mayfly", mayfly, &w));
	stacks = coro_stack_count();
	is_int(sim_run(&w.s, SEC(1)), SIM_STOP_EMPTY, "20000 generations");
	is_int(w.count, 20000, "each began the next");
	is_int(coro_stack_count(), stacks, "on the stacks of their ancestors");
	world_end(&w);
}

/* Self first in the ring: a yield. */
static void yielder(void *arg)
{
	struct world *w = arg;

	sim_ready(&w->s, w->co[0]);
	sim_block(&w->s);
	note(w, "1");
	sim_ready(&w->s, w->co[0]);
	sim_ready(&w->s, sim_coro(&w->s, "x", ring_x, w));
	sim_block(&w->s);
	note(w, "2");
}

static void test_yield(void)
{
	struct world w;

	world_begin(&w);
	start_holder(&w, yielder);
	is_int(sim_run(&w.s, SEC(1)), SIM_STOP_EMPTY, "a coroutine that readies itself");
	is_str(w.log, "12x", "is served in its turn");
	world_end(&w);
}

static void test_reuse(void)
{
	struct world w;
	uint64_t events = 0;
	size_t stacks = 0;
	int i, wrong = 0;

	world_begin(&w);
	for (i = 0; i < 3000; i++) {
		sim_fini(&w.s);
		arena_reset(&w.arena);
		w.log[0] = '\0';
		wrong |= sim_init(&w.s, &w.arena);
		start_holder(&w, holder);
		/* Every third world is left with a coroutine in the middle. */
		sim_run(&w.s, i % 3 ? SEC(1) : NS(15));
		wrong |= strcmp(w.log, i % 3 ? "hhhH" : "hh");
		if (i == 1)
			events = w.s.events;
		if (i == 3)
			stacks = coro_stack_count();
		if (i % 3)
			wrong |= w.s.events != events;
	}
	ok(!wrong, "3000 worlds on one arena, each like the first");
	is_int(coro_stack_count(), stacks, "no stack was lost");
	world_end(&w);
}

int main(void)
{
	tap_seed(0);
	test_ring_order();
	test_hold_and_horizon();
	test_fired_slot();
	test_stop_and_budget();
	test_growth();
	test_births_and_deaths();
	test_yield();
	test_reuse();
	is_int(coro_stack_trim(), 0, "every stack came back from every world");
	return tap_done();
}
