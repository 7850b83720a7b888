/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The 2008 xAPIC: flat mode sends a mask with one write, physical mode needs
 * one write per target in mask order; x2APIC one per cluster of 16; delivery by
 * distance; interrupts are off around the writes.
 */
#include "models/hw/apic.h"
#include "models/world/t/record.h"

enum { ICR = 200000, NEAR = 400000, FAR = 700000 };

struct sent { sim_time first, end; uint64_t mask; };

static void send(struct ctx *w, void *arg)
{
	struct sent *s = arg;

	work_until(w, US(10));
	s->first = apic_send(w, s->mask, VECTOR_INVALIDATE);
	s->end = now_of(w);
}

static void prepare(struct bare *b, struct record *rec, int sockets, int cores, enum apic_mode apic)
{
	bare_init(b, sockets, cores);
	no_costs(b);
	b->machine->apic = apic;
	b->machine->cost[COST_ICR_WRITE] = ICR;
	b->machine->cost[COST_IPI_SOCKET] = NEAR;
	b->machine->cost[COST_IPI_CROSS] = FAR;
	boot(b, rec);
}

/* CPU 1 of 2 x @cores sends to 0, 2 and the first two of the other socket. */
static void test_mode(enum apic_mode apic, int cores, int physical, const char *name)
{
	struct bare b;
	struct record rec;
	struct sent s = { .mask = 5 | (3ull << cores) };
	int target[4] = { 0, 2, cores, cores + 1 };
	char text[100];

	prepare(&b, &rec, 2, cores, apic);
	b.m->vector_handler[VC_FLUSH] = NULL;
	bare_thread(&b, 1, NULL, "sender", send, &s);
	bare_run(&b, MS(1));
	for (int k = 0; k < 4; k++) {
		sim_time write = physical ? (k + 1) * ICR : ICR;

		snprintf(text, sizeof(text), "%s: target %d is interrupted after %d writes and its distance",
			 name, k, physical ? k + 1 : 1);
		is_int(record_time(&rec, 0, TP_IRQ_ENTER, target[k], VECTOR_INVALIDATE) - US(10),
		       write + (target[k] < cores ? NEAR : FAR), text);
	}
	snprintf(text, sizeof(text), "%s: the sender goes on after its writes", name);
	is_int(s.end - US(10), physical ? 4 * ICR : ICR, text);
	snprintf(text, sizeof(text), "%s: the time returned is that of the first write", name);
	is_int(s.first, US(10), text);
	snprintf(text, sizeof(text), "%s: four IPIs", name);
	is_int(record_count(&rec, TP_IPI_SEND, 1, VECTOR_INVALIDATE), 4, text);
	is_int(b.m->metrics.cell[METRIC_IPI_SENT][VC_FLUSH].count, 4, "all counted");
	finish(&b, &rec);
}

/* An interrupt that arrives during the first of four writes waits for the last. */
static void test_irqs_off(void)
{
	struct bare b;
	struct record rec;
	struct sent s = { .mask = 0x3c };

	prepare(&b, &rec, 2, 8, APIC_PHYSICAL);
	bare_thread(&b, 1, NULL, "sender", send, &s);
	irq_send(&b.m->cpu[1], VECTOR_BACKGROUND, US(10) + ICR / 2);
	bare_run(&b, MS(1));
	is_int(record_time(&rec, 0, TP_IRQ_ENTER, 1, VECTOR_BACKGROUND) - US(10), 4 * ICR,
	       "interrupts are off around the writes");
	finish(&b, &rec);
}

/* 2 x 18 CPUs: the sockets' numbers begin at 0 and 32, so clusters hold CPUs
 * 0..15, 16..17, 18..33 and 34..35; the sender asks for all others. */
static void test_clusters(void)
{
	static const struct { int cpu, write; } target[] = {
		{ 0, 1 }, { 15, 1 }, { 16, 2 }, { 17, 2 }, { 18, 3 }, { 33, 3 }, { 34, 4 },
	};
	struct bare b;
	struct record rec;
	struct sent s = { .mask = ((1ull << 36) - 1) & ~2ull };
	char text[100];

	prepare(&b, &rec, 2, 18, APIC_X2APIC);
	b.m->vector_handler[VC_FLUSH] = NULL;
	bare_thread(&b, 1, NULL, "sender", send, &s);
	bare_run(&b, MS(1));
	is_int(s.end - US(10), 4 * ICR, "x2apic: 35 targets in four clusters, four writes");
	for (size_t i = 0; i < sizeof(target) / sizeof(target[0]); i++) {
		snprintf(text, sizeof(text), "x2apic: CPU %d by write %d", target[i].cpu, target[i].write);
		is_int(record_time(&rec, 0, TP_IRQ_ENTER, target[i].cpu, VECTOR_INVALIDATE) - US(10),
		       target[i].write * ICR + (target[i].cpu < 18 ? NEAR : FAR), text);
	}
	is_int(record_count(&rec, TP_IPI_SEND, 1, VECTOR_INVALIDATE), 35, "x2apic: 35 IPIs");
	finish(&b, &rec);
}

int main(void)
{
	test_clusters();
	test_mode(APIC_AUTO, 4, 0, "8 CPUs, auto");
	test_mode(APIC_AUTO, 5, 1, "10 CPUs, auto");
	test_mode(APIC_FLAT, 5, 0, "flat");
	test_mode(APIC_PHYSICAL, 4, 1, "physical");
	test_irqs_off();
	return tap_done();
}
