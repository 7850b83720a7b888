/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Machine, kernel and secondary MMU files: rows of a table and a map of costs.
 * Each cost has one owner, the file whose facts it states; the three maps are
 * merged into one array, which is what the models index.
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

void load_kernel(struct loader *l, const struct node *tree, struct kernel_config *k,
		 struct machine_config *costs)
{
	static const char *const others[] = { "base", "costs", NULL };

	load_rows(l, &kernel_params, tree, "kernel", others, k);
	load_costs(l, &kernel_cost_params, node_get(tree, "costs"), "kernel.costs", costs);
}

static void check_kind(struct loader *l, const struct node *tree, const char *path)
{
	static const char *const kinds[] = { "kvm" };
	const struct node *kind = node_get(tree, "kind");
	const char *text;

	if (!kind) {
		load_error(l, tree, path, NULL, "kind is missing");
		return;
	}
	text = load_text(l, kind, "secondary.kind");
	if (!text || !strcmp(text, "kvm") || not_modelled(l, kind, "secondary.kind", text))
		return;
	load_error(l, kind, "secondary.kind", nearest_name(text, kinds, 1),
		   "no kind of secondary MMU is named '%s'", text);
}

void load_secondary(struct loader *l, const struct node *tree, const char *ref,
		    struct kvm_config *s, struct machine_config *costs)
{
	static const char *const others[] = { "base", "kind", "costs", NULL };
	char path[PARAM_NAME_MAX + 32], sub[PARAM_NAME_MAX + 40];

	snprintf(path, sizeof(path), "secondary.%.*s", PARAM_NAME_MAX, ref);
	load_join(sub, sizeof(sub), path, "costs");
	check_kind(l, tree, path);
	load_rows(l, &kvm_params, tree, path, others, s);
	load_costs(l, &secondary_cost_params, node_get(tree, "costs"), sub, costs);
}
