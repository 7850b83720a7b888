/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Question files: which claims answer a question of the debate, and how the
 * answer is told.
 *
 *   id, question     name and text
 *   claims           [S1.6, ...]: files of scenarios/claims/
 *   headline         CLAIM or CLAIM/PART: its verdict is the answer
 *   answer           {supported: TEXT, refuted: TEXT, depends: TEXT}
 *   mechanism        a sentence with {NAME} where a figure of the data belongs
 *   figures          NAME: {study, metric, design, ...}, see analysis/figure.h
 *   plot, table      {study, metric, by, where, designs}
 *   adversary        the scenario or load made to break the answer
 *
 * The sentence holds no number of its own: what the database does not have is
 * printed as "no data", and the question is undecided.  Only what can be
 * checked without a database is checked here.
 */
#include <string.h>

#include "sim/base/hash.h"
#include "sim/conf/internal.h"

#define QUESTION_SEED 0x7175657374u

struct question_load {
	struct loader l;
	struct question *question;
	const struct node *root;
};

static const char *text_of(struct question_load *g, const struct node *map, const char *path,
			   const char *key, int required)
{
	const struct node *n = node_get(map, key);
	char full[128];

	if (!n && required)
		load_error(&g->l, map, path, NULL, "%s is missing", key);
	return n ? load_text(&g->l, n, load_join(full, sizeof(full), path, key)) : NULL;
}

/* --- claims ------------------------------------------------------------------------- */
static const struct node *claim_tree(struct question_load *g, const struct node *n, const char *path)
{
	const char *text = load_text(&g->l, n, path);
	const char *file = text ? conf_file_of(g->l.c, FILE_CLAIM, text, n, path) : NULL;
	struct source *s = file ? yaml_file(g->l.c, file) : NULL;

	if (!s || !s->root)
		g->l.errors++;
	return s ? s->root : NULL;
}

static void check_claims(struct question_load *g)
{
	const struct node *list = node_get(g->root, "claims");
	const char **names;
	int i;

	if (!list || list->kind != NODE_LIST || !list->n) {
		load_error(&g->l, list ? list : g->root, "claims", NULL, "a list of claims is expected");
		return;
	}
	names = conf_alloc(g->l.c, (size_t)list->n * sizeof(*names));
	for (i = 0; i < list->n; i++)
		if (claim_tree(g, list->item[i], "claims"))
			names[g->question->n_claims++] = list->item[i]->text;
	g->question->claim = names;
}

static int has_part(const struct node *claim, const char *id)
{
	const struct node *parts = node_get(claim, "parts");
	int i;

	for (i = 0; parts && parts->kind == NODE_LIST && i < parts->n; i++) {
		const struct node *n = node_get(parts->item[i], "id");

		if (n && n->kind == NODE_SCALAR && !strcmp(n->text, id))
			return 1;
	}
	return 0;
}

/* "CLAIM" or "CLAIM/PART", the claim among those of the question. */
static void check_claim_part(struct question_load *g, const struct node *n, const char *path)
{
	const struct question *q = g->question;
	const struct node *list = node_get(g->root, "claims");
	const char *text = n ? load_text(&g->l, n, path) : NULL, *slash, *name;
	int i;

	if (!text)
		return;
	slash = strchr(text, '/');
	name = slash ? conf_printf(g->l.c, "%.*s", (int)(slash - text), text) : text;
	for (i = 0; i < q->n_claims && strcmp(q->claim[i], name); i++)
		;
	if (i == q->n_claims) {
		load_error(&g->l, n, path, nearest_name(name, q->claim, (size_t)q->n_claims),
			   "'%s' is not among the claims of the question", name);
		return;
	}
	for (i = 0; i < list->n; i++)
		if (!strcmp(list->item[i]->text, name) && slash &&
		    !has_part(claim_tree(g, list->item[i], path), slash + 1))
			load_error(&g->l, n, path, NULL, "claim %s has no part '%s'", name, slash + 1);
}

/* --- what a figure, a plot and a table have in common ---------------------------------- */
static void check_metric(struct question_load *g, const struct node *n, const char *path)
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

static void check_study(struct question_load *g, const struct node *map, const char *path)
{
	const char *text = text_of(g, map, path, "study", 1);

	if (text && !conf_file_of(g->l.c, FILE_SCENARIO, text, node_get(map, "study"), path))
		g->l.errors++;
}

static void check_source(struct question_load *g, const struct node *map, const char *path)
{
	const struct node *where = node_get(map, "where"), *metric = node_get(map, "metric");
	char sub[128];
	int i;

	check_study(g, map, path);
	load_join(sub, sizeof(sub), path, "metric");
	if (!metric)
		load_error(&g->l, map, path, NULL, "metric is missing");
	else if (metric->kind != NODE_LIST)
		check_metric(g, metric, sub);
	for (i = 0; metric && metric->kind == NODE_LIST && i < metric->n; i++)
		check_metric(g, metric->item[i], sub);
	load_join(sub, sizeof(sub), path, "where");
	if (where && !load_is_map(&g->l, where, sub))
		return;
	for (i = 0; where && i < where->n; i++)
		load_text(&g->l, where->entry[i].value, sub);
}

static void check_view(struct question_load *g, const char *key)
{
	static const char *const keys[] = { "study", "metric", "by", "where", "designs", NULL };
	const struct node *n = node_get(g->root, key), *designs = node_get(n, "designs");

	if (!n) {
		load_error(&g->l, g->root, "", NULL, "%s is missing", key);
		return;
	}
	if (!load_is_map(&g->l, n, key))
		return;
	load_check_keys(&g->l, n, key, keys);
	check_source(g, n, key);
	if (node_get(n, "by"))
		text_of(g, n, key, "by", 0);
	if (designs)
		load_is_list(&g->l, designs, key);
}

/* --- figures --------------------------------------------------------------------------- */
static void check_figure(struct question_load *g, const struct entry *e)
{
	static const char *const keys[] = { "study", "metric", "design", "over", "per", "where", "as",
					    "by", "passes", "claim", "expr", "unit", "parameter", NULL };
	static const char *const forms[] = { "value", "change", "ratio", "share", "effect", "boundary",
					     "verdict", "sensitivity" };
	const struct node *n = e->value, *as = node_get(n, "as");
	char path[128];
	size_t i;

	load_join(path, sizeof(path), "figures", e->key);
	if (!load_is_map(&g->l, n, path))
		return;
	load_check_keys(&g->l, n, path, keys);
	for (i = 0; as && i < sizeof(forms) / sizeof(forms[0]); i++)
		if (as->kind == NODE_SCALAR && !strcmp(as->text, forms[i]))
			break;
	if (as && i == sizeof(forms) / sizeof(forms[0]))
		load_error(&g->l, as, path, as->kind == NODE_SCALAR ? nearest_name(as->text, forms, i) :
			   NULL, "as: one of value, change, ratio, share, effect, boundary, verdict, "
			   "sensitivity");
	if (node_get(n, "claim")) {
		check_claim_part(g, node_get(n, "claim"), path);
	} else if (node_get(n, "expr")) {
		text_of(g, n, path, "expr", 1);
	} else if (node_get(n, "parameter")) {
		text_of(g, n, path, "parameter", 1);
		check_study(g, n, path);
		text_of(g, n, path, "design", 1);
	} else {
		check_source(g, n, path);
		check_metric(g, node_get(n, "per"), path);
		text_of(g, n, path, "design", 1);
		if (node_get(n, "passes"))
			text_of(g, n, path, "by", 1);
	}
}

/* Every {NAME} of @text is a figure; @used notes which were met. */
static void check_placeholders(struct question_load *g, const struct node *at, const char *path,
			       const struct node *figures, char *used)
{
	const char *names[64], *text = at->text, *p;
	int i, n = 0;

	for (i = 0; figures && i < figures->n && n < 64; i++)
		names[n++] = figures->entry[i].key;
	for (p = text; (p = strchr(p, '{')); p++) {
		size_t len = strcspn(p + 1, "}");
		const char *name = conf_printf(g->l.c, "%.*s", (int)len, p + 1);

		for (i = 0; i < n && strcmp(names[i], name); i++)
			;
		if (i < n)
			used[i] = 1;
		else
			load_error(&g->l, at, path, nearest_name(name, names, (size_t)n),
				   "no figure is named '%s'", name);
	}
}

/* A number with a % is a figure that somebody copied: it would outlive the data. */
static void check_copied(struct question_load *g, const struct node *at, const char *path)
{
	const char *p = at->text;

	while (*p) {
		size_t n = strspn(p, "0123456789.");

		if (n && p[n] == '%')
			load_error(&g->l, at, path, NULL, "'%.*s%%' is a figure: take it from the data "
				   "(figures:)", (int)n, p);
		p += n ? n : 1;
	}
}

static void check_mechanism(struct question_load *g)
{
	static const char *const words[] = { "supported", "refuted", "depends", "undecided", "holds",
					     "fails", NULL };
	const struct node *figures = node_get(g->root, "figures"), *n = node_get(g->root, "mechanism");
	const struct node *answer = node_get(g->root, "answer");
	char used[64] = { 0 };
	int i;

	if (figures && !load_is_map(&g->l, figures, "figures"))
		return;
	for (i = 0; figures && i < figures->n; i++)
		check_figure(g, &figures->entry[i]);
	g->question->mechanism = text_of(g, g->root, "", "mechanism", 1);
	if (g->question->mechanism) {
		check_placeholders(g, n, "mechanism", figures, used);
		check_copied(g, n, "mechanism");
	}
	if (answer && load_is_map(&g->l, answer, "answer")) {
		load_check_keys(&g->l, answer, "answer", words);
		for (i = 0; i < answer->n; i++)
			if (load_text(&g->l, answer->entry[i].value, "answer"))
				check_placeholders(g, answer->entry[i].value, "answer", figures, used);
	}
	/* One that only another's expression uses is used, too. */
	for (i = 0; figures && i < figures->n; i++) {
		const struct node *expr = node_get(figures->entry[i].value, "expr");
		int k;

		for (k = 0; expr && expr->kind == NODE_SCALAR && k < figures->n && k < 64; k++)
			used[k] |= strstr(expr->text, figures->entry[k].key) != NULL;
	}
	for (i = 0; figures && i < figures->n && i < 64; i++)
		if (!used[i])
			load_error(&g->l, figures->entry[i].value, "figures", NULL,
				   "'%s' occurs in no sentence", figures->entry[i].key);
}

static void check_question(struct question_load *g)
{
	static const char *const keys[] = { "id", "question", "claims", "headline", "answer", "mechanism",
					    "figures", "plot", "table", "adversary", NULL };
	struct question *q = g->question;

	load_check_keys(&g->l, g->root, "", keys);
	q->id = text_of(g, g->root, "", "id", 1);
	q->question = text_of(g, g->root, "", "question", 1);
	q->headline = text_of(g, g->root, "", "headline", 1);
	text_of(g, g->root, "", "adversary", 0);
	check_claims(g);
	check_claim_part(g, node_get(g->root, "headline"), "headline");
	check_mechanism(g);
	check_view(g, "plot");
	check_view(g, "table");
}

struct request {
	const char *file;
	struct question *out;
};

static void do_question(struct conf *c, void *arg)
{
	struct request *r = arg;
	struct question_load g = { .l = { .c = c, .arena = &c->arena } };
	const char *file = conf_file_of(c, FILE_QUESTION, r->file, NULL, "");
	struct source *s = file ? yaml_file(c, file) : NULL;

	if (!s || !s->root)
		return;
	g.question = conf_alloc(c, sizeof(*g.question));
	g.root = s->root;
	check_question(&g);
	if (g.l.errors || c->used_broken)
		return;
	sb_reset(&c->scratch);
	node_json(s->root, &c->scratch);
	if (c->scratch.failed)
		conf_no_memory(c);
	g.question->body_json = conf_strdup(c, c->scratch.s);
	g.question->hash = hash_str(g.question->body_json, QUESTION_SEED);
	r->out = g.question;
}

struct question *conf_question(struct conf *c, const char *file)
{
	struct request r = { file, NULL };

	return conf_try(c, do_question, &r) ? NULL : r.out;
}
