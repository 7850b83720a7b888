/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Quantiles over replications; see quantile.h. */
#include "analysis/quantile.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/hash.h"

#define RESAMPLES	400
#define SEED		0x5368303074646f77u

static void make_sparse(struct arena *arena, const struct bins *b, struct sparse *out)
{
	size_t n = 0;

	for (size_t i = 0; i < NR_BINS; i++)
		n += b->count[i] != 0;
	out->index = arena_alloc(arena, (n + 1) * sizeof(*out->index));
	out->count = arena_alloc(arena, (n + 1) * sizeof(*out->count));
	for (uint32_t i = 0; i < NR_BINS; i++) {
		if (!b->count[i])
			continue;
		out->index[out->n] = i;
		out->count[out->n++] = b->count[i];
	}
}

struct sample_set *quantile_load(struct dataset *s, int config, const struct metric *m)
{
	struct database *d = s->d;
	struct sample_set *set = arena_alloc(&d->arena, sizeof(*set));
	struct bins *b = bins_new(&d->arena);
	sqlite3_stmt *q;

	set->n_runs = s->replications;
	set->run = arena_alloc(&d->arena, (size_t)(s->replications + 1) * sizeof(*set->run));
	q = database_query(d, "SELECT r.replication, h.bins FROM run r JOIN histogram h "
			   "ON h.run = r.id WHERE r.config = ?1 AND h.metric = ?2 AND h.label = ?3 "
			   "AND r.status IN ('ok', 'violation')", "iis",
			   s->config[config].id, m->id, m->label ? m->label : "");
	while (database_step(d, q)) {
		bins_clear(b);
		if (bins_add(b, sqlite3_column_blob(q, 1), (size_t)sqlite3_column_bytes(q, 1)))
			database_fail(d, EX_ENVIRONMENT, "%s: malformed histogram of %s",
				      d->path, m->name);
		make_sparse(&d->arena, b, &set->run[sqlite3_column_int(q, 0) - 1]);
	}
	database_done(d, q);
	return set;
}

/* Quantile of the runs @pick[0..n), merged into @work. */
static double merged(const struct sample_set *s, const int *pick, int n, double q,
		     struct bins *work)
{
	bins_clear(work);
	for (int i = 0; i < n; i++) {
		const struct sparse *r = &s->run[pick[i]];

		for (int k = 0; k < r->n; k++) {
			work->count[r->index[k]] += r->count[k];
			work->n += r->count[k];
		}
	}
	return bins_quantile(work, q);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static void percentile_interval(double *x, double *lo, double *hi)
{
	qsort(x, RESAMPLES, sizeof(*x), by_value);
	*lo = x[(int)(0.025 * RESAMPLES)];
	*hi = x[(int)(0.975 * RESAMPLES) - 1];
}

/* Replications in which every set given has samples. */
static int usable_runs(const struct sample_set *a, const struct sample_set *b,
		       int replications, int *out)
{
	int n = 0;

	for (int i = 0; i < replications; i++) {
		if (b->run[i].n && (!a || a->run[i].n))
			out[n++] = i;
	}
	return n;
}

static int too_few_for(double q, const struct sample_set *b, const int *pick, int n)
{
	uint64_t observations = 0;

	for (int i = 0; i < n; i++) {
		for (int k = 0; k < b->run[pick[i]].n; k++)
			observations += b->run[pick[i]].count[k];
	}
	return n < 2 || (double)observations * (1 - q) < 10 - 1e-6 ||
	       (q > 0.99 && (n < 10 || observations < 100000));
}

static int same_samples(const struct sample_set *a, const struct sample_set *b,
			const int *pick, int n)
{
	for (int i = 0; i < n; i++) {
		const struct sparse *x = &a->run[pick[i]], *y = &b->run[pick[i]];

		if (x->n != y->n ||
		    memcmp(x->index, y->index, (size_t)x->n * sizeof(*x->index)) ||
		    memcmp(x->count, y->count, (size_t)x->n * sizeof(*x->count)))
			return 0;
	}
	return 1;
}

/* The n-th of a fixed sequence of resamples of @run[0..n). */
static void resample(uint64_t *state, uint64_t *i_th, const int *run, int n, int *pick)
{
	for (int i = 0; i < n; i++) {
		*state = hash_mix(*state, (*i_th)++);
		pick[i] = run[*state % (uint64_t)n];
	}
}

struct quantile_estimate quantile_compare(struct database *d, const struct sample_set *a,
					  const struct sample_set *b, int replications,
					  double q)
{
	struct quantile_estimate e = { NAN, NAN, NAN, NAN, NAN, NAN, 0, 0 };
	struct bins *work = bins_new(&d->arena);
	size_t size = (size_t)(replications + 1) * sizeof(int);
	int *run = arena_alloc(&d->arena, size), *pick = arena_alloc(&d->arena, size);
	double x[RESAMPLES], ratio[RESAMPLES];
	uint64_t state = SEED, i_th = 0;
	int n = usable_runs(NULL, b, replications, run);

	e.value = merged(b, run, n, q, work);
	if (a) {
		n = e.pairs = usable_runs(a, b, replications, run);
		if (n)
			e.change = merged(b, run, n, q, work) / merged(a, run, n, q, work) - 1;
		e.identical = n && same_samples(a, b, run, n);
	}
	if (too_few_for(q, b, run, n))
		return e;
	for (int k = 0; k < RESAMPLES; k++) {
		resample(&state, &i_th, run, n, pick);
		x[k] = merged(b, pick, n, q, work);
		ratio[k] = a ? x[k] / merged(a, pick, n, q, work) - 1 : NAN;
	}
	percentile_interval(x, &e.lo, &e.hi);
	if (a)
		percentile_interval(ratio, &e.change_lo, &e.change_hi);
	return e;
}

static double effect_of(enum effect_form form, double a, double b)
{
	return form == EFFECT_LN_RATIO ? log(b / a) : b - a;
}

struct paired quantile_paired(struct database *d, const struct sample_set *a,
			      const struct sample_set *b, int replications, double q,
			      double unit, int force_difference)
{
	struct paired p = { .form = EFFECT_LN_RATIO, .mean_a = NAN, .mean_b = NAN, .mean = NAN,
			    .sd = NAN, .correlation = NAN, .variance_ratio = NAN };
	size_t size = (size_t)(replications + 1) * sizeof(int);
	int *run = arena_alloc(&d->arena, size), *pick = arena_alloc(&d->arena, size);
	int n = usable_runs(a, b, replications, run);
	struct bins *work = bins_new(&d->arena);
	uint64_t state = SEED, i_th = 0;
	double sum = 0, squares = 0, bin = 1.0 / BINS_PER_OCTAVE / sqrt(6);

	if (too_few_for(q, b, run, n) || too_few_for(q, a, run, n))
		return p;
	p.n = n;
	p.mean_a = merged(a, run, n, q, work) * unit;
	p.mean_b = merged(b, run, n, q, work) * unit;
	if (force_difference || p.mean_a <= 0 || p.mean_b <= 0)
		p.form = EFFECT_DIFFERENCE;
	p.mean = effect_of(p.form, p.mean_a, p.mean_b);
	p.identical = same_samples(a, b, run, n);
	p.sd = 0;
	for (int k = 0; k < RESAMPLES && !p.identical; k++) {
		double x;

		resample(&state, &i_th, run, n, pick);
		x = effect_of(p.form, merged(a, pick, n, q, work) * unit,
			      merged(b, pick, n, q, work) * unit) - p.mean;
		sum += x;
		squares += x * x;
	}
	if (p.identical)
		return p;
	/* The true quantile lies anywhere in its bin, of a and of b. */
	bin *= p.form == EFFECT_LN_RATIO ? 1 : fmax(p.mean_a, p.mean_b);
	p.sd = sqrt(((squares - sum * sum / RESAMPLES) / (RESAMPLES - 1) + bin * bin) * n);
	return p;
}
