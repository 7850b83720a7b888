/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Configuration: YAML files to typed, resolved world_configs.
 *
 * A path of a sweep, of --set or of a REF is applied to the YAML tree before
 * the typed load, so one loader checks everything: unknown and duplicate keys,
 * types, units, ranges, references.  All errors of all files are collected in
 * conf_errors() before anything runs.
 */
#ifndef SIM_CONF_CONF_H
#define SIM_CONF_CONF_H

#include "models/config/config.h"
#include "sim/base/err.h"

struct arena;
struct conf;

struct conf_options {
	const char *const *set;		/* "path=value", later wins */
	int n_set;
	const char *designs;		/* --design A,B: names or files; NULL = the scenario's */
	const char *machine;		/* --machine; NULL = the scenario's */
	int64_t seed;			/* -1: the scenario's */
	const char *duration;		/* --duration T; NULL */
	int samples;			/* of the estimated costs; 0: their defaults */
	const char *samples_for;	/* for whom, part of the study's name; NULL */
	const char *arguments;		/* how the command line says all this; NULL */
};

struct axis_value {
	const char *path, *text;	/* as the user wrote it */
	double number;			/* NAN if not a quantity */
	const char *unit;
	int ordinal;			/* place in the sweep's list */
};

struct config_point {			/* one design at one sweep point */
	const char *design;		/* name shown in reports */
	int n_axes;
	struct axis_value *axis;
};

struct resolved_param {
	const char *path, *value, *unit, *origin, *given_at;	/* file:line, default, --set */
};

struct study_metric { int metric; int quantile; /* 0 = mean, else 50, 95, 99, 999 */ };

struct study {				/* one scenario file, expanded */
	const char *name, *question, *description, *file, *source_text;
	uint64_t scenario_hash;		/* of the resolved scenario and all it refers to */
	const char *resolved_json;
	int64_t seed;
	int reps_fixed;			/* 0: sequential */
	int64_t precision_ppm;		/* of the primary metric's half-width */
	int reps_min, reps_max;
	const char *baseline;		/* design name */
	int n_designs;
	const char *const *design;
	int n_metrics;
	struct study_metric *metric;
	struct study_metric primary;
	/* Designs are compared where these agree within a share; metric -1: everywhere. */
	struct study_metric comparable;
	const char *comparable_label;
	int64_t comparable_ppm;
	int samples;			/* of the estimated costs; 0: none */
	const char *arguments;		/* of conf_options; "" if none */
	int n_points;
	struct config_point *point;
	struct conf *conf;
};

/* @root: directory that holds configs/ and scenarios/. */
struct conf *conf_new(const char *root);
void conf_free(struct conf *c);
const struct diag_list *conf_errors(const struct conf *c);

/* NULL if there are errors (see conf_errors) or memory is out. */
struct study *conf_scenario(struct conf *c, const char *file, const struct conf_options *o);

/*
 * Build configuration @i of @s into @w; memory belongs to @arena.  Errors that
 * appear only at this point (a swept value out of range) are diagnosed by
 * conf_scenario() already, which builds every point once.
 */
int conf_build(const struct study *s, int i, struct arena *arena, struct world_config *w);
/* Hash and JSON of the resolved configuration, and its parameter rows. */
uint64_t conf_hash(const struct study *s, int i, struct arena *arena);
const char *conf_resolved_json(const struct study *s, int i, struct arena *arena);
int conf_params(const struct study *s, int i, struct arena *arena, struct resolved_param **out);

/* Any single file, its kind found by its keys: parse and resolve only. */
int conf_check_file(struct conf *c, const char *file);

/* A claim file. */
struct claim {
	const char *id, *who, *said, *source, *quote, *statement, *kind, *reason;
	int n_scenarios;
	const struct claim_scenario {
		const char *role;	/* motivating, adversarial, phase */
		const char *name;
	} *scenario;
	/* Role sensitivity: the estimated costs sampled, at one point of a scenario. */
	struct claim_sensitivity {
		const char *scenario;	/* NULL: none */
		int points;
		const char *designs;	/* "A,B": those that the parts compare */
		int n_set;
		const char *const *set;	/* "path=value" */
	} sensitivity;
	const char *body_json;		/* the whole claim, for the store */
	uint64_t hash;
};
struct claim *conf_claim(struct conf *c, const char *file);

/* A question file: claims, the headline among them, how its answer is told. */
struct question {
	const char *id, *question, *headline, *mechanism;
	int n_claims;
	const char *const *claim;
	const char *body_json;
	uint64_t hash;
};
struct question *conf_question(struct conf *c, const char *file);

/* A validation file: published figures, and the runs that should give them. */
struct validation_value {
	const char *name;		/* in formulas, and behind the file's id in reports */
	/* a run of the scenario: */
	int n_set;
	const char *const *set;		/* "path=value" */
	const char *design;		/* NULL: the scenario's only one */
	struct study_metric metric;
	const char *label;
	/* or a formula over the values before it, or a line through some of them: */
	const char *formula;		/* NULL: no formula */
	int n_fit;			/* 0: no line */
	const char *const *fit_y;
	const double *fit_x;
	int fit_intercept;		/* else its slope */
	/* what was published: */
	int has_expected;
	double lo, hi, tolerance;	/* in @unit; passes in [lo - tolerance, hi + tolerance] */
	const char *unit, *kind;	/* calibrated, predicted, exact */
	const char *miss;		/* why it is known to miss; NULL */
};
struct validation {
	const char *id, *source, *statement, *file;
	const char *scenario;		/* file or name; the file itself if it has a world */
	int replications;
	int n_values;
	const struct validation_value *value;
};
struct validation *conf_validation(struct conf *c, const char *file);

/* Names under configs/KIND (or scenarios, claims, questions) with their one-line summary. */
struct conf_entry { char name[PARAM_NAME_MAX]; const char *summary, *file; };
int conf_list(struct conf *c, const char *kind, struct conf_entry **out);
/* Load one design, machine, kernel or secondary by name or file (explain, compare). */
const struct design_config *conf_design(struct conf *c, const char *ref);
const struct machine_config *conf_machine(struct conf *c, const char *ref);
const struct kernel_config *conf_kernel(struct conf *c, const char *ref);
const struct secondary_use *conf_secondary(struct conf *c, const char *ref);

#endif
