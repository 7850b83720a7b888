/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shootdown debate [CLAIM...]: the questions and claims of the debate,
 * answered.  Loads their files, runs what their scenarios still miss into one
 * database, stores questions and claims beside the runs, writes mail.txt,
 * report.md, one text per question and plots/ beside the database, and ends
 * with the verdicts.
 */
#include <string.h>

#include "analysis/analysis.h"
#include "sim/cli/debate.h"
#include "sim/run/run.h"

#define DEFAULT_DB	"results/debate/debate.db"

/* Documents beside the database, then the verdicts on stdout. */
static int answer(const struct debate *d, const char *db, const struct options *o)
{
	char dir[4096];
	const char *notes = NULL, *slash = strrchr(db, '/');
	struct analysis_debate what = { d->id, d->n, d->question_id, d->n_questions };
	struct err e = { 0 };
	int failed = 0;

	snprintf(dir, sizeof(dir), "%.*s", slash ? (int)(slash - db) : 1, slash ? db : ".");
	if (debate_store(d, db, &e) ||
	    analysis_debate_files(db, &what, dir, &notes, &e))
		return command_error(d->command, &e);
	if (notes)
		fprintf(stderr, "shootdown debate: %s\n", notes);
	if (!o->quiet && !o->json)
		fprintf(stderr, "%s/mail.txt, %s/report.md and %s/plots/ are written\n",
			dir, dir, dir);
	if (analysis_verdicts(db, &what, o->json, stdout, &failed, &e)) {
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
	rc = debate_load(&d, o);
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
"Runs what the scenarios of the claims still miss, writes mail.txt, report.md,\n"
"a text per question and plots/ beside the database, and ends with the verdicts.\n"
"CLAIM is an identifier (S1.6), a claim file or a question (callouts); all of\n"
"scenarios/questions/ and scenarios/claims/ by default.\n"
"Exit code 1 if a claim that must hold by definition or within a bound fails.",
	.option = debate_options,
	.n_options = sizeof(debate_options) / sizeof(debate_options[0]),
	.min_args = 0, .max_args = MAX_CLAIMS, .run = run_debate,
};
