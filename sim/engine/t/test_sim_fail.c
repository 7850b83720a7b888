/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Ends of a world that are not the model's choice: sim_fail() from every kind
 * of code, memory that is out, deadlocks and their report.
 */
#include "sim/base/strbuf.h"
#include "sim/base/tap.h"
#include "sim/engine/coro_stack.h"
#include "sim/engine/sim.h"

struct world {
	struct sim s;
	struct arena arena;
	uint32_t slot;
	struct coro *co[4];
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

static void victim(void *arg)
{
	struct world *w = arg;

	w->count++;
	sim_block(&w->s);
	w->count += 100;	/* must never be reached */
}

static void failing(void *arg)
{
	struct world *w = arg;

	sim_hold(&w->s, w->slot, NS(3));
	sim_fail(&w->s, SIM_STOP_FAILED, "%s number %d, %.2f", "reason", 7, 2.5);
}

static void failing_event(struct sim *s, void *arg)
{
	(void)arg;
	sim_fail(s, SIM_STOP_FAILED, "event at %lld", (long long)s->now);
}

static void test_from_coroutine(void)
{
	struct world w;

	world_begin(&w);
	sim_ready(&w.s, sim_coro(&w.s, "victim", victim, &w));
	w.co[0] = sim_coro(&w.s, "failing", failing, &w);
	w.slot = sim_slot_new(&w.s, PRIO_NORMAL);
	sim_slot_bind(&w.s, w.slot, w.co[0]);
	sim_ready(&w.s, w.co[0]);
	is_int(sim_run(&w.s, SEC(1)), SIM_STOP_FAILED, "sim_fail() in a coroutine ends the run");
	is_str(w.s.reason, "reason number 7, 2.50", "with its text");
	is_int(w.s.now, NS(3), "at its time");
	is_int(sim_run(&w.s, SEC(2)), SIM_STOP_FAILED, "a failed world does not run again");
	is_int(w.count, 1, "nobody else was resumed");
	world_end(&w);
}

static void call_at(struct world *w, sim_time t, void (*fn)(struct sim *s, void *arg))
{
	uint32_t slot = sim_slot_new(&w->s, PRIO_NORMAL);

	sim_slot_call(&w->s, slot, fn, w);
	sim_at(&w->s, slot, t);
}

static void test_from_event(void)
{
	struct world w;

	world_begin(&w);
	call_at(&w, 5, failing_event);
	is_int(sim_run(&w.s, SEC(1)), SIM_STOP_FAILED, "in an event function on the caller's stack");
	is_str(w.s.reason, "event at 5", "with its text");
	world_end(&w);

	world_begin(&w);
	sim_ready(&w.s, sim_coro(&w.s, "victim", victim, &w));
	call_at(&w, 6, failing_event);
	is_int(sim_run(&w.s, SEC(1)), SIM_STOP_FAILED, "in one on a coroutine's stack");
	is_str(w.s.reason, "event at 6", "with its text");
	is_int(w.count, 1, "its host was not resumed");
	world_end(&w);
}

static void short_life(void *arg)
{
	struct world *w = arg;

	w->count++;
}

static void test_on_a_dead_stack(void)
{
	struct world w;
	size_t stacks = 0;
	int i;

	for (i = 0; i < 200; i++) {
		world_begin(&w);
		sim_ready(&w.s, sim_coro(&w.s, "short", short_life, &w));
		call_at(&w, 7, failing_event);
		if (sim_run(&w.s, SEC(1)) != SIM_STOP_FAILED || strcmp(w.s.reason, "event at 7"))
			break;
		world_end(&w);
		if (!i)
			stacks = coro_stack_count();
	}
	is_int(i, 200, "in one on the stack of a coroutine that has ended");
	is_int(coro_stack_count(), stacks, "that stack is not lost");
}

static void bad_setup(struct sim *s, void *arg)
{
	struct world *w = arg;

	w->count = 1;
	sim_fail(s, SIM_STOP_FAILED, "cannot build %s", "this");
}

static void greedy_setup(struct sim *s, void *arg)
{
	(void)arg;
	mem_fail_at(1);
	for (;;)
		arena_alloc(s->arena, 1 << 12);
}

static void greedy(void *arg)
{
	struct world *w = arg;

	mem_fail_at(1);
	for (;; w->count++)
		arena_alloc(w->s.arena, 1 << 12);
}

static void test_setup_and_memory(void)
{
	struct world w;

	world_begin(&w);
	is_int(sim_setup(&w.s, bad_setup, &w), -1, "sim_fail() comes back from sim_setup()");
	is_str(w.s.reason, "cannot build this", "with its text");
	is_int(sim_run(&w.s, 1), SIM_STOP_FAILED, "such a world does not run");
	world_end(&w);

	world_begin(&w);
	is_int(sim_setup(&w.s, greedy_setup, &w), -1, "a full arena during set-up");
	mem_fail_at(0);
	is_int(w.s.stop, SIM_STOP_MEMORY, "is the end for want of memory");
	is_str(w.s.reason, "memory is out: 4096 more bytes wanted", "and says so");
	world_end(&w);

	world_begin(&w);
	sim_ready(&w.s, sim_coro(&w.s, "greedy", greedy, &w));
	is_int(sim_run(&w.s, 1), SIM_STOP_MEMORY, "a full arena in a coroutine");
	mem_fail_at(0);
	world_end(&w);
}

static void many_coroutines(struct sim *s, void *arg)
{
	struct world *w = arg;

	mem_fail_at(2);
	for (;;)
		sim_ready(s, sim_coro(s, "one of many", short_life, w));
}

static void test_no_first_memory(void)
{
	struct world w;
	long nth;

	for (nth = 1; nth <= 2; nth++) {
		memset(&w, 0, sizeof(w));
		arena_init(&w.arena, 256);
		mem_fail_at(nth);
		if (!sim_init(&w.s, &w.arena))
			break;
		mem_fail_at(0);
		sim_fini(&w.s);
		arena_free(&w.arena);
	}
	mem_fail_at(0);
	is_int(nth, 3, "sim_init() reports that memory is out");

	coro_stack_trim();
	world_begin(&w);
	is_int(sim_setup(&w.s, many_coroutines, &w), -1, "no memory for another slab of stacks");
	mem_fail_at(0);
	is_int(w.s.stop, SIM_STOP_MEMORY, "is the end for want of memory, too");
	world_end(&w);
}

/* Take the lock of one's own number, then that of the next: a ring of three. */
static void philosopher(struct world *w, int me)
{
	static const char *const fork[] = { "fork 0", "fork 1", "fork 2" };
	struct coro *co = w->co[me];

	sim_ready(&w->s, co);
	sim_block(&w->s);	/* everyone has the first fork now */
	co->waits_for = fork[(me + 1) % 3];
	co->held_by = w->co[(me + 1) % 3];
	sim_block(&w->s);
}

static void philosopher_0(void *arg) { philosopher(arg, 0); }
static void philosopher_1(void *arg) { philosopher(arg, 1); }
static void philosopher_2(void *arg) { philosopher(arg, 2); }

static void onlooker(void *arg)
{
	struct world *w = arg;

	w->co[3]->waits_for = "fork 1";
	w->co[3]->held_by = w->co[1];
	sim_block(&w->s);
}

static void test_deadlock(void)
{
	struct world w;
	int i;

	world_begin(&w);
	w.co[3] = sim_coro(&w.s, "onlooker", onlooker, &w);
	w.co[0] = sim_coro(&w.s, "kant", philosopher_0, &w);
	w.co[1] = sim_coro(&w.s, "hume", philosopher_1, &w);
	w.co[2] = sim_coro(&w.s, "mach", philosopher_2, &w);
	sim_coro(&w.s, "never started", victim, &w);
	for (i = 0; i < 4; i++)
		sim_ready(&w.s, w.co[i]);
	is_int(sim_run(&w.s, SEC(1)), SIM_STOP_DEADLOCK, "three philosophers");
	is_str(w.s.reason, "deadlock at 0s: 4 of 5 coroutines blocked, no event pending\n"
	       "  onlooker: waits for fork 1, held by hume\n"
	       "  kant: waits for fork 1, held by hume\n"
	       "  hume: waits for fork 2, held by mach\n"
	       "  mach: waits for fork 0, held by kant\n"
	       "cycle: kant -> hume -> mach -> kant\n", "the report names the cycle once");
	world_end(&w);
}

static void test_deadlock_without_cycle(void)
{
	struct world w;
	int i;

	world_begin(&w);
	for (i = 0; i < 40; i++)
		sim_ready(&w.s, sim_coro(&w.s, "forgotten", victim, &w));
	is_int(sim_run(&w.s, SEC(1)), SIM_STOP_DEADLOCK, "nobody will wake them");
	ok(strstr(w.s.reason, "40 of 40 coroutines blocked") != NULL, "all are counted");
	ok(strlen(w.s.reason) > 1000 && !strstr(w.s.reason, "cycle"),
	   "all are listed, and no cycle is invented");
	ok(strstr(w.s.reason, "forgotten: waits for an event") != NULL, "with what they wait for");
	world_end(&w);
}

int main(void)
{
	tap_seed(0);
	test_from_coroutine();
	test_from_event();
	test_on_a_dead_stack();
	test_setup_and_memory();
	test_no_first_memory();
	test_deadlock();
	test_deadlock_without_cycle();
	is_int(coro_stack_trim(), 0, "every stack came back from every world");
	return tap_done();
}
