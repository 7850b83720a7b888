/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ICR writes and delivery; see apic.h. */
#include "models/hw/apic.h"
#include "sim/base/xassert.h"

static void deliver(struct ctx *w, int target, unsigned vector)
{
	struct cpu *c = &w->m->cpu[target];
	enum cost_id id = c->socket == w->cpu->socket ? COST_IPI_SOCKET : COST_IPI_CROSS;

	tp(w, TP_IPI_SEND, vector, (uint64_t)target);
	metric_count(&w->m->metrics, METRIC_IPI_SENT, vector_class(vector), 1);
	irq_send(c, vector, now_of(w) + cost_draw(w, id));
}

sim_time apic_send(struct ctx *w, uint64_t mask, unsigned vector)
{
	sim_time first;

	BUG_ON(mask & (1ull << w->cpu->id));
	local_irq_disable(w);
	sync(w);
	first = now_of(w);
	if (w->m->flat_apic) {
		charge(w, COST_ICR_WRITE);
		sync(w);
	}
	for (; mask; mask &= mask - 1) {
		if (!w->m->flat_apic) {
			charge(w, COST_ICR_WRITE);
			sync(w);
		}
		deliver(w, __builtin_ctzll(mask), vector);
	}
	local_irq_enable(w);
	return first;
}
