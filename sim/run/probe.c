/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The probe of the mathematics library that is stored with each study.
 *
 * Its points spread over the range that distributions use; the arguments are
 * exact dyadic fractions and volatile, so that no compiler computes them.
 */
#include "sim/run/probe.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sim/base/hash.h"

/* With 64, glibc with and without FMA gave one hash: few arguments round differently. */
#define POINTS	4096

static uint64_t bits(double x)
{
	uint64_t u;

	memcpy(&u, &x, sizeof(u));
	return u;
}

void math_probe(char out[17])
{
	uint64_t h = hash_str("math", 0);
	int i;

	for (i = 1; i <= POINTS; i++) {
		volatile double x = (double)i * 0x1.5p-8 + 0x1p-32 * (double)(i * i);

		h = hash_mix(h, bits(log(x)));
		h = hash_mix(h, bits(exp(-x)));
		h = hash_mix(h, bits(pow(x, 1.0 / (1.0 + x))));
	}
	snprintf(out, 17, "%016" PRIx64, h);
}
