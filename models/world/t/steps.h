/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A run's trace, kept and put into words, so that tests can compare what a CPU
 * did with a list that somebody wrote from the kernel's source.
 *
 * Two vocabularies.  STEPS_ALL: every lock, request, round, IPI, pte, spte,
 * put and free in the order of the trace.  STEPS_ORDER: the notation of the
 * golden orders ("+ptl 506x pte0 FLmm 506x free ... -ptl"): mmap_sem, ptl,
 * mmu_lock and anon_vma as the locks held, one word for a flush call whether
 * or not anybody was to be interrupted, no IPIs (who is interrupted is a race,
 * how often one asks is not).
 *
 * Repetitions are folded, shorter ones first: "a b b a b b" is "2x{a 2x b}".
 */
#ifndef MODELS_WORLD_T_STEPS_H
#define MODELS_WORLD_T_STEPS_H

#include "models/kernel/lock.h"
#include "models/hw/tracepoint.h"
#include "models/world/t/fixture.h"

struct recording {
	struct trace_record *r;
	size_t n, cap;
};

/* Run @f and keep its trace in @rec (emptied first). */
void record_run(struct fixture *f, struct recording *rec, struct result *out);
void record_free(struct recording *rec);

/* First record from @from on with @id on @cpu (-1: any); rec->n if none. */
size_t record_find(const struct recording *rec, size_t from, enum tracepoint id, int cpu);
int64_t record_count(const struct recording *rec, size_t from, size_t to,
		     enum tracepoint id, int cpu);
/* The @nth (0, 1, ...) operation of @cpu: [from, to] holds begin and end. */
int record_op(const struct recording *rec, int cpu, int nth, size_t *from, size_t *to);

enum step_detail { STEPS_ALL, STEPS_ORDER };

/* Folded steps of @cpu among records [from, to]; free with steps_free(). */
struct steps {
	char **word;
	int n;
};
void steps_of(struct steps *s, const struct recording *rec, int cpu, size_t from,
	      size_t to, enum step_detail detail);
void steps_free(struct steps *s);
/* All words in one line, blanks between them; valid until steps_free(). */
char *steps_line(struct steps *s);

#endif
