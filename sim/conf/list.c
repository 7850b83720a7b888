/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Single files: what there is, one object by name, and "what is this file?".
 */
#include <string.h>

#include "sim/conf/internal.h"

/* --- one object ------------------------------------------------------------------------- */
struct object {
	enum file_kind kind;
	const char *ref;
	struct node *tree;	/* NULL: by ref */
	const void *out;
};

static void do_object(struct conf *c, void *arg)
{
	struct object *q = arg;
	struct loader l = { .c = c, .arena = &c->arena };
	struct node *tree = q->tree ? q->tree : ref_tree_by_name(c, q->kind, q->ref);
	struct machine_config *m;
	void *out = NULL;

	if (!tree)
		return;
	m = conf_alloc(c, sizeof(*m));
	switch (q->kind) {
	case FILE_MACHINE:
		load_machine(&l, tree, m);
		out = m;
		break;
	case FILE_KERNEL:
		out = conf_alloc(c, sizeof(struct kernel_config));
		load_kernel(&l, tree, out, m);
		break;
	case FILE_SECONDARY:
		out = conf_alloc(c, sizeof(struct secondary_use));
		load_secondary(&l, tree, tree_name(tree), out, m);
		break;
	case FILE_DESIGN:
		out = conf_alloc(c, sizeof(struct design_config));
		load_design(&l, tree, out);
		break;
	default:
		break;
	}
	q->out = l.errors || c->used_broken ? NULL : out;
}

static const void *object(struct conf *c, enum file_kind kind, const char *ref)
{
	struct object q = { kind, ref, NULL, NULL };

	return conf_try(c, do_object, &q) ? NULL : q.out;
}

const struct design_config *conf_design(struct conf *c, const char *ref)
{
	return object(c, FILE_DESIGN, ref);
}

const struct machine_config *conf_machine(struct conf *c, const char *ref)
{
	return object(c, FILE_MACHINE, ref);
}

const struct kernel_config *conf_kernel(struct conf *c, const char *ref)
{
	return object(c, FILE_KERNEL, ref);
}

const struct secondary_use *conf_secondary(struct conf *c, const char *ref)
{
	return object(c, FILE_SECONDARY, ref);
}

/* --- lists -------------------------------------------------------------------------------- */
struct listing {
	enum file_kind kind;
	struct conf_entry *v;
	int n;
};

static const char *summary_of(struct conf *c, const struct node *root)
{
	static const char *const keys[] = { "summary", "question", "statement", "source" };
	const char *nl;
	size_t i;

	for (i = 0; i < 4; i++) {
		const struct node *n = node_get(root, keys[i]);

		if (!n || n->kind != NODE_SCALAR)
			continue;
		nl = strchr(n->text, '\n');
		return nl ? conf_printf(c, "%.*s", (int)(nl - n->text), n->text) : n->text;
	}
	return "";
}

static void do_list(struct conf *c, void *arg)
{
	struct listing *q = arg;
	const char *const *names;
	int i;

	q->n = conf_names(c, q->kind, &names);
	q->v = conf_alloc(c, (size_t)(q->n + 1) * sizeof(*q->v));
	for (i = 0; i < q->n; i++) {
		const char *file = conf_file_of(c, q->kind, names[i], NULL, "");
		struct source *s = file ? yaml_file(c, file) : NULL;

		snprintf(q->v[i].name, sizeof(q->v[i].name), "%s", names[i]);
		q->v[i].file = file ? file : "";
		q->v[i].summary = s && s->root ? summary_of(c, s->root) : "does not load";
	}
}

int conf_list(struct conf *c, const char *kind, struct conf_entry **out)
{
	struct listing q = { 0, NULL, 0 };
	int k;

	for (k = 0; k < NR_FILE_KINDS; k++)
		if (!strcmp(file_kinds[k].plural, kind))
			break;
	if (k == NR_FILE_KINDS)
		return -1;
	q.kind = (enum file_kind)k;
	if (conf_try(c, do_list, &q))
		return -1;
	*out = q.v;
	return q.n;
}

/* --- any file ------------------------------------------------------------------------------ */
/* Keys that only one kind has, or few; the kind with most of them wins. */
static const char *const telling[NR_FILE_KINDS] = {
	[FILE_MACHINE] = " sockets cores clock apic tlb idle background jitter ",
	[FILE_KERNEL] = " preempt gather ipi spinlock arbitration split_ptlocks hz rcu srcu ",
	[FILE_DESIGN] = " core protocol expect busted ",
	[FILE_SECONDARY] = " kind tlb_entries tlb_tag paging gup memslots requests_lock mmu_pages max_vcpus chiplets tgh miss discards_inflight ",
	[FILE_SCENARIO] = " question machine kernel designs address_spaces threads sweep metrics until ",
	[FILE_CLAIM] = " id who said statement kind scenarios compare rule margin region parts quote ",
	[FILE_VALIDATION] = " world points derived replications ",
	[FILE_QUESTION] = " id question claims headline answer mechanism figures plot table adversary ",
};

static int guess_kind(const struct node *root)
{
	int k, i, best = -1, most = 0;

	for (k = 0; k < NR_FILE_KINDS; k++) {
		int score = 0;

		for (i = 0; i < root->n; i++) {
			char word[PARAM_NAME_MAX + 2];

			snprintf(word, sizeof(word), " %.*s ", PARAM_NAME_MAX - 1, root->entry[i].key);
			score += strstr(telling[k], word) != NULL;
		}
		if (score > most) {
			most = score;
			best = k;
		}
	}
	/* a design may be no more than a base and a protocol, or not even that */
	if (best < 0 && node_get(root, "base"))
		best = FILE_DESIGN;
	return best;
}

struct unknown_file {
	const char *file;
	int kind;
	size_t before;
};

static void do_guess(struct conf *c, void *arg)
{
	struct unknown_file *q = arg;
	struct source *s;
	struct object o;

	s = yaml_file(c, q->file);
	q->kind = s->root ? guess_kind(s->root) : -1;
	if (s->root && q->kind < 0)
		conf_error(c, s->root, "", NULL, "no key of this file tells what it is (machine, "
			   "kernel, design, secondary MMU, scenario, claim, question or validation)");
	if (q->kind < 0 || q->kind == FILE_SCENARIO || q->kind == FILE_CLAIM ||
	    q->kind == FILE_QUESTION || q->kind == FILE_VALIDATION)
		return;
	o = (struct object){ (enum file_kind)q->kind, q->file, NULL, NULL };
	if (!strchr(q->file, '/') && !strstr(q->file, ".yaml"))
		o.tree = s->root;
	do_object(c, &o);
}

int conf_check_file(struct conf *c, const char *file)
{
	struct unknown_file q = { file, -1, c->errors.n };

	if (conf_try(c, do_guess, &q))
		return -1;
	if (q.kind == FILE_SCENARIO)
		return conf_scenario(c, file, NULL) ? 0 : -1;
	if (q.kind == FILE_CLAIM)
		return conf_claim(c, file) ? 0 : -1;
	if (q.kind == FILE_QUESTION)
		return conf_question(c, file) ? 0 : -1;
	if (q.kind == FILE_VALIDATION)
		return conf_validation(c, file) ? 0 : -1;
	return q.kind < 0 || c->errors.n != q.before ? -1 : 0;
}
