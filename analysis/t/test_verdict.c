/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Verdicts of claims over databases whose answers are known. */
#include <unistd.h>

#include "analysis/t/synthetic.h"
#include "analysis/verdict.h"
#include "sim/base/tap.h"

static char path[64];

/* What a test wants to see of one verdict. */
struct seen {
	int n_points, n, n_parts;
	enum answer answer, part[4], point[16];
	double effect, adjusted_p;
	int needed, differs;
	char boundary[400], reason[400], change[400], unit[32];
};

struct ask { const char *id; struct seen *out; int alone; };

static void copy(char *to, size_t size, const char *from)
{
	snprintf(to, size, "%s", from);
}

static int look(struct database *d, void *arg)
{
	struct ask *ask = arg;
	struct claim **c;
	struct verdict **all, *v = NULL;
	struct seen *s = ask->out;
	int n;

	memset(s, 0, sizeof(*s));
	c = claims_load(d, &ask->id, ask->alone, &n);
	all = verdicts_make(d, c, n);
	for (int i = 0; i < n; i++) {
		if (!strcmp(all[i]->claim->id, ask->id))
			v = all[i];
	}
	if (!v)
		return 0;
	s->n_points = v->n_points;
	s->n = v->n;
	s->answer = v->answer;
	s->differs = verdict_differs(v);
	s->n_parts = v->n_parts;
	for (int i = 0; i < v->n_parts && i < 4; i++)
		s->part[i] = v->part[i]->answer;
	for (int i = 0; i < v->n_points && i < 16; i++) {
		s->point[i] = v->point[i].answer;
		if (v->point[i].needed > s->needed)
			s->needed = v->point[i].needed;
	}
	s->effect = v->nearest >= 0 ? v->point[v->nearest].effect : NAN;
	s->adjusted_p = v->nearest >= 0 ? v->point[v->nearest].adjusted_p : NAN;
	copy(s->boundary, sizeof(s->boundary), v->boundary);
	copy(s->reason, sizeof(s->reason), v->reason);
	copy(s->change, sizeof(s->change), v->change);
	copy(s->unit, sizeof(s->unit), v->unit);
	return 0;
}

static struct seen judge(const char *id, int alone)
{
	struct seen s;
	struct ask ask = { id, &s, alone };
	struct err e;

	if (database_work(path, look, &ask, &e))
		printf("# %s\n", e.text);
	return s;
}

/* Values around @mean; @rows of 10, the spread symmetrical: mean exact. */
static const double spread[10] = { -1, 1, -0.5, 0.5, -0.2, 0.2, -0.8, 0.8, -0.3, 0.3 };

static int64_t series(struct synthetic *s, int64_t study, const char *design,
		      const char *axes, const char *metric, double mean, double noise, int n)
{
	double value[10];
	int64_t id = synthetic_config(s, study, design, axes);

	for (int i = 0; i < n; i++)
		value[i] = mean * (1 + noise * spread[i]);
	synthetic_series(s, id, metric, value, n);
	return id;
}

static int64_t two_designs(struct synthetic *s, const char *name)
{
	int64_t study = synthetic_study(s, name, "question", "old,new");

	synthetic_metric(s, study, "latency", "ns", "tally", "lower", 1);
	synthetic_metric(s, study, "rounds", "rounds", "count", "lower", 0);
	return study;
}

/* new/old at length 1, 8, 64, 512: factors given; old is 1000 without noise. */
static int64_t lengths(struct synthetic *s, const char *name, const double factor[4],
		       double noise, int n)
{
	static const char *const axes[] = { "unmap.length=1page", "unmap.length=8pages",
					    "unmap.length=64pages", "unmap.length=512pages" };
	int64_t study = two_designs(s, name);

	for (int i = 0; i < 4; i++) {
		series(s, study, "old", axes[i], "latency", 1000, 0, n);
		series(s, study, "new", axes[i], "latency", 1000 * factor[i], noise, n);
	}
	return study;
}

#define COMPARE "\"compare\":{\"a\":\"old\",\"b\":\"new\"},\"metric\":\"latency\","

static void claim(struct synthetic *s, const char *id, int64_t study, const char *rest)
{
	char body[2000];

	snprintf(body, sizeof(body), "{\"id\":\"%s\",\"statement\":\"x\",%s}", id, rest);
	synthetic_claim(s, id, body, "motivating", study);
}

static void one_claim(const double factor[4], double noise, int n, const char *rest)
{
	struct synthetic s;

	synthetic_open(&s, path);
	claim(&s, "C", lengths(&s, "study", factor, noise, n), rest);
	synthetic_close(&s);
}

static void emergent(void)
{
	static const double faster[4] = { 0.5, 0.6, 0.7, 0.8 }, same[4] = { 1, 1, 1.001, 1 };
	static const double mixed[4] = { 1.2, 1.1, 0.7, 0.6 };
	static const char less[] = COMPARE "\"rule\":\"less\",\"margin\":\"5%\"";
	struct seen s;

	one_claim(faster, 0.02, 10, less);
	s = judge("C", 1);
	is_int(s.answer, SUPPORTED, "less: all points beyond the margin");
	is_int(s.n_points, 4, "four points");
	is_near(s.effect, -0.2, 0.002, "the effect told is the one nearest to the margin");
	is_str(s.unit, "%", "as a share");
	ok(strstr(s.change, "unmap.length=512pages") != NULL, "and its point is named");
	one_claim(faster, 0.02, 10, COMPARE "\"rule\":\"greater\",\"margin\":\"5%\"");
	is_int(judge("C", 1).answer, REFUTED, "greater: all on the other side");
	one_claim(same, 0.02, 10, less);
	is_int(judge("C", 1).answer, REFUTED, "less by 5%: refuted where it is 0%");
	one_claim(mixed, 0.02, 10, less);
	s = judge("C", 1);
	is_int(s.answer, DEPENDS, "some of each: depends");
	is_str(s.boundary, "2 of 4 points support, 2 refute; along unmap.length refuted up to "
	       "8pages, supported from 64pages on", "with the boundary");
	one_claim(faster, 0.02, 4, less);
	s = judge("C", 1);
	is_int(s.answer, UNDECIDED, "four replications: undecided, however large the effect");
	ok(strstr(s.change, "at least 5") != NULL, "and it says what would change that");
	one_claim(same, 0.3, 10, less);
	s = judge("C", 1);
	is_int(s.answer, UNDECIDED, "noise: undecided");
	ok(s.needed > 10, "with the replications that would settle it");
	one_claim(same, 0.02, 10, COMPARE "\"rule\":\"equivalent\",\"margin\":\"3%\"");
	is_int(judge("C", 1).answer, SUPPORTED, "equivalent within 3%");
	one_claim(faster, 0.02, 10, COMPARE "\"rule\":\"equivalent\",\"margin\":\"3%\"");
	is_int(judge("C", 1).answer, REFUTED, "far outside: refuted");
	one_claim(same, 0.2, 10, COMPARE "\"rule\":\"equivalent\",\"margin\":\"3%\"");
	is_int(judge("C", 1).answer, UNDECIDED, "no difference found is not equivalence");
}

/* An axis that only one of the two designs has. */
static void one_design_axis(void)
{
	struct synthetic s;
	struct seen v;
	int64_t study;

	synthetic_open(&s, path);
	study = two_designs(&s, "study");
	series(&s, study, "old", "put.batch=-", "latency", 1000, 0, 10);
	series(&s, study, "new", "put.batch=8", "latency", 500, 0.1, 10);
	series(&s, study, "new", "put.batch=64", "latency", 2000, 0.1, 10);
	claim(&s, "ALL", study, COMPARE "\"rule\":\"less\"");
	claim(&s, "ONE", study, COMPARE "\"rule\":\"less\",\"region\":{\"put.batch\":[8]}");
	synthetic_close(&s);
	v = judge("ALL", 1);
	is_int(v.n_points, 2, "the other design's point serves both values");
	is_str(v.boundary, "1 of 2 points support, 1 refute; along put.batch supported up to 8, "
	       "refuted from 64 on", "which are a boundary");
	v = judge("ONE", 1);
	is_int(v.n_points, 1, "region binds the design that has the axis");
	is_int(v.answer, SUPPORTED, "and that alone");
}

static void limits(void)
{
	static const double mixed[4] = { 1.2, 1.1, 0.7, 0.6 };
	struct seen s;

	one_claim(mixed, 0.02, 10, COMPARE "\"rule\":\"less\",\"margin\":\"5%\","
		  "\"region\":{\"unmap.length\":[\"64pages\",\"512pages\"]}");
	s = judge("C", 1);
	is_int(s.n_points, 2, "region keeps two points");
	is_int(s.answer, SUPPORTED, "and there it is supported");
	one_claim(mixed, 0.02, 10, COMPARE "\"rule\":\"less\",\"region\":{\"unmap.length\":[3]}");
	s = judge("C", 1);
	is_int(s.answer, UNDECIDED, "an empty region decides nothing");
	is_str(s.reason, "no point at which old and new both ran", "and says so");
	one_design_axis();
	one_claim(mixed, 0.02, 10, "\"kind\":\"untestable\",\"reason\":\"no order of memory\"");
	s = judge("C", 1);
	is_int(s.answer, UNTESTABLE, "untestable");
	is_str(s.reason, "no order of memory", "with its reason");
	one_claim(mixed, 0.02, 10, "\"compare\":{\"a\":\"old\",\"b\":\"new\"},\"rule\":\"less\","
		  "\"metric\":\"nonesuch\"");
	s = judge("C", 1);
	is_int(s.answer, UNDECIDED, "unknown metric: undecided");
	is_str(s.reason, "no metric is called nonesuch", "and named");
	one_claim(mixed, 0.02, 10, COMPARE "\"rule\":\"lower\"");
	is_str(judge("C", 1).reason, "rule lower: unknown", "unknown rule is told");
}

static void differences(void)
{
	struct synthetic s;
	struct seen v;
	int64_t study;

	/* 0 against 0 to 2: no ratio; margin in the metric's own unit. */
	synthetic_open(&s, path);
	study = two_designs(&s, "study");
	series(&s, study, "old", "", "latency", 0, 0, 10);
	series(&s, study, "new", "", "latency", 200, 0.1, 10);
	claim(&s, "C", study, COMPARE "\"rule\":\"greater\",\"margin\":\"100ns\"");
	claim(&s, "D", study, COMPARE "\"rule\":\"greater\",\"margin\":\"0.3us\"");
	claim(&s, "E", study, COMPARE "\"rule\":\"greater\",\"margin\":\"3 sheep\"");
	claim(&s, "F", study, COMPARE "\"rule\":\"equivalent\",\"margin\":\"max(10% 300ns)\"");
	synthetic_close(&s);
	v = judge("C", 1);
	is_int(v.answer, SUPPORTED, "200 ns more than 0 is more than 100 ns");
	is_str(v.unit, "ns", "told in the metric's unit");
	is_near(v.effect, 200, 1e-9, "as a difference");
	is_int(judge("D", 1).answer, REFUTED, "but not more than 0.3 us");
	is_int(judge("E", 1).answer, UNDECIDED, "a margin in a foreign unit decides nothing");
	is_int(judge("F", 1).answer, SUPPORTED, "max(): the larger of the two margins");
}

static void holm_over_the_report(void)
{
	static const double edge[4] = { 0.9885, 0.9885, 0.9885, 0.9885 };
	static const double null[4] = { 1, 1, 1, 1 };
	struct synthetic s;
	char id[16];
	struct seen alone, together;

	synthetic_open(&s, path);
	claim(&s, "C", lengths(&s, "study", edge, 0.015, 10), COMPARE "\"rule\":\"less\"");
	for (int i = 0; i < 30; i++) {
		snprintf(id, sizeof(id), "N%d", i);
		claim(&s, id, lengths(&s, id, null, 0.1, 10), COMPARE "\"rule\":\"less\"");
	}
	synthetic_close(&s);
	alone = judge("C", 1);
	together = judge("C", 0);
	is_int(alone.answer, SUPPORTED, "a small effect, judged alone");
	is_int(together.answer, UNDECIDED, "is not enough among 31 claims");
	ok(together.adjusted_p > 10 * alone.adjusted_p, "its adjusted p value has grown");
}

static void counts(void)
{
	struct synthetic s;
	int64_t study, id;
	struct seen v;
	static const char body[] = "\"kind\":\"structural\",\"compare\":{\"b\":\"new\"},"
		"\"metric\":\"rounds\",\"names\":{\"N\":\"unmap.length\",\"B\":\"put.batch\"},";
	char text[500];

	synthetic_open(&s, path);
	study = two_designs(&s, "study");
	series(&s, study, "new", "unmap.length=506pages", "rounds", 8, 0, 5);
	id = series(&s, study, "new", "unmap.length=65pages", "rounds", 2, 0, 5);
	/* B is no axis here but a parameter of each configuration. */
	synthetic_sql(&s, "INSERT INTO parameter SELECT id, 'design.protocol.kvm.put.batch', '64', "
		      "'', 'choice', 'file:1' FROM config");
	snprintf(text, sizeof(text), "%s\"rule\":{\"count\":{\"eq\":\"ceil(N/B)\"}}", body);
	claim(&s, "EQ", study, text);
	snprintf(text, sizeof(text), "%s\"rule\":\"count\",\"le\":\"N/8\"", body);
	claim(&s, "LE", study, text);
	snprintf(text, sizeof(text), "%s\"rule\":{\"count\":{\"eq\":\"N/B\"}}", body);
	claim(&s, "BAD", study, text);
	snprintf(text, sizeof(text), "%s\"rule\":{\"count\":{\"ge\":\"N/Q\"}}", body);
	claim(&s, "NAME", study, text);
	synthetic_close(&s);
	is_int(judge("EQ", 1).answer, HOLDS, "ceil(N/B), N in pages, B from the parameters");
	is_int(judge("LE", 1).answer, HOLDS, "at most N/8");
	v = judge("BAD", 1);
	is_int(v.answer, FAILS, "N/B fails");
	is_str(v.reason, "unmap.length=65pages: 2 rounds in replication 1, claimed exactly N/B = "
	       "1.016 (and 1 more of 2 points)", "with the counter-example");
	is_int(v.differs, 1, "a failing claim counts as one that differs");
	v = judge("NAME", 1);
	is_int(v.answer, UNDECIDED, "unknown name: undecided");
	is_str(v.reason, "unmap.length=65pages: N/Q: no value for Q", "and says which");
	/* One odd replication of one point. */
	sqlite3_open(path, &s.sql);
	synthetic_sql(&s, "UPDATE metric SET value = 3 WHERE run = (SELECT max(id) FROM run "
		      "WHERE config = %lld)", (long long)id);
	sqlite3_close(s.sql);
	is_int(judge("EQ", 1).answer, FAILS, "one counter-example is enough");
}

static void safety(void)
{
	struct synthetic s;
	int64_t study, id;
	struct seen v;

	synthetic_open(&s, path);
	study = two_designs(&s, "study");
	id = series(&s, study, "new", "", "latency", 10, 0.1, 6);
	synthetic_sql(&s, "INSERT INTO violation_count SELECT id, 'I1', replication = 3, 50 FROM "
		      "run WHERE config = %lld", (long long)id);
	synthetic_sql(&s, "INSERT INTO violation_count SELECT id, 'I2', 0, 7 FROM run "
		      "WHERE config = %lld", (long long)id);
	synthetic_sql(&s, "INSERT INTO violation_count SELECT id, 'I4', 0, 0 FROM run "
		      "WHERE config = %lld", (long long)id);
#define SAFETY(rule, which) "\"kind\":\"safety\",\"compare\":{\"b\":\"new\"}," \
	"\"rule\":\"" rule "\",\"invariant\":\"" which "\""
	claim(&s, "V1", study, SAFETY("violated", "I1"));
	claim(&s, "KNOWN", study, SAFETY("held", "I1") ",\"expected\":\"fails\"");
	claim(&s, "SURPRISE", study, SAFETY("held", "I2") ",\"expected\":\"fails\"");
	claim(&s, "WHOLE", study, "\"kind\":\"safety\",\"parts\":[{\"id\":\"one\"," SAFETY("held", "I1")
	      ",\"expected\":\"fails\"},{\"id\":\"two\"," SAFETY("held", "I2") "}]");
	claim(&s, "H1", study, SAFETY("held", "I1"));
	claim(&s, "H2", study, SAFETY("held", "I2"));
	claim(&s, "H4", study, SAFETY("held", "I4"));
	synthetic_close(&s);
	is_int(judge("V1", 1).answer, HOLDS, "violated once in six runs: violated");
	v = judge("H1", 1);
	is_int(v.answer, FAILS, "so it was not held");
	is_str(v.reason, "study: 1 violations of I1 in 300 exposures, 6 runs", "with the figures");
	is_int(v.differs, 1, "which differs from what a claim should");
	v = judge("KNOWN", 1);
	ok(v.answer == FAILS && !v.differs, "one that is known to fail does not differ");
	v = judge("SURPRISE", 1);
	ok(v.answer == HOLDS && v.differs, "and does if it holds");
	v = judge("WHOLE", 1);
	ok(v.answer == FAILS && !v.differs, "a whole differs where its parts do");
	v = judge("H2", 1);
	is_int(v.answer, HOLDS, "none in 42 exposures: held");
	is_str(v.reason, "not found in 42 exposures (95%: at most 0.084 of them): no proof of absence", "and no more than that");
	is_int(judge("H4", 1).answer, UNDECIDED, "without an exposure nothing is held");
}

static void parts_and_studies(void)
{
	static const double faster[4] = { 0.5, 0.6, 0.7, 0.8 }, slower[4] = { 1.5, 1.6, 1.7, 1.8 };
	struct synthetic s;
	struct seen v;
	int64_t a, b;

	synthetic_open(&s, path);
	a = lengths(&s, "madvise", faster, 0.02, 10);
	b = lengths(&s, "munmap", slower, 0.02, 10);
	claim(&s, "P", a, "\"compare\":{\"a\":\"old\",\"b\":\"new\"},\"parts\":["
	      "{\"id\":\"one\",\"metric\":\"latency\",\"rule\":\"less\"},"
	      "{\"id\":\"two\",\"metric\":\"latency\",\"rule\":\"greater\"}]");
	claim(&s, "S", a, COMPARE "\"rule\":\"less\"");
	synthetic_claim(&s, "S", "{}", "adversarial", b);
	claim(&s, "O", a, COMPARE "\"rule\":\"less\",\"scenario\":\"madvise\"");
	synthetic_claim(&s, "O", "{}", "adversarial", b);
	/* An older study of the same name says the contrary and must not count. */
	synthetic_claim(&s, "O", "{}", "motivating", lengths(&s, "madvise", slower, 0.02, 10));
	synthetic_sql(&s, "INSERT INTO run_wall SELECT r.id, 1, 1, 'h', CASE c.study WHEN %lld THEN "
		      "'2026-02-02' ELSE '2026-01-01' END FROM run r JOIN config c "
		      "ON c.id = r.config", (long long)a);
	synthetic_close(&s);
	v = judge("P", 1);
	is_int(v.n_parts, 2, "two parts");
	is_int(v.part[0], SUPPORTED, "the first supported");
	is_int(v.part[1], REFUTED, "the second refuted");
	is_int(v.answer, DEPENDS, "the whole depends");
	is_int(v.n, 10, "on as many replications as the part with fewest");
	v = judge("S", 1);
	is_int(v.n_points, 8, "points of both scenarios");
	is_int(v.answer, DEPENDS, "which disagree");
	is_str(v.boundary, "supported in madvise, refuted in munmap", "scenario as the boundary");
	v = judge("O", 1);
	is_int(v.n_points, 4, "one scenario, and of it the latest study");
	is_int(v.answer, SUPPORTED, "decides alone");
}

static void unknown_claim(void)
{
	struct seen s;
	struct ask ask = { "nonesuch", &s, 1 };
	struct err e;

	is_int(database_work(path, look, &ask, &e), EX_CONFIG, "an unknown claim is a usage error");
	ok(strstr(e.text, "no claim nonesuch") != NULL, "and is named");
	is_int(database_work("/nonexistent/x.db", look, &ask, &e), EX_ENVIRONMENT,
	       "a missing database is one of the environment");
}

int main(void)
{
	tap_seed(0);
	snprintf(path, sizeof(path), "/tmp/shootdown-verdict-%d.db", (int)getpid());
	emergent();
	limits();
	differences();
	holm_over_the_report();
	counts();
	safety();
	parts_and_studies();
	unknown_claim();
	unlink(path);
	return tap_done();
}
