/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The benchmark of the model: whole runs of scenarios/bench-model.yaml in this
 * process, one after another.  An operation is a secondary fault or a page
 * unmapped.
 *
 *   model          oracle on, against the same run with the oracle off
 *   model/set-up   building a world, against the whole run
 *
 * The answer is checked: both sides give the same fingerprint (the oracle only
 * looks on), nothing is violated, and both kinds of operation happen.
 */
#include <math.h>
#include <string.h>
#include <time.h>

#include "models/world/world.h"
#include "sim/cli/bench_model.h"
#include "sim/cli/load.h"

enum { ROUNDS = 5 };

struct side {
	double seconds;
	uint64_t fingerprint;
	int64_t events, operations;
	int ok;
};

static double cpu_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int64_t metric_value(const struct result *r, enum metric_id id)
{
	for (uint32_t i = 0; i < r->n_metric; i++)
		if (r->metric[i].metric == (int)id && !isnan(r->metric[i].value))
			return (int64_t)r->metric[i].value;
	return 0;
}

static void run_side(struct world *w, const struct world_config *c, struct side *out)
{
	struct result r;
	double begin;
	int64_t faults, pages;

	result_init(&r);
	begin = cpu_seconds();
	world_run(w, c, 1, &r);
	out->seconds = cpu_seconds() - begin;
	out->fingerprint = r.fingerprint;
	out->events = r.events;
	faults = metric_value(&r, METRIC_SECONDARY_FAULT_COUNT);
	pages = metric_value(&r, METRIC_UNMAP_PAGES);
	out->operations = faults + pages;
	out->ok = r.status == RUN_OK && faults > 0 && pages > 0;
	result_free(&r);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *v)
{
	qsort(v, ROUNDS, sizeof(*v), by_value);
	return v[ROUNDS / 2];
}

static void fill(struct bench_row *row, const char *name, const char *reference, double *ours,
		 double *theirs, double *ratio, int64_t operations, int ok)
{
	memset(row, 0, sizeof(*row));
	snprintf(row->name, sizeof(row->name), "%s", name);
	snprintf(row->reference, sizeof(row->reference), "%s", reference);
	row->operations = operations;
	row->seconds = median(ours);
	row->ns_per_operation = row->seconds * 1e9 / (double)operations;
	row->reference_ns_per_operation = median(theirs) * 1e9 / (double)operations;
	row->ratio = median(ratio);
	row->min = ours[0] * 1e9 / (double)operations;
	row->max = ours[ROUNDS - 1] * 1e9 / (double)operations;
	row->answer_ok = ok;
}

/* One of each per round, so that a slow phase of the machine meets all. */
static int measure(struct world *world, struct world_config *c, void *arg)
{
	struct bench_row *row = arg;
	double on[ROUNDS], off[ROUNDS], set_up[ROUNDS], oracle[ROUNDS], share[ROUNDS];
	sim_time duration = c->duration;
	struct side s = { 0 }, bare = { 0 }, empty = { 0 };
	int ok = 1;

	for (int i = 0; i < ROUNDS; i++) {
		c->oracle = 1;
		run_side(world, c, &s);
		c->oracle = 0;
		run_side(world, c, &bare);
		c->oracle = 1;
		c->duration = 1;
		run_side(world, c, &empty);
		c->duration = duration;
		ok &= s.ok && bare.ok && s.fingerprint == bare.fingerprint;
		on[i] = s.seconds;
		off[i] = bare.seconds;
		set_up[i] = empty.seconds;
		oracle[i] = on[i] / off[i];
		share[i] = set_up[i] / on[i];
	}
	if (!s.operations)
		return -1;
	fill(&row[1], "model/set-up", "the whole run", set_up, on, share, s.operations, ok);
	fill(&row[0], "model", "oracle off", on, off, oracle, s.operations, ok);
	row[0].events_per_operation = (double)s.events / (double)s.operations;
	row[0].simulated_ms_per_s = (double)duration / 1e9 / row[0].seconds;
	return 2;
}

/* Load the scenario and hand it to @use; its answer, or -1. */
static int with_scenario(const struct command *command,
			 int (*use)(struct world *w, struct world_config *c, void *arg), void *arg)
{
	static const char scenario[] = "bench-model";
	struct options o;
	struct loaded l;
	struct arena arena;
	struct world_config c;
	struct world *world;
	int n = -1, rc = loaded_init(command, &l);

	if (rc != EX_DONE)
		return -1;
	options_init(&o);
	arena_init(&arena, 1 << 18);
	world = world_new();
	if (!loaded_add(&l, scenario, &o) && loaded_errors(command, &l) == EX_DONE &&
	    world && !conf_build(l.study[0], 0, &arena, &c))
		n = use(world, &c, arg);
	else
		loaded_errors(command, &l);
	world_free(world);
	arena_free(&arena);
	loaded_free(&l);
	return n;
}

int bench_model(const struct command *command, struct bench_row *row)
{
	return with_scenario(command, measure, row);
}

struct count { int64_t ms; FILE *out; };

static int run_once(struct world *world, struct world_config *c, void *arg)
{
	const struct count *count = arg;
	struct side s;

	c->duration = count->ms * MS(1);
	run_side(world, c, &s);
	fprintf(count->out, "model %lld\n", (long long)s.operations);
	return s.ok ? 0 : -1;
}

int bench_model_count(const struct command *command, int64_t ms, FILE *out)
{
	struct count count = { ms, out };

	return with_scenario(command, run_once, &count);
}
