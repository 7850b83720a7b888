/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The model's spinlocks under the load of the ticket-lock chain.
 *
 * Cores think for an exponential time of mean a = 20,000 cycles and pass one
 * lock with a section of s = 200 cycles, of which the release store that
 * takes the line from the waiters is c = 100.  All transfers of lines cost c,
 * everything else nothing; no jitter.  The section has a fixed length where the
 * chain has an exponential one, so this compares shapes:
 *   random order of re-reads    peak where the chain has it (34 cores, +-4),
 *                               then collapse below a third of the peak;
 *                               beyond the knee the chain's figure itself
 *   ticket order                no collapse
 *   store waits for re-reads    twice the collapse
 *   queued lock                 monotone
 * The curve has two branches near its peak (a burst of arrivals tips it over
 * and it rarely comes back), so points there are averaged over long runs.
 * Cycles are nanoseconds here.  Seeds are fixed.
 *
 * Sources: Boyd-Wickizer et al., OLS 2012, for the chain; the rules of
 * arbitration are ours (models/kernel/spinlock.h).
 */
#include <math.h>

#include "models/world/bare.h"
#include "models/world/validate_locks.h"
#include "models/world/world.h"

enum { THINK = 20000, SECTION = 200, TRANSFER = 100, SOCKETS = 2, CORES = 32 };

struct load {
	struct spinlock *lock;
	int64_t sections;
};

struct locker {
	struct load *load;
	struct rng think;
};

static void lock_and_think(struct ctx *w, void *arg)
{
	struct locker *p = arg;
	struct load *load = p->load;

	for (;;) {
		cpu_work(w, rng_exp(&p->think, NS(THINK)));
		spin_lock(w, load->lock);
		sync(w);
		cpu_work(w, NS(SECTION - TRANSFER));
		spin_unlock(w, load->lock);
		sync(w);
		load->sections++;
	}
}

static void set(struct bare *b, enum spinlock_kind kind, enum arbitration rule)
{
	memset(b->machine->cost, 0, sizeof(b->machine->cost));
	b->machine->cost[COST_LINE_SOCKET] = NS(TRANSFER);
	b->machine->cost[COST_LINE_CROSS] = NS(TRANSFER);
	b->machine->cost[COST_LINE_MEMORY] = NS(TRANSFER);
	b->kernel->spinlock = kind;
	b->kernel->arbitration = rule;
}

static void start(struct bare *b, struct load *load, int n)
{
	load->lock = &b->m->kernel->zone_lock;
	for (int i = 0; i < n; i++) {
		struct locker *p = arena_alloc(&b->arena, sizeof(*p));
		char name[32];

		snprintf(name, sizeof(name), "core %d", i);
		p->load = load;
		rng_seed(&p->think, 1, 1, name, "think");
		bare_thread(b, i, NULL, "core", lock_and_think, p);
	}
}

/* Speedup of @n cores: time in think over elapsed; NAN if the world failed. */
static double speedup(struct bare *b, int n, sim_time length)
{
	const sim_time warmup = MS(10);
	struct load load = { .sections = 0 };
	double x = NAN;
	int64_t before;

	if (!bare_boot(b)) {
		start(b, &load, n);
		if (bare_run(b, warmup) == SIM_STOP_TIME) {
			before = load.sections;
			if (bare_run(b, warmup + length) == SIM_STOP_TIME)
				x = (double)(load.sections - before) * NS(THINK) / (double)length;
		}
	}
	bare_stop(b);
	return x;
}

/* --- rows ------------------------------------------------------------------------ */

static void check_ticket(struct check_list *l, struct bare *b)
{
	static const struct lock_chain at_48 = { 48, THINK, SECTION, TRANSFER };
	struct lock_chain_figures chain = lock_chain_formula(&at_48);
	double best = 0, random, wait, order;
	int peak = 0;

	set(b, SPINLOCK_TICKET, ARBITRATION_RANDOM);
	for (int n = 26; n <= 42; n++) {
		double x = speedup(b, n, MS(150));

		if (x > best) {
			best = x;
			peak = n;
		}
	}
	random = speedup(b, 48, MS(40));
	set(b, SPINLOCK_TICKET, ARBITRATION_WAIT);
	wait = speedup(b, 48, MS(40));
	set(b, SPINLOCK_TICKET, ARBITRATION_TICKET_ORDER);
	order = speedup(b, 48, MS(40));
	check_add(l, "locks", "ticket.random.peak", 34, peak, 4, "cores", "chain: peak at n = 34 (31.66)");
	check_add(l, "locks", "ticket.random.collapse", 0, random / best, 1.0 / 3, "of peak",
		  "chain at n = 48: 0.30 of the peak");
	check_add(l, "locks", "ticket.random.48", chain.throughput * THINK, random,
		  0.1 * chain.throughput * THINK, "cores", "chain at n = 48");
	check_add(l, "locks", "ticket.ticket_order.48", 48, order, 0.1 * 48, "cores",
		  "next holder always first: no collapse");
	check_add(l, "locks", "ticket.wait.48", 2, random / wait, 0.3, "times",
		  "stores behind all re-reads: twice the collapse");
}

static void check_queued(struct check_list *l, struct bare *b)
{
	static const int cores[] = { 1, 2, 4, 8, 16, 24, 32, 36, 40, 44, 48, 56, 64 };
	double previous = 0, x = 0;
	int falls = 0;

	set(b, SPINLOCK_QUEUED, ARBITRATION_RANDOM);
	for (size_t i = 0; i < sizeof(cores) / sizeof(cores[0]); i++) {
		x = speedup(b, cores[i], MS(40));
		falls += !(x > previous);
		previous = x;
	}
	check_add(l, "locks", "queued.falls", 0, falls, 0, "points", "one transfer per hand-over: monotone in n");
	check_add(l, "locks", "queued.64", 64, x, 0.1 * 64, "cores", "lock 0.96 busy at most: no collapse");
}

int validate_locks(struct check_list *l)
{
	struct bare b;

	if (validate_lock_chain(l) || bare_init(&b, SOCKETS, CORES)) {
		/* rows that are missing must not pass for rows that hold */
		check_add(l, "locks", "complete", 1, NAN, 0, "", "memory is out");
		return -1;
	}
	check_ticket(l, &b);
	check_queued(l, &b);
	bare_fini(&b);
	return l->failed ? -1 : 0;
}
