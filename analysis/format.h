/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Numbers and user texts as reports print them.
 *
 * A user's string (names, questions, axis values) is data everywhere: each
 * output form has one function that makes it harmless, and nothing else may
 * put such a string into a document.
 */
#ifndef ANALYSIS_FORMAT_H
#define ANALYSIS_FORMAT_H

#include "analysis/compare.h"

struct scale {
	double factor;		/* divide stored values by it */
	const char *unit;	/* what they are then */
};

/* Unit for values of @unit between @least and @most (positive, or NAN). */
struct scale scale_for(const char *unit, double least, double most);
struct scale scale_for_grid(const struct grid *g);

/* Decimals that show one digit of the half width (two if it begins with 1). */
int decimals_for(double mean, double half);
/* "4.12" and "0.03"; "-" without an observation, "never" if it was looked for. */
const char *format_mean(struct database *d, const struct cell *c,
			const struct metric *m, double factor);
const char *format_half(struct database *d, const struct cell *c, double factor);
/* "-22.0%", "x4.1", "~", "=", "?" (too few), "+3" (baseline 0), "" (no pair). */
const char *format_change(struct database *d, const struct cell *c, double factor);
/* A share as "+5.3%", a large one as "x12". */
const char *format_share(struct database *d, double share);
/* Like %g with four significant digits, never an exponent below 1e7. */
const char *format_number(struct database *d, double v);

/* Printable ASCII, runs of blanks and line ends made one blank. */
const char *text_ascii(struct database *d, const char *s);
/* One line of Markdown in which nothing of @s is markup. */
const char *text_markdown(struct database *d, const char *s);
/* A field of RFC 4180 CSV. */
const char *text_csv(struct database *d, const char *s);
/* A gnuplot string literal, quotes included. */
const char *text_gnuplot(struct database *d, const char *s);
/* The same for a file in the directory of the script, byte for byte. */
const char *file_gnuplot(struct database *d, const char *name);
/* A name for a file: [A-Za-z0-9._-], never empty or hidden. */
const char *text_file(struct database *d, const char *s);

/* @s wrapped at @width: the first line after @first, the others after @rest. */
void wrap_text(struct strbuf *out, const char *s, const char *first,
	       const char *rest, size_t width);

/* "lower is better", "" for neither. */
const char *better_text(const struct metric *m);

#endif
