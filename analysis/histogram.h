/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Log-linear histograms as the store keeps them: LEB128 pairs (index delta,
 * count), 64 bins per octave, values in picoseconds.
 *
 * Read here a second time, apart from the engine's own code: the analysis
 * needs only the database, and a format that two programs read stays one.
 * Bins below 64 hold one value each; above, bin ((s + 1) * 64 + k) holds
 * [(64 + k) * 2^s, (64 + k + 1) * 2^s).
 */
#ifndef ANALYSIS_HISTOGRAM_H
#define ANALYSIS_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

#include "sim/base/alloc.h"

#define BINS_PER_OCTAVE	64
#define NR_BINS		((64 - 6 + 1) * BINS_PER_OCTAVE)

struct bins {
	uint64_t n;
	uint64_t count[NR_BINS];
};

struct bins *bins_new(struct arena *a);
void bins_clear(struct bins *b);
/* Add an encoded histogram; -1 if malformed. */
int bins_add(struct bins *b, const unsigned char *p, size_t n);
/* Midpoint of the bin that holds quantile @q in [0,1]; NAN if empty. */
double bins_quantile(const struct bins *b, double q);
/* Factor from picoseconds to @unit ("ns"); 1 for a unit that is no time. */
double bins_unit(const char *unit);
/* 50 -> 0.5, 999 -> 0.999 */
double quantile_share(int quantile);

#endif
