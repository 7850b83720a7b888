/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * TLB flush of 2.6.27: hand case (a) of the eight vectors by single pages, (a)
 * and (b) by whole-mm flushes: who receives IPIs, lazy CPUs leave after one, windows
 * with interrupts off lengthen the round, senders of one slot take turns while
 * others overlap and serve each other from their poll loops.
 */
#include "models/hw/tlb.h"
#include "models/world/t/record.h"

enum { MAX_ROUNDS = 8 };

struct stage {
	struct mm mm, other;
	struct ctx *sleeper;
	sim_time off;			/* CPU 3: interrupts off for so long */
	sim_time at[MAX_ROUNDS];	/* when a sender flushes */
	sim_time took[MAX_ROUNDS];	/* by round (one sender) or by CPU */
	int ipis[MAX_ROUNDS];
	int wake_after;			/* round after which the sleeper runs again */
	int by_page;			/* round i flushes page i, not the mm */
	const struct record *rec;
};

static void set(struct bare *b, int sockets, int cores)
{
	bare_init(b, sockets, cores);
	no_costs(b);
	b->machine->cost[COST_ICR_WRITE] = NS(200);
	b->machine->cost[COST_IPI_SOCKET] = NS(400);
	b->machine->cost[COST_IPI_CROSS] = NS(400);
	b->machine->cost[COST_IRQ_ENTRY] = NS(300);
	b->machine->cost[COST_IRQ_RETURN] = NS(100);
	b->machine->cost[COST_FLUSH_HANDLER] = NS(150);
	b->machine->cost[COST_CR3_LOAD] = NS(45);
	b->machine->idle_exit = (struct dist){ .kind = DIST_CONST, .a = US(1) };
}

static void start(struct stage *s, struct bare *b, struct record *rec)
{
	memset(s, 0, sizeof(*s));
	boot(b, rec);
	mm_init(b->m, &s->mm, "mm", 0, PTRS_PER_TABLE);
	mm_init(b->m, &s->other, "other", 0, PTRS_PER_TABLE);
	s->rec = rec;
	s->wake_after = -1;
}

static void flush_rounds(struct ctx *w, void *arg)
{
	struct stage *s = arg;

	for (int i = 0; i < MAX_ROUNDS && s->at[i]; i++) {
		int before = record_count(s->rec, TP_IPI_SEND, w->cpu->id, ANY);
		sim_time t;

		work_until(w, s->at[i]);
		t = now_of(w);
		if (s->by_page)
			flush_tlb_page(w, &s->mm, (uint64_t)i);
		else
			flush_tlb_mm(w, &s->mm, 0, 1);
		sync(w);
		s->took[i] = now_of(w) - t;
		s->ipis[i] = record_count(s->rec, TP_IPI_SEND, w->cpu->id, ANY) - before;
		if (i == s->wake_after)
			wake_up_process(w, s->sleeper);
	}
}

static void flush_range_once(struct ctx *w, void *arg)
{
	struct stage *s = arg;

	work_until(w, s->at[0]);
	flush_tlb_range(w, &s->mm, 3, 5);
}

static void computes(struct ctx *w, void *arg)
{
	(void)arg;
	cpu_work(w, MS(1));
}

static void sleeps_then_computes(struct ctx *w, void *arg)
{
	(void)arg;
	schedule(w, "somebody", NULL);
	cpu_work(w, MS(1));
}

static void off_then_computes(struct ctx *w, void *arg)
{
	struct stage *s = arg;

	work_until(w, s->at[0] - US(1));
	local_irq_disable(w);
	cpu_work(w, US(1) + s->off);
	local_irq_enable(w);
	cpu_work(w, MS(1));
}

/* --- hand case (a) ---------------------------------------------------------------- */

static void test_hand_case_a(void)
{
	struct bare b;
	struct record rec;
	struct stage s;

	set(&b, 1, 4);
	start(&s, &b, &rec);
	s.off = US(20);
	for (int i = 0; i < 3; i++)
		s.at[i] = (i + 1) * US(100);
	s.wake_after = 1;
	bare_thread(&b, 0, &s.mm, "sender", flush_rounds, &s);
	bare_thread(&b, 1, &s.mm, "user", computes, &s);
	s.sleeper = bare_thread(&b, 2, &s.mm, "lazy", sleeps_then_computes, &s);
	bare_thread(&b, 3, &s.mm, "off", off_then_computes, &s);
	bare_run(&b, MS(5));
	is_int(s.ipis[0], 3, "first flush: 3 IPIs, to user, lazy and masked CPU");
	is_int(s.took[0], US(20) + NS(300 + 150 + 45),
	       "it ends with the window plus the handler of that CPU");
	is_int(record_count(&rec, TP_LEAVE_MM, 2, ANY), 1, "the lazy CPU leaves the mm");
	is_int(record_count(&rec, TP_LEAVE_MM, ANY, ANY), 1, "and no other does");
	is_int(s.ipis[1], 2, "second flush: 2 IPIs");
	is_int(s.ipis[2], 3, "after its switch back: 3 IPIs again");
	is_int(record_count(&rec, TP_FLUSH_LOCAL, 2, ANY), 3,
	       "CPU 2 loads cr3 when it leaves, once at switch-back, once for the third flush");
	ok(record_time(&rec, 1, TP_FLUSH_LOCAL, 2, ANY) > US(200) &&
	   record_time(&rec, 1, TP_FLUSH_LOCAL, 2, ANY) < US(300), "the switch-back is where it pays");
	is_int(record_count(&rec, TP_FLUSH_LOCAL, 1, ANY), 3, "the user CPU reloads cr3 three times");
	is_int(b.m->metrics.cell[METRIC_ROUND][0].count, 3, "three rounds");
	finish(&b, &rec);
}

/* The same by single pages: INVLPG at home and with the user of the mm, cr3
 * with the lazy CPU only; what else the TLBs hold stays. */
static void test_page_flush(void)
{
	struct bare b;
	struct record rec;
	struct stage s;

	set(&b, 1, 4);
	b.machine->cost[COST_INVLPG] = NS(90);
	start(&s, &b, &rec);
	s.off = US(20);
	s.by_page = 1;
	for (int i = 0; i < 3; i++)
		s.at[i] = (i + 1) * US(100);
	s.wake_after = 1;
	for (int i = 0; i < 4; i++) {
		b.m->cpu[i].tlb = tlb_new(&b.arena, 64, 16);
		for (uint64_t va = 0; va < 8; va++)
			tlb_fill(b.m->cpu[i].tlb, va, NULL, 0);
	}
	bare_thread(&b, 0, &s.mm, "sender", flush_rounds, &s);
	bare_thread(&b, 1, &s.mm, "user", computes, &s);
	s.sleeper = bare_thread(&b, 2, &s.mm, "lazy", sleeps_then_computes, &s);
	bare_thread(&b, 3, &s.mm, "off", off_then_computes, &s);
	bare_run(&b, MS(5));
	is_int(s.ipis[0] * 100 + s.ipis[1] * 10 + s.ipis[2], 323, "page flushes: 3, 2 and 3 IPIs");
	is_int(s.took[0], US(20) + NS(300 + 150 + 90), "the masked CPU's tail, now with an INVLPG");
	is_int(s.took[1], NS(90 + 200 + 400 + 300 + 150 + 90), "a round without lazy or masked CPUs");
	is_int(record_count(&rec, TP_INVLPG, 0, ANY), 3, "three INVLPGs at home");
	is_int(record_count(&rec, TP_INVLPG, 1, 1), 1, "the slot carries the address of its round");
	is_int(record_count(&rec, TP_INVLPG, 2, ANY), 1, "the lazy CPU: one, after it is back");
	is_int(record_count(&rec, TP_FLUSH_LOCAL, ANY, ANY), 2,
	       "cr3 loads: only its leave_mm and its switch back");
	ok(!tlb_find(b.m->cpu[1].tlb, 2) && tlb_find(b.m->cpu[1].tlb, 3),
	   "the flushed pages are gone from the user's TLB, the others are not");
	ok(!tlb_find(b.m->cpu[2].tlb, 3), "the lazy CPU lost all");
	finish(&b, &rec);
}

static void test_range_is_mm(void)
{
	struct bare b;
	struct record rec;
	struct stage s;

	set(&b, 1, 4);
	start(&s, &b, &rec);
	s.at[0] = US(100);
	bare_thread(&b, 0, &s.mm, "sender", flush_range_once, &s);
	bare_thread(&b, 1, &s.mm, "user", computes, &s);
	bare_run(&b, MS(5));
	is_int(record_count(&rec, TP_FLUSH_LOCAL, ANY, ANY), 2, "a range of two pages: the whole mm, twice");
	is_int(record_count(&rec, TP_INVLPG, ANY, ANY), 0, "and no page of its own");
	finish(&b, &rec);
}

static void wakes_at_60(struct ctx *w, void *arg)
{
	struct stage *s = arg;

	work_until(w, US(50));
	s->took[0] = w->m->cpu[2].tlb_lazy;
	s->took[1] = (sim_time)s->mm.cpu_vm_mask;
	work_until(w, US(60));
	wake_up_process(w, s->sleeper);
}

/* Nobody flushed while it slept: the switch back costs nothing. */
static void test_lazy_unharmed(void)
{
	struct bare b;
	struct record rec;
	struct stage s;

	set(&b, 1, 4);
	start(&s, &b, &rec);
	s.sleeper = bare_thread(&b, 2, &s.mm, "lazy", sleeps_then_computes, &s);
	bare_thread(&b, 0, NULL, "waker", wakes_at_60, &s);
	bare_run(&b, MS(5));
	is_int(s.took[0], 1, "asleep: lazy");
	is_int(s.took[1], 4, "its bit stays while it is lazy");
	is_int(record_count(&rec, TP_SWITCH_IN, 2, s.sleeper->id), 2, "it ran, slept and ran again");
	is_int(record_count(&rec, TP_FLUSH_LOCAL, 2, ANY), 0,
	       "no flush while it slept: no cr3 load at switch-back");
	ok(b.m->cpu[2].active_mm == &s.mm, "and nothing else was loaded");
	finish(&b, &rec);
}

static void run_other(struct ctx *w, void *arg)
{
	struct stage *s = arg;

	cpu_work(w, US(10));
	w->mm = &s->other;		/* as another process of the same CPU */
	schedule_timeout(w, US(10));
	cpu_work(w, MS(1));
}

static void test_other_mm(void)
{
	struct bare b;
	struct record rec;
	struct stage s;

	set(&b, 1, 4);
	start(&s, &b, &rec);
	s.at[0] = US(100);
	bare_thread(&b, 0, &s.mm, "sender", flush_rounds, &s);
	bare_thread(&b, 1, &s.mm, "leaves", run_other, &s);
	bare_run(&b, MS(5));
	is_int(s.ipis[0], 0, "a CPU that switched to another mm is not in the mask");
	is_int((int64_t)s.other.cpu_vm_mask, 2, "it is in the other's");
	is_int(s.took[0], NS(45), "alone: the local flush is all");
	is_int(b.m->metrics.cell[METRIC_ROUND_EMPTY][0].count, 1, "counted as an empty round");
	finish(&b, &rec);
}

/* --- interrupt-off windows ------------------------------------------------------------ */

static sim_time round_with_window(sim_time off)
{
	struct bare b;
	struct record rec;
	struct stage s;
	sim_time took;

	set(&b, 1, 4);
	start(&s, &b, &rec);
	s.off = off;
	s.at[0] = US(100);
	bare_thread(&b, 0, &s.mm, "sender", flush_rounds, &s);
	bare_thread(&b, 1, &s.mm, "user", computes, &s);
	bare_thread(&b, 3, &s.mm, "off", off_then_computes, &s);
	bare_run(&b, MS(5));
	took = s.took[0];
	finish(&b, &rec);
	return took;
}

static void test_windows(void)
{
	/* local cr3, ICR write, delivery, entry, handler, cr3: all CPUs at once */
	const sim_time base = NS(45 + 200 + 400 + 300 + 150 + 45);
	static const sim_time window[] = { 0, NS(300), NS(645), NS(646), US(1), US(3), US(50) };
	char text[80];

	for (size_t i = 0; i < sizeof(window) / sizeof(window[0]); i++) {
		sim_time d = window[i], tail = d + NS(300 + 150 + 45);

		snprintf(text, sizeof(text), "interrupts off for %lld ns more: the round takes its tail",
			 (long long)d / 1000);
		is_int(round_with_window(d), tail > base ? tail : base, text);
	}
}

/* --- hand case (b) ---------------------------------------------------------------------- */

static void flush_once(struct ctx *w, void *arg)
{
	struct stage *s = arg;

	work_until(w, US(100));
	flush_tlb_mm(w, &s->mm, 0, 1);
	sync(w);
	s->took[w->cpu->id % MAX_ROUNDS] = now_of(w) - US(100);
	cpu_work(w, MS(1));
}

static void run_two(struct stage *s, struct bare *b, struct record *rec, int sockets, int x, int y)
{
	set(b, sockets, 4);
	start(s, b, rec);
	for (int i = 0; i < 4 * sockets; i++)
		bare_thread(b, i, &s->mm, "user", i == x || i == y ? flush_once : computes, s);
	is_int(bare_run(b, SEC(1)) != SIM_STOP_TIME && threads_done(b), 1, "two senders, no deadlock");
}

static void test_hand_case_b(void)
{
	struct bare b;
	struct record rec;
	struct stage s;

	run_two(&s, &b, &rec, 4, 1, 9);
	is_int(record_count(&rec, TP_IPI_SEND, 1, 0xf1), 15, "CPUs 1 and 9: 15 IPIs");
	is_int(record_count(&rec, TP_IPI_SEND, 9, 0xf1), 15, "and 15 IPIs, one vector");
	ok(record_time(&rec, 1, TP_FLUSH_BEGIN, ANY, ANY) >= record_time(&rec, 0, TP_FLUSH_END, ANY, ANY),
	   "same slot: the second round begins when the first has ended");
	is_int(b.m->metrics.cell[METRIC_LOCK_WAIT][LOCK_TLBSTATE].tally.max > US(1), 1,
	       "and its sender waits for the slot lock for the whole round");
	finish(&b, &rec);

	run_two(&s, &b, &rec, 4, 1, 2);
	is_int(record_count(&rec, TP_IPI_SEND, 1, 0xf1), 15, "CPUs 1 and 2: 15 IPIs");
	is_int(record_count(&rec, TP_IPI_SEND, 2, 0xf2), 15, "and 15 IPIs, two vectors");
	ok(record_time(&rec, 0, TP_FLUSH_BEGIN, 1, ANY) < record_time(&rec, 0, TP_FLUSH_END, 2, ANY) &&
	   record_time(&rec, 0, TP_FLUSH_BEGIN, 2, ANY) < record_time(&rec, 0, TP_FLUSH_END, 1, ANY),
	   "different slots: the rounds overlap");
	is_int(b.m->metrics.cell[METRIC_LOCK_WAIT][LOCK_TLBSTATE].tally.max, 0,
	       "nobody waits for a slot");
	finish(&b, &rec);
}

/* Flat mode: the sending is over before the other's IPI arrives, so that both
 * are polling then.  With interrupts off neither would ever see its mask empty. */
static void test_poll_loop(void)
{
	const sim_time polling = US(100) + NS(45 + 200), arrival = polling + NS(400);
	struct bare b;
	struct record rec;
	struct stage s;

	run_two(&s, &b, &rec, 2, 1, 2);
	is_int(record_time(&rec, 0, TP_IPI_SEND, 1, 0xf1), polling, "CPU 1 has sent and polls");
	is_int(record_time(&rec, 0, TP_IRQ_ENTER, 1, 0xf2), arrival + NS(300),
	       "and serves CPU 2's flush from its poll loop");
	is_int(record_time(&rec, 0, TP_IRQ_ENTER, 2, 0xf1), arrival + NS(300),
	       "as CPU 2 serves CPU 1's");
	ok(record_time(&rec, 0, TP_FLUSH_END, 1, ANY) > record_time(&rec, 0, TP_IRQ_LEAVE, 1, 0xf2),
	   "its own round ends later");
	finish(&b, &rec);
}

/* --- the line of the mask ------------------------------------------------------------------ */

/* Every target reads the slot's line and clears its bit by a locked operation:
 * N targets at one instant take turns on it. */
static sim_time round_of(int targets, sim_time c)
{
	struct bare b;
	struct record rec;
	struct stage s;
	sim_time took;

	set(&b, 1, 12);
	b.machine->apic = APIC_FLAT;
	b.machine->cost[COST_LINE_SOCKET] = c;
	start(&s, &b, &rec);
	s.at[0] = US(100);
	bare_thread(&b, 0, &s.mm, "sender", flush_rounds, &s);
	for (int i = 1; i <= targets; i++)
		bare_thread(&b, i, &s.mm, "user", computes, &s);
	bare_run(&b, MS(5));
	took = s.took[0];
	finish(&b, &rec);
	return took;
}

static void test_mask_line(void)
{
	const sim_time c = NS(100);
	sim_time one = round_of(1, c), previous = one;
	char text[100];

	is_int(round_of(1, c) - round_of(1, 0), 3 * c,
	       "one target: its read, its locked clear, the poller's re-read");
	for (int n = 2; n <= 10; n += 2) {
		sim_time t = round_of(n, c);

		snprintf(text, sizeof(text), "%d targets: acknowledgements serialise on one line", n);
		ok(t - one >= (n - 1) * c && t > previous, text);
		previous = t;
	}
	is_int(round_of(10, 0), round_of(1, 0), "without the line all targets work in parallel");
}

int main(void)
{
	test_hand_case_a();
	test_page_flush();
	test_range_is_mm();
	test_lazy_unharmed();
	test_other_mm();
	test_windows();
	test_hand_case_b();
	test_poll_loop();
	test_mask_line();
	return tap_done();
}
