/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sentences about a study that mail and Markdown share: is it complete, what
 * was set on the command line, what is estimated, what is left out, and how
 * its cells are read.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/format.h"
#include "analysis/report_int.h"

const char *count_text(struct database *d, int64_t n, const char *what)
{
	return text_of(d, "%lld %s%s", (long long)n, what, n == 1 ? "" : "s");
}

const char *incomplete_text(struct dataset *s)
{
	/* A shard or an interrupted run has not stored all that were planned. */
	int planned = (int)database_integer(s->d, "SELECT json_extract(resolved, '$.points') "
					    "FROM study WHERE id = ?", "i", s->id);
	int all = planned > s->n_configs ? planned : s->n_configs;
	int least = 0, most = 0, none = all - s->n_configs;
	const char *range;

	if (s->samples)
		return s->runs >= planned ? "" : text_of(s->d, "INCOMPLETE: %d of %d samples ran",
							 s->runs, planned);
	for (int i = 0; i < s->n_configs; i++) {
		int n = s->config[i].runs;

		none += !n;
		least = n && (!least || n < least) ? n : least;
		most = n > most ? n : most;
	}
	if (least == most && !none)
		return "";
	range = least == most ? count_text(s->d, most, "replication") :
		text_of(s->d, "%d to %d replications", least, most);
	/* Who asks for a precision gets as many as each configuration needs. */
	if (!none && strstr(s->command, "--precision"))
		return text_of(s->d, "Configurations have %s (--precision)", range);
	return text_of(s->d, "INCOMPLETE: configurations have %s%s", range,
		       none ? text_of(s->d, ", %d of %d have none", none, all) : "");
}

/* "90000ps" as "90ns": stored values count in the smallest unit. */
static const char *set_value(struct database *d, const char *value, const char *unit)
{
	static const struct { const char *from; int64_t by; const char *to; } table[] = {
		{ "ps", 1000000000, "ms" }, { "ps", 1000000, "us" }, { "ps", 1000, "ns" },
		{ "B", 1048576, "MiB" }, { "B", 1024, "KiB" },
	};
	char *end;
	int64_t n = strtoll(value, &end, 10);

	for (size_t i = 0; !*end && n && i < sizeof(table) / sizeof(table[0]); i++) {
		if (!strcmp(unit, table[i].from) && n % table[i].by == 0)
			return text_of(d, "%lld%s", (long long)(n / table[i].by), table[i].to);
	}
	return text_of(d, "%s%s", value, unit);
}

const char *changed_text(struct dataset *s)
{
	static const char sql[] =
		"SELECT p.path, min(p.value), min(p.unit), count(DISTINCT p.value) "
		"FROM parameter p JOIN config c ON c.id = p.config "
		"WHERE c.study = ? AND p.given_at = '--set' GROUP BY 1 ORDER BY 1";
	sqlite3_stmt *q = database_query(s->d, sql, "i", s->id);
	const char *text = "";

	while (database_step(s->d, q)) {
		const char *path = column_text(s->d, q, 0);
		const char *value = set_value(s->d, column_text(s->d, q, 1),
					      column_text(s->d, q, 2));

		/* The point of a sweep of one value: as the user wrote it. */
		for (int i = 0; i < s->n_configs; i++) {
			for (int k = 0; k < s->config[i].n_axes; k++) {
				const struct axis *a = &s->config[i].axis[k];

				if (!strcmp(a->path, path) && !axis_absent(a))
					value = a->value;
			}
		}
		if (sqlite3_column_int(q, 3) > 1)
			value = text_of(s->d, "(%d values)", sqlite3_column_int(q, 3));
		text = text_of(s->d, "%s%s%s=%s", text, *text ? ", " : "", path, value);
	}
	database_done(s->d, q);
	return text_ascii(s->d, text);
}

static const char *count_estimates(struct dataset *s)
{
	static const char from[] =
		"SELECT count(DISTINCT p.path) FROM parameter p JOIN config c ON c.id = p.config "
		"WHERE c.study = ? AND p.path LIKE '%.costs.%'";
	int64_t all = database_integer(s->d, from, "i", s->id);
	int64_t guessed = database_integer(s->d, text_of(s->d, "%s AND p.origin LIKE 'estimate%%'",
							 from), "i", s->id);
	int64_t sampled = database_integer(s->d, "SELECT count(DISTINCT p.path) FROM parameter p "
		"JOIN config c ON c.id = p.config WHERE c.study = ? AND p.given_at = 'sample'", "i", s->id);

	if (!all)
		return "";
	if (sampled)
		return text_of(s->d, "%lld estimated parameters are sampled over their ranges",
			       (long long)sampled);
	return text_of(s->d, "%lld of %lld costs are estimates (list parameters)",
		       (long long)guessed, (long long)all);
}

const char *estimates_text(struct dataset *s)
{
	if (!s->estimates)
		s->estimates = count_estimates(s);
	return s->estimates;
}

const char *early_text(struct dataset *s)
{
	const char *text = "";
	int more = 0;

	for (int i = 0; i < s->n_configs; i++) {
		const struct configuration *c = &s->config[i];
		const char *axes = "";

		if (!c->oom && !c->timeout)
			continue;
		if (strlen(text) > 240) {
			more++;
			continue;
		}
		for (int k = 0; k < c->n_axes; k++)
			if (!axis_absent(&c->axis[k]))
				axes = text_of(s->d, "%s %s=%s", axes, c->axis[k].name, c->axis[k].value);
		text = text_of(s->d, "%s%s%s%s, %s of %s", text, *text ? "; " : "", c->design, axes,
			       !c->timeout ? text_of(s->d, "%d oom", c->oom) :
			       !c->oom ? text_of(s->d, "%d timeout", c->timeout) :
			       text_of(s->d, "%d oom, %d timeout", c->oom, c->timeout),
			       count_text(s->d, c->runs, "run"));
	}
	if (more)
		text = text_of(s->d, "%s; and at %d more points", text, more);
	return text;
}

int has_clause(const struct dataset *s, const char *line, size_t n)
{
	const char *p = s->not_modelled;

	while (*p) {
		size_t length = strcspn(p, "\n");

		if (length == n && !strncmp(p, line, n))
			return 1;
		p += length + (p[length] == '\n');
	}
	return 0;
}

const char *not_modelled_text(struct dataset *s, const struct dataset *but)
{
	const char *all = "";

	for (const char *p = s->not_modelled; *p; p += p[strcspn(p, "\n")] ?
	     strcspn(p, "\n") + 1 : strlen(p)) {
		size_t n = strcspn(p, "\n");
		struct dataset before = { .not_modelled = text_of(s->d, "%.*s",
			(int)(p - s->not_modelled), s->not_modelled) };

		if (n && !has_clause(&before, p, n) && !(but && has_clause(but, p, n)))
			all = text_of(s->d, "%s%s%.*s", all, *all ? "; " : "", (int)n, p);
	}
	return text_ascii(s->d, all);
}

const char *shortened_text(struct database *d, const char *s, size_t most, const char *rest)
{
	size_t n = most;

	if (strlen(s) <= most)
		return s;
	/* At the end of a clause, or else of a word. */
	while (n > most / 2 && strncmp(s + n, "; ", 2))
		n--;
	for (n = n > most / 2 ? n : most; n && s[n] != ' ' && s[n] != ';'; n--)
		;
	return text_of(d, "%.*s ... (%s has the whole list)", (int)n, s, rest);
}

int observed(struct dataset *s, const struct metric *m)
{
	for (int c = 0; c < s->n_configs; c++) {
		const double *x = dataset_series(s, c, m);

		for (int k = 0; k < s->replications; k++) {
			if (!isnan(x[k]))
				return 1;
		}
	}
	return 0;
}

const char *no_observation_text(struct dataset *s, struct metric **m, int n)
{
	const char *text = "";

	for (int i = 0; i < s->n_choices; i++) {
		const struct metric_choice *c = &s->choice[i];

		if (!dataset_metric_labelled(s->d, c->name, NULL, c->quantile))
			text = text_of(s->d, "%s%s%s", text, *text ? ", " : "", c->name);
	}
	for (int i = 0; i < n; i++) {
		if (!observed(s, m[i]))
			text = text_of(s->d, "%s%s%s", text, *text ? ", " : "", m[i]->title);
	}
	return text_ascii(s->d, text);
}

const char *legend_text(const struct layout *l, const char *baseline, const char *plus_minus,
			const char *tilde)
{
	struct database *d = l->s->d;
	const char *change = "";

	if (l->n_series > 1)
		change = text_of(d, "last, the change against %s (always the first): geometric "
				 "mean of paired ratios b/a - 1, or from 10 times on the ratio "
				 "itself (x12); where a value may be 0, the mean of paired "
				 "differences over the mean of a; without %% sign: absolute, the mean "
				 "difference in the unit of the table (a is 0; metrics in %%: "
				 "points); %s the 95%% interval of the change includes 0; = equal in "
				 "every replication; ? too few data (under %d replications); ",
				 baseline, tilde, FEWEST_PAIRS);
	if (l->s->comparable && l->n_series > 1)
		change = text_of(d, "%s# not compared: %s differs by more than %g%%; ", change,
				 l->s->comparable, 100 * l->s->within);
	return text_of(d, "%s half width of the 95%% interval over replications; %s(7/10): mean of "
		       "the 7 of 10 runs that observed it; (n=1): observed in one run, no interval; - no "
		       "data; - (10 of 10): none of 10 runs observed it; never (10 of 10): "
		       "looked for in every run, observed in "
		       "none.", plus_minus, change);
}
