/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Speed of the model: part of the command bench. */
#ifndef SIM_CLI_BENCH_MODEL_H
#define SIM_CLI_BENCH_MODEL_H

#include "sim/bench/bench.h"
#include "sim/cli/cli.h"

/* Two rows; their number, or -1 with the reason on stderr. */
int bench_model(const struct command *command, struct bench_row *row);
/* One run of @ms simulated milliseconds: "model OPERATIONS" on @out; 0 or -1. */
int bench_model_count(const struct command *command, int64_t ms, FILE *out);

#endif
