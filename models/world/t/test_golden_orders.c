/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Golden orders: munmap and madvise(MADV_DONTNEED) of 9 and of 1,024 pages
 * under six designs, against orders written by hand from mm/memory.c of 2.6.27
 * and from what each design says.
 *
 * Notation: FLmm = flush_tlb_mm, round = kvm_flush_remote_tlbs (with or
 * without anybody to interrupt), CBs[ ] and CBe[ ] = range_start and range_end,
 * open, seq, close = the fence's counters, put = of a pin, free = page on its
 * way to the free list, table = page-table page detached.  The LRU and zone
 * locks around frees are left out (they batch by 14 and 31).
 *
 * State: 8 CPUs, VMM on CPU 0, one vcpu in guest mode on CPU 1; all pages
 * present with an spte each.  9 pages stand in the middle of a VMA, 1,024 fill
 * two page tables and a VMA of their own, so that munmap splits twice, or
 * frees two tables.
 */
#include "models/world/t/steps.h"

enum { NR_DESIGNS = FIX_BUSTED + 1 };
enum { MUNMAP_9, MADVISE_9, MUNMAP_1024, MADVISE_1024, NR_CASES };
static const char *const case_names[NR_CASES] = {
	"munmap 9", "madvise 9", "munmap 1024", "madvise 1024",
};

/* Parts of an order. */
#define SPLITS		"2x{+anon -anon} "
#define ZAP_9		"+ptl 9x pte0 -ptl "
/* what a flush inside ptl, and the block's end, do with the collected pages */
#define ZAP_1024(f506, f12) \
	"+ptl 506x pte0 FLmm " f506 "6x pte0 -ptl " \
	"+ptl 500x pte0 FLmm " f506 "12x pte0 -ptl " \
	"FLmm " f12 "preempt+ preempt- "
#define UNLINK		"+anon -anon "
#define UNLINK_TABLES	"+anon -anon 2x table FLmm "

/* All four orders of a design, from the texts of its parts. */
#define ORDERS(start9, end9, freed9, start1024, f506, f12, end1024) { \
	"+mmW " SPLITS "preempt- " start9 ZAP_9 end9 UNLINK "FLmm " freed9 "preempt+ -mmW", \
	"+mmR preempt- " start9 ZAP_9 end9 "FLmm " freed9 "preempt+ -mmR", \
	"+mmW preempt- " start1024 ZAP_1024(f506, f12) end1024 UNLINK_TABLES "preempt+ -mmW", \
	"+mmR preempt- " start1024 ZAP_1024(f506, f12) end1024 "preempt+ -mmR", \
}

static const char *const golden[NR_DESIGNS][NR_CASES] = {
	/* no callout; the VM drops its references, the pins keep every page */
	[FIX_NONE_PIN] = ORDERS("", "", "",
				"", "", "", ""),
	/*
	 * range_end alone, inside unmap_vmas, before the last flush of the VM:
	 * clear up to 64 sptes, one round, 64 puts, all under mmu_lock.  The
	 * last 9 pages are freed by the VM, full blocks by the driver's puts.
	 */
	[FIX_ANDREA_V7] = ORDERS(
		"", "CBe[ +mmu 9x spte0 round 9x put -mmu ] ", "9x free ",
		"", "", "",
		"CBe[ +mmu 16x{64x spte0 round 64x{put free}} -mmu ] "),
	/* the same with a round per spte */
	[FIX_RUSTY] = ORDERS(
		"", "CBe[ +mmu 9x{spte0 round put} -mmu ] ", "9x free ",
		"", "", "",
		"CBe[ +mmu 1024x{spte0 round put free} -mmu ] "),
	/* unpinned: zap and one round at the start, the end is the fence's */
	[FIX_MERGED] = ORDERS(
		"CBs[ +mmu open 9x spte0 -mmu round ] ", "CBe[ +mmu seq close -mmu ] ", "9x free ",
		"CBs[ +mmu open 1024x spte0 -mmu round ] ", "506x free ", "12x free ",
		"CBe[ +mmu seq close -mmu ] "),
	/* pinned: put before clear before the round, while the VM holds the page */
	[FIX_RELEASED] = ORDERS(
		"CBs[ +mmu open 9x{put spte0} -mmu round ] ", "CBe[ +mmu seq close -mmu ] ",
		"9x free ",
		"CBs[ +mmu open 1024x{put spte0} -mmu round ] ", "506x free ", "12x free ",
		"CBe[ +mmu seq close -mmu ] "),
	/* unpinned and no start: full arrays are freed under live sptes */
	[FIX_BUSTED] = ORDERS(
		"", "CBe[ +mmu seq 9x spte0 -mmu round ] ", "9x free ",
		"", "506x{VIOLATION free} ", "12x{VIOLATION free} ",
		"CBe[ +mmu seq 1024x spte0 -mmu round ] "),
};

/* With PREEMPT: blocks of 8 pages, the section stays open across them. */
static const struct { enum fix_design d; int c; const char *want; } preempt[] = {
	{ FIX_MERGED, MUNMAP_9,
	  "+mmW " SPLITS "preempt- CBs[ +mmu open 9x spte0 -mmu round ] "
	  "+ptl 8x pte0 -ptl FLmm 8x free preempt+ preempt- "
	  "+ptl pte0 -ptl CBe[ +mmu seq close -mmu ] " UNLINK "FLmm free preempt+ -mmW" },
	{ FIX_MERGED, MUNMAP_1024,
	  "+mmW preempt- CBs[ +mmu open 1024x spte0 -mmu round ] "
	  "128x{+ptl 8x pte0 -ptl FLmm 8x free preempt+ preempt-} "
	  "CBe[ +mmu seq close -mmu ] " UNLINK_TABLES "preempt+ -mmW" },
	{ FIX_ANDREA_V7, MADVISE_9,
	  "+mmR preempt- +ptl 8x pte0 -ptl FLmm preempt+ preempt- "
	  "+ptl pte0 -ptl CBe[ +mmu 9x spte0 round 8x{put free} put -mmu ] "
	  "FLmm free preempt+ -mmR" },
};

static void world_of(struct fixture *f, enum fix_design d, int c)
{
	int64_t pages = c == MUNMAP_9 || c == MADVISE_9 ? 9 : 1024;
	int t;

	fix_init(f, 2, 4);
	fix_design(f, d);
	fix_region(f, "below", 16);
	fix_region(f, "range", pages)->own_vma = pages == 1024;
	fix_region(f, "above", 16);
	t = fix_thread(f, "vmm", MODE_USER, 1, 1);
	f->thread[t].first_cpu = 0;
	f->thread[t].start = fix_const(US(20));
	fix_op(f, t, c == MUNMAP_9 || c == MUNMAP_1024 ? OPK_MUNMAP : OPK_MADVISE_DONTNEED, 1)
		->length = pages * PAGE_SIZE;
	t = fix_thread(f, "vcpu", MODE_GUEST, 1, 0);
	f->thread[t].first_cpu = 1;
	fix_op(f, t, OPK_THINK, 0)->duration = fix_const(MS(1));
}

static void test_order(enum fix_design d, int c, int preemptible, const char *want,
		       struct recording *rec)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct result r;
	struct steps s;
	size_t from, to;
	char what[80];

	world_of(f, d, c);
	f->kernel.preempt = preemptible ? PREEMPT_FULL : PREEMPT_NONE;
	record_run(f, rec, &r);
	snprintf(what, sizeof(what), "%s, %s%s", fix_design_names[d], case_names[c],
		 preemptible ? ", PREEMPT" : "");
	if (record_op(rec, 0, 0, &from, &to)) {
		steps_of(&s, rec, 0, from, to, STEPS_ORDER);
		is_str(steps_line(&s), want, what);
		steps_free(&s);
	} else {
		ok(0, what);
	}
	result_free(&r);
	world_free(f->w);
	free(f);
}

/* The rounds' flush precedes every put of its batch, whatever the fold says. */
static void test_flush_before_put(enum fix_design d, struct recording *rec)
{
	struct fixture *f = calloc(1, sizeof(*f));
	int64_t cleared = 0, flushed = 0, put = 0, bad = 0;
	struct result r;
	char what[80];

	world_of(f, d, MUNMAP_1024);
	record_run(f, rec, &r);
	for (size_t i = 0; i < rec->n; i++) {
		uint32_t id = rec->r[i].id;

		cleared += id == TP_SPTE_ZAP;
		if (id == TP_KVM_FLUSH_END || id == TP_KVM_FLUSH_EMPTY)
			flushed = cleared;
		put += id == TP_PIN_PUT;
		bad += id == TP_PIN_PUT && put > flushed;
	}
	snprintf(what, sizeof(what), "%s: 1,024 puts", fix_design_names[d]);
	is_int(put, 1024, what);
	is_int(bad, 0, "none before the flush that covers its spte");
	is_int(r.status, RUN_OK, "the oracle is silent");
	result_free(&r);
	world_free(f->w);
	free(f);
}

int main(void)
{
	struct recording rec = { NULL, 0, 0 };

	tap_seed(1);
	for (int d = 0; d < NR_DESIGNS; d++)
		for (int c = 0; c < NR_CASES; c++)
			test_order((enum fix_design)d, c, 0, golden[d][c], &rec);
	for (size_t i = 0; i < sizeof(preempt) / sizeof(preempt[0]); i++)
		test_order(preempt[i].d, preempt[i].c, 1, preempt[i].want, &rec);
	test_flush_before_put(FIX_ANDREA_V7, &rec);
	test_flush_before_put(FIX_RUSTY, &rec);
	record_free(&rec);
	return tap_done();
}
