/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Claims as the store keeps them: the claim file as JSON.
 *
 * compare {a, b, where}: x is b against a.  "rule: less" says that b is less
 * than a by more than the margin, "greater" that it is greater, "equivalent"
 * that the two differ by less than the margin.  "rule: count" compares the
 * metric of b, replication by replication, with an expression (eq, le, ge)
 * over axes: "names: {N: unmap.length}" binds names, else the last component
 * of an axis or parameter is its name; a size counts in pages of 4 KiB; "a"
 * is the value of design a in the same replication.  "rule: violated" and
 * "rule: held" ask for an invariant of design b.
 *
 * "per: METRIC" judges the metric per unit of another, as a ratio of totals.
 *
 * parts: claims of their own that take over what they leave out from the
 * whole; the verdict of the whole follows from theirs.
 */
#ifndef ANALYSIS_CLAIM_H
#define ANALYSIS_CLAIM_H

#include "analysis/dataset.h"

enum claim_rule {
	RULE_NONE, RULE_LESS, RULE_GREATER, RULE_EQUIVALENT, RULE_COUNT,
	RULE_VIOLATED, RULE_HELD,
};

struct margin {
	double share;		/* 0.05; 0 if none */
	const char *quantity;	/* "100ns", NULL if none */
};

struct limit {			/* one entry of region or where */
	const char *path;
	int n;
	const char **value;
};

struct binding { const char *name, *path; };

struct claim {
	const char *id, *who, *said, *source, *quote, *statement, *kind, *reason;
	const char *a, *b, *metric, *per, *label, *scenario, *invariant;
	const char *if_supported, *if_refuted, *margin_text, *margin_reason;
	const char *expected;	/* "holds", "fails", NULL */
	enum claim_rule rule;
	const char *relation, *expression;	/* count: "eq", "ceil(N/B)" */
	struct margin margin;
	int n_limits;
	struct limit *limit;
	int n_bindings;
	struct binding *binding;
	int n_parts;
	struct claim **part;
	const char *problem;	/* why the body cannot be judged, NULL if it can */
	int n_studies;
	int64_t *study;		/* motivating, adversarial, phase */
	const char **role;
	int64_t sampled;	/* role sensitivity; 0: none, or not of this part */
};

/* Every claim of the database, or those of @id; unknown: fails, EX_CONFIG. */
struct claim **claims_load(struct database *d, const char *const *id, int n_ids, int *n);
/* emergent: supported, refuted, ...; the others hold or fail. */
int claim_is_emergent(const struct claim *c);

#endif
