/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where the delay of a secondary fault goes.  One fault at a time: each part
 * is produced by its cause and by nothing else, to the picosecond (all costs
 * 0 but those that the row names).  Then a machine under contention: the parts
 * of all faults add up to their delay exactly.
 */
#include "models/hw/irq.h"
#include "models/kernel/mmap.h"
#include "models/secondary/t/rig.h"

static const char *const part_names[NR_FAULT_PARTS] = {
	"fence", "mmap_sem", "ptl", "mmu_lock", "zeroing", "other_lock", "irq_steal", "service",
	"page_lock", "swap_io", "alloc",
};

/* --- one cause at a time --------------------------------------------------------- */

/* All blockers hold what they hold from 5 to 50 us; the fault is at 10 us. */
static void one_access(struct rig_thread *t)
{
	rig_guest_until(t, US(10));
	kvm_guest_access(t->vcpu, RIG_BASE, 1);
}

static void hold_spinlock(struct rig_thread *t, struct spinlock *l)
{
	rig_until(t, US(5));
	t->ctx.op_start = RIG_BASE + 8;
	t->ctx.op_end = RIG_BASE + 9;
	spin_lock(&t->ctx, l);
	rig_until(t, US(50));
	spin_unlock(&t->ctx, l);
}

static void hold_mmu_lock(struct rig_thread *t)
{
	hold_spinlock(t, &t->rig->kvm->mmu_lock);
}

static void hold_ptl(struct rig_thread *t)
{
	hold_spinlock(t, pte_lockptr(&t->rig->mm, *table_slot(&t->rig->mm, RIG_BASE)));
}

static void hold_write(struct rig_thread *t, struct rwsem *s)
{
	rig_until(t, US(5));
	t->ctx.op_start = RIG_BASE;
	t->ctx.op_end = RIG_BASE + 1;
	down_write(&t->ctx, s);
	rig_until(t, US(50));
	up_write(&t->ctx, s);
}

static void hold_mmap_sem(struct rig_thread *t)
{
	hold_write(t, &t->rig->mm.mmap_sem);
}

static void hold_slots_lock(struct rig_thread *t)
{
	hold_write(t, &t->rig->kvm->slots_lock);
}

static void interrupt_it(struct rig_thread *t)
{
	rig_until(t, US(20));
	irq_send(&t->rig->m.cpu[1], VECTOR_BACKGROUND, US(20));
}

static void interrupt_and_hold_mmu_lock(struct rig_thread *t)
{
	irq_send(&t->rig->m.cpu[1], VECTOR_BACKGROUND, US(20));
	hold_mmu_lock(t);
}

static void open_section(struct rig_thread *t)
{
	rig_until(t, US(20));
	rig_callout(t, OP_range_start, 0, 1);
	rig_until(t, US(25));
	rig_callout(t, OP_range_end, 0, 1);
}

static void nothing(struct rig_thread *t)
{
	(void)t;
}

struct cause {
	const char *name;
	void (*body)(struct rig_thread *t);
	enum cost_id cost;		/* one cost that is not 0 ... */
	sim_time value;
	sim_time idle_exit;
	uint64_t present;
	sim_time part[NR_FAULT_PARTS];
	int relation;			/* label of the blocked time, -1: none */
};

static const struct cause causes[] = {
	{ "own work", nothing, COST_GUP_PAGE, US(7), 0, 1, { [PART_SERVICE] = US(7) }, -1 },
	{ "exit and entry", nothing, COST_VM_EXIT, US(2), 0, 1, { [PART_SERVICE] = US(2) }, -1 },
	{ "a writer of mmap_sem", hold_mmap_sem, COST_LINE_OWN, 0, 0, 1,
	  { [PART_MMAP_SEM] = US(40) }, 0 },
	{ "the wake-up after it", hold_mmap_sem, COST_CONTEXT_SWITCH, US(2), US(3), 1,
	  { [PART_MMAP_SEM] = US(45) }, 0 },
	{ "a holder of the ptl", hold_ptl, COST_LINE_OWN, 0, 0, 1, { [PART_PTL] = US(40) }, 1 },
	{ "a holder of mmu_lock", hold_mmu_lock, COST_LINE_OWN, 0, 0, 1,
	  { [PART_MMU_LOCK] = US(40) }, 1 },
	{ "a new page", nothing, COST_ZERO_PAGE, US(6), 0, 0, { [PART_ZEROING] = US(6) }, -1 },
	{ "a writer of slots_lock", hold_slots_lock, COST_LINE_OWN, 0, 0, 1,
	  { [PART_OTHER_LOCK] = US(40) }, 0 },
	{ "an interrupt", interrupt_it, COST_GUP_PAGE, US(30), 0, 1,
	  { [PART_IRQ_STEAL] = US(9), [PART_SERVICE] = US(30) }, -1 },
	{ "an interrupt while it waits for a lock", interrupt_and_hold_mmu_lock, COST_LINE_OWN, 0, 0, 1,
	  { [PART_MMU_LOCK] = US(40) }, 1 },
	{ "a section: the whole failed attempt", open_section, COST_GUP_PAGE, US(30), 0, 1,
	  { [PART_FENCE] = US(30), [PART_SERVICE] = US(30) }, 0 },
};

static void test_cause(const struct cause *c)
{
	sim_time sum = 0, blocked;
	struct rig r;

	printf("# %s\n", c->name);
	rig_init(&r, 16);
	rig_no_costs(&r);
	r.prefilled = 0;
	r.present = c->present;
	r.f.machine.cost[c->cost] = c->value;
	r.f.machine.idle_exit = fix_const(c->idle_exit);
	r.f.machine.background_length = fix_const(US(9));
	rig_vcpu(&r, 1, one_access);
	rig_host(&r, 4, c->body);
	rig_run(&r);
	for (int i = 0; i < NR_FAULT_PARTS; i++) {
		is_int(rig_tally(&r, METRIC_SECONDARY_FAULT_PART, i)->sum, c->part[i], part_names[i]);
		sum += c->part[i];
	}
	is_int(rig_tally(&r, METRIC_SECONDARY_FAULT_DELAY, 0)->sum, sum, "delay");
	blocked = c->part[PART_FENCE] + c->part[PART_MMAP_SEM] + c->part[PART_PTL] +
		c->part[PART_MMU_LOCK];
	is_int(rig_tally(&r, METRIC_SECONDARY_FAULT_BLOCKED, 0)->sum, blocked, "blocked");
	is_int(rig_count(&r, METRIC_GUEST_TIME_LOST, LOST_BLOCKED), blocked, "guest time lost to it");
	is_int(rig_count(&r, METRIC_GUEST_TIME_LOST, LOST_FAULT), sum - blocked, "to the fault's rest");
	for (int i = 0; i < 4; i++)
		is_int(rig_count(&r, METRIC_SECONDARY_FAULT_RELATION, i), i != c->relation ? 0 :
		       blocked + c->part[PART_OTHER_LOCK], "relation of the blocker");
	rig_free(&r);
}

/* --- contention -------------------------------------------------------------------- */

enum { PAGES = 96, ROUNDS = 150 };

static void busy_vcpu(struct rig_thread *t)
{
	struct rng rng;

	rng_seed(&rng, (uint64_t)t->rig->f.world.seed, 1, t->ctx.name, "pages");
	for (int i = 0; i < ROUNDS; i++) {
		ctx_next_item(&t->ctx);
		kvm_guest_think(t->vcpu, (sim_time)rng_below(&rng, (uint64_t)US(4)));
		kvm_guest_access(t->vcpu, RIG_BASE + rng_below(&rng, PAGES), 1);
	}
}

static void busy_host(struct rig_thread *t)
{
	struct unmap_op *op = arena_alloc(&t->rig->arena, sizeof(*op) * ROUNDS);
	struct rng rng;

	rng_seed(&rng, (uint64_t)t->rig->f.world.seed, 1, t->ctx.name, "range");
	for (int i = 0; i < ROUNDS; i++) {
		uint64_t at = RIG_BASE + rng_below(&rng, PAGES - 8);

		ctx_next_item(&t->ctx);
		ctx_class(&t->ctx, TIME_SYSTEM);
		cpu_work(&t->ctx, (sim_time)rng_below(&rng, (uint64_t)US(6)));
		if (t->arg) {		/* outside of what the guests use */
			at = RIG_BASE + 512 + (uint64_t)i;
			sys_munmap(&t->ctx, at, at + 1, &op[i]);
		} else {
			sys_madvise_dontneed(&t->ctx, at, at + 8, &op[i]);
		}
	}
}

static void test_contention(enum gup_kind gup, enum fix_design design, uint64_t seed)
{
	const struct tally *delay;
	sim_time parts = 0;
	struct rig r;

	printf("# %s, gup %s\n", fix_design_names[design], gup == GUP_FAST ? "fast" : "slow");
	rig_init(&r, 1024);
	fix_design(&r.f, design);
	r.f.world.seed = (int64_t)seed;
	r.f.machine.jitter = 100000;
	r.f.machine.background_interval = (struct dist){ .kind = DIST_EXP, .a = US(20) };
	r.f.machine.background_length = fix_const(US(1));
	r.f.kvm.gup = gup;
	r.horizon = MS(100);
	for (int i = 0; i < 5; i++)
		rig_vcpu(&r, i, busy_vcpu);
	rig_host(&r, 5, busy_host);
	rig_host(&r, 6, busy_host);
	rig_host(&r, 7, busy_host)->arg = 1;
	rig_run(&r);
	is_int(r.stop, SIM_STOP_TIME, "the run reaches its end");
	delay = rig_tally(&r, METRIC_SECONDARY_FAULT_DELAY, 0);
	for (int i = 0; i < NR_FAULT_PARTS; i++) {
		const struct tally *p = rig_tally(&r, METRIC_SECONDARY_FAULT_PART, i);

		parts += p->sum;
		ok(p->min >= 0, "no part is negative");
		if (i <= PART_SERVICE && (gup == GUP_SLOW || (i != PART_MMAP_SEM && i != PART_PTL)))
			ok(p->sum > 0 || (i == PART_FENCE && design != FIX_MERGED), part_names[i]);
	}
	ok(delay->n > 100, "more than 100 faults");
	is_int(parts, delay->sum, "the parts add up to the delay, to the picosecond");
	is_int(rig_count(&r, METRIC_GUEST_TIME_LOST, LOST_FAULT) +
	       rig_count(&r, METRIC_GUEST_TIME_LOST, LOST_BLOCKED), delay->sum,
	       "and so does the guest time lost");
	rig_free(&r);
}

int main(void)
{
	uint64_t seed = tap_seed(1);

	for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++)
		test_cause(&causes[i]);
	test_contention(GUP_SLOW, FIX_MERGED, seed);
	test_contention(GUP_FAST, FIX_MERGED, seed);
	test_contention(GUP_SLOW, FIX_ANDREA_V7, seed);
	return tap_done();
}
