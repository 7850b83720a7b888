/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * RCU's read side and the way to the implementation that kernel.rcu names
 * (include/linux/rcupdate.h, rcuclassic.h of 2.6.27).  See rcu.h.
 */
#include "models/kernel/rcu_int.h"
#include "models/kernel/kernel.h"
#include "sim/base/xassert.h"

static const struct rcu_flavour *flavour_of(struct machine *m)
{
	return m->kernel->rcu_flavour;
}

/* Who asks for a grace period needs one that can end. */
static const struct rcu_flavour *needed_flavour(struct machine *m)
{
	if (!flavour_of(m))
		sim_fail(&m->sim, SIM_STOP_FAILED,
			 "a grace period was asked for, but no CPU ticks: set kernel.tick: on");
	return flavour_of(m);
}

void rcu_read_lock(struct ctx *w)
{
	charge(w, COST_RCU_READ);
	if (w->m->kc->preempt == PREEMPT_FULL)
		preempt_disable(w);
	w->rcu_nesting++;
}

void rcu_read_unlock(struct ctx *w)
{
	BUG_ON(!w->rcu_nesting);
	w->rcu_nesting--;
	if (w->m->kc->preempt == PREEMPT_FULL)
		preempt_enable(w);
}

void call_rcu(struct ctx *w, struct rcu_head *head,
	      void (*func)(struct ctx *w, struct rcu_head *head))
{
	head->next = NULL;
	head->func = func;
	needed_flavour(w->m)->call(w, head);
}

void synchronize_rcu(struct ctx *w)
{
	needed_flavour(w->m)->synchronize(w);
}

void rcu_note_context_switch(struct cpu *c)
{
	const struct rcu_flavour *f = flavour_of(c->m);

	if (f)
		f->note_context_switch(c);
}

void rcu_all_qs(struct ctx *w)
{
	const struct rcu_flavour *f = flavour_of(w->m);

	if (f && f->cond_resched)
		f->cond_resched(w);
}

int rcu_pending(struct cpu *c)
{
	const struct rcu_flavour *f = flavour_of(c->m);

	return f && f->pending(c);
}

void rcu_check_callbacks(struct ctx *w, int user, int idle)
{
	flavour_of(w->m)->check_callbacks(w, user, idle);
}

int rcu_needs_cpu(struct cpu *c)
{
	const struct rcu_flavour *f = flavour_of(c->m);

	return f && f->needs_cpu(c);
}

void rcu_enter_nohz(struct cpu *c)
{
	const struct rcu_flavour *f = flavour_of(c->m);

	if (f && f->enter_nohz)
		f->enter_nohz(c);
}

void rcu_exit_nohz(struct cpu *c)
{
	const struct rcu_flavour *f = flavour_of(c->m);

	if (f && f->exit_nohz)
		f->exit_nohz(c);
}

void rcu_virt_note_context_switch(struct ctx *w)
{
	const struct rcu_flavour *f = flavour_of(w->m);

	if (f && f->guest_enter)
		f->guest_enter(w);
}

/* --- waiting ------------------------------------------------------------------ */

static void wakeme_after_rcu(struct ctx *w, struct rcu_head *head)
{
	complete(w, &((struct rcu_synchronize *)head)->completion);
}

void rcu_synchronize_init(struct rcu_synchronize *rs)
{
	rs->head = (struct rcu_head){ NULL, wakeme_after_rcu };
	rs->next = NULL;
	init_completion(&rs->completion);
}

void wait_rcu_gp(struct ctx *w)
{
	struct rcu_synchronize rs;

	rcu_synchronize_init(&rs);
	call_rcu(w, &rs.head, wakeme_after_rcu);
	wait_for_completion(w, &rs.completion);
}

void rcu_init(struct machine *m)
{
	if (m->kc->rcu == RCU_CLASSIC)
		rcu_classic_init(m);
	else
		rcu_tree_init(m);
}
