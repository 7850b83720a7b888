/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The books of memory after a storm: guests and host threads write to twice
 * the memory there is, on every kind of swap device, pinned and not, on eight
 * CPUs and on one.  Then every page is free, or accounted for to the last
 * reference; every page on a list is there once; every swap slot is held by
 * those who name it.
 */
#include "models/kernel/vmscan.h"
#include "models/secondary/t/rig.h"

enum { PAGES = 1024, ROUNDS = 40, BURST = 64 };

static uint64_t seed, guest_pages;
static enum preempt_mode preempt;

/* --- the storm ---------------------------------------------------------------- */

static uint64_t some_page(struct rng *rng)
{
	uint64_t r = rng_below(rng, PAGES);

	return rng_below(rng, 4) ? r / 4 : r;	/* some are hot */
}

static void host_writes(struct rig_thread *t)
{
	struct ctx *w = &t->ctx;
	struct rng rng;

	rng_seed(&rng, seed, 1, w->name, "pages");
	for (int i = 0; i < ROUNDS; i++) {
		for (int k = 0; k < BURST; k++) {
			uint64_t va = RIG_BASE + some_page(&rng);
			int write = rng_below(&rng, 3) == 0;
			struct pte *pte;

			for (;;) {
				sync(w);
				pte = pte_lookup(&t->rig->mm, va);
				if (pte && pte->kind == PTE_PRESENT && (!write || pte->write))
					break;
				do_page_fault(w, va, write);
			}
			pte->young = 1;
			pte->dirty |= write != 0;
		}
		cpu_work(w, US(20));
	}
}

static void guest_writes(struct rig_thread *t)
{
	struct rng rng;

	rng_seed(&rng, seed, 1, t->ctx.name, "pages");
	for (int i = 0; i < ROUNDS; i++) {
		for (int k = 0; k < BURST; k++)
			kvm_guest_access(t->vcpu, RIG_BASE + some_page(&rng) % guest_pages, 1);
		kvm_guest_think(t->vcpu, US(20));
	}
}

/* --- the books ------------------------------------------------------------------ */

struct books {
	struct rig *r;
	int *ptes, *held;		/* by page: ptes that map it, references found */
	int *names;			/* by slot: ptes that name it */
	int bad;
};

static void found(struct books *b, int wrong, const char *what, uint64_t id)
{
	if (!wrong)
		return;
	if (b->bad++ < 8)
		printf("# %s %llu\n", what, (unsigned long long)id);
}

static void count_ptes(struct books *b)
{
	for (uint64_t va = RIG_BASE; va < RIG_BASE + PAGES; va++) {
		struct pte *pte = pte_lookup(&b->r->mm, va);

		if (pte && pte->kind == PTE_PRESENT)
			b->ptes[pte->page->id]++;
		if (pte && pte->kind == PTE_SWAP)
			b->names[pte->swap]++;
		found(b, pte && (pte->page != NULL) != (pte->kind == PTE_PRESENT), "a pte of two minds", va);
	}
}

static void count_pagevec(struct books *b, const struct pagevec *v)
{
	for (int i = 0; i < v->nr; i++)
		b->held[v->page[i]->id]++;
}

static void check_list(struct books *b, enum lru_list which)
{
	struct page_list *l = &b->r->m.kernel->zone.lru[which];
	struct page *before = NULL;
	int64_t n = 0;

	for (struct page *p = l->head; p && n <= l->nr; p = p->lru_next, n++) {
		found(b, !p->lru || p->free || p->active != (which == LRU_ACTIVE) ||
		      p->lru_prev != before, "on the wrong list: page", p->id);
		before = p;
	}
	found(b, n != l->nr || l->tail != before, "length of list", which);
}

static void check_free_lists(struct books *b)
{
	struct kernel *k = b->r->m.kernel;
	uint32_t n = 0, marked = 0;

	for (struct page *p = k->free; p && n <= k->nr_pages; p = p->next, n++)
		found(b, !p->free, "in use on the free list: page", p->id);
	found(b, n != k->nr_zone_free, "free pages of the zone", n);
	for (int i = 0; i < b->r->m.nr_cpus; i++) {
		uint32_t c = 0;

		for (struct page *p = k->pcpu[i].free; p && c <= k->nr_pages; p = p->next, c++)
			found(b, !p->free, "in use on a CPU's list: page", p->id);
		found(b, c != (uint32_t)k->pcpu[i].nr_free, "free pages of a CPU", (uint64_t)i);
		n += c;
	}
	for (uint32_t i = 0; i < k->nr_pages; i++)
		marked += k->pages[i].free;
	found(b, marked != n, "free pages in all", marked);
}

static void check_page(struct books *b, struct page *p)
{
	int held = b->held[p->id] + b->ptes[p->id] + p->swapcache + p->pins;

	found(b, p->mapcount != b->ptes[p->id], "mapcount of page", p->id);
	found(b, p->locked || p->writeback || p->waiters, "not at rest: page", p->id);
	if (p->free) {
		found(b, p->count || p->lru || p->swapcache, "free and in use: page", p->id);
		return;
	}
	found(b, p->count != held, "references of page", p->id);
	found(b, !p->lru && !b->held[p->id], "on no list: page", p->id);
}

static void check_slots(struct books *b)
{
	struct swap_info *s = b->r->m.kernel->swap;
	int64_t nr_free = 0, cached = 0;

	for (uint32_t i = 1; i < s->max; i++) {
		const struct page *p = s->slot[i].cache;

		found(b, s->slot[i].map != b->names[i] + (p != NULL), "references of slot", i);
		found(b, p && (!p->swapcache || p->swap != i), "cached page of slot", i);
		nr_free += !s->slot[i].map;
		cached += p != NULL;
	}
	found(b, nr_free != s->nr_free, "free slots", (uint64_t)nr_free);
	found(b, cached != s->nr_cache, "cached pages", (uint64_t)cached);
}

static int check(struct rig *r)
{
	struct kernel *k = r->m.kernel;
	struct books b = { .r = r };
	int64_t mapped = 0;

	b.ptes = calloc(k->nr_pages, sizeof(int));
	b.held = calloc(k->nr_pages, sizeof(int));
	b.names = calloc(k->swap->max, sizeof(int));
	count_ptes(&b);
	for (int i = 0; i < r->m.nr_cpus; i++) {
		count_pagevec(&b, &k->pcpu[i].lru_add);
		count_pagevec(&b, &k->pcpu[i].lru_add_active);
		count_pagevec(&b, &k->pcpu[i].lru_rotate);
	}
	check_list(&b, LRU_ACTIVE);
	check_list(&b, LRU_INACTIVE);
	check_free_lists(&b);
	for (uint32_t i = 0; i < k->nr_pages; i++) {
		check_page(&b, &k->pages[i]);
		mapped += k->pages[i].mapcount > 0;
	}
	found(&b, mapped != k->nr_mapped, "mapped pages", (uint64_t)mapped);
	check_slots(&b);
	free(b.ptes);
	free(b.held);
	free(b.names);
	return b.bad;
}

static void storm(const char *what, enum fix_design d, enum device_class device, int sockets,
		  int cores)
{
	int cpus = sockets * cores;
	struct rig r;

	printf("# %s\n", what);
	guest_pages = d == FIX_NONE_PIN ? 128 : PAGES;	/* more could not be had back */
	rig_init(&r, PAGES);
	fix_design(&r.f, d);
	if (d != FIX_NONE_PIN) {
		fix_hook(&r.f, SITE_page_referenced_one, POINT_aged, OP_clear_flush_young);
		fix_hook(&r.f, SITE_try_to_unmap_one, POINT_aged, OP_clear_flush_young);
		fix_hook(&r.f, SITE_try_to_unmap_one, POINT_flushed, OP_invalidate_page);
	}
	r.f.machine.sockets = sockets;
	r.f.machine.cores = cores;
	r.f.machine.jitter = 100000;
	r.f.machine.memory = PAGES * 3 / 4 * PAGE_SIZE;
	r.f.machine.swap_device = device;
	r.f.machine.disk_access = fix_const(US(900));
	r.f.machine.ssd_access = fix_const(US(90));
	r.f.machine.disk_transfer = r.f.machine.ssd_transfer = US(12);
	r.f.machine.ssd_depth = 4;
	r.f.kernel.preempt = preempt;
	r.f.kernel.swappiness = 60;
	r.f.kernel.reclaim_wait = MS(100);
	r.f.kernel.alloc_wait = MS(20);
	r.f.kernel.page_cluster = 3;
	r.f.kernel.swap_token = 1;
	r.f.world.stall_bound = SEC(5);
	r.f.kvm.mmu_pages = d == FIX_MERGED ? 0 : 30;
	r.present = 256;
	r.prefilled = 128;
	rig_host(&r, 0, host_writes);
	rig_host(&r, 2 % cpus, host_writes);
	if (cpus > 1) {
		rig_vcpu(&r, 3, guest_writes);
		rig_vcpu(&r, 5, guest_writes);
	}
	rig_run(&r);
	is_int(r.stop, SIM_STOP_EMPTY, "all threads ended");
	ok(rig_count(&r, METRIC_SWAP_OUT, 0) > 100, "pages were swapped out");
	ok(rig_count(&r, METRIC_RECLAIM_FREED, 0) > 100, "and freed");
	is_int(check(&r), 0, "the books balance");
	if (d == FIX_MERGED)
		is_int(r.m.oracle->violations[INV_I1] + r.m.oracle->violations[INV_I2], 0,
		       "the oracle is silent");
	if (cpus == 1)
		is_int(rig_count(&r, METRIC_ROUND, ROUND_PRIMARY), 0, "one CPU: no round");
	rig_free(&r);
}

int main(void)
{
	seed = tap_seed(1);
	storm("unpinned, flash", FIX_MERGED, DEVICE_SSD, 2, 4);
	storm("unpinned, disk", FIX_MERGED, DEVICE_DISK, 2, 4);
	storm("unpinned, compressed memory", FIX_MERGED, DEVICE_ZRAM, 2, 4);
	storm("pinned, flash", FIX_NONE_PIN, DEVICE_SSD, 2, 4);
	storm("pinned with callouts, flash", FIX_RELEASED, DEVICE_SSD, 2, 4);
	storm("pinned, array, compressed memory", FIX_ANDREA_V7, DEVICE_ZRAM, 2, 4);
	preempt = PREEMPT_FULL;
	storm("unpinned, flash, PREEMPT", FIX_MERGED, DEVICE_SSD, 2, 4);
	preempt = PREEMPT_NONE;
	storm("one CPU, flash", FIX_MERGED, DEVICE_SSD, 1, 1);
	storm("one CPU, compressed memory", FIX_MERGED, DEVICE_ZRAM, 1, 1);
	return tap_done();
}
