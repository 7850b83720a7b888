/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * munmap of 9 pages worked by hand to the last lock, for KVM of 2.6.27 to
 * 2.6.31 (pin and notifier) and for KVM up to 2.6.26 (pin, no notifier).
 *
 * Initial state: 8 CPUs, flat APIC, 2.6.27 without PREEMPT (gather 506, zap
 * block 1,024).  The VMM thread U on CPU 0.  vcpu0 in guest mode on CPU 1.
 * vcpu1 halted since before the run, last on CPU 2, which idles lazily on the
 * address space.  Request bits clear; mm->cpu_vm_mask = {0,1,2}.  One memslot,
 * no VPID.  9 anonymous pages in the middle of a larger VMA, neighbours in the
 * same page table (none is freed), all present, one 4 KiB spte each,
 * page_count = pte 1 + pin 1.  No jitter, no background.
 *
 * The lists below were written from mm/mmap.c, mm/memory.c, kernel/smp.c,
 * arch/x86/kernel/tlb_64.c and virt/kvm of 2.6.27, not from a run.
 */
#include "models/world/t/steps.h"

enum { U = 0, VCPU0 = 1, VCPU1 = 2, SHRINKER = 3, PAGES = 9 };
enum { BELOW, RANGE, BETWEEN, SECOND, ABOVE };

static void munmap_of(struct fixture *f, int thread, int region)
{
	fix_op(f, thread, OPK_MUNMAP, region)->length = PAGES * PAGE_SIZE;
}

static void think(struct fixture *f, int thread, sim_time d)
{
	fix_op(f, thread, OPK_THINK, 0)->duration = fix_const(d);
}

/* U unmaps a range, waits until vcpu0 is back in guest mode, unmaps another. */
static void hand_case(struct fixture *f, enum fix_design d)
{
	int t;

	fix_init(f, 2, 4);
	fix_design(f, d);
	fix_region(f, "below", 16);
	fix_region(f, "range", PAGES);
	fix_region(f, "between", 7);
	fix_region(f, "second", PAGES);
	fix_region(f, "above", 16);
	t = fix_thread(f, "vmm", MODE_USER, 1, 1);
	f->thread[t].first_cpu = U;
	f->thread[t].start = fix_const(US(20));
	munmap_of(f, t, RANGE);
	think(f, t, US(50));
	munmap_of(f, t, SECOND);
	t = fix_thread(f, "vcpu", MODE_GUEST, 1, 0);
	f->thread[t].first_cpu = VCPU0;
	think(f, t, MS(50));
	t = fix_thread(f, "halted", MODE_GUEST, 1, 0);
	f->thread[t].first_cpu = VCPU1;
	f->thread[t].halted = 1;
}

static void compare(struct steps *s, const char *const *want, int n, const char *what)
{
	char text[120];
	int i;

	for (i = 0; i < n && i < s->n; i++)
		if (strcmp(s->word[i], want[i]))
			break;
	snprintf(text, sizeof(text), "%s: %d steps in the order of the hand case", what, n);
	if (ok(i == n && i == s->n, text))
		return;
	printf("#   step %d: got '%s', want '%s'\n", i + 1, i < s->n ? s->word[i] : "(end)",
	       i < n ? want[i] : "(end)");
}

static void compare_op(const struct recording *rec, int cpu, int nth,
		       const char *const *want, int n, const char *what)
{
	struct steps s;
	size_t from, to;

	if (!ok(record_op(rec, U, nth, &from, &to), what))
		return;
	steps_of(&s, rec, cpu, from, to, STEPS_ALL);
	compare(&s, want, n, what);
	steps_free(&s);
}

#define N(list) (int)(sizeof(list) / sizeof((list)[0]))

/* --- 1.1: pin and notifier --------------------------------------------------- */

static const char *const released_u[] = {
	/* 1. do_munmap: mmap_sem for write, two splits, detach */
	"munmap begins",
	"+rwsem_wait irq", "-rwsem_wait irq", "+mmap_sem W",
	"2x{+anon_vma -anon_vma}",
	/* 2. gather */
	"preempt off",
	/* 3. point before: zap all sptes, put before clear */
	"range_start called",
	"+mmu_lock", "kvm: count 1", "9x{put pin, 1 left spte cleared}", "-mmu_lock",
	/* 4. one secondary round, outside mmu_lock, to both vcpus' CPUs */
	"vcpu 0: flush requested", "vcpu 1: flush requested", "kvm flush: kick 2 vcpus",
	"+call_function irq", "-call_function irq",
	"IPI 0xfc to cpu1", "IPI 0xfc to cpu2", "kvm flush: done",
	"range_start returns",
	/* 5. zap: no full array, no block end, so no flush here */
	"+ptl", "9x pte cleared", "-ptl",
	/* 6. point after: fence only */
	"range_end called",
	"+mmu_lock", "kvm: seq++", "kvm: count 0", "-mmu_lock",
	"range_end returns",
	/* 7. free_pgtables: one detached VMA, no table freed */
	"+anon_vma", "-anon_vma",
	/* 8. tlb_finish_mmu: the primary round */
	"local TLB flush", "+tlbstate", "flush_tlb: round to 2 CPUs",
	"IPI 0xf0 to cpu1", "IPI 0xf0 to cpu2", "flush_tlb: all acknowledged", "-tlbstate",
	/* 9. the 9 pages go, after range_end */
	"+lru irq", "-lru irq", "9x page freed",
	"preempt on",
	/* 10. */
	"+rwsem_wait irq", "-mmap_sem W", "-rwsem_wait irq",
	"munmap ends",
};

/* The second munmap: CPU 2 has left the mask, vcpu1's request bit is set. */
static const char *const released_u_second[] = {
	"munmap begins",
	"+rwsem_wait irq", "-rwsem_wait irq", "+mmap_sem W",
	"2x{+anon_vma -anon_vma}",
	"preempt off",
	"range_start called",
	"+mmu_lock", "kvm: count 1", "9x{put pin, 1 left spte cleared}", "-mmu_lock",
	"vcpu 0: flush requested", "kvm flush: kick 1 vcpus",
	"+call_single irq", "-call_single irq",
	"IPI 0xfb to cpu1", "kvm flush: done",
	"range_start returns",
	"+ptl", "9x pte cleared", "-ptl",
	"range_end called",
	"+mmu_lock", "kvm: seq++", "kvm: count 0", "-mmu_lock",
	"range_end returns",
	"+anon_vma", "-anon_vma",
	"local TLB flush", "+tlbstate", "flush_tlb: round to 1 CPUs",
	"IPI 0xf0 to cpu1", "flush_tlb: all acknowledged", "-tlbstate",
	"+lru irq", "-lru irq", "9x page freed",
	"preempt on",
	"+rwsem_wait irq", "-mmap_sem W", "-rwsem_wait irq",
	"munmap ends",
};

/* CPU 2: C1 exit; last of the call's receivers, so it takes the element off. */
static const char *const released_cpu2[] = {
	"interrupt 0xfc",
	"2x{+call_function -call_function}",	/* the element's lock, then the list's */
	"interrupt 0xfc done",
	"interrupt 0xf0", "lazy: leave_mm", "local TLB flush", "interrupt 0xf0 done",
};

/* CPU 1: out of guest mode, handler in host context, back with its own flush. */
static const char *const released_cpu1[] = {
	"vcpu 0 leaves guest",
	"interrupt 0xfc", "+call_function", "-call_function", "interrupt 0xfc done",
	"+rwsem_wait irq", "-rwsem_wait irq", "+slots_lock R",
	"vcpu 0: own TLB flush",
	"+rwsem_wait irq", "-slots_lock R", "-rwsem_wait irq",
	"vcpu 0 enters guest",
};

static void released_orders(const struct recording *rec)
{
	struct steps s;
	size_t from, to;

	compare_op(rec, U, 0, released_u, N(released_u), "as released, U");
	compare_op(rec, U, 1, released_u_second, N(released_u_second), "as released, U again");
	compare_op(rec, VCPU1, 0, released_cpu2, N(released_cpu2), "as released, CPU 2");
	if (!ok(record_op(rec, U, 0, &from, &to), "as released, CPU 1"))
		return;
	/*
	 * Whether the primary IPI finds vcpu0 in guest mode again is a race of
	 * two estimates; its steps up to the first re-entry, without what the
	 * handler of that IPI may put in between, are not.
	 */
	to = record_find(rec, from, TP_VM_ENTRY, VCPU0);
	steps_of(&s, rec, VCPU0, from, to, STEPS_ALL);
	if (s.n > N(released_cpu1)) {
		int k = 0;

		for (int i = 0; i < s.n; i++) {
			if (strstr(s.word[i], "0xf0") || !strcmp(s.word[i], "local TLB flush"))
				free(s.word[i]);
			else
				s.word[k++] = s.word[i];
		}
		s.n = k;
	}
	compare(&s, released_cpu1, N(released_cpu1), "as released, CPU 1");
	steps_free(&s);
}

/* Exits by flush IPIs plus those saved: H2 leaves open which. */
static int64_t exits_or_merged(const struct result *r)
{
	return fix_count(r, METRIC_EXIT, "ipi_primary") +
		fix_count(r, METRIC_EXIT, "ipi_secondary") +
		fix_count(r, METRIC_EXIT, "ipi_both") + fix_count(r, METRIC_EXIT_MERGED, "");
}

/* Two munmaps: the counts of the first plus those of the second. */
static void released_counts(const struct recording *rec, const struct result *r)
{
	size_t from, to;

	is_int(fix_count(r, METRIC_CALLOUT, "range_start"), 2, "callouts: range_start");
	is_int(fix_count(r, METRIC_CALLOUT, "range_end"), 2, "callouts: range_end");
	is_int(fix_count(r, METRIC_LIST_WALKS, ""), 4, "list walks");
	is_int(fix_count(r, METRIC_ARMED_TESTS, ""), 4, "branches");
	is_int(fix_count(r, METRIC_FLUSH_CALLS, "primary"), 2, "flush_tlb_mm calls");
	is_int(fix_count(r, METRIC_ROUND, "primary"), 2, "primary rounds");
	is_int(fix_count(r, METRIC_ROUND, "secondary"), 2, "secondary rounds");
	is_int(fix_count(r, METRIC_IPI_SENT, "flush_tlb"), 2 + 1, "primary IPIs, 2 then 1");
	is_int(fix_count(r, METRIC_IPI_SENT, "call_function"), 2 + 1, "secondary IPIs, 2 then 1");
	is_int(fix_count(r, METRIC_IPI_SENT, "reschedule"), 0, "nobody was woken");
	is_int(exits_or_merged(r), 4, "vcpu0: an exit or a merge per flush IPI");
	is_int(fix_count(r, METRIC_UNMAP_PAGES, ""), 18, "ptes cleared");
	is_int(fix_count(r, METRIC_SPTE_ZAPPED, "range"), 18, "sptes dropped");
	is_int(fix_count(r, METRIC_FREE_PAGES, ""), 18, "pages freed");
	is_int(fix_count(r, METRIC_FREE_IN_SECTION, ""), 0, "none of them inside the section");
	is_int(fix_count(r, METRIC_FREE_HELD, ""), 0, "none held");
	is_int(fix_count(r, METRIC_SECONDARY_FAULT_COUNT, ""), 0, "no secondary fault");
	is_int(r->status, RUN_OK, "the oracle is silent");
	ok(record_op(rec, U, 0, &from, &to), "the first munmap");
	is_int(record_count(rec, from, to, TP_PIN_PUT, U), 9, "puts");
	is_int(record_count(rec, from, to, TP_IPI_SEND, U), 4, "IPIs of the first");
	ok(record_op(rec, U, 1, &from, &to), "the second munmap");
	is_int(record_count(rec, from, to, TP_IPI_SEND, U), 2, "IPIs of the second");
	is_int(record_count(rec, 0, rec->n, TP_LEAVE_MM, VCPU1), 1, "CPU 2 left the mm once");
}

static sim_time first_op_time(struct fixture *f, struct recording *rec)
{
	struct result r;
	size_t from, to;
	sim_time d = -1;

	record_run(f, rec, &r);
	if (record_op(rec, U, 0, &from, &to))
		d = rec->r[to].at - rec->r[from].at;
	result_free(&r);
	return d;
}

/* A cost that U pays n times lengthens the munmap by n times its increase. */
static void released_scans(struct fixture *f, struct recording *rec)
{
	static const struct { enum cost_id id; int times; const char *what; } paid[] = {
		{ COST_SLOT_SCAN, 9, "slot scans: 9" },
		{ COST_RMAP_PROBE, 18, "rmap heads of 4 KiB and 2 MiB: 18" },
		{ COST_SPTE_ZAP, 9, "rmap_remove: 9" },
		{ COST_PTE_CLEAR, 9, "pte clears: 9" },
		{ COST_PAGE_FREE, 9, "page frees: 9" },
		{ COST_ARMED_TEST, 2, "armed tests: 2" },
		{ COST_CALLOUT_CALL, 2, "callouts: 2" },
		{ COST_VMA_SPLIT, 2, "VMA splits: 2" },
		{ COST_REQUEST_BIT, 2, "request bits looked at: 2" },
		{ COST_SYSCALL, 1, "system calls: 1" },
		{ COST_LRU_DRAIN, 2, "lru_add_drain: before the gather, before the frees" },
		{ COST_ICR_WRITE, 2, "one ICR write per mask: 2" },
		{ COST_CALL_ALLOC, 1, "kmalloc of the call: 1" },
	};
	sim_time before = first_op_time(f, rec);

	for (int i = 0; i < N(paid); i++) {
		f->machine.cost[paid[i].id] += PS(7);
		is_int(first_op_time(f, rec) - before, 7 * paid[i].times, paid[i].what);
		f->machine.cost[paid[i].id] -= PS(7);
	}
}

static void test_released(struct recording *rec)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct result r;

	hand_case(f, FIX_RELEASED);
	record_run(f, rec, &r);
	released_orders(rec);
	released_counts(rec, &r);
	result_free(&r);
	released_scans(f, rec);
	world_free(f->w);
	free(f);
}

/* --- 1.2: pin alone -------------------------------------------------------------- */

static const char *const pin_u[] = {
	"munmap begins",
	"+rwsem_wait irq", "-rwsem_wait irq", "+mmap_sem W",
	"2x{+anon_vma -anon_vma}",
	"preempt off",
	"+ptl", "9x pte cleared", "-ptl",
	"+anon_vma", "-anon_vma",
	"local TLB flush", "+tlbstate", "flush_tlb: round to 2 CPUs",
	"IPI 0xf0 to cpu1", "IPI 0xf0 to cpu2", "flush_tlb: all acknowledged", "-tlbstate",
	/* put_testzero 2 -> 1, nine times: no page leaves the LRU, none is freed */
	"preempt on",
	"+rwsem_wait irq", "-mmap_sem W", "-rwsem_wait irq",
	"munmap ends",
};

static void test_pin(struct recording *rec)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct op_config *o;
	struct result r;
	size_t from, to;

	hand_case(f, FIX_NONE_PIN);
	/* vcpu0 goes on using the pages: every one, again and again */
	f->thread[1].n_loop = 0;
	think(f, 1, US(2));
	o = fix_op(f, 1, OPK_SECONDARY_ACCESS, RANGE);
	o->pages.kind = PICK_SEQ;
	o->n = PAGES;
	record_run(f, rec, &r);
	compare_op(rec, U, 0, pin_u, N(pin_u), "pin alone, U");
	is_int(fix_count(&r, METRIC_CALLOUT, "range_start") +
	       fix_count(&r, METRIC_CALLOUT, "range_end"), 0, "pin: no callout");
	is_int(fix_count(&r, METRIC_LIST_WALKS, ""), 0, "pin: no walk");
	is_int(fix_count(&r, METRIC_ARMED_TESTS, ""), 0, "pin: no branch");
	is_int(fix_count(&r, METRIC_FLUSH_CALLS, "secondary"), 0, "pin: no secondary flush");
	is_int(fix_count(&r, METRIC_ROUND, "primary"), 2, "pin: a primary round each");
	is_int(fix_count(&r, METRIC_FREE_PAGES, ""), 0, "pin: nothing freed");
	is_int(fix_count(&r, METRIC_FREE_HELD, ""), 18, "pin: 36 KiB held by each munmap");
	is_int(fix_count(&r, METRIC_SECONDARY_FAULT_COUNT, "") +
	       fix_count(&r, METRIC_SECONDARY_FAULT_FAILED, "") +
	       fix_count(&r, METRIC_SECONDARY_FAULT_OPEN, ""), 0,
	       "pin: vcpu0 never faults");
	ok(record_op(rec, U, 0, &from, &to), "pin: the first munmap");
	is_int(record_count(rec, from, to, TP_IPI_SEND, U), 2, "pin: 2 primary IPIs");
	is_int(record_count(rec, from, to, TP_LEAVE_MM, VCPU1), 1, "pin: CPU 2 leaves the mm");
	ok(record_count(rec, to, rec->n, TP_GUEST_TLB_FILL, VCPU0) > 0,
	   "pin: vcpu0 walks its sptes after the munmap");
	is_int(r.status, RUN_OK, "pin: the oracle is silent");
	result_free(&r);
	/* the same guest under 1.1 finds nothing mapped */
	fix_design(f, FIX_RELEASED);
	record_run(f, rec, &r);
	ok(fix_count(&r, METRIC_SECONDARY_FAULT_FAILED, "") > 0,
	   "with a notifier the same accesses fail");
	result_free(&r);
	world_free(f->w);
	free(f);
}

/* --- the fence kills exactly one attempt ----------------------------------------- */

/*
 * A fault is past get_user_pages (mmap_sem dropped) when U gets mmap_sem, and
 * comes to its check inside the section: exactly one retry, because its second
 * attempt sleeps on mmap_sem until the munmap is over.  Between the two steps
 * it takes mmu_lock at once, so something must hold it up: the cross-call of
 * KVM's shrinker, whose handler is made 20 us long.  The shrinker keeps
 * mmu_lock for its round, U queues for it first, vcpu0 second.
 */
static void kill_case(struct fixture *f, sim_time shrink_at)
{
	struct op_config *o;
	int t;

	fix_init(f, 2, 4);
	fix_design(f, FIX_RELEASED);
	f->machine.cost[COST_CALL_HANDLER] = US(20);
	fix_region(f, "victims", 8)->own_vma = 1;	/* the oldest shadow page */
	fix_region(f, "range", PAGES);
	fix_region(f, "cold", 4)->secondary_prefault = 0;
	t = fix_thread(f, "vmm", MODE_USER, 1, 1);
	f->thread[t].first_cpu = U;
	f->thread[t].start = fix_const(US(35));
	munmap_of(f, t, 1);
	t = fix_thread(f, "vcpu", MODE_GUEST, 1, 0);
	f->thread[t].first_cpu = VCPU0;
	think(f, t, US(20));
	o = fix_op(f, t, OPK_SECONDARY_ACCESS, 2);
	o->pages.kind = PICK_SEQ;
	think(f, t, MS(50));
	t = fix_thread(f, "shrinker", MODE_KERNEL, 1, 0);
	f->thread[t].first_cpu = SHRINKER;
	f->thread[t].start = fix_const(shrink_at);
	fix_op(f, t, OPK_SHRINK, 0);
	think(f, t, MS(50));
}

struct kill {
	int past_gup, in_section;	/* of the first attempt */
	int64_t retries, attempts;
};

static struct kill run_kill(sim_time shrink_at, struct recording *rec)
{
	struct fixture *f = calloc(1, sizeof(*f));
	size_t gup, grant, check, open, close;
	struct kill k = { 0, 0, 0, 0 };
	struct result r;

	kill_case(f, shrink_at);
	record_run(f, rec, &r);
	gup = record_find(rec, 0, TP_GUP, VCPU0);
	for (grant = 0; grant < rec->n; grant++)
		if (rec->r[grant].id == TP_LOCK && rec->r[grant].cpu == U &&
		    rec->r[grant].a == lock_word(LOCK_MMAP_SEM, LOCK_WRITE_MODE))
			break;
	for (check = gup; check < rec->n; check++)
		if (rec->r[check].id == TP_LOCK && rec->r[check].cpu == VCPU0 &&
		    rec->r[check].a == lock_word(LOCK_MMU, LOCK_SPIN))
			break;
	open = record_find(rec, 0, TP_SECTION_OPEN, U);
	close = record_find(rec, 0, TP_SECTION_CLOSE, U);
	k.past_gup = gup < grant;
	k.in_section = check > open && check < close;
	k.attempts = record_count(rec, 0, rec->n, TP_FAULT, VCPU0);
	k.retries = fix_count(&r, METRIC_SECONDARY_FAULT_RETRIES, "");
	if (k.retries + 1 != k.attempts ||
	    record_count(rec, 0, rec->n, TP_RETIRED, VCPU0) != 1)
		k.retries = -1;		/* each retry is one more attempt; the last one retires */
	result_free(&r);
	world_free(f->w);
	free(f);
	return k;
}

static void test_kill(struct recording *rec)
{
	int killed = 0, spared = 0, wrong = 0;

	for (sim_time at = US(19); at < US(21); at += NS(5)) {
		struct kill k = run_kill(at, rec);
		int expected = k.past_gup && k.in_section;

		if (k.retries != expected) {
			wrong++;
			printf("#   shrinker at %lld ps: %lld retries, expected %d\n",
			       (long long)at, (long long)k.retries, expected);
		}
		killed += expected;
		spared += !expected;
	}
	is_int(wrong, 0, "retries: 1 if past GUP before the grant and checked inside, else 0");
	printf("# killed %d, spared %d\n", killed, spared);
	ok(killed > 0, "some attempt was killed");
	ok(spared > 0, "some attempt was spared");
}

int main(void)
{
	struct recording rec = { NULL, 0, 0 };

	tap_seed(1);
	test_released(&rec);
	test_pin(&rec);
	test_kill(&rec);
	record_free(&rec);
	return tap_done();
}
