/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Coroutines: what must survive a switch (integers, doubles, long doubles,
 * locals deep in a recursion), stack reuse, births and deaths.  Knows nothing
 * of the back end; test_variants.sh runs it on both.
 */
#include "sim/base/tap.h"
#include "sim/engine/coro.h"
#include "sim/engine/coro_stack.h"
#include "sim/engine/rng.h"

#define WORKERS	97
#define ROUNDS	2000

struct worker {
	struct coro co;
	int id, done;
	uint64_t visits, wrong;
	struct torture *all;
};

struct torture {
	struct coro main;
	struct worker worker[WORKERS];
	struct rng order;
	int alive;
	uint64_t switches;
};

static void go_home(struct coro *self)
{
	struct worker *w = self->arg;

	w->done = 1;
	w->all->alive--;
	coro_exit(self, &w->all->main);
}

/*
 * Switch to a random other coroutine or to the main one.  Inline, as in the
 * engine: across a call the compiler would save every vector and x87 register
 * by itself.
 */
static inline __attribute__((always_inline)) void give_up(struct worker *w)
{
	struct torture *t = w->all;
	struct worker *next = &t->worker[rng_below(&t->order, WORKERS)];

	t->switches++;
	coro_switch(&w->co, next->done || next == w ? &t->main : &next->co);
}

/* Values that the compiler cannot compute again behind our back. */
static __attribute__((noinline)) double times(double x, double y)
{
	return x * y;
}

static __attribute__((noinline)) long double times_long(long double x, long double y)
{
	return x * y;
}

/* Locals of every kind live across a switch at each level. */
static double descend(struct worker *w, int depth, double x)
{
	double a, b, c;
	long double l;
	uint64_t i = (uint64_t)depth * 77 + (uint64_t)w->id, j = i * i;
	double below = 0.0;

	if (depth)
		below = descend(w, depth - 1, x + 1.0);
	a = times(x, 1.5);
	b = x + 0.25;
	c = times(x, x);
	l = times_long(x, 3.0L);
	give_up(w);
	w->visits++;
	l -= times_long(x, 3.0L);
	if (a != times(x, 1.5) || b != x + 0.25 || c != times(x, x) || l != 0.0L)
		w->wrong++;
	if (i != (uint64_t)depth * 77 + (uint64_t)w->id || j != i * i)
		w->wrong++;
	return a + b + c + below;
}

static void worker_main(void *arg)
{
	struct worker *w = arg;
	double sum = 0.0, expect = 0.0;
	int round;

	for (round = 0; round < ROUNDS / 10; round++)
		sum += descend(w, 9, w->id + round * 0.5);
	/* A closed form: ten levels of 1.5 y + y + 0.25 + y^2, y = x .. x + 9. */
	for (round = 0; round < ROUNDS / 10; round++) {
		double x = w->id + round * 0.5;
		int k;

		for (k = 0; k < 10; k++)
			expect += 2.5 * (x + k) + 0.25 + (x + k) * (x + k);
	}
	if (fabs(sum - expect) > 1e-9 * expect)
		w->wrong++;
}

static void test_torture(uint64_t seed)
{
	static struct torture t;
	uint64_t visits = 0, wrong = 0;
	int i;

	memset(&t, 0, sizeof(t));
	rng_seed(&t.order, seed, 1, "test_coro", "order");
	t.alive = WORKERS;
	for (i = 0; i < WORKERS; i++) {
		t.worker[i].id = i;
		t.worker[i].all = &t;
		if (coro_init(&t.worker[i].co, worker_main, &t.worker[i], go_home))
			ok(0, "coro_init");
	}
	while (t.alive) {
		struct worker *w = &t.worker[rng_below(&t.order, WORKERS)];

		if (!w->done)
			coro_switch(&t.main, &w->co);
	}
	for (i = 0; i < WORKERS; i++) {
		visits += t.worker[i].visits;
		wrong += t.worker[i].wrong;
		coro_fini(&t.worker[i].co);
	}
	printf("# %llu switches\n", (unsigned long long)t.switches);
	is_int(visits, (int64_t)WORKERS * ROUNDS, "every coroutine came as far as it should");
	is_int(wrong, 0, "integers, doubles and long doubles survive the switches");
}

struct counter {
	struct coro main, co;
	uint64_t sum;
	int turns;
};

static void count_end(struct coro *self)
{
	struct counter *c = self->arg;

	coro_exit(self, &c->main);
}

static void count_main(void *arg)
{
	struct counter *c = arg;
	uint64_t i;

	for (i = 1; i <= 10; i++) {
		c->sum += i;
		coro_switch(&c->co, &c->main);
	}
}

/* Stacks go back to the pool and come again, as often as one likes. */
static void test_stack_pool(void)
{
	size_t before;
	struct counter c;
	int world, turn, wrong = 0;

	coro_stack_trim();
	is_int(coro_stack_count(), 0, "a trimmed pool is empty");
	for (world = 0; world < 5000; world++) {
		memset(&c, 0, sizeof(c));
		wrong |= coro_init(&c.co, count_main, &c, count_end);
		for (turn = 0; turn < 1 + world % 11; turn++)
			coro_switch(&c.main, &c.co);
		wrong |= c.sum != (uint64_t)((turn < 10 ? turn : 10) * ((turn < 10 ? turn : 10) + 1) / 2);
		coro_fini(&c.co);	/* also when it has not ended */
	}
	ok(!wrong, "5000 short lives");
	before = coro_stack_count();
	ok(before > 0 && before <= 64, "they shared one slab of stacks");
}

static void test_pool_keeps_used_stacks(void)
{
	struct counter c;

	memset(&c, 0, sizeof(c));
	is_int(coro_init(&c.co, count_main, &c, count_end), 0, "a coroutine");
	is_int(coro_stack_trim(), -1, "the pool is not given back while in use");
	coro_switch(&c.main, &c.co);
	is_int(c.sum, 1, "and the coroutine still runs");
	coro_fini(&c.co);
	is_int(coro_stack_trim(), 0, "afterwards it is");
}

int main(void)
{
	uint64_t seed = tap_seed(2);

	test_torture(seed);
	test_stack_pool();
	test_pool_keeps_used_stacks();
	return tap_done();
}
