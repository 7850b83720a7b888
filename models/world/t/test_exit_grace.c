/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What an exit waits for, worked out by hand: HZ 250, instructions that cost
 * nothing, ticks of CPU c late by c quarters of half a period, the exit at 2.0
 * (R = 2 ms), another process whose driver sleeps in a range_start from before
 * the exit on.  exit.gp_wait of the release alone, and with the VM's file.
 */
#include "models/world/t/fixture.h"

static struct sleeper_config sleeper;

static void words(struct word_list *v, int n, const enum step_id *step)
{
	v->n = (uint8_t)n;
	for (int i = 0; i < n; i++)
		v->word[i] = (uint8_t)step[i];
}

static void set_kernel(struct fixture *f, enum rcu_kind rcu, enum srcu_kind srcu)
{
	struct kernel_config *k = &f->kernel;

	memset(f->machine.cost, 0, sizeof(f->machine.cost));
	f->machine.idle_exit = fix_const(0);
	k->tick = 1;
	k->hz = 250;
	k->tick_random = 0;
	k->watchdog = k->vmstat = k->reaper = 0;
	k->gather_kind = GATHER_ONSTACK;
	k->rcu = rcu;
	k->srcu = srcu;
	k->srcu_retry_delay = 0;
}

/* Process 1 sleeps from 0.0 to @until in a callout; process 0 exits at 2.0. */
static sim_time gp_wait(enum rcu_kind rcu, enum srcu_kind srcu, enum list_reader reader,
			enum list_domain domain, sim_time until, int vm_fd)
{
	struct fixture f;
	struct result r;
	sim_time wait;

	fix_init(&f, 1, 4);
	set_kernel(&f, rcu, srcu);
	f.design.list_reader = reader;
	f.design.list_domain = domain;
	words(&f.design.on_exit, 3, (enum step_id[]){ STEP_release, STEP_unlink, STEP_gp });
	words(&f.design.on_unregister, 4,
	      (enum step_id[]){ STEP_release, STEP_unlink, STEP_gp, STEP_free });
	f.kvm.release = 1;
	f.world.space[0].secondary[0].vm_fd = vm_fd;
	fix_region(&f, "ram", 4);
	memset(&sleeper, 0, sizeof(sleeper));
	for (int i = 0; i < NR_CALLOUT_OPS; i++)
		sleeper.length[i] = fix_const(0);
	sleeper.length[OP_range_start] = fix_const(until);
	sleeper.must_sleep = 1;
	sleeper.retry = fix_const(US(20));
	f.design.sleeper = (struct sleeper_protocol){ ZAP_RANGE_START, FENCE_COUNT_SEQ, PIN_NONE };
	f.world.space[1] = f.world.space[0];
	strcpy(f.world.space[1].name, "other");
	f.world.space[1].secondary[0] = (struct secondary_use){
		.name = "sleeper", .kind = SECONDARY_SLEEPER, .sleeper = &sleeper,
	};
	f.world.n_spaces = 2;
	fix_thread(&f, "exiter", MODE_USER, 1, 1);
	f.thread[0].start = fix_const(MS(2));
	f.thread[0].first_cpu = 0;
	fix_op(&f, 0, OPK_EXIT, 0);
	if (until) {
		fix_thread(&f, "caller", MODE_USER, 1, 1);
		f.thread[1].in = 1;
		f.thread[1].first_cpu = 1;
		fix_op(&f, 1, OPK_MADVISE_DONTNEED, 0)->length = PAGE_SIZE;
	}
	fix_run(&f, &r);
	wait = (sim_time)(fix_metric(&r, METRIC_EXIT_GP_WAIT, "") * 1000 + 0.5);
	is_int(r.status == RUN_OK || reader == READER_RCU, 1, "the run is clean");
	result_free(&r);
	world_free(f.w);
	return wait;
}

/* What could not end is an error before it begins. */
static void test_check(void)
{
	struct fixture f;
	char why[160] = "";

	fix_init(&f, 1, 4);
	words(&f.design.on_exit, 1, (enum step_id[]){ STEP_gp });
	fix_region(&f, "ram", 4);
	fix_thread(&f, "exiter", MODE_USER, 1, 1);
	fix_op(&f, 0, OPK_EXIT, 0);
	is_int(world_check(&f.world, why, sizeof(why)), -1, "an exit that waits for readers needs ticks");
	is_str(why, "thread exiter: exit waits for a grace period, and no CPU ticks: set kernel.tick: on",
	       "and says so");
	f.kernel.tick = 1;
	is_int(world_check(&f.world, why, sizeof(why)), 0, "with ticks it may");
	f.design.list_reader = READER_SRCU_FAST;
	is_int(world_check(&f.world, why, sizeof(why)), -1, "fast readers need today's SRCU");
	f.kernel.srcu = SRCU_TREE;
	is_int(world_check(&f.world, why, sizeof(why)), 0, "and have it");
	world_free(f.w);
}

#define CLASSIC(reader, domain, until, fd) gp_wait(RCU_CLASSIC, SRCU_2006, reader, domain, until, fd)

int main(void)
{
	is_int(CLASSIC(READER_RCU, DOMAIN_GLOBAL, 0, 0), MS(10), "RCU of 2.6.27: R + 2 ticks, 10.0 ms");
	is_int(CLASSIC(READER_RCU, DOMAIN_GLOBAL, 0, 1), MS(22),
	       "a KVM process waits twice: 5.5 ticks, 22 ms");
	is_int(CLASSIC(READER_RCU, DOMAIN_GLOBAL, MS(102), 0), MS(10), "a callout that sleeps under RCU is not waited for");
	is_int(CLASSIC(READER_SRCU, DOMAIN_GLOBAL, 0, 0), MS(34), "SRCU of 2006: R + 8 ticks, 34.0 ms");
	is_int(CLASSIC(READER_SRCU, DOMAIN_GLOBAL, MS(10), 0), MS(34), "a sleeper that ends before the drain is not seen");
	is_int(CLASSIC(READER_SRCU, DOMAIN_GLOBAL, MS(102), 0), MS(114),
	       "100 ms of a sleeper left: seen at the tick after it, and three ticks more: 114 ms");
	is_int(CLASSIC(READER_SRCU, DOMAIN_PER_MM, MS(102), 0), MS(34), "per mm: another process's sleeper costs nothing");
	is_int(gp_wait(RCU_TREE, SRCU_2012, READER_SRCU, DOMAIN_GLOBAL, 0, 1), 0, "SRCU of 2012: no tick, twice");
	is_int(gp_wait(RCU_TREE, SRCU_2012, READER_SRCU, DOMAIN_GLOBAL, MS(101), 0), MS(102),
	       "and the first tick after a sleeper");
	is_int(gp_wait(RCU_TREE, SRCU_2012, READER_SRCU, DOMAIN_PER_MM, MS(101), 0), 0, "per mm: nothing");
	is_int(gp_wait(RCU_TREE, SRCU_TREE, READER_SRCU, DOMAIN_GLOBAL, 0, 0), 0, "SRCU of today: two work items");
	is_int(gp_wait(RCU_TREE, SRCU_TREE, READER_SRCU, DOMAIN_PER_MM, MS(101), 0), 0, "per mm: the same");
	test_check();
	return tap_done();
}
