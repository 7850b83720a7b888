/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The progress line: see progress.h.  Shares are weighted by expected events. */
#include "sim/run/progress.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sim/run/zygote.h"

#define INTERVAL_NS	200000000

void progress_duration(struct strbuf *sb, double seconds)
{
	if (!(seconds < 360000))	/* NAN too */
		sb_adds(sb, "days");
	else if (seconds < 99.5)
		sb_addf(sb, "%.0f s", ceil(seconds));
	else if (seconds < 5400)
		sb_addf(sb, "%.0f min", ceil(seconds / 60));
	else
		sb_addf(sb, "%d h %02d min", (int)(seconds / 3600),
			(int)(fmod(seconds, 3600) / 60));
}

void progress_text(struct strbuf *sb, double share, int64_t done, int64_t all,
		   double rate, double seconds_left)
{
	sb_addf(sb, "%3.0f%%  %" PRId64 "/%" PRId64 " runs", floor(share * 100), done, all);
	if (rate > 0)
		sb_addf(sb, "  %.*f runs/s", rate < 9.95 ? 1 : 0, rate);
	if (rate > 0 && seconds_left >= 0) {
		sb_adds(sb, "  ");
		progress_duration(sb, seconds_left);
		sb_adds(sb, " left");
	}
}

void progress_start(struct progress *p, int quiet, double weight_done, int64_t done)
{
	memset(p, 0, sizeof(*p));
	p->on = !quiet && isatty(STDERR_FILENO);
	p->started = monotonic_ns();
	p->last = p->started - INTERVAL_NS;	/* the first result is shown at once */
	p->weight_start = weight_done;
	p->done_start = done;
}

void progress_show(struct progress *p, double weight_done, double weight_all,
		   int64_t done, int64_t all)
{
	int64_t now = monotonic_ns();
	double seconds = (double)(now - p->started) / 1e9;
	double speed = (weight_done - p->weight_start) / seconds;
	struct strbuf sb;

	if (!p->on || now - p->last < INTERVAL_NS)
		return;
	p->last = now;
	p->shown = 1;
	sb_init(&sb);
	progress_text(&sb, weight_all > 0 ? weight_done / weight_all : 1, done, all,
		      (double)(done - p->done_start) / seconds,
		      speed > 0 ? (weight_all - weight_done) / speed : -1);
	fprintf(stderr, "\r\033[K%s", sb.s);
	fflush(stderr);
	sb_free(&sb);
}

void progress_end(struct progress *p)
{
	if (p->shown)
		fputs("\r\033[K", stderr);
	p->shown = p->on = 0;
}
