/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The notifier list: what happens at a hook point that has a callout record.
 *
 * A record fires if its condition holds (models/config/record.h); on an early
 * exit of the path those that say so fire at their place on the way out.
 *
 * Steps, charged in order: the armed test (a load of the mm's pointer and a
 * branch; a disarmed mm ends here), the reader's lock of the design (none, or
 * rcu_read_lock: nothing without PREEMPT, preemption off with it), a list step
 * per element, the indirect call, the driver.  Which point, which operation,
 * which list and which reader are the design's; no design is named here.
 *
 * Left out: registration while the system runs (registrants stand on the list
 * from the start), unregister, exit, grace periods.
 */
#ifndef MODELS_NOTIFIER_NOTIFIER_H
#define MODELS_NOTIFIER_NOTIFIER_H

#include "models/kernel/mm.h"

struct secondary_ops {
	const char *kind;
	/* A callout; returns whether it dropped any translation.  Must not sleep. */
	int (*callout)(struct ctx *w, void *priv, enum callout_op op,
		       uint64_t start, uint64_t end);
	/* clear_flush_young and its kin: was any translation of @va accessed since the
	 * last look?  NULL: it does not say.  Must not sleep. */
	int (*age)(struct ctx *w, void *priv, enum callout_op op, uint64_t va);
	/* Is a callout of @op one that drops translations, by the registrant's protocol? */
	int (*zaps)(const void *priv, enum callout_op op);
	/* ->release: drop every translation; none may come after it.  Must not sleep. */
	void (*release)(struct ctx *w, void *priv);
	/*
	 * The oracle asks: can an access use a translation to @p without first
	 * passing a pending flush?  1 and a text (who, how) if so.  No time passes.
	 */
	int (*usable)(void *priv, const struct page *p, char *why, size_t n, int *cpu);
	/*
	 * The same for @va of @mm alone: is there a translation to @p?  NULL where
	 * translations are sptes, which the page knows.
	 */
	int (*holds)(const void *priv, const struct mm *mm, uint64_t va, const struct page *p);
	/* As usable(), for writes to @p through @va of @mm.  NULL: its translations
	 * never allow what the pte does not. */
	int (*writes)(void *priv, const struct mm *mm, uint64_t va, const struct page *p,
		      char *why, size_t n, int *cpu);
};

struct registrant {
	const struct secondary_ops *ops;
	void *priv;
	struct registrant *next;	/* on the mm's list */
	struct registrant *all_next;	/* every secondary, for the oracle */
};

void notifier_init(struct machine *m);
/* Before the run starts: head of the list, as hlist_add_head does; a design
 * without a list leaves the mm disarmed. */
void notifier_register(struct mm *mm, struct registrant *r);

#endif
