/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The oracle: invariants evaluated where an input of theirs changes.
 *
 *  I1  at the free of a page no translation to it is usable: an access could
 *      use it without first passing a pending flush request, a re-entry that
 *      flushes, or the sender's own local flush.
 *  I2  a translation is installed only if the pte it came from was not cleared
 *      since (a pin by that very translation makes it the exposure
 *      stale_pinned_spte instead: incoherent, but memory is safe).  A site that
 *      clears a pte and calls afterwards may still drop it: judged when the site
 *      is done with the pte.
 *  I3  a registrant on the list that has a translation when its pte is cleared is
 *      told before the path that clears it is over (between unlink and release: I6).
 *  I4  sections balance: a registrant's count is never below 0, and no section
 *      stays open longer than 1 s while its task is in no callout.
 *  I5  no callout of a registrant runs, or starts, once it may be freed.
 *  I6  a registrant that is off the list and not yet released has no translation
 *      whose pte is cleared, nor of a page that is freed.
 *  I7  once a pte is read-only and clean, and that is announced, no translation of
 *      it allows writes.
 *  I9  nobody sleeps under a spinlock, inside rcu_read_lock or with preemption off.
 *  I12 a reference put in a callout is not the last one while the translation that
 *      held it can still be used.
 *
 * It draws no random number and costs no simulated time; the fingerprint is
 * the same without it.  Exposures count how often each could have failed.
 * The last protocol steps of every CPU are kept; a violation stores those of
 * the CPUs involved, in time order.
 */
#ifndef MODELS_ORACLE_ORACLE_H
#define MODELS_ORACLE_ORACLE_H

#include "models/kernel/kernel.h"
#include "models/kernel/memory.h"
#include "models/notifier/notifier.h"
#include "sim/base/result.h"

#define ORACLE_STEPS 32
#define ORACLE_DETAILS 10

struct oracle_step {
	sim_time at;
	uint64_t order;			/* among steps of one instant */
	uint32_t id;
	uint64_t a, b;
	const char *who;
};

struct oracle_ring {
	struct oracle_step step[ORACLE_STEPS];
	uint32_t n;
};

struct oracle_violation {
	enum invariant inv;
	sim_time at;
	char *summary, *steps;
};

struct oracle {
	struct machine *m;
	struct oracle_ring *ring;	/* per CPU */
	uint64_t order;
	int64_t violations[NR_INVARIANTS], exposures[NR_INVARIANTS];
	int64_t stale_pinned;
	struct oracle_violation detail[ORACLE_DETAILS + NR_INVARIANTS];
	int n_details;
	struct pending_clear *pool;	/* registrants.c */
	int registrations;		/* somebody has registered while the system ran */
};

/* A violation, with the steps that led to it; for the files of this room. */
void oracle_violation(struct ctx *w, enum invariant inv, const struct page *p, int other_cpu,
		      const char *what);
void oracle_ptes_init(struct machine *m);	/* ptes.c */

/* Install on @m; without this call the run has no oracle. */
void oracle_init(struct machine *m);
/* A translation of @va to @p is about to be stored, which @write says allows writes;
 * get_user_pages took its reference when the pte looked as in @seen. */
void oracle_install(struct ctx *w, struct mm *mm, uint64_t va, const struct page *p,
		    const struct pte_seen *seen, int write, int pinned);
/* The same where the callout of the last clear has been here already, so that
 * nothing will take the translation away any more.  1 if it is stale. */
int oracle_install_late(struct ctx *w, struct mm *mm, uint64_t va, const struct page *p,
			const struct pte_seen *seen);
/* A fence check caught, or would have caught, a stale translation. */
void oracle_caught(struct ctx *w, struct mm *mm, uint64_t va, const struct pte_seen *seen);
void oracle_section(struct ctx *w, int64_t count, sim_time open_for);
/* End of run: sections still open. */
void oracle_section_left(struct machine *m, int64_t count, sim_time open_for);
/* registrants.c: what steps of the model mean for I3, I5, I6, I9, I12 */
void oracle_registrants_init(struct machine *m);
void oracle_lock(struct ctx *w, uint64_t word);
void oracle_unlock(struct ctx *w, uint64_t word);
void oracle_pte_clear(struct ctx *w, uint64_t va, uint64_t page);
void oracle_pin_put(struct ctx *w, uint64_t page, uint64_t left);
void oracle_sleeps(struct ctx *w);
/* @p goes to the free list though @r can use it. */
void oracle_freed_usable(struct ctx *w, const struct registrant *r, const struct page *p,
			 int cpu, const char *why);
void oracle_collect(const struct machine *m, struct result *r);

#endif
