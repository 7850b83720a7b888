/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Ordered lists of words (PT_WORDS): [a, b, c], or "a b c" as one value where
 * a list will not do (an axis of a sweep, the command line).
 */
#include <stdio.h>
#include <string.h>

#include "sim/base/xassert.h"
#include "sim/conf/internal.h"

/* One word more; -1 with the error reported. */
static int add_word(struct loader *l, const struct param_row *row, const struct node *at,
		    const char *path, const char *word, struct word_list *to)
{
	const struct enum_value *e;
	const char *names[32];
	char list[512] = "";
	size_t n = 0;

	for (e = row->values; e->name; e++) {
		if (!strcmp(e->name, word)) {
			if (to->n == MAX_WORDS) {
				load_error(l, at, path, NULL, "more than %d words", MAX_WORDS);
				return -1;
			}
			to->word[to->n++] = (uint8_t)e->value;
			return 0;
		}
		BUG_ON(n == 32);
		snprintf(list + strlen(list), sizeof(list) - strlen(list), "%s%s",
			 n ? ", " : "", e->name);
		names[n++] = e->name;
	}
	if (!not_modelled(l, at, path, word))
		load_error(l, at, path, nearest_name(word, names, n), "'%s' is not one of %s", word, list);
	return -1;
}

/* "a b c": as one value, for sweeps and the command line. */
static int add_words(struct loader *l, const struct param_row *row, const struct node *at,
		     const char *path, const char *text, struct word_list *to)
{
	char word[PARAM_NAME_MAX];

	for (;;) {
		size_t n;

		text += strspn(text, " ");
		n = strcspn(text, " ");
		if (!n)
			return 0;
		snprintf(word, sizeof(word), "%.*s", (int)n, text);
		if (add_word(l, row, at, path, word, to))
			return -1;
		text += n;
	}
}

/* A list, or its words side by side in one value; [] and "none" are empty. */
void load_words(struct loader *l, const struct param_row *row, const struct node *n,
		const char *path, struct word_list *to)
{
	struct word_list v = { 0 };
	char text[256];
	int i;

	if (n && n->kind == NODE_LIST) {
		for (i = 0; i < n->n; i++) {
			const char *word = load_text(l, n->item[i], path);

			if (!word || add_word(l, row, n->item[i], path, word, &v))
				return;
		}
	} else {
		const char *words = n ? load_text(l, n, path) : row->def;

		if (!words || (strcmp(words, "none") && add_words(l, row, n, path, words, &v)))
			return;
	}
	*to = v;
	load_record_row(l, row, path, words_text(text, sizeof(text), row, &v), n);
}
