/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Text tables; see table.h. */
#include "analysis/table.h"

#include <string.h>

#define GAP		2
#define NARROWEST	9	/* of a data column: room for a wrapped heading */
#define HEADING_LINES	12

struct widths { size_t value, half, change, all; };

struct table *table_new(struct database *d, int n_rows, int n_columns)
{
	struct table *t = arena_alloc(&d->arena, sizeof(*t));
	size_t rows = (size_t)n_rows + 1, columns = (size_t)n_columns + 1;

	t->d = d;
	t->n_rows = n_rows;
	t->n_columns = n_columns;
	t->corner[0] = t->corner[1] = "";
	t->label = arena_alloc(&d->arena, rows * sizeof(*t->label));
	t->heading = arena_alloc(&d->arena, columns * sizeof(*t->heading));
	t->mark = arena_alloc(&d->arena, columns * sizeof(*t->mark));
	t->cell = arena_alloc(&d->arena, rows * columns * sizeof(*t->cell));
	return t;
}

struct table_cell *table_at(struct table *t, int row, int column)
{
	return &t->cell[row * t->n_columns + column];
}

static size_t larger(size_t a, size_t b)
{
	return a > b ? a : b;
}

static struct widths column_widths(const struct table *t, int column)
{
	struct widths w = { 0 };

	for (int r = 0; r < t->n_rows; r++) {
		const struct table_cell *c = &t->cell[r * t->n_columns + column];

		w.value = larger(w.value, strlen(c->value));
		w.half = larger(w.half, strlen(c->half));
		w.change = larger(w.change, strlen(c->change));
	}
	w.all = w.value + (w.half ? 4 + w.half : 0) + (w.change ? GAP + w.change : 0);
	w.all = larger(w.all, larger(NARROWEST, strlen(t->mark[column])));
	return w;
}

/*
 * Break @s into lines of at most @width, at a blank or behind a '-', else
 * behind a '.' or '_', else anywhere.
 * Returns the number of lines.
 */
static int break_heading(struct database *d, const char *s, size_t width,
			 const char *line[HEADING_LINES])
{
	int n = 0;

	while (*s && n < HEADING_LINES) {
		size_t take = strlen(s), cut = 0;

		if (take > width) {
			for (size_t i = 1; i <= width; i++) {
				if (s[i] == ' ' || (i > 1 && s[i - 1] == '-'))
					cut = i;
			}
			for (size_t i = width; !cut && i > 1; i--) {
				if (s[i - 1] == '.' || s[i - 1] == '_')
					cut = i;
			}
			take = cut ? cut : width;
		}
		line[n++] = text_of(d, "%.*s", (int)take, s);
		s += take;
		while (*s == ' ')
			s++;
	}
	return n;
}

static void add_right(struct strbuf *out, const char *s, size_t width)
{
	size_t n = strlen(s);

	while (n++ < width)
		sb_addc(out, ' ');
	sb_adds(out, s);
}

static void trim_line(struct strbuf *out)
{
	while (out->len && out->s[out->len - 1] == ' ')
		out->s[--out->len] = '\0';
	sb_addc(out, '\n');
}

static void print_headings(const struct table *t, struct strbuf *out, size_t label,
			   const int *column, const struct widths *w, int n)
{
	const char *line[16][HEADING_LINES];
	int lines[16], most = *t->corner[0] ? 2 : 1;

	for (int i = 0; i < n; i++) {
		const char *mark = t->mark[column[i]];

		lines[i] = break_heading(t->d, t->heading[column[i]], w[i].all, line[i]);
		if (*mark && lines[i] < HEADING_LINES)
			line[i][lines[i]++] = mark;
		most = lines[i] > most ? lines[i] : most;
	}
	for (int y = 0; y < most; y++) {
		int from_end = most - y;

		add_right(out, from_end <= 2 ? t->corner[2 - from_end] : "", label);
		for (int i = 0; i < n; i++) {
			add_right(out, "", GAP);
			add_right(out, from_end <= lines[i] ? line[i][lines[i] - from_end] : "",
				  w[i].all);
		}
		trim_line(out);
	}
}

static void print_cell(struct strbuf *out, const struct table_cell *c,
		       const struct widths *w)
{
	size_t used = w->value + (w->half ? 4 + w->half : 0) +
		      (w->change ? GAP + w->change : 0);

	add_right(out, "", GAP + w->all - used);
	add_right(out, c->value, w->value);
	if (w->half) {
		/* "never (10 of 10)", "7 (n=1)": a note, not a half width. */
		sb_adds(out, !*c->half ? "    " : *c->half == '(' ? " " : " +- ");
		sb_adds(out, c->half);
		add_right(out, "", w->half - strlen(c->half) + (*c->half == '(' ? 3 : 0));
	}
	if (w->change) {
		add_right(out, "", GAP);
		add_right(out, c->change, w->change);
	}
}

void table_print(const struct table *t, struct strbuf *out, size_t width, int max_columns)
{
	size_t label = larger(strlen(t->corner[0]), strlen(t->corner[1]));
	int next = !t->no_repeat, first = 1;

	for (int r = 0; r < t->n_rows; r++)
		label = larger(label, strlen(t->label[r]));
	while (t->n_columns && (next < t->n_columns || first)) {
		int column[16] = { 0 }, n = 0;
		struct widths w[16];
		size_t used = label;

		if (!t->no_repeat) {
			w[n++] = column_widths(t, 0);
			used += GAP + w[0].all;
		}
		while (next < t->n_columns && n < max_columns && n < 16) {
			w[n] = column_widths(t, next);
			/* One column beside the baseline always goes in. */
			if (n > !t->no_repeat && used + GAP + w[n].all > width)
				break;
			used += GAP + w[n].all;
			column[n++] = next++;
		}
		if (!first)
			sb_addc(out, '\n');
		first = 0;
		print_headings(t, out, label, column, w, n);
		for (int r = 0; r < t->n_rows; r++) {
			add_right(out, "", t->no_repeat ? 0 : label - strlen(t->label[r]));
			sb_adds(out, t->label[r]);
			add_right(out, "", t->no_repeat ? label - strlen(t->label[r]) : 0);
			for (int i = 0; i < n; i++)
				print_cell(out, &t->cell[r * t->n_columns + column[i]], &w[i]);
			trim_line(out);
		}
	}
}
