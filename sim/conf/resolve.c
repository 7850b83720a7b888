/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a configuration came out as: its parameter rows, their JSON, its hash.
 *
 * The rows are those that the loader recorded, sorted by path, so neither the
 * order of keys nor a comment, nor where a value was given, changes the hash.
 * The seed is not among them: it names the study, not the configuration.
 */
#include <stdlib.h>
#include <string.h>

#include "sim/base/hash.h"
#include "sim/base/json.h"
#include "sim/conf/internal.h"

#define CONFIG_SEED 0x636f6e666967u

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct resolved_param *)a)->path,
		      ((const struct resolved_param *)b)->path);
}

void params_sort(struct param_log *g)
{
	int i, n = 0;

	if (!g->n)
		return;
	qsort(g->v, (size_t)g->n, sizeof(*g->v), by_path);
	for (i = 0; i < g->n; i++)	/* one secondary file used twice */
		if (!n || strcmp(g->v[n - 1].path, g->v[i].path))
			g->v[n++] = g->v[i];
	g->n = n;
}

void params_json(const struct param_log *g, struct strbuf *sb)
{
	struct json j;
	int i;

	json_init(&j, sb);
	json_open(&j, '{');
	for (i = 0; i < g->n; i++)
		json_kstr(&j, g->v[i].path, g->v[i].value);
	json_close(&j, '}');
}

/* --- the study --------------------------------------------------------------------- */
static void json_metric(struct json *j, const struct study_metric *m)
{
	char name[96];

	if (m->quantile)
		snprintf(name, sizeof(name), "%s.p%d", metric_table[m->metric].name, m->quantile);
	else
		snprintf(name, sizeof(name), "%s", metric_table[m->metric].name);
	json_str(j, name);
}

static void json_axes(struct json *j, const struct sweep *s)
{
	int i, k;

	json_key(j, "axes");
	json_open(j, '[');
	for (i = 0; i < s->n_axes; i++) {
		const struct axis *a = &s->axis[i];

		json_open(j, '{');
		json_kstr(j, "path", a->path);
		json_kstr(j, "unit", a->unit);
		json_key(j, "values");
		json_open(j, '[');
		for (k = 0; k < a->n; k++)
			json_str(j, a->value[k]->kind == NODE_SCALAR ? a->value[k]->text : "...");
		json_close(j, ']');
		if (a->only) {
			json_key(j, "only");
			json_open(j, '[');
			for (k = 0; k < a->only->n; k++)
				json_str(j, a->only->item[k]->text);
			json_close(j, ']');
		}
		json_close(j, '}');
	}
	json_close(j, ']');
}

void study_json(const struct study_private *p, struct strbuf *sb)
{
	const struct study *s = &p->study;
	struct json j;
	int i;

	json_init(&j, sb);
	json_open(&j, '{');
	json_kstr(&j, "name", s->name);
	json_kstr(&j, "question", s->question);
	json_kstr(&j, "description", s->description);
	json_kstr(&j, "machine", tree_name(p->trees.machine));
	json_kstr(&j, "kernel", tree_name(p->trees.kernel));
	json_key(&j, "designs");
	json_open(&j, '[');
	for (i = 0; i < s->n_designs; i++)
		json_str(&j, s->design[i]);
	json_close(&j, ']');
	json_kstr(&j, "baseline", s->baseline);
	json_key(&j, "metrics");
	json_open(&j, '[');
	for (i = 0; i < s->n_metrics; i++)
		json_metric(&j, &s->metric[i]);
	json_close(&j, ']');
	json_key(&j, "primary");
	json_metric(&j, &s->primary);
	if (s->comparable.metric >= 0) {
		json_key(&j, "comparable");
		json_open(&j, '{');
		json_key(&j, "metric");
		json_metric(&j, &s->comparable);
		json_kstr(&j, "label", s->comparable_label);
		json_knum(&j, "within", (double)s->comparable_ppm / PPM_ONE);
		json_close(&j, '}');
	}
	json_axes(&j, &p->sweep);
	json_kint(&j, "points", s->n_points);
	json_close(&j, '}');
}

/* --- the interface -------------------------------------------------------------------- */
struct build {
	const struct study *s;
	int i;
	struct arena *arena;
	struct param_log *log;
	struct world_config *w;
	int errors;
};

static void do_build(struct conf *c, void *arg)
{
	struct build *b = arg;

	b->errors = point_load(c, (struct study_private *)b->s, b->i, b->arena, b->log, b->w);
	if (b->log)
		params_sort(b->log);
}

static void caller_full(void *arg, size_t wanted)
{
	(void)wanted;
	conf_no_memory(arg);
}

static int build(struct build *b)
{
	struct study_private *p = (struct study_private *)b->s;
	struct conf *c = p->study.conf;
	struct arena *a = b->arena;
	void (*on_fail)(void *, size_t) = a->on_fail;
	void *on_fail_arg = a->on_fail_arg;
	int failed;

	a->on_fail = caller_full;
	a->on_fail_arg = c;
	failed = conf_try(c, do_build, b);
	a->on_fail = on_fail;
	a->on_fail_arg = on_fail_arg;
	path_undo(&p->undo);
	return failed || b->errors ? -1 : 0;
}

int conf_build(const struct study *s, int i, struct arena *arena, struct world_config *w)
{
	struct build b = { s, i, arena, NULL, w, 0 };

	return build(&b);
}

int conf_params(const struct study *s, int i, struct arena *arena, struct resolved_param **out)
{
	struct param_log log = { NULL, 0, 0 };
	struct world_config w;
	struct build b = { s, i, arena, &log, &w, 0 };

	if (build(&b))
		return -1;
	*out = log.v;
	return log.n;
}

const char *conf_resolved_json(const struct study *s, int i, struct arena *arena)
{
	struct param_log log = { NULL, 0, 0 };
	const char *text = NULL;
	struct strbuf sb;

	log.n = conf_params(s, i, arena, &log.v);
	if (log.n < 0)
		return NULL;
	sb_init(&sb);
	params_json(&log, &sb);
	if (!sb.failed)
		text = arena_strdup(arena, sb.s);
	sb_free(&sb);
	return text;
}

uint64_t conf_hash(const struct study *s, int i, struct arena *arena)
{
	const char *json = conf_resolved_json(s, i, arena);

	return json ? hash_str(json, CONFIG_SEED) : 0;
}
