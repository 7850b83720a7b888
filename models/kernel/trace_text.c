/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Formats of trace.def: %a and %b are the words, %L a lock, %O a callout, %M a
 * system call. */
#include <stdio.h>
#include <string.h>

#include "models/config/config.h"
#include "models/kernel/lock.h"
#include "models/kernel/trace_text.h"
#include "sim/base/strbuf.h"

static const char *const formats[NR_TRACEPOINTS] = {
#define TP(id, class, format) [TP_##id] = format,
#include "models/hw/trace.def"
#undef TP
};

static void put_lock(char *buf, size_t n, uint64_t word)
{
	static const char *const suffix[] = { "", " irq", " R", " W" };
	unsigned class = word & 0xff, mode = (word >> 8) & 3;

	snprintf(buf, n, "%s%s", class < NR_LOCK_CLASSES ? lock_class_names[class] : "?",
		 suffix[mode]);
}

static const char *call_name(uint64_t kind)
{
	return kind == OPK_MADVISE_DONTNEED ? "madvise(DONTNEED)" :
		kind < NR_OP_KINDS ? op_table[kind].name : "?";
}

void trace_text(const struct trace_record *r, char *buf, size_t n)
{
	const char *f = r->id < NR_TRACEPOINTS ? formats[r->id] : "?";
	size_t len = 0;

	buf[0] = 0;
	for (; *f && len + 1 < n; f++) {
		if (*f != '%') {
			buf[len++] = *f;
			buf[len] = 0;
			continue;
		}
		f++;
		if (*f == 'a' || *f == 'b')
			snprintf(buf + len, n - len, "%lld",	/* a count may be -1 */
				 (long long)(*f == 'a' ? r->a : r->b));
		else if (*f == 'L')
			put_lock(buf + len, n - len, r->a);
		else if (*f == 'O')
			snprintf(buf + len, n - len, "%s", callout_table[r->a].name);
		else if (*f == 'M')
			snprintf(buf + len, n - len, "%s", call_name(r->a));
		len += strlen(buf + len);
	}
}
