/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tree RCU, the CPUs' half (kernel/rcu/tree.c, tree_plugin.h of today;
 * the kernel of 3.7 by its keys).
 *
 * A CPU learns of a period at its tick (its leaf's gp_seq is not its own),
 * is quiescent when it switches tasks, enters a guest, or its tick hits user
 * mode or idle, and reports to its leaf in a softirq; the last report of a
 * leaf climbs, the last of the root wakes the kernel thread.  Idle CPUs are
 * part of every period but do nothing: the thread's scan finds them.
 * Callbacks get their period at a tick (at once when too many), and run in the
 * softirq of a later tick.
 *
 * With PREEMPT readers disable preemption here, so a tick that hits a task
 * with preemption on is quiescent too.  Left out: preemptible readers and
 * their boosting, callback offloading, lazy callbacks, nohz_full, hotplug,
 * stall warnings; note_gp_changes() waits for its leaf's lock where the kernel
 * tries it and comes back at the next tick.
 */
#include "models/kernel/rcu_tree.h"
#include "models/kernel/sched.h"
#include "models/kernel/softirq.h"
#include "models/kernel/tick.h"
#include "sim/base/xassert.h"

void rcu_node_lock(struct ctx *w, struct rcu_node *n)
{
	spin_lock_irqsave(w, &n->lock);
	sync(w);
}

void rcu_node_unlock(struct ctx *w, struct rcu_node *n)
{
	spin_unlock_irqrestore(w, &n->lock);
}

/* --- asking for periods ---------------------------------------------------------- */

int rcu_start_this_gp(struct ctx *w, struct rcu_node *start, struct rcu_data *d, uint64_t seq)
{
	struct rcu_tree *t = rcu_tree_of(w->m);
	struct rcu_node *n;
	int wake = 0;

	for (n = start; ; n = n->parent) {
		if (n != start)
			rcu_node_lock(w, n);
		if (n->gp_seq_needed >= seq || n->gp_seq >= seq - RCU_SEQ_STATE_MASK ||
		    (n != start && rcu_seq_state(n->gp_seq)))
			goto out;
		n->gp_seq_needed = seq;
		if (rcu_seq_state(n->gp_seq))
			goto out;	/* the end of the running one will see it */
		if (!n->parent)
			break;
		if (n != start)
			rcu_node_unlock(w, n);
	}
	if (!rcu_gp_in_progress(t)) {
		line_access(w, &t->line, LINE_WRITE);
		sync(w);
		t->gp_flags |= RCU_GP_FLAG_INIT;
		wake = 1;
	}
out:
	if (seq < n->gp_seq_needed) {
		start->gp_seq_needed = n->gp_seq_needed;
		d->gp_seq_needed = n->gp_seq_needed;
	}
	if (n != start)
		rcu_node_unlock(w, n);
	return wake;
}

int rcu_accelerate_cbs(struct ctx *w, struct rcu_node *n, struct rcu_data *d)
{
	uint64_t seq = rcu_seq_snap(rcu_tree_of(w->m)->gp_seq);

	if (!rcu_segcblist_pend_cbs(&d->cblist) || !rcu_segcblist_accelerate(&d->cblist, seq))
		return 0;
	return rcu_start_this_gp(w, n, d, seq);
}

static void accelerate_cbs_unlocked(struct ctx *w, struct rcu_data *d)
{
	uint64_t seq = rcu_seq_snap(rcu_tree_of(w->m)->gp_seq);
	int wake;

	if (d->gp_seq_needed >= seq) {	/* asked for already */
		rcu_segcblist_accelerate(&d->cblist, seq);
		return;
	}
	rcu_node_lock(w, d->node);
	wake = rcu_accelerate_cbs(w, d->node, d);
	rcu_node_unlock(w, d->node);
	if (wake)
		rcu_gp_kthread_wake(w);
}

/* --- what a CPU knows --------------------------------------------------------------- */

int rcu_note_gp_changes_locked(struct ctx *w, struct rcu_node *n, struct rcu_data *d)
{
	const uint64_t mask = RCU_SEQ_STATE_MASK;
	int wake;

	if (d->gp_seq == n->gp_seq)
		return 0;
	if (d->gp_seq < (n->gp_seq & ~mask)) {		/* a period has ended */
		rcu_segcblist_advance(&d->cblist, n->gp_seq);
		wake = rcu_accelerate_cbs(w, n, d);
		d->core_needs_qs = 0;
	} else {
		wake = rcu_accelerate_cbs(w, n, d);
		if (d->core_needs_qs)
			d->core_needs_qs = !!(n->qsmask & d->grpmask);
	}
	if (((d->gp_seq + mask) & ~mask) < n->gp_seq)	/* a period has begun */
		d->core_needs_qs = d->cpu_no_qs = !!(n->qsmask & d->grpmask);
	d->gp_seq = n->gp_seq;
	if (d->gp_seq_needed < n->gp_seq_needed)
		d->gp_seq_needed = n->gp_seq_needed;
	return wake;
}

static void note_gp_changes(struct ctx *w, struct rcu_data *d)
{
	int wake;

	line_access(w, &d->node->lock.line, LINE_READ);
	sync(w);
	if (d->gp_seq == d->node->gp_seq)
		return;
	rcu_node_lock(w, d->node);
	wake = rcu_note_gp_changes_locked(w, d->node, d);
	rcu_node_unlock(w, d->node);
	if (wake)
		rcu_gp_kthread_wake(w);
}

/* --- reports -------------------------------------------------------------------------- */

void rcu_report_qs_rnp(struct ctx *w, uint64_t mask, struct rcu_node *n, uint64_t gp_seq)
{
	struct rcu_tree *t = rcu_tree_of(w->m);

	for (;;) {
		if (!(n->qsmask & mask) || n->gp_seq != gp_seq) {
			rcu_node_unlock(w, n);
			return;
		}
		n->qsmask &= ~mask;
		tp(w, TP_RCU_QUIET, gp_seq / (RCU_SEQ_STATE_MASK + 1), n->qsmask);
		if (n->qsmask) {
			rcu_node_unlock(w, n);
			return;
		}
		if (!n->parent)
			break;
		mask = n->grpmask;
		rcu_node_unlock(w, n);
		n = n->parent;
		rcu_node_lock(w, n);
	}
	line_access(w, &t->line, LINE_WRITE);
	sync(w);
	t->gp_flags |= RCU_GP_FLAG_FQS;
	rcu_node_unlock(w, n);
	rcu_gp_kthread_wake(w);
}

void rcu_report_qs_rdp(struct ctx *w, struct rcu_data *d)
{
	struct rcu_node *n = d->node;
	int wake;

	rcu_node_lock(w, n);
	if (d->cpu_no_qs || d->gp_seq != n->gp_seq) {
		d->cpu_no_qs = 1;	/* of an earlier period */
		rcu_node_unlock(w, n);
		return;
	}
	d->core_needs_qs = 0;
	if (!(n->qsmask & d->grpmask)) {
		rcu_node_unlock(w, n);
		return;
	}
	wake = rcu_accelerate_cbs(w, n, d);
	d->urgent_qs = d->need_heavy_qs = 0;
	rcu_report_qs_rnp(w, d->grpmask, n, n->gp_seq);
	if (wake)
		rcu_gp_kthread_wake(w);
}

void rcu_qs(struct rcu_data *d)
{
	d->cpu_no_qs = 0;
}

/* --- softirq ----------------------------------------------------------------------------- */

static void rcu_do_batch(struct ctx *w, struct rcu_data *d)
{
	int64_t done = d->cblist.len, count = 0;
	int64_t limit = d->blimit > done >> 7 ? d->blimit : done >> 7;
	struct rcu_head *head;

	while ((head = rcu_segcblist_dequeue_done(&d->cblist))) {
		charge(w, COST_RCU_CALLBACK);
		sync(w);
		head->func(w, head);
		sync(w);
		if (++count >= limit && (w->cpu->need_resched || w->cpu->task))
			break;
	}
	if (d->blimit > w->m->kc->rcu_blimit && d->cblist.len <= w->m->kc->rcu_qlowmark)
		d->blimit = w->m->kc->rcu_blimit;
	if (!d->cblist.len)
		d->qlen_last_fqs_check = 0;
}

static void rcu_core(struct ctx *w)
{
	struct rcu_tree *t = rcu_tree_of(w->m);
	struct rcu_data *d = rcu_data_of(w->cpu);

	charge(w, COST_RCU_SOFTIRQ);
	note_gp_changes(w, d);
	if (d->core_needs_qs && !d->cpu_no_qs)
		rcu_report_qs_rdp(w, d);
	if (!rcu_gp_in_progress(t) && !rcu_segcblist_restempty(&d->cblist, RCU_NEXT_READY_TAIL))
		accelerate_cbs_unlocked(w, d);
	if (rcu_segcblist_ready_cbs(&d->cblist)) {
		rcu_do_batch(w, d);
		if (rcu_segcblist_ready_cbs(&d->cblist))
			raise_softirq(w->cpu, RCU_SOFTIRQ);
	}
}

/* --- entry points --------------------------------------------------------------------------- */

static int core_pending(struct cpu *c)
{
	struct rcu_tree *t = rcu_tree_of(c->m);
	struct rcu_data *d = rcu_data_of(c);

	return (d->core_needs_qs && !d->cpu_no_qs && rcu_gp_in_progress(t)) ||
		rcu_segcblist_ready_cbs(&d->cblist) ||
		(!rcu_gp_in_progress(t) && !rcu_segcblist_restempty(&d->cblist, RCU_NEXT_READY_TAIL)) ||
		d->gp_seq != d->node->gp_seq;
}

static int tree_pending(struct cpu *c)
{
	struct rcu_data *d = rcu_data_of(c);

	return d->core_needs_qs || d->urgent_qs || core_pending(c);
}

/* With PREEMPT: the tick hit code that no reader can be in. */
static int preemptible(const struct ctx *w)
{
	const struct ctx *below = w->below;

	return w->m->kc->preempt == PREEMPT_FULL && below && !below->is_irq &&
		!below->preempt_count && !below->rcu_nesting;
}

static void tree_check_callbacks(struct ctx *w, int user, int idle)
{
	struct rcu_data *d = rcu_data_of(w->cpu);

	if (d->urgent_qs) {
		if (!user && !idle)
			set_need_resched(w->cpu);
		d->urgent_qs = 0;
	}
	if (user || idle || preemptible(w))
		rcu_qs(d);
	if (core_pending(w->cpu))
		raise_softirq(w->cpu, RCU_SOFTIRQ);
}

static void momentary_qs(struct rcu_data *d)
{
	rcu_qs(d);
	if (d->need_heavy_qs)
		d->momentary_eqs += 2;
	d->urgent_qs = d->need_heavy_qs = 0;
}

static void tree_note_context_switch(struct cpu *c)
{
	struct rcu_data *d = rcu_data_of(c);

	rcu_qs(d);
	if (d->urgent_qs)
		momentary_qs(d);
}

static void tree_guest_enter(struct ctx *w)
{
	tree_note_context_switch(w->cpu);
}

static void tree_cond_resched(struct ctx *w)
{
	struct rcu_data *d = rcu_data_of(w->cpu);

	if (d->urgent_qs)
		momentary_qs(d);
}

/* Too many callbacks: do not wait for the tick, do not wait for idle CPUs. */
static void flood(struct ctx *w, struct rcu_data *d, const struct rcu_head *head)
{
	struct rcu_tree *t = rcu_tree_of(w->m);

	note_gp_changes(w, d);
	if (!rcu_gp_in_progress(t)) {
		accelerate_cbs_unlocked(w, d);
		return;
	}
	d->blimit = w->m->kc->rcu_qhimark;	/* max_rcu_blimit, 10,000 too */
	if (t->n_force_qs == d->n_force_qs_snap && *d->cblist.tail[RCU_DONE_TAIL] != head) {
		rcu_node_lock(w, &t->root);
		t->gp_flags |= RCU_GP_FLAG_FQS;
		rcu_node_unlock(w, &t->root);
		rcu_gp_kthread_wake(w);
	}
	d->n_force_qs_snap = t->n_force_qs;
	d->qlen_last_fqs_check = d->cblist.len;
}

static void tree_call(struct ctx *w, struct rcu_head *head)
{
	struct rcu_data *d;

	charge(w, COST_CALL_RCU);
	local_irq_disable(w);
	sync(w);
	d = rcu_data_of(w->cpu);
	rcu_segcblist_enqueue(&d->cblist, head);
	if (d->cblist.len > d->qlen_last_fqs_check + w->m->kc->rcu_qhimark)
		flood(w, d, head);
	local_irq_enable(w);
}

static void tree_synchronize(struct ctx *w)
{
	if (w->m->nr_cpus <= w->m->kc->rcu_wake_from_gp)
		rcu_sr_normal(w);
	else
		wait_rcu_gp(w);
}

static int tree_needs_cpu(struct cpu *c)
{
	return rcu_data_of(c)->cblist.head != NULL;
}

static const struct rcu_flavour tree = {
	.call = tree_call,
	.synchronize = tree_synchronize,
	.note_context_switch = tree_note_context_switch,
	.cond_resched = tree_cond_resched,
	.pending = tree_pending,
	.check_callbacks = tree_check_callbacks,
	.needs_cpu = tree_needs_cpu,
	/* tickless CPUs are found by their idle transitions */
	.guest_enter = tree_guest_enter,
};

/* --- set-up ------------------------------------------------------------------------------------ */

static void init_node(struct machine *m, struct rcu_node *n, struct rcu_node *parent, int index,
		      int lo, int children)
{
	spin_lock_init(m, &n->lock, LOCK_RCU);
	n->parent = parent;
	n->grpmask = 1ull << index;
	n->grplo = lo;
	n->qsmaskinit = ~0ull >> (64 - children);
}

static void init_nodes(struct machine *m, struct rcu_tree *t)
{
	int cpus = m->nr_cpus, leaves = (cpus + RCU_FANOUT_LEAF - 1) / RCU_FANOUT_LEAF;

	t->n_leaves = leaves > 1 ? leaves : 0;
	init_node(m, &t->root, NULL, 0, 0, leaves > 1 ? leaves : cpus);
	t->root.grphi = cpus - 1;
	for (int i = 0; i < t->n_leaves; i++) {
		int lo = i * RCU_FANOUT_LEAF, n = cpus - lo;

		n = n < RCU_FANOUT_LEAF ? n : RCU_FANOUT_LEAF;
		init_node(m, &t->leaf[i], &t->root, i, lo, n);
		t->leaf[i].grphi = lo + n - 1;
	}
}

void rcu_tree_init(struct machine *m)
{
	struct rcu_tree *t = arena_alloc(m->arena, sizeof(*t));

	m->kernel->rcu = t;
	m->kernel->rcu_flavour = &tree;
	line_init(&t->line);
	spin_lock_init(m, &t->srs_lock, LOCK_RCU);
	init_nodes(m, t);
	t->data = arena_alloc(m->arena, sizeof(*t->data) * (size_t)m->nr_cpus);
	for (int i = 0; i < m->nr_cpus; i++) {
		struct rcu_data *d = &t->data[i];

		rcu_segcblist_init(&d->cblist);
		d->blimit = m->kc->rcu_blimit;
		d->node = leaf_node(t, t->n_leaves ? i / RCU_FANOUT_LEAF : 0);
		d->grpmask = 1ull << (i - d->node->grplo);
	}
	open_softirq(m, RCU_SOFTIRQ, rcu_core);
	rcu_gp_kthread_start(m);
}
