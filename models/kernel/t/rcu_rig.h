/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * For the tests of RCU and SRCU: a bare machine whose instructions cost
 * nothing, so that only ticks take time and every instant can be worked out
 * by hand; threads that are busy in user mode, in a guest, or in the kernel.
 */
#ifndef MODELS_KERNEL_T_RCU_RIG_H
#define MODELS_KERNEL_T_RCU_RIG_H

#include "models/kernel/rcu.h"
#include "models/kernel/srcu.h"
#include "models/world/t/record.h"

#define TENTHS(n) ((sim_time)(n) * MS(1) / 10)		/* of a millisecond */

static inline void rig_init(struct bare *b, int cpus, int hz)
{
	bare_init(b, 1, cpus);
	no_costs(b);
	b->kernel->hz = hz;
	b->kernel->tick = 1;
	b->kernel->tick_phase = TICK_STAGGER;
	b->kernel->tick_random = 0;
	b->kernel->watchdog = b->kernel->vmstat = b->kernel->reaper = 0;
}

/* --- threads that keep a CPU busy ------------------------------------------------ */

static inline void busy_user(struct ctx *w, void *arg)
{
	(void)arg;
	ctx_class(w, TIME_USER);
	cpu_work(w, SEC(1000));
}

/* A vcpu that never exits by itself: every interrupt is taken in the kernel. */
static inline void busy_guest(struct ctx *w, void *arg)
{
	sim_time left = SEC(1000);

	(void)arg;
	while (left > 0) {
		preempt_disable(w);
		local_irq_disable(w);
		rcu_virt_note_context_switch(w);
		ctx_class(w, TIME_GUEST);
		left = guest_run(w, left);
		ctx_class(w, TIME_EXIT);
		local_irq_enable(w);
		preempt_enable(w);
		if (w->cpu->need_resched)
			cond_resched(w);
	}
}

/* In the kernel, preemptible or not by the kernel's file; never sleeps. */
static inline void busy_kernel(struct ctx *w, void *arg)
{
	(void)arg;
	cpu_work(w, SEC(1000));
}

/* A kernel thread that does nothing at @at and then every @period. */
struct kthread { sim_time at, period; };

static inline void run_each(struct ctx *w, void *arg)
{
	const struct kthread *k = arg;

	schedule_timeout(w, k->at);
	for (;;)
		schedule_timeout(w, k->period);
}

/* --- a caller of synchronize_*() ---------------------------------------------------- */

struct caller {
	sim_time at;			/* first call; the next follows at once */
	int times;
	int asleep;			/* until then: others use its CPU */
	struct srcu_domain *domain;	/* NULL: RCU */
	sim_time done[8];		/* when each call returned */
	int n;
};

static inline void call_synchronize(struct ctx *w, void *arg)
{
	struct caller *k = arg;

	if (k->asleep)
		schedule_timeout(w, k->at);
	else
		work_until(w, k->at);
	for (int i = 0; i < k->times; i++) {
		if (k->domain)
			synchronize_srcu(w, k->domain);
		else
			synchronize_rcu(w);
		sync(w);
		k->done[k->n++] = now_of(w);
	}
}

/* --- a reader of a SRCU domain, asleep inside ------------------------------------------ */

struct reader {
	struct srcu_domain *domain;
	sim_time from, to;
};

static inline void sleep_inside(struct ctx *w, void *arg)
{
	struct reader *r = arg;
	int idx;

	if (r->from)
		schedule_timeout(w, r->from);
	idx = srcu_read_lock(w, r->domain);
	schedule_timeout(w, r->to - now_of(w));
	srcu_read_unlock(w, r->domain, idx);
}

#endif
