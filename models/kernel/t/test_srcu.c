/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SRCU of 2006, 2012 and today to the tick: cases worked out by hand with
 * instructions that cost nothing.
 */
#include "models/kernel/t/rcu_rig.h"

static const char *text(const char *fmt, ...)
{
	static char buf[160];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	return buf;
}

/* --- 2006 ------------------------------------------------------------------------ */

/* Two CPUs, HZ 1000; called at 0.4; a reader that sleeps from @from to @to. */
static sim_time two_2006(sim_time from, sim_time to)
{
	struct bare b;
	struct record rec;
	struct srcu_domain domain;
	struct caller k = { .at = TENTHS(4), .times = 1, .domain = &domain };
	struct reader r = { &domain, from, to };
	sim_time done;

	rig_init(&b, 2, 1000);
	b.kernel->srcu = SRCU_2006;
	boot(&b, &rec);
	srcu_init(b.m, &domain, "test");
	bare_thread(&b, 0, NULL, "caller", call_synchronize, &k);
	if (to)
		bare_thread(&b, 1, NULL, "reader", sleep_inside, &r);
	bare_run(&b, MS(100));
	if (!to) {
		is_int(record_time(&rec, 0, TP_SRCU_FLIP, ANY, ANY), MS(3), "2006: flips after one period, at 3.0");
		is_int(record_count(&rec, TP_RCU_START, ANY, ANY), 3, "three RCU periods");
	}
	done = k.n ? k.done[0] : -1;
	finish(&b, &rec);
	return done;
}

/* Four CPUs, HZ 250: caller at 2.0, tickless idle, user, user or guest. */
static sim_time four_2006(int guest, sim_time from, sim_time to)
{
	static const sim_time second = SEC(1);
	struct bare b;
	struct record rec;
	struct srcu_domain domain;
	struct caller k = { .at = MS(2), .times = 1, .domain = &domain };
	struct reader r = { &domain, from, to };
	struct kthread each = { MS(700), second };
	sim_time done;

	rig_init(&b, 4, 250);
	b.kernel->srcu = SRCU_2006;
	boot(&b, &rec);
	srcu_init(b.m, &domain, "test");
	if (guest)			/* asleep before the vcpu starts */
		bare_thread(&b, 3, NULL, "kthread", run_each, &each);
	bare_thread(&b, 2, NULL, "user", busy_user, NULL);
	bare_thread(&b, 3, NULL, guest ? "vcpu" : "user", guest ? busy_guest : busy_user, NULL);
	bare_thread(&b, 0, NULL, "caller", call_synchronize, &k);
	if (to)
		bare_thread(&b, 1, NULL, "reader", sleep_inside, &r);
	bare_run(&b, SEC(4));
	done = k.n ? k.done[0] : -1;
	finish(&b, &rec);
	return done;
}

static void test_2006(void)
{
	is_int(two_2006(0, 0), MS(9), "2006, HZ 1000, no reader: 0.4 to 9.0, R + 8 ticks");
	is_int(two_2006(MS(1), TENTHS(73)), MS(11), "a reader from 1.0 to 7.3: two more ticks");
	is_int(four_2006(0, 0, 0), MS(36), "HZ 250, no reader: 34.0 ms");
	is_int(four_2006(0, MS(11), MS(21)), MS(36), "a reader asleep for 10 ms before the flip costs nothing");
	is_int(four_2006(0, MS(1), TENTHS(239)), MS(36), "nor one that ends 0.1 ms before the first look");
	is_int(four_2006(0, MS(1), TENTHS(241)), MS(40), "one that ends at 24.1: a tick more");
	is_int(four_2006(0, MS(1), MS(27)), MS(40), "at 27: the same");
	is_int(four_2006(0, MS(1), MS(31)), MS(44), "at 31: two ticks more");
	is_int(four_2006(0, TENTHS(125), MS(500)), MS(36), "a reader that began after the flip is not waited for");
	is_int(four_2006(1, 0, 0), MS(2704), "a busy guest: three kernel-thread periods, 2.70 s");
	is_int(four_2006(1, MS(1), MS(900)), MS(2704), "and hides a reader of 900 ms");
}

/* Three more callers while the first is at work share one more round. */
static void test_2006_callers(void)
{
	struct bare b;
	struct record rec;
	struct srcu_domain domain;
	struct caller k[4];
	sim_time last = 0;

	rig_init(&b, 4, 1000);
	b.kernel->srcu = SRCU_2006;
	boot(&b, &rec);
	srcu_init(b.m, &domain, "test");
	for (int i = 0; i < 4; i++) {
		k[i] = (struct caller){ .at = TENTHS(4 + i), .times = 1, .domain = &domain };
		bare_thread(&b, i, NULL, "caller", call_synchronize, &k[i]);
	}
	bare_run(&b, MS(100));
	for (int i = 0; i < 4; i++) {
		is_int(k[i].n, 1, text("caller %d returned", i));
		last = k[i].done[0] > last ? k[i].done[0] : last;
	}
	is_int(record_count(&rec, TP_SRCU_FLIP, ANY, ANY), 2, "four callers, two flips: they will do for those who still wait");
	is_int(last, MS(17) + US(125), "two rounds for all of them, the second from the next tick of another CPU");
	finish(&b, &rec);
}

/* --- 2012 ------------------------------------------------------------------------- */

static void test_2012(void)
{
	struct bare b;
	struct record rec;
	struct srcu_domain domain;
	struct caller k = { .at = MS(2), .times = 2, .domain = &domain };
	struct caller slow = { .at = MS(10), .times = 1, .domain = &domain };
	struct caller behind = { .at = MS(11), .times = 1, .domain = &domain };
	struct reader r = { &domain, MS(9), MS(18) };

	rig_init(&b, 4, 250);
	b.kernel->rcu = RCU_TREE;
	b.kernel->rcu_fqs = 3;
	b.kernel->srcu = SRCU_2012;
	b.kernel->tick_phase = TICK_ALIGNED;
	boot(&b, &rec);
	srcu_init(b.m, &domain, "test");
	bare_thread(&b, 0, NULL, "caller", call_synchronize, &k);
	bare_thread(&b, 1, NULL, "slow", call_synchronize, &slow);
	bare_thread(&b, 2, NULL, "behind", call_synchronize, &behind);
	bare_thread(&b, 3, NULL, "reader", sleep_inside, &r);
	bare_run(&b, MS(100));
	is_int(k.done[0], MS(2), "2012: no reader: the caller does it all, no tick");
	is_int(k.done[1], MS(2), "and again at once");
	is_int(slow.done[0], MS(20), "8 ms of a reader left: the first tick after its end");
	is_int(behind.done[0], MS(20), "the same work item flips again for who came meanwhile");
	is_int(record_count(&rec, TP_RCU_START, ANY, ANY), 0, "no RCU period");
	finish(&b, &rec);
}

/* --- tree ------------------------------------------------------------------------- */

static void tree_init(struct bare *b, struct record *rec, struct srcu_domain *domain, int hz)
{
	rig_init(b, 4, hz);
	b->kernel->rcu = RCU_TREE;
	b->kernel->srcu = SRCU_TREE;
	b->kernel->tick_phase = TICK_ALIGNED;
	boot(b, rec);
	srcu_init(b->m, domain, "test");
}

static void test_tree_idle(void)
{
	struct bare b;
	struct record rec;
	struct srcu_domain domain;
	struct caller k = { .at = TENTHS(4), .times = 3, .domain = &domain };

	tree_init(&b, &rec, &domain, 1000);
	bare_thread(&b, 0, NULL, "caller", call_synchronize, &k);
	bare_run(&b, MS(100));
	is_int(k.done[0], TENTHS(4), "tree, idle domain: expedited, no tick");
	is_int(record_nth(&rec, 0, TP_SRCU_START, ANY, ANY)->b, 1, "the first period is expedited");
	is_int(record_nth(&rec, 1, TP_SRCU_START, ANY, ANY)->b, 0, "within 25 us of it: a normal one");
	is_int(k.done[1], MS(2), "work after a jiffy, callbacks after another");
	is_int(k.done[2], MS(2), "by then the last end is a millisecond ago: expedited again");
	finish(&b, &rec);
}

/* A reader of 40 jiffies: looks at 1, 2, 4, 8, 16, 26, 36, 46. */
static void test_tree_backoff(void)
{
	struct bare b;
	struct record rec;
	struct srcu_domain domain;
	struct caller first = { .at = TENTHS(4), .times = 1, .domain = &domain };
	struct caller k = { .at = TENTHS(4) + US(10), .times = 1, .domain = &domain };
	struct reader r = { &domain, TENTHS(4) + US(5), MS(40) };

	tree_init(&b, &rec, &domain, 1000);
	bare_thread(&b, 0, NULL, "first", call_synchronize, &first);
	bare_thread(&b, 1, NULL, "caller", call_synchronize, &k);
	bare_thread(&b, 2, NULL, "reader", sleep_inside, &r);
	bare_run(&b, MS(100));
	is_int(record_nth(&rec, 1, TP_SRCU_START, ANY, ANY)->b, 0, "a normal period behind an expedited one");
	is_int(record_time(&rec, 1, TP_SRCU_END, ANY, ANY), MS(46),
	       "a reader of 40 jiffies is noticed at 46: the gap grows with the period's age, 10 at most");
	finish(&b, &rec);
}

static void nothing(struct ctx *w, struct rcu_head *head)
{
	(void)w;
	(void)head;
}

struct hurry { struct srcu_domain *domain; struct rcu_head head; int behind; sim_time took; };

static void hurry(struct ctx *w, void *arg)
{
	struct hurry *h = arg;
	sim_time start;

	work_until(w, MS(4));
	if (h->behind)
		call_srcu(w, h->domain, &h->head, nothing);
	sync(w);
	start = now_of(w);
	synchronize_srcu_expedited(w, h->domain);
	sync(w);
	h->took = now_of(w) - start;
}

/* An expedited request behind a normal period waits for that one's timer: with it
 * KVM_CREATE_VCPU went from 0.1 ms to 20..25 ms at HZ 100 (Kalyazin, 2026). */
static void test_tree_behind_normal(void)
{
	for (int behind = 0; behind < 2; behind++) {
		struct bare b;
		struct record rec;
		struct srcu_domain domain;
		struct hurry h = { .domain = &domain, .behind = behind };

		rig_init(&b, 4, 100);
		b.kernel->rcu = RCU_TREE;
		b.kernel->srcu = SRCU_TREE;
		b.kernel->timers_late = 1;
		b.kernel->tick_phase = TICK_ALIGNED;
		boot(&b, &rec);
		srcu_init(b.m, &domain, "test");
		bare_thread(&b, 0, NULL, "hurry", hurry, &h);
		bare_run(&b, SEC(1));
		is_int(h.took, behind ? MS(16) : 0, behind ?
		       "expedited behind call_srcu, HZ 100: the jiffy after the next, 16 ms" :
		       "expedited on an idle domain: no tick");
		finish(&b, &rec);
	}
}

int main(void)
{
	test_2006();
	test_2006_callers();
	test_2012();
	test_tree_idle();
	test_tree_backoff();
	test_tree_behind_normal();
	return tap_done();
}
