/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Names to files to trees.
 *
 * A name stands for ROOT/configs/KIND/NAME.yaml; anything with a slash or
 * ending in .yaml is a file, looked for from the current directory.  A file
 * may build on another of its kind ("base: NAME"); a REF in a scenario may be
 * a map {base: NAME, name: NEW, PATH: value ...}, its paths relative to the
 * object.  The result of both is one merged tree.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/conf/internal.h"

#define MAX_BASES 16

const struct file_kind_info file_kinds[NR_FILE_KINDS] = {
	[FILE_MACHINE] = { "machine", "machines", "configs/machines" },
	[FILE_KERNEL] = { "kernel", "kernels", "configs/kernels" },
	[FILE_DESIGN] = { "design", "designs", "configs/designs" },
	[FILE_SECONDARY] = { "secondary MMU", "secondaries", "configs/secondaries" },
	[FILE_SCENARIO] = { "scenario", "scenarios", "scenarios" },
	[FILE_CLAIM] = { "claim", "claims", "scenarios/claims" },
	[FILE_VALIDATION] = { "validation", "validations", "scenarios/validation" },
	[FILE_QUESTION] = { "question", "questions", "scenarios/questions" },
};

static const char *under_root(struct conf *c, const char *directory, const char *name)
{
	const char *suffix = name ? ".yaml" : "", *slash = name ? "/" : "";

	if (!strcmp(c->root, "."))
		return conf_printf(c, "%s%s%s%s", directory, slash, name ? name : "", suffix);
	return conf_printf(c, "%s/%s%s%s%s", c->root, directory, slash, name ? name : "", suffix);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int conf_names(struct conf *c, enum file_kind kind, const char *const **names)
{
	const char *directory = under_root(c, file_kinds[kind].directory, NULL);
	const char **v = NULL;
	struct dirent *d;
	int n = 0, cap = 0;

	*names = NULL;
	c->dir = opendir(directory);
	if (!c->dir)
		return 0;
	while ((d = readdir(c->dir))) {
		size_t len = strlen(d->d_name);
		char *s;

		if (len < 6 || d->d_name[0] == '.' || strcmp(d->d_name + len - 5, ".yaml"))
			continue;
		if (n == cap) {
			const char **more;

			cap = cap ? 2 * cap : 16;
			more = conf_alloc(c, (size_t)cap * sizeof(*more));
			if (n)
				memcpy(more, v, (size_t)n * sizeof(*v));
			v = more;
		}
		s = conf_alloc(c, len - 4);
		memcpy(s, d->d_name, len - 5);
		v[n++] = s;
	}
	closedir(c->dir);
	c->dir = NULL;
	if (n)
		qsort(v, (size_t)n, sizeof(*v), by_text);
	*names = v;
	return n;
}

static int is_file_name(const char *ref)
{
	size_t n = strlen(ref);

	return strchr(ref, '/') || (n > 5 && !strcmp(ref + n - 5, ".yaml"));
}

/* A file beside the one that mentions it, if it is not where we are. */
static const char *beside(struct conf *c, const char *file, const struct node *at)
{
	const char *slash = at ? strrchr(at->file, '/') : NULL;
	const char *near;

	if (file[0] == '/' || !slash || !access(file, F_OK))
		return file;
	near = conf_printf(c, "%.*s/%s", (int)(slash - at->file), at->file, file);
	return access(near, F_OK) ? file : near;
}

const char *conf_file_of(struct conf *c, enum file_kind kind, const char *ref,
			 const struct node *at, const char *path)
{
	const char *const *names, *file, *message;
	int n;

	if (is_file_name(ref))
		return beside(c, ref, at);
	file = under_root(c, file_kinds[kind].directory, ref);
	if (!access(file, F_OK))
		return file;
	n = conf_names(c, kind, &names);
	message = conf_printf(c, "no %s is named '%s'", file_kinds[kind].name, ref);
	if (at)
		conf_error(c, at, path, nearest_name(ref, names, (size_t)n), "%s", message);
	else
		conf_error_at(c, ref, 0, 0, path, nearest_name(ref, names, (size_t)n), "%s", message);
	return NULL;
}

static struct node *named_tree(struct conf *c, enum file_kind kind, const char *ref,
			       const struct node *at, const char *path, int depth)
{
	const char *file = conf_file_of(c, kind, ref, at, path);
	struct node *root = file ? yaml_file(c, file)->root : NULL;
	const struct node *base = node_get(root, "base");
	struct node *under;

	if (!base)
		return root;
	if (base->kind != NODE_SCALAR) {
		conf_error(c, base, "base", NULL, "the name of a %s is expected", file_kinds[kind].name);
		return NULL;
	}
	if (depth >= MAX_BASES) {
		conf_error(c, base, "base", NULL, "more than %d bases, or a circle of them", MAX_BASES);
		return NULL;
	}
	under = named_tree(c, kind, base->text, base, "base", depth + 1);
	return under ? node_merge(c, under, root) : NULL;
}

struct node *ref_tree_by_name(struct conf *c, enum file_kind kind, const char *ref)
{
	return named_tree(c, kind, ref, NULL, "", 0);
}

/* {base: NAME, name?: NAME, PATH: value ...} */
static struct node *tree_of_map(struct conf *c, enum file_kind kind, const struct node *ref,
				const char *path)
{
	const struct node *base = node_get(ref, "base");
	struct node *tree;
	int i, bad = 0;

	if (!base || base->kind != NODE_SCALAR) {
		conf_error(c, ref, path, NULL, "base is missing: {base: NAME, name: NEW, PATH: value}");
		return NULL;
	}
	tree = named_tree(c, kind, base->text, base, path, 0);
	if (!tree)
		return NULL;
	tree = node_clone(c, tree);
	for (i = 0; i < ref->n; i++) {
		const struct entry *e = &ref->entry[i];

		if (strcmp(e->key, "base") &&
		    path_set(c, tree, e->key, e->value, e->key, e->value, NULL))
			bad = 1;
	}
	return bad ? NULL : tree;
}

struct node *ref_tree(struct conf *c, enum file_kind kind, const struct node *ref, const char *path)
{
	if (ref->kind == NODE_SCALAR)
		return named_tree(c, kind, ref->text, ref, path, 0);
	if (ref->kind == NODE_MAP)
		return tree_of_map(c, kind, ref, path);
	conf_error(c, ref, path, NULL, "the name of a %s is expected", file_kinds[kind].name);
	return NULL;
}

const char *tree_name(const struct node *tree)
{
	const char *name = node_name(tree);

	return name ? name : "";
}
