/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A fixed 64-bit hash: the same on every machine and in every version, since
 * row identifiers, random streams and fingerprints are made with it.
 */
#ifndef SIM_BASE_HASH_H
#define SIM_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

uint64_t hash_mem(const void *p, size_t n, uint64_t seed);
uint64_t hash_str(const char *s, uint64_t seed);

/* Mix one word into a running hash (splitmix64 finaliser over a sum). */
static inline uint64_t hash_mix(uint64_t h, uint64_t v)
{
	uint64_t z = h * 0x9e3779b97f4a7c15u + v + 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

/* An SQLite row id: 63 low bits, never 0. */
static inline int64_t hash_rowid(uint64_t h)
{
	int64_t id = (int64_t)(h & 0x7fffffffffffffffu);

	return id ? id : 1;
}

#endif
