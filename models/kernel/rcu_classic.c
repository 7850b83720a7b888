/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Classic RCU (kernel/rcuclassic.c of 2.6.27, one flavour: call_rcu).
 *
 * A batch is over when every CPU that was neither offline nor tickless at its
 * start has reported a quiescent state.  Everything happens in ticks: a CPU's
 * callbacks wait for its tick to be put into a batch, each CPU needs one pass
 * of its softirq to notice a new batch (earlier quiescent states do not
 * count) and a later one to report, and its finished callbacks wait for its
 * next tick again.  Quiescent is: a tick that hit user mode or the idle task,
 * and an entry into schedule().  Guest mode is not: the tick ends it first,
 * and then hits kernel mode.
 *
 * Order inside the softirq, as in __rcu_process_callbacks():
 *   (a) a current list whose batch is complete is done
 *   (b) the next list becomes current, behind the running batch
 *   (c) notice, or report
 *   (d) run up to blimit callbacks
 *
 * The _bh flavour has no callbacks here; its look at every tick is in the
 * costs.  State is touched by its CPU with interrupts off, or under the lock.
 */
#include "models/kernel/rcu_int.h"
#include "models/hw/apic.h"
#include "models/kernel/kernel.h"
#include "models/kernel/sched.h"
#include "models/kernel/softirq.h"
#include "sim/base/xassert.h"

enum { FIRST_BATCH = -300 };

struct rcu_list {
	struct rcu_head *head, **tail;
};

struct rcu_data {
	int64_t quiescbatch;		/* batch that this CPU knows of */
	int passed_quiesc;		/* since it knows */
	int qs_pending;			/* it has not reported yet */
	int64_t batch;			/* that the current list waits for */
	struct rcu_list nxt, cur, done;
	int64_t qlen, blimit;
};

/* Two lines in the kernel: the first is read by every tick, the second is the lock's. */
struct rcu_classic {
	struct line line;
	int64_t cur, completed;		/* batch running or last; last one completed */
	int next_pending;		/* somebody waits for cur + 1 */
	int signaled;			/* force_quiescent_state sent its IPIs for cur */
	struct spinlock lock;
	uint64_t cpumask;		/* CPUs that have to report, in the lock's line */
	struct line nohz_line;
	uint64_t nohz_cpu_mask;
	struct rcu_data *data;		/* per CPU */
};

static struct rcu_classic *classic_of(struct machine *m)
{
	return m->kernel->rcu;
}

static struct rcu_data *data_of(struct cpu *c)
{
	return &classic_of(c->m)->data[c->id];
}

/* --- lists ------------------------------------------------------------------ */

static void list_init(struct rcu_list *l)
{
	l->head = NULL;
	l->tail = &l->head;
}

static void list_add(struct rcu_list *l, struct rcu_head *head)
{
	*l->tail = head;
	l->tail = &head->next;
}

/* All of @from behind @to; @from is empty then. */
static void list_move(struct rcu_list *to, struct rcu_list *from)
{
	if (!from->head)
		return;
	*to->tail = from->head;
	to->tail = from->tail;
	list_init(from);
}

/* --- batches, under the lock -------------------------------------------------- */

static void rcu_start_batch(struct ctx *w, struct rcu_classic *r)
{
	struct machine *m = w->m;

	if (!r->next_pending || r->completed != r->cur)
		return;
	line_access(w, &r->line, LINE_WRITE);
	line_access(w, &r->nohz_line, LINE_READ);
	sync(w);
	r->next_pending = 0;
	r->cur++;
	r->cpumask = online_cpus(m) & ~r->nohz_cpu_mask;
	r->signaled = 0;
	tp(w, TP_RCU_START, (uint64_t)(r->cur - FIRST_BATCH), r->cpumask);
}

static void cpu_quiet(struct ctx *w, struct rcu_classic *r)
{
	r->cpumask &= ~(1ull << w->cpu->id);
	tp(w, TP_RCU_QUIET, (uint64_t)(r->cur - FIRST_BATCH), r->cpumask);
	if (r->cpumask)
		return;
	line_access(w, &r->line, LINE_WRITE);
	sync(w);
	r->completed = r->cur;
	tp(w, TP_RCU_END, (uint64_t)(r->cur - FIRST_BATCH), 0);
	rcu_start_batch(w, r);
}

/* --- softirq -------------------------------------------------------------------- */

static void rcu_check_quiescent_state(struct ctx *w, struct rcu_classic *r, struct rcu_data *d)
{
	if (d->quiescbatch != r->cur) {
		d->qs_pending = 1;
		d->passed_quiesc = 0;
		d->quiescbatch = r->cur;
		return;
	}
	if (!d->qs_pending || !d->passed_quiesc)
		return;
	d->qs_pending = 0;
	spin_lock(w, &r->lock);
	sync(w);
	if (d->quiescbatch == r->cur)
		cpu_quiet(w, r);
	spin_unlock(w, &r->lock);
	sync(w);
}

static void rcu_do_batch(struct ctx *w, struct rcu_data *d)
{
	struct rcu_head *list = d->done.head;
	int64_t count = 0;

	while (list) {
		struct rcu_head *next = list->next;

		charge(w, COST_RCU_CALLBACK);
		sync(w);
		list->func(w, list);
		list = next;
		if (++count >= d->blimit)
			break;
	}
	sync(w);
	d->done.head = list;
	d->qlen -= count;
	if (d->blimit == INT64_MAX && d->qlen <= w->m->kc->rcu_qlowmark)
		d->blimit = w->m->kc->rcu_blimit;
	if (list)
		raise_softirq(w->cpu, RCU_SOFTIRQ);
	else
		list_init(&d->done);
}

static void rcu_process_callbacks(struct ctx *w)
{
	struct rcu_classic *r = classic_of(w->m);
	struct rcu_data *d = data_of(w->cpu);

	charge(w, COST_RCU_SOFTIRQ);
	line_access(w, &r->line, LINE_READ);
	sync(w);
	if (d->cur.head && r->completed >= d->batch)
		list_move(&d->done, &d->cur);
	if (d->nxt.head && !d->cur.head) {
		list_move(&d->cur, &d->nxt);
		d->batch = r->cur + 1;
		if (!r->next_pending) {
			spin_lock(w, &r->lock);
			sync(w);
			r->next_pending = 1;
			rcu_start_batch(w, r);
			spin_unlock(w, &r->lock);
			sync(w);
		}
	}
	rcu_check_quiescent_state(w, r, d);
	if (d->done.head)
		rcu_do_batch(w, d);
}

/* --- entry points ------------------------------------------------------------------ */

static void force_quiescent_state(struct ctx *w, struct rcu_classic *r)
{
	set_need_resched(w->cpu);
	if (r->signaled)
		return;
	r->signaled = 1;
	/* breaks user mode, guests and idle; reports nothing */
	if (r->cpumask & ~(1ull << w->cpu->id))
		apic_send(w, r->cpumask & ~(1ull << w->cpu->id), VECTOR_RESCHEDULE);
}

static void classic_call(struct ctx *w, struct rcu_head *head)
{
	struct rcu_classic *r = classic_of(w->m);
	struct rcu_data *d;

	charge(w, COST_CALL_RCU);
	local_irq_disable(w);
	sync(w);
	d = data_of(w->cpu);
	list_add(&d->nxt, head);
	if (++d->qlen > w->m->kc->rcu_qhimark) {
		d->blimit = INT64_MAX;
		force_quiescent_state(w, r);
	}
	local_irq_enable(w);
}

static void classic_note_context_switch(struct cpu *c)
{
	data_of(c)->passed_quiesc = 1;
}

static int classic_pending(struct cpu *c)
{
	struct rcu_classic *r = classic_of(c->m);
	struct rcu_data *d = data_of(c);

	return (d->cur.head && r->completed >= d->batch) || (!d->cur.head && d->nxt.head) ||
		d->done.head || d->quiescbatch != r->cur || d->qs_pending;
}

static void classic_check_callbacks(struct ctx *w, int user, int idle)
{
	if (user || idle)
		data_of(w->cpu)->passed_quiesc = 1;
	raise_softirq(w->cpu, RCU_SOFTIRQ);
}

static int classic_needs_cpu(struct cpu *c)
{
	return data_of(c)->cur.head || classic_pending(c);
}

static void classic_enter_nohz(struct cpu *c)
{
	classic_of(c->m)->nohz_cpu_mask |= 1ull << c->id;
}

static void classic_exit_nohz(struct cpu *c)
{
	classic_of(c->m)->nohz_cpu_mask &= ~(1ull << c->id);
}

static const struct rcu_flavour classic = {
	.call = classic_call,
	.synchronize = wait_rcu_gp,
	.note_context_switch = classic_note_context_switch,
	.pending = classic_pending,
	.check_callbacks = classic_check_callbacks,
	.needs_cpu = classic_needs_cpu,
	.enter_nohz = classic_enter_nohz,
	.exit_nohz = classic_exit_nohz,
	/* kvm_guest_enter() of the era sets PF_VCPU, for accounting: RCU sees nothing of it */
};

void rcu_classic_init(struct machine *m)
{
	struct rcu_classic *r = arena_alloc(m->arena, sizeof(*r));

	m->kernel->rcu = r;
	m->kernel->rcu_flavour = &classic;
	line_init(&r->line);
	line_init(&r->nohz_line);
	spin_lock_init(m, &r->lock, LOCK_RCU);
	r->cur = r->completed = FIRST_BATCH;
	r->data = arena_alloc(m->arena, sizeof(*r->data) * (size_t)m->nr_cpus);
	for (int i = 0; i < m->nr_cpus; i++) {
		struct rcu_data *d = &r->data[i];

		list_init(&d->nxt);
		list_init(&d->cur);
		list_init(&d->done);
		d->quiescbatch = r->completed;
		d->blimit = m->kc->rcu_blimit;
	}
	open_softirq(m, RCU_SOFTIRQ, rcu_process_callbacks);
}
