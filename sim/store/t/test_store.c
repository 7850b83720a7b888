/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Everything that goes into the database comes out again; identifiers depend
 * on content alone; refreshing, refusing, forgetting; migrations.
 */
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/base/alloc.h"
#include "sim/base/tap.h"
#include "sim/store/store_int.h"
#include "sim/store/t/dbcompare.h"

static char dir[64], db[100];

static const struct store_metric_def defs[] = {
	{ "delay", "ns", "tally", "lower", "how late" },
	{ "free.all", "ns", "tally", "lower", "when free" },
	{ "round", "rounds", "count", "neither", "how often" },
};

static const char *const designs[] = { "b", "a", "it's; --" };

static struct store_study study_row(void)
{
	static const struct store_study_metric m[] = { { "round", 0, 0 }, { "delay", 99, 1 } };

	return (struct store_study){
		.name = "`rm -rf`", .question = "why? \"quoted\"", .version = "0.1",
		.model_hash = "abc", .math_probe = "p1", .source = "name: x\n",
		.resolved = "{\"k\":[1,2]}", .not_modelled = "numa\n",
		.command = "shootdown run x", .scenario_hash = 0xfedcba9876543210u,
		.master_seed = -3, .design = designs, .n_designs = 3, .baseline = "a",
		.metric = m, .n_metrics = 2,
	};
}

static void fill_result(struct result *r)
{
	struct metric_row *m;

	result_init(r);
	r->status = RUN_VIOLATION;
	result_set_reason(r, "I1 'x'");
	r->replay = mem_strdup("shootdown run --set a='b c'");
	r->sim_time_ps = INT64_MAX;
	r->warmup_ps = 5;
	r->events = 123456789012;
	r->fingerprint = 0x8000000000000001u;
	m = result_add_metric(r, 0, "");
	m->value = 0.1;
	m->n = 3;
	m->sum = 1e300;
	m->sumsq = 5e-324;
	m->min = -0.0;
	m->max = 1.7976931348623157e308;
	result_add_metric(r, 1, "");			/* no observation */
	m = result_add_metric(r, 2, "primary");
	m->value = 7;
	result_add_histogram(r, 0, "", "\0\1\377", 3);
	result_add_violation(r, "I1", 42, 1, "page 7", "[{\"t\":1}]");
	result_add_violation(r, "I1", 43, 1, "page 8", "");
	result_add_violation(r, "I2", 44, 0, "page 9", "[]");
	result_add_count(r, "I1", 200, 1000);
	result_add_count(r, "I2", 1, 7);
	result_add_count(r, "I4", 0, 9);
}

static int seen_violations;
static void see_violation(void *arg, const char *invariant, int64_t count, int expected)
{
	(void)arg;
	if (!strcmp(invariant, "I1") && count == 200 && expected == 1)
		seen_violations |= 1;
	else if (!strcmp(invariant, "I2") && count == 1 && expected == 0)
		seen_violations |= 2;
	else
		seen_violations |= 4;
}

static int seen_runs;
static void see_run(void *arg, uint32_t rep, enum run_status status)
{
	(void)arg;
	seen_runs = seen_runs * 100 + (int)rep * 10 + (int)status;
}

static void is_sql(const char *sql, const char *want)
{
	char buf[400];

	is_str(db_text(db, sql, buf, sizeof(buf)), want, sql);
}

static void write_all(struct store *s, int64_t *config)
{
	const struct store_axis axis[] = {
		{ "unmap.length", "4KiB", "B", 4096, 0 }, { "kind", "fast", "", NAN, 2 },
	};
	const struct store_parameter param[] = {
		{ "machine.clock", "1", "Hz", "published", "m.yaml:3" },
	};
	struct store_config row = { "a", "{}", 0x0123456789abcdefu, axis, 2, param, 1 };
	struct store_study study = study_row();
	struct store_wall wall = { 55, 66, "host" };
	struct result r;
	struct err e = { 0 };
	int64_t id = 0;

	ok(!store_begin(s, &e) && !store_put_metric_defs(s, defs, 3, &e) &&
	   !store_put_study(s, &study, &id, &e) && !store_put_config(s, id, &row, config, &e) &&
	   !store_commit(s, &e), "catalogue, study, configuration");
	is_int(id, store_study_id(study.scenario_hash, "abc", -3), "the study's identifier is its content");
	is_int(*config, store_config_id(id, row.config_hash), "the configuration's too");
	fill_result(&r);
	is_int(store_put_run(s, *config, 1, &r, &wall, &e), 0, "a run");
	is_int(store_put_run(s, *config, 1, &r, &wall, &e), -1, "the same run again is an error");
	is_int(store_put_run(s, *config, 0, &r, NULL, &e), -1, "replication 0 is an error");
	r.status = RUN_CRASH;
	is_int(store_put_run(s, *config, 3, &r, NULL, &e), 0, "a failed run without wall clock");
	result_free(&r);
	is_int(store_put_claim(s, "S1.4", 0xab, "{\"id\":\"S1.4\"}", &e), 0, "claim");
	is_int(store_put_claim_study(s, "S1.4", "motivating", id, &e), 0, "its study");
	is_int(store_put_claim_study(s, "S1.4", "decorative", id, &e), -1, "an unknown role");
	is_int(store_put_claim(s, "S1.5", 1, "{", &e), -1, "a claim that is no JSON");
	row.config_hash++;
	row.resolved = "{";
	is_int(store_put_config(s, id, &row, &id, &e), -1, "a configuration that is no JSON");
	is_int(store_log(s, "run", "shootdown run", &e), 0, "log");
}

static void test_round_trip(void)
{
	unsigned char *bins;
	struct store *s;
	struct err e = { 0 };
	int64_t config, count[NR_RUN_STATUS], events, wall;
	uint32_t len;
	double v;

	is_int(store_open(db, &s, &e), 0, "a new database");
	write_all(s, &config);
	is_int(store_has_run(store_db(s), config, 1, &e), 1, "run 1 is there");
	is_int(store_has_run(store_db(s), config, 2, &e), 0, "run 2 is not");
	is_int(store_each_run(store_db(s), config, see_run, NULL, &e), 0, "list of runs");
	is_int(seen_runs, 1134, "1 violation, 3 crash");
	store_metric_value(store_db(s), config, 1, "delay", "", &v, &e);
	ok(v == 0.1, "a value comes back bit for bit");
	store_metric_value(store_db(s), config, 1, "free.all", "", &v, &e);
	ok(isnan(v), "no observation is NAN");
	store_metric_value(store_db(s), config, 3, "delay", "", &v, &e);
	ok(isnan(v), "a failed run has no observation");
	store_histogram(store_db(s), config, 1, "delay", "", &bins, &len, &e);
	ok(bins && len == 3 && !memcmp(bins, "\0\1\377", 3), "histogram bytes");
	mem_free(bins);
	store_each_violation(store_db(s), config, 1, see_violation, NULL, &e);
	is_int(seen_violations, 3, "violations with counts and expectation");
	store_run_counts(store_db(s), count, &e);
	ok(count[RUN_VIOLATION] == 1 && count[RUN_CRASH] == 1 && !count[RUN_OK], "counts by status");
	store_event_rate(store_db(s), &events, &wall, &e);
	ok(events == 123456789012 && wall == 55, "events and seconds");
	is_int(store_close(s, &e), 0, "close");
}

static void test_rows(void)
{
	is_sql("SELECT name || '|' || question || '|' || scenario_hash || '|' || master_seed FROM study",
	       "`rm -rf`|why? \"quoted\"|fedcba9876543210|-3");
	is_sql("SELECT group_concat(design || baseline, ',') FROM study_design ORDER BY ordinal",
	       "b0,a1,it's; --0");
	is_sql("SELECT group_concat(metric || quantile || is_primary, ',') FROM study_metric", "round00,delay991");
	is_sql("SELECT config_hash || design || resolved FROM config", "0123456789abcdefa{}");
	is_sql("SELECT group_concat(path || '=' || value || ' ' || ifnull(number,'-') || ' ' || unit "
	       "|| ordinal, ', ') FROM axis", "kind=fast - 2, unmap.length=4KiB 4096.0 B0");
	is_sql("SELECT path || value || unit || origin || given_at FROM parameter",
	       "machine.clock1Hzpublishedm.yaml:3");
	is_sql("SELECT status || '|' || reason || '|' || replay || '|' || sim_ps || '|' || warmup_ps "
	       "|| '|' || events || '|' || fingerprint FROM run WHERE replication=1",
	       "violation|I1 'x'|shootdown run --set a='b c'|9223372036854775807|5|123456789012|8000000000000001");
	is_sql("SELECT wall_ns || ' ' || max_rss || ' ' || host FROM run_wall", "55 66 host");
	is_sql("SELECT count(*) FROM metric WHERE value IS NULL AND sum IS NULL AND n=0", "2");
	is_sql("SELECT count(*) FROM metric WHERE sum=1e300 AND sumsq=5e-324 AND max=1.7976931348623157e308", "2");
	is_sql("SELECT hex(bins) FROM histogram", "0001FF");
	is_sql("SELECT group_concat(ordinal || invariant || v.sim_ps || expected || summary || steps, ' ') "
	       "FROM violation v JOIN run r ON r.id=v.run WHERE replication=1",
	       "0I1421page 7[{\"t\":1}] 1I1431page 8[] 2I2440page 9[]");
	is_sql("SELECT group_concat(invariant || ':' || count || '/' || operations, ' ') FROM violation_count "
	       "v JOIN run r ON r.id=v.run WHERE replication=1", "I1:200/1000 I2:1/7 I4:0/9");
	is_sql("SELECT id || claim_hash || body FROM claim", "S1.400000000000000ab{\"id\":\"S1.4\"}");
	is_sql("SELECT claim || role FROM claim_study", "S1.4motivating");
	is_sql("SELECT what || detail FROM log", "runshootdown run");
	is_sql("PRAGMA journal_mode", "delete");
	is_sql("PRAGMA integrity_check", "ok");
	is_sql("SELECT count(*) FROM pragma_foreign_key_check", "0");
}

static void test_refresh(void)
{
	struct store_study row = study_row();
	struct store_metric_def changed = defs[0];
	struct store *s;
	struct err e = { 0 };
	int64_t id, config;

	is_int(store_open(db, &s, &e), 0, "open again");
	row.question = "new words";
	row.version = "0.2";
	row.n_designs = 2;
	is_int(store_put_study(s, &row, &id, &e), 0, "the same study again");
	is_int(store_put_metric_defs(s, defs, 3, &e), 0, "the same catalogue");
	row.math_probe = "p2";
	is_int(store_put_study(s, &row, &id, &e), -1, "another mathematics library is refused");
	is_int(e.code, EX_ENVIRONMENT, "exit code 4");
	changed.unit = "us";
	is_int(store_put_metric_defs(s, &changed, 1, &e), -1, "a metric that changed its unit is refused");
	ok(strstr(e.text, "metric delay was a tally in ns there and is a tally in us now"), e.text);
	store_put_metric_defs(s, defs, 3, &e);
	config = store_config_id(id, 0x0123456789abcdefu);
	is_int(store_delete_run(s, config, 1, &e), 0, "forget a run");
	is_int(store_close(s, &e), 0, "close");
	is_sql("SELECT question || version FROM study", "new words0.1");
	is_sql("SELECT count(*) FROM study_design", "2");
	is_sql("SELECT count(*) FROM run", "1");
	is_sql("SELECT (SELECT count(*) FROM metric) || (SELECT count(*) FROM violation) "
	       "|| (SELECT count(*) FROM run_wall)", "330");
}

static void test_migrations(void)
{
	static const struct migration steps[] = {
		{ 2, "CREATE TABLE t2(x)" },
		{ 3, "CREATE TABLE t3(x); INSERT INTO t2 VALUES(5)" },
		{ 4, "CREATE TABLE t4(x); CREATE TABLE t4(x)" },
		{ 0, NULL },
	};
	struct err e = { 0 };
	int64_t v;
	sqlite3 *m;

	sqlite3_open(":memory:", &m);
	sqlite3_exec(m, "PRAGMA user_version=1", NULL, NULL, NULL);
	is_int(schema_migrate(m, "m", steps, 3, &e), 0, "two steps");
	store_query_int(m, "m", "PRAGMA user_version", &v, &e);
	is_int(v, 3, "version 3");
	store_query_int(m, "m", "SELECT x FROM t2", &v, &e);
	is_int(v, 5, "in order");
	is_int(schema_migrate(m, "m", steps, 4, &e), -1, "a step that fails");
	store_query_int(m, "m", "PRAGMA user_version", &v, &e);
	is_int(v, 3, "changes nothing");
	store_query_int(m, "m", "SELECT count(*) FROM sqlite_schema WHERE name='t4'", &v, &e);
	is_int(v, 0, "not even half");
	is_int(schema_migrate(m, "m", &steps[3], 9, &e), -1, "no step to version 9");
	ok(strstr(e.text, "no way from database version"), e.text);
	sqlite3_close(m);
}

/* Turns a database of version 2 back into one of version 1. */
static const char back_to_1[] =
	"PRAGMA foreign_keys = 0; BEGIN; DROP TABLE question;"
	"CREATE TABLE keep AS SELECT * FROM run; DROP TABLE run;"
	"CREATE TABLE run(id INTEGER PRIMARY KEY,\n"
	"  config INTEGER NOT NULL REFERENCES config(id),\n"
	"  replication INTEGER NOT NULL CHECK(replication >= 1),\n"
	"  status TEXT NOT NULL CHECK(status IN ('ok','violation','deadlock',\n"
	"    'assertion','crash','timeout','memory')),\n"
	"  reason TEXT NOT NULL, replay TEXT NOT NULL, sim_ps INTEGER NOT NULL,\n"
	"  warmup_ps INTEGER NOT NULL, events INTEGER NOT NULL,\n"
	"  fingerprint TEXT NOT NULL, UNIQUE(config, replication)) STRICT;"
	"INSERT INTO run SELECT * FROM keep; DROP TABLE keep;"
	"PRAGMA user_version = 1; COMMIT";

static void test_from_version_1(void)
{
	char command[300], old[120], why[200] = "";
	struct store *s = NULL;
	struct err e = { 0 };
	struct result r;
	int64_t config;
	sqlite3 *q = NULL;

	snprintf(old, sizeof(old), "%s/old.db", dir);
	snprintf(command, sizeof(command), "cp %s %s", db, old);
	ok(!system(command) && !sqlite3_open(old, &q) &&
	   !sqlite3_exec(q, back_to_1, NULL, NULL, NULL), "a database of version 1");
	sqlite3_close(q);
	config = db_int(old, "SELECT config FROM run LIMIT 1");
	is_int(store_open_readonly(old, &q, &e), -1, "a reader does not migrate");
	ok(strstr(e.text, "'run' brings it up to date"), e.text);
	is_int(store_open(old, &s, &e), 0, "the writer brings it to the present version");
	fill_result(&r);
	r.status = RUN_OOM;
	ok(s && !store_put_metric_defs(s, defs, 3, &e) &&
	   !store_put_run(s, config, 9, &r, NULL, &e), "which knows 'oom'");
	result_free(&r);
	ok(s && !store_put_question(s, "q", 1, "{}", &e), "and questions");
	ok(s && !store_delete_run(s, config, 9, &e) &&
	   !sqlite3_exec(store_db(s), "DELETE FROM question", NULL, NULL, NULL), "without them");
	is_int(store_close(s, &e), 0, "closed");
	is_int(db_differences(db, old, why, sizeof(why)), 0, "everything of version 1 is still there");
	is_int(db_int(old, "SELECT count(*) FROM pragma_foreign_key_check"), 0, "and hangs together");
}

/* A writer that comes at the same moment: opens, or fails without harm. */
static int come(const char *path, int gate)
{
	struct store *s;
	struct err e = { 0 };
	char c;

	if (read(gate, &c, 1))		/* end of file: all are here */
		return 2;
	if (store_open(path, &s, &e))
		return 1;
	return store_put_metric_defs(s, defs, 3, &e) || store_close(s, &e) ? 3 : 0;
}

/* Several open one new file at once: who lost the race must not remove it. */
static void test_one_moment(void)
{
	char path[120];
	int lost = 0, nobody = 0;

	snprintf(path, sizeof(path), "%s/moment.db", dir);
	for (int round = 0; round < 150; round++) {
		int gate[2], status, opened = 0;
		struct stat st;

		unlink(path);
		if (pipe(gate))
			break;
		for (int i = 0; i < 4; i++) {
			if (fork())
				continue;
			close(gate[1]);
			_exit(come(path, gate[0]));
		}
		close(gate[0]);
		close(gate[1]);
		while (wait(&status) > 0) {
			opened += status == 0;
			lost += WIFEXITED(status) && WEXITSTATUS(status) == 3;
		}
		nobody += !opened;
		lost += opened && (stat(path, &st) || st.st_size == 0);
	}
	is_int(lost, 0, "opened at one moment: what was written is there");
	is_int(nobody, 0, "opened at one moment: one of them is the writer");
}

int main(void)
{
	char clean[100];

	tap_seed(0);
	test_directory(dir, sizeof(dir), "store");
	snprintf(db, sizeof(db), "%s/a/b/results.db", dir);
	test_round_trip();
	test_rows();
	test_refresh();
	test_migrations();
	test_from_version_1();
	test_one_moment();
	snprintf(clean, sizeof(clean), "rm -rf %s", dir);
	if (system(clean))
		printf("# %s stays\n", dir);
	return tap_done();
}
