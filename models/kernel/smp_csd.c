/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Cross-calls of today (kernel/smp.c of 6.18); see smp.h.
 *
 * A csd and the queue it goes to are two lines; the sender and the target pass
 * both to and fro.  A queue is taken at the target's first instruction, so a
 * call pushed while its interrupt is still on its way costs no second one.
 */
#include "models/kernel/smp.h"
#include "models/hw/apic.h"
#include "models/kernel/idle.h"
#include "models/kernel/kernel.h"
#include "sim/base/xassert.h"

static struct csd_queue *queue_of(struct ctx *w, int cpu)
{
	return &w->m->kernel->pcpu[cpu].csd_queue;
}

/* --- sender ------------------------------------------------------------------- */

/* csd_lock_wait: poll the flag in the csd's line */
static void csd_wait(struct ctx *w, struct csd *d)
{
	sync(w);
	if (!d->locked) {
		line_access(w, &d->line, LINE_READ);
		sync(w);
		return;
	}
	d->waiter = w;
	spin_service(w, "cross-call");
	d->waiter = NULL;
	d->line.sharers |= 1ull << w->cpu->id;	/* it has just read the flag */
	BUG_ON(d->locked);
}

/*
 * Fill @d, then llist_add; was the queue empty?  The stores into the csd, and
 * into what it points to, are on their way while the locked instruction fetches
 * the queue's line; it waits for all of them.
 */
static int push(struct ctx *w, int cpu, struct csd *d)
{
	struct csd_queue *q = queue_of(w, cpu);
	sim_time now, done, filled;
	int was_empty;

	sync(w);
	now = now_of(w);
	filled = line_book_from(w, &d->line, LINE_WRITE, now);
	if (d->arg_line) {
		sim_time t = line_book_from(w, d->arg_line, LINE_WRITE, now);

		filled = t > filled ? t : filled;
	}
	done = line_book_from(w, &q->line, LINE_ATOMIC, now);
	w->debt += (done > filled ? done : filled) - now;
	sync(w);
	was_empty = !q->head;
	d->next = q->head;
	q->head = d;
	return was_empty;
}

/* The target idles and polls its own flags: a store wakes it. */
static int polls(const struct ctx *w, int cpu)
{
	return !w->m->cpu[cpu].top && idle_polls(&w->m->cpu[cpu]);
}

static sim_time send_single(struct ctx *w, int cpu, enum vector_class purpose)
{
	struct cpu *c = &w->m->cpu[cpu];

	sync(w);
	if (!polls(w, cpu))
		return apic_send_for(w, 1ull << cpu, VECTOR_CALL_SINGLE, purpose);
	w->debt += line_transfer(w, c->id, w->cpu->id);	/* cmpxchg of the idle task's flags */
	sync(w);
	irq_send(c, VECTOR_IDLE_CALL, now_of(w) + line_transfer(w, w->cpu->id, c->id));
	return now_of(w);
}

/* Queue @call for one CPU; 1 if it needs an IPI. */
static int call_cpu(struct ctx *w, int cpu, const struct smp_call *call)
{
	struct csd *d = &w->m->kernel->pcpu[w->cpu->id].csd[cpu];

	csd_wait(w, d);			/* csd_lock: the pair's last call */
	charge(w, COST_CSD_PUSH);
	sync(w);
	d->locked = 1;
	d->type = call->nowait ? CSD_ASYNC : CSD_SYNC;
	d->purpose = call->purpose;
	d->fn = call->fn;
	d->arg = call->arg;
	d->arg_line = call->arg_line;
	d->ack_early = call->ack_early;
	return push(w, cpu, d);
}

sim_time smp_call_function_many_cond(struct ctx *w, uint64_t mask, const struct smp_call *call)
{
	struct csd *mine = w->m->kernel->pcpu[w->cpu->id].csd;
	uint64_t called = 0, ipis = 0;
	sim_time first;

	BUG_ON(w->irqs_off || w->is_irq || !w->preempt_count);
	mask &= ~(1ull << w->cpu->id);
	for (uint64_t s = mask; s; s &= s - 1) {
		int cpu = __builtin_ctzll(s);

		if (call->cond && !call->cond(w, cpu, call->arg))
			continue;
		called |= 1ull << cpu;
		if (call_cpu(w, cpu, call))
			ipis |= 1ull << cpu;
	}
	sync(w);
	first = called ? now_of(w) : -1;
	if (ipis && !(ipis & (ipis - 1)))
		first = send_single(w, __builtin_ctzll(ipis), call->purpose);
	else if (ipis)
		first = apic_send_for(w, ipis, VECTOR_CALL, call->purpose);
	if (call->meanwhile)
		call->meanwhile(w, call->arg, called);
	for (; called && !call->nowait; called &= called - 1)
		csd_wait(w, &mine[__builtin_ctzll(called)]);
	return first;
}

static void queue_one(struct ctx *w, int cpu, struct csd *d)
{
	BUG_ON(d->locked);
	charge(w, COST_CSD_PUSH);
	sync(w);
	d->locked = 1;
	if (push(w, cpu, d))
		send_single(w, cpu, d->purpose);
}

void smp_call_function_single_async(struct ctx *w, int cpu, struct csd *d)
{
	d->type = CSD_ASYNC;
	d->purpose = VC_CALL;
	queue_one(w, cpu, d);
}

void smp_queue_ttwu(struct ctx *w, int cpu, struct csd *d)
{
	d->type = CSD_TTWU;
	d->purpose = VC_RESCHEDULE;
	queue_one(w, cpu, d);
}

/* --- target ---------------------------------------------------------------------- */

static void csd_unlock(struct ctx *w, struct csd *d)
{
	struct ctx *waiter;

	line_access(w, &d->line, LINE_WRITE);
	sync(w);
	d->locked = 0;
	waiter = d->waiter;
	if (waiter)
		spin_wake(waiter, now_of(w) +
			  line_transfer(w, w->cpu->id, waiter->cpu->id));
}

static void run_csd(struct ctx *w, struct csd *d)
{
	/* once unlocked it may be filled anew */
	smp_call_fn fn = d->fn;
	void *arg = d->arg;
	int early = d->ack_early || d->type != CSD_SYNC;

	w->cpu->handled |= 1ull << d->purpose;
	if (d->arg_line)
		line_access(w, d->arg_line, LINE_READ);
	if (early) {
		w->cpu->ack_owed++;
		csd_unlock(w, d);
	}
	if (fn)
		fn(w, arg);
	if (early)
		w->cpu->ack_owed--;
	else
		csd_unlock(w, d);
}

/* Take the queue, oldest first. */
static struct csd *take(struct ctx *w)
{
	struct csd_queue *q = queue_of(w, w->cpu->id);
	struct csd *list, *fifo = NULL;

	line_access(w, &q->line, LINE_ATOMIC);
	sync(w);
	list = q->head;
	q->head = NULL;
	while (list) {
		struct csd *next = list->next;

		list->next = fifo;
		fifo = list;
		list = next;
	}
	return fifo;
}

/* __flush_smp_call_function_queue */
static void flush_queue(struct ctx *w)
{
	struct csd *list = take(w), **tail[NR_CSD_TYPES], *of[NR_CSD_TYPES];

	for (int i = 0; i < NR_CSD_TYPES; i++)
		tail[i] = &of[i];
	for (; list; list = list->next) {
		line_access(w, &list->line, LINE_READ);
		*tail[list->type] = list;
		tail[list->type] = &list->next;
	}
	for (int i = 0; i < NR_CSD_TYPES; i++)
		*tail[i] = NULL;
	for (int i = 0; i < NR_CSD_TYPES; i++)
		for (struct csd *d = of[i], *next; d; d = next) {
			next = d->next;
			run_csd(w, d);
		}
}

static void call_handler(struct ctx *w, unsigned vector)
{
	(void)vector;
	charge(w, COST_CALL_HANDLER);
	flush_queue(w);
}

/* One vector for all: the oldest call says what the interrupt is for. */
static enum vector_class purpose(const struct cpu *c, unsigned vector)
{
	const struct csd *d = c->m->kernel->pcpu[c->id].csd_queue.head;

	if (vector_class(vector) != VC_CALL || !d)
		return vector_class(vector);
	while (d->next)
		d = d->next;
	return d->purpose;
}

void smp_csd_init(struct machine *m)
{
	struct kernel *k = m->kernel;

	for (int i = 0; i < m->nr_cpus; i++) {
		line_init(&k->pcpu[i].csd_queue.line);
		k->pcpu[i].csd = arena_alloc(m->arena, sizeof(struct csd) * (size_t)m->nr_cpus);
		for (int j = 0; j < m->nr_cpus; j++)
			line_init(&k->pcpu[i].csd[j].line);
	}
	m->vector_purpose = purpose;
	m->vector_handler[VC_CALL] = call_handler;
	m->vector_handler[VC_IDLE_CALL] = call_handler;
}
