/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One callout record of a design: {op: NAME, if: .., result: .., on_exit: ..,
 * block: ..}, or the bare name.
 *
 *  if       a word, {event: [..]}, or a list of both: all must hold
 *  on_exit  always, or {skipped_on: [EXIT..]}: on all exits but these
 *
 * What the path cannot answer at that point is an error, here, not at run
 * time.  Left out of the full grammar: arg (an operation has one), to (one
 * list), pair (a site has one section), order.
 */
#include <string.h>

#include "sim/conf/internal.h"

static int find_value(const struct record_word *words, const char *word)
{
	int i;

	for (i = 0; words[i].name; i++)
		if (!strcmp(words[i].name, word))
			return words[i].value;
	return -1;
}

static int word_of(struct loader *l, const struct node *n, const char *path,
		   const struct record_word *words, const char *what)
{
	const char *text = load_text(l, n, path), *names[16];
	int v = text ? find_value(words, text) : -1, i;

	if (!text || v >= 0)
		return v;
	for (i = 0; words[i].name; i++)
		names[i] = words[i].name;
	load_error(l, n, path, nearest_name(text, names, (size_t)i), "no %s is named '%s'", what, text);
	return -1;
}

/* A word or a list of them: their bits. */
static int bits_of(struct loader *l, const struct node *n, const char *path,
		   const struct record_word *words, const char *what)
{
	int i, v, bits = 0;

	if (n->kind != NODE_LIST) {
		v = word_of(l, n, path, words, what);
		return v > 0 ? v : 0;
	}
	for (i = 0; i < n->n; i++) {
		v = word_of(l, n->item[i], path, words, what);
		bits |= v > 0 ? v : 0;
	}
	return bits;
}

static void load_condition(struct loader *l, const struct node *n, const char *path, int site,
			   int point, struct callout *c)
{
	static const char *const keys[] = { "event", NULL };
	int v;

	if (n->kind == NODE_MAP) {
		load_check_keys(l, n, path, keys);
		if (node_get(n, "event"))
			c->events = (uint8_t)bits_of(l, node_get(n, "event"), path, event_words, "event");
		return;
	}
	v = word_of(l, n, path, cond_words, "condition");
	if (v <= 0)
		return;
	if (!fact_known(site, point, (enum callout_cond)v))
		load_error(l, n, path, NULL, "%s does not know '%s' at %s", site_table[site].name,
			   n->text, point_names[point]);
	c->cond |= (uint8_t)v;
}

static void load_if(struct loader *l, const struct node *n, const char *path, int site, int point,
		    struct callout *c)
{
	int i;

	if (n->kind != NODE_LIST)
		load_condition(l, n, path, site, point, c);
	else
		for (i = 0; i < n->n; i++)
			load_condition(l, n->item[i], path, site, point, c);
}

static void load_on_exit(struct loader *l, const struct node *n, const char *path, int site,
			 struct callout *c)
{
	static const char *const keys[] = { "skipped_on", NULL };
	const struct node *skipped = node_get(n, "skipped_on");
	int bits;

	if (n->kind == NODE_SCALAR) {
		if (strcmp(n->text, "always"))
			load_error(l, n, path, NULL, "on_exit is always or {skipped_on: [EXIT, ...]}, not '%s'",
				   n->text);
		c->exits = EXIT_ALL;
		return;
	}
	if (!load_is_map(l, n, path))
		return;
	load_check_keys(l, n, path, keys);
	bits = skipped ? bits_of(l, skipped, path, exit_words, "exit") : 0;
	if (bits & ~site_exits(site))
		load_error(l, skipped, path, NULL, "%s has no such exit", site_table[site].name);
	c->exits = (uint8_t)(EXIT_ALL & ~bits);
}

/* Keys that only matter where the path runs: at other sites they are kept unread. */
static void load_fields(struct loader *l, const struct node *n, const char *path, int site,
			int point, struct callout *c)
{
	const struct node *v;
	int x;

	if ((v = node_get(n, "if")))
		load_if(l, v, path, site, point, c);
	if ((v = node_get(n, "on_exit")))
		load_on_exit(l, v, path, site, c);
	if ((v = node_get(n, "result")) && (x = word_of(l, v, path, result_words, "result")) >= 0)
		c->result = (uint8_t)x;
	if ((v = node_get(n, "block")) && (x = word_of(l, v, path, block_words, "value of block")) >= 0)
		c->block = (uint8_t)x;
}

static int find_op(struct loader *l, const struct node *n, const char *path)
{
	const char *names[NR_CALLOUT_OPS], *text = load_text(l, n, path);
	int i;

	for (i = 0; i < NR_CALLOUT_OPS; i++) {
		names[i] = callout_table[i].name;
		if (text && !strcmp(text, names[i]))
			return i;
	}
	if (text)
		load_error(l, n, path, nearest_name(text, names, NR_CALLOUT_OPS),
			   "no callout operation is named '%s'", text);
	return -1;
}

int load_callout_record(struct loader *l, const struct node *n, int site, int point,
			const char *path, struct callout *c)
{
	static const char *const keys[] = { "op", "if", "arg", "to", "block", "result", "pair",
					    "on_exit", "order", NULL };
	static const char *const unread[] = { "arg", "to", "pair", "order" };
	const struct node *op = n->kind == NODE_MAP ? node_get(n, "op") : n;
	size_t i;
	int k;

	if (n->kind == NODE_MAP)
		load_check_keys(l, n, path, keys);
	if (!op) {
		load_error(l, n, path, NULL, "op is missing");
		return 0;
	}
	k = find_op(l, op, path);
	if (k < 0)
		return 0;
	*c = callout_record(k);
	if (n->kind != NODE_MAP)
		return 1;
	for (i = 0; site_table[site].built && i < sizeof(unread) / sizeof(unread[0]); i++)
		if (node_get(n, unread[i]))
			load_error(l, node_get(n, unread[i]), path, NULL,
				   "'%s' of a callout is not modelled in this version", unread[i]);
	load_fields(l, n, path, site, point, c);
	return 1;
}
