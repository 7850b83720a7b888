/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Parameter rows of every cost, one table per owner, from cost.def.
 *
 * cost.def writes values as NS(3).  The table wants them twice: as numbers
 * for the range and as the text "3ns" for the default that a user would
 * write.  So the file is read twice for numbers, and once with NS() redefined
 * to text.  An estimate without a range does not compile.
 */
#include "models/config/config.h"

#define COST_IS_ESTIMATE_MEASURED 0
#define COST_IS_ESTIMATE_PUBLISHED 0
#define COST_IS_ESTIMATE_ESTIMATE 1

/* low <= default <= high always; low < high where somebody only guessed. */
#define COST(id, owner, key, def, low, high, origin, citation, help) \
	_Static_assert((low) >= 0 && (low) <= (def) && (def) <= (high) && \
		       (high) <= INT32_MAX, "COST(" #id "): low <= default <= high"); \
	_Static_assert(!COST_IS_ESTIMATE_##origin || (low) < (high), \
		       "COST(" #id "): an estimate needs a range"); \
	_Static_assert(sizeof(citation) > 1, "COST(" #id "): who says so?");
#include "models/config/cost.def"
#undef COST

enum {
#define COST(id, owner, key, def, low, high, ...) \
	LOW_##id = (low), HIGH_##id = (high),
#include "models/config/cost.def"
#undef COST
};

const char *const cost_names[NR_COSTS] = {
#define COST(id, owner, key, ...) [COST_##id] = #key,
#include "models/config/cost.def"
#undef COST
};

#undef PS
#undef NS
#undef US
#define PS(n) #n "ps"
#define NS(n) #n "ns"
#define US(n) #n "us"

#define ROW(id_, key_, def_, origin_, citation_, help_) \
	{ \
		.key = #key_, .type = PT_TIME, \
		.offset = offsetof(struct machine_config, cost[COST_##id_]), \
		.unit = "ps", .def = def_, .lo = 0, .hi = (int64_t)1000000000000, \
		.est_lo = LOW_##id_, .est_hi = HIGH_##id_, \
		.origin = ORIGIN_##origin_, .citation = citation_, .help = help_, \
	},

#define MACHINE_ROW(...) ROW(__VA_ARGS__)
#define KERNEL_ROW(...)
#define KVM_ROW(...)
#define GRU_ROW(...)
#define SLEEPER_ROW(...)
#define COST(id, owner, key, def, low, high, origin, citation, help) \
	owner##_ROW(id, key, def, origin, citation, help)

static const struct param_row machine_rows[] = {
#include "models/config/cost.def"
};

#undef MACHINE_ROW
#undef KERNEL_ROW
#define MACHINE_ROW(...)
#define KERNEL_ROW(...) ROW(__VA_ARGS__)
static const struct param_row kernel_rows[] = {
#include "models/config/cost.def"
};

#undef KERNEL_ROW
#undef KVM_ROW
#define KERNEL_ROW(...)
#define KVM_ROW(...) ROW(__VA_ARGS__)
static const struct param_row kvm_rows[] = {
#include "models/config/cost.def"
};

#undef KVM_ROW
#undef GRU_ROW
#define KVM_ROW(...)
#define GRU_ROW(...) ROW(__VA_ARGS__)
static const struct param_row gru_rows[] = {
#include "models/config/cost.def"
};

#undef GRU_ROW
#undef SLEEPER_ROW
#define GRU_ROW(...)
#define SLEEPER_ROW(...) ROW(__VA_ARGS__)
static const struct param_row sleeper_rows[] = {
#include "models/config/cost.def"
};

#define TABLE(path_, rows_) { path_, rows_, sizeof(rows_) / sizeof(rows_[0]) }

const struct param_table machine_cost_params = TABLE("machine.costs", machine_rows);
const struct param_table kernel_cost_params = TABLE("kernel.costs", kernel_rows);
const struct param_table gru_cost_params = TABLE("secondary.gru.costs", gru_rows);
const struct param_table kvm_cost_params = TABLE("secondary.kvm.costs", kvm_rows);
const struct param_table sleeper_cost_params = TABLE("secondary.sleeper.costs", sleeper_rows);
