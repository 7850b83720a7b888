/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * I3, I5, I6, I9, I12 and the clause of I4 about callouts: each is violated by
 * a design that gets it wrong, and held by the same with one thing put right.
 */
#include "models/oracle/oracle.h"
#include "models/world/t/fixture.h"

enum { PAGES = 1500 };

static struct sleeper_config sleeper;

static void steps(struct word_list *v, const char *text)
{
	char buf[256], *save = NULL;

	snprintf(buf, sizeof(buf), "%s", text);
	v->n = 0;
	for (char *x = strtok_r(buf, " ", &save); x; x = strtok_r(NULL, " ", &save))
		for (int i = 0; i < NR_STEPS; i++)
			if (!strcmp(step_table[i].name, x))
				v->word[v->n++] = (uint8_t)i;
}

/* One process with a sleeper; thread 0 is the test's, thread 1 unmaps everything. */
static void start(struct fixture *f, enum registered registered)
{
	fix_init(f, 2, 4);
	f->design.list_reader = READER_NONE;
	f->design.sleeper = (struct sleeper_protocol){ ZAP_RANGE_START, FENCE_COUNT_SEQ, PIN_NONE };
	memset(&sleeper, 0, sizeof(sleeper));
	strcpy(sleeper.name, "sleeper");
	for (int i = 0; i < NR_CALLOUT_OPS; i++)
		sleeper.length[i] = fix_const(0);
	sleeper.retry = fix_const(US(20));
	f->world.space[0].secondary[0] = (struct secondary_use){
		.name = "sleeper", .kind = SECONDARY_SLEEPER, .sleeper = &sleeper,
		.registered = registered,
	};
	fix_region(f, "ram", PAGES);
	fix_thread(f, "driver", MODE_USER, 1, 1);
	fix_thread(f, "vmm", MODE_USER, 1, 1);
	fix_op(f, 1, OPK_MADVISE_DONTNEED, 0)->length = PAGES * PAGE_SIZE;
	f->thread[1].start = fix_const(US(100));
	f->world.settle = US(200);
}

static void finish(struct fixture *f, struct result *r)
{
	result_free(r);
	world_free(f->w);
}

static int64_t violations(const struct result *r, enum invariant inv)
{
	return r->count[inv].count;
}

static int64_t exposures(const struct result *r, enum invariant inv)
{
	return r->count[inv].operations;
}

static int described(const struct result *r, const char *inv, const char *part)
{
	for (uint32_t i = 0; i < r->n_violation; i++)
		if (!strcmp(r->violation[i].invariant, inv) && strstr(r->violation[i].summary, part))
			return 1;
	return 0;
}

/* --- I3, I4: a registration in the middle of a section ----------------------------- */

static void test_register(const char *what, const char *list, int violated)
{
	struct op_config *access;
	struct fixture f;
	struct result r;

	start(&f, REGISTERED_BY_OP);
	steps(&f.design.on_register, list);
	f.thread[0].start = fix_const(US(130));	/* the section is open, most ptes stand */
	fix_op(&f, 0, OPK_REGISTER, 0);
	access = fix_op(&f, 0, OPK_SECONDARY_ACCESS, 0);
	access->pages.kind = PICK_UNIFORM;
	access->n = 24;
	fix_run(&f, &r);
	is_int(violations(&r, INV_I3) > 0, violated, what);
	is_int(violations(&r, INV_I4), violated, "I4: the end comes without its start");
	is_int(violations(&r, INV_I1) > 0, violated, "I1 follows: the pages are freed");
	ok(exposures(&r, INV_I3) > 0, "it could have happened");
	is_int(violations(&r, INV_I2), 0, "no fault was to blame");
	is_int(described(&r, "I3", "nobody told it"), violated, "in words");
	finish(&f, &r);
}

/* --- I5: callouts of one that is gone ------------------------------------------------- */

static void test_unregister(const char *what, const char *list, enum list_reader reader, int violated)
{
	struct fixture f;
	struct result r;

	start(&f, REGISTERED_AT_START);
	steps(&f.design.on_unregister, list);
	f.design.list_reader = reader;
	sleeper.length[OP_range_start] = fix_const(US(50));
	f.thread[0].start = fix_const(US(120));	/* inside that callout */
	fix_op(&f, 0, OPK_UNREGISTER, 0);
	fix_run(&f, &r);
	is_int(violations(&r, INV_I5), violated, what);
	is_int(exposures(&r, INV_I5), 1, "one goes");
	is_int(described(&r, "I5", "while 1 of its callouts run"), violated, "in words");
	finish(&f, &r);
}

/* --- I6: off the list, not yet released ------------------------------------------------ */

static void test_release(const char *what, const char *list, int violated)
{
	struct fixture f;
	struct result r;

	start(&f, REGISTERED_AT_START);
	steps(&f.design.on_unregister, list);
	sleeper.length[OP_release] = fix_const(US(300));
	f.thread[0].start = fix_const(US(80));	/* ->release is under way while ptes are cleared */
	fix_op(&f, 0, OPK_UNREGISTER, 0);
	fix_run(&f, &r);
	is_int(violations(&r, INV_I6) > 0, violated, what);
	is_int(violations(&r, INV_I1) > 0, violated, "I1 through it");
	is_int(violations(&r, INV_I3), 0, "and not I3: it was on the list, or off it");
	is_int(exposures(&r, INV_I6) > 0, violated, "exposed where the list comes first");
	is_int(described(&r, "I6", "off the list"), violated, "in words");
	finish(&f, &r);
}

/* --- I9: sleeping where one must not ------------------------------------------------------ */

static void test_sleep(const char *what, enum list_reader reader, int64_t must_sleep, int64_t want)
{
	struct fixture f;
	struct result r;

	start(&f, REGISTERED_AT_START);
	f.design.list_reader = reader;
	sleeper.must_sleep = must_sleep;
	sleeper.length[OP_range_start] = fix_const(US(50));
	fix_op(&f, 0, OPK_THINK, 0)->duration = fix_const(US(10));
	fix_run(&f, &r);
	is_int(violations(&r, INV_I9), want, what);
	is_int(exposures(&r, INV_I9), must_sleep, "counted where it sleeps");
	is_int(described(&r, "I9", "sleeps in a callout"), want > 0, "in words");
	ok(fix_metric(&r, METRIC_UNMAP_LATENCY, "") > 50000, "the run goes on, and waited");
	is_int(violations(&r, INV_I1), 0, "nothing else is wrong");
	finish(&f, &r);
}

/* --- I12: the last reference put too early -------------------------------------------------- */

static void test_put(const char *what, enum put_order order, enum zap_at zap_at, int violated)
{
	struct fixture f;
	struct result r;

	fix_init(&f, 2, 4);
	fix_design(&f, FIX_RUSTY);
	f.design.kvm.put_order = order;
	f.design.kvm.zap_at = zap_at;
	f.design.kvm.secondary_flush = order == PUT_FLUSH_BEFORE ? FLUSH_PER_BATCH : FLUSH_IN_LOCK;
	if (zap_at == ZAP_RANGE_START)
		fix_hook(&f, SITE_zap_page_range, POINT_before, OP_range_start);
	fix_region(&f, "ram", PAGES);
	fix_thread(&f, "vmm", MODE_USER, 1, 1);
	fix_op(&f, 0, OPK_MADVISE_DONTNEED, 0)->length = PAGES * PAGE_SIZE;
	fix_run(&f, &r);
	is_int(violations(&r, INV_I12) > 0, violated, what);
	is_int(violations(&r, INV_I1) > 0, violated, "I1 with it");
	is_int(exposures(&r, INV_I12), PAGES, "each put in the callout");
	is_int(described(&r, "I12", "puts the last reference"), violated, "in words");
	finish(&f, &r);
}

/* --- I4: who waits in a callout is excused --------------------------------------------------- */

static void test_long_callout(const char *what, sim_time callout, sim_time think, int64_t want)
{
	struct fixture f;
	struct result r;

	start(&f, REGISTERED_AT_START);
	f.world.space[0].region[0].length = 8 * PAGE_SIZE;
	f.thread[1].n_loop = 0;
	fix_op(&f, 1, OPK_MADVISE_DONTNEED, 0)->length = 8 * PAGE_SIZE;
	/* an older registrant of the same mm, called after the one that waits */
	f.world.space[0].secondary[1] = f.world.space[0].secondary[0];
	f.world.space[0].secondary[0] = (struct secondary_use){ .name = "kvm", .kvm = &f.kvm };
	f.world.space[0].n_secondaries = 2;
	sleeper.length[OP_range_end] = fix_const(callout);
	f.machine.cost[COST_PTE_CLEAR] = think;
	fix_op(&f, 0, OPK_THINK, 0)->duration = fix_const(US(10));
	f.world.duration = SEC(5);
	fix_run(&f, &r);
	is_int(violations(&r, INV_I4), want, what);
	finish(&f, &r);
}

int main(void)
{
	tap_seed(1);
	test_register("I3: insert alone", "insert", 1);
	test_register("I3: mmap_sem excludes madvise", "mmap_sem_write insert unlock", 0);
	test_register("I3: a global lock excludes nobody who walks", "global_spinlock insert unlock", 1);
	test_register("I3: all locks of 2.6.27", "mmap_sem_write global_mutex i_mmap anon_vma insert unlock", 0);
	test_register("I3: the same without mmap_sem", "global_mutex i_mmap anon_vma insert unlock", 1);
	test_unregister("I5: freed under a callout", "unlink release free", READER_NONE, 1);
	test_unregister("I5: the module goes under a callout", "unlink release unpin_module gp free",
			READER_RWSEM, 0);
	test_unregister("I5: a reader that is waited for", "unlink gp release free", READER_RWSEM, 0);
	test_release("I6: unlinked first", "unlink release free", 1);
	test_release("I6: released first", "release unlink free", 0);
	test_sleep("I9: asleep with the gather's preemption off", READER_NONE, 1, 1);
	test_sleep("I9: asleep inside rcu_read_lock too: once", READER_RCU, 1, 1);
	test_sleep("I9: it spins", READER_RCU, 0, 0);
	test_put("I12: put before the flush, at the end", PUT_BEFORE_FLUSH, ZAP_RANGE_END, 1);
	test_put("I12: put before the flush, at the start: the VM holds the page", PUT_BEFORE_FLUSH,
		 ZAP_RANGE_START, 0);
	test_put("I12: flushed before the put", PUT_FLUSH_BEFORE, ZAP_RANGE_END, 0);
	test_long_callout("I4: a section of 1.5 s, all of it in somebody's callout", MS(1500), 0, 0);
	test_long_callout("I4: the same outside of callouts", 0, MS(200), 2);
	return tap_done();
}
