/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Softirqs and ksoftirqd; see softirq.h. */
#include "models/kernel/softirq.h"
#include "models/hw/irq.h"
#include "models/kernel/kernel.h"
#include "models/kernel/kthread.h"
#include "models/kernel/sched.h"
#include "sim/base/xassert.h"

enum { MAX_SOFTIRQ_RESTART = 10 };

void open_softirq(struct machine *m, enum softirq nr, void (*fn)(struct ctx *w))
{
	m->kernel->softirq[nr] = fn;
}

void raise_softirq(struct cpu *c, enum softirq nr)
{
	BUG_ON(!c->soft.coro || !c->m->kernel->softirq[nr]);
	c->softirq_pending |= 1u << nr;
}

/* One pass over what is pending now; on a softirq context or on ksoftirqd. */
static void run_pending(struct ctx *w)
{
	struct kernel *k = w->m->kernel;
	uint32_t pending;

	charge(w, COST_SOFTIRQ);
	sync(w);
	pending = w->cpu->softirq_pending;
	w->cpu->softirq_pending = 0;
	for (int i = 0; i < NR_SOFTIRQS; i++)
		if (pending & (1u << i)) {
			tp(w, TP_SOFTIRQ, (uint64_t)i, 0);
			k->softirq[i](w);
		}
	sync(w);
}

/* Softirqs off, as in local_bh_disable(): an interrupt's return must not run them too. */
static void ksoftirqd(struct ctx *w, void *arg)
{
	(void)arg;
	for (;;) {
		while (w->cpu->softirq_pending) {
			preempt_disable(w);
			w->cpu->in_softirq = 1;
			run_pending(w);
			w->cpu->in_softirq = 0;
			preempt_enable(w);
			cond_resched(w);
		}
		schedule(w, "softirqs", NULL);
	}
}

static void wake_up_ksoftirqd(struct ctx *w)
{
	struct kernel_cpu *k = &w->m->kernel->pcpu[w->cpu->id];
	char name[32];

	if (!k->ksoftirqd) {
		snprintf(name, sizeof(name), "ksoftirqd/%d", w->cpu->id);
		k->ksoftirqd = kthread_new(w->m, name, w->cpu, ksoftirqd, NULL);
	}
	wake_up_process(w, k->ksoftirqd);
}

void do_softirq(struct ctx *w)
{
	for (int i = 0; w->cpu->softirq_pending && i < MAX_SOFTIRQ_RESTART; i++)
		run_pending(w);
	if (w->cpu->softirq_pending)
		wake_up_ksoftirqd(w);
}

void softirq_init(struct machine *m)
{
	for (int i = 0; i < m->nr_cpus; i++)
		softirq_context(&m->cpu[i]);
}
