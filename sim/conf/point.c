/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One point of a study: write the values of its axes into the trees, load
 * them, take the values out again.
 */
#include <string.h>

#include "sim/base/hash.h"
#include "sim/conf/internal.h"

static struct node *secondary_tree(const struct trees *t, const char *path, const char **rest)
{
	size_t longest = 0;
	struct node *best = NULL;
	int i;

	for (i = 0; i < t->n_secondaries; i++) {
		const char *after = path_after(path, t->secondary_ref[i]);

		if (!after || !*after || strlen(t->secondary_ref[i]) < longest)
			continue;
		longest = strlen(t->secondary_ref[i]);
		best = t->secondary[i];
		*rest = after;
	}
	return best;
}

static int set_secondary(struct conf *c, struct study_private *p, const char *rest,
			 const char *path, struct node *value, const struct node *at,
			 struct undo_log *log)
{
	struct node *tree = secondary_tree(&p->trees, rest, &rest);
	char word[PARAM_NAME_MAX];

	if (tree)
		return path_set(c, tree, rest, value, path, at, log);
	snprintf(word, sizeof(word), "%s", rest);
	conf_error(c, at, path, nearest_name(word, p->trees.secondary_ref,
						(size_t)p->trees.n_secondaries),
		   "no secondary MMU of this scenario begins the path '%s'", rest);
	return -1;
}

/* A path that a design left out by --design cannot take is no error of the command. */
static int set_design(struct conf *c, struct study_private *p, int i, int all, const char *rest,
		      const char *path, struct node *value, const struct node *at,
		      struct undo_log *log)
{
	size_t before = c->errors.n;
	int bad = path_set(c, p->design[i], rest, value, path, at, log);

	if (!bad || !all || !p->left_out[i])
		return bad;
	conf_forget_errors(c, before);
	return 0;
}

int study_set(struct conf *c, struct study_private *p, int design, const char *path,
	      struct node *value, const struct node *at, struct undo_log *log)
{
	const char *rest;
	int i, bad = 0;

	/* a file that is missing has had its message */
	if ((!p->trees.machine && path_after(path, "machine")) ||
	    (!p->trees.kernel && path_after(path, "kernel")))
		return -1;
	if ((rest = path_after(path, "machine")) && *rest)
		return path_set(c, p->trees.machine, rest, value, path, at, log);
	if ((rest = path_after(path, "kernel")) && *rest)
		return path_set(c, p->trees.kernel, rest, value, path, at, log);
	if ((rest = path_after(path, "secondary")) && *rest)
		return set_secondary(c, p, rest, path, value, at, log);
	if ((rest = path_after(path, "scenario")) && *rest)
		return path_set(c, p->scenario, rest, value, path, at, log);
	rest = path_after(path, "design");
	if (path_after(path, "protocol"))
		rest = path;
	if (!rest || !*rest)
		return path_set(c, p->scenario, path, value, path, at, log);
	for (i = 0; i < p->study.n_designs; i++)
		if (design < 0 || i == design)
			bad |= set_design(c, p, i, design < 0, rest, path, value, at, log);
	return bad;
}

static void record_expected(struct loader *l, const struct world_config *w)
{
	char text[64] = "";
	int k;

	for (k = 0; k < NR_INVARIANTS; k++)
		if (w->expect_violation[k])
			snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s",
				 *text ? " " : "", invariant_names[k]);
	load_record(l, "scenario", w->scenario, "", "choice", NULL);
	load_record(l, "expect_violations", text, "", "choice", NULL);
}

static int set_axis(struct conf *c, struct study_private *p, int design, const struct axis *a,
		    int value)
{
	if (value < 0)
		return 0;
	if (a->text)
		return sample_set(c, p, design, a, value);
	return study_set(c, p, design, a->path, a->value[value], a->at, &p->undo);
}

/* A sample has a draw of its own, the same for all designs: its noise averages out, too. */
static int64_t seed_of(const struct study_private *p, int i)
{
	int k;

	for (k = 0; k < p->sweep.n_axes; k++)
		if (p->sweep.axis[k].text && p->point_value[i][k] >= 0)
			return (int64_t)(hash_mix((uint64_t)p->study.seed, (uint64_t)
				p->sweep.axis[k].number[p->point_value[i][k]]) >> 1);
	return p->study.seed;
}

int point_load(struct conf *c, struct study_private *p, int i, struct arena *arena,
	       struct param_log *log, struct world_config *w)
{
	struct loader l = { .c = c, .arena = arena, .log = log };
	int k, design = p->point_design[i];

	p->undo.n = 0;
	for (k = 0; k < p->sweep.n_axes; k++)
		if (set_axis(c, p, design, &p->sweep.axis[k], p->point_value[i][k]))
			l.errors++;
	if (!l.errors) {
		p->trees.design = p->design[design];
		p->trees.scenario = p->scenario;
		load_world(&l, &p->trees, w);
		expect_point(p, i, w);
		record_expected(&l, w);
		w->seed = seed_of(p, i);
	}
	path_undo(&p->undo);
	return l.errors;
}
