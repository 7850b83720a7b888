/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Quoting for a POSIX shell: replay lines are pasted by people. */
#include <string.h>

#include "sim/base/strbuf.h"
#include "sim/run/run.h"

void run_quote(struct strbuf *sb, const char *arg)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
		"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./,:=+@%-";

	if (*arg && !arg[strspn(arg, plain)]) {
		sb_adds(sb, arg);
		return;
	}
	sb_addc(sb, '\'');
	for (; *arg; arg++) {
		if (*arg == '\'')
			sb_adds(sb, "'\\''");
		else
			sb_addc(sb, *arg);
	}
	sb_addc(sb, '\'');
}
