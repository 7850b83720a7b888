/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the oracle found: counts with exposures, and an example of each kind.
 * "None in n operations" is worthless, so exposures (how often it could have
 * happened) stand beside every zero.
 */
#include <string.h>

#include "analysis/report_int.h"

struct violation_line *safety_lines(struct dataset *s, int *n)
{
	static const char sql[] =
		"SELECT c.design, v.invariant, count(*), sum(v.count > 0), sum(v.count), "
		"sum(v.operations), min((SELECT min(x.expected) FROM violation x "
		"WHERE x.run = v.run AND x.invariant = v.invariant)) "
		"FROM violation_count v JOIN run r ON r.id = v.run "
		"JOIN config c ON c.id = r.config WHERE c.study = ? "
		"AND r.status IN ('ok', 'violation') GROUP BY c.design, v.invariant "
		"ORDER BY sum(v.count) = 0, c.design, v.invariant";
	struct database *d = s->d;
	size_t room = (size_t)database_integer(d, "SELECT count(*) FROM (SELECT DISTINCT c.design, "
		"v.invariant FROM violation_count v JOIN run r ON r.id = v.run "
		"JOIN config c ON c.id = r.config WHERE c.study = ?)", "i", s->id);
	struct violation_line *all = arena_alloc(&d->arena, (room + 1) * sizeof(*all));
	sqlite3_stmt *q = database_query(d, sql, "i", s->id);

	*n = 0;
	while (database_step(d, q)) {
		struct violation_line *l = &all[(*n)++];

		l->design = column_text(d, q, 0);
		l->invariant = column_text(d, q, 1);
		l->runs = sqlite3_column_int64(q, 2);
		l->runs_with = sqlite3_column_int64(q, 3);
		l->count = sqlite3_column_int64(q, 4);
		l->exposures = sqlite3_column_int64(q, 5);
		l->expected = !l->count ? -1 : sqlite3_column_int(q, 6);
	}
	database_done(d, q);
	return all;
}

struct violation_example *safety_examples(struct dataset *s, int *n)
{
	static const char sql[] =
		"SELECT c.design, v.invariant, v.summary, r.replay, v.steps, c.id, "
		"r.replication, v.sim_ps, v.expected FROM violation v "
		"JOIN run r ON r.id = v.run JOIN config c ON c.id = r.config "
		"WHERE c.study = ? ORDER BY v.expected, c.design, v.invariant, "
		"json_array_length(v.steps) = 0, r.replication, c.config_hash, v.ordinal";
	struct database *d = s->d;
	size_t room = (size_t)database_integer(d, "SELECT count(*) FROM (SELECT DISTINCT c.design, "
		"v.invariant, v.expected FROM violation v JOIN run r ON r.id = v.run "
		"JOIN config c ON c.id = r.config WHERE c.study = ?)", "i", s->id);
	struct violation_example *all = arena_alloc(&d->arena, (room + 1) * sizeof(*all));
	sqlite3_stmt *q = database_query(d, sql, "i", s->id);

	*n = 0;
	while (database_step(d, q)) {
		const char *design = (const char *)sqlite3_column_text(q, 0);
		const char *invariant = (const char *)sqlite3_column_text(q, 1);
		struct violation_example *x;
		int known = 0;

		for (int i = 0; i < *n; i++)
			known |= !strcmp(all[i].design, design) &&
				 !strcmp(all[i].invariant, invariant);
		if (known)
			continue;
		x = &all[(*n)++];
		x->design = column_text(d, q, 0);
		x->invariant = column_text(d, q, 1);
		x->summary = column_text(d, q, 2);
		x->replay = column_text(d, q, 3);
		x->steps = column_text(d, q, 4);
		x->config = sqlite3_column_int64(q, 5);
		x->replication = sqlite3_column_int64(q, 6);
		x->at = sqlite3_column_int64(q, 7);
		x->expected = sqlite3_column_int(q, 8);
	}
	database_done(d, q);
	return all;
}
