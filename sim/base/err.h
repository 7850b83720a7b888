/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Errors and exit codes.
 *
 * Three kinds of failure, three forms:
 *  - the user's configuration: a list of struct diag, each with file, line,
 *    column, path, message and suggestion; all of a file are reported at once;
 *  - the environment (disk, database, memory): one struct err, returned upward;
 *  - a bug of ours: BUG_ON() in xassert.h.
 */
#ifndef SIM_BASE_ERR_H
#define SIM_BASE_ERR_H

#include <stddef.h>
#include <stdio.h>

/* Exit codes of the program (README, "Exit codes"). */
enum exit_code {
	EX_DONE = 0,		/* done */
	EX_DIFFERS = 1,		/* a check, claim or validation differs */
	EX_CONFIG = 2,		/* usage or configuration error */
	EX_SIMULATION = 3,	/* assertion, deadlock, failed run, violation */
	EX_ENVIRONMENT = 4,	/* disk, database, permissions */
	EX_INTERRUPTED = 130,	/* stopped by a signal */
};

struct err {
	int code;		/* enum exit_code; 0 = no error */
	char text[480];
};

/* Fill @e and return @code, so that callers can write "return err_set(...)". */
int err_set(struct err *e, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

struct diag {
	char *file;		/* as the user named it */
	int line, column;	/* 1-based; 0 = whole file */
	char *path;		/* threads.vcpu.count; may be empty */
	char *message;		/* lower case, no full stop */
	char *suggestion;	/* nearest valid name, or NULL */
};

struct diag_list {
	struct diag *v;
	size_t n, cap;
	int failed;		/* an allocation failed: the list is incomplete */
};

void diag_add(struct diag_list *l, const char *file, int line, int column,
	      const char *path, const char *suggestion, const char *fmt, ...)
	__attribute__((format(printf, 7, 8)));
/* "file:line:column: path: message; did you mean X?", one line each. */
void diag_print(const struct diag_list *l, FILE *f);
/* Keep the first @n. */
void diag_truncate(struct diag_list *l, size_t n);
void diag_free(struct diag_list *l);

#endif
