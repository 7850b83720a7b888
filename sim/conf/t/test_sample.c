/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Samples of the estimated parameters: every share of every range is visited,
 * dimensions beyond a block of the sequence too; what is set is left alone;
 * a sampled study is its scenario but for the values and its name.  And what
 * claims, questions and scenarios may say about it.
 */
#include <math.h>

#include "sim/base/alloc.h"
#include "sim/conf/internal.h"
#include "sim/conf/t/scratch.h"

enum { POINTS = 64, DIMS = 130 };

/* --- points -------------------------------------------------------------------------- */
static void test_points(void)
{
	static uint32_t u[POINTS * DIMS], again[POINTS * DIMS];
	static char text[DIMS][24];
	const char *name[DIMS];
	double most = 0, sum = 0;
	int missed = 0, pairs = 0;

	for (int j = 0; j < DIMS; j++) {
		snprintf(text[j], sizeof(text[j]), "costs.p%d", j);
		name[j] = text[j];
	}
	is_int(sample_points(u, POINTS, DIMS, name), 0, "130 dimensions, more than three blocks");
	sample_points(again, POINTS, DIMS, name);
	ok(!memcmp(u, again, sizeof(u)), "the same points every time");
	for (int j = 0; j < DIMS; j++) {
		char seen[POINTS] = { 0 };

		for (int k = 0; k < POINTS; k++)
			seen[u[k * DIMS + j] >> 24] = 1;
		for (int k = 0; k < POINTS; k++)
			missed += !seen[k];
	}
	is_int(missed, 0, "64 points: each of 64 shares of each range once");
	for (int a = 0; a < DIMS; a++)
		for (int b = 0; b < a; b++) {
			double r = 0;

			for (int k = 0; k < POINTS; k++)
				r += (u[k * DIMS + a] / 0x1p30 - 0.5) * (u[k * DIMS + b] / 0x1p30 - 0.5) * 12;
			r = fabs(r / POINTS);
			most = r > most ? r : most;
			sum += r * r;
			pairs++;
		}
	ok(most < 0.5, "no two dimensions move together");
	ok(sqrt(sum / pairs) < 1 / sqrt(POINTS), "less correlated than random points");
	printf("# correlation: largest %.2f, rms %.3f\n", most, sqrt(sum / pairs));
}

static void test_values(void)
{
	is_int(sample_value(100, 300, 1000, 0), 100, "the lower end");
	is_int(sample_value(100, 300, 1000, (1u << 29) - 1), 299, "just below the middle: just below the default");
	is_int(sample_value(100, 300, 1000, 1u << 29), 300, "the middle: the default");
	is_int(sample_value(100, 300, 1000, (1u << 30) - 1), 1000, "the upper end");
	is_int(sample_value(100, 100, 1000, 1u << 29), 550, "a default at an end: linear");
	is_int(sample_value(0, 1000, 100000000000, (1u << 30) - 1), 100000000000, "no overflow");
}

static void test_distributions(void)
{
	static const char *const text[] = { "5us", "exp(20us)", "uniform(1us 3us)", "erlang(4 10us)",
					    "lognormal(mean 5us cv 1.5)", "hyper(90% 500ns 5us)" };
	struct dist d, e;
	const char *why;
	int wrong = 0;

	for (size_t i = 0; i < sizeof(text) / sizeof(text[0]); i++) {
		dist_parse(text[i], 0, &d, &why);
		e = dist_with_mean(&d, 3 * dist_mean(&d));
		wrong += dist_mean(&e) != 3 * dist_mean(&d) || e.kind != d.kind || e.ppm != d.ppm || e.k != d.k;
	}
	is_int(wrong, 0, "every law keeps its shape and takes the mean given");
}

/* --- studies --------------------------------------------------------------------------- */
static struct study *load(struct conf *c, const char *text, const struct conf_options *o)
{
	static int files;
	struct study *s;
	char file[16];

	snprintf(file, sizeof(file), "s%d.yaml", files++);	/* a file is read once */
	scratch_write(file, text, strlen(text));
	s = conf_scenario(c, file, o);
	if (!s) {
		char *m = scratch_messages(c);

		printf("# %s", m);
		free(m);
	}
	return s;
}

/* The text of a parameter, and who gave it; good for the next few calls. */
static const char *value(const struct study *s, int point, const char *path, const char **given)
{
	static char text[8][256];
	static int next;
	char *v = text[next++ % 4], *g = text[4 + next % 4];
	struct resolved_param *p;
	struct arena a;
	int n;

	arena_init(&a, 1 << 16);
	n = conf_params(s, point, &a, &p);
	*v = *g = '\0';
	for (int i = 0; i < n; i++) {
		if (strcmp(p[i].path, path))
			continue;
		snprintf(v, sizeof(text[0]), "%s", p[i].value);
		snprintf(g, sizeof(text[0]), "%s", p[i].given_at);
	}
	arena_free(&a);
	if (given)
		*given = g;
	return v;
}

static int64_t seed_of(const struct study *s, int point)
{
	struct world_config w;
	struct arena a;
	int64_t seed;

	arena_init(&a, 1 << 16);
	conf_build(s, point, &a, &w);
	seed = w.seed;
	arena_free(&a);
	return seed;
}

static void test_study(const char *root)
{
	static const char *const set[] = { "machine.costs.ipi_socket=777ns" };
	static const char *const one[] = { "sample=17" };
	const struct conf_options plain = { .seed = -1 };
	const struct conf_options sampled = { .seed = -1, .samples = 64, .samples_for = "X" };
	const struct conf_options fixed = { .seed = -1, .samples = 64, .set = set, .n_set = 1 };
	const struct conf_options single = { .seed = -1, .samples = 64, .set = one, .n_set = 1 };
	struct conf *c = conf_new(root);
	struct study *p = load(c, SCENARIO, &plain), *s = load(c, SCENARIO, &sampled), *t;
	const char *given = "", *v17;
	int64_t lo = INT64_MAX, hi = 0;
	int same = 0;

	is_int(s->n_points, 2 * 64, "two designs at 64 samples");
	is_str(s->name, "tiny-costs-X", "a study of its own name");
	is_int(s->reps_fixed, 1, "one replication of each");
	ok(s->scenario_hash != p->scenario_hash, "and of its own identity");
	for (int i = 0; i < s->n_points; i++) {
		int64_t ps = strtoll(value(s, i, "machine.costs.ipi_socket", &given), NULL, 10);

		lo = ps < lo ? ps : lo;
		hi = ps > hi ? ps : hi;
		same += i % 2 && ps == strtoll(value(s, i - 1, "machine.costs.ipi_socket", NULL), NULL, 10);
	}
	ok(lo >= 300000 && lo < 307000 && hi <= 800000 && hi > 785000, "a cost visits its whole range");
	is_int(same, 64, "both designs of a sample have the same costs");
	is_str(given, "sample", "the database can tell who set it");
	is_str(value(s, 5, "machine.clock", NULL), value(p, 0, "machine.clock", NULL), "no estimate: as it was");
	ok(seed_of(s, 0) == seed_of(s, 1) && seed_of(s, 0) != seed_of(s, 2) && seed_of(p, 0) == p->seed,
	   "each sample has draws of its own, the same for both designs");
	t = load(c, SCENARIO, &fixed);
	is_str(value(t, 9, "machine.costs.ipi_socket", NULL), "777000", "--set wins over the sample");
	v17 = value(s, 2 * 16, "machine.costs.ipi_cross", NULL);
	t = load(c, SCENARIO, &single);
	is_int(t->n_points, 2, "--set sample=17: that one");
	is_str(value(t, 0, "machine.costs.ipi_cross", NULL), v17, "with its values");
	t = load(c, SCENARIO "sweep: {machine.costs.ipi_socket: [400ns, 500ns]}\n", &sampled);
	is_int(t->n_points, 4 * 64, "samples at each point of a sweep");
	is_str(value(t, 0, "machine.costs.ipi_socket", NULL), "400000", "what is swept is not sampled");
	t = load(c, SCENARIO_HEAD SCENARIO_DESIGNS
		 "until: threads_done\naddress_spaces:\n  - {name: guest, regions: [{name: ram, length: 64pages}],\n"
		 "     secondary: [{kind: kvm-2.6.27}, {kind: kvm-2.6.32}]}\n"
		 "threads:\n  - {name: a, in: guest, times: 1, loop: [{think: 1us}]}\n" SCENARIO_METRICS, &sampled);
	ok(t && !strcmp(value(t, 3, "secondary.kvm-2.6.27.costs.spte_zap", NULL),
			value(t, 3, "secondary.kvm-2.6.32.costs.spte_zap", NULL)),
	   "two drivers on one machine have one cost");
	conf_free(c);
}

/* --- expectations at points ---------------------------------------------------------------- */
static int expected(const struct study *s, int point)
{
	struct world_config w;
	struct arena a;
	int e;

	arena_init(&a, 1 << 16);
	conf_build(s, point, &a, &w);
	e = w.expect_violation[INV_I1];
	arena_free(&a);
	return e;
}

static void test_expected(const char *root)
{
	const struct conf_options plain = { .seed = -1 };
	struct conf *c = conf_new(root);
	struct study *s = load(c, SCENARIO "sweep: {threads.vcpu.count: [1, 2, 4]}\nexpect_violations:\n"
			       "  andrea-v7: [{invariant: I1, where: {threads.vcpu.count: [2, 4]}}]\n"
			       "comparable: {metric: guest.throughput, within: 1%}\n", &plain);

	ok(s && !expected(s, 1) && expected(s, 3) && expected(s, 5), "expected where it is said");
	ok(s && !expected(s, 2) && !expected(s, 4), "of that design alone");
	ok(s && s->comparable.metric == METRIC_GUEST_THROUGHPUT && s->comparable_ppm == 10000 &&
	   strstr(s->resolved_json, "\"within\":0.01"), "what makes points comparable goes into the study");
	conf_free(c);
}

/* --- messages ------------------------------------------------------------------------------- */
#define CLAIM_HEAD "id: T\nwho: the test\nsaid: 2008\nsource: here\nstatement: x\nkind: emergent\n" \
	"compare: {a: merged-2.6.27, b: andrea-v7}\nmetric: unmap.latency\nrule: less\nmargin: 5%\n"
#define QUESTION(mechanism, figures) "id: q\nquestion: Which?\nclaims: [S1.6]\nheadline: S1.6/ipis\n" \
	"mechanism: \"" mechanism "\"\nfigures: {" figures "}\n" \
	"plot: {study: range-madvise, metric: unmap.latency}\n" \
	"table: {study: range-madvise, metric: unmap.latency}\n"
#define FIGURE "late: {study: range-madvise, metric: unmap.latency, design: andrea-v7}"

static const struct { const char *what, *text, *message; } messages[] = {
	{ "a right question", QUESTION("it takes {late}", FIGURE), "" },
	{ "a figure misspelt", QUESTION("it takes {lat}", FIGURE),
	  "f.yaml:5:12: mechanism: no figure is named 'lat'; did you mean late?\n"
	  "f.yaml:6:17: figures: 'late' occurs in no sentence\n" },
	{ "a figure copied by hand", QUESTION("it takes {late}, 32.4% longer", FIGURE),
	  "f.yaml:5:12: mechanism: '32.4%' is a figure: take it from the data (figures:)\n" },
	{ "a headline that is no part", "id: q\nquestion: Which?\nclaims: [S1.6]\nheadline: S1.6/ipi\nmechanism: so\n"
	  "plot: {study: range-madvise, metric: unmap.latency}\ntable: {study: range-madvise, metric: unmap.latency}\n",
	  "f.yaml:4:11: headline: claim S1.6 has no part 'ipi'\n" },
	{ "a metric misspelt", QUESTION("it takes {late}", "late: {study: range-madvise, metric: unmap.latenzy, design: andrea-v7}"),
	  "f.yaml:6:48: figures.late.metric: no metric is named 'unmap.latenzy'; did you mean unmap.latency?\n" },
	{ "a claim over the costs", CLAIM_HEAD "scenarios: {motivating: range-madvise, adversarial: [range-munmap, evict], "
	  "sensitivity: range-madvise}\nsensitivity: {points: 128, at: {threads.vcpu.count: 4}}\n", "" },
	{ "samples that are no power of two", CLAIM_HEAD "scenarios: {motivating: range-madvise, sensitivity: range-madvise}\n"
	  "sensitivity: {points: 100}\n",
	  "f.yaml:12:23: sensitivity.points: a power of two from 64 to 4096 is expected\n" },
	{ "a role without its map", CLAIM_HEAD "scenarios: {motivating: range-madvise, sensitivity: range-madvise}\n",
	  "f.yaml:11:53: sensitivity: {at, parts} is missing\n" },
	{ "a scenario that there is not", CLAIM_HEAD "scenarios: {motivating: [range-madvise, range-madwise]}\n",
	  "f.yaml:11:41: scenarios.motivating: no scenario is named 'range-madwise'; did you mean range-madvise?\n" },
	{ "a violation expected where nothing is swept", SCENARIO
	  "expect_violations: {andrea-v7: [{invariant: I1, where: {threads.vcpu.count: 2}}]}\n",
	  "f.yaml:17:77: threads.vcpu.count: expect_violations names a path that is not swept\n" },
	{ "comparable without a share", SCENARIO "comparable: {metric: unmap.latency}\n",
	  "f.yaml:17:13: comparable.within: a share such as 1% is expected\n" },
	{ "comparable by what is no metric", SCENARIO "comparable: {metric: unmap.rate, within: 1%}\n",
	  "f.yaml:17:22: comparable.metric: no metric is named 'unmap.rate'; did you mean unmap.pages?\n" },
};

static void test_messages(const char *root)
{
	for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
		struct conf *c = conf_new(root);
		char *text;

		scratch_write("f.yaml", messages[i].text, strlen(messages[i].text));
		conf_check_file(c, "f.yaml");
		text = scratch_messages(c);
		is_str(text, messages[i].message, messages[i].what);
		free(text);
		conf_free(c);
	}
}

int main(void)
{
	struct scratch s;

	tap_seed(0);
	scratch_enter(&s);
	test_points();
	test_values();
	test_distributions();
	test_study(s.root);
	test_expected(s.root);
	test_messages(s.root);
	scratch_leave(&s);
	return tap_done();
}
