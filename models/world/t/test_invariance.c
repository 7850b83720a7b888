/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Invariance: what must not change at all.
 *
 *  - another thread, another design: the same pages visited
 *  - interval scope, and hull scope without a sequence: disjoint accesses are
 *    never refused
 *  - oracle off, traced, repeated, world reused: the same fingerprint
 *
 * Seeds: SEED= changes the pages that are picked, nothing else.
 */
#include "models/world/t/mixed.h"
#include "models/world/t/steps.h"

static uint64_t seed;

/* --- the same work ------------------------------------------------------------------------ */

/*
 * One page per visit, then a halt: without tags each entry starts with an empty
 * guest TLB, so that every access is in the trace.
 */
static struct fixture *visitors(enum fix_design d, int others)
{
	struct fixture *f = calloc(1, sizeof(*f));
	int t;

	fix_init(f, 2, 4);
	fix_design(f, d);
	f->world.seed = (int64_t)seed;
	fix_region(f, "work", 64);
	fix_region(f, "guest", 256)->placement = PLACE_PERMUTED;
	mixed_vmm(f, 20, 16, US(5));
	t = fix_thread(f, "visitor", MODE_GUEST, 2, 0);
	f->thread[t].first_cpu = 1;
	mixed_access(f, t, OPK_SECONDARY_ACCESS, GUEST, 1);
	f->op[t][0].pages = (struct pick){ .kind = PICK_ZIPF, .theta_ppm = 900000 };
	fix_op(f, t, OPK_SLEEP, 0)->duration = fix_const(US(3));
	mixed_access(f, t, OPK_SECONDARY_ACCESS, WORK, 1);
	fix_op(f, t, OPK_SLEEP, 0)->duration = fix_const(US(3));
	if (others) {
		t = fix_thread(f, "other", MODE_GUEST, 2, 0);
		f->thread[t].first_cpu = 4;
		mixed_access(f, t, OPK_SECONDARY_ACCESS, GUEST, 8);
		mixed_think(f, t, US(2));
	}
	return f;
}

struct visits { uint64_t page[2000]; int n; };

static void visits_of(enum fix_design d, int others, int cpu, struct visits *v,
		      struct recording *rec)
{
	struct fixture *f = visitors(d, others);
	struct result r;

	v->n = 0;
	record_run(f, rec, &r);
	for (size_t i = 0; i < rec->n && v->n < 2000; i++)
		if (rec->r[i].id == TP_GUEST_TLB_FILL && rec->r[i].cpu == cpu)
			v->page[v->n++] = rec->r[i].a;
	result_free(&r);
	mixed_drop(f);
}

static int common_prefix(const struct visits *a, const struct visits *b)
{
	int n = a->n < b->n ? a->n : b->n;

	for (int i = 0; i < n; i++)
		if (a->page[i] != b->page[i])
			return -i - 1;
	return n;
}

static void test_same_work(struct recording *rec)
{
	static struct visits first[2], v;

	for (int cpu = 0; cpu < 2; cpu++)
		visits_of(FIX_NONE_PIN, 0, 1 + cpu, &first[cpu], rec);
	ok(common_prefix(&first[0], &first[1]) < 0, "two vcpus visit different pages");
	for (int d = 0; d < NR_DESIGNS; d++) {
		for (int cpu = 0; cpu < 2; cpu++) {
			char what[100];
			int n, with;

			visits_of((enum fix_design)d, 0, 1 + cpu, &v, rec);
			n = common_prefix(&first[cpu], &v);
			visits_of((enum fix_design)d, 1, 1 + cpu, &v, rec);
			with = common_prefix(&first[cpu], &v);
			snprintf(what, sizeof(what), "%s, vcpu %d: the same %d visits, %d beside others",
				 fix_design_names[d], cpu, n, with);
			ok(n >= 20 && with >= 20, what);
		}
	}
}

/* --- scope of the fence ------------------------------------------------------------------ */

static int64_t refused(enum fence_kind kind, enum fence_scope scope, int64_t *spurious)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct op_config *o;
	struct result r;
	int64_t n;
	int t;

	fix_init(f, 2, 4);
	f->world.seed = (int64_t)seed;
	f->design.kvm.fence_kind = kind;
	f->design.kvm.fence_scope = scope;
	f->kvm.gup = GUP_FAST;
	fix_region(f, "work", 64);
	fix_region(f, "cold", 4096)->secondary_prefault = 0;
	mixed_vmm(f, 200, 64, US(1));
	t = fix_thread(f, "vcpu", MODE_GUEST, 3, 0);
	f->thread[t].first_cpu = 1;
	o = fix_op(f, t, OPK_SECONDARY_ACCESS, 1);
	o->pages.kind = PICK_SEQ;
	/* not constant: flushes and faults would lock into one phase */
	fix_op(f, t, OPK_THINK, 0)->duration = (struct dist){ .kind = DIST_EXP, .a = NS(700) };
	fix_run(f, &r);
	BUG_ON(r.status != RUN_OK);
	ok(fix_count(&r, METRIC_SECONDARY_FAULT_COUNT, "") > 500, "the guests fault all the time");
	n = fix_count(&r, METRIC_SECONDARY_FAULT_RETRIES, "");
	*spurious = fix_count(&r, METRIC_SECONDARY_FAULT_SPURIOUS, "");
	result_free(&r);
	mixed_drop(f);
	return n;
}

static void test_scope(void)
{
	int64_t spurious, vm, hull;

	vm = refused(FENCE_COUNT_SEQ, SCOPE_VM, &spurious);
	ok(vm > 0, "scope vm: disjoint accesses are refused");
	is_int(spurious, vm, "all of them for nothing");
	hull = refused(FENCE_COUNT_SEQ, SCOPE_HULL, &spurious);
	ok(hull > 0 && hull < vm, "scope hull: only by the sequence, which is the VM's");
	is_int(refused(FENCE_COUNT, SCOPE_HULL, &spurious), 0, "scope hull, count alone: none");
	ok(refused(FENCE_COUNT, SCOPE_VM, &spurious) > 0, "scope vm, count alone: some");
	is_int(refused(FENCE_COUNT_SEQ, SCOPE_INTERVAL, &spurious), 0, "scope interval: none");
}

/* --- observers and repetition --------------------------------------------------------------- */

static void test_observers(struct recording *rec)
{
	for (int d = 0; d < NR_DESIGNS; d++) {
		struct fixture *f = mixed_new((enum fix_design)d, seed), *other;
		struct result a, b;
		char what[100];

		/* more pages, so that the broken design does break */
		f->world.space[0].region[WORK].length = 1100 * PAGE_SIZE;
		f->op[0][0].length = 1100 * PAGE_SIZE;
		f->thread[0].times = 2;
		fix_run(f, &a);
		fix_run(f, &b);
		snprintf(what, sizeof(what), "%s: a run repeated in its world, bit for bit",
			 fix_design_names[d]);
		ok(a.fingerprint == b.fingerprint && a.events == b.events && mixed_same(&a, &b), what);
		result_free(&b);
		is_int(a.status, d == FIX_BUSTED ? RUN_VIOLATION : RUN_OK,
		       "only the broken design is caught");
		f->world.oracle = 0;
		fix_run(f, &b);
		ok(a.fingerprint == b.fingerprint && a.events == b.events && mixed_same(&a, &b),
		   "without the oracle, bit for bit");
		is_int(b.n_count, 0, "which really was off");
		result_free(&b);
		f->world.oracle = 1;
		record_run(f, rec, &b);
		ok(a.fingerprint == b.fingerprint && mixed_same(&a, &b), "traced, bit for bit");
		result_free(&b);
		other = mixed_new(d == FIX_MERGED ? FIX_RUSTY : FIX_MERGED, seed);
		other->machine.jitter = PPM_ONE / 10;
		other->world.space[0].region[GUEST].length *= 2;
		world_free(other->w);
		other->w = f->w;
		fix_run(other, &b);
		ok(a.fingerprint != b.fingerprint, "another run in the same world");
		result_free(&b);
		free(other);
		fix_run(f, &b);
		ok(a.fingerprint == b.fingerprint && a.events == b.events && mixed_same(&a, &b),
		   "the first again, bit for bit");
		result_free(&a);
		result_free(&b);
		mixed_drop(f);
	}
}

static void test_seed(void)
{
	struct fixture *f = mixed_new(FIX_MERGED, seed);
	uint64_t p = mixed_fingerprint(f);

	f->world.seed++;
	ok(mixed_fingerprint(f) != p, "another seed, another run");
	mixed_drop(f);
}

int main(void)
{
	struct recording rec = { NULL, 0, 0 };

	seed = tap_seed(1);
	test_same_work(&rec);
	test_scope();
	test_observers(&rec);
	test_seed();
	record_free(&rec);
	return tap_done();
}
