/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Counts in closed form: one VMM unmaps N pages, all present, an spte each,
 * while a vcpu runs; N around the limits of the gather (506) and of the zap
 * block (8 with PREEMPT, 1,024 without); six designs.
 *
 * flush_tlb_mm calls (mm/memory.c, include/asm-generic/tlb.h of 2.6.27):
 * blocks of Z pages, each ceil(Z/506); then the rest of the last block plus
 * the page-table pages that munmap frees.  The table below was made by hand;
 * the formula beside it is checked against it, and used for nothing else.
 *
 * Secondary: one flush call for start/end, ceil(N/B) for an array of B and
 * flush before put, N for one spte each, none without callouts.  A call that
 * finds nobody to interrupt counts (round.empty): who is in guest mode again
 * by then is a race.
 */
#include "models/world/t/steps.h"

enum { NR_DESIGNS = FIX_BUSTED + 1, NR_LENGTHS = 7 };

struct length {
	int64_t pages;
	int64_t flush[2][2];		/* [PREEMPT][tables freed] */
	int64_t inside[2];		/* [PREEMPT]: VM drops its reference before "after" */
};

static const struct length lengths[NR_LENGTHS] = {
	{    1, { { 1, 1 }, {   1,   1 } }, {    0,    0 } },
	{    8, { { 1, 1 }, {   1,   2 } }, {    0,    8 } },
	{    9, { { 1, 1 }, {   2,   2 } }, {    0,    8 } },
	{  506, { { 1, 2 }, {  64,  64 } }, {  506,  504 } },
	{  507, { { 2, 2 }, {  64,  64 } }, {  506,  504 } },
	{ 1024, { { 3, 4 }, { 128, 129 } }, { 1024, 1024 } },
	{ 1025, { { 4, 4 }, { 129, 129 } }, { 1024, 1024 } },
};

static int64_t ceil_div(int64_t a, int64_t b)
{
	return (a + b - 1) / b;
}

static int64_t flush_formula(int64_t n, int preempt, int tables)
{
	int64_t block = preempt ? 8 : 1024;
	int64_t rest = n % block + (tables ? ceil_div(n, 512) : 0);

	return n / block * ceil_div(block, 506) + ceil_div(rest, 506);
}

static void test_table(void)
{
	int bad = 0;

	for (int i = 0; i < NR_LENGTHS; i++)
		for (int p = 0; p < 2; p++)
			for (int t = 0; t < 2; t++)
				bad += lengths[i].flush[p][t] !=
					flush_formula(lengths[i].pages, p, t);
	is_int(bad, 0, "the table of flush calls agrees with the formula of the source");
}

static int64_t rounds_of(enum fix_design d, int64_t n)
{
	switch (d) {
	case FIX_NONE_PIN:
		return 0;
	case FIX_ANDREA_V7:
		return ceil_div(n, 64);
	case FIX_RUSTY:
		return n;
	default:
		return 1;
	}
}

/* The region stands alone in its VMA: munmap frees its tables, madvise none. */
static void world_of(struct fixture *f, enum fix_design d, int64_t n, int preempt, int munmap)
{
	int t;

	fix_init(f, 2, 4);
	fix_design(f, d);
	f->kernel.preempt = preempt ? PREEMPT_FULL : PREEMPT_NONE;
	fix_region(f, "other", 16);
	fix_region(f, "range", n)->own_vma = 1;
	t = fix_thread(f, "vmm", MODE_USER, 1, 1);
	f->thread[t].first_cpu = 0;
	f->thread[t].start = fix_const(US(20));
	fix_op(f, t, munmap ? OPK_MUNMAP : OPK_MADVISE_DONTNEED, 1)->length = n * PAGE_SIZE;
	t = fix_thread(f, "vcpu", MODE_GUEST, 1, 0);
	f->thread[t].first_cpu = 1;
	fix_op(f, t, OPK_THINK, 0)->duration = fix_const(MS(1));
}

struct counted {
	const char *name;
	int64_t got, want;
};

/* Pages freed while a callout is running: by the driver's puts. */
static int64_t freed_in_callout(const struct recording *rec)
{
	int64_t n = 0, depth = 0;

	for (size_t i = 0; i < rec->n; i++) {
		depth += rec->r[i].id == TP_CALLOUT_BEGIN;
		depth -= rec->r[i].id == TP_CALLOUT_END;
		n += depth && rec->r[i].id == TP_PAGE_FREE;
	}
	return n;
}

static int64_t pages_freed(const struct recording *rec, size_t from, size_t to)
{
	return record_count(rec, from, to, TP_PAGE_FREE, -1);
}

/* [before the point "after", all] as the trace has it; the point is range_end's. */
static int64_t freed_before_end(const struct recording *rec)
{
	size_t i = 0;

	while ((i = record_find(rec, i, TP_CALLOUT_BEGIN, 0)) < rec->n &&
	       rec->r[i].a != OP_range_end)
		i++;
	return i < rec->n ? pages_freed(rec, 0, i) : 0;
}

static int compare(const struct counted *c, int n, const char *what)
{
	int bad = 0;

	for (int i = 0; i < n; i++) {
		if (c[i].got == c[i].want)
			continue;
		bad++;
		printf("#   %s: %s: got %lld, want %lld\n", what, c[i].name,
		       (long long)c[i].got, (long long)c[i].want);
	}
	return bad;
}

/* One run; the number of counts that are wrong. */
static int run_one(enum fix_design d, const struct length *l, int preempt, int munmap,
		   struct recording *rec)
{
	struct fixture *f = calloc(1, sizeof(*f));
	int64_t n = l->pages, inside = l->inside[preempt];
	int starts = d == FIX_MERGED || d == FIX_RELEASED, ends = d != FIX_NONE_PIN;
	int late_pin = d == FIX_ANDREA_V7 || d == FIX_RUSTY;	/* pins go at the end */
	int vm_frees = ends && !late_pin;
	struct result r;
	char what[100];
	int bad;

	world_of(f, d, n, preempt, munmap);
	record_run(f, rec, &r);
	struct counted c[] = {
		{ "flush calls, primary", fix_count(&r, METRIC_FLUSH_CALLS, "primary"),
		  l->flush[preempt][munmap] },
		{ "rounds, primary", fix_count(&r, METRIC_ROUND, "primary") +
		  fix_count(&r, METRIC_ROUND_EMPTY, "primary"), l->flush[preempt][munmap] },
		{ "flush calls, secondary", fix_count(&r, METRIC_FLUSH_CALLS, "secondary"),
		  rounds_of(d, n) },
		{ "rounds, secondary", fix_count(&r, METRIC_ROUND, "secondary") +
		  fix_count(&r, METRIC_ROUND_EMPTY, "secondary"), rounds_of(d, n) },
		{ "range_start", fix_count(&r, METRIC_CALLOUT, "range_start"), starts },
		{ "range_end", fix_count(&r, METRIC_CALLOUT, "range_end"), ends },
		{ "other callouts", fix_count(&r, METRIC_CALLOUT, "invalidate_page") +
		  fix_count(&r, METRIC_CALLOUT, "invalidate_pages") +
		  fix_count(&r, METRIC_CALLOUT, "invalidate_range"), 0 },
		{ "list walks", fix_count(&r, METRIC_LIST_WALKS, ""), starts + ends },
		{ "armed tests", fix_count(&r, METRIC_ARMED_TESTS, ""), starts + ends },
		{ "sptes dropped", fix_count(&r, METRIC_SPTE_ZAPPED, "range"), ends ? n : 0 },
		{ "spurious callouts", fix_count(&r, METRIC_CALLOUT_SPURIOUS, ""), 0 },
		{ "ptes cleared", fix_count(&r, METRIC_UNMAP_PAGES, ""), n },
		{ "pages freed", fix_count(&r, METRIC_FREE_PAGES, ""), ends ? n : 0 },
		{ "pages held", fix_count(&r, METRIC_FREE_HELD, ""), ends ? 0 : n },
		{ "freed in the section", fix_count(&r, METRIC_FREE_IN_SECTION, ""),
		  vm_frees ? inside : 0 },
		{ "freed before range_end, by the trace", freed_before_end(rec),
		  vm_frees ? inside : 0 },
		{ "freed by the driver", freed_in_callout(rec), late_pin ? inside : 0 },
		{ "tables freed", record_count(rec, 0, rec->n, TP_TABLE_FREE, 0),
		  munmap ? ceil_div(n, 512) : 0 },
		{ "puts of pins", record_count(rec, 0, rec->n, TP_PIN_PUT, 0),
		  late_pin || d == FIX_RELEASED ? n : 0 },
		{ "secondary faults", fix_count(&r, METRIC_SECONDARY_FAULT_COUNT, ""), 0 },
		{ "I1, found where full blocks are freed under sptes", r.status == RUN_VIOLATION,
		  d == FIX_BUSTED && inside > 0 },
	};

	snprintf(what, sizeof(what), "%s, %s of %lld, PREEMPT=%c", fix_design_names[d],
		 munmap ? "munmap" : "madvise", (long long)n, preempt ? 'y' : 'n');
	bad = compare(c, (int)(sizeof(c) / sizeof(c[0])), what);
	result_free(&r);
	world_free(f->w);
	free(f);
	return bad;
}

int main(void)
{
	struct recording rec = { NULL, 0, 0 };
	char what[100];

	tap_seed(1);
	test_table();
	for (int d = 0; d < NR_DESIGNS; d++)
		for (int preempt = 0; preempt < 2; preempt++)
			for (int munmap = 0; munmap < 2; munmap++) {
				int bad = 0;

				for (int i = 0; i < NR_LENGTHS; i++)
					bad += run_one((enum fix_design)d, &lengths[i],
						       preempt, munmap, &rec);
				snprintf(what, sizeof(what),
					 "%s, %s, PREEMPT=%c: every count, N = 1 to 1,025",
					 fix_design_names[d], munmap ? "munmap" : "madvise",
					 preempt ? 'y' : 'n');
				is_int(bad, 0, what);
			}
	record_free(&rec);
	return tap_done();
}
