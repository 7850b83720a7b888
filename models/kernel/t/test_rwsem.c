/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rw_semaphore of 2.6.27: the hand case R1 | W1 R2 R3 W2 R4 with its wake
 * counts 1, 2, 1, 1; trylock; exclusion and strict FIFO as properties.
 */
#include "models/world/t/record.h"

enum { MAX = 8 };

/* --- the hand case ----------------------------------------------------------- */

struct hand {
	struct rwsem sem;
	int wakes[6];		/* by the release of R1 W1 R2 R3 W2 R4 */
	int order[6], n;
	const struct record *rec;
};

enum { R1, W1, R2, R3, W2, R4 };
static const int writes[] = { 0, 1, 0, 0, 1, 0 };

/* CPU i asks at i us; R1 keeps it until 100 us, the others for 50 us. */
static void actor(struct ctx *w, void *arg)
{
	struct hand *h = arg;
	int me = w->cpu->id, before;

	work_until(w, me * US(1));
	if (writes[me])
		down_write(w, &h->sem);
	else
		down_read(w, &h->sem);
	h->order[h->n++] = me;
	cpu_work(w, me == R1 ? US(100) : me == R3 ? US(60) : US(50));
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
	static const int want[] = { 1, 2, 0, 1, 1, 0 };	/* R3 is the later of the two readers */
	struct bare b;
	struct record rec;
	struct hand h = { .rec = &rec };
	char text[80];

	bare_init(&b, 2, 4);
	boot(&b, &rec);
	rwsem_init(b.m, &h.sem, LOCK_MMAP_SEM);
	for (int i = 0; i < 6; i++)
		bare_thread(&b, i, NULL, name[i], actor, &h);
	bare_run(&b, MS(10));
	for (int i = 0; i < 6; i++) {
		snprintf(text, sizeof(text), "release by %s wakes %d", name[i], want[i]);
		is_int(h.wakes[i], want[i], text);
	}
	is_int(h.n, 6, "all six got it");
	is_int(h.order[0] * 10 + h.order[1], R1 * 10 + W1, "W1 goes first");
	is_int(h.order[2] + h.order[3], R2 + R3, "then R2 and R3 together");
	is_int(h.order[4] * 10 + h.order[5], W2 * 10 + R4, "R4 arrived behind W2 and waits for it");
	is_int(record_count(&rec, TP_WAKE, ANY, ANY), 5, "five wake-ups in all");
	is_int(h.sem.activity, 0, "free at the end");
	is_int(b.m->metrics.cell[METRIC_LOCK_HOLD][LOCK_MMAP_SEM].tally.n, 2,
	       "holds of writers are tallied");
	finish(&b, &rec);
}

/* --- hand-over costs ------------------------------------------------------------ */

struct pair { struct rwsem sem; sim_time up, got; };

static void holds(struct ctx *w, void *arg)
{
	struct pair *p = arg;

	down_write(w, &p->sem);
	work_until(w, US(50));
	p->up = now_of(w);
	up_write(w, &p->sem);
}

static void wants(struct ctx *w, void *arg)
{
	struct pair *p = arg;

	work_until(w, US(10));
	down_read(w, &p->sem);
	p->got = now_of(w);
}

static void test_handover(void)
{
	struct bare b;
	struct record rec;
	struct pair p;

	bare_init(&b, 1, 2);
	no_costs(&b);
	b.machine->cost[COST_WAKE_UP] = US(3);
	b.machine->cost[COST_ICR_WRITE] = NS(200);
	b.machine->cost[COST_IPI_SOCKET] = NS(400);
	b.machine->cost[COST_IRQ_ENTRY] = NS(300);
	b.machine->cost[COST_IRQ_RETURN] = NS(100);
	b.machine->cost[COST_CONTEXT_SWITCH] = US(2);
	b.machine->idle_exit = (struct dist){ .kind = DIST_CONST, .a = US(7) };
	boot(&b, &rec);
	rwsem_init(b.m, &p.sem, LOCK_MMAP_SEM);
	bare_thread(&b, 0, NULL, "holds", holds, &p);
	bare_thread(&b, 1, NULL, "wants", wants, &p);
	bare_run(&b, MS(10));
	is_int(p.got - p.up, US(3) + NS(200 + 400) + US(7) + NS(300 + 100) + US(2),
	       "hand-over = wake-up, IPI, idle exit, interrupt, switch: the lock is owned by a sleeper meanwhile");
	is_int(cpu_class_time(&b.m->cpu[1], TIME_IDLE),
	       b.m->sim.now - cpu_class_time(&b.m->cpu[1], TIME_SYSTEM) -
	       cpu_class_time(&b.m->cpu[1], TIME_IRQ), "nobody spins for a semaphore");
	finish(&b, &rec);
}

/* --- trylock ----------------------------------------------------------------------- */

struct attempts { struct rwsem sem; int got[4]; sim_time took; };

static void reader_until_40(struct ctx *w, void *arg)
{
	struct attempts *a = arg;

	down_read(w, &a->sem);
	work_until(w, US(40));
	up_read(w, &a->sem);
}

static void writer_at_20(struct ctx *w, void *arg)
{
	struct attempts *a = arg;

	work_until(w, US(20));
	down_write(w, &a->sem);
	work_until(w, US(80));
	up_write(w, &a->sem);
}

static void try_often(struct ctx *w, void *arg)
{
	static const sim_time at[] = { US(10), US(30), US(60), US(100) };
	struct attempts *a = arg;

	for (int i = 0; i < 4; i++) {
		sim_time t;

		work_until(w, at[i]);
		t = now_of(w);
		a->got[i] = down_read_trylock(w, &a->sem);
		sync(w);
		if (now_of(w) - t > a->took)
			a->took = now_of(w) - t;
		if (a->got[i])
			up_read(w, &a->sem);
	}
}

static void test_trylock(void)
{
	struct bare b;
	struct record rec;
	struct attempts a = { .took = 0 };

	bare_init(&b, 1, 4);
	boot(&b, &rec);
	rwsem_init(b.m, &a.sem, LOCK_MMAP_SEM);
	bare_thread(&b, 0, NULL, "reader", reader_until_40, &a);
	bare_thread(&b, 1, NULL, "writer", writer_at_20, &a);
	bare_thread(&b, 2, NULL, "tries", try_often, &a);
	bare_run(&b, MS(10));
	is_int(a.got[0], 1, "trylock beside a reader succeeds");
	is_int(a.got[1], 0, "a waiting writer makes it fail though only a reader holds");
	is_int(a.got[2], 0, "a holding writer makes it fail");
	is_int(a.got[3], 1, "free: it succeeds");
	ok(a.took < US(1), "it never waits");
	is_int(a.sem.activity, 0, "and leaves the count right");
	finish(&b, &rec);
}

/* --- properties ----------------------------------------------------------------------- */

struct property {
	struct rwsem sem;
	struct rng rng;
	int readers, writers, broken, unfair, most_readers;
	uint64_t ticket, grants, writer_grants;
	uint64_t last_granted_writer;	/* ticket */
	uint64_t newest_granted;	/* highest ticket granted */
	uint64_t waiting_writer[MAX];	/* ticket + 1, 0: none */
};

/* A grant to ticket @t: no earlier writer may still wait; a writer no earlier anybody. */
static void judge(struct property *p, uint64_t t, int write)
{
	for (int i = 0; i < MAX; i++)
		if (p->waiting_writer[i] && p->waiting_writer[i] - 1 < t)
			p->unfair++;
	if (write && p->newest_granted > t + 1)
		p->unfair++;
	if (t + 1 > p->newest_granted)
		p->newest_granted = t + 1;
	p->grants++;
	p->writer_grants += (uint64_t)write;
}

static void mixed(struct ctx *w, void *arg)
{
	struct property *p = arg;
	int me = w->cpu->id;

	for (;;) {
		int write = rng_below(&p->rng, 4) == 0;
		uint64_t t;

		cpu_work(w, (sim_time)rng_below(&p->rng, US(30)));
		sync(w);
		t = p->ticket++;	/* FIFO of wait_lock keeps this order */
		p->waiting_writer[me] = write ? t + 1 : 0;
		if (write)
			down_write(w, &p->sem);
		else
			down_read(w, &p->sem);
		p->waiting_writer[me] = 0;
		judge(p, t, write);
		p->writers += write;
		p->readers += !write;
		p->broken += p->writers > 1 || (p->writers && p->readers);
		if (p->readers > p->most_readers)
			p->most_readers = p->readers;
		cpu_work(w, (sim_time)rng_below(&p->rng, US(20)));
		sync(w);
		p->broken += p->sem.activity != (write ? -1 : p->sem.activity) || !p->sem.activity;
		p->writers -= write;
		p->readers -= !write;
		if (write)
			up_write(w, &p->sem);
		else
			up_read(w, &p->sem);
	}
}

static void test_property(uint64_t seed)
{
	struct bare b;
	struct record rec;
	struct property p = { .broken = 0 };

	bare_init(&b, 2, 4);
	b.machine->idle_exit = (struct dist){ .kind = DIST_UNIFORM, .a = NS(100), .b = US(5) };
	b.machine->cost[COST_WAKE_UP] = NS(50);	/* often before the sleeper is asleep */
	boot(&b, &rec);
	b.m->sim.trace.sink = NULL;
	rng_seed(&p.rng, seed, 1, "test", "rwsem");
	rwsem_init(b.m, &p.sem, LOCK_MMAP_SEM);
	for (int i = 0; i < MAX; i++)
		bare_thread(&b, i, NULL, "mixed", mixed, &p);
	is_int(bare_run(&b, MS(100)), SIM_STOP_TIME, "no wake-up is lost");
	is_int(p.broken, 0, "never a reader beside a writer, never two writers");
	is_int(p.unfair, 0, "nobody passes a waiting writer, a writer passes nobody");
	ok(p.grants > 5000 && p.writer_grants > 1000, "enough grants of both kinds");
	ok(p.most_readers >= 4, "readers shared it");
	finish(&b, &rec);
}

int main(void)
{
	uint64_t seed = tap_seed(20080603);

	test_hand_case();
	test_handover();
	test_trylock();
	test_property(seed);
	return tap_done();
}
