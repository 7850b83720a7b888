/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shootdown explain NAME: whatever carries that name, a parameter by its full
 * path or by its last key.  Several things may: all are printed.
 */
#include <string.h>
#include <unistd.h>

#include "models/world/world.h"
#include "sim/base/alloc.h"
#include "sim/cli/cli.h"
#include "sim/cli/explain.h"

struct finder {
	const char *name;
	struct conf *conf;
	struct json json;
	struct strbuf text, document;
	int found;
	const char *known[1024];	/* for "did you mean" */
	size_t n_known;
};

/* 1 if @candidate is what was asked for; remembered otherwise. */
static int wanted(struct finder *f, const char *candidate)
{
	if (!strcmp(candidate, f->name))
		return 1;
	if (f->n_known < sizeof(f->known) / sizeof(f->known[0]))
		f->known[f->n_known++] = candidate;
	return 0;
}

static struct explanation begin(struct finder *f, const char *kind, const char *name,
				const char *summary)
{
	struct explanation x = { kind, name, summary, &f->text, &f->json };

	sb_addf(&f->text, "%s%s %s\n", f->found++ ? "\n" : "", kind, name);
	if (summary && *summary) {
		sb_adds(&f->text, "  ");
		add_wrapped(&f->text, 2, summary);
	}
	json_open(&f->json, '{');
	json_kstr(&f->json, "kind", kind);
	json_kstr(&f->json, "name", name);
	json_kstr(&f->json, "summary", summary);
	return x;
}

static void end(struct finder *f)
{
	json_close(&f->json, '}');
}

/* One item per line of @lines. */
static void add_items(struct strbuf *sb, const char *lines)
{
	char item[256];

	while (*lines) {
		size_t n = strcspn(lines, "\n");

		snprintf(item, sizeof(item), "%.*s", (int)n, lines);
		sb_adds(sb, "  - ");
		add_wrapped(sb, 4, item);
		lines += n + (lines[n] == '\n');
	}
}

static void file_design(struct finder *f, const struct conf_entry *e)
{
	const struct design_config *d = conf_design(f->conf, e->file);
	struct explanation x;

	if (!d)
		return;
	x = begin(f, "design", d->name, d->summary);
	explain_design(&x, d);
	sb_adds(&f->text, "\nno design is judged on these: this version does not model\n");
	add_items(&f->text, world_not_modelled);
	end(f);
}

static void file_machine(struct finder *f, const struct conf_entry *e)
{
	const struct machine_config *m = conf_machine(f->conf, e->file);

	if (!m)
		return;
	begin(f, "machine", m->name, e->summary);
	explain_field(&f->text, "source", m->source ? m->source : "-");
	explain_values(&f->text, &machine_params, m);
	explain_values(&f->text, &machine_cost_params, m);
	end(f);
}

static void file_kernel(struct finder *f, const struct conf_entry *e)
{
	const struct kernel_config *k = conf_kernel(f->conf, e->file);

	if (!k)
		return;
	begin(f, "kernel", k->name, e->summary);
	explain_field(&f->text, "source", k->source ? k->source : "-");
	explain_values(&f->text, &kernel_params, k);
	end(f);
}

static void file_secondary(struct finder *f, const struct conf_entry *e)
{
	const struct secondary_use *s = conf_secondary(f->conf, e->file);
	const struct secondary_kind_info *k;
	char kind[160];

	if (!s)
		return;
	k = &secondary_kinds[s->kind];
	begin(f, "secondary", s->name, e->summary);
	snprintf(kind, sizeof(kind), "%s: %s", k->name, k->help);
	explain_field(&f->text, "kind", kind);
	explain_field(&f->text, "source", param_text(k->params, "source", s->cfg));
	explain_values(&f->text, k->params, s->cfg);
	end(f);
}

static void file_scenario(struct finder *f, const struct conf_entry *e)
{
	static const struct conf_options as_written = { .seed = -1 };
	const struct study *s = conf_scenario(f->conf, e->file, &as_written);
	struct explanation x;

	if (!s)
		return;
	x = begin(f, "scenario", s->name, NULL);
	explain_scenario(&x, s);
	end(f);
}

static void file_claim(struct finder *f, const struct conf_entry *e)
{
	const struct claim *c = conf_claim(f->conf, e->file);
	struct explanation x;

	if (!c)
		return;
	x = begin(f, "claim", c->id, NULL);
	explain_claim(&x, c);
	end(f);
}

static void file_question(struct finder *f, const struct conf_entry *e)
{
	const struct question *q = conf_question(f->conf, e->file);
	struct explanation x;

	if (!q)
		return;
	x = begin(f, "question", q->id, NULL);
	explain_question(&x, q);
	end(f);
}

static const struct {
	const char *kind;
	void (*explain)(struct finder *f, const struct conf_entry *e);
} file_kind[] = {
	{ "designs", file_design }, { "machines", file_machine },
	{ "kernels", file_kernel }, { "secondaries", file_secondary },
	{ "scenarios", file_scenario }, { "claims", file_claim },
	{ "questions", file_question },
};
#define NR_FILE_KINDS (sizeof(file_kind) / sizeof(file_kind[0]))

static void find_files(struct finder *f)
{
	for (size_t k = 0; k < NR_FILE_KINDS; k++) {
		struct conf_entry *entry = NULL;
		int n = conf_list(f->conf, file_kind[k].kind, &entry);

		for (int i = 0; i < n; i++)
			if (wanted(f, entry[i].name))
				file_kind[k].explain(f, &entry[i]);
	}
}

/* A design file of the user's own, not below configs/. */
static void find_own_design(struct finder *f)
{
	struct conf_entry e = { .file = f->name };

	if (strchr(f->name, '/') || strstr(f->name, ".yaml"))
		if (!access(f->name, F_OK))
			file_design(f, &e);
}

static void find_parameters(struct finder *f, struct arena *arena)
{
	char path[160];

	for (int t = 0; all_param_tables[t]; t++) {
		const struct param_table *table = all_param_tables[t];

		for (size_t i = 0; i < table->n; i++) {
			const struct param_row *row = &table->rows[i];
			struct explanation x;
			size_t n, m = strlen(f->name);

			snprintf(path, sizeof(path), "%s.%s", table->path, row->key);
			n = strlen(path);
			if (!(n > m && path[n - m - 1] == '.' && !strcmp(path + n - m, f->name))) {
				char *keep = arena_strdup(arena, path);

				if (!keep || !wanted(f, keep))
					continue;
			}
			x = begin(f, "parameter", path, row->help);
			explain_parameter(&x, f->conf, table, row);
			end(f);
		}
	}
}

static void find_metrics(struct finder *f)
{
	for (int i = 0; i < NR_METRICS; i++) {
		if (!wanted(f, metric_table[i].name))
			continue;
		struct explanation x = begin(f, "metric", metric_table[i].name,
					     metric_table[i].help);
		explain_metric(&x, i);
		end(f);
	}
}

static void find_sites(struct finder *f)
{
	for (int i = 0; i < NR_SITES; i++) {
		if (!wanted(f, site_table[i].name))
			continue;
		struct explanation x = begin(f, "site", site_table[i].name,
					     "kernel function that may notify");
		explain_site(&x, i);
		end(f);
	}
	for (int i = 0; i < NR_POINTS; i++) {
		if (!wanted(f, point_names[i]))
			continue;
		struct explanation x = begin(f, "point", point_names[i], NULL);
		explain_point(&x, i);
		end(f);
	}
	for (int i = 0; i < NR_CALLOUT_OPS; i++) {
		if (!wanted(f, callout_table[i].name))
			continue;
		struct explanation x = begin(f, "callout", callout_table[i].name,
					     callout_table[i].help);
		explain_callout(&x, i);
		end(f);
	}
}

static void find_invariants(struct finder *f)
{
	struct invariant_info v;

	for (int i = 0; invariant_entry(i, &v); i++) {
		if (!wanted(f, v.name))
			continue;
		begin(f, "invariant", v.name, v.help);
		explain_field(&f->text, "checked", v.checked ? "in every run" :
			      "not by this version");
		json_kbool(&f->json, "checked", v.checked);
		end(f);
	}
}

static int not_found(const struct command *c, const struct finder *f)
{
	const char *near = nearest_name(f->name, f->known, f->n_known);

	if (near)
		return usage_error(c, "nothing is called '%s'; did you mean %s?", f->name, near);
	return usage_error(c, "nothing is called '%s'; 'list kinds' says what there is", f->name);
}

static int explain_one(const struct command *c, struct finder *f)
{
	struct arena arena;
	int rc = EX_DONE;

	arena_init(&arena, 1 << 14);
	find_files(f);
	find_own_design(f);
	find_metrics(f);
	find_sites(f);
	find_invariants(f);
	find_parameters(f, &arena);
	if (conf_errors(f->conf)->n) {
		diag_print(conf_errors(f->conf), stderr);
		rc = EX_CONFIG;
	} else if (!f->found) {
		rc = not_found(c, f);
	}
	arena_free(&arena);
	return rc;
}

static int run_explain(const struct command *c, struct options *o)
{
	struct finder f = { .name = o->arg[0] };
	char root[4096];
	int rc;

	f.conf = conf_new(find_root(root, sizeof(root)));
	if (!f.conf)
		return out_of_memory(c);
	sb_init(&f.text);
	sb_init(&f.document);
	json_init(&f.json, &f.document);
	json_open(&f.json, '[');
	rc = explain_one(c, &f);
	json_close(&f.json, ']');
	sb_addc(&f.document, '\n');
	f.text.failed |= f.document.failed;
	if (rc == EX_DONE)
		rc = print_buffer(c, o->json ? &f.document : &f.text);
	sb_free(&f.document);
	sb_free(&f.text);
	conf_free(f.conf);
	return rc;
}

static const struct option_spec explain_options[] = {
	{ 0, "json", NULL, "an array: everything of that name", OPT_FLAG,
	  offsetof(struct options, json), 0, 0 },
};

const struct command command_explain = {
	.name = "explain", .arguments = "NAME",
	.summary = "what a design, parameter, metric, claim ... means",
	.description =
"What NAME is, where it comes from and what of it is not modelled.  NAME is a\n"
"design (or its file), machine, kernel, secondary, scenario, claim, metric, site,\n"
"point, callout or invariant, or a parameter: machine.costs.ipi_cross, or just\n"
"its last key.  'list kinds' says what there is.",
	.option = explain_options, .n_options = 1,
	.min_args = 1, .max_args = 1, .run = run_explain,
};
