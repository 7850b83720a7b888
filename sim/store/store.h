/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The results database: one SQLite file, schema.sql.
 *
 * One writer: store_open() takes flock(2) on the file and keeps it until
 * store_close().  While writing the journal is WAL with synchronous=NORMAL;
 * store_close() checkpoints and goes back to a plain rollback journal, since
 * a WAL database in a read-only directory cannot be read.
 * One transaction per finished run: what was committed survives a kill at any
 * moment, and the same command goes on from there.
 *
 * Identifiers are made from the content (hash.h), so that a resumed, parallel,
 * sharded or merged database equals an uninterrupted one table by table;
 * run_wall and log alone depend on clock and host.
 *
 * A file that is not ours, is newer, truncated, locked by another writer, not
 * writable, or a disk that is full: an error with exit code 4 and one line of
 * text; nothing of a foreign file is changed.
 *
 * All functions that return int return 0, or -1 with @e filled.
 */
#ifndef SIM_STORE_STORE_H
#define SIM_STORE_STORE_H

#include <sqlite3.h>
#include <stdint.h>

#include "sim/base/err.h"
#include "sim/base/result.h"

#define STORE_APPLICATION_ID	0x53484f54	/* "SHOT" */
#define STORE_VERSION		2

struct store;

/* Open for writing; creates file and missing directories of its path. */
int store_open(const char *path, struct store **out, struct err *e);
/* Checkpoint, journal back to DELETE, unlock.  Frees @s whatever happens. */
int store_close(struct store *s, struct err *e);
/* The connection, for the read functions below. */
sqlite3 *store_db(struct store *s);

/*
 * A plain handle for readers (sqlite3_close() it).  The same checks as for
 * writing.  Falls back to immutable=1 where the directory cannot be written
 * and no unfinished WAL lies beside the file.
 */
int store_open_readonly(const char *path, sqlite3 **out, struct err *e);

/* --- rows ---------------------------------------------------------------- */

struct store_metric_def { const char *name, *unit, *kind, *better, *help; };

struct store_study_metric { const char *metric; int quantile, primary; };

struct store_study {
	const char *name, *question, *version, *model_hash;
	const char *math_probe, *source, *resolved, *not_modelled, *command;
	uint64_t scenario_hash;
	int64_t master_seed;
	const char *const *design;		/* in the scenario's order */
	int n_designs;
	int reps;				/* at most; 0: not said */
	const char *baseline;
	const struct store_study_metric *metric;
	int n_metrics;
};

struct store_axis {
	const char *path, *value, *unit;
	double number;				/* NAN: not a quantity */
	int ordinal;
};

struct store_parameter { const char *path, *value, *unit, *origin, *given_at; };

struct store_config {
	const char *design, *resolved;
	uint64_t config_hash;
	const struct store_axis *axis;
	int n_axes;
	const struct store_parameter *parameter;
	int n_parameters;
};

struct store_wall {
	int64_t wall_ns, max_rss;		/* bytes */
	const char *host;
};

int64_t store_study_id(uint64_t scenario_hash, const char *model_hash,
		       int64_t master_seed);
int64_t store_config_id(int64_t study, uint64_t config_hash);
int64_t store_run_id(int64_t config, uint32_t replication);

/* Several puts in one transaction.  store_put_run() has its own. */
int store_begin(struct store *s, struct err *e);
int store_commit(struct store *s, struct err *e);
void store_rollback(struct store *s);

/*
 * The table that result.metric indexes; call once before store_put_run().
 * A metric whose unit, kind or direction is not the stored one is an error.
 */
int store_put_metric_defs(struct store *s, const struct store_metric_def *m,
			  int n, struct err *e);
/*
 * Insert or refresh.  A study that was begun under another math_probe is
 * refused: this C library would give other bits.
 */
int store_put_study(struct store *s, const struct store_study *row,
		    int64_t *id, struct err *e);
/* Insert with axes and parameters; one that exists is left as it is. */
int store_put_config(struct store *s, int64_t study,
		     const struct store_config *row, int64_t *id, struct err *e);
/* One transaction.  @w may be NULL.  A run that exists is an error. */
int store_put_run(struct store *s, int64_t config, uint32_t replication,
		  const struct result *r, const struct store_wall *w,
		  struct err *e);
/* Forget a run and everything of it (one transaction). */
int store_delete_run(struct store *s, int64_t config, uint32_t replication,
		     struct err *e);
int store_put_claim(struct store *s, const char *id, uint64_t claim_hash,
		    const char *body, struct err *e);
/* @role: motivating, adversarial, phase, ablation, sensitivity. */
int store_put_claim_study(struct store *s, const char *claim, const char *role,
			  int64_t study, struct err *e);
int store_put_question(struct store *s, const char *id, uint64_t question_hash,
		       const char *body, struct err *e);
int store_log(struct store *s, const char *what, const char *detail,
	      struct err *e);

/* --- reading, on any handle ------------------------------------------------ */

/* 1 if the run is there, 0 if not, -1 on error. */
int store_has_run(sqlite3 *db, int64_t config, uint32_t replication,
		  struct err *e);
/* Every run of a configuration, by replication. */
int store_each_run(sqlite3 *db, int64_t config,
		   void (*fn)(void *arg, uint32_t replication, enum run_status status),
		   void *arg, struct err *e);
/* Value of a metric of one run: NAN if NULL, absent, or the run failed. */
int store_metric_value(sqlite3 *db, int64_t config, uint32_t replication,
		       const char *metric, const char *label, double *value,
		       struct err *e);
/* Bins of one histogram; *@bins is mem_free()d by the caller, NULL if absent. */
int store_histogram(sqlite3 *db, int64_t config, uint32_t replication,
		    const char *metric, const char *label,
		    unsigned char **bins, uint32_t *len, struct err *e);
/* Invariants violated in a run of @config, replications 1..@last. */
int store_each_violation(sqlite3 *db, int64_t config, uint32_t last,
			 void (*fn)(void *arg, const char *invariant,
				    int64_t count, int expected),
			 void *arg, struct err *e);
/* Runs of a database by status. */
int store_run_counts(sqlite3 *db, int64_t count[NR_RUN_STATUS], struct err *e);
/* Events and wall-clock nanoseconds of all finished runs, for estimates. */
int store_event_rate(sqlite3 *db, int64_t *events, int64_t *wall_ns,
		     struct err *e);

#endif
