/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Questions: their figures come from the data or are said to be missing, their
 * answer is the headline's verdict.
 */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analysis/analysis.h"
#include "analysis/question.h"
#include "analysis/t/synthetic.h"
#include "sim/base/tap.h"

static char path[64];

struct seen {
	int n;
	enum answer answer;
	char word[100], told[200], mechanism[600], missing[400], effect[300];
};

static void copy(char *to, size_t size, const char *from)
{
	snprintf(to, size, "%s", from ? from : "(none)");
}

struct ask { const char *id; struct seen *out; };

static int look(struct database *d, void *arg)
{
	struct ask *ask = arg;
	struct seen *s = ask->out;
	struct question **q;
	struct verdict **v;
	struct claim **c;
	int n;

	c = claims_load(d, NULL, 0, &n);
	v = verdicts_make(d, c, n);
	q = questions_make(d, &ask->id, 1, v, n, &s->n);
	s->answer = q[0]->answer;
	copy(s->word, sizeof(s->word), q[0]->word);
	copy(s->told, sizeof(s->told), q[0]->told);
	copy(s->mechanism, sizeof(s->mechanism), q[0]->mechanism);
	copy(s->missing, sizeof(s->missing), q[0]->missing);
	copy(s->effect, sizeof(s->effect), q[0]->effect);
	return 0;
}

static struct seen ask(const char *id)
{
	struct seen s = { 0 };
	struct ask a = { id, &s };
	struct err e;

	if (database_work(path, look, &a, &e))
		printf("# %s\n", e.text);
	return s;
}

static void question(struct synthetic *s, const char *id, const char *rest)
{
	synthetic_sql(s, "INSERT INTO question VALUES(%Q, 'h', json_patch(%Q, %Q))", id,
		      "{\"question\":\"Which?\",\"claims\":[\"C\"],\"headline\":\"C/late\","
		      "\"answer\":{\"supported\":\"the array is late by {late}\",\"undecided\":\"nobody knows\"},"
		      "\"mechanism\":\"{rounds} rounds take {late}\","
		      "\"plot\":{\"study\":\"range\",\"metric\":\"unmap.latency\"},"
		      "\"table\":{\"study\":\"range\",\"metric\":\"unmap.latency\","
		      "\"designs\":[\"merged-2.6.27\",\"andrea-v7\"],"
		      "\"where\":{\"vcpu.count\":\"4\",\"put.batch\":\"8\"}},"
		      "\"figures\":{\"rounds\":{\"study\":\"range\",\"metric\":\"round:secondary\","
		      "\"design\":\"andrea-v7\",\"where\":{\"vcpu.count\":\"4\",\"unmap.length\":\"512pages\","
		      "\"put.batch\":\"8\"}},\"late\":{\"study\":\"range\",\"metric\":\"unmap.latency\","
		      "\"design\":\"andrea-v7\",\"over\":\"merged-2.6.27\",\"where\":{\"vcpu.count\":\"4\","
		      "\"unmap.length\":\"512pages\",\"put.batch\":\"8\"}}}}", rest);
}

#define AT "\"where\":{\"vcpu.count\":\"4\",\"unmap.length\":\"512pages\",\"put.batch\":\"8\"}"
#define OF "\"study\":\"range\",\"metric\":\"unmap.latency\",\"design\":\"andrea-v7\""

/* One more figure, {x}, which is all that the sentence says. */
static void figure(struct synthetic *s, const char *id, const char *recipe)
{
	char rest[600];

	snprintf(rest, sizeof(rest), "{\"mechanism\":\"{x}\",\"figures\":{\"x\":{%s}}}", recipe);
	question(s, id, rest);
}

static void fill(void)
{
	struct synthetic s;

	synthetic_open(&s, path);
	synthetic_range_study(&s, "range", 10);
	synthetic_claim(&s, "C", "{\"id\":\"C\",\"statement\":\"x\",\"compare\":{\"a\":\"merged-2.6.27\","
			"\"b\":\"andrea-v7\"},\"parts\":[{\"id\":\"late\",\"metric\":\"unmap.latency\","
			"\"rule\":\"greater\",\"margin\":\"5%\",\"region\":{\"put.batch\":[8],"
			"\"unmap.length\":[\"512pages\",\"1024pages\"]}}]}", "motivating", 1);
	question(&s, "good", "{}");
	question(&s, "gone", "{\"figures\":{\"late\":{\"design\":\"nobody\"}}}");
	question(&s, "headless", "{\"headline\":\"C/early\"}");
	figure(&s, "ratio", OF ",\"over\":\"merged-2.6.27\",\"as\":\"ratio\"," AT);
	figure(&s, "value", OF "," AT);
	figure(&s, "share", "\"study\":\"range\",\"metric\":\"round:secondary\",\"per\":\"round\","
	       "\"design\":\"andrea-v7\"," AT);
	figure(&s, "several", OF);
	figure(&s, "passes", OF ",\"by\":\"unmap.length\",\"passes\":\"100us\",\"where\":{\"vcpu.count\":\"4\","
	       "\"put.batch\":\"8\"}");
	figure(&s, "change-passes", OF ",\"over\":\"merged-2.6.27\",\"by\":\"unmap.length\",\"passes\":\"100%\","
	       "\"where\":{\"vcpu.count\":\"4\",\"put.batch\":\"8\"}");
	figure(&s, "nowhere", OF ",\"by\":\"unmap.length\",\"passes\":\"1s\",\"where\":{\"vcpu.count\":\"4\","
	       "\"put.batch\":\"8\"}");
	figure(&s, "claim", "\"claim\":\"C/late\",\"where\":{\"unmap.length\":\"512pages\",\"vcpu.count\":\"4\"}");
	figure(&s, "expr", "\"expr\":\"rounds / 8\"");
	figure(&s, "never", "\"study\":\"range\",\"metric\":\"free.all\",\"design\":\"none-pin\","
	       "\"where\":{\"vcpu.count\":\"4\",\"unmap.length\":\"8pages\"}");
	synthetic_close(&s);
}

static void figures(void)
{
	static const struct { const char *id, *text, *what; } row[] = {
		{ "ratio", "2.", "a ratio" },
		{ "share", "98.5%", "a share of the whole metric" },
		{ "passes", "between 64pages and 506pages", "where a mean passes a bound" },
		{ "change-passes", "between 64pages and 506pages", "where a change passes one" },
		{ "nowhere", "nowhere up to 4096pages", "or does not" },
		{ "claim", "[", "a claim's effect has its interval" },
		{ "expr", "8", "arithmetic over other figures" },
	};
	struct seen s;

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		s = ask(row[i].id);
		ok(strstr(s.mechanism, row[i].text) != NULL, row[i].what);
		if (!strstr(s.mechanism, row[i].text))
			printf("# %s (%s)\n", s.mechanism, s.missing);
	}
	s = ask("value");
	ok(strstr(s.mechanism, " us") != NULL, "a mean has a unit");
	s = ask("several");
	ok(s.answer == UNDECIDED && strstr(s.missing, "points of andrea-v7 fit it"),
	   "a figure that fits several points has no data");
	s = ask("never");
	ok(s.answer == UNDECIDED && strstr(s.missing, "no observation"), "nor has one without observation");
}

static void answers(void)
{
	struct seen s = ask("good");

	is_int(s.answer, SUPPORTED, "the answer is the headline's verdict");
	is_str(s.mechanism, "64 rounds take +108.7%", "its mechanism has figures of the data");
	is_str(s.told, "the array is late by +108.7%", "the answer in words too");
	ok(strncmp(s.effect, "from ", 5) == 0 && strstr(s.effect, " points"), s.effect);
	s = ask("gone");
	is_int(s.answer, UNDECIDED, "a figure without data: undecided");
	is_str(s.mechanism, "64 rounds take (no data)", "and said in the sentence");
	is_str(s.missing, "late: no point of nobody in range fits it", "with the reason");
	is_str(s.told, "nobody knows", "the answer is that of undecided");
	s = ask("headless");
	is_int(s.answer, UNDECIDED, "a headline that is not judged: undecided");
}

/* The text of a document, for what must be in it. */
static char *slurp(const char *file)
{
	static char text[100000];
	FILE *f = fopen(file, "re");
	size_t n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;

	text[n] = '\0';
	if (f)
		fclose(f);
	return text;
}

/* The files once more: is the picture @file the same one as before? */
static int again(const struct analysis_debate *what, const char *dir, const char *file, int remove_it)
{
	struct stat before, after;
	struct err e = { 0 };
	const char *notes;

	if (stat(file, &before))
		return -1;
	if (remove_it && unlink(file))
		return -1;
	if (analysis_debate_files(path, what, dir, &notes, &e) || stat(file, &after))
		return -1;
	return before.st_mtim.tv_sec == after.st_mtim.tv_sec &&
	       before.st_mtim.tv_nsec == after.st_mtim.tv_nsec;
}

static void documents(void)
{
	static const char *const question[] = { "good" };
	static const char *const claim[] = { "C" };
	const struct analysis_debate what = { claim, 1, question, 1 };
	char dir[80], file[120], command[120];
	const char *notes, *text;
	struct err e = { 0 };
	int wide = 0, column = 0, failed = 0;
	FILE *f;

	snprintf(dir, sizeof(dir), "/tmp/shootdown-question-%d", (int)getpid());
	is_int(analysis_debate_files(path, &what, dir, &notes, &e), 0, "files of a debate");
	snprintf(file, sizeof(file), "%s/good.txt", dir);
	text = slurp(file);
	ok(strstr(text, "good: Which?") && strstr(text, "supported: the array is late") &&
	   strstr(text, "why: 64 rounds"), "a text per question");
	ok(strstr(text, "andrea-v7 batch=8") && !strstr(text, "none-pin"), "with the table of its designs");
	for (const char *p = text; *p; p++) {
		column = *p == '\n' ? 0 : column + 1;
		wide += column > 72 || (unsigned char)*p > 126;
	}
	is_int(wide, 0, "72 columns of ASCII");
	snprintf(file, sizeof(file), "%s/plots/good.gp", dir);
	ok(strstr(slurp(file), "good: range: unmap.latency"), "its plot bears its name");
	snprintf(file, sizeof(file), "%s/mail.txt", dir);
	ok(strstr(slurp(file), "good: Which?") == slurp(file), "the mail begins with the questions");
	snprintf(file, sizeof(file), "%s/plots/good.svg", dir);
	is_int(again(&what, dir, file, 0), 1, "the same data again: no picture is made again");
	is_int(again(&what, dir, file, 1), 0, "one that is gone is");
	f = tmpfile();
	is_int(analysis_verdicts(path, &what, 1, f, &failed, &e), 0, "as JSON");
	fclose(f);
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	if (system(command))
		printf("# %s stays\n", dir);
}

int main(void)
{
	tap_seed(0);
	snprintf(path, sizeof(path), "/tmp/shootdown-question-%d.db", (int)getpid());
	fill();
	answers();
	figures();
	documents();
	unlink(path);
	return tap_done();
}
