/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Secondary MMUs of kind sleeper: rows of the secondary file (how long its
 * callouts take, and whether they sleep meanwhile) and of protocol.sleeper.
 */
#include "models/config/rows.h"

/* --- the secondary file -------------------------------------------------------- */
#define S struct sleeper_config
#define LENGTH(key_, field_, help_) \
	CHOICE(S, "callout." key_, PT_DIST, field_, "ps", "0s", 0, SEC(100), NULL, "", help_)
static const struct param_row sleeper_rows[] = {
	NAME_ROW(S, name, "name of the secondary MMU"),
	TEXT_ROW(S, "source", source, NULL, "which sources were read"),
	TEXT_ROW(S, "summary", summary, "", "one line"),
	LENGTH("range_start", length[OP_range_start], "time a range_start takes: a message and its confirmation"),
	LENGTH("range_end", length[OP_range_end], "time a range_end takes"),
	LENGTH("invalidate_page", length[OP_invalidate_page], "time an invalidate_page takes, and its kin"),
	LENGTH("release", length[OP_release], "time ->release takes"),
	CHOICE(S, "must_sleep", PT_BOOL, must_sleep, "", "yes", 0, 1, NULL,
	       "", "callouts sleep for their time; no: they spin"),
	CHOICE(S, "fault.retry", PT_DIST, retry, "ps", "20us", NS(1), SEC(1), NULL, "",
	       "a fault that the fence refused comes again after this; it sleeps meanwhile"),
};
#undef S

/* --- protocol.sleeper -------------------------------------------------------------- */
static const struct enum_value zap_values[] = {
	{ "range_start", ZAP_RANGE_START, "translations are dropped before the range is touched" },
	{ "range_end", ZAP_RANGE_END, "they are dropped after the last pte of the range" },
	{ "none", ZAP_NONE, "range callouts drop nothing" },
	{ NULL, 0, NULL },
};

static const struct enum_value fence_values[] = {
	{ "none", FENCE_NONE, "faults check nothing" },
	{ "count", FENCE_COUNT, "retry while a section is open" },
	{ "seq", FENCE_SEQ, "retry if an invalidation ended since the fault began" },
	{ "count+seq", FENCE_COUNT_SEQ, "both" },
	{ NULL, 0, NULL },
};

static const struct enum_value pin_values[] = {
	{ "none", PIN_NONE, "a translation holds no page reference" },
	{ "per_spte", PIN_PER_SPTE, "every translation holds one page reference" },
	{ NULL, 0, NULL },
};

#define P struct sleeper_protocol
static const struct param_row sleeper_protocol_rows[] = {
	CHOICE(P, "zap_at", PT_ENUM, zap_at, "", "range_start", 0, 0, zap_values, "",
	       "which range callout drops the translations"),
	CHOICE(P, "fence.kind", PT_ENUM, fence, "", "count+seq", 0, 0, fence_values, "",
	       "what a fault checks before it stores a translation"),
	CHOICE(P, "pin", PT_ENUM, pin, "", "none", 0, 0, pin_values, "",
	       "whether translations hold page references"),
};
#undef P

const struct param_table sleeper_params = { "secondary.sleeper", sleeper_rows, N(sleeper_rows) };
const struct param_table sleeper_protocol_params = {
	"design.protocol.sleeper", sleeper_protocol_rows, N(sleeper_protocol_rows)
};
