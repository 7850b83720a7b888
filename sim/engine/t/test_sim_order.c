/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The order of everything that happens, against a list that is searched from
 * end to end: random worlds of coroutines and event functions that schedule,
 * cancel, wake and block at few different times.  Whatever the engine serves
 * next must be what (time, priority, sequence) says, a wake-up counting as an
 * event of normal priority at the present time.
 */
#include "sim/base/tap.h"
#include "sim/engine/rng.h"
#include "sim/engine/sim.h"

#define ACTORS	24
#define STEPS	30000

/* What may come next, in the books of the test. */
struct promise {
	int pending;
	sim_time at;
	unsigned int priority;
	uint64_t sequence;
};

struct actor {
	struct model *m;
	struct coro *co;	/* NULL: an event function */
	uint32_t slot;
	unsigned int priority;
	struct promise slot_event, wake;
};

struct model {
	struct sim s;
	struct rng r;
	struct actor actor[ACTORS];
	uint64_t sequence;
	int64_t steps, wrong;
};

static int earlier(const struct promise *a, const struct promise *b)
{
	if (a->at != b->at)
		return a->at < b->at;
	if (a->priority != b->priority)
		return a->priority < b->priority;
	return a->sequence < b->sequence;
}

static struct promise *earliest(struct model *m)
{
	struct promise *least = NULL;
	int i, k;

	for (i = 0; i < ACTORS; i++)
		for (k = 0; k < 2; k++) {
			struct promise *p = k ? &m->actor[i].wake : &m->actor[i].slot_event;

			if (p->pending && (!least || earlier(p, least)))
				least = p;
		}
	return least;
}

/* @a was served: was it due? */
static void served(struct actor *a)
{
	struct model *m = a->m;
	struct promise *p = earliest(m);

	m->steps++;
	if (p && (p == &a->slot_event || p == &a->wake) && p->at == m->s.now)
		p->pending = 0;
	else
		m->wrong++;
}

static void promise(struct model *m, struct promise *p, sim_time at, unsigned int priority)
{
	*p = (struct promise){ 1, at, priority, m->sequence++ };
}

static void schedule(struct model *m, struct actor *a)
{
	sim_time t = m->s.now + (sim_time)rng_below(&m->r, 4);

	sim_at(&m->s, a->slot, t);
	promise(m, &a->slot_event, t, a->priority);
}

static void random_deed(struct model *m)
{
	struct actor *a = &m->actor[rng_below(&m->r, ACTORS)];

	switch (rng_below(&m->r, 4)) {
	case 0:
		sim_cancel(&m->s, a->slot);
		a->slot_event.pending = 0;
		break;
	case 1:
		if (a->co && !a->wake.pending) {
			sim_ready(&m->s, a->co);
			promise(m, &a->wake, m->s.now, PRIO_NORMAL);
		}
		break;
	default:
		schedule(m, a);
	}
}

static void act(struct actor *a)
{
	struct model *m = a->m;
	uint64_t n = rng_below(&m->r, 4);

	served(a);
	if (m->steps >= STEPS)
		sim_stop(&m->s);
	while (n--)
		random_deed(m);
	/* Keep the world alive. */
	if (!earliest(m))
		schedule(m, a);
}

static void act_event(struct sim *s, void *arg)
{
	(void)s;
	act(arg);
}

static void act_coroutine(void *arg)
{
	struct actor *a = arg;

	for (;;) {
		act(a);
		sim_block(&a->m->s);
	}
}

static void build(struct sim *s, void *arg)
{
	static const enum sim_prio prio[] = { PRIO_ARRIVAL, PRIO_NORMAL, PRIO_NORMAL, PRIO_LATE };
	struct model *m = arg;
	int i;

	for (i = 0; i < ACTORS; i++) {
		struct actor *a = &m->actor[i];

		a->m = m;
		a->priority = prio[rng_below(&m->r, 4)];
		a->slot = sim_slot_new(s, (enum sim_prio)a->priority);
		if (i % 2) {
			sim_slot_call(s, a->slot, act_event, a);
		} else {
			a->co = sim_coro(s, "actor", act_coroutine, a);
			sim_slot_bind(s, a->slot, a->co);
		}
		schedule(m, a);
	}
}

int main(void)
{
	uint64_t seed = tap_seed(3);
	static struct model m;
	struct arena arena;
	int64_t wrong = 0, steps = 0, stops = 0;
	uint32_t world;

	arena_init(&arena, 1 << 16);
	for (world = 1; world <= 20; world++) {
		memset(&m, 0, sizeof(m));
		rng_seed(&m.r, seed, world, "test_sim_order", "deeds");
		if (sim_init(&m.s, &arena) || sim_setup(&m.s, build, &m))
			break;
		stops += sim_run(&m.s, TIME_NEVER) == SIM_STOP_DONE;
		wrong += m.wrong;
		steps += m.steps;
		sim_fini(&m.s);
		arena_reset(&arena);
	}
	arena_free(&arena);
	is_int(stops, 20, "20 random worlds ran to the end");
	is_int(steps, 20 * STEPS, "with the events that were asked for");
	is_int(wrong, 0, "everything came in the order of time, priority, sequence");
	return tap_done();
}
