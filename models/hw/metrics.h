/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Metrics of one replication.
 *
 * A metric has up to METRIC_LABELS labels, each a count and a tally with an
 * optional histogram.  Handles are compile-time pairs (metric, label index);
 * label names are given once at set-up.  Nothing is recorded outside the
 * measured window (metrics_begin to metrics_end).  Values are integers: ps
 * for times, plain counts otherwise; collect.c converts.
 */
#ifndef MODELS_HW_METRICS_H
#define MODELS_HW_METRICS_H

#include <string.h>

#include "models/config/config.h"
#include "sim/engine/stat.h"

#define METRIC_LABELS 48

struct metric_cell {
	int64_t count;
	struct tally tally;
	struct histogram hist;		/* bin == NULL: none kept */
	int64_t cut_n, cut_sum;		/* observations that the end of the run cut off */
};

struct metrics {
	int on;
	sim_time begin, end;
	struct metric_cell cell[NR_METRICS][METRIC_LABELS];
	const char *label[NR_METRICS][METRIC_LABELS];	/* NULL: unused, except index 0 */
};

static inline void metric_count(struct metrics *m, enum metric_id id, int label, int64_t n)
{
	if (m->on)
		m->cell[id][label].count += n;
}

static inline void metric_tally(struct metrics *m, enum metric_id id, int label, int64_t x)
{
	struct metric_cell *c = &m->cell[id][label];

	if (!m->on)
		return;
	tally_add(&c->tally, x);
	if (c->hist.bin)
		histogram_add(&c->hist, x);
}

/*
 * An observation that the end of the run cuts off, after @x of it; tallies
 * only, before metrics_end().  The metric is then known to be at least the mean
 * of what ended and what was cut off, and no report takes it for an observation.
 */
static inline void metric_cut(struct metrics *m, enum metric_id id, int label, int64_t x)
{
	if (!m->on)
		return;
	m->cell[id][label].cut_n++;
	m->cell[id][label].cut_sum += x;
}

#endif
