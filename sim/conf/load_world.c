/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One scenario at one sweep point: window, address spaces with their regions
 * and secondary MMUs, threads.
 *
 * Left out of the full grammar: files, vmas, sharers, cpus of a thread, warmup: auto.  "memory: SIZE" is short for
 * one region called memory.
 */
#include <inttypes.h>
#include <string.h>

#include "sim/conf/internal.h"

#define MAX_THREADS 256

const char *const scenario_keys[] = {
	"name", "question", "description", "machine", "kernel", "designs", "until", "duration",
	"warmup", "settle", "overcommit", "stall_bound", "budget", "oracle", "replications", "seed", "baseline",
	"address_spaces", "threads", "sweep", "zip", "exclude", "metrics", "primary",
	"expect_violations", "comparable", NULL
};

/* --- regions ------------------------------------------------------------------------- */
static void load_clusters(struct loader *l, const struct node *n, const char *path,
			  struct region_config *r)
{
	const char *text = n && n->kind == NODE_SCALAR ? n->text : "clusters(16)", *why;
	char number[24] = "";
	int64_t v = 0;
	int end = 0;

	if (r->placement != PLACE_CLUSTERS)
		return;
	if (sscanf(text, "clusters(%23[0-9])%n", number, &end) != 1 || !end || text[end] ||
	    parse_int(number, &v, &why) || v < 1 || v > 1 << 20) {
		load_error(l, n, path, NULL, "'%s' is not clusters(n), n from 1 to 1048576", text);
		return;
	}
	r->clusters = v;
}

static void load_region(struct loader *l, const struct node *n, const char *space,
			struct region_config *r)
{
	const char *name = node_name(n);
	char path[256], sub[320];

	load_join(sub, sizeof(sub), space, "regions");
	load_join(path, sizeof(path), sub, name ? name : "?");
	load_rows(l, &region_params, n, path, NULL, r);
	load_join(sub, sizeof(sub), path, "placement");
	load_clusters(l, node_get(n, "placement"), sub, r);
	if (r->length % PAGE_SIZE)
		load_error(l, node_get(n, "length"), path, NULL, "length is not a whole number of pages");
}

/* Names of list items: given, and each once. */
static int check_names(struct loader *l, const struct node *list, const char *path, int max)
{
	int i, k;

	if (!load_is_list(l, list, path))
		return 0;
	if (list->n > max) {
		load_error(l, list, path, NULL, "more than %d of them", max);
		return 0;
	}
	for (i = 0; i < list->n; i++) {
		const char *name = node_name(list->item[i]);

		if (!load_is_map(l, list->item[i], path))
			return 0;
		for (k = 0; name && k < i; k++)
			if (node_name(list->item[k]) && !strcmp(node_name(list->item[k]), name))
				load_error(l, list->item[i], path, NULL, "a second '%s'", name);
	}
	return 1;
}

/* memory: SIZE, prefault?: PCT, and the prefault of its secondary MMU */
static void load_memory(struct loader *l, const struct node *n, const char *path,
			struct address_space_config *a)
{
	const struct node *list = node_get(n, "secondary"), *p = NULL;
	struct node *region = node_new(l->c, NODE_MAP, n);

	node_add(l->c, region, "name", node_scalar(l->c, n, "memory"));
	node_add(l->c, region, "length", node_get(n, "memory"));
	if (node_get(n, "prefault"))
		node_add(l->c, region, "prefault", node_get(n, "prefault"));
	if (list && list->kind == NODE_LIST && list->n)
		p = node_get(list->item[0], "prefault");
	if (p)
		node_add(l->c, region, "secondary_prefault", (struct node *)p);
	load_region(l, region, path, &a->region[0]);
	a->n_regions = 1;
}

static void load_regions(struct loader *l, const struct node *n, const char *path,
			 struct address_space_config *a)
{
	const struct node *list = node_get(n, "regions");
	char sub[256];
	int i;

	load_join(sub, sizeof(sub), path, "regions");
	if (node_get(n, "memory") && list)
		load_error(l, list, path, NULL, "memory is short for one region: give one or the other");
	else if (node_get(n, "memory"))
		load_memory(l, n, path, a);
	else if (!list)
		load_error(l, n, path, NULL, "regions is missing");
	else if (check_names(l, list, sub, MAX_REGIONS)) {
		for (i = 0; i < list->n; i++)
			load_region(l, list->item[i], path, &a->region[i]);
		a->n_regions = list->n;
	}
}

/* --- secondary MMUs -------------------------------------------------------------------- */
/* Costs are one array for the machine: two MMUs of one kind cannot differ in them. */
static void merge_costs(struct loader *l, struct machine_config *m, const struct machine_config *own,
			const struct node *at, const char *path, enum secondary_kind kind)
{
	const struct param_table *t = secondary_kinds[kind].costs;
	int first = l->secondary_uses[kind]++ == 0;
	size_t i;

	for (i = 0; i < t->n; i++) {
		const struct param_row *row = &t->rows[i];
		int64_t *to = (int64_t *)((char *)m + row->offset);
		int64_t v = *(const int64_t *)((const char *)own + row->offset);

		if (!first && *to != v)
			load_error(l, at, path, NULL,
				   "two secondary MMUs with different costs.%s are not modelled in this version",
				   row->key);
		*to = v;
	}
}

/* Kinds that nobody uses: the defaults, and no rows that nobody asked for. */
static void load_unused_costs(struct loader *l, struct machine_config *m)
{
	struct param_log *log = l->log;
	struct range_log *ranges = l->ranges;
	int k;

	l->log = NULL;
	l->ranges = NULL;
	for (k = 0; k < NR_SECONDARY_KINDS; k++)
		if (!l->secondary_uses[k])
			load_costs(l, secondary_kinds[k].costs, NULL, "", m);
	l->log = log;
	l->ranges = ranges;
}

static void load_use(struct loader *l, const struct node *n, const char *path,
		     const struct trees *t, struct machine_config *m, struct secondary_use *u)
{
	static const char *const others[] = { "kind", "name", "prefault", NULL };
	const char *ref = secondary_ref(n), *name = node_name(n);
	struct machine_config *own = load_alloc(l, sizeof(*own));
	int i;

	load_rows(l, &use_params, n, path, others, u);
	if (!ref)
		load_error(l, n, path, NULL, "kind is missing");
	for (i = 0; ref && i < t->n_secondaries; i++) {
		if (strcmp(t->secondary_ref[i], ref))
			continue;
		load_secondary(l, t->secondary[i], ref, u, own);
		if (u->cfg)
			merge_costs(l, m, own, n, path, u->kind);
	}
	if (name)
		snprintf(u->name, sizeof(u->name), "%s", name);
	if (ref)
		load_record(l, path, ref, "", "choice", n);
}

static void load_secondaries(struct loader *l, const struct node *n, const char *space,
			     const struct trees *t, struct machine_config *m,
			     struct address_space_config *a)
{
	const struct node *list = node_get(n, "secondary");
	char path[256];
	int i, k;

	load_join(path, sizeof(path), space, "secondary");
	if (!list || !check_names(l, list, path, MAX_SECONDARIES))
		return;
	for (i = 0; i < list->n; i++) {
		char sub[288];

		load_join_index(sub, sizeof(sub), path, i);
		if (node_get(list->item[i], "prefault") && !node_get(n, "memory"))
			load_error(l, node_get(list->item[i], "prefault"), sub, NULL,
				   "regions say secondary_prefault");
		load_use(l, list->item[i], sub, t, m, &a->secondary[i]);
		for (k = 0; k < i; k++)
			if (*a->secondary[i].name && !strcmp(a->secondary[k].name, a->secondary[i].name))
				load_error(l, list->item[i], sub, NULL,
					   "a second '%s': give it a name of its own", a->secondary[i].name);
	}
	a->n_secondaries = list->n;
}

static void load_spaces(struct loader *l, const struct trees *t, struct machine_config *m,
			struct world_config *w)
{
	static const char *const others[] = { "name", "memory", "prefault", "regions", "secondary",
					      NULL };
	const struct node *list = node_get(t->scenario, "address_spaces");
	int i;

	if (!list || !check_names(l, list, "address_spaces", MAX_ADDRESS_SPACES))
		return;
	w->n_spaces = list->n;
	for (i = 0; i < list->n; i++) {
		const struct node *n = list->item[i];
		struct address_space_config *a = &w->space[i];
		const char *name = node_name(n);
		char path[160];

		load_join(path, sizeof(path), "address_spaces", name ? name : "?");
		load_rows(l, &space_params, n, path, others, a);
		if (!name)
			load_error(l, n, path, NULL, "name is missing");
		else
			snprintf(a->name, sizeof(a->name), "%s", name);
		if (node_get(n, "prefault") && !node_get(n, "memory"))
			load_error(l, node_get(n, "prefault"), path, NULL, "regions say prefault");
		load_regions(l, n, path, a);
		load_secondaries(l, n, path, t, m, a);
	}
}

int space_secondary(const struct address_space_config *a, int mode)
{
	int i;

	for (i = 0; a && i < a->n_secondaries; i++)
		if (secondary_kinds[a->secondary[i].kind].access_mode == mode)
			return i;
	return -1;
}

/* --- threads ---------------------------------------------------------------------------- */
static int find_space(struct loader *l, const struct node *n, const char *path,
		      const struct world_config *w)
{
	const struct node *in = node_get(n, "in");
	const char *names[MAX_ADDRESS_SPACES], *text;
	int i;

	if (!in)
		return -1;
	text = load_text(l, in, path);
	for (i = 0; text && i < w->n_spaces; i++) {
		names[i] = w->space[i].name;
		if (strcmp(names[i], text))
			continue;
		load_record(l, path, text, "", "choice", in);
		return i;
	}
	if (text)
		load_error(l, in, path, nearest_name(text, names, (size_t)w->n_spaces),
			   "no address space is named '%s'", text);
	return -1;
}

static void load_thread(struct loader *l, const struct node *n, const struct world_config *w,
			struct thread_config *t)
{
	static const char *const others[] = { "in", "loop", NULL };
	const struct address_space_config *space;
	const struct node *loop = node_get(n, "loop");
	const char *name = node_name(n);
	char path[128], sub[160];
	int errors = l->errors;

	load_join(path, sizeof(path), "threads", name ? name : "?");
	load_rows(l, &thread_params, n, path, others, t);
	load_join(sub, sizeof(sub), path, "in");
	t->in = find_space(l, n, sub, w);
	space = t->in >= 0 ? &w->space[t->in] : NULL;
	if (l->errors == errors && t->mode == MODE_GUEST && space_secondary(space, MODE_GUEST) < 0)
		load_error(l, n, path, NULL, "mode: guest needs an address space with a secondary MMU%s",
			   space && space->n_secondaries ? " that runs guests" : "");
	if (l->errors == errors && t->halted && (t->mode != MODE_GUEST || t->times))
		load_error(l, n, path, NULL, "halted is for a vcpu (mode: guest) that never runs: no times");
	load_join(sub, sizeof(sub), path, "loop");
	if (loop)
		load_loop(l, loop, sub, space, (int)t->mode, &t->loop, &t->n_loop);
	else if (!t->halted)
		load_error(l, n, path, NULL, "loop is missing");
}

/* Threads that a signal goes to. */
static void resolve_targets(struct loader *l, const struct node *list, struct world_config *w,
			    struct op_config *op, int n)
{
	const char *names[MAX_THREADS];
	int i, k;

	for (k = 0; k < w->n_threads; k++)
		names[k] = w->thread[k].name;
	for (i = 0; i < n; i++) {
		if (op[i].kind == OPK_REPEAT)
			resolve_targets(l, list, w, op[i].loop, op[i].n_loop);
		if (op[i].kind != OPK_SIGNAL || !*op[i].to)
			continue;
		for (k = 0; k < w->n_threads && strcmp(names[k], op[i].to); k++)
			;
		if (k == w->n_threads)
			load_error(l, list, "threads", nearest_name(op[i].to, names, (size_t)k),
				   "signal: no thread is named '%s'", op[i].to);
		op[i].to_thread = k;
	}
}

static void load_threads(struct loader *l, const struct node *scenario, struct world_config *w)
{
	const struct node *list = node_get(scenario, "threads");
	int i, ends = 0;

	if (!list) {
		load_error(l, scenario, "", NULL, "threads is missing");
		return;
	}
	if (!check_names(l, list, "threads", MAX_THREADS))
		return;
	w->thread = load_alloc(l, (size_t)(list->n ? list->n : 1) * sizeof(*w->thread));
	w->n_threads = list->n;
	for (i = 0; i < list->n; i++) {
		load_thread(l, list->item[i], w, &w->thread[i]);
		ends |= w->thread[i].times > 0 && w->thread[i].count > 0;
	}
	for (i = 0; i < list->n; i++)
		resolve_targets(l, list, w, w->thread[i].loop, w->thread[i].n_loop);
	if (w->until == UNTIL_THREADS_DONE && !ends)
		load_error(l, list, "threads", NULL, "until: threads_done, but no thread has times");
}

/* --- the window ---------------------------------------------------------------------------- */
/* Not given: a tenth of the duration, which is also what the rows must say. */
static void set_warmup(struct loader *l, struct world_config *w)
{
	char value[32];
	int i;

	w->warmup = w->duration / 10;
	sprintf(value, "%" PRId64, w->warmup);
	for (i = 0; l->log && i < l->log->n; i++)
		if (!strcmp(l->log->v[i].path, "warmup"))
			l->log->v[i].value = arena_strdup(l->arena, value);
}

static void load_window(struct loader *l, const struct node *s, struct world_config *w)
{
	const struct node *warmup = node_get(s, "warmup"), *duration = node_get(s, "duration");
	const struct node *settle = node_get(s, "settle");

	load_rows(l, &scenario_params, s, "", scenario_keys, w);
	if (w->until == UNTIL_DURATION) {
		if (!duration)
			load_error(l, s, "", NULL, "duration is missing (or until: threads_done)");
		if (settle)
			load_error(l, settle, "settle", NULL, "settle belongs to until: threads_done");
		if (!warmup)
			set_warmup(l, w);
		if (warmup && duration && w->warmup >= w->duration)
			load_error(l, warmup, "warmup", NULL, "warmup is not shorter than duration");
	} else if (warmup) {
		load_error(l, warmup, "warmup", NULL, "until: threads_done has no warmup");
	}
}

void load_world(struct loader *l, const struct trees *t, struct world_config *w)
{
	struct machine_config *m = load_alloc(l, sizeof(*m));
	struct kernel_config *k = load_alloc(l, sizeof(*k));
	struct design_config *d = load_alloc(l, sizeof(*d));
	const char *name = node_name(t->scenario);
	int i;

	memset(w, 0, sizeof(*w));
	memset(l->secondary_uses, 0, sizeof(l->secondary_uses));
	w->machine = m;
	w->kernel = k;
	w->design = d;
	snprintf(w->scenario, sizeof(w->scenario), "%s", name ? name : "");
	if (t->machine)
		load_machine(l, t->machine, m);
	if (t->kernel)
		load_kernel(l, t->kernel, k, m);
	load_window(l, t->scenario, w);
	load_spaces(l, t, m, w);
	load_unused_costs(l, m);
	if (t->design)
		load_design(l, t->design, d);
	load_threads(l, t->scenario, w);
	for (i = 0; i < NR_INVARIANTS; i++)
		w->expect_violation[i] = d->expect[i] == EXPECT_VIOLATED;
}
