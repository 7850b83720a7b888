/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Statistics: what is not on the hot path.  Sums stay integers to the end; the
 * first rounding is the final division.
 */
#include "sim/engine/stat.h"

#include <math.h>
#include <string.h>

#include "sim/base/xassert.h"

void tally_reset(struct tally *t)
{
	memset(t, 0, sizeof(*t));
}

double tally_mean(const struct tally *t)
{
	return t->n ? (double)t->sum / (double)t->n : NAN;
}

/*
 * sumsq - sum^2 / n with the quotient split into whole and remainder: exact,
 * where the textbook formula in doubles loses everything for a large mean.
 */
double tally_variance(const struct tally *t)
{
	unsigned __int128 square, whole, n;

	if (t->n < 2)
		return NAN;
	n = (unsigned __int128)t->n;
	square = (unsigned __int128)((__int128)t->sum * t->sum);
	whole = t->sumsq - square / n;
	return ((double)whole - (double)(square % n) / (double)n) / (double)(t->n - 1);
}

void tw_start(struct time_weighted *w, sim_time now, int64_t value)
{
	*w = (struct time_weighted){
		.value = value, .since = now, .start = now, .max = value,
	};
}

double tw_area(const struct time_weighted *w, sim_time now)
{
	return (double)(w->area + (__int128)w->value * (now - w->since));
}

double tw_mean(const struct time_weighted *w, sim_time now)
{
	return now > w->start ? tw_area(w, now) / (double)(now - w->start) : NAN;
}

static unsigned int histogram_shift(unsigned int index)
{
	return index < (1u << HIST_SUB_BITS) ? 0 : (index >> HIST_SUB_BITS) - 1;
}

uint64_t histogram_low(unsigned int index)
{
	uint64_t sub = index & ((1u << HIST_SUB_BITS) - 1);

	if (index < (1u << HIST_SUB_BITS))
		return index;
	return ((UINT64_C(1) << HIST_SUB_BITS) + sub) << histogram_shift(index);
}

uint64_t histogram_mid(unsigned int index)
{
	return histogram_low(index) + ((UINT64_C(1) << histogram_shift(index)) >> 1);
}

/* The bin of the sample of rank ceil(q n), at least 1. */
uint64_t histogram_quantile(const struct histogram *h, double q)
{
	uint64_t rank, seen = 0;
	unsigned int i;

	BUG_ON(!h->n || !(q >= 0.0 && q <= 1.0));
	rank = (uint64_t)ceil(q * (double)h->n);
	if (!rank)
		rank = 1;
	for (i = 0; i < HIST_BINS; i++) {
		seen += h->bin[i];
		if (seen >= rank)
			return histogram_mid(i);
	}
	bug(__FILE__, __LINE__, "a histogram holds fewer samples than its count");
}

static void leb128_put(struct strbuf *out, uint64_t v)
{
	while (v >= 0x80) {
		sb_addc(out, (char)(v | 0x80));
		v >>= 7;
	}
	sb_addc(out, (char)v);
}

/* One number of at most 32 bits; 0, or -1 at the end of the data or beyond them. */
static int leb128_get(const unsigned char **p, const unsigned char *end, uint32_t *v)
{
	uint64_t value = 0;
	int shift;

	for (shift = 0; shift < 35; shift += 7) {
		if (*p == end)
			return -1;
		value |= (uint64_t)(**p & 0x7f) << shift;
		if (!(*(*p)++ & 0x80)) {
			*v = (uint32_t)value;
			return value > UINT32_MAX ? -1 : 0;
		}
	}
	return -1;
}

void histogram_encode(const struct histogram *h, struct strbuf *out)
{
	unsigned int i, last = 0;

	for (i = 0; i < HIST_BINS; i++) {
		if (!h->bin[i])
			continue;
		leb128_put(out, i - last);
		leb128_put(out, h->bin[i]);
		last = i;
	}
}

/* Walk the pairs; with @h add them, without only check them. */
static int histogram_walk(struct histogram *h, const unsigned char *p, size_t n)
{
	const unsigned char *end = p + n;
	uint32_t delta, count, first = 1;
	uint64_t index = 0;

	while (p != end) {
		if (leb128_get(&p, end, &delta) || leb128_get(&p, end, &count))
			return -1;
		index += delta;
		if (index >= HIST_BINS || !count || (!delta && !first))
			return -1;
		first = 0;
		if (h) {
			h->bin[index] += count;
			h->n += count;
		}
	}
	return 0;
}

int histogram_decode(struct histogram *h, const unsigned char *p, size_t n)
{
	if (histogram_walk(NULL, p, n))
		return -1;
	return histogram_walk(h, p, n);
}
