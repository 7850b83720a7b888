/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Text tables that fit a width: headings wrapped over several lines, columns
 * packed left to right, the first data column (the baseline) repeated in each
 * of the tables that the columns need.
 */
#ifndef ANALYSIS_TABLE_H
#define ANALYSIS_TABLE_H

#include "analysis/database.h"

struct table_cell {
	const char *value;	/* right-aligned, before " +- " */
	const char *half;	/* left-aligned after it; "" for none */
	const char *change;	/* right-aligned, last */
};

struct table {
	struct database *d;
	const char *corner[2];	/* heading of the row labels, over each other */
	int n_rows, n_columns;
	int no_repeat;		/* the first column is no baseline: print it once */
	const char **label;	/* of rows */
	const char **heading;	/* of columns */
	const char **mark;	/* line below a heading ("UNSAFE I1"), or "" */
	struct table_cell *cell;	/* [row * n_columns + column] */
};

struct table *table_new(struct database *d, int n_rows, int n_columns);
struct table_cell *table_at(struct table *t, int row, int column);
/* At most @max_columns data columns and @width characters per line. */
void table_print(const struct table *t, struct strbuf *out, size_t width, int max_columns);

#endif
