/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a scenario says besides its world: the files it names, seed and
 * replications, metrics, baseline, expected violations; and what the command
 * line changes.
 */
#include <string.h>

#include "sim/conf/internal.h"

/* --- files ---------------------------------------------------------------------------- */
static struct node *part_tree(struct conf *c, struct study_private *p, enum file_kind kind,
			      const char *key, const char *option)
{
	const struct node *ref = node_get(p->scenario, key);
	struct node place = { .file = "--machine" }, *tree;

	if (option && ref && !strcmp(ref->file, "--set"))
		conf_error(c, ref, key, NULL, "--machine says it: give one of them");
	if (option)
		tree = ref_tree(c, kind, node_scalar(c, &place, option), "");
	else if (ref)
		tree = ref_tree(c, kind, ref, key);
	else {
		conf_error(c, p->scenario, "", NULL, "%s is missing", key);
		return NULL;
	}
	return tree ? node_clone(c, tree) : NULL;
}

static const char *file_of(const struct node *tree)
{
	const struct node *name = node_get(tree, "name");

	return name ? name->file : tree->file;
}

void design_twice(struct conf *c, const struct node *at, const struct node *tree,
		  const struct node *other)
{
	if (!strcmp(file_of(tree), file_of(other)))
		conf_error(c, at, "designs", NULL, "a second design named '%s'", tree_name(tree));
	else
		conf_error(c, at, "designs", NULL,
			   "a second design named '%s': %s has the name of %s; give it one of its own",
			   tree_name(tree), file_of(tree), file_of(other));
}

static int design_trees(struct conf *c, struct study_private *p)
{
	const struct node *list = node_get(p->scenario, "designs");
	const char **names;
	int i, k, bad = 0;

	if (!list || list->kind != NODE_LIST || !list->n) {
		conf_error(c, list ? list : p->scenario, "", NULL,
			   list ? "designs: a list of designs is expected" : "designs is missing");
		return -1;
	}
	names = conf_alloc(c, (size_t)list->n * sizeof(*names));
	p->design = conf_alloc(c, (size_t)list->n * sizeof(*p->design));
	p->study.design = names;
	for (i = 0; i < list->n; i++) {
		struct node *tree = ref_tree(c, FILE_DESIGN, list->item[i], "designs");
		const char *name = tree ? tree_name(tree) : "";

		for (k = 0; tree && k < p->study.n_designs; k++)
			if (!strcmp(names[k], name)) {
				design_twice(c, list->item[i], tree, p->design[k]);
				tree = NULL;
			}
		bad |= !tree;
		if (!tree)
			continue;
		names[p->study.n_designs] = name;
		p->design[p->study.n_designs++] = node_clone(c, tree);
	}
	return bad ? -1 : 0;
}

/* What paths call it: a name, or the new name (else the base) of a REF. */
const char *secondary_ref(const struct node *use)
{
	const struct node *kind = node_get(use, "kind"), *base = node_get(kind, "base");

	if (kind && kind->kind == NODE_SCALAR)
		return kind->text;
	if (kind && node_name(kind))
		return node_name(kind);
	return base && base->kind == NODE_SCALAR ? base->text : NULL;
}

static void secondary_tree_of(struct conf *c, struct trees *t, const struct node *use)
{
	const struct node *kind = node_get(use, "kind");
	const char *ref = secondary_ref(use);
	struct node *tree;
	int i;

	if (!ref)
		return;			/* the typed load says so */
	for (i = 0; i < t->n_secondaries; i++)
		if (!strcmp(t->secondary_ref[i], ref))
			return;
	tree = ref_tree(c, FILE_SECONDARY, kind, "address_spaces");
	if (!tree || t->n_secondaries == MAX_SECONDARIES * MAX_ADDRESS_SPACES)
		return;
	t->secondary[t->n_secondaries] = node_clone(c, tree);
	t->secondary_ref[t->n_secondaries++] = ref;
}

static void secondary_trees(struct conf *c, struct study_private *p)
{
	const struct node *spaces = node_get(p->scenario, "address_spaces"), *list;
	int i, k;

	for (i = 0; spaces && spaces->kind == NODE_LIST && i < spaces->n; i++) {
		list = node_get(spaces->item[i], "secondary");
		for (k = 0; list && list->kind == NODE_LIST && k < list->n; k++)
			secondary_tree_of(c, &p->trees, list->item[k]);
	}
}

int study_trees(struct conf *c, struct study_private *p, const struct conf_options *o)
{
	size_t before = c->errors.n;
	int bad;

	p->trees.machine = part_tree(c, p, FILE_MACHINE, "machine", o ? o->machine : NULL);
	p->trees.kernel = part_tree(c, p, FILE_KERNEL, "kernel", NULL);
	bad = !p->trees.machine || !p->trees.kernel || design_trees(c, p);
	if (!p->study.n_designs && !bad)
		bad = 1;
	secondary_trees(c, p);
	return bad || c->errors.n != before ? -1 : 0;
}

static int64_t read_int(struct conf *c, const struct node *n, const char *path, int64_t lo,
			int64_t hi, int64_t def)
{
	const char *why;
	int64_t v;

	if (!n)
		return def;
	if (n->kind != NODE_SCALAR)
		conf_error(c, n, path, NULL, "a number is expected");
	else if (parse_int(n->text, &v, &why))
		conf_error(c, n, path, NULL, "'%s' %s", n->text, why);
	else if (v < lo || v > hi)
		conf_error(c, n, path, NULL, "'%s' is out of range, %lld to %lld", n->text,
			   (long long)lo, (long long)hi);
	else
		return v;
	return def;
}

/* --- command line ------------------------------------------------------------------------ */
static void forget_place(struct node *n)
{
	int i;

	n->line = n->column = 0;
	for (i = 0; i < n->n; i++) {
		if (n->kind == NODE_MAP) {
			n->entry[i].line = n->entry[i].column = 0;
			forget_place(n->entry[i].value);
		} else {
			forget_place(n->item[i]);
		}
	}
}

/* "path=value" apart; NULL with an error reported. */
static struct node *split_set(struct conf *c, const char *set, const char **path)
{
	const char *eq = strchr(set, '=');
	struct node *value;

	if (!eq || eq == set || !eq[1]) {
		conf_error_at(c, "--set", 0, 0, "", NULL, "'%s' is not path=value", set);
		return NULL;
	}
	*path = conf_printf(c, "%.*s", (int)(eq - set), set);
	if (path_after(*path, "scenario") && *path_after(*path, "scenario"))
		*path = path_after(*path, "scenario");
	value = yaml_text(c, "--set", conf_strdup(c, eq + 1), strlen(eq + 1));
	if (value)
		forget_place(value);
	return value;
}

/* Does @path lead into one of the files that the scenario names? */
static int leads_away(const char *path)
{
	static const char *const parts[] = { "machine", "kernel", "design", "protocol", "secondary" };
	const char *rest;
	size_t i;

	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if ((rest = path_after(path, parts[i])) && *rest)
			return 1;
	return 0;
}

/* What --set cannot change, with what can. */
static int refused(struct conf *c, const struct node *value, const char *path)
{
	const char *dot = strrchr(path, '.');

	if (path_after(path, "designs"))
		conf_error(c, value, path, NULL, "is not for --set: use --design A,B");
	else if (path_after(path, "sweep") || path_after(path, "zip"))
		conf_error(c, value, path, NULL,
			   "is not for --set: set the swept path itself to one value, or edit the file");
	else if (leads_away(path) && dot && !strcmp(dot, ".base"))
		conf_error(c, value, path, NULL, "is not for --set: name another file instead");
	else if (!strcmp(path, "design.name"))
		conf_error(c, value, path, NULL, "is not for --set: a design is named by its file");
	else
		return 0;
	return 1;
}

int study_early_sets(struct conf *c, struct study_private *p, const struct conf_options *o)
{
	int i, bad = 0;

	for (i = 0; o && i < o->n_set; i++) {
		const char *path;
		struct node *value = split_set(c, o->set[i], &path);

		if (!value || refused(c, value, path))
			bad = 1;
		else if (!strcmp(path, SAMPLE_AXIS))
			p->only_sample = (int)read_int(c, value, path, 1, MAX_SAMPLES, 1);
		else if (!leads_away(path))
			bad |= path_set(c, p->scenario, path, value, path, value, NULL);
	}
	return bad ? -1 : 0;
}

int study_sets(struct conf *c, struct study_private *p, const struct conf_options *o)
{
	struct node place = { .file = "--duration" };
	int i, bad = 0;

	for (i = 0; o && i < o->n_set; i++) {
		const char *path;
		struct node *value = split_set(c, o->set[i], &path);

		if (!value) {
			bad = 1;
			continue;
		}
		if (!strcmp(path, SAMPLE_AXIS))
			continue;
		sweep_fix(c, &p->sweep, path, value);
		p->design_sets |= path_after(path, "design") || path_after(path, "protocol");
		if (leads_away(path))
			bad |= study_set(c, p, -1, path, value, value, NULL);
	}
	if (o && o->duration)
		bad |= study_set(c, p, -1, "duration", node_scalar(c, &place, o->duration), &place,
				 NULL);
	return bad ? -1 : 0;
}

/* --- numbers and names --------------------------------------------------------------------- */
int conf_read_metric(struct conf *c, const struct node *n, const char *path,
		     struct study_metric *m)
{
	static const struct { const char *suffix; int quantile; } quantiles[] = {
		{ ".p50", 50 }, { ".p95", 95 }, { ".p99", 99 }, { ".p999", 999 },
	};
	const char *names[NR_METRICS];
	char name[96];
	size_t i, len;

	if (n->kind != NODE_SCALAR || strlen(n->text) >= sizeof(name)) {
		conf_error(c, n, path, NULL, "the name of a metric is expected");
		return -1;
	}
	strcpy(name, n->text);
	m->quantile = 0;
	m->metric = metric_by_name(name);
	for (i = 0; m->metric < 0 && i < 4; i++) {
		len = strlen(quantiles[i].suffix);
		if (strlen(name) <= len || strcmp(name + strlen(name) - len, quantiles[i].suffix))
			continue;
		name[strlen(name) - len] = '\0';
		m->metric = metric_by_name(name);
		m->quantile = quantiles[i].quantile;
		break;
	}
	for (i = 0; i < NR_METRICS; i++)
		names[i] = metric_table[i].name;
	if (m->metric < 0)
		conf_error(c, n, path, nearest_name(name, names, NR_METRICS),
			   "no metric is named '%s'", name);
	else if (m->quantile && metric_table[m->metric].kind != MK_tally)
		conf_error(c, n, path, NULL, "%s has no quantiles", name);
	else
		return 0;
	return -1;
}

static void read_metrics(struct conf *c, struct study_private *p)
{
	const struct node *list = node_get(p->scenario, "metrics");
	const struct node *primary = node_get(p->scenario, "primary");
	struct study *s = &p->study;
	int i, k;

	if (!list || list->kind != NODE_LIST || !list->n) {
		conf_error(c, list ? list : p->scenario, "", NULL,
			   list ? "metrics: a list of metrics is expected" : "metrics is missing");
		return;
	}
	s->metric = conf_alloc(c, (size_t)(list->n + 1) * sizeof(*s->metric));
	for (i = 0; i < list->n; i++) {
		struct study_metric *m = &s->metric[s->n_metrics];

		if (conf_read_metric(c, list->item[i], "metrics", m))
			continue;
		for (k = 0; k < s->n_metrics; k++)
			if (s->metric[k].metric == m->metric && s->metric[k].quantile == m->quantile)
				conf_error(c, list->item[i], "metrics", NULL, "'%s' a second time",
					   list->item[i]->text);
		s->n_metrics++;
	}
	s->primary = s->metric[0];
	if (primary)
		conf_read_metric(c, primary, "primary", &s->primary);
	for (k = 0; k < s->n_metrics; k++)
		if (s->metric[k].metric == s->primary.metric && s->metric[k].quantile == s->primary.quantile)
			return;
	s->metric[s->n_metrics++] = s->primary;
}

static void read_sequential(struct conf *c, const struct node *n, struct study_private *p)
{
	static const char *const keys[] = { "precision", "of", "min", "max", NULL };
	const struct node *precision = node_get(n, "precision"), *of = node_get(n, "of");
	struct loader l = { .c = c };
	struct study *s = &p->study;
	const char *why = "is missing";

	load_check_keys(&l, n, "replications", keys);
	if (!precision || precision->kind != NODE_SCALAR ||
	    parse_percent(precision->text, &s->precision_ppm, &why) || s->precision_ppm <= 0)
		conf_error(c, precision ? precision : n, "replications.precision", NULL,
			   "a share such as 5%% is expected");
	if (of && !conf_read_metric(c, of, "replications.of", &s->primary) && node_get(p->scenario, "primary"))
		conf_error(c, of, "replications.of", NULL, "primary says it: give one of them");
	s->reps_min = (int)read_int(c, node_get(n, "min"), "replications.min", 2, 1000000, 10);
	s->reps_max = (int)read_int(c, node_get(n, "max"), "replications.max", 2, 1000000, 40);
	if (s->reps_max < s->reps_min)
		conf_error(c, n, "replications", NULL, "max is below min");
}

static void read_replications(struct conf *c, struct study_private *p)
{
	const struct node *n = node_get(p->scenario, "replications");
	struct study *s = &p->study;

	if (n && n->kind == NODE_MAP) {
		read_sequential(c, n, p);
		return;
	}
	s->reps_fixed = (int)read_int(c, n, "replications", 1, 1000000, 10);
	s->reps_min = s->reps_max = s->reps_fixed;
}

static int find_design(const struct study *s, const char *name)
{
	int i;

	for (i = 0; i < s->n_designs; i++)
		if (!strcmp(s->design[i], name))
			return i;
	return -1;
}

static void read_baseline(struct conf *c, struct study_private *p)
{
	const struct node *n = node_get(p->scenario, "baseline");
	struct study *s = &p->study;

	s->baseline = s->n_designs ? s->design[0] : "";
	if (!n)
		return;
	if (n->kind == NODE_SCALAR && find_design(s, n->text) >= 0)
		s->baseline = n->text;
	else
		conf_error(c, n, "baseline", n->kind == NODE_SCALAR ?
			   nearest_name(n->text, s->design, (size_t)s->n_designs) : NULL,
			   "not a design of this scenario");
}

/* Points are compared only where the designs achieved the same of this metric. */
static void read_comparable(struct conf *c, struct study_private *p)
{
	static const char *const keys[] = { "metric", "label", "within", NULL };
	const struct node *n = node_get(p->scenario, "comparable"), *metric, *within, *label;
	struct loader l = { .c = c };
	struct study *s = &p->study;
	const char *why = "is missing";

	s->comparable.metric = -1;
	s->comparable_label = "";
	if (!n)
		return;
	if (n->kind != NODE_MAP) {
		conf_error(c, n, "comparable", NULL, "a map {metric: METRIC, within: 1%%} is expected");
		return;
	}
	load_check_keys(&l, n, "comparable", keys);
	metric = node_get(n, "metric");
	within = node_get(n, "within");
	label = node_get(n, "label");
	if (!metric)
		conf_error(c, n, "comparable", NULL, "metric is missing");
	else if (conf_read_metric(c, metric, "comparable.metric", &s->comparable))
		s->comparable.metric = -1;
	if (label && label->kind == NODE_SCALAR)
		s->comparable_label = label->text;
	if (!within || within->kind != NODE_SCALAR ||
	    parse_percent(within->text, &s->comparable_ppm, &why) || s->comparable_ppm <= 0)
		conf_error(c, within ? within : n, "comparable.within", NULL,
			   "a share such as 1%% is expected");
}

static const char *read_text(struct conf *c, const struct node *map, const char *key, int required)
{
	const struct node *n = node_get(map, key);

	if (n && n->kind == NODE_SCALAR && *n->text)
		return n->text;
	if (n)
		conf_error(c, n, key, NULL, "a text is expected");
	else if (required)
		conf_error(c, map, "", NULL, "%s is missing", key);
	return "";
}

void study_read(struct conf *c, struct study_private *p, const struct conf_options *o)
{
	struct study *s = &p->study;

	s->name = read_text(c, p->scenario, "name", 1);
	if (strlen(s->name) >= PARAM_NAME_MAX)
		conf_error(c, node_get(p->scenario, "name"), "name", NULL, "longer than %d characters",
			   PARAM_NAME_MAX - 1);
	s->question = read_text(c, p->scenario, "question", 1);
	s->description = read_text(c, p->scenario, "description", 0);
	s->seed = read_int(c, node_get(p->scenario, "seed"), "seed", 0, INT64_MAX, 1);
	if (o && o->seed >= 0)
		s->seed = o->seed;
	read_metrics(c, p);
	read_replications(c, p);
	read_baseline(c, p);
	read_comparable(c, p);
	expect_read(c, p);
}
