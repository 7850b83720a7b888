/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Numbers for sentences; see figure.h. */
#include "analysis/figure.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/compare.h"
#include "analysis/expr.h"
#include "analysis/format.h"
#include "analysis/sensitivity.h"
#include "analysis/verdict_int.h"

/* A figure's map, read once. */
struct recipe {
	const char *json;		/* the whole question */
	const char *at;			/* "$.figures.\"name\"" */
	const char *study, *metric, *design, *over, *per, *as, *by, *passes, *claim, *expr, *unit, *parameter;
	struct limit *where;
	int n_where;
};

static const char *member(struct database *d, const struct recipe *r, const char *key)
{
	return database_text(d, "SELECT json_extract(?1, ?2)", "ss", r->json,
			     text_of(d, "%s.%s", r->at, key));
}

static void read_where(struct database *d, struct recipe *r)
{
	int64_t n = database_integer(d, "SELECT count(*) FROM json_each(?1, ?2)", "ss", r->json,
				     text_of(d, "%s.where", r->at));
	sqlite3_stmt *q = database_query(d, "SELECT key, value FROM json_each(?1, ?2)", "ss",
					 r->json, text_of(d, "%s.where", r->at));

	r->where = arena_alloc(&d->arena, sizeof(*r->where) * (size_t)(n + 1));
	while (database_step(d, q)) {
		struct limit *l = &r->where[r->n_where++];

		l->path = column_text(d, q, 0);
		l->value = arena_alloc(&d->arena, sizeof(*l->value));
		l->value[0] = column_text(d, q, 1);
		l->n = 1;
	}
	database_done(d, q);
}

static struct recipe read_recipe(struct database *d, const char *json, const char *name)
{
	struct recipe r = { .json = json, .at = text_of(d, "$.figures.\"%s\"", name) };
	const struct { const char **to, *key; } field[] = {
		{ &r.study, "study" }, { &r.metric, "metric" }, { &r.design, "design" },
		{ &r.over, "over" }, { &r.per, "per" }, { &r.as, "as" }, { &r.by, "by" },
		{ &r.passes, "passes" }, { &r.claim, "claim" }, { &r.expr, "expr" },
		{ &r.unit, "unit" }, { &r.parameter, "parameter" },
	};

	for (size_t i = 0; i < sizeof(field) / sizeof(field[0]); i++)
		*field[i].to = member(d, &r, field[i].key);
	if (!r.as)
		r.as = "";
	read_where(d, &r);
	return r;
}

/* --- points ------------------------------------------------------------------------- */
static int fits(const struct configuration *k, const struct recipe *r)
{
	for (int i = 0; i < r->n_where; i++) {
		const struct axis *a = configuration_axis(k, r->where[i].path);

		if (!axis_absent(a) && !axis_is(a, r->where[i].value[0]))
			return 0;
	}
	return 1;
}

static int config_of(struct dataset *s, const char *design, const struct recipe *r,
		     struct figure *f)
{
	int found = -1, n = 0;

	for (int i = 0; i < s->n_configs; i++) {
		if (strcmp(s->config[i].design, design) || !fits(&s->config[i], r))
			continue;
		found = found < 0 ? i : found;
		n++;
	}
	if (n == 1)
		return found;
	f->why = n ? text_of(s->d, "%d points of %s fit it", n, design) :
		 text_of(s->d, "no point of %s in %s fits it", design, s->name);
	return -1;
}

static struct dataset *study_of(struct database *d, const struct recipe *r, struct figure *f)
{
	int n;
	int64_t *id = dataset_ids(d, &n);

	for (int i = 0; i < n; i++) {
		struct dataset *s = dataset_load(d, id[i]);

		if (!strcmp(s->name, r->study))
			return s;
	}
	f->why = text_of(d, "%s has not run", r->study);
	return NULL;
}

/* "calls", "pages": neither a time nor a size nor a share. */
static int scale_is_plain(const char *unit)
{
	return strcmp(unit, "ns") && strcmp(unit, "B") && strcmp(unit, "%");
}

static const char *value_text(struct database *d, const struct metric *m, const struct cell *c)
{
	struct scale s = scale_for(m->unit, fabs(c->mean), fabs(c->mean));
	const char *number = text_of(d, "%.*f", decimals_for(c->mean / s.factor, c->half / s.factor),
				     c->mean / s.factor);

	/* A sentence says itself what it counts. */
	if (!strcmp(m->kind, "count") && scale_is_plain(m->unit))
		return number;
	return text_of(d, "%s%s%s", number, strcmp(s.unit, "%") ? " " : "", s.unit);
}

/* --- forms ---------------------------------------------------------------------------- */
static void tell_change(struct dataset *s, const struct recipe *r, const struct metric *m, int b,
			struct figure *f)
{
	int a = config_of(s, r->over, r, f);
	const char *open = a < 0 ? NULL : not_comparable(s, a, b);
	struct cell c;

	if (a < 0 || open) {
		f->why = open ? open : f->why;
		return;
	}
	c = compare_cell(s, m, b, a);
	if (c.kind == CHANGE_NONE || isnan(c.change)) {
		f->why = text_of(s->d, "no pair of %s and %s", r->design, r->over);
		return;
	}
	f->value = c.change;
	if (c.kind == CHANGE_ABSOLUTE) {
		struct scale scale = scale_for(m->unit, fabs(c.change), fabs(c.change));

		f->text = text_of(s->d, "%s%s %s", c.change > 0 ? "+" : "",
				  format_number(s->d, c.change / scale.factor), scale.unit);
	} else if (!strcmp(r->as, "ratio")) {
		f->value = 1 + c.change;
		f->text = text_of(s->d, "%.3g times", 1 + c.change);
	} else {
		f->text = format_share(s->d, c.change);
	}
}

static void tell_share(struct dataset *s, const struct recipe *r, const struct cell *c, int config,
		       struct figure *f)
{
	const struct metric *per = dataset_metric(s->d, r->per);
	struct cell whole;

	if (!per) {
		f->why = text_of(s->d, "no metric is called %s", r->per);
		return;
	}
	whole = compare_cell(s, per, config, -1);
	if (isnan(whole.mean) || whole.mean == 0) {
		f->why = text_of(s->d, "no observation of %s", per->title);
		return;
	}
	f->value = c->mean / whole.mean;
	f->text = !strcmp(r->as, "ratio") ? format_number(s->d, f->value) :
		  text_of(s->d, "%.3g%%", 100 * f->value);
}

struct step { const struct axis *axis; double y; };

static int by_ordinal(const void *a, const void *b)
{
	return ((const struct step *)a)->axis->ordinal - ((const struct step *)b)->axis->ordinal;
}

/* Means, or changes in per cent, along an axis. */
static int steps_along(struct dataset *s, const struct recipe *r, const struct metric *m,
		       struct step *step)
{
	int n = 0;

	for (int b = 0; b < s->n_configs; b++) {
		const struct axis *x = configuration_axis(&s->config[b], r->by);
		int base = -1;
		struct cell c;

		if (strcmp(s->config[b].design, r->design) || axis_absent(x) ||
		    !fits(&s->config[b], r))
			continue;
		for (int a = 0; r->over && base < 0 && a < s->n_configs; a++)
			if (!strcmp(s->config[a].design, r->over) && fits(&s->config[a], r) &&
			    configurations_match(&s->config[a], &s->config[b]))
				base = a;
		c = compare_cell(s, m, b, base);
		step[n].axis = x;
		step[n].y = r->over ? 100 * c.change : c.mean;
		n += !isnan(step[n].y);
	}
	if (n)
		qsort(step, (size_t)n, sizeof(*step), by_ordinal);
	return n;
}

static void tell_passing(struct dataset *s, const struct recipe *r, const struct metric *m,
			 struct figure *f)
{
	struct database *d = s->d;
	struct step *step = arena_alloc(&d->arena, sizeof(*step) * (size_t)(s->n_configs + 1));
	int n = steps_along(s, r, m, step);
	double at = quantity_in(r->passes, r->over ? "%" : m->unit);

	if (!n || isnan(at)) {
		f->why = n ? text_of(d, "%s is no quantity in %s", r->passes, m->unit) :
			 text_of(d, "no point of %s along %s", r->design, r->by);
		return;
	}
	for (int i = 0; i + 1 < n; i++) {
		if ((step[i].y < at) == (step[i + 1].y < at))
			continue;
		f->value = step[i + 1].axis->number;
		f->text = text_of(d, "between %s and %s", step[i].axis->value, step[i + 1].axis->value);
		return;
	}
	f->value = step[0].axis->number;
	f->text = step[0].y < at ? text_of(d, "nowhere up to %s", step[n - 1].axis->value) :
		  text_of(d, "already at %s", step[0].axis->value);
}

static void tell_metric(struct database *d, const struct recipe *r, struct figure *f)
{
	struct dataset *s = study_of(d, r, f);
	const struct metric *m = s ? dataset_metric(d, r->metric) : NULL;
	struct cell c;
	int config;

	if (!s || !m) {
		f->why = s ? text_of(d, "no metric is called %s", r->metric) : f->why;
		return;
	}
	if (r->passes) {
		tell_passing(s, r, m, f);
		return;
	}
	config = config_of(s, r->design, r, f);
	if (config < 0)
		return;
	if (r->over) {
		tell_change(s, r, m, config, f);
		return;
	}
	c = compare_cell(s, m, config, -1);
	if (isnan(c.mean)) {
		f->why = text_of(d, "no observation of %s under %s", m->title, r->design);
	} else if (r->per) {
		tell_share(s, r, &c, config, f);
	} else {
		f->value = c.mean;
		f->text = value_text(d, m, &c);
	}
}

/* Times in ns and sizes in bytes, as metrics are; other values as they stand. */
static void tell_parameter(struct database *d, const struct recipe *r, struct figure *f)
{
	struct dataset *s = study_of(d, r, f);
	int config = s ? config_of(s, r->design, r, f) : -1;
	sqlite3_stmt *q;
	const char *unit = "";
	char *end;

	if (config < 0)
		return;
	f->why = text_of(d, "no parameter is called %s", r->parameter);
	q = database_query(d, "SELECT value, unit FROM parameter WHERE config = ?1 AND (path = ?2 OR "
			   "substr(path, -length(?2) - 1) = '.' || ?2) ORDER BY length(path) LIMIT 1",
			   "is", s->config[config].id, r->parameter);
	if (database_step(d, q)) {
		f->text = column_text(d, q, 0);
		unit = column_text(d, q, 1);
	}
	database_done(d, q);
	if (!f->text)
		return;
	f->value = strtod(f->text, &end);
	if (end == f->text || *end) {
		f->value = NAN;
		return;
	}
	if (!strcmp(unit, "ps")) {
		f->value /= 1000;
		unit = "ns";
	}
	f->text = text_of(d, "%s%s%s", format_number(d, f->value / scale_for(unit, f->value, f->value).factor),
			  *unit && strcmp(unit, "%") ? " " : "", scale_for(unit, f->value, f->value).unit);
}

struct verdict *verdict_named(struct verdict **v, int n, const char *id)
{
	for (int i = 0; i < n; i++) {
		struct verdict *part;

		if (!strcmp(v[i]->claim->id, id))
			return v[i];
		part = verdict_named(v[i]->part, v[i]->n_parts, id);
		if (part)
			return part;
	}
	return NULL;
}

static void tell_claim(struct figure_set *set, const struct recipe *r, struct figure *f)
{
	struct database *d = set->d;
	const struct verdict *v = verdict_named(set->verdict, set->n_verdicts, r->claim);
	const struct verdict_point *p = NULL;

	f->why = text_of(d, "%s is not judged", r->claim);
	if (!v)
		return;
	if (!strcmp(r->as, "verdict")) {
		f->text = verdict_word(d, v);
	} else if (!strcmp(r->as, "boundary")) {
		f->text = *v->boundary ? v->boundary : NULL;
	} else if (!strcmp(r->as, "sensitivity")) {
		f->text = v->sensitivity ? sensitivity_text(d, v->sensitivity) : NULL;
	} else {
		for (int i = 0; i < v->n_points && r->n_where && !p; i++)
			if (fits(&v->point[i].s->config[v->point[i].b], r) && !v->point[i].open)
				p = &v->point[i];
		if (!r->n_where && v->nearest >= 0)
			p = &v->point[v->nearest];
		if (!p || isnan(p->effect))
			return;
		f->value = p->effect;
		f->text = effect_text(d, v, p);
	}
}

struct lookup { struct figure_set *set; int n; };

/* Figures that stand before the expression. */
static double name_value(void *arg, const char *name)
{
	const struct lookup *l = arg;

	for (int i = 0; i < l->n; i++)
		if (!strcmp(l->set->figure[i].name, name))
			return l->set->figure[i].value;
	return NAN;
}

static void tell_expression(struct figure_set *set, const struct recipe *r, struct figure *f)
{
	struct lookup l = { set, set->n };
	const struct expr_names names = { name_value, &l };
	char why[200] = "";
	struct scale s;

	f->value = expr_value(r->expr, &names, why, sizeof(why));
	if (isnan(f->value)) {
		f->why = text_of(set->d, "%s: %s", r->expr, *why ? why : "a figure without data");
		return;
	}
	s = scale_for(r->unit ? r->unit : "", fabs(f->value), fabs(f->value));
	f->text = text_of(set->d, "%s%s%s", format_number(set->d, f->value / s.factor),
			  r->unit && strcmp(r->unit, "%") ? " " : "", r->unit ? s.unit : "");
}

struct figure_set *figures_make(struct database *d, const char *body, struct verdict **v, int n)
{
	struct figure_set *set = arena_alloc(&d->arena, sizeof(*set));
	int64_t count = database_integer(d, "SELECT count(*) FROM json_each(?1, '$.figures')", "s", body);
	const char **name = arena_alloc(&d->arena, sizeof(*name) * (size_t)(count + 1));
	sqlite3_stmt *q = database_query(d, "SELECT key FROM json_each(?1, '$.figures')", "s", body);
	int names = 0;

	*set = (struct figure_set){ .d = d, .verdict = v, .n_verdicts = n, .body = body };
	set->figure = arena_alloc(&d->arena, sizeof(*set->figure) * (size_t)(count + 1));
	while (database_step(d, q))
		name[names++] = column_text(d, q, 0);
	database_done(d, q);
	for (int i = 0; i < names; i++) {
		struct recipe r = read_recipe(d, body, name[i]);
		struct figure *f = &set->figure[set->n];

		*f = (struct figure){ .name = name[i], .why = "no data", .value = NAN };
		if (r.claim)
			tell_claim(set, &r, f);
		else if (r.expr)
			tell_expression(set, &r, f);
		else if (r.study && r.parameter && r.design)
			tell_parameter(d, &r, f);
		else if (r.study && r.metric && r.design)
			tell_metric(d, &r, f);
		set->n++;
	}
	return set;
}

const char *figures_fill(struct figure_set *f, const char *text, int *missing)
{
	struct strbuf sb;
	const char *out;

	sb_init(&sb);
	while (*text) {
		size_t n = strcspn(text, "{"), len;
		const char *value = NULL;

		sb_addmem(&sb, text, n);
		text += n;
		if (!*text)
			break;
		len = strcspn(++text, "}");
		for (int i = 0; i < f->n; i++)
			if (strlen(f->figure[i].name) == len &&
			    !strncmp(f->figure[i].name, text, len))
				value = f->figure[i].text;
		*missing += !value;
		sb_adds(&sb, value ? value : "(no data)");
		text += len + (text[len] == '}');
	}
	out = arena_strdup(&f->d->arena, sb.failed ? "" : sb.s);
	sb_free(&sb);
	return out;
}
