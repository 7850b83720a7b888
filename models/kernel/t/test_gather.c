/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * On-stack gathers of one mm that overlap, and pte operations that flush in one
 * era and not in the other.
 */
#include "models/kernel/memory.h"
#include "models/kernel/pgtable.h"
#include "models/world/t/record.h"

struct stage { struct mm mm; struct record *rec; int flushes[4]; int preempt; };

static int flushes(const struct stage *s)
{
	return record_count(s->rec, TP_FLUSH_LOCAL, 0, ANY) + record_count(s->rec, TP_INVLPG, 0, ANY);
}

static void set(struct bare *b, struct stage *s, struct record *rec, int today)
{
	bare_init(b, 1, 2);
	if (today) {
		b->kernel->ipi_kind = IPI_CSD;
		b->kernel->flush_lazy = LAZY_SKIP;
		b->kernel->flush_ceiling = 33;
		b->kernel->gather_kind = GATHER_ONSTACK;
		b->kernel->flush_relaxed = 1;
	}
	boot(b, rec);
	memset(s, 0, sizeof(*s));
	s->rec = rec;
	mm_init(b->m, &s->mm, "mm", 0, PTRS_PER_TABLE);
}

/* Two gathers are open; the first to finish flushes for the other, which may
 * have cleared what it found empty. */
static void overlapping(struct ctx *w, void *arg)
{
	struct stage *s = arg;
	struct mmu_gather *a, *b;

	work_until(w, US(10));
	a = tlb_gather_mmu(w, &s->mm, SITE_zap_page_range, 0, 1);
	b = tlb_gather_mmu(w, &s->mm, SITE_zap_page_range, 0, 1);
	s->preempt = w->preempt_count;
	tlb_finish_mmu(w, a);
	s->flushes[0] = flushes(s);
	tlb_finish_mmu(w, b);
	s->flushes[1] = flushes(s);
	a = tlb_gather_mmu(w, &s->mm, SITE_zap_page_range, 0, 1);
	tlb_finish_mmu(w, a);
	s->flushes[2] = flushes(s);
}

static void test_overlap(void)
{
	struct bare b;
	struct record rec;
	struct stage s;

	set(&b, &s, &rec, 1);
	bare_thread(&b, 0, &s.mm, "unmaps", overlapping, &s);
	bare_run(&b, MS(1));
	is_int(s.preempt, 0, "an on-stack gather leaves preemption on");
	is_int(s.flushes[0], 1, "the first to finish flushes everything, though it collected nothing");
	is_int(s.flushes[1], 1, "the second was alone by then");
	is_int(s.flushes[2], 1, "as is a single one");
	is_int(s.mm.tlb_flush_pending, 0, "none is left open");
	finish(&b, &rec);
}

static void pte_operations(struct ctx *w, void *arg)
{
	struct stage *s = arg;
	struct pte pte = { .kind = PTE_NONE };
	struct page *p;

	work_until(w, US(10));
	p = alloc_page(w);
	ptep_clear_flush(w, &s->mm, 3, &pte);
	s->flushes[0] = flushes(s);
	pte_store(&pte, p, 0, 1, 0);
	ptep_clear_flush_young(w, &s->mm, 3, &pte);
	s->flushes[1] = flushes(s);
	ptep_set_access_flags(w, &s->mm, 3, &pte, 1, 1);
	s->flushes[2] = flushes(s);
	ptep_clear_flush(w, &s->mm, 3, &pte);
	s->flushes[3] = flushes(s);
}

static void test_pte(int today, int none, int young, int access, int clear)
{
	struct bare b;
	struct record rec;
	struct stage s;

	set(&b, &s, &rec, today);
	bare_thread(&b, 0, &s.mm, "walks", pte_operations, &s);
	bare_run(&b, MS(1));
	printf("# %s\n", today ? "today" : "2.6.27");
	is_int(s.flushes[0], none, "ptep_clear_flush of nothing");
	is_int(s.flushes[1] - s.flushes[0], young, "ptep_clear_flush_young");
	is_int(s.flushes[2] - s.flushes[1], access, "ptep_set_access_flags");
	is_int(s.flushes[3] - s.flushes[2], clear, "ptep_clear_flush of a present pte");
	finish(&b, &rec);
}

int main(void)
{
	test_overlap();
	test_pte(0, 1, 1, 1, 1);
	test_pte(1, 0, 0, 0, 1);
	return tap_done();
}
