/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Files to trees, by libyaml's event parser.
 *
 * Accepted: one document of maps, lists and scalars.  Refused, each with its
 * place: tags, anchors, aliases, a second document, a key that is not a plain
 * word, a key given twice, more than 32 levels, more than 100,000 nodes, more
 * than 4 MiB, bytes that are not UTF-8 text.  Text is checked before libyaml
 * sees it: its own complaint about a stray byte has no line number.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "sim/base/xassert.h"
#include "sim/conf/internal.h"

#define MAX_BYTES	(4 << 20)
#define MAX_DEPTH	32
#define MAX_NODES	100000

struct reader {
	struct conf *c;
	const char *file;
	int nodes;
	int stop;		/* an error after which the rest makes no sense */
};

/* --- bytes -------------------------------------------------------------------- */

/* Length of a character of text at @p, 0 if there is none. */
static int text_length(const unsigned char *p, size_t left)
{
	int n = p[0] < 0x80 ? 1 : p[0] >= 0xc2 && p[0] <= 0xdf ? 2 :
		(p[0] & 0xf0) == 0xe0 ? 3 : p[0] >= 0xf0 && p[0] <= 0xf4 ? 4 : 0;
	int i;

	if (!n || (size_t)n > left)
		return 0;
	if (n == 1 && ((p[0] < 0x20 && !strchr("\t\n\r", p[0])) || !p[0] || p[0] == 0x7f))
		return 0;
	for (i = 1; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

static int check_text(struct conf *c, const char *file, const char *text, size_t n)
{
	int line = 1, column = 1;
	size_t i = 0;

	while (i < n) {
		const unsigned char *p = (const unsigned char *)text + i;
		int len = text_length(p, n - i);

		if (!len) {
			conf_error_at(c, file, line, column, "", NULL,
				      "byte 0x%02x is not text; a YAML file is expected", *p);
			return -1;
		}
		if (*p == '\n') {
			line++;
			column = 0;
		}
		column++;
		i += (size_t)len;
	}
	return 0;
}

/* The whole file into the arena; NULL with an error reported.  No FILE is open
 * while the arena may jump away. */
static char *read_bytes(struct conf *c, const char *file, size_t *n)
{
	struct stat st;
	char *text;
	FILE *f;

	if (stat(file, &st)) {
		conf_error_at(c, file, 0, 0, "", NULL, "cannot be read: %s", strerror(errno));
		return NULL;
	}
	if (!S_ISREG(st.st_mode) || st.st_size > MAX_BYTES) {
		conf_error_at(c, file, 0, 0, "", NULL, "%s", S_ISREG(st.st_mode) ?
			      "larger than 4 MiB" : "not a regular file");
		return NULL;
	}
	text = conf_alloc(c, (size_t)st.st_size + 1);
	f = fopen(file, "rb");
	if (!f) {
		conf_error_at(c, file, 0, 0, "", NULL, "cannot be read: %s", strerror(errno));
		return NULL;
	}
	*n = fread(text, 1, (size_t)st.st_size, f);
	fclose(f);
	text[*n] = '\0';
	return text;
}

/* --- events -------------------------------------------------------------------- */
static void stop_at(struct reader *r, yaml_mark_t m, const char *what)
{
	conf_error_at(r->c, r->file, (int)m.line + 1, (int)m.column + 1, "", NULL, "%s", what);
	r->stop = 1;
}

static void drop_event(struct conf *c)
{
	if (c->event_active)
		yaml_event_delete(&c->event);
	c->event_active = 0;
}

/* The next event into c->event; 0, or -1 with the error reported. */
static int next_event(struct reader *r)
{
	struct conf *c = r->c;
	yaml_parser_t *p = &c->parser;

	drop_event(c);
	if (r->stop)
		return -1;
	if (yaml_parser_parse(p, &c->event)) {
		c->event_active = 1;
		return 0;
	}
	conf_error_at(c, r->file, (int)p->problem_mark.line + 1,
		      (int)p->problem_mark.column + 1, "", NULL, "not YAML: %s%s%s",
		      p->problem ? p->problem : "unreadable",
		      p->context ? " " : "", p->context ? p->context : "");
	r->stop = 1;
	return -1;
}

static struct node *place_node(struct reader *r, enum node_kind kind)
{
	struct node *n = conf_alloc(r->c, sizeof(*n));

	n->kind = kind;
	n->file = r->file;
	n->line = (int)r->c->event.start_mark.line + 1;
	n->column = (int)r->c->event.start_mark.column + 1;
	return n;
}

static struct node *read_node(struct reader *r, int depth);

static void read_list(struct reader *r, struct node *list, int depth)
{
	while (!next_event(r) && r->c->event.type != YAML_SEQUENCE_END_EVENT) {
		struct node *item = read_node(r, depth);

		if (item)
			node_append(r->c, list, item);
	}
}

static void read_pair(struct reader *r, struct node *map, int depth)
{
	yaml_mark_t at = r->c->event.start_mark;
	struct entry *e, *first;
	struct node *value;
	const char *key;

	if (r->c->event.type != YAML_SCALAR_EVENT || r->c->event.data.scalar.tag ||
	    r->c->event.data.scalar.anchor) {
		stop_at(r, at, "a key must be a plain word");
		return;
	}
	key = conf_strdup(r->c, (const char *)r->c->event.data.scalar.value);
	if (next_event(r))
		return;
	value = read_node(r, depth);
	if (!value)
		return;
	first = node_entry(map, key);
	if (first) {
		conf_error_at(r->c, r->file, (int)at.line + 1, (int)at.column + 1, key, NULL,
			      "key given twice, first in line %d", first->line);
		return;
	}
	e = node_add(r->c, map, key, value);
	e->line = (int)at.line + 1;
	e->column = (int)at.column + 1;
}

static void read_map(struct reader *r, struct node *map, int depth)
{
	while (!next_event(r) && r->c->event.type != YAML_MAPPING_END_EVENT)
		read_pair(r, map, depth);
}

static int refused(struct reader *r)
{
	const yaml_event_t *e = &r->c->event;
	const yaml_char_t *tag = NULL, *anchor = NULL;

	if (e->type == YAML_ALIAS_EVENT) {
		stop_at(r, e->start_mark, "aliases are not allowed");
		return 1;
	}
	if (e->type == YAML_SCALAR_EVENT) {
		tag = e->data.scalar.tag;
		anchor = e->data.scalar.anchor;
	} else if (e->type == YAML_SEQUENCE_START_EVENT) {
		tag = e->data.sequence_start.tag;
		anchor = e->data.sequence_start.anchor;
	} else if (e->type == YAML_MAPPING_START_EVENT) {
		tag = e->data.mapping_start.tag;
		anchor = e->data.mapping_start.anchor;
	}
	if (tag || anchor)
		stop_at(r, e->start_mark, tag ? "tags are not allowed" : "anchors are not allowed");
	return tag || anchor;
}

/* The node that the current event begins. */
static struct node *read_node(struct reader *r, int depth)
{
	yaml_event_type_t type = r->c->event.type;
	struct node *n;

	if (refused(r))
		return NULL;
	if (depth >= MAX_DEPTH || ++r->nodes > MAX_NODES) {
		stop_at(r, r->c->event.start_mark, depth >= MAX_DEPTH ?
			"nested more than 32 levels deep" : "more than 100,000 values");
		return NULL;
	}
	if (type == YAML_SCALAR_EVENT) {
		n = place_node(r, NODE_SCALAR);
		n->text = conf_strdup(r->c, (const char *)r->c->event.data.scalar.value);
		return n;
	}
	n = place_node(r, type == YAML_SEQUENCE_START_EVENT ? NODE_LIST : NODE_MAP);
	if (n->kind == NODE_LIST)
		read_list(r, n, depth + 1);
	else
		read_map(r, n, depth + 1);
	return r->stop ? NULL : n;
}

/* stream start, document start, node, document end, stream end: nothing else */
static struct node *read_stream(struct reader *r)
{
	struct node *root = NULL;

	if (next_event(r) || next_event(r))
		return NULL;
	if (r->c->event.type == YAML_STREAM_END_EVENT) {
		conf_error_at(r->c, r->file, 0, 0, "", NULL, "the file is empty");
		return NULL;
	}
	if (next_event(r))
		return NULL;
	root = read_node(r, 0);
	if (!root || next_event(r) || next_event(r))
		return NULL;
	if (r->c->event.type != YAML_STREAM_END_EVENT) {
		stop_at(r, r->c->event.start_mark, "a second document is not allowed");
		return NULL;
	}
	return root;
}

struct node *yaml_text(struct conf *c, const char *name, const char *text, size_t n)
{
	struct reader r = { .c = c, .file = name };
	struct node *root;

	if (check_text(c, name, text, n))
		return NULL;
	if (!yaml_parser_initialize(&c->parser))
		conf_no_memory(c);
	c->parser_active = 1;
	yaml_parser_set_encoding(&c->parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&c->parser, (const unsigned char *)text, n);
	root = read_stream(&r);
	drop_event(c);
	yaml_parser_delete(&c->parser);
	c->parser_active = 0;
	return root;
}

struct source *yaml_file(struct conf *c, const char *file)
{
	size_t n = 0, errors = c->errors.n;
	struct source *s;

	for (s = c->sources; s; s = s->next)
		if (!strcmp(s->file, file)) {
			c->used_broken |= s->broken;
			return s;
		}
	s = conf_alloc(c, sizeof(*s));
	s->file = conf_strdup(c, file);
	s->text = read_bytes(c, s->file, &n);
	if (s->text)
		s->root = yaml_text(c, s->file, s->text, n);
	if (s->root && s->root->kind != NODE_MAP) {
		int blank = s->root->kind == NODE_SCALAR && !*s->root->text;

		conf_error(c, s->root, "", NULL, "%s",
			   blank ? "the file is empty" : "a map of keys and values is expected");
		s->root = NULL;
	}
	s->broken = c->errors.n != errors;
	c->used_broken |= s->broken;
	s->next = c->sources;
	c->sources = s;
	return s;
}
