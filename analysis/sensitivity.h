/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How a claim fares over the space of the estimated costs.
 *
 * A sampled study has one replication per sampled point of that space.  At
 * each the claim holds or it does not (the effect of the pair against the
 * margin); the share in which it holds has Clopper and Pearson's interval.
 * Where it flips, the parameter that explains the flips best is named: the
 * largest absolute correlation of a parameter's rank with "holds", its p value
 * by permutation of "holds", the maximum taken over all parameters each time,
 * so that looking at all of them costs nothing.
 *
 * The samples are no part of Holm's family: they are not a test of the claim
 * but a description of where it would have come out otherwise.
 */
#ifndef ANALYSIS_SENSITIVITY_H
#define ANALYSIS_SENSITIVITY_H

#include "analysis/verdict.h"

struct sensitivity {
	struct dataset *s;
	int n, holds;			/* samples with a pair; of them the claim holds */
	int lost;			/* samples without one */
	const char *at;			/* where: "vcpu.count=4", "" if there is but one place */
	double lo, hi;			/* of the share */
	int n_parameters;
	const char *parameter;		/* path of the best explanation; NULL: none */
	const char *name;		/* its last components */
	double correlation, p;		/* family-wise */
	const char *split;		/* "holds in 40 of 44 samples below 620ns, ..." */
};

/* NULL: the claim has no sampled study or no pair in it. */
struct sensitivity *sensitivity_make(struct database *d, const struct verdict *v);
/* "holds in 57 of 64 samples of 71 estimated parameters (89% [79%, 95%]); ..." */
const char *sensitivity_text(struct database *d, const struct sensitivity *s);

#endif
