/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Operations on a process as a whole: its registrants come and go, signals,
 * its end.
 *
 * Exit, in the kernel's order: exit_mm (the last thread of the process runs
 * exit_mmap, hence release and its grace period); exit_files: the driver's file
 * is closed, which unregisters and waits for another period, then drops what
 * the driver still has; exit_notify; the task's own reference to the mm.
 *
 * A thread with respawn goes on in a process of the same kind that starts as
 * the first one did; what the shell does meanwhile (fork, exec, the first
 * faults) takes no time.
 */
#include "models/kernel/exit.h"
#include "models/kernel/mm_locks.h"
#include "models/kernel/sched.h"
#include "models/workload/thread.h"
#include "sim/base/xassert.h"

/* --- signals ---------------------------------------------------------------------- */

void process_take_signal(struct thread *t)
{
	struct ctx *w = &t->ctx;

	if (!w->sigpending)
		return;
	w->sigpending = 0;
	charge(w, COST_SIGNAL_DELIVER);
}

void op_signal(struct thread *t, const struct op_config *op)
{
	const struct thread_config *to = &t->l->m->cfg->thread[op->to_thread];
	struct thread *first = t->l->thread, *me = first, *end = first + t->l->n_threads;
	struct ctx *w = &t->ctx;
	int n = 0;

	while (first < end && first->cfg != to)
		first++;
	while (first + n < end && first[n].cfg == to)
		n++;
	while (me->cfg != t->cfg)
		me++;
	ctx_class(w, TIME_SYSTEM);
	charge(w, COST_SYSCALL);
	charge(w, COST_SIGNAL_SEND);
	sync(w);
	if (n)
		first[(t - me) % n].ctx.sigpending = 1;
	ctx_class(w, TIME_USER);
}

/* --- registrants --------------------------------------------------------------------- */

void op_register(struct thread *t, const struct op_config *op)
{
	struct secondary *s = t->space->secondary[op->via];
	struct ctx *w = &t->ctx;
	int err;

	ctx_class(w, TIME_SYSTEM);
	if (s->registrant.state == REGISTRANT_ON)
		sim_fail(&w->m->sim, SIM_STOP_FAILED, "%s: %s is registered already", w->name,
			 s->use->name);
	do {
		process_take_signal(t);
		charge(w, COST_SYSCALL);
		err = mmu_notifier_register(w, t->space->mm, &s->registrant);
	} while (err == EINTR_SIGNAL && op->on_eintr == EINTR_RETRY);
	metric_count(&w->m->metrics, METRIC_REGISTER_REFUSED, 0, err == EBUSY_LIST);
	ctx_class(w, TIME_USER);
}

/* The file is closed: off the list if the design has a way, then nothing is left. */
static int close_driver(struct thread *t, struct secondary *s, sim_time *gp_wait, int retry)
{
	struct ctx *w = &t->ctx;
	struct mm *mm = s->mm;
	int err = 0;

	if (s->registrant.state != REGISTRANT_OFF && s->registrant.state != REGISTRANT_GONE)
		do {
			process_take_signal(t);
			err = mmu_notifier_unregister(w, mm, &s->registrant, gp_wait);
		} while (err && retry);
	if (!err && s->driver->destroy)
		s->driver->destroy(w, s);
	return err;
}

void op_unregister(struct thread *t, const struct op_config *op)
{
	struct ctx *w = &t->ctx;
	sim_time gp_wait = 0;

	ctx_class(w, TIME_SYSTEM);
	charge(w, COST_SYSCALL);
	close_driver(t, t->space->secondary[op->via], &gp_wait, op->on_eintr == EINTR_RETRY);
	sync(w);
	ctx_class(w, TIME_USER);
}

/* --- exit ----------------------------------------------------------------------------- */

/* Metrics of what goes with the process are taken before it is forgotten. */
static void bury(struct thread *t)
{
	struct space *s = t->space;

	for (int i = 0; i < s->cfg->n_secondaries; i++) {
		if (t->l->m->metrics.on)
			s->secondary[i]->driver->window_end(s->secondary[i], now_of(&t->ctx));
		notifier_forget(t->l->m, &s->secondary[i]->registrant);
	}
}

/* 1: the process is gone, 0: other threads of it live on */
static int leave_process(struct thread *t)
{
	struct op_list *o = arena_alloc(t->l->m->arena, sizeof(*o));
	struct space *s = t->space;
	struct mm *mm = s->mm;
	struct ctx *w = &t->ctx;
	sim_time gp_wait = 0;

	ctx_class(w, TIME_SYSTEM);
	if (!exit_mm(w, &o->op, &gp_wait)) {
		charge(w, COST_EXIT_FIXED);
		return 0;
	}
	for (int i = 0; i < s->cfg->n_secondaries; i++)
		if (s->cfg->secondary[i].vm_fd)
			close_driver(t, s->secondary[i], &gp_wait, 1);
	charge(w, COST_EXIT_FIXED);
	exit_notify(w, mm);
	mmdrop(w, mm);
	metric_tally(&w->m->metrics, METRIC_EXIT_GP_WAIT, 0, gp_wait);
	bury(t);
	return 1;
}

void op_exit(struct thread *t, const struct op_config *op)
{
	struct ctx *w = &t->ctx;

	ctx_class(w, TIME_SYSTEM);
	charge(w, COST_SYSCALL);
	if (!leave_process(t) || !op->respawn) {
		t->over = 1;
		return;
	}
	t->l->spawn(t->l, t->space);
	w->mm = t->space->mm;
	switch_mm(w);			/* exec_mmap */
	sync(w);
	ctx_class(w, TIME_USER);
}

void process_thread_ends(struct thread *t)
{
	if (t->space && t->space->mortal && t->ctx.mm)
		leave_process(t);
}
