/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a configuration asks for is what runs and what is counted: windows,
 * visits of any length, kernel threads, placement, loops that take no time.
 * Each was seen failing before the code that it names was mended.
 */
#include "models/world/bare.h"
#include "models/world/t/fixture.h"

static int64_t observations(const struct result *r, enum metric_id id)
{
	for (uint32_t i = 0; i < r->n_metric; i++)
		if (r->metric[i].metric == (int)id)
			return r->metric[i].n;
	return -1;
}

/* Whole pages of a region, as `madvise_dontneed: {length: N}` of a thread that runs once. */
static int vmm(struct fixture *f, int64_t pages, sim_time start)
{
	int t = fix_thread(f, "vmm", MODE_USER, 1, 1);

	f->thread[t].start = fix_const(start);
	fix_op(f, t, OPK_MADVISE_DONTNEED, 0)->length = pages * PAGE_SIZE;
	return t;
}

/* What happened before the warm-up ended is not in the window. */
static void test_warmup(enum fix_design d)
{
	struct fixture f;
	struct result r;

	fix_init(&f, 1, 2);
	fix_design(&f, d);
	fix_region(&f, "memory", 16);
	vmm(&f, 16, US(100));
	f.world.until = UNTIL_DURATION;
	f.world.warmup = US(1000);
	f.world.duration = US(3000);
	fix_run(&f, &r);
	is_int(r.status, RUN_OK, "a run with a warm-up");
	is_int(fix_count(&r, METRIC_FENCE_CLOSED, ""), 0,
	       "fence.closed: the section was closed before the window");
	is_int(fix_count(&r, METRIC_PIN_HELD, ""), d == FIX_NONE_PIN ? 16 * 2000 : 0,
	       "pin.held_after_zap: from the start of the window on");
	result_free(&r);
	world_free(f.w);
}

/* One observation of free.all per operation, however many VMAs it meets. */
static void test_two_vmas(void)
{
	struct fixture f;
	struct result r;
	struct op_config *o;
	int t;

	fix_init(&f, 1, 2);
	fix_region(&f, "memory", 64);
	t = fix_thread(&f, "vmm", MODE_USER, 1, 1);
	o = fix_op(&f, t, OPK_MUNMAP, 0);
	o->length = 8 * PAGE_SIZE;
	o->at.kind = PICK_UNIFORM;
	fix_op(&f, t, OPK_MADVISE_DONTNEED, 0)->length = 64 * PAGE_SIZE;
	fix_run(&f, &r);
	is_int(fix_count(&r, METRIC_CALLOUT, "range_start"), 3, "a hole: madvise meets two VMAs");
	is_int(fix_count(&r, METRIC_FREE_PAGES, ""), 64, "all pages are free");
	is_int(observations(&r, METRIC_FREE_ALL), 2, "free.all: one per operation");
	result_free(&r);
	world_free(f.w);
}

/* up_write wakes every reader that waits; by then the semaphore is theirs. */
static void test_sem_held(void)
{
	struct fixture f;
	struct result r;
	struct op_config *o;
	int t;

	fix_init(&f, 4, 9);
	fix_region(&f, "memory", 512)->own_vma = 1;
	t = fix_thread(&f, "vmm", MODE_USER, 1, 1);
	f.thread[t].start = fix_const(US(50));
	fix_op(&f, t, OPK_MUNMAP, 0)->length = 512 * PAGE_SIZE;
	t = fix_thread(&f, "vcpu", MODE_GUEST, 32, 0);
	o = fix_op(&f, t, OPK_SECONDARY_ACCESS, 0);
	o->pages.kind = PICK_UNIFORM;
	fix_op(&f, t, OPK_THINK, 0)->duration = fix_const(US(5));
	fix_run(&f, &r);
	ok(fix_metric(&r, METRIC_UNMAP_LATENCY, "") >
	   fix_metric(&r, METRIC_LOCK_HOLD, "mmap_sem") + 30000, "32 vcpus to wake: 30 us at least");
	ok(fabs(fix_metric(&r, METRIC_UNMAP_MMAP_SEM, "") -
		fix_metric(&r, METRIC_LOCK_HOLD, "mmap_sem")) < 1000,
	   "unmap.mmap_sem: the time that the lock was held");
	result_free(&r);
	world_free(f.w);
}

static void test_long_visit(void)
{
	struct fixture f;
	struct result r;
	struct op_config *o;
	int t;

	fix_init(&f, 1, 2);
	fix_region(&f, "memory", 200)->secondary_prefault = 0;
	t = fix_thread(&f, "vcpu", MODE_GUEST, 1, 1);
	o = fix_op(&f, t, OPK_SECONDARY_ACCESS, 0);
	o->n = 150;
	fix_op(&f, t, OPK_THINK, 0)->duration = fix_const(US(1));
	o->pages.kind = PICK_SEQ;
	fix_run(&f, &r);
	is_int(fix_count(&r, METRIC_SECONDARY_FAULT_COUNT, ""), 150, "a visit of 150 pages");
	result_free(&r);
	o->pages.kind = PICK_ALL;
	fix_run(&f, &r);
	is_int(fix_count(&r, METRIC_SECONDARY_FAULT_COUNT, ""), 200, "a visit of all pages");
	result_free(&r);
	world_free(f.w);
}

/* mm/vmscan.c's kswapd has no mm: no shootdown concerns its CPU. */
static void test_kernel_thread(void)
{
	struct fixture f;
	struct result r;
	int t;

	fix_init(&f, 1, 4);
	fix_region(&f, "memory", 8);
	vmm(&f, 8, US(50));
	t = fix_thread(&f, "kswapd", MODE_KERNEL, 1, 0);
	fix_op(&f, t, OPK_SHRINK, 0);
	fix_op(&f, t, OPK_THINK, 0)->duration = fix_const(US(3));
	fix_run(&f, &r);
	is_int(fix_count(&r, METRIC_FLUSH_CALLS, "primary"), 1, "one primary flush");
	is_int(fix_count(&r, METRIC_IPI_SENT, "flush_tlb"), 0, "a kernel thread is in no cpu_vm_mask");
	result_free(&r);
	world_free(f.w);
}

static void test_no_time(int in_repeat)
{
	struct fixture f;
	struct result r;
	struct op_config inner = { .kind = OPK_THINK, .duration = { .kind = DIST_CONST } };
	int t;

	fix_init(&f, 1, 2);
	fix_region(&f, "memory", 8);
	vmm(&f, 8, US(50));
	t = fix_thread(&f, "idler", MODE_USER, 1, 0);
	if (in_repeat) {
		struct op_config *o = fix_op(&f, t, OPK_REPEAT, 0);

		o->loop = &inner;
		o->n_loop = 1;
		o->times = INT64_MAX;
	} else {
		*fix_op(&f, t, OPK_THINK, 0) = inner;
	}
	fix_run(&f, &r);
	is_int(r.status, RUN_CRASH, "a loop that takes no time ends the run");
	ok(r.reason && strstr(r.reason, "idler.0"), "and says whose loop it is");
	result_free(&r);
	world_free(f.w);
}

/* --- placement ----------------------------------------------------------------- */

static void test_first_cpu(void)
{
	struct fixture f;
	struct result r;
	char why[200];
	int a, b;

	fix_init(&f, 1, 3);
	fix_region(&f, "memory", 8);
	a = fix_thread(&f, "anywhere", MODE_USER, 1, 1);
	fix_op(&f, a, OPK_THINK, 0)->duration = fix_const(US(20));
	b = fix_thread(&f, "here", MODE_USER, 1, 1);
	f.thread[b].first_cpu = 0;
	fix_op(&f, b, OPK_MADVISE_DONTNEED, 0)->length = 8 * PAGE_SIZE;
	is_int(world_check(&f.world, why, sizeof(why)), 0, "one thread says where, one does not");
	fix_run(&f, &r);
	is_int(r.status, RUN_OK, "both find a CPU");
	result_free(&r);
	f.thread[a].first_cpu = 0;
	is_int(world_check(&f.world, why, sizeof(why)), -1, "two threads want the same CPU");
	ok(strstr(why, "here") && strstr(why, "anywhere"), "the message names both");
	world_free(f.w);
}

/* --- background ------------------------------------------------------------------ */

enum { ARRIVALS = 400 };
static struct { sim_time at[ARRIVALS]; int n; } seen;

static void arrived(struct cpu *c, unsigned vector)
{
	if (vector == VECTOR_BACKGROUND && c->id == 0 && seen.n < ARRIVALS)
		seen.at[seen.n++] = c->m->sim.now;
}

static uint64_t arrivals_with(sim_time length)
{
	struct bare b;
	uint64_t h = 0;

	seen.n = 0;
	if (bare_init(&b, 1, 1))
		return 0;
	b.machine->background_interval = (struct dist){ .kind = DIST_EXP, .a = US(5) };
	b.machine->background_length = (struct dist){ .kind = DIST_EXP, .a = length };
	if (bare_boot(&b))
		return 0;
	b.m->hooks.vector_arrived = arrived;
	bare_run(&b, US(1500));
	for (int i = 0; i < 200; i++)
		h = hash_mix(h, (uint64_t)seen.at[i]);
	bare_stop(&b);
	bare_fini(&b);
	return h;
}

/* Designs are compared on the same background: a handler that waits, or serves
 * two devices at once, must not shift what comes after it. */
static void test_background(void)
{
	uint64_t shorter = arrivals_with(NS(100)), longer = arrivals_with(US(10));

	ok(seen.n > 200, "a busy background");
	ok(shorter == longer, "comes at the same times, however long its handlers take");
}

int main(void)
{
	tap_seed(1);
	test_warmup(FIX_MERGED);
	test_warmup(FIX_NONE_PIN);
	test_two_vmas();
	test_sem_held();
	test_long_visit();
	test_kernel_thread();
	test_first_cpu();
	test_background();
	test_no_time(0);
	test_no_time(1);
	return tap_done();
}
