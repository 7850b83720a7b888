/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Distributions of durations, as the configuration writes them:
 *   250ns | const(250ns) | exp(20us) | uniform(1us 3us) | erlang(4 10us)
 *   | lognormal(mean 5us cv 1.5) | hyper(90% 500ns 5us)
 * erlang(k m): k stages, *total* mean m.  hyper(p a b): mean a with
 * probability p, else mean b.  Every variate is rounded to ps at once.
 */
#ifndef SIM_ENGINE_DIST_H
#define SIM_ENGINE_DIST_H

#include "sim/engine/rng.h"

enum dist_kind {
	DIST_CONST, DIST_EXP, DIST_UNIFORM, DIST_ERLANG, DIST_LOGNORMAL,
	DIST_HYPER,
};

struct dist {
	enum dist_kind kind;
	sim_time a, b;		/* const a; exp a; uniform a..b; erlang b; lognormal a; hyper a, b */
	int64_t k;		/* erlang stages */
	int64_t ppm;		/* hyper: share of a; lognormal: cv in ppm */
};

/* Parse the text form; 0, or -1 with @why. */
int dist_parse(const char *text, int64_t hz, struct dist *d, const char **why);
/* The text form that parses back equal; @buf >= 160 bytes; returns it. */
char *dist_format(char *buf, const struct dist *d);
sim_time dist_mean(const struct dist *d);
/* The same law, all its times longer or shorter alike; the mean of @d is above 0. */
struct dist dist_with_mean(const struct dist *d, sim_time mean);
sim_time dist_draw(const struct dist *d, struct rng *r);

#endif
