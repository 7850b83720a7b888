/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Filling and printing of struct run_summary. */
#ifndef SIM_RUN_SUMMARY_H
#define SIM_RUN_SUMMARY_H

#include "sim/run/plan.h"

/* planned, skipped, failed, configs from the plan's state. */
void summary_counts(struct run_summary *out, const struct plan *p);
/* Violations of all runs that the plan asked for, whenever they were made. */
int summary_violations(struct run_summary *out, const struct plan *p, sqlite3 *db,
		       struct err *e);
/* Expected events and time of what is to do; @db may be NULL. */
int summary_estimate(struct run_summary *out, const struct plan *p, sqlite3 *db,
		     int jobs, struct err *e);
void summary_exit_code(struct run_summary *out);

#endif
