/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a debate is about: questions, claims, and the studies they need. */
#ifndef SIM_CLI_DEBATE_H
#define SIM_CLI_DEBATE_H

#include "sim/cli/load.h"

#define MAX_CLAIMS	256
#define MAX_QUESTIONS	64

struct debate {
	const struct command *command;
	struct loaded loaded;
	const struct claim *claim[MAX_CLAIMS];
	const struct study *sampled[MAX_CLAIMS];	/* role sensitivity; NULL: none */
	const char *id[MAX_CLAIMS];
	int n;
	const struct question *question[MAX_QUESTIONS];
	const char *question_id[MAX_QUESTIONS];
	int n_questions;
};

/*
 * The claims and questions of the command line, or all, with every scenario
 * that they name.  EX_DONE or an exit code, its text on stderr.
 */
int debate_load(struct debate *d, const struct options *o);
/* Claims and questions into the database beside their runs: 0, or -1 with @e. */
int debate_store(const struct debate *d, const char *db, struct err *e);

#endif
