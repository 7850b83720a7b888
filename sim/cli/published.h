/* SPDX-License-Identifier: GPL-3.0-or-later */
/* "validate published": runs of validation files against what was measured. */
#ifndef SIM_CLI_PUBLISHED_H
#define SIM_CLI_PUBLISHED_H

#include "sim/base/check.h"
#include "sim/cli/cli.h"

/*
 * Run the files of scenarios/validation that @ids names (NULL: all) and add
 * their rows to @l, whose texts live as long as @p.  0, or the exit code of a
 * reported error.
 */
struct published { struct conf *conf; };
int published_run(const struct command *c, const char *ids, struct published *p,
		  struct check_list *l);
void published_free(struct published *p);

#endif
