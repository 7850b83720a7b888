/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shootdown validate [SUITE...]: the engine against closed forms of queueing
 * theory, the locks against the ticket-lock chain, grace periods against closed
 * forms, the model against published figures.  Exit 1 if a row differs that is not known to.
 *
 * Leaves out: figures of this host.
 */
#include <string.h>

#include "models/world/world.h"
#include "sim/base/json.h"
#include "sim/base/param.h"
#include "sim/bench/bench.h"
#include "sim/cli/cli.h"
#include "sim/cli/published.h"

enum { SUITE_ENGINE, SUITE_LOCKS, SUITE_GRACE, SUITE_PUBLISHED, NR_SUITES };
static const char *const suite_names[NR_SUITES] = { "engine", "locks", "grace", "published" };

static void add_json(struct strbuf *sb, const struct check_list *l)
{
	struct json j;

	json_init(&j, sb);
	json_open(&j, '{');
	json_key(&j, "checks");
	json_open(&j, '[');
	for (size_t i = 0; i < l->n; i++) {
		const struct check *k = &l->v[i];

		json_open(&j, '{');
		json_kstr(&j, "suite", k->suite);
		json_kstr(&j, "id", k->id);
		json_knum(&j, "expected", k->expected);
		json_knum(&j, "got", k->got);
		json_knum(&j, "tolerance", k->tolerance);
		json_kstr(&j, "unit", k->unit);
		json_kstr(&j, "source", k->source);
		json_kbool(&j, "pass", k->pass);
		if (*k->kind)
			json_kstr(&j, "kind", k->kind);
		if (k->miss)
			json_kstr(&j, "miss", k->miss);
		json_close(&j, '}');
	}
	json_close(&j, ']');
	json_close(&j, '}');
	sb_addc(sb, '\n');
}

static const char *word_of(const struct check *k)
{
	if (k->pass)
		return k->miss ? "HOLDS" : "ok";
	return k->miss ? "misses" : "DIFFERS";
}

/* A published figure's source is told once per file: it is long. */
static void add_text(struct strbuf *sb, const struct check_list *l)
{
	size_t held = 0, known = 0;

	sb_addf(sb, "%-7s %-9s %-28s %12s %12s %10s %-8s %s\n", "", "suite", "check",
		"expected", "got", "tolerance", "unit", "source");
	for (size_t i = 0; i < l->n; i++) {
		const struct check *k = &l->v[i];

		held += k->pass;
		known += !k->pass && k->miss;
		sb_addf(sb, "%-7s %-9s %-28s %12.6g %12.6g %10.3g %-8s %s\n", word_of(k),
			k->suite, k->id, k->expected, k->got, k->tolerance, k->unit,
			*k->kind ? k->kind : k->source);
	}
	for (size_t i = 0; i < l->n; i++) {
		const struct check *k = &l->v[i];

		if (k->miss) {
			sb_addf(sb, "%s %s: ", k->id, k->pass ? "holds, was known to miss" : "misses");
			add_wrapped(sb, 4, k->miss);
			sb_addc(sb, '\n');
		}
	}
	sb_addf(sb, "%zu of %zu checks hold", held, l->n);
	if (known)
		sb_addf(sb, ", %zu are known to miss", known);
	sb_addc(sb, '\n');
}

static int find_suite(const struct command *c, const char *name)
{
	const char *near;

	for (size_t i = 0; i < NR_SUITES; i++)
		if (!strcmp(name, suite_names[i]))
			return (int)i;
	near = nearest_name(name, suite_names, NR_SUITES);
	if (near)
		usage_error(c, "unknown suite '%s'; did you mean %s?", name, near);
	else
		usage_error(c, "unknown suite '%s'; suites are engine, locks, grace and published", name);
	return -1;
}

static int run_validate(const struct command *c, struct options *o)
{
	struct check_list l = { 0 };
	struct published p = { NULL };
	struct strbuf sb;
	size_t failed;
	int wanted[NR_SUITES] = { 0 }, rc = EX_DONE;

	for (int i = 0; i < o->n_arg; i++) {
		int suite = find_suite(c, o->arg[i]);

		if (suite < 0)
			return EX_CONFIG;
		wanted[suite] = 1;
	}
	if (!o->n_arg || wanted[SUITE_ENGINE])
		validate_engine(&l);
	if (!o->n_arg || wanted[SUITE_LOCKS])
		validate_locks(&l);
	if (!o->n_arg || wanted[SUITE_GRACE])
		validate_grace(&l);
	if (!o->n_arg || wanted[SUITE_PUBLISHED])
		rc = published_run(c, o->study, &p, &l);
	failed = check_failed(&l);
	sb_init(&sb);
	if (o->json)
		add_json(&sb, &l);
	else
		add_text(&sb, &l);
	sb.failed |= l.failed;
	check_free(&l);
	published_free(&p);
	if (rc != EX_DONE) {
		sb_free(&sb);
		return rc;
	}
	rc = print_buffer(c, &sb);
	return rc != EX_DONE ? rc : failed ? EX_DIFFERS : EX_DONE;
}

static const struct option_spec validate_options[] = {
	{ 0, "json", NULL, "one JSON document on stdout", OPT_FLAG,
	  offsetof(struct options, json), 0, 0 },
	{ 0, "only", "ID,...", "published: these files of scenarios/validation", OPT_TEXT,
	  offsetof(struct options, study), 0, 0 },
};

const struct command command_validate = {
	.name = "validate", .arguments = "[SUITE...]",
	.summary = "the model against closed forms and published figures",
	.description =
"Runs with fixed seeds, compared with closed forms and published figures.\n"
"SUITE is engine (M/M/1, M/M/c, M/G/1, machine repairman, closed networks),\n"
"locks (ticket-lock chain, queued locks), grace (RCU and SRCU, also behind\n"
"sleeping readers) or published (scenarios/validation/); all by default.\n"
"calibrated: parameters of the model come from this very figure; predicted:\n"
"they do not.  Exit code 1 if a check differs that its file does not say is\n"
"known to miss.",
	.option = validate_options, .n_options = 2,
	.min_args = 0, .max_args = NR_SUITES, .run = run_validate,
};
