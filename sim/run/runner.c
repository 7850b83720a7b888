/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The run loop: zygote, store, plan, then one loop of "hand out, take in,
 * write".  The parent is the only writer.
 *
 * Order matters: signals are blocked and the zygote is forked before the
 * database is opened, so that no child holds a lock of it; everything about
 * studies and configurations is written in one transaction before the first
 * run, so that a killed command leaves either no trace or a whole plan.
 *
 * SIGINT and SIGTERM: records that have arrived are written, runs in flight
 * are dropped, the database is closed in order, exit code 130.
 */
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "sim/engine/stat.h"
#include "sim/run/plan.h"
#include "sim/run/progress.h"
#include "sim/run/stage.h"
#include "sim/run/summary.h"

#define DEFAULT_TIMEOUT	300.0
#define MAX_JOBS	1024
#define MAX_REPS	100000

struct runner {
	const struct run_job *job;
	const struct run_options *o;
	struct run_summary *out;
	struct store *store;
	sqlite3 *db;			/* of the store, or read-only for a dry run */
	struct pool *pool;
	struct plan plan;
	struct arena arena;
	struct progress progress;
	struct strbuf replay;
	char host[65];
	int signal_fd;
	sigset_t old_mask;
	int masked;
};

/* --- options ----------------------------------------------------------------- */

static int check_options(const struct run_job *job, const struct run_options *o,
			 struct err *e)
{
	int i;

	if (o->jobs < 0 || o->jobs > MAX_JOBS)
		return err_set(e, EX_CONFIG, "-j %d: out of range 1..%d", o->jobs, MAX_JOBS);
	if (o->run_timeout < 0)
		return err_set(e, EX_CONFIG, "the run timeout is negative");
	if (o->n_shards < 0 || (o->n_shards && (o->shard < 1 || o->shard > o->n_shards)))
		return err_set(e, EX_CONFIG, "--shard %d/%d: the first number must be in 1..%d",
			       o->shard, o->n_shards, o->n_shards);
	for (i = 0; i < job->n_sources; i++) {
		const struct run_source *s = &job->source[i];

		if (s->reps_fixed < 1 && o->n_shards)
			return err_set(e, EX_CONFIG,
				       "--shard needs a fixed number of replications: add --reps N");
		if (s->reps_fixed > MAX_REPS || s->reps_max > MAX_REPS)
			return err_set(e, EX_CONFIG,
				       "%s: more than %d replications", s->study.name, MAX_REPS);
		if (s->reps_fixed < 1 &&
		    (s->precision_ppm < 1 || s->reps_max < 2 || !s->primary))
			return err_set(e, EX_CONFIG,
				       "%s: sequential replications need a precision, a primary metric and a maximum of at least 2",
				       s->study.name);
	}
	return 0;
}

static int job_count(const struct run_options *o)
{
	long n = o->jobs > 0 ? o->jobs : sysconf(_SC_NPROCESSORS_ONLN);

	return n < 1 ? 1 : n > MAX_JOBS ? MAX_JOBS : (int)n;
}

/* --- the sequential rule ------------------------------------------------------ */

static int quantile_value(struct runner *r, const struct run_source *s, int64_t config,
			  uint32_t rep, double *value, struct err *e)
{
	double q = s->primary_quantile / (s->primary_quantile > 99 ? 1000.0 : 100.0);
	struct histogram h = { 0 };
	unsigned char *bins;
	uint32_t len;
	int ret = 0;

	*value = NAN;
	if (store_histogram(r->db, config, rep, s->primary, "", &bins, &len, e))
		return -1;
	if (!bins)
		return 0;
	h.bin = mem_calloc(HIST_BINS, sizeof(*h.bin));
	if (!h.bin)
		ret = err_set(e, EX_ENVIRONMENT, "out of memory");
	else if (!histogram_decode(&h, bins, len) && h.n)
		*value = (double)histogram_quantile(&h, q);
	mem_free(h.bin);
	mem_free(bins);
	return ret ? -1 : 0;
}

static int config_precise(struct runner *r, const struct plan_config *c, int n,
			  struct err *e)
{
	const struct run_source *s = &r->job->source[c->source];
	double *v = mem_calloc((size_t)n, sizeof(*v));
	int i, ret = 0;

	if (!v) {
		err_set(e, EX_ENVIRONMENT, "out of memory");
		return -1;
	}
	for (i = 0; i < n && !ret; i++)
		ret = s->primary_quantile
			? quantile_value(r, s, c->id, (uint32_t)i + 1, &v[i], e)
			: store_metric_value(r->db, c->id, (uint32_t)i + 1,
					     s->primary, "", &v[i], e);
	if (!ret)
		ret = stage_precise(v, n, s->precision_ppm);
	mem_free(v);
	return ret;
}

/* Every design of the sweep point must be known well enough. */
static int group_precise(void *arg, const struct plan_group *g, struct err *e)
{
	struct runner *r = arg;
	int i, ret = 1;

	for (i = g->first; i < g->first + g->n && ret > 0; i++)
		ret = config_precise(r, &r->plan.config[i], g->target, e);
	return ret;
}

/* --- preparation --------------------------------------------------------------- */

static int block_signals(struct runner *r, struct err *e)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	if (sigprocmask(SIG_BLOCK, &set, &r->old_mask))
		return err_set(e, EX_ENVIRONMENT, "signals: %s", strerror(errno));
	r->masked = 1;
	r->signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (r->signal_fd < 0)
		return err_set(e, EX_ENVIRONMENT, "signals: %s", strerror(errno));
	return 0;
}

/* A signal that we have dealt with must not kill us when it is unblocked. */
static void restore_signals(struct runner *r)
{
	struct signalfd_siginfo info;

	if (r->signal_fd >= 0) {
		while (read(r->signal_fd, &info, sizeof(info)) > 0)
			r->out->interrupted = 1;
		close(r->signal_fd);
	}
	if (r->masked)
		sigprocmask(SIG_SETMASK, &r->old_mask, NULL);
}

static int store_one_config(struct runner *r, struct plan_config *c, int64_t study,
			    struct err *e)
{
	const struct run_source *s = &r->job->source[c->source];
	struct store_config row;
	int ret = 0;

	memset(&row, 0, sizeof(row));
	if (s->config(s->arg, c->index, &r->arena, &row, e))
		return -1;
	if (r->store)
		ret = store_put_config(r->store, study, &row, &c->id, e);
	else
		c->id = store_config_id(study, row.config_hash);
	if (!ret)
		c->weight = s->expected_events(s->arg, c->index, &r->arena);
	arena_reset(&r->arena);
	return ret;
}

static int by_id(const void *x, const void *y)
{
	const struct plan_config *a = *(struct plan_config *const *)x;
	const struct plan_config *b = *(struct plan_config *const *)y;

	return a->id < b->id ? -1 : a->id > b->id;
}

/* Two configurations with one identity would be two runs with one row. */
static int check_distinct(struct runner *r, struct err *e)
{
	size_t n = (size_t)r->plan.n_configs, i;
	const struct plan_config **v = mem_calloc(n, sizeof(*v));
	int ret = 0;

	if (!v)
		return err_set(e, EX_ENVIRONMENT, "out of memory");
	for (i = 0; i < n; i++)
		v[i] = &r->plan.config[i];
	qsort(v, n, sizeof(*v), by_id);
	for (i = 1; i < n && !ret; i++) {
		const struct run_source *s = &r->job->source[v[i]->source];

		if (v[i]->id == v[i - 1]->id)
			ret = err_set(e, EX_CONFIG,
				"%s: design %s appears twice at the same sweep point",
				s->study.name, s->design(s->arg, v[i]->index));
	}
	mem_free(v);
	return ret;
}

static int write_plan(struct runner *r, struct err *e)
{
	int64_t study = 0;
	int i, source = -1;

	for (i = 0; i < r->plan.n_configs; i++) {
		struct plan_config *c = &r->plan.config[i];
		const struct store_study *row = &r->job->source[c->source].study;

		if (c->source != source) {
			source = c->source;
			study = store_study_id(row->scenario_hash, row->model_hash,
					       row->master_seed);
			if (r->store && store_put_study(r->store, row, &study, e))
				return -1;
		}
		if (store_one_config(r, c, study, e))
			return -1;
	}
	return check_distinct(r, e);
}

static int write_all(struct runner *r, struct err *e)
{
	if (store_begin(r->store, e))
		return -1;
	if (!store_put_metric_defs(r->store, r->job->metric, r->job->n_metrics, e) &&
	    !write_plan(r, e) && !store_commit(r->store, e))
		return 0;
	store_rollback(r->store);
	return -1;
}

struct presence {
	struct runner *r;
	int config;
	int64_t n;
	uint32_t *retry;
	int n_retry;
	int failed;			/* an allocation */
};

static int is_failure(enum run_status s)
{
	return s != RUN_OK && s != RUN_VIOLATION;
}

static void note_run(void *arg, uint32_t rep, enum run_status status)
{
	struct presence *p = arg;
	struct err e;
	uint32_t *v;

	p->n++;
	if (is_failure(status) && p->r->o->retry_failed) {
		v = mem_realloc(p->retry, ((size_t)p->n_retry + 1) * sizeof(*v));
		if (!v) {
			p->failed = 1;
			return;
		}
		p->retry = v;
		p->retry[p->n_retry++] = rep;
		return;
	}
	if (rep <= MAX_REPS && plan_present(&p->r->plan, p->config, rep, is_failure(status), &e))
		p->failed = 1;
}

/* What is there already; failed runs are forgotten if they are to be retried. */
static int find_present(struct runner *r, int64_t *present, struct err *e)
{
	int i, k, ret;

	*present = 0;
	for (i = 0; i < r->plan.n_configs; i++) {
		struct presence p = { .r = r, .config = i };
		int64_t id = r->plan.config[i].id;

		ret = store_each_run(r->db, id, note_run, &p, e);
		for (k = 0; k < p.n_retry && !ret && r->store; k++)
			ret = store_delete_run(r->store, id, p.retry[k], e);
		mem_free(p.retry);
		if (p.failed)
			ret = err_set(e, EX_ENVIRONMENT, "out of memory");
		if (ret)
			return -1;
		*present += p.n;
	}
	return 0;
}

/* --- the loop -------------------------------------------------------------------- */

static int store_done(struct runner *r, struct pool_done *d, struct err *e)
{
	const struct run_source *s = &r->job->source[d->task.source];
	struct store_wall wall = { d->wall_ns, d->max_rss, r->host };
	int at = plan_find(&r->plan, d->task.source, d->task.config);
	int failed = is_failure(d->result.status);

	sb_reset(&r->replay);
	s->replay(s->arg, d->task.config, d->task.replication, &r->replay);
	mem_free(d->result.replay);
	d->result.replay = mem_strdup(r->replay.s);
	if (!d->result.replay || r->replay.failed)
		return err_set(e, EX_ENVIRONMENT, "out of memory");
	if (store_put_run(r->store, r->plan.config[at].id, d->task.replication,
			  &d->result, &wall, e))
		return -1;
	r->out->done++;
	if (failed && !*r->out->first_failure)
		snprintf(r->out->first_failure, sizeof(r->out->first_failure),
			 "%s: %s\n  %s", run_status_name(d->result.status),
			 d->result.reason ? d->result.reason : "", r->replay.s);
	return plan_finished(&r->plan, &d->task, failed, e);
}

static int hand_out(struct runner *r, struct err *e)
{
	struct pool_task t;

	while (pool_free_slot(r->pool) && plan_next(&r->plan, &t))
		if (pool_assign(r->pool, &t, e))
			return -1;
	return 0;
}

static int run_loop(struct runner *r, struct err *e)
{
	struct plan *p = &r->plan;
	struct pool_done d;
	int drain = 0, ret;

	for (;;) {
		if (!drain && hand_out(r, e))
			return -1;
		if (!pool_busy(r->pool))
			return 0;
		ret = pool_next(r->pool, r->signal_fd, drain, &d, e);
		if (ret < 0)
			return -1;
		if (!ret && drain)
			return 0;
		if (!ret) {
			r->out->interrupted = drain = 1;
			continue;
		}
		ret = store_done(r, &d, e);
		result_free(&d.result);
		if (ret)
			return -1;
		progress_show(&r->progress, p->weight_done, p->weight_all,
			      p->runs_present + r->out->done, p->runs_all);
	}
}

/* --- the whole ------------------------------------------------------------------- */

static int open_all(struct runner *r, struct err *e)
{
	if (block_signals(r, e))
		return -1;
	r->pool = pool_new(r->job, job_count(r->o), r->o->run_timeout > 0 ?
			   r->o->run_timeout : DEFAULT_TIMEOUT, e);
	if (!r->pool || store_open(r->out->db, &r->store, e))
		return -1;
	r->db = store_db(r->store);
	return 0;
}

static int run_all(struct runner *r, struct err *e)
{
	int64_t present;

	if (open_all(r, e) || write_all(r, e) || find_present(r, &present, e) ||
	    store_log(r->store, present ? "resume" : "run",
		      r->o->command_line ? r->o->command_line : "", e) ||
	    plan_start(&r->plan, e))
		return -1;
	progress_start(&r->progress, r->o->quiet, r->plan.weight_done,
		       r->plan.runs_present);
	return run_loop(r, e);
}

/* A dry run reads the database if there is one and writes nothing. */
static int dry_run(struct runner *r, struct err *e)
{
	int64_t present;

	if (access(r->out->db, F_OK) == 0 && store_open_readonly(r->out->db, &r->db, e))
		return -1;
	if (write_plan(r, e) || (r->db && find_present(r, &present, e)))
		return -1;
	if (plan_start(&r->plan, e))
		return -1;
	return summary_estimate(r->out, &r->plan, r->db, job_count(r->o), e);
}

static void out_of_arena(void *arg, size_t wanted)
{
	(void)arg;
	fprintf(stderr, "out of memory (%zu bytes)\n", wanted);
	_exit(EX_ENVIRONMENT);
}

static int runner_init(struct runner *r, struct err *e)
{
	const struct run_options *o = r->o;
	struct run_summary *out = r->out;

	r->signal_fd = -1;
	if (gethostname(r->host, sizeof(r->host) - 1))
		strcpy(r->host, "unknown");
	arena_init(&r->arena, 1 << 16);
	r->arena.on_fail = out_of_arena;
	sb_init(&r->replay);
	if (o->db)
		snprintf(out->db, sizeof(out->db), "%s", o->db);
	else
		snprintf(out->db, sizeof(out->db), "results/%s.db",
			 r->job->n_sources ? r->job->source[0].study.name : "run");
	if (o->db && strlen(o->db) >= sizeof(out->db))
		return err_set(e, EX_CONFIG, "-o: the path is too long");
	if (plan_init(&r->plan, r->job, o->shard, o->n_shards, e))
		return -1;
	r->plan.precise = group_precise;
	r->plan.arg = r;
	return 0;
}

/* Close everything; the first error wins. */
static int runner_end(struct runner *r, int ret, struct err *e)
{
	struct err later = { 0 };

	progress_end(&r->progress);
	pool_free(r->pool);
	summary_counts(r->out, &r->plan);
	if (!ret && r->db && !r->o->dry_run)
		ret = summary_violations(r->out, &r->plan, r->db, e);
	if (r->store) {
		if (store_close(r->store, &later) && !ret) {
			*e = later;
			ret = -1;
		}
	} else {
		sqlite3_close(r->db);
	}
	restore_signals(r);
	summary_exit_code(r->out);
	plan_free(&r->plan);
	arena_free(&r->arena);
	sb_free(&r->replay);
	return ret ? -1 : 0;
}

int run_sources(const struct run_job *job, const struct run_options *o,
		struct run_summary *out, struct err *e)
{
	struct runner r = { .job = job, .o = o, .out = out };
	int ret;

	memset(out, 0, sizeof(*out));
	memset(e, 0, sizeof(*e));
	if (check_options(job, o, e))
		return -1;
	ret = runner_init(&r, e);
	if (!ret)
		ret = o->dry_run ? dry_run(&r, e) : run_all(&r, e);
	return runner_end(&r, ret, e);
}
