/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A growing string.  Until the first byte is added, ->s points at a shared
 * empty string and nothing is allocated; a failed allocation leaves the text
 * as it was and sets ->failed, so callers test once at the end.
 */
#include "sim/base/strbuf.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "sim/base/alloc.h"

/* Written only as the terminating NUL that it already is. */
static char empty[1];

void sb_init(struct strbuf *sb)
{
	sb->s = empty;
	sb->len = sb->cap = 0;
	sb->failed = 0;
}

void sb_free(struct strbuf *sb)
{
	if (sb->cap)
		mem_free(sb->s);
	sb_init(sb);
}

void sb_reset(struct strbuf *sb)
{
	sb->len = 0;
	sb->failed = 0;
	if (sb->cap)
		sb->s[0] = '\0';
}

/* Room for @n more bytes and the NUL. */
static int sb_reserve(struct strbuf *sb, size_t n)
{
	size_t want, cap;
	char *p;

	if (sb->failed)
		return -1;
	want = sb->len + n + 1;
	if (want <= sb->cap)
		return 0;
	if (want < n) {
		sb->failed = 1;
		return -1;
	}
	cap = sb->cap ? sb->cap : 64;
	while (cap < want)
		cap = cap > SIZE_MAX / 2 ? want : 2 * cap;
	p = mem_realloc(sb->cap ? sb->s : NULL, cap);
	if (!p) {
		sb->failed = 1;
		return -1;
	}
	sb->s = p;
	sb->cap = cap;
	sb->s[sb->len] = '\0';
	return 0;
}

void sb_addmem(struct strbuf *sb, const void *p, size_t n)
{
	if (!n || sb_reserve(sb, n))
		return;
	memcpy(sb->s + sb->len, p, n);
	sb->len += n;
	sb->s[sb->len] = '\0';
}

void sb_addc(struct strbuf *sb, char c)
{
	sb_addmem(sb, &c, 1);
}

void sb_adds(struct strbuf *sb, const char *s)
{
	sb_addmem(sb, s, strlen(s));
}

void sb_vaddf(struct strbuf *sb, const char *fmt, va_list ap)
{
	va_list again;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (n < 0 || sb_reserve(sb, (size_t)n)) {
		sb->failed = 1;
		return;
	}
	if (!n)		/* nothing reserved: ->s may be the shared empty string */
		return;
	vsnprintf(sb->s + sb->len, (size_t)n + 1, fmt, ap);
	sb->len += (size_t)n;
}

void sb_addf(struct strbuf *sb, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	sb_vaddf(sb, fmt, ap);
	va_end(ap);
}

void sb_pad(struct strbuf *sb, size_t col)
{
	const char *nl = sb->len ? memrchr(sb->s, '\n', sb->len) : NULL;
	size_t at = nl ? (size_t)(sb->s + sb->len - (nl + 1)) : sb->len;

	for (; at < col; at++)
		sb_addc(sb, ' ');
}

char *sb_detach(struct strbuf *sb)
{
	char *s = sb->cap ? sb->s : mem_strdup("");

	sb_init(sb);
	return s;
}
