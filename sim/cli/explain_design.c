/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * explain DESIGN: what the file says, as a reviewer reads a patch: callouts
 * site by site in program order with the locks held there, branches that an
 * unarmed mm pays, axes with the meaning of their values, what the oracle is
 * expected to find, what of it this version does not simulate.
 */
#include <string.h>

#include "sim/cli/cli.h"
#include "sim/cli/explain.h"

static const char *expectation_name(int e)
{
	static const char *const name[] = {
		[EXPECT_HELD] = "held", [EXPECT_VIOLATED] = "violated",
		[EXPECT_NOT_APPLICABLE] = "not-applicable",
	};

	return name[e];
}

static int records_at(const struct design_config *d, int site)
{
	int n = 0;

	for (int p = 0; p < NR_POINTS; p++)
		n += d->hook[site][p].n != 0;
	return n;
}

static void add_site(struct explanation *x, const struct design_config *d, int site)
{
	enum point_id point[NR_POINTS];
	int n = site_points((enum site_id)site, point);
	char text[160];

	sb_addf(x->text, "  %s%s\n    holds: ", site_table[site].name,
		site_table[site].built ? "" : "   (path not modelled by this version)");
	add_wrapped(x->text, 11, site_locks((enum site_id)site));
	for (int i = 0; i < n; i++) {
		const struct hook *h = &d->hook[site][point[i]];

		for (int k = 0; k < h->n; k++) {
			const struct callout_info *op = &callout_table[h->c[k].op];

			sb_addf(x->text, "    %c %-16s %-18s ",
				point_under_ptl((enum site_id)site, point[i]) ? '^' : ' ',
				point_names[point[i]],
				callout_text(&h->c[k], site, text, sizeof(text)));
			if (strlen(text) > 18)
				sb_addf(x->text, "\n%42s", "");
			add_wrapped(x->text, 42, op->help);
			json_open(x->json, '{');
			json_kstr(x->json, "site", site_table[site].name);
			json_kbool(x->json, "built", site_table[site].built && op->built);
			json_kstr(x->json, "point", point_names[point[i]]);
			json_kbool(x->json, "page_table_lock",
				   point_under_ptl((enum site_id)site, point[i]));
			json_kstr(x->json, "op", op->name);
			json_kstr(x->json, "record", text);
			json_close(x->json, '}');
		}
	}
}

static void add_callouts(struct explanation *x, const struct design_config *d)
{
	int any = 0;

	json_key(x->json, "callouts");
	json_open(x->json, '[');
	sb_adds(x->text, "\ncallouts, in program order (^ = under the page-table lock)\n");
	for (int s = 0; s < NR_SITES; s++) {
		if (!records_at(d, s))
			continue;
		add_site(x, d, s);
		any = 1;
	}
	json_close(x->json, ']');
	if (!any)
		sb_adds(x->text, "  none: no path announces anything\n");
}

static void add_branches(struct explanation *x, const struct design_config *d)
{
	json_key(x->json, "branches");
	json_open(x->json, '{');
	sb_adds(x->text, "\nbranches that every mm pays, armed or not\n");
	if (d->armed_test == ARMED_COMPILED_OUT)
		sb_adds(x->text, "  none: the test is compiled out\n");
	for (int s = 0; s < NR_SITES; s++) {
		int n = d->armed_test == ARMED_COMPILED_OUT ? 0 : records_at(d, s);

		if (!records_at(d, s))
			continue;
		json_kint(x->json, site_table[s].name, n);
		if (n)
			sb_addf(x->text, "  %-24s %d\n", site_table[s].name, n);
	}
	json_close(x->json, '}');
}

static const struct enum_value *value_of(const struct param_row *row, int64_t v)
{
	for (const struct enum_value *e = row->values; e && e->name; e++)
		if (e->value == v)
			return e;
	return NULL;
}

static void add_axes(struct explanation *x, const struct param_table *t, const void *base)
{
	for (size_t i = 0; i < t->n; i++) {
		const struct param_row *row = &t->rows[i];
		const struct enum_value *e;
		char buf[64], path[160];
		const char *value;
		int64_t v;

		if (row->type == PT_DIST ||
		    (!param_has_range(row) && row->type != PT_BOOL && row->type != PT_ENUM))
			continue;
		memcpy(&v, (const char *)base + row->offset, sizeof(v));
		value = param_value_text(row, v, buf, sizeof(buf));
		snprintf(path, sizeof(path), "%s.%s", t->path, row->key);
		json_kstr(x->json, path, value);
		/* The part behind "design." is what the file's author wrote. */
		sb_addf(x->text, "  %-30s %-16s ",
			strncmp(path, "design.", 7) ? path : path + 7, value);
		e = value_of(row, v);
		add_wrapped(x->text, 50, e && e->help ? e->help : row->help);
	}
}

/* A list of steps as a column, each with what it does. */
static void add_steps(struct explanation *x, const char *name, const struct word_list *v)
{
	sb_addf(x->text, "  %s\n", name);
	json_key(x->json, name);
	json_open(x->json, '[');
	for (int i = 0; i < v->n; i++) {
		const struct step_info *s = &step_table[v->word[i]];

		json_str(x->json, s->name);
		sb_addf(x->text, "    %-16s ", s->name);
		add_wrapped(x->text, 21, s->help);
	}
	json_close(x->json, ']');
	if (!v->n)
		sb_adds(x->text, "    nothing\n");
}

static void add_life(struct explanation *x, const struct design_config *d)
{
	json_key(x->json, "steps");
	json_open(x->json, '{');
	sb_adds(x->text, "\nlife of a registrant, step by step\n");
	add_steps(x, "register", &d->on_register);
	add_steps(x, "unregister", &d->on_unregister);
	add_steps(x, "exit", &d->on_exit);
	json_close(x->json, '}');
}

static void add_expectations(struct explanation *x, const struct design_config *d)
{
	json_key(x->json, "expect");
	json_open(x->json, '{');
	sb_adds(x->text, "\nthe oracle is expected to find\n");
	for (int i = 0; i < NR_INVARIANTS; i++) {
		json_kstr(x->json, invariant_names[i], expectation_name(d->expect[i]));
		sb_addf(x->text, "  %-4s %-15s ", invariant_names[i],
			expectation_name(d->expect[i]));
		add_wrapped(x->text, 22, invariant_help[i]);
	}
	json_close(x->json, '}');
}

void explain_design(struct explanation *x, const struct design_config *d)
{
	if (d->busted && *d->busted)
		explain_field(x->text, "broken", d->busted);
	if (d->source && *d->source)
		explain_field(x->text, "source", d->source);
	json_kstr(x->json, "source", d->source);
	json_kstr(x->json, "busted", d->busted);
	add_callouts(x, d);
	add_branches(x, d);
	json_key(x->json, "axes");
	json_open(x->json, '{');
	sb_adds(x->text, "\naxes\n");
	add_axes(x, &design_core_params, d);
	for (int k = 0; k < NR_SECONDARY_KINDS; k++)
		add_axes(x, secondary_kinds[k].protocol,
			 (const char *)d + secondary_kinds[k].protocol_offset);
	json_close(x->json, '}');
	if (d->list_structure != LIST_NONE)
		add_life(x, d);
	add_expectations(x, d);
	json_key(x->json, "notes");
	json_open(x->json, '[');
	if (d->n_notes)
		sb_adds(x->text, "\nnot simulated as written\n");
	for (int i = 0; i < d->n_notes; i++) {
		json_str(x->json, d->notes[i]);
		sb_adds(x->text, "  - ");
		add_wrapped(x->text, 4, d->notes[i]);
	}
	json_close(x->json, ']');
}
