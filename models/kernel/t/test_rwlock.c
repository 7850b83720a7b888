/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Queued rwlock: readers together, writers alone, first come first served
 * between the kinds; a reader in an interrupt passes a waiting writer; the
 * word's line is what readers pay for.
 */
#include "models/hw/irq.h"
#include "models/kernel/rwlock.h"
#include "models/world/t/record.h"

enum { MAX = 8 };

struct stage {
	struct rwlock l;
	struct {
		sim_time at, hold, got, left;
		int write;
	} job[MAX];
	sim_time irq_got;
	int inside, writers, clash;
};

static struct stage *the;

static void enter(struct stage *s, int write)
{
	s->clash += s->writers || (write && s->inside);
	s->inside++;
	s->writers += write;
}

static void job(struct ctx *w, void *arg)
{
	struct stage *s = arg;
	int me = w->cpu->id, write = s->job[me].write;

	work_until(w, s->job[me].at);
	if (write)
		write_lock(w, &s->l);
	else
		read_lock(w, &s->l);
	sync(w);
	enter(s, write);
	s->job[me].got = now_of(w);
	cpu_work(w, s->job[me].hold);
	s->inside--;
	s->writers -= write;
	if (write)
		write_unlock(w, &s->l);
	else
		read_unlock(w, &s->l);
	sync(w);
	s->job[me].left = now_of(w);
}

static void reads_in_interrupt(struct ctx *w, unsigned vector)
{
	(void)vector;
	read_lock(w, &the->l);
	sync(w);
	the->irq_got = now_of(w);
	the->clash += the->writers;
	read_unlock(w, &the->l);
}

static void start(struct stage *s, struct bare *b, struct record *rec, sim_time transfer)
{
	memset(s, 0, sizeof(*s));
	bare_init(b, 1, MAX);
	no_costs(b);
	b->kernel->spinlock = SPINLOCK_QUEUED;
	b->machine->cost[COST_LINE_SOCKET] = transfer;
	boot(b, rec);
	rwlock_init(b->m, &s->l, LOCK_MMU);
	the = s;
}

static void set(struct stage *s, int cpu, int write, sim_time at, sim_time hold)
{
	s->job[cpu].write = write;
	s->job[cpu].at = at;
	s->job[cpu].hold = hold;
}

static void run(struct stage *s, struct bare *b, struct record *rec, int n)
{
	for (int i = 0; i < n; i++)
		bare_thread(b, i, NULL, "thread", job, s);
	bare_run(b, MS(1));
	ok(threads_done(b), "nobody is left waiting");
	is_int(s->clash, 0, "no writer beside anybody");
	finish(b, rec);
}

/* R1 holds, W waits, R2 arrives, an interrupt reads: R1 and the interrupt, W, R2. */
static void test_hand_case(void)
{
	struct bare b;
	struct record rec;
	struct stage s;

	start(&s, &b, &rec, 0);
	set(&s, 0, 0, US(10), US(20));
	set(&s, 1, 1, US(15), US(5));
	set(&s, 2, 0, US(20), US(5));
	b.m->vector_handler[VC_BACKGROUND] = reads_in_interrupt;
	irq_send(&b.m->cpu[5], VECTOR_BACKGROUND, US(25));
	run(&s, &b, &rec, 3);
	is_int(s.job[0].got, US(10), "the first reader at once");
	is_int(s.job[1].got, US(30), "the writer when it leaves");
	is_int(s.job[2].got, US(35), "the second reader behind the writer, though a reader held it");
	is_int(s.irq_got, US(25), "a reader in an interrupt does not wait for a waiting writer");
}

/* ... but for one that holds. */
static void test_interrupt_waits(void)
{
	struct bare b;
	struct record rec;
	struct stage s;

	start(&s, &b, &rec, 0);
	set(&s, 0, 1, US(10), US(20));
	b.m->vector_handler[VC_BACKGROUND] = reads_in_interrupt;
	irq_send(&b.m->cpu[5], VECTOR_BACKGROUND, US(25));
	run(&s, &b, &rec, 1);
	is_int(s.irq_got, US(30), "an interrupt's reader waits for the holder");
}

static void test_order(void)
{
	struct bare b;
	struct record rec;
	struct stage s;

	start(&s, &b, &rec, 0);
	set(&s, 0, 1, US(10), US(10));
	set(&s, 1, 0, US(11), US(10));
	set(&s, 2, 0, US(12), US(10));
	set(&s, 3, 1, US(13), US(10));
	set(&s, 4, 0, US(14), US(10));
	run(&s, &b, &rec, 5);
	is_int(s.job[1].got, US(20), "a reader after the writer");
	is_int(s.job[2].got, US(20), "the next reader with it");
	is_int(s.job[3].got, US(30), "the writer after both");
	is_int(s.job[4].got, US(40), "the last reader last");
}

static sim_time readers_take(int n, sim_time transfer, sim_time hold)
{
	struct bare b;
	struct record rec;
	struct stage s;
	sim_time last = 0;

	start(&s, &b, &rec, transfer);
	for (int i = 0; i < n; i++)
		set(&s, i, 0, US(10), hold);
	run(&s, &b, &rec, n);
	for (int i = 0; i < n; i++)
		last = s.job[i].left > last ? s.job[i].left : last;
	return last - US(10);
}

/* Readers run together, but each dirties the line twice. */
static void test_line(void)
{
	sim_time two = readers_take(2, NS(100), NS(10)), eight = readers_take(8, NS(100), NS(10));

	ok(eight - two >= 6 * NS(100), "six readers more: six transfers more at least");
	is_int(readers_take(8, 0, US(3)), US(3), "without the line they are together");
}

static void test_contended(void)
{
	struct bare b;
	struct record rec;
	struct stage s;

	start(&s, &b, &rec, 0);
	set(&s, 0, 1, US(10), US(20));
	bare_thread(&b, 0, NULL, "writer", job, &s);
	bare_run(&b, US(15));
	is_int(rwlock_is_contended(&s.l), 0, "held is not contended");
	finish(&b, &rec);
	start(&s, &b, &rec, 0);
	set(&s, 0, 1, US(10), US(20));
	set(&s, 1, 0, US(12), US(20));
	bare_thread(&b, 0, NULL, "writer", job, &s);
	bare_thread(&b, 1, NULL, "reader", job, &s);
	bare_run(&b, US(15));
	is_int(rwlock_is_contended(&s.l), 1, "waited for is");
	finish(&b, &rec);
}

int main(void)
{
	test_hand_case();
	test_interrupt_waits();
	test_order();
	test_line();
	test_contended();
	return tap_done();
}
