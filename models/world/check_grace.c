/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Before any run: whoever waits for a grace period needs one that can end. */
#include "models/notifier/notifier.h"
#include "models/world/build.h"

/* Does the design wait for readers by RCU or SRCU when it does @v? */
static int waits(const struct design_config *d, const struct word_list *v)
{
	int sleeps = d->list_reader == READER_RCU || d->list_reader == READER_SRCU ||
		     d->list_reader == READER_SRCU_FAST;

	return sleeps && d->list_structure != LIST_NONE && has_step(v, STEP_gp);
}

/* The first operation that waits for a grace period; NULL: none. */
static const char *waiting_op(const struct design_config *d, const struct op_config *op, int n,
			      int armed)
{
	for (int i = 0; i < n; i++) {
		const struct op_config *o = &op[i];
		const char *inner = o->kind == OPK_REPEAT ?
			waiting_op(d, o->loop, o->n_loop, armed) : NULL;

		if (inner)
			return inner;
		if (o->kind == OPK_SYNCHRONIZE ||
		    (armed && ((o->kind == OPK_EXIT && waits(d, &d->on_exit)) ||
			       (o->kind == OPK_REGISTER && waits(d, &d->on_register)) ||
			       (o->kind == OPK_UNREGISTER && waits(d, &d->on_unregister)))))
			return op_table[o->kind].name;
	}
	return NULL;
}

int check_grace(const struct world_config *c, char *why, size_t n)
{
	if (c->design->list_reader == READER_SRCU_FAST && c->kernel->srcu != SRCU_TREE) {
		snprintf(why, n, "design.core.list.reader: srcu_fast needs kernel.srcu: tree");
		return -1;
	}
	for (int i = 0; i < c->n_threads && !c->kernel->tick; i++) {
		const struct thread_config *t = &c->thread[i];
		int armed = t->in >= 0 && c->space[t->in].n_secondaries;
		const char *op = waiting_op(c->design, t->loop, t->n_loop, armed);

		if (op) {
			snprintf(why, n, "thread %s: %s waits for a grace period, and no CPU ticks: set kernel.tick: on",
				 t->name, op);
			return -1;
		}
	}
	return 0;
}
