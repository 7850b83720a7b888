/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ICR writes and delivery; see apic.h. */
#include "models/hw/apic.h"
#include "sim/base/xassert.h"

enum { X2APIC_CLUSTER = 16 };

static void deliver(struct ctx *w, int target, unsigned vector, enum vector_class purpose)
{
	struct cpu *c = &w->m->cpu[target];
	enum cost_id id = c->socket == w->cpu->socket ? COST_IPI_SOCKET : COST_IPI_CROSS;

	tp(w, TP_IPI_SEND, vector, (uint64_t)target);
	metric_count(&w->m->metrics, METRIC_IPI_SENT, purpose, 1);
	irq_send(c, vector, now_of(w) + cost_draw(w, id));
}

/* The APIC's number: a socket's begin at a multiple of a power of two. */
static unsigned apic_id(const struct machine *m, int cpu)
{
	int cores = (int)m->mc->cores, stride = 1;

	while (stride < cores)
		stride *= 2;
	return (unsigned)(cpu / cores * stride + cpu % cores);
}

/* The targets that the next write of the register reaches. */
static uint64_t next_write(const struct machine *m, uint64_t mask)
{
	unsigned cluster;
	uint64_t reached = 0;

	if (m->apic == APIC_FLAT)
		return mask;
	if (m->apic == APIC_PHYSICAL)
		return mask & -mask;
	cluster = apic_id(m, __builtin_ctzll(mask)) / X2APIC_CLUSTER;
	for (uint64_t s = mask; s; s &= s - 1)
		if (apic_id(m, __builtin_ctzll(s)) / X2APIC_CLUSTER == cluster)
			reached |= s & -s;
	return reached;
}

sim_time apic_send_for(struct ctx *w, uint64_t mask, unsigned vector, enum vector_class purpose)
{
	sim_time first;

	BUG_ON(mask & (1ull << w->cpu->id));
	local_irq_disable(w);
	sync(w);
	first = now_of(w);
	while (mask) {
		uint64_t reached = next_write(w->m, mask);

		charge(w, COST_ICR_WRITE);
		sync(w);
		mask &= ~reached;
		for (; reached; reached &= reached - 1)
			deliver(w, __builtin_ctzll(reached), vector, purpose);
	}
	local_irq_enable(w);
	return first;
}

sim_time apic_send(struct ctx *w, uint64_t mask, unsigned vector)
{
	return apic_send_for(w, mask, vector, vector_class(vector));
}
