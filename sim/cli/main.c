/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shootdown COMMAND ...: the table of commands and the way into one.
 *
 * Leaves out everything else: options are parsed by options.c, commands live
 * in cmd_NAME.c.  Exit codes are those of sim/base/err.h.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "gen/version.h"
#include "sim/base/param.h"
#include "sim/cli/cli.h"

const struct command *const commands[] = {
	&command_run, &command_debate, &command_report, &command_plot,
	&command_check, &command_list, &command_explain, &command_bench,
	&command_validate, NULL
};

static void print_help(FILE *f)
{
	fputs("usage: shootdown COMMAND [argument...] [option...]\n\n"
	      "Puts numbers on kernel memory-management design debates: a discrete-event\n"
	      "simulator of CPUs, IPIs, TLB shootdowns, locks and secondary MMUs.\n\n", f);
	for (int i = 0; commands[i]; i++)
		fprintf(f, "  %-9s %-12s %s\n", commands[i]->name,
			commands[i]->arguments, commands[i]->summary);
	fputs("\n  COMMAND -h prints its options; --version the version of program and models.\n"
	      "\nExit codes: 0 done; 1 a check, claim or validation differs; 2 usage or\n"
	      "configuration; 3 simulation (failed run, unexpected violation);\n"
	      "4 environment (disk, database, permissions); 130 interrupted.\n", f);
}

static const struct command *find_command(const char *name)
{
	for (int i = 0; commands[i]; i++)
		if (!strcmp(commands[i]->name, name))
			return commands[i];
	return NULL;
}

static int unknown_command(const char *name)
{
	const char *names[32], *near;
	size_t n = 0;

	while (commands[n]) {
		names[n] = commands[n]->name;
		n++;
	}
	near = nearest_name(name, names, n);
	fprintf(stderr, "shootdown: unknown command '%s'", name);
	if (near)
		fprintf(stderr, "; did you mean %s?", near);
	fputs("\ntry: shootdown -h\n", stderr);
	return EX_CONFIG;
}

int main(int argc, char **argv)
{
	const struct command *c;
	struct options o;
	int rc;

	/* A reader that closed the pipe is an error of the write, not a death. */
	signal(SIGPIPE, SIG_IGN);
	if (argc < 2) {
		print_help(stderr);
		return EX_CONFIG;
	}
	if (!strcmp(argv[1], "-h") || !strcmp(argv[1], "--help") || !strcmp(argv[1], "help")) {
		print_help(stdout);
		return EX_DONE;
	}
	if (!strcmp(argv[1], "--version")) {
		printf("shootdown %s (model %s)\n", SHOOTDOWN_VERSION, SHOOTDOWN_MODEL_HASH);
		return EX_DONE;
	}
	c = find_command(argv[1]);
	if (!c)
		return unknown_command(argv[1]);
	options_init(&o);
	rc = options_parse(c, argc - 2, argv + 2, &o);
	if (rc != EX_DONE)
		return rc;
	if (o.help) {
		command_help(c, stdout);
		return EX_DONE;
	}
	return c->run(c, &o);
}
