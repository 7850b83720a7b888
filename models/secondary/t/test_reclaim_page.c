/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reclaim of one anonymous page in 2.6.27, worked by hand from mm/vmscan.c,
 * rmap.c and swapfile.c: golden orders with the locks held, both passes, and
 * what a reference per translation changes.
 *
 * State: 8 CPUs; the reclaimer is a kernel thread on CPU 0; vcpu 0 of the
 * process in guest mode on CPU 1; completions on CPU 2.  Page 0 is mapped once,
 * has an spte, is isolated from the inactive list; neither the pte nor the
 * spte is young unless the case says so.  swap_lock is taken 4 times, not 3:
 * swap_writepage looks whether anybody else still wants the slot.
 */
#include "models/kernel/page_lock.h"
#include "models/kernel/pgtable.h"
#include "models/kernel/rmap.h"
#include "models/secondary/t/rig.h"

enum { RECLAIMER = 0, VCPU = 1, DEVICE = 2 };

/* --- one page through shrink_page_list ------------------------------------------------ */

static void isolate(struct ctx *w, struct page_list *list, struct page *p)
{
	struct kernel *k = w->m->kernel;

	spin_lock_irqsave(w, &k->lru_lock);
	sync(w);
	lru_del_page(k, p);
	p->active = 0;
	get_page(p);
	list_add_head(list, p);
	spin_unlock_irqrestore(w, &k->lru_lock);
}

static void put_back(struct ctx *w, struct page_list *list)
{
	struct kernel *k = w->m->kernel;
	struct page *p = list->head;

	if (!p)
		return;
	list_del(list, p);
	spin_lock_irqsave(w, &k->lru_lock);
	sync(w);
	lru_add_page(k, p, 0);
	spin_unlock_irqrestore(w, &k->lru_lock);
	put_page(w, p);
	sync(w);
}

/* got[2 * i], got[2 * i + 1]: begin and end of pass i; got[4 + i]: pages it freed. */
static void pass(struct rig_thread *t, int i, struct page *p)
{
	struct page_list list = { NULL, NULL, 0 };
	struct scan_control sc = { .may_writepage = 1 };
	struct ctx *w = &t->ctx;

	isolate(w, &list, p);
	t->got[2 * i] = rig_now(t);
	t->got[4 + i] = shrink_page_list(w, &list, &sc);
	sync(w);
	t->got[2 * i + 1] = rig_now(t);
	put_back(w, &list);
}

/* A single request waits 3 ms for company, then 110 us for the device. */
static void two_passes(struct rig_thread *t)
{
	struct page *p = rig_page(t->rig, 0);

	rig_until(t, US(20));
	t->got[6] = p->id;
	pass(t, 0, p);
	t->got[7] = p->count;
	rig_until(t, MS(5));
	pass(t, 1, p);
}

static void one_pass(struct rig_thread *t)
{
	rig_until(t, US(20));
	pass(t, 0, rig_page(t->rig, 0));
}

/* The reference of the rotating pagevec goes when its CPU is drained. */
static void drain(struct rig_thread *t)
{
	rig_until(t, MS(4));
	lru_add_drain(&t->ctx);
}

static void stay_in_guest(struct rig_thread *t)
{
	rig_guest_until(t, MS(6));
}

static struct rig_thread *bench(struct rig *r, void (*body)(struct rig_thread *t), int drained)
{
	struct rig_thread *t;

	rig_init(r, 8);
	r->f.machine.memory = 32 << 20;
	r->f.machine.swap_device = DEVICE_SSD;
	r->f.machine.ssd_access = fix_const(US(100));
	r->f.machine.ssd_transfer = US(10);
	r->f.machine.ssd_depth = 8;
	r->f.machine.io_cpu = DEVICE;
	r->f.kernel.swappiness = 60;
	r->f.kernel.reclaim_wait = MS(100);
	r->f.kernel.alloc_wait = MS(20);
	r->f.kvm.requests_lock = 1;
	r->prefilled = 1;
	r->no_kswapd = 1;
	fix_hook(&r->f, SITE_page_referenced_one, POINT_aged, OP_clear_flush_young);
	fix_hook(&r->f, SITE_try_to_unmap_one, POINT_aged, OP_clear_flush_young);
	fix_hook(&r->f, SITE_try_to_unmap_one, POINT_flushed, OP_invalidate_page);
	t = rig_kthread(r, RECLAIMER, body);
	rig_vcpu(r, VCPU, stay_in_guest);
	if (drained)
		rig_kthread(r, DEVICE, drain);
	return t;
}

/* --- orders ------------------------------------------------------------------------------ */

#define AGE \
	"+anon_vma\n" "+ptl\n" \
	"callout clear_flush_young\n" "+mmu_lock\n" "-mmu_lock\n" \
	"callout clear_flush_young returns\n"

/* G1, first pass: aged, given a slot, unmapped, written */
static const char first_pass[] =
	"+page_lock\n"
	AGE "-ptl\n" "-anon_vma\n"
	"+swap_lock\n" "-swap_lock\n"
	"+tree irq\n" "-tree irq\n"
	"page 0 into swap slot 1\n"
	AGE
	"pte 4096 cleared, page 0\n"
	"+tlbstate\n"
	"flush_tlb: round to 1 CPUs\n"
	"flush_tlb: all acknowledged\n"
	"-tlbstate\n"
	"callout invalidate_page\n"
	"+mmu_lock\n" "kvm: seq++\n" "spte 4096 cleared, page 0\n" "-mmu_lock\n"
	"+requests_lock\n"
	"kvm flush: kick 1 vcpus\n"
	"kvm flush: done\n"
	"-requests_lock\n"
	"callout invalidate_page returns\n"
	"+swap_lock\n" "-swap_lock\n"
	"pte 4096 = entry 1\n"
	"-ptl\n" "-anon_vma\n"
	"+swap_lock\n" "-swap_lock\n"
	"+tree irq\n" "-tree irq\n"
	"write of page 0 to slot 1\n"
	"-page_lock\n"
	"+io_queue irq\n" "-io_queue irq\n";

/* and the second: nobody else has it any more */
static const char second_pass[] =
	"+page_lock\n"
	"+tree irq\n" "-tree irq\n"
	"+swap_lock\n" "-swap_lock\n"
	"-page_lock\n"
	"page 0 freed\n";

/* The mm is on mmlist already, as after an earlier swap-out. */
static void known_to_swap(struct rig_thread *t)
{
	t->rig->mm.on_mmlist = 1;
	two_passes(t);
}

static int64_t locks_of(const struct rig *r, enum lock_class class, int cpu)
{
	int64_t n = 0;

	for (size_t i = 0; i < r->n_steps; i++)
		n += r->step[i].id == TP_LOCK && (r->step[i].a & 0xff) == class &&
			r->step[i].cpu == cpu;
	return n;
}

static void test_merged(void)
{
	static const struct { enum lock_class class; int64_t n; const char *what; } lock[] = {
		{ LOCK_MMU, 3, "mmu_lock" }, { LOCK_ANON_VMA, 2, "anon_vma" }, { LOCK_PTL, 2, "ptl" },
		{ LOCK_REQUESTS, 1, "requests_lock" }, { LOCK_TLBSTATE, 1, "tlbstate_lock" },
		{ LOCK_SWAP, 4, "swap_lock" }, { LOCK_TREE, 3, "tree_lock" }, { LOCK_PAGE, 2, "page lock" },
	};
	struct rig r;
	struct rig_thread *t = bench(&r, known_to_swap, 1);

	rig_run(&r);
	is_str(rig_order(&r, RECLAIMER, t->got[0], t->got[1]), first_pass, "golden order G1, first pass");
	is_str(rig_order(&r, RECLAIMER, t->got[2], t->got[3]), second_pass, "second pass");
	is_int(t->got[4], 0, "the first pass frees nothing");
	is_int(t->got[7], 1, "only the swap cache has the page then");
	is_int(t->got[5], 1, "the second frees it");
	is_int(rig_count(&r, METRIC_CALLOUT, OP_clear_flush_young), 2, "two aging callouts");
	is_int(rig_count(&r, METRIC_CALLOUT, OP_invalidate_page), 1, "one of invalidate_page");
	is_int(rig_count(&r, METRIC_LIST_WALKS, 0), 3, "walks");
	is_int(rig_count(&r, METRIC_ARMED_TESTS, 0), 3, "branches");
	is_int(rig_count(&r, METRIC_ROUND, ROUND_PRIMARY), 1, "primary rounds");
	is_int(rig_count(&r, METRIC_ROUND, ROUND_SECONDARY), 1, "secondary rounds");
	is_int(rig_count(&r, METRIC_IPI_SENT, VC_FLUSH), 1, "flush IPIs");
	is_int(rig_count(&r, METRIC_IPI_SENT, VC_CALL), 1, "call-function IPIs");
	is_int(r.kvm->seq, 1, "sequence steps");
	is_int(r.kvm->closed.area, 0, "the fence was never closed");
	for (size_t i = 0; i < sizeof(lock) / sizeof(lock[0]); i++)
		is_int(locks_of(&r, lock[i].class, RECLAIMER), lock[i].n, lock[i].what);
	is_int(rig_count(&r, METRIC_SWAP_OUT, 0), 1, "one page written");
	is_int(rig_count(&r, METRIC_SWAP_WASTED_SLOT, 0) + rig_count(&r, METRIC_SWAP_WASTED_UNMAP, 0) +
	       rig_count(&r, METRIC_SWAP_WASTED_ROUND, 0), 0, "nothing in vain");
	is_int(r.m.kernel->swap->slot[1].map, 1, "the slot is the pte's now");
	is_int(r.m.kernel->swap->nr_cache, 0, "and its page has left the swap cache");
	is_int(r.m.oracle->violations[INV_I1] + r.m.oracle->violations[INV_I2], 0, "the oracle is silent");
	rig_free(&r);
}

/* The pagevec of the CPU that took the interrupt still has a reference. */
static void test_not_drained(void)
{
	struct rig r;
	struct rig_thread *t = bench(&r, known_to_swap, 0);

	rig_run(&r);
	is_int(t->got[4] + t->got[5], 0, "not drained: nothing is freed");
	is_int(r.m.kernel->pcpu[DEVICE].lru_rotate.nr, 1, "the page waits on the device's CPU");
	is_int(rig_count(&r, METRIC_ROUND, ROUND_PRIMARY), 1, "the second pass has nobody to flush");
	rig_free(&r);
}

/* --- young ---------------------------------------------------------------------------------- */

enum { HOST = 1, GUEST = 2 };

static void young_pass(struct rig_thread *t)
{
	struct page *p = rig_page(t->rig, 0);

	rig_until(t, US(20));
	pte_lookup(&t->rig->mm, RIG_BASE)->young = (t->arg & HOST) != 0;
	p->sptes->accessed = (t->arg & GUEST) != 0;
	pass(t, 0, p);
	t->got[6] = p->active;
	t->got[7] = p->swapcache;
}

/* G2 for a young pte: cleared, flushed, asked, and that is all */
static const char young_order[] =
	"+page_lock\n"
	"+anon_vma\n" "+ptl\n"
	"pte 4096 old, page 0\n"
	"+tlbstate\n"
	"flush_tlb: round to 1 CPUs\n"
	"flush_tlb: all acknowledged\n"
	"-tlbstate\n"
	"callout clear_flush_young\n" "+mmu_lock\n" "-mmu_lock\n"
	"callout clear_flush_young returns\n"
	"-ptl\n" "-anon_vma\n"
	"-page_lock\n";

static void test_young(int who, int primary, int secondary)
{
	struct rig r;
	struct rig_thread *t = bench(&r, young_pass, 0);

	t->arg = who;
	rig_run(&r);
	if (who == HOST)
		is_str(rig_order(&r, RECLAIMER, t->got[0], t->got[1]), young_order, "golden order G2");
	is_int(rig_count(&r, METRIC_ROUND, ROUND_PRIMARY), primary, "young: primary rounds");
	is_int(rig_count(&r, METRIC_ROUND, ROUND_SECONDARY), secondary, "young: secondary rounds");
	is_int(t->got[6], 1, "activated");
	is_int(t->got[7], 0, "no slot, no unmap");
	is_int(rig_count(&r, METRIC_CALLOUT, OP_clear_flush_young), 1, "asked once");
	is_int(rig_count(&r, METRIC_CALLOUT, OP_invalidate_page), 0, "no zap");
	is_int(rig_count(&r, METRIC_SPTE_ZAPPED, LABEL_RANGE), 0, "the spte stays");
	rig_free(&r);
}

/* mlocked: counts as referenced before anybody is asked */
static void mlocked_pass(struct rig_thread *t)
{
	t->rig->mm.vma->flags |= VM_LOCKED;
	one_pass(t);
	t->got[6] = rig_page(t->rig, 0)->active;
}

static void test_mlocked(void)
{
	struct rig r;
	struct rig_thread *t = bench(&r, mlocked_pass, 0);

	rig_run(&r);
	is_int(t->got[6], 1, "mlocked: activated");
	is_int(rig_count(&r, METRIC_ARMED_TESTS, 0), 0, "no branch, no callout");
	rig_free(&r);
}

/* --- start/end in the reverse map ------------------------------------------------------------ */

/* The second posting of 2008, repaired: aging only where the pte is old. */
static void start_end(struct rig *r)
{
	struct hook *h;

	memset(r->f.design.hook[SITE_page_referenced_one], 0, sizeof(r->f.design.hook[0]));
	memset(r->f.design.hook[SITE_try_to_unmap_one], 0, sizeof(r->f.design.hook[0]));
	fix_hook(&r->f, SITE_page_referenced_one, POINT_aged, OP_clear_flush_young);
	h = &r->f.design.hook[SITE_page_referenced_one][POINT_aged];
	h->c[0].cond = COND_NOT_PTE_YOUNG;
	fix_hook(&r->f, SITE_try_to_unmap_one, POINT_rmap_locked, OP_range_start);
	fix_hook(&r->f, SITE_try_to_unmap_one, POINT_pte_unlocked, OP_range_end);
}

static void test_start_end(void)
{
	struct rig r;
	struct rig_thread *t = bench(&r, known_to_swap, 1);
	sim_time open, close, clear;

	start_end(&r);
	rig_run(&r);
	is_int(t->got[5], 1, "start/end: freed by the second pass");
	is_int(rig_count(&r, METRIC_LIST_WALKS, 0), 3, "the same walks as with a page callout");
	is_int(rig_count(&r, METRIC_ARMED_TESTS, 0), 3, "branches");
	is_int(locks_of(&r, LOCK_MMU, RECLAIMER), 3, "mmu_lock");
	is_int(locks_of(&r, LOCK_PTL, RECLAIMER), 2, "ptl");
	is_int(rig_count(&r, METRIC_ROUND, ROUND_PRIMARY), 1, "primary rounds");
	is_int(rig_count(&r, METRIC_ROUND, ROUND_SECONDARY), 1, "secondary rounds");
	is_int(r.kvm->seq, 1, "sequence steps");
	open = rig_when(&r, TP_SECTION_OPEN, RECLAIMER, ANY, 1);
	clear = rig_when(&r, TP_PTE_CLEAR, RECLAIMER, ANY, 1);
	close = rig_when(&r, TP_SECTION_CLOSE, RECLAIMER, ANY, 1);
	ok(open < clear && clear < close, "the fence is closed around the clear");
	rig_free(&r);
}

static void test_start_end_young(int who, int primary, int secondary)
{
	struct rig r;
	struct rig_thread *t = bench(&r, young_pass, 0);

	start_end(&r);
	t->arg = who;
	rig_run(&r);
	is_int(rig_count(&r, METRIC_ROUND, ROUND_PRIMARY), primary, "start/end, young: primary rounds");
	is_int(rig_count(&r, METRIC_ROUND, ROUND_SECONDARY), secondary, "secondary rounds");
	is_int(rig_count(&r, METRIC_CALLOUT, OP_range_start), 0, "no section, so no zap in vain");
	is_int(t->got[6], 1, "activated");
	rig_free(&r);
}

/* --- pinned, no notifier ---------------------------------------------------------------------- */

static void three_passes(struct rig_thread *t)
{
	struct page *p = rig_page(t->rig, 0);

	t->rig->mm.on_mmlist = 1;
	rig_until(t, US(20));
	pass(t, 0, p);
	t->got[6] = p->count;
	rig_until(t, MS(5));
	pass(t, 1, p);
	t->got[7] = t->got[4] + t->got[5];
	pass(t, 1, p);
	t->got[7] += t->got[5];
}

static void test_pinned(void)
{
	struct rig r;
	struct rig_thread *t = bench(&r, three_passes, 1);

	fix_design(&r.f, FIX_NONE_PIN);
	r.f.kvm.requests_lock = 0;
	rig_run(&r);
	is_int(rig_count(&r, METRIC_ARMED_TESTS, 0), 0, "pinned: no branch");
	is_int(t->got[7], 0, "three passes free nothing");
	is_int(t->got[6], 2, "the swap cache and the pin have it");
	is_int(rig_count(&r, METRIC_SWAP_OUT, 0), 0, "nothing is written");
	is_int(rig_count(&r, METRIC_ROUND, ROUND_PRIMARY), 1, "one round, in the first pass");
	is_int(rig_count(&r, METRIC_ROUND, ROUND_SECONDARY), 0, "none of the driver");
	is_int(rig_count(&r, METRIC_SWAP_WASTED_SLOT, 0), 1, "a slot in vain, once");
	is_int(rig_count(&r, METRIC_SWAP_WASTED_UNMAP, 0), 1, "an unmap in vain, once");
	is_int(rig_count(&r, METRIC_SWAP_WASTED_ROUND, 0), 1, "a round in vain, once");
	is_int(r.m.kernel->swap->slot[1].map, 2, "the slot stays, for the cache and the pte");
	is_int(locks_of(&r, LOCK_PAGE, RECLAIMER), 3, "each pass locks the page");
	is_int(locks_of(&r, LOCK_ANON_VMA, RECLAIMER), 2, "only the first one walks");
	rig_free(&r);
}

/* The driver's own zap lets it go: written then, freed by the pass after. */
static void zap_and_two_more(struct rig_thread *t)
{
	struct page *p = rig_page(t->rig, 0);

	t->rig->mm.on_mmlist = 1;
	rig_until(t, US(20));
	pass(t, 0, p);
	kvm_shrink(&t->ctx, t->rig->kvm);
	sync(&t->ctx);
	rig_until(t, US(400));
	pass(t, 0, p);
	t->got[6] = t->got[4];
	rig_until(t, MS(5));
	pass(t, 1, p);
}

static void test_pinned_then_zapped(void)
{
	struct rig r;
	struct rig_thread *t = bench(&r, zap_and_two_more, 1);

	fix_design(&r.f, FIX_NONE_PIN);
	r.f.kvm.requests_lock = 0;
	rig_run(&r);
	is_int(t->got[6], 0, "after the driver's zap: written first");
	is_int(rig_count(&r, METRIC_SWAP_OUT, 0), 1, "one write");
	is_int(t->got[5], 1, "then freed");
	rig_free(&r);
}

int main(void)
{
	tap_seed(1);
	test_merged();
	test_not_drained();
	test_young(HOST, 1, 0);
	test_young(GUEST, 0, 1);
	test_young(HOST | GUEST, 1, 1);
	test_mlocked();
	test_start_end();
	test_start_end_young(HOST, 1, 0);
	test_start_end_young(GUEST, 0, 1);
	test_start_end_young(HOST | GUEST, 1, 0);
	test_pinned();
	test_pinned_then_zapped();
	return tap_done();
}
