/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Random streams.
 *
 * Sequential: xoshiro256++ (Blackman and Vigna), seeded by splitmix64 over
 * (master seed, replication, entity, purpose).  Neither a design nor a sweep
 * axis enters, so all designs meet the same work items.  One stream per
 * (entity, purpose); retries draw from a stream of their own.
 *
 * Keyed: Philox4x32-10 (Salmon et al., SC11; Random123) where a draw belongs
 * to a request and not to a place in a sequence.
 */
#ifndef SIM_ENGINE_RNG_H
#define SIM_ENGINE_RNG_H

#include <gsl/gsl_rng.h>
#include <stdint.h>

#include "sim/base/units.h"

struct rng {
	uint64_t s[4];
	uint64_t draws;		/* words taken so far */
};

void rng_seed(struct rng *r, uint64_t master_seed, uint32_t replication,
	      const char *entity, const char *purpose);

static inline uint64_t rng_rotl(uint64_t x, int k)
{
	return (x << k) | (x >> (64 - k));
}

static inline uint64_t rng_u64(struct rng *r)
{
	uint64_t *s = r->s, out = rng_rotl(s[0] + s[3], 23) + s[0], t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rng_rotl(s[3], 45);
	r->draws++;
	return out;
}

/* Uniform on 0..n-1, n >= 1; one draw (multiply-shift, bias < n / 2^64). */
static inline uint64_t rng_below(struct rng *r, uint64_t n)
{
	return (uint64_t)(((unsigned __int128)rng_u64(r) * n) >> 64);
}

/* Uniform on [0, 1) with 53 bits. */
static inline double rng_double(struct rng *r)
{
	return (double)(rng_u64(r) >> 11) * 0x1p-53;
}

/* Standard exponential by the ziggurat (Marsaglia and Tsang), 256 layers,
 * tables constant in the source; and scaled to @mean, rounded to ps. */
double rng_exp1(struct rng *r);
sim_time rng_exp(struct rng *r, sim_time mean);

/* The same generator for GSL; the state of a gsl_rng of this type is a struct rng. */
extern const gsl_rng_type *const rng_gsl_type;

/* One 64-bit word for (key, counter): Philox4x32-10. */
uint64_t rng_keyed(uint64_t key, uint64_t counter_hi, uint64_t counter_lo);

#endif
