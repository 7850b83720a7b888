/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Counts and order of unmapping N pages with today's gather and flush (6.18:
 * mm/memory.c, mm/mmu_gather.c, arch/x86/mm/tlb.c): one flush per 9,678 pages,
 * by page up to 33 pages, before the page-table lock goes if the gather is full
 * and after the section otherwise; nothing is freed inside the section but what
 * a full gather forces.  One other CPU runs the address space.
 */
#include "models/world/t/steps.h"

enum { FULL = 9678, CEILING = 33 };

static void world_of(struct fixture *f, int64_t n, int munmap)
{
	int t;

	fix_init(f, 1, 4);
	f->kernel.ipi_kind = IPI_CSD;
	f->kernel.flush_lazy = LAZY_SKIP;
	f->kernel.flush_ceiling = CEILING;
	f->kernel.gather_kind = GATHER_ONSTACK;
	f->kernel.gather_batch = FULL;
	f->machine.apic = APIC_X2APIC;
	fix_region(f, "other", 16);
	fix_region(f, "range", n)->own_vma = 1;
	t = fix_thread(f, "vmm", MODE_USER, 1, 1);
	f->thread[t].first_cpu = 0;
	f->thread[t].start = fix_const(US(20));
	fix_op(f, t, munmap ? OPK_MUNMAP : OPK_MADVISE_DONTNEED, 1)->length = n * PAGE_SIZE;
	t = fix_thread(f, "user", MODE_USER, 1, 0);
	f->thread[t].first_cpu = 1;
	fix_op(f, t, OPK_THINK, 0)->duration = fix_const(MS(1));
}

struct counts { int64_t flushes, ipis, invlpg, full, in_section, freed, tables; };

static struct counts run_one(int64_t n, int munmap)
{
	struct recording rec = { NULL, 0, 0 };
	struct fixture *f = calloc(1, sizeof(*f));
	struct result r;
	struct counts c;

	world_of(f, n, munmap);
	record_run(f, &rec, &r);
	c = (struct counts){
		fix_count(&r, METRIC_FLUSH_CALLS, "primary"),
		fix_count(&r, METRIC_IPI_SENT, "flush_tlb"),
		record_count(&rec, 0, rec.n, TP_INVLPG, -1),
		record_count(&rec, 0, rec.n, TP_FLUSH_LOCAL, -1),
		fix_count(&r, METRIC_FREE_IN_SECTION, ""),
		fix_count(&r, METRIC_FREE_PAGES, ""),
		record_count(&rec, 0, rec.n, TP_TABLE_FREE, -1),
	};
	is_int(r.status, RUN_OK, "no violation");
	result_free(&r);
	record_free(&rec);
	world_free(f->w);
	free(f);
	return c;
}

/* By hand: [madvise, munmap].  A gather that is just full is flushed under the
 * lock, and munmap's tables then need a flush of their own, of all they spanned. */
static const struct { int64_t n, flushes[2], invlpg[2], full[2], in_section; } want[] = {
	{ 1, { 1, 1 }, { 2, 2 }, { 0, 0 }, 0 },
	{ CEILING, { 1, 1 }, { 66, 66 }, { 0, 0 }, 0 },
	{ CEILING + 1, { 1, 1 }, { 0, 0 }, { 2, 2 }, 0 },
	{ 513, { 1, 1 }, { 0, 0 }, { 2, 2 }, 0 },
	{ FULL - 1, { 1, 1 }, { 0, 0 }, { 2, 2 }, 0 },
	{ FULL, { 1, 2 }, { 0, 0 }, { 2, 4 }, FULL },
	{ FULL + 1, { 2, 2 }, { 2, 0 }, { 2, 4 }, FULL },
};

static void test_counts(void)
{
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++)
		for (int munmap = 0; munmap < 2; munmap++) {
			int64_t n = want[i].n;
			struct counts c = run_one(n, munmap);

			printf("# %s of %lld\n", munmap ? "munmap" : "madvise", (long long)n);
			is_int(c.flushes, want[i].flushes[munmap], "flushes");
			is_int(c.ipis, want[i].flushes[munmap], "one IPI each");
			is_int(c.invlpg, want[i].invlpg[munmap], "by page up to the ceiling, on both CPUs");
			is_int(c.full, want[i].full[munmap], "else all, on both");
			is_int(c.in_section, want[i].in_section, "freed in the section");
			is_int(c.freed, n, "all are freed");
			is_int(c.tables, munmap ? (n + 511) / 512 : 0, "tables go with munmap");
		}
}

static void test_order(int64_t n, int munmap, const char *want)
{
	struct recording rec = { NULL, 0, 0 };
	struct fixture *f = calloc(1, sizeof(*f));
	struct steps s;
	struct result r;
	size_t from, to;

	world_of(f, n, munmap);
	record_run(f, &rec, &r);
	record_op(&rec, 0, 0, &from, &to);
	steps_of(&s, &rec, 0, from, to, STEPS_ORDER);
	is_str(steps_line(&s), want, "order of steps");
	steps_free(&s);
	result_free(&r);
	record_free(&rec);
	world_free(f->w);
	free(f);
}

/* 8 pages that are not there: read, read again, dropped; read, then written. */
static void test_zero_page(int zero_page, int writes, int64_t allocated, int64_t freed)
{
	struct recording rec = { NULL, 0, 0 };
	struct fixture *f = calloc(1, sizeof(*f));
	struct result r;
	int t;

	fix_init(f, 1, 4);
	f->world.space[0].n_secondaries = 0;
	f->kernel.ipi_kind = IPI_CSD;
	f->kernel.flush_lazy = LAZY_SKIP;
	f->kernel.flush_ceiling = CEILING;
	f->kernel.gather_kind = GATHER_ONSTACK;
	f->kernel.gather_batch = FULL;
	f->kernel.zero_page = zero_page;
	fix_region(f, "range", 8)->prefault = 0;
	t = fix_thread(f, "vmm", MODE_USER, 1, 1);
	fix_op(f, t, OPK_TOUCH, 0)->pages.kind = PICK_ALL;
	fix_op(f, t, OPK_TOUCH, 0)->pages.kind = PICK_ALL;
	if (writes)
		fix_op(f, t, OPK_TOUCH, 0)->pages.kind = PICK_ALL;
	f->op[t][f->thread[t].n_loop - 1].write = writes ? PPM_ONE : 0;
	fix_op(f, t, OPK_MADVISE_DONTNEED, 0)->length = 8 * PAGE_SIZE;
	record_run(f, &rec, &r);
	printf("# %s, %s\n", zero_page ? "with a page of zeroes" : "without",
	       writes ? "read then written" : "read");
	is_int(r.status, RUN_OK, "no violation");
	is_int(record_count(&rec, 0, rec.n, TP_PAGE_ALLOC, -1), allocated, "pages allocated");
	is_int(fix_count(&r, METRIC_FREE_PAGES, ""), freed, "pages freed");
	is_int(fix_count(&r, METRIC_FREE_HELD, ""), 0, "none is missing");
	is_int(record_count(&rec, 0, rec.n, TP_PTE_CLEAR, -1), writes && zero_page ? 16 : 8,
	       "ptes cleared: by the write too, if it replaces the page of zeroes");
	is_int(fix_count(&r, METRIC_FLUSH_CALLS, "primary"), writes && zero_page ? 9 : 1,
	       "what was only read is flushed as well");
	result_free(&r);
	record_free(&rec);
	world_free(f->w);
	free(f);
}

int main(void)
{
	test_zero_page(0, 0, 8, 8);
	test_zero_page(1, 0, 0, 0);
	test_zero_page(1, 1, 8, 8);
	test_counts();
	test_order(2, 0, "+mmR CBs[ +mmu open 2x spte0 -mmu round ] +ptl 2x pte0 -ptl "
		   "CBe[ +mmu seq close -mmu ] FLmm 2x free -mmR");
	test_order(40, 1, "+mmW CBs[ +mmu open 40x spte0 -mmu round ] +ptl 40x pte0 -ptl "
		   "CBe[ +mmu seq close -mmu ] +anon -anon table FLmm 40x free -mmW");
	test_order(FULL + 1, 0, "+mmR CBs[ +mmu open 9679x spte0 -mmu round ] "
		   "18x{+ptl 512x pte0 -ptl} +ptl 462x pte0 FLmm -ptl 9678x free "
		   "+ptl pte0 -ptl CBe[ +mmu seq close -mmu ] FLmm free -mmR");
	return tap_done();
}
