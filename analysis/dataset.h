/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a database holds, as the reports need it: studies, configurations with
 * their axes, metrics, and the series (one value per replication) of a metric.
 *
 * A study is one scenario under one model and seed.  Where a database holds
 * several of one name (the model or the scenario changed in between), the one
 * that finished last is used and the others are counted, never mixed.
 *
 * A sampled study (axis "sample": the estimated costs, sampled) is folded: the
 * samples of one configuration are its replications.
 *
 * Absence: a replication without the metric, or whose value is NULL, or that
 * failed, is NAN.  One that the end of the run cut off is NAN too, but has a
 * lower bound (dataset_bounds()).  Only a count whose metric was recorded in that run under
 * other labels is 0 for a label that is missing.  Without a label, the row
 * labelled '' counts, and where a count has none, the sum over its labels.
 */
#ifndef ANALYSIS_DATASET_H
#define ANALYSIS_DATASET_H

#include <stdint.h>

#include "analysis/database.h"

struct axis {
	const char *path;	/* threads.vcpu.count */
	const char *name;	/* vcpu.count: what reports print */
	const char *value;	/* as the user wrote it; "-": not of this design */
	double number;		/* NAN: no quantity */
	const char *unit;
	int ordinal;
};

struct known_series;
struct known_labels;

struct configuration {
	int64_t id;
	const char *design;
	int n_axes;
	struct axis *axis;	/* by path; behind them the followers */
	int n_followers;	/* axes that another one settles: see follow.c */
	int runs;		/* finished, good or not */
	int usable;		/* 'ok' or 'violation' */
	int64_t violations;
	const char *unsafe;	/* "I1 I2", "" */
	int oom, timeout;	/* runs that ended so */
	struct known_series *known;	/* series.c */
	int64_t *sample;	/* ids by number of the sample - 1, 0: none; NULL: not sampled */
};

struct metric_choice {		/* what the scenario asks for */
	const char *name;
	int quantile;		/* 0, 50, 95, 99, 999 (99.9) */
	int primary;
};

struct dataset {
	struct database *d;
	struct dataset *next;	/* d->loaded */
	int64_t id;
	const char *name, *question, *version, *model_hash, *not_modelled;
	const char *command, *machine, *kernel;
	int64_t seed;
	const char *namesakes;	/* which one of several with this name it is, or "" */
	int n_designs;
	const char **design;	/* in the scenario's order */
	const char *baseline;
	int n_choices;
	struct metric_choice *choice;
	int n_configs;
	struct configuration *config;	/* by design, then axis ordinals */
	int runs, failed;
	int replications;	/* largest number; the length of every series */
	struct known_labels *labels;	/* series.c */
	const char *estimates;	/* study_text.c, once asked for */
	int samples;		/* of the estimated costs; 0: not sampled */
	/* Designs are compared where they achieved the same of this; NULL: everywhere. */
	const char *comparable;
	double within;
};

struct metric {
	int64_t id;
	const char *name, *unit, *kind, *better, *help;
	const char *label;	/* NULL: the whole metric */
	int quantile;
	const char *title;	/* "exit ipi_primary", "unmap.latency p99" */
};

/* Ids of the current studies, by name; *n of them. */
int64_t *dataset_ids(struct database *d, int *n);
/* Those that names or ids (hex, a part will do) choose, each once. */
int64_t *dataset_chosen(struct database *d, const char *const *wanted, int n_wanted, int *n);
/* Read once per report, then remembered. */
struct dataset *dataset_load(struct database *d, int64_t study);

/*
 * "unmap.latency", "unmap.latency.p99", "exit:ipi_primary".  NULL if the
 * database has no such metric.
 */
struct metric *dataset_metric(struct database *d, const char *text);
struct metric *dataset_metric_labelled(struct database *d, const char *name,
				       const char *label, int quantile);
/* Labels under which @m was recorded anywhere in the study, sorted. */
const char **dataset_labels(struct dataset *s, const struct metric *m, int *n);

/* One value per replication 1..s->replications of configuration @config. */
double *dataset_series(struct dataset *s, int config, const struct metric *m);

/* Lower bounds of the observations that were cut off; NAN for all others. */
double *dataset_bounds(struct dataset *s, int config, const struct metric *m);
/* The run of replication @i (from 0) of a series: its configuration's id. */
int64_t dataset_config_id(const struct dataset *s, int config, int i);

/* Does @path end in the components of @wanted? ("unmap.length") */
/* Set aside the axes that only follow another one. */
void dataset_follow(struct dataset *s);
int axis_matches(const char *path, const char *wanted);
const struct axis *configuration_axis(const struct configuration *c, const char *wanted);
/* Equal as text, or as numbers of one unit. */
int axis_same(const struct axis *a, const struct axis *b);
/* "value" as a user wrote it against an axis: text, or the same number. */
int axis_is(const struct axis *a, const char *value);
/* 1: a design that does not vary over this axis. */
int axis_absent(const struct axis *a);

#endif
