/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Arithmetic of claims, by recursive descent; see expr.h. */
#include "analysis/expr.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEEPEST	32

struct parser {
	const char *at;
	const struct expr_names *names;
	char *why;
	size_t why_size;
	int failed, depth;
};

static double sum(struct parser *p);

static double fail(struct parser *p, const char *what, const char *name)
{
	if (!p->failed)
		snprintf(p->why, p->why_size, "%s%s", what, name);
	p->failed = 1;
	return NAN;
}

static void blanks(struct parser *p)
{
	while (isspace((unsigned char)*p->at))
		p->at++;
}

static int take(struct parser *p, char c)
{
	blanks(p);
	if (*p->at != c)
		return 0;
	p->at++;
	return 1;
}

static double call(struct parser *p, const char *name)
{
	int is_max = !strcmp(name, "max"), n = 0;
	double v = NAN;

	if (!is_max && strcmp(name, "min") && strcmp(name, "ceil") && strcmp(name, "floor"))
		return fail(p, "unknown function ", name);
	while (!p->failed && !take(p, ')')) {
		double next = sum(p);

		if (n++ == 0)
			v = next;
		else if (is_max ? next > v : next < v)
			v = next;
		take(p, ',');
		blanks(p);
		if (!*p->at)
			return fail(p, "missing )", "");
	}
	if (!n)
		return fail(p, "no argument of ", name);
	if (!strcmp(name, "ceil") || !strcmp(name, "floor")) {
		if (n > 1)
			return fail(p, "too many arguments of ", name);
		return *name == 'c' ? ceil(v) : floor(v);
	}
	return v;
}

static double primary(struct parser *p)
{
	char name[64];
	size_t n = 0;
	char *end;
	double v;

	blanks(p);
	if (take(p, '(')) {
		v = sum(p);
		return take(p, ')') ? v : fail(p, "missing )", "");
	}
	if (isdigit((unsigned char)*p->at) || *p->at == '.') {
		v = strtod(p->at, &end);
		if (end == p->at)
			return fail(p, "not a number: ", p->at);
		p->at = end;
		return v;
	}
	while (isalnum((unsigned char)p->at[n]) || p->at[n] == '_' || p->at[n] == '.')
		n++;
	if (!n || n >= sizeof(name))
		return fail(p, *p->at ? "unexpected " : "unexpected end", p->at);
	memcpy(name, p->at, n);
	name[n] = '\0';
	p->at += n;
	if (take(p, '('))
		return call(p, name);
	v = p->names->value(p->names->arg, name);
	return isnan(v) ? fail(p, "no value for ", name) : v;
}

static double unary(struct parser *p)
{
	double v;

	if (++p->depth > DEEPEST)
		return fail(p, "too deeply nested", "");
	v = take(p, '-') ? -unary(p) : primary(p);
	p->depth--;
	return v;
}

static double product(struct parser *p)
{
	double v = unary(p);

	while (!p->failed) {
		if (take(p, '*')) {
			v *= unary(p);
		} else if (take(p, '/')) {
			double by = unary(p);

			if (by == 0)
				return fail(p, "division by 0", "");
			v /= by;
		} else {
			break;
		}
	}
	return v;
}

static double sum(struct parser *p)
{
	double v = product(p);

	while (!p->failed) {
		if (take(p, '+'))
			v += product(p);
		else if (take(p, '-'))
			v -= product(p);
		else
			break;
	}
	return v;
}

double expr_value(const char *text, const struct expr_names *names,
		  char *why, size_t why_size)
{
	struct parser p = { .at = text, .names = names, .why = why, .why_size = why_size };
	double v;

	*why = '\0';
	v = sum(&p);
	blanks(&p);
	if (!p.failed && *p.at)
		fail(&p, "unexpected ", p.at);
	return p.failed ? NAN : v;
}
