/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shootdown bench [NAME]: speed of the engine beside a floor measured in the
 * same process, and of the model beside itself without the oracle.  Every
 * benchmark checks its own answer; a wrong one is exit 1.
 */
#include <string.h>

#include "sim/base/json.h"
#include "sim/base/param.h"
#include "sim/bench/bench.h"
#include "sim/cli/bench_model.h"
#include "sim/cli/cli.h"

#define MAX_ROWS 64

static const char model[] = "model";

static void add_json(struct strbuf *sb, const struct bench_row *r, int n)
{
	struct json j;

	json_init(&j, sb);
	json_open(&j, '{');
	json_key(&j, "benchmarks");
	json_open(&j, '[');
	for (int i = 0; i < n; i++) {
		json_open(&j, '{');
		json_kstr(&j, "name", r[i].name);
		json_kint(&j, "operations", r[i].operations);
		json_knum(&j, "seconds", r[i].seconds);
		json_knum(&j, "ns_per_operation", r[i].ns_per_operation);
		json_knum(&j, "min", r[i].min);
		json_knum(&j, "max", r[i].max);
		json_kstr(&j, "reference", r[i].reference);
		json_knum(&j, "reference_ns_per_operation", r[i].reference_ns_per_operation);
		json_knum(&j, "ratio", r[i].ratio);
		json_kbool(&j, "answer_ok", r[i].answer_ok);
		if (r[i].events_per_operation > 0) {
			json_knum(&j, "events_per_operation", r[i].events_per_operation);
			json_knum(&j, "simulated_ms_per_s", r[i].simulated_ms_per_s);
		}
		json_close(&j, '}');
	}
	json_close(&j, ']');
	json_close(&j, '}');
	sb_addc(sb, '\n');
}

static void add_text(struct strbuf *sb, const struct bench_row *r, int n)
{
	sb_addf(sb, "%-28s %9s %15s %9s %7s  %s\n", "benchmark", "ns/op",
		"min..max", "floor", "ratio", "floor is");
	for (int i = 0; i < n; i++) {
		char spread[40];

		snprintf(spread, sizeof(spread), "%.1f..%.1f", r[i].min, r[i].max);
		sb_addf(sb, "%-28s %9.2f %15s %9.2f %7.2f  %s%s\n", r[i].name,
			r[i].ns_per_operation, spread, r[i].reference_ns_per_operation,
			r[i].ratio, r[i].reference, r[i].answer_ok ? "" : "  WRONG ANSWER");
		if (r[i].events_per_operation > 0)
			sb_addf(sb, "%-28s %.1f events per operation, %.1f simulated ms per second\n",
				"", r[i].events_per_operation, r[i].simulated_ms_per_s);
	}
}

static int unknown_benchmark(const struct command *c, const char *name)
{
	size_t n = 0;
	const char *names[16], *near;

	for (; bench_names[n]; n++)
		names[n] = bench_names[n];
	names[n++] = model;
	near = nearest_name(name, names, n);
	if (near)
		return usage_error(c, "unknown benchmark '%s'; did you mean %s?", name, near);
	return usage_error(c, "unknown benchmark '%s'", name);
}

static int run_bench(const struct command *c, struct options *o)
{
	static const char *const all[] = { NULL };
	struct bench_row row[MAX_ROWS];
	struct strbuf sb;
	int n = 0, wrong = 0, rc;

	for (int i = 0; i < (o->n_arg ? o->n_arg : 1); i++) {
		const char *name = o->n_arg ? o->arg[i] : all[0];
		int is_model = name && !strcmp(name, model), more;

		if (!is_model) {
			more = bench_run(name, row + n, MAX_ROWS - n);
			if (more < 0)
				return unknown_benchmark(c, name);
			n += more;
		}
		if (is_model || !name) {
			more = bench_model(c, row + n);
			if (more < 0)
				return EX_CONFIG;
			n += more;
		}
	}
	for (int i = 0; i < n; i++)
		wrong |= !row[i].answer_ok;
	sb_init(&sb);
	if (o->json)
		add_json(&sb, row, n);
	else
		add_text(&sb, row, n);
	rc = print_buffer(c, &sb);
	return rc != EX_DONE ? rc : wrong ? EX_DIFFERS : EX_DONE;
}

static const struct option_spec bench_options[] = {
	{ 0, "json", NULL, "one JSON document on stdout", OPT_FLAG,
	  offsetof(struct options, json), 0, 0 },
};

const struct command command_bench = {
	.name = "bench", .arguments = "[NAME...]",
	.summary = "speed: mm1, repairman, hold, model",
	.description =
"Speed of the engine beside a floor measured in the same process: a plain C\n"
"loop (mm1, repairman) or a heap (hold); and of the model: runs of the scenario\n"
"bench-model beside the same runs without the oracle, and what building a world\n"
"takes of a run.  Every benchmark checks its own answer.  NAME is mm1,\n"
"repairman, hold or model; all by default.",
	.option = bench_options, .n_options = 1,
	.min_args = 0, .max_args = 12, .run = run_bench,
};
