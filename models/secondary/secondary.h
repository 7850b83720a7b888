/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A secondary MMU of an address space, whatever its kind.
 *
 * One driver per kind, found by enum secondary_kind; an address space may have
 * several, of one kind or of several, each with its own protocol and each on
 * the notifier list.  The list, the oracle and the world see them only through
 * the tables below.  Callouts run in the order of the list: the last one
 * created comes first, as hlist_add_head has it.
 */
#ifndef MODELS_SECONDARY_SECONDARY_H
#define MODELS_SECONDARY_SECONDARY_H

#include "models/kernel/kernel.h"
#include "models/notifier/notifier.h"

struct secondary_driver;

struct secondary {			/* the first member of every kind's own struct */
	const struct secondary_driver *driver;
	struct machine *m;
	struct mm *mm;
	const struct secondary_use *use;
	struct registrant registrant;	/* priv: this struct */
};

struct secondary_driver {
	const struct secondary_ops *ops;	/* callouts, probes */
	/* @users: threads that will be attached; [base, base + pages): the address space. */
	struct secondary *(*create)(struct machine *m, struct mm *mm, const struct secondary_use *use,
				    uint64_t base, uint64_t pages, int users);
	/* [start, end) is memory that it may translate, not the process's own.  NULL:
	 * it makes no difference. */
	void (*covers)(struct secondary *s, uint64_t start, uint64_t end);
	/* Start state: a translation of @va to @p stands.  NULL: none can. */
	void (*prefill)(struct secondary *s, uint64_t va, struct page *p);
	/* A thread that accesses memory through it; @working_set pages.  Returns the
	 * thread's state with the driver, first argument of access(). */
	void *(*attach)(struct secondary *s, struct ctx *w, uint64_t working_set);
	/* Start state of the TLB that the thread uses: its size, and that it holds @va,
	 * if there is a translation to hold. */
	uint32_t (*tlb_entries)(const void *user);
	void (*warm)(void *user, uint64_t va);
	/* One access of the thread to @va; returns when it has retired.  May block. */
	void (*access)(void *user, uint64_t va, int write);
	/* Its file is closed: every translation goes, without a word to the list. */
	void (*destroy)(struct ctx *w, struct secondary *s);
	/* The measured window begins, ends. */
	void (*window_begin)(struct secondary *s, sim_time now);
	void (*window_end)(struct secondary *s, sim_time now);
};

extern const struct secondary_driver *const secondary_drivers[NR_SECONDARY_KINDS];

/* Create by kind, put on the notifier list and in the oracle's view. */
struct secondary *secondary_create(struct machine *m, struct mm *mm, const struct secondary_use *use,
				   uint64_t base, uint64_t pages, int users);

#endif
