/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The tables behind config.h: metrics, sites with their points, callout
 * operations, invariants.  Each comes from its .def file; nothing here decides
 * anything.
 */
#include "models/config/config.h"

#include <string.h>

const struct metric_info metric_table[NR_METRICS] = {
#define METRIC(id, name, unit, kind, better, labels, help) \
	[METRIC_##id] = { name, unit, MK_##kind, BETTER_##better, labels, help },
#include "models/config/metric.def"
#undef METRIC
};

int metric_by_name(const char *name)
{
	int i;

	for (i = 0; i < NR_METRICS; i++)
		if (!strcmp(metric_table[i].name, name))
			return i;
	return -1;
}

const char *const point_names[NR_POINTS] = {
#define POINT(name) [POINT_##name] = #name,
#include "models/config/point.def"
#undef POINT
};

/*
 * A site lists its points in program order; the place of each is counted off
 * from the number of points: SITE(s, 1, PT(a) PT(b)) becomes
 * PLACE_2(2, a, b), that is [POINT_a] = 2 - 2, [POINT_b] = 2 - 1.
 */
#define PLACE_0(n, ...)
#define PLACE_1(n, p, ...)  [POINT_##p] = (n) - 1, PLACE_0(n)
#define PLACE_2(n, p, ...)  [POINT_##p] = (n) - 2, PLACE_1(n, __VA_ARGS__)
#define PLACE_3(n, p, ...)  [POINT_##p] = (n) - 3, PLACE_2(n, __VA_ARGS__)
#define PLACE_4(n, p, ...)  [POINT_##p] = (n) - 4, PLACE_3(n, __VA_ARGS__)
#define PLACE_5(n, p, ...)  [POINT_##p] = (n) - 5, PLACE_4(n, __VA_ARGS__)
#define PLACE_6(n, p, ...)  [POINT_##p] = (n) - 6, PLACE_5(n, __VA_ARGS__)
#define PLACE_7(n, p, ...)  [POINT_##p] = (n) - 7, PLACE_6(n, __VA_ARGS__)
#define PLACE_8(n, p, ...)  [POINT_##p] = (n) - 8, PLACE_7(n, __VA_ARGS__)
#define PLACE_9(n, p, ...)  [POINT_##p] = (n) - 9, PLACE_8(n, __VA_ARGS__)
#define PLACE_10(n, p, ...) [POINT_##p] = (n) - 10, PLACE_9(n, __VA_ARGS__)
#define PLACE_11(n, p, ...) [POINT_##p] = (n) - 11, PLACE_10(n, __VA_ARGS__)
#define PLACE_12(n, p, ...) [POINT_##p] = (n) - 12, PLACE_11(n, __VA_ARGS__)
#define PLACE_13(n, p, ...) [POINT_##p] = (n) - 13, PLACE_12(n, __VA_ARGS__)
#define PLACE_14(n, p, ...) [POINT_##p] = (n) - 14, PLACE_13(n, __VA_ARGS__)
#define PLACE_15(n, p, ...) [POINT_##p] = (n) - 15, PLACE_14(n, __VA_ARGS__)
#define PLACE_16(n, p, ...) [POINT_##p] = (n) - 16, PLACE_15(n, __VA_ARGS__)

#define COUNT_PICK(a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, \
		   a14, a15, a16, n, ...) n
#define COUNT(...) COUNT_PICK(__VA_ARGS__, 16, 15, 14, 13, 12, 11, 10, 9, 8, \
			      7, 6, 5, 4, 3, 2, 1, 0)
#define PASTE_(a, b) a##b
#define PASTE(a, b) PASTE_(a, b)

#define PT(name) , name
#define SITE_ROW(name_, built_, ...) \
	[SITE_##name_] = { \
		.name = #name_, .built = built_, \
		.order = { \
			[0 ... NR_POINTS - 1] = -1, \
			PASTE(PLACE_, COUNT(__VA_ARGS__))(COUNT(__VA_ARGS__), __VA_ARGS__) \
		}, \
	},
/* PT() has turned "PT(a) PT(b)" into ", a , b" before SITE_ROW counts. */
#define SITE(name_, built_, points) SITE_EXPAND(name_, built_ points)
#define SITE_EXPAND(...) SITE_ROW(__VA_ARGS__)

/* "-1 everywhere, then the places" is meant: one table, no code at start. */
#pragma GCC diagnostic push
#ifdef __clang__
#pragma GCC diagnostic ignored "-Winitializer-overrides"
#else
#pragma GCC diagnostic ignored "-Woverride-init"
#endif
const struct site_info site_table[NR_SITES] = {
#include "models/config/site.def"
};
#pragma GCC diagnostic pop
#undef SITE
#undef PT

const struct callout_info callout_table[NR_CALLOUT_OPS] = {
#define CALLOUT(name, built, help) [OP_##name] = { #name, built, help },
#include "models/config/callout.def"
#undef CALLOUT
};

const struct step_info step_table[NR_STEPS] = {
#define R STEP_IN_REGISTER
#define U STEP_IN_UNREGISTER
#define E STEP_IN_EXIT
#define STEP(name, where, help) [STEP_##name] = { #name, where, help },
#include "models/config/step.def"
#undef STEP
#undef R
#undef U
#undef E
};

const char *const invariant_names[NR_INVARIANTS] = {
	[INV_I1] = "I1", [INV_I2] = "I2", [INV_I3] = "I3", [INV_I4] = "I4", [INV_I5] = "I5",
	[INV_I6] = "I6", [INV_I7] = "I7", [INV_I9] = "I9", [INV_I12] = "I12",
};

const char *const invariant_help[NR_INVARIANTS] = {
	[INV_I1] = "no use after free: when a page is freed no usable translation reaches it",
	[INV_I2] = "no stale establish: no translation is installed for a page whose pte was cleared after the get_user_pages that found it",
	[INV_I3] = "registration completeness: no translation of a registrant outlives the path that cleared its pte",
	[INV_I5] = "no callout of a registrant runs or starts once it may be freed or its module unloaded",
	[INV_I6] = "release before free: off the list, a registrant has no translation that nobody will take back",
	[INV_I9] = "atomic context: nobody sleeps under a spinlock, inside rcu_read_lock or with preemption off",
	[INV_I12] = "the put of a callout is never the last one while the translation can still be used",
	[INV_I4] = "section balance: every section closes within 1 s, no count falls below 0",
	[INV_I7] = "write protection: once a pte is read-only and clean, and that is announced, no translation of it allows writes",
};

int64_t config_memory(const struct world_config *c)
{
	const int64_t mib = 1 << 20;
	int64_t bytes = 0;

	if (!c->overcommit)
		return c->machine->memory;
	for (int i = 0; i < c->n_spaces; i++)
		for (int j = 0; j < c->space[i].n_regions; j++) {
			const struct region_config *r = &c->space[i].region[j];
			int64_t n = c->space[i].count > 1 ? c->space[i].count : 1;

			bytes += (int64_t)((__int128)r->length * r->prefault / PPM_ONE) * n *
				(r->sharers > 1 ? r->sharers : 1);
		}
	return ((int64_t)((__int128)bytes * PPM_ONE / c->overcommit) + mib - 1) / mib * mib;
}
