/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The progress line: share done, rate, time left.  Only on a terminal, only
 * on stderr, at most five times a second, wiped at the end.
 */
#ifndef SIM_RUN_PROGRESS_H
#define SIM_RUN_PROGRESS_H

#include <stdint.h>

#include "sim/base/strbuf.h"

struct progress {
	int on;
	int shown;
	int64_t started, last;		/* monotonic ns */
	double weight_start;		/* what was there before we began */
	int64_t done_start;
};

void progress_start(struct progress *p, int quiet, double weight_done, int64_t done);
void progress_show(struct progress *p, double weight_done, double weight_all,
		   int64_t done, int64_t all);
void progress_end(struct progress *p);

/* " 37%  440/1200 runs  52.1 runs/s  15 s left"; share and rate are of this
 * command: what was there at its start does not count as speed. */
void progress_text(struct strbuf *sb, double share, int64_t done, int64_t all,
		   double rate, double seconds_left);
/* "45 s", "12 min", "3 h 20 min" */
void progress_duration(struct strbuf *sb, double seconds);

#endif
