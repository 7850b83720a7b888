/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A scenario file to a study: gather what it names, apply the command line,
 * expand the sweep, load every point once so that all errors come out now.
 *
 * Identity: scenario_hash covers the name, the metrics and every configuration
 * of the scenario's own designs, but neither seed nor number of replications
 * (more of them continue the study) nor --design (a filter does not make
 * another study of the same runs).
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "sim/base/hash.h"
#include "sim/base/xassert.h"
#include "sim/conf/internal.h"

#define STUDY_SEED 0x7374756479u
#define MAX_ERRORS 200		/* of one call; more help nobody */

struct request {
	const char *file;
	const struct conf_options *o;
	struct study *out;
};

/* --- which designs ------------------------------------------------------------------- */
static int selected(const struct study_private *p, const struct conf_options *o, int design,
		    const struct node *chosen)
{
	int i;

	if (!o || !o->designs)
		return 1;
	for (i = 0; i < chosen->n; i++)
		if (!strcmp(chosen->item[i]->text, p->study.design[design]))
			return 1;
	return 0;
}

/* --design A,B as a list of REFs, each named as it will be shown. */
static struct node *chosen_designs(struct conf *c, const struct conf_options *o)
{
	struct node place = { .file = "--design" };
	struct node *list = node_new(c, NODE_LIST, &place);
	const char *s = o && o->designs ? o->designs : "";

	while (*s) {
		size_t n = strcspn(s, ",");
		const char *ref = conf_printf(c, "%.*s", (int)n, s);

		if (n)
			node_append(c, list, node_scalar(c, &place, ref));
		s += n + (s[n] == ',');
	}
	return list;
}

/* Behind the scenario's own. */
static void add_design(struct conf *c, struct study_private *p, struct node *tree)
{
	const char **names;
	struct node **trees;
	int n = p->study.n_designs;

	names = conf_alloc(c, (size_t)(n + 1) * sizeof(*names));
	trees = conf_alloc(c, (size_t)(n + 1) * sizeof(*trees));
	if (n) {
		memcpy(names, p->study.design, (size_t)n * sizeof(*names));
		memcpy(trees, p->design, (size_t)n * sizeof(*trees));
	}
	names[n] = tree_name(tree);
	trees[n] = node_clone(c, tree);
	p->study.design = names;
	p->design = trees;
	p->study.n_designs = n + 1;
}

/* Is the tree that --design names, from @tree's file, the one that we have as @have? */
static int same_design(const struct node *tree, const struct node *have)
{
	const struct node *a = node_get(tree, "name"), *b = node_get(have, "name");
	struct stat x, y;

	if (!a || !b)
		return 0;
	if (!strcmp(a->file, b->file))
		return a->line == b->line;
	return !stat(a->file, &x) && !stat(b->file, &y) && x.st_dev == y.st_dev &&
	       x.st_ino == y.st_ino;
}

/* A name of --design that the scenario has not: added.  Text becomes the shown name. */
static void add_chosen(struct conf *c, struct study_private *p, struct node *chosen)
{
	int i, d;

	for (i = 0; i < chosen->n; i++) {
		struct node *n = chosen->item[i], *tree;

		for (d = 0; d < p->study.n_designs && strcmp(p->study.design[d], n->text); d++)
			;
		if (d < p->study.n_designs)
			continue;
		tree = ref_tree(c, FILE_DESIGN, n, "");
		if (!tree)
			continue;
		for (d = 0; d < p->study.n_designs && strcmp(p->study.design[d], tree_name(tree)); d++)
			;
		if (d == p->study.n_designs)
			add_design(c, p, tree);
		else if (!same_design(tree, p->design[d]))
			design_twice(c, n, tree, p->design[d]);
		n->text = tree_name(tree);
	}
}

/* --design before --set, so that --set design.KEY meets what it adds. */
static struct node *choose(struct conf *c, struct study_private *p, const struct conf_options *o)
{
	struct node *chosen = chosen_designs(c, o);
	int i;

	p->own = p->study.n_designs;
	add_chosen(c, p, chosen);
	p->left_out = conf_alloc(c, (size_t)p->study.n_designs + 1);
	for (i = 0; i < p->study.n_designs; i++)
		p->left_out[i] = (char)!selected(p, o, i, chosen);
	return chosen;
}

/* Drop the points of designs that --design left out; the order stays. */
static void keep_chosen(struct study_private *p, const struct conf_options *o,
			const struct node *chosen)
{
	struct study *s = &p->study;
	const char **names = (const char **)s->design;
	int i, n = 0, *new_index = NULL, d = 0;

	if (!o || !o->designs)
		return;
	new_index = conf_alloc(s->conf, (size_t)(s->n_designs + 1) * sizeof(*new_index));
	for (i = 0; i < s->n_designs; i++) {
		new_index[i] = selected(p, o, i, chosen) ? d : -1;
		if (new_index[i] < 0)
			continue;
		names[d] = names[i];
		p->design[d++] = p->design[i];
	}
	s->n_designs = d;
	for (i = 0; i < s->n_points; i++) {
		int to = new_index[p->point_design[i]];

		if (to < 0)
			continue;
		s->point[n] = s->point[i];
		p->point_value[n] = p->point_value[i];
		p->point_design[n++] = to;
	}
	s->n_points = n;
	for (i = 0; i < d; i++)
		if (!strcmp(names[i], s->baseline))
			return;
	if (d)
		s->baseline = names[0];
}

/* --- points ---------------------------------------------------------------------------- */
struct known { uint64_t hash; int point; };

static int by_hash(const void *a, const void *b)
{
	uint64_t x = ((const struct known *)a)->hash, y = ((const struct known *)b)->hash;

	if (x != y)
		return x < y ? -1 : 1;
	return ((const struct known *)a)->point - ((const struct known *)b)->point;
}

/* The first pair in the order of the points, whatever their hashes are. */
static int check_twins(struct conf *c, struct study_private *p, struct known *k, int n)
{
	int i, first = 0;

	qsort(k, (size_t)n, sizeof(*k), by_hash);
	for (i = 1; i < n; i++)
		if (k[i].hash == k[i - 1].hash && (!first || k[i - 1].point < k[first - 1].point))
			first = i;
	if (!first)
		return 0;
	conf_error(c, p->sweep.n_axes ? p->sweep.axis[0].at : p->scenario, "sweep", NULL,
		   "points %d and %d of design %s are the same configuration",
		   k[first - 1].point + 1, k[first].point + 1,
		   p->study.point[k[first].point].design);
	return -1;
}

/*
 * As point_load().  A design that --design leaves out belongs to the study's
 * identity, but nobody asked whether it takes a --set design.KEY: -1 if not.
 */
static int load_point(struct conf *c, struct study_private *p, int i, struct param_log *log)
{
	size_t before = c->errors.n;
	struct world_config w;
	int errors;

	arena_reset(&c->points);
	errors = point_load(c, p, i, &c->points, log, &w);
	if (!errors || !p->design_sets || !p->left_out[p->point_design[i]])
		return errors;
	conf_forget_errors(c, before);
	return -1;
}

/* Load every point; 0 if all are right. */
static int load_points(struct conf *c, struct study_private *p)
{
	struct known *k = conf_alloc(c, (size_t)(p->study.n_points + 1) * sizeof(*k));
	uint64_t h = p->study.scenario_hash;
	int i, n = 0, errors = 0;

	for (i = 0; i < p->study.n_points && c->errors.n < MAX_ERRORS; i++) {
		struct param_log log = { NULL, 0, 0 };
		int bad = load_point(c, p, i, &log);

		errors += bad > 0;
		if (errors || bad)
			continue;
		params_sort(&log);
		sb_reset(&c->scratch);
		params_json(&log, &c->scratch);
		if (c->scratch.failed)
			conf_no_memory(c);
		k[n].hash = hash_str(c->scratch.s, 0);
		k[n].point = i;
		if (p->point_design[i] < p->own)
			h = hash_mix(h, k[n].hash);
		n++;
	}
	arena_reset(&c->points);
	p->study.scenario_hash = h;
	return errors ? -1 : check_twins(c, p, k, n);
}

static uint64_t hash_head(const struct study *s)
{
	uint64_t h = hash_str(s->name, STUDY_SEED);
	int i;

	h = hash_str(s->question, h);
	for (i = 0; i < s->n_metrics; i++) {
		h = hash_str(metric_table[s->metric[i].metric].name, h);
		h = hash_mix(h, (uint64_t)s->metric[i].quantile);
	}
	return h;
}

/* A study of its own: one replication per sample, since the samples are the replicates. */
static void name_samples(struct conf *c, struct study *s, const struct conf_options *o)
{
	s->name = conf_printf(c, "%s-costs%s%s", s->name, o->samples_for ? "-" : "",
			      o->samples_for ? o->samples_for : "");
	if (strlen(s->name) >= PARAM_NAME_MAX)
		conf_error_at(c, s->file, 0, 0, "name", NULL, "%s: longer than %d characters",
			      s->name, PARAM_NAME_MAX - 1);
	s->samples = o->samples;
	s->reps_fixed = s->reps_min = s->reps_max = 1;
}

static int expand(struct conf *c, struct study_private *p, const struct conf_options *o,
		  const struct node *chosen)
{
	struct study *s = &p->study;
	size_t errors = c->errors.n;

	study_read(c, p, o);
	if (o && o->samples)
		name_samples(c, s, o);
	if (c->errors.n != errors)
		return -1;
	s->scenario_hash = hash_head(s);
	if (sweep_points(c, &p->sweep, s) || load_points(c, p))
		return -1;
	keep_chosen(p, o, chosen);
	sb_reset(&c->scratch);
	study_json(p, &c->scratch);
	if (c->scratch.failed)
		conf_no_memory(c);
	s->resolved_json = conf_strdup(c, c->scratch.s);
	return 0;
}

/*
 * A machine that does not exist must not hide a misspelt key further down:
 * load what there is once, without sweep values, for its errors alone.
 */
static void load_alone(struct conf *c, struct study_private *p, const struct conf_options *o)
{
	struct loader l = { .c = c, .arena = &c->points };
	struct world_config w;
	int d;

	study_read(c, p, o);
	p->trees.scenario = p->scenario;
	for (d = 0; !d || d < p->study.n_designs; d++) {
		p->trees.design = d < p->study.n_designs ? p->design[d] : NULL;
		load_world(&l, &p->trees, &w);
	}
	arena_reset(&c->points);
}

/* A validation file may hold its own scenario. */
static const struct node *scenario_root(const struct node *root)
{
	const struct node *world = node_get(root, "world");

	return world && world->kind == NODE_MAP ? world : root;
}

static void do_scenario(struct conf *c, void *arg)
{
	struct request *r = arg;
	const char *file = conf_file_of(c, FILE_SCENARIO, r->file, NULL, "");
	struct source *src = file ? yaml_file(c, file) : NULL;
	struct study_private *p;
	struct node *chosen;
	size_t before;
	int bad;

	if (!src || !src->root)
		return;
	p = conf_alloc(c, sizeof(*p));
	p->study.conf = c;
	p->study.file = src->file;
	p->study.source_text = src->text;
	p->study.arguments = conf_strdup(c, r->o && r->o->arguments ? r->o->arguments : "");
	p->scenario = node_clone(c, scenario_root(src->root));
	before = c->errors.n;
	bad = study_early_sets(c, p, r->o);
	bad |= study_trees(c, p, r->o);
	chosen = choose(c, p, r->o);
	sweep_read(c, p->scenario, &p->sweep);
	bad |= study_sets(c, p, r->o);
	if (r->o && r->o->samples && !bad && c->errors.n == before)
		sample_axis(c, p, r->o->samples);
	if (bad || c->errors.n != before)
		load_alone(c, p, r->o);
	else if (!expand(c, p, r->o, chosen) && !c->used_broken && c->errors.n == before)
		r->out = &p->study;
}

struct study *conf_scenario(struct conf *c, const char *file, const struct conf_options *o)
{
	struct request r = { file, o, NULL };

	return conf_try(c, do_scenario, &r) ? NULL : r.out;
}
