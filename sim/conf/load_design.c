/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design files: callouts at hook points, core axes, the protocol of each
 * secondary kind, and what the invariants are expected to say.
 *
 * A callout at a point that the path does not have is an error.  One at a
 * site that this version does not build is a note: the design may be complete
 * while the model is not, and the note goes into every report.  Sections that
 * do not balance are notes too ("I4"): broken designs are legitimate objects.
 * Records themselves are read in load_callout.c.
 */
#include <stdarg.h>
#include <string.h>

#include "sim/base/xassert.h"
#include "sim/conf/internal.h"

#define MAX_NOTES 96

struct design_load {
	struct loader *l;
	struct design_config *d;
	const char *note[MAX_NOTES];
	int n_notes;
};

static void note(struct design_load *g, const char *fmt, ...)
{
	char text[256];
	va_list ap;
	int i;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	for (i = 0; i < g->n_notes; i++)
		if (!strcmp(g->note[i], text))
			return;
	if (g->n_notes < MAX_NOTES)
		g->note[g->n_notes++] = arena_strdup(g->l->arena, text);
}

static void note_text(void *arg, const char *text)
{
	note(arg, "%s", text);
}

static int find_word(const char *word, const char *const *names, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!strcmp(names[i], word))
			return (int)i;
	return -1;
}

static void load_callout(struct design_load *g, const struct node *n, int site, int point,
			 const char *path)
{
	struct hook *h = &g->d->hook[site][point];
	struct callout c;

	if (!load_callout_record(g->l, n, site, point, path, &c))
		return;
	if (!site_table[site].built) {
		/* kept in the table all the same: "explain" shows the whole design */
		note(g, "%s at %s.%s: this path is not modelled", callout_table[c.op].name,
		     site_table[site].name, point_names[point]);
	} else if (!callout_table[c.op].built) {
		note(g, "%s at %s.%s: this operation is not modelled", callout_table[c.op].name,
		     site_table[site].name, point_names[point]);
		return;
	}
	if (h->n == MAX_CALLOUTS_PER_POINT) {
		load_error(g->l, n, path, NULL, "more than %d callouts", MAX_CALLOUTS_PER_POINT);
		return;
	}
	h->c[h->n++] = c;
}

static void record_hook(struct design_load *g, const struct node *at, int site, int point,
			const char *path)
{
	const struct hook *h = &g->d->hook[site][point];
	char ops[256] = "", one[128];
	int i;

	for (i = 0; i < h->n; i++)
		snprintf(ops + strlen(ops), sizeof(ops) - strlen(ops), "%s%s", i ? " " : "",
			 callout_text(&h->c[i], site, one, sizeof(one)));
	/* what cannot run is no part of a configuration's identity */
	if (h->n && site_table[site].built)
		load_record(g->l, path, ops, "", "choice", at);
}

static int find_point(struct design_load *g, const struct entry *e, int site, const char *path)
{
	const char *names[NR_POINTS];
	char list[512] = "";
	struct node at = *e->value;
	size_t n = 0;
	int i, place;

	for (place = 0; place < NR_POINTS; place++) {
		for (i = 0; i < NR_POINTS; i++) {
			if (site_table[site].order[i] != place)
				continue;
			if (!strcmp(point_names[i], e->key))
				return i;
			snprintf(list + strlen(list), sizeof(list) - strlen(list), "%s%s",
				 n ? ", " : "", point_names[i]);
			names[n++] = point_names[i];
		}
	}
	at.line = e->line;
	at.column = e->column;
	load_error(g->l, &at, path, nearest_name(e->key, names, n), "%s has no point '%s', only %s",
		   site_table[site].name, e->key, list);
	return -1;
}

static void load_site(struct design_load *g, const struct node *points, int site, const char *path)
{
	int i, k;

	if (!load_is_map(g->l, points, path))
		return;
	for (i = 0; i < points->n; i++) {
		const struct entry *e = &points->entry[i];
		const struct node *v = e->value;
		char full[320];
		int point;

		load_join(full, sizeof(full), path, e->key);
		point = find_point(g, e, site, full);
		if (point < 0 || (v->kind == NODE_SCALAR && !strcmp(v->text, "none")))
			continue;
		if (v->kind == NODE_LIST)
			for (k = 0; k < v->n; k++)
				load_callout(g, v->item[k], site, point, full);
		else
			load_callout(g, v, site, point, full);
		record_hook(g, v, site, point, full);
	}
}

static void load_sites(struct design_load *g, const struct node *sites)
{
	const char *names[NR_SITES];
	int i;

	for (i = 0; i < NR_SITES; i++)
		names[i] = site_table[i].name;
	if (!sites || !load_is_map(g->l, sites, "design.core.sites"))
		return;
	for (i = 0; i < sites->n; i++) {
		const struct entry *e = &sites->entry[i];
		int site = find_word(e->key, names, NR_SITES);
		struct node at = *e->value;
		char path[160];

		snprintf(path, sizeof(path), "design.core.sites.%.64s", e->key);
		at.line = e->line;
		at.column = e->column;
		if (site < 0)
			load_error(g->l, &at, path, nearest_name(e->key, names, NR_SITES),
				   "no site is named '%s'", e->key);
		else
			load_site(g, e->value, site, path);
	}
}

/* --- expectations --------------------------------------------------------------- */
static void load_expect(struct design_load *g, const struct node *map)
{
	static const char *const known[] = { "I1", "I2", "I3", "I4", "I5", "I6", "I7", "I8",
					     "I9", "I10", "I11", "I12" };
	static const char *const words[] = {
		[EXPECT_HELD] = "held", [EXPECT_VIOLATED] = "violated",
		[EXPECT_NOT_APPLICABLE] = "not-applicable",
	};
	int i;

	if (!map || !load_is_map(g->l, map, "design.expect"))
		return;
	for (i = 0; i < map->n; i++) {
		const struct entry *e = &map->entry[i];
		int inv = find_word(e->key, invariant_names, NR_INVARIANTS), word;
		char path[96];
		const char *text;

		snprintf(path, sizeof(path), "design.expect.%.60s", e->key);
		text = load_text(g->l, e->value, path);
		word = text ? find_word(text, words, 3) : -1;
		if (find_word(e->key, known, 12) < 0) {
			load_error(g->l, e->value, path, nearest_name(e->key, known, 12),
				   "no invariant is named '%s'", e->key);
		} else if (text && word < 0) {
			load_error(g->l, e->value, path, nearest_name(text, words, 3),
				   "'%s' is not one of held, violated, not-applicable", text);
		} else if (text && inv < 0) {
			note(g, "expect %s: %s: this version does not check it", e->key, text);
		} else if (text) {
			g->d->expect[inv] = (uint8_t)word;
			load_record(g->l, path, text, "", "choice", e->value);
		}
	}
}

/* --- checks over the whole design ------------------------------------------------- */
static const struct callout *record_of(const struct design_config *d, int site, enum callout_op op,
				       int *place)
{
	int p, k;

	for (p = 0; p < NR_POINTS; p++)
		for (k = 0; k < d->hook[site][p].n; k++)
			if (d->hook[site][p].c[k].op == op) {
				*place = site_table[site].order[p];
				return &d->hook[site][p].c[k];
			}
	*place = -1;
	return NULL;
}

static int place_of(const struct design_config *d, int site, enum callout_op op)
{
	int place;

	record_of(d, site, op, &place);
	return place;
}

static int any_callout(const struct design_config *d, enum callout_op op)
{
	int s;

	for (s = 0; s < NR_SITES; s++)
		if (site_table[s].built && place_of(d, s, op) >= 0)
			return 1;
	return 0;
}

/* A start that is reached and an end that is not, exit by exit. */
static void check_exits(struct design_load *g, int site, const struct callout *start,
			const struct callout *end)
{
	int missed = site_exits(site) & ~end->exits & ~EXIT_no_vma, i;

	for (i = 0; exit_words[i].name; i++)
		if (exit_words[i].value & missed)
			note(g, "I4: %s leaves its section open on exit %s", site_table[site].name,
			     exit_words[i].name);
	if (start->cond != end->cond || start->events != end->events)
		note(g, "I4: %s opens and closes its section under different conditions",
		     site_table[site].name);
}

static void check_sections(struct design_load *g)
{
	const struct design_config *d = g->d;
	int gru = g->l->secondary_uses[SECONDARY_GRU] && d->gru.fence != GRU_FENCE_NONE;
	int counts = gru || d->kvm.fence_kind == FENCE_COUNT || d->kvm.fence_kind == FENCE_COUNT_SEQ;
	int s, at, to;

	for (s = 0; s < NR_SITES; s++) {
		const struct callout *start = record_of(d, s, OP_range_start, &at);
		const struct callout *end = record_of(d, s, OP_range_end, &to);
		const char *site = site_table[s].name;

		if (start && !end)
			note(g, "I4: %s opens a section (range_start) that it never closes", site);
		else if (!start && end)
			note(g, "%s%s: range_end without range_start%s", counts ? "I4: " : "", site,
			     counts ? ", the count falls below 0" : ", no section is ever open");
		else if (start && at >= to)
			note(g, "I4: %s closes its section before it opens it", site);
		else if (start)
			check_exits(g, s, start, end);
	}
}

/* Records that say of themselves that they may sleep, where a spinlock is held. */
static void check_blocking(struct design_load *g)
{
	int s, p, i;

	for (s = 0; s < NR_SITES; s++)
		for (p = 0; p < NR_POINTS; p++)
			for (i = 0; i < g->d->hook[s][p].n; i++)
				if (g->d->hook[s][p].c[i].block == BLOCK_YES && point_atomic(s, p))
					note(g, "I9: %s at %s.%s may sleep where a spinlock is held or preemption is off",
					     callout_table[g->d->hook[s][p].c[i].op].name,
					     site_table[s].name, point_names[p]);
}

/* A kind of which the scenario has none says nothing. */
static void check_zap(struct design_load *g, enum secondary_kind kind, int64_t zap_at)
{
	int start = any_callout(g->d, OP_range_start), end = any_callout(g->d, OP_range_end);
	const char *name = secondary_kinds[kind].name;

	if (kind != SECONDARY_KVM && !g->l->secondary_uses[kind])
		return;
	if (zap_at == ZAP_RANGE_START && end && !start)
		note(g, "%s: zap_at range_start, but no modelled site calls range_start: ranges drop nothing",
		     name);
	if (zap_at == ZAP_RANGE_END && start && !end)
		note(g, "%s: zap_at range_end, but no modelled site calls range_end: ranges drop nothing",
		     name);
}

static void check_kvm(struct design_load *g, const struct node *kvm)
{
	const struct design_config *d = g->d;
	const struct node *put = node_get(kvm, "put"), *flush = node_get(kvm, "secondary_flush");

	if (put && d->kvm.pin != PIN_PER_SPTE)
		note(g, "put orders the references of pinned pages: no effect without pin: per_spte");
	if (flush && d->kvm.secondary_flush == FLUSH_PER_BATCH && d->kvm.pin != PIN_PER_SPTE)
		load_error(g->l, flush, "design.protocol.kvm.secondary_flush", NULL,
			   "per_batch is the batch of put; it needs pin: per_spte");
	if (d->kvm.pin == PIN_PER_SPTE && d->kvm.put_order == PUT_BEFORE_FLUSH)
		note(g, "I12: put_before_flush is safe only while the caller holds a reference");
}

static void check_list(struct design_load *g, const struct node *core)
{
	const struct node *at = node_get_dotted(core, "list.structure");
	int s, p, callouts = 0;

	for (s = 0; s < NR_SITES; s++)
		for (p = 0; p < NR_POINTS; p++)
			callouts += g->d->hook[s][p].n;
	if (callouts && g->d->list_structure == LIST_NONE && at)
		load_error(g->l, at, "design.core.list.structure", NULL,
			   "none, but %d callouts have nobody to call", callouts);
	if (callouts && g->d->armed_test == ARMED_COMPILED_OUT)
		load_error(g->l, core, "design.core.armed_test", NULL,
			   "compiled_out, but there are callouts");
}

/* Every kind's protocol, the defaults where the design says nothing; rows only of
 * kinds that the scenario has. */
static void load_protocols(struct design_load *g, const struct node *protocol)
{
	const char *keys[NR_SECONDARY_KINDS + 1] = { NULL };
	struct param_log *log = g->l->log;
	int k;

	for (k = 0; k < NR_SECONDARY_KINDS; k++)
		keys[k] = secondary_kinds[k].name;
	if (protocol && !load_is_map(g->l, protocol, "design.protocol"))
		return;
	if (protocol)
		load_check_keys(g->l, protocol, "design.protocol", keys);
	for (k = 0; k < NR_SECONDARY_KINDS; k++) {
		const struct secondary_kind_info *i = &secondary_kinds[k];

		g->l->log = g->l->secondary_uses[k] ? log : NULL;
		load_rows(g->l, i->protocol, node_get(protocol, i->name), i->protocol->path, NULL,
			  (char *)g->d + i->protocol_offset);
	}
	g->l->log = log;
}

void load_design(struct loader *l, const struct node *tree, struct design_config *d)
{
	static const char *const keys[] = { "name", "base", "source", "summary", "busted", "core",
					    "protocol", "expect", NULL };
	static const char *const core_keys[] = { "sites", NULL };
	static const struct param_row rows[] = {
		{ .key = "name", .type = PT_NAME, .offset = offsetof(struct design_config, name), .unit = "",
		  .origin = ORIGIN_CHOICE },
		{ .key = "source", .type = PT_TEXT, .offset = offsetof(struct design_config, source) },
		{ .key = "summary", .type = PT_TEXT, .offset = offsetof(struct design_config, summary) },
		{ .key = "busted", .type = PT_TEXT, .offset = offsetof(struct design_config, busted),
		  .def = "" },
	};
	static const struct param_table texts = { "design", rows, 4 };
	const struct node *core = node_get(tree, "core"), *protocol = node_get(tree, "protocol");
	struct design_load g = { .l = l, .d = d };
	const char **notes;

	load_rows(l, &texts, tree, "design", keys, d);
	load_rows(l, &design_core_params, core, "design.core", core_keys, d);
	load_protocols(&g, protocol);
	load_sites(&g, node_get(core, "sites"));
	load_expect(&g, node_get(tree, "expect"));
	check_sections(&g);
	check_blocking(&g);
	check_kvm(&g, node_get(protocol, "kvm"));
	check_zap(&g, SECONDARY_KVM, d->kvm.zap_at);
	check_zap(&g, SECONDARY_GRU, d->gru.zap_at);
	check_list(&g, core);
	check_steps(l, core, d, note_text, &g);
	notes = load_alloc(l, sizeof(*notes) * (size_t)(g.n_notes + 1));
	memcpy(notes, g.note, sizeof(*notes) * (size_t)g.n_notes);
	d->notes = notes;
	d->n_notes = g.n_notes;
}
