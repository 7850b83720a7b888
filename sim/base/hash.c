/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The fixed hash: eight bytes at a time through hash_mix(), the tail padded
 * with zeros, the length mixed in last so that "a" and "a\0" differ.  Bytes
 * are read little-endian by hand: the value must not depend on the machine.
 * Not cryptographic; 63 bits of it identify rows (some 1e5 rows: collision
 * probability about 1e-9).
 */
#include "sim/base/hash.h"

#include <string.h>

static uint64_t load_le(const unsigned char *p, size_t n)
{
	uint64_t v = 0;
	size_t i;

	for (i = 0; i < n; i++)
		v |= (uint64_t)p[i] << (8 * i);
	return v;
}

uint64_t hash_mem(const void *p, size_t n, uint64_t seed)
{
	const unsigned char *c = p;
	uint64_t h = seed;
	size_t left = n;

	for (; left >= 8; left -= 8, c += 8)
		h = hash_mix(h, load_le(c, 8));
	if (left)
		h = hash_mix(h, load_le(c, left));
	return hash_mix(h, n);
}

uint64_t hash_str(const char *s, uint64_t seed)
{
	return hash_mem(s, strlen(s), seed);
}
