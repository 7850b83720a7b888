/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Texts for list and explain from the tables of models/config, and the locks
 * of each notification site.
 *
 * The locks follow the paths of 2.6.27 as the models read them: mm/rmap.c,
 * mm/memory.c, mm/mmap.c, mm/madvise.c, mm/mprotect.c, mm/mremap.c, kernel/fork.c.
 * Leaves out: locks that are taken and dropped between two points.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sim/base/units.h"
#include "sim/cli/catalogue.h"

const char *const metric_kind_names[] = {
	[MK_count] = "count", [MK_rate] = "rate", [MK_ratio] = "ratio",
	[MK_tally] = "tally", [MK_time_weighted] = "time_weighted",
};
const char *const metric_better_names[] = {
	[BETTER_lower] = "lower", [BETTER_higher] = "higher", [BETTER_neither] = "neither",
};

const char *param_type_name(enum param_type t)
{
	static const char *const name[] = {
		[PT_BOOL] = "boolean", [PT_INT] = "integer", [PT_TIME] = "duration",
		[PT_SIZE] = "size", [PT_FREQ] = "frequency", [PT_PERCENT] = "share",
		[PT_ENUM] = "enumeration", [PT_DIST] = "distribution",
		[PT_NAME] = "name", [PT_TEXT] = "text",
		[PT_PICK] = "page choice", [PT_REF] = "reference",
		[PT_WORDS] = "list of words",
	};

	return name[t];
}

const char *param_value_text(const struct param_row *row, int64_t v, char *buf, size_t n)
{
	char unit[64];

	switch (row->type) {
	case PT_TIME:
	case PT_DIST:
		snprintf(buf, n, "%s", v == TIME_NEVER ? "any" : format_time(unit, v));
		return buf;
	case PT_SIZE:
		snprintf(buf, n, "%s", format_size(unit, v));
		return buf;
	case PT_FREQ:
		snprintf(buf, n, "%s", format_freq(unit, v));
		return buf;
	case PT_PERCENT:
		snprintf(buf, n, "%s", format_percent(unit, v));
		return buf;
	case PT_BOOL:
		return v ? "yes" : "no";
	case PT_ENUM:
		for (const struct enum_value *e = row->values; e && e->name; e++)
			if (e->value == v)
				return e->name;
		break;
	default:
		break;
	}
	snprintf(buf, n, "%" PRId64, v);
	return buf;
}

const char *param_owner(const struct param_table *t)
{
	static const struct { const char *head, *owner; } owner[] = {
		{ "machine", "the machine file (configs/machines/)" },
		{ "kernel", "the kernel file (configs/kernels/)" },
		{ "design", "the design file (configs/designs/)" },
		{ "secondary", "the secondary file (configs/secondaries/)" },
	};

	for (size_t i = 0; i < sizeof(owner) / sizeof(owner[0]); i++) {
		size_t n = strlen(owner[i].head);

		if (!strncmp(t->path, owner[i].head, n) && (!t->path[n] || t->path[n] == '.'))
			return owner[i].owner;
	}
	return "the scenario (scenarios/)";
}

int param_has_range(const struct param_row *row)
{
	switch (row->type) {
	case PT_INT: case PT_TIME: case PT_SIZE: case PT_FREQ: case PT_PERCENT: case PT_DIST:
		return 1;
	default:
		return 0;
	}
}

static void range_json(struct json *j, const char *key, const struct param_row *row,
		       int64_t lo, int64_t hi)
{
	char buf[64];

	json_key(j, key);
	json_open(j, '[');
	json_str(j, param_value_text(row, lo, buf, sizeof(buf)));
	json_str(j, param_value_text(row, hi, buf, sizeof(buf)));
	json_close(j, ']');
}

void param_json(struct json *j, const struct param_table *t, const struct param_row *row)
{
	json_kstr(j, "type", param_type_name(row->type));
	json_kstr(j, "unit", row->unit);
	json_kstr(j, "default", row->def);
	json_kbool(j, "required", !row->def);
	if (param_has_range(row)) {
		range_json(j, "range", row, row->lo, row->hi);
		json_key(j, "stored_range");
		json_open(j, '[');
		json_int(j, row->lo);
		json_int(j, row->hi);
		json_close(j, ']');
	}
	if (row->est_lo || row->est_hi)
		range_json(j, "plausible", row, row->est_lo, row->est_hi);
	if (row->values) {
		json_key(j, "values");
		json_open(j, '[');
		for (const struct enum_value *e = row->values; e->name; e++) {
			json_open(j, '{');
			json_kstr(j, "name", e->name);
			json_kstr(j, "summary", e->help);
			json_close(j, '}');
		}
		json_close(j, ']');
	}
	json_kstr(j, "origin", param_origin_name(row->origin));
	json_kstr(j, "citation", row->citation);
	json_kstr(j, "owner", param_owner(t));
}

const char *site_locks(enum site_id site)
{
	static const char *const held[NR_SITES] = {
		[SITE_page_referenced_one] = "page lock, rmap lock (anon_vma->lock or i_mmap_lock)",
		[SITE_try_to_unmap_one] = "page lock, rmap lock (anon_vma->lock or i_mmap_lock)",
		[SITE_try_to_unmap] = "page lock",
		[SITE_shrink_page_list] = "page lock",
		[SITE_try_to_unmap_cluster] = "page lock, i_mmap_lock",
		[SITE_page_mkclean_one] = "page lock, i_mmap_lock",
		[SITE_page_mkclean] = "page lock",
		[SITE_do_wp_page] = "mmap_sem (read)",
		[SITE___xip_unmap] = "i_mmap_lock from rmap_locked on",
		[SITE_unmap_vmas] = "mmap_sem (write); none at exit",
		[SITE_zap_page_range] = "mmap_sem (read) from madvise, i_mmap_lock from truncate",
		[SITE_unmap_region] = "mmap_sem (write)",
		[SITE_madvise_dontneed] = "mmap_sem (read)",
		[SITE_unmap_mapping_range] = "i_mmap_lock until rmap_unlocked",
		[SITE_exit_mmap] = "none: the last user is gone",
		[SITE_unmap_hugepage_range] = "mmap_sem (write) or i_mmap_lock",
		[SITE_mprotect_fixup] = "mmap_sem (write)",
		[SITE_move_ptes] = "mmap_sem (write), i_mmap_lock of a file",
		[SITE_copy_page_range] = "mmap_sem (write) of parent and child",
		[SITE_write_protect_page] = "mmap_sem (read), page lock",
		[SITE_replace_page] = "mmap_sem (read), page lock",
		[SITE_remap_file_pages] = "mmap_sem (write or read)",
		[SITE_apply_to_page_range] = "those of the caller",
		[SITE_flush_tlb] = "those of the caller",
	};

	return held[site];
}

int site_points(enum site_id site, enum point_id *out)
{
	int n = 0;

	for (int want = 0; want < NR_POINTS; want++)
		for (int p = 0; p < NR_POINTS; p++)
			if (site_table[site].order[p] == want)
				out[n++] = (enum point_id)p;
	return n;
}

/* All invariants of the project, with the text of those that the models do not
 * check; what they check, their own table says. */
static const struct invariant_info catalogue[] = {
	{ "I1", 0, NULL }, { "I2", 0, NULL }, { "I3", 0, NULL }, { "I4", 0, NULL },
	{ "I5", 0, NULL }, { "I6", 0, NULL }, { "I7", 0, NULL },
	{ "I8", 0, "primary and secondary translations of one address reach one page" },
	{ "I9", 0, NULL },
	{ "I10", 0, "the lock order has no cycle" },
	{ "I11", 0, "a secondary fault ends after finitely many retries" },
	{ "I12", 0, NULL },
};

int invariant_entry(int i, struct invariant_info *out)
{
	if (i < 0 || i >= (int)(sizeof(catalogue) / sizeof(catalogue[0])))
		return 0;
	*out = catalogue[i];
	for (int k = 0; k < NR_INVARIANTS; k++)
		if (!strcmp(invariant_names[k], out->name)) {
			out->checked = 1;
			out->help = invariant_help[k];
		}
	return 1;
}
