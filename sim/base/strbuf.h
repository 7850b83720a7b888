/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A growing string.  A failed allocation sticks: sb->failed, sb->s stays valid. */
#ifndef SIM_BASE_STRBUF_H
#define SIM_BASE_STRBUF_H

#include <stdarg.h>
#include <stddef.h>

struct strbuf {
	char *s;		/* always NUL terminated once initialised */
	size_t len, cap;
	int failed;
};

void sb_init(struct strbuf *sb);
void sb_free(struct strbuf *sb);
void sb_reset(struct strbuf *sb);
void sb_addc(struct strbuf *sb, char c);
void sb_adds(struct strbuf *sb, const char *s);
void sb_addmem(struct strbuf *sb, const void *p, size_t n);
void sb_addf(struct strbuf *sb, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void sb_vaddf(struct strbuf *sb, const char *fmt, va_list ap);
/* Pad with blanks up to column @col counted from the last newline. */
void sb_pad(struct strbuf *sb, size_t col);
/* Hand the string to the caller (mem_free), leaving the buffer empty. */
char *sb_detach(struct strbuf *sb);

#endif
