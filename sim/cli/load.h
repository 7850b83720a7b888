/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Scenario files to studies, all or nothing: what run and debate do before
 * anything is written.
 */
#ifndef SIM_CLI_LOAD_H
#define SIM_CLI_LOAD_H

#include "sim/base/alloc.h"
#include "sim/cli/cli.h"
#include "sim/conf/conf.h"

struct loaded {
	char root[4096];
	const char *root_path;
	struct conf *conf;
	struct study **study;
	int n;
};

/* An empty set with its configuration root; EX_DONE or an exit code. */
int loaded_init(const struct command *c, struct loaded *l);
void loaded_free(struct loaded *l);
/*
 * Add the scenario that @arg names, under the options of the command line.
 * 0, or -1 with diagnostics in conf_errors(); all files may be tried before
 * loaded_errors().
 */
int loaded_add(struct loaded *l, const char *arg, const struct options *o);
/* The same of a scenario's file, @co saying all that a command line could. */
int loaded_add_conf(struct loaded *l, const char *file, const struct conf_options *co);
/* Print what is wrong, whole-configuration checks of the models included;
 * EX_DONE if nothing is. */
int loaded_errors(const struct command *c, struct loaded *l);
/* The first configuration of @s that the models refuse: its index with the
 * reason in @why, or -1. */
int study_refused(const struct study *s, char *why, size_t n);
/* "design X, path=value, path=value" of point @i. */
void point_text(const struct study *s, int i, char *buf, size_t n);

#endif
