/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Options over a table: "-oDB", "-o DB", "--output DB", "--output=DB", "--"
 * ends them, options and arguments may be mixed.  No abbreviations of long
 * names: a script that works today must not become ambiguous tomorrow.
 */
#include <stdarg.h>
#include <string.h>

#include "sim/base/param.h"
#include "sim/base/units.h"
#include "sim/cli/cli.h"

static const struct option_spec help_option = {
	'h', "help", NULL, "this text", OPT_FLAG, offsetof(struct options, help), 0, 0
};

void options_init(struct options *o)
{
	memset(o, 0, sizeof(*o));
	o->seed = -1;
}

int usage_error(const struct command *c, const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "shootdown %s: ", c->name);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, "\ntry: shootdown %s -h\n", c->name);
	return EX_CONFIG;
}

int command_error(const struct command *c, const struct err *e)
{
	fprintf(stderr, "shootdown %s: %s\n", c->name, e->text);
	return e->code;
}

int out_of_memory(const struct command *c)
{
	fprintf(stderr, "shootdown %s: out of memory\n", c->name);
	return EX_ENVIRONMENT;
}

/* Rows of -h: "  -o, --output DB      text". */
static void help_row(const struct option_spec *s, FILE *f)
{
	char left[64];
	int n = 0;

	if (s->letter)
		n = snprintf(left, sizeof(left), "-%c, ", s->letter);
	else
		n = snprintf(left, sizeof(left), "    ");
	snprintf(left + n, sizeof(left) - (size_t)n, "--%s%s%s", s->name,
		 s->argument ? " " : "", s->argument ? s->argument : "");
	fprintf(f, "  %-23s%s\n", left, s->help);
}

void command_help(const struct command *c, FILE *f)
{
	fprintf(f, "usage: shootdown %s%s%s%s\n\n%s\n\n", c->name,
		*c->arguments ? " " : "", c->arguments,
		c->n_options ? " [option...]" : "", c->description);
	for (int i = 0; i < c->n_options; i++)
		help_row(&c->option[i], f);
	help_row(&help_option, f);
}

static int unknown_option(const struct command *c, const char *given, const char *name)
{
	const char *names[40], *near;
	size_t n = 0;

	for (int i = 0; i < c->n_options; i++)
		names[n++] = c->option[i].name;
	names[n++] = help_option.name;
	near = nearest_name(name, names, n);
	if (near)
		return usage_error(c, "unknown option %s; did you mean --%s?", given, near);
	return usage_error(c, "unknown option %s", given);
}

static int store_shard(const struct command *c, const char *value, struct options *o)
{
	long long k, n;
	int end = 0;

	if (sscanf(value, "%lld/%lld%n", &k, &n, &end) != 2 || value[end] ||
	    n < 1 || k < 1 || k > n)
		return usage_error(c, "--shard: '%s' is not K/N with K in 1..N", value);
	o->shard_k = k;
	o->shard_n = n;
	return EX_DONE;
}

static int store_number(const struct command *c, const struct option_spec *s,
			const char *value, int64_t *out)
{
	const char *why = NULL;

	if (s->kind == OPT_PERCENT) {
		char percent[48];

		/* The option is in per cent: the sign may be left out. */
		if (*value && value[strspn(value, "0123456789.")] == '\0' &&
		    snprintf(percent, sizeof(percent), "%s%%", value) < (int)sizeof(percent))
			value = percent;
		if (parse_percent(value, out, &why))
			return usage_error(c, "--%s: '%s': %s", s->name, value, why);
		if (*out <= 0)
			return usage_error(c, "--%s: '%s' is not above 0%%", s->name, value);
		return EX_DONE;
	}
	if (parse_int(value, out, &why))
		return usage_error(c, "--%s: '%s': %s", s->name, value, why);
	if (*out < s->lo || *out > s->hi)
		return usage_error(c, "--%s: %s is out of range %lld..%lld", s->name,
				   value, (long long)s->lo, (long long)s->hi);
	return EX_DONE;
}

static int store_value(const struct command *c, const struct option_spec *s,
		       const char *value, struct options *o)
{
	void *at = (char *)o + s->offset;
	struct text_list *list;

	switch (s->kind) {
	case OPT_FLAG:
		*(int *)at = 1;
		return EX_DONE;
	case OPT_TEXT:
		if (!*value)
			return usage_error(c, "--%s: empty", s->name);
		*(const char **)at = value;
		return EX_DONE;
	case OPT_LIST:
		list = at;
		if (!strchr(value, '='))
			return usage_error(c, "--%s: '%s' is not %s", s->name, value, s->argument);
		if (list->n == MAX_LISTED)
			return usage_error(c, "--%s: more than %d times", s->name, MAX_LISTED);
		list->v[list->n++] = value;
		return EX_DONE;
	case OPT_SHARD:
		return store_shard(c, value, o);
	case OPT_INT:
	case OPT_PERCENT:
		break;
	}
	return store_number(c, s, value, at);
}

static const struct option_spec *find_long(const struct command *c, const char *name, size_t n)
{
	for (int i = 0; i <= c->n_options; i++) {
		const struct option_spec *s = i < c->n_options ? &c->option[i] : &help_option;

		if (strlen(s->name) == n && !memcmp(s->name, name, n))
			return s;
	}
	return NULL;
}

static const struct option_spec *find_short(const struct command *c, char letter)
{
	for (int i = 0; i < c->n_options; i++)
		if (c->option[i].letter == letter)
			return &c->option[i];
	return letter == help_option.letter ? &help_option : NULL;
}

/* One word of the command line that begins with '-'; *@i moves over its value. */
static int parse_option(const struct command *c, int argc, char **argv, int *i,
			struct options *o)
{
	const char *word = argv[*i], *value = NULL;
	const struct option_spec *s;

	if (word[1] == '-') {
		const char *equals = strchr(word, '=');
		size_t n = equals ? (size_t)(equals - word) - 2 : strlen(word) - 2;
		char name[40];

		s = find_long(c, word + 2, n);
		snprintf(name, sizeof(name), "%.*s", n < 39 ? (int)n : 39, word + 2);
		if (!s)
			return unknown_option(c, word, name);
		value = equals ? equals + 1 : NULL;
		if (value && s->kind == OPT_FLAG)
			return usage_error(c, "--%s takes no value", s->name);
	} else {
		s = find_short(c, word[1]);
		if (!s)
			return unknown_option(c, word, word + 1);
		if (word[2] && s->kind == OPT_FLAG)
			return usage_error(c, "-%c takes no value: '%s'", s->letter, word);
		value = word[2] ? word + 2 : NULL;
	}
	if (s->kind != OPT_FLAG && !value) {
		if (*i + 1 >= argc)
			return usage_error(c, "--%s needs %s", s->name, s->argument);
		value = argv[++*i];
	}
	return store_value(c, s, value, o);
}

int options_parse(const struct command *c, int argc, char **argv, struct options *o)
{
	int only_arguments = 0, kept = 0;

	o->arg = argv;
	for (int i = 0; i < argc; i++) {
		int rc;

		if (only_arguments || argv[i][0] != '-' || !argv[i][1]) {
			argv[kept++] = argv[i];
			continue;
		}
		if (!strcmp(argv[i], "--")) {
			only_arguments = 1;
			continue;
		}
		rc = parse_option(c, argc, argv, &i, o);
		if (rc != EX_DONE)
			return rc;
	}
	o->n_arg = kept;
	if (o->help)
		return EX_DONE;
	if (kept < c->min_args)
		return usage_error(c, "needs %s", c->arguments);
	if (c->max_args >= 0 && kept > c->max_args)
		return usage_error(c, "'%s' is one argument too many", argv[c->max_args]);
	return EX_DONE;
}
