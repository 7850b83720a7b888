/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From a map of a file to a struct, by a parameter table.
 *
 * Everything a row can say is checked here and nowhere else: type, unit,
 * range, legal words, missing and unknown keys.  A load goes on after an error
 * so that all errors of a file come out at once.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "sim/base/xassert.h"
#include "sim/conf/internal.h"

void *load_alloc(struct loader *l, size_t n)
{
	return arena_alloc(l->arena, n);
}

void load_error(struct loader *l, const struct node *at, const char *path,
		const char *suggestion, const char *fmt, ...)
{
	char message[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(message, sizeof(message), fmt, ap);
	va_end(ap);
	l->errors++;
	conf_error(l->c, at, path, suggestion, "%s", message);
}

const char *load_join(char *buf, size_t size, const char *path, const char *key)
{
	snprintf(buf, size, "%s%s%s", path, *path ? "." : "", key);
	return buf;
}

const char *load_join_index(char *buf, size_t size, const char *path, int index)
{
	snprintf(buf, size, "%s[%d]", path, index);
	return buf;
}

int load_is_map(struct loader *l, const struct node *n, const char *path)
{
	if (n->kind == NODE_MAP)
		return 1;
	load_error(l, n, path, NULL, "a map of keys and values is expected");
	return 0;
}

int load_is_list(struct loader *l, const struct node *n, const char *path)
{
	if (n->kind == NODE_LIST)
		return 1;
	load_error(l, n, path, NULL, "a list is expected");
	return 0;
}

const char *load_text(struct loader *l, const struct node *n, const char *path)
{
	if (n->kind == NODE_SCALAR && *n->text)
		return n->text;
	load_error(l, n, path, NULL, "%s", n->kind == NODE_SCALAR ?
		   "has no value" : "a single value is expected");
	return NULL;
}

/* --- recording what came out ----------------------------------------------------- */
void load_record(struct loader *l, const char *path, const char *value, const char *unit,
		 const char *origin, const struct node *at)
{
	struct param_log *g = l->log;
	struct resolved_param *p;
	char where[256];

	if (!g)
		return;
	if (g->n == g->cap) {
		int cap = g->cap ? 2 * g->cap : 256;

		p = load_alloc(l, (size_t)cap * sizeof(*p));
		if (g->n)
			memcpy(p, g->v, (size_t)g->n * sizeof(*p));
		g->v = p;
		g->cap = cap;
	}
	if (!at)
		snprintf(where, sizeof(where), "default");
	else if (at->line > 0)
		snprintf(where, sizeof(where), "%s:%d", at->file, at->line);
	else
		snprintf(where, sizeof(where), "%s", at->file);
	p = &g->v[g->n++];
	p->path = arena_strdup(l->arena, path);
	p->value = arena_strdup(l->arena, value);
	p->unit = arena_strdup(l->arena, unit);
	p->origin = arena_strdup(l->arena, origin);
	p->given_at = arena_strdup(l->arena, where);
}

static int parse_number(struct loader *l, enum param_type type, const char *text, int64_t *v,
			const char **why)
{
	switch (type) {
	case PT_BOOL:
		return parse_bool(text, v, why);
	case PT_INT:
		return parse_int(text, v, why);
	case PT_TIME:
		return parse_time(text, l->clock, v, why);
	case PT_SIZE:
		return parse_size(text, v, why);
	case PT_FREQ:
		return parse_freq(text, v, why);
	case PT_PERCENT:
		return parse_percent(text, v, why);
	default:
		BUG_ON(1);
		return -1;
	}
}

/* A number as rows of the database have it. */
static const char *number_text(char *buf, enum param_type type, int64_t v)
{
	if (type == PT_BOOL)
		sprintf(buf, "%s", v ? "yes" : "no");
	else if (type == PT_PERCENT) {
		format_percent(buf, v);
		buf[strlen(buf) - 1] = '\0';	/* the unit column says % */
	} else
		sprintf(buf, "%" PRId64, v);
	return buf;
}

/* Does a file that says @value only repeat the table? */
static int is_default(struct loader *l, const struct param_row *row, const char *value)
{
	const char *why;
	char text[192];
	struct dist d;
	int64_t v;

	if (!row->def)
		return 0;
	switch (row->type) {
	case PT_DIST:
		return !dist_parse(row->def, l->clock, &d, &why) &&
		       !strcmp(dist_format(text, &d), value);
	case PT_BOOL:
	case PT_INT:
	case PT_TIME:
	case PT_SIZE:
	case PT_FREQ:
	case PT_PERCENT:
		return !parse_number(l, row->type, row->def, &v, &why) &&
		       !strcmp(number_text(text, row->type, v), value);
	default:
		return !strcmp(row->def, value);
	}
}

static const char *origin_text(char *buf, size_t size, const struct param_row *row)
{
	snprintf(buf, size, "%s%s%s", param_origin_name(row->origin),
		 row->citation && *row->citation ? ": " : "", row->citation ? row->citation : "");
	return buf;
}

/* A sampled value is a guess as much as the one it replaces. */
static int is_sampled(const struct node *at)
{
	return at && !strcmp(at->file, "sample");
}

void load_record_row(struct loader *l, const struct param_row *row, const char *path,
		     const char *value, const struct node *at)
{
	char origin[256];

	if (!l->log || row->type == PT_TEXT)
		return;
	if (at && row->origin != ORIGIN_CHOICE && !is_default(l, row, value) && !is_sampled(at))
		snprintf(origin, sizeof(origin), "given");
	else
		origin_text(origin, sizeof(origin), row);
	load_record(l, path, value, row->unit, origin, at);
}

/* --- single values --------------------------------------------------------------- */
static void format_stored(char *buf, enum param_type type, int64_t v)
{
	switch (type) {
	case PT_TIME:
	case PT_DIST:
		format_time(buf, v);
		break;
	case PT_SIZE:
		format_size(buf, v);
		break;
	case PT_FREQ:
		format_freq(buf, v);
		break;
	case PT_PERCENT:
		format_percent(buf, v);
		break;
	default:
		sprintf(buf, "%" PRId64, v);
	}
}

static int in_range(struct loader *l, const struct param_row *row, const struct node *at,
		    const char *path, const char *text, int64_t v)
{
	char lo[48], hi[48];

	if (v >= row->lo && v <= row->hi)
		return 1;
	format_stored(lo, row->type, row->lo);
	format_stored(hi, row->type, row->hi);
	if (row->hi == INT64_MAX)
		load_error(l, at, path, NULL, "'%s' is out of range, at least %s", text, lo);
	else
		load_error(l, at, path, NULL, "'%s' is out of range, %s to %s", text, lo, hi);
	return 0;
}

static void load_number(struct loader *l, const struct param_row *row, const struct node *at,
			const char *path, const char *text, int64_t *to)
{
	const char *why;
	char value[64];
	int64_t v;

	if (parse_number(l, row->type, text, &v, &why)) {
		load_error(l, at, path, NULL, "'%s' %s", text, why);
		return;
	}
	if (at && !in_range(l, row, at, path, text, v))
		return;
	*to = v;
	load_record_row(l, row, path, number_text(value, row->type, v), at);
}

/* "clusters(16)": a word with an argument, where the default has one. */
static size_t word_length(const struct param_row *row, const char *text)
{
	return row->def && strchr(row->def, '(') ? strcspn(text, "(") : strlen(text);
}

static void load_enum(struct loader *l, const struct param_row *row, const struct node *at,
		      const char *path, const char *text, int64_t *to)
{
	size_t len = word_length(row, text), n = 0;
	const char *names[32];
	const struct enum_value *e;
	char list[256] = "";

	for (e = row->values; e->name; e++) {
		if (strlen(e->name) == len && !strncmp(e->name, text, len)) {
			*to = e->value;
			load_record_row(l, row, path, text, at);
			return;
		}
		BUG_ON(n == 32);
		snprintf(list + strlen(list), sizeof(list) - strlen(list), "%s%s",
			 n ? ", " : "", e->name);
		names[n++] = e->name;
	}
	if (not_modelled(l, at, path, text))
		return;
	load_error(l, at, path, nearest_name(text, names, n), "'%s' is not one of %s", text, list);
}

static void load_dist(struct loader *l, const struct param_row *row, const struct node *at,
		      const char *path, const char *text, struct dist *to)
{
	char value[192];
	const char *why;
	struct dist d;

	if (dist_parse(text, l->clock, &d, &why)) {
		load_error(l, at, path, NULL, "'%s' %s", text, why);
		return;
	}
	if (at && !in_range(l, row, at, path, text, dist_mean(&d)))
		return;
	*to = d;
	load_record_row(l, row, path, dist_format(value, &d), at);
}

static void load_name(struct loader *l, const struct param_row *row, const struct node *at,
		      const char *path, const char *text, char *to)
{
	static const char chars[] = "abcdefghijklmnopqrstuvwxyz0123456789._-";

	if (strlen(text) >= PARAM_NAME_MAX || strspn(text, chars) != strlen(text) ||
	    strchr("._-", text[0])) {
		load_error(l, at, path, NULL,
			   "'%s' is not a name (a-z, 0-9, then also . _ -, at most %d characters)",
			   text, PARAM_NAME_MAX - 1);
		return;
	}
	strcpy(to, text);
	load_record_row(l, row, path, text, at);
}

/* --- rows -------------------------------------------------------------------------- */
static void load_value(struct loader *l, const struct param_row *row, const struct node *at,
		       const char *path, const char *text, void *to)
{
	void *field = (char *)to + row->offset;

	switch (row->type) {
	case PT_ENUM:
		load_enum(l, row, at, path, text, field);
		break;
	case PT_DIST:
		load_dist(l, row, at, path, text, field);
		break;
	case PT_NAME:
		load_name(l, row, at, path, text, field);
		break;
	case PT_TEXT:
		*(const char **)field = arena_strdup(l->arena, text);
		break;
	case PT_PICK: {
		struct pick p;
		char value[96];

		if (load_pick(l, at, path, text, &p))
			break;
		*(struct pick *)field = p;
		load_record_row(l, row, path, format_pick(value, &p), at);
		break;
	}
	case PT_REF:	/* an index into what only the caller knows */
		break;
	default:
		load_number(l, row, at, path, text, field);
	}
	if (l->ranges && row->origin == ORIGIN_ESTIMATE && row->type != PT_PICK)
		load_range(l, row, path, at, row->est_lo, row->est_hi, field);
}

static int is_group(const struct param_table *t, const char *prefix)
{
	size_t i;

	for (i = 0; i < t->n; i++) {
		const char *rest = path_after(t->rows[i].key, prefix);

		if (rest && *rest)
			return 1;
	}
	return 0;
}

static int among(const char *s, const char *const *words)
{
	for (; words && *words; words++)
		if (!strcmp(*words, s))
			return 1;
	return 0;
}

static void unknown_key(struct loader *l, const struct param_table *t, const struct entry *e,
			const char *prefix, const char *path, const char *const *others)
{
	struct node at = *e->value;
	const char *names[128];
	char part[128][PARAM_NAME_MAX], full[320];
	size_t i, n = 0;

	for (i = 0; t && i < t->n && n < 128; i++) {
		const char *rest = *prefix ? path_after(t->rows[i].key, prefix) : t->rows[i].key;

		if (!rest || !*rest)
			continue;
		snprintf(part[n], sizeof(part[n]), "%.*s", (int)strcspn(rest, "."), rest);
		names[n] = part[n];
		n++;
	}
	for (; !*prefix && others && *others && n < 128; others++)
		names[n++] = *others;
	at.line = e->line;
	at.column = e->column;
	load_join(full, sizeof(full), path, e->key);
	if (not_modelled(l, &at, full, e->key))
		return;
	load_error(l, &at, full, nearest_name(e->key, names, n), "unknown key");
}

static void check_level(struct loader *l, const struct param_table *t, const struct node *map,
			const char *prefix, const char *path, const char *const *others)
{
	char full[PARAM_NAME_MAX * 2], sub[320];
	int i;

	for (i = 0; i < map->n; i++) {
		const struct entry *e = &map->entry[i];

		load_join(full, sizeof(full), prefix, e->key);
		if (t && param_find(t, full))
			continue;
		if (!*prefix && among(e->key, others))
			continue;
		load_join(sub, sizeof(sub), path, e->key);
		if (!t || !is_group(t, full))
			unknown_key(l, t, e, prefix, path, others);
		else if (load_is_map(l, e->value, sub))
			check_level(l, t, e->value, full, sub, NULL);
	}
}

void load_check_keys(struct loader *l, const struct node *map, const char *path,
		     const char *const *keys)
{
	check_level(l, NULL, map, "", path, keys);
}

void load_rows(struct loader *l, const struct param_table *t, const struct node *map,
	       const char *path, const char *const *others, void *to)
{
	size_t i;

	if (map) {
		if (!load_is_map(l, map, path))
			return;
		check_level(l, t, map, "", path, others);
	}
	for (i = 0; i < t->n; i++) {
		const struct param_row *row = &t->rows[i];
		struct node *n = node_get_dotted(map, row->key);
		char full[320];

		load_join(full, sizeof(full), path, row->key);
		if (row->type == PT_WORDS) {
			load_words(l, row, n, full, (void *)((char *)to + row->offset));
		} else if (n) {
			const char *text = load_text(l, n, full);

			if (text)
				load_value(l, row, n, full, text, to);
		} else if (row->def) {
			load_value(l, row, NULL, full, row->def, to);
		} else if (map) {
			load_error(l, map, path, NULL, "%s is missing", row->key);
		}
	}
}

/* --- costs -------------------------------------------------------------------------- */
/* {value DUR, range [DUR, DUR], origin TEXT} */
struct given_cost { const char *origin; int64_t range[2]; int has_range; };

static const struct node *cost_map(struct loader *l, const struct node *n, const char *path,
				   struct given_cost *g)
{
	static const char *const keys[] = { "value", "range", "origin", NULL };
	const struct node *range = node_get(n, "range"), *o = node_get(n, "origin");
	const char *why;
	int i;

	load_check_keys(l, n, path, keys);
	if (!o)
		load_error(l, n, path, NULL, "origin is missing: who says so?");
	else
		g->origin = load_text(l, o, path);
	if (range && (range->kind != NODE_LIST || range->n != 2))
		load_error(l, range, path, NULL, "range is [low, high]");
	g->has_range = range && range->kind == NODE_LIST && range->n == 2;
	for (i = 0; g->has_range && i < 2; i++) {
		const char *s = load_text(l, range->item[i], path);

		if (s && parse_time(s, l->clock, &g->range[i], &why))
			load_error(l, range->item[i], path, NULL, "'%s' %s", s, why);
	}
	if (!node_get(n, "value"))
		load_error(l, n, path, NULL, "value is missing");
	return node_get(n, "value");
}

/* A file that says "estimate" gives the range with it; else the table's is meant. */
static void cost_range(struct loader *l, const struct param_row *row, const struct node *n,
		       const char *path, const struct given_cost *g, const int64_t *value)
{
	if (!g->origin ? row->origin == ORIGIN_ESTIMATE : !strncmp(g->origin, "estimate", 8))
		load_range(l, row, path, n, g->has_range ? g->range[0] : row->est_lo,
			   g->has_range ? g->range[1] : row->est_hi, value);
}

static void load_cost(struct loader *l, const struct param_row *row, const struct node *n,
		      const char *path, struct machine_config *m)
{
	int64_t *to = (int64_t *)((char *)m + row->offset);
	struct given_cost given = { 0 };
	struct param_log *log = l->log;
	char value[32], table[256];
	const char *text;

	if (!n) {
		load_value(l, row, NULL, path, row->def, m);
		return;
	}
	if (n->kind == NODE_MAP && !(n = cost_map(l, n, path, &given)))
		return;
	text = load_text(l, n, path);
	if (!text)
		return;
	l->log = NULL;
	load_number(l, row, n, path, text, to);
	l->log = log;
	cost_range(l, row, n, path, &given, to);
	sprintf(value, "%" PRId64, *to);
	if (!given.origin)
		given.origin = is_default(l, row, value) || is_sampled(n) ?
			       origin_text(table, sizeof(table), row) : "given";
	load_record(l, path, value, row->unit, given.origin, n);
}

void load_costs(struct loader *l, const struct param_table *t, const struct node *map,
		const char *path, struct machine_config *m)
{
	size_t i;

	if (map && !load_is_map(l, map, path))
		return;
	if (map)
		check_level(l, t, map, "", path, NULL);
	for (i = 0; i < t->n; i++) {
		char full[320];

		load_join(full, sizeof(full), path, t->rows[i].key);
		load_cost(l, &t->rows[i], node_get(map, t->rows[i].key), full, m);
	}
}
