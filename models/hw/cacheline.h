/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Cache lines, by booking.
 *
 * A line has an owner (last writer) and sharers.  An access that needs a
 * transfer is booked: it starts when the line is free, ends after the cost of
 * the distance, and is paid by the accessing context as a debt.  Requests to
 * one line are served one after another in the order of booking, at no event
 * of their own; hits cost a cycle count and occupy nobody.
 *
 * So the state of whatever lives in the line may change at booking while its
 * effect is paid until the end: the order of atomics is the order of booking.
 *
 * With line_dwell a CPU that has just been given a line keeps it so long: an
 * access that follows at once is a hit, whoever else has booked the line.
 *
 * Left out: capacity, false sharing between structs (each struct names its own
 * lines), write buffers (the model is sequentially consistent).
 */
#ifndef MODELS_HW_CACHELINE_H
#define MODELS_HW_CACHELINE_H

#include "models/hw/cpu.h"

struct line {
	sim_time busy_until;
	uint64_t sharers;	/* CPUs that hold a copy, owner included */
	int owner;		/* CPU that wrote last; -1: memory */
};

enum line_access { LINE_READ, LINE_WRITE, LINE_ATOMIC };

void line_init(struct line *l);
/* Cost of moving a line between two CPUs. */
sim_time line_transfer(struct ctx *w, int from_cpu, int to_cpu);
/* Book an access that may not start before @from; the time at which it is done. */
sim_time line_book_from(struct ctx *w, struct line *l, enum line_access kind, sim_time from);
/* sync(), book at the earliest time, add what it takes to the debt. */
void line_access(struct ctx *w, struct line *l, enum line_access kind);

#endif
