/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The command line: one table of commands, one option table per command, one
 * file per command (cmd_NAME.c).
 *
 * A command parses nothing itself: options.c fills a struct options from the
 * command's table, refuses what the table does not have (exit 2, nearest
 * name) and prints -h from the same table.  stdout carries the result, stderr
 * everything else.
 */
#ifndef SIM_CLI_CLI_H
#define SIM_CLI_CLI_H

#include <stdint.h>
#include <stdio.h>

#include "sim/base/err.h"
#include "sim/base/strbuf.h"

#define MAX_LISTED 64		/* --set and --where given more often are refused */

struct text_list {
	const char *v[MAX_LISTED];
	int n;
};

/* Everything that any command may be told; what was not given keeps the
 * default of options_init(). */
struct options {
	const char *output;	/* NULL: the command's default */
	int64_t jobs;		/* 0: as many as CPUs */
	int64_t seed;		/* -1: the scenario's */
	int64_t reps;		/* 0: the scenario's */
	int64_t precision_ppm;	/* 0: the scenario's */
	int64_t max_reps;	/* 0: the scenario's */
	int64_t samples;	/* of the estimated costs; 0: none */
	int64_t timeout_s;	/* of one run; 0: the runner's default */
	int64_t count;		/* bench: operations of one bare round; 0: measure */
	const char *designs, *machine, *duration;
	struct text_list set;
	int64_t shard_k, shard_n;	/* 0: no shards */
	int dry_run, quiet, json, retry_failed;
	const char *format, *baseline, *metric, *by, *term, *study;
	struct text_list where;
	int help;
	char **arg;		/* what is not an option, in order */
	int n_arg;
};

enum option_kind {
	OPT_FLAG, OPT_TEXT, OPT_INT, OPT_PERCENT, OPT_LIST, OPT_SHARD,
};

struct option_spec {
	char letter;		/* 0: long form only */
	const char *name, *argument, *help;
	enum option_kind kind;
	size_t offset;		/* in struct options */
	int64_t lo, hi;		/* OPT_INT */
};

struct command {
	const char *name, *arguments, *summary;
	const char *description;	/* lines of -h between usage and options */
	const struct option_spec *option;
	int n_options;
	int min_args, max_args;		/* max -1: any number */
	int (*run)(const struct command *c, struct options *o);
};

extern const struct command *const commands[];	/* NULL ended */
extern const struct command command_run, command_debate, command_report,
	command_plot, command_check, command_list, command_explain,
	command_bench, command_validate;

/* --- options.c ------------------------------------------------------------ */
void options_init(struct options *o);
/* Parse @argv (without program and command); EX_DONE or EX_CONFIG with the
 * text on stderr.  @argv is reordered: o->arg points into it. */
int options_parse(const struct command *c, int argc, char **argv, struct options *o);
void command_help(const struct command *c, FILE *f);
/* "shootdown NAME: text" on stderr; returns EX_CONFIG. */
int usage_error(const struct command *c, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* As usage_error for struct err; returns its code. */
int command_error(const struct command *c, const struct err *e);
int out_of_memory(const struct command *c);

/* --- root.c --------------------------------------------------------------- */
/*
 * Directory that holds configs/ and scenarios/: the current one, else beside
 * the binary, else $SHOOTDOWN_ROOT; "." when none has them.  @buf holds it.
 */
const char *find_root(char *buf, size_t n);
/* The file a user means by @arg: a path as it is, else the name of a file of
 * @kind ("scenarios", "scenarios/claims") below @root.  @buf holds it. */
const char *find_file(const char *root, const char *kind, const char *arg,
		      char *buf, size_t n);
/* Create the directories above @path: 0, or -1 with @e. */
int make_parents(const char *path, struct err *e);

/* --- print.c -------------------------------------------------------------- */
/* Print @sb and free it; EX_DONE, or EX_ENVIRONMENT when stdout is closed. */
int print_buffer(const struct command *c, struct strbuf *sb);
/* Flush stdout: @rc, or EX_ENVIRONMENT with a message when it was cut short. */
int finish_stdout(const struct command *c, int rc);
/* Add @text wrapped at 96 columns, each line after @indent blanks; the first
 * line continues where the buffer stands. */
void add_wrapped(struct strbuf *sb, int indent, const char *text);

#endif
