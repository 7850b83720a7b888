/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The runner on synthetic sources: what each misbehaviour of a worker leaves
 * in the database, -j 1 against -j 4 table by table, resume, retry, the
 * sequential rule, shards, dry run, violations and exit codes.
 */
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/base/tap.h"
#include "sim/run/t/synthetic.h"
#include "sim/store/t/dbcompare.h"

static char dir[64];

static const char *path(const char *name)
{
	static char buf[4][128];
	static int k;

	k = (k + 1) % 4;
	snprintf(buf[k], sizeof(buf[k]), "%s/%s", dir, name);
	return buf[k];
}

static int run(struct synthetic *s, int reps, struct run_options o, const char *db,
	       struct run_summary *out, struct err *e)
{
	struct run_source source;
	struct run_job job;

	o.db = db;
	o.quiet = 1;
	synthetic_job(s, &source, &job, reps);
	if (!run_sources(&job, &o, out, e))
		return 0;
	printf("# %s\n", e->text);
	return -1;
}

static void is_equal(const char *a, const char *b, const char *what)
{
	char why[100];

	if (!ok(db_differences(a, b, why, sizeof(why)) == 0, what))
		printf("#   %s\n", why);
}

static const char *const all_designs[] = {
	"good", "crash", "abort", "hang", "exit", "corrupt", "long-record",
	"deadlock", "violate", "busted",
};

static void test_misbehaviour(void)
{
	struct synthetic s = { "misbehave", all_designs, 10, 2, 1, 0, "" };
	struct run_options o = { .jobs = 2, .run_timeout = 0.5 };
	struct run_summary out;
	const char *db = path("mis.db");
	char buf[300], sql[300];
	struct err e;
	int i;
	static const struct { const char *design, *status, *reason; } want[] = {
		{ "crash", "crash", "SIGSEGV" },
		{ "abort", "assertion", "BUG: a.c:12: x == 1" },
		{ "hang", "timeout", "no result after 0.5 s of wall-clock time" },
		{ "exit", "crash", "worker exited with status 7" },
		{ "corrupt", "crash", "the worker sent a corrupt record" },
		{ "long-record", "crash", "the worker sent a corrupt record" },
		{ "deadlock", "deadlock", "a waits for b" },
		{ "violate", "violation", "I1" },
	};

	is_int(run(&s, 3, o, db, &out, &e), 0, "a study with every misbehaviour ends");
	is_int(out.planned, 60, "planned");
	is_int(out.done, 60, "every run is recorded");
	is_int(out.failed, 14, "failed ones counted");
	is_int(out.exit_code, 3, "exit code 3");
	ok(strstr(out.first_failure, "shootdown run misbehave --design"), "a replay line is shown");
	for (i = 0; i < (int)(sizeof(want) / sizeof(*want)); i++) {
		snprintf(sql, sizeof(sql), "SELECT status || ' ' || reason FROM run JOIN config c "
			 "ON c.id=run.config WHERE design='%s' AND replication=2", want[i].design);
		db_text(db, sql, buf, sizeof(buf));
		snprintf(sql, sizeof(sql), "%s %s", want[i].status, want[i].reason);
		is_str(buf, sql, want[i].design);
	}
	is_int(db_int(db, "SELECT count(*) FROM run WHERE status='ok'"), 60 - 14 - 2 - 6,
	       "neighbours of a dead worker's run are untouched");
	is_int(out.n_violations, 2, "violations by design");
	is_str(out.violation[0].design, "busted", "sorted by name");
	is_int(out.violation[0].expected, 1, "expected one");
	is_int(out.violation[0].count, 6, "counted over points and replications");
	is_int(out.violation[1].expected, 0, "unexpected one");
	run_summary_free(&out);

	is_int(run(&s, 3, o, db, &out, &e), 0, "again");
	is_int(out.done, 0, "nothing is run again");
	is_int(out.skipped, 60, "all skipped");
	is_int(out.exit_code, 3, "the same exit code");
	run_summary_free(&out);
	o.retry_failed = 1;
	is_int(run(&s, 3, o, db, &out, &e), 0, "retry of failed runs");
	is_int(out.done, 14, "only those");
	is_int(db_int(db, "SELECT count(*) FROM run"), 60, "no run twice");
	run_summary_free(&out);
}

static void test_jobs(void)
{
	static const char *const designs[] = { "good", "abort", "noisy", "violate" };
	struct synthetic s = { "jobs", designs, 4, 5, 3, 0, "" };
	struct run_options o = { .jobs = 1 };
	struct run_summary out;
	struct err e;

	is_int(run(&s, 7, o, path("j1.db"), &out, &e), 0, "-j 1");
	run_summary_free(&out);
	o.jobs = 4;
	is_int(run(&s, 7, o, path("j4.db"), &out, &e), 0, "-j 4");
	run_summary_free(&out);
	is_equal(path("j1.db"), path("j4.db"), "-j 1 and -j 4 give equal tables");
	is_int(db_int(path("j1.db"), "SELECT count(*) FROM run"), 140, "all runs");
	is_int(db_int(path("j1.db"), "PRAGMA user_version"), STORE_VERSION, "version");

	s.seed = 4;
	is_int(run(&s, 7, o, path("j1.db"), &out, &e), 0, "another seed into the same database");
	is_int(out.done, 140, "is another study");
	is_int(db_int(path("j1.db"), "SELECT count(*) FROM study"), 2, "beside the first");
	run_summary_free(&out);
	is_int(run(&s, 10, o, path("j1.db"), &out, &e), 0, "more replications");
	is_int(out.done, 60, "only the new ones are run");
	is_int(out.skipped, 140, "the others are there");
	run_summary_free(&out);
}

static void test_sequential(void)
{
	static const char *const designs[] = { "good", "steady", "silent" };
	static const char *const noisy[] = { "good", "noisy" };
	static const char *const steady[] = { "steady" };
	struct synthetic s = { "seq", designs, 3, 4, 3, 0, "" };
	struct run_options o = { .jobs = 1 };
	struct run_summary out;
	struct err e;
	int64_t n;

	is_int(run(&s, 0, o, path("s1.db"), &out, &e), 0, "sequential, -j 1");
	n = out.planned;
	is_int(out.done, n, "planned what it did");
	run_summary_free(&out);
	o.jobs = 4;
	is_int(run(&s, 0, o, path("s4.db"), &out, &e), 0, "sequential, -j 4");
	is_int(out.planned, n, "the same number of runs");
	is_equal(path("s1.db"), path("s4.db"), "the stopping rule does not see -j");
	run_summary_free(&out);
	is_int(db_int(path("s1.db"), "SELECT count(*) FROM (SELECT config, max(replication) m, "
		      "count(*) n FROM run GROUP BY config) WHERE m<>n"), 0,
	       "replications are a prefix 1..n");
	is_int(db_int(path("s1.db"), "SELECT count(*) FROM (SELECT a.value, count(DISTINCT m) d FROM "
		      "(SELECT config, max(replication) m FROM run GROUP BY config) q JOIN axis a "
		      "ON a.config=q.config GROUP BY a.value) WHERE d<>1"), 0,
	       "all designs of a sweep point stop together");
	is_int(run(&s, 0, o, path("s1.db"), &out, &e), 0, "resume of a finished one");
	is_int(out.done, 0, "adds nothing");
	run_summary_free(&out);

	s = (struct synthetic){ "seq-noisy", noisy, 2, 1, 3, 0, "" };
	is_int(run(&s, 0, o, path("n.db"), &out, &e), 0, "a noisy design");
	is_int(out.planned, 80, "goes to the maximum of 40");
	run_summary_free(&out);
	s = (struct synthetic){ "seq-steady", steady, 1, 1, 3, 0, "" };
	is_int(run(&s, 0, o, path("st.db"), &out, &e), 0, "a steady design");
	is_int(out.planned, 5, "stops at the first stage");
	run_summary_free(&out);
}

static void test_shards(void)
{
	static const char *const designs[] = { "good", "noisy", "violate" };
	struct synthetic s = { "shards", designs, 3, 3, 3, 0, "" };
	struct run_options o = { .jobs = 2, .shard = 1, .n_shards = 2 };
	struct run_summary out;
	struct err e;

	is_int(run(&s, 0, o, path("sh.db"), &out, &e), -1, "shards with the sequential rule");
	is_int(e.code, 2, "are a usage error");
	ok(access(path("sh.db"), F_OK) != 0, "before anything is written");
	is_int(run(&s, 4, o, path("sh.db"), &out, &e), 0, "shard 1/2");
	is_int(out.configs, 5, "configurations 0, 2, 4, 6, 8");
	is_int(out.done, 20, "runs");
	run_summary_free(&out);
	o.shard = 2;
	is_int(run(&s, 4, o, path("sh.db"), &out, &e), 0, "shard 2/2");
	is_int(out.done, 16, "the rest");
	run_summary_free(&out);
	o.shard = o.n_shards = 0;
	is_int(run(&s, 4, o, path("whole.db"), &out, &e), 0, "unsharded");
	run_summary_free(&out);
	is_equal(path("sh.db"), path("whole.db"), "both shards are the whole");
}

static void test_oom(void)
{
	static const char *const designs[] = { "good", "oom" };
	struct synthetic s = { "oom", designs, 2, 1, 3, 0, "" };
	struct run_options o = { .jobs = 2 };
	struct run_summary out;
	struct err e;

	is_int(run(&s, 3, o, path("oom.db"), &out, &e), 0, "a design that runs out of memory");
	is_int(out.failed, 0, "has not failed");
	is_int(out.exit_code, 0, "it has a result");
	is_int(db_int(path("oom.db"), "SELECT count(*) FROM run WHERE status='oom' AND "
		      "reason='no page left'"), 1, "which is stored");
	run_summary_free(&out);
	o.retry_failed = 1;
	is_int(run(&s, 3, o, path("oom.db"), &out, &e), 0, "--retry-failed");
	is_int(out.done, 0, "does not run it again");
	run_summary_free(&out);
}

static void test_dry_run(void)
{
	static const char *const designs[] = { "good", "steady" };
	struct synthetic s = { "dry", designs, 2, 3, 3, 0, "" };
	struct run_options o = { .jobs = 2, .dry_run = 1 };
	struct run_summary out;
	struct err e;

	is_int(run(&s, 4, o, path("new/dir/dry.db"), &out, &e), 0, "dry run without a database");
	is_int(out.planned, 24, "planned");
	is_int(out.skipped, 0, "nothing present");
	is_near(out.expected_events, 4 * (1000 + 2000 + 3000 + 4000 + 5000 + 6000), 0.5,
		"expected events");
	ok(!out.rate_measured && out.expected_seconds > 0, "an estimate of time");
	ok(access(path("new"), F_OK) != 0, "no directory, no file");
	run_summary_free(&out);
	o.dry_run = 0;
	is_int(run(&s, 2, o, path("dry.db"), &out, &e), 0, "two replications");
	run_summary_free(&out);
	o.dry_run = 1;
	is_int(run(&s, 4, o, path("dry.db"), &out, &e), 0, "dry run of four");
	is_int(out.skipped, 12, "sees what is there");
	is_near(out.expected_events, 42000, 0.5, "expects the rest");
	is_int(out.rate_measured, 1, "with the measured rate");
	is_int(db_int(path("dry.db"), "SELECT count(*) FROM run"), 12, "and adds nothing");
	run_summary_free(&out);
}

static void test_errors(void)
{
	static const char *const designs[] = { "good" };
	struct synthetic s = { "errors", designs, 1, 1, 3, 0, "" };
	struct run_options o = { .jobs = 1 };
	struct run_source source[2];
	struct run_job job;
	struct run_summary out;
	struct err e;

	o.db = path("dup.db");
	o.quiet = 1;
	synthetic_job(&s, &source[0], &job, 3);
	source[1] = source[0];
	job.n_sources = 2;
	is_int(run_sources(&job, &o, &out, &e), 0, "a scenario named twice");
	is_int(out.done, 3, "is run once");
	run_summary_free(&out);
	source[0].study.math_probe = "other";
	job.n_sources = 1;
	is_int(run_sources(&job, &o, &out, &e), -1, "another C library");
	is_int(e.code, 4, "is refused");
	ok(strstr(e.text, "mathematics library"), "and named");
	run_summary_free(&out);
	o.db = dir;
	is_int(run_sources(&job, &o, &out, &e), -1, "a directory as database");
	is_int(e.code, 4, "is an error of the environment");
	run_summary_free(&out);
}

/* Ctrl-C: what has arrived stays, exit 130, the rest comes with the same command. */
static void test_interrupt(void)
{
	static const char *const designs[] = { "good", "noisy" };
	struct synthetic s = { "interrupt", designs, 2, 20, 3, 2000, "" };
	struct run_options o = { .jobs = 2 };
	struct run_summary out;
	struct err e;
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		run(&s, 20, o, path("int.db"), &out, &e);
		_exit(out.exit_code);
	}
	/* Some 50 of 800 runs: it is under way, however slow the machine is. */
	for (int i = 0; i < 3000 && (access(path("int.db"), F_OK) ||
		db_int(path("int.db"), "SELECT count(*) FROM run") < 50); i++)
		usleep(10000);
	kill(pid, SIGINT);
	waitpid(pid, &status, 0);
	ok(WIFEXITED(status) && WEXITSTATUS(status) == 130, "SIGINT: exit code 130");
	ok(db_int(path("int.db"), "SELECT count(*) FROM run") > 10, "what was done is there");
	ok(db_int(path("int.db"), "SELECT count(*) FROM run") < 800, "it was interrupted");
	ok(access(path("int.db-wal"), F_OK) != 0, "the journal is closed in order");
	s.sleep_us = 0;
	is_int(run(&s, 20, o, path("int.db"), &out, &e), 0, "the same command again");
	is_int(out.done + out.skipped, 800, "completes it");
	run_summary_free(&out);
	is_int(run(&s, 20, o, path("int2.db"), &out, &e), 0, "uninterrupted");
	run_summary_free(&out);
	is_equal(path("int.db"), path("int2.db"), "no trace of the interruption");
}

/* Memory runs out at each allocation of parent and workers in turn. */
static void test_memory(void)
{
	static const char *const designs[] = { "good", "busted" };
	struct synthetic s = { "memory", designs, 2, 1, 3, 0, "" };
	struct run_options o = { .jobs = 1, .run_timeout = 5 };
	struct run_summary out;
	struct err e;
	int refused = 0, strange = 0, whole = 0, ret;
	long n;

	for (n = 1; n < 50; n++) {
		struct run_source source;
		struct run_job job;

		unlink(path("mem.db"));
		unlink(path("mem.db-wal"));
		unlink(path("mem.db-shm"));
		o.db = path("mem.db");
		o.quiet = 1;
		synthetic_job(&s, &source, &job, 2);
		mem_fail_at(n);
		ret = run_sources(&job, &o, &out, &e);
		mem_fail_at(0);
		refused += ret == -1 && e.code == EX_ENVIRONMENT;
		strange += ret == -1 && e.code != EX_ENVIRONMENT;
		whole += !ret && out.done == 4;
		run_summary_free(&out);
	}
	printf("# %d refused, %d completed\n", refused, whole);
	is_int(strange, 0, "out of memory is an error of the environment");
	is_int(refused + whole, 49, "or one failed run");
	ok(refused > 10, "it did happen");
}

int main(void)
{
	char clean[100];

	tap_seed(0);
	test_directory(dir, sizeof(dir), "run");
	mkdir(dir, 0777);
	test_misbehaviour();
	test_jobs();
	test_sequential();
	test_shards();
	test_oom();
	test_dry_run();
	test_errors();
	test_interrupt();
	test_memory();
	snprintf(clean, sizeof(clean), "rm -rf %s", dir);
	if (system(clean))
		printf("# %s stays\n", dir);
	return tap_done();
}
