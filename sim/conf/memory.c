/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Memory and errors of the configuration.
 *
 * Running out of memory ends the whole call: the arena's hook jumps back to
 * conf_try(), which releases what is not in an arena.  The alternative, a NULL
 * check after each of some two hundred small allocations, is where such code
 * usually breaks.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/xassert.h"
#include "sim/conf/internal.h"

static void release_helpers(struct conf *c)
{
	if (c->event_active)
		yaml_event_delete(&c->event);
	if (c->parser_active)
		yaml_parser_delete(&c->parser);
	if (c->dir)
		closedir(c->dir);
	c->event_active = c->parser_active = 0;
	c->dir = NULL;
	sb_free(&c->scratch);
	arena_free(&c->points);
}

int conf_try(struct conf *c, void (*fn)(struct conf *c, void *arg), void *arg)
{
	jmp_buf *outer = c->oom, here;

	c->oom = &here;
	if (!outer)
		c->used_broken = 0;
	if (setjmp(here)) {
		c->oom = outer;
		release_helpers(c);
		c->errors.failed = 1;
		return -1;
	}
	fn(c, arg);
	if (!outer)
		conf_sort_errors(c);
	c->oom = outer;
	return 0;
}

void conf_no_memory(struct conf *c)
{
	BUG_ON(!c->oom);
	longjmp(*c->oom, 1);
}

static void arena_full(void *arg, size_t wanted)
{
	(void)wanted;
	conf_no_memory(arg);
}

struct conf *conf_new(const char *root)
{
	struct conf *c = mem_calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	sb_init(&c->scratch);
	arena_init(&c->arena, 65536);
	arena_init(&c->points, 65536);
	c->root = arena_strdup(&c->arena, root && *root ? root : ".");
	if (!c->root) {
		conf_free(c);
		return NULL;
	}
	c->arena.on_fail = c->points.on_fail = arena_full;
	c->arena.on_fail_arg = c->points.on_fail_arg = c;
	return c;
}

void conf_free(struct conf *c)
{
	if (!c)
		return;
	release_helpers(c);
	diag_free(&c->errors);
	arena_free(&c->arena);
	mem_free(c);
}

const struct diag_list *conf_errors(const struct conf *c)
{
	return &c->errors;
}

void *conf_alloc(struct conf *c, size_t n)
{
	return arena_alloc(&c->arena, n);
}

const char *conf_strdup(struct conf *c, const char *s)
{
	return arena_strdup(&c->arena, s);
}

const char *conf_printf(struct conf *c, const char *fmt, ...)
{
	va_list ap;

	sb_reset(&c->scratch);
	va_start(ap, fmt);
	sb_vaddf(&c->scratch, fmt, ap);
	va_end(ap);
	if (c->scratch.failed)
		conf_no_memory(c);
	return conf_strdup(c, c->scratch.s);
}

/* A tree is loaded once per sweep point: the same error is met many times. */
static int known(const struct diag_list *l, const char *file, int line, int column,
		 const char *path, const char *message)
{
	size_t i;

	for (i = 0; i < l->n; i++) {
		const struct diag *d = &l->v[i];

		if (d->line == line && d->column == column && !strcmp(d->file, file) &&
		    !strcmp(d->path, path) && !strcmp(d->message, message))
			return 1;
	}
	return 0;
}

static void add_error(struct conf *c, const char *file, int line, int column,
		      const char *path, const char *suggestion, const char *fmt, va_list ap)
{
	char message[512];

	vsnprintf(message, sizeof(message), fmt, ap);
	if (known(&c->errors, file, line, column, path, message))
		return;
	diag_add(&c->errors, file, line, column, path, suggestion, "%s", message);
	if (c->errors.failed)
		conf_no_memory(c);
}

void conf_error(struct conf *c, const struct node *at, const char *path,
		const char *suggestion, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add_error(c, at->file, at->line, at->column, path, suggestion, fmt, ap);
	va_end(ap);
}

void conf_error_at(struct conf *c, const char *file, int line, int column,
		   const char *path, const char *suggestion, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add_error(c, file, line, column, path, suggestion, fmt, ap);
	va_end(ap);
}

void conf_forget_errors(struct conf *c, size_t n)
{
	diag_truncate(&c->errors, n);
}

/* Order of the files: that of their first error, kept in @rank by index. */
static int file_rank(const struct diag_list *l, const char *file)
{
	int i;

	for (i = 0; strcmp(l->v[i].file, file); i++)
		;
	return i;
}

void conf_sort_errors(struct conf *c)
{
	struct diag_list *l = &c->errors;
	int *rank;
	size_t i, j;

	if (l->n < 2)
		return;
	rank = conf_alloc(c, l->n * sizeof(*rank));
	for (i = 0; i < l->n; i++)
		rank[i] = file_rank(l, l->v[i].file);
	for (i = 1; i < l->n; i++) {	/* insertion sort: short and stable */
		struct diag d = l->v[i];
		int r = rank[i];

		for (j = i; j > 0; j--) {
			const struct diag *p = &l->v[j - 1];

			if (rank[j - 1] < r ||
			    (rank[j - 1] == r && (p->line < d.line ||
			     (p->line == d.line && p->column <= d.column))))
				break;
			l->v[j] = *p;
			rank[j] = rank[j - 1];
		}
		l->v[j] = d;
		rank[j] = r;
	}
}
