/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Spinlocks: mutual exclusion and FIFO as properties under random load and
 * interrupts; what a release costs whom, for ticket and queued locks and the
 * three rules of who re-reads first; a hand-over that falls into an interrupt.
 */
#include "models/world/t/record.h"

enum { TRANSFER = 100000, MAX = 8 };

static void prepare(struct bare *b, struct record *rec, enum spinlock_kind kind,
		    enum arbitration rule)
{
	bare_init(b, 1, MAX);
	no_costs(b);
	b->machine->cost[COST_LINE_SOCKET] = TRANSFER;
	b->machine->cost[COST_LINE_CROSS] = TRANSFER;
	b->machine->cost[COST_LINE_MEMORY] = TRANSFER;
	b->kernel->spinlock = kind;
	b->kernel->arbitration = rule;
	boot(b, rec);
}

static struct spinlock *the_lock(struct ctx *w)
{
	return &w->m->kernel->zone_lock;
}

/* --- one holder, waiters in the order of their CPUs --------------------------------- */

struct queue {
	int holder_k;			/* re-reads outstanding after the holder's release */
	sim_time reread[MAX];		/* after each release, in transfers */
	sim_time release[MAX];		/* what the release cost */
	sim_time released_at[MAX];
	sim_time granted_at[MAX];
	sim_time section;
	int n;
};

static void one_section(struct ctx *w, void *arg)
{
	struct queue *q = arg;
	struct spinlock *l = the_lock(w);
	int i;

	work_until(w, w->cpu->id * US(1));
	spin_lock(w, l);
	sync(w);
	i = q->n++;
	q->granted_at[i] = now_of(w);
	cpu_work(w, i ? q->section : US(20) - now_of(w));
	q->released_at[i] = now_of(w);
	spin_unlock(w, l);
	q->release[i] = w->debt;
	q->reread[i] = l->reread_until - (now_of(w) + w->debt);
}

static void run_queue(struct queue *q, int waiters, enum spinlock_kind kind,
		      enum arbitration rule, sim_time section, int64_t seed)
{
	struct bare b;
	struct record rec;

	memset(q, 0, sizeof(*q));
	q->section = section;
	prepare(&b, &rec, kind, rule);
	rng_seed(&b.m->arbitration, (uint64_t)seed, 1, "machine", "line arbitration");
	for (int i = 0; i <= waiters; i++)
		bare_thread(&b, i, NULL, "contender", one_section, q);
	bare_run(&b, MS(10));
	finish(&b, &rec);
}

static void test_ticket_transfers(void)
{
	struct queue q;
	int total = 0;

	/* sections long enough for all re-reads to be over */
	run_queue(&q, 3, SPINLOCK_TICKET, ARBITRATION_RANDOM, US(5), 1);
	is_int(q.reread[0], 3 * TRANSFER, "holder and 3 waiters: the release makes 3 re-reads");
	is_int(q.reread[1], 2 * TRANSFER, "the next one 2");
	is_int(q.reread[2], 1 * TRANSFER, "the next one 1");
	ok(q.reread[3] < 0, "the last release none");
	for (int i = 0; i < 3; i++)
		total += (int)(q.reread[i] / TRANSFER);
	is_int(total, 6, "3+2+1 in all");
	is_int(q.release[0], TRANSFER, "a release store takes the line from the waiters");
	is_int(q.release[3], TRANSFER, "the last release still takes the previous releaser's copy");
}

static void test_ticket_order(void)
{
	struct queue q;

	run_queue(&q, 5, SPINLOCK_TICKET, ARBITRATION_TICKET_ORDER, US(5), 1);
	for (int i = 0; i < 5; i++)
		is_int(q.granted_at[i + 1] - q.released_at[i], 2 * TRANSFER,
		       "ticket order: the next holder reads first, however many wait");
}

/* Position of the next holder's read among k re-reads: uniform on 1..k. */
static void test_random_order(uint64_t seed)
{
	enum { RUNS = 1500, K = 4 };
	int count[K + 1] = { 0 }, bad = 0;
	double chi2 = 0;

	for (int r = 0; r < RUNS; r++) {
		struct queue q;
		sim_time j;

		run_queue(&q, K, SPINLOCK_TICKET, ARBITRATION_RANDOM, US(5), (int64_t)(seed + (uint64_t)r));
		j = q.granted_at[1] - q.released_at[0] - TRANSFER;
		if (j % TRANSFER || j < TRANSFER || j > K * TRANSFER)
			bad++;
		else
			count[j / TRANSFER]++;
	}
	is_int(bad, 0, "random: the next holder's read is one of the k re-reads");
	for (int j = 1; j <= K; j++)
		chi2 += (count[j] - RUNS / (double)K) * (count[j] - RUNS / (double)K) / (RUNS / (double)K);
	ok(chi2 < 16.3, "random: its position is uniform (chi-square, 3 degrees, 0.1%)");
	if (chi2 >= 16.3)
		printf("#   chi-square %.1f: %d %d %d %d\n", chi2, count[1], count[2], count[3], count[4]);
}

/* The next release store overtakes outstanding re-reads, or waits for them. */
static void test_overtaking(void)
{
	int overtook = 0, waited = 0, late = 0;

	for (int64_t seed = 1; seed <= 40; seed++) {
		struct queue q;

		run_queue(&q, 6, SPINLOCK_TICKET, ARBITRATION_RANDOM, NS(1), seed);
		for (int i = 1; i < 6; i++) {
			late += q.release[i] != TRANSFER;
			overtook += q.released_at[i] < q.granted_at[i] + NS(2) &&
				q.released_at[i] - q.released_at[i - 1] < (7 - i) * TRANSFER;
		}
		run_queue(&q, 6, SPINLOCK_TICKET, ARBITRATION_WAIT, NS(1), seed);
		for (int i = 1; i < 6; i++) {
			sim_time reads_end = q.released_at[i - 1] + q.release[i - 1] + (7 - i) * TRANSFER;

			if (reads_end < q.released_at[i])	/* it was itself the last to read */
				reads_end = q.released_at[i];
			waited += q.released_at[i] + q.release[i] == reads_end + TRANSFER;
		}
	}
	is_int(late, 0, "random: a release store does not wait for outstanding re-reads");
	ok(overtook > 50, "random: it often had re-reads to overtake");
	is_int(waited, 40 * 5, "wait: it is served after all of them");
}

static void test_queued_handover(void)
{
	struct queue q;
	char text[80];

	for (int k = 1; k < MAX; k++) {
		run_queue(&q, k, SPINLOCK_QUEUED, ARBITRATION_RANDOM, US(5), 1);
		snprintf(text, sizeof(text), "queued: one transfer to the successor, %d waiting", k);
		is_int(q.granted_at[1] - q.released_at[0], TRANSFER, text);
	}
	is_int(q.release[0], 0, "queued: the releaser's store goes to a line nobody fights for");
}

/* A new attempt queues behind outstanding re-reads, the release does not wait for it. */
static void late_attempt(struct ctx *w, void *arg)
{
	struct queue *q = arg;

	work_until(w, US(20) + TRANSFER + 1);	/* right after the first release */
	spin_lock(w, the_lock(w));
	spin_unlock(w, the_lock(w));
	(void)q;
}

static void test_release_overtakes_attempts(void)
{
	struct bare b;
	struct record rec;
	struct queue q = { .section = NS(1) };
	int late = 0;

	prepare(&b, &rec, SPINLOCK_TICKET, ARBITRATION_RANDOM);
	for (int i = 0; i < 7; i++)
		bare_thread(&b, i, NULL, "contender", one_section, &q);
	bare_thread(&b, 7, NULL, "late", late_attempt, &q);
	bare_run(&b, MS(10));
	/* at worst one attempt is being served when the store is issued */
	for (int i = 1; i < 6; i++)
		late += q.release[i] > 2 * TRANSFER;
	is_int(late, 0, "random: nor for attempts that themselves wait for re-reads");
	finish(&b, &rec);
}

/* --- interrupts ------------------------------------------------------------------------ */

static void long_handler(struct ctx *w, unsigned vector)
{
	(void)vector;
	cpu_work(w, US(10));
}

struct grants { sim_time at[3]; struct ctx *owner_at_25; };

static void hold_until_20(struct ctx *w, void *arg)
{
	struct grants *g = arg;

	spin_lock(w, the_lock(w));
	work_until(w, US(20));
	spin_unlock(w, the_lock(w));
	work_until(w, US(25));
	g->owner_at_25 = the_lock(w)->owner;
}

static void wait_in_turn(struct ctx *w, void *arg)
{
	struct grants *g = arg;

	work_until(w, w->cpu->id * US(1));
	spin_lock(w, the_lock(w));
	sync(w);
	g->at[w->cpu->id] = now_of(w);
	spin_unlock(w, the_lock(w));
}

static void test_handover_into_interrupt(enum spinlock_kind kind, const char *name)
{
	struct bare b;
	struct record rec;
	struct grants g = { { 0 }, NULL };
	struct ctx *first;
	char text[100];

	prepare(&b, &rec, kind, ARBITRATION_RANDOM);
	b.machine->cost[COST_LINE_SOCKET] = 0;	/* exact instants */
	b.m->vector_handler[VC_BACKGROUND] = long_handler;
	bare_thread(&b, 0, NULL, "holder", hold_until_20, &g);
	first = bare_thread(&b, 1, NULL, "first", wait_in_turn, &g);
	bare_thread(&b, 2, NULL, "second", wait_in_turn, &g);
	irq_send(&b.m->cpu[1], VECTOR_BACKGROUND, US(18));
	bare_run(&b, MS(1));
	snprintf(text, sizeof(text), "%s: granted during its interrupt, the lock is held by an interrupted CPU", name);
	ok(g.owner_at_25 == first, text);
	snprintf(text, sizeof(text), "%s: the waiter goes on when its handler ends", name);
	is_int(g.at[1], US(28), text);
	snprintf(text, sizeof(text), "%s: who queued behind it waits for the handler too", name);
	is_int(g.at[2], US(28), text);
	finish(&b, &rec);
}

/* --- properties -------------------------------------------------------------------------- */

struct property {
	struct rng rng;
	struct spinlock *lock;
	int inside, broken, unfair, bad_state;
	uint64_t ticket, served, sections;
	struct cpu *cpu;
	uint32_t slot;
};

static void storm(struct sim *s, void *arg)
{
	struct property *p = arg;

	irq_send(&p->cpu[rng_below(&p->rng, MAX)], VECTOR_BACKGROUND, s->now);
	sim_at(s, p->slot, s->now + (sim_time)rng_below(&p->rng, US(2)));
}

/* Handlers only steal: they take no lock that a thread may hold with interrupts on. */
static void storm_handler(struct ctx *w, unsigned vector)
{
	struct property *p = w->priv;

	(void)vector;
	cpu_work(w, (sim_time)rng_below(&p->rng, US(1)));
}

static void contend(struct ctx *w, void *arg)
{
	struct property *p = arg;

	for (;;) {
		int off = rng_below(&p->rng, 2) != 0;
		uint64_t mine;

		cpu_work(w, (sim_time)rng_below(&p->rng, US(4)));
		if (off)
			local_irq_disable(w);
		sync(w);
		mine = p->ticket++;	/* the attempt is booked at this very instant */
		spin_lock(w, p->lock);
		p->unfair += mine != p->served++;
		p->broken += p->inside++ != 0;
		sync(w);
		cpu_work(w, (sim_time)rng_below(&p->rng, NS(700)));
		p->broken += p->inside-- != 1;
		p->bad_state += !w->preempt_count || p->lock->owner != w;
		spin_unlock(w, p->lock);
		if (off)
			local_irq_enable(w);
		p->bad_state += w->preempt_count != 0 || w->spinlocks != 0 || p->lock->owner == w;
		p->sections++;
	}
}

static void test_property(uint64_t seed, enum spinlock_kind kind, enum arbitration rule,
			  const char *name)
{
	struct bare b;
	struct record rec;
	struct property p = { .inside = 0 };
	char text[100];

	prepare(&b, &rec, kind, rule);
	b.m->sim.trace.sink = NULL;
	rng_seed(&p.rng, seed, 1, "test", name);
	p.lock = &b.m->kernel->zone_lock;
	p.cpu = b.m->cpu;
	b.m->vector_handler[VC_BACKGROUND] = storm_handler;
	p.slot = sim_slot_new(&b.m->sim, PRIO_NORMAL);
	sim_slot_call(&b.m->sim, p.slot, storm, &p);
	sim_at(&b.m->sim, p.slot, 0);
	for (int i = 0; i < MAX; i++) {
		b.m->cpu[i].irq.priv = &p;
		bare_thread(&b, i, NULL, "contender", contend, &p);
	}
	bare_run(&b, MS(10));
	snprintf(text, sizeof(text), "%s: never two in the section", name);
	is_int(p.broken, 0, text);
	snprintf(text, sizeof(text), "%s: granted in the order of the attempts", name);
	is_int(p.unfair, 0, text);
	snprintf(text, sizeof(text), "%s: owner and preempt count agree with the section", name);
	is_int(p.bad_state, 0, text);
	snprintf(text, sizeof(text), "%s: enough sections", name);
	ok(p.sections > 3000, text);
	finish(&b, &rec);
}

int main(void)
{
	uint64_t seed = tap_seed(20080602);

	test_ticket_transfers();
	test_ticket_order();
	test_random_order(seed);
	test_overtaking();
	test_queued_handover();
	test_release_overtakes_attempts();
	test_handover_into_interrupt(SPINLOCK_TICKET, "ticket");
	test_handover_into_interrupt(SPINLOCK_QUEUED, "queued");
	test_property(seed, SPINLOCK_TICKET, ARBITRATION_RANDOM, "ticket, random");
	test_property(seed, SPINLOCK_TICKET, ARBITRATION_TICKET_ORDER, "ticket, ticket order");
	test_property(seed, SPINLOCK_TICKET, ARBITRATION_WAIT, "ticket, wait");
	test_property(seed, SPINLOCK_QUEUED, ARBITRATION_RANDOM, "queued");
	return tap_done();
}
