/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * More threads than CPUs, under every preemption model and both families of
 * designs: guests, unmappers, touchers and sleepers share four CPUs with slices
 * of microseconds, so that they lose the CPU everywhere.  Nothing deadlocks, no
 * invariant breaks, CPU time adds up, and the run is a function of its seed.
 */
#include "models/world/t/fixture.h"

static struct dist fix_exp(sim_time mean)
{
	return (struct dist){ .kind = DIST_EXP, .a = mean };
}

static void threads(struct fixture *f)
{
	struct op_config *o;
	int t = fix_thread(f, "vmm", MODE_USER, 1, 0);

	o = fix_op(f, t, OPK_MADVISE_DONTNEED, 0);
	o->length = 24 * PAGE_SIZE;
	o->at.kind = PICK_UNIFORM;
	o->refill = 1;
	fix_op(f, t, OPK_THINK, 0)->duration = fix_exp(US(6));
	o = fix_op(f, t, OPK_MUNMAP, 2);
	o->length = 40 * PAGE_SIZE;
	o->refill = 1;
	fix_op(f, t, OPK_SLEEP, 0)->duration = fix_exp(US(40));
	t = fix_thread(f, "balloon", MODE_USER, 1, 0);
	o = fix_op(f, t, OPK_MADVISE_DONTNEED, 1);
	o->length = 4 * PAGE_SIZE;
	o->at.kind = PICK_UNIFORM;
	fix_op(f, t, OPK_SLEEP, 0)->duration = fix_exp(US(50));
	t = fix_thread(f, "vcpu", MODE_GUEST, 5, 0);
	o = fix_op(f, t, OPK_SECONDARY_ACCESS, 1);
	o->pages = (struct pick){ .kind = PICK_ZIPF, .theta_ppm = 900000 };
	o->n = 6;
	fix_op(f, t, OPK_THINK, 0)->duration = fix_exp(US(8));
	o = fix_op(f, t, OPK_SECONDARY_ACCESS, 0);
	o->pages.kind = PICK_UNIFORM;
	fix_op(f, t, OPK_SLEEP, 0)->duration = fix_exp(US(30));
	t = fix_thread(f, "toucher", MODE_USER, 3, 0);
	o = fix_op(f, t, OPK_TOUCH, 0);
	o->pages.kind = PICK_UNIFORM;
	o->n = 3;
	fix_op(f, t, OPK_THINK, 0)->duration = fix_exp(US(10));
}

static void run(enum fix_design d, enum preempt_mode preempt, int today, struct result *r)
{
	struct fixture f;

	fix_init(&f, 2, 2);
	fix_design(&f, d);
	fix_region(&f, "heap", 96);
	fix_region(&f, "guest", 1024)->placement = PLACE_PERMUTED;
	fix_region(&f, "loose", 40)->own_vma = 1;
	threads(&f);
	f.kernel.tick = 1;
	f.kernel.hz = 1000;
	f.kernel.preempt = preempt;
	f.kernel.sched_latency = US(20);
	f.kernel.sched_min_granularity = US(10);
	f.kernel.sched_wakeup_granularity = US(5);
	f.kernel.vmstat = MS(5);
	if (today) {
		f.kernel.sched = SCHED_EEVDF;
		f.kernel.sched_base_slice = US(5);
		f.kernel.mutex = MUTEX_TODAY;
		f.kernel.rwsem = RWSEM_TODAY;
		f.kernel.spinlock = SPINLOCK_QUEUED;
	}
	f.machine.jitter = PPM_ONE / 10;
	f.world.until = UNTIL_DURATION;
	f.world.duration = MS(60);
	f.world.warmup = MS(1);
	fix_run(&f, r);
	world_free(f.w);
}

static void test(enum fix_design d, enum preempt_mode preempt, int today, const char *what)
{
	struct result a, b;
	double sum = 0;
	char text[120];

	run(d, preempt, today, &a);
	snprintf(text, sizeof(text), "%s: the run ends well", what);
	is_int(a.status, RUN_OK, text);
	if (a.status != RUN_OK)
		printf("# %s\n", a.reason);
	for (int i = 0; i < 7; i++) {
		static const char *const class[] = { "user", "guest", "system", "irq", "spin", "exit", "idle" };

		sum += fix_metric(&a, METRIC_CPU_TIME, class[i]);
	}
	snprintf(text, sizeof(text), "%s: CPU time adds up", what);
	is_int((int64_t)sum, 4 * MS(59) / 1000, text);
	snprintf(text, sizeof(text), "%s: guests run", what);
	ok(fix_metric(&a, METRIC_GUEST_THROUGHPUT, "") > 10, text);
	printf("# %s: %lld events, %lld unmaps, guests %.0f visits/ms\n", what, (long long)a.events,
	       (long long)fix_count(&a, METRIC_UNMAP_PAGES, ""),
	       fix_metric(&a, METRIC_GUEST_THROUGHPUT, ""));
	run(d, preempt, today, &b);
	snprintf(text, sizeof(text), "%s: the same again", what);
	is_int(a.fingerprint == b.fingerprint, 1, text);
	result_free(&a);
	result_free(&b);
}

int main(void)
{
	test(FIX_MERGED, PREEMPT_NONE, 0, "merged, none");
	test(FIX_MERGED, PREEMPT_VOLUNTARY, 0, "merged, voluntary");
	test(FIX_MERGED, PREEMPT_FULL, 0, "merged, full");
	test(FIX_ANDREA_V7, PREEMPT_FULL, 0, "V7, full");
	test(FIX_MERGED, PREEMPT_NONE, 1, "merged, scheduler and locks of today");
	test(FIX_MERGED, PREEMPT_FULL, 1, "merged, the same with PREEMPT");
	return tap_done();
}
