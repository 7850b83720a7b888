/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * explain for what needs few lines: metrics, sites, points, callouts, claims,
 * scenarios.
 */
#include <stdio.h>
#include <string.h>

#include "sim/cli/cli.h"
#include "sim/cli/explain.h"

void explain_field(struct strbuf *sb, const char *key, const char *value)
{
	sb_addf(sb, "  %-10s ", key);
	add_wrapped(sb, 13, value);
}

void explain_metric(struct explanation *x, int metric)
{
	static const char *const kind_help[] = {
		[MK_count] = "count: a sum over the window",
		[MK_rate] = "rate: a sum over the window, per time",
		[MK_ratio] = "ratio: one sum over another",
		[MK_tally] = "tally: mean over observations; .p50 .p95 .p99 .p999 are quantiles",
		[MK_time_weighted] = "time-weighted mean",
	};
	const struct metric_info *m = &metric_table[metric];

	explain_field(x->text, "unit", m->unit);
	explain_field(x->text, "kind", kind_help[m->kind]);
	explain_field(x->text, "better", metric_better_names[m->better]);
	if (*m->labels)
		explain_field(x->text, "labels", m->labels);
	json_kstr(x->json, "unit", m->unit);
	json_kstr(x->json, "metric_kind", metric_kind_names[m->kind]);
	json_kstr(x->json, "better", metric_better_names[m->better]);
	json_kstr(x->json, "label_list", m->labels);
}

void explain_site(struct explanation *x, int site)
{
	enum point_id point[NR_POINTS];
	int n = site_points((enum site_id)site, point);

	explain_field(x->text, "modelled", site_table[site].built ? "yes" :
		      "not by this version: a callout here is kept as a note");
	explain_field(x->text, "holds", site_locks((enum site_id)site));
	sb_adds(x->text, "  points, in program order (^ = under the page-table lock)\n");
	json_kbool(x->json, "built", site_table[site].built);
	json_key(x->json, "points");
	json_open(x->json, '[');
	for (int i = 0; i < n; i++) {
		sb_addf(x->text, "    %c %s\n",
			point_under_ptl((enum site_id)site, point[i]) ? '^' : ' ',
			point_names[point[i]]);
		json_str(x->json, point_names[point[i]]);
	}
	json_close(x->json, ']');
}

void explain_point(struct explanation *x, int point)
{
	json_key(x->json, "sites");
	json_open(x->json, '[');
	sb_adds(x->text, "  a point of\n");
	for (int s = 0; s < NR_SITES; s++) {
		if (site_table[s].order[point] < 0)
			continue;
		sb_addf(x->text, "    %-24s %s%s\n", site_table[s].name,
			point_under_ptl((enum site_id)s, (enum point_id)point) ?
			"under the page-table lock" : "outside the page-table lock",
			site_table[s].built ? "" : "; not modelled by this version");
		json_str(x->json, site_table[s].name);
	}
	json_close(x->json, ']');
}

void explain_callout(struct explanation *x, int op)
{
	explain_field(x->text, "modelled", callout_table[op].built ? "yes" :
		      "not by this version: a record of it is kept as a note");
	json_kbool(x->json, "built", callout_table[op].built);
}

static void text_or_nothing(struct explanation *x, const char *key, const char *value)
{
	json_kstr(x->json, key, value);
	if (value && *value)
		explain_field(x->text, key, value);
}

void explain_claim(struct explanation *x, const struct claim *c)
{
	text_or_nothing(x, "statement", c->statement);
	text_or_nothing(x, "who", c->who);
	text_or_nothing(x, "said", c->said);
	text_or_nothing(x, "source", c->source);
	text_or_nothing(x, "quote", c->quote);
	json_kstr(x->json, "claim_kind", c->kind);
	explain_field(x->text, "kind", c->kind);
	text_or_nothing(x, "reason", c->reason);
	for (int i = 0; i < c->n_scenarios; i++)
		text_or_nothing(x, c->scenario[i].role, c->scenario[i].name);
	text_or_nothing(x, "sensitivity", c->sensitivity.scenario);
}

void explain_question(struct explanation *x, const struct question *q)
{
	struct strbuf claims;

	text_or_nothing(x, "question", q->question);
	sb_init(&claims);
	for (int i = 0; i < q->n_claims; i++)
		sb_addf(&claims, "%s%s", i ? ", " : "", q->claim[i]);
	text_or_nothing(x, "claims", claims.s);
	sb_free(&claims);
	text_or_nothing(x, "headline", q->headline);
	text_or_nothing(x, "mechanism", q->mechanism);
}

/* Values of @path in the order of the sweep, each once. */
static void sweep_values(struct strbuf *sb, const struct study *s, const char *path)
{
	int next = 0, found = 1;

	for (; found; next++) {
		found = 0;
		for (int p = 0; p < s->n_points && !found; p++)
			for (int a = 0; a < s->point[p].n_axes && !found; a++) {
				const struct axis_value *v = &s->point[p].axis[a];

				if (v->ordinal == next && !strcmp(v->path, path)) {
					sb_addf(sb, "%s%s", next ? ", " : "", v->text);
					found = 1;
				}
			}
	}
}

/* 1 if @path is an axis of a point before (@p, @a). */
static int seen_before(const struct study *s, int p, int a, const char *path)
{
	for (int q = 0; q <= p; q++)
		for (int b = 0; b < (q == p ? a : s->point[q].n_axes); b++)
			if (!strcmp(s->point[q].axis[b].path, path))
				return 1;
	return 0;
}

void explain_scenario(struct explanation *x, const struct study *s)
{
	struct strbuf sb;
	char number[64];

	text_or_nothing(x, "question", s->question);
	text_or_nothing(x, "description", s->description);
	json_kint(x->json, "configurations", s->n_points);
	sb_init(&sb);
	for (int i = 0; i < s->n_designs; i++)
		sb_addf(&sb, "%s%s", i ? ", " : "", s->design[i]);
	text_or_nothing(x, "designs", sb.s);
	sb_reset(&sb);
	for (int i = 0; i < s->n_metrics; i++) {
		sb_addf(&sb, "%s%s", i ? ", " : "", metric_table[s->metric[i].metric].name);
		if (s->metric[i].quantile)
			sb_addf(&sb, ".p%d", s->metric[i].quantile);
	}
	text_or_nothing(x, "metrics", sb.s);
	text_or_nothing(x, "baseline", s->baseline);
	snprintf(number, sizeof(number), "%d", s->n_points);
	explain_field(x->text, "points", number);
	for (int p = 0; p < s->n_points; p++)
		for (int a = 0; a < s->point[p].n_axes; a++) {
			const char *path = s->point[p].axis[a].path;

			if (seen_before(s, p, a, path))
				continue;
			sb_reset(&sb);
			sb_addf(&sb, "%s: ", path);
			sweep_values(&sb, s, path);
			explain_field(x->text, "sweep", sb.s);
		}
	x->text->failed |= sb.failed;
	sb_free(&sb);
}
