/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The deadlock report: every blocked coroutine with what it waits for and who
 * could end the wait, oldest first, then each cycle of the held-by relation.
 *
 * A coroutine waits for at most one holder, so a cycle is found by following
 * the holders from each of its members; it is printed once, from its oldest
 * member.  A deadlock without a cycle (a wake-up that never came) shows in
 * the list alone.
 */
#include "sim/base/strbuf.h"
#include "sim/engine/sim.h"

static int waits(const struct coro *co)
{
	return co->state == CORO_BLOCKED;
}

/* Is @first on a cycle, and older than all other members of it? */
static int oldest_of_cycle(const struct sim *s, const struct coro *first)
{
	const struct coro *co = first->held_by;
	uint32_t steps;

	for (steps = 0; co && steps < s->nr_coros; steps++) {
		if (co == first)
			return 1;
		if (!waits(co) || co->number < first->number)
			return 0;
		co = co->held_by;
	}
	return 0;
}

static void print_cycle(const struct coro *first, struct strbuf *out)
{
	const struct coro *co = first;

	sb_adds(out, "cycle: ");
	do {
		sb_addf(out, "%s -> ", co->name);
		co = co->held_by;
	} while (co != first);
	sb_addf(out, "%s\n", first->name);
}

static void print_waiter(const struct coro *co, struct strbuf *out)
{
	sb_addf(out, "  %s: waits for %s", co->name,
		co->waits_for ? co->waits_for : "an event");
	if (co->held_by)
		sb_addf(out, ", held by %s", co->held_by->name);
	sb_addc(out, '\n');
}

void sim_deadlock_report(const struct sim *s, struct strbuf *out)
{
	const struct coro *co, *oldest = NULL;
	uint32_t alive = 0, blocked = 0;
	char when[48];

	for (co = s->coros; co; co = co->next) {
		alive++;
		blocked += waits(co);
		oldest = co;
	}
	sb_addf(out, "deadlock at %s: %u of %u coroutines blocked, no event pending\n",
		format_time(when, s->now), blocked, alive);
	for (co = oldest; co; co = co->prev)
		if (waits(co))
			print_waiter(co, out);
	for (co = oldest; co; co = co->prev)
		if (waits(co) && oldest_of_cycle(s, co))
			print_cycle(co, out);
}
