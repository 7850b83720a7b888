/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The read-write semaphore of today: the hand case R1 | W1 R2 R3 W2 R4 with its wake
 * counts 1, 3, 1; spinning on writers and, for a while, on readers; stealing until
 * the hand-off after 4 ms; exclusion and progress under random loads.
 */
#include "models/kernel/kernel.h"
#include "models/world/t/record.h"

enum { MAX = 8 };

static void prepare(struct bare *b, struct record *rec, int sockets, int cores)
{
	bare_init(b, sockets, cores);
	no_costs(b);
	b->machine->cost[COST_WAKE_UP] = NS(1500);
	b->machine->cost[COST_CONTEXT_SWITCH] = NS(1500);
	b->machine->cost[COST_IPI_SOCKET] = NS(400);
	b->machine->idle_exit = (struct dist){ .kind = DIST_CONST, .a = US(5) };
	b->kernel->rwsem = RWSEM_TODAY;
	boot(b, rec);
}

/* --- the hand case ------------------------------------------------------------------ */

struct hand {
	struct rwsem sem;
	int wakes[6];			/* by the release of R1 W1 R2 R3 W2 R4 */
	int order[6], n;
	const struct record *rec;
};

enum { R1, W1, R2, R3, W2, R4 };
static const int writes[] = { 0, 1, 0, 0, 1, 0 };

/* CPU i asks at 20 i us, so that W1 has given up spinning on the reader before R2 comes. */
static void actor(struct ctx *w, void *arg)
{
	struct hand *h = arg;
	int me = w->cpu->id, before;

	work_until(w, me * US(20));
	if (writes[me])
		down_write(w, &h->sem);
	else
		down_read(w, &h->sem);
	h->order[h->n++] = me;
	cpu_work(w, me == R1 ? US(200) : me == R3 ? US(60) : US(50));
	before = record_count(h->rec, TP_WAKE, me, ANY);
	if (writes[me])
		up_write(w, &h->sem);
	else
		up_read(w, &h->sem);
	sync(w);
	h->wakes[me] = record_count(h->rec, TP_WAKE, me, ANY) - before;
}

static void test_hand_case(void)
{
	static const char *const name[] = { "R1", "W1", "R2", "R3", "W2", "R4" };
	static const int want[] = { 1, 3, 0, 1, 0, 0 };	/* R3 is the last of the readers */
	struct bare b;
	struct record rec;
	struct hand h = { .rec = &rec };
	char text[80];

	prepare(&b, &rec, 2, 4);
	rwsem_init(b.m, &h.sem, LOCK_MMAP_SEM);
	for (int i = 0; i < 6; i++)
		bare_thread(&b, i, NULL, name[i], actor, &h);
	bare_run(&b, MS(10));
	for (int i = 0; i < 6; i++) {
		snprintf(text, sizeof(text), "release by %s wakes %d", name[i], want[i]);
		is_int(h.wakes[i], want[i], text);
	}
	is_int(h.n, 6, "all six got it");
	is_int(h.order[1], W1, "W1 goes first");
	is_int(h.order[5], W2, "R4 passes W2 with the other readers");
	is_int(h.sem.activity, 0, "free at the end");
	is_int(h.sem.waiters || h.sem.handoff, 0, "and nobody waits");
	finish(&b, &rec);
}

/* --- spinning ----------------------------------------------------------------------------- */

struct duel {
	struct rwsem sem;
	sim_time until, come, got, slept;
	int holder_writes, sleeps;
};

static void holds(struct ctx *w, void *arg)
{
	struct duel *d = arg;

	if (d->holder_writes)
		down_write(w, &d->sem);
	else
		down_read(w, &d->sem);
	if (d->sleeps)
		schedule_timeout(w, d->until);
	else
		work_until(w, d->until);
	if (d->holder_writes)
		up_write(w, &d->sem);
	else
		up_read(w, &d->sem);
	cpu_work(w, US(100));
}

static void wants(struct ctx *w, void *arg)
{
	struct duel *d = arg;

	work_until(w, d->come);
	down_write(w, &d->sem);
	d->got = now_of(w);
	up_write(w, &d->sem);
}

static void test_spin(int holder_writes, int sleeps, sim_time until, int spun, const char *what)
{
	struct bare b;
	struct record rec;
	struct duel d = { .until = until, .come = US(5), .holder_writes = holder_writes, .sleeps = sleeps };
	sim_time spin;
	char text[120];

	prepare(&b, &rec, 1, 2);
	rwsem_init(b.m, &d.sem, LOCK_MMAP_SEM);
	bare_thread(&b, 0, NULL, "holder", holds, &d);
	bare_thread(&b, 1, NULL, "writer", wants, &d);
	bare_run(&b, MS(1));
	spin = cpu_class_time(&b.m->cpu[1], TIME_SPIN);
	snprintf(text, sizeof(text), "%s: spins for so many us", what);
	is_int((spin + NS(500)) / US(1), spun, text);
	snprintf(text, sizeof(text), "%s: and gets it", what);
	ok(d.got >= until, text);
	finish(&b, &rec);
}

/* --- stealing and the hand-off --------------------------------------------------------------- */

struct thief { struct rwsem sem; sim_time queued, got; int steals; };

static void sleeping_owner(struct ctx *w, void *arg)
{
	struct thief *t = arg;

	down_write(w, &t->sem);
	schedule_timeout(w, US(100));
	up_write(w, &t->sem);
}

static void patient(struct ctx *w, void *arg)
{
	struct thief *t = arg;

	work_until(w, US(20));
	t->queued = now_of(w);
	down_write(w, &t->sem);
	t->got = now_of(w);
	up_write(w, &t->sem);
}

static void steals(struct ctx *w, void *arg)
{
	struct thief *t = arg;

	work_until(w, US(110));
	for (int i = 0; i < 1000; i++) {
		down_write(w, &t->sem);
		cpu_work(w, US(20));
		t->steals += !t->got;
		up_write(w, &t->sem);
	}
}

static void test_handoff(int hz, sim_time at_least)
{
	struct bare b;
	struct record rec;
	struct thief t = { .steals = 0 };
	char text[100];

	prepare(&b, &rec, 1, 3);
	b.kernel->hz = hz;
	rwsem_init(b.m, &t.sem, LOCK_MMAP_SEM);
	bare_thread(&b, 0, NULL, "owner", sleeping_owner, &t);
	bare_thread(&b, 1, NULL, "patient", patient, &t);
	bare_thread(&b, 2, NULL, "thief", steals, &t);
	bare_run(&b, MS(40));
	snprintf(text, sizeof(text), "HZ %d: a sleeping writer is passed for that long ...", hz);
	ok(t.got - t.queued > at_least, text);
	snprintf(text, sizeof(text), "HZ %d: ... and then handed the lock", hz);
	ok(t.got - t.queued < at_least + US(100), text);
	snprintf(text, sizeof(text), "HZ %d: each of the thief's turns in between was a theft", hz);
	ok(t.steals > (int)(at_least / US(25)), text);
	finish(&b, &rec);
}

/* --- properties ----------------------------------------------------------------------------------- */

struct property {
	struct rwsem sem;
	struct rng rng;
	int readers, writers, broken, most_readers, grants, writer_grants;
};

static void mixed(struct ctx *w, void *arg)
{
	struct property *p = arg;

	for (;;) {
		int write = rng_below(&p->rng, 4) == 0;

		cpu_work(w, (sim_time)rng_below(&p->rng, US(30)));
		if (write)
			down_write(w, &p->sem);
		else
			down_read(w, &p->sem);
		p->grants++;
		p->writer_grants += write;
		p->writers += write;
		p->readers += !write;
		p->broken += p->writers > 1 || (p->writers && p->readers);
		if (p->readers > p->most_readers)
			p->most_readers = p->readers;
		if (rng_below(&p->rng, 8))
			cpu_work(w, (sim_time)rng_below(&p->rng, US(20)));
		else
			schedule_timeout(w, (sim_time)rng_below(&p->rng, US(40)) + 1);
		sync(w);
		p->writers -= write;
		p->readers -= !write;
		if (write)
			up_write(w, &p->sem);
		else
			up_read(w, &p->sem);
	}
}

static void test_property(enum rwsem_kind kind, int threads, enum preempt_mode preempt, const char *what)
{
	struct bare b;
	struct record rec;
	struct property p = { .broken = 0 };
	char text[120];

	bare_init(&b, 2, 4);
	b.machine->idle_exit = (struct dist){ .kind = DIST_UNIFORM, .a = NS(100), .b = US(5) };
	b.machine->cost[COST_WAKE_UP] = NS(50);	/* often before the sleeper is asleep */
	b.kernel->rwsem = kind;
	b.kernel->preempt = preempt;
	b.kernel->tick = threads > MAX;
	b.kernel->hz = 1000;
	b.kernel->sched_latency = US(40);
	b.kernel->sched_min_granularity = US(20);
	b.kernel->sched_wakeup_granularity = US(10);
	boot(&b, &rec);
	b.m->sim.trace.sink = NULL;
	rng_seed(&p.rng, tap_seed(20201012), 1, "test", "rwsem");
	rwsem_init(b.m, &p.sem, LOCK_MMAP_SEM);
	for (int i = 0; i < threads; i++)
		bare_thread(&b, i % MAX, NULL, "mixed", mixed, &p);
	snprintf(text, sizeof(text), "%s: no wake-up is lost", what);
	is_int(bare_run(&b, MS(100)), SIM_STOP_TIME, text);
	snprintf(text, sizeof(text), "%s: never a reader beside a writer, never two writers", what);
	is_int(p.broken, 0, text);
	snprintf(text, sizeof(text), "%s: enough grants of both kinds", what);
	ok(p.grants > 5000 && p.writer_grants > 500 && p.most_readers >= 4, text);
	printf("# %s: %d grants, %d to writers\n", what, p.grants, p.writer_grants);
	finish(&b, &rec);
}

int main(void)
{
	test_hand_case();
	test_spin(1, 0, US(60), 55, "writer on a CPU");
	test_spin(1, 1, US(60), 0, "writer asleep");
	test_spin(0, 0, US(12), 7, "a reader that is soon through");
	/* (20 + 1) / 2 us */
	test_spin(0, 0, US(60), 11, "a reader that takes long");
	test_handoff(250, MS(4));
	test_handoff(1000, MS(4));
	test_property(RWSEM_TODAY, MAX, PREEMPT_NONE, "today");
	test_property(RWSEM_TODAY, 20, PREEMPT_FULL, "today, 20 threads, PREEMPT");
	test_property(RWSEM_FIFO, 20, PREEMPT_NONE, "2.6.27, 20 threads");
	return tap_done();
}
