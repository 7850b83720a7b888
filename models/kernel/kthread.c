/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Kernel threads, and the per-CPU threads that run whatever the load is; see
 * kthread.h.  watchdog/N (kernel/softlockup.c) is real-time and woken by the tick
 * when its period has passed; vmstat and the slab reaper are work items of
 * events/N that queue themselves again.  None of them wakes an idle CPU.
 */
#include "models/kernel/kthread.h"
#include "models/kernel/kernel.h"
#include "models/kernel/sched.h"
#include "models/kernel/workqueue.h"

struct kthread {
	struct ctx ctx;
	void (*fn)(struct ctx *w, void *arg);
	void *arg;
};

static void kthread_main(void *arg)
{
	struct kthread *k = arg;

	sched_first_run(&k->ctx);
	k->fn(&k->ctx, k->arg);
	sync(&k->ctx);
	sched_exit(&k->ctx);
}

struct ctx *kthread_new(struct machine *m, const char *name, struct cpu *c,
			void (*fn)(struct ctx *w, void *arg), void *arg)
{
	struct kthread *k = arena_alloc(m->arena, sizeof(*k));

	ctx_init(&k->ctx, m, arena_strdup(m->arena, name));
	k->fn = fn;
	k->arg = arg;
	k->ctx.pinned = 1;
	ctx_start(&k->ctx, c, kthread_main, k);
	return &k->ctx;
}

struct ctx *kthread_create(struct machine *m, const char *name, int cpu,
			   void (*fn)(struct ctx *w, void *arg), void *arg)
{
	struct ctx *w = kthread_new(m, name, cpu < 0 ? sched_emptiest_cpu(m) : &m->cpu[cpu], fn, arg);

	w->pinned = cpu >= 0;
	sched_activate(w);
	return w;
}

/* --- watchdog -------------------------------------------------------------------- */

int watchdog_due(const struct cpu *c)
{
	const struct kernel_cpu *k = &c->m->kernel->pcpu[c->id];

	return c->m->kc->watchdog && !idle_cpu(c) &&
		c->m->sim.now - k->watchdog_touched >= c->m->kc->watchdog;
}

static void watchdog(struct ctx *w, void *arg)
{
	(void)arg;
	for (;;) {
		charge(w, COST_WATCHDOG);
		sync(w);
		w->m->kernel->pcpu[w->cpu->id].watchdog_touched = now_of(w);
		schedule(w, "the watchdog's tick", NULL);
	}
}

void wake_up_watchdog(struct ctx *w)
{
	struct kernel_cpu *k = &w->m->kernel->pcpu[w->cpu->id];
	char name[32];

	if (!k->watchdog) {
		snprintf(name, sizeof(name), "watchdog/%d", w->cpu->id);
		k->watchdog = kthread_new(w->m, name, w->cpu, watchdog, NULL);
		k->watchdog->se.rt = 1;
	}
	wake_up_process(w, k->watchdog);
}

/* --- periodic work --------------------------------------------------------------------- */

struct periodic {
	struct work work;
	uint64_t period;		/* jiffies */
	enum cost_id cost;
};

static void run_periodic(struct ctx *w, struct work *work)
{
	struct periodic *p = work->arg;

	charge(w, p->cost);
	sync(w);
	queue_delayed_work(w, work, p->period);
}

static void start_periodic(struct machine *m, int cpu, sim_time period, enum cost_id cost)
{
	struct periodic *p;

	if (!period)
		return;
	p = arena_alloc(m->arena, sizeof(*p));
	work_init(&p->work, run_periodic, p);
	p->work.timer.deferrable = 1;
	p->period = (uint64_t)(period / tick_period(m));
	p->cost = cost;
	/* HZ + cpu jiffies: the CPUs are not aligned to the jiffy */
	work_start_at_boot(m, cpu, &p->work, p->period + (uint64_t)cpu);
}

void kthreads_start(struct machine *m)
{
	for (int i = 0; i < m->nr_cpus; i++) {
		start_periodic(m, i, m->kc->vmstat, COST_VMSTAT);
		start_periodic(m, i, m->kc->reaper, COST_REAPER);
	}
}
