/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The plan: see plan.h.
 *
 * Invariants: a run is handed out once; plan->batch holds every batch that
 * was ever asked for in the order of asking; a sequential group has at most
 * one batch that is not complete.
 */
#include "sim/run/plan.h"

#include <stdlib.h>
#include <string.h>

#include "sim/run/stage.h"

#define BLOCK	5		/* replications of a batch with fixed numbers */

static int no_memory(struct err *e)
{
	err_set(e, EX_ENVIRONMENT, "out of memory");
	return -1;
}

static int by_key(const void *x, const void *y)
{
	const struct plan_config *a = x, *b = y;

	if (a->source != b->source)
		return a->source < b->source ? -1 : 1;
	if (a->key != b->key)
		return a->key < b->key ? -1 : 1;
	return a->index < b->index ? -1 : a->index > b->index;
}

static int by_order(const void *x, const void *y)
{
	const struct plan_config *a = x, *b = y;

	if (a->source != b->source)
		return a->source < b->source ? -1 : 1;
	if (a->order != b->order)
		return a->order < b->order ? -1 : 1;
	return a->index < b->index ? -1 : a->index > b->index;
}

/* Groups in the order of their first configuration, whatever their keys. */
static void sort_configs(struct plan *p)
{
	size_t n = (size_t)p->n_configs;
	struct plan_config *c = p->config;
	int i;

	qsort(c, n, sizeof(*c), by_key);
	for (i = 0; i < p->n_configs; i++)
		c[i].order = i && c[i - 1].source == c[i].source &&
			     c[i - 1].key == c[i].key ? c[i - 1].order : c[i].index;
	qsort(c, n, sizeof(*c), by_order);
}

static size_t source_offset(const struct run_job *job, int source)
{
	size_t offset = 0;
	int s;

	for (s = 0; s < source; s++)
		offset += (size_t)job->source[s].n_configs;
	return offset;
}

int plan_find(const struct plan *p, int source, int index)
{
	return p->where[source_offset(p->job, source) + (size_t)index];
}

/* The same scenario named twice is run once. */
static int seen_before(const struct run_job *job, int s)
{
	const struct store_study *b = &job->source[s].study;
	int i;

	for (i = 0; i < s; i++) {
		const struct store_study *a = &job->source[i].study;

		if (a->scenario_hash == b->scenario_hash &&
		    a->master_seed == b->master_seed &&
		    !strcmp(a->model_hash, b->model_hash))
			return 1;
	}
	return 0;
}

static void add_configs(struct plan *p, int s, int shard, int n_shards)
{
	const struct run_source *src = &p->job->source[s];
	int i;

	if (seen_before(p->job, s))
		return;

	for (i = 0; i < src->n_configs; i++) {
		struct plan_config *c = &p->config[p->n_configs];

		if (n_shards && i % n_shards != shard - 1)
			continue;
		c->source = s;
		c->index = i;
		c->key = src->reps_fixed > 0 ? 0 : src->group(src->arg, i);
		c->weight = 1;
		p->n_configs++;
	}
}

static void make_groups(struct plan *p)
{
	int i;

	for (i = 0; i < p->n_configs; i++) {
		const struct plan_config *c = &p->config[i];
		struct plan_group *g = p->n_groups ? &p->group[p->n_groups - 1] : NULL;

		if (!g || g->source != c->source ||
		    p->config[g->first].order != c->order) {
			g = &p->group[p->n_groups++];
			g->source = c->source;
			g->first = i;
		}
		g->n++;
	}
}

int plan_init(struct plan *p, const struct run_job *job, int shard, int n_shards,
	      struct err *e)
{
	size_t total = source_offset(job, job->n_sources), i;
	int s;

	memset(p, 0, sizeof(*p));
	p->job = job;
	p->config = mem_calloc(total, sizeof(*p->config));
	p->group = mem_calloc(total, sizeof(*p->group));
	p->where = mem_calloc(total, sizeof(*p->where));
	if (!p->config || !p->group || !p->where)
		return no_memory(e);
	for (s = 0; s < job->n_sources; s++)
		add_configs(p, s, shard, n_shards);
	sort_configs(p);
	make_groups(p);
	for (i = 0; i < total; i++)
		p->where[i] = -1;
	for (s = 0; s < p->n_configs; s++)
		p->where[source_offset(job, p->config[s].source) +
			 (size_t)p->config[s].index] = s;
	return 0;
}

void plan_free(struct plan *p)
{
	int i;

	for (i = 0; i < p->n_configs; i++)
		mem_free(p->config[i].rep);
	mem_free(p->config);
	mem_free(p->group);
	mem_free(p->where);
	mem_free(p->batch);
	memset(p, 0, sizeof(*p));
}

/* Room for replications 1..@n. */
static int reserve(struct plan_config *c, int n, struct err *e)
{
	unsigned char *rep;

	if (n <= c->cap)
		return 0;
	rep = mem_realloc(c->rep, (size_t)n);
	if (!rep)
		return no_memory(e);
	memset(rep + c->cap, REP_ABSENT, (size_t)(n - c->cap));
	c->rep = rep;
	c->cap = n;
	return 0;
}

int plan_present(struct plan *p, int c, uint32_t rep, int failed, struct err *e)
{
	if (reserve(&p->config[c], (int)rep, e))
		return -1;
	p->config[c].rep[rep - 1] = failed ? REP_FAILED : REP_PRESENT;
	return 0;
}

/* --- batches ----------------------------------------------------------------- */

static int push_batch(struct plan *p, int group, int from, int to, struct err *e)
{
	struct plan_group *g = &p->group[group];
	int i, rep;

	if (p->n_batches == p->cap_batches) {
		int cap = p->cap_batches ? 2 * p->cap_batches : 64;
		void *v = mem_realloc(p->batch, (size_t)cap * sizeof(*p->batch));

		if (!v)
			return no_memory(e);
		p->batch = v;
		p->cap_batches = cap;
	}
	p->batch[p->n_batches++] = (struct plan_batch){ group, from, to };
	g->target = to;
	for (i = g->first; i < g->first + g->n; i++) {
		struct plan_config *c = &p->config[i];

		if (reserve(c, to, e))
			return -1;
		for (rep = from; rep <= to; rep++) {
			p->runs_all++;
			p->weight_all += c->weight;
			if (c->rep[rep - 1] == REP_ABSENT) {
				g->open++;
			} else {
				p->runs_present++;
				p->weight_done += c->weight;
			}
		}
	}
	return 0;
}

static const struct run_source *source_of(const struct plan *p, const struct plan_group *g)
{
	return &p->job->source[g->source];
}

/* The batch of a sequential group is complete: stop, or go on? */
static int group_advance(struct plan *p, int group, struct err *e)
{
	struct plan_group *g = &p->group[group];
	const struct run_source *s = source_of(p, g);
	int ret;

	while (!g->open && !g->done) {
		if (g->target >= s->reps_max) {
			g->done = 1;
			break;
		}
		ret = p->precise(p->arg, g, e);
		if (ret < 0)
			return -1;
		if (ret)
			g->done = 1;
		else if (push_batch(p, group, g->target + 1,
				    stage_next(g->target, s->reps_max), e))
			return -1;
	}
	return 0;
}

static int start_fixed(struct plan *p, int group, struct err *e)
{
	int from, n = source_of(p, &p->group[group])->reps_fixed;

	for (from = 1; from <= n; from += BLOCK)
		if (push_batch(p, group, from, from + BLOCK - 1 < n ?
			       from + BLOCK - 1 : n, e))
			return -1;
	p->group[group].done = 1;
	return 0;
}

int plan_start(struct plan *p, struct err *e)
{
	int i;

	for (i = 0; i < p->n_groups; i++) {
		const struct run_source *s = source_of(p, &p->group[i]);

		if (s->reps_fixed > 0) {
			if (start_fixed(p, i, e))
				return -1;
			continue;
		}
		if (push_batch(p, i, 1, stage_first(s->reps_min, s->reps_max), e) ||
		    group_advance(p, i, e))
			return -1;
	}
	return 0;
}

int plan_next(struct plan *p, struct pool_task *t)
{
	for (; p->head < p->n_batches; p->head++, p->at_config = p->at_rep = 0) {
		const struct plan_batch *b = &p->batch[p->head];
		const struct plan_group *g = &p->group[b->group];

		for (; p->at_config < g->n; p->at_config++, p->at_rep = 0) {
			struct plan_config *c = &p->config[g->first + p->at_config];

			for (; b->from + p->at_rep <= b->to; p->at_rep++) {
				int rep = b->from + p->at_rep;

				if (c->rep[rep - 1] != REP_ABSENT)
					continue;
				c->rep[rep - 1] = REP_QUEUED;
				t->source = c->source;
				t->config = c->index;
				t->replication = (uint32_t)rep;
				return 1;
			}
		}
	}
	return 0;
}

static int group_of(const struct plan *p, int config)
{
	int lo = 0, hi = p->n_groups - 1;

	while (lo < hi) {
		int mid = (lo + hi + 1) / 2;

		if (p->group[mid].first <= config)
			lo = mid;
		else
			hi = mid - 1;
	}
	return lo;
}

int plan_finished(struct plan *p, const struct pool_task *t, int failed, struct err *e)
{
	int at = plan_find(p, t->source, t->config), group = group_of(p, at);
	struct plan_config *c = &p->config[at];

	c->rep[t->replication - 1] = failed ? REP_FAILED : REP_PRESENT;
	p->weight_done += c->weight;
	p->group[group].open--;
	return group_advance(p, group, e);
}

int64_t plan_maximum(const struct plan *p)
{
	int64_t n = 0;
	int i;

	for (i = 0; i < p->n_configs; i++) {
		const struct run_source *s = &p->job->source[p->config[i].source];

		n += s->reps_fixed > 0 ? s->reps_fixed : s->reps_max;
	}
	return n;
}

int64_t plan_failed(const struct plan *p)
{
	int64_t n = 0;
	int i, j, rep;

	for (i = 0; i < p->n_groups; i++) {
		const struct plan_group *g = &p->group[i];

		for (j = g->first; j < g->first + g->n; j++)
			for (rep = 0; rep < g->target && rep < p->config[j].cap; rep++)
				n += p->config[j].rep[rep] == REP_FAILED;
	}
	return n;
}
