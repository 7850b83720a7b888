/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Cross-calls of today: the hand case of two callers (3 IPIs, no lock, 6 runs),
 * one csd per pair (its last use must be over), the order of what one target
 * finds in its queue, an idle CPU that polls.
 */
#include "models/world/t/record.h"

enum { SENDERS = 4, RUNS = 16 };

struct calls {
	uint64_t mask[SENDERS];
	sim_time at[SENDERS], took[SENDERS], back[SENDERS];
	sim_time off;			/* targets: interrupts off from the start */
	int nowait;
	struct csd async, wake;
	int ran[RUNS], n_ran;		/* who asked, in the order of running */
	sim_time ran_at[RUNS];
};

static struct calls *the;		/* what the functions called write into */

static void note(struct ctx *w, void *arg)
{
	sync(w);
	the->ran_at[the->n_ran] = now_of(w);
	the->ran[the->n_ran++] = (int)(intptr_t)arg;
}

static void caller(struct ctx *w, void *arg)
{
	struct calls *c = arg;
	int me = w->cpu->id;
	struct smp_call call = { .fn = note, .arg = (void *)(intptr_t)me, .purpose = VC_CALL,
				 .nowait = c->nowait };

	work_until(w, c->at[me]);
	preempt_disable(w);
	smp_call_function_many_cond(w, c->mask[me], &call);
	sync(w);
	c->took[me] = now_of(w) - c->at[me];
	if (c->nowait)
		smp_call_function_many_cond(w, c->mask[me], &call);
	preempt_enable(w);
	sync(w);
	c->back[me] = now_of(w);
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
	b->kernel->ipi_kind = IPI_CSD;
	boot(b, rec);
	line_init(&c->async.line);
	line_init(&c->wake.line);
	c->async.fn = c->wake.fn = note;
	c->async.arg = (void *)100;
	c->wake.arg = (void *)200;
	the = c;
}

static int runs_of(const struct calls *c, int who)
{
	int n = 0;

	for (int i = 0; i < c->n_ran; i++)
		n += c->ran[i] == who;
	return n;
}

/* Callers 0 and 1, both to {2, 3, 4}; @later: the second so much behind. */
static void test_hand_case(sim_time later, int ipis)
{
	struct bare b;
	struct record rec;
	struct calls c;
	char text[120];

	begin(&b, &rec, &c);
	c.mask[0] = c.mask[1] = 0x1c;
	c.at[0] = US(10);
	c.at[1] = US(10) + later;
	for (int i = 0; i < 5; i++)
		bare_thread(&b, i, NULL, i < 2 ? "caller" : "target", i < 2 ? caller : target, &c);
	bare_run(&b, MS(5));
	snprintf(text, sizeof(text), "two callers %lld ns apart: %d IPIs", (long long)later / 1000, ipis);
	is_int(record_count(&rec, TP_IPI_SEND, ANY, ANY), ipis, text);
	is_int(record_count(&rec, TP_LOCK, ANY, ANY), 0, "no lock");
	is_int(runs_of(&c, 0) * 10 + runs_of(&c, 1), 33, "each call runs on each target once");
	ok(threads_done(&b), "both callers are back");
	finish(&b, &rec);
}

/* Asynchronous calls return at once; the second of a pair waits for the first. */
static void test_pair(void)
{
	struct bare b;
	struct record rec;
	struct calls c;

	begin(&b, &rec, &c);
	c.mask[0] = 2;
	c.at[0] = US(10);
	c.off = US(50);
	c.nowait = 1;
	bare_thread(&b, 0, NULL, "caller", caller, &c);
	bare_thread(&b, 1, NULL, "target", target, &c);
	bare_run(&b, MS(5));
	ok(c.took[0] < US(2), "a call that nobody waits for returns while its target is masked");
	ok(c.back[0] > US(50), "the next one of the pair waits until the first is taken");
	ok(c.back[0] >= c.ran_at[0] - NS(200) && c.back[0] < c.ran_at[1],
	   "it is let go when the first call is released, before it has run itself");
	is_int(c.n_ran, 2, "both run");
	is_int(record_count(&rec, TP_IPI_SEND, 0, ANY), 2, "the queue was empty again: a second IPI");
	finish(&b, &rec);
}

static void pushes_wake(struct ctx *w, void *arg)
{
	struct calls *c = arg;

	work_until(w, US(5));
	preempt_disable(w);
	smp_queue_ttwu(w, 3, &c->wake);
	preempt_enable(w);
}

static void pushes_async(struct ctx *w, void *arg)
{
	struct calls *c = arg;

	work_until(w, US(10));
	preempt_disable(w);
	smp_call_function_single_async(w, 3, &c->async);
	preempt_enable(w);
}

/* A wake-up, an asynchronous call and a waited-for one, pushed in this order. */
static void test_order(void)
{
	struct bare b;
	struct record rec;
	struct calls c;

	begin(&b, &rec, &c);
	c.mask[2] = 8;
	c.at[2] = US(15);
	c.off = US(50);
	bare_thread(&b, 0, NULL, "waker", pushes_wake, &c);
	bare_thread(&b, 1, NULL, "asynchronous", pushes_async, &c);
	bare_thread(&b, 2, NULL, "caller", caller, &c);
	bare_thread(&b, 3, NULL, "target", target, &c);
	bare_run(&b, MS(5));
	is_int(record_count(&rec, TP_IPI_SEND, ANY, ANY), 1, "three calls in one queue: one IPI");
	is_int(c.n_ran, 3, "all three run");
	ok(c.ran[0] == 2 && c.ran[1] == 100 && c.ran[2] == 200,
	   "who is waited for first, then the asynchronous call, then the wake-up");
	is_int(b.m->metrics.cell[METRIC_IPI_SENT][VC_RESCHEDULE].count, 1,
	       "the IPI counts as what it was sent for");
	is_int(b.m->metrics.cell[METRIC_IPI_RECEIVED][VC_RESCHEDULE].count, 1,
	       "on the other side too");
	finish(&b, &rec);
}

/* One idle target that polls: a store; two: the mask goes out as usual. */
static void test_polling(int targets, int ipis)
{
	struct bare b;
	struct record rec;
	struct calls c;

	begin(&b, &rec, &c);
	b.machine->idle_polls = 1;
	c.mask[0] = targets == 1 ? 2 : 6;
	c.at[0] = US(10);
	bare_thread(&b, 0, NULL, "caller", caller, &c);
	bare_run(&b, MS(5));
	is_int(record_count(&rec, TP_IPI_SEND, ANY, ANY), ipis,
	       targets == 1 ? "an idle target that polls: no IPI" : "two of them: two IPIs");
	is_int(c.n_ran, targets, "and the call runs");
	ok(threads_done(&b), "the caller is back");
	finish(&b, &rec);
}

int main(void)
{
	test_hand_case(0, 3);
	test_hand_case(NS(300), 3);
	test_hand_case(US(20), 6);
	test_pair();
	test_order();
	test_polling(1, 0);
	test_polling(2, 2);
	return tap_done();
}
