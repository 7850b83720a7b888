/* SPDX-License-Identifier: GPL-3.0-or-later */
/* events/N; see workqueue.h. */
#include "models/kernel/workqueue.h"
#include "models/kernel/kernel.h"
#include "models/kernel/kthread.h"
#include "models/kernel/sched.h"
#include "sim/base/xassert.h"

static struct workqueue_cpu *cwq_of(struct machine *m, int cpu)
{
	return &m->kernel->pcpu[cpu].cwq;
}

/* worker_thread, run_workqueue */
static void worker(struct ctx *w, void *arg)
{
	struct workqueue_cpu *q = arg;

	for (;;) {
		spin_lock_irqsave(w, &q->lock);
		sync(w);
		while (q->head) {
			struct work *work = q->head;

			q->head = work->next;
			if (!q->head)
				q->tail = NULL;
			spin_unlock_irqrestore(w, &q->lock);
			sync(w);
			work->pending = 0;
			work->fn(w, work);
			cond_resched(w);
			spin_lock_irqsave(w, &q->lock);
			sync(w);
		}
		spin_unlock_irqrestore(w, &q->lock);
		sync(w);
		if (!q->head)
			schedule(w, "work", NULL);
	}
}

/* All CPUs have theirs from the start; a coroutine is made for those that work. */
static void start_worker(struct machine *m, int cpu)
{
	struct workqueue_cpu *q = cwq_of(m, cpu);
	char name[32];

	if (q->worker)
		return;
	snprintf(name, sizeof(name), "events/%d", cpu);
	q->worker = kthread_new(m, name, &m->cpu[cpu], worker, q);
}

/* __queue_work */
static void queue_now(struct ctx *w, struct work *work)
{
	struct workqueue_cpu *q = cwq_of(w->m, work->cpu);

	start_worker(w->m, work->cpu);
	spin_lock_irqsave(w, &q->lock);
	sync(w);
	work->next = NULL;
	if (q->tail)
		q->tail->next = work;
	else
		q->head = work;
	q->tail = work;
	wake_up_process(w, q->worker);
	spin_unlock_irqrestore(w, &q->lock);
}

static void work_due(struct ctx *w, struct timer *t)
{
	queue_now(w, t->arg);
}

void work_init(struct work *work, void (*fn)(struct ctx *w, struct work *work), void *arg)
{
	memset(work, 0, sizeof(*work));
	work->fn = fn;
	work->arg = arg;
	timer_init(&work->timer, work_due, work);
}

int queue_delayed_work_on(struct ctx *w, int cpu, struct work *work, uint64_t delay)
{
	BUG_ON(!w->m->kc->tick);
	sync(w);
	if (work->pending)
		return 0;
	work->pending = 1;
	work->cpu = cpu;
	if (delay)
		mod_timer(w, &work->timer, jiffies(w->m) + delay);
	else
		queue_now(w, work);
	return 1;
}

int queue_delayed_work(struct ctx *w, struct work *work, uint64_t delay)
{
	return queue_delayed_work_on(w, w->cpu->id, work, delay);
}

void work_start_at_boot(struct machine *m, int cpu, struct work *work, uint64_t delay)
{
	work->pending = 1;
	work->cpu = cpu;
	timer_start_at_boot(&m->cpu[cpu], &work->timer, delay);
}

void workqueue_init(struct machine *m)
{
	for (int i = 0; i < m->nr_cpus; i++)
		spin_lock_init(m, &cwq_of(m, i)->lock, LOCK_WORKQUEUE);
}
