/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Look-up in parameter tables and "did you mean".
 *
 * Distance: optimal string alignment (insert, delete, replace, swap of
 * neighbours each cost 1), since swapped letters are the commonest slip.
 */
#include "sim/base/param.h"

#include <stdio.h>
#include <string.h>

#include "sim/base/xassert.h"

const char *param_origin_name(enum param_origin o)
{
	static const char *const names[] = {
		[ORIGIN_MEASURED] = "measured",
		[ORIGIN_PUBLISHED] = "published",
		[ORIGIN_ESTIMATE] = "estimate",
		[ORIGIN_CHOICE] = "choice",
	};

	BUG_ON((unsigned)o >= sizeof(names) / sizeof(names[0]));
	return names[o];
}

const char *words_text(char *buf, size_t size, const struct param_row *row,
		       const struct word_list *v)
{
	size_t used = 0;
	int i;

	if (size)
		buf[0] = '\0';
	for (i = 0; i < v->n; i++) {
		const struct enum_value *e = row->values;

		while (e->name && e->value != v->word[i])
			e++;
		BUG_ON(!e->name);
		used += (size_t)snprintf(buf + used, used < size ? size - used : 0, "%s%s",
					 i ? " " : "", e->name);
		if (used >= size)
			return buf;
	}
	if (!v->n)
		snprintf(buf, size, "none");
	return buf;
}

const struct param_row *param_find(const struct param_table *t, const char *key)
{
	size_t i;

	for (i = 0; i < t->n; i++)
		if (!strcmp(t->rows[i].key, key))
			return &t->rows[i];
	return NULL;
}

#define NAME_LIMIT 96

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
	unsigned m = a < b ? a : b;

	return m < c ? m : c;
}

static unsigned distance(const char *a, size_t na, const char *b, size_t nb)
{
	unsigned row[3][NAME_LIMIT + 1];
	unsigned *before = row[0], *last = row[1], *now = row[2], *swap;
	size_t i, j;

	for (j = 0; j <= nb; j++)
		last[j] = (unsigned)j;
	for (i = 1; i <= na; i++) {
		now[0] = (unsigned)i;
		for (j = 1; j <= nb; j++) {
			now[j] = min3(last[j] + 1, now[j - 1] + 1,
				      last[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1] && before[j - 2] + 1 < now[j])
				now[j] = before[j - 2] + 1;
		}
		swap = before;
		before = last;
		last = now;
		now = swap;
	}
	return last[nb];
}

const char *nearest_name(const char *s, const char *const *names, size_t n)
{
	size_t len = strlen(s), i;
	const char *best = NULL;
	unsigned best_distance = 4;

	if (len > NAME_LIMIT)
		return NULL;
	for (i = 0; i < n; i++) {
		size_t m = names[i] ? strlen(names[i]) : 0;
		unsigned d;

		if (!m || m > NAME_LIMIT)
			continue;
		d = distance(s, len, names[i], m);
		if (d < best_distance && 2 * d <= (len > m ? len : m)) {
			best_distance = d;
			best = names[i];
		}
	}
	return best;
}
