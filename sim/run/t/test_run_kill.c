/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * kill -9 of the whole process group at random moments, then the same command:
 * the database equals that of an uninterrupted run, table by table, and no
 * process stays behind.  Also: the parent alone is killed.
 */
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sim/base/hash.h"
#include "sim/base/tap.h"
#include "sim/run/t/synthetic.h"
#include "sim/store/t/dbcompare.h"

#define KILLS	10
#define REPS	12

static char dir[64];

static const char *const designs[] = { "good", "noisy", "abort", "busted" };

static int run(const char *db, int sleep_us, int reps)
{
	struct synthetic s = { "kill", designs, 4, 6, 9, sleep_us, "" };
	struct run_options o = { .jobs = 2, .quiet = 1, .db = db };
	struct run_source source;
	struct run_job job;
	struct run_summary out;
	struct err e;
	int ret;

	synthetic_job(&s, &source, &job, reps);
	ret = run_sources(&job, &o, &out, &e);
	if (ret)
		printf("# %s\n", e.text);
	run_summary_free(&out);
	return ret;
}

/* Processes of group @pgid that are still alive (zombies are not). */
static int group_alive(pid_t pgid)
{
	DIR *d = opendir("/proc");
	struct dirent *entry;
	int n = 0;

	while (d && (entry = readdir(d))) {
		char name[300], state;
		int pid, ppid, group;
		FILE *f;

		snprintf(name, sizeof(name), "/proc/%s/stat", entry->d_name);
		f = entry->d_name[0] >= '1' && entry->d_name[0] <= '9' ? fopen(name, "r") : NULL;
		if (!f)
			continue;
		if (fscanf(f, "%d (%*[^)]) %c %d %d", &pid, &state, &ppid, &group) == 4)
			n += group == pgid && state != 'Z';
		fclose(f);
	}
	if (d)
		closedir(d);
	return n;
}

static pid_t start(const char *db, int reps)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		setpgid(0, 0);
		_exit(run(db, 800, reps) ? 1 : 0);
	}
	setpgid(pid, pid);
	return pid;
}

static void wait_for_silence(pid_t group)
{
	int i;

	for (i = 0; i < 500 && group_alive(group); i++)
		usleep(10000);
}

/* Wait until @db holds more than @runs runs, ten seconds at most. */
static void wait_for_progress(const char *db, int64_t runs)
{
	int i;

	for (i = 0; i < 5000; i++) {
		if (!access(db, F_OK) && db_int(db, "SELECT count(*) FROM run") > runs)
			return;
		usleep(2000);
	}
}

/*
 * Start the study, kill it (or all its group) @us later, after some progress
 * if @progress >= 0: more runs than that.  Returns the runs in the database.
 */
static int64_t kill_after(const char *db, int reps, int us, int64_t progress,
			  int whole_group, int *alive)
{
	pid_t pid = start(db, reps);
	int64_t n;
	int status;

	if (progress >= 0)
		wait_for_progress(db, progress);
	usleep((useconds_t)us);
	kill(whole_group ? -pid : pid, SIGKILL);
	waitpid(pid, &status, 0);
	wait_for_silence(pid);
	*alive = group_alive(pid);
	/* Killed before the tables were there: no rows, and no table to ask. */
	n = access(db, F_OK) ? 0 : db_int(db, "SELECT count(*) FROM run");
	return n < 0 ? 0 : n;
}

static void test_kills(const char *name, int reps, int whole_group, uint64_t seed)
{
	char db[128], whole[128], why[100], text[160];
	int i, alive, stray = 0, partial = 0, backwards = 0;
	int64_t before = 0, now, all;

	snprintf(db, sizeof(db), "%s/%s.db", dir, name);
	snprintf(whole, sizeof(whole), "%s/%s-whole.db", dir, name);
	is_int(run(whole, 0, reps), 0, "uninterrupted");
	all = db_int(whole, "SELECT count(*) FROM run");
	for (i = 0; i < KILLS; i++) {
		int us = (int)(hash_mix(seed, (uint64_t)i) % 8000);

		/* Every third one early, while the tables are being made. */
		now = kill_after(db, reps, us, i % 3 ? before : -1, whole_group, &alive);
		stray += alive;
		backwards += now < before;
		partial += now > 0 && now < all;
		before = now > before ? now : before;
	}
	snprintf(text, sizeof(text), "%s: no process survives", name);
	is_int(stray, 0, text);
	is_int(backwards, 0, "what was committed stays");
	printf("# %lld of %lld runs after %d kills, %d of them in the middle\n",
	       (long long)before, (long long)all, KILLS, partial);
	ok(partial > 0, "some kills hit a study that was half done");
	is_int(run(db, 0, reps), 0, "the same command goes on");
	if (!ok(db_differences(whole, db, why, sizeof(why)) == 0,
		"and the database equals an uninterrupted one"))
		printf("#   %s\n", why);
	is_str(db_text(db, "PRAGMA integrity_check", text, sizeof(text)), "ok", "sound");
}

/* The parent dies while its workers hang in a run: nobody else would end them. */
static void test_hanging_orphans(void)
{
	static const char *const hang[] = { "hang" };
	struct synthetic s = { "orphans", hang, 1, 2, 9, 0, "" };
	struct run_options o = { .jobs = 2, .quiet = 1 };
	struct run_source source;
	struct run_job job;
	struct run_summary out;
	char db[128];
	struct err e;
	pid_t pid;

	snprintf(db, sizeof(db), "%s/orphans.db", dir);
	o.db = db;
	fflush(stdout);
	pid = fork();
	if (!pid) {
		setpgid(0, 0);
		synthetic_job(&s, &source, &job, 2);
		_exit(run_sources(&job, &o, &out, &e));
	}
	setpgid(pid, pid);
	wait_for_progress(db, 1);	/* both have done replication 1 */
	usleep(50000);
	ok(group_alive(pid) >= 3, "parent, zygote and workers");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	wait_for_silence(pid);
	if (!ok(group_alive(pid) == 0, "none of them outlives the parent"))
		kill(-pid, SIGKILL);
}

int main(void)
{
	uint64_t seed = tap_seed((uint64_t)time(NULL));
	char clean[100];

	test_directory(dir, sizeof(dir), "kill");
	mkdir(dir, 0777);
	test_kills("group", REPS, 1, seed);
	test_kills("parent", REPS, 0, seed + 1);
	test_kills("sequential", 0, 1, seed + 2);
	test_hanging_orphans();
	snprintf(clean, sizeof(clean), "rm -rf %s", dir);
	if (system(clean))
		printf("# %s stays\n", dir);
	return tap_done();
}
