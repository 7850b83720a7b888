/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Grace periods against closed forms, on a machine whose instructions cost
 * nothing; calls come at random instants.
 *
 * Without readers, in ticks of T, R = time to the caller's next tick, uniform:
 *   classic RCU         R + 2
 *   SRCU of 2006        R + 8 = three RCU periods, the second and third asked
 *                       for right behind a tick: R is a whole tick there
 * Behind sleeping readers: N threads sleep inside for S and outside for an
 * exponential time Z, independently; one is inside with p = S / (S + Z) and
 * then has a residual of its length left.  A period of SRCU of 2012 waits for
 * the longest residual (an infinite-server queue with N sources, seen by a
 * random observer) and notices its end at a tick:
 *   E[W] = integral of 1 - (1 - p (1 - F(t)))^N, F = law of the residual,
 *          + T/2 where anybody is inside
 * F is uniform on 0..S for a constant S, and exponential for an exponential one.
 */
#include <math.h>

#include "models/kernel/srcu.h"
#include "models/world/bare.h"
#include "models/world/world.h"
#include "sim/engine/dist.h"

enum { READERS = 24, CALLS = 1500, TICK_CALLS = 400 };

struct load {
	struct srcu_domain domain;
	int rcu;			/* the caller waits for RCU */
	struct dist inside;
	sim_time outside, think;
	int calls;
	double sum;			/* of the waits, ms */
};

struct source {
	struct load *load;
	struct rng rng;
};

static void sleeping_reader(struct ctx *w, void *arg)
{
	struct source *s = arg;
	struct load *l = s->load;

	for (;;) {
		int idx;

		schedule_timeout(w, rng_exp(&s->rng, l->outside));
		idx = srcu_read_lock(w, &l->domain);
		schedule_timeout(w, dist_draw(&l->inside, &s->rng));
		srcu_read_unlock(w, &l->domain, idx);
	}
}

static void caller(struct ctx *w, void *arg)
{
	struct source *s = arg;
	struct load *l = s->load;

	for (int i = 0; i < l->calls; i++) {
		sim_time start;

		schedule_timeout(w, l->think + rng_exp(&s->rng, l->think));
		start = now_of(w);
		if (l->rcu)
			synchronize_rcu(w);
		else
			synchronize_srcu(w, &l->domain);
		sync(w);
		l->sum += (double)(now_of(w) - start) / (double)MS(1);
	}
	sim_stop(&w->m->sim);
}

/* The mean wait of @l in ms; NAN if the world failed. */
static double mean_wait(struct bare *b, struct load *l, int readers)
{
	double x = NAN;

	if (!bare_boot(b)) {
		srcu_init(b->m, &l->domain, "validate");
		for (int i = 0; i <= readers; i++) {
			struct source *s = arena_alloc(&b->arena, sizeof(*s));
			char name[32];

			snprintf(name, sizeof(name), i ? "reader %d" : "caller", i);
			s->load = l;
			rng_seed(&s->rng, 1, 1, name, "sleep");
			bare_thread(b, i ? 1 + i % (b->m->nr_cpus - 1) : 0, NULL, i ? "reader" : "caller",
				    i ? sleeping_reader : caller, s);
		}
		if (bare_run(b, SEC(100000)) == SIM_STOP_DONE)
			x = l->sum / l->calls;
	}
	bare_stop(b);
	return x;
}

static void set(struct bare *b, enum rcu_kind rcu, enum srcu_kind srcu)
{
	memset(b->machine->cost, 0, sizeof(b->machine->cost));
	b->kernel->hz = 1000;
	b->kernel->tick = 1;
	b->kernel->no_hz = 1;
	b->kernel->rcu = rcu;
	b->kernel->srcu = srcu;
	b->kernel->srcu_retry_delay = 0;
	b->kernel->watchdog = b->kernel->vmstat = b->kernel->reaper = 0;
}

static void check_ticks(struct check_list *l, struct bare *b)
{
	struct load rcu = { .rcu = 1, .calls = TICK_CALLS, .think = MS(7) };
	struct load srcu = { .calls = TICK_CALLS, .think = MS(17) };

	set(b, RCU_CLASSIC, SRCU_2006);
	check_add(l, "grace", "classic.mean", 2.5, mean_wait(b, &rcu, 0), 0.06, "ticks", "R + 2, R uniform");
	check_add(l, "grace", "srcu_2006.mean", 8.5, mean_wait(b, &srcu, 0), 0.06, "ticks",
		  "three periods: R + 2, 3, 3");
}

/* --- behind sleepers ---------------------------------------------------------------- */

static double inside_share(const struct load *l)
{
	double s = (double)dist_mean(&l->inside);

	return s / (s + (double)l->outside);
}

/* 1 - F(t), t in ms. */
static double residual(const struct load *l, double t)
{
	double s = (double)dist_mean(&l->inside) / (double)MS(1);

	if (l->inside.kind == DIST_EXP)
		return exp(-t / s);
	return t < s ? 1 - t / s : 0;
}

static double expected_wait(const struct load *l, double tick)
{
	const double step = 0.01;
	double p = inside_share(l), sum = 0;

	for (double t = step / 2; t < 2000; t += step)
		sum += step * (1 - pow(1 - p * residual(l, t), READERS));
	return sum + tick / 2 * (1 - pow(1 - p, READERS));
}

static void check_sleepers(struct check_list *l, struct bare *b)
{
	struct load constant = {
		.inside = { .kind = DIST_CONST, .a = MS(30) }, .outside = MS(500),
		.think = MS(100), .calls = CALLS,
	};
	struct load exponential = {
		.inside = { .kind = DIST_EXP, .a = MS(20) }, .outside = MS(400),
		.think = MS(200), .calls = CALLS,
	};
	double want;

	set(b, RCU_CLASSIC, SRCU_2012);
	want = expected_wait(&constant, 1);
	check_add(l, "grace", "srcu_2012.sleepers.const", want, mean_wait(b, &constant, READERS),
		  0.04 * want, "ms", "longest residual of 24 sources, M/G/inf");
	want = expected_wait(&exponential, 1);
	check_add(l, "grace", "srcu_2012.sleepers.exp", want, mean_wait(b, &exponential, READERS),
		  0.05 * want, "ms", "the same, exponential lengths");
}

int validate_grace(struct check_list *l)
{
	struct bare b;

	if (bare_init(&b, 1, 4)) {
		check_add(l, "grace", "complete", 1, NAN, 0, "", "memory is out");
		return -1;
	}
	check_ticks(l, &b);
	check_sleepers(l, &b);
	bare_fini(&b);
	return l->failed ? -1 : 0;
}
