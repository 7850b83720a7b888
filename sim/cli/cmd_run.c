/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shootdown run FILE...: all designs x sweep points x replications, into a
 * database; then the mail table of these studies as it holds them now.
 *
 * The work is done by sim/run; this file turns options into its terms and its
 * summary into text, JSON and an exit code.
 */
#include <string.h>

#include "analysis/analysis.h"
#include "sim/base/json.h"
#include "sim/cli/load.h"
#include "sim/run/run.h"

/* The options that change what is simulated, for replay lines. */
static void extra_arguments(const struct options *o, struct strbuf *sb)
{
	const struct { const char *name, *value; } one[] = {
		{ " --design ", o->designs },
		{ " --machine ", o->machine },
		{ " --duration ", o->duration },
	};

	for (size_t i = 0; i < sizeof(one) / sizeof(one[0]); i++) {
		if (!one[i].value)
			continue;
		sb_adds(sb, one[i].name);
		run_quote(sb, one[i].value);
	}
	if (o->samples)
		sb_addf(sb, " --samples %lld", (long long)o->samples);
	for (int i = 0; i < o->set.n; i++) {
		sb_adds(sb, " --set ");
		run_quote(sb, o->set.v[i]);
	}
}

static void command_line(const struct options *o, const char *extra, struct strbuf *sb)
{
	sb_adds(sb, "shootdown run");
	for (int i = 0; i < o->n_arg; i++) {
		sb_addc(sb, ' ');
		run_quote(sb, o->arg[i]);
	}
	sb_adds(sb, extra);
	if (o->seed >= 0)
		sb_addf(sb, " --seed %lld", (long long)o->seed);
	if (o->reps)
		sb_addf(sb, " --reps %lld", (long long)o->reps);
}

static void summary_json(struct strbuf *sb, const struct run_summary *s,
			 const struct loaded *l, int dry_run)
{
	struct json j;

	json_init(&j, sb);
	json_open(&j, '{');
	json_kstr(&j, "db", s->db);
	json_key(&j, "studies");
	json_open(&j, '[');
	for (int i = 0; i < l->n; i++)
		json_str(&j, l->study[i]->name);
	json_close(&j, ']');
	json_kint(&j, "configurations", s->configs);
	json_key(&j, "runs");
	json_open(&j, '{');
	json_kint(&j, "planned", s->planned);
	json_kint(&j, "done", s->done);
	json_kint(&j, "skipped", s->skipped);
	json_kint(&j, "failed", s->failed);
	json_close(&j, '}');
	json_key(&j, "violations");
	json_open(&j, '[');
	for (int i = 0; i < s->n_violations; i++) {
		const struct run_violation *v = &s->violation[i];

		json_open(&j, '{');
		json_kstr(&j, "study", v->study);
		json_kstr(&j, "design", v->design);
		json_kstr(&j, "invariant", v->invariant);
		json_kint(&j, "count", v->count);
		json_kbool(&j, "expected", v->expected);
		json_close(&j, '}');
	}
	json_close(&j, ']');
	json_kbool(&j, "interrupted", s->interrupted);
	if (s->first_failure[0])
		json_kstr(&j, "first_failure", s->first_failure);
	if (dry_run) {
		json_key(&j, "budgets");
		json_open(&j, '[');
		for (int i = 0; i < s->n_budgets; i++) {
			json_open(&j, '{');
			json_kstr(&j, "study", s->budget[i].study);
			json_knum(&j, "largest_run", s->budget[i].largest);
			json_knum(&j, "budget", s->budget[i].budget);
			json_knum(&j, "all_runs", s->budget[i].all);
			json_close(&j, '}');
		}
		json_close(&j, ']');
		json_knum(&j, "expected_events", s->expected_events);
		json_knum(&j, "expected_seconds", s->expected_seconds);
		json_kint(&j, "planned_max", s->planned_max);
	}
	json_close(&j, '}');
	sb_addc(sb, '\n');
}

static int check_combination(const struct command *c, const struct options *o)
{
	if (o->reps && o->precision_ppm)
		return usage_error(c, "--reps and --precision exclude each other");
	if (o->max_reps && o->reps)
		return usage_error(c, "--max-reps goes with --precision, not with --reps");
	if (o->samples & (o->samples - 1))
		return usage_error(c, "--samples needs a power of two");
	if (o->samples && o->precision_ppm)
		return usage_error(c, "--samples and --precision exclude each other");
	if (o->shard_n && o->precision_ppm)
		return usage_error(c, "--shard needs a fixed number of replications (--reps)");
	return EX_DONE;
}

/* The table of the studies just run, whatever else the database holds. */
static int print_mail(const struct run_summary *s, struct err *e)
{
	char (*id)[17] = mem_calloc((size_t)s->n_studies + 1, sizeof(*id));
	const char **study = mem_calloc((size_t)s->n_studies + 1, sizeof(*study));
	struct analysis_query q = { .study = study, .n_studies = s->n_studies };
	int rc;

	for (int i = 0; id && study && i < s->n_studies; i++) {
		snprintf(id[i], sizeof(id[i]), "%016llx", (unsigned long long)s->study[i]);
		study[i] = id[i];
	}
	rc = id && study ? analysis_report(s->db, "mail", &q, stdout, e) :
		err_set(e, EX_ENVIRONMENT, "out of memory");
	mem_free(study);
	mem_free(id);
	return rc;
}

/* Text and exit code of a finished call. */
static int finish(const struct command *c, const struct options *o,
		  const struct run_options *ro, const struct run_summary *s,
		  const struct loaded *l)
{
	struct strbuf sb;
	struct err e = { 0 };
	int rc = EX_DONE;

	if (o->json) {
		sb_init(&sb);
		summary_json(&sb, s, l, o->dry_run);
		rc = print_buffer(c, &sb);
	} else if (o->dry_run) {
		run_summary_print(s, ro, stdout);
		rc = finish_stdout(c, rc);
	} else {
		if (!o->quiet && !s->interrupted) {
			/* No run completed: the summary below says so. */
			if (print_mail(s, &e))
				fprintf(stderr, "shootdown run: %s\n", e.text);
			rc = finish_stdout(c, rc);
		}
		if (!o->quiet || s->exit_code != EX_DONE)
			run_summary_print(s, ro, stderr);
	}
	return s->exit_code ? s->exit_code : rc;
}

static int run_all(const struct command *c, const struct options *o, struct loaded *l)
{
	struct strbuf extra, line;
	struct run_summary s;
	struct err e = { 0 };
	struct run_options ro = {
		.db = o->output, .jobs = (int)o->jobs, .reps = (int)o->reps,
		.precision_ppm = o->precision_ppm, .max_reps = (int)o->max_reps,
		.shard = (int)o->shard_k, .n_shards = (int)o->shard_n,
		.dry_run = o->dry_run, .quiet = o->quiet || o->json,
		.retry_failed = o->retry_failed, .run_timeout = (double)o->timeout_s,
	};
	int rc;

	sb_init(&extra);
	sb_init(&line);
	extra_arguments(o, &extra);
	command_line(o, extra.s, &line);
	ro.extra_args = extra.s;
	ro.command_line = line.s;
	if (extra.failed || line.failed)
		rc = out_of_memory(c);
	else if (run_studies(l->study, l->n, &ro, &s, &e) < 0) {
		rc = command_error(c, &e);
		run_summary_free(&s);
	} else {
		rc = finish(c, o, &ro, &s, l);
		run_summary_free(&s);
	}
	sb_free(&extra);
	sb_free(&line);
	return rc;
}

static int run_run(const struct command *c, struct options *o)
{
	struct loaded l;
	int rc = check_combination(c, o);

	if (rc == EX_DONE)
		rc = loaded_init(c, &l);
	if (rc != EX_DONE)
		return rc;
	for (int i = 0; i < o->n_arg; i++)
		loaded_add(&l, o->arg[i], o);
	rc = loaded_errors(c, &l);
	if (rc == EX_DONE)
		rc = run_all(c, o, &l);
	loaded_free(&l);
	return rc;
}

#define AT(field) offsetof(struct options, field)
static const struct option_spec run_options_table[] = {
	{ 'o', "output", "DB", "database (results/NAME.db of the first scenario)", OPT_TEXT, AT(output), 0, 0 },
	{ 'j', "jobs", "N", "worker processes (one per CPU)", OPT_INT, AT(jobs), 1, 1024 },
	{ 0, "seed", "N", "master seed (the scenario's)", OPT_INT, AT(seed), 0, INT64_MAX },
	{ 0, "reps", "N", "replications of every configuration", OPT_INT, AT(reps), 1, 1000000 },
	{ 0, "precision", "PCT", "replicate until the primary metric is known to PCT", OPT_PERCENT, AT(precision_ppm), 0, 0 },
	{ 0, "max-reps", "N", "... but no more often than N", OPT_INT, AT(max_reps), 2, 1000000 },
	{ 0, "design", "A,B", "these designs (names or files), not the scenario's", OPT_TEXT, AT(designs), 0, 0 },
	{ 0, "machine", "M", "this machine, not the scenario's", OPT_TEXT, AT(machine), 0, 0 },
	{ 0, "set", "PATH=VALUE", "override any key; repeat for more, later wins", OPT_LIST, AT(set), 0, 0 },
	{ 0, "samples", "N", "sample the estimates at N points (64, 128 ...)", OPT_INT, AT(samples), 64, 4096 },
	{ 0, "duration", "T", "simulated time of one run", OPT_TEXT, AT(duration), 0, 0 },
	{ 'n', "dry-run", NULL, "count configurations, runs, events, time; write nothing", OPT_FLAG, AT(dry_run), 0, 0 },
	{ 0, "shard", "K/N", "only configurations K, K+N, ... (fixed --reps)", OPT_SHARD, AT(shard_k), 0, 0 },
	{ 0, "retry-failed", NULL, "run again what crashed or timed out", OPT_FLAG, AT(retry_failed), 0, 0 },
	{ 0, "timeout", "SECONDS", "wall clock that one run may take (300)", OPT_INT, AT(timeout_s), 1, 1000000 },
	{ 'q', "quiet", NULL, "neither progress nor table", OPT_FLAG, AT(quiet), 0, 0 },
	{ 0, "json", NULL, "one JSON document on stdout instead of the table", OPT_FLAG, AT(json), 0, 0 },
};

const struct command command_run = {
	.name = "run", .arguments = "FILE...",
	.summary = "run scenarios into a database and print the table",
	.description =
"All designs x sweep points x replications of each scenario, into a database.\n"
"The same command again goes on where it stopped and skips what is there.",
	.option = run_options_table,
	.n_options = sizeof(run_options_table) / sizeof(run_options_table[0]),
	.min_args = 1, .max_args = -1, .run = run_run,
};
