/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Verdict rows for a terminal or a mail, and their JSON. */
#include <math.h>
#include <string.h>

#include "analysis/format.h"
#include "analysis/report_int.h"
#include "analysis/sensitivity.h"
#include "sim/base/json.h"

#define WIDTH	72
#define INDENT	"        "

static void one_line(struct database *d, struct strbuf *out, const char *head,
		     const char *text)
{
	if (*text)
		wrap_text(out, text_of(d, "%s%s", head, text_ascii(d, text)), INDENT,
			  INDENT "  ", WIDTH);
}

/* Why a claim that is no measurement comes out as it does. */
static const char *basis(struct database *d, const struct verdict *v)
{
	const struct claim *c = v->claim;
	int at = 0;

	if (claim_is_emergent(c) || v->answer == UNTESTABLE || !v->n_points)
		return "";
	for (int i = 0; i < v->n_points; i++)
		at += v->point[i].answer == HOLDS || v->point[i].answer == SUPPORTED;
	if (c->rule == RULE_COUNT)
		return text_of(d, "%s: %s %s %s at %d of %d points", c->kind, v->m->title,
			       !strcmp(c->relation, "eq") ? "=" :
			       !strcmp(c->relation, "le") ? "<=" : ">=", c->expression, at,
			       v->n_points);
	if (c->rule == RULE_VIOLATED || c->rule == RULE_HELD)
		return text_of(d, "%s%s: %s, %s at %d of %d points", c->expected && !strcmp(c->expected,
			       "fails") ? "expected to fail; " : "", c->b, c->invariant,
			       c->rule == RULE_HELD ? "no violation" : "violations", at,
			       v->n_points);
	return text_of(d, "%s: %d of %d points", c->kind, at, v->n_points);
}

/* The id and the verdict; a part under its whole, without the whole's id. */
static const char *row_head(struct database *d, const struct verdict *v, const char *whole)
{
	const char *id = text_ascii(d, v->claim->id);
	size_t n = whole ? strlen(whole) : 0;

	if (!whole)
		return text_of(d, "%-7s %-10s ", id, verdict_word(d, v));
	if (!strncmp(id, whole, n) && id[n] == '/')
		id += n + 1;
	return text_of(d, "  %-24s %s", id, verdict_word(d, v));
}

static void one_row(struct database *d, struct strbuf *out, const struct verdict *v,
		    const char *whole)
{
	const struct claim *c = v->claim;
	int good = v->answer == SUPPORTED || v->answer == HOLDS;
	int bad = v->answer == REFUTED || v->answer == FAILS;

	if (whole) {
		wrap_text(out, row_head(d, v, whole), "", INDENT, WIDTH);
		one_line(d, out, "", c->statement);
	} else {
		wrap_text(out, text_ascii(d, c->statement), row_head(d, v, whole),
			  INDENT "           ", WIDTH);
	}
	if (c->a && c->b && v->m && c->rule != RULE_COUNT)
		one_line(d, out, "", text_of(d, "%s, %s against %s, n=%d", v->title, c->b,
					     c->a, v->n));
	one_line(d, out, "", basis(d, v));
	one_line(d, out, v->n_parts ? "parts: " : "boundary: ", v->boundary);
	if (v->sensitivity)
		one_line(d, out, "cost space: ", sensitivity_text(d, v->sensitivity));
	if (v->n_skewed)
		one_line(d, out, "", text_of(d, "skewed replications: bootstrap-t disagrees with Student "
					     "on the margin at %d of %d points", v->n_skewed, v->n_points));
	one_line(d, out, v->answer == UNDECIDED ? "open: " : "", v->change);
	one_line(d, out, "because: ", v->reason);
	if (good && c->if_supported)
		one_line(d, out, "so: ", c->if_supported);
	if (bad && c->if_refuted)
		one_line(d, out, "so: ", c->if_refuted);
	for (int i = 0; i < v->n_parts; i++)
		one_row(d, out, v->part[i], c->id);
}

static int count_tests(struct verdict **v, int n)
{
	int tests = 0;

	for (int i = 0; i < n; i++) {
		tests += count_tests(v[i]->part, v[i]->n_parts);
		for (int k = 0; k < v[i]->n_points; k++)
			tests += !isnan(v[i]->point[k].adjusted_p);
	}
	return tests;
}

void verdict_rows(struct database *d, struct strbuf *out, struct verdict **v, int n)
{
	int tests = count_tests(v, n);

	wrap_text(out, text_of(d, "Verdicts: 95%%, Holm's adjustment over %d point%s of %d claim%s; "
			       "effects with their own 95%% intervals", tests, tests == 1 ? "" : "s",
			       n, n == 1 ? "" : "s"), "", "  ", WIDTH);
	for (int i = 0; i < n; i++)
		one_row(d, out, v[i], NULL);
}

static void json_interval(struct json *j, double lo, double hi)
{
	json_key(j, "ci");
	json_open(j, '[');
	json_num(j, lo);
	json_num(j, hi);
	json_close(j, ']');
}

static void json_point(struct json *j, const struct verdict *v, const struct verdict_point *p)
{
	double by = v->relative ? 100 : 1;

	json_open(j, '{');
	json_kstr(j, "scenario", p->s->name);
	json_kstr(j, "axes", point_axes(v, p));
	json_kstr(j, "verdict", answer_name(p->answer));
	json_knum(j, "effect", p->effect * by);
	json_interval(j, p->lo * by, p->hi * by);
	json_kint(j, "n", p->n);
	json_knum(j, "p_adjusted", p->adjusted_p);
	if (*p->note)
		json_kstr(j, "note", p->note);
	json_kstr(j, "config", text_of(p->s->d, "%lld", (long long)p->s->config[p->b].id));
	json_close(j, '}');
}

static void json_sensitivity(struct json *j, const struct sensitivity *s)
{
	json_key(j, "sensitivity");
	json_open(j, '{');
	json_kint(j, "samples", s->n);
	json_kint(j, "holds", s->holds);
	json_kint(j, "lost", s->lost);
	json_knum(j, "share", (double)s->holds / s->n);
	json_interval(j, s->lo, s->hi);
	json_kint(j, "parameters", s->n_parameters);
	json_kstr(j, "parameter", s->parameter);
	json_knum(j, "correlation", s->parameter ? s->correlation : NAN);
	json_knum(j, "p", s->parameter ? s->p : NAN);
	json_kstr(j, "split", s->parameter ? s->split : NULL);
	json_close(j, '}');
}

static void json_verdict(struct report *r, struct json *j, const struct verdict *v)
{
	const struct claim *c = v->claim;
	const struct verdict_point *p = v->nearest >= 0 ? &v->point[v->nearest] : NULL;
	double by = v->relative ? 100 : 1;

	json_open(j, '{');
	json_kstr(j, "id", c->id);
	json_kstr(j, "kind", c->kind);
	json_kstr(j, "source", c->source);
	json_kstr(j, "statement", c->statement);
	json_kstr(j, "verdict", answer_name(v->answer));
	json_kstr(j, "depends_on", v->answer == DEPENDS && *v->depends_on ? v->depends_on : NULL);
	json_kstr(j, "unit", v->unit);
	json_kstr(j, "baseline", c->a);
	json_kstr(j, "design", c->b);
	json_kstr(j, "metric", v->m ? v->title : NULL);
	json_knum(j, "effect", p ? p->effect * by : NAN);
	json_interval(j, p ? p->lo * by : NAN, p ? p->hi * by : NAN);
	json_kstr(j, "margin", c->margin_text);
	json_kint(j, "n", v->n);
	json_kstr(j, "boundary", *v->boundary ? v->boundary : NULL);
	json_kstr(j, "would_change", *v->change ? v->change : NULL);
	json_kstr(j, "reason", *v->reason ? v->reason : NULL);
	if (v->sensitivity)
		json_sensitivity(j, v->sensitivity);
	json_key(j, "points");
	json_open(j, '[');
	for (int i = 0; i < v->n_points; i++)
		json_point(j, v, &v->point[i]);
	json_close(j, ']');
	if (v->n_parts) {
		json_key(j, "parts");
		json_open(j, '[');
		for (int i = 0; i < v->n_parts; i++)
			json_verdict(r, j, v->part[i]);
		json_close(j, ']');
	}
	json_close(j, '}');
}

void verdict_json(struct report *r, void *json)
{
	for (int i = 0; i < r->n_verdicts; i++)
		json_verdict(r, json, r->verdict[i]);
}
