/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The parts of reclaim whose figures a hand can work out: watermarks, the
 * slab shrinkers' formula, swap slots and read-ahead, the request queue's
 * times, walks over VMAs that do not map the page, and the published set that
 * KVM without a notifier could swap: guest memory less what is shadowed.
 */
#include "models/kernel/page_lock.h"
#include "models/kernel/pgtable.h"
#include "models/kernel/rmap.h"
#include "models/secondary/t/rig.h"

static void small_machine(struct rig *r, uint64_t pages, int64_t memory)
{
	rig_init(r, pages);
	r->no_kswapd = 1;
	r->f.machine.memory = memory;
	r->f.machine.swap_device = DEVICE_DISK;
	r->f.machine.disk_access = fix_const(MS(10));
	r->f.machine.disk_transfer = US(60);
	r->f.machine.io_cpu = 7;
	r->f.kernel.swappiness = 60;
	r->f.kernel.reclaim_wait = MS(100);
	r->f.kernel.alloc_wait = MS(20);
	r->f.kernel.page_cluster = 3;
}

static void nothing(struct rig_thread *t)
{
	(void)t;
}

/* --- watermarks ------------------------------------------------------------------ */

static void test_watermarks(void)
{
	static const struct { int64_t mib, min, low, high; int batch; } want[] = {
		{ 16, 128, 160, 192, 1 }, { 64, 256, 320, 384, 3 }, { 256, 512, 640, 768, 15 },
	};

	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		const struct zone *z;
		struct rig r;

		small_machine(&r, 4, want[i].mib << 20);
		rig_host(&r, 0, nothing);
		rig_run(&r);
		z = &r.m.kernel->zone;
		printf("# %lld MiB\n", (long long)want[i].mib);
		is_int(z->pages_min, want[i].min, "4 * sqrt(memory in KiB), in pages");
		is_int(z->pages_low, want[i].low, "and a quarter");
		is_int(z->pages_high, want[i].high, "and a half");
		is_int(r.m.kernel->pcp_batch, want[i].batch, "pages of a per-CPU batch");
		rig_free(&r);
	}
}

/* --- shrinkers ------------------------------------------------------------------- */

static int64_t objects, scans;

static int64_t toy_shrink(struct ctx *w, void *arg, int64_t nr)
{
	(void)w;
	(void)arg;
	scans += nr > 0;
	objects -= nr > 0;
	return objects;
}

/* got[0]: after two full scans, got[1]: after three; got[2]: with too few objects */
static void call_slab(struct rig_thread *t)
{
	struct shrinker s = { .shrink = toy_shrink, .seeks = 20 };
	struct ctx *w = &t->ctx;

	w->m->kernel->shrinkers = NULL;		/* KVM's has no say here */
	register_shrinker(w->m, &s);
	objects = 128;
	scans = 0;
	shrink_slab(w, 2 * 65536, 65536);	/* 4 * 131072 / 20 * 128 / 65537 = 51 */
	shrink_slab(w, 2 * 65536, 65536);
	t->got[0] = scans;
	shrink_slab(w, 2 * 65536, 65536);
	t->got[1] = scans;
	t->got[3] = s.nr;
	objects = 63;
	s.nr = 0;
	for (int i = 0; i < 50; i++)
		shrink_slab(w, 2 * 65536, 65536);
	t->got[2] = scans;
	w->m->kernel->shrinkers = NULL;
}

static void test_slab(void)
{
	struct rig r;
	struct rig_thread *t;

	small_machine(&r, 4, 16 << 20);
	t = rig_host(&r, 0, call_slab);
	rig_run(&r);
	is_int(t->got[0], 0, "128 shadow pages, 65,536 pages scanned twice each: 51, 102 ...");
	is_int(t->got[1], 1, "... 153: one batch of 128, one shadow page");
	is_int(t->got[3], 153 - 128, "the rest is carried over");
	is_int(t->got[2], 1, "63 objects: capped at 126, never a batch");
	rig_free(&r);
}

/* --- the swappable set --------------------------------------------------------------- */

enum { GUEST = 96, SHADOWED = 40 };

/* Everything the process has goes through reclaim, three times. */
static void reclaim_all(struct rig_thread *t)
{
	struct kernel *k = t->rig->m.kernel;
	struct scan_control sc = { .may_writepage = 1 };
	struct ctx *w = &t->ctx;

	rig_until(t, US(10));
	for (int pass = 0; pass < 3; pass++) {
		struct page_list list = { NULL, NULL, 0 };

		for (int which = 0; which < NR_LRU_LISTS; which++)
			while (k->zone.lru[which].tail) {
				struct page *p = k->zone.lru[which].tail;

				lru_del_page(k, p);
				p->active = 0;
				get_page(p);
				list_add_head(&list, p);
			}
		t->got[0] += shrink_page_list(w, &list, &sc);
		while (list.tail) {
			struct page *p = list.tail;

			list_del(&list, p);
			p->active = 0;
			lru_add_page(k, p, 0);
			put_page(w, p);
		}
		sync(w);
		rig_until(t, SEC(1) * (pass + 1));
	}
}

static void drain_device(struct rig_thread *t)
{
	for (int i = 1; i < 5; i++) {
		rig_until(t, MS(450) * i);
		lru_add_drain(&t->ctx);
	}
}

static void test_swappable(enum fix_design d, int64_t want)
{
	struct rig r;
	struct rig_thread *t;

	small_machine(&r, GUEST, 16 << 20);
	fix_design(&r.f, d);
	if (d != FIX_NONE_PIN)
		fix_hook(&r.f, SITE_try_to_unmap_one, POINT_flushed, OP_invalidate_page);
	r.prefilled = SHADOWED;
	t = rig_kthread(&r, 0, reclaim_all);
	rig_kthread(&r, 7, drain_device);
	rig_run(&r);
	is_int(t->got[0], want, d == FIX_NONE_PIN ? "no notifier: guest memory less what is shadowed" :
	       "a notifier: all of it, pinned or not");
	rig_free(&r);
}

/* --- swap slots, read-ahead, the queue ------------------------------------------------- */

/* 20 pages go out in order; one of the middle comes back with its group of 8. */
static void out_and_in(struct rig_thread *t)
{
	struct swap_info *s = t->rig->m.kernel->swap;
	struct ctx *w = &t->ctx;
	sim_time t0;

	reclaim_all(t);
	t->got[1] = pte_lookup(&t->rig->mm, RIG_BASE + 11)->swap - pte_lookup(&t->rig->mm, RIG_BASE + 10)->swap;
	t0 = rig_now(t);
	w->mm = &t->rig->mm;
	do_page_fault(w, RIG_BASE + 10, 1);
	sync(w);
	t->got[2] = rig_now(t) - t0;
	t->got[3] = s->nr_cache;
	t0 = rig_now(t);
	do_page_fault(w, RIG_BASE + 11, 1);
	sync(w);
	t->got[4] = rig_now(t) - t0;
}

static void test_slots(void)
{
	struct rig r;
	struct rig_thread *t;

	small_machine(&r, 20, 16 << 20);
	rig_no_costs(&r);
	r.f.machine.disk_transfer = US(60);
	r.prefilled = 0;
	t = rig_host(&r, 0, out_and_in);
	rig_kthread(&r, 7, drain_device);
	rig_run(&r);
	is_int(t->got[0], 20, "20 pages went out");
	is_int(t->got[1] * t->got[1], 1, "neighbours have neighbouring slots");
	is_int(t->got[2], MS(10) + 8 * US(60), "a fault: one request for the group of 8");
	is_int(t->got[3], 8, "all of it is in the swap cache, and stays while there is room in swap");
	is_int(t->got[4], 0, "the next one is found there");
	is_int(rig_count(&r, METRIC_SWAP_FAULT, 0), 1, "one major fault");
	is_int(rig_count(&r, METRIC_SWAP_FAULT, 1), 1, "one minor fault");
	is_int(rig_count(&r, METRIC_SWAP_IN, 0), 8, "8 pages read");
	rig_free(&r);
}

/* --- VMAs that do not map ---------------------------------------------------------------- */

/* Another process stands first on the anon_vma's list; it maps a page of its own there. */
static void age_among_sharers(struct rig_thread *t)
{
	struct rig *r = t->rig;
	struct page *p = rig_page(r, 0), *q = rig_page(r, 1);
	struct anon_vma *a = r->mm.vma->anon_vma;
	struct ctx *w = &t->ctx;
	struct mm *other = arena_alloc(&r->arena, sizeof(*other));
	struct pgtable *table;
	sim_time t0;

	rig_until(t, US(10));
	mm_init(&r->m, other, "other", RIG_BASE * 4, 8);
	anon_vma_unlink(r->mm.vma);
	vma_insert(other, RIG_BASE * 4, RIG_BASE * 4 + 8, a)->pgoff = r->mm.vma->pgoff;
	anon_vma_link(r->mm.vma, a);
	t0 = rig_now(t);
	t->got[0] = page_referenced(w, p, 1);
	sync(w);
	t->got[1] = rig_now(t) - t0;
	t->got[2] = rig_count(r, METRIC_CALLOUT, OP_clear_flush_young);
	table = *table_slot(other, RIG_BASE * 4) = pgtable_new(&r->m);
	pte_store(&table->pte[RIG_BASE * 4 % PTRS_PER_TABLE], q, 0, 1, 0);
	t0 = rig_now(t);
	page_referenced(w, p, 1);
	sync(w);
	t->got[3] = rig_now(t) - t0;
	t->got[4] = pte_lookup(other, RIG_BASE * 4)->young;
}

static void test_sharers(void)
{
	struct rig r;
	struct rig_thread *t;

	small_machine(&r, 8, 16 << 20);
	rig_no_costs(&r);
	r.f.machine.cost[COST_RMAP_STEP] = NS(100);
	fix_hook(&r.f, SITE_page_referenced_one, POINT_aged, OP_clear_flush_young);
	t = rig_kthread(&r, 0, age_among_sharers);
	rig_run(&r);
	is_int(t->got[0], 0, "nobody has used it");
	is_int(t->got[1], NS(200), "both VMAs are visited");
	is_int(t->got[2], 1, "one callout: a pte that is not there is no reason for one");
	is_int(t->got[3], NS(200), "the same if another page is there");
	is_int(t->got[4], 1, "which is left alone");
	rig_free(&r);
}

int main(void)
{
	tap_seed(1);
	test_watermarks();
	test_slab();
	test_swappable(FIX_NONE_PIN, GUEST - SHADOWED);
	test_swappable(FIX_MERGED, GUEST);
	test_swappable(FIX_RELEASED, GUEST);
	test_slots();
	test_sharers();
	return tap_done();
}
