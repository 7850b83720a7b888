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
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "sim/run/runner_int.h"
#include "sim/run/summary.h"

#define DEFAULT_TIMEOUT	300.0
#define MAX_JOBS	1024

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

	if (open_all(r, e) || prepare_store(r, e) || prepare_present(r, &present, e) ||
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
	if (prepare_plan(r, e) || (r->db && prepare_present(r, &present, e)))
		return -1;
	if (plan_start(&r->plan, e))
		return -1;
	return summary_estimate(r->out, &r->plan, r->db, job_count(r->o), e);
}

/* Only prepare_plan() allocates from the arena; it is prepared for this. */
static void out_of_arena(void *arg, size_t wanted)
{
	struct runner *r = arg;

	(void)wanted;
	longjmp(r->no_memory, 1);
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
	r->arena.on_fail_arg = r;
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
	r->plan.precise = prepare_precise;
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
