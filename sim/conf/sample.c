/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The estimated parameters of a study, sampled over their ranges.
 *
 * Every row of origin "estimate" that the study's configurations load becomes
 * one dimension of the cost space; the study gets an axis "sample", each value
 * of which sets all of them.  Left alone: what the command line or the sweep
 * sets, and values outside the range of their row (somebody knew better).
 *
 * The points are a Latin supercube sample (Owen 1998): blocks of up to 32
 * dimensions are Sobol' sequences of GSL, each with a digital shift keyed by
 * the parameter's name; the order of the points is shuffled from block to
 * block.  (GSL has 40 dimensions, but from the 33rd on some move together: at
 * 64 points a correlation of 0.75, up to 32 at most 0.25.)  With a power of two of points every parameter visits each of so many
 * equal shares of its range once.  A Halton sequence of 100 dimensions would
 * not: its first 64 points in base 541 lie in an eighth of the interval.
 *
 * Half of the values lie below the default and half above, linearly between
 * the ends of the range and it: that is where the row's author expects it.
 * Integers throughout, so that all machines sample the same values.
 */
#include <gsl/gsl_qrng.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/hash.h"
#include "sim/conf/internal.h"

#define BLOCK		32		/* dimensions from one Sobol' sequence */
#define BITS		30
#define ONE		((int64_t)1 << BITS)
#define SAMPLE_SEED	0x73616d706c65u

int sample_count_ok(int64_t n)
{
	return n >= MIN_SAMPLES && n <= MAX_SAMPLES && !(n & (n - 1)) ? 0 : -1;
}

/* --- ranges ----------------------------------------------------------------------- */
void load_range(struct loader *l, const struct param_row *row, const char *path,
		const struct node *at, int64_t lo, int64_t hi, const void *value)
{
	struct range_log *g = l->ranges;
	struct range *r;
	int64_t v;
	int i;

	if (!g || lo >= hi || (at && at->line <= 0))
		return;		/* --set and its like have no line */
	v = row->type == PT_DIST ? dist_mean(value) : *(const int64_t *)value;
	if (v < lo || v > hi)
		return;
	for (i = 0; i < g->n; i++)
		if (!strcmp(g->v[i].path, path))
			return;
	if (g->n == g->cap) {
		int cap = g->cap ? 2 * g->cap : 128;

		r = conf_alloc(l->c, (size_t)cap * sizeof(*r));
		if (g->n)
			memcpy(r, g->v, (size_t)g->n * sizeof(*r));
		g->v = r;
		g->cap = cap;
	}
	r = &g->v[g->n++];
	memset(r, 0, sizeof(*r));
	r->path = conf_strdup(l->c, path);
	r->type = row->type;
	r->lo = lo;
	r->hi = hi;
	r->value = v;
	if (row->type == PT_DIST)
		r->dist = *(const struct dist *)value;
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct range *)a)->path, ((const struct range *)b)->path);
}

/* What the study's designs load, without the values of its sweep. */
static void find_ranges(struct conf *c, struct study_private *p, struct range_log *g)
{
	struct world_config w;
	int d, i, n = 0, a;

	p->trees.scenario = p->scenario;
	for (d = 0; d < p->study.n_designs; d++) {
		struct loader l = { .c = c, .arena = &c->points, .ranges = g };

		p->trees.design = p->design[d];
		load_world(&l, &p->trees, &w);
		arena_reset(&c->points);
	}
	for (i = 0; i < g->n; i++) {
		for (a = 0; a < p->sweep.n_axes; a++)
			if (!strcmp(p->sweep.axis[a].path, g->v[i].path))
				break;
		if (a == p->sweep.n_axes)
			g->v[n++] = g->v[i];
	}
	g->n = n;
	if (n)
		qsort(g->v, (size_t)n, sizeof(*g->v), by_path);
}

/* --- points ------------------------------------------------------------------------ */
/* Costs of secondary MMUs are the machine's: one value for all that name one. */
static void find_twins(struct range_log *g)
{
	int i, k;

	for (i = 0; i < g->n; i++) {
		const char *key = strstr(g->v[i].path, ".costs.");

		g->v[i].same_as = i;
		for (k = 0; k < i && key && path_after(g->v[i].path, "secondary"); k++) {
			const char *other = strstr(g->v[k].path, ".costs.");

			if (!other || strcmp(key, other) || !path_after(g->v[k].path, "secondary"))
				continue;
			g->v[i].same_as = g->v[k].same_as;
			break;
		}
	}
}

/* The order in which block @block uses its points. */
static void shuffle(int *order, int n, int block)
{
	uint64_t h = hash_mix(SAMPLE_SEED, (uint64_t)block);
	int i, k, t;

	for (i = 0; i < n; i++)
		order[i] = i;
	for (i = n - 1; block && i > 0; i--) {
		h = hash_mix(h, (uint64_t)i);
		k = (int)(h % (uint64_t)(i + 1));
		t = order[i];
		order[i] = order[k];
		order[k] = t;
	}
}

/*
 * @u[point * dims + dimension] in [0, 2^30).  The sequence of GSL begins
 * behind its first point, the origin.  -1: no memory.
 */
int sample_points(uint32_t *u, int n, int dims, const char *const *name)
{
	int first, k, j, *order = mem_calloc((size_t)n, sizeof(*order));
	int failed = !order;

	for (first = 0; first < dims && !failed; first += BLOCK) {
		int size = dims - first < BLOCK ? dims - first : BLOCK;
		gsl_qrng *q = gsl_qrng_alloc(gsl_qrng_sobol, (unsigned)size);
		double x[BLOCK] = { 0 };

		failed = !q;
		shuffle(order, n, first / BLOCK);
		for (k = 0; k < n && !failed; k++) {
			for (j = 0; j < size; j++)
				u[order[k] * dims + first + j] = (uint32_t)(x[j] * (double)ONE) ^
					(uint32_t)(hash_str(name[first + j], SAMPLE_SEED) & (ONE - 1));
			gsl_qrng_get(q, x);
		}
		if (q)
			gsl_qrng_free(q);
	}
	mem_free(order);
	return failed ? -1 : 0;
}

int64_t sample_value(int64_t lo, int64_t middle, int64_t hi, uint32_t u)
{
	int64_t half = ONE / 2;

	if (middle <= lo || middle >= hi)
		return lo + (int64_t)((__int128)(hi - lo) * u / (ONE - 1));
	if (u < half)
		return lo + (int64_t)((__int128)(middle - lo) * u / half);
	return middle + (int64_t)((__int128)(hi - middle) * (u - half) / (half - 1));
}

static const char *value_text(struct conf *c, const struct range *r, int64_t v)
{
	char buf[192];
	struct dist d;

	switch (r->type) {
	case PT_TIME:
		return conf_printf(c, "%" PRId64 "ps", v);
	case PT_SIZE:
		return conf_printf(c, "%" PRId64 "B", v);
	case PT_FREQ:
		return conf_printf(c, "%" PRId64 "Hz", v);
	case PT_PERCENT:
		return conf_strdup(c, format_percent(buf, v));
	case PT_DIST:
		d = dist_with_mean(&r->dist, v);
		return conf_strdup(c, dist_format(buf, &d));
	default:
		return conf_printf(c, "%" PRId64, v);
	}
}

/* --- the axis ------------------------------------------------------------------------- */
static void add_axis(struct conf *c, struct study_private *p, const struct range_log *g,
		     const uint32_t *u, int n)
{
	struct node place = { .file = "sample" };
	struct axis *a = &p->sweep.axis[p->sweep.n_axes++];
	int k, j, only = p->only_sample;

	memset(a, 0, sizeof(*a));
	a->path = SAMPLE_AXIS;
	a->at = node_scalar(c, &place, SAMPLE_AXIS);
	a->group = p->sweep.n_groups++;
	a->unit = "";
	a->value = conf_alloc(c, (size_t)n * sizeof(*a->value));
	a->number = conf_alloc(c, (size_t)n * sizeof(*a->number));
	a->text = conf_alloc(c, (size_t)n * sizeof(*a->text));
	for (k = 0; k < n; k++) {
		struct node *map = node_new(c, NODE_MAP, &place);

		if (only && k != only - 1)
			continue;
		for (j = 0; j < g->n; j++) {
			int twin = g->v[j].same_as;
			const struct range *r = &g->v[twin];

			node_add(c, map, g->v[j].path, node_scalar(c, &place,
				 value_text(c, r, sample_value(r->lo, r->value, r->hi,
							       u[k * g->n + twin]))));
		}
		a->value[a->n] = map;
		a->number[a->n] = k + 1;
		a->text[a->n++] = conf_printf(c, "%d", k + 1);
	}
}

void sample_axis(struct conf *c, struct study_private *p, int n)
{
	struct range_log g = { NULL, 0, 0 };
	const char **name;
	uint32_t *u;
	int i;

	find_ranges(c, p, &g);
	if (!g.n) {
		conf_error(c, p->scenario, "", NULL, "no estimated parameter to sample");
		return;
	}
	if (p->sweep.n_axes == MAX_AXES || p->only_sample > n) {
		conf_error(c, p->scenario, SAMPLE_AXIS, NULL, p->only_sample > n ?
			   "there are %d samples" : "more than %d axes",
			   p->only_sample > n ? n : MAX_AXES);
		return;
	}
	find_twins(&g);
	name = conf_alloc(c, (size_t)g.n * sizeof(*name));
	for (i = 0; i < g.n; i++)
		name[i] = g.v[i].path;
	u = conf_alloc(c, (size_t)n * (size_t)g.n * sizeof(*u));
	if (sample_points(u, n, g.n, name))
		conf_no_memory(c);
	add_axis(c, p, &g, u, n);
}

int sample_set(struct conf *c, struct study_private *p, int design, const struct axis *a,
	       int value)
{
	const struct node *map = a->value[value];
	int i, bad = 0;

	for (i = 0; i < map->n; i++)
		bad |= study_set(c, p, design, map->entry[i].key, map->entry[i].value, a->at,
				 &p->undo);
	return bad;
}
