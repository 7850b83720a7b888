/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Registering, unregistering, release: the design's lists of steps, executed
 * (mm/mmu_notifier.c of 2.6.27 and of 3.7; mm_lock of the series before).
 *
 * unlink and release side by side are one piece of code in the kernel, and
 * here: unlink first takes the list lock, enters a reader before it drops the
 * lock and calls ->release inside it (2.6.27); release first calls it inside a
 * reader while the element is on the list (3.7).
 */
#include "models/kernel/kernel.h"
#include "models/kernel/mm_locks.h"
#include "models/kernel/mmu_notifier.h"
#include "models/kernel/stall.h"
#include "models/notifier/notifier.h"
#include "sim/base/xassert.h"

/* What a list of steps has taken and not yet dropped. */
struct held {
	struct mm *mm;
	int mmap_sem, global_spinlock, global_mutex, seqlock;
	struct mm_locks rmap;
	int order;			/* enum mm_lock_order */
	int began;			/* the VMAs are remembered */
	sim_time atomic_since;		/* preemption off; TIME_NEVER: it is not */
};

static const struct design_config *design_of(const struct ctx *w)
{
	return w->m->cfg->design;
}

/* --- locks ---------------------------------------------------------------------------- */

static int rmap_classes(const struct word_list *v)
{
	return (has_step(v, STEP_i_mmap) ? RMAP_I_MMAP : 0) |
	       (has_step(v, STEP_anon_vma) ? RMAP_ANON_VMA : 0);
}

static void begin_rmap(struct ctx *w, struct held *h, const struct word_list *v)
{
	if (!h->began++)
		mm_locks_begin(w, &h->rmap, h->mm, (enum mm_lock_order)h->order, rmap_classes(v));
}

static void becomes_atomic(struct ctx *w, struct held *h)
{
	if (h->atomic_since != TIME_NEVER)
		return;
	sync(w);
	h->atomic_since = w->atomic_since = now_of(w);
}

static void write_seqlock(struct ctx *w, struct mmu_notifier_mm *nm)
{
	spin_lock(w, &nm->seq_lock);
	line_access(w, &nm->seq_line, LINE_WRITE);
	sync(w);
	nm->seq++;
}

static void write_sequnlock(struct ctx *w, struct mmu_notifier_mm *nm)
{
	line_access(w, &nm->seq_line, LINE_WRITE);
	sync(w);
	nm->seq++;
	spin_unlock(w, &nm->seq_lock);
}

/* The list's head was part of the mm when its seqlock was: install both. */
static struct mmu_notifier_mm *install(struct ctx *w, struct mm *mm)
{
	sync(w);
	if (!mm->mmu_notifier_mm) {
		mm->mmu_notifier_mm = notifier_mm_new(w->m);
		line_access(w, &mm->notifier_line, LINE_WRITE);
	}
	return mm->mmu_notifier_mm;
}

static int take(struct ctx *w, struct held *h, const struct word_list *v, enum step_id step)
{
	struct notifier_core *core = w->m->notifier;

	switch (step) {
	case STEP_mmap_sem_write:
		down_write(w, &h->mm->mmap_sem);
		h->mmap_sem = 1;
		return 0;
	case STEP_global_mutex:
		mutex_lock(w, &core->all_locks);
		h->global_mutex = 1;
		return 0;
	case STEP_global_spinlock:
		becomes_atomic(w, h);
		spin_lock(w, &core->global_lock);
		h->global_spinlock = 1;
		return 0;
	case STEP_seqlock_replay:
		becomes_atomic(w, h);
		write_seqlock(w, install(w, h->mm));
		h->seqlock = 1;
		return 0;
	case STEP_sort:
	case STEP_scan:
		h->order = step == STEP_sort ? BY_SORTED_ARRAY : BY_SCAN;
		begin_rmap(w, h, v);
		return 0;
	default:
		begin_rmap(w, h, v);
		becomes_atomic(w, h);
		return mm_lock_class(w, &h->rmap, step == STEP_i_mmap ? RMAP_I_MMAP : RMAP_ANON_VMA);
	}
}

/* All that is held, in the order of the kernel. */
static void drop_all(struct ctx *w, struct held *h)
{
	struct notifier_core *core = w->m->notifier;

	if (h->seqlock)
		write_sequnlock(w, h->mm->mmu_notifier_mm);
	if (h->began)
		mm_locks_drop(w, &h->rmap);
	if (h->global_spinlock)
		spin_unlock(w, &core->global_lock);
	if (h->atomic_since != TIME_NEVER) {
		sync(w);
		stall_of_cpu(w);
		metric_tally(&w->m->metrics, METRIC_REGISTER_ATOMIC, 0,
			     now_of(w) - h->atomic_since);
	}
	if (h->began)
		mm_locks_free(w, &h->rmap);
	if (h->global_mutex)
		mutex_unlock(w, &core->all_locks);
	if (h->mmap_sem)
		up_write(w, &h->mm->mmap_sem);
	h->seqlock = h->began = h->global_spinlock = h->global_mutex = h->mmap_sem = 0;
	h->order = IN_VMA_ORDER;
	h->atomic_since = TIME_NEVER;
}

static void grace_period(struct ctx *w, struct mm *mm, sim_time *gp_wait)
{
	sim_time t0;

	sync(w);
	t0 = now_of(w);
	tp(w, TP_LIST_GP_BEGIN, 0, 0);
	list_wait_for_readers(w, mm->mmu_notifier_mm);
	sync(w);
	tp(w, TP_LIST_GP_END, 0, 0);
	*gp_wait += now_of(w) - t0;
}

/* --- the list -------------------------------------------------------------------------- */

/* A push list has no lock of its own, a pointer is one store. */
static void list_lock(struct ctx *w, struct mmu_notifier_mm *nm)
{
	if (design_of(w)->list_structure == LIST_HLIST)
		spin_lock(w, &nm->lock);
	sync(w);
}

static void list_unlock(struct ctx *w, struct mmu_notifier_mm *nm)
{
	if (design_of(w)->list_structure == LIST_HLIST)
		spin_unlock(w, &nm->lock);
}

static int insert(struct ctx *w, struct mm *mm, struct registrant *r)
{
	struct mmu_notifier_mm *nm = install(w, mm);
	int writes_sem = design_of(w)->list_reader == READER_RWSEM;

	if (design_of(w)->list_structure == LIST_POINTER && nm->head)
		return EBUSY_LIST;
	if (writes_sem)
		down_write(w, nm->rwsem);
	mm->mm_count++;
	list_lock(w, nm);
	r->mm = mm;
	r->next = nm->head;
	nm->head = r;
	r->state = REGISTRANT_ON;
	r->released = 0;
	tp(w, TP_LIST_ADD, 0, 0);
	registrant_event(w, r, REGISTRANT_LINKED);
	list_unlock(w, nm);
	if (writes_sem)
		up_write(w, nm->rwsem);
	return 0;
}

/* hlist_del_rcu: the element keeps its link for those who stand on it */
static void del(struct ctx *w, struct mmu_notifier_mm *nm, struct registrant *r)
{
	struct registrant **p = &nm->head;

	while (*p != r)
		p = &(*p)->next;
	*p = r->next;
	r->state = REGISTRANT_UNLINKED;
	tp(w, TP_LIST_DEL, 0, 0);
	registrant_event(w, r, REGISTRANT_WAS_UNLINKED);
}

static void call_release(struct ctx *w, struct registrant *r)
{
	charge(w, COST_CALLOUT_CALL);
	sync(w);
	tp(w, TP_RELEASE_BEGIN, 0, 0);
	r->running++;
	if (r->ops->release)
		r->ops->release(w, r->priv);
	r->running--;
	sync(w);
	r->released = 1;
	tp(w, TP_RELEASE_END, 0, 0);
	registrant_event(w, r, REGISTRANT_WAS_RELEASED);
}

static void unlink(struct ctx *w, struct mmu_notifier_mm *nm, struct registrant *r)
{
	int writes_sem = design_of(w)->list_reader == READER_RWSEM;

	if (writes_sem)
		down_write(w, nm->rwsem);
	list_lock(w, nm);
	if (r->state == REGISTRANT_ON)
		del(w, nm, r);
	list_unlock(w, nm);
	if (writes_sem)
		up_write(w, nm->rwsem);
}

/* Off the list, then ->release inside a reader that began before others can
 * see it unlinked.  @r NULL: the first; 0: the list is empty. */
static int unlink_release(struct ctx *w, struct mmu_notifier_mm *nm, struct registrant *r)
{
	int idx;

	if (design_of(w)->list_reader == READER_RWSEM) {
		r = r ? r : nm->head;
		if (!r || r->state != REGISTRANT_ON)
			return 0;
		unlink(w, nm, r);
		call_release(w, r);
		return 1;
	}
	list_lock(w, nm);
	r = r ? r : nm->head;
	if (!r || r->state != REGISTRANT_ON) {
		list_unlock(w, nm);
		return 0;
	}
	del(w, nm, r);
	idx = list_reader_lock(w, nm);
	list_unlock(w, nm);
	call_release(w, r);
	list_reader_unlock(w, nm, idx);
	return 1;
}

static void release_on_list(struct ctx *w, struct mmu_notifier_mm *nm, struct registrant *r)
{
	int idx = list_reader_lock(w, nm);

	sync(w);
	if (r->state == REGISTRANT_ON)
		call_release(w, r);
	list_reader_unlock(w, nm, idx);
}

/* --- register ---------------------------------------------------------------------------- */

int mmu_notifier_register(struct ctx *w, struct mm *mm, struct registrant *r)
{
	const struct word_list *v = &design_of(w)->on_register;
	struct held h = { .mm = mm, .atomic_since = TIME_NEVER };
	sim_time t0, waited = 0;
	int err = 0;

	BUG_ON(mm->mm_users <= 0);
	sync(w);
	t0 = now_of(w);
	w->registering++;
	r->mm = mm;
	tp(w, TP_REGISTER_BEGIN, 0, 0);
	registrant_event(w, r, REGISTRANT_REGISTERS);
	charge(w, COST_NOTIFIER_ALLOC);
	for (int i = 0; i < v->n && !err; i++) {
		enum step_id step = (enum step_id)v->word[i];

		if (step == STEP_insert)
			err = insert(w, mm, r);
		else if (step == STEP_gp)
			grace_period(w, mm, &waited);
		else if (step == STEP_unlock)
			drop_all(w, &h);
		else
			err = take(w, &h, v, step);
	}
	if (err)
		drop_all(w, &h);
	sync(w);
	w->registering--;
	tp(w, TP_REGISTER_END, (uint64_t)(err == 0), 0);
	metric_count(&w->m->metrics, METRIC_REGISTER_EINTR, 0, err == EINTR_SIGNAL);
	if (!err) {
		registrant_event(w, r, REGISTRANT_REGISTERED);
		metric_tally(&w->m->metrics, METRIC_REGISTER_LATENCY, 0, now_of(w) - t0);
	}
	return err;
}

/* --- unregister --------------------------------------------------------------------------- */

static void went(struct ctx *w, struct registrant *r)
{
	sync(w);
	if (r->state != REGISTRANT_GONE)
		registrant_event(w, r, REGISTRANT_WENT);
	r->state = REGISTRANT_GONE;
}

/* One step that is no lock; how many steps it was. */
static int removal_step(struct ctx *w, struct mm *mm, struct registrant *r,
			const struct word_list *v, int i, sim_time *gp_wait)
{
	struct mmu_notifier_mm *nm = mm->mmu_notifier_mm;

	switch ((enum step_id)v->word[i]) {
	case STEP_unlink:
		if (i + 1 < v->n && v->word[i + 1] == STEP_release) {
			unlink_release(w, nm, r);
			return 2;
		}
		unlink(w, nm, r);
		return 1;
	case STEP_release:
		release_on_list(w, nm, r);
		return 1;
	case STEP_gp:
		grace_period(w, mm, gp_wait);
		return 1;
	default:			/* unpin_module, free */
		went(w, r);
		return 1;
	}
}

static int is_lock(enum step_id step)
{
	return step == STEP_mmap_sem_write || step == STEP_global_spinlock ||
	       step == STEP_global_mutex || step == STEP_sort || step == STEP_scan ||
	       step == STEP_i_mmap || step == STEP_anon_vma || step == STEP_seqlock_replay;
}

int mmu_notifier_unregister(struct ctx *w, struct mm *mm, struct registrant *r,
			    sim_time *gp_wait)
{
	const struct word_list *v = &design_of(w)->on_unregister;
	struct held h = { .mm = mm, .atomic_since = TIME_NEVER };
	int i = 0, err = 0;
	sim_time t0;

	if (!v->n || !mm->mmu_notifier_mm)
		return 0;
	sync(w);
	t0 = now_of(w);
	w->registering++;
	tp(w, TP_UNREGISTER_BEGIN, 0, 0);
	while (i < v->n && !err) {
		enum step_id step = (enum step_id)v->word[i];

		if (step == STEP_unlock)
			drop_all(w, &h);
		else if (is_lock(step))
			err = take(w, &h, v, step);
		i += step == STEP_unlock || is_lock(step) ? 1 : removal_step(w, mm, r, v, i, gp_wait);
	}
	if (err)
		drop_all(w, &h);
	sync(w);
	w->registering--;
	tp(w, TP_UNREGISTER_END, (uint64_t)(err == 0), 0);
	metric_count(&w->m->metrics, METRIC_UNREGISTER_EINTR, 0, err == EINTR_SIGNAL);
	if (err)
		return err;
	went(w, r);			/* the driver takes it so, whatever the steps say */
	metric_tally(&w->m->metrics, METRIC_UNREGISTER_LATENCY, 0, now_of(w) - t0);
	mm->mm_count--;
	return 0;
}

/* --- exit ----------------------------------------------------------------------------------- */

static void release_all(struct ctx *w, struct mmu_notifier_mm *nm)
{
	int idx = list_reader_lock(w, nm);

	sync(w);
	for (struct registrant *r = nm->head; r; r = r->next) {
		charge(w, COST_LIST_STEP);
		call_release(w, r);
	}
	list_reader_unlock(w, nm, idx);
}

static void unlink_all(struct ctx *w, struct mmu_notifier_mm *nm)
{
	list_lock(w, nm);
	while (nm->head)
		del(w, nm, nm->head);
	list_unlock(w, nm);
}

void mmu_notifier_release(struct ctx *w, struct mm *mm, sim_time *gp_wait)
{
	const struct word_list *v = &design_of(w)->on_exit;
	struct mmu_notifier_mm *nm = mm->mmu_notifier_mm;

	if (!nm)
		return;
	for (int i = 0; i < v->n; i++) {
		switch ((enum step_id)v->word[i]) {
		case STEP_unlink:
			if (i + 1 < v->n && v->word[i + 1] == STEP_release) {
				while (unlink_release(w, nm, NULL))
					;
				i++;
			} else {
				unlink_all(w, nm);
			}
			break;
		case STEP_release:
			release_all(w, nm);
			break;
		default:
			mmu_notifier(w, mm, SITE_exit_mmap, POINT_released, 0, 0);
			grace_period(w, mm, gp_wait);
			mmu_notifier(w, mm, SITE_exit_mmap, POINT_gp_done, 0, 0);
			break;
		}
	}
}
