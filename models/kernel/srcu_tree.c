/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tree SRCU (kernel/rcu/srcutree.c of today).  A grace period is a work item
 * that scans the counters:
 *   SCAN1   the idle rank is empty; flip
 *   SCAN2   the rank that readers counted in before is empty; end
 * and requeues itself while it is not: at once (0) if the period is expedited,
 * else after as many jiffies as the period is old, 1 to 10; so the end of a
 * long reader is noticed late.  Callbacks run in a second work item, 0 or 1
 * jiffy later.
 *
 * synchronize_srcu() expedites by itself: no callbacks pending here, no period
 * running, none ended within the last 25 us, no fast readers seen.  Polling
 * without delay is bounded, per phase and in a row.
 *
 * Fast readers (srcu_read_lock_fast) drop their memory barriers; each scan
 * then waits for an RCU grace period instead of a barrier.
 *
 * As up to 127 possible CPUs: callbacks of all CPUs hang on the boot CPU and
 * there is no tree of nodes (SRCU_SIZE_SMALL; the change to the tree after 100
 * contended lock attempts in a jiffy is left out).  Work items of a domain
 * never run concurrently, so srcu_gp_mutex and srcu_cb_mutex are left out.
 */
#include "models/kernel/rcu_segcblist.h"
#include "models/kernel/srcu_int.h"
#include "models/kernel/tick.h"
#include "models/kernel/workqueue.h"
#include "sim/base/xassert.h"

enum { SRCU_STATE_IDLE, SRCU_STATE_SCAN1, SRCU_STATE_SCAN2 };
enum { SRCU_INTERVAL = 1, SRCU_MAX_INTERVAL = 10 };

struct srcu_state {
	struct machine *m;
	struct srcu_counters counters;
	struct spinlock lock;		/* of the domain: gp_seq and what is needed */
	uint64_t gp_seq, gp_seq_needed, gp_seq_needed_exp;
	sim_time last_gp_end;
	uint64_t gp_start;		/* jiffies */
	int64_t n_exp_nodelay;		/* rounds without delay in this phase */
	uint64_t reschedule_jiffies;
	int64_t reschedule_count;	/* in a row, within one jiffy */
	struct work work;
	struct spinlock cb_lock;	/* of the boot CPU's srcu_data */
	struct rcu_segcblist cbs;
	uint64_t cb_gp_seq_needed, cb_gp_seq_needed_exp;
	int invoking;
	struct work cb_work;
	int fast;			/* a reader without barriers has been seen */
};

/* --- how long to wait -------------------------------------------------------- */

static int64_t clamp(int64_t x, int64_t lo, int64_t hi)
{
	return x < lo ? lo : x > hi ? hi : x;
}

/* Rounds that fit into a jiffy, twice: the work item asks for the delay twice a round. */
static int64_t max_nodelay_phase(const struct machine *m)
{
	int64_t pause = m->kc->srcu_retry_delay;

	return clamp(pause ? 2 * (SEC(1) / m->kc->hz) / pause : 1000, 3, 1000);
}

static int64_t max_nodelay(const struct machine *m)
{
	int64_t n = max_nodelay_phase(m);

	return n > 100 ? n : 100;
}

static int gp_is_expedited(const struct srcu_state *s)
{
	return s->gp_seq < s->gp_seq_needed_exp;
}

static uint64_t get_delay(struct srcu_state *s)
{
	uint64_t base = gp_is_expedited(s) ? 0 : SRCU_INTERVAL, j;

	if (rcu_seq_state(s->gp_seq)) {
		j = jiffies(s->m) - 1;
		if ((int64_t)(j - s->gp_start) > 0)
			base += j - s->gp_start;
		if (!base && ++s->n_exp_nodelay > max_nodelay_phase(s->m))
			base = 1;
	}
	return base > SRCU_MAX_INTERVAL ? SRCU_MAX_INTERVAL : base;
}

/* --- the machine ----------------------------------------------------------------- */

static int active_idx_check(struct ctx *w, struct srcu_state *s, int idx)
{
	srcu_read_all(w, &s->counters);		/* unlocks */
	if (s->fast)
		synchronize_rcu(w);
	else
		charge(w, COST_SMP_MB);
	srcu_read_all(w, &s->counters);		/* locks */
	return srcu_sum(w->m, &s->counters, idx) == 0;
}

static int try_check_zero(struct ctx *w, struct srcu_state *s, int idx, int trycount)
{
	int more;

	spin_lock_irqsave(w, &s->lock);
	sync(w);
	more = !get_delay(s);
	spin_unlock_irqrestore(w, &s->lock);
	for (;;) {
		if (active_idx_check(w, s, idx))
			return 1;
		if (--trycount + more <= 0)
			return 0;
		sync(w);
		cpu_work(w, w->m->kc->srcu_retry_delay);
	}
}

/* Under the domain's lock. */
static void gp_start(struct ctx *w, struct srcu_state *s)
{
	s->gp_start = jiffies(w->m);
	s->n_exp_nodelay = 0;
	s->gp_seq = rcu_seq_start(s->gp_seq);
	tp(w, TP_SRCU_START, s->gp_seq / (RCU_SEQ_STATE_MASK + 1), (uint64_t)gp_is_expedited(s));
}

static void reschedule(struct ctx *w, struct srcu_state *s, uint64_t delay)
{
	int push = 1;

	spin_lock_irqsave(w, &s->lock);
	sync(w);
	if (s->gp_seq >= s->gp_seq_needed)
		push = 0;
	else if (!rcu_seq_state(s->gp_seq))
		gp_start(w, s);
	spin_unlock_irqrestore(w, &s->lock);
	if (push)
		queue_delayed_work(w, &s->work, delay);
}

static void gp_end(struct ctx *w, struct srcu_state *s)
{
	uint64_t cbdelay;
	int again;

	spin_lock_irqsave(w, &s->lock);
	sync(w);
	cbdelay = gp_is_expedited(s) ? 0 : !!get_delay(s);
	s->last_gp_end = now_of(w);
	tp(w, TP_SRCU_END, s->gp_seq / (RCU_SEQ_STATE_MASK + 1), 0);
	s->gp_seq = rcu_seq_end(s->gp_seq);
	if (s->gp_seq_needed_exp < s->gp_seq)
		s->gp_seq_needed_exp = s->gp_seq;
	spin_unlock_irqrestore(w, &s->lock);
	queue_delayed_work(w, &s->cb_work, cbdelay);
	spin_lock_irqsave(w, &s->lock);
	sync(w);
	again = !rcu_seq_state(s->gp_seq) && s->gp_seq < s->gp_seq_needed;
	if (again)
		gp_start(w, s);
	spin_unlock_irqrestore(w, &s->lock);
	if (again)
		reschedule(w, s, 0);
}

/* Idle, but needed: start.  0: there is nothing to advance. */
static int start_if_needed(struct ctx *w, struct srcu_state *s)
{
	int needed;

	if (rcu_seq_state(s->gp_seq) != SRCU_STATE_IDLE)
		return 1;
	spin_lock_irqsave(w, &s->lock);
	sync(w);
	needed = s->gp_seq < s->gp_seq_needed;
	if (needed && rcu_seq_state(s->gp_seq) == SRCU_STATE_IDLE)
		gp_start(w, s);
	spin_unlock_irqrestore(w, &s->lock);
	return needed;
}

static void advance_state(struct ctx *w, struct srcu_state *s)
{
	if (!start_if_needed(w, s))
		return;
	if (rcu_seq_state(s->gp_seq) == SRCU_STATE_SCAN1) {
		if (!try_check_zero(w, s, 1 ^ (int)(s->counters.completed & 1), 1))
			return;
		line_access(w, &s->counters.line, LINE_WRITE);
		sync(w);
		s->counters.completed++;
		tp(w, TP_SRCU_FLIP, s->counters.completed, 0);
		spin_lock_irqsave(w, &s->lock);
		sync(w);
		s->gp_seq++;		/* SCAN2 */
		s->n_exp_nodelay = 0;
		spin_unlock_irqrestore(w, &s->lock);
	}
	if (try_check_zero(w, s, 1 ^ (int)(s->counters.completed & 1), 2))
		gp_end(w, s);
}

static void process_srcu(struct ctx *w, struct work *work)
{
	struct srcu_state *s = work->arg;
	uint64_t delay, j;

	advance_state(w, s);
	spin_lock_irqsave(w, &s->lock);
	sync(w);
	delay = get_delay(s);
	spin_unlock_irqrestore(w, &s->lock);
	j = jiffies(w->m);
	if (delay) {
		s->reschedule_count = 0;
	} else if (s->reschedule_jiffies == j) {
		if (++s->reschedule_count > max_nodelay(w->m))
			delay = 1;
	} else {
		s->reschedule_count = 1;
		s->reschedule_jiffies = j;
	}
	reschedule(w, s, delay);
}

static void invoke_callbacks(struct ctx *w, struct work *work)
{
	struct srcu_state *s = work->arg;
	struct rcu_head *head;
	int more;

	spin_lock_irqsave(w, &s->cb_lock);
	sync(w);
	rcu_segcblist_advance(&s->cbs, s->gp_seq);
	if (s->invoking || !rcu_segcblist_ready_cbs(&s->cbs)) {
		spin_unlock_irqrestore(w, &s->cb_lock);
		return;
	}
	s->invoking = 1;
	while ((head = rcu_segcblist_dequeue_done(&s->cbs))) {
		spin_unlock_irqrestore(w, &s->cb_lock);
		charge(w, COST_RCU_CALLBACK);
		sync(w);
		head->func(w, head);
		spin_lock_irqsave(w, &s->cb_lock);
		sync(w);
	}
	rcu_segcblist_accelerate(&s->cbs, rcu_seq_snap(s->gp_seq));
	s->invoking = 0;
	more = rcu_segcblist_ready_cbs(&s->cbs);
	spin_unlock_irqrestore(w, &s->cb_lock);
	if (more)
		queue_delayed_work(w, &s->cb_work, 0);
}

/* --- asking for a period ------------------------------------------------------------- */

static int might_be_idle(struct ctx *w, struct srcu_state *s)
{
	sim_time since;

	if (w->cpu->id == 0) {		/* others' lists are always empty */
		spin_lock_irqsave(w, &s->cb_lock);
		sync(w);
		if (rcu_segcblist_pend_cbs(&s->cbs)) {
			spin_unlock_irqrestore(w, &s->cb_lock);
			return 0;
		}
		spin_unlock_irqrestore(w, &s->cb_lock);
	}
	sync(w);
	since = now_of(w) - s->last_gp_end;
	if (s->fast || since < w->m->kc->srcu_exp_holdoff)
		return 0;
	return s->gp_seq >= s->gp_seq_needed;
}

static void funnel_gp_start(struct ctx *w, struct srcu_state *s, uint64_t seq, int do_norm)
{
	spin_lock_irqsave(w, &s->lock);
	sync(w);
	if (s->gp_seq_needed < seq)
		s->gp_seq_needed = seq;
	if (!do_norm && s->gp_seq_needed_exp < seq)
		s->gp_seq_needed_exp = seq;
	if (s->gp_seq < seq && rcu_seq_state(s->gp_seq) == SRCU_STATE_IDLE) {
		gp_start(w, s);
		queue_delayed_work(w, &s->work, !!get_delay(s));
	}
	spin_unlock_irqrestore(w, &s->lock);
}

static void call_with(struct ctx *w, struct srcu_domain *d, struct rcu_head *head, int do_norm)
{
	struct srcu_state *s = d->state;
	int needgp = 0, needexp = 0, idx = srcu_enter(w, &s->counters);
	uint64_t seq;

	spin_lock_irqsave(w, &s->cb_lock);
	sync(w);
	rcu_segcblist_enqueue(&s->cbs, head);
	seq = rcu_seq_snap(s->gp_seq);
	rcu_segcblist_advance(&s->cbs, s->gp_seq);
	rcu_segcblist_accelerate(&s->cbs, seq);
	if (s->cb_gp_seq_needed < seq) {
		s->cb_gp_seq_needed = seq;
		needgp = 1;
	}
	if (!do_norm && s->cb_gp_seq_needed_exp < seq) {
		s->cb_gp_seq_needed_exp = seq;
		needexp = 1;
	}
	spin_unlock_irqrestore(w, &s->cb_lock);
	if (needgp) {
		funnel_gp_start(w, s, seq, do_norm);
	} else if (needexp) {		/* srcu_funnel_exp_start */
		spin_lock_irqsave(w, &s->lock);
		sync(w);
		if (s->gp_seq_needed_exp < seq)
			s->gp_seq_needed_exp = seq;
		spin_unlock_irqrestore(w, &s->lock);
	}
	srcu_leave(w, &s->counters, idx);
}

static void call_tree(struct ctx *w, struct srcu_domain *d, struct rcu_head *head)
{
	call_with(w, d, head, 1);
}

static void synchronize_with(struct ctx *w, struct srcu_domain *d, int do_norm)
{
	struct rcu_synchronize rcu;

	rcu_synchronize_init(&rcu);
	call_with(w, d, &rcu.head, do_norm);
	wait_for_completion(w, &rcu.completion);
}

static void synchronize_tree(struct ctx *w, struct srcu_domain *d)
{
	synchronize_with(w, d, !might_be_idle(w, d->state));
}

static void synchronize_tree_expedited(struct ctx *w, struct srcu_domain *d)
{
	synchronize_with(w, d, 0);
}

/* --- readers ---------------------------------------------------------------------------- */

static void init_tree(struct srcu_domain *d)
{
	struct srcu_state *s = arena_alloc(d->m->arena, sizeof(*s));

	s->m = d->m;
	srcu_counters_init(d->m, &s->counters);
	spin_lock_init(d->m, &s->lock, LOCK_SRCU);
	spin_lock_init(d->m, &s->cb_lock, LOCK_SRCU);
	rcu_segcblist_init(&s->cbs);
	s->last_gp_end = -d->m->kc->srcu_exp_holdoff;	/* long ago */
	work_init(&s->work, process_srcu, s);
	work_init(&s->cb_work, invoke_callbacks, s);
	d->state = s;
}

static int read_lock_tree(struct ctx *w, struct srcu_domain *d, int fast)
{
	int idx = srcu_enter(w, &d->state->counters);

	if (fast)
		d->state->fast = 1;
	else
		charge(w, COST_SMP_MB);
	return idx;
}

static void read_unlock_tree(struct ctx *w, struct srcu_domain *d, int idx, int fast)
{
	if (!fast)
		charge(w, COST_SMP_MB);
	srcu_leave(w, &d->state->counters, idx);
}

const struct srcu_flavour srcu_tree = {
	.init = init_tree,
	.read_lock = read_lock_tree,
	.read_unlock = read_unlock_tree,
	.synchronize = synchronize_tree,
	.synchronize_expedited = synchronize_tree_expedited,
	.call = call_tree,
};
