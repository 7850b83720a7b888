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
	const char *kind;	/* calibrated, predicted, exact; "": a closed form */
	const char *miss;	/* why it is known to fail; NULL: it is not */
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
/* Failing, and not known to: what the exit code counts. */
size_t check_failed(const struct check_list *l);
void check_free(struct check_list *l);

#endif
