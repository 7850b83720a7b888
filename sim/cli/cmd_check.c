/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shootdown check FILE...: parse and resolve, run nothing.  A scenario is also
 * expanded, and every configuration of it shown to the models (more threads
 * than CPUs, ...).  Exit 2 if any file has an error.
 *
 * Each file is loaded into a configuration of its own, so that its errors are
 * told apart from those of the others.
 */
#include <string.h>

#include "sim/base/json.h"
#include "sim/cli/load.h"

static void error_json(struct json *j, int line, int column, const char *path,
		       const char *message, const char *suggestion)
{
	json_open(j, '{');
	json_kint(j, "line", line);
	json_kint(j, "column", column);
	json_kstr(j, "path", path);
	json_kstr(j, "message", message);
	json_kstr(j, "suggestion", suggestion);
	json_close(j, '}');
}

/*
 * What the models say to a scenario; 1 if they refuse it.  Whether @file is
 * one is found by loading it as one, in a configuration that is thrown away.
 */
static int refused_by_models(struct json *j, const char *root, const char *file, int as_json)
{
	static const struct conf_options as_written = { .seed = -1 };
	struct conf *conf = conf_new(root);
	char why[256], point[512];
	struct study *s;
	int at = -1;

	if (!conf)
		return 0;
	s = conf_scenario(conf, file, &as_written);
	if (s)
		at = study_refused(s, why, sizeof(why));
	if (at >= 0) {
		point_text(s, at, point, sizeof(point));
		if (as_json)
			error_json(j, 0, 0, point, why, NULL);
		else
			fprintf(stderr, "%s: %s: %s\n", file, point, why);
	}
	conf_free(conf);
	return at >= 0;
}

/* Check one file; 1 if it has errors, -1 when memory is out. */
static int check_file(struct json *j, const char *root, const char *file, int as_json)
{
	struct conf *conf = conf_new(root);
	const struct diag_list *d;
	int bad;

	if (!conf)
		return -1;
	json_open(j, '{');
	json_kstr(j, "file", file);
	json_key(j, "errors");
	json_open(j, '[');
	bad = conf_check_file(conf, file) != 0;
	d = conf_errors(conf);
	bad |= d->n != 0;
	if (as_json)
		for (size_t i = 0; i < d->n; i++)
			error_json(j, d->v[i].line, d->v[i].column, d->v[i].path,
				   d->v[i].message, d->v[i].suggestion);
	else
		diag_print(d, stderr);
	if (!bad)
		bad = refused_by_models(j, root, file, as_json);
	json_close(j, ']');
	json_close(j, '}');
	if (d->failed)
		bad = -1;
	conf_free(conf);
	return bad;
}

static int run_check(const struct command *c, struct options *o)
{
	char root_buffer[4096], path[4096];
	const char *root = find_root(root_buffer, sizeof(root_buffer));
	struct strbuf sb;
	struct json j;
	int bad = 0, rc;

	sb_init(&sb);
	json_init(&j, &sb);
	json_open(&j, '{');
	json_key(&j, "files");
	json_open(&j, '[');
	for (int i = 0; i < o->n_arg && bad >= 0; i++) {
		int one = check_file(&j, root, find_file(root, "scenarios", o->arg[i], path,
							 sizeof(path)), o->json);

		bad = one < 0 ? one : bad + one;
	}
	if (bad < 0) {
		sb_free(&sb);
		return out_of_memory(c);
	}
	json_close(&j, ']');
	json_close(&j, '}');
	sb_addc(&sb, '\n');
	if (!o->json) {
		sb_reset(&sb);
		if (!o->quiet && !bad)
			sb_addf(&sb, "%d file%s, no error\n", o->n_arg, o->n_arg == 1 ? "" : "s");
	}
	rc = print_buffer(c, &sb);
	return bad ? EX_CONFIG : rc;
}

static const struct option_spec check_options[] = {
	{ 'q', "quiet", NULL, "say nothing when there is no error", OPT_FLAG,
	  offsetof(struct options, quiet), 0, 0 },
	{ 0, "json", NULL, "errors as one JSON document on stdout", OPT_FLAG,
	  offsetof(struct options, json), 0, 0 },
};

const struct command command_check = {
	.name = "check", .arguments = "FILE...",
	.summary = "parse and resolve configuration files only",
	.description =
"All errors of each file, as file:line:column: path: what is wrong.  FILE is a\n"
"machine, kernel, design, secondary, scenario or claim; its keys tell which.\n"
"A scenario is expanded and every configuration of it is checked.  Exit code 2\n"
"if there is an error.",
	.option = check_options, .n_options = 2,
	.min_args = 1, .max_args = -1, .run = run_check,
};
