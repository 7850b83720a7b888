/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Machine, kernel and secondary MMU files: rows of a table and a map of costs.
 * Each cost has one owner, the file whose facts it states; the maps are merged
 * into one array, which is what the models index.  A secondary file says of
 * which kind it is; its keys and its costs are those of the kind.
 */
#include <string.h>

#include "sim/conf/internal.h"

/* Cycles need the clock before the row that holds it has had its turn. */
static int64_t clock_of(const struct node *tree)
{
	const struct node *n = node_get(tree, "clock");
	const char *why;
	int64_t hz;

	if (!n || n->kind != NODE_SCALAR || parse_freq(n->text, &hz, &why))
		return 0;
	return hz;
}

void load_machine(struct loader *l, const struct node *tree, struct machine_config *m)
{
	static const char *const others[] = { "base", "costs", NULL };

	l->clock = clock_of(tree);
	load_rows(l, &machine_params, tree, "machine", others, m);
	load_costs(l, &machine_cost_params, node_get(tree, "costs"), "machine.costs", m);
}

/* What only makes sense with cross-calls of today. */
static void check_kernel(struct loader *l, const struct node *tree, const struct kernel_config *k)
{
	const struct { int set; const char *path, *key; } needs_csd[] = {
		{ k->flush_lazy == LAZY_SKIP, "kernel.flush.lazy", "flush.lazy: skip" },
		{ k->flush_reclaim == RECLAIM_BATCHED, "kernel.flush.reclaim", "flush.reclaim: batched" },
		{ k->flush_local == LOCAL_CONCURRENT, "kernel.flush.local", "flush.local: concurrent" },
		{ k->flush_ack == ACK_EARLY, "kernel.flush.ack", "flush.ack: early" },
	};

	for (size_t i = 0; i < sizeof(needs_csd) / sizeof(needs_csd[0]); i++)
		if (needs_csd[i].set && k->ipi_kind != IPI_CSD)
			load_error(l, tree, needs_csd[i].path, NULL, "%s needs ipi.kind: csd",
				   needs_csd[i].key);
}

void load_kernel(struct loader *l, const struct node *tree, struct kernel_config *k,
		 struct machine_config *costs)
{
	static const char *const others[] = { "base", "costs", NULL };

	load_rows(l, &kernel_params, tree, "kernel", others, k);
	load_costs(l, &kernel_cost_params, node_get(tree, "costs"), "kernel.costs", costs);
	check_kernel(l, tree, k);
}

/* The kind that the file is of; -1 with the error reported. */
static int find_kind(struct loader *l, const struct node *tree, const char *path)
{
	const struct node *kind = node_get(tree, "kind");
	const char *names[NR_SECONDARY_KINDS], *text;
	int i;

	if (!kind) {
		load_error(l, tree, path, NULL, "kind is missing");
		return -1;
	}
	text = load_text(l, kind, "secondary.kind");
	for (i = 0; text && i < NR_SECONDARY_KINDS; i++) {
		names[i] = secondary_kinds[i].name;
		if (!strcmp(text, names[i]))
			return i;
	}
	if (text && !not_modelled(l, kind, "secondary.kind", text))
		load_error(l, kind, "secondary.kind", nearest_name(text, names, NR_SECONDARY_KINDS),
			   "no kind of secondary MMU is named '%s'", text);
	return -1;
}

void load_secondary(struct loader *l, const struct node *tree, const char *ref,
		    struct secondary_use *u, struct machine_config *costs)
{
	static const char *const others[] = { "base", "kind", "costs", NULL };
	char path[PARAM_NAME_MAX + 32], sub[PARAM_NAME_MAX + 40];
	const struct secondary_kind_info *k;
	const struct node *name = node_get(tree, "name");
	void *cfg;
	int kind;

	snprintf(path, sizeof(path), "secondary.%.*s", PARAM_NAME_MAX, ref);
	load_join(sub, sizeof(sub), path, "costs");
	kind = find_kind(l, tree, path);
	if (kind < 0)
		return;
	k = &secondary_kinds[kind];
	cfg = load_alloc(l, k->config_size);
	load_rows(l, k->params, tree, path, others, cfg);
	load_costs(l, k->costs, node_get(tree, "costs"), sub, costs);
	u->kind = (enum secondary_kind)kind;
	u->cfg = cfg;
	snprintf(u->name, sizeof(u->name), "%s", name && name->kind == NODE_SCALAR ? name->text : "");
}
