/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The list and its readers (mm/mmu_notifier.c; 2.6.27 and, for SRCU, 3.7).
 *
 * A reader is what the design says: nothing, rcu_read_lock, an SRCU domain
 * (of all address spaces or of this one), a rwsem held for reading, or nothing
 * of its own because the locks that the caller holds anyway exclude changes
 * (vm_locks).  It is held for one walk, or, list.span: section, from the walk
 * of a range_start to that of its range_end.  A section's reader of a global
 * domain is taken whether or not anybody is registered: only so does a
 * registration find the sections that are open.
 *
 * With register: seqlock_replay a walk that overlapped a
 * registration is done again, all of it (mmu notifier #v10; the posted loop
 * compared with a sequence that it read once, and so never ended: this is what
 * it was meant to be).
 */
#include "models/notifier/notifier.h"
#include "models/kernel/srcu.h"
#include "sim/base/xassert.h"

static struct notifier_core *core_of(struct machine *m)
{
	return m->notifier;
}

static const struct design_config *design_of(const struct ctx *w)
{
	return w->m->cfg->design;
}

/* --- construction ------------------------------------------------------------------ */

static int sleepable(const struct design_config *d)
{
	return d->list_reader == READER_SRCU || d->list_reader == READER_SRCU_FAST;
}

void notifier_core_domain(struct machine *m)
{
	if (sleepable(m->cfg->design))
		srcu_init(m, &core_of(m)->srcu, "all notifiers");
}

struct mmu_notifier_mm *notifier_mm_new(struct machine *m)
{
	struct mmu_notifier_mm *nm = arena_alloc(m->arena, sizeof(*nm));
	const struct design_config *d = m->cfg->design;

	spin_lock_init(m, &nm->lock, LOCK_NOTIFIER_LIST);
	spin_lock_init(m, &nm->seq_lock, LOCK_NOTIFIER_LIST);
	line_init(&nm->seq_line);
	if (d->list_domain == DOMAIN_PER_MM && sleepable(d)) {
		nm->srcu = arena_alloc(m->arena, sizeof(*nm->srcu));
		srcu_init(m, nm->srcu, "notifiers of an mm");
	}
	if (d->list_domain == DOMAIN_GLOBAL) {
		nm->srcu = &core_of(m)->srcu;
		nm->rwsem = &core_of(m)->rwsem;
		return nm;
	}
	if (d->list_reader == READER_RWSEM) {
		nm->rwsem = arena_alloc(m->arena, sizeof(*nm->rwsem));
		rwsem_init(m, nm->rwsem, LOCK_NOTIFIER_SEM);
	}
	return nm;
}

void notifier_announce(struct machine *m, struct registrant *r)
{
	r->all_next = m->oracle_registrants;
	m->oracle_registrants = r;
}

void notifier_forget(struct machine *m, struct registrant *r)
{
	struct registrant **p = &m->oracle_registrants;

	while (*p && *p != r)
		p = &(*p)->all_next;
	if (*p)
		*p = r->all_next;
}

void notifier_register(struct mm *mm, struct registrant *r)
{
	if (mm->m->cfg->design->list_structure == LIST_NONE)
		return;
	if (!mm->mmu_notifier_mm)
		mm->mmu_notifier_mm = notifier_mm_new(mm->m);
	r->mm = mm;
	r->state = REGISTRANT_ON;
	r->next = mm->mmu_notifier_mm->head;
	mm->mmu_notifier_mm->head = r;
	mm->mm_count++;
}

/* --- readers -------------------------------------------------------------------------- */

int list_reader_lock(struct ctx *w, struct mmu_notifier_mm *nm)
{
	switch (design_of(w)->list_reader) {
	case READER_RCU:
		rcu_read_lock(w);
		return 0;
	case READER_SRCU:
		return srcu_read_lock(w, nm->srcu);
	case READER_SRCU_FAST:
		return srcu_read_lock_fast(w, nm->srcu);
	case READER_RWSEM:
		down_read(w, nm->rwsem);
		return 0;
	default:
		return 0;
	}
}

void list_reader_unlock(struct ctx *w, struct mmu_notifier_mm *nm, int idx)
{
	switch (design_of(w)->list_reader) {
	case READER_RCU:
		rcu_read_unlock(w);
		break;
	case READER_SRCU:
		srcu_read_unlock(w, nm->srcu, idx);
		break;
	case READER_SRCU_FAST:
		srcu_read_unlock_fast(w, nm->srcu, idx);
		break;
	case READER_RWSEM:
		up_read(w, nm->rwsem);
		break;
	default:
		break;
	}
}

void list_wait_for_readers(struct ctx *w, struct mmu_notifier_mm *nm)
{
	switch (design_of(w)->list_reader) {
	case READER_RCU:
		synchronize_rcu(w);
		break;
	case READER_SRCU:
	case READER_SRCU_FAST:
		synchronize_srcu(w, nm->srcu);
		break;
	case READER_RWSEM:
		down_write(w, nm->rwsem);
		up_write(w, nm->rwsem);
		break;
	default:
		break;
	}
}

/* --- one walk --------------------------------------------------------------------------- */

static int ages(enum callout_op op)
{
	return op == OP_clear_flush_young || op == OP_clear_young || op == OP_test_young;
}

static void callout_begin(struct ctx *w, struct registrant *r)
{
	if (!w->callouts++)
		w->callout_since = now_of(w) + w->debt;
	r->running++;
	registrant_event(w, r, REGISTRANT_CALLED);
}

static void callout_end(struct ctx *w, struct registrant *r)
{
	r->running--;
	if (!--w->callouts)
		w->callout_time += now_of(w) + w->debt - w->callout_since;
}

/* The registrant's answer; only aging has one. */
static int call_one(struct ctx *w, struct registrant *r, enum callout_op op,
		    uint64_t start, uint64_t end)
{
	struct machine *m = w->m;
	int dropped = 0, answer = 0;

	if (m->cfg->design->list_structure != LIST_POINTER)
		charge(w, COST_LIST_STEP);
	if (ages(op) && !r->ops->age)
		return 0;		/* the op is NULL: one test, no call */
	charge(w, COST_CALLOUT_CALL);
	metric_count(&m->metrics, METRIC_CALLOUT, (int)op, 1);
	tp(w, TP_CALLOUT_BEGIN, op, start);
	callout_begin(w, r);
	if (ages(op))
		answer = r->ops->age(w, r->priv, op, start);
	else
		dropped = r->ops->callout(w, r->priv, op, start, end);
	callout_end(w, r);
	tp(w, TP_CALLOUT_END, op, end);
	if (ages(op) || !r->ops->zaps(r->priv, op))
		return answer;
	if (m->hooks.told)
		m->hooks.told(w, r, start, end);
	if (!dropped)
		metric_count(&m->metrics, METRIC_CALLOUT_SPURIOUS, 0, 1);
	return answer;
}

/* read_seqbegin: spins while a writer is inside; the writer's spinlock is where */
static uint32_t seq_begin(struct ctx *w, struct mmu_notifier_mm *nm)
{
	line_access(w, &nm->seq_line, LINE_READ);
	sync(w);
	if (nm->seq & 1) {
		spin_lock(w, &nm->seq_lock);
		spin_unlock(w, &nm->seq_lock);
		sync(w);
	}
	return nm->seq;
}

static int seq_moved(struct ctx *w, struct mmu_notifier_mm *nm, uint32_t seq)
{
	line_access(w, &nm->seq_line, LINE_READ);
	sync(w);
	return nm->seq != seq;
}

static int call_all(struct ctx *w, struct mmu_notifier_mm *nm, const struct callout *c,
		    uint64_t start, uint64_t end)
{
	int answer = 0;

	for (struct registrant *r = nm->head; r; r = r->next) {
		answer |= call_one(w, r, (enum callout_op)c->op, start, end);
		if (answer && c->result == RESULT_STOP_ON_NONZERO)
			break;
		sync(w);		/* the link is read when the callout is over */
	}
	return answer;
}

/* The section's reader serves its walks: a second down_read would wait for a
 * writer that waits for the first. */
static int section_reads(const struct ctx *w)
{
	int top = w->spans - 1;

	return top >= 0 && top < (int)(sizeof(w->span) / sizeof(w->span[0])) && w->span[top] >= 0;
}

int list_walk(struct ctx *w, struct mm *mm, const struct callout *c, uint64_t start, uint64_t end)
{
	int replays = has_step(&design_of(w)->on_register, STEP_seqlock_replay);
	struct mmu_notifier_mm *nm = mm->mmu_notifier_mm;
	enum callout_op op = (enum callout_op)c->op;
	sim_time t0, reader;
	int answer = 0, idx = 0, enter = !section_reads(w);
	uint32_t seq = 0;

	sync(w);
	t0 = now_of(w);
	metric_count(&w->m->metrics, METRIC_LIST_WALKS, 0, 1);
	if (enter)
		idx = list_reader_lock(w, nm);
	sync(w);
	reader = now_of(w) - t0;
	do {
		if (replays)
			seq = seq_begin(w, nm);
		answer |= call_all(w, nm, c, start, end);
	} while (replays && seq_moved(w, nm, seq));
	sync(w);
	reader -= now_of(w);
	if (enter)
		list_reader_unlock(w, nm, idx);
	sync(w);
	metric_tally(&w->m->metrics, METRIC_LIST_READER, 0, reader + now_of(w));
	metric_tally(&w->m->metrics, METRIC_CALLOUT_TIME, (int)op, now_of(w) - t0);
	return c->result == RESULT_VOID ? 0 : answer;
}
