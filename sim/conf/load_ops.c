/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The operations of a thread's loop: {name?: NAME, OPERATION: {...}}.
 * think and sleep are written with their duration as value.
 */
#include <string.h>

#include "sim/conf/internal.h"

struct op_load {
	struct loader *l;
	const struct address_space_config *space;	/* NULL: a kernel thread */
	int mode;
};

static int find_region(struct op_load *g, const struct node *of, const char *path)
{
	const char *names[MAX_REGIONS], *text = load_text(g->l, of, path);
	int i, n = g->space ? g->space->n_regions : 0;

	if (!text)
		return -1;
	for (i = 0; i < n; i++) {
		names[i] = g->space->region[i].name;
		if (!strcmp(names[i], text))
			return i;
	}
	load_error(g->l, of, path, nearest_name(text, names, (size_t)n),
		   "no region of the address space is named '%s'", text);
	return -1;
}

static int64_t space_length(const struct address_space_config *s)
{
	int64_t sum = 0;
	int i;

	for (i = 0; i < s->n_regions; i++)
		sum += s->region[i].length;
	return sum;
}

static void check_pages(struct op_load *g, const struct node *n, const char *path,
			const struct op_config *op)
{
	const struct node *at = node_get(n, "length");
	char have[48], limit[48];
	int64_t room;

	if (!at || !op->length || !g->space)
		return;
	room = op->region < 0 ? space_length(g->space) : g->space->region[op->region].length;
	if (op->length % PAGE_SIZE)
		load_error(g->l, at, path, NULL, "length %s is not a whole number of pages", at->text);
	else if (op->length > room)
		load_error(g->l, at, path, NULL, "length %s is longer than its region, %s",
			   format_size(have, op->length), format_size(limit, room));
}

static int has_kind(const struct address_space_config *a, enum secondary_kind kind)
{
	int i;

	for (i = 0; a && i < a->n_secondaries; i++)
		if (a->secondary[i].kind == kind)
			return 1;
	return 0;
}

/* The secondary MMU that via: names, @otherwise if it is not given; -1 with an error. */
static int named_via(struct op_load *g, const struct node *n, const char *path, int otherwise)
{
	const struct node *via = node_get(n, "via");
	const char *names[MAX_SECONDARIES], *text = via ? load_text(g->l, via, path) : NULL;
	int i, found = -1;

	if (!via)
		return otherwise;
	for (i = 0; i < g->space->n_secondaries; i++) {
		names[i] = g->space->secondary[i].name;
		if (text && !strcmp(text, names[i]))
			found = i;
	}
	if (text && found < 0)
		load_error(g->l, via, path, nearest_name(text, names, (size_t)i),
			   "no secondary MMU of the address space is named '%s'", text);
	return found;
}

/* Of gru_unload: the named one, else the first GRU. */
static int find_gru(struct op_load *g, const struct node *n, const char *path)
{
	int first = 0, found;

	while (first < g->space->n_secondaries && g->space->secondary[first].kind != SECONDARY_GRU)
		first++;
	found = named_via(g, n, path, first);
	if (found >= 0 && (found == g->space->n_secondaries ||
			   g->space->secondary[found].kind != SECONDARY_GRU))
		load_error(g->l, n, path, NULL, "gru_unload needs a secondary MMU of kind gru");
	return found < 0 ? 0 : found;
}

/* Whose notifier an operation registers or unregisters. */
static int find_registrant(struct op_load *g, const struct node *n, const char *path)
{
	int i = named_via(g, n, path, 0);

	if (!node_get(n, "via") && g->space->n_secondaries > 1)
		load_error(g->l, n, path, NULL, "via is missing: which of %d secondary MMUs?",
			   g->space->n_secondaries);
	return i < 0 ? 0 : i;
}

/* Which secondary MMU an access goes through: the named one, else the first of the mode. */
static int find_via(struct op_load *g, const struct node *n, const char *path)
{
	const char *names[MAX_SECONDARIES];
	int first = space_secondary(g->space, g->mode), found, i, mode;

	for (i = 0; i < g->space->n_secondaries; i++)
		names[i] = g->space->secondary[i].name;
	found = named_via(g, n, path, first);
	if (found < 0 && node_get(n, "via"))
		return 0;
	mode = secondary_kinds[g->space->secondary[found < 0 ? 0 : found].kind].access_mode;
	if (mode < 0)
		load_error(g->l, n, path, NULL, "threads do not access memory through %s",
			   names[found < 0 ? 0 : found]);
	else if (mode != g->mode)
		load_error(g->l, n, path, NULL, "secondary_access needs mode: %s",
			   mode == MODE_GUEST ? "guest" : "user");
	else if (mode == MODE_GUEST && found != space_secondary(g->space, MODE_GUEST))
		load_error(g->l, n, path, NULL, "a vcpu accesses memory through the first of its kind");
	return found < 0 ? 0 : found;
}

/* Operations on the file behind a region: whose thread does it is all the same. */
static int of_a_file(int kind)
{
	return kind == OPK_TRUNCATE || kind == OPK_WRITEBACK;
}

/* What may run where: a vcpu's accesses are secondary, a process's are not. */
static void check_mode(struct op_load *g, const struct node *n, const char *path, int kind)
{
	int needs_space = kind != OPK_THINK && kind != OPK_SLEEP && kind != OPK_REPEAT &&
			  kind != OPK_SIGNAL && kind != OPK_CONTEND && kind != OPK_SYNCHRONIZE;
	int needs_kvm = kind == OPK_MEMSLOT_DELETE || kind == OPK_SHRINK;
	int needs_secondary = kind == OPK_SECONDARY_ACCESS || kind == OPK_GRU_UNLOAD ||
			      kind == OPK_REGISTER || kind == OPK_UNREGISTER || needs_kvm;
	const char *name = op_table[kind].name;

	if (needs_space && !g->space)
		load_error(g->l, n, path, NULL, "%s needs an address space (in: NAME)", name);
	else if (needs_secondary && !g->space->n_secondaries)
		load_error(g->l, n, path, NULL, "%s needs an address space with a secondary MMU", name);
	else if (needs_kvm && !has_kind(g->space, SECONDARY_KVM))
		load_error(g->l, n, path, NULL, "%s needs a secondary MMU of kind kvm", name);
	if (kind == OPK_GRU_UNLOAD && g->mode != MODE_USER)
		load_error(g->l, n, path, NULL, "gru_unload needs mode: user");
	if (g->mode == MODE_GUEST && needs_space && kind != OPK_SECONDARY_ACCESS)
		load_error(g->l, n, path, NULL, "a vcpu (mode: guest) cannot do %s", name);
	if (g->mode == MODE_KERNEL && needs_space && !needs_secondary && !of_a_file(kind) &&
	    kind != OPK_MIGRATE)
		load_error(g->l, n, path, NULL, "a kernel thread (mode: kernel) cannot do %s", name);
}

static void load_nested(struct op_load *g, const struct node *n, const char *path,
			struct op_config *op)
{
	const struct node *loop = node_get(n, "loop");
	char sub[320];

	load_join(sub, sizeof(sub), path, "loop");
	if (!loop)
		load_error(g->l, n, path, NULL, "loop is missing");
	else
		load_loop(g->l, loop, sub, g->space, g->mode, &op->loop, &op->n_loop);
}

static int names_region(int kind)
{
	return kind == OPK_TOUCH || kind == OPK_SECONDARY_ACCESS || kind == OPK_MADVISE_DONTNEED ||
	       kind == OPK_MUNMAP || kind == OPK_MIGRATE || of_a_file(kind);
}

static void load_operation(struct op_load *g, const struct node *item, int kind, const char *path,
			   struct op_config *op)
{
	static const char *const others[] = { "loop", NULL };
	static const char *const plain[] = { "name", NULL };
	const struct node *n = node_get(item, op_table[kind].name);
	const struct node *of = node_get(n, "of");
	char sub[320];
	int scalar = kind == OPK_THINK || kind == OPK_SLEEP;

	op->kind = (enum op_kind)kind;
	op->region = -1;
	if (!scalar && n->kind != NODE_MAP) {
		load_is_map(g->l, n, path);
		return;
	}
	check_mode(g, n, path, kind);
	load_rows(g->l, &op_table[kind].params, scalar ? item : n, path,
		  scalar ? plain : kind == OPK_REPEAT ? others : NULL, op);
	if (kind == OPK_SECONDARY_ACCESS && g->space && g->space->n_secondaries)
		op->via = find_via(g, n, path);
	if (kind == OPK_GRU_UNLOAD && g->space && g->space->n_secondaries)
		op->via = find_gru(g, n, path);
	if ((kind == OPK_REGISTER || kind == OPK_UNREGISTER) && g->space && g->space->n_secondaries)
		op->via = find_registrant(g, n, path);
	load_join(sub, sizeof(sub), path, "of");
	if (of)
		op->region = find_region(g, of, sub);
	if (of && op->region >= 0)
		load_record(g->l, sub, of->text, "", "choice", of);
	if (of_a_file(kind) && g->space && g->space->n_regions &&
	    !strcmp(g->space->region[op->region < 0 ? 0 : op->region].backing, "anon"))
		load_error(g->l, of ? of : n, sub, NULL, "%s needs a region that is backed by a file",
			   op_table[kind].name);
	if (!of && g->space && g->space->n_regions > 1 && names_region(kind))
		load_error(g->l, n, sub, NULL, "of is missing: which of %d regions?", g->space->n_regions);
	load_join(sub, sizeof(sub), path, "length");
	check_pages(g, n, sub, op);
	if (kind == OPK_REPEAT)
		load_nested(g, n, path, op);
}

/* The one key of an item that is an operation; -1 with the error reported. */
static int find_operation(struct op_load *g, const struct node *item, const char *path)
{
	const char *names[NR_OP_KINDS + 1];
	int i, k, found = -1;

	for (k = 0; k < NR_OP_KINDS; k++)
		names[k] = op_table[k].name;
	names[NR_OP_KINDS] = "name";
	for (i = 0; i < item->n; i++) {
		const struct entry *e = &item->entry[i];
		struct node at = *e->value;

		at.line = e->line;
		at.column = e->column;
		for (k = 0; k < NR_OP_KINDS && strcmp(names[k], e->key); k++)
			;
		if (k == NR_OP_KINDS) {
			if (strcmp(e->key, "name") && !not_modelled(g->l, &at, path, e->key))
				load_error(g->l, &at, path, nearest_name(e->key, names, NR_OP_KINDS + 1),
					   "no operation is named '%s'", e->key);
			found = strcmp(e->key, "name") ? -2 : found;
		} else if (found >= 0) {
			load_error(g->l, &at, path, NULL, "one item, one operation: '%s' is a second",
				   e->key);
			return -2;
		} else if (found == -1) {
			found = k;
		}
	}
	if (found == -1)
		load_error(g->l, item, path, NULL, "an operation is missing");
	return found;
}

static void load_item(struct op_load *g, const struct node *item, const char *path, int index,
		      struct op_config *op)
{
	const char *name = node_name(item);
	char sub[320];
	int kind;

	load_join_index(sub, sizeof(sub), path, index);
	if (!load_is_map(g->l, item, sub))
		return;
	kind = find_operation(g, item, sub);
	if (kind < 0)
		return;
	if (name) {
		snprintf(op->name, sizeof(op->name), "%s", name);
		load_join(sub, sizeof(sub), path, name);
	} else if (kind != OPK_THINK && kind != OPK_SLEEP) {
		snprintf(sub, sizeof(sub), "%s[%d].%s", path, index, op_table[kind].name);
	}
	load_record(g->l, sub, op_table[kind].name, "", "choice", item);
	load_operation(g, item, kind, sub, op);
}

void load_loop(struct loader *l, const struct node *list, const char *path,
	       const struct address_space_config *space, int mode,
	       struct op_config **loop, int *n_loop)
{
	struct op_load g = { l, space, mode };
	int i, k;

	if (!load_is_list(l, list, path))
		return;
	if (!list->n)
		load_error(l, list, path, NULL, "the list is empty");
	*loop = load_alloc(l, (size_t)(list->n ? list->n : 1) * sizeof(**loop));
	*n_loop = list->n;
	for (i = 0; i < list->n; i++) {
		const char *name = node_name(list->item[i]);

		load_item(&g, list->item[i], path, i, &(*loop)[i]);
		for (k = 0; name && k < i; k++)
			if (node_name(list->item[k]) && !strcmp(node_name(list->item[k]), name))
				load_error(l, list->item[i], path, NULL, "a second '%s'", name);
	}
}
