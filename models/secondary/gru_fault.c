/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A GRU's TLB miss on the host side (grufault.c, 2.6.27); see gru.h.
 *
 * Interrupt: clear the CPU's fault map; for each bit: fault handle resident,
 * mmap_sem by trylock, try_dropin.  What fails there (semaphore taken, section
 * open, no usable pte) becomes user polling: the user finds "call OS" in his
 * control block and comes by himself (call_os): mmap_sem, wait until no
 * section is open, *asleep with mmap_sem held*, try_dropin, with
 * get_user_pages where the pte does not do.
 *
 * Order in try_dropin: fault handle read, then the count of open sections,
 * then the pte, then the dropin.  A purge after the first kills the dropin; a
 * section opened before the second is seen; so a pte read in between is still
 * good when it lands, or does not land.
 */
#include "models/secondary/gru.h"

enum { UPM_RANGE_ACTIVE, UPM_MMAP_SEM, UPM_PTE };
enum { WOKEN_IN_TIME, WOKEN_IN_VAIN };
enum dropin { DROPIN_OK, DROPIN_ACTIVE, DROPIN_NO_PTE, DROPIN_INVALID };

/* --- try_dropin ------------------------------------------------------------------------ */

/* What the pte allows a GRU to do: writing needs it dirty already. */
static int pte_serves(const struct pte *pte, int write)
{
	return pte && pte->page && (!write || (pte->write && pte->dirty));
}

/* atomic_pte_lookup: no page-table lock; mmap_sem keeps the tables */
static struct page *atomic_pte_lookup(struct ctx *w, struct gru_context *x, struct pte_seen *seen)
{
	struct page *p = NULL;
	struct pte *pte;

	local_irq_disable(w);
	charge(w, COST_GRU_PTE_WALK);
	sync(w);
	pte = pte_lookup(x->g->mm, x->va);
	if (pte_serves(pte, x->write)) {
		p = pte->page;
		*seen = (struct pte_seen){ pte->clear_seq, pte->protect_seq, pte->write };
	}
	local_irq_enable(w);
	return p;
}

/* No reference is kept: the purge of whoever unmaps the page is what protects it. */
static struct page *non_atomic_pte_lookup(struct ctx *w, struct gru_context *x, struct pte_seen *seen)
{
	struct page *p = get_user_pages(w, x->g->mm, x->va, x->write, seen);

	if (p)
		put_page(w, p);
	return p;
}

/* Fence count+seq: the dropin is written under the lock that purges take. */
static int write_if_unchanged(struct ctx *w, struct gru_context *x, struct page *p,
			      const struct pte_seen *seen, int64_t seq)
{
	struct gru *g = x->g;
	int unchanged;

	gru_lock_asids(w, g);
	line_access(w, &g->active_line, LINE_READ);
	sync(w);
	unchanged = g->seq == seq && !g->range_active;
	if (unchanged)
		gru_write_dropin(x, p, seen);
	else
		oracle_caught(w, g->mm, x->va, seen);
	gru_unlock_asids(w, g);
	return unchanged;
}

/* @user: called by the user, may sleep. */
static enum dropin try_dropin(struct ctx *w, struct gru_context *x, int user)
{
	struct gru *g = x->g;
	struct vma *v;
	struct page *p;
	struct pte_seen seen;
	int64_t seq;

	if (gru_counts(g)) {
		line_access(w, &g->active_line, LINE_READ);
		sync(w);
		if (g->range_active)
			return DROPIN_ACTIVE;
	}
	seq = g->seq;
	v = find_vma(w, g->mm, x->va);
	if (!v)
		return DROPIN_INVALID;
	p = atomic_pte_lookup(w, x, &seen);
	if (!p && !user)
		return DROPIN_NO_PTE;
	if (!p && !(p = non_atomic_pte_lookup(w, x, &seen)))
		return DROPIN_INVALID;
	sync(w);
	if (g->protocol->fence != GRU_FENCE_COUNT_SEQ)
		gru_write_dropin(x, p, &seen);
	else if (!write_if_unchanged(w, x, p, &seen, seq))
		return DROPIN_ACTIVE;
	return DROPIN_OK;
}

/* tfh->missvaddr and the rest: from here on a purge that covers it counts */
static void read_tfh(struct ctx *w, struct gru_context *x)
{
	charge(w, COST_GRU_TFH_READ);
	sync(w);
	x->resident = 1;
	x->discard = 0;
}

static void exception(struct gru_context *x)
{
	x->resident = 0;
	gru_set_status(x, CB_EXCEPTION, 0);
}

/* --- interrupt ---------------------------------------------------------------------------- */

static void user_polling_mode(struct ctx *w, struct gru_context *x, int why)
{
	const struct rwsem *sem = &x->g->mm->mmap_sem;

	charge(w, COST_GRU_UPM);
	sync(w);
	if (why == UPM_RANGE_ACTIVE)
		gru_attempt_failed(x, PART_FENCE, x->g->last_start, x->g->last_end);
	else if (why == UPM_MMAP_SEM)
		gru_attempt_failed(x, PART_MMAP_SEM, sem->last_start, sem->last_end);
	metric_count(&w->m->metrics, METRIC_GRU_UPM, why, 1);
	tp(w, TP_GRU_UPM, x->va, (uint64_t)why);
	x->resident = 0;
	gru_set_status(x, CB_CALL_OS, 0);
}

static void serve_miss(struct ctx *w, struct gru_context *x)
{
	struct rwsem *sem = &x->g->mm->mmap_sem;
	sim_time spun;
	enum dropin r;
	int got;

	read_tfh(w, x);
	/* a trylock that waits all the same: the semaphore's own spinlock */
	spun = cpu_class_time(w->cpu, TIME_SPIN);
	got = down_read_trylock(w, sem);
	x->sem_wait += cpu_class_time(w->cpu, TIME_SPIN) - spun;
	if (!got) {
		user_polling_mode(w, x, UPM_MMAP_SEM);
	} else {
		r = try_dropin(w, x, 0);
		if (r == DROPIN_INVALID)
			exception(x);
		else if (r != DROPIN_OK)
			user_polling_mode(w, x, r == DROPIN_ACTIVE ? UPM_RANGE_ACTIVE : UPM_PTE);
		spun = cpu_class_time(w->cpu, TIME_SPIN);
		up_read(w, sem);
		sync(w);
		if (x->w->cpu == w->cpu)	/* the thread cannot go on before */
			x->sem_wait += cpu_class_time(w->cpu, TIME_SPIN) - spun;
	}
	sync(w);
}

void gru_interrupt(struct ctx *w, unsigned vector)
{
	struct gru_hw *hw = w->m->gru;
	struct gru_chiplet *c = &hw->chiplet[gru_blade_of(w->cpu) * hw->per_blade +
					     (int)(vector - VECTOR_GRU)];
	struct gru_context *todo[GRU_MAX_CONTEXTS];
	int n = 0;

	charge(w, COST_GRU_FAULT_MAP);	/* get_clear_fault_map */
	sync(w);
	for (int i = 0; i < hw->cfg->contexts; i++) {
		struct gru_context *x = c->context[i];

		if (!x || !x->raised || x->irq_cpu != w->cpu->id)
			continue;
		x->raised = 0;
		todo[n++] = x;
	}
	for (int i = 0; i < n; i++)
		serve_miss(w, todo[i]);
}

/* --- user polling -------------------------------------------------------------------------- */

/* Is no section open?  Also tells a wake-up in vain from one in time. */
static int quiet(struct ctx *w, struct gru *g, int *asked)
{
	int is_quiet;

	line_access(w, &g->active_line, LINE_READ);
	sync(w);
	is_quiet = !g->range_active;
	if (*asked >= 2)
		metric_count(&w->m->metrics, METRIC_GRU_WOKEN,
			     is_quiet ? WOKEN_IN_TIME : WOKEN_IN_VAIN, 1);
	++*asked;
	return is_quiet;
}

/* wait_event(ms_wait_queue, ms_range_active == 0), with mmap_sem held for reading */
static void wait_for_sections(struct ctx *w, struct gru *g)
{
	struct wait_mark mark;
	int asked = 0;

	if (!gru_counts(g))
		return;
	wait_begin(w, &mark);
	wait_event(w, &g->wait_queue, quiet(w, g, &asked), "GRU: open sections");
	if (asked > 2)			/* it slept: first test, test when queued, test when awake */
		account_fence_wait(w, &mark, g->last_start, g->last_end);
}

static void retry(struct gru_context *x)
{
	metric_count(&x->g->m->metrics, METRIC_SECONDARY_FAULT_RETRIES, 0, 1);
	account_attempt(x->w, PART_FENCE, x->g->last_start, x->g->last_end);
}

/* gru_handle_user_call_os */
static void call_os(struct gru_context *x)
{
	struct ctx *w = x->w;
	struct gru *g = x->g;
	enum dropin r;

	ctx_class(w, TIME_SYSTEM);
	metric_count(&w->m->metrics, METRIC_GRU_CALL_OS, 0, 1);
	charge(w, COST_SYSCALL);
	down_read(w, &g->mm->mmap_sem);
	find_vma(w, g->mm, x->va);	/* the GSEG's, for the thread state */
	for (;;) {
		wait_for_sections(w, g);
		read_tfh(w, x);
		r = try_dropin(w, x, 1);
		if (r != DROPIN_ACTIVE)
			break;
		retry(x);
	}
	if (r == DROPIN_INVALID)
		exception(x);
	up_read(w, &g->mm->mmap_sem);
	sync(w);
	ctx_class(w, TIME_USER);
}

/* --- the user --------------------------------------------------------------------------------- */

/*
 * Until the control block is no longer active.  All of it is service, for the
 * handler that has this CPU meanwhile serves this very miss, as a rule; but for
 * what it spun for the semaphore.
 */
static void poll(struct gru_context *x)
{
	struct ctx *w = x->w;

	sync(w);
	x->poll_since = now_of(w);
	x->poll_worked = w->worked;
	x->poll_stolen = w->stolen;
	x->poll_preempted = w->preempted;
	x->sem_wait = 0;
	x->polling = 1;
	if (x->status == CB_ACTIVE)
		spin_service(w, "a GRU instruction");
	if (x->visible_at > now_of(w))
		cpu_work(w, x->visible_at - now_of(w));
	x->polling = 0;
	w->worked = x->poll_worked + now_of(w) - x->poll_since;
	if (w->fault) {
		w->fault->here[PART_MMAP_SEM] += x->sem_wait;
		w->worked -= x->sem_wait;
	}
	w->stolen = x->poll_stolen;
	w->preempted = x->poll_preempted;
	charge(w, COST_GRU_POLL);
	sync(w);
}

void gru_attempt_failed(struct gru_context *x, enum fault_part failed, uint64_t start, uint64_t end)
{
	struct fault_account *f = x->w->fault;

	if (!x->polling) {		/* on his way back from the driver: he learns of it there */
		x->failed = failed;
		x->blocker_start = start;
		x->blocker_end = end;
		return;
	}
	if (failed == PART_FENCE)
		metric_count(&x->g->m->metrics, METRIC_SECONDARY_FAULT_RETRIES, 0, 1);
	account_attempt(x->w, failed, start, end);
	x->sem_wait = 0;
	f->worked0 = x->poll_worked + f->attempt - x->poll_since;
	f->stolen0 = x->poll_stolen;
	f->preempted0 = x->poll_preempted;
}

static void learn_of_failure(struct gru_context *x)
{
	if (x->failed == PART_SERVICE)
		return;
	if (x->failed == PART_FENCE)
		metric_count(&x->g->m->metrics, METRIC_SECONDARY_FAULT_RETRIES, 0, 1);
	account_attempt(x->w, x->failed, x->blocker_start, x->blocker_end);
	x->failed = PART_SERVICE;
}

/* The fault on the GSEG: its context is on no chiplet. */
static void gseg_fault(struct ctx *w, struct gru_context *x, uint64_t va)
{
	struct rwsem *sem = &x->g->mm->mmap_sem;

	ctx_class(w, TIME_SYSTEM);
	charge(w, COST_EXCEPTION);
	down_read(w, sem);
	find_vma(w, x->g->mm, va);
	gru_load_context(w, x);
	up_read(w, sem);
	sync(w);
}

void gru_access(void *user, uint64_t va, int write)
{
	struct gru_context *x = user;
	struct ctx *w = x->w;

	if (!x->chiplet)
		gseg_fault(w, x, va);
	ctx_class(w, TIME_USER);
	charge(w, COST_GRU_ISSUE);
	sync(w);
	if (gru_start(x, va, write)) {
		charge(w, COST_GRU_OP);
		return;
	}
	x->failed = PART_SERVICE;
	account_start(w, &x->account, x->g->mm, va);
	for (;;) {
		poll(x);
		learn_of_failure(x);
		if (x->status != CB_CALL_OS)
			break;
		call_os(x);
		learn_of_failure(x);
	}
	account_attempt(w, PART_SERVICE, 0, 0);
	account_end(w, x->status == CB_IDLE);
	x->status = CB_IDLE;
}
