/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The tables against themselves: every default parses, lies in its legal
 * range and, where it is an estimate, in its plausible one; every site counts
 * its points from 0; names are unique.
 */
#include "models/config/config.h"
#include "sim/base/tap.h"

static int mean_of(const struct param_row *row, int64_t *v)
{
	const char *why;
	struct dist d;

	switch (row->type) {
	case PT_INT:
		return parse_int(row->def, v, &why);
	case PT_TIME:
		return parse_time(row->def, 0, v, &why);
	case PT_SIZE:
		return parse_size(row->def, v, &why);
	case PT_FREQ:
		return parse_freq(row->def, v, &why);
	case PT_PERCENT:
		return parse_percent(row->def, v, &why);
	case PT_BOOL:
		return parse_bool(row->def, v, &why);
	case PT_DIST:
		if (dist_parse(row->def, 0, &d, &why))
			return -1;
		*v = dist_mean(&d);
		return 0;
	default:
		return 1;	/* words: below */
	}
}

static int is_word(const struct param_row *row)
{
	size_t n = strcspn(row->def, "(");
	const struct enum_value *e;

	for (e = row->values; e && e->name; e++)
		if (strlen(e->name) == n && !strncmp(e->name, row->def, n))
			return 1;
	return 0;
}

static void test_row(const struct param_table *t, const struct param_row *row)
{
	int64_t v = 0;
	int r;

	if (!row->help || !*row->help || !row->citation || !row->unit) {
		printf("# %s.%s\n", t->path, row->key);
		ok(0, "unit, help and citation are not NULL");
	}
	if (row->origin != ORIGIN_CHOICE && !*row->citation) {
		printf("# %s.%s\n", t->path, row->key);
		ok(0, "who says so?");
	}
	if (row->origin == ORIGIN_ESTIMATE && row->est_lo >= row->est_hi) {
		printf("# %s.%s\n", t->path, row->key);
		ok(0, "an estimate has a range");
	}
	if (!row->def)
		return;
	r = mean_of(row, &v);
	if (r < 0 || (row->type == PT_ENUM && !is_word(row)) ||
	    (r == 0 && (v < row->lo || v > row->hi)) ||
	    (r == 0 && row->est_lo < row->est_hi && (v < row->est_lo || v > row->est_hi))) {
		printf("# %s.%s: %s\n", t->path, row->key, row->def);
		ok(0, "the default parses and lies in its ranges");
	}
}

static void test_rows(void)
{
	const struct param_table *const *t;
	size_t i, k, rows = 0;

	for (t = all_param_tables; *t; t++) {
		for (i = 0; i < (*t)->n; i++) {
			test_row(*t, &(*t)->rows[i]);
			for (k = 0; k < i; k++)
				if (!strcmp((*t)->rows[k].key, (*t)->rows[i].key))
					ok(0, (*t)->rows[i].key);
		}
		rows += (*t)->n;
	}
	ok(rows > 100, "all rows looked at");
}

static void test_costs(void)
{
	const struct param_table *tables[2 + NR_SECONDARY_KINDS] = {
		&machine_cost_params, &kernel_cost_params
	};
	int seen[NR_COSTS] = { 0 }, once = 1, named = 1;
	size_t t, i;

	for (i = 0; i < NR_SECONDARY_KINDS; i++)
		tables[2 + i] = secondary_kinds[i].costs;
	for (t = 0; t < 2 + NR_SECONDARY_KINDS; t++)
		for (i = 0; i < tables[t]->n; i++) {
			const struct param_row *row = &tables[t]->rows[i];
			size_t c = (row->offset - offsetof(struct machine_config, cost)) / sizeof(sim_time);

			seen[c]++;
			named &= !strcmp(cost_names[c], row->key);
		}
	for (i = 0; i < NR_COSTS; i++)
		once &= seen[i] == 1;
	ok(once, "every cost has one owner");
	ok(named, "a cost's row points at its own place");
	is_str(param_find(&machine_cost_params, "line_own")->def, "3ns", "a default as text");
	is_int(param_find(&machine_cost_params, "line_own")->est_hi, NS(5), "its range in ps");
	ok(!param_find(&machine_cost_params, "spte_zap"), "the driver's costs are not the machine's");
}

static void test_sites(void)
{
	int s, p, bad = 0;

	for (s = 0; s < NR_SITES; s++) {
		unsigned places = 0;
		int n = 0;

		for (p = 0; p < NR_POINTS; p++)
			if (site_table[s].order[p] >= 0) {
				places |= 1u << site_table[s].order[p];
				n++;
			}
		bad += !n || places != (1u << n) - 1;
	}
	is_int(bad, 0, "the points of each site count from 0 without a gap");
	is_int(site_table[SITE_unmap_vmas].order[POINT_enter], 0, "first of unmap_vmas");
	is_int(site_table[SITE_unmap_vmas].order[POINT_leave], 10, "last of unmap_vmas");
	is_int(site_table[SITE_unmap_vmas].order[POINT_frozen], -1, "not a point of unmap_vmas");
	ok(site_table[SITE_unmap_vmas].order[POINT_before] <
	   site_table[SITE_unmap_vmas].order[POINT_cleared_batch], "program order");
	is_str(point_names[POINT_gather_finished], "gather_finished", "names");
}

/* A kind's tables: of the list that "list parameters" prints, its name and texts first. */
static void test_kinds(void)
{
	int k, listed = 1, texts = 1;

	for (k = 0; k < NR_SECONDARY_KINDS; k++) {
		const struct secondary_kind_info *i = &secondary_kinds[k];
		const struct param_table *const *t;
		int found = 0;

		for (t = all_param_tables; *t; t++)
			found += *t == i->params || *t == i->costs || *t == i->protocol;
		listed &= found == 3;
		texts &= !strcmp(i->params->rows[0].key, "name") && i->params->rows[0].offset == 0 &&
			 *i->name && *i->help && i->config_size > PARAM_NAME_MAX;
	}
	ok(listed, "file, costs and protocol of every kind are listed");
	ok(texts, "every kind's config begins with its name");
}

static void test_names(void)
{
	int i, k, bad = 0;

	for (i = 0; i < NR_METRICS; i++)
		for (k = 0; k < i; k++)
			bad += !strcmp(metric_table[i].name, metric_table[k].name);
	is_int(bad, 0, "metric names are unique");
	is_int(metric_by_name("unmap.latency"), METRIC_UNMAP_LATENCY, "metric by name");
	is_int(metric_by_name("unmap"), -1, "not a metric");
	for (i = 0; i < NR_OP_KINDS; i++)
		bad += !op_table[i].name || !op_table[i].help;
	for (i = 0; i < NR_STEPS; i++)
		bad += !step_table[i].name || !step_table[i].where || !step_table[i].help;
	for (i = 0; i < NR_CALLOUT_OPS; i++)
		bad += !callout_table[i].name;
	for (i = 0; i < NR_INVARIANTS; i++)
		bad += !invariant_names[i] || !invariant_help[i];
	is_int(bad, 0, "no gap in the tables");
}

int main(void)
{
	tap_seed(0);
	test_rows();
	test_costs();
	test_kinds();
	test_sites();
	test_names();
	return tap_done();
}
