/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The database and a hostile world: foreign files, truncation, a second
 * writer, no permission, a full disk, a writer that died, memory that runs
 * out at every single allocation (ours and SQLite's).
 */
#include <fcntl.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/base/alloc.h"
#include "sim/base/hash.h"
#include "sim/base/tap.h"
#include "sim/store/store.h"
#include "sim/store/t/dbcompare.h"

static char dir[64];

static const char *path(const char *name)
{
	static char buf[8][128];
	static int k;

	k = (k + 1) % 8;
	snprintf(buf[k], sizeof(buf[k]), "%s/%s", dir, name);
	return buf[k];
}

static const struct store_metric_def defs[] = { { "delay", "ns", "tally", "lower", "" } };

/* Catalogue, study, configuration and one run; 0, or -1 with @e. */
static int write_one(struct store *s, uint32_t replication, struct err *e)
{
	static const char *const designs[] = { "a" };
	struct store_study study = {
		.name = "s", .question = "q", .version = "1", .model_hash = "m",
		.math_probe = "p", .source = "", .resolved = "{}",
		.not_modelled = "", .command = "", .scenario_hash = 1,
		.design = designs, .n_designs = 1, .baseline = "a",
	};
	struct store_config row = { .design = "a", .resolved = "{}", .config_hash = 1 };
	struct result r;
	int64_t id, config;
	int ret;

	result_init(&r);
	r.reason = mem_strdup("");
	r.replay = mem_strdup("replay");
	r.failed = !r.reason || !r.replay;
	result_add_metric(&r, 0, "");
	result_add_count(&r, "I1", 0, 1);
	ret = store_begin(s, e);
	if (!ret) {
		ret = store_put_metric_defs(s, defs, 1, e) || store_put_study(s, &study, &id, e) ||
		      store_put_config(s, id, &row, &config, e) || store_commit(s, e) ? -1 : 0;
		if (ret)
			store_rollback(s);
	}
	if (!ret)
		ret = store_put_run(s, config, replication, &r, NULL, e);
	result_free(&r);
	return ret;
}

static void make_good(const char *name)
{
	struct store *s;
	struct err e = { 0 };

	if (store_open(name, &s, &e) || write_one(s, 1, &e) || store_close(s, &e))
		printf("# %s\n", e.text);
}

static void make_file(const char *name, const void *bytes, size_t n)
{
	FILE *f = fopen(name, "wb");

	if (!f || fwrite(bytes, 1, n, f) != n || fclose(f))
		printf("# cannot make %s\n", name);
}

static void make_sqlite(const char *name, const char *sql)
{
	sqlite3 *db;

	if (sqlite3_open(name, &db) || sqlite3_exec(db, sql, NULL, NULL, NULL))
		printf("# cannot make %s\n", name);
	sqlite3_close(db);
}

static uint64_t file_hash(const char *name)
{
	uint64_t h = 1;
	char buf[4096];
	FILE *f = fopen(name, "rb");
	size_t n;

	while (f && (n = fread(buf, 1, sizeof(buf), f)) > 0)
		h = hash_mem(buf, n, h);
	if (f)
		fclose(f);
	return h;
}

/* Neither writer nor reader takes it, both say @text, and no byte changes. */
static void is_refused(const char *name, const char *text)
{
	uint64_t before = file_hash(name);
	struct store *s;
	sqlite3 *db;
	struct err e = { 0 }, f = { 0 };
	char what[300];

	snprintf(what, sizeof(what), "%s: writer refuses: %s", strrchr(name, '/') + 1, text);
	ok(store_open(name, &s, &e) == -1 && e.code == EX_ENVIRONMENT && strstr(e.text, text), what);
	snprintf(what, sizeof(what), "%s: reader refuses: %s", strrchr(name, '/') + 1, text);
	ok(store_open_readonly(name, &db, &f) == -1 && f.code == EX_ENVIRONMENT &&
	   strstr(f.text, text), what);
	if (!strstr(e.text, text) || !strstr(f.text, text))
		printf("#   writer: %s\n#   reader: %s\n", e.text, f.text);
	ok(!s && !db && file_hash(name) == before, "and leaves it alone");
}

static void test_foreign(void)
{
	make_file(path("text"), "results of my experiment\n", 25);
	is_refused(path("text"), "not an SQLite database");
	make_file(path("short"), "SQL", 3);
	is_refused(path("short"), "not an SQLite database");
	make_sqlite(path("other"), "CREATE TABLE t(x)");
	is_refused(path("other"), "not a results database");
	make_good(path("newer"));
	make_sqlite(path("newer"), "PRAGMA user_version=3");
	is_refused(path("newer"), "newer than this program's");
	make_good(path("trigger"));
	make_sqlite(path("trigger"), "CREATE TRIGGER evil AFTER INSERT ON run BEGIN DELETE FROM log; END");
	is_refused(path("trigger"), "not those of a results database");
	make_good(path("view"));
	make_sqlite(path("view"), "DROP TABLE log; CREATE VIEW log AS SELECT 1 AS utc");
	is_refused(path("view"), "not those of a results database");
}

static void test_damaged(void)
{
	static const off_t sizes[] = { 100, 4096, 5000, 40960 };
	struct store *s;
	sqlite3 *db;
	struct err e = { 0 };
	int i;

	for (i = 0; i < 4; i++) {
		make_good(path("cut"));
		if (truncate(path("cut"), sizes[i]))
			printf("# truncate\n");
		is_refused(path("cut"), "truncated or damaged");
		unlink(path("cut"));
	}
	make_file(path("empty"), "", 0);
	ok(store_open_readonly(path("empty"), &db, &e) == -1 && strstr(e.text, "empty file"),
	   "an empty file cannot be read");
	is_int(store_open(path("empty"), &s, &e), 0, "but written: it is a new one");
	is_int(store_close(s, &e), 0, "close");
	ok(store_open_readonly(path("missing"), &db, &e) == -1 && e.code == EX_ENVIRONMENT &&
	   strstr(e.text, "No such file"), "a missing file");
	ok(access(path("missing"), F_OK) != 0, "is not created by a reader");
	ok(store_open_readonly(dir, &db, &e) == -1 && strstr(e.text, "not a regular file"), "a directory");
	ok(store_open(dir, &s, &e) == -1 && e.code == EX_ENVIRONMENT, "nor written");
	ok(store_open(path("text/x.db"), &s, &e) == -1 && strstr(e.text, "Not a directory"),
	   "a file where a directory should be");
}

static void test_second_writer(void)
{
	const char *name = path("one");
	struct store *s, *t;
	sqlite3 *db;
	struct err e = { 0 };
	int64_t count[NR_RUN_STATUS];

	is_int(store_open(name, &s, &e), 0, "a writer");
	is_int(store_open(name, &t, &e), -1, "a second one");
	ok(e.code == EX_ENVIRONMENT && strstr(e.text, "another process is writing"), e.text);
	is_int(write_one(s, 1, &e), 0, "the first one goes on");
	is_int(store_open_readonly(name, &db, &e), 0, "a reader meanwhile");
	ok(!store_run_counts(db, count, &e) && count[RUN_OK] == 1, "sees what is committed");
	is_int(write_one(s, 2, &e), 0, "and does not stop the writer");
	is_int(store_close(s, &e), 0, "nor its close");
	ok(!store_run_counts(db, count, &e) && count[RUN_OK] == 2, "the reader sees the rest");
	sqlite3_close(db);
	is_int(store_open(name, &t, &e), 0, "then the second writer may");
	is_int(store_close(t, &e), 0, "close");
	ok(access(path("one-wal"), F_OK) != 0, "no WAL stays");
}

/* A writer dies with its WAL in place: nothing committed is lost. */
static void test_dead_writer(void)
{
	const char *name = path("dead");
	struct store *s;
	sqlite3 *db;
	struct err e = { 0 };
	int status;
	pid_t pid = fork();

	if (!pid) {
		if (store_open(name, &s, &e) || write_one(s, 1, &e) || write_one(s, 2, &e) ||
		    store_begin(s, &e) || store_log(s, "half", "", &e))
			_exit(1);
		kill(getpid(), SIGKILL);
	}
	waitpid(pid, &status, 0);
	ok(WIFSIGNALED(status), "a writer is killed inside a transaction");
	ok(access(path("dead-wal"), F_OK) == 0, "its WAL is there");
	is_int(store_open_readonly(name, &db, &e), 0, "a reader");
	sqlite3_close(db);
	is_int(store_open(name, &s, &e), 0, "the next writer needs no help");
	is_int(store_close(s, &e), 0, "close");
	is_int(db_int(name, "SELECT count(*) FROM run"), 2, "both runs are there");
	is_int(db_int(name, "SELECT count(*) FROM log"), 0, "the half transaction is not");
}

/* As an ordinary user: root may write anywhere. */
static void read_only_child(const char *name, const char *folder)
{
	struct store *s;
	sqlite3 *db;
	struct err e = { 0 };
	int bad = 0;

	if (setgid(65534) || setuid(65534))
		_exit(99);
	bad |= store_open(name, &s, &e) != -1 || e.code != EX_ENVIRONMENT ||
	       !strstr(e.text, "ermission");
	bad |= (store_open_readonly(name, &db, &e) != 0) << 1;
	bad |= (!!access(folder, W_OK) != 1) << 2;
	_exit(bad);
}

static int run_read_only(const char *name, const char *folder)
{
	pid_t pid;
	int status;

	fflush(stdout);
	pid = fork();
	if (!pid)
		read_only_child(name, folder);
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void test_read_only(void)
{
	const char *name = path("ro/x.db"), *folder = path("ro");
	int ret;

	chmod(dir, 0755);
	make_good(name);
	chmod(name, 0444);
	chmod(folder, 0555);
	ret = run_read_only(name, folder);
	if (geteuid()) {
		printf("# not root: the read-only tests see this user's own files\n");
	}
	is_int(ret, 0, "read-only: readers read, writers are told");
	/* The same with the WAL mode left on, as after a copy of a live file. */
	chmod(folder, 0755);
	chmod(name, 0644);
	make_sqlite(name, "PRAGMA journal_mode=WAL");
	ok(access(path("ro/x.db-wal"), F_OK) != 0, "WAL mode without a WAL");
	chmod(name, 0444);
	chmod(folder, 0555);
	is_int(run_read_only(name, folder), 0, "is read as immutable");
	chmod(folder, 0755);
	make_file(path("ro/x.db-wal"), "unfinished", 10);
	chmod(folder, 0555);
	is_int(run_read_only(name, folder), 2, "with an unfinished WAL it is refused");
	chmod(folder, 0755);
}

/* The disk is full after @limit bytes: SIGXFSZ off, RLIMIT_FSIZE on. */
static int full_child(const char *name, rlim_t limit)
{
	struct rlimit r = { limit, limit };
	struct store *s;
	struct err e = { 0 };
	uint32_t i;

	signal(SIGXFSZ, SIG_IGN);
	if (setrlimit(RLIMIT_FSIZE, &r))
		return 99;
	if (store_open(name, &s, &e))
		return e.code == EX_ENVIRONMENT ? 1 : 50;
	for (i = 1; i < 3000; i++)
		if (write_one(s, i, &e))
			break;
	if (i == 3000 || e.code != EX_ENVIRONMENT)
		return 51;
	store_close(s, &e);
	return 2;
}

static void test_full_disk(void)
{
	static const rlim_t limits[] = { 10000, 100000, 200000, 300000 };
	int i, status, opened = 0, kept = 0;
	struct store *s;
	struct err e;
	int64_t n;
	pid_t pid;

	for (i = 0; i < 4; i++) {
		const char *name = path("full");

		fflush(stdout);
		pid = fork();
		if (!pid)
			_exit(full_child(name, limits[i]));
		waitpid(pid, &status, 0);
		ok(WIFEXITED(status) && WEXITSTATUS(status) < 50, "a file that may not grow: error, exit code 4");
		opened += WEXITSTATUS(status) == 2;
		if (access(name, F_OK))
			continue;
		memset(&e, 0, sizeof(e));
		is_int(store_open(name, &s, &e), 0, "with room again it opens");
		n = 0;
		if (s) {
			while (store_has_run(store_db(s), 0, 0, &e) == 0 && n < 1)
				n++;
			is_int(store_close(s, &e), 0, "and closes");
			n = db_int(name, "SELECT count(*) FROM run");
			is_int(db_int(name, "SELECT max(replication) FROM run"), n ? n : 0,
			       "every committed run is there");
			is_int(db_int(name, "SELECT count(*) FROM metric"), n, "whole");
		}
		kept += n > 0;
		unlink(name);
	}
	ok(opened > 0 && kept > 0, "some limits let runs through");
}

static void test_full_tmpfs(void)
{
	const char *mnt = path("tmpfs"), *name = path("tmpfs/x.db");
	struct store *s = NULL;
	struct err e = { 0 };
	uint32_t i = 1;

	mkdir(mnt, 0755);
	if (mount("tmpfs", mnt, "tmpfs", 0, "size=400k")) {
		printf("# no right to mount: full disk tested by RLIMIT_FSIZE only\n");
		return;
	}
	if (!store_open(name, &s, &e))
		while (i < 5000 && !write_one(s, i, &e))
			i++;
	ok(s && i > 1 && i < 5000, "a small file system fills up");
	ok(e.code == EX_ENVIRONMENT && strstr(e.text, "the disk is full"), e.text);
	store_close(s, &e);
	is_int(db_int(name, "SELECT count(*) FROM run"), i - 1, "what was committed is there");
	umount2(mnt, MNT_DETACH);
}

/* --- memory ------------------------------------------------------------------- */

static long sqlite_countdown;
static sqlite3_mem_methods sqlite_real;

static int sqlite_must_fail(void)
{
	return sqlite_countdown > 0 && --sqlite_countdown == 0;
}

static void *failing_malloc(int n)
{
	return sqlite_must_fail() ? NULL : sqlite_real.xMalloc(n);
}

static void *failing_realloc(void *p, int n)
{
	return sqlite_must_fail() ? NULL : sqlite_real.xRealloc(p, n);
}

static int open_and_write(const char *name)
{
	struct store *s;
	sqlite3 *db;
	struct err e = { 0 };
	int64_t count[NR_RUN_STATUS];
	int ret;

	ret = store_open(name, &s, &e);
	if (!ret) {
		ret = write_one(s, 1, &e);
		ret |= store_close(s, &e);
	}
	if (ret)
		return e.code == EX_ENVIRONMENT ? -1 : -2;
	ret = store_open_readonly(name, &db, &e);
	if (!ret) {
		ret = store_run_counts(db, count, &e);
		sqlite3_close(db);
	}
	return !ret ? 0 : e.code == EX_ENVIRONMENT ? -1 : -2;
}

/*
 * Fail the 1st, 2nd, ... 300th allocation, then every 29th, until there is
 * none left to fail.  SQLite may do without some (caches): such an attempt may
 * succeed.
 */
static void fault_loop(const char *what, void (*fail_at)(long), int (*fired)(long))
{
	int ret = -1, strange = 0, refused = 0, more = 1;
	char text[100];
	long n;

	for (n = 1; n < 50000 && more; n += n < 300 ? 1 : 29) {
		unlink(path("oom"));
		unlink(path("oom-wal"));
		unlink(path("oom-shm"));
		unlink(path("oom-journal"));
		fail_at(n);
		ret = open_and_write(path("oom"));
		more = fired(n);
		fail_at(0);
		strange += ret == -2;
		refused += ret == -1;
	}
	snprintf(text, sizeof(text), "%s: succeeds when nothing fails any more (about %ld allocations)", what, n);
	is_int(ret, 0, text);
	ok(refused > 8, "most failures were noticed");
	is_int(strange, 0, "each as an error of the environment");
	is_int(db_int(path("oom"), "SELECT count(*) FROM run"), 1, "the run is there");
}

static int mem_fired(long n)
{
	return mem_count() >= n;
}

static void sqlite_fail_at(long n)
{
	sqlite_countdown = n;
}

static int sqlite_fired(long n)
{
	(void)n;
	return sqlite_countdown == 0;
}

int main(void)
{
	sqlite3_mem_methods failing;
	char clean[100];

	tap_seed(0);
	sqlite3_config(SQLITE_CONFIG_GETMALLOC, &sqlite_real);
	failing = sqlite_real;
	failing.xMalloc = failing_malloc;
	failing.xRealloc = failing_realloc;
	sqlite3_config(SQLITE_CONFIG_MALLOC, &failing);
	sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0);
	test_directory(dir, sizeof(dir), "faults");
	mkdir(dir, 0777);
	test_foreign();
	test_damaged();
	test_second_writer();
	test_dead_writer();
	test_read_only();
	test_full_disk();
	test_full_tmpfs();
	fault_loop("our memory", mem_fail_at, mem_fired);
	fault_loop("SQLite's memory", sqlite_fail_at, sqlite_fired);
	snprintf(clean, sizeof(clean), "rm -rf %s", dir);
	if (system(clean))
		printf("# %s stays\n", dir);
	return tap_done();
}
