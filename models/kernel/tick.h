/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The timer tick of each CPU and jiffies (kernel/time/tick-sched.c, kernel/timer.c
 * of 2.6.27), and the timers of a CPU: exact ones (hrtimers) and the wheel.
 *
 * kernel.tick: off means that no CPU ticks and nothing below works but exact
 * timers.  With it on, every CPU has a grid of instants 1/HZ apart.  The whole
 * grid has a random offset per replication; kernel.tick_phase says whether CPU
 * c's instants are late by c * (half a period) / CPUs (2.6.27) or not (today).
 * jiffies steps on the grid of CPU 0, whoever ticks then.
 *
 * A tick is an interrupt.  One that has nothing to do but to account is one
 * event: its time is taken from whatever the CPU does.  In guest mode it ends
 * the guest's run first.  An idle CPU stops its tick (kernel.no_hz) unless a
 * softirq is pending, RCU needs the CPU or its next timer is one jiffy away.
 *
 * Left out: who keeps the time when CPU 0 sleeps, posix timers, deferrable
 * timers other than those of kthread.h.
 */
#ifndef MODELS_KERNEL_TICK_H
#define MODELS_KERNEL_TICK_H

#include "models/hw/cpu.h"

void tick_init(struct machine *m);
/* One period, ps. */
sim_time tick_period(const struct machine *m);
/* Ticks of CPU 0's grid since boot; costs nothing. */
uint64_t jiffies(const struct machine *m);

/* --- the wheel ------------------------------------------------------------------ */

/* Runs fn(w, timer) in TIMER_SOFTIRQ of the CPU that it was started on, at that
 * CPU's first tick at which jiffies has reached expires. */
struct timer {
	void (*fn)(struct ctx *w, struct timer *t);
	void *arg;
	uint64_t expires;
	int deferrable;			/* an idle CPU does not wake for it */
	struct cpu *cpu;		/* pending there; NULL: not pending */
	struct timer *next;
};

void timer_init(struct timer *t, void (*fn)(struct ctx *w, struct timer *t), void *arg);
/* (Re)start on w's CPU. */
void mod_timer(struct ctx *w, struct timer *t, uint64_t expires);
void del_timer(struct ctx *w, struct timer *t);

/* --- exact timers ----------------------------------------------------------------- */

/* Runs fn(w, timer) in the interrupt of the CPU that it was started on. */
struct hrtimer {
	void (*fn)(struct ctx *w, struct hrtimer *t);
	void *arg;
	struct cpu *cpu;
	uint32_t slot;
	int armed;			/* its slot is */
	int queued;			/* due, its interrupt is on the way */
	struct hrtimer *next;
};

/* (Re)start on @c, due at @at >= now. */
void hrtimer_start(struct cpu *c, struct hrtimer *t, sim_time at);
void hrtimer_cancel(struct hrtimer *t);

/* --- between the files --------------------------------------------------------------- */

struct tick {				/* of one CPU */
	uint32_t slot;
	sim_time phase;			/* of its grid against CPU 0's */
	int stopped;			/* idle: the slot is armed for the next timer only */
	int rcu_told;			/* ... and RCU knows */
	int due;			/* its interrupt is on the way */
	struct timer *wheel;		/* by expires, then first come first served */
	struct hrtimer *armed;		/* exact timers, in no order */
	struct hrtimer *expired;	/* their interrupt is on the way */
};

void timers_init(struct machine *m);
void timer_start_at_boot(struct cpu *c, struct timer *t, uint64_t expires);
int timers_due(const struct cpu *c);
/* When the first timer that is not deferrable expires; UINT64_MAX: never. */
uint64_t next_timer(const struct cpu *c);
/* @c stops its tick: another CPU that ticks, if any, takes over its timers. */
void timers_push(struct cpu *c);
void run_hrtimers(struct ctx *w);
/* struct cpu_ops */
void tick_idle_enter(struct cpu *c);
void tick_idle_interrupt(struct cpu *c);
void tick_idle_exit(struct cpu *c);
/* From now to the next timer event of @c, which goes idle; TIME_NEVER: there is none. */
sim_time tick_sleep_length(const struct cpu *c);
sim_time next_hrtimer(const struct cpu *c);
/* Idle, and without ticks? */
int tick_stopped(const struct cpu *c);

#endif
