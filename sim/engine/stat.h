/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Statistics on the hot path: integers only, so that neither order of
 * summation nor optimisation level changes a bit.
 *  tally          n, sum, sum of squares (128 bits), min, max
 *  time_weighted  area under a step function of time
 *  histogram      log-linear, 64 sub-buckets per octave: relative error of a
 *                 bin's midpoint below 0.8%
 */
#ifndef SIM_ENGINE_STAT_H
#define SIM_ENGINE_STAT_H

#include <stdint.h>

#include "sim/base/strbuf.h"
#include "sim/base/units.h"

struct tally {
	int64_t n;
	int64_t sum;
	unsigned __int128 sumsq;
	int64_t min, max;
};

void tally_reset(struct tally *t);
static inline void tally_add(struct tally *t, int64_t x)
{
	if (!t->n || x < t->min)
		t->min = x;
	if (!t->n || x > t->max)
		t->max = x;
	t->n++;
	t->sum += x;
	t->sumsq += (unsigned __int128)((__int128)x * x);
}
double tally_mean(const struct tally *t);	/* NAN if empty */
double tally_variance(const struct tally *t);	/* of the sample, NAN if n < 2 */

struct time_weighted {
	int64_t value;
	sim_time since, start;
	__int128 area;
	int64_t max;
};

void tw_start(struct time_weighted *w, sim_time now, int64_t value);
static inline void tw_set(struct time_weighted *w, sim_time now, int64_t value)
{
	w->area += (__int128)w->value * (now - w->since);
	w->since = now;
	w->value = value;
	if (value > w->max)
		w->max = value;
}
double tw_area(const struct time_weighted *w, sim_time now);
double tw_mean(const struct time_weighted *w, sim_time now);

#define HIST_SUB_BITS	6
#define HIST_BINS	((64 - HIST_SUB_BITS + 1) << HIST_SUB_BITS)

struct histogram {
	uint64_t n;
	uint32_t *bin;		/* HIST_BINS entries, arena */
};

static inline unsigned histogram_index(uint64_t v)
{
	unsigned shift;

	if (v < (1u << HIST_SUB_BITS))
		return (unsigned)v;
	shift = 63 - HIST_SUB_BITS - (unsigned)__builtin_clzll(v);
	return ((shift + 1) << HIST_SUB_BITS) + (unsigned)((v >> shift) & ((1u << HIST_SUB_BITS) - 1));
}
static inline void histogram_add(struct histogram *h, int64_t v)
{
	h->n++;
	h->bin[histogram_index(v < 0 ? 0 : (uint64_t)v)]++;
}
uint64_t histogram_low(unsigned index);		/* smallest value of a bin */
uint64_t histogram_mid(unsigned index);
/* Value at quantile @q in [0,1]: midpoint of the bin that holds it. */
uint64_t histogram_quantile(const struct histogram *h, double q);
/* LEB128 pairs (index delta, count), as the store keeps them. */
void histogram_encode(const struct histogram *h, struct strbuf *out);
/* Add encoded bins to @h; -1 if malformed. */
int histogram_decode(struct histogram *h, const unsigned char *p, size_t n);

#endif
