/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Output of commands: whole buffers to stdout, text wrapped at 96 columns. */
#include <errno.h>
#include <string.h>

#include "sim/cli/cli.h"

#define LAST_COLUMN	96

int finish_stdout(const struct command *c, int rc)
{
	/* A write may have failed long before; then errno is not its own. */
	if (!ferror(stdout)) {
		errno = 0;
		if (!fflush(stdout))
			return rc;
	}
	fprintf(stderr, "shootdown %s: stdout cannot be written%s%s\n", c->name,
		errno ? ": " : "", errno ? strerror(errno) : "");
	return EX_ENVIRONMENT;
}

int print_buffer(const struct command *c, struct strbuf *sb)
{
	int rc;

	if (sb->failed) {
		rc = out_of_memory(c);
	} else {
		fwrite(sb->s, 1, sb->len, stdout);
		rc = finish_stdout(c, EX_DONE);
	}
	sb_free(sb);
	return rc;
}

void add_wrapped(struct strbuf *sb, int indent, const char *text)
{
	const char *newline = sb->len ? memrchr(sb->s, '\n', sb->len) : NULL;
	size_t column = newline ? (size_t)(sb->s + sb->len - newline - 1) : sb->len;
	int first = 1;

	while (*text) {
		size_t n = strcspn(text, " \n");

		if (n && !first && column + 1 + n > LAST_COLUMN) {
			sb_addf(sb, "\n%*s", indent, "");
			column = (size_t)indent;
			first = 1;
		}
		if (n && !first) {
			sb_addc(sb, ' ');
			column++;
		}
		sb_addmem(sb, text, n);
		column += n;
		if (n)
			first = 0;
		text += n;
		if (*text)
			text++;
	}
	sb_addc(sb, '\n');
}
