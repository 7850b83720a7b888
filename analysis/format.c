/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Numbers and user texts; see format.h. */
#include "analysis/format.h"

#include <math.h>
#include <string.h>

struct scale scale_for(const char *unit, double least, double most)
{
	static const struct { const char *from; struct scale to[4]; } table[] = {
		{ "ns", { { 1, "ns" }, { 1e3, "us" }, { 1e6, "ms" }, { 1e9, "s" } } },
		{ "B", { { 1, "B" }, { 1024, "KiB" }, { 1048576, "MiB" },
			 { 1073741824, "GiB" } } },
	};
	struct scale s = { 1, unit };

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (strcmp(unit, table[i].from))
			continue;
		s = table[i].to[0];
		for (int k = 1; k < 4; k++) {
			double f = table[i].to[k].factor;

			/* Small values stay above 1, large ones below 100,000. */
			if (least >= f || most / s.factor >= 1e5)
				s = table[i].to[k];
		}
	}
	return s;
}

struct scale scale_for_grid(const struct grid *g)
{
	double least = NAN, most = NAN;

	for (int i = 0; i < g->n_rows * g->l->n_series; i++) {
		double v = fabs(g->cell[i].mean);

		if (!(v > 0))
			continue;
		least = v < least || isnan(least) ? v : least;
		most = v > most || isnan(most) ? v : most;
	}
	return scale_for(g->m->unit, least, most);
}

int decimals_for(double mean, double half)
{
	int size = mean != 0 ? (int)floor(log10(fabs(mean))) : 0;
	int decimals, top = 4 - size;

	if (isnan(half) || half <= 0) {
		if (mean == rint(mean))
			return 0;
		decimals = 3 - size;
	} else {
		int place = (int)floor(log10(half));

		decimals = -place + (half / pow(10, place) < 2);
	}
	if (top < 0)
		top = 0;
	if (decimals > top)
		decimals = top;
	return decimals < 0 ? 0 : decimals > 4 ? 4 : decimals;
}

const char *format_mean(struct database *d, const struct cell *c,
			const struct metric *m, double factor)
{
	if (isnan(c->mean) && c->early)
		return "ended";
	if (isnan(c->mean))
		return c->recorded && !strcmp(m->kind, "tally") ? "never" : "-";
	return text_of(d, "%.*f", decimals_for(c->mean / factor, c->half / factor),
		       c->mean / factor);
}

const char *format_half(struct database *d, const struct cell *c, double factor)
{
	const char *partial = c->n < c->runs ? text_of(d, " (%d/%d)", c->n, c->runs) : "";

	if (isnan(c->mean))
		return c->recorded ? text_of(d, "(%d of %d)", c->runs, c->runs) : "";
	if (isnan(c->half))
		return text_of(d, "(n=%d)", c->n);
	return text_of(d, "%.*f%s", decimals_for(c->mean / factor, c->half / factor),
		       c->half / factor, partial);
}

const char *format_share(struct database *d, double share)
{
	if (share >= 9)
		return text_of(d, share >= 99 ? "x%.0f" : "x%.1f", 1 + share);
	/* Margins of 0.1% want to be told from 0. */
	return text_of(d, fabs(share) < 0.0005 && share != 0 ? "%+.3f%%" : "%+.1f%%", 100 * share);
}

const char *format_change(struct database *d, const struct cell *c, double factor)
{
	if (c->kind == CHANGE_NONE)
		return "";
	if (c->open)
		return "#";
	if (c->identical)
		return "=";
	if (c->pairs < FEWEST_PAIRS || isnan(c->change_lo))
		return "?";
	if (!c->significant)
		return "~";
	if (c->kind == CHANGE_RELATIVE)
		return format_share(d, c->change);
	return text_of(d, "%+.*f", decimals_for(c->change / factor,
						(c->change_hi - c->change_lo) / 2 / factor),
		       c->change / factor);
}

const char *format_number(struct database *d, double v)
{
	if (isnan(v))
		return "-";
	if (v != 0 && (fabs(v) >= 1e7 || fabs(v) < 1e-3))
		return text_of(d, "%.3g", v);
	return text_of(d, "%.*f", decimals_for(v, NAN), v);
}

const char *text_ascii(struct database *d, const char *s)
{
	struct strbuf *b = &d->scratch;
	int blank = 0;

	sb_reset(b);
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c <= ' ' || c == 0x7f) {
			blank = 1;
			continue;
		}
		/* A continuation byte belongs to the sign before it. */
		if ((c & 0xc0) == 0x80)
			continue;
		if (blank && b->len)
			sb_addc(b, ' ');
		blank = 0;
		sb_addc(b, c < 0x80 ? (char)c : '?');
	}
	return arena_strdup(&d->arena, b->s);
}

const char *text_markdown(struct database *d, const char *s)
{
	struct strbuf *b = &d->scratch;
	int blank = 0;

	sb_reset(b);
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c <= ' ' || c == 0x7f) {
			blank = 1;
			continue;
		}
		if (blank && b->len)
			sb_addc(b, ' ');
		blank = 0;
		if (c == '<')
			sb_adds(b, "&lt;");
		else if (c == '>')
			sb_adds(b, "&gt;");
		else if (c == '&')
			sb_adds(b, "&amp;");
		else if (c == '|')
			sb_adds(b, "&#124;");
		else if (strchr("\\`*_{}[]()#!~$", c))
			sb_addf(b, "\\%c", c);
		else
			sb_addc(b, (char)c);
	}
	return arena_strdup(&d->arena, b->s);
}

const char *text_csv(struct database *d, const char *s)
{
	struct strbuf *b = &d->scratch;

	/* A leading = + - @ would be a formula in a spreadsheet. */
	if (!strpbrk(s, ",\"\r\n") && !(*s && strchr("=+-@\t", *s)))
		return s;
	sb_reset(b);
	sb_addc(b, '"');
	if (*s && strchr("=+-@\t", *s) && s[1])
		sb_addc(b, '\'');
	for (; *s; s++) {
		if (*s == '"')
			sb_addc(b, '"');
		sb_addc(b, *s);
	}
	sb_addc(b, '"');
	return arena_strdup(&d->arena, b->s);
}

/* In single quotes gnuplot expands nothing; a quote is written twice. */
static const char *quote_gnuplot(struct database *d, const char *before, const char *s)
{
	struct strbuf *b = &d->scratch;

	sb_reset(b);
	sb_addc(b, '\'');
	sb_adds(b, before);
	for (; *s; s++) {
		if (*s == '\'')
			sb_addc(b, '\'');
		sb_addc(b, *s);
	}
	sb_addc(b, '\'');
	return arena_strdup(&d->arena, b->s);
}

const char *text_gnuplot(struct database *d, const char *s)
{
	return quote_gnuplot(d, "", text_ascii(d, s));
}

/* A leading | or < would be a command, a leading $ a block of data. */
const char *file_gnuplot(struct database *d, const char *name)
{
	return quote_gnuplot(d, "./", name);
}

const char *text_file(struct database *d, const char *s)
{
	char *name = arena_strdup(&d->arena, *s ? s : "unnamed");

	for (char *p = name; *p; p++) {
		if (!strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-", *p))
			*p = '_';
	}
	if (*name == '.' || *name == '-')
		*name = '_';
	if (strlen(name) > 80)
		name[80] = '\0';
	return name;
}

void wrap_text(struct strbuf *out, const char *s, const char *first,
	       const char *rest, size_t width)
{
	size_t column = strlen(first);
	int at_start = 1;

	sb_adds(out, first);
	while (*s) {
		size_t word = strcspn(s, " ");

		if (!at_start && column + 1 + word > width) {
			sb_addc(out, '\n');
			sb_adds(out, rest);
			column = strlen(rest);
			at_start = 1;
		}
		if (!at_start) {
			sb_addc(out, ' ');
			column++;
		}
		/* A word longer than a line is cut, never left to overflow. */
		while (column + word > width && word) {
			size_t room = column < width ? width - column : 1;

			sb_addmem(out, s, room);
			sb_addc(out, '\n');
			sb_adds(out, rest);
			column = strlen(rest);
			s += room;
			word -= room;
		}
		sb_addmem(out, s, word);
		column += word;
		at_start = 0;
		s += word;
		s += *s == ' ';
	}
	sb_addc(out, '\n');
}

const char *better_text(const struct metric *m)
{
	if (!strcmp(m->better, "lower"))
		return "lower is better";
	if (!strcmp(m->better, "higher"))
		return "higher is better";
	return "neither way is better";
}
