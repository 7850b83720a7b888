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
#define KEPT_NAME 48

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

/* --- the table kept from the last time ------------------------------------------- */

/* Lines "name ratio"; a file that is not there has none. */
static int read_kept(const char *file, char name[][KEPT_NAME], double *ratio, int max)
{
	FILE *f = file ? fopen(file, "r") : NULL;
	int n = 0;

	while (f && n < max && fscanf(f, "%47s %lf%*[^\n]", name[n], &ratio[n]) == 2)
		n++;
	if (f)
		fclose(f);
	return n;
}

static int write_kept(const struct command *c, const char *file, const struct bench_row *r, int n)
{
	struct err e = { 0 };
	FILE *f;

	if (make_parents(file, &e))
		return command_error(c, &e);
	f = fopen(file, "w");
	for (int i = 0; f && i < n; i++)
		fprintf(f, "%s %.4f %.3f ns, %.3f to %.3f\n", r[i].name, r[i].ratio,
			r[i].ns_per_operation, r[i].min, r[i].max);
	if (!f || fclose(f)) {
		err_set(&e, EX_ENVIRONMENT, "%s cannot be written", file);
		return command_error(c, &e);
	}
	return EX_DONE;
}

static double kept_ratio(const char *file, const char *name)
{
	char names[MAX_ROWS][KEPT_NAME];
	double ratio[MAX_ROWS];
	int n = read_kept(file, names, ratio, MAX_ROWS);

	for (int i = 0; i < n; i++)
		if (!strcmp(names[i], name))
			return ratio[i];
	return 0;
}

static void add_text(struct strbuf *sb, const struct bench_row *r, int n, const char *kept)
{
	sb_addf(sb, "%-24s %9s %15s %9s %7s %7s  %s\n", "benchmark", "ns/op",
		"min..max", "floor", "ratio", kept ? "before" : "", "floor is");
	for (int i = 0; i < n; i++) {
		double before = kept_ratio(kept, r[i].name);
		char spread[40], was[16] = "";

		snprintf(spread, sizeof(spread), "%.1f..%.1f", r[i].min, r[i].max);
		if (before > 0)
			snprintf(was, sizeof(was), "%.2f", before);
		sb_addf(sb, "%-24s %9.2f %15s %9.2f %7.2f %7s  %s%s\n", r[i].name,
			r[i].ns_per_operation, spread, r[i].reference_ns_per_operation,
			r[i].ratio, was, r[i].reference, r[i].answer_ok ? "" : "  WRONG ANSWER");
		if (r[i].events_per_operation > 0)
			sb_addf(sb, "%-24s %.1f events per operation, %.1f simulated ms per second\n",
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

/* One bare round for instruction counters: what ran, and how many operations. */
static int count_bench(const struct command *c, const struct options *o)
{
	for (int i = 0; i < o->n_arg; i++) {
		if (!strcmp(o->arg[i], model)) {
			if (bench_model_count(c, o->count, stdout))
				return EX_DIFFERS;
		} else if (bench_count(o->arg[i], o->count, stdout) < 0) {
			return unknown_benchmark(c, o->arg[i]);
		}
	}
	if (!o->n_arg)
		return usage_error(c, "--count needs the name of a benchmark");
	return finish_stdout(c, EX_DONE);
}

static int run_bench(const struct command *c, struct options *o)
{
	static const char *const all[] = { NULL };
	struct bench_row row[MAX_ROWS];
	struct strbuf sb;
	int n = 0, wrong = 0, rc;

	if (o->count)
		return count_bench(c, o);
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
		add_text(&sb, row, n, o->output);
	rc = print_buffer(c, &sb);
	if (rc == EX_DONE && o->output)
		rc = write_kept(c, o->output, row, n);
	return rc != EX_DONE ? rc : wrong ? EX_DIFFERS : EX_DONE;
}

static const struct option_spec bench_options[] = {
	{ 0, "json", NULL, "one JSON document on stdout", OPT_FLAG,
	  offsetof(struct options, json), 0, 0 },
	{ 'o', "output", "FILE", "show the ratios kept in FILE, keep the new ones", OPT_TEXT,
	  offsetof(struct options, output), 0, 0 },
	{ 0, "count", "N", "one bare round of N operations (model: N ms)", OPT_INT,
	  offsetof(struct options, count), 1, INT64_MAX },
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
	.option = bench_options, .n_options = 3,
	.min_args = 0, .max_args = 16, .run = run_bench,
};
