/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What list and explain share: texts made from the tables of models/config.
 */
#ifndef SIM_CLI_CATALOGUE_H
#define SIM_CLI_CATALOGUE_H

#include "models/config/config.h"
#include "sim/base/json.h"
#include "sim/base/strbuf.h"

extern const char *const metric_kind_names[];		/* by enum metric_kind */
extern const char *const metric_better_names[];	/* "lower", "higher", "neither" */
const char *param_type_name(enum param_type t);
/* A stored value of @row as the user would write it; @buf >= 64 bytes. */
const char *param_value_text(const struct param_row *row, int64_t v, char *buf, size_t n);
int param_has_range(const struct param_row *row);
/* Which file sets a parameter of @table: "machine file (configs/machines/)". */
const char *param_owner(const struct param_table *t);
/* All keys of one parameter as the members of an open JSON object. */
void param_json(struct json *j, const struct param_table *t, const struct param_row *row);

/* Locks held while @site runs, by the kernel that the paths follow. */
const char *site_locks(enum site_id site);
/* Points of @site in program order into @out (NR_POINTS); the count. */
int site_points(enum site_id site, enum point_id *out);

/* Invariant @i of the project, checked by this version or not; 0: no such. */
struct invariant_info { const char *name; int checked; const char *help; };
int invariant_entry(int i, struct invariant_info *out);

#endif
