/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Claim files: what somebody said, and how it would be decided.
 *
 * Only what can be checked without a database is checked here: keys, words,
 * metrics, names of scenarios and designs.  The body goes to the store as JSON
 * with the same structure as the YAML; every scalar is a string there, as the
 * author wrote it ("10%", "ceil(N/B)").
 */
#include <string.h>

#include "sim/base/hash.h"
#include "sim/conf/internal.h"

#define CLAIM_SEED 0x636c61696du

#define MAX_SCENARIOS 12

struct claim_load {
	struct loader l;
	struct claim *claim;
	const struct node *root;
	const struct node *scenario[MAX_SCENARIOS + 1];	/* trees of the files it names */
	struct claim_scenario role[MAX_SCENARIOS];
	int n_scenarios;
};

static const char *const kinds[] = { "emergent", "structural", "arithmetic", "safety", "untestable" };

/* Somebody may have been wrong: a claim that is known to fail differs if it holds. */
static const char *const expectations[] = { "holds", "fails" };

static int among(const char *s, const char *const *words, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!strcmp(words[i], s))
			return 1;
	return 0;
}

static const char *text_of(struct claim_load *g, const struct node *map, const char *path,
			   const char *key, int required)
{
	const struct node *n = node_get(map, key);
	char full[128];

	if (!n && required)
		load_error(&g->l, map, path, NULL, "%s is missing", key);
	return n ? load_text(&g->l, n, load_join(full, sizeof(full), path, key)) : NULL;
}

static void check_word(struct claim_load *g, const struct node *n, const char *path,
		       const char *const *words, size_t count, const char *what)
{
	const char *text = n ? load_text(&g->l, n, path) : NULL;

	if (text && !among(text, words, count))
		load_error(&g->l, n, path, nearest_name(text, words, count), "no %s is named '%s'",
			   what, text);
}

static void check_metric(struct claim_load *g, const struct node *n, const char *path)
{
	static const char *const suffix[] = { ".p50", ".p95", ".p99", ".p999" };
	const char *names[NR_METRICS], *text = n ? load_text(&g->l, n, path) : NULL;
	char word[96];
	size_t i;

	if (!text)
		return;
	snprintf(word, sizeof(word), "%.*s", (int)strcspn(text, ":"), text);
	for (i = 0; i < 4 && metric_by_name(word) < 0; i++) {
		size_t len = strlen(suffix[i]), all = strlen(word);

		if (all > len && !strcmp(word + all - len, suffix[i]))
			word[all - len] = '\0';
	}
	for (i = 0; i < NR_METRICS; i++)
		names[i] = metric_table[i].name;
	if (metric_by_name(word) < 0)
		load_error(&g->l, n, path, nearest_name(word, names, NR_METRICS),
			   "no metric is named '%s'", word);
}

/* A REF of a scenario of this claim may name a design that has no file. */
static int named_by_scenario(struct claim_load *g, const char *name)
{
	int i, k;

	for (i = 0; i < g->n_scenarios; i++) {
		const struct node *list = node_get(g->scenario[i], "designs");

		for (k = 0; list && list->kind == NODE_LIST && k < list->n; k++) {
			const char *own = node_name(list->item[k]);

			if (own && !strcmp(own, name))
				return 1;
		}
	}
	return 0;
}

static void check_design(struct claim_load *g, const struct node *n, const char *path)
{
	const char *const *names, *text = n ? load_text(&g->l, n, path) : NULL;
	int count;

	if (!text)
		return;
	count = conf_names(g->l.c, FILE_DESIGN, &names);
	if (!among(text, names, (size_t)count) && !named_by_scenario(g, text))
		load_error(&g->l, n, path, nearest_name(text, names, (size_t)count),
			   "no design is named '%s'", text);
}

static void check_compare(struct claim_load *g, const struct node *n, const char *path)
{
	static const char *const keys[] = { "a", "b", "where", NULL };
	char sub[128];

	if (!load_is_map(&g->l, n, path))
		return;
	load_check_keys(&g->l, n, path, keys);
	if (!node_get(n, "b"))
		load_error(&g->l, n, path, NULL, "b is missing");
	check_design(g, node_get(n, "a"), load_join(sub, sizeof(sub), path, "a"));
	check_design(g, node_get(n, "b"), load_join(sub, sizeof(sub), path, "b"));
	if (node_get(n, "where"))
		load_is_map(&g->l, node_get(n, "where"), path);
}

/* less, greater, equivalent, {count: {eq|le|ge: EXPRESSION}}, {violated|held: INVARIANT} */
static void check_rule(struct claim_load *g, const struct node *n, const char *path)
{
	static const char *const rules[] = { "less", "greater", "equivalent" };
	static const char *const count_keys[] = { "eq", "le", "ge", NULL };
	static const char *const rule_keys[] = { "count", "violated", "held", NULL };
	const struct node *count;
	int i;

	if (n->kind == NODE_SCALAR) {
		check_word(g, n, path, rules, 3, "rule");
		return;
	}
	if (!load_is_map(&g->l, n, path))
		return;
	load_check_keys(&g->l, n, path, rule_keys);
	check_word(g, node_get(n, "violated"), path, invariant_names, NR_INVARIANTS, "checked invariant");
	check_word(g, node_get(n, "held"), path, invariant_names, NR_INVARIANTS, "checked invariant");
	count = node_get(n, "count");
	if (n->n != 1)
		load_error(&g->l, n, path, NULL, "one rule is expected");
	if (!count || !load_is_map(&g->l, count, path))
		return;
	load_check_keys(&g->l, count, path, count_keys);
	if (count->n != 1)
		load_error(&g->l, count, path, NULL, "one of eq, le and ge is expected");
	for (i = 0; i < count->n; i++)
		load_text(&g->l, count->entry[i].value, path);
}

/* A part takes over what it leaves out from the whole. */
static const struct node *own_or_whole(struct claim_load *g, const struct node *n, const char *key)
{
	const struct node *own = node_get(n, key);

	return own ? own : node_get(g->root, key);
}

/* What a claim and each of its parts have in common. */
static void check_test(struct claim_load *g, const struct node *n, const char *path, int needed)
{
	const struct node *rule = node_get(n, "rule"), *margin = node_get(n, "margin");
	const struct node *judged = own_or_whole(g, n, "rule");
	int safety = node_get(judged, "violated") || node_get(judged, "held");
	char sub[128];

	if (needed && !own_or_whole(g, n, "compare"))
		load_error(&g->l, n, path, NULL, "compare is missing");
	if (needed && !judged)
		load_error(&g->l, n, path, NULL, "rule is missing");
	if (needed && judged && !safety && !own_or_whole(g, n, "metric"))
		load_error(&g->l, n, path, NULL, "metric is missing");
	check_word(g, node_get(n, "expected"), load_join(sub, sizeof(sub), path, "expected"), expectations,
		   2, "expectation");
	check_word(g, node_get(n, "kind"), load_join(sub, sizeof(sub), path, "kind"), kinds, 5, "kind");
	if (node_get(n, "compare"))
		check_compare(g, node_get(n, "compare"), load_join(sub, sizeof(sub), path, "compare"));
	check_metric(g, node_get(n, "metric"), load_join(sub, sizeof(sub), path, "metric"));
	check_metric(g, node_get(n, "per"), load_join(sub, sizeof(sub), path, "per"));
	if (rule)
		check_rule(g, rule, load_join(sub, sizeof(sub), path, "rule"));
	if (margin)
		load_text(&g->l, margin, load_join(sub, sizeof(sub), path, "margin"));
	if (node_get(n, "region"))
		load_is_map(&g->l, node_get(n, "region"), load_join(sub, sizeof(sub), path, "region"));
	if (rule && rule->kind == NODE_SCALAR && !own_or_whole(g, n, "margin"))
		load_error(&g->l, n, path, NULL, "margin is missing");
}

/* Only the scenarios that the claim names are run for it. */
static void check_part_scenario(struct claim_load *g, const struct node *n, const char *path)
{
	const char *text = n ? load_text(&g->l, n, path) : NULL, *names[MAX_SCENARIOS];
	int i;

	for (i = 0; i < g->n_scenarios; i++)
		names[i] = tree_name(g->scenario[i]);
	if (text && !among(text, names, (size_t)i))
		load_error(&g->l, n, path, nearest_name(text, names, (size_t)i),
			   "scenario '%s' is not among those of the claim", text);
}

static void check_parts(struct claim_load *g, const struct node *list)
{
	static const char *const keys[] = { "id", "statement", "kind", "compare", "metric", "per", "label",
					    "region", "rule", "margin", "margin_reason", "names",
					    "scenario", "if_supported", "if_refuted", "expected", NULL };
	int i;

	if (!load_is_list(&g->l, list, "parts"))
		return;
	for (i = 0; i < list->n; i++) {
		char path[64];

		load_join_index(path, sizeof(path), "parts", i);
		if (!load_is_map(&g->l, list->item[i], path))
			continue;
		load_check_keys(&g->l, list->item[i], path, keys);
		text_of(g, list->item[i], path, "id", 1);
		text_of(g, list->item[i], path, "statement", 1);
		check_part_scenario(g, node_get(list->item[i], "scenario"), path);
		if (!node_get(list->item[i], "kind"))
			load_error(&g->l, list->item[i], path, NULL, "kind is missing");
		check_test(g, list->item[i], path, 1);
	}
}

/* The tree of a scenario that the claim names, or NULL. */
static const struct node *scenario_tree(struct claim_load *g, const struct node *n, const char *path)
{
	const char *text = load_text(&g->l, n, path), *file;
	struct source *s;

	file = text ? conf_file_of(g->l.c, FILE_SCENARIO, text, n, path) : NULL;
	s = file ? yaml_file(g->l.c, file) : NULL;
	if (s && s->root)
		return s->root;
	g->l.errors++;
	return NULL;
}

/* One scenario, or a list of them. */
static void check_scenario(struct claim_load *g, const struct node *map, const char *role)
{
	const struct node *n = node_get(map, role);
	int i, count = !n ? 0 : n->kind == NODE_LIST ? n->n : 1;
	char path[64];

	load_join(path, sizeof(path), "scenarios", role);
	for (i = 0; i < count; i++) {
		const struct node *item = n->kind == NODE_LIST ? n->item[i] : n;
		const struct node *tree;

		if (g->n_scenarios == MAX_SCENARIOS) {
			load_error(&g->l, item, path, NULL, "more than %d scenarios", MAX_SCENARIOS);
			return;
		}
		tree = scenario_tree(g, item, path);
		if (!tree)
			continue;
		g->scenario[g->n_scenarios] = tree;
		g->role[g->n_scenarios++] = (struct claim_scenario){ role, item->text };
	}
}

static void check_scenarios(struct claim_load *g, const struct node *map)
{
	static const char *const roles[] = { "motivating", "adversarial", "phase", "sensitivity", NULL };
	struct claim_scenario *all;
	int i;

	if (!load_is_map(&g->l, map, "scenarios"))
		return;
	load_check_keys(&g->l, map, "scenarios", roles);
	for (i = 0; i < 3; i++)
		check_scenario(g, map, roles[i]);
	all = conf_alloc(g->l.c, (size_t)(g->n_scenarios + 1) * sizeof(*all));
	memcpy(all, g->role, (size_t)g->n_scenarios * sizeof(*all));
	g->claim->scenario = all;
	g->claim->n_scenarios = g->n_scenarios;
}

/* --- sensitivity ------------------------------------------------------------------ */
static const struct node *part_named(const struct node *parts, const char *id)
{
	int i;

	for (i = 0; parts && parts->kind == NODE_LIST && i < parts->n; i++) {
		const struct node *n = node_get(parts->item[i], "id");

		if (n && n->kind == NODE_SCALAR && !strcmp(n->text, id))
			return parts->item[i];
	}
	return NULL;
}

/* Add @text to the comma-separated @list unless it is there. */
static const char *with_design(struct conf *c, const char *list, const struct node *n)
{
	const char *p = list;

	if (!n || n->kind != NODE_SCALAR)
		return list;
	while (*p) {
		size_t len = strcspn(p, ",");

		if (len == strlen(n->text) && !strncmp(p, n->text, len))
			return list;
		p += len + (p[len] == ',');
	}
	return conf_printf(c, "%s%s%s", list, *list ? "," : "", n->text);
}

static void judged_part(struct claim_load *g, const struct node *part, struct claim_sensitivity *s)
{
	const struct node *compare = node_get(part, "compare"), *whole = node_get(g->root, "compare");
	const struct node *a = node_get(compare, "a"), *b = node_get(compare, "b");

	s->designs = with_design(g->l.c, s->designs, a ? a : node_get(whole, "a"));
	s->designs = with_design(g->l.c, s->designs, b ? b : node_get(whole, "b"));
}

static void sensitivity_parts(struct claim_load *g, const struct node *list,
			      struct claim_sensitivity *s)
{
	const struct node *parts = node_get(g->root, "parts");
	int i;

	if (!list && parts)
		load_error(&g->l, node_get(g->root, "sensitivity"), "sensitivity", NULL,
			   "parts: which parts of the claim are judged over the costs?");
	if (!list) {
		judged_part(g, g->root, s);
		return;
	}
	if (!load_is_list(&g->l, list, "sensitivity.parts"))
		return;
	for (i = 0; i < list->n; i++) {
		const char *id = load_text(&g->l, list->item[i], "sensitivity.parts");
		const struct node *part = id ? part_named(parts, id) : NULL;

		if (part)
			judged_part(g, part, s);
		else if (id)
			load_error(&g->l, list->item[i], "sensitivity.parts", NULL,
				   "the claim has no part '%s'", id);
	}
}

static void sensitivity_at(struct claim_load *g, const struct node *map, struct claim_sensitivity *s)
{
	const char **set;
	int i;

	if (!map || !load_is_map(&g->l, map, "sensitivity.at"))
		return;
	set = conf_alloc(g->l.c, (size_t)(map->n + 1) * sizeof(*set));
	for (i = 0; i < map->n; i++) {
		const char *text = load_text(&g->l, map->entry[i].value, "sensitivity.at");

		if (text)
			set[s->n_set++] = conf_printf(g->l.c, "%s=%s", map->entry[i].key, text);
	}
	s->set = set;
}

static void check_sensitivity(struct claim_load *g, const struct node *role, const struct node *map)
{
	static const char *const keys[] = { "parts", "points", "at", NULL };
	struct claim_sensitivity *s = &g->claim->sensitivity;
	const struct node *points = node_get(map, "points");
	const char *why = "is missing";
	int64_t n = 64;

	if (!role || !map) {
		load_error(&g->l, role ? role : map, "", NULL, role ? "sensitivity: {at, parts} is missing" :
			   "scenarios.sensitivity is missing");
		return;
	}
	if (!scenario_tree(g, role, "scenarios.sensitivity") || !load_is_map(&g->l, map, "sensitivity"))
		return;
	load_check_keys(&g->l, map, "sensitivity", keys);
	if (points && (points->kind != NODE_SCALAR || parse_int(points->text, &n, &why) ||
		       sample_count_ok(n)))
		load_error(&g->l, points, "sensitivity.points", NULL,
			   "a power of two from %d to %d is expected", MIN_SAMPLES, MAX_SAMPLES);
	s->scenario = role->text;
	s->points = (int)n;
	s->designs = "";
	sensitivity_parts(g, node_get(map, "parts"), s);
	sensitivity_at(g, node_get(map, "at"), s);
}

static void check_claim(struct claim_load *g, const struct node *root)
{
	static const char *const keys[] = { "id", "who", "said", "source", "quote", "statement", "kind",
					    "reason", "scenarios", "compare", "metric", "per", "label", "region",
					    "rule", "margin", "margin_reason", "names", "if_supported",
					    "if_refuted", "parts", "sensitivity", "expected", NULL };
	const struct node *scenarios = node_get(root, "scenarios"), *parts = node_get(root, "parts");
	const struct node *sensitivity = node_get(root, "sensitivity");
	struct claim *k = g->claim;
	int untestable;

	load_check_keys(&g->l, root, "", keys);
	k->id = text_of(g, root, "", "id", 1);
	k->who = text_of(g, root, "", "who", 1);
	k->said = text_of(g, root, "", "said", 1);
	k->source = text_of(g, root, "", "source", 1);
	k->quote = text_of(g, root, "", "quote", 0);
	k->statement = text_of(g, root, "", "statement", 1);
	k->kind = text_of(g, root, "", "kind", 1);
	untestable = k->kind && !strcmp(k->kind, "untestable");
	k->reason = text_of(g, root, "", "reason", untestable);
	if (scenarios)
		check_scenarios(g, scenarios);
	if (!untestable && !node_get(scenarios, "motivating"))
		load_error(&g->l, root, "", NULL, "scenarios.motivating is missing");
	check_test(g, root, "", !untestable && !parts);
	if (parts)
		check_parts(g, parts);
	if (sensitivity || node_get(scenarios, "sensitivity"))
		check_sensitivity(g, node_get(scenarios, "sensitivity"), sensitivity);
}

struct request {
	const char *file;
	struct claim *out;
};

static void do_claim(struct conf *c, void *arg)
{
	struct request *r = arg;
	struct claim_load g = { .l = { .c = c, .arena = &c->arena } };
	const char *file = conf_file_of(c, FILE_CLAIM, r->file, NULL, "");
	struct source *s = file ? yaml_file(c, file) : NULL;

	if (!s || !s->root)
		return;
	g.claim = conf_alloc(c, sizeof(*g.claim));
	g.root = s->root;
	check_claim(&g, s->root);
	if (g.l.errors || c->used_broken)
		return;
	sb_reset(&c->scratch);
	node_json(s->root, &c->scratch);
	if (c->scratch.failed)
		conf_no_memory(c);
	g.claim->body_json = conf_strdup(c, c->scratch.s);
	g.claim->hash = hash_str(g.claim->body_json, CLAIM_SEED);
	r->out = g.claim;
}

struct claim *conf_claim(struct conf *c, const char *file)
{
	struct request r = { file, NULL };

	return conf_try(c, do_claim, &r) ? NULL : r.out;
}
