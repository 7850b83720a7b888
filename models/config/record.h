/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A callout record: what a design writes at a hook point beside the operation.
 *
 *  if       facts that must hold when the point is reached; the armed test is
 *           paid only then, since the condition stands in the path's own code
 *  result   what becomes of a callout's answer along the list
 *  on_exit  whether the record fires, at its place, when the path leaves early.
 *           A range_end does on every exit after its range_start, unless told
 *           otherwise; any other record only where the path gets to its point
 *  block    what the record says of itself; the model lets every callout run
 *
 * Facts about a pte are known once its lock is held, see fact_known().
 */
#ifndef MODELS_CONFIG_RECORD_H
#define MODELS_CONFIG_RECORD_H

#include <stddef.h>
#include <stdint.h>

enum callout_cond {		/* bits */
	COND_ALWAYS = 0,
	COND_PTE_YOUNG = 1, COND_NOT_PTE_YOUNG = 2, COND_PTE_PRESENT = 4,
	COND_COW_MAPPING = 8, COND_MAY_BLOCK = 16,
};

/* What a path knows when it reaches a point: bits. */
enum fact { FACT_PTE_YOUNG = 1, FACT_PTE_PRESENT = 2, FACT_COW_MAPPING = 4 };

/* Why a path left early: bits; see exit_names. */
enum path_exit {
	EXIT_no_vma = 1, EXIT_no_pte = 2, EXIT_mlocked = 4, EXIT_young = 8,
	EXIT_clean = 16, EXIT_reused = 32, EXIT_raced = 64, EXIT_enomem = 128,
	EXIT_ALL = 255,
};

/* Why the mm invalidates, as the site knows: bits. */
enum notify_event {
	EVENT_unmap = 1, EVENT_clear = 2, EVENT_protection = 4, EVENT_age = 8,
	EVENT_migrate = 16, EVENT_release = 32,
};

enum callout_result { RESULT_VOID, RESULT_OR, RESULT_STOP_ON_NONZERO };
enum callout_block { BLOCK_NO, BLOCK_YES, BLOCK_FLAG };

struct callout {
	uint8_t op;		/* enum callout_op */
	uint8_t cond;		/* enum callout_cond, all of them */
	uint8_t events;		/* enum notify_event, one of them; 0: any */
	uint8_t exits;		/* enum path_exit: those on which it fires */
	uint8_t result, block;
};

/* The record that the bare name of an operation stands for. */
struct callout callout_record(int op);

/* Is the page-table lock held at the point? */
int point_under_ptl(int site, int point);
/* May a callout there not sleep: a spinlock is held or preemption is off (2.6.27)? */
int point_atomic(int site, int point);
/* "OPERATION if COND,.. RESULT not on exit EXIT,..": what differs from the bare name. */
char *callout_text(const struct callout *c, int site, char *buf, size_t n);

struct record_word { const char *name; int value; const char *help; };
/* Ended by a NULL name. */
extern const struct record_word cond_words[], exit_words[], event_words[], result_words[],
	block_words[];

/* Early exits of a site (enum path_exit), why it invalidates (enum notify_event). */
int site_exits(int site);
int site_event(int site);
/* Does the path know, at @point, what @cond asks for? */
int fact_known(int site, int point, enum callout_cond cond);

#endif
