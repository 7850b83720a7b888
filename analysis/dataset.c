/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Studies, configurations and axes of a database; see dataset.h. */
#include "analysis/dataset.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct known_study { const char *name; int64_t id; };

/*
 * All of them by name, of each name the last to finish first.  run_wall is
 * wall-clock data; it only chooses between studies here and enters no figure.
 */
static struct known_study *all_studies(struct database *d, int *n)
{
	static const char sql[] =
		"SELECT s.name, s.id, max(w.finished_utc) AS last FROM study s "
		"LEFT JOIN config c ON c.study = s.id LEFT JOIN run r ON r.config = c.id "
		"LEFT JOIN run_wall w ON w.run = r.id GROUP BY s.id "
		"ORDER BY s.name, last IS NULL, last DESC, s.id";
	int64_t count;
	struct known_study *all;
	sqlite3_stmt *q;

	*n = d->n_studies;
	if (d->study)
		return d->study;
	count = database_integer(d, "SELECT count(*) FROM study", "");
	all = arena_alloc(&d->arena, (size_t)(count + 1) * sizeof(*all));
	q = database_query(d, sql, "");
	*n = 0;
	while (*n < count && database_step(d, q)) {
		all[*n].name = column_text(d, q, 0);
		all[(*n)++].id = sqlite3_column_int64(q, 1);
	}
	database_done(d, q);
	d->study = all;
	d->n_studies = *n;
	return all;
}

int64_t *dataset_ids(struct database *d, int *n)
{
	int n_all;
	const struct known_study *all = all_studies(d, &n_all);
	int64_t *id = arena_alloc(&d->arena, (size_t)(n_all + 1) * sizeof(*id));

	*n = 0;
	for (int i = 0; i < n_all; i++)
		if (!i || strcmp(all[i - 1].name, all[i].name))
			id[(*n)++] = all[i].id;
	return id;
}

/* The newest of the name @wanted, else the one whose id begins so. */
static int64_t find_study(struct database *d, const struct known_study *all, int n,
			  const char *wanted)
{
	size_t digits = strlen(wanted);
	int found = -1;

	for (int i = 0; i < n; i++)
		if (!strcmp(all[i].name, wanted))
			return all[i].id;
	for (int i = 0; i < n && digits >= 4; i++) {
		if (strncmp(text_of(d, "%016llx", (unsigned long long)all[i].id), wanted, digits))
			continue;
		if (found >= 0)
			database_fail(d, EX_CONFIG, "%s: more than one study begins with '%s'",
				      d->path, wanted);
		found = i;
	}
	if (found < 0)
		database_fail(d, EX_CONFIG, "%s: no study has the name or id '%s'; report without "
			      "--study says what there is", d->path, wanted);
	return all[found].id;
}

int64_t *dataset_chosen(struct database *d, const char *const *wanted, int n_wanted, int *n)
{
	int n_all;
	const struct known_study *all = all_studies(d, &n_all);
	int64_t *id = arena_alloc(&d->arena, (size_t)(n_wanted + 1) * sizeof(*id));

	*n = 0;
	for (int i = 0; i < n_wanted; i++) {
		int64_t one = find_study(d, all, n_all, wanted[i]);
		int k = 0;

		while (k < *n && id[k] != one)
			k++;
		id[k] = one;
		*n += k == *n;
	}
	return id;
}

/* Which of several studies with one name this is, and what the others are called. */
static const char *namesakes(struct dataset *s)
{
	struct database *d = s->d;
	const char *others = "", *first = NULL;
	int n_all, n = 0, listed = 0;
	const struct known_study *all = all_studies(d, &n_all);

	for (int i = 0; i < n_all; i++) {
		const char *id = text_of(d, "%08llx", (unsigned long long)all[i].id >> 32);

		if (strcmp(all[i].name, s->name))
			continue;
		first = first ? first : id;
		n++;
		if (all[i].id != s->id && ++listed <= 4)
			others = text_of(d, "%s%s--study %s", others, *others ? " or " : "", id);
	}
	if (n < 2)
		return "";
	if (listed > 4)
		others = text_of(d, "%s ...", others);
	return text_of(d, "study %08llx, %s %d of this name in the database; for another: %s",
		       (unsigned long long)s->id >> 32,
		       strcmp(first, text_of(d, "%08llx", (unsigned long long)s->id >> 32)) ?
		       "an older one of" : "the newest of", n, others);
}

int axis_matches(const char *path, const char *wanted)
{
	size_t p = strlen(path), w = strlen(wanted);

	if (!w || w > p || strcmp(path + p - w, wanted))
		return 0;
	return w == p || path[p - w - 1] == '.';
}

const struct axis *configuration_axis(const struct configuration *c, const char *wanted)
{
	for (int i = 0; i < c->n_axes + c->n_followers; i++)
		if (axis_matches(c->axis[i].path, wanted))
			return &c->axis[i];
	return NULL;
}

int axis_absent(const struct axis *a)
{
	return !a || !strcmp(a->value, "-");
}

int axis_same(const struct axis *a, const struct axis *b)
{
	if (!strcmp(a->value, b->value))
		return 1;
	return !isnan(a->number) && a->number == b->number && !strcmp(a->unit, b->unit);
}

int axis_is(const struct axis *a, const char *value)
{
	char *end;
	double wanted, number;

	if (!strcmp(a->value, value))
		return 1;
	wanted = strtod(value, &end);
	if (end == value || *end)
		return 0;
	/* A bare number: the number in the text ("64pages"), or the stored one. */
	number = strtod(a->value, &end);
	return (end != a->value && number == wanted) || a->number == wanted;
}

/* "gup" for "32.gup" of secondary.kvm-2.6.32.gup, unless two axes end so. */
static const char *without_number(const char *name, const char *const *all, int n)
{
	const char *rest = *name >= '0' && *name <= '9' ? strchr(name, '.') : NULL;
	int clashes = 0;

	for (int i = 0; rest && i < n; i++)
		clashes += axis_matches(all[i], rest + 1);
	return rest && clashes <= 1 ? rest + 1 : name;
}

/*
 * The last two components; more where two paths would look the same.  Names of
 * secondary MMUs have dots of their own: no component that begins with a digit.
 */
static const char *axis_name(struct database *d, const char *path,
			     const char *const *all, int n)
{
	const char *from = path + strlen(path);
	int dots = 0;

	while (from > path) {
		int clashes = 0;

		for (; from > path; from--) {
			if (from[-1] == '.' && ++dots >= 2)
				break;
		}
		for (int i = 0; i < n; i++)
			clashes += axis_matches(all[i], from);
		/* "32.gup" of kvm-2.6.32.gup begins inside a name */
		if (clashes <= 1 && !strchr("0123456789", *from))
			break;
		from -= from > path;
	}
	return arena_strdup(&d->arena, without_number(from, all, n));
}

static void load_axes(struct dataset *s, struct configuration *c)
{
	struct database *d = s->d;
	int64_t n = database_integer(d, "SELECT count(*) FROM axis WHERE config = ?", "i", c->id);
	sqlite3_stmt *q;

	c->axis = arena_alloc(&d->arena, (size_t)(n + 1) * sizeof(*c->axis));
	q = database_query(d, "SELECT path, value, number, unit, ordinal FROM axis "
			   "WHERE config = ? ORDER BY path", "i", c->id);
	while (database_step(d, q)) {
		struct axis *a = &c->axis[c->n_axes++];

		a->path = column_text(d, q, 0);
		a->value = column_text(d, q, 1);
		a->number = column_number(q, 2);
		a->unit = column_text(d, q, 3);
		a->ordinal = sqlite3_column_int(q, 4);
	}
	database_done(d, q);
}

static void name_axes(struct dataset *s)
{
	sqlite3_stmt *q = database_query(s->d, "SELECT DISTINCT a.path FROM axis a "
		"JOIN config c ON c.id = a.config WHERE c.study = ? ORDER BY 1", "i", s->id);
	const char *all[64];
	int n = 0;

	while (database_step(s->d, q) && n < 64)
		all[n++] = column_text(s->d, q, 0);
	database_done(s->d, q);
	for (int i = 0; i < s->n_configs; i++) {
		for (int k = 0; k < s->config[i].n_axes; k++) {
			struct axis *a = &s->config[i].axis[k];

			a->name = axis_name(s->d, a->path, all, n);
		}
	}
}

static const char *unsafe_of(struct dataset *s, int64_t config)
{
	sqlite3_stmt *q = database_query(s->d, "SELECT DISTINCT v.invariant FROM "
		"violation_count v JOIN run r ON r.id = v.run "
		"WHERE r.config = ? AND v.count > 0 ORDER BY 1", "i", config);
	const char *all = "";

	while (database_step(s->d, q))
		all = text_of(s->d, "%s%s%s", all, *all ? " " : "",
			      (const char *)sqlite3_column_text(q, 0));
	database_done(s->d, q);
	return all;
}

/* The number of the sample; 0 if there is none.  The axis goes. */
static int take_sample(struct configuration *c)
{
	for (int i = 0; i < c->n_axes; i++) {
		int number = (int)c->axis[i].number;

		if (strcmp(c->axis[i].path, "sample"))
			continue;
		memmove(&c->axis[i], &c->axis[i + 1],
			sizeof(*c->axis) * (size_t)(--c->n_axes - i));
		return number;
	}
	return 0;
}

static int same_point(const struct configuration *a, const struct configuration *b)
{
	int same = !strcmp(a->design, b->design) && a->n_axes == b->n_axes;

	for (int i = 0; same && i < a->n_axes; i++)
		same = !strcmp(a->axis[i].path, b->axis[i].path) &&
		       !strcmp(a->axis[i].value, b->axis[i].value);
	return same;
}

static void fold_into(struct configuration *to, const struct configuration *c, int number)
{
	to->sample[number - 1] = c->id;
	if (to == c)
		return;
	to->runs += c->runs;
	to->usable += c->usable;
	to->oom += c->oom;
	to->timeout += c->timeout;
	to->violations += c->violations;
	if (!*to->unsafe)
		to->unsafe = c->unsafe;
}

/* The samples of one configuration become its replications: the first of each sample. */
static void fold_samples(struct dataset *s)
{
	int n = 0, *number = arena_alloc(&s->d->arena, sizeof(*number) * (size_t)(s->n_configs + 1));

	for (int i = 0; i < s->n_configs; i++) {
		number[i] = take_sample(&s->config[i]);
		if (number[i] > s->samples)
			s->samples = number[i];
	}
	if (!s->samples)
		return;
	for (int i = 0; i < s->n_configs; i++) {
		int at = 0;

		while (at < n && !same_point(&s->config[at], &s->config[i]))
			at++;
		if (at == n) {
			s->config[n] = s->config[i];
			s->config[n++].sample = arena_alloc(&s->d->arena, sizeof(int64_t) *
							    (size_t)s->samples);
			fold_into(&s->config[at], &s->config[at], number[i]);
		} else {
			fold_into(&s->config[at], &s->config[i], number[i]);
		}
	}
	s->n_configs = n;
	s->replications = s->samples;
}

int64_t dataset_config_id(const struct dataset *s, int config, int i)
{
	const struct configuration *c = &s->config[config];

	return c->sample ? c->sample[i] : c->id;
}

static void load_configs(struct dataset *s)
{
	static const char sql[] =
		"SELECT c.id, c.design, count(r.id), "
		"coalesce(sum(r.status IN ('ok', 'violation')), 0), "
		"coalesce(max(r.replication), 0), coalesce(sum(r.status = 'oom'), 0), "
		"coalesce(sum(r.status = 'timeout'), 0) FROM config c "
		"LEFT JOIN run r ON r.config = c.id "
		"LEFT JOIN study_design g ON g.study = c.study AND g.design = c.design "
		"WHERE c.study = ? GROUP BY c.id ORDER BY g.ordinal IS NULL, g.ordinal, "
		"c.design, (SELECT group_concat(printf('%06d', a.ordinal)) FROM "
		"(SELECT ordinal FROM axis WHERE config = c.id ORDER BY path) a), c.id";
	struct database *d = s->d;
	int64_t n = database_integer(d, "SELECT count(*) FROM config WHERE study = ?", "i", s->id);
	sqlite3_stmt *q = database_query(d, sql, "i", s->id);

	s->config = arena_alloc(&d->arena, (size_t)(n + 1) * sizeof(*s->config));
	while (database_step(d, q)) {
		struct configuration *c = &s->config[s->n_configs++];

		c->id = sqlite3_column_int64(q, 0);
		c->design = column_text(d, q, 1);
		c->runs = sqlite3_column_int(q, 2);
		c->usable = sqlite3_column_int(q, 3);
		if (sqlite3_column_int(q, 4) > s->replications)
			s->replications = sqlite3_column_int(q, 4);
		c->oom = sqlite3_column_int(q, 5);
		c->timeout = sqlite3_column_int(q, 6);
		s->runs += c->runs;
		s->failed += c->runs - c->usable - c->oom;
	}
	database_done(d, q);
	for (int i = 0; i < s->n_configs; i++) {
		struct configuration *c = &s->config[i];

		load_axes(s, c);
		c->unsafe = unsafe_of(s, c->id);
		c->violations = database_integer(d, "SELECT coalesce(sum(v.count), 0) FROM "
			"violation_count v JOIN run r ON r.id = v.run WHERE r.config = ?",
			"i", c->id);
	}
	fold_samples(s);
	name_axes(s);
	dataset_follow(s);
}

static void load_comparable(struct dataset *s)
{
	struct database *d = s->d;
	const char *within = database_text(d, "SELECT json_extract(resolved, "
		"'$.comparable.within') FROM study WHERE id = ?", "i", s->id);
	const char *label = database_text(d, "SELECT json_extract(resolved, "
		"'$.comparable.label') FROM study WHERE id = ?", "i", s->id);

	s->comparable = database_text(d, "SELECT json_extract(resolved, '$.comparable.metric') "
				      "FROM study WHERE id = ?", "i", s->id);
	if (!s->comparable)
		return;
	if (label && *label)
		s->comparable = text_of(d, "%s:%s", s->comparable, label);
	s->within = within ? strtod(within, NULL) : 0;
}

static void load_designs(struct dataset *s)
{
	struct database *d = s->d;
	int64_t n = database_integer(d, "SELECT count(*) FROM study_design WHERE study = ?",
				     "i", s->id);
	sqlite3_stmt *q;

	s->design = arena_alloc(&d->arena, (size_t)(n + s->n_configs + 1) * sizeof(*s->design));
	q = database_query(d, "SELECT design, baseline FROM study_design WHERE study = ? "
			   "ORDER BY ordinal", "i", s->id);
	while (database_step(d, q)) {
		s->design[s->n_designs++] = column_text(d, q, 0);
		if (sqlite3_column_int(q, 1))
			s->baseline = s->design[s->n_designs - 1];
	}
	database_done(d, q);
	/* Designs that --design added later are in config only. */
	for (int i = 0; i < s->n_configs; i++) {
		int known = 0;

		for (int k = 0; k < s->n_designs; k++)
			known |= !strcmp(s->design[k], s->config[i].design);
		if (!known)
			s->design[s->n_designs++] = s->config[i].design;
	}
	if (!s->baseline && s->n_designs)
		s->baseline = s->design[0];
}

static void load_choices(struct dataset *s)
{
	struct database *d = s->d;
	int64_t n = database_integer(d, "SELECT count(*) FROM study_metric WHERE study = ?",
				     "i", s->id);
	sqlite3_stmt *q = database_query(d, "SELECT metric, quantile, is_primary FROM "
		"study_metric WHERE study = ? ORDER BY is_primary DESC, ordinal", "i", s->id);

	s->choice = arena_alloc(&d->arena, (size_t)(n + 1) * sizeof(*s->choice));
	while (database_step(d, q)) {
		struct metric_choice *c = &s->choice[s->n_choices++];

		c->name = column_text(d, q, 0);
		c->quantile = sqlite3_column_int(q, 1);
		c->primary = sqlite3_column_int(q, 2);
	}
	database_done(d, q);
}

/* Names of machine and kernel: text, or objects with a name. */
static const char *resolved_name(struct dataset *s, const char *key)
{
	return database_text(s->d, "SELECT CASE json_type(resolved, '$.' || ?1) "
		"WHEN 'text' THEN json_extract(resolved, '$.' || ?1) "
		"ELSE json_extract(resolved, '$.' || ?1 || '.name') END "
		"FROM study WHERE id = ?2", "si", key, s->id);
}

struct dataset *dataset_load(struct database *d, int64_t study)
{
	struct dataset *s;
	sqlite3_stmt *q;

	for (s = d->loaded; s; s = s->next) {
		if (s->id == study)
			return s;
	}
	s = arena_alloc(&d->arena, sizeof(*s));
	s->d = d;
	q = database_query(d, "SELECT name, question, version, model_hash, "
			   "not_modelled, command, master_seed FROM study WHERE id = ?",
			   "i", study);
	s->id = study;
	if (!database_step(d, q))
		database_fail(d, EX_ENVIRONMENT, "%s: no study %lld", d->path, (long long)study);
	s->name = column_text(d, q, 0);
	s->question = column_text(d, q, 1);
	s->version = column_text(d, q, 2);
	s->model_hash = column_text(d, q, 3);
	s->not_modelled = column_text(d, q, 4);
	s->command = column_text(d, q, 5);
	s->seed = sqlite3_column_int64(q, 6);
	database_done(d, q);
	s->machine = resolved_name(s, "machine");
	s->kernel = resolved_name(s, "kernel");
	s->namesakes = namesakes(s);
	load_configs(s);
	load_designs(s);
	load_choices(s);
	load_comparable(s);
	s->next = d->loaded;
	d->loaded = s;
	return s;
}
