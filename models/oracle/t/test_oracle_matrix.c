/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The protocols under random load: vcpus that fault, two threads that unmap
 * overlapping ranges and touch them again, eviction.  Protocols that are right
 * on paper stay without violation over gup slow and fast, with tags and
 * without, PREEMPT on and off, every scope of the fence; the same load finds a
 * violation as soon as one half of the fence is taken away, so it does look
 * where it matters.
 *
 * With tags the secondary flush is put inside mmu_lock: after it, as 2.6.27 has
 * it, two unmappers of one page do violate I1 (test_kvm_flush has the schedule,
 * and this load finds it now and then: SEED=8).
 */
#include "models/world/t/fixture.h"

struct variant {
	enum fix_design design;
	enum fence_kind fence;
	enum fence_scope scope;
	enum gup_kind gup;
	enum tlb_tag tag;
	enum preempt_mode preempt;
};

static void load(struct fixture *f, const struct variant *v, uint64_t seed)
{
	int t;

	fix_init(f, 2, 4);
	fix_design(f, v->design);
	f->design.kvm.fence_kind = v->fence;
	f->design.kvm.fence_scope = v->scope;
	if (v->tag == TAG_VPID && f->design.kvm.secondary_flush == FLUSH_AFTER_LOCK)
		f->design.kvm.secondary_flush = FLUSH_IN_LOCK;
	f->kvm.gup = v->gup;
	f->kvm.tlb_tag = v->tag;
	f->kernel.preempt = v->preempt;
	f->world.seed = (int64_t)seed;
	f->machine.jitter = 100000;
	f->machine.background_interval = (struct dist){ .kind = DIST_EXP, .a = US(30) };
	f->machine.background_length = (struct dist){ .kind = DIST_EXP, .a = US(3) };
	f->world.until = UNTIL_DURATION;
	f->world.duration = MS(2);
	fix_region(f, "ram", 64);
	t = fix_thread(f, "vcpu", MODE_GUEST, 4, 0);
	fix_op(f, t, OPK_SECONDARY_ACCESS, 0)->pages.kind = PICK_UNIFORM;
	fix_op(f, t, OPK_THINK, 0)->duration = (struct dist){ .kind = DIST_EXP, .a = US(1) };
	for (int i = 0; i < 2; i++) {
		struct op_config *op;

		t = fix_thread(f, i ? "vmm" : "balloon", MODE_USER, 1, 0);
		op = fix_op(f, t, OPK_MADVISE_DONTNEED, 0);
		op->length = (i ? 5 : 24) * PAGE_SIZE;
		op->at.kind = PICK_UNIFORM;
		op->refill = i;
		fix_op(f, t, OPK_THINK, 0)->duration = (struct dist){ .kind = DIST_EXP, .a = US(4) };
	}
}

struct sums { int64_t violations, frees, caught, retries, runs; };

static void run(const struct variant *v, uint64_t seed, struct sums *s)
{
	struct fixture f;
	struct result x;

	load(&f, v, seed);
	fix_run(&f, &x);
	if (x.status == RUN_OK || x.status == RUN_VIOLATION)
		s->runs++;
	else
		printf("# %s: %s\n", run_status_name(x.status), x.reason);
	for (uint32_t i = 0; i < x.n_count; i++)
		s->violations += x.count[i].count;
	if (x.n_count) {
		s->frees += x.count[INV_I1].operations;
		s->caught += x.count[INV_I2].operations;
	}
	s->retries += fix_count(&x, METRIC_SECONDARY_FAULT_RETRIES, "");
	for (uint32_t i = 0; i < x.n_violation && i < 2; i++)
		printf("# %s at %lld ps: %s\n", x.violation[i].invariant,
		       (long long)x.violation[i].at, x.violation[i].summary);
	result_free(&x);
	world_free(f.w);
}

/* All of gup, tag and PREEMPT for one design, fence and scope. */
static struct sums run_all(enum fix_design d, enum fence_kind fence, enum fence_scope scope,
			   uint64_t seed)
{
	struct sums s = { 0, 0, 0, 0, 0 };

	for (int i = 0; i < 8; i++) {
		struct variant v = { d, fence, scope, i & 1 ? GUP_FAST : GUP_SLOW,
				     i & 2 ? TAG_VPID : TAG_NONE,
				     i & 4 ? PREEMPT_FULL : PREEMPT_NONE };

		run(&v, seed + (uint64_t)i, &s);
	}
	return s;
}

static void test_safe(enum fix_design d, enum fence_kind fence, uint64_t seed)
{
	static const char *const scopes[] = { "vm", "hull", "interval" };
	char what[96];

	for (int scope = SCOPE_VM; scope <= (fence == FENCE_NONE ? SCOPE_VM : SCOPE_INTERVAL); scope++) {
		struct sums s = run_all(d, fence, scope, seed);

		printf("# %s, scope %s: %lld frees, %lld stale translations caught, %lld retries\n",
		       fix_design_names[d], scopes[scope], (long long)s.frees,
		       (long long)s.caught, (long long)s.retries);
		snprintf(what, sizeof(what), "%s, scope %s: no violation", fix_design_names[d],
			 scopes[scope]);
		is_int(s.violations, 0, what);
		is_int(s.runs, 8, "all runs end well");
		ok(s.frees > 1000, "more than 1,000 frees of pages with a translation");
		ok(fence == FENCE_NONE || s.retries > 100, "the fence is at work");
	}
}

static void test_broken(enum fence_kind fence, const char *what, uint64_t seed)
{
	struct sums s = run_all(FIX_MERGED, fence, SCOPE_VM, seed);

	printf("# %lld violations, %lld retries\n", (long long)s.violations, (long long)s.retries);
	ok(s.violations > 0, what);
	is_int(s.runs, 8, "all runs end well");
}

int main(void)
{
	uint64_t seed = tap_seed(1);

	test_safe(FIX_MERGED, FENCE_COUNT_SEQ, seed);
	test_safe(FIX_RELEASED, FENCE_COUNT_SEQ, seed);
	test_safe(FIX_ANDREA_V7, FENCE_NONE, seed);
	test_safe(FIX_RUSTY, FENCE_NONE, seed);
	test_broken(FENCE_COUNT, "merged with the count alone: violated", seed);
	test_broken(FENCE_SEQ, "merged with the sequence alone: violated", seed);
	test_broken(FENCE_NONE, "merged without a fence: violated", seed);
	return tap_done();
}
