/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a grace period promises, under random loads: nobody who waited, and no
 * callback, goes on while a reader that was inside at the call is still inside;
 * and a domain of SRCU waits for its own readers only.  Threads read, sleep
 * inside (SRCU), compute in user mode and in the kernel, wait and leave
 * callbacks, on CPUs that they share; with the costs of the tables and jitter
 * from the draws.  Every run must also have seen waits that overlapped readers.
 */
#include "models/kernel/t/rcu_rig.h"

enum { THREADS = 12, CPUS = 4, KINDS = 3 };	/* RCU, two domains */

struct callback {
	struct rcu_head head;
	struct property *p;
	sim_time called;
	int kind, busy;
};

struct worker {
	struct property *p;
	struct rng rng;
	sim_time began[KINDS];		/* of the section it is in; -1: none */
	struct callback cb[4];
};

struct property {
	struct machine *m;
	struct srcu_domain domain[2];
	struct worker worker[THREADS];
	int calls_srcu;			/* this kernel has call_srcu() */
	int64_t waits, callbacks, overlaps, broken;
};

static sim_time drawn(struct worker *k, sim_time mean)
{
	return rng_exp(&k->rng, mean) + 1;
}

/* A wait of @kind that began at @called is over. */
static void judge(struct property *p, int kind, sim_time called)
{
	for (int i = 0; i < THREADS; i++) {
		sim_time began = p->worker[i].began[kind];

		if (began >= 0 && began < called)
			p->broken++;
	}
}

static void count_overlaps(struct property *p, int kind)
{
	for (int i = 0; i < THREADS; i++)
		p->overlaps += p->worker[i].began[kind] >= 0;
}

static void read_rcu(struct ctx *w, struct worker *k)
{
	rcu_read_lock(w);
	sync(w);
	k->began[0] = now_of(w);
	cpu_work(w, drawn(k, rng_below(&k->rng, 3) ? US(700) : MS(8)));	/* over ticks, too */
	k->began[0] = -1;
	rcu_read_unlock(w);
}

static void read_srcu(struct ctx *w, struct worker *k, int kind)
{
	int idx = srcu_read_lock(w, &k->p->domain[kind - 1]);

	sync(w);
	k->began[kind] = now_of(w);
	if (rng_below(&k->rng, 2))
		schedule_timeout(w, drawn(k, MS(6)));
	else
		cpu_work(w, drawn(k, US(300)));
	sync(w);
	k->began[kind] = -1;
	srcu_read_unlock(w, &k->p->domain[kind - 1], idx);
}

static void wait_for(struct ctx *w, struct worker *k, int kind)
{
	sim_time called;

	sync(w);
	called = now_of(w);
	count_overlaps(k->p, kind);
	if (!kind)
		synchronize_rcu(w);
	else if (rng_below(&k->rng, 3))
		synchronize_srcu(w, &k->p->domain[kind - 1]);
	else
		synchronize_srcu_expedited(w, &k->p->domain[kind - 1]);
	sync(w);
	judge(k->p, kind, called);
	k->p->waits++;
}

static void called_back(struct ctx *w, struct rcu_head *head)
{
	struct callback *cb = (struct callback *)head;

	sync(w);
	judge(cb->p, cb->kind, cb->called);
	cb->p->callbacks++;
	cb->busy = 0;
}

static void leave_callback(struct ctx *w, struct worker *k, int kind)
{
	struct callback *cb = &k->cb[rng_below(&k->rng, 4)];

	if (cb->busy || (kind && !k->p->calls_srcu))
		return;
	sync(w);
	*cb = (struct callback){ .p = k->p, .called = now_of(w), .kind = kind, .busy = 1 };
	count_overlaps(k->p, kind);
	if (kind)
		call_srcu(w, &k->p->domain[kind - 1], &cb->head, called_back);
	else
		call_rcu(w, &cb->head, called_back);
}

static void work(struct ctx *w, void *arg)
{
	struct worker *k = arg;

	for (;;) {
		int kind = (int)rng_below(&k->rng, KINDS);

		ctx_class(w, TIME_SYSTEM);
		switch (rng_below(&k->rng, 6)) {
		case 0:
			read_rcu(w, k);
			break;
		case 1:
			read_srcu(w, k, 1 + kind % 2);
			break;
		case 2:
			wait_for(w, k, kind);
			break;
		case 3:
			leave_callback(w, k, kind);
			break;
		case 4:
			ctx_class(w, TIME_USER);
			cpu_work(w, drawn(k, MS(1)));
			break;
		default:
			schedule_timeout(w, drawn(k, MS(2)));
		}
		cond_resched(w);
	}
}

static void run(struct property *p, uint64_t seed, enum rcu_kind rcu, enum srcu_kind srcu, int hz,
		enum preempt_mode preempt)
{
	struct bare b;

	memset(p, 0, sizeof(*p));
	bare_init(&b, 2, CPUS / 2);
	b.kernel->hz = hz;
	b.kernel->tick = 1;
	b.kernel->rcu = rcu;
	b.kernel->srcu = srcu;
	b.kernel->preempt = preempt;
	b.kernel->rcu_wake_from_gp = seed % 2 ? 16 : 0;
	if (bare_boot(&b)) {
		printf("Bail out! no memory\n");
		exit(1);
	}
	p->m = b.m;
	p->calls_srcu = srcu != SRCU_2006;
	for (int i = 0; i < 2; i++)
		srcu_init(b.m, &p->domain[i], "test");
	for (int i = 0; i < THREADS; i++) {
		struct worker *k = &p->worker[i];
		char name[24];

		snprintf(name, sizeof(name), "worker %d", i);
		k->p = p;
		for (int j = 0; j < KINDS; j++)
			k->began[j] = -1;
		rng_seed(&k->rng, seed, 1, name, "work");
		bare_thread(&b, i % CPUS, NULL, "worker", work, k);
	}
	bare_run(&b, SEC(12));
	bare_fini(&b);
}

static void test_random(uint64_t seed)
{
	static const struct { const char *name; enum rcu_kind rcu; enum srcu_kind srcu; int hz;
			      enum preempt_mode preempt; } kernel[] = {
		{ "classic, srcu 2006, HZ 250", RCU_CLASSIC, SRCU_2006, 250, PREEMPT_NONE },
		{ "classic, srcu 2006, HZ 1000, PREEMPT", RCU_CLASSIC, SRCU_2006, 1000, PREEMPT_FULL },
		{ "tree, srcu 2012, HZ 250", RCU_TREE, SRCU_2012, 250, PREEMPT_NONE },
		{ "tree, srcu tree, HZ 1000", RCU_TREE, SRCU_TREE, 1000, PREEMPT_VOLUNTARY },
		{ "tree, srcu tree, HZ 300, PREEMPT", RCU_TREE, SRCU_TREE, 300, PREEMPT_FULL },
	};
	static struct property p;

	for (size_t i = 0; i < sizeof(kernel) / sizeof(kernel[0]); i++) {
		char text[120];

		run(&p, seed + i, kernel[i].rcu, kernel[i].srcu, kernel[i].hz, kernel[i].preempt);
		snprintf(text, sizeof(text), "%s: nobody went on under a reader that was there before",
			 kernel[i].name);
		is_int(p.broken, 0, text);
		snprintf(text, sizeof(text), "%s: %lld waits, %lld callbacks, %lld readers overlapped",
			 kernel[i].name, (long long)p.waits, (long long)p.callbacks, (long long)p.overlaps);
		ok(p.waits > 50 && p.callbacks > 20 && p.overlaps > 50, text);
	}
}

/* --- domains ---------------------------------------------------------------------------- */

static sim_time behind_sleeper(enum srcu_kind srcu, int same)
{
	struct bare b;
	struct record rec;
	struct srcu_domain domain[2];
	struct caller k = { .at = MS(2), .times = 1, .domain = &domain[0] };
	struct reader r = { &domain[same ? 0 : 1], MS(1), MS(1500) };
	sim_time done;

	rig_init(&b, 4, 250);
	b.kernel->srcu = srcu;
	boot(&b, &rec);
	srcu_init(b.m, &domain[0], "one");
	srcu_init(b.m, &domain[1], "two");
	bare_thread(&b, 0, NULL, "caller", call_synchronize, &k);
	bare_thread(&b, 1, NULL, "reader", sleep_inside, &r);
	bare_run(&b, SEC(4));
	done = k.n ? k.done[0] : -1;
	finish(&b, &rec);
	return done;
}

static void test_domains(void)
{
	static const enum srcu_kind kind[] = { SRCU_2006, SRCU_2012, SRCU_TREE };
	static const char *const name[] = { "2006", "2012", "tree" };

	for (int i = 0; i < 3; i++) {
		char text[120];

		snprintf(text, sizeof(text), "%s: a reader asleep for 1.5 s holds its own domain", name[i]);
		ok(behind_sleeper(kind[i], 1) >= MS(1500), text);
		snprintf(text, sizeof(text), "%s: and no other", name[i]);
		is_int(behind_sleeper(kind[i], 0), kind[i] == SRCU_2006 ? MS(36) : MS(2), text);
	}
}

int main(void)
{
	uint64_t seed = tap_seed(20080724);

	test_random(seed);
	test_domains();
	return tap_done();
}
