/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shootdown debate [CLAIM...]: the claims of the debate, answered.  Loads the
 * claim files, runs what their scenarios still miss into one database, stores
 * the claims beside the runs, writes mail.txt, report.md and plots/ beside the
 * database, and ends with the verdicts.
 */
#include <string.h>

#include "analysis/analysis.h"
#include "gen/version.h"
#include "sim/base/param.h"
#include "sim/cli/load.h"
#include "sim/run/run.h"
#include "sim/store/store.h"

#define DEFAULT_DB	"results/debate/debate.db"
#define MAX_CLAIMS	256

struct debate {
	const struct command *command;
	struct loaded loaded;
	const struct claim *claim[MAX_CLAIMS];
	const char *id[MAX_CLAIMS];
	int n;
};

/* A scenario that a claim names, once for all claims. */
static void add_scenario(struct debate *d, const char *name, const struct options *o)
{
	char path[4096];
	const char *file;

	if (!name || !*name)
		return;
	file = find_file(d->loaded.root_path, "scenarios", name, path, sizeof(path));
	for (int i = 0; i < d->loaded.n; i++)
		if (!strcmp(d->loaded.study[i]->name, name) ||
		    !strcmp(d->loaded.study[i]->file, file))
			return;
	loaded_add(&d->loaded, file, o);
}

static void add_claim(struct debate *d, const char *file, const struct options *o)
{
	const struct claim *c = conf_claim(d->loaded.conf, file);

	if (!c || d->n == MAX_CLAIMS)
		return;
	d->claim[d->n] = c;
	d->id[d->n++] = c->id;
	add_scenario(d, c->motivating, o);
	add_scenario(d, c->adversarial, o);
	add_scenario(d, c->phase, o);
}

static int unknown_claim(const struct debate *d, const char *name,
			 const struct conf_entry *entry, int n)
{
	const char *names[MAX_CLAIMS], *near;
	size_t known = 0;

	for (int i = 0; i < n && known < MAX_CLAIMS; i++)
		names[known++] = entry[i].name;
	near = nearest_name(name, names, known);
	if (near)
		return usage_error(d->command, "unknown claim '%s'; did you mean %s?", name, near);
	return usage_error(d->command, "unknown claim '%s'; 'list claims' names them", name);
}

/* The claims asked for, or all. */
static int load_claims(struct debate *d, const struct options *o)
{
	struct conf_entry *entry = NULL;
	int n = conf_list(d->loaded.conf, "claims", &entry);

	for (int i = 0; i < n && !o->n_arg; i++)
		add_claim(d, entry[i].file, o);
	for (int a = 0; a < o->n_arg; a++) {
		const char *file = strchr(o->arg[a], '/') ? o->arg[a] : NULL;

		for (int i = 0; i < n && !file; i++)
			if (!strcmp(entry[i].name, o->arg[a]))
				file = entry[i].file;
		if (!file)
			return unknown_claim(d, o->arg[a], entry, n);
		add_claim(d, file, o);
	}
	if (!d->n && !conf_errors(d->loaded.conf)->n)
		return usage_error(d->command, "no claims below %s/scenarios/claims",
				   d->loaded.root_path);
	return loaded_errors(d->command, &d->loaded);
}

static const struct study *study_named(const struct debate *d, const char *name)
{
	size_t n = strlen(name);

	for (int i = 0; i < d->loaded.n; i++) {
		const struct study *s = d->loaded.study[i];
		const char *slash = strrchr(s->file, '/');
		const char *base = slash ? slash + 1 : s->file;

		if (!strcmp(s->name, name) || !strcmp(s->file, name) ||
		    (!strncmp(base, name, n) && !strcmp(base + n, ".yaml")))
			return s;
	}
	return NULL;
}

static int put_role(struct store *s, const struct debate *d, const char *claim,
		    const char *role, const char *scenario, struct err *e)
{
	const struct study *study;

	if (!scenario || !*scenario)
		return 0;
	study = study_named(d, scenario);
	if (!study)
		return err_set(e, EX_CONFIG, "claim %s: scenario %s was not loaded", claim, scenario);
	return store_put_claim_study(s, claim, role,
				     store_study_id(study->scenario_hash, SHOOTDOWN_MODEL_HASH,
						    study->seed), e);
}

static int put_claims(struct store *s, const struct debate *d, struct err *e)
{
	if (store_begin(s, e))
		return -1;
	for (int i = 0; i < d->n; i++) {
		const struct claim *c = d->claim[i];

		if (store_put_claim(s, c->id, c->hash, c->body_json, e) ||
		    put_role(s, d, c->id, "motivating", c->motivating, e) ||
		    put_role(s, d, c->id, "adversarial", c->adversarial, e) ||
		    put_role(s, d, c->id, "phase", c->phase, e)) {
			store_rollback(s);
			return -1;
		}
	}
	return store_commit(s, e);
}

static int store_claims(const struct debate *d, const char *db, struct err *e)
{
	struct store *s;
	struct err close_error = { 0 };
	int rc;

	if (store_open(db, &s, e))
		return -1;
	rc = put_claims(s, d, e);
	if (store_close(s, &close_error) && !rc) {
		*e = close_error;
		rc = -1;
	}
	return rc;
}

/* Documents beside the database, then the verdicts on stdout. */
static int answer(const struct debate *d, const char *db, const struct options *o)
{
	char dir[4096];
	const char *notes = NULL, *slash = strrchr(db, '/');
	struct err e = { 0 };
	int failed = 0;

	snprintf(dir, sizeof(dir), "%.*s", slash ? (int)(slash - db) : 1, slash ? db : ".");
	if (store_claims(d, db, &e) ||
	    analysis_debate_files(db, d->id, d->n, dir, &notes, &e))
		return command_error(d->command, &e);
	if (notes)
		fprintf(stderr, "shootdown debate: %s\n", notes);
	if (!o->quiet && !o->json)
		fprintf(stderr, "%s/mail.txt, %s/report.md and %s/plots/ are written\n",
			dir, dir, dir);
	if (analysis_verdicts(db, d->id, d->n, o->json, stdout, &failed, &e)) {
		fflush(stdout);
		return command_error(d->command, &e);
	}
	return finish_stdout(d->command, failed ? EX_DIFFERS : EX_DONE);
}

static int run_and_answer(struct debate *d, const struct options *o)
{
	struct run_options ro = {
		.db = o->output ? o->output : DEFAULT_DB, .jobs = (int)o->jobs,
		.reps = (int)o->reps, .dry_run = o->dry_run,
		.quiet = o->quiet || o->json, .command_line = "shootdown debate",
	};
	struct run_summary s;
	struct err e = { 0 };
	int rc;

	if (!o->dry_run && make_parents(ro.db, &e))
		return command_error(d->command, &e);
	if (run_studies(d->loaded.study, d->loaded.n, &ro, &s, &e) < 0) {
		rc = command_error(d->command, &e);
	} else if (o->dry_run) {
		run_summary_print(&s, &ro, stdout);
		rc = s.exit_code;
	} else {
		rc = s.exit_code;
		if (s.interrupted || rc)
			run_summary_print(&s, &ro, stderr);
		if (!s.interrupted) {
			int answered = answer(d, ro.db, o);

			/* Verdicts are wanted even where a run failed. */
			rc = answered > rc ? answered : rc;
		}
	}
	run_summary_free(&s);
	return rc;
}

static int run_debate(const struct command *c, struct options *o)
{
	struct debate d = { .command = c };
	int rc = loaded_init(c, &d.loaded);

	if (rc != EX_DONE)
		return rc;
	rc = load_claims(&d, o);
	if (rc == EX_DONE)
		rc = run_and_answer(&d, o);
	loaded_free(&d.loaded);
	return rc;
}

#define AT(field) offsetof(struct options, field)
static const struct option_spec debate_options[] = {
	{ 'o', "output", "DB", "database (" DEFAULT_DB ")", OPT_TEXT, AT(output), 0, 0 },
	{ 'j', "jobs", "N", "worker processes (one per CPU)", OPT_INT, AT(jobs), 1, 1024 },
	{ 0, "reps", "N", "replications of every configuration", OPT_INT, AT(reps), 1, 1000000 },
	{ 'n', "dry-run", NULL, "count configurations, runs, events, time; write nothing", OPT_FLAG, AT(dry_run), 0, 0 },
	{ 'q', "quiet", NULL, "no progress", OPT_FLAG, AT(quiet), 0, 0 },
	{ 0, "json", NULL, "verdicts as one JSON document", OPT_FLAG, AT(json), 0, 0 },
};

const struct command command_debate = {
	.name = "debate", .arguments = "[CLAIM...]",
	.summary = "run what claims need, then the verdicts",
	.description =
"Runs what the scenarios of the claims still miss, writes mail.txt, report.md\n"
"and plots/ beside the database, and ends with the verdicts.  CLAIM is an\n"
"identifier (S1.6) or a claim file; all of scenarios/claims/ by default.\n"
"Exit code 1 if a claim that must hold by definition or within a bound fails.",
	.option = debate_options,
	.n_options = sizeof(debate_options) / sizeof(debate_options[0]),
	.min_args = 0, .max_args = MAX_CLAIMS, .run = run_debate,
};
