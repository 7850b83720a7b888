/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rule of sequential replications, as pure functions. */
#ifndef SIM_RUN_STAGE_H
#define SIM_RUN_STAGE_H

#include <stdint.h>

/* Confidence of one look at the data: a quarter of the 5% each. */
#define STAGE_ALPHA	0.0125

/* Stages 5, 10, 15, 20, 30, 40, 60, 80, 120, 160 ...: the first one of at
 * least @min, at most @max. */
int stage_first(int min, int max);
/* The one after @n, at most @max; @n itself if that is @max. */
int stage_next(int n, int max);

/*
 * Is the mean of @v[0..n) known within @precision_ppm of itself?  NANs are
 * replications without an observation: they are left out.  Without any
 * observation more replications would not help: yes.  One observation: no.
 */
int stage_precise(const double *v, int n, int64_t precision_ppm);

#endif
