/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Words of the full grammar that this version does not build, and picks.
 *
 * A reader of the grammar may write "reclaim" or "srcu"; he must hear that it
 * is not modelled, not that it is a misspelling, and never nothing.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sim/conf/internal.h"

/* @under: the PATH (without list indices and names) ends in this; "" = anywhere. */
struct absent { const char *under, *words; };

static const struct absent absent[] = {
	{ "machine", " smt hops swap memory nodes tlb.ways tlb.pcid " },
	{ "machine.tlb", " ways pcid " },
	{ "kernel", " flush time_slice gather.kind ipi.kind " },
	{ "kernel.gather", " kind " },
	{ "kernel.ipi", " kind " },
	{ "kernel.spinlock", " unfair " },
	{ "design", " requires " },
	{ "design.core", " aging primary_flush " },
	{ "design.core.list.structure", " interval_tree hlist+interval_tree " },
	{ "design.core.armed_test", " static_branch " },
	{ "design.protocol", " xpmem odp sva hmm " },
	{ "design.protocol.kvm", " blocked_fault precheck driver_lock kick export young " },
	{ "design.protocol.kvm.fence", " access provider " },
	{ "design.protocol.kvm.fence.kind", " inflight_list hw_kill interval_seq " },
	{ "design.protocol.kvm.fence.scope", " memslot " },
	{ "design.protocol.kvm.pin", " one_per_page " },
	{ "design.protocol.kvm.secondary_flush",
	  " per_spte per_callout_in_lock per_callout_after_lock at_section_end at_batch_flush " },
	{ "secondary", " page_table rmap accepts_fence blocked young "
	  "flush units remote kick " },
	{ "secondary.kind", " xpmem odp sva hmm " },
	{ "", " files zipf_table arrive " },
	{ "address_spaces", " share sharers maps " },
	{ "threads", " cpus " },
	{ "loop", " mprotect mremap cow reclaim irq_off arms " },
};

/* PATH of the message against the table: names of items are skipped over. */
static int path_is_under(const char *path, const char *under)
{
	const char *head = under, *last = strrchr(under, '.');
	size_t n = strlen(under);

	if (!*under)
		return !strchr(path, '.');
	if (!strncmp(path, under, n) && (!path[n] || path[n] == '.'))
		return 1;
	if (last)
		return 0;
	n = strlen(head);
	for (; (path = strstr(path, head)); path++)
		if (path[n] == '.' || path[n] == '[' || !path[n])
			return 1;
	return 0;
}

int not_modelled(struct loader *l, const struct node *at, const char *path, const char *word)
{
	char needle[PARAM_NAME_MAX + 2];
	size_t i;

	if (strlen(word) >= PARAM_NAME_MAX || strchr(word, ' ') || !*word)
		return 0;
	snprintf(needle, sizeof(needle), " %s ", word);
	for (i = 0; i < sizeof(absent) / sizeof(absent[0]); i++) {
		if (!strstr(absent[i].words, needle) || !path_is_under(path, absent[i].under))
			continue;
		load_error(l, at, path, NULL, "'%s' is not modelled in this version", word);
		return 1;
	}
	return 0;
}

/* --- picks --------------------------------------------------------------------------- */
/* "0.9" to ppm. */
static int parse_ratio(const char *s, size_t n, int64_t *ppm)
{
	char buf[40];
	const char *why;

	if (!n || n >= sizeof(buf) - 2)
		return -1;
	/* a ratio is a share without the factor of a hundred */
	snprintf(buf, sizeof(buf), "%.*s%%", (int)n, s);
	if (parse_percent(buf, ppm, &why) || *ppm > INT64_MAX / 100)
		return -1;
	*ppm *= 100;
	return 0;
}

static int parse_hot(const char *s, struct pick *p)
{
	char access[24], page[24];
	const char *why;
	int n = 0;

	if (sscanf(s, "hot(%23[0-9.%%] %23[0-9.%%])%n", access, page, &n) != 2 ||
	    !n || s[n])
		return -1;
	return parse_percent(access, &p->hot_access_ppm, &why) ||
	       parse_percent(page, &p->hot_page_ppm, &why) ||
	       p->hot_access_ppm > PPM_ONE || p->hot_page_ppm > PPM_ONE ||
	       p->hot_page_ppm == 0;
}

int load_pick(struct loader *l, const struct node *at, const char *path, const char *text,
	      struct pick *out)
{
	static const char *const names[] = { "all", "seq", "uniform", "zipf(0.9)", "hot(90% 10%)" };
	size_t n = strlen(text);
	int bad = 0;

	memset(out, 0, sizeof(*out));
	if (!strcmp(text, "all"))
		out->kind = PICK_ALL;
	else if (!strcmp(text, "seq"))
		out->kind = PICK_SEQ;
	else if (!strcmp(text, "uniform"))
		out->kind = PICK_UNIFORM;
	else if (!strncmp(text, "zipf(", 5) && text[n - 1] == ')') {
		out->kind = PICK_ZIPF;
		bad = parse_ratio(text + 5, n - 6, &out->theta_ppm) || out->theta_ppm > 10 * PPM_ONE;
	} else if (!strncmp(text, "hot(", 4) && text[n - 1] == ')') {
		out->kind = PICK_HOT;
		bad = parse_hot(text, out);
	} else {
		bad = 1;
	}
	if (bad)
		load_error(l, at, path, nearest_name(text, names, 5),
			   "'%s' is not one of all, seq, uniform, zipf(0.9), hot(90%% 10%%)", text);
	return bad ? -1 : 0;
}

const char *format_pick(char *buf, const struct pick *p)
{
	char a[48], b[48];

	switch (p->kind) {
	case PICK_ALL:
		return strcpy(buf, "all");
	case PICK_SEQ:
		return strcpy(buf, "seq");
	case PICK_UNIFORM:
		return strcpy(buf, "uniform");
	case PICK_ZIPF:
		sprintf(buf, "zipf(%" PRId64 ".%06" PRId64 ")", p->theta_ppm / PPM_ONE,
			p->theta_ppm % PPM_ONE);
		return buf;
	case PICK_HOT:
		sprintf(buf, "hot(%s %s)", format_percent(a, p->hot_access_ppm),
			format_percent(b, p->hot_page_ppm));
		return buf;
	}
	return buf;
}
