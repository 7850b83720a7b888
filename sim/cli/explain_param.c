/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * explain PARAMETER: unit, range, default, who says so, which file owns it,
 * and what the shipped files set it to.
 */
#include <stdio.h>
#include <string.h>

#include "sim/cli/cli.h"
#include "sim/cli/explain.h"

/* The value of @row in the struct at @base as the user would write it. */
static const char *value_text(const struct param_row *row, const void *base,
			      char *buf, size_t n)
{
	const char *at = (const char *)base + row->offset;
	const char *text;
	int64_t v;

	switch (row->type) {
	case PT_DIST:
		return dist_format(buf, (const struct dist *)(const void *)at);
	case PT_NAME:
		return at;
	case PT_WORDS:
		return words_text(buf, n, row, (const struct word_list *)(const void *)at);
	case PT_TEXT:
		memcpy(&text, at, sizeof(text));
		return text ? text : "-";
	default:
		memcpy(&v, at, sizeof(v));
		return param_value_text(row, v, buf, n);
	}
}

/* The text of @key, "-" if there is none. */
const char *param_text(const struct param_table *t, const char *key, const void *base)
{
	const struct param_row *row = param_find(t, key);

	return row ? value_text(row, base, NULL, 0) : "-";
}

void explain_values(struct strbuf *sb, const struct param_table *t, const void *base)
{
	char buf[192], key[160];

	for (size_t i = 0; i < t->n; i++) {
		const struct param_row *row = &t->rows[i];

		if (!param_has_range(row) && row->type != PT_BOOL && row->type != PT_ENUM)
			continue;
		snprintf(key, sizeof(key), "%s.%s", t->path, row->key);
		sb_addf(sb, "  %-30s %-20s ", key, value_text(row, base, buf, sizeof(buf)));
		add_wrapped(sb, 54, row->help);
	}
}

/* The struct of file @name that @t describes, NULL if it has none. */
static const void *struct_of(struct conf *conf, const struct param_table *t,
			     const char *name, const char *kind)
{
	const struct secondary_use *s;
	const struct design_config *d;

	if (!strcmp(kind, "machines"))
		return conf_machine(conf, name);
	if (!strcmp(kind, "kernels"))
		return conf_kernel(conf, name);
	if (!strcmp(kind, "secondaries")) {
		s = conf_secondary(conf, name);
		return s && secondary_kinds[s->kind].params == t ? s->cfg : NULL;
	}
	d = conf_design(conf, name);
	if (!d)
		return NULL;
	for (int k = 0; k < NR_SECONDARY_KINDS; k++)
		if (t == secondary_kinds[k].protocol)
			return (const char *)d + secondary_kinds[k].protocol_offset;
	return d;
}

/* Which files have the table's rows; NULL: none, or only costs. */
static const char *shipped_kind(const struct param_table *t)
{
	if (t == &machine_params)
		return "machines";
	if (t == &kernel_params)
		return "kernels";
	for (int k = 0; k < NR_SECONDARY_KINDS; k++) {
		if (t == secondary_kinds[k].params)
			return "secondaries";
		if (t == secondary_kinds[k].protocol)
			return "designs";
	}
	return t == &design_core_params ? "designs" : NULL;
}

/* "in the shipped files": costs are merged over three files, so left out. */
static void shipped_values(struct strbuf *sb, struct conf *conf,
			   const struct param_table *t, const struct param_row *row)
{
	const char *kind = shipped_kind(t);
	struct conf_entry *entry = NULL;
	char buf[192];
	int n;

	if (!kind)
		return;
	n = conf_list(conf, kind, &entry);
	for (int i = 0; i < n; i++) {
		const void *base = struct_of(conf, t, entry[i].name, kind);

		if (!base)
			continue;
		sb_addf(sb, "  %-10s %-32s %s\n", i ? "" : "shipped", entry[i].name,
			value_text(row, base, buf, sizeof(buf)));
	}
}

static void add_range(struct strbuf *sb, const char *key, const struct param_row *row,
		      int64_t lo, int64_t hi)
{
	char a[64], b[64], text[160];

	snprintf(text, sizeof(text), "%s to %s", param_value_text(row, lo, a, sizeof(a)),
		 param_value_text(row, hi, b, sizeof(b)));
	explain_field(sb, key, text);
}

void explain_parameter(struct explanation *x, struct conf *conf,
		       const struct param_table *t, const struct param_row *row)
{
	char origin[512];

	explain_field(x->text, "type", param_type_name(row->type));
	explain_field(x->text, "default", row->def ? row->def : "none: the key is required");
	if (param_has_range(row))
		add_range(x->text, "legal", row, row->lo, row->hi);
	if (row->est_lo || row->est_hi)
		add_range(x->text, "plausible", row, row->est_lo, row->est_hi);
	for (const struct enum_value *e = row->values; e && e->name; e++) {
		sb_addf(x->text, "  %-10s %-20s ", e == row->values ? "values" : "", e->name);
		add_wrapped(x->text, 34, e->help ? e->help : "");
	}
	snprintf(origin, sizeof(origin), "%s%s%s", param_origin_name(row->origin),
		 row->citation && *row->citation ? ": " : "",
		 row->citation ? row->citation : "");
	explain_field(x->text, "origin", origin);
	explain_field(x->text, "set in", param_owner(t));
	shipped_values(x->text, conf, t, row);
	param_json(x->json, t, row);
}
