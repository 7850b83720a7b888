/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a run command says at its end, or instead of running (--dry-run).
 *
 * Counts and violations cover everything that the studies ask for, whether it
 * was run now or before: the same command gives the same exit code when it is
 * repeated.  Exit code 3: a failed run, or a violation that neither design nor
 * scenario expects.
 */
#include "sim/run/summary.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/run/progress.h"

#define ASSUMED_RATE	5e6	/* events per second and worker, without history */

void summary_counts(struct run_summary *out, const struct plan *p)
{
	int i;

	out->configs = p->n_configs;
	out->planned = p->runs_all;
	out->skipped = p->runs_present;
	out->failed = plan_failed(p);
	out->planned_max = plan_maximum(p);
	for (i = 0; i < p->n_configs; i++)
		if (p->job->source[p->config[i].source].reps_fixed < 1)
			out->sequential = 1;
}

struct collect {
	struct run_summary *out;
	const char *study, *design;
	int failed;
};

static void add_violation(void *arg, const char *invariant, int64_t count, int expected)
{
	struct collect *c = arg;
	struct run_summary *out = c->out;
	struct run_violation *v;
	int i;

	for (i = 0; i < out->n_violations; i++) {
		v = &out->violation[i];
		if (strcmp(v->study, c->study) || strcmp(v->design, c->design) ||
		    strcmp(v->invariant, invariant))
			continue;
		v->count += count;
		v->expected &= expected;
		return;
	}
	v = mem_realloc(out->violation, ((size_t)out->n_violations + 1) * sizeof(*v));
	if (!v) {
		c->failed = 1;
		return;
	}
	out->violation = v;
	v += out->n_violations++;
	snprintf(v->study, sizeof(v->study), "%s", c->study);
	snprintf(v->design, sizeof(v->design), "%s", c->design);
	snprintf(v->invariant, sizeof(v->invariant), "%s", invariant);
	v->count = count;
	v->expected = expected;
}

static int by_name(const void *x, const void *y)
{
	const struct run_violation *a = x, *b = y;
	int d = strcmp(a->study, b->study);

	if (!d)
		d = strcmp(a->design, b->design);
	return d ? d : strcmp(a->invariant, b->invariant);
}

int summary_violations(struct run_summary *out, const struct plan *p, sqlite3 *db,
		       struct err *e)
{
	int g, i, ret = 0;

	for (g = 0; g < p->n_groups && !ret; g++)
		for (i = p->group[g].first; i < p->group[g].first + p->group[g].n && !ret; i++) {
			const struct plan_config *pc = &p->config[i];
			const struct run_source *s = &p->job->source[pc->source];
			struct collect c = { out, s->study.name, s->design(s->arg, pc->index), 0 };

			ret = store_each_violation(db, pc->id, (uint32_t)p->group[g].target,
						   add_violation, &c, e);
			if (c.failed)
				ret = err_set(e, EX_ENVIRONMENT, "out of memory");
		}
	if (out->n_violations)
		qsort(out->violation, (size_t)out->n_violations, sizeof(*out->violation), by_name);
	return ret ? -1 : 0;
}

/* What the largest run of each study is expected to take, beside what it may. */
static int summary_budgets(struct run_summary *out, const struct plan *p)
{
	int i, n = p->job->n_sources;

	out->budget = mem_calloc((size_t)n + 1, sizeof(*out->budget));
	if (!out->budget)
		return -1;
	out->n_budgets = n;
	for (i = 0; i < n; i++) {
		const struct run_source *s = &p->job->source[i];

		snprintf(out->budget[i].study, sizeof(out->budget[i].study), "%s", s->study.name);
		out->budget[i].budget = s->budget;
	}
	for (i = 0; i < p->n_configs; i++) {
		const struct plan_config *c = &p->config[i];
		struct run_budget *b = &out->budget[c->source];

		if (c->weight > b->largest)
			b->largest = c->weight;
		b->all += c->weight * (p->job->source[c->source].reps_fixed > 0 ?
				       p->job->source[c->source].reps_fixed :
				       p->job->source[c->source].reps_min);
	}
	return 0;
}

int summary_estimate(struct run_summary *out, const struct plan *p, sqlite3 *db,
		     int jobs, struct err *e)
{
	int64_t events = 0, wall_ns = 0, runs = p->runs_all - p->runs_present;
	double rate = ASSUMED_RATE;

	if (summary_budgets(out, p))
		return err_set(e, EX_ENVIRONMENT, "out of memory");
	if (db && store_event_rate(db, &events, &wall_ns, e))
		return -1;
	out->rate_measured = events > 0 && wall_ns > 0;
	if (out->rate_measured)
		rate = (double)events / ((double)wall_ns / 1e9);
	out->expected_events = runs ? p->weight_all - p->weight_done : 0;
	out->expected_seconds = out->expected_events / rate /
		(double)(runs < jobs ? (runs ? runs : 1) : jobs);
	return 0;
}

void summary_exit_code(struct run_summary *out)
{
	int i;

	out->exit_code = out->failed ? EX_SIMULATION : EX_DONE;
	for (i = 0; i < out->n_violations; i++)
		if (!out->violation[i].expected)
			out->exit_code = EX_SIMULATION;
	if (out->interrupted)
		out->exit_code = EX_INTERRUPTED;
}

void run_summary_free(struct run_summary *s)
{
	mem_free(s->study);
	s->study = NULL;
	s->n_studies = 0;
	mem_free(s->budget);
	s->budget = NULL;
	s->n_budgets = 0;
	mem_free(s->violation);
	s->violation = NULL;
	s->n_violations = 0;
}

static void print_plan(const struct run_summary *s, const struct run_options *o, FILE *f)
{
	struct strbuf time;

	sb_init(&time);
	progress_duration(&time, s->expected_seconds);
	fprintf(f, "configurations   %" PRId64, s->configs);
	if (o->n_shards)
		fprintf(f, " (shard %d of %d)", o->shard, o->n_shards);
	fprintf(f, "\nruns planned     %" PRId64, s->planned);
	if (s->sequential)
		fprintf(f, " (so far; at most %" PRId64 " by the stopping rule)", s->planned_max);
	fprintf(f, "\nruns present     %" PRId64 "\n", s->skipped);
	fprintf(f, "runs to do       %" PRId64 "\n", s->planned - s->skipped);
	fprintf(f, "expected events  %.3g\n", s->expected_events);
	fprintf(f, "expected time    %s (%s)\n", time.s, s->rate_measured ?
		"at the rate of the runs in the database" :
		"assuming 5 million events per second and worker");
	fprintf(f, "database         %s\n", s->db);
	sb_free(&time);
	fprintf(f, "\n%-32s %12s %12s %12s\n", "events", "largest run", "of at most", "all runs");
	for (int i = 0; i < s->n_budgets; i++) {
		const struct run_budget *b = &s->budget[i];

		fprintf(f, "%-32s %12.2g %12.2g %12.2g\n", b->study, b->largest, b->budget, b->all);
	}
}

/* From @first on, the violations of one study that were expected; the next one. */
static int print_expected(const struct run_summary *s, int first, FILE *f)
{
	const char *study = s->violation[first].study, *design = "";
	int designs = 0, end;
	char invariants[64] = "";

	for (end = first; end < s->n_violations && !strcmp(s->violation[end].study, study); end++) {
		const struct run_violation *v = &s->violation[end];
		char word[8];

		if (!v->expected)
			continue;
		designs += strcmp(v->design, design) != 0;
		design = v->design;
		snprintf(word, sizeof(word), " %.4s", v->invariant);
		if (!strstr(invariants, word) && strlen(invariants) + 8 < sizeof(invariants))
			strcat(invariants, word);
	}
	if (designs == 1)
		fprintf(f, "%s: %s violates what it was expected to:%s\n", study, design, invariants);
	else if (designs)
		fprintf(f, "%s: %d designs violate what they were expected to:%s\n", study, designs,
			invariants);
	return end;
}

void run_summary_print(const struct run_summary *s, const struct run_options *o, FILE *f)
{
	int i;

	if (o->dry_run) {
		print_plan(s, o, f);
		return;
	}
	fprintf(f, "%s: %" PRId64 " runs planned, %" PRId64 " done, %" PRId64
		" skipped, %" PRId64 " failed%s\n", s->db, s->planned, s->done,
		s->skipped, s->failed, s->interrupted ? "; interrupted" : "");
	for (i = 0; i < s->n_violations; )
		i = print_expected(s, i, f);
	for (i = 0; i < s->n_violations; i++) {
		const struct run_violation *v = &s->violation[i];

		if (!v->expected)
			fprintf(f, "%s: %s violates %s %" PRId64 " times (NOT expected)\n",
				v->study, v->design, v->invariant, v->count);
	}
	if (*s->first_failure)
		fprintf(f, "first failure: %s\n", s->first_failure);
}
