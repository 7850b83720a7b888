/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Plots: a gnuplot script beside its data file, then gnuplot itself.
 *
 * The data file holds true values; the script sets the points of the series a
 * few per cent apart on a logarithmic x axis so that they do not hide each
 * other.  Colours are those of Okabe and Ito (without the yellow, unreadable
 * on white); each series also has a point and a dash of its own, so a plot
 * survives a monochrome print.  Zeros on a logarithmic axis are drawn on its
 * lower edge, which is then labelled 0, below a dashed line that breaks the axis.
 *
 * User texts enter scripts only through text_gnuplot(), names of files through
 * file_gnuplot(): single quotes, in which gnuplot expands nothing.  gnuplot is
 * started without a shell.
 */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "analysis/format.h"
#include "analysis/report_int.h"

/* Open symbols of several sizes: designs that coincide show through. */
static const struct { const char *colour; int point, dash; double size; } style[] = {
	{ "#000000", 7, 1, 0.9 }, { "#0072B2", 4, 2, 1.1 }, { "#D55E00", 8, 3, 1.2 },
	{ "#009E73", 10, 4, 1.3 }, { "#CC79A7", 6, 1, 1.9 }, { "#E69F00", 12, 2, 1.7 },
	{ "#56B4E9", 2, 3, 1.2 }, { "#666666", 1, 4, 1.6 },
};
#define NR_STYLES	((int)(sizeof(style) / sizeof(style[0])))

struct extent {
	double x_least, x_most;		/* positive ones */
	double y_least, y_most;		/* positive means */
	double y_top;			/* of the error bars */
	int x_zero, y_zero, x_number;
	int log_x, log_y;
};

static double x_of(const struct grid *g, int row)
{
	const struct axis *a;
	char unit;
	double v;

	if (g->by < 0)
		return 0;
	a = g->l->axis[g->by].value[g->row[row]];
	/* The number that the label shows ("64" of "64pages") where there is one. */
	if (sscanf(a->value, "%lf%c", &v, &unit) >= 1)
		return v;
	return a->number;
}

/* All labels must count in one unit, else places are 1, 2, 3... */
static int x_is_number(const struct grid *g)
{
	const char *unit, *first = NULL;

	for (int r = 0; r < g->n_rows; r++) {
		if (g->by < 0 || isnan(x_of(g, r)))
			return 0;
		axis_label(g->l->s->d, &g->l->axis[g->by], g->row[r], &unit);
		if (first && strcmp(first, unit))
			return 0;
		first = unit;
		if (!*unit && x_of(g, r) != g->l->axis[g->by].value[g->row[r]]->number)
			return 0;
	}
	return g->n_rows > 0;
}

static void widen(double v, double *least, double *most)
{
	if (isnan(*least) || v < *least)
		*least = v;
	if (isnan(*most) || v > *most)
		*most = v;
}

static struct extent extent_of(const struct grid *g)
{
	struct extent e = { NAN, NAN, NAN, NAN, 0, 0, 0, x_is_number(g), 0, 0 };

	for (int r = 0; r < g->n_rows; r++) {
		double x = e.x_number ? x_of(g, r) : r + 1;

		if (x > 0)
			widen(x, &e.x_least, &e.x_most);
		else
			e.x_zero = 1;
		for (int k = 0; k < g->l->n_series; k++) {
			double y = grid_cell(g, r, k)->mean;

			if (y > 0)
				widen(y, &e.y_least, &e.y_most);
			else if (!isnan(y))
				e.y_zero = 1;
			e.y_top = fmax(e.y_top, fmax(y, grid_cell(g, r, k)->hi));
		}
	}
	e.log_x = e.x_number && !e.x_zero && e.x_most / e.x_least >= 10;
	e.log_y = e.y_most / e.y_least >= 20;
	return e;
}

static double floor_of(const struct extent *e, double factor)
{
	return pow(10, floor(log10(e->y_least / factor)) - (e->y_zero ? 1 : 0));
}

/* One block per series, in the order of the script. */
static void write_data(struct report *r, const struct grid *g, const struct extent *e,
		       double factor, struct strbuf *out)
{
	struct database *d = r->d;
	double least = e->log_y ? floor_of(e, factor) : -INFINITY;

	sb_addf(out, "# %s\n# x value low high (95%%) n configuration\n",
		text_ascii(d, plot_title(g)));
	for (int k = 0; k < g->l->n_series; k++) {
		sb_addf(out, "# %s\n", text_ascii(d, g->l->series[k].name));
		for (int row = 0; row < g->n_rows; row++) {
			const struct cell *c = grid_cell(g, row, k);
			double y = c->mean / factor, lo = c->lo / factor, hi = c->hi / factor;

			if (isnan(y)) {
				sb_addf(out, "%g NaN NaN NaN 0 -\n",
					e->x_number ? x_of(g, row) : row + 1);
				continue;
			}
			/* A bar that reaches below a log axis ends at its edge. */
			if (isnan(lo))
				lo = hi = y;
			sb_addf(out, "%g %.9g %.9g %.9g %d %lld\n",
				e->x_number ? x_of(g, row) : row + 1, fmax(y, least),
				fmax(lo, least), fmax(hi, least), c->n,
				(long long)g->l->s->config[c->config].id);
		}
		sb_adds(out, "\n\n");
	}
}

const char *plot_title(const struct grid *g)
{
	struct database *d = g->l->s->d;
	const char *fixed = layout_fixed_text(g->l, g->at, g->by);

	return text_of(d, "%s: %s%s%s", g->l->s->name, g->m->title, *fixed ? ", " : "", fixed);
}

static const char *y_label(const struct grid *g, const struct scale *scale)
{
	return text_of(g->l->s->d, "%s [%s], %s", g->m->title, scale->unit, better_text(g->m));
}

/* A tic at each value; a label where it does not run into the one before. */
static void write_tics(struct database *d, const struct grid *g, const struct extent *e,
		       struct strbuf *out)
{
	double last = -INFINITY, span = e->x_most - e->x_least;
	const char *unit;

	sb_adds(out, "set xtics (");
	for (int row = 0; row < g->n_rows; row++) {
		double x = e->x_number ? x_of(g, row) : row + 1;
		double place = e->log_x ? log(x / e->x_least) / log(e->x_most / e->x_least) :
			       span > 0 ? x / span : 0;
		int room = g->by >= 0 && (!e->x_number || place - last >= 0.05);

		sb_addf(out, "%s%s %g", row ? ", " : "",
			room ? text_gnuplot(d, axis_label(d, &g->l->axis[g->by], g->row[row],
							  &unit)) : "''", x);
		last = room ? place : last;
	}
	sb_addf(out, ")%s\n", e->x_number ? "" : " rotate by -30");
}

static void write_axes(struct report *r, const struct grid *g, const struct extent *e,
		       const struct scale *scale, struct strbuf *out)
{
	struct database *d = r->d;
	const char *unit = "", *name = "";

	if (g->by >= 0) {
		const struct common_axis *a = &g->l->axis[g->by];

		axis_label(d, a, 0, &unit);
		name = *unit ? text_of(d, "%s [%s]", a->name, unit) : a->name;
	}
	sb_addf(out, "set xlabel %s\n", text_gnuplot(d, name));
	sb_addf(out, "set ylabel %s\n", text_gnuplot(d, y_label(g, scale)));
	if (e->log_x)
		sb_adds(out, "set logscale x 10\n");
	write_tics(d, g, e, out);
	if (e->log_x)
		sb_addf(out, "set xrange [%g:%g]\n", e->x_least / 1.3, e->x_most * 1.3);
	else if (!e->x_number)
		sb_addf(out, "set xrange [0.5:%g]\n", g->n_rows + 0.5);
	else
		sb_adds(out, "set offsets graph 0.05, graph 0.05, 0, 0\n");
	if (!e->log_y) {
		sb_adds(out, "set yrange [0:*]\n");
		return;
	}
	sb_adds(out, "set logscale y 10\nset format y '%g'\n");
	sb_addf(out, "set yrange [%g:%.3g]\n", floor_of(e, scale->factor),
		e->y_top / scale->factor * 1.5);
	if (e->y_zero) {
		double zero = floor_of(e, scale->factor), cut = zero * sqrt(10);

		/* No minor tics: below the line there is no decade to divide. */
		sb_addf(out, "set ytics add ('0' %g)\nset mytics 1\n", zero);
		sb_addf(out, "set arrow from graph 0, first %g to graph 1, first %g nohead "
			"dashtype 2 linecolor rgb '#888888'\n", cut, cut);
		sb_addf(out, "set label 'axis break: below is 0' at graph 0.99, first %g right "
			"offset 0, -0.6 textcolor rgb '#888888'\n", cut);
	}
}

/* A curve that is not there needs a word, or it looks like an omission. */
static const char *series_note(const struct grid *g, int k)
{
	const char *note = "";

	for (int r = 0; r < g->n_rows; r++) {
		const struct cell *c = grid_cell(g, r, k);

		if (!isnan(c->mean))
			return "";
		if (!strcmp(format_mean(g->l->s->d, c, g->m, 1), "never"))
			note = " (never)";
	}
	return *note ? note : " (no data)";
}

static void one_series(struct database *d, const struct grid *g, const struct extent *e,
		       int k, int dumb, struct strbuf *out)
{
	const struct series *s = &g->l->series[k];
	int n = g->l->n_series;
	double aside = k - (n - 1) / 2.0;
	const char *x = e->log_x ? text_of(d, "($1*%.4f)", pow(1.02, aside)) :
			e->x_number ? "1" : text_of(d, "($1%+.3f)", 0.05 * aside);

	if (dumb)
		sb_addf(out, "  data index %d using 1:2 with points pointtype %d", k, k + 1);
	else
		/* Bars first and solid: dots of a dashed bar say nothing. */
		sb_addf(out, "  data index %d using %s:2:3:4 with yerrorbars linecolor rgb '%s' "
			"pointtype 0 linewidth 1 notitle, \\\n"
			"  data index %d using %s:2 with linespoints linecolor rgb '%s' "
			"pointtype %d dashtype %d linewidth 1.5 pointsize %.1f", k, x,
			style[k % NR_STYLES].colour, k, x, style[k % NR_STYLES].colour,
			style[k % NR_STYLES].point, style[k % NR_STYLES].dash,
			style[k % NR_STYLES].size);
	sb_addf(out, " title %s%s\n",
		text_gnuplot(d, text_of(d, "%s%s%s%s", s->name, *s->unsafe ? " UNSAFE " : "",
					s->unsafe, series_note(g, k))), k < n - 1 ? ", \\" : "");
}

static void write_series(struct report *r, const struct grid *g, const struct extent *e,
			 const char *data, struct strbuf *out)
{
	struct database *d = r->d;
	int n = g->l->n_series;

	sb_addf(out, "data = %s\n", file_gnuplot(d, data));
	for (int dumb = 1; dumb >= 0; dumb--) {
		sb_addf(out, "if (term %s 'dumb') plot \\\n", dumb ? "eq" : "ne");
		for (int k = 0; k < n; k++)
			one_series(d, g, e, k, dumb, out);
	}
}

static void write_script(struct report *r, const struct grid *g, const struct extent *e,
			 const struct scale *scale, const char *base, const char *title,
			 const char *term, struct strbuf *out)
{
	struct database *d = r->d;
	const char *file = strrchr(base, '/') ? strrchr(base, '/') + 1 : base;

	sb_addf(out, "# gnuplot -c %s.gp [png|svg|dumb]; values, 95%% intervals: %s.dat\n"
		"term = ARGC > 0 ? ARG1 : '%s'\n", text_ascii(d, file), text_ascii(d, file), term);
	sb_addf(out, "if (term eq 'png') { set terminal pngcairo noenhanced size 900,600 "
		"font 'sans,11'; set output %s }\n", file_gnuplot(d, text_of(d, "%s.png", file)));
	sb_addf(out, "if (term eq 'svg') { set terminal svg noenhanced size 900,600 "
		"font 'sans,13' background '#ffffff'; set output %s }\n",
		file_gnuplot(d, text_of(d, "%s.svg", file)));
	sb_addf(out, "if (term eq 'dumb') { set terminal dumb noenhanced size 72,26 mono; "
		"set output %s }\n", file_gnuplot(d, text_of(d, "%s.txt", file)));
	sb_addf(out, "set title %s\n", text_gnuplot(d, title));
	sb_adds(out, "set grid back linetype 1 linecolor rgb '#cccccc' linewidth 0.5\n"
		"set border 3\nset tics nomirror\n");
	sb_adds(out, "set key outside bottom center horizontal Left reverse maxcols 3\n");
	sb_addf(out, "set bmargin %d\n", 5 + (g->l->n_series + 2) / 3);
	write_axes(r, g, e, scale, out);
	/* Letters instead of lines: 72 columns hold no more. */
	sb_addf(out, "if (term eq 'dumb') { set key below; unset grid; unset ylabel; set bmargin -1; "
		"set title %s.\"\\n\".%s }\n",
		text_gnuplot(d, title), text_gnuplot(d, y_label(g, scale)));
	write_series(r, g, e, text_of(d, "%s.dat", file), out);
}

/* Does the file hold just this? */
static int file_holds(const char *path, const struct strbuf *text)
{
	FILE *f = fopen(path, "re");
	size_t at = 0, n;
	char block[4096];

	if (!f)
		return 0;
	while ((n = fread(block, 1, sizeof(block), f)) && at + n <= text->len &&
	       !memcmp(text->s + at, block, n))
		at += n;
	fclose(f);
	return !n && at == text->len;
}

/* *@same is cleared unless the file was so before. */
static int write_file(const char *path, const struct strbuf *text, int *same, struct err *e)
{
	FILE *f;

	if (file_holds(path, text))
		return 0;
	*same = 0;
	f = fopen(path, "we");
	if (!f)
		return err_set(e, EX_ENVIRONMENT, "%s: %s", path, strerror(errno));
	if (fwrite(text->s, 1, text->len, f) != text->len || fflush(f)) {
		err_set(e, EX_ENVIRONMENT, "%s: %s", path, strerror(errno));
		fclose(f);
		return e->code;
	}
	if (fclose(f))
		return err_set(e, EX_ENVIRONMENT, "%s: %s", path, strerror(errno));
	return 0;
}

/* Names of what the terminals make. */
static const char *picture(struct database *d, const char *base, const char *term)
{
	return text_of(d, "%s.%s", base, strcmp(term, "dumb") ? term : "txt");
}

static int pictures_exist(struct database *d, const char *base, const char *const *terms, int n)
{
	for (int i = 0; i < n; i++) {
		struct stat st;

		if (stat(picture(d, base, terms[i]), &st) || !st.st_size)
			return 0;
	}
	return 1;
}

/*
 * The script once per terminal, in one gnuplot, in the directory of @base.
 * -1: gnuplot is not installed.
 */
static int run_gnuplot(struct database *d, const char *base, const char *const *terms, int n)
{
	const char *slash = strrchr(base, '/'), *commands = "";
	const char *directory = !slash ? "." : slash == base ? "/" :
				text_of(d, "%.*s", (int)(slash - base), base);
	const char *script = text_of(d, "%s.gp", slash ? slash + 1 : base);
	int status, quiet;
	pid_t pid;

	for (int i = 0; i < n; i++)
		commands = text_of(d, "%sreset; call %s '%s'; unset output; ", commands,
				   file_gnuplot(d, script), terms[i]);
	pid = fork();
	if (!pid) {
		quiet = open("/dev/null", O_RDWR);
		if (quiet < 0 || dup2(quiet, 0) < 0 || dup2(quiet, 1) < 0 || dup2(quiet, 2) < 0 ||
		    chdir(directory))
			_exit(126);
		unsetenv("GNUPLOT_LIB");
		execlp("gnuplot", "gnuplot", "-d", "-e", commands, (char *)NULL);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return 1;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		return -1;
	return !WIFEXITED(status) || WEXITSTATUS(status) != 0;
}

int plot_grid(struct report *r, const struct grid *g, const char *base, const char *title,
	      const char *const *terms, int n_terms, struct err *e)
{
	struct extent extent = extent_of(g);
	struct scale scale = scale_for_grid(g);
	struct strbuf text;
	int code, same = 1;

	if (strpbrk(base, "\r\n"))
		return err_set(e, EX_CONFIG, "a plot's file name may not hold a line break");
	sb_init(&text);
	write_data(r, g, &extent, scale.factor, &text);
	code = write_file(text_of(r->d, "%s.dat", base), &text, &same, e);
	sb_reset(&text);
	if (!code) {
		write_script(r, g, &extent, &scale, base, title, terms[0], &text);
		code = text.failed ? err_set(e, EX_ENVIRONMENT, "out of memory") :
		       write_file(text_of(r->d, "%s.gp", base), &text, &same, e);
	}
	sb_free(&text);
	/* The same script on the same data makes the same pictures. */
	if (!code && !(same && pictures_exist(r->d, base, terms, n_terms))) {
		int failed = run_gnuplot(r->d, base, terms, n_terms);

		for (int i = 0; failed && i < n_terms; i++)
			unlink(picture(r->d, base, terms[i]));

		if (failed)
			code = err_set(e, EX_ENVIRONMENT, failed < 0 ?
				       "gnuplot is not installed; script and data: %s.gp, %s.dat" :
				       "gnuplot failed on %s.gp (data: %s.dat)", base, base);
	}
	return code;
}
