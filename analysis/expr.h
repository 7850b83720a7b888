/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Arithmetic of claims: "ceil(N/B)", "max(1, N / 8)".
 * + - * / with the usual precedence, parentheses, numbers, names, and ceil,
 * floor, max, min (arguments separated by commas or blanks).
 */
#ifndef ANALYSIS_EXPR_H
#define ANALYSIS_EXPR_H

#include <stddef.h>

struct expr_names {
	/* NAN: no such name. */
	double (*value)(void *arg, const char *name);
	void *arg;
};

/* NAN with the reason in @why if @text is malformed or a name is unknown. */
double expr_value(const char *text, const struct expr_names *names,
		  char *why, size_t why_size);

#endif
