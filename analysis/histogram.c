/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Log-linear histograms of the store; see histogram.h. */
#include "analysis/histogram.h"

#include <math.h>
#include <string.h>

struct bins *bins_new(struct arena *a)
{
	return arena_alloc(a, sizeof(struct bins));
}

void bins_clear(struct bins *b)
{
	memset(b, 0, sizeof(*b));
}

/* Bytes taken, 0 if cut off or longer than 64 bits. */
static size_t leb128(const unsigned char *p, size_t n, uint64_t *out)
{
	uint64_t v = 0;

	for (size_t i = 0; i < n && i < 10; i++) {
		v |= (uint64_t)(p[i] & 0x7f) << (7 * i);
		if (!(p[i] & 0x80)) {
			*out = v;
			return i + 1;
		}
	}
	return 0;
}

int bins_add(struct bins *b, const unsigned char *p, size_t n)
{
	uint64_t index = 0, delta, count;
	size_t used;

	while (n) {
		used = leb128(p, n, &delta);
		if (!used)
			return -1;
		p += used;
		n -= used;
		used = leb128(p, n, &count);
		if (!used || delta >= NR_BINS)
			return -1;
		p += used;
		n -= used;
		index += delta;
		if (index >= NR_BINS)
			return -1;
		b->count[index] += count;
		b->n += count;
	}
	return 0;
}

static double bin_mid(size_t index)
{
	size_t shift = index / BINS_PER_OCTAVE;
	double low, width = 1;

	if (!shift)
		return (double)index;
	width = ldexp(1, (int)shift - 1);
	low = (double)(BINS_PER_OCTAVE + index % BINS_PER_OCTAVE) * width;
	return low + (width - 1) / 2;
}

double bins_quantile(const struct bins *b, double q)
{
	uint64_t seen = 0, rank;

	if (!b->n)
		return NAN;
	rank = (uint64_t)ceil(q * (double)b->n);
	if (!rank)
		rank = 1;
	for (size_t i = 0; i < NR_BINS; i++) {
		seen += b->count[i];
		if (seen >= rank)
			return bin_mid(i);
	}
	return bin_mid(NR_BINS - 1);
}

double bins_unit(const char *unit)
{
	if (!strcmp(unit, "ns"))
		return 1e-3;
	if (!strcmp(unit, "us"))
		return 1e-6;
	if (!strcmp(unit, "ms"))
		return 1e-9;
	if (!strcmp(unit, "s"))
		return 1e-12;
	return 1;
}

double quantile_share(int quantile)
{
	return quantile >= 100 ? quantile / 1000.0 : quantile / 100.0;
}
