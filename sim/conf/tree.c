/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Trees of nodes: building, looking up, copying, merging.
 *
 * Merge is what "base:" means: a map is merged key by key, a scalar or list
 * of the derived file replaces that of its base.  Every node keeps the place
 * it came from, so that a message about an inherited value names the base.
 */
#include <string.h>

#include "sim/base/json.h"
#include "sim/conf/internal.h"

struct node *node_new(struct conf *c, enum node_kind kind, const struct node *place)
{
	struct node *n = conf_alloc(c, sizeof(*n));

	n->kind = kind;
	n->file = place->file;
	n->line = place->line;
	n->column = place->column;
	return n;
}

struct node *node_scalar(struct conf *c, const struct node *place, const char *text)
{
	struct node *n = node_new(c, NODE_SCALAR, place);

	n->text = conf_strdup(c, text);
	return n;
}

/* An array of @n elements of @size in the arena, with room for one more. */
static void *room(struct conf *c, void *old, int n, int *cap, size_t size)
{
	void *p;

	if (n < *cap)
		return old;
	*cap = *cap ? 2 * *cap : 4;
	p = conf_alloc(c, (size_t)*cap * size);
	if (n)
		memcpy(p, old, (size_t)n * size);
	return p;
}

void node_append(struct conf *c, struct node *list, struct node *item)
{
	list->item = room(c, list->item, list->n, &list->cap, sizeof(*list->item));
	list->item[list->n++] = item;
}

struct entry *node_add(struct conf *c, struct node *map, const char *key, struct node *value)
{
	struct entry *e;

	map->entry = room(c, map->entry, map->n, &map->cap, sizeof(*map->entry));
	e = &map->entry[map->n++];
	e->key = key;
	e->line = value->line;
	e->column = value->column;
	e->value = value;
	return e;
}

struct entry *node_entry(const struct node *map, const char *key)
{
	int i;

	if (!map || map->kind != NODE_MAP)
		return NULL;
	for (i = 0; i < map->n; i++)
		if (!strcmp(map->entry[i].key, key))
			return &map->entry[i];
	return NULL;
}

struct node *node_get(const struct node *map, const char *key)
{
	struct entry *e = node_entry(map, key);

	return e ? e->value : NULL;
}

struct node *node_get_dotted(const struct node *map, const char *key)
{
	struct node *n = node_get(map, key);
	const char *dot = strchr(key, '.');
	char head[PARAM_NAME_MAX];

	if (n || !dot || (size_t)(dot - key) >= sizeof(head))
		return n;
	memcpy(head, key, (size_t)(dot - key));
	head[dot - key] = '\0';
	return node_get_dotted(node_get(map, head), dot + 1);
}

struct node *node_clone(struct conf *c, const struct node *n)
{
	struct node *copy = conf_alloc(c, sizeof(*copy));
	int i;

	*copy = *n;
	copy->cap = 0;
	copy->n = 0;
	copy->entry = NULL;
	copy->item = NULL;
	for (i = 0; i < n->n; i++) {
		if (n->kind == NODE_LIST) {
			node_append(c, copy, node_clone(c, n->item[i]));
		} else {
			struct entry *e = node_add(c, copy, n->entry[i].key,
						   node_clone(c, n->entry[i].value));

			e->line = n->entry[i].line;
			e->column = n->entry[i].column;
		}
	}
	return copy;
}

static void merge_into(struct conf *c, struct node *to, const struct node *over)
{
	int i;

	for (i = 0; i < over->n; i++) {
		const struct entry *o = &over->entry[i];
		struct entry *e = node_entry(to, o->key);

		if (e && e->value->kind == NODE_MAP && o->value->kind == NODE_MAP) {
			merge_into(c, e->value, o->value);
			continue;
		}
		if (!e)
			e = node_add(c, to, o->key, node_clone(c, o->value));
		else
			e->value = node_clone(c, o->value);
		e->line = o->line;
		e->column = o->column;
	}
}

struct node *node_merge(struct conf *c, const struct node *base, const struct node *over)
{
	struct node *n = node_clone(c, base);

	n->file = over->file;
	n->line = over->line;
	n->column = over->column;
	merge_into(c, n, over);
	return n;
}

const char *node_name(const struct node *item)
{
	const struct node *n = node_get(item, "name");

	return n && n->kind == NODE_SCALAR ? n->text : NULL;
}

static void write_json(const struct node *n, struct json *j)
{
	int i;

	if (n->kind == NODE_SCALAR) {
		json_str(j, n->text);
		return;
	}
	json_open(j, n->kind == NODE_MAP ? '{' : '[');
	for (i = 0; i < n->n; i++) {
		if (n->kind == NODE_MAP)
			json_key(j, n->entry[i].key);
		write_json(n->kind == NODE_MAP ? n->entry[i].value : n->item[i], j);
	}
	json_close(j, n->kind == NODE_MAP ? '}' : ']');
}

void node_json(const struct node *n, struct strbuf *sb)
{
	struct json j;

	json_init(&j, sb);
	write_json(n, &j);
}
