/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Queries that name what does not exist: what does; see suggest.c. */
#ifndef ANALYSIS_SUGGEST_H
#define ANALYSIS_SUGGEST_H

#include "analysis/dataset.h"

/* "; did you mean X?; there are: X, Y and 3 more" of @name[0..n). */
const char *known_names(struct database *d, const char *given,
			const char *const *name, int n);
/* The same of the axes of a study. */
const char *known_axes(struct dataset *s, const char *given);
/*
 * The metric of --metric.  Fails with EX_CONFIG if the database has no such
 * metric, the label was never recorded or the metric has no quantiles.
 */
struct metric *query_metric(struct database *d, const char *text);

#endif
