/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The shape of a study: which axes all designs share, and what the columns
 * and rows of its tables are.
 *
 * A common axis is one over which every design varies.  An axis that only
 * some designs have (put.batch of a design with an array) splits those
 * designs into several series: "andrea-v7 batch=8", "andrea-v7 batch=64".
 * A row is a value of one common axis, the others held fixed.
 */
#ifndef ANALYSIS_LAYOUT_H
#define ANALYSIS_LAYOUT_H

#include "analysis/dataset.h"

struct common_axis {
	const char *path, *name;
	int n_values;
	const struct axis **value;	/* distinct, in the order of the sweep */
	int fixed;			/* index of the value tables hold it at */
};

struct series {
	const char *name;		/* design, and its own axes */
	const char *design;
	int n_own;
	const struct axis **own;
	const char *unsafe;		/* invariants violated in any of its runs */
	int64_t violations;
	int usable;			/* runs */
};

struct layout {
	struct dataset *s;
	int n_axes;
	struct common_axis *axis;
	int n_series;
	struct series *series;		/* [0] is the baseline */
	const char *const *design;	/* those shown; none: all */
	int n_designs;
};

/*
 * @where: "axis=value" conditions; they narrow axes to the values named.
 * @baseline: NULL = the study's.  @design: show these only; an axis is common
 * if all of them have it.  Fails with EX_CONFIG for an axis, value or design that
 * the study does not have.
 */
struct layout *layout_make(struct dataset *s, const char *baseline,
			   const char *const *where, int n_where,
			   const char *const *design, int n_designs);
/* Configuration of series @k at value index @at[axis], or -1. */
int layout_config(const struct layout *l, int k, const int *at);
/* Index of a common axis by (the end of) its path, or -1. */
int layout_axis(const struct layout *l, const char *wanted);
/* The axis with most values: what a table's rows are unless told. */
int layout_main_axis(const struct layout *l);
/* Do configurations agree on every axis that both have? */
int configurations_match(const struct configuration *a, const struct configuration *b);
/* "vcpu.count=4, unmap.length=64pages" of all axes but @but. */
const char *layout_fixed_text(const struct layout *l, const int *at, int but);

#endif
