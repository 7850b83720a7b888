/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * try_to_wake_up() of 2.6.27 (kernel/sched.c, sched_fair.c); see sched.h.
 *
 * The domains of a machine without hyper-threads all have SD_WAKE_AFFINE and
 * SD_WAKE_BALANCE with imbalance_pct 125, and wake_idle() looks among siblings
 * only: so a sleeper goes to the waker's CPU or to the one that it had.
 */
#include "models/hw/apic.h"
#include "models/hw/tlb.h"
#include "models/kernel/idle.h"
#include "models/kernel/kernel.h"
#include "models/kernel/sched.h"
#include "sim/base/xassert.h"

/* imbalance_pct 125 (117 in a cache domain of today: no difference in whole threads) */
enum { IMBALANCE = 100 + (125 - 100) / 2 };

/* select_idle_sibling() of today: the target, else the last CPU, else one of the socket. */
static struct cpu *idle_sibling(struct machine *m, struct cpu *target, struct cpu *prev)
{
	if (idle_cpu(target))
		return target;
	if (prev->socket == target->socket && idle_cpu(prev))
		return prev;
	for (int i = 0; i < m->nr_cpus; i++)
		if (m->cpu[i].socket == target->socket && idle_cpu(&m->cpu[i]))
			return &m->cpu[i];
	return target;
}

/* select_task_rq_fair() of today: WA_IDLE, WA_WEIGHT */
static struct cpu *select_task_rq_today(struct ctx *w, struct cpu *prev)
{
	struct cpu *this = w->cpu, *target = prev;
	int load = rq_of(prev)->nr_running, this_load = rq_of(this)->nr_running;

	if (idle_cpu(this) && this->socket == prev->socket)
		target = idle_cpu(prev) ? prev : this;
	else if (!idle_cpu(prev) && 100 * (this_load + 1) < IMBALANCE * (load + 1))
		target = this;
	return idle_sibling(w->m, target, prev);
}

/* select_task_rq_fair; loads in threads, since all weigh the same */
static struct cpu *select_task_rq(struct ctx *w, struct ctx *p)
{
	struct cpu *prev = p->cpu, *this = w->cpu;
	int load = rq_of(prev)->nr_running, this_load = rq_of(this)->nr_running;

	if (p->pinned)
		return prev;
	if (w->m->kc->sched == SCHED_EEVDF)
		return select_task_rq_today(w, prev);
	if (prev == this || (w->m->kc->wake_idle_previous && idle_cpu(prev)))
		return prev;
	if (100 * (this_load + 1) <= IMBALANCE * (load + 1))
		return this;		/* wake_affine */
	if (IMBALANCE * this_load <= 100 * load)
		return this;		/* passive balancing */
	return prev;
}

/* task_rq_lock: the thread may have moved while the lock was waited for */
static struct rq *task_rq_lock(struct ctx *w, struct ctx *p)
{
	for (;;) {
		struct rq *rq = rq_of(p->cpu);

		spin_lock_irqsave(w, &rq->lock);
		sync(w);
		if (rq == rq_of(p->cpu))
			return rq;
		spin_unlock_irqrestore(w, &rq->lock);
	}
}

/* resched_task, of the thread that the CPU of @rq runs */
static void resched_cpu(struct ctx *w, struct rq *rq)
{
	struct cpu *c = rq->cpu;

	if (c->need_resched && !idle_cpu(c))
		return;			/* it has been told */
	c->need_resched = 1;
	if (c == w->cpu)
		return;
	if (idle_cpu(c) && idle_polls(c)) {
		w->debt += line_transfer(w, w->cpu->id, c->id);
		sync(w);
		cpu_wake_idle(c, idle_store_latency(c));
	} else {
		apic_send(w, 1ull << c->id, VECTOR_RESCHEDULE);
	}
}

/* The lock is held; it still is at the end, perhaps another one. */
static struct rq *activate(struct ctx *w, struct rq *rq, struct ctx *p)
{
	struct cpu *c = select_task_rq(w, p);

	if (c != p->cpu) {		/* set_task_cpu */
		if (!c->tlb && p->cpu->tlb && p->mm && !p->priv_is_vcpu)
			c->tlb = tlb_new(w->m->arena, (uint32_t)w->m->mc->tlb_entries,
					 (uint32_t)w->m->mc->tlb_entries);
		tp(w, TP_MIGRATE, p->id, (uint64_t)c->id);
		migrate_task(p, rq, rq_of(c));
		spin_unlock_irqrestore(w, &rq->lock);
		rq = task_rq_lock(w, p);
		if (p->on_rq) {
			p->woken = 1;
			return rq;
		}
	}
	enqueue_task(rq, p, ENQUEUE_WAKEUP);
	if (check_preempt(rq, p))
		resched_cpu(w, rq);
	return rq;
}

void wake_up_process(struct ctx *w, struct ctx *task)
{
	struct rq *rq;

	charge(w, COST_WAKE_UP);
	rq = task_rq_lock(w, task);
	tp(w, TP_WAKE, task->id, 0);
	if (task->on_rq)
		task->woken = 1;	/* it sees that itself before it sleeps */
	else if (!task->exited)
		rq = activate(w, rq, task);
	spin_unlock_irqrestore(w, &rq->lock);
}
