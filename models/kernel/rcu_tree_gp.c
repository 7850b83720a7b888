/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tree RCU, the grace-period kernel thread (rcu_gp_kthread of kernel/rcu/
 * tree.c): start a period in every node, sleep until all have reported or a
 * few jiffies are over, scan for idle CPUs, end the period in every node.
 *
 * The first scan reports CPUs that are idle now and takes a snapshot of the
 * others; later ones also report CPUs that have been idle since.  The thread's
 * own CPU is not idle when it scans: unless its tick reports it first, it costs
 * the second scan.  (rcu_early_report: the 2026 proposal to report it when
 * the period starts.)  CPUs that stay away are asked: urgent (their tick sets
 * NEED_RESCHED, cond_resched() reports) after a tenth of a second, heavy after
 * two, a reschedule IPI when half of the 21 s of a stall warning are over.
 */
#include "models/hw/apic.h"
#include "models/kernel/completion.h"
#include "models/kernel/kthread.h"
#include "models/kernel/rcu_tree.h"
#include "models/kernel/sched.h"
#include "models/kernel/tick.h"
#include "sim/base/xassert.h"

enum { SR_MAX_USERS_WAKE_FROM_GP = 5, HALF_STALL_TENTHS_OF_S = 105 };

/* --- times, in jiffies -------------------------------------------------------------- */

static uint64_t till_fqs(const struct machine *m)
{
	int64_t hz = m->kc->hz;

	if (m->kc->rcu_fqs)
		return (uint64_t)m->kc->rcu_fqs;
	return (uint64_t)(1 + (hz > 250) + (hz > 500) + m->nr_cpus / 256);
}

static uint64_t to_sched_qs(const struct machine *m)
{
	uint64_t j = 3 * till_fqs(m), least = (uint64_t)(m->kc->hz / 10 + m->nr_cpus / 256);

	return j > least ? j : least;
}

static int after(uint64_t a, uint64_t b)
{
	return (int64_t)(a - b) > 0;
}

/* --- waking ------------------------------------------------------------------------- */

void rcu_gp_kthread_wake(struct ctx *w)
{
	struct rcu_tree *t = rcu_tree_of(w->m);

	sync(w);
	if (w != t->kthread && t->gp_flags)
		wake_up_process(w, t->kthread);
}

/* --- synchronize_rcu() served by the thread --------------------------------------------- */

void rcu_sr_normal(struct ctx *w)
{
	struct rcu_tree *t = rcu_tree_of(w->m);
	struct rcu_synchronize rs;
	struct rcu_data *d;
	int wake;

	rcu_synchronize_init(&rs);
	spin_lock(w, &t->srs_lock);
	sync(w);
	rs.next = t->srs_next;
	t->srs_next = &rs;
	spin_unlock(w, &t->srs_lock);
	/* start_poll_synchronize_rcu() */
	local_irq_disable(w);
	d = rcu_data_of(w->cpu);
	rcu_node_lock(w, d->node);
	wake = rcu_start_this_gp(w, d->node, d, rcu_seq_snap(t->gp_seq));
	rcu_node_unlock(w, d->node);
	local_irq_enable(w);
	if (wake)
		rcu_gp_kthread_wake(w);
	wait_for_completion(w, &rs.completion);
}

/* Requests that came before this period wait for its end. */
static void sr_normal_gp_init(struct ctx *w, struct rcu_tree *t)
{
	spin_lock(w, &t->srs_lock);
	sync(w);
	t->srs_wait = t->srs_next;
	t->srs_next = NULL;
	spin_unlock(w, &t->srs_lock);
}

static void sr_normal_gp_cleanup(struct ctx *w, struct rcu_tree *t)
{
	struct rcu_synchronize *rs = t->srs_wait, *next;

	t->srs_wait = NULL;
	for (int i = 0; rs && i < SR_MAX_USERS_WAKE_FROM_GP; i++, rs = next) {
		next = rs->next;
		complete(w, &rs->completion);
	}
	if (!rs)
		return;
	/* the rest by a work item, behind what it may still have to do */
	for (next = rs; next->next; next = next->next)
		;
	next->next = t->srs_done;
	t->srs_done = rs;
	queue_delayed_work(w, &t->srs_work, 0);
}

static void sr_normal_work(struct ctx *w, struct work *work)
{
	struct rcu_tree *t = work->arg;
	struct rcu_synchronize *rs = t->srs_done, *next;

	t->srs_done = NULL;
	for (; rs; rs = next) {
		next = rs->next;
		complete(w, &rs->completion);
	}
}

/* --- start ------------------------------------------------------------------------------- */

/* In the order of the kernel: the root, then the leaves. */
static struct rcu_node *node_at(struct rcu_tree *t, int i)
{
	return i ? &t->leaf[i - 1] : &t->root;
}

static int rcu_gp_init(struct ctx *w, struct rcu_tree *t)
{
	rcu_node_lock(w, &t->root);
	if (!t->gp_flags) {
		rcu_node_unlock(w, &t->root);
		return 0;
	}
	line_access(w, &t->line, LINE_WRITE);
	sync(w);
	t->gp_flags = 0;
	t->gp_start = jiffies(w->m);
	t->jiffies_resched = t->gp_start + (uint64_t)(HALF_STALL_TENTHS_OF_S * w->m->kc->hz / 10);
	sr_normal_gp_init(w, t);
	t->gp_seq = rcu_seq_start(t->gp_seq);
	tp(w, TP_RCU_START, t->gp_seq / (RCU_SEQ_STATE_MASK + 1), online_cpus(w->m));
	rcu_node_unlock(w, &t->root);
	for (int i = 0; i <= t->n_leaves; i++) {
		struct rcu_node *n = node_at(t, i);
		struct rcu_data *d;

		charge(w, COST_RCU_NODE);
		rcu_node_lock(w, n);
		n->qsmask = n->qsmaskinit;
		n->gp_seq = t->gp_seq;
		d = rcu_data_of(w->cpu);
		if (n == d->node)
			rcu_note_gp_changes_locked(w, n, d);
		rcu_node_unlock(w, n);
		cond_resched(w);
	}
	if (w->m->kc->rcu_early_report) {
		local_irq_disable(w);
		rcu_qs(rcu_data_of(w->cpu));
		rcu_report_qs_rdp(w, rcu_data_of(w->cpu));
		local_irq_enable(w);
	}
	return 1;
}

/* --- scans ------------------------------------------------------------------------------------ */

/* Odd: in an extended quiescent state (the kernel's counter is even then). */
static uint32_t watching(const struct cpu *c, const struct rcu_data *d)
{
	return c->idle_transitions + d->momentary_eqs;
}

static int in_eqs(const struct cpu *c)
{
	return c->idle_transitions & 1;
}

/* Remember, or ask, a CPU that was not idle; 1: it has been since the snapshot. */
static int snap_recheck(struct ctx *w, struct cpu *c, struct rcu_data *d, uint64_t *ask)
{
	struct rcu_tree *t = rcu_tree_of(w->m);
	uint64_t now = jiffies(w->m), sched_qs = to_sched_qs(w->m);

	if (in_eqs(c) || watching(c, d) != d->watching_snap)
		return 1;
	if (!d->need_heavy_qs && (after(now, t->gp_start + 2 * sched_qs) ||
				  after(now, t->jiffies_resched)))
		d->need_heavy_qs = d->urgent_qs = 1;
	else if (after(now, t->gp_start + sched_qs))
		d->urgent_qs = 1;
	if (after(now, t->jiffies_resched) && after(now, d->last_fqs_resched + sched_qs)) {
		d->last_fqs_resched = now;
		*ask |= 1ull << c->id;
	}
	return 0;
}

/* One leaf, under its lock; the bits of CPUs that are quiescent. */
static uint64_t scan_leaf(struct ctx *w, struct rcu_node *n, int first, uint64_t *ask)
{
	uint64_t mask = 0;

	for (uint64_t left = n->qsmask; left; left &= left - 1) {
		struct cpu *c = &w->m->cpu[n->grplo + __builtin_ctzll(left)];
		struct rcu_data *d = rcu_data_of(c);
		int quiet;

		charge(w, COST_RCU_SCAN);
		sync(w);
		if (first) {
			d->watching_snap = watching(c, d);
			quiet = in_eqs(c);
		} else {
			quiet = snap_recheck(w, c, d, ask);
		}
		if (quiet) {
			mask |= d->grpmask;
			d->urgent_qs = d->need_heavy_qs = 0;
		}
	}
	return mask;
}

static void resched_cpu(struct ctx *w, struct cpu *c)
{
	set_need_resched(c);
	if (c != w->cpu)
		apic_send(w, 1ull << c->id, VECTOR_RESCHEDULE);
}

static void force_qs(struct ctx *w, struct rcu_tree *t, int first)
{
	t->n_force_qs++;
	tp(w, TP_RCU_SCAN, (uint64_t)first, 0);
	for (int i = 0; i < n_leaf_nodes(t); i++) {
		struct rcu_node *n = leaf_node(t, i);
		uint64_t mask, ask = 0;

		cond_resched(w);
		rcu_node_lock(w, n);
		mask = scan_leaf(w, n, first, &ask);
		if (mask)
			rcu_report_qs_rnp(w, mask, n, n->gp_seq);
		else
			rcu_node_unlock(w, n);
		for (; ask; ask &= ask - 1)
			resched_cpu(w, &w->m->cpu[__builtin_ctzll(ask)]);
	}
	if (t->gp_flags & RCU_GP_FLAG_FQS) {
		rcu_node_lock(w, &t->root);
		t->gp_flags &= ~RCU_GP_FLAG_FQS;
		rcu_node_unlock(w, &t->root);
	}
}

static int fqs_wake(const struct rcu_tree *t)
{
	return (t->gp_flags & RCU_GP_FLAG_FQS) || !t->root.qsmask;
}

static void rcu_gp_fqs_loop(struct ctx *w, struct rcu_tree *t)
{
	uint64_t j = till_fqs(w->m);
	int first = 1, stray = 0;

	for (;;) {
		uint64_t now = jiffies(w->m);

		if (!stray || after(t->jiffies_force_qs, now + j))
			t->jiffies_force_qs = now + j;
		/* swait_event_idle_timeout_exclusive() */
		for (uint64_t left = j; left && !fqs_wake(t); )
			left = schedule_timeout_jiffies(w, left);
		sync(w);
		if (!t->root.qsmask)
			return;
		if (!after(t->jiffies_force_qs, jiffies(w->m)) || (t->gp_flags & RCU_GP_FLAG_FQS)) {
			force_qs(w, t, first);
			first = 0;
			stray = 0;
			j = till_fqs(w->m);
		} else {
			stray = 1;	/* woken for nothing: keep the time */
			j = t->jiffies_force_qs - jiffies(w->m);
		}
	}
}

/* --- end -------------------------------------------------------------------------------------- */

static void rcu_gp_cleanup(struct ctx *w, struct rcu_tree *t)
{
	uint64_t seq = rcu_seq_end(t->gp_seq);
	struct rcu_data *d;
	int more = 0;

	for (int i = 0; i <= t->n_leaves; i++) {
		struct rcu_node *n = node_at(t, i);

		charge(w, COST_RCU_NODE);
		rcu_node_lock(w, n);
		n->gp_seq = seq;
		d = rcu_data_of(w->cpu);
		if (n == d->node)
			more |= rcu_note_gp_changes_locked(w, n, d);
		if (n->gp_seq < n->gp_seq_needed)	/* rcu_future_gp_cleanup */
			more = 1;
		else
			n->gp_seq_needed = n->gp_seq;
		rcu_node_unlock(w, n);
		cond_resched(w);
	}
	rcu_node_lock(w, &t->root);
	line_access(w, &t->line, LINE_WRITE);
	sync(w);
	tp(w, TP_RCU_END, t->gp_seq / (RCU_SEQ_STATE_MASK + 1), 0);
	t->gp_seq = seq;
	d = rcu_data_of(w->cpu);
	if (t->root.gp_seq < t->root.gp_seq_needed)
		more = 1;
	if (!rcu_accelerate_cbs(w, &t->root, d) && more)
		t->gp_flags = RCU_GP_FLAG_INIT;
	else
		t->gp_flags &= RCU_GP_FLAG_INIT;
	rcu_node_unlock(w, &t->root);
	sr_normal_gp_cleanup(w, t);
}

static void rcu_gp_kthread(struct ctx *w, void *arg)
{
	struct rcu_tree *t = arg;

	for (;;) {
		do {
			while (!(t->gp_flags & RCU_GP_FLAG_INIT))
				schedule(w, "a grace period to be asked for", NULL);
		} while (!rcu_gp_init(w, t));
		rcu_gp_fqs_loop(w, t);
		rcu_gp_cleanup(w, t);
	}
}

void rcu_gp_kthread_start(struct machine *m)
{
	struct rcu_tree *t = rcu_tree_of(m);

	work_init(&t->srs_work, sr_normal_work, t);
	/* anywhere but where callers begin to be placed; it is not bound */
	t->kthread = kthread_create(m, "rcu_gp", m->nr_cpus - 1, rcu_gp_kthread, t);
	t->kthread->pinned = 0;
}
