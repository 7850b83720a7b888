/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Claims of a database, their JSON read by SQLite; see claim.h. */
#include "analysis/claim.h"

#include <stdlib.h>
#include <string.h>

/* A member of @body as text, NULL if absent; numbers and booleans as written. */
static const char *member(struct database *d, const char *body, const char *path)
{
	return database_text(d, "SELECT json_extract(?1, ?2)", "ss", body, path);
}

static const char *first_member(struct database *d, const char *body,
				const char *const *paths)
{
	const char *s = NULL;

	for (; *paths && !s; paths++)
		s = member(d, body, *paths);
	return s;
}

static void parse_margin(struct database *d, struct claim *c)
{
	char *text = arena_strdup(&d->arena, c->margin_text), *word, *rest = NULL;

	if (!strncmp(text, "max(", 4))
		text += 4;
	for (word = strtok_r(text, " ,)", &rest); word; word = strtok_r(NULL, " ,)", &rest)) {
		char *end;
		double v = strtod(word, &end);

		if (end == word) {
			c->problem = text_of(d, "margin %s: not a number", c->margin_text);
			return;
		}
		if (!strcmp(end, "%"))
			c->margin.share = v / 100;
		else if (v != 0)
			c->margin.quantity = arena_strdup(&d->arena, word);
	}
}

static void parse_rule(struct database *d, const char *body, struct claim *c)
{
	static const struct { const char *name; enum claim_rule rule; } rules[] = {
		{ "less", RULE_LESS }, { "greater", RULE_GREATER },
		{ "equivalent", RULE_EQUIVALENT }, { "count", RULE_COUNT },
		{ "violated", RULE_VIOLATED }, { "held", RULE_HELD },
	};
	static const char *const relation[] = { "eq", "le", "ge" };
	const char *name = database_text(d, "SELECT CASE json_type(?1, '$.rule') "
		"WHEN 'object' THEN (SELECT key FROM json_each(?1, '$.rule') LIMIT 1) "
		"ELSE json_extract(?1, '$.rule') END", "s", body);

	if (!name)
		return;		/* a part takes the whole's */
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		if (!strcmp(name, rules[i].name))
			c->rule = rules[i].rule;
	}
	if (c->rule == RULE_NONE)
		c->problem = text_of(d, "rule %s: unknown", name);
	for (size_t i = 0; c->rule == RULE_COUNT && i < 3; i++) {
		const char *path[] = { text_of(d, "$.rule.count.%s", relation[i]),
				       text_of(d, "$.count.%s", relation[i]),
				       text_of(d, "$.%s", relation[i]), NULL };
		const char *s = first_member(d, body, path);

		if (!s)
			continue;
		c->relation = relation[i];
		c->expression = s;
	}
	if ((c->rule == RULE_VIOLATED || c->rule == RULE_HELD) && !c->invariant)
		c->invariant = member(d, body, text_of(d, "$.rule.%s", name));
}

static int count_members(struct database *d, const char *body, const char *path)
{
	return (int)database_integer(d, "SELECT count(*) FROM json_each(?1, ?2)", "ss",
				     body, path);
}

/* Add the entries of a map PATH: value or PATH: [values] to c->limit. */
static void add_limits(struct database *d, const char *body, const char *path,
		       struct claim *c)
{
	int more = count_members(d, body, path);
	struct limit *all = arena_alloc(&d->arena, sizeof(*all) * (size_t)(c->n_limits + more + 1));
	sqlite3_stmt *q;

	if (c->n_limits)
		memcpy(all, c->limit, sizeof(*all) * (size_t)c->n_limits);
	c->limit = all;
	q = database_query(d, "SELECT e.key, CASE e.type WHEN 'array' THEN e.value "
			   "ELSE json_array(e.value) END FROM json_each(?1, ?2) e", "ss", body, path);
	while (database_step(d, q)) {
		struct limit *l = &c->limit[c->n_limits++];
		const char *values;
		sqlite3_stmt *v;

		l->path = column_text(d, q, 0);
		values = column_text(d, q, 1);
		l->value = arena_alloc(&d->arena, sizeof(*l->value) *
				       (size_t)(count_members(d, values, "$") + 1));
		v = database_query(d, "SELECT value FROM json_each(?1)", "s", values);
		while (database_step(d, v))
			l->value[l->n++] = column_text(d, v, 0);
		database_done(d, v);
	}
	database_done(d, q);
}

static void add_bindings(struct database *d, const char *body, const char *path,
			 struct claim *c)
{
	int more = count_members(d, body, path);
	struct binding *all = arena_alloc(&d->arena, sizeof(*all) *
					  (size_t)(c->n_bindings + more + 1));
	sqlite3_stmt *q = database_query(d, "SELECT key, value FROM json_each(?1, ?2)", "ss",
					 body, path);

	if (c->n_bindings)
		memcpy(all, c->binding, sizeof(*all) * (size_t)c->n_bindings);
	c->binding = all;
	while (database_step(d, q)) {
		struct binding *b = &c->binding[c->n_bindings++];

		b->name = column_text(d, q, 0);
		b->path = column_text(d, q, 1);
	}
	database_done(d, q);
}

static void parse_texts(struct database *d, const char *body, struct claim *c)
{
	const struct { const char **to; const char *path[4]; } field[] = {
		{ &c->id, { "$.id" } }, { &c->who, { "$.who" } }, { &c->said, { "$.said" } },
		{ &c->source, { "$.source" } }, { &c->quote, { "$.quote" } },
		{ &c->statement, { "$.statement" } }, { &c->kind, { "$.kind" } },
		{ &c->reason, { "$.reason" } }, { &c->a, { "$.compare.a" } },
		{ &c->b, { "$.compare.b", "$.compare.design", "$.design" } },
		{ &c->metric, { "$.metric" } }, { &c->per, { "$.per" } }, { &c->label, { "$.label" } },
		{ &c->scenario, { "$.scenario" } }, { &c->invariant, { "$.invariant" } },
		{ &c->if_supported, { "$.if_supported" } },
		{ &c->if_refuted, { "$.if_refuted" } },
		{ &c->margin_reason, { "$.margin_reason" } },
		{ &c->expected, { "$.expected" } },
	};

	for (size_t i = 0; i < sizeof(field) / sizeof(field[0]); i++) {
		const char *s = first_member(d, body, field[i].path);

		if (s)
			*field[i].to = s;
	}
}

static struct claim *parse_claim(struct database *d, const char *body,
				 const struct claim *whole)
{
	static const char *const margins[] = { "$.margin", NULL };
	struct claim *c = arena_alloc(&d->arena, sizeof(*c));
	const char *text;

	if (whole) {
		*c = *whole;
		c->id = c->statement = c->problem = NULL;
		c->if_supported = c->if_refuted = c->expected = NULL;
		c->n_parts = 0;
	}
	parse_texts(d, body, c);
	parse_rule(d, body, c);
	text = first_member(d, body, margins);
	if (text) {
		c->margin_text = text;
		c->margin.share = 0;
		c->margin.quantity = NULL;
		parse_margin(d, c);
	}
	if (whole && member(d, body, "$.region"))
		c->n_limits = 0;
	add_limits(d, body, "$.region", c);
	add_limits(d, body, "$.compare.where", c);
	add_bindings(d, body, "$.names", c);
	add_bindings(d, body, "$.axes", c);
	if (!c->id)
		c->id = "";
	if (!c->statement)
		c->statement = "";
	if (!c->kind)
		c->kind = "emergent";
	return c;
}

static void load_parts(struct database *d, const char *body, struct claim *c)
{
	sqlite3_stmt *q = database_query(d, "SELECT value FROM json_each(?1, '$.parts')", "s", body);

	c->part = arena_alloc(&d->arena, sizeof(*c->part) *
			      (size_t)(count_members(d, body, "$.parts") + 1));
	while (database_step(d, q)) {
		struct claim *p = parse_claim(d, column_text(d, q, 0), c);

		/* "slope" of S1.6 is printed as S1.6/slope; S1.6a stays. */
		if (!*p->id)
			p->id = text_of(d, "%s/%d", c->id, c->n_parts + 1);
		else if (strncmp(p->id, c->id, strlen(c->id)))
			p->id = text_of(d, "%s/%s", c->id, p->id);
		c->part[c->n_parts++] = p;
	}
	database_done(d, q);
}

/*
 * The claim's studies: of several with one name (older model or scenario) the
 * one that dataset_ids() takes.
 */
static void load_studies(struct database *d, struct claim *c)
{
	int n_ids;
	int64_t *current = dataset_ids(d, &n_ids);
	sqlite3_stmt *q = database_query(d, "SELECT study, role FROM claim_study "
		"WHERE claim = ? AND role IN ('motivating', 'adversarial', 'phase') "
		"ORDER BY role <> 'motivating', role, study", "s", c->id);

	c->study = arena_alloc(&d->arena, sizeof(*c->study) * (size_t)(n_ids + 1));
	c->role = arena_alloc(&d->arena, sizeof(*c->role) * (size_t)(n_ids + 1));
	while (database_step(d, q)) {
		int64_t id = sqlite3_column_int64(q, 0);
		int known = 0, is_current = 0;

		for (int i = 0; i < n_ids; i++)
			is_current |= current[i] == id;
		for (int i = 0; i < c->n_studies; i++)
			known |= c->study[i] == id;
		if (!is_current || known)
			continue;
		c->role[c->n_studies] = column_text(d, q, 1);
		c->study[c->n_studies++] = id;
	}
	database_done(d, q);
	for (int i = 0; i < c->n_parts; i++) {
		c->part[i]->n_studies = c->n_studies;
		c->part[i]->study = c->study;
		c->part[i]->role = c->role;
	}
}

/* The study over the cost space goes to the parts that it is for. */
static void load_sampled(struct database *d, const char *body, struct claim *c)
{
	int n_ids;
	int64_t *current = dataset_ids(d, &n_ids), id = 0;
	sqlite3_stmt *q = database_query(d, "SELECT study FROM claim_study WHERE claim = ? "
					 "AND role = 'sensitivity'", "s", c->id);

	while (database_step(d, q))
		for (int i = 0; i < n_ids; i++)
			if (current[i] == sqlite3_column_int64(q, 0))
				id = current[i];
	database_done(d, q);
	if (!c->n_parts)
		c->sampled = id;
	for (int i = 0; i < c->n_parts; i++) {
		const char *slash = strrchr(c->part[i]->id, '/');

		if (database_integer(d, "SELECT count(*) FROM json_each(?1, '$.sensitivity.parts') "
				     "WHERE value = ?2", "ss", body,
				     slash ? slash + 1 : c->part[i]->id))
			c->part[i]->sampled = id;
	}
}

static struct claim *load_claim(struct database *d, const char *id)
{
	const char *body = database_text(d, "SELECT body FROM claim WHERE id = ?", "s", id);
	struct claim *c;

	if (!body)
		database_fail(d, EX_CONFIG, "%s: no claim %s", d->path, id);
	c = parse_claim(d, body, NULL);
	c->id = id;
	load_parts(d, body, c);
	load_studies(d, c);
	load_sampled(d, body, c);
	return c;
}

struct claim **claims_load(struct database *d, const char *const *id, int n_ids, int *n)
{
	int64_t all = database_integer(d, "SELECT count(*) FROM claim", "");
	struct claim **c = arena_alloc(&d->arena, sizeof(*c) * ((size_t)all + (size_t)n_ids + 1));

	*n = 0;
	if (n_ids) {
		for (int i = 0; i < n_ids; i++)
			c[(*n)++] = load_claim(d, id[i]);
	} else {
		sqlite3_stmt *q = database_query(d, "SELECT id FROM claim ORDER BY id", "");

		while (database_step(d, q))
			c[(*n)++] = load_claim(d, column_text(d, q, 0));
		database_done(d, q);
	}
	return c;
}

int claim_is_emergent(const struct claim *c)
{
	return !strcmp(c->kind, "emergent");
}
