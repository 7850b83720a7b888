/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Documents: golden mail, Markdown, CSV and diagram; what a cell says where
 * data is missing; hostile names in every form.
 * UPDATE_GOLDEN=1 writes the golden files anew: read the difference.
 */
#include <ctype.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analysis/analysis.h"
#include "analysis/report_int.h"
#include "analysis/t/synthetic.h"
#include "sim/base/tap.h"

#define GOLDEN "analysis/t/golden/"

static char directory[] = "/tmp/shootdown-report-XXXXXX", path[64];

static char *report(const char *format, const struct analysis_query *q, struct err *e)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	analysis_report(path, format, q, f, e);
	fclose(f);
	return text;
}

static char *slurp(const char *name)
{
	FILE *f = fopen(name, "re");
	char *text = calloc(1, 1 << 20);

	if (f) {
		text[fread(text, 1, (1 << 20) - 1, f)] = '\0';
		fclose(f);
	}
	return text;
}

static void golden(const char *got, const char *name)
{
	char file[200];
	char *wanted;
	size_t line = 1, i;

	snprintf(file, sizeof(file), GOLDEN "%s", name);
	if (getenv("UPDATE_GOLDEN")) {
		FILE *f = fopen(file, "we");

		fputs(got, f);
		fclose(f);
	}
	wanted = slurp(file);
	for (i = 0; got[i] && got[i] == wanted[i]; i++)
		line += got[i] == '\n';
	if (!ok(got[i] == wanted[i], name))
		printf("#   differs in line %zu: got '%.60s'\n", line, got + i);
	free(wanted);
}

/* At most 72 columns of printable ASCII, no tab, no blank at a line's end. */
static int is_mail(const char *s)
{
	size_t column = 0;

	for (; *s; s++) {
		if (*s == '\n') {
			if (column && s[-1] == ' ')
				return 0;
			column = 0;
		} else if (!isprint((unsigned char)*s) || ++column > 72) {
			printf("#   at '%.40s'\n", s);
			return 0;
		}
	}
	return 1;
}

static void range_claims(struct synthetic *s)
{
	synthetic_claim(s, "S1.4", "{\"id\":\"S1.4\",\"source\":\"seed 1\",\"statement\":\"an array of "
		"B pins costs the unmapping task time that one flush does not\",\"compare\":{\"a\":"
		"\"andrea-v7\",\"b\":\"merged-2.6.27\"},\"metric\":\"unmap.latency\",\"rule\":\"less\","
		"\"margin\":\"25%\",\"region\":{\"put.batch\":[8]},\"if_supported\":\"range_start pays\"}",
		"motivating", 1);
	synthetic_claim(s, "S1.6", "{\"id\":\"S1.6\",\"source\":\"seed 1\",\"statement\":\"rounds are "
		"N/B\",\"kind\":\"structural\",\"compare\":{\"b\":\"andrea-v7\"},\"metric\":\"round\","
		"\"label\":\"secondary\",\"rule\":{\"count\":{\"eq\":\"ceil(N/B)\"}},\"names\":{\"N\":"
		"\"unmap.length\",\"B\":\"put.batch\"}}", "motivating", 1);
}

static void golden_documents(void)
{
	static const char *const where[] = { "put.batch=8", "vcpu.count=4" };
	const struct analysis_query narrow = { .metric = "unmap.latency", .where = where,
					       .n_where = 2 };
	const struct analysis_query self = { .baseline = "merged-2.6.27", .by = "vcpu.count",
					     .metric = "round:secondary" };
	struct synthetic s;
	struct err e;
	char *text;

	synthetic_open(&s, path);
	synthetic_range_study(&s, "range-madvise", 10);
	range_claims(&s);
	synthetic_close(&s);
	text = report("mail", NULL, &e);
	golden(text, "mail.txt");
	ok(is_mail(text), "mail: 72 columns of ASCII");
	ok(strstr(text, "never (10 of 10)") != NULL, "a design that never frees says never");
	ok(strstr(text, "UNSAFE I1") != NULL, "the unsafe design is marked");
	ok(strstr(text, "Reproduce: shootdown run") != NULL, "there is a Reproduce line");
	free(text);
	text = report("mail", &narrow, &e);
	golden(text, "mail-narrow.txt");
	free(text);
	text = report("mail", &self, &e);
	ok(strstr(text, "by vcpu.count, at\n  unmap.length=506pages") != NULL, "--by turns the table");
	ok(strstr(text, "against merged-2.6.27 (always") != NULL, "--baseline changes the first column");
	ok(strstr(text, "1 +- 0  =") != NULL, "equal in every replication: =");
	free(text);
	text = report("csv", &narrow, &e);
	golden(text, "narrow.csv");
	free(text);
}

static void json_is_valid(const char *what)
{
	char command[500], file[100];
	struct err e;
	char *text = report("json", NULL, &e);
	FILE *f;

	snprintf(file, sizeof(file), "%s/x.json", directory);
	f = fopen(file, "we");
	fputs(text, f);
	fclose(f);
	free(text);
	if (system("jq --version > /dev/null 2>&1")) {
		ok(1, "JSON # SKIP jq is not installed");
		return;
	}
	snprintf(command, sizeof(command), "jq -e '(.claims | type == \"array\") and "
		 "(.metrics | length > 0) and (.metrics | all(has(\"scenario\") and has(\"design\") "
		 "and (.axes | type == \"object\") and has(\"metric\") and has(\"label\") and "
		 "has(\"unit\") and (.config | type == \"string\") and has(\"mean\") and (.ci | length == 2) and has(\"n\")))' %s "
		 "> /dev/null", file);
	is_int(system(command), 0, what);
}

static void json_claims(void)
{
	char *text = NULL, *inner;
	size_t size;
	FILE *f = open_memstream(&text, &size);
	static const char *const key[] = { "\"id\"", "\"kind\"", "\"source\"", "\"statement\"",
		"\"verdict\"", "\"unit\"", "\"baseline\"", "\"design\"", "\"effect\"", "\"ci\"",
		"\"margin\"", "\"n\"", "\"boundary\"", "\"points\"" };
	struct err e;
	int failed, all = 1;

	is_int(analysis_verdicts(path, NULL, 1, f, &failed, &e), 0, "verdicts as JSON");
	fclose(f);
	inner = strstr(text, "\"metrics\"");
	for (size_t i = 0; i < sizeof(key) / sizeof(key[0]); i++)
		all &= strstr(text, key[i]) && strstr(text, key[i]) < inner;
	ok(all, "claims have every promised key");
	is_int(failed, 0, "none fails");
	free(text);
}

/* Designs: same (equal), near (no difference), some (a hole), none (NULL), bare. */
static void missing_data(void)
{
	struct synthetic s;
	struct err e;
	int64_t study, id;
	double x[10], y[10], hole[10], nothing[10];
	char *text;

	synthetic_open(&s, path);
	study = synthetic_study(&s, "holes", "What does a cell say?", "base,same,near,some,none,bare,one");
	synthetic_metric(&s, study, "latency", "ns", "tally", "lower", 1);
	synthetic_metric(&s, study, "sent", "IPIs", "count", "lower", 0);
	for (int i = 0; i < 10; i++) {
		x[i] = 1000 + 10 * (i % 5);
		y[i] = x[i] + (i % 2 ? 7 : -7);
		hole[i] = i < 3 ? NAN : 2 * x[i];
		nothing[i] = NAN;
	}
	synthetic_series(&s, synthetic_config(&s, study, "base", ""), "latency", x, 10);
	synthetic_series(&s, synthetic_config(&s, study, "same", ""), "latency", x, 10);
	synthetic_series(&s, synthetic_config(&s, study, "near", ""), "latency", y, 10);
	synthetic_series(&s, synthetic_config(&s, study, "some", ""), "latency", hole, 10);
	synthetic_series(&s, synthetic_config(&s, study, "none", ""), "latency", nothing, 10);
	id = synthetic_config(&s, study, "bare", "");
	synthetic_run(&s, id, 1, "ok");
	/* What a run left behind before it crashed is no observation. */
	synthetic_value(&s, synthetic_run(&s, id, 2, "crash"), "latency", "", 12345);
	synthetic_series(&s, synthetic_config(&s, study, "one", ""), "latency", x, 1);
	synthetic_close(&s);
	text = report("mail", NULL, &e);
	golden(text, "missing.txt");
	ok(strstr(text, "1 of 53 runs FAILED (1 crash)") != NULL, "failed runs are told");
	ok(!strstr(text, " 0 +-") && !strstr(text, "nan"), "nothing missing is shown as 0 or nan");
	free(text);
	text = report("markdown", NULL, &e);
	golden(text, "missing.md");
	free(text);
	json_is_valid("missing values: valid JSON");
}

/* Does @what occur in a line that is neither indented code nor in a fence? */
static int outside_code(const char *text, const char *what)
{
	int fence = 0;

	while (*text) {
		size_t n = strcspn(text, "\n");
		const char *hit = strstr(text, what);

		if (!strncmp(text, "```", 3))
			fence = !fence;
		if (!fence && strncmp(text, "    ", 4) && hit && hit < text + n)
			return 1;
		text += n + (text[n] == '\n');
	}
	return 0;
}

static void histogram_of(struct synthetic *s, int64_t config, const char *hex)
{
	for (int i = 1; i <= 10; i++)
		synthetic_sql(s, "INSERT INTO histogram SELECT %lld, id, '', x'%s' FROM metric_def "
			      "WHERE name = 'latency'",
			      (long long)synthetic_run(s, config, i, "ok"), hex);
}

/* 99 samples in bin 704 (mid 66047.5 ps), 1 in bin 960 (mid 1056767.5 ps). */
static void quantiles(void)
{
	const struct analysis_query p50 = { .metric = "latency.p50" };
	const struct analysis_query p99 = { .metric = "latency.p99" };
	const struct analysis_query p999 = { .metric = "latency.p999" };
	struct synthetic s;
	struct err e;
	int64_t study;
	char *text;

	synthetic_open(&s, path);
	study = synthetic_study(&s, "tails", "What are the tails?", "base,same,slow");
	synthetic_metric(&s, study, "latency", "ns", "tally", "lower", 1);
	histogram_of(&s, synthetic_config(&s, study, "base", ""), "c00563" "800201");
	histogram_of(&s, synthetic_config(&s, study, "same", ""), "c00563" "800201");
	histogram_of(&s, synthetic_config(&s, study, "slow", ""), "c00764");
	synthetic_close(&s);
	text = report("csv", &p50, &e);
	ok(strstr(text, "tails,base,latency,,p50,ns,66.0475,66.0475,66.0475,10,10,,\""),
	   "p50 of the merged histograms");
	ok(strstr(text, "tails,slow,latency,,p50,ns,1056.7675,"), "and of the slow design");
	free(text);
	text = report("csv", &p99, &e);
	ok(strstr(text, "tails,base,latency,,p99,ns,66.0475,"), "p99: 990 of 1000 are at or below");
	free(text);
	text = report("mail", &p50, &e);
	ok(strstr(text, "x16.0") != NULL, "change of a quantile");
	ok(strstr(text, "66.05 +- 0.00  =") || strstr(text, "66.05 +- 0  ="), "equal: =");
	free(text);
	text = report("csv", &p999, &e);
	ok(strstr(text, "p99.9,ns,1056.7675,,,10,10,"),
	   "p99.9 of 1000 observations: a value without an interval");
	free(text);
}

/* One design, one of its two configurations not begun, one --set, a metric in %. */
static void one_design(void)
{
	struct synthetic s;
	struct err e;
	double x[3] = { 1000, 1100, 1200 }, share[3] = { 1, 2, 3 }, nothing[3] = { NAN, NAN, NAN };
	int64_t study, id;
	char *text;

	synthetic_open(&s, path);
	study = synthetic_study(&s, "single", "What does it cost?", "only");
	synthetic_sql(&s, "UPDATE study SET not_modelled = 'swap' || char(10) || 'fork' || "
		      "char(10) || 'swap'");
	synthetic_metric(&s, study, "latency", "ns", "tally", "lower", 1);
	synthetic_metric(&s, study, "share", "%", "ratio", "lower", 0);
	synthetic_metric(&s, study, "sent", "IPIs", "count", "lower", 0);
	id = synthetic_config(&s, study, "only", "a.b=1");
	synthetic_series(&s, id, "latency", x, 1);
	synthetic_value(&s, s.next - 1, "share", "", share[1]);
	synthetic_value(&s, s.next - 1, "sent", "", nothing[0]);
	synthetic_sql(&s, "INSERT INTO violation_count SELECT id, 'I1', 1, 1 FROM run");
	synthetic_sql(&s, "INSERT INTO violation_count SELECT id, 'I2', 0, 1 FROM run");
	synthetic_sql(&s, "INSERT INTO parameter VALUES(%lld, 'kernel.costs.x', '90000', 'ps', "
		      "'choice', '--set'), (%lld, 'kernel.costs.y', '1', 'ps', 'estimate: a', "
		      "'default')", (long long)id, (long long)id);
	synthetic_config(&s, study, "only", "a.b=2");
	synthetic_close(&s);
	text = report("mail", NULL, &e);
	ok(strstr(text, "share [%]  2 (n=1)") != NULL, "one design: the other metrics' values");
	ok(!strstr(text, "Equal in") && !strstr(text, "other design"), "and no word of others");
	ok(strstr(text, "1 replication, 1 run\n") && strstr(text, "1 of 1 run, 1 time in 1 exposure"),
	   "one is no plural");
	ok(strstr(text, "INCOMPLETE: configurations have 1 replication, 1 of 2 have none") != NULL,
	   "configurations without runs are told");
	ok(strstr(text, "No observation in any run: sent") != NULL, "and metrics without any");
	ok(strstr(text, "changed: kernel.costs.x=90ns") != NULL, "and what --set changed");
	ok(strstr(text, "\n1 of 2 costs are estimates") != NULL, "and how many costs are guesses");
	ok(strstr(text, "Not modelled: swap; fork\n") != NULL, "a clause stands once");
	ok(!strstr(text, "report.md"), "no file is named that does not exist");
	free(text);
	text = report("markdown", NULL, &e);
	ok(strstr(text, "## Not modelled\n\n- swap\n- fork\n") != NULL, "Markdown: once, too");
	free(text);
}

static int cut_work(struct database *d, void *arg)
{
	(void)arg;
	ok(!strcmp(shortened_text(d, "one; two three; four five", 18, "X"),
		   "one; two three ... (X has the whole list)"), "cut after a clause");
	ok(!strcmp(shortened_text(d, "one two three four", 10, "X"),
		   "one two ... (X has the whole list)"), "or after a word");
	ok(!strcmp(shortened_text(d, "one two", 10, "X"), "one two"), "or not at all");
	return 0;
}

/* 50% against 1%: 49 points, not x50. */
static void shares(void)
{
	struct synthetic s;
	struct err e;
	double a[6] = { 1, 1.1, 0.9, 1, 1.1, 0.9 }, b[6] = { 50, 51, 49, 50, 51, 49 };
	int64_t study;
	char *text;

	synthetic_open(&s, path);
	study = synthetic_study(&s, "shares", "q", "base,other");
	synthetic_metric(&s, study, "share", "%", "ratio", "lower", 1);
	synthetic_series(&s, synthetic_config(&s, study, "base", ""), "share", a, 6);
	synthetic_series(&s, synthetic_config(&s, study, "other", ""), "share", b, 6);
	synthetic_close(&s);
	text = report("mail", NULL, &e);
	ok(strstr(text, "+49.0\n") != NULL, "a share changes by points");
	ok(strstr(text, "geometric\nmean of paired ratios") || strstr(text, "geometric mean of"),
	   "the legend says what a change is");
	ok(!strstr(text, "INCOMPLETE"), "a complete study is not called otherwise");
	free(text);
	sqlite3_open(path, &s.sql);
	synthetic_sql(&s, "UPDATE study SET resolved = json_set(resolved, '$.points', 5)");
	sqlite3_close(s.sql);
	text = report("mail", NULL, &e);
	ok(strstr(text, "INCOMPLETE: configurations have 6 replications, 3 of 5 have none") != NULL,
	   "what was planned and never stored is missed, too");
	free(text);
}

/* A design that never observes, one with zeros on a logarithmic axis. */
static void gaps_in_plots(void)
{
	struct synthetic s;
	struct err e;
	double x[5] = { 1, 1, 1, 1, 1 }, zero[5] = { 0 }, big[5] = { 900, 900, 900, 900, 900 };
	double none[5] = { NAN, NAN, NAN, NAN, NAN };
	char base[100], *text = NULL;
	int64_t study;
	size_t size;
	FILE *f;

	synthetic_open(&s, path);
	study = synthetic_study(&s, "gaps", "q", "base,big,never,bare");
	synthetic_metric(&s, study, "latency", "ns", "tally", "lower", 1);
	for (int i = 1; i <= 3; i++) {
		char axis[8];

		snprintf(axis, sizeof(axis), "a.b=%d", i);
		synthetic_series(&s, synthetic_config(&s, study, "base", axis), "latency",
				 i == 1 ? zero : x, 5);
		synthetic_series(&s, synthetic_config(&s, study, "big", axis), "latency", big, 5);
		synthetic_series(&s, synthetic_config(&s, study, "never", axis), "latency", none, 5);
		synthetic_run(&s, synthetic_config(&s, study, "bare", axis), 1, "ok");
	}
	synthetic_close(&s);
	snprintf(base, sizeof(base), "%s/gaps.txt", directory);
	f = open_memstream(&text, &size);
	analysis_plot(path, "dumb", NULL, base, f, &e);
	fclose(f);
	free(text);
	snprintf(base, sizeof(base), "%s/gaps.gp", directory);
	text = slurp(base);
	ok(strstr(text, "title 'never (never)'") && strstr(text, "title 'bare (no data)'"),
	   "plot: the legend says why a curve is missing");
	ok(strstr(text, "title 'big'") != NULL, "and nothing where there is one");
	ok(strstr(text, "axis break: below is 0") && strstr(text, "set mytics 1"),
	   "plot: 0 on a logarithmic axis is no decade");
	free(text);
}

static const char hostile[] = "`touch HIT`$(touch HIT)\"'; system 'touch HIT'|<b>*_[x](y)\n> \\ \xc3\xa9%s";

static void hostile_names(void)
{
	struct synthetic s;
	struct err e;
	double x[5] = { 1, 2, 3, 4, 5 };
	int64_t study;
	size_t size;
	FILE *f;
	char *text, axes[300], hit[100], base[100], file[120];

	synthetic_open(&s, path);
	study = synthetic_study(&s, hostile, hostile, hostile);
	synthetic_metric(&s, study, "latency", "ns", "tally", "lower", 1);
	for (int i = 0; i < 2; i++) {
		snprintf(axes, sizeof(axes), "a.b=%s%d", i ? "`id`'\"<i>|" : "$(id)", i);
		synthetic_series(&s, synthetic_config(&s, study, hostile, axes), "latency", x, 5);
	}
	synthetic_sql(&s, "INSERT INTO violation_count SELECT id, 'I1', 1, 1 FROM run");
	synthetic_sql(&s, "INSERT INTO violation SELECT id, 0, 'I1', 1, 0, %Q, json_array("
		      "json_object('t', 1, 'cpu', 0, 'who', %Q, 'what', %Q)) FROM run", hostile,
		      "```", hostile);
	synthetic_close(&s);
	text = report("mail", NULL, &e);
	ok(is_mail(text), "hostile names: still 72 columns of ASCII");
	free(text);
	text = report("markdown", NULL, &e);
	ok(!outside_code(text, "<b") && !outside_code(text, "<i"),
	   "Markdown: no tag of a user's survives");
	ok(strstr(text, "\\`touch HIT\\`") != NULL, "Markdown: backticks are escaped");
	ok(!strstr(text, "\n> "), "Markdown: no line begins with a user's text");
	is_int((int64_t)(strstr(strstr(text, "```text") + 7, "```") -
			 strstr(strstr(text, "```text"), "\n```\n")), 1,
	       "Markdown: nothing ends the fence early");
	free(text);
	json_is_valid("hostile names: valid JSON");
	snprintf(base, sizeof(base), "%s/hostile.svg", directory);
	snprintf(hit, sizeof(hit), "%s/HIT", directory);
	if (system("gnuplot --version > /dev/null 2>&1")) {
		ok(1, "plot # SKIP gnuplot is not installed");
		return;
	}
	f = open_memstream(&text, &size);
	is_int(analysis_plot(path, "svg", NULL, base, f, &e), 0, "hostile names: a plot");
	fclose(f);
	ok(strstr(text, "hostile.svg\n") && strstr(text, "hostile.gp\n"), "its files are named");
	free(text);
	ok(access(hit, F_OK) && access("HIT", F_OK), "and no command of theirs ran");
	snprintf(file, sizeof(file), "%s/hostile.svg", directory);
	text = slurp(file);
	ok(strstr(text, "touch HIT") && strstr(text, "</svg>"), "it shows them as text");
	free(text);
}

static int diagram_work(struct database *d, void *arg)
{
	static const char steps[] = "["
		"{\"t\":1000000,\"cpu\":3,\"who\":\"vmm\",\"what\":\"zap_pte_range: "
		"ptep_get_and_clear va 0x11000\"},"
		"{\"t\":1060500,\"cpu\":17,\"who\":\"vcpu0\",\"what\":\"guest access\"},"
		"{\"t\":1060500,\"cpu\":3,\"who\":\"vmm\",\"what\":\"flush_tlb_mm\"},"
		"{\"t\":1200000,\"cpu\":17,\"who\":\"irq\",\"what\":\"acknowledge\"},"
		"{\"t\":3400000,\"cpu\":3,\"who\":\"vmm\",\"what\":\"averylongnamewithoutabreakthatmust"
		"becutsomewhereinthecolumnofitscpu\"}]";

	(void)arg;
	column_diagram(d, steps, 72, 0, &d->text);
	sb_addc(&d->text, '\n');
	column_diagram(d, steps, 100, 2, &d->text);
	sb_addc(&d->text, '\n');
	column_diagram(d, "[]", 72, 0, &d->text);
	golden(d->text.s, "diagram.txt");
	*strstr(d->text.s, "\n\n") = '\0';
	ok(is_mail(d->text.s), "a diagram of 72 columns");
	return 0;
}

static void tells(struct analysis_query q, const char *what)
{
	struct err e;

	free(report("mail", &q, &e));
	if (!ok(e.code == EX_CONFIG && strstr(e.text, what), what))
		printf("#   %d: '%s'\n", e.code, e.text);
}

static void wrong_queries(void)
{
	static const char *const where[] = { "nonesuch=4" }, *const point[] = { "vcpu.count=5" };
	struct analysis_query q = { .metric = "nonesuch" };
	struct synthetic s;
	struct err e;

	free(report("mail", &q, &e));
	is_int(e.code, EX_CONFIG, "unknown metric: 2");
	tells((struct analysis_query){ .metric = "round:primery" },
	      "; did you mean primary?; there are: primary, secondary");
	tells((struct analysis_query){ .metric = "round:" }, "label ''; there are: primary, secondary");
	tells((struct analysis_query){ .metric = "unmap.latenzy" },
	      "; did you mean unmap.latency?; there are: free.all, guest.throughput");
	tells((struct analysis_query){ .metric = "round.p99" }, "round is a count and has no quantiles");
	tells((struct analysis_query){ .by = "vcpu.cuont" },
	      "; did you mean vcpu.count?; there are: vcpu.count, unmap.length, put.batch");
	tells((struct analysis_query){ .by = "threads.vcpu.cnt" }, "did you mean threads.vcpu.count?");
	tells((struct analysis_query){ .baseline = "none-pim" }, "did you mean none-pin?");
	tells((struct analysis_query){ .where = where, .n_where = 1 }, "there are: vcpu.count, unmap.length, put.batch");
	tells((struct analysis_query){ .where = point, .n_where = 1 },
	      "vcpu.count has no point 5; there are: 1, 4, 16");
	q = (struct analysis_query){ .by = "nonesuch" };
	free(report("mail", &q, &e));
	is_int(e.code, EX_CONFIG, "unknown axis: 2");
	q = (struct analysis_query){ .baseline = "nonesuch" };
	free(report("mail", &q, &e));
	is_int(e.code, EX_CONFIG, "unknown baseline: 2");
	q = (struct analysis_query){ .where = where, .n_where = 1 };
	free(report("mail", &q, &e));
	is_int(e.code, EX_CONFIG, "unknown axis of --where: 2");
	q = (struct analysis_query){ .where = point, .n_where = 1 };
	free(report("mail", &q, &e));
	is_int(e.code, EX_CONFIG, "unknown value of --where: 2");
	free(report("html", NULL, &e));
	is_int(e.code, EX_CONFIG, "unknown format: 2");
	synthetic_open(&s, path);
	synthetic_study(&s, "empty", "q", "a");
	synthetic_close(&s);
	free(report("mail", NULL, &e));
	is_int(e.code, EX_CONFIG, "no completed run: 2");
	ok(strstr(e.text, "no completed run") != NULL, "with a text");
}

static void allocation_faults(void)
{
	int failures = 0, n;
	struct synthetic s;
	struct err e;

	synthetic_open(&s, path);
	synthetic_range_study(&s, "range", 5);
	range_claims(&s);
	synthetic_close(&s);
	for (n = 1; n < 10000; n++) {
		FILE *f = fopen("/dev/null", "we");
		int code;

		mem_fail_at(n);
		code = analysis_report(path, n % 2 ? "mail" : "markdown", NULL, f, &e);
		mem_fail_at(0);
		fclose(f);
		if (!code)
			break;
		failures += code != EX_ENVIRONMENT;
	}
	printf("# %d allocations failed in turn\n", n - 1);
	is_int(failures, 0, "memory out at any point: code 4, no crash");
	ok(n > 5 && n < 10000, "and at last it passes");
}

int main(void)
{
	struct synthetic s;
	struct err e;
	char command[100];

	tap_seed(12345);
	if (!mkdtemp(directory))
		return 1;
	snprintf(path, sizeof(path), "%s/x.db", directory);
	golden_documents();
	json_is_valid("valid JSON with every promised key");
	json_claims();
	wrong_queries();
	missing_data();
	one_design();
	database_work(path, cut_work, NULL, &e);
	shares();
	quantiles();
	gaps_in_plots();
	hostile_names();
	synthetic_open(&s, path);
	synthetic_close(&s);
	database_work(path, diagram_work, NULL, &e);
	allocation_faults();
	snprintf(command, sizeof(command), "rm -rf %s", directory);
	return system(command) ? 1 : tap_done();
}
