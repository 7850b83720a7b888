/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The synthetic source of runs: see synthetic.h. */
#include "sim/run/t/synthetic.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/base/hash.h"
#include "sim/base/xassert.h"
#include "sim/engine/stat.h"

static const struct store_metric_def defs[] = {
	{ "delay", "ns", "tally", "lower", "the primary one" },
	{ "count", "events", "count", "neither", "of something" },
};

static const char *design_of(void *arg, int i)
{
	const struct synthetic *s = arg;

	return s->design[i % s->n_designs];
}

static uint64_t group_of(void *arg, int i)
{
	const struct synthetic *s = arg;

	return hash_mix(77, (uint64_t)(i / s->n_designs));
}

static double events_of(void *arg, int i, struct arena *a)
{
	(void)arg;
	(void)a;
	return 1000.0 * (i + 1);
}

static int config_of(void *arg, int i, struct arena *a, struct store_config *row,
		     struct err *e)
{
	const struct synthetic *s = arg;
	struct store_axis *axis = arena_alloc(a, sizeof(*axis));
	struct store_parameter *p = arena_alloc(a, 2 * sizeof(*p));
	char text[32];

	(void)e;
	snprintf(text, sizeof(text), "%d", i / s->n_designs);
	*axis = (struct store_axis){ "x", arena_strdup(a, text), "", i / s->n_designs,
				     i / s->n_designs };
	p[0] = (struct store_parameter){ "machine.clock", "1000000000", "Hz", "choice", "m.yaml:3" };
	p[1] = (struct store_parameter){ "x", axis->value, "", "choice", "--set" };
	row->design = design_of(arg, i);
	row->config_hash = hash_mix((uint64_t)s->seed, (uint64_t)i);
	row->resolved = "{\"a\":1}";
	row->axis = axis;
	row->n_axes = 1;
	row->parameter = p;
	row->n_parameters = 2;
	return 0;
}

static void replay_of(void *arg, int i, uint32_t replication, struct strbuf *out)
{
	const struct synthetic *s = arg;

	sb_addf(out, "shootdown run %s --design %s --set x=%d --seed %lld --reps %u",
		s->name, design_of(arg, i), i / s->n_designs, (long long)s->seed,
		replication);
}

static void add_metrics(const struct synthetic *s, const char *design, int i,
			uint32_t rep, struct result *r)
{
	uint64_t h = hash_mix(hash_mix((uint64_t)s->seed, (uint64_t)i), rep);
	double u = (double)(h >> 11) * 0x1p-53;
	double spread = !strcmp(design, "noisy") ? 1.0 : !strcmp(design, "steady") ? 0.001 : 0.1;
	struct metric_row *m = result_add_metric(r, 0, "");
	struct histogram hist = { 0 };
	struct strbuf bins;
	int k;

	if (!strcmp(design, "silent"))
		return;
	m->value = 1000 * (1 + spread * (u - 0.5));
	m->n = 7;
	m->sum = 7 * m->value;
	m = result_add_metric(r, 1, "part");
	m->value = (double)(h % 1000);
	hist.bin = calloc(HIST_BINS, sizeof(*hist.bin));
	for (k = 0; k < 20; k++)
		histogram_add(&hist, (int64_t)(hash_mix(h, (uint64_t)k) % 1000000));
	sb_init(&bins);
	histogram_encode(&hist, &bins);
	result_add_histogram(r, 0, "", bins.s, (uint32_t)bins.len);
	sb_free(&bins);
	free(hist.bin);
	r->fingerprint = h;
	r->events = 1000;
	r->sim_time_ps = 12345;
}

static void misbehave(const char *design)
{
	char junk[256];

	if (!strcmp(design, "crash")) {
		signal(SIGSEGV, SIG_DFL);	/* not the sanitizer's */
		raise(SIGSEGV);
	}
	if (!strcmp(design, "abort")) {
		fprintf(stderr, "BUG: a.c:12: x == 1\n");
		abort();
	}
	while (!strcmp(design, "hang"))
		pause();
	if (!strcmp(design, "exit"))
		_exit(7);
	memset(junk, 'j', sizeof(junk));
	if (!strcmp(design, "corrupt") && write(WORKER_FD, junk, sizeof(junk)) < 0)
		_exit(1);
	if (!strcmp(design, "long-record")) {
		/* A sound head that promises more than it keeps. */
		uint32_t head[2] = { 0x52444f57u, 0xffffffffu };

		memcpy(junk, head, sizeof(head));
		if (write(WORKER_FD, junk, sizeof(junk)) < 0)
			_exit(1);
	}
}

static void run_one(void *arg, void **state, int i, uint32_t rep, struct result *r)
{
	const struct synthetic *s = arg;
	const char *design = design_of(arg, i);
	int violated = (!strcmp(design, "violate") && rep == 2) || !strcmp(design, "busted");

	*state = "used";
	if (s->sleep_us)
		usleep((useconds_t)s->sleep_us);
	if (rep == 2)
		misbehave(design);
	add_metrics(s, design, i, rep, r);
	if (violated) {
		r->status = RUN_VIOLATION;
		result_set_reason(r, "I1");
		result_add_violation(r, "I1", 99, !strcmp(design, "busted"),
				     "page 7 freed", "[{\"t\":1,\"cpu\":0,\"who\":\"a\",\"what\":\"b\"}]");
	}
	result_add_count(r, "I1", violated, 10);
	result_add_count(r, "I2", 0, 3);
	if (!strcmp(design, "oom") && rep == 2) {
		r->status = RUN_OOM;
		result_set_reason(r, "no page left");
	}
	if (!strcmp(design, "deadlock") && rep == 2) {
		r->status = RUN_DEADLOCK;
		result_set_reason(r, "a waits for b");
	}
}

void synthetic_job(struct synthetic *s, struct run_source *source, struct run_job *job,
		   int reps_fixed)
{
	static const struct store_study_metric metric[] = { { "delay", 0, 1 }, { "count", 0, 0 } };

	snprintf(s->resolved, sizeof(s->resolved), "{\"points\":%d}", s->n_points);
	*source = (struct run_source){
		.arg = s, .n_configs = s->n_designs * s->n_points,
		.study = {
			.name = s->name, .question = "why?", .version = "1",
			.model_hash = "m", .math_probe = "p", .source = "text",
			.resolved = s->resolved, .not_modelled = "nothing",
			.command = "shootdown run x", .scenario_hash = hash_str(s->name, 5),
			.master_seed = s->seed, .design = s->design,
			.n_designs = s->n_designs, .baseline = s->design[0],
			.metric = metric, .n_metrics = 2,
		},
		.reps_fixed = reps_fixed, .precision_ppm = 50000, .reps_min = 5,
		.reps_max = 40, .primary = "delay",
		.config = config_of, .design = design_of, .group = group_of,
		.expected_events = events_of, .replay = replay_of, .run = run_one,
	};
	*job = (struct run_job){ source, 1, defs, 2 };
}
