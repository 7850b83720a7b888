/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Words of a callout record and what each site can answer; see record.h. */
#include <stdio.h>

#include "models/config/config.h"

const struct record_word cond_words[] = {
	{ "always", COND_ALWAYS, "no condition" },
	{ "pte_young", COND_PTE_YOUNG, "the primary pte was accessed since the last look" },
	{ "not_pte_young", COND_NOT_PTE_YOUNG, "it was not" },
	{ "pte_present", COND_PTE_PRESENT, "the page is mapped here" },
	{ "cow_mapping", COND_COW_MAPPING, "private and writable: is_cow_mapping" },
	{ "may_block", COND_MAY_BLOCK, "no spinlock is held and preemption is on" },
	{ NULL, 0, NULL },
};

const struct record_word exit_words[] = {
	{ "no_vma", EXIT_no_vma, "the page does not lie in this VMA" },
	{ "no_pte", EXIT_no_pte, "it is not mapped here: no lock was taken" },
	{ "mlocked", EXIT_mlocked, "the VMA is locked in memory" },
	{ "young", EXIT_young, "it was accessed: it stays" },
	{ "clean", EXIT_clean, "the pte is clean and read-only already" },
	{ "reused", EXIT_reused, "the page is nobody else's: no copy" },
	{ "raced", EXIT_raced, "the pte is not what it was" },
	{ "enomem", EXIT_enomem, "no memory" },
	{ NULL, 0, NULL },
};

const struct record_word event_words[] = {
	{ "unmap", EVENT_unmap, "the range leaves the address space" },
	{ "clear", EVENT_clear, "ptes are cleared, the range stays" },
	{ "protection", EVENT_protection, "permissions shrink" },
	{ "age", EVENT_age, "accessed bits are collected" },
	{ "migrate", EVENT_migrate, "the page moves" },
	{ "release", EVENT_release, "the address space goes" },
	{ NULL, 0, NULL },
};

const struct record_word result_words[] = {
	{ "void", RESULT_VOID, "the answer is not looked at" },
	{ "or", RESULT_OR, "every registrant is called, the answers are combined" },
	{ "stop_on_nonzero", RESULT_STOP_ON_NONZERO, "the first that answers yes ends the walk" },
	{ NULL, 0, NULL },
};

const struct record_word block_words[] = {
	{ "no", BLOCK_NO, "must not sleep" },
	{ "yes", BLOCK_YES, "may sleep" },
	{ "flag", BLOCK_FLAG, "the callout is told whether it may" },
	{ NULL, 0, NULL },
};

struct callout callout_record(int op)
{
	struct callout c = { .op = (uint8_t)op };

	if (op == OP_range_end)
		c.exits = EXIT_ALL;
	if (op == OP_clear_flush_young || op == OP_clear_young || op == OP_test_young)
		c.result = RESULT_OR;
	return c;
}

int site_exits(int site)
{
	switch (site) {
	case SITE_page_referenced_one:
		return EXIT_no_vma | EXIT_no_pte | EXIT_mlocked;
	case SITE_try_to_unmap_one:
		return EXIT_no_vma | EXIT_no_pte | EXIT_mlocked | EXIT_young;
	case SITE_page_mkclean_one:
		return EXIT_no_vma | EXIT_no_pte | EXIT_clean;
	case SITE_do_wp_page:
		return EXIT_reused | EXIT_raced | EXIT_enomem;
	case SITE_copy_page_range:
		return EXIT_enomem;
	default:
		return 0;
	}
}

int site_event(int site)
{
	switch (site) {
	case SITE_page_referenced_one:
		return EVENT_age;
	case SITE_page_mkclean_one: case SITE_page_mkclean: case SITE_mprotect_fixup:
	case SITE_copy_page_range: case SITE_write_protect_page:
		return EVENT_protection;
	case SITE_unmap_vmas: case SITE_unmap_region: case SITE_move_ptes:
		return EVENT_unmap;
	case SITE_exit_mmap:
		return EVENT_release;
	default:
		return EVENT_clear;
	}
}

/* From which point on the page-table lock is held, or the pte has been read under it. */
static int pte_known_from(int site)
{
	switch (site) {
	case SITE_page_referenced_one: case SITE_try_to_unmap_one: case SITE_page_mkclean_one:
		return site_table[site].order[POINT_pte_locked];
	case SITE_do_wp_page:
		return site_table[site].order[POINT_enter];
	default:
		return NR_POINTS;
	}
}

int fact_known(int site, int point, enum callout_cond cond)
{
	switch (cond) {
	case COND_PTE_YOUNG: case COND_NOT_PTE_YOUNG: case COND_PTE_PRESENT:
		return site_table[site].order[point] >= pte_known_from(site);
	case COND_COW_MAPPING:
		return site == SITE_copy_page_range;
	default:
		return 1;
	}
}

int point_under_ptl(int site, int point)
{
	switch (point) {
	case POINT_pte_locked: case POINT_aged: case POINT_checked: case POINT_cleared:
	case POINT_deferred: case POINT_swap_set: case POINT_rmap_removed:
	case POINT_per_pte_flushed: case POINT_set: case POINT_relocked:
	case POINT_rmap_switched: case POINT_pmd_locked: case POINT_cleared_batch:
	case POINT_rewritten: case POINT_both_locked: case POINT_moved:
	case POINT_protected:
	/* a full array is flushed inside it, the end of a block is not */
	case POINT_gather_full: case POINT_block_flushed: case POINT_block_freed:
		return 1;
	case POINT_enter: case POINT_old_put:
		return site == SITE_do_wp_page;
	case POINT_flushed:
		/* These two flush the range after their last page-table lock. */
		return site != SITE_mprotect_fixup && site != SITE_move_ptes;
	default:
		return 0;
	}
}

int point_atomic(int site, int point)
{
	int place = site_table[site].order[point];

	if (point_under_ptl(site, point))
		return 1;
	switch (site) {
	case SITE_page_referenced_one: case SITE_try_to_unmap_one: case SITE_page_mkclean_one:
	case SITE_try_to_unmap_cluster:
		return 1;		/* anon_vma->lock or i_mmap_lock, spinlocks in 2.6.27 */
	case SITE___xip_unmap:
		return place >= site_table[site].order[POINT_rmap_locked];
	case SITE_unmap_vmas: case SITE_zap_page_range:
		return point != POINT_resched;	/* the gather holds preemption off */
	case SITE_unmap_region:
		return point != POINT_gather_finished;
	case SITE_unmap_mapping_range:
		return point != POINT_rmap_unlocked;
	default:
		return 0;
	}
}

static size_t put(char *buf, size_t n, size_t at, const char *sep, const char *word)
{
	int k = at < n ? snprintf(buf + at, n - at, "%s%s", sep, word) : 0;

	return k > 0 ? at + (size_t)k : at;
}

static size_t put_bits(char *buf, size_t n, size_t at, const char *head,
		       const struct record_word *words, int bits)
{
	for (const char *sep = head; words->name; words++)
		if (words->value & bits) {
			at = put(buf, n, at, sep, words->name);
			sep = ",";
		}
	return at;
}

char *callout_text(const struct callout *c, int site, char *buf, size_t n)
{
	const struct callout plain = callout_record(c->op);
	int exits = site_exits(site), fires = c->exits & exits;
	size_t at = put(buf, n, 0, "", callout_table[c->op].name);

	at = put_bits(buf, n, at, " if ", cond_words, c->cond);
	at = put_bits(buf, n, at, c->cond ? "," : " if ", event_words, c->events);
	if (c->result != plain.result)
		at = put(buf, n, at, " ", result_words[c->result].name);
	if (c->block != BLOCK_NO)
		at = put(buf, n, at, " block:", block_words[c->block].name);
	if (fires && fires == exits && !(plain.exits & exits))
		put(buf, n, at, " ", "on every exit");
	else if (fires != exits && plain.exits & exits)
		put_bits(buf, n, at, " not on exit ", exit_words, exits & ~fires);
	return buf;
}
