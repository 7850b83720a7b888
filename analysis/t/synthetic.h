/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Databases with known contents for the tests of the analysis: filled by
 * plain SQL in the store's own schema, no simulator involved.
 */
#ifndef ANALYSIS_T_SYNTHETIC_H
#define ANALYSIS_T_SYNTHETIC_H

#include <sqlite3.h>
#include <stdint.h>

struct synthetic {
	sqlite3 *sql;
	int64_t next;		/* row ids count up from here */
	uint64_t noise;
};

/* A new, empty database at @path; ends the test program if that fails. */
void synthetic_open(struct synthetic *s, const char *path);
void synthetic_close(struct synthetic *s);
/* sqlite3_mprintf() form: %Q quotes. */
void synthetic_sql(struct synthetic *s, const char *fmt, ...);

/* @designs: comma-separated, the first is the baseline. */
int64_t synthetic_study(struct synthetic *s, const char *name, const char *question,
			const char *designs);
void synthetic_metric(struct synthetic *s, int64_t study, const char *name,
		      const char *unit, const char *kind, const char *better, int primary);
/* @axes: "threads.vcpu.count=4;vmm.loop.unmap.length=8pages", "" for none. */
int64_t synthetic_config(struct synthetic *s, int64_t study, const char *design,
			 const char *axes);
int64_t synthetic_run(struct synthetic *s, int64_t config, int replication,
		      const char *status);
/* NAN: no observation (NULL). */
void synthetic_value(struct synthetic *s, int64_t run, const char *metric,
		     const char *label, double value);
void synthetic_claim(struct synthetic *s, const char *id, const char *body,
		     const char *role, int64_t study);
/* Runs 1..n with @value of @metric given. */
void synthetic_series(struct synthetic *s, int64_t config, const char *metric,
		      const double *value, int n);
/* Uniform in [-1, 1], the same everywhere. */
double synthetic_noise(struct synthetic *s);

/* The question of ranges in small: 6 designs, 7 lengths, 3 numbers of vcpus. */
void synthetic_range_study(struct synthetic *s, const char *name, int replications);

#endif
