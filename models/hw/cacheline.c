/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cache lines by booking; see cacheline.h. */
#include "models/hw/cacheline.h"

void line_init(struct line *l)
{
	l->busy_until = 0;
	l->sharers = 0;
	l->owner = -1;
}

sim_time line_transfer(struct ctx *w, int from_cpu, int to_cpu)
{
	const struct cpu *cpu = w->m->cpu;

	if (from_cpu == to_cpu)
		return cost_draw(w, COST_LINE_OWN);
	if (from_cpu < 0)
		return cost_draw(w, COST_LINE_MEMORY);
	return cost_draw(w, cpu[from_cpu].socket == cpu[to_cpu].socket ?
			 COST_LINE_SOCKET : COST_LINE_CROSS);
}

/* A copy to read from: one in the reader's socket if there is one. */
static int nearest_copy(const struct machine *m, const struct line *l, int me)
{
	int found = l->owner;

	for (uint64_t s = l->sharers; s; s &= s - 1) {
		int cpu = __builtin_ctzll(s);

		if (m->cpu[cpu].socket == m->cpu[me].socket)
			return cpu;
		if (found < 0)
			found = cpu;
	}
	return found;
}

/* The copy that takes longest to invalidate. */
static int farthest_copy(const struct machine *m, const struct line *l, int me)
{
	int found = -1;

	for (uint64_t s = l->sharers & ~(1ull << me); s; s &= s - 1) {
		found = __builtin_ctzll(s);
		if (m->cpu[found].socket != m->cpu[me].socket)
			return found;
	}
	return found;
}

/* The CPU has just been given the line: what follows at once comes before others. */
static int still_here(const struct ctx *w, const struct line *l, sim_time from)
{
	sim_time dwell = w->m->mc->cost[COST_LINE_DWELL];

	return dwell && w->cpu->recent_line == l && from <= w->cpu->recent_until + dwell;
}

sim_time line_book_from(struct ctx *w, struct line *l, enum line_access kind, sim_time from)
{
	struct machine *m = w->m;
	int me = w->cpu->id;
	uint64_t mine = 1ull << me;
	sim_time d;

	if (still_here(w, l, from))
		return from + m->mc->cost[kind == LINE_ATOMIC ? COST_LINE_ATOMIC : COST_LINE_OWN];
	if (kind == LINE_READ) {
		if (l->sharers & mine)
			return from + m->mc->cost[COST_LINE_OWN];
		d = line_transfer(w, nearest_copy(m, l, me), me);
		l->sharers |= mine;
	} else {
		if (l->sharers == mine && l->owner == me) {
			d = m->mc->cost[kind == LINE_ATOMIC ? COST_LINE_ATOMIC : COST_LINE_OWN];
			return from + d;
		}
		d = line_transfer(w, l->sharers & ~mine ? farthest_copy(m, l, me) :
				  l->sharers ? me : l->owner, me);
		if (kind == LINE_ATOMIC)
			d += m->mc->cost[COST_LINE_ATOMIC];
		l->sharers = mine;
		l->owner = me;
	}
	if (l->busy_until > from)
		from = l->busy_until;
	l->busy_until = from + d;
	w->cpu->recent_line = l;
	w->cpu->recent_until = l->busy_until;
	return l->busy_until;
}

void line_access(struct ctx *w, struct line *l, enum line_access kind)
{
	sync(w);
	w->debt += line_book_from(w, l, kind, now_of(w)) - now_of(w);
}
