/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Databases with known contents; see synthetic.h. */
#include "analysis/t/synthetic.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/store/store.h"

static void give_up(const char *what)
{
	printf("Bail out! %s\n", what);
	exit(1);
}

void synthetic_open(struct synthetic *s, const char *path)
{
	struct store *store;
	struct err e;

	unlink(path);
	if (store_open(path, &store, &e) || store_close(store, &e))
		give_up(e.text);
	if (sqlite3_open(path, &s->sql) != SQLITE_OK)
		give_up(path);
	s->next = 1;
	s->noise = 12345;
	synthetic_sql(s, "BEGIN");
}

void synthetic_close(struct synthetic *s)
{
	synthetic_sql(s, "COMMIT");
	sqlite3_close(s->sql);
}

void synthetic_sql(struct synthetic *s, const char *fmt, ...)
{
	char *text, *why = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = sqlite3_vmprintf(fmt, ap);
	va_end(ap);
	if (sqlite3_exec(s->sql, text, NULL, NULL, &why) != SQLITE_OK) {
		printf("# %s\n", text);
		give_up(why);
	}
	sqlite3_free(text);
}

int64_t synthetic_study(struct synthetic *s, const char *name, const char *question,
			const char *designs)
{
	int64_t id = s->next++;
	char *list = strdup(designs), *rest = NULL;
	int n = 0;

	synthetic_sql(s, "INSERT INTO study VALUES(%lld, %Q, %Q, '0.1.0', '9f3c21ab77', "
		      "'%lld', 1, 'probe', 'source', '{\"machine\":{\"name\":\"x86-2008-9x4\"},"
		      "\"kernel\":{\"name\":\"linux-2.6.27\"}}', "
		      "'NUMA migration, huge pages, scheduler preemption', "
		      "'shootdown run scenarios/' || %Q || '.yaml --seed 1 --reps 10')",
		      (long long)id, name, question, (long long)id, name);
	for (char *g = strtok_r(list, ",", &rest); g; g = strtok_r(NULL, ",", &rest), n++)
		synthetic_sql(s, "INSERT INTO study_design VALUES(%lld, %d, %Q, %d)",
			      (long long)id, n, g, n == 0);
	free(list);
	return id;
}

void synthetic_metric(struct synthetic *s, int64_t study, const char *name,
		      const char *unit, const char *kind, const char *better, int primary)
{
	synthetic_sql(s, "INSERT OR IGNORE INTO metric_def VALUES(%lld, %Q, %Q, %Q, %Q, "
		      "'what ' || %Q || ' means')", (long long)s->next++, name, unit, kind,
		      better, name);
	synthetic_sql(s, "INSERT INTO study_metric SELECT %lld, count(*), %Q, 0, %d "
		      "FROM study_metric WHERE study = %lld", (long long)study, name, primary,
		      (long long)study);
}

static void add_axis(struct synthetic *s, int64_t config, char *text)
{
	char *equals = strchr(text, '='), *end;
	double number = strtod(equals + 1, &end);
	int pages = !strncmp(end, "page", 4);

	*equals = '\0';
	if (end == equals + 1) {
		synthetic_sql(s, "INSERT INTO axis VALUES(%lld, %Q, %Q, NULL, '', 0)",
			      (long long)config, text, equals + 1);
		return;
	}
	/* The place in the sweep: here simply the number itself. */
	synthetic_sql(s, "INSERT INTO axis VALUES(%lld, %Q, %Q, %!.17g, %Q, %d)",
		      (long long)config, text, equals + 1, pages ? number * 4096 : number,
		      pages ? "B" : "", (int)number);
}

int64_t synthetic_config(struct synthetic *s, int64_t study, const char *design,
			 const char *axes)
{
	int64_t id = s->next++;
	char *list = strdup(axes), *rest = NULL;

	synthetic_sql(s, "INSERT INTO config VALUES(%lld, %lld, %Q, '%lld', '{}')",
		      (long long)id, (long long)study, design, (long long)id);
	for (char *a = strtok_r(list, ";", &rest); a; a = strtok_r(NULL, ";", &rest))
		add_axis(s, id, a);
	free(list);
	return id;
}

int64_t synthetic_run(struct synthetic *s, int64_t config, int replication,
		      const char *status)
{
	int64_t id = s->next++;

	synthetic_sql(s, "INSERT INTO run VALUES(%lld, %lld, %d, %Q, '', "
		      "'shootdown run scenarios/x.yaml --seed 1 --reps %d', 1000, 0, 10, 'f')",
		      (long long)id, (long long)config, replication, status, replication);
	return id;
}

void synthetic_value(struct synthetic *s, int64_t run, const char *metric,
		     const char *label, double value)
{
	char text[40] = "NULL";

	if (!isnan(value))
		snprintf(text, sizeof(text), "%.17g", value);
	synthetic_sql(s, "INSERT INTO metric SELECT %lld, id, %Q, %s, 1, NULL, NULL, NULL, NULL "
		      "FROM metric_def WHERE name = %Q", (long long)run, label, text, metric);
}

void synthetic_claim(struct synthetic *s, const char *id, const char *body,
		     const char *role, int64_t study)
{
	synthetic_sql(s, "INSERT OR IGNORE INTO claim VALUES(%Q, 'h', %Q)", id, body);
	synthetic_sql(s, "INSERT INTO claim_study VALUES(%Q, %Q, %lld)", id, role,
		      (long long)study);
}

void synthetic_series(struct synthetic *s, int64_t config, const char *metric,
		      const double *value, int n)
{
	for (int i = 0; i < n; i++)
		synthetic_value(s, synthetic_run(s, config, i + 1, "ok"), metric, "", value[i]);
}

double synthetic_noise(struct synthetic *s)
{
	s->noise = s->noise * 6364136223846793005u + 1442695040888963407u;
	return (double)(s->noise >> 11) / 4503599627370496.0 - 1;
}

struct shape {
	const char *design;
	int batch;		/* flush after that many sptes; 0: once */
	double per_page;	/* ns */
	int holds, unsafe;
};

static void range_run(struct synthetic *s, const struct shape *g, int64_t config,
		      int replication, int vcpus, int pages, double load)
{
	int64_t run = synthetic_run(s, config, replication, g->unsafe && pages >= 506 ?
				    "violation" : "ok");
	double rounds = g->holds ? 0 : g->batch ? (pages + g->batch - 1) / g->batch : 1;
	double latency = (2000 + g->per_page * pages + rounds * (800 + 150 * vcpus)) *
			 (1 + 0.05 * load + 0.01 * synthetic_noise(s));
	int bad = g->unsafe && pages >= 506;

	synthetic_value(s, run, "unmap.latency", "", latency);
	synthetic_value(s, run, "round", "primary", 1);
	synthetic_value(s, run, "round", "secondary", rounds);
	synthetic_value(s, run, "free.all", "", g->holds ? NAN : latency * 1.1);
	synthetic_value(s, run, "guest.throughput", "", 900 - 0.00001 * latency * vcpus +
			synthetic_noise(s));
	synthetic_sql(s, "INSERT INTO violation_count VALUES(%lld, 'I1', %d, %d), "
		      "(%lld, 'I2', 0, %d)", (long long)run, bad ? 3 : 0, pages,
		      (long long)run, pages / 2);
	if (bad)
		synthetic_sql(s, "INSERT INTO violation VALUES(%lld, 0, 'I1', 123456789, 1, "
			"'page 17 freed while CPU 2 can reach it through spte 0x11000', "
			"'[{\"t\":100000,\"cpu\":0,\"who\":\"vmm\",\"what\":\"zap_pte_range: "
			"ptep_get_and_clear va 0x11000\"},{\"t\":160500,\"cpu\":2,\"who\":\"vcpu0\","
			"\"what\":\"guest access through spte 0x11000\"},{\"t\":240000,\"cpu\":0,"
			"\"who\":\"vmm\",\"what\":\"flush_tlb_mm: 1 target\"},{\"t\":250000,\"cpu\":1,"
			"\"who\":\"irq\",\"what\":\"smp_invalidate_interrupt\"},{\"t\":400000,"
			"\"cpu\":0,\"who\":\"vmm\",\"what\":\"free_pages_and_swap_cache: page 17\"}]')",
			(long long)run);
}

void synthetic_range_study(struct synthetic *s, const char *name, int replications)
{
	static const struct shape shapes[] = {
		{ "none-pin", 0, 90, 1, 0 }, { "andrea-v7", 8, 210, 0, 0 },
		{ "andrea-v7", 64, 210, 0, 0 }, { "rusty-minimal", 1, 190, 0, 0 },
		{ "merged-2.6.27", 0, 180, 0, 0 },
		{ "merged-2.6.27-as-released", 0, 182, 0, 0 },
		{ "busted-no-start", 0, 175, 0, 1 },
	};
	static const int pages[] = { 1, 8, 64, 506, 512, 1024, 4096 }, vcpus[] = { 1, 4, 16 };
	int64_t study = synthetic_study(s, name, "When memory that a KVM guest has mapped is "
		"unmapped, how many flush rounds does each design pay?", "none-pin,andrea-v7,"
		"rusty-minimal,merged-2.6.27,merged-2.6.27-as-released,busted-no-start");

	synthetic_metric(s, study, "unmap.latency", "ns", "tally", "lower", 1);
	synthetic_metric(s, study, "round", "rounds", "count", "lower", 0);
	synthetic_metric(s, study, "free.all", "ns", "tally", "lower", 0);
	synthetic_metric(s, study, "guest.throughput", "visits/ms", "rate", "higher", 0);
	for (int i = 0; i < 7 * 7 * 3; i++) {
		const struct shape *g = &shapes[i / 21];
		int n = pages[i % 21 / 3], v = vcpus[i % 3];
		char axes[200];
		int64_t config;

		snprintf(axes, sizeof(axes), "threads.vcpu.count=%d;threads.vmm.loop.unmap."
			 "length=%dpage%s%s%d", v, n, n > 1 ? "s" : "",
			 !strcmp(g->design, "andrea-v7") ? ";design.protocol.kvm.put.batch=" : ";x=",
			 g->batch);
		if (strstr(axes, ";x="))
			*strstr(axes, ";x=") = '\0';
		config = synthetic_config(s, study, g->design, axes);
		/* The load of a replication is common to all designs: pairing pays. */
		for (int r = 1; r <= replications; r++)
			range_run(s, g, config, r, v, n, (r * 7 % 11 - 5) / 5.0);
	}
}
