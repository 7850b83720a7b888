/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows of "shootdown validate": an expected figure, its source, what we got. */
#ifndef SIM_BASE_CHECK_H
#define SIM_BASE_CHECK_H

#include <stddef.h>

struct check {
	char suite[16];		/* engine, locks */
	char id[64];		/* mm1.0.8.Wq */
	double expected, got, tolerance;	/* pass: |got - expected| <= tolerance */
	char unit[16];
	char source[96];	/* formula or publication */
	int pass;
};

struct check_list {
	struct check *v;
	size_t n, cap;
	int failed;		/* an allocation failed */
};

void check_add(struct check_list *l, const char *suite, const char *id,
	       double expected, double got, double tolerance,
	       const char *unit, const char *source);
void check_free(struct check_list *l);

#endif
