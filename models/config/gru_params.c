/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Secondary MMUs of kind gru: rows of the secondary file (hardware and driver
 * of drivers/misc/sgi-gru, 2.6.27) and of protocol.gru.
 */
#include "models/config/rows.h"

/* --- the secondary file -------------------------------------------------------- */
static const struct enum_value miss_values[] = {
	{ "interrupt", GRU_MISS_INTERRUPT, "a miss interrupts a CPU of the blade; what that cannot serve, the user polls for" },
	{ "user_poll", GRU_MISS_USER_POLL, "no interrupt: the user sees the miss and calls the driver" },
	{ NULL, 0, NULL },
};

#define S struct gru_config
static const struct param_row gru_rows[] = {
	NAME_ROW(S, name, "name of the secondary MMU"),
	TEXT_ROW(S, "source", source, NULL, "which sources were read"),
	TEXT_ROW(S, "summary", summary, "", "one line"),
	CHOICE(S, "chiplets", PT_INT, chiplets, "", "2", 1, 2, NULL,
	       "2.6.27: GRU_CHIPLETS_PER_HUB 2", "GRUs per blade, each with a TLB of its own"),
	CHOICE(S, "contexts", PT_INT, contexts, "", "16", 1, 16, NULL,
	       "2.6.27: GRU_NUM_CCH 16", "user contexts that a chiplet holds"),
	CONSTANT(S, "tlb_entries", PT_INT, tlb_entries, "", "512", 4, 65536, 128, 4096, ESTIMATE,
		 "by the authors: nobody published it", "translations of one chiplet, for all its contexts"),
	CHOICE(S, "tgh", PT_INT, tgh, "", "24", 2, 64, NULL,
	       "2.6.27: GRU_NUM_TGH 24", "invalidate handles of a chiplet"),
	CHOICE(S, "tgh_local", PT_INT, tgh_local, "", "16", 1, 63, NULL,
	       "2.6.27: MAX_LOCAL_TGH 16",
	       "at most so many of them for the CPUs of the blade; the rest is shared by all others"),
	CHOICE(S, "invalidate_max", PT_INT, invalidate_max, "", "1024", 1, 65536, NULL,
	       "2.6.27: GRUMAXINVAL 1024", "pages of one invalidate; longer ranges purge the whole ASID"),
	CHOICE(S, "asid_max", PT_INT, asid_max, "", "16777200", 24, 16777200, NULL,
	       "2.6.27: MAX_ASID 0xfffff0, ASID_INC 8", "ASIDs of a chiplet are 8, 16 ... below this"),
	CHOICE(S, "miss", PT_ENUM, miss, "", "interrupt", 0, 0, miss_values, "",
	       "how a TLB miss is reported"),
	CHOICE(S, "discards_inflight", PT_BOOL, discards_inflight, "", "yes", 0, 1, NULL,
	       "grufault.c: 'magic hardware that eliminates races between TLB invalidates and TLB dropins'",
	       "the hardware ignores a dropin if an invalidate covered it since the miss was read"),
};
#undef S

/* --- protocol.gru ---------------------------------------------------------------- */
static const struct enum_value zap_values[] = {
	{ "range_start", ZAP_RANGE_START, "the range is purged before it is touched" },
	{ "range_end", ZAP_RANGE_END, "it is purged after its last pte" },
	{ "none", ZAP_NONE, "range callouts purge nothing" },
	{ NULL, 0, NULL },
};

static const struct enum_value fence_values[] = {
	{ "none", GRU_FENCE_NONE, "dropins check nothing" },
	{ "count", GRU_FENCE_COUNT, "no dropin while a section is open (ms_range_active)" },
	{ "count+seq", GRU_FENCE_COUNT_SEQ, "also a sequence, stepped by every purge and checked under its lock: for hardware that discards nothing" },
	{ NULL, 0, NULL },
};

#define P struct gru_protocol
static const struct param_row gru_protocol_rows[] = {
	CHOICE(P, "zap_at", PT_ENUM, zap_at, "", "range_start", 0, 0, zap_values, "",
	       "which range callout purges the GRUs"),
	CHOICE(P, "fence.kind", PT_ENUM, fence, "", "count", 0, 0, fence_values, "",
	       "what is checked before a translation is dropped in"),
};
#undef P

const struct param_table gru_params = { "secondary.gru", gru_rows, N(gru_rows) };
const struct param_table gru_protocol_params = {
	"design.protocol.gru", gru_protocol_rows, N(gru_protocol_rows)
};
