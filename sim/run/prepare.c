/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What happens before the first run, and the questions that the plan asks of
 * the database: identifiers and rows of studies and configurations, runs that
 * are there already, the stopping rule.
 *
 * The rule reads values from the database, never from results as they arrive:
 * a resumed study and an uninterrupted one see the same numbers.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/engine/stat.h"
#include "sim/run/runner_int.h"
#include "sim/run/stage.h"

/* --- rows of studies and configurations ------------------------------------------ */

static int put_config(struct runner *r, struct plan_config *c, int64_t study,
		      struct err *e)
{
	const struct run_source *s = &r->job->source[c->source];
	struct store_config row;

	memset(&row, 0, sizeof(row));
	if (s->config(s->arg, c->index, &r->arena, &row, e))
		return -1;
	c->id = store_config_id(study, row.config_hash);
	if (r->store && store_put_config(r->store, study, &row, &c->id, e))
		return -1;
	c->weight = s->expected_events(s->arg, c->index, &r->arena);
	return 0;
}

/* The source takes memory from the arena, whose failure comes back here. */
static int store_one_config(struct runner *r, struct plan_config *c, int64_t study,
			    struct err *e)
{
	if (setjmp(r->no_memory))
		return err_set(e, EX_ENVIRONMENT, "out of memory");
	if (put_config(r, c, study, e))
		return -1;
	arena_reset(&r->arena);
	return 0;
}

static int by_id(const void *x, const void *y)
{
	const struct plan_config *a = *(struct plan_config *const *)x;
	const struct plan_config *b = *(struct plan_config *const *)y;

	return a->id < b->id ? -1 : a->id > b->id;
}

/* Two configurations with one identity would be two runs with one row. */
static int check_distinct(struct runner *r, struct err *e)
{
	size_t n = (size_t)r->plan.n_configs, i;
	const struct plan_config **v = mem_calloc(n, sizeof(*v));
	int ret = 0;

	if (!v)
		return err_set(e, EX_ENVIRONMENT, "out of memory");
	for (i = 0; i < n; i++)
		v[i] = &r->plan.config[i];
	qsort(v, n, sizeof(*v), by_id);
	for (i = 1; i < n && !ret; i++) {
		const struct run_source *s = &r->job->source[v[i]->source];

		if (v[i]->id == v[i - 1]->id)
			ret = err_set(e, EX_CONFIG,
				"%s: design %s appears twice at the same sweep point",
				s->study.name, s->design(s->arg, v[i]->index));
	}
	mem_free(v);
	return ret;
}

int prepare_plan(struct runner *r, struct err *e)
{
	int64_t study = 0;
	int i, source = -1;

	for (i = 0; i < r->plan.n_configs; i++) {
		struct plan_config *c = &r->plan.config[i];
		const struct store_study *row = &r->job->source[c->source].study;

		if (c->source != source) {
			source = c->source;
			study = store_study_id(row->scenario_hash, row->model_hash,
					       row->master_seed);
			if (r->store && store_put_study(r->store, row, &study, e))
				return -1;
		}
		if (store_one_config(r, c, study, e))
			return -1;
	}
	return check_distinct(r, e);
}

int prepare_store(struct runner *r, struct err *e)
{
	if (store_begin(r->store, e))
		return -1;
	if (!store_put_metric_defs(r->store, r->job->metric, r->job->n_metrics, e) &&
	    !prepare_plan(r, e) && !store_commit(r->store, e))
		return 0;
	store_rollback(r->store);
	return -1;
}

struct presence {
	struct runner *r;
	int config;
	int64_t n;
	uint32_t *retry;
	int n_retry;
	int failed;			/* an allocation */
};

static void note_run(void *arg, uint32_t rep, enum run_status status)
{
	struct presence *p = arg;
	struct err e;
	uint32_t *v;

	p->n++;
	if (is_failure(status) && p->r->o->retry_failed) {
		v = mem_realloc(p->retry, ((size_t)p->n_retry + 1) * sizeof(*v));
		if (!v) {
			p->failed = 1;
			return;
		}
		p->retry = v;
		p->retry[p->n_retry++] = rep;
		return;
	}
	if (rep <= MAX_REPS && plan_present(&p->r->plan, p->config, rep, is_failure(status), &e))
		p->failed = 1;
}

int prepare_present(struct runner *r, int64_t *present, struct err *e)
{
	int i, k, ret;

	*present = 0;
	for (i = 0; i < r->plan.n_configs; i++) {
		struct presence p = { .r = r, .config = i };
		int64_t id = r->plan.config[i].id;

		ret = store_each_run(r->db, id, note_run, &p, e);
		for (k = 0; k < p.n_retry && !ret && r->store; k++)
			ret = store_delete_run(r->store, id, p.retry[k], e);
		mem_free(p.retry);
		if (p.failed)
			ret = err_set(e, EX_ENVIRONMENT, "out of memory");
		if (ret)
			return -1;
		*present += p.n;
	}
	return 0;
}

/* --- the sequential rule ------------------------------------------------------ */

static int quantile_value(struct runner *r, const struct run_source *s, int64_t config,
			  uint32_t rep, double *value, struct err *e)
{
	double q = s->primary_quantile / (s->primary_quantile > 99 ? 1000.0 : 100.0);
	struct histogram h = { 0 };
	unsigned char *bins;
	uint32_t len;
	int ret = 0;

	*value = NAN;
	if (store_histogram(r->db, config, rep, s->primary, "", &bins, &len, e))
		return -1;
	if (!bins)
		return 0;
	h.bin = mem_calloc(HIST_BINS, sizeof(*h.bin));
	if (!h.bin)
		ret = err_set(e, EX_ENVIRONMENT, "out of memory");
	else if (!histogram_decode(&h, bins, len) && h.n)
		*value = (double)histogram_quantile(&h, q);
	mem_free(h.bin);
	mem_free(bins);
	return ret ? -1 : 0;
}

static int config_precise(struct runner *r, const struct plan_config *c, int n,
			  struct err *e)
{
	const struct run_source *s = &r->job->source[c->source];
	double *v = mem_calloc((size_t)n, sizeof(*v));
	int i, ret = 0;

	if (!v) {
		err_set(e, EX_ENVIRONMENT, "out of memory");
		return -1;
	}
	for (i = 0; i < n && !ret; i++)
		ret = s->primary_quantile
			? quantile_value(r, s, c->id, (uint32_t)i + 1, &v[i], e)
			: store_metric_value(r->db, c->id, (uint32_t)i + 1,
					     s->primary, "", &v[i], e);
	if (!ret)
		ret = stage_precise(v, n, s->precision_ppm);
	mem_free(v);
	return ret;
}

/* Every design of the sweep point must be known well enough. */
int prepare_precise(void *arg, const struct plan_group *g, struct err *e)
{
	struct runner *r = arg;
	int i, ret = 1;

	for (i = g->first; i < g->first + g->n && ret > 0; i++)
		ret = config_precise(r, &r->plan.config[i], g->target, e);
	return ret;
}
