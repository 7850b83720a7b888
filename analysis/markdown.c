/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The Markdown report: everything, each figure linked to the configuration
 * and runs that it comes from.  Tables of the reference point stand open, the
 * other points are folded.  Plots are shown if they lie beside the report.
 */
#include <math.h>
#include <string.h>

#include "analysis/format.h"
#include "analysis/report_int.h"
#include "analysis/sensitivity.h"

#define MANY_LABELS	16
#define DIAGRAM_WIDTH	100

static const char *anchor(struct report *r, const struct dataset *s, int config)
{
	int study = 0;

	while (r->study[study] != s)
		study++;
	return text_of(r->d, "c%d-%d", study + 1, config + 1);
}

static void verdict_table(struct report *r, struct verdict **v, int n, struct strbuf *out)
{
	struct database *d = r->d;

	for (int i = 0; i < n; i++) {
		const struct claim *c = v[i]->claim;
		const struct verdict_point *p = v[i]->nearest >= 0 ?
						&v[i]->point[v[i]->nearest] : NULL;
		int good = v[i]->answer == SUPPORTED || v[i]->answer == HOLDS;
		const char *so = good ? c->if_supported :
				 v[i]->answer == REFUTED || v[i]->answer == FAILS ?
				 c->if_refuted : NULL;

		const char *space = v[i]->sensitivity ? sensitivity_text(d, v[i]->sensitivity) : "";

		sb_addf(out, "| %s | **%s** | %s%s%s%s%s%s%s%s%s | %s | %s | %d |\n",
			text_markdown(d, c->id), text_markdown(d, verdict_word(d, v[i])),
			text_markdown(d, c->statement),
			*v[i]->boundary ? "<br>Boundary: " : "",
			text_markdown(d, v[i]->boundary), *v[i]->reason ? "<br>Because: " : "",
			text_markdown(d, v[i]->reason), *space ? "<br>Cost space: " : "",
			text_markdown(d, space), so ? "<br>So: " : "",
			so ? text_markdown(d, so) : "",
			p && v[i]->m && c->rule != RULE_COUNT ?
			text_markdown(d, text_of(d, "%s (at %s; margin %s)", effect_text(d, v[i], p),
						 point_axes(v[i], p), margin_text(d, c))) : "",
			c->source ? text_markdown(d, c->source) : "", v[i]->n);
		verdict_table(r, v[i]->part, v[i]->n_parts, out);
	}
}

static void point_table(struct report *r, struct verdict **v, int n, struct strbuf *out)
{
	struct database *d = r->d;

	for (int i = 0; i < n; i++) {
		for (int k = 0; k < v[i]->n_points; k++) {
			const struct verdict_point *p = &v[i]->point[k];

			sb_addf(out, "| %s | %s | %s | %s | %d | [%s](#%s)%s%s |\n",
				text_markdown(d, v[i]->claim->id),
				text_markdown(d, point_axes(v[i], p)), answer_name(p->answer),
				text_markdown(d, effect_text(d, v[i], p)), p->n,
				text_markdown(d, p->s->config[p->b].design),
				anchor(r, p->s, p->b), p->a < 0 ? "" :
				text_of(d, " against [%s](#%s)",
					text_markdown(d, p->s->config[p->a].design),
					anchor(r, p->s, p->a)), *p->note ?
				text_of(d, ", %s", text_markdown(d, p->note)) : "");
		}
		point_table(r, v[i]->part, v[i]->n_parts, out);
	}
}

static void verdicts(struct report *r)
{
	struct strbuf *out = &r->d->text;

	if (!r->n_verdicts)
		return;
	sb_adds(out, "## Verdicts\n\nLevel 95%, Holm's adjustment over all points of all claims "
		"below; effects with their own 95% intervals, told at the point nearest to the "
		"margin.\n\n| claim | verdict | statement | effect | source | n |\n"
		"|---|---|---|---|---|---|\n");
	verdict_table(r, r->verdict, r->n_verdicts, out);
	sb_adds(out, "\n<details><summary>Every point of every claim</summary>\n\n"
		"| claim | point | verdict | effect | n | runs |\n|---|---|---|---|---|---|\n");
	point_table(r, r->verdict, r->n_verdicts, out);
	sb_adds(out, "\n</details>\n\n");
}

/* The answers, each with its plot and its table. */
static void questions(struct report *r)
{
	struct database *d = r->d;
	struct strbuf *out = &d->text;

	if (r->n_questions)
		sb_adds(out, "## Questions\n\n| question | verdict | answer | effect | n |\n"
			"|---|---|---|---|---:|\n");
	for (int i = 0; i < r->n_questions; i++) {
		const struct question *q = r->question[i];

		sb_addf(out, "| %s | **%s** | %s | %s%s%s | %d |\n", text_markdown(d, q->text),
			text_markdown(d, q->word), text_markdown(d, q->told),
			q->v && *q->effect && *q->v->title ? text_markdown(d, q->v->title) : "",
			*q->effect && *q->v->title ? ": " : "", text_markdown(d, q->effect), q->v ? q->v->n : 0);
	}
	if (r->n_questions)
		sb_addc(out, '\n');
	for (int i = 0; i < r->n_questions; i++) {
		const struct question *q = r->question[i];
		const char *file = text_file(d, q->id);

		sb_addf(out, "### %s: %s\n\n**%s**%s%s\n\n", text_markdown(d, q->id),
			text_markdown(d, q->text), text_markdown(d, q->word), *q->told ? ": " : "",
			text_markdown(d, q->told));
		sb_addf(out, "%s.\n\n", text_markdown(d, q->mechanism));
		if (*q->missing)
			sb_addf(out, "No data for %s.\n\n", text_markdown(d, q->missing));
		if (q->v && *q->effect && !q->v->m)
			sb_addf(out, "Found: %s.\n\n", text_markdown(d, q->effect));
		else if (q->v && *q->effect)
			sb_addf(out, "Effect, %s, %s against %s, n=%d: %s.\n\n",
				text_markdown(d, q->v->title), text_markdown(d, q->v->claim->b),
				text_markdown(d, q->v->claim->a), q->v->n, text_markdown(d, q->effect));
		if (q->v && *q->v->boundary)
			sb_addf(out, "Boundary: %s.\n\n", text_markdown(d, q->v->boundary));
		if (q->v && q->v->sensitivity)
			sb_addf(out, "Cost space: %s.\n\n",
				text_markdown(d, sensitivity_text(d, q->v->sensitivity)));
		for (int k = 0; k < r->n_plots; k++)
			if (!strcmp(r->plot[k].base, text_of(d, "plots/%s", file)))
				sb_addf(out, "![%s](plots/%s.png)\n\n", text_markdown(d,
					r->plot[k].title), file);
	}
}

static void head(struct report *r, struct dataset *s)
{
	struct database *d = r->d;
	struct strbuf *out = &d->text;
	const char *failed = failed_text(s);

	sb_addf(out, "## %s\n\n%s\n\n", text_markdown(d, s->name), text_markdown(d, s->question));
	if (s->machine)
		sb_addf(out, "Machine %s. ", text_markdown(d, s->machine));
	if (s->kernel)
		sb_addf(out, "Kernel %s. ", text_markdown(d, s->kernel));
	sb_addf(out, "Shootdown %s, model %s, seed %lld, %s, %s, at most %s.\n\n",
		text_markdown(d, s->version), text_markdown(d, s->model_hash),
		(long long)s->seed, count_text(d, s->n_configs, "configuration"),
		count_text(d, s->runs, "run"), count_text(d, s->replications, "replication"));
	if (*changed_text(s))
		sb_addf(out, "Changed: %s\n\n", text_markdown(d, changed_text(s)));
	if (*early_text(s))
		sb_addf(out, "Ended early: %s\n\n", text_markdown(d, early_text(s)));
	if (*incomplete_text(s))
		sb_addf(out, "**%s**\n\n", text_markdown(d, incomplete_text(s)));
	if (*failed)
		sb_addf(out, "**%s failed** (%s); they enter no figure.\n\n",
			count_text(d, s->failed, "run"), failed);
	if (*s->namesakes)
		sb_addf(out, "This is %s.\n\n", s->namesakes);
}

static void grid_markdown(struct report *r, const struct grid *g)
{
	struct database *d = r->d;
	struct strbuf *out = &d->text;
	const struct layout *l = g->l;
	struct scale scale = scale_for_grid(g);
	const char *unit = "", *label;

	label = g->by < 0 ? "" : axis_label(d, &l->axis[g->by], 0, &unit);
	sb_addf(out, "| %s%s |", g->by < 0 ? "" : text_markdown(d, l->axis[g->by].name),
		*unit ? text_of(d, " %s", text_markdown(d, text_of(d, "[%s]", unit))) : "");
	for (int k = 0; k < l->n_series; k++)
		sb_addf(out, " %s%s%s |", text_markdown(d, l->series[k].name),
			*l->series[k].unsafe ? " **UNSAFE** " : "",
			text_markdown(d, l->series[k].unsafe));
	sb_adds(out, "\n|---:|");
	for (int k = 0; k < l->n_series; k++)
		sb_adds(out, "---:|");
	sb_addc(out, '\n');
	for (int row = 0; row < g->n_rows; row++) {
		if (g->by >= 0)
			label = axis_label(d, &l->axis[g->by], g->row[row], &unit);
		sb_addf(out, "| %s |", text_markdown(d, label));
		for (int k = 0; k < l->n_series; k++) {
			const struct cell *c = grid_cell(g, row, k);
			const char *half = format_half(d, c, scale.factor);
			const char *change = k ? format_change(d, c, scale.factor) : "";

			if (c->config < 0) {
				sb_adds(out, " |");
				continue;
			}
			sb_addf(out, " [%s%s%s](#%s)%s%s |", format_mean(d, c, g->m, scale.factor),
				!*half ? "" : *half == '(' ? " " : " ± ", half,
				anchor(r, l->s, c->config), *change ? " " : "",
				!strcmp(change, "~") ? "\\~" : change);
		}
		sb_addc(out, '\n');
	}
	sb_addc(out, '\n');
}

/* Next combination of the axes other than @by; 0 after the last. */
static int advance(const struct layout *l, int by, int *at)
{
	for (int i = l->n_axes - 1; i >= 0; i--) {
		if (i == by)
			continue;
		if (++at[i] < l->axis[i].n_values)
			return 1;
		at[i] = 0;
	}
	return 0;
}

static void other_points(struct report *r, struct layout *l, const struct metric *m, int by)
{
	struct database *d = r->d;
	int reference[64], at[64] = { 0 }, opened = 0;

	for (int i = 0; i < l->n_axes; i++)
		reference[i] = l->axis[i].fixed;
	do {
		struct grid *g;
		int same = 1;

		for (int i = 0; i < l->n_axes; i++) {
			same &= i == by || at[i] == reference[i];
			l->axis[i].fixed = at[i];
		}
		if (same)
			continue;
		if (!opened++)
			sb_adds(&d->text, "<details><summary>Other points</summary>\n\n");
		g = grid_make(l, m, by, 0);
		sb_addf(&d->text, "At %s, %s:\n\n",
			text_markdown(d, layout_fixed_text(l, g->at, by)),
			text_markdown(d, scale_for_grid(g).unit));
		grid_markdown(r, g);
	} while (advance(l, by, at));
	if (opened)
		sb_adds(&d->text, "</details>\n\n");
	for (int i = 0; i < l->n_axes; i++)
		l->axis[i].fixed = reference[i];
}

static void show_plots(struct report *r, struct dataset *s, const struct metric *m)
{
	struct database *d = r->d;
	const char *wanted = text_of(d, "%s: %s", s->name, m->title);

	for (int i = 0; i < r->n_plots; i++) {
		const char *base = r->plot[i].base;
		size_t n = strlen(wanted);

		if (r->plot[i].study != s->id || strncmp(r->plot[i].title, wanted, n) ||
		    (r->plot[i].title[n] && r->plot[i].title[n] != ','))
			continue;
		sb_addf(&d->text, "![%s](%s.png)\n\n[SVG](%s.svg), [text](%s.txt), "
			"[script](%s.gp), [data](%s.dat)\n\n", text_markdown(d, r->plot[i].title),
			base, base, base, base, base);
	}
}

static void metric_section(struct report *r, struct layout *l, const struct metric *m, int by)
{
	struct database *d = r->d;
	struct grid *g = grid_make(l, m, by, 0);
	const char *fixed = layout_fixed_text(l, g->at, by);

	sb_addf(&d->text, "### %s\n\n%s. In %s, %s%s%s.\n\n", text_markdown(d, m->title),
		text_markdown(d, m->help), text_markdown(d, scale_for_grid(g).unit),
		better_text(m), *fixed ? ", at " : "", text_markdown(d, fixed));
	if (!grid_has_data(g)) {
		sb_adds(&d->text, "No observation in any run.\n\n");
		return;
	}
	show_plots(r, l->s, m);
	grid_markdown(r, g);
	if (!m->label)
		other_points(r, l, m, by);
	if (m->quantile) {
		sb_addf(&d->text, "Quantile of the merged histograms of all replications; intervals "
			"by resampling replications. Bins of a configuration (`ID` from its "
			"anchor): `SELECT r.replication, hex(h.bins) FROM run r JOIN histogram h "
			"ON h.run = r.id WHERE r.config = ID AND h.metric = %lld`\n\n",
			(long long)m->id);
		return;
	}
	sb_addf(&d->text, "Any figure again (`ID` from its anchor): `SELECT r.replication, %s "
		"FROM run r JOIN metric m ON m.run = r.id WHERE r.config = ID AND m.metric = %lld%s "
		"AND r.status IN ('ok', 'violation') GROUP BY 1`\n\n",
		m->label ? "m.value" : "coalesce(max(CASE WHEN m.label = '' THEN m.value END), "
		"sum(m.value))", (long long)m->id,
		m->label ? text_of(d, " AND m.label = '%s'", text_file(d, m->label)) : "");
}

static void safety(struct report *r, struct dataset *s)
{
	struct database *d = r->d;
	struct strbuf *out = &d->text;
	struct violation_example *x;
	struct violation_line *l;
	int n;

	l = safety_lines(s, &n);
	if (!n)
		return;
	sb_adds(out, "### Safety\n\nExposures say how often the violation could have happened; "
		"\"none\" means not found in these runs.\n\n| design | invariant | violations | "
		"exposures | runs with | runs | |\n|---|---|---:|---:|---:|---:|---|\n");
	for (int i = 0; i < n; i++)
		sb_addf(out, "| %s | %s | %s | %lld | %lld | %lld | %s |\n",
			text_markdown(d, l[i].design), text_markdown(d, l[i].invariant),
			l[i].count ? text_of(d, "%lld", (long long)l[i].count) : "none",
			(long long)l[i].exposures, (long long)l[i].runs_with, (long long)l[i].runs,
			l[i].expected < 0 ? "" : l[i].expected ? "**UNSAFE**, expected" :
			"**UNSAFE**, not expected");
	sb_addc(out, '\n');
	x = safety_examples(s, &n);
	for (int i = 0; i < n; i++) {
		size_t from;

		sb_addf(out, "%s, %s: %s. Configuration %lld, replication %lld, at %.3f us; again "
			"by\n\n    %s\n\n```text\n", text_markdown(d, x[i].design),
			text_markdown(d, x[i].invariant), text_markdown(d, x[i].summary),
			(long long)x[i].config, (long long)x[i].replication,
			(double)x[i].at / 1e6, text_ascii(d, x[i].replay));
		from = out->len;
		column_diagram(d, x[i].steps, DIAGRAM_WIDTH, 0, out);
		/* Nothing inside may end the fence. */
		for (size_t k = from; k < out->len; k++) {
			if (out->s[k] == '`')
				out->s[k] = '\'';
		}
		sb_adds(out, "```\n\n");
	}
}

static void configurations(struct report *r, struct dataset *s)
{
	struct database *d = r->d;
	struct strbuf *out = &d->text;

	sb_adds(out, "### Configurations and runs\n\n<details><summary>All of them</summary>\n\n"
		"| ID | design | axes | runs | used | first run again by |\n|---|---|---|---:|---:|---|\n");
	for (int i = 0; i < s->n_configs; i++) {
		const struct configuration *c = &s->config[i];
		const char *replay = database_text(d, "SELECT replay FROM run WHERE config = ? "
						   "ORDER BY replication LIMIT 1", "i", c->id);
		const char *axes = "";

		for (int k = 0; k < c->n_axes; k++) {
			if (!axis_absent(&c->axis[k]))
				axes = text_of(d, "%s%s%s=%s", axes, *axes ? ", " : "",
					       c->axis[k].path, c->axis[k].value);
		}
		sb_addf(out, "| <a id=\"%s\"></a>%lld | %s | %s | %d | %d | %s |\n", anchor(r, s, i),
			(long long)c->id, text_markdown(d, c->design), text_markdown(d, axes),
			c->runs, c->usable, text_markdown(d, replay ? replay : "-"));
	}
	sb_adds(out, "\n</details>\n\n");
}

static void one_study(struct report *r, struct dataset *s)
{
	struct database *d = r->d;
	struct layout *l = report_layout(r, s);
	int by = report_axis(r, l), n;
	struct metric **m = report_metrics(r, s, MANY_LABELS, &n);

	head(r, s);
	for (int i = 0; i < n; i++)
		metric_section(r, l, m[i], by);
	if (n) {
		struct pairing p = pairing_benefit(l, m[0]);

		sb_addf(&d->text, "Values are means; %s\n\n", legend_text(l,
			text_markdown(d, l->series[0].name), "±", "\\~"));
		if (p.cells)
			sb_addf(&d->text, "Pairing (%s): median correlation %.2f, median variance of "
				"the difference %.2f of that of independent runs, over %d "
				"comparisons.\n\n", text_markdown(d, m[0]->title), p.correlation,
				p.variance_ratio, p.cells);
	}
	safety(r, s);
	configurations(r, s);
	if (*estimates_text(s))
		sb_addf(&d->text, "%s.\n\n", estimates_text(s));
	sb_addf(&d->text, "Reproduce:\n\n    %s\n\n", reproduce_text(s));
}

/* What any study leaves out, each clause once, with the studies if not all. */
static void not_modelled(struct report *r)
{
	struct database *d = r->d;

	sb_adds(&d->text, "## Not modelled\n\n");
	for (int i = 0; i < r->n_studies; i++) {
		const char *p = r->study[i]->not_modelled;

		for (size_t n; *p; p += n + (p[n] == '\n')) {
			const char *who = "", *line;
			int in = 0, told = 0;

			n = strcspn(p, "\n");
			line = text_of(d, "%.*s", (int)n, p);
			for (int k = 0; k < r->n_studies; k++) {
				int has = has_clause(r->study[k], line, n);

				in += has;
				told |= has && k < i;
				if (has)
					who = text_of(d, "%s%s%s", who, *who ? ", " : "",
						      r->study[k]->name);
			}
			/* Again in this study? */
			for (const char *b = r->study[i]->not_modelled; b < p && !told;
			     b += strcspn(b, "\n") + 1)
				told = strcspn(b, "\n") == n && !strncmp(b, p, n);
			if (n && !told)
				sb_addf(&d->text, "- %s%s\n", text_markdown(d, line),
					in == r->n_studies ? "" :
					text_of(d, " (%s)", text_markdown(d, who)));
		}
	}
}

void markdown_document(struct report *r)
{
	struct database *d = r->d;
	const char *slash = strrchr(d->path, '/');

	sb_addf(&d->text, "# Shootdown report\n\nMade from %s; every figure links to its "
		"configuration.\n\n", text_markdown(d, slash ? slash + 1 : d->path));
	questions(r);
	verdicts(r);
	for (int i = 0; i < r->n_studies; i++)
		one_study(r, r->study[i]);
	not_modelled(r);
}
