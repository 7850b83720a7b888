/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shootdown list KIND: names with one line each, as text (one item a line, for
 * grep) or as a JSON array.  "list parameters --json" holds everything that a
 * schema needs: type, unit, range, values, default, origin, citation, owner.
 */
#include <string.h>

#include "sim/base/alloc.h"
#include "sim/cli/catalogue.h"
#include "sim/cli/cli.h"
#include "sim/conf/conf.h"

#define MAX_COLUMNS 5

/* Rows are gathered first: columns of the text are as wide as their content. */
struct listing {
	struct json json;
	struct strbuf sb;	/* the JSON document, or NUL-separated cells */
	int as_json;
	int n_rows, n_columns;
	struct conf *conf;
	const char *kind;	/* directory of conf_list() */
};

static void cell(struct listing *l, const char *text)
{
	sb_adds(&l->sb, text ? text : "-");
	sb_addc(&l->sb, '\0');
}

/* Begin an item; its further keys (JSON) or cells (text) follow. */
static void item(struct listing *l, const char *name, const char *summary)
{
	l->n_rows++;
	if (!l->as_json) {
		cell(l, name);
		return;
	}
	json_open(&l->json, '{');
	json_kstr(&l->json, "name", name);
	json_kstr(&l->json, "summary", summary);
}

static void item_end(struct listing *l, const char *summary)
{
	if (l->as_json)
		json_close(&l->json, '}');
	else
		cell(l, summary);
}

static int list_files(struct listing *l)
{
	struct conf_entry *entry = NULL;
	int n = conf_list(l->conf, l->kind, &entry);

	l->n_columns = 2;
	for (int i = 0; i < n; i++) {
		item(l, entry[i].name, entry[i].summary);
		if (l->as_json)
			json_kstr(&l->json, "file", entry[i].file);
		item_end(l, entry[i].summary);
	}
	return n < 0 ? -1 : 0;
}

/* labels of metric.def: "a, b, c" or "as OTHER". */
static void labels_json(struct json *j, const char *labels)
{
	char text[256], *save = NULL;

	if (!strncmp(labels, "as ", 3)) {
		int other = metric_by_name(labels + 3);

		labels = other < 0 ? "" : metric_table[other].labels;
	}
	snprintf(text, sizeof(text), "%s", labels);
	json_key(j, "labels");
	json_open(j, '[');
	for (char *t = strtok_r(text, ", ", &save); t; t = strtok_r(NULL, ", ", &save))
		json_str(j, t);
	json_close(j, ']');
}

static int list_metrics(struct listing *l)
{
	l->n_columns = 4;
	for (int i = 0; i < NR_METRICS; i++) {
		const struct metric_info *m = &metric_table[i];

		item(l, m->name, m->help);
		if (l->as_json) {
			json_kstr(&l->json, "unit", m->unit);
			json_kstr(&l->json, "kind", metric_kind_names[m->kind]);
			json_kstr(&l->json, "better", metric_better_names[m->better]);
			labels_json(&l->json, m->labels);
		} else {
			cell(l, m->unit);
			cell(l, m->better == BETTER_neither ? "-" :
			     metric_better_names[m->better]);
		}
		item_end(l, m->help);
	}
	return 0;
}

static int list_parameters(struct listing *l)
{
	char name[160];

	l->n_columns = 4;
	for (int t = 0; all_param_tables[t]; t++) {
		const struct param_table *table = all_param_tables[t];

		for (size_t i = 0; i < table->n; i++) {
			const struct param_row *row = &table->rows[i];

			snprintf(name, sizeof(name), "%s.%s", table->path, row->key);
			item(l, name, row->help);
			if (l->as_json) {
				param_json(&l->json, table, row);
			} else {
				cell(l, row->def ? row->def : "(required)");
				cell(l, param_origin_name(row->origin));
			}
			item_end(l, row->help);
		}
	}
	return 0;
}

static int list_sites(struct listing *l)
{
	enum point_id point[NR_POINTS];

	l->n_columns = 3;
	for (int i = 0; i < NR_SITES; i++) {
		int n = site_points((enum site_id)i, point);
		struct strbuf points;

		sb_init(&points);
		for (int k = 0; k < n; k++)
			sb_addf(&points, "%s%s", k ? " " : "", point_names[point[k]]);
		item(l, site_table[i].name, site_locks((enum site_id)i));
		if (l->as_json) {
			json_kbool(&l->json, "built", site_table[i].built);
			json_key(&l->json, "points");
			json_open(&l->json, '[');
			for (int k = 0; k < n; k++)
				json_str(&l->json, point_names[point[k]]);
			json_close(&l->json, ']');
		} else {
			cell(l, site_table[i].built ? "modelled" : "-");
		}
		item_end(l, points.s);
		l->sb.failed |= points.failed;
		sb_free(&points);
	}
	return 0;
}

static int list_points(struct listing *l)
{
	l->n_columns = 2;
	for (int p = 0; p < NR_POINTS; p++) {
		struct strbuf sites;

		sb_init(&sites);
		for (int s = 0; s < NR_SITES; s++)
			if (site_table[s].order[p] >= 0)
				sb_addf(&sites, "%s%s", sites.len ? " " : "",
					site_table[s].name);
		item(l, point_names[p], sites.s);
		item_end(l, sites.s);
		l->sb.failed |= sites.failed;
		sb_free(&sites);
	}
	return 0;
}

static int list_callouts(struct listing *l)
{
	l->n_columns = 3;
	for (int i = 0; i < NR_CALLOUT_OPS; i++) {
		const struct callout_info *c = &callout_table[i];

		item(l, c->name, c->help);
		if (l->as_json)
			json_kbool(&l->json, "built", c->built);
		else
			cell(l, c->built ? "modelled" : "-");
		item_end(l, c->help);
	}
	return 0;
}

static int list_invariants(struct listing *l)
{
	struct invariant_info v;

	l->n_columns = 3;
	for (int i = 0; invariant_entry(i, &v); i++) {
		item(l, v.name, v.help);
		if (l->as_json)
			json_kbool(&l->json, "checked", v.checked);
		else
			cell(l, v.checked ? "checked" : "-");
		item_end(l, v.help);
	}
	return 0;
}

static int list_kinds(struct listing *l);

static const struct kind {
	const char *name, *summary;
	int (*list)(struct listing *l);
} kind_table[] = {
	{ "designs", "what the debate is about (configs/designs/)", list_files },
	{ "machines", "hardware (configs/machines/)", list_files },
	{ "kernels", "the era (configs/kernels/)", list_files },
	{ "secondaries", "secondary MMUs and their drivers (configs/secondaries/)", list_files },
	{ "scenarios", "a load and a question each (scenarios/)", list_files },
	{ "claims", "statements of the debate (scenarios/claims/)", list_files },
	{ "questions", "questions of the debate (scenarios/questions/)", list_files },
	{ "validations", "published figures to reproduce (scenarios/validation/)", list_files },
	{ "metrics", "what a run measures", list_metrics },
	{ "parameters", "every key with unit, range, default, origin", list_parameters },
	{ "sites", "kernel functions that may notify, points in program order", list_sites },
	{ "points", "places in the sites", list_points },
	{ "callouts", "operations a design may call at a point", list_callouts },
	{ "invariants", "what the oracle watches", list_invariants },
	{ "kinds", "this list", list_kinds },
};
#define NR_KINDS (sizeof(kind_table) / sizeof(kind_table[0]))

static int list_kinds(struct listing *l)
{
	l->n_columns = 2;
	for (size_t i = 0; i < NR_KINDS; i++) {
		item(l, kind_table[i].name, kind_table[i].summary);
		item_end(l, kind_table[i].summary);
	}
	return 0;
}

/* Cells to aligned lines; the last column is not padded. */
static void layout(const struct listing *l, struct strbuf *out)
{
	size_t width[MAX_COLUMNS] = { 0 };
	const char *p;

	for (int pass = 0; pass < 2; pass++) {
		p = l->sb.s;
		for (int r = 0; r < l->n_rows; r++) {
			for (int c = 0; c < l->n_columns; c++) {
				size_t n = strlen(p);

				if (!pass && n > width[c])
					width[c] = n;
				if (pass && c + 1 < l->n_columns)
					sb_addf(out, "%-*s  ", (int)width[c], p);
				else if (pass)
					sb_addf(out, "%s\n", p);
				p += n + 1;
			}
		}
	}
}

static const struct kind *find_kind(const struct command *c, const char *name)
{
	const char *names[NR_KINDS], *near;

	for (size_t i = 0; i < NR_KINDS; i++) {
		names[i] = kind_table[i].name;
		if (!strcmp(names[i], name))
			return &kind_table[i];
	}
	near = nearest_name(name, names, NR_KINDS);
	if (near)
		usage_error(c, "unknown kind '%s'; did you mean %s?", name, near);
	else
		usage_error(c, "unknown kind '%s'; 'list kinds' names them", name);
	return NULL;
}

static int run_list(const struct command *c, struct options *o)
{
	struct listing l = { .as_json = o->json };
	const struct kind *kind = find_kind(c, o->arg[0]);
	char root[4096];
	struct strbuf out;
	int rc;

	if (!kind)
		return EX_CONFIG;
	l.conf = conf_new(find_root(root, sizeof(root)));
	if (!l.conf)
		return out_of_memory(c);
	l.kind = kind->name;
	sb_init(&l.sb);
	json_init(&l.json, &l.sb);
	if (l.as_json)
		json_open(&l.json, '[');
	rc = kind->list(&l);
	if (l.as_json) {
		json_close(&l.json, ']');
		sb_addc(&l.sb, '\n');
	}
	diag_print(conf_errors(l.conf), stderr);
	if (rc || conf_errors(l.conf)->n) {
		sb_free(&l.sb);
		rc = EX_CONFIG;
	} else if (l.as_json) {
		rc = print_buffer(c, &l.sb);
	} else {
		sb_init(&out);
		if (!l.sb.failed)
			layout(&l, &out);
		out.failed |= l.sb.failed;
		sb_free(&l.sb);
		rc = print_buffer(c, &out);
	}
	conf_free(l.conf);
	return rc;
}

static const struct option_spec list_options[] = {
	{ 0, "json", NULL, "an array of {\"name\", \"summary\", ...}", OPT_FLAG,
	  offsetof(struct options, json), 0, 0 },
};

const struct command command_list = {
	.name = "list", .arguments = "KIND",
	.summary = "what there is of a kind: designs, parameters ...",
	.description =
"One line per item.  KIND is designs, machines, kernels, secondaries, scenarios,\n"
"claims, questions, validations, metrics, parameters, sites, points, callouts,\n"
"invariants or kinds.  'explain NAME' tells more about any of them.",
	.option = list_options, .n_options = 1,
	.min_args = 1, .max_args = 1, .run = run_list,
};
