/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The product's source of runs: a study of sim/conf on a world of models/.
 *
 * A worker keeps one world, and one arena with the configuration that it ran
 * last: consecutive tasks mostly share it.  world_run() is a pure function of
 * (configuration, replication), so what a worker ran before cannot show.
 */
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include "gen/version.h"
#include "models/world/world.h"
#include "sim/base/hash.h"
#include "sim/conf/conf.h"
#include "sim/run/probe.h"
#include "sim/run/source.h"
#include "sim/run/study_notes.h"

#define ARENA_CHUNK	(1 << 18)

struct study_source {
	const struct study *study;
	const struct run_options *o;
	char probe[17];
	struct strbuf command, notes;
	struct store_study_metric *metric;
	int sequential;
};

/* --- parent ------------------------------------------------------------------- */

static void *arena_copy_axes(const struct config_point *p, struct arena *a)
{
	struct store_axis *out = arena_alloc(a, ((size_t)p->n_axes + 1) * sizeof(*out));
	int i;

	for (i = 0; i < p->n_axes; i++) {
		const struct axis_value *v = &p->axis[i];

		out[i] = (struct store_axis){ v->path, v->text, v->unit ? v->unit : "",
					      v->number, v->ordinal };
	}
	return out;
}

/*
 * Two designs of one scenario may resolve to the same machine (a comparison of
 * a design with itself), and "1us" and "1000ns" are two points of a sweep:
 * names belong to the identity.
 */
static uint64_t point_hash(const struct config_point *p, uint64_t resolved)
{
	uint64_t h = hash_str(p->design, resolved);
	int i;

	for (i = 0; i < p->n_axes; i++)
		h = hash_str(p->axis[i].text, hash_str(p->axis[i].path, h));
	return h;
}

static int study_config(void *arg, int i, struct arena *a, struct store_config *row,
			struct err *e)
{
	struct study_source *ss = arg;
	const struct study *s = ss->study;
	struct resolved_param *param = NULL;
	struct store_parameter *out;
	struct world_config w;
	char why[240];
	int n, k;

	memset(&w, 0, sizeof(w));
	if (conf_build(s, i, a, &w))
		return err_set(e, EX_CONFIG, "%s: design %s cannot be built",
			       s->file, s->point[i].design);
	if (world_check(&w, why, sizeof(why)))
		return err_set(e, EX_CONFIG, "%s: design %s: %s", s->file,
			       s->point[i].design, why);
	n = conf_params(s, i, a, &param);
	row->design = s->point[i].design;
	row->config_hash = point_hash(&s->point[i], conf_hash(s, i, a));
	row->resolved = conf_resolved_json(s, i, a);
	row->axis = arena_copy_axes(&s->point[i], a);
	row->n_axes = s->point[i].n_axes;
	if (n < 0 || !row->resolved)
		return err_set(e, EX_ENVIRONMENT, "out of memory");
	out = arena_alloc(a, ((size_t)n + 1) * sizeof(*out));
	for (k = 0; k < n; k++)
		out[k] = (struct store_parameter){ param[k].path, param[k].value,
			param[k].unit, param[k].origin, param[k].given_at };
	row->parameter = out;
	row->n_parameters = n;
	return 0;
}

static const char *study_design(void *arg, int i)
{
	const struct study_source *ss = arg;

	return ss->study->point[i].design;
}

static const char *axis_text(const struct config_point *p, const char *path)
{
	int i;

	for (i = 0; i < p->n_axes; i++)
		if (!strcmp(p->axis[i].path, path))
			return strcmp(p->axis[i].text, "-") ? p->axis[i].text : NULL;
	return NULL;
}

/*
 * The sweep point: all axes that every configuration varies over.  An axis of
 * one design only ("only:") does not split a point, since the other designs
 * are compared with each of its values.
 */
static uint64_t study_group(void *arg, int i)
{
	const struct study_source *ss = arg;
	const struct study *s = ss->study;
	const struct config_point *p = &s->point[i];
	uint64_t h = 0;
	int k, j;

	for (k = 0; k < p->n_axes; k++) {
		const char *path = p->axis[k].path;

		for (j = 0; j < s->n_points; j++)
			if (!axis_text(&s->point[j], path))
				break;
		if (j == s->n_points)	/* a sum: the order of axes is no matter */
			h += hash_str(axis_text(p, path), hash_str(path, 1));
	}
	return h;
}

static double study_events(void *arg, int i, struct arena *a)
{
	const struct study_source *ss = arg;
	struct world_config w;
	double n;

	memset(&w, 0, sizeof(w));
	if (conf_build(ss->study, i, a, &w))
		return 1;
	n = world_expected_events(&w);
	return n >= 1 ? n : 1;
}

static void study_replay(void *arg, int i, uint32_t replication, struct strbuf *out)
{
	const struct study_source *ss = arg;
	const struct study *s = ss->study;
	const struct config_point *p = &s->point[i];
	int k;

	sb_adds(out, "shootdown run ");
	run_quote(out, s->file);
	sb_adds(out, s->arguments);
	sb_adds(out, ss->o->extra_args ? ss->o->extra_args : "");
	sb_adds(out, " --design ");
	run_quote(out, p->design);
	for (k = 0; k < p->n_axes; k++) {
		struct strbuf set;

		if (!strcmp(p->axis[k].text, "-"))
			continue;
		sb_init(&set);
		sb_addf(&set, "%s=%s", p->axis[k].path, p->axis[k].text);
		sb_adds(out, " --set ");
		run_quote(out, set.s);
		sb_free(&set);
	}
	sb_addf(out, " --seed %lld --reps %u", (long long)s->seed, replication);
}

/* --- worker -------------------------------------------------------------------- */

struct worker {
	struct world *world;
	struct arena arena;
	const struct study *study;	/* built last; NULL: none */
	int config;
	struct world_config built;
	jmp_buf no_memory;
};

static void arena_failed(void *arg, size_t wanted)
{
	struct worker *w = arg;

	(void)wanted;
	longjmp(w->no_memory, 1);
}

static struct worker *worker_get(void **state)
{
	struct worker *w = *state;

	if (w)
		return w;
	w = mem_calloc(1, sizeof(*w));
	if (!w)
		return NULL;
	w->world = world_new();
	if (!w->world) {
		mem_free(w);
		return NULL;
	}
	arena_init(&w->arena, ARENA_CHUNK);
	w->arena.on_fail = arena_failed;
	w->arena.on_fail_arg = w;
	*state = w;
	return w;
}

static int worker_build(struct worker *w, const struct study *s, int i)
{
	if (w->study == s && w->config == i)
		return 0;
	w->study = NULL;
	arena_reset(&w->arena);
	memset(&w->built, 0, sizeof(w->built));
	if (setjmp(w->no_memory))
		return -1;
	if (conf_build(s, i, &w->arena, &w->built))
		return -1;
	w->study = s;
	w->config = i;
	return 0;
}

static void study_run(void *arg, void **state, int i, uint32_t replication,
		      struct result *r)
{
	const struct study_source *ss = arg;
	struct worker *w = worker_get(state);

	if (!w || worker_build(w, ss->study, i)) {
		r->status = RUN_MEMORY;
		result_set_reason(r, "out of memory while the world was set up");
		return;
	}
	world_run(w->world, &w->built, replication, r);
}

/* --- the study's own rows --------------------------------------------------------- */

/* The command that makes the study again, whatever made it this time. */
static void study_command(struct study_source *ss, const struct run_source *rs)
{
	struct strbuf *sb = &ss->command;

	sb_adds(sb, "shootdown run ");
	run_quote(sb, ss->study->file);
	sb_adds(sb, ss->study->arguments);
	sb_adds(sb, ss->o->extra_args ? ss->o->extra_args : "");
	sb_addf(sb, " --seed %lld", (long long)ss->study->seed);
	if (rs->reps_fixed > 0)
		sb_addf(sb, " --reps %d", rs->reps_fixed);
	else
		sb_addf(sb, " --precision %g%% --max-reps %d",
			(double)rs->precision_ppm / 1e4, rs->reps_max);
}

static int same_metric(const struct study_metric *a, const struct study_metric *b)
{
	return a->metric == b->metric && a->quantile == b->quantile;
}

/* The metrics of the scenario; the primary one is added if it is not there. */
static int study_metrics(struct study_source *ss, struct store_study *row)
{
	const struct study *s = ss->study;
	int i, found = 0;

	ss->metric = mem_calloc((size_t)s->n_metrics + 1, sizeof(*ss->metric));
	if (!ss->metric)
		return -1;
	for (i = 0; i < s->n_metrics; i++) {
		int primary = !found && same_metric(&s->metric[i], &s->primary);

		found |= primary;
		ss->metric[i] = (struct store_study_metric){
			metric_table[s->metric[i].metric].name,
			s->metric[i].quantile, primary };
	}
	if (!found)
		ss->metric[i++] = (struct store_study_metric){
			metric_table[s->primary.metric].name, s->primary.quantile, 1 };
	row->metric = ss->metric;
	row->n_metrics = i;
	return 0;
}

static void study_replications(const struct study_source *ss, struct run_source *rs)
{
	const struct study *s = ss->study;
	const struct run_options *o = ss->o;

	rs->reps_fixed = o->reps > 0 ? o->reps : s->reps_fixed;
	rs->precision_ppm = s->precision_ppm;
	rs->reps_min = s->reps_min;
	rs->reps_max = s->reps_max;
	if (o->precision_ppm > 0) {
		rs->reps_fixed = 0;
		rs->precision_ppm = o->precision_ppm;
	}
	if (o->max_reps > 0)
		rs->reps_max = o->max_reps;
	if (rs->reps_fixed < 1 && rs->reps_max < 1)
		rs->reps_max = 60;
	rs->primary = metric_table[s->primary.metric].name;
	rs->primary_quantile = s->primary.quantile;
}

/* The first configuration's: no sweep goes over budgets. */
static double study_budget(const struct study *s)
{
	struct world_config w;
	struct arena a;
	double budget = 0;

	memset(&w, 0, sizeof(w));
	arena_init(&a, ARENA_CHUNK);
	if (s->n_points && !conf_build(s, 0, &a, &w))
		budget = (double)w.max_events;
	arena_free(&a);
	return budget;
}

static int make_source(struct study_source *ss, struct run_source *rs,
		       const struct study *s, const struct run_options *o)
{
	struct store_study *row = &rs->study;

	ss->study = s;
	ss->o = o;
	math_probe(ss->probe);
	sb_init(&ss->command);
	sb_init(&ss->notes);
	study_notes(s, &ss->notes);
	rs->arg = ss;
	rs->n_configs = s->n_points;
	rs->budget = study_budget(s);
	study_replications(ss, rs);
	study_command(ss, rs);
	rs->config = study_config;
	rs->design = study_design;
	rs->group = study_group;
	rs->expected_events = study_events;
	rs->replay = study_replay;
	rs->run = study_run;
	*row = (struct store_study){
		.name = s->name, .question = s->question ? s->question : "",
		.version = SHOOTDOWN_VERSION, .model_hash = SHOOTDOWN_MODEL_HASH,
		.math_probe = ss->probe, .source = s->source_text,
		.resolved = s->resolved_json, .not_modelled = ss->notes.s,
		.command = ss->command.s, .scenario_hash = s->scenario_hash,
		.master_seed = s->seed, .design = s->design,
		.n_designs = s->n_designs, .baseline = s->baseline,
		.reps = rs->reps_fixed > 0 ? rs->reps_fixed : rs->reps_max,
	};
	return study_metrics(ss, row) || ss->command.failed || ss->notes.failed ? -1 : 0;
}

static void metric_defs(struct store_metric_def def[NR_METRICS])
{
	static const char *const kinds[] = {
		[MK_count] = "count", [MK_rate] = "rate", [MK_ratio] = "ratio",
		[MK_tally] = "tally", [MK_time_weighted] = "time_weighted",
	};
	static const char *const better[] = {
		[BETTER_lower] = "lower", [BETTER_higher] = "higher",
		[BETTER_neither] = "neither",
	};
	int i;

	for (i = 0; i < NR_METRICS; i++) {
		const struct metric_info *m = &metric_table[i];

		def[i] = (struct store_metric_def){ m->name, m->unit, kinds[m->kind],
						    better[m->better], m->help };
	}
}

/* For who reports on them. */
static int study_ids(const struct run_source *rs, int n, struct run_summary *out)
{
	int i;

	out->study = mem_calloc((size_t)n, sizeof(*out->study));
	if (!out->study)
		return -1;
	for (i = 0; i < n; i++)
		out->study[i] = store_study_id(rs[i].study.scenario_hash, rs[i].study.model_hash,
					       rs[i].study.master_seed);
	out->n_studies = n;
	return 0;
}

int run_studies(struct study *const *s, int n, const struct run_options *o,
		struct run_summary *out, struct err *e)
{
	struct store_metric_def def[NR_METRICS];
	struct study_source *ss = mem_calloc((size_t)n, sizeof(*ss));
	struct run_source *rs = mem_calloc((size_t)n, sizeof(*rs));
	struct run_job job = { rs, n, def, NR_METRICS };
	int i, ret = 0;

	memset(out, 0, sizeof(*out));
	memset(e, 0, sizeof(*e));
	metric_defs(def);
	for (i = 0; ss && rs && i < n && !ret; i++)
		ret = make_source(&ss[i], &rs[i], s[i], o);
	if (ret || !ss || !rs)
		ret = err_set(e, EX_ENVIRONMENT, "out of memory");
	else
		ret = run_sources(&job, o, out, e);
	if (!ret && study_ids(rs, n, out))
		ret = err_set(e, EX_ENVIRONMENT, "out of memory");
	for (i = 0; ss && i < n; i++) {
		if (ss[i].study) {
			sb_free(&ss[i].command);
			sb_free(&ss[i].notes);
		}
		mem_free(ss[i].metric);
	}
	mem_free(ss);
	mem_free(rs);
	return ret ? -1 : 0;
}
