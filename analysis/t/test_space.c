/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Verdicts where a plain comparison would mislead: claims that flip along an
 * axis or inside the range of an estimate, points that are not comparable,
 * runs that ended early, quantiles.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analysis/analysis.h"
#include "analysis/sensitivity.h"
#include "analysis/t/synthetic.h"
#include "sim/base/hash.h"
#include "sim/base/tap.h"

static char path[64];

struct seen {
	enum answer answer, point[16];
	int n_points, n_open, samples, holds, lost, cut_a, cut_b;
	double lo, hi, p, correlation, adjusted_p, effect;
	char depends_on[100], reason[300], parameter[100], split[200], note[200], boundary[300];
};

struct ask { const char *id; struct seen *out; };

static void copy(char *to, size_t size, const char *from)
{
	snprintf(to, size, "%s", from ? from : "(none)");
}

static int look(struct database *d, void *arg)
{
	struct ask *ask = arg;
	struct seen *s = ask->out;
	struct verdict *v;
	int n;

	v = verdicts_make(d, claims_load(d, &ask->id, 1, &n), 1)[0];
	memset(s, 0, sizeof(*s));
	s->answer = v->answer;
	s->n_points = v->n_points;
	s->n_open = v->n_open;
	for (int i = 0; i < v->n_points && i < 16; i++)
		s->point[i] = v->point[i].answer;
	copy(s->depends_on, sizeof(s->depends_on), v->depends_on);
	copy(s->reason, sizeof(s->reason), v->reason);
	copy(s->boundary, sizeof(s->boundary), v->boundary);
	if (v->n_points) {
		copy(s->note, sizeof(s->note), v->point[0].note);
		s->cut_a = v->point[0].cut_a;
		s->cut_b = v->point[0].cut_b;
		s->adjusted_p = v->point[0].adjusted_p;
		s->effect = v->point[0].effect;
	}
	if (!v->sensitivity)
		return 0;
	s->samples = v->sensitivity->n;
	s->holds = v->sensitivity->holds;
	s->lost = v->sensitivity->lost;
	s->lo = v->sensitivity->lo;
	s->hi = v->sensitivity->hi;
	s->p = v->sensitivity->p;
	s->correlation = v->sensitivity->correlation;
	copy(s->parameter, sizeof(s->parameter), v->sensitivity->parameter);
	copy(s->split, sizeof(s->split), v->sensitivity->split);
	return 0;
}

static struct seen judge(const char *id)
{
	struct seen s = { 0 };
	struct ask ask = { id, &s };
	struct err e;

	if (database_work(path, look, &ask, &e))
		printf("# %s\n", e.text);
	return s;
}

static const double spread[10] = { -1, 1, -0.5, 0.5, -0.2, 0.2, -0.8, 0.8, -0.3, 0.3 };

static int64_t new_study(struct synthetic *s, const char *name)
{
	int64_t study = synthetic_study(s, name, "question", "old,new");

	synthetic_metric(s, study, "latency", "ns", "tally", "lower", 1);
	synthetic_metric(s, study, "achieved", "pages/s", "rate", "neither", 0);
	return study;
}

/* Both designs at one point: old 1000, new @factor of it. */
static void pair(struct synthetic *s, int64_t study, const char *axes, double factor)
{
	double old[10], new[10];

	for (int i = 0; i < 10; i++) {
		old[i] = 1000 + spread[i];
		new[i] = 1000 * factor + 3 * spread[(i + 3) % 10];
	}
	synthetic_series(s, synthetic_config(s, study, "old", axes), "latency", old, 10);
	synthetic_series(s, synthetic_config(s, study, "new", axes), "latency", new, 10);
}

#define COMPARE "\"compare\":{\"a\":\"old\",\"b\":\"new\"},\"metric\":\"latency\"," \
	"\"margin\":\"5%%\","

static void claim(struct synthetic *s, const char *id, int64_t study, const char *rule)
{
	char body[400];

	snprintf(body, sizeof(body), "{\"id\":\"%s\",\"statement\":\"x\"," COMPARE "%s}", id, rule);
	synthetic_claim(s, id, body, "motivating", study);
}

/* --- along an axis ---------------------------------------------------------------- */
static void flips_along_axes(void)
{
	struct synthetic s;
	struct seen v;
	int64_t study, other;

	synthetic_open(&s, path);
	study = new_study(&s, "one");
	for (int srcu = 0; srcu < 2; srcu++)
		for (int hz = 1; hz <= 2; hz++) {
			char axes[80];

			snprintf(axes, sizeof(axes), "kernel.srcu=%s;kernel.hz=%d", srcu ? "tree" : "old",
				 hz * 250);
			pair(&s, study, axes, srcu ? 0.5 : 2);
		}
	claim(&s, "ONE", study, "\"rule\":\"less\"");
	study = new_study(&s, "two");
	pair(&s, study, "vcpu.count=1;unmap.length=8", 2);
	pair(&s, study, "vcpu.count=1;unmap.length=64", 0.5);
	pair(&s, study, "vcpu.count=4;unmap.length=8", 0.5);
	pair(&s, study, "vcpu.count=4;unmap.length=64", 0.5);
	claim(&s, "TWO", study, "\"rule\":\"less\"");
	study = new_study(&s, "zip");
	pair(&s, study, "kernel.hz=100;kernel.rcu=classic", 2);
	pair(&s, study, "kernel.hz=250;kernel.rcu=classic2", 2);
	pair(&s, study, "kernel.hz=1000;kernel.rcu=tree", 0.5);
	claim(&s, "ZIP", study, "\"rule\":\"less\"");
	study = new_study(&s, "then");
	pair(&s, study, "", 2);
	other = new_study(&s, "today");
	pair(&s, other, "", 0.5);
	synthetic_sql(&s, "UPDATE study SET resolved = json_set(resolved, '$.kernel.name', 'linux-6.x') "
		      "WHERE id = %lld", (long long)other);
	claim(&s, "KERNEL", study, "\"rule\":\"less\"");
	synthetic_claim(&s, "KERNEL", "{}", "adversarial", other);
	synthetic_close(&s);
	v = judge("ONE");
	is_int(v.answer, DEPENDS, "supported with one srcu, refuted with the other");
	is_str(v.depends_on, "kernel.srcu", "on the srcu: hz decides nothing");
	v = judge("TWO");
	is_str(v.depends_on, "vcpu.count, unmap.length", "a corner of two axes: both are named");
	v = judge("ZIP");
	is_str(v.depends_on, "kernel.hz", "axes that change together: the one that settles the other");
	v = judge("KERNEL");
	is_str(v.depends_on, "kernel", "two scenarios that differ in the kernel");
}

/* --- inside the ranges of estimates -------------------------------------------------- */
/* Value of parameter @k of sample @i, in ps: a permutation of 1..n for each. */
static int64_t parameter(int k, int i, int n)
{
	static const int step[] = { 1, 5, 11, 23, 37 };

	return 1000 * (1 + (i * step[k] + 7 * k) % n);
}

/*
 * Samples of five parameters.  The claim (new is less) holds where parameter
 * @by is at most @limit of n; @by < 0: where a hash says so.
 */
static int64_t samples(struct synthetic *s, const char *name, int n, int by, int limit)
{
	int64_t study = new_study(s, name);

	for (int i = 0; i < n; i++) {
		int holds = by >= 0 ? parameter(by, i, n) <= 1000 * limit :
			    (int)(hash_mix(5, (uint64_t)i) % 100) < limit;
		char axes[40];

		snprintf(axes, sizeof(axes), "sample=%d", i + 1);
		for (int g = 0; g < 2; g++) {
			double value = g ? (holds ? 800 : 1100) : 1000;
			int64_t config = synthetic_config(s, study, g ? "new" : "old", axes);

			synthetic_series(s, config, "latency", &value, 1);
			for (int k = 0; k < 5; k++)
				synthetic_sql(s, "INSERT INTO parameter VALUES(%lld, 'machine.costs.p%d', "
					      "'%lld', 'ps', 'estimate', 'sample')", (long long)config, k,
					      (long long)parameter(k, i, n));
		}
	}
	return study;
}

static void sampled_claim(struct synthetic *s, const char *id, double factor, int by, int limit)
{
	char name[40];
	int64_t study;

	study = new_study(s, id);
	pair(s, study, "", factor);
	claim(s, id, study, "\"rule\":\"less\"");
	snprintf(name, sizeof(name), "%s-costs", id);
	synthetic_claim(s, id, "{}", "sensitivity", samples(s, name, 64, by, limit));
}

static void cost_space(void)
{
	struct synthetic s;
	struct seen v, plain;

	synthetic_open(&s, path);
	sampled_claim(&s, "ALL", 0.5, 2, 64);
	sampled_claim(&s, "FLIP", 0.5, 2, 40);
	sampled_claim(&s, "NOISE", 0.5, -1, 50);
	sampled_claim(&s, "REFUTED", 2, 3, 10);
	sampled_claim(&s, "NEVER", 2, 2, 0);
	claim(&s, "PLAIN", new_study(&s, "plain"), "\"rule\":\"less\"");
	synthetic_sql(&s, "INSERT INTO claim_study SELECT 'PLAIN', role, study FROM claim_study WHERE "
		      "claim = 'FLIP' AND role = 'motivating'");
	synthetic_close(&s);
	v = judge("ALL");
	is_int(v.answer, SUPPORTED, "holds over the whole cost space: supported");
	ok(v.samples == 64 && v.holds == 64, "64 of 64 samples");
	is_near(v.lo, pow(0.025, 1.0 / 64), 1e-9, "Clopper and Pearson's lower end, closed form");
	is_near(v.hi, 1, 0, "and upper end");
	v = judge("FLIP");
	is_int(v.answer, DEPENDS, "flips inside the range of an estimate: depends");
	is_int(v.holds, 40, "it holds in the share that was built in");
	is_near(v.lo, 0.49508, 5e-5, "lower end of 40 of 64");
	is_near(v.hi, 0.74295, 5e-5, "upper end");
	is_str(v.parameter, "machine.costs.p2", "the parameter that flips it is found");
	is_str(v.depends_on, "costs.p2", "and named in the verdict");
	ok(v.correlation < -0.8 && v.p < 0.01, "strongly, and not by chance");
	is_str(v.split, "holds in 40 of 40 samples below 40.50ns and in 0 of 24 above", "with the cut");
	plain = judge("PLAIN");
	ok(plain.adjusted_p == v.adjusted_p && plain.effect == v.effect,
	   "the samples are no part of Holm's family");
	is_int(plain.answer, SUPPORTED, "without them the same runs support it");
	v = judge("NOISE");
	is_int(v.answer, DEPENDS, "flips that no parameter explains: depends");
	is_str(v.depends_on, "costs", "on the costs as a whole");
	ok(v.p > 0.05, "since the best of five is what chance gives");
	v = judge("REFUTED");
	is_int(v.answer, DEPENDS, "refuted, but held in a corner of the space: depends");
	is_str(v.depends_on, "costs.p3", "and the corner is found");
	is_int(judge("NEVER").answer, REFUTED, "refuted everywhere: refuted");
}

/* --- comparable points ------------------------------------------------------------------ */
static void rates(struct synthetic *s, int64_t study, const char *axes, double of_old, double of_new)
{
	static const char *const design[] = { "old", "new" };

	for (int g = 0; g < 2; g++)
		synthetic_sql(s, "INSERT INTO metric SELECT r.id, d.id, '', %g, 1, NULL, NULL, NULL, NULL "
			      "FROM run r JOIN config c ON c.id = r.config JOIN axis a ON a.config = c.id, "
			      "metric_def d WHERE c.study = %lld AND c.design = %Q AND a.value = %Q "
			      "AND d.name = 'achieved'", g ? of_new : of_old, (long long)study, design[g],
			      axes);
}

/* Does the mail form of the first study say so? */
static int mail_has(const char *what)
{
	static const char *const study[] = { "study" };
	const struct analysis_query q = { .study = study, .n_studies = 1, .by = "demand" };
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);
	struct err e = { 0 };
	int found;

	if (analysis_report(path, "mail", &q, f, &e))
		printf("# %s\n", e.text);
	fclose(f);
	/* Line ends are where the text was wrapped. */
	for (char *p = text; *p; p++)
		if (*p == '\n')
			*p = ' ';
	found = strstr(text, what) != NULL;
	free(text);
	return found;
}

static void comparable(void)
{
	struct synthetic s;
	struct seen v;
	int64_t study;

	synthetic_open(&s, path);
	study = new_study(&s, "study");
	pair(&s, study, "demand=100", 0.5);
	pair(&s, study, "demand=200", 2);
	rates(&s, study, "100", 1000, 1009);
	rates(&s, study, "200", 1000, 980);
	synthetic_sql(&s, "UPDATE study SET resolved = json_set(resolved, '$.comparable', "
		      "json('{\"metric\":\"achieved\",\"label\":\"\",\"within\":0.01}')) WHERE id = %lld",
		      (long long)study);
	claim(&s, "C", study, "\"rule\":\"less\"");
	study = new_study(&s, "any");
	pair(&s, study, "demand=100", 0.5);
	pair(&s, study, "demand=200", 2);
	claim(&s, "ANY", study, "\"rule\":\"less\"");
	synthetic_close(&s);
	v = judge("C");
	is_int(v.point[0], SUPPORTED, "0.9% apart: compared");
	is_int(v.point[1], UNDECIDED, "2% apart: not compared");
	is_int(v.answer, SUPPORTED, "the verdict is that of the comparable points");
	is_int(v.n_open, 1, "one is not");
	is_str(v.reason, "1 of 2 points are not comparable (demand=200: not comparable: achieved 980 of "
	       "new is -2.0% that of old)", "which the verdict says");
	is_int(judge("ANY").answer, DEPENDS, "without the rule the same figures depend");
	ok(mail_has(" # ") && mail_has("# not compared: achieved differs by more than 1%"),
	   "the table marks the point");
}

/* --- runs that end early ------------------------------------------------------------------ */
/* @cut of the runs of a configuration end as 'oom', at @bound of the metric or without. */
static void end_early(struct synthetic *s, int64_t study, const char *design, int cut, double bound)
{
	char min[32] = "NULL";

	if (bound > 0)
		snprintf(min, sizeof(min), "%g", bound);
	synthetic_sql(s, "UPDATE metric SET value = NULL, min = %s WHERE run IN (SELECT r.id FROM run r "
		      "JOIN config c ON c.id = r.config WHERE c.study = %lld AND c.design = %Q AND "
		      "r.replication <= %d)", min, (long long)study, design, cut);
	synthetic_sql(s, "UPDATE run SET status = 'oom' WHERE replication <= %d AND config IN "
		      "(SELECT id FROM config WHERE study = %lld AND design = %Q)", cut,
		      (long long)study, design);
}

static int64_t early_study(struct synthetic *s, const char *name, double factor)
{
	int64_t study = new_study(s, name);

	pair(s, study, "", factor);
	return study;
}

static void cut_off(void)
{
	struct synthetic s;
	struct seen v;
	int64_t study;

	synthetic_open(&s, path);
	study = early_study(&s, "slow", 2);
	end_early(&s, study, "new", 3, 1990);
	claim(&s, "GREATER", study, "\"rule\":\"greater\"");
	claim(&s, "LESS", study, "\"rule\":\"less\"");
	claim(&s, "EQUAL", study, "\"rule\":\"equivalent\"");
	study = early_study(&s, "fast", 0.5);
	end_early(&s, study, "new", 3, 500);
	claim(&s, "FAST", study, "\"rule\":\"less\"");
	study = early_study(&s, "both", 2);
	end_early(&s, study, "new", 1, 1990);
	end_early(&s, study, "old", 1, 990);
	claim(&s, "BOTH", study, "\"rule\":\"greater\"");
	study = early_study(&s, "lost", 2);
	end_early(&s, study, "new", 2, 0);
	claim(&s, "LOST", study, "\"rule\":\"greater\"");
	synthetic_close(&s);
	v = judge("GREATER");
	is_int(v.answer, SUPPORTED, "even the lower bounds are greater: supported");
	is_int(v.cut_b, 3, "three of them are bounds");
	is_str(v.note, "cut off by the end: 0 of old, 3 of new, 0 in both", "which the point says");
	is_int(judge("LESS").answer, REFUTED, "and less is refuted");
	is_int(judge("EQUAL").answer, REFUTED, "and so is equivalent");
	is_int(judge("FAST").answer, UNDECIDED, "a bound below says nothing of what it would have been");
	is_int(judge("BOTH").answer, UNDECIDED, "cut off in both: undecided");
	v = judge("LOST");
	is_int(v.answer, UNDECIDED, "runs that ended early without a bound: undecided");
	is_str(v.note, "not sustained: 2 of 10 runs of new ended as oom", "and not dropped silently");
}

/* --- quantiles -------------------------------------------------------------------------- */
/* LEB128 pairs: 200 values around @base, one every 20 bins above it. */
static void histogram(struct synthetic *s, int64_t config, const char *hex)
{
	for (int i = 1; i <= 10; i++)
		synthetic_sql(s, "INSERT INTO histogram SELECT %lld, id, '', x'%s' FROM metric_def WHERE "
			      "name = 'latency'", (long long)synthetic_run(s, config, i, "ok"), hex);
}

static void quantiles(void)
{
	struct synthetic s;
	struct seen v;
	int64_t study;
	char body[300];

	synthetic_open(&s, path);
	study = new_study(&s, "study");
	/* bins 704 and 768 (an octave apart), 99 and 100 observations: c005 = 704, 40 = +64 */
	histogram(&s, synthetic_config(&s, study, "old", ""), "c00563" "4064");
	histogram(&s, synthetic_config(&s, study, "new", ""), "800663" "4064");
	for (int i = 0; i < 3; i++) {
		static const char *const rule[] = { "less", "greater", "equivalent" };

		snprintf(body, sizeof(body), "{\"id\":\"%s\",\"statement\":\"x\",\"compare\":{\"a\":\"old\","
			 "\"b\":\"new\"},\"metric\":\"latency.p95\",\"margin\":\"5%%\",\"rule\":\"%s\"}",
			 rule[i], rule[i]);
		synthetic_claim(&s, rule[i], body, "motivating", study);
	}
	snprintf(body, sizeof(body), "{\"id\":\"TAIL\",\"statement\":\"x\",\"compare\":{\"a\":\"old\","
		 "\"b\":\"new\"},\"metric\":\"latency.p999\",\"margin\":\"5%%\",\"rule\":\"greater\"}");
	synthetic_claim(&s, "TAIL", body, "motivating", study);
	synthetic_close(&s);
	v = judge("greater");
	is_int(v.answer, SUPPORTED, "a p95 of twice the size is greater");
	is_near(v.effect, 1, 0.02, "by 100%");
	is_int(judge("less").answer, REFUTED, "and not less");
	is_int(judge("equivalent").answer, REFUTED, "nor equivalent");
	v = judge("TAIL");
	is_int(v.answer, UNDECIDED, "p99.9 of 1,990 observations: undecided");
	ok(strstr(v.note, "too few observations") != NULL, v.note);
}

int main(void)
{
	tap_seed(0);
	snprintf(path, sizeof(path), "/tmp/shootdown-space-%d.db", (int)getpid());
	flips_along_axes();
	cost_space();
	comparable();
	cut_off();
	quantiles();
	unlink(path);
	return tap_done();
}
