/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Primitives alone; see primitive.h. */
#include "models/workload/primitive.h"
#include "models/kernel/rcu.h"
#include "models/kernel/rwlock.h"
#include "models/kernel/srcu.h"

struct primitives {			/* one of each for the whole machine */
	struct line line;
	struct spinlock lock;
	struct rwsem rwsem;
	struct rwlock rwlock;
	struct srcu_domain srcu;
};

static struct primitives *primitives(struct workload *l)
{
	struct machine *m = l->m;
	struct primitives *p = l->primitives;

	if (p)
		return p;
	p = l->primitives = arena_alloc(m->arena, sizeof(*p));
	line_init(&p->line);
	spin_lock_init(m, &p->lock, LOCK_PRIMITIVE);
	rwsem_init(m, &p->rwsem, LOCK_PRIMITIVE);
	rwlock_init(m, &p->rwlock, LOCK_PRIMITIVE);
	srcu_init(m, &p->srcu, "primitive");
	return p;
}

static void once(struct ctx *w, struct primitives *p, int64_t on)
{
	int idx;

	switch (on) {
	case CONTEND_COUNTER:
		line_access(w, &p->line, LINE_ATOMIC);
		line_access(w, &p->line, LINE_ATOMIC);
		break;
	case CONTEND_SPINLOCK:
		spin_lock(w, &p->lock);
		spin_unlock(w, &p->lock);
		break;
	case CONTEND_RWSEM_READ:
		down_read(w, &p->rwsem);
		up_read(w, &p->rwsem);
		break;
	case CONTEND_RWLOCK_READ:
		read_lock(w, &p->rwlock);
		read_unlock(w, &p->rwlock);
		break;
	case CONTEND_RCU_READ:
		rcu_read_lock(w);
		rcu_read_unlock(w);
		break;
	default:
		idx = srcu_read_lock(w, &p->srcu);
		srcu_read_unlock(w, &p->srcu, idx);
		break;
	}
}

void op_contend(struct thread *t, const struct op_config *op)
{
	struct ctx *w = &t->ctx;
	struct primitives *p = primitives(t->l);
	sim_time begin;

	ctx_class(w, TIME_SYSTEM);
	sync(w);
	begin = now_of(w);
	for (int64_t i = 0; i < op->n; i++)
		once(w, p, op->on);
	sync(w);
	metric_tally(&w->m->metrics, METRIC_CONTEND_TIME, (int)op->on, (now_of(w) - begin) / op->n);
}

void op_synchronize(struct thread *t, const struct op_config *op)
{
	struct ctx *w = &t->ctx;
	struct primitives *p = primitives(t->l);
	sim_time begin;

	ctx_class(w, TIME_SYSTEM);
	sync(w);
	begin = now_of(w);
	if (op->what == SYNC_RCU)
		synchronize_rcu(w);
	else if (op->what == SYNC_SRCU)
		synchronize_srcu(w, &p->srcu);
	else
		synchronize_srcu_expedited(w, &p->srcu);
	sync(w);
	metric_tally(&w->m->metrics, METRIC_SYNCHRONIZE_TIME, (int)op->what, now_of(w) - begin);
}
