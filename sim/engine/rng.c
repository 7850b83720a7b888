/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Random streams: seeding, the exponential, the GSL type, keyed draws.
 *
 * No call of libm: only +, * and comparisons of doubles, which IEEE 754
 * fixes to the bit, so that an exponential variate is the same for every
 * compiler and optimisation level (-ffp-contract=off).
 */
#include "sim/engine/rng.h"

#include <Random123/philox.h>

#include "sim/base/hash.h"
#include "sim/engine/ziggurat_tables.h"

/* splitmix64 (Steele, Lea and Flood, OOPSLA 2014). */
static uint64_t splitmix(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

/* Four words of splitmix64 are never all zero, the one state to avoid. */
static void rng_fill(struct rng *r, uint64_t seed)
{
	int i;

	for (i = 0; i < 4; i++)
		r->s[i] = splitmix(&seed);
	r->draws = 0;
}

void rng_seed(struct rng *r, uint64_t master_seed, uint32_t replication,
	      const char *entity, const char *purpose)
{
	uint64_t h = hash_mix(master_seed, replication);

	h = hash_str(entity, h);
	h = hash_str(purpose, h);
	rng_fill(r, h);
}

/*
 * exp(d) for 0 <= d <= 0.76 by its Taylor series, relative error below 3e-13:
 * the test in a wedge needs no more, and no libm.
 */
static double short_exp(double d)
{
	static const double inverse_factorial[] = {
		1.0, 1.0, 1.0 / 2, 1.0 / 6, 1.0 / 24, 1.0 / 120, 1.0 / 720,
		1.0 / 5040, 1.0 / 40320, 1.0 / 362880, 1.0 / 3628800,
		1.0 / 39916800, 1.0 / 479001600,
	};
	double sum = 0.0;
	int k;

	for (k = 12; k >= 0; k--)
		sum = sum * d + inverse_factorial[k];
	return sum;
}

/* Is a point of layer @layer at @x, right of the next edge, under the curve? */
static int under_curve(struct rng *r, unsigned int layer, double x)
{
	double low = ziggurat_height[layer], high = ziggurat_height[layer + 1];
	double y = low + rng_double(r) * (high - low);

	return y < low * short_exp(ziggurat_edge[layer] - x);
}

/*
 * One word gives the layer (low 8 bits) and the place in it (high 53).  The
 * tail of an exponential is an exponential again: add r and start over.
 */
double rng_exp1(struct rng *r)
{
	double tail = 0.0;

	for (;;) {
		uint64_t word = rng_u64(r), place = word >> 11;
		unsigned int layer = word & (ZIGGURAT_LAYERS - 1);
		double x = (double)(int64_t)place * ziggurat_width[layer];

		if (__builtin_expect(place < ziggurat_inside[layer], 1))
			return tail + x;
		if (layer == 0)
			tail += ziggurat_edge[1];
		else if (under_curve(r, layer, x))
			return tail + x;
	}
}

sim_time rng_exp(struct rng *r, sim_time mean)
{
	double t = rng_exp1(r) * (double)mean + 0.5;

	/* 2^62 ps are 53 days; what is beyond must not wrap around. */
	return t < 0x1p62 ? (sim_time)t : (sim_time)1 << 62;
}

static void gsl_set(void *state, unsigned long seed)
{
	rng_fill(state, seed);
}

static unsigned long gsl_get(void *state)
{
	return rng_u64(state);
}

static double gsl_get_double(void *state)
{
	return rng_double(state);
}

static const gsl_rng_type xoshiro_type = {
	.name = "xoshiro256++",
	.max = ~0ul,
	.min = 0,
	.size = sizeof(struct rng),
	.set = gsl_set,
	.get = gsl_get,
	.get_double = gsl_get_double,
};

const gsl_rng_type *const rng_gsl_type = &xoshiro_type;

uint64_t rng_keyed(uint64_t key, uint64_t counter_hi, uint64_t counter_lo)
{
	philox4x32_ctr_t c = { { (uint32_t)counter_lo, (uint32_t)(counter_lo >> 32),
				 (uint32_t)counter_hi, (uint32_t)(counter_hi >> 32) } };
	philox4x32_key_t k = { { (uint32_t)key, (uint32_t)(key >> 32) } };

	c = philox4x32(c, k);
	return (uint64_t)c.v[1] << 32 | c.v[0];
}
