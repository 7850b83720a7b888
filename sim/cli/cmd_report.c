/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shootdown report DB and shootdown plot DB: documents and plots of a
 * database, made by analysis/ from nothing but that file.
 */
#include <string.h>

#include "analysis/analysis.h"
#include "sim/base/param.h"
#include "sim/cli/cli.h"

/* 0 if @value is one of @names (NULL ended), else a usage error. */
static int one_of(const struct command *c, const char *option, const char *value,
		  const char *const *names)
{
	const char *near;
	size_t n = 0;

	for (; names[n]; n++)
		if (!strcmp(names[n], value))
			return EX_DONE;
	near = nearest_name(value, names, n);
	if (near)
		return usage_error(c, "--%s: unknown '%s'; did you mean %s?", option, value, near);
	return usage_error(c, "--%s: unknown '%s'", option, value);
}

static struct analysis_query query_of(const struct options *o)
{
	struct analysis_query q = {
		.baseline = o->baseline, .metric = o->metric, .by = o->by,
		.where = o->where.v, .n_where = o->where.n,
		.study = &o->study, .n_studies = o->study != NULL,
	};

	return q;
}

static int run_report(const struct command *c, struct options *o)
{
	struct analysis_query q = query_of(o);
	const char *format = o->json ? "json" : o->format ? o->format : "mail";
	struct err e = { 0 };
	int rc;

	if (o->json && o->format && strcmp(o->format, "json"))
		return usage_error(c, "--json and --format %s exclude each other", o->format);
	rc = one_of(c, "format", format, analysis_formats);
	if (rc != EX_DONE)
		return rc;
	if (analysis_report(o->arg[0], format, &q, stdout, &e)) {
		fflush(stdout);
		return command_error(c, &e);
	}
	return finish_stdout(c, EX_DONE);
}

static int run_plot(const struct command *c, struct options *o)
{
	struct analysis_query q = query_of(o);
	const char *term = o->term ? o->term : "png";
	struct err e = { 0 };
	int rc = one_of(c, "term", term, analysis_terms);

	if (rc != EX_DONE)
		return rc;
	if (o->output && make_parents(o->output, &e))
		return command_error(c, &e);
	if (analysis_plot(o->arg[0], term, &q, o->output, stdout, &e)) {
		fflush(stdout);
		return command_error(c, &e);
	}
	return finish_stdout(c, EX_DONE);
}

#define AT(field) offsetof(struct options, field)
#define QUERY_OPTIONS \
	{ 0, "study", "S", "only this one: its name or its id", OPT_TEXT, AT(study), 0, 0 }, \
	{ 0, "metric", "M", "unmap.latency, unmap.latency.p99, exit:ipi_primary ...", OPT_TEXT, AT(metric), 0, 0 }, \
	{ 0, "by", "AXIS", "swept path of the rows or of the x axis", OPT_TEXT, AT(by), 0, 0 }, \
	{ 0, "where", "AXIS=VALUE", "only these points; repeat for more axes", OPT_LIST, AT(where), 0, 0 }

static const struct option_spec report_options[] = {
	{ 0, "format", "F", "mail (default), markdown, json or csv", OPT_TEXT, AT(format), 0, 0 },
	{ 0, "baseline", "DESIGN", "compare with this one (the scenario's)", OPT_TEXT, AT(baseline), 0, 0 },
	QUERY_OPTIONS,
	{ 0, "json", NULL, "as --format json", OPT_FLAG, AT(json), 0, 0 },
};

const struct command command_report = {
	.name = "report", .arguments = "DB",
	.summary = "tables of a database: mail, markdown, json, csv",
	.description =
"The studies of a database as a document on stdout; of several with one name the\n"
"one that ran last, unless --study says which.  Means over replications with 95%\n"
"half-widths; changes are paired, ~ where not significant.",
	.option = report_options,
	.n_options = sizeof(report_options) / sizeof(report_options[0]),
	.min_args = 1, .max_args = 1, .run = run_report,
};

static const struct option_spec plot_options[] = {
	{ 0, "term", "T", "png (default), svg, or dumb (text, for mail)", OPT_TEXT, AT(term), 0, 0 },
	{ 'o', "output", "FILE", "file to make; data and script stay beside it", OPT_TEXT, AT(output), 0, 0 },
	QUERY_OPTIONS,
};

const struct command command_plot = {
	.name = "plot", .arguments = "DB",
	.summary = "one metric over one axis by gnuplot: png, svg, dumb",
	.description =
"One metric of one study over one axis, a line per design, with error bars.\n"
"Without -o, dumb goes to stdout and the others to STUDY-METRIC-AXIS files here;\n"
"the gnuplot script (.gp) and its data (.dat) are kept.",
	.option = plot_options,
	.n_options = sizeof(plot_options) / sizeof(plot_options[0]),
	.min_args = 1, .max_args = 1, .run = run_plot,
};
