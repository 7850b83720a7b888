/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files that make verdicts share; see verdict.h. */
#ifndef ANALYSIS_VERDICT_INT_H
#define ANALYSIS_VERDICT_INT_H

#include "analysis/verdict.h"

/* region and where of the claim admit this configuration. */
int within_limits(const struct claim *c, const struct configuration *k);
struct verdict_point *add_point(struct database *d, struct verdict *v,
				struct dataset *s, int a, int b);

/* emergent.c */
void make_emergent(struct database *d, struct verdict *v);
/* "100ns" in @unit; NAN if it is none. */
double quantity_in(const char *text, const char *unit);

/* hold.c: claims that hold or fail. */
void make_count(struct database *d, struct verdict *v);
void make_safety(struct database *d, struct verdict *v);

/* boundary.c */
const char *change_text(struct database *d, const struct verdict *v);
/* "put.batch", "kernel": along what the points of a verdict flip. */
const char *depends_text(struct database *d, const struct verdict *v);

#endif
