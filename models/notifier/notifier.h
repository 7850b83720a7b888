/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The notifier list: what happens at a hook point that has a callout record.
 *
 * A record fires if its condition holds (models/config/record.h); on an early
 * exit of the path those that say so fire at their place on the way out.
 *
 * Steps, charged in order: the armed test (a load of the mm's pointer and a
 * branch; an mm that nobody ever registered on ends here), the reader of the
 * list (list.c), a list step per element, the indirect call, the driver.
 * Registering, unregistering and the start of exit_mmap execute the design's
 * lists of steps (register.c).  Which point, which operation, which list,
 * reader and steps are the design's; no design is named here.
 *
 * An element that is taken off keeps its link, as hlist_del_rcu does, so a walk
 * that stands on it goes on.  What is freed is only marked so: the model stays
 * on its feet when a walk of a broken design gets there, and the oracle speaks.
 *
 * Locks: the list is written under mmu_notifier_mm->lock (hlist; the others
 * rely on the locks of their register list).
 */
#ifndef MODELS_NOTIFIER_NOTIFIER_H
#define MODELS_NOTIFIER_NOTIFIER_H

#include "models/kernel/mm.h"
#include "models/kernel/mutex.h"
#include "models/kernel/srcu.h"

/* What a secondary fault that came now would meet; no time passes. */
enum probe { PROBE_FENCE = 1, PROBE_PTL = 2, PROBE_MAPPED = 4 };	/* mapped: no fault */

struct secondary_ops {
	const char *kind;
	/* A callout; returns whether it dropped any translation.  Must not sleep, unless
	 * it is a driver that cannot do otherwise (the oracle judges where it may). */
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
	/* What would delay a fault of @va (enum probe).  NULL: nobody asks. */
	int (*probe)(void *priv, uint64_t va);
};

enum registrant_state {
	REGISTRANT_OFF,			/* not yet */
	REGISTRANT_ON,			/* on the list */
	REGISTRANT_UNLINKED,		/* taken off it */
	REGISTRANT_GONE,		/* freed, or its module may be unloaded */
};

/* What the oracle hears of. */
enum registrant_event {
	REGISTRANT_REGISTERS, REGISTRANT_REGISTERED,	/* the call, its return with 0 */
	REGISTRANT_CALLED,		/* a callout of it begins */
	REGISTRANT_LINKED, REGISTRANT_WAS_UNLINKED, REGISTRANT_WAS_RELEASED,
	REGISTRANT_WENT,		/* its memory or its module may go from here on */
};

struct registrant {
	const struct secondary_ops *ops;
	void *priv;
	struct mm *mm;			/* since it was first registered */
	struct registrant *next;	/* on the mm's list */
	struct registrant *all_next;	/* every secondary, for the oracle */
	enum registrant_state state;
	int released;			/* its ->release has returned */
	int running;			/* callouts of it that have not returned */
	/* the oracle's */
	int cpu;			/* where the last callout began */
	sim_time registering_since, registered_at;	/* 0: never, not yet */
};

/* struct mmu_notifier_mm: installed by the first registration, gone with the mm. */
struct mmu_notifier_mm {
	struct spinlock lock;
	struct registrant *head;
	struct srcu_domain *srcu;	/* list.reader srcu, srcu_fast: its own or the global one */
	struct rwsem *rwsem;		/* list.reader rwsem: likewise */
	struct spinlock seq_lock;	/* register: seqlock_replay */
	struct line seq_line;
	uint32_t seq;			/* odd: a writer is inside */
};

/* What all address spaces share. */
struct notifier_core {
	struct spinlock global_lock;	/* register: global_spinlock */
	struct mutex all_locks;		/* mm_all_locks_mutex */
	struct srcu_domain srcu;
	struct rwsem rwsem;
	struct mmu_notifier_mm *any;	/* whose readers are those of an unarmed mm */
};

void notifier_init(struct machine *m);
/* Make @r known to the oracle; before anything else is done with it. */
void notifier_announce(struct machine *m, struct registrant *r);
/* It has no translation and never will. */
void notifier_forget(struct machine *m, struct registrant *r);
/* Before the run starts: head of the list, as hlist_add_head does; a design
 * without a list leaves the mm disarmed. */
void notifier_register(struct mm *mm, struct registrant *r);

/*
 * register.c.  Task context, no locks held; all may sleep.
 * Returns 0, EINTR_SIGNAL (nothing is held, nobody is on the list), or
 * EBUSY_LIST where the list has room for one.
 */
int mmu_notifier_register(struct ctx *w, struct mm *mm, struct registrant *r);
/* Callouts of @r are over when it returns, if the design's steps see to it.
 * Time spent in grace periods is added to *@gp_wait.  EINTR_SIGNAL: it is still on. */
int mmu_notifier_unregister(struct ctx *w, struct mm *mm, struct registrant *r,
			    sim_time *gp_wait);
/* First thing of exit_mmap: mm_users is 0, and nobody can register any more. */
void mmu_notifier_release(struct ctx *w, struct mm *mm, sim_time *gp_wait);

/*
 * A clock of @w that stands still while it is in a callout: how long a section
 * was open though nobody had to wait for a driver in it.
 */
static inline sim_time quiet_clock(const struct ctx *w, sim_time now)
{
	return now - w->callout_time - (w->callouts ? now - w->callout_since : 0);
}

static inline void registrant_event(struct ctx *w, struct registrant *r, enum registrant_event e)
{
	if (w->m->hooks.registrant)
		w->m->hooks.registrant(w, r, (int)e);
}

static inline int has_step(const struct word_list *v, enum step_id step)
{
	for (int i = 0; i < v->n; i++)
		if (v->word[i] == step)
			return 1;
	return 0;
}

/* list.c: between the files of this room */
struct mmu_notifier_mm *notifier_mm_new(struct machine *m);
/* The domain of list.domain: global, if the reader is SRCU. */
void notifier_core_domain(struct machine *m);
/* Enter and leave as a reader of the list; what to hand to the leave. */
int list_reader_lock(struct ctx *w, struct mmu_notifier_mm *nm);
void list_reader_unlock(struct ctx *w, struct mmu_notifier_mm *nm, int idx);
/* Wait for all readers that are inside now. */
void list_wait_for_readers(struct ctx *w, struct mmu_notifier_mm *nm);
/* One walk; the combined answers. */
int list_walk(struct ctx *w, struct mm *mm, const struct callout *c, uint64_t start, uint64_t end);

#endif
