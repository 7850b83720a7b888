/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shootdown validate [SUITE...]: the engine against closed forms of queueing
 * theory, the locks against the ticket-lock chain.  Exit 1 if a row differs.
 *
 * Leaves out: published curves and figures of this host.
 */
#include <string.h>

#include "models/world/world.h"
#include "sim/base/json.h"
#include "sim/base/param.h"
#include "sim/bench/bench.h"
#include "sim/cli/cli.h"

static const char *const suite_names[] = { "engine", "locks" };
static int (*const suite_run[])(struct check_list *l) = { validate_engine, validate_locks };
#define NR_SUITES (sizeof(suite_names) / sizeof(suite_names[0]))

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
		json_close(&j, '}');
	}
	json_close(&j, ']');
	json_close(&j, '}');
	sb_addc(sb, '\n');
}

static void add_text(struct strbuf *sb, const struct check_list *l, size_t failed)
{
	sb_addf(sb, "%-6s %-7s %-28s %12s %12s %10s %-8s %s\n", "", "suite", "check",
		"expected", "got", "tolerance", "unit", "source");
	for (size_t i = 0; i < l->n; i++) {
		const struct check *k = &l->v[i];

		sb_addf(sb, "%-6s %-7s %-28s %12.6g %12.6g %10.3g %-8s %s\n",
			k->pass ? "ok" : "DIFFERS", k->suite, k->id, k->expected,
			k->got, k->tolerance, k->unit, k->source);
	}
	sb_addf(sb, "%zu of %zu checks hold\n", l->n - failed, l->n);
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
		usage_error(c, "unknown suite '%s'; suites are engine and locks", name);
	return -1;
}

static int run_validate(const struct command *c, struct options *o)
{
	struct check_list l = { 0 };
	struct strbuf sb;
	size_t failed = 0;
	int wanted[NR_SUITES] = { 0 }, rc;

	for (int i = 0; i < o->n_arg; i++) {
		int suite = find_suite(c, o->arg[i]);

		if (suite < 0)
			return EX_CONFIG;
		wanted[suite] = 1;
	}
	for (size_t i = 0; i < NR_SUITES; i++)
		if (!o->n_arg || wanted[i])
			suite_run[i](&l);
	for (size_t i = 0; i < l.n; i++)
		failed += !l.v[i].pass;
	sb_init(&sb);
	if (o->json)
		add_json(&sb, &l);
	else
		add_text(&sb, &l, failed);
	sb.failed |= l.failed;
	check_free(&l);
	rc = print_buffer(c, &sb);
	return rc != EX_DONE ? rc : failed ? EX_DIFFERS : EX_DONE;
}

static const struct option_spec validate_options[] = {
	{ 0, "json", NULL, "one JSON document on stdout", OPT_FLAG,
	  offsetof(struct options, json), 0, 0 },
};

const struct command command_validate = {
	.name = "validate", .arguments = "[SUITE...]",
	.summary = "the model against closed forms: engine, locks",
	.description =
"Runs with fixed seeds, compared with closed forms.  SUITE is engine (M/M/1,\n"
"M/M/c, M/G/1, machine repairman, closed networks) or locks (ticket-lock chain,\n"
"queued locks); both by default.  Exit code 1 if a check differs.",
	.option = validate_options, .n_options = 1,
	.min_args = 0, .max_args = NR_SUITES, .run = run_validate,
};
