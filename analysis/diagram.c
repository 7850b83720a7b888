/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The column diagram of a violation, in the form of kernel mails: one column
 * per CPU, time running down, each step in the column of the CPU that made it.
 *
 *     ns        CPU 0                     CPU 1
 *      0.0      vmm: ptep_clear 17
 *    120.5                                vcpu0: installs spte 17
 *
 * Steps are JSON [{"t": ps, "cpu", "who", "what"}...] in time order; "who" is
 * printed where it changes on a CPU.  Where more CPUs took part than columns
 * fit, those with most steps are shown and the others are named.
 */
#include <math.h>
#include <string.h>

#include "analysis/format.h"
#include "analysis/report_int.h"

#define TIME_WIDTH	11
#define NARROWEST	15	/* of a CPU's column, gap included */
#define MAX_CPUS	4096
#define MAX_COLUMNS	8

struct step { int64_t t; int cpu; const char *who, *what; };

struct columns {
	int n, left_out;
	int cpu[MAX_COLUMNS];
	const char *who[MAX_COLUMNS];
	size_t width;
};

static struct step *read_steps(struct database *d, const char *json, int *n)
{
	int64_t room = database_integer(d, "SELECT json_array_length(?)", "s", json);
	struct step *s = arena_alloc(&d->arena, sizeof(*s) * (size_t)(room + 1));
	sqlite3_stmt *q = database_query(d, "SELECT json_extract(value, '$.t'), "
		"json_extract(value, '$.cpu'), json_extract(value, '$.who'), "
		"json_extract(value, '$.what') FROM json_each(?) "
		"ORDER BY json_extract(value, '$.t'), key", "s", json);

	*n = 0;
	while (database_step(d, q) && *n < room) {
		s[*n].t = sqlite3_column_int64(q, 0);
		s[*n].cpu = sqlite3_column_int(q, 1);
		s[*n].who = text_ascii(d, column_text(d, q, 2));
		s[(*n)++].what = text_ascii(d, column_text(d, q, 3));
	}
	database_done(d, q);
	return s;
}

/* The CPUs with most steps, in the order of their numbers. */
static struct columns choose_columns(struct database *d, const struct step *s, int n,
				     size_t width)
{
	int *count = arena_alloc(&d->arena, MAX_CPUS * sizeof(*count));
	struct columns c = { 0 };
	int room = (int)((width - TIME_WIDTH) / NARROWEST), cpus = 0;

	for (int i = 0; i < n; i++) {
		if (s[i].cpu >= 0 && s[i].cpu < MAX_CPUS && !count[s[i].cpu]++)
			cpus++;
	}
	if (room > MAX_COLUMNS)
		room = MAX_COLUMNS;
	while (c.n < room && c.n < cpus) {
		int best = -1;

		for (int k = 0; k < MAX_CPUS; k++) {
			if (count[k] > 0 && (best < 0 || count[k] > count[best]))
				best = k;
		}
		count[best] = -1;
		c.n++;
	}
	for (int k = 0, at = 0; k < MAX_CPUS; k++) {
		if (count[k] < 0)
			c.cpu[at++] = k;
	}
	c.left_out = cpus - c.n;
	c.width = c.n ? (width - TIME_WIDTH) / (size_t)c.n : 0;
	return c;
}

static int column_of(const struct columns *c, int cpu)
{
	for (int i = 0; i < c->n; i++) {
		if (c->cpu[i] == cpu)
			return i;
	}
	return -1;
}

static void end_line(struct strbuf *out)
{
	while (out->len && out->s[out->len - 1] == ' ')
		out->s[--out->len] = '\0';
	sb_addc(out, '\n');
}

/* Break before a blank, else behind the last '_' or ':', else anywhere. */
static size_t cut_at(const char *text, size_t width)
{
	size_t cut = width;

	while (cut > 1 && text[cut] != ' ')
		cut--;
	if (cut > 1)
		return cut;
	for (cut = width; cut > width / 2; cut--) {
		if (text[cut - 1] == '_' || text[cut - 1] == ':')
			return cut;
	}
	return width;
}

/* One step, wrapped inside its column. */
static void print_step(struct strbuf *out, const struct columns *c, int at,
		       const char *time, const char *text)
{
	size_t indent = TIME_WIDTH + (size_t)at * c->width, width = c->width - 2;
	int first = 1;

	while (*text || first) {
		size_t take = strlen(text), from = indent;

		if (!first) {
			from += 2;
			width = c->width - 4;
		}
		if (take > width) {
			take = cut_at(text, width);
		}
		sb_addf(out, "%*s", (int)TIME_WIDTH - 2, first ? time : "");
		sb_pad(out, from);
		sb_addmem(out, text, take);
		end_line(out);
		text += take;
		while (*text == ' ')
			text++;
		first = 0;
	}
}

void column_diagram(struct database *d, const char *json, size_t width,
		    int max_steps, struct strbuf *out)
{
	struct columns c;
	struct step *s;
	int n, from = 0;

	s = read_steps(d, json, &n);
	if (!n) {
		sb_adds(out, "(no steps were recorded)\n");
		return;
	}
	if (max_steps > 0 && n > max_steps)
		from = n - max_steps;
	c = choose_columns(d, s + from, n - from, width);
	sb_addf(out, "%*s", (int)TIME_WIDTH - 2, "ns");
	for (int i = 0; i < c.n; i++) {
		sb_pad(out, TIME_WIDTH + (size_t)i * c.width);
		sb_addf(out, "CPU %d", c.cpu[i]);
	}
	end_line(out);
	for (int i = from; i < n; i++) {
		int at = column_of(&c, s[i].cpu);
		const char *text = s[i].what;

		if (at < 0)
			continue;
		if (*s[i].who && (!c.who[at] || strcmp(c.who[at], s[i].who)))
			text = text_of(d, "%s: %s", s[i].who, text);
		c.who[at] = s[i].who;
		print_step(out, &c, at, text_of(d, "%.1f", (double)(s[i].t - s[from].t) / 1e3), text);
	}
	if (from)
		sb_addf(out, "(%d earlier steps left out)\n", from);
	if (c.left_out)
		sb_addf(out, "(%d more CPUs took part)\n", c.left_out);
}
