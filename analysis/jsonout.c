/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The JSON and CSV documents: every configuration and metric of the studies,
 * whole and by label, one row each.  Nothing is scaled: values are in the unit
 * of the metric's definition.  No observation is null, or an empty field.
 */
#include <math.h>
#include <string.h>

#include "analysis/format.h"
#include "analysis/report_int.h"
#include "sim/base/json.h"

#define ALL_LABELS	64

static int wanted_config(const struct layout *l, int config)
{
	for (int k = 0; k < l->n_series; k++) {
		const struct configuration *c = &l->s->config[config];
		int inside = !strcmp(l->series[k].design, c->design);

		for (int i = 0; inside && i < l->n_axes; i++) {
			const struct axis *a = configuration_axis(c, l->axis[i].path);
			int listed = axis_absent(a);

			for (int v = 0; !listed && v < l->axis[i].n_values; v++)
				listed = axis_same(a, l->axis[i].value[v]);
			inside = listed;
		}
		for (int i = 0; inside && i < l->series[k].n_own; i++) {
			const struct axis *a = configuration_axis(c, l->series[k].own[i]->path);

			inside = !axis_absent(a) && axis_same(a, l->series[k].own[i]);
		}
		if (inside)
			return 1;
	}
	return 0;
}

static void metric_object(struct json *j, struct dataset *s, const struct metric *m, int config)
{
	const struct configuration *k = &s->config[config];
	struct cell c = compare_cell(s, m, config, -1);

	json_open(j, '{');
	json_kstr(j, "scenario", s->name);
	json_kstr(j, "design", k->design);
	json_key(j, "axes");
	json_open(j, '{');
	for (int i = 0; i < k->n_axes; i++) {
		if (!axis_absent(&k->axis[i]))
			json_kstr(j, k->axis[i].path, k->axis[i].value);
	}
	json_close(j, '}');
	json_kstr(j, "metric", m->quantile == 999 ? text_of(s->d, "%s.p999", m->name) :
		  m->quantile ? text_of(s->d, "%s.p%d", m->name, m->quantile) : m->name);
	json_kstr(j, "label", m->label ? m->label : "");
	json_kstr(j, "unit", m->unit);
	json_kstr(j, "better", m->better);
	json_knum(j, "mean", c.mean);
	json_key(j, "ci");
	json_open(j, '[');
	json_num(j, c.lo);
	json_num(j, c.hi);
	json_close(j, ']');
	json_kint(j, "n", c.n);
	json_kint(j, "replications", c.runs);
	json_kstr(j, "unsafe", *k->unsafe ? k->unsafe : NULL);
	/* 19 digits: readers that take numbers for doubles would round them. */
	json_kstr(j, "config", text_of(s->d, "%lld", (long long)k->id));
	json_close(j, '}');
}

void json_document(struct report *r)
{
	struct json j;

	json_init(&j, &r->d->text);
	json_open(&j, '{');
	json_key(&j, "questions");
	json_open(&j, '[');
	question_json(r, &j);
	json_close(&j, ']');
	json_key(&j, "claims");
	json_open(&j, '[');
	verdict_json(r, &j);
	json_close(&j, ']');
	json_key(&j, "metrics");
	json_open(&j, '[');
	for (int i = 0; i < r->n_studies; i++) {
		struct dataset *s = r->study[i];
		struct layout *l = report_layout(r, s);
		struct metric **m;
		int n;

		m = report_metrics(r, s, ALL_LABELS, &n);
		for (int c = 0; c < s->n_configs; c++) {
			for (int k = 0; k < n && wanted_config(l, c); k++)
				metric_object(&j, s, m[k], c);
		}
	}
	json_close(&j, ']');
	json_close(&j, '}');
	sb_addc(&r->d->text, '\n');
}

struct paths { int n; const char *path[256]; };

static void all_paths(struct report *r, struct paths *p)
{
	for (int i = 0; i < r->n_studies; i++) {
		for (int c = 0; c < r->study[i]->n_configs; c++) {
			const struct configuration *k = &r->study[i]->config[c];

			for (int a = 0; a < k->n_axes; a++) {
				int known = 0;

				for (int x = 0; x < p->n; x++)
					known |= !strcmp(p->path[x], k->axis[a].path);
				if (!known && p->n < 256)
					p->path[p->n++] = k->axis[a].path;
			}
		}
	}
}

static void csv_number(struct strbuf *out, double v)
{
	sb_addc(out, ',');
	if (!isnan(v))
		sb_addf(out, "%.10g", v);
}

static void csv_row(struct report *r, struct dataset *s, const struct metric *m, int config,
		    const struct paths *p)
{
	const struct configuration *k = &s->config[config];
	struct cell c = compare_cell(s, m, config, -1);
	struct strbuf *out = &r->d->text;

	sb_addf(out, "%s,%s", text_csv(r->d, s->name), text_csv(r->d, k->design));
	for (int i = 0; i < p->n; i++) {
		const struct axis *a = NULL;

		for (int x = 0; x < k->n_axes; x++) {
			if (!strcmp(k->axis[x].path, p->path[i]))
				a = &k->axis[x];
		}
		sb_addf(out, ",%s", axis_absent(a) ? "" : text_csv(r->d, a->value));
	}
	sb_addf(out, ",%s,%s,%s,%s", text_csv(r->d, m->name), text_csv(r->d, m->label ? m->label : ""),
		!m->quantile ? "mean" : m->quantile == 999 ? "p99.9" : text_of(r->d, "p%d", m->quantile),
		text_csv(r->d, m->unit));
	csv_number(out, c.mean);
	csv_number(out, c.lo);
	csv_number(out, c.hi);
	sb_addf(out, ",%d,%d,%s,\"%lld\"\r\n", c.n, c.runs, text_csv(r->d, k->unsafe),
		(long long)k->id);
}

void csv_document(struct report *r)
{
	struct strbuf *out = &r->d->text;
	struct paths p = { 0 };

	all_paths(r, &p);
	sb_adds(out, "scenario,design");
	for (int i = 0; i < p.n; i++)
		sb_addf(out, ",%s", text_csv(r->d, p.path[i]));
	sb_adds(out, ",metric,label,statistic,unit,value,ci_low,ci_high,n,replications,"
		"unsafe,config\r\n");
	for (int i = 0; i < r->n_studies; i++) {
		struct dataset *s = r->study[i];
		struct layout *l = report_layout(r, s);
		struct metric **m;
		int n;

		m = report_metrics(r, s, ALL_LABELS, &n);
		for (int c = 0; c < s->n_configs; c++) {
			for (int k = 0; k < n && wanted_config(l, c); k++)
				csv_row(r, s, m[k], c, &p);
		}
	}
}
