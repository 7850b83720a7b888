/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Cross-calls of 2.6.27: the hand case of two callers (6 IPIs, 4 acquisitions
 * of call_function_lock), one target by its queue, callers that call each
 * other.
 */
#include "models/world/t/record.h"

struct calls {
	uint64_t mask[8];
	sim_time at[8], took[8], first[8];
	sim_time off;
};

static void caller(struct ctx *w, void *arg)
{
	struct calls *c = arg;
	int me = w->cpu->id;

	work_until(w, c->at[me]);
	preempt_disable(w);
	c->first[me] = smp_call_function_mask(w, c->mask[me]);
	preempt_enable(w);
	sync(w);
	c->took[me] = now_of(w) - c->at[me];
}

static void target(struct ctx *w, void *arg)
{
	struct calls *c = arg;

	if (c->off) {
		local_irq_disable(w);
		cpu_work(w, c->off);
		local_irq_enable(w);
	}
	cpu_work(w, MS(1));
}

static void begin(struct bare *b, struct record *rec, struct calls *c)
{
	memset(c, 0, sizeof(*c));
	bare_init(b, 2, 4);
	boot(b, rec);
}

/* Acquisitions of one lock, by its identity. */
static int acquisitions(const struct record *rec, const struct spinlock *l)
{
	int n = 0;

	for (size_t i = 0; i < rec->n; i++)
		n += rec->v[i].id == TP_LOCK && rec->v[i].b == l->id &&
			(rec->v[i].a & 0xff) == l->class;
	return n;
}

/* Callers 0 and 1, both to {2, 3, 4}, simultaneously; several instants of the second. */
static void test_hand_case(sim_time later)
{
	struct bare b;
	struct record rec;
	struct calls c;
	int locks = 0;
	char text[120];

	begin(&b, &rec, &c);
	c.mask[0] = c.mask[1] = 0x1c;
	c.at[0] = US(10);
	c.at[1] = US(10) + later;
	for (int i = 0; i < 5; i++)
		bare_thread(&b, i, NULL, i < 2 ? "caller" : "target", i < 2 ? caller : target, &c);
	bare_run(&b, MS(5));
	snprintf(text, sizeof(text), "two callers %lld ns apart: 6 IPIs", (long long)later / 1000);
	is_int(record_count(&rec, TP_IPI_SEND, ANY, VECTOR_CALL), 6, text);
	is_int(acquisitions(&rec, &b.m->kernel->call_function.lock), 4,
	       "4 acquisitions of call_function_lock: 2 callers, 2 last targets");
	for (size_t i = 0; i < rec.n; i++)
		locks += rec.v[i].id == TP_LOCK && (rec.v[i].a & 0xff) == LOCK_CALL_FUNCTION;
	is_int(locks - 4, 6, "each target's part is done once for each call: 6 entry locks");
	ok(c.took[0] > 0 && c.took[1] > 0 && threads_done(&b), "both return");
	ok(!b.m->kernel->call_function.head && !b.m->kernel->call_function.walkers,
	       "the list is empty again");
	finish(&b, &rec);
}

/* One interrupt serves both calls: the second finds nothing. */
static void test_one_serves_both(void)
{
	struct bare b;
	struct record rec;
	struct calls c;
	int64_t first = -1, locks = 0;

	begin(&b, &rec, &c);
	c.mask[0] = c.mask[1] = 0x0c;
	c.at[0] = c.at[1] = US(10);
	c.off = US(40);
	for (int i = 0; i < 4; i++)
		bare_thread(&b, i, NULL, i < 2 ? "caller" : "target", i < 2 ? caller : target, &c);
	bare_run(&b, MS(5));
	is_int(record_count(&rec, TP_IPI_SEND, ANY, VECTOR_CALL), 4,
	       "4 IPIs while the targets have interrupts off");
	is_int(record_count(&rec, TP_IRQ_ENTER, 2, VECTOR_CALL), 1,
	       "a vector pending twice is one interrupt");
	first = record_time(&rec, 0, TP_IRQ_LEAVE, 2, VECTOR_CALL);
	for (size_t i = 0; i < rec.n; i++)
		locks += rec.v[i].id == TP_LOCK && rec.v[i].cpu == 2 && rec.v[i].at < first &&
			(rec.v[i].a & 0xff) == LOCK_CALL_FUNCTION &&
			rec.v[i].b != b.m->kernel->call_function.lock.id;
	is_int(locks, 2, "and it serves both calls");
	ok(c.took[0] > US(30) && c.took[1] > US(30), "both callers wait for the window");
	finish(&b, &rec);
}

/* --- one target ------------------------------------------------------------------- */

static void test_single(void)
{
	struct bare b;
	struct record rec;
	struct calls c;

	begin(&b, &rec, &c);
	c.mask[0] = 1ull << 3;
	c.at[0] = US(10);
	bare_thread(&b, 0, NULL, "caller", caller, &c);
	bare_thread(&b, 3, NULL, "target", target, &c);
	bare_run(&b, MS(5));
	is_int(record_count(&rec, TP_IPI_SEND, 0, VECTOR_CALL_SINGLE), 1,
	       "one target: the single vector");
	is_int(record_count(&rec, TP_IPI_SEND, ANY, ANY), 1, "one IPI");
	is_int(acquisitions(&rec, &b.m->kernel->call_function.lock), 0, "no global lock");
	is_int(acquisitions(&rec, &b.m->kernel->pcpu[3].call_single.lock), 2,
	       "its queue's lock: caller and target, once each");
	ok(c.took[0] > 0, "the caller returns");
	finish(&b, &rec);
}

static void test_single_queue(void)
{
	struct bare b;
	struct record rec;
	struct calls c;

	begin(&b, &rec, &c);
	for (int i = 0; i < 3; i++) {
		c.mask[i] = 1ull << 3;
		c.at[i] = US(10) + i * US(5);
	}
	c.off = US(40);
	for (int i = 0; i < 3; i++)
		bare_thread(&b, i, NULL, "caller", caller, &c);
	bare_thread(&b, 3, NULL, "target", target, &c);
	bare_run(&b, MS(5));
	is_int(record_count(&rec, TP_IPI_SEND, ANY, VECTOR_CALL_SINGLE), 1,
	       "three calls while the target is masked: an IPI only for the empty queue");
	is_int(record_count(&rec, TP_IRQ_ENTER, 3, VECTOR_CALL_SINGLE), 1,
	       "one interrupt serves the queue");
	is_int(c.first[0] + b.machine->cost[COST_ICR_WRITE],
	       record_time(&rec, 0, TP_IPI_SEND, 0, ANY), "the time returned is that of the ICR write");
	ok(c.took[0] > US(30) && c.took[1] > US(25) && c.took[2] > US(20),
	       "all three callers return after the window");
	finish(&b, &rec);
}

/* --- callers that are targets -------------------------------------------------------- */

static void test_mutual(int singles)
{
	struct bare b;
	struct record rec;
	struct calls c;

	begin(&b, &rec, &c);
	for (int i = 0; i < 4; i++) {
		c.mask[i] = singles ? 1ull << (i ^ 1) : 0xf;
		c.at[i] = US(10);
		bare_thread(&b, i, NULL, "caller", caller, &c);
	}
	bare_run(&b, MS(5));
	ok(threads_done(&b),
	       singles ? "pairs that call each other: no deadlock" : "four that call all: no deadlock");
	is_int(record_count(&rec, TP_IPI_SEND, ANY, ANY), singles ? 4 : 12,
	       singles ? "4 IPIs" : "12 IPIs: the caller itself is left out");
	finish(&b, &rec);
}

static void test_nobody(void)
{
	struct bare b;
	struct record rec;
	struct calls c;

	begin(&b, &rec, &c);
	c.mask[0] = 1;
	c.at[0] = US(10);
	bare_thread(&b, 0, NULL, "caller", caller, &c);
	bare_run(&b, MS(5));
	is_int(c.first[0], -1, "a mask of oneself: nobody to call");
	is_int(c.took[0], 0, "and no time passes");
	finish(&b, &rec);
}

int main(void)
{
	static const sim_time later[] = { 0, NS(50), NS(400), US(1), US(2), US(5) };

	for (size_t i = 0; i < sizeof(later) / sizeof(later[0]); i++)
		test_hand_case(later[i]);
	test_one_serves_both();
	test_single();
	test_single_queue();
	test_mutual(0);
	test_mutual(1);
	test_nobody();
	return tap_done();
}
