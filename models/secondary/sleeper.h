/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A secondary MMU reduced to what a notifier design has to do with it: a table
 * of translations, filled by faults (get_user_pages, fence, store), dropped by
 * callouts that take a time of their own, during which they sleep.  It stands
 * for drivers that must wait for somebody else in a callout (XPMEM: a message
 * to another partition and its confirmation); with times of 0 it is the
 * simplest registrant there can be.
 *
 * A callout first waits, then drops: until the confirmation is there the other
 * side may go on using the page.  Every access goes through the table, so a
 * translation that stands is usable, whoever runs, also when the process is
 * gone.  The fence is a count of open sections and a sequence, under the
 * driver's lock; a refused fault sleeps and comes again.
 *
 * Left out: who the other side is, its own page tables, its failures; the
 * driver's lock is a spinlock and never held over a wait.
 */
#ifndef MODELS_SECONDARY_SLEEPER_H
#define MODELS_SECONDARY_SLEEPER_H

#include "models/kernel/memory.h"
#include "models/notifier/spte.h"
#include "models/oracle/oracle.h"
#include "models/kernel/account.h"
#include "models/secondary/secondary.h"

struct sleeper_section {
	uint64_t start, end;
	const struct ctx *w;		/* who opened it */
	sim_time quiet;			/* its quiet_clock() then */
};
#define SLEEPER_SECTIONS 64

struct sleeper {
	struct secondary secondary;	/* must be first */
	struct machine *m;
	struct mm *mm;
	const struct sleeper_config *cfg;
	const struct sleeper_protocol *protocol;
	uint64_t base, pages;
	struct spte *spte;		/* by page */
	struct spinlock lock;		/* of all below */
	int64_t count, seq;
	struct time_weighted closed;	/* 1 while count > 0 */
	struct sleeper_section open[SLEEPER_SECTIONS];
	int n_open;
	struct rng rng;			/* lengths of callouts, in order */
};

struct sleeper_user {			/* a thread that accesses memory through it */
	struct sleeper *s;
	struct ctx *w;
	struct fault_account account;
};

extern const struct secondary_driver sleeper_driver;

#endif
