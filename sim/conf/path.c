/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * PATHs: writing one value into a tree, reversibly.
 *
 * A component is a key of a map or the name of a list item; names may hold
 * dots (kvm-2.6.27), so the longest candidate that the path begins with wins.
 * The items of a loop are maps of a name and one operation: a key that the
 * item itself lacks is looked for in the operation (loop.unmap.length is
 * loop.unmap.munmap.length).  Keys that do not exist are created: whether they
 * may exist is for the typed load to say, which knows the tables.
 */
#include <string.h>

#include "sim/base/xassert.h"
#include "sim/conf/internal.h"

struct walk {
	struct conf *c;
	const char *full;
	const struct node *at;
	struct undo_log *log;
};

const char *path_after(const char *path, const char *head)
{
	size_t n = strlen(head);

	if (strncmp(path, head, n))
		return NULL;
	if (!path[n])
		return path + n;
	return path[n] == '.' ? path + n + 1 : NULL;
}

const char *path_short(const char *path)
{
	const char *rest = path_after(path, "design");

	return rest && path_after(rest, "protocol") ? rest : path;
}

static void log_change(struct undo_log *log, struct node *map, int index, struct node *old)
{
	if (!log)
		return;
	BUG_ON(log->n == (int)(sizeof(log->v) / sizeof(log->v[0])));
	log->v[log->n++] = (struct undo){ map, index, old };
}

void path_undo(struct undo_log *log)
{
	while (log->n > 0) {
		struct undo *u = &log->v[--log->n];

		if (u->old)
			u->map->entry[u->index].value = u->old;
		else
			u->map->n = u->index;	/* it was added last */
	}
}

static int find_key(const struct node *map, const char *path, const char **rest)
{
	int i, best = -1;
	size_t longest = 0;

	for (i = 0; i < map->n; i++) {
		const char *after = path_after(path, map->entry[i].key);
		size_t n = strlen(map->entry[i].key);

		if (after && n >= longest) {
			longest = n;
			best = i;
			*rest = after;
		}
	}
	return best;
}

static struct node *find_item(struct walk *w, struct node *list, const char *path,
			      const char **rest)
{
	const char *names[256];
	struct node *best = NULL;
	char word[PARAM_NAME_MAX];
	size_t longest = 0, n_names = 0;
	int i;

	for (i = 0; i < list->n; i++) {
		const char *name = node_name(list->item[i]), *after;

		if (!name)
			continue;
		if (n_names < 256)
			names[n_names++] = name;
		after = path_after(path, name);
		if (after && strlen(name) >= longest) {
			longest = strlen(name);
			best = list->item[i];
			*rest = after;
		}
	}
	if (!best) {
		snprintf(word, sizeof(word), "%.*s", (int)strcspn(path, "."), path);
		conf_error(w->c, w->at, w->full, nearest_name(word, names, n_names),
			   "nothing here is named '%s'", word);
	}
	return best;
}

/* The operation inside a loop item, if its value is a map. */
static struct node *operation_of(const struct node *item)
{
	int i;

	for (i = 0; i < NR_OP_KINDS; i++) {
		struct node *n = node_get(item, op_table[i].name);

		if (n && n->kind == NODE_MAP)
			return n;
	}
	return NULL;
}

static void put_value(struct walk *w, struct node *map, int index, struct node *value)
{
	struct node *old = map->entry[index].value;

	log_change(w->log, map, index, old);
	if (old->kind == NODE_MAP && value->kind == NODE_MAP)
		value = node_merge(w->c, old, value);
	map->entry[index].value = value;
}

/* @path names a key that @map lacks: create it and the maps on the way. */
static int create(struct walk *w, struct node *map, const char *path, struct node *value)
{
	for (;;) {
		size_t n = strcspn(path, ".");
		struct entry *e;
		char *key;

		if (!n) {
			conf_error(w->c, w->at, w->full, NULL, "not a path: a component is empty");
			return -1;
		}
		key = conf_alloc(w->c, n + 1);
		memcpy(key, path, n);
		log_change(w->log, map, map->n, NULL);
		e = node_add(w->c, map, key, path[n] ? node_new(w->c, NODE_MAP, w->at) : value);
		e->line = w->at->line;
		e->column = w->at->column;
		if (!path[n])
			return 0;
		map = e->value;
		path += n + 1;
	}
}

static int step_map(struct walk *w, struct node **cur, const char **path, struct node *value,
		    int *done)
{
	const char *rest = NULL;
	int i = find_key(*cur, *path, &rest);
	struct node *op;

	if (i < 0 && (op = operation_of(*cur))) {
		*cur = op;
		i = find_key(*cur, *path, &rest);
	}
	if (i < 0) {
		*done = 1;
		return create(w, *cur, *path, value);
	}
	if (!*rest) {
		*done = 1;
		put_value(w, *cur, i, value);
		return 0;
	}
	*cur = (*cur)->entry[i].value;
	*path = rest;
	return 0;
}

int path_set(struct conf *c, struct node *root, const char *path, struct node *value,
	     const char *full, const struct node *at, struct undo_log *log)
{
	struct walk w = { c, full, at, log };
	struct node *cur = root;
	int done = 0;

	while (!done) {
		if (cur->kind == NODE_SCALAR) {
			conf_error(c, at, full, NULL, "'%s' is a plain value and has no '%s'",
				   cur->text, path);
			return -1;
		}
		if (cur->kind == NODE_LIST) {
			cur = find_item(&w, cur, path, &path);
			if (!cur)
				return -1;
			if (*path)
				continue;
			conf_error(c, at, full, NULL, "names a list item, not a value of it");
			return -1;
		}
		if (step_map(&w, &cur, &path, value, &done))
			return -1;
	}
	return 0;
}
