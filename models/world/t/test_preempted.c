/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The preempted invalidator, step by step: a thread that drops a range is
 * preferred another at the end of a block, between range_start and range_end; the
 * section stays open until it has the CPU again, and the guest's faults on other
 * memory fail the fence of the whole VM meanwhile, and not one of a range.
 */
#include "models/world/t/steps.h"

enum { HOST, GUEST, PAGES = 8192, BLOCK = 1024 };

static void world(struct fixture *f, enum fence_scope scope, enum preempt_mode preempt)
{
	int t;

	fix_init(f, 2, 2);
	f->kernel.tick = 1;
	f->kernel.tick_random = 0;
	f->kernel.preempt = preempt;
	f->design.kvm.fence_scope = scope;
	fix_region(f, "guest", 4096)->secondary_prefault = 0;
	fix_region(f, "balloon", PAGES)->secondary_prefault = 0;
	t = fix_thread(f, "rival", MODE_KERNEL, 1, 1);
	f->thread[t].in = -1;
	f->thread[t].first_cpu = HOST;
	fix_op(f, t, OPK_SLEEP, 0)->duration = fix_const(US(500));
	fix_op(f, t, OPK_THINK, 0)->duration = fix_const(MS(10));
	t = fix_thread(f, "vmm", MODE_USER, 1, 1);
	f->thread[t].first_cpu = HOST;
	fix_op(f, t, OPK_MADVISE_DONTNEED, 1)->length = PAGES * PAGE_SIZE;
	t = fix_thread(f, "vcpu", MODE_GUEST, 1, 0);
	f->thread[t].first_cpu = GUEST;
	fix_op(f, t, OPK_SECONDARY_ACCESS, 0)->pages.kind = PICK_SEQ;
	fix_op(f, t, OPK_THINK, 0)->duration = fix_const(US(10));
}

static sim_time at(const struct recording *rec, size_t i)
{
	return i < rec->n ? rec->r[i].at : -1;
}

static void test(enum fence_scope scope, enum preempt_mode preempt, int64_t block, const char *what)
{
	struct fixture f;
	struct recording rec = { 0 };
	struct result r;
	size_t open, close, rival, back;
	char text[120];

	world(&f, scope, preempt);
	record_run(&f, &rec, &r);
	open = record_find(&rec, 0, TP_SECTION_OPEN, HOST);
	close = record_find(&rec, open, TP_SECTION_CLOSE, HOST);
	rival = record_find(&rec, open, TP_SWITCH_IN, HOST);
	back = record_find(&rec, rival + 1, TP_SWITCH_IN, HOST);
	snprintf(text, sizeof(text), "%s: the CPU is lost and won back inside the section", what);
	ok(open < rival && rival < back && back < close && close < rec.n, text);
	snprintf(text, sizeof(text), "%s: at the end of a block", what);
	is_int(record_count(&rec, open, rival, TP_PTE_CLEAR, HOST) % block, 0, text);
	snprintf(text, sizeof(text), "%s: for as long as the rival works", what);
	ok(at(&rec, back) - at(&rec, rival) >= MS(10) && at(&rec, back) - at(&rec, rival) < MS(10) + US(100),
	   text);
	snprintf(text, sizeof(text), "%s: meanwhile every fault fails, or none", what);
	if (scope == SCOPE_VM)
		ok(record_count(&rec, rival, back, TP_RETRY, GUEST) > 500 &&
		   record_count(&rec, rival, back, TP_RETIRED, GUEST) <= 1, text);
	else
		ok(record_count(&rec, rival, back, TP_RETRY, GUEST) == 0 &&
		   record_count(&rec, rival, back, TP_RETIRED, GUEST) > 500, text);
	record_free(&rec);
	result_free(&r);
	world_free(f.w);
}

int main(void)
{
	test(SCOPE_VM, PREEMPT_NONE, BLOCK, "fence of the VM");
	test(SCOPE_INTERVAL, PREEMPT_NONE, BLOCK, "fence of the range");
	test(SCOPE_VM, PREEMPT_FULL, 8, "fence of the VM, PREEMPT");
	return tap_done();
}
