/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The interleaving behind a violation, as the JSON of violation.steps. */
#ifndef MODELS_ORACLE_DIAGRAM_H
#define MODELS_ORACLE_DIAGRAM_H

#include "models/oracle/oracle.h"

/*
 * Steps of this CPU, of the CPU that cleared the pte, and of @other_cpu, in
 * time order, with what happened to @p itself in between and @what at the end.
 * The text lives in the arena.
 */
char *diagram_steps(struct oracle *o, struct ctx *w, const struct page *p, int other_cpu,
		    const char *what);

#endif
