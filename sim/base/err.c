/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * struct err and the list of configuration errors.
 *
 * A list that ran out of memory keeps what it has and sets ->failed: the
 * caller then says "out of memory" instead of trusting an incomplete list.
 */
#include "sim/base/err.h"

#include <stdarg.h>
#include <string.h>

#include "sim/base/alloc.h"
#include "sim/base/strbuf.h"

int err_set(struct err *e, int code, const char *fmt, ...)
{
	va_list ap;

	if (!e)
		return code;
	e->code = code;
	va_start(ap, fmt);
	vsnprintf(e->text, sizeof(e->text), fmt, ap);
	va_end(ap);
	return code;
}

static void diag_release(struct diag *d)
{
	mem_free(d->file);
	mem_free(d->path);
	mem_free(d->message);
	mem_free(d->suggestion);
}

static int diag_reserve(struct diag_list *l)
{
	size_t cap = l->cap ? 2 * l->cap : 8;
	struct diag *v;

	if (l->n < l->cap)
		return 0;
	v = mem_realloc(l->v, cap * sizeof(*v));
	if (!v)
		return -1;
	l->v = v;
	l->cap = cap;
	return 0;
}

void diag_add(struct diag_list *l, const char *file, int line, int column,
	      const char *path, const char *suggestion, const char *fmt, ...)
{
	struct strbuf message;
	struct diag d = { .line = line, .column = column };
	va_list ap;

	sb_init(&message);
	va_start(ap, fmt);
	sb_vaddf(&message, fmt, ap);
	va_end(ap);
	d.file = mem_strdup(file ? file : "");
	d.path = mem_strdup(path ? path : "");
	d.suggestion = suggestion ? mem_strdup(suggestion) : NULL;
	if (message.failed)
		sb_free(&message);
	else
		d.message = sb_detach(&message);
	if (!d.file || !d.path || !d.message || (suggestion && !d.suggestion) ||
	    diag_reserve(l)) {
		diag_release(&d);
		l->failed = 1;
		return;
	}
	l->v[l->n++] = d;
}

/* User text may hold anything: a control byte must not reach the terminal. */
static void put_clean(const char *s, FILE *f)
{
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			fprintf(f, "\\x%02x", (unsigned char)*s);
		else
			fputc(*s, f);
}

static void diag_print_one(const struct diag *d, FILE *f)
{
	put_clean(d->file, f);
	if (d->line > 0)
		fprintf(f, ":%d:%d", d->line, d->column);
	fputs(": ", f);
	if (*d->path) {
		put_clean(d->path, f);
		fputs(": ", f);
	}
	put_clean(d->message, f);
	if (d->suggestion) {
		fputs("; did you mean ", f);
		put_clean(d->suggestion, f);
		fputc('?', f);
	}
	fputc('\n', f);
}

void diag_print(const struct diag_list *l, FILE *f)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		diag_print_one(&l->v[i], f);
	if (l->failed)
		fputs("out of memory: this list of errors is incomplete\n", f);
}

void diag_truncate(struct diag_list *l, size_t n)
{
	while (l->n > n)
		diag_release(&l->v[--l->n]);
}

void diag_free(struct diag_list *l)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		diag_release(&l->v[i]);
	mem_free(l->v);
	memset(l, 0, sizeof(*l));
}
