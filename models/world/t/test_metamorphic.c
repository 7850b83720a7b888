/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Metamorphic tests: what must not change when something irrelevant does, and
 * what must change by exactly so much.
 *
 *  - nobody registered and no vcpu: designs differ by their armed tests alone
 *  - one CPU: no rounds; fast mode frees before the flush; the oracle is silent
 *  - all costs and think times times k: every instant exactly times k
 *  - CPUs renumbered: the same counts; within a socket, in order: the same bits
 *  - a pin without an unmap is no pin
 *  - another thread, another design: the same pages visited
 *  - interval scope, and hull scope without a sequence: disjoint accesses are
 *    never refused
 *  - oracle off, run repeated, world reused: the same fingerprint
 *
 * Seeds: SEED= changes the pages that are picked, nothing else.
 */
#include "models/world/t/steps.h"

enum { NR_DESIGNS = FIX_BUSTED + 1 };
enum { WORK, GUEST };

static uint64_t seed;

static void think(struct fixture *f, int thread, sim_time d)
{
	fix_op(f, thread, OPK_THINK, 0)->duration = fix_const(d);
}

static void access_op(struct fixture *f, int thread, enum op_kind kind, int region, int64_t n)
{
	struct op_config *o = fix_op(f, thread, kind, region);

	o->pages.kind = PICK_UNIFORM;
	o->n = n;
}

static int vmm_thread(struct fixture *f, int64_t times, int64_t pages, sim_time pause)
{
	int t = fix_thread(f, "vmm", MODE_USER, 1, times);
	struct op_config *o;

	f->thread[t].first_cpu = 0;
	f->thread[t].start = fix_const(US(20));
	o = fix_op(f, t, OPK_MADVISE_DONTNEED, WORK);
	o->length = pages * PAGE_SIZE;
	o->at.kind = PICK_UNIFORM;
	o->refill = 1;
	think(f, t, pause);
	return t;
}

static int vcpu_thread(struct fixture *f, int64_t count, int first_cpu)
{
	int t = fix_thread(f, "vcpu", MODE_GUEST, count, 0);

	f->thread[t].first_cpu = first_cpu;
	access_op(f, t, OPK_SECONDARY_ACCESS, GUEST, 4);
	think(f, t, US(7));
	access_op(f, t, OPK_SECONDARY_ACCESS, WORK, 1);
	think(f, t, US(2));
	return t;
}

/* Unmaps, guest faults, host faults, contention: a little of everything. */
static struct fixture *mixed(enum fix_design d)
{
	struct fixture *f = calloc(1, sizeof(*f));
	int t;

	fix_init(f, 2, 4);
	fix_design(f, d);
	f->world.seed = (int64_t)seed;
	fix_region(f, "work", 64);
	fix_region(f, "guest", 256)->secondary_prefault = PPM_ONE / 2;
	vmm_thread(f, 20, 16, US(5));
	vcpu_thread(f, 3, 1);
	t = fix_thread(f, "toucher", MODE_USER, 1, 0);
	f->thread[t].first_cpu = 5;
	access_op(f, t, OPK_TOUCH, WORK, 4);
	think(f, t, US(3));
	return f;
}

static void drop(struct fixture *f)
{
	world_free(f->w);
	free(f);
}

static uint64_t fingerprint(struct fixture *f)
{
	struct result r;
	uint64_t p;

	fix_run(f, &r);
	BUG_ON(r.status != RUN_OK && r.status != RUN_VIOLATION);
	p = r.fingerprint;
	result_free(&r);
	return p;
}

/* --- nobody registered ------------------------------------------------------- */

static struct fixture *unregistered(enum fix_design d)
{
	struct fixture *f = calloc(1, sizeof(*f));

	fix_init(f, 2, 4);
	fix_design(f, d);
	f->world.seed = (int64_t)seed;
	f->world.space[0].n_secondaries = 0;
	fix_region(f, "work", 64);
	vmm_thread(f, 20, 16, US(5));
	return f;
}

/* Total of 20 madvise calls, ps. */
static int64_t unmap_time(struct fixture *f, int64_t *tests, int64_t *walks)
{
	struct result r;
	int64_t sum = -1;

	fix_run(f, &r);
	for (uint32_t i = 0; i < r.n_metric; i++)
		if (r.metric[i].metric == METRIC_UNMAP_LATENCY)
			sum = llround(r.metric[i].sum * 1e3);
	*tests = fix_count(&r, METRIC_ARMED_TESTS, "");
	*walks = fix_count(&r, METRIC_LIST_WALKS, "");
	result_free(&r);
	return sum;
}

static void test_unregistered(void)
{
	int64_t base = 0;
	uint64_t first = 0;

	for (int d = 0; d < NR_DESIGNS; d++) {
		struct fixture *f = unregistered((enum fix_design)d);
		sim_time *cost = f->machine.cost, expected;
		int64_t tests, walks, t = unmap_time(f, &tests, &walks);
		char what[100];

		if (d == FIX_NONE_PIN)
			base = t;
		/* a test is a branch and a load: from memory once, then a hit */
		expected = tests * (cost[COST_ARMED_TEST] + cost[COST_LINE_OWN]) +
			(tests ? cost[COST_LINE_MEMORY] - cost[COST_LINE_OWN] : 0);
		snprintf(what, sizeof(what), "unregistered, %s: %d armed tests and no more",
			 fix_design_names[d], (int)tests);
		is_int(t - base, expected, what);
		is_int(tests, d == FIX_NONE_PIN ? 0 : d == FIX_MERGED || d == FIX_RELEASED ? 40 : 20,
		       "one test per hook point and call");
		is_int(walks, 0, "and no walk of an empty list");
		cost[COST_ARMED_TEST] = cost[COST_LINE_OWN] = cost[COST_LINE_MEMORY] = 0;
		if (d == FIX_NONE_PIN)
			first = fingerprint(f);
		ok(fingerprint(f) == first, "with free tests: the same bits as without notifiers");
		drop(f);
	}
}

/* --- one CPU ---------------------------------------------------------------------- */

static struct fixture *touched_and_dropped(int cpus)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct op_config *o;
	int t;

	fix_init(f, 1, cpus);
	fix_region(f, "work", 9);
	t = fix_thread(f, "vmm", MODE_USER, 1, 1);
	o = fix_op(f, t, OPK_TOUCH, WORK);
	o->pages.kind = PICK_ALL;
	o = fix_op(f, t, OPK_MADVISE_DONTNEED, WORK);
	o->length = 9 * PAGE_SIZE;
	return f;
}

static int64_t exposures(const struct result *r, const char *invariant)
{
	for (uint32_t i = 0; i < r->n_count; i++)
		if (!strcmp(r->count[i].invariant, invariant))
			return r->count[i].operations;
	return -1;
}

static void one_cpu(int cpus, const char *want, struct recording *rec)
{
	struct fixture *f = touched_and_dropped(cpus);
	size_t from, to;
	struct result r;
	struct steps s;

	record_run(f, rec, &r);
	ok(record_op(rec, 0, 0, &from, &to), cpus == 1 ? "one CPU" : "two CPUs");
	steps_of(&s, rec, 0, from, to, STEPS_ORDER);
	is_str(steps_line(&s), want, "order of frees and flush");
	steps_free(&s);
	is_int(fix_count(&r, METRIC_ROUND, "primary") + fix_count(&r, METRIC_ROUND, "secondary"),
	       0, "no rounds");
	is_int(record_count(rec, 0, rec->n, TP_IPI_SEND, -1), 0, "no IPIs");
	is_int(r.status, RUN_OK, "the oracle is silent");
	is_int(exposures(&r, "I1"), 9, "though every page was in this CPU's TLB");
	result_free(&r);
	drop(f);
}

static void test_one_cpu(struct recording *rec)
{
	one_cpu(1, "+mmR preempt- CBs[ +mmu open 9x spte0 -mmu round ] "
		"+ptl 9x{pte0 free} -ptl CBe[ +mmu seq close -mmu ] FLmm preempt+ -mmR", rec);
	one_cpu(2, "+mmR preempt- CBs[ +mmu open 9x spte0 -mmu round ] "
		"+ptl 9x pte0 -ptl CBe[ +mmu seq close -mmu ] FLmm 9x free preempt+ -mmR", rec);
}

/* --- scaling ------------------------------------------------------------------------ */

static void scale_dist(struct dist *d, int64_t k)
{
	d->a *= k;
	d->b *= k;
}

static void scale(struct fixture *f, int64_t k)
{
	for (int i = 0; i < NR_COSTS; i++)
		f->machine.cost[i] *= k;
	scale_dist(&f->machine.idle_exit, k);
	f->world.settle *= k;
	f->world.duration *= k;
	for (int t = 0; t < f->world.n_threads; t++) {
		scale_dist(&f->thread[t].start, k);
		for (int i = 0; i < f->thread[t].n_loop; i++)
			scale_dist(&f->op[t][i].duration, k);
	}
}

/* The number of records of @b that are not @a's, @k times later. */
static int64_t differences(const struct recording *a, const struct recording *b, int64_t k)
{
	int64_t bad = a->n != b->n;

	for (size_t i = 0; i < a->n && i < b->n; i++) {
		const struct trace_record *x = &a->r[i], *y = &b->r[i];

		if (y->at == k * x->at && y->id == x->id && y->cpu == x->cpu &&
		    y->a == x->a && y->b == x->b)
			continue;
		if (!bad++) {
			char s[120], t[120];

			world_trace_text(x, s, sizeof(s));
			world_trace_text(y, t, sizeof(t));
			printf("#   record %zu: %lld ps cpu%d %s; %lld ps cpu%d %s\n", i,
			       (long long)x->at, x->cpu, s, (long long)y->at, y->cpu, t);
		}
	}
	return bad;
}

static void test_scaling(struct recording *rec)
{
	static const int64_t factor[] = { 2, 3, 1000 };

	for (int d = 0; d < NR_DESIGNS; d++) {
		struct recording scaled = { NULL, 0, 0 };
		struct fixture *f = mixed((enum fix_design)d);
		struct result r, x;

		record_run(f, rec, &r);
		for (size_t i = 0; i < sizeof(factor) / sizeof(factor[0]); i++) {
			char what[80];

			scale(f, factor[i]);
			record_run(f, &scaled, &x);
			snprintf(what, sizeof(what), "%s: all times times %d",
				 fix_design_names[d], (int)factor[i]);
			is_int(differences(rec, &scaled, factor[i]), 0, what);
			is_int(x.events, r.events, "as many events");
			result_free(&x);
			drop(f);
			f = mixed((enum fix_design)d);
		}
		result_free(&r);
		record_free(&scaled);
		drop(f);
	}
}

/* --- renumbering ------------------------------------------------------------------- */

static struct fixture *two_guests(int sockets, int a, int b, int vmm)
{
	struct fixture *f = calloc(1, sizeof(*f));
	int cpu[2] = { a, b };

	fix_init(f, sockets, 8 / sockets);
	f->world.seed = (int64_t)seed;
	fix_region(f, "work", 64);
	fix_region(f, "cold a", 32)->secondary_prefault = 0;
	fix_region(f, "cold b", 32)->secondary_prefault = 0;
	f->thread[vmm_thread(f, 20, 16, US(5))].first_cpu = vmm;
	for (int i = 0; i < 2; i++) {
		int t = fix_thread(f, i ? "b" : "a", MODE_GUEST, 1, 32);

		f->thread[t].first_cpu = cpu[i];
		fix_op(f, t, OPK_SECONDARY_ACCESS, 1 + i)->pages.kind = PICK_SEQ;
		think(f, t, US(4) + i * NS(300));
	}
	return f;
}

static int same_rows(const struct result *a, const struct result *b)
{
	if (a->n_metric != b->n_metric)
		return 0;
	for (uint32_t i = 0; i < a->n_metric; i++) {
		const struct metric_row *x = &a->metric[i], *y = &b->metric[i];

		if (x->metric != y->metric || strcmp(x->label, y->label) || x->n != y->n ||
		    memcmp(&x->value, &y->value, sizeof(x->value)) ||
		    memcmp(&x->sumsq, &y->sumsq, sizeof(x->sumsq))) {
			printf("#   %s %s: %.17g, %.17g\n", metric_table[x->metric].name,
			       x->label, x->value, y->value);
			return 0;
		}
	}
	return 1;
}

static void same_counts(const struct result *a, const struct result *b, const char *what)
{
	static const struct { enum metric_id id; const char *label; } count[] = {
		{ METRIC_CALLOUT, "range_start" }, { METRIC_CALLOUT, "range_end" },
		{ METRIC_LIST_WALKS, "" }, { METRIC_ARMED_TESTS, "" },
		{ METRIC_FLUSH_CALLS, "primary" }, { METRIC_FLUSH_CALLS, "secondary" },
		{ METRIC_UNMAP_PAGES, "" }, { METRIC_FREE_PAGES, "" },
		{ METRIC_SPTE_ZAPPED, "range" }, { METRIC_SECONDARY_FAULT_COUNT, "" },
	};
	int bad = 0;

	for (size_t i = 0; i < sizeof(count) / sizeof(count[0]); i++) {
		int64_t x = fix_count(a, count[i].id, count[i].label);
		int64_t y = fix_count(b, count[i].id, count[i].label);

		bad += x != y || x < 0;
		if (x != y)
			printf("#   %s %s: %lld, %lld\n", metric_table[count[i].id].name,
			       count[i].label, (long long)x, (long long)y);
	}
	is_int(bad, 0, what);
}

static void test_renumbering(void)
{
	static const struct { int a, b, vmm; } order[] = {
		{ 2, 1, 0 }, { 5, 2, 7 }, { 7, 6, 5 }, { 4, 3, 1 },
	};
	struct fixture *f = two_guests(2, 1, 2, 0);
	struct result r, x;

	fix_run(f, &r);
	is_int(fix_count(&r, METRIC_SECONDARY_FAULT_COUNT, ""), 64, "each cold page faults once");
	drop(f);
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		f = two_guests(2, order[i].a, order[i].b, order[i].vmm);
		fix_run(f, &x);
		same_counts(&r, &x, "other CPUs, the same counts");
		result_free(&x);
		drop(f);
	}
	result_free(&r);
	f = two_guests(1, 1, 2, 0);
	fix_run(f, &r);
	drop(f);
	f = two_guests(1, 4, 7, 2);
	fix_run(f, &x);
	ok(same_rows(&r, &x), "one socket, CPUs renumbered in order: every metric bit for bit");
	result_free(&r);
	result_free(&x);
	drop(f);
}

/* --- pin without an unmap -------------------------------------------------------------- */

static struct fixture *no_unmaps(enum pin_kind pin)
{
	struct fixture *f = mixed(FIX_MERGED);

	f->design.kvm.pin = pin;
	f->thread[0].n_loop = 0;
	think(f, 0, US(20));
	return f;
}

static void test_pin_alone(void)
{
	struct fixture *pin = no_unmaps(PIN_PER_SPTE), *none = no_unmaps(PIN_NONE);
	struct result a, b;

	/* establishing: an unpinned driver gives GUP's reference back at once */
	pin->machine.cost[COST_PUT_PAGE] = none->machine.cost[COST_PUT_PAGE] = 0;
	fix_run(pin, &a);
	fix_run(none, &b);
	ok(fix_count(&a, METRIC_SECONDARY_FAULT_COUNT, "") > 0, "the guests fault");
	ok(a.fingerprint == b.fingerprint && same_rows(&a, &b),
	   "pin without unmap is no pin, where a put costs nothing");
	result_free(&a);
	result_free(&b);
	pin->machine.cost[COST_PUT_PAGE] = none->machine.cost[COST_PUT_PAGE] = NS(25);
	ok(fingerprint(pin) != fingerprint(none), "and differs by that put where it does");
	for (int i = 0; i < 2; i++)
		(i ? pin : none)->world.space[0].region[GUEST].secondary_prefault = PPM_ONE;
	ok(fingerprint(pin) == fingerprint(none), "no fault: no difference at all");
	drop(pin);
	drop(none);
}

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
	vmm_thread(f, 20, 16, US(5));
	t = fix_thread(f, "visitor", MODE_GUEST, 2, 0);
	f->thread[t].first_cpu = 1;
	access_op(f, t, OPK_SECONDARY_ACCESS, GUEST, 1);
	f->op[t][0].pages = (struct pick){ .kind = PICK_ZIPF, .theta_ppm = 900000 };
	fix_op(f, t, OPK_SLEEP, 0)->duration = fix_const(US(3));
	access_op(f, t, OPK_SECONDARY_ACCESS, WORK, 1);
	fix_op(f, t, OPK_SLEEP, 0)->duration = fix_const(US(3));
	if (others) {
		t = fix_thread(f, "other", MODE_GUEST, 2, 0);
		f->thread[t].first_cpu = 4;
		access_op(f, t, OPK_SECONDARY_ACCESS, GUEST, 8);
		think(f, t, US(2));
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
	drop(f);
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
	vmm_thread(f, 40, 64, US(1));
	t = fix_thread(f, "vcpu", MODE_GUEST, 3, 0);
	f->thread[t].first_cpu = 1;
	o = fix_op(f, t, OPK_SECONDARY_ACCESS, 1);
	o->pages.kind = PICK_SEQ;
	think(f, t, NS(700));
	fix_run(f, &r);
	BUG_ON(r.status != RUN_OK);
	ok(fix_count(&r, METRIC_SECONDARY_FAULT_COUNT, "") > 500, "the guests fault all the time");
	n = fix_count(&r, METRIC_SECONDARY_FAULT_RETRIES, "");
	*spurious = fix_count(&r, METRIC_SECONDARY_FAULT_SPURIOUS, "");
	result_free(&r);
	drop(f);
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
		struct fixture *f = mixed((enum fix_design)d), *other;
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
		ok(a.fingerprint == b.fingerprint && a.events == b.events && same_rows(&a, &b), what);
		result_free(&b);
		is_int(a.status, d == FIX_BUSTED ? RUN_VIOLATION : RUN_OK,
		       "only the broken design is caught");
		f->world.oracle = 0;
		fix_run(f, &b);
		ok(a.fingerprint == b.fingerprint && a.events == b.events && same_rows(&a, &b),
		   "without the oracle, bit for bit");
		is_int(b.n_count, 0, "which really was off");
		result_free(&b);
		f->world.oracle = 1;
		record_run(f, rec, &b);
		ok(a.fingerprint == b.fingerprint && same_rows(&a, &b), "traced, bit for bit");
		result_free(&b);
		other = mixed(d == FIX_MERGED ? FIX_RUSTY : FIX_MERGED);
		other->machine.jitter = PPM_ONE / 10;
		other->world.space[0].region[GUEST].length *= 2;
		world_free(other->w);
		other->w = f->w;
		fix_run(other, &b);
		ok(a.fingerprint != b.fingerprint, "another run in the same world");
		result_free(&b);
		free(other);
		fix_run(f, &b);
		ok(a.fingerprint == b.fingerprint && a.events == b.events && same_rows(&a, &b),
		   "the first again, bit for bit");
		result_free(&a);
		result_free(&b);
		drop(f);
	}
}

static void test_seed(void)
{
	struct fixture *f = mixed(FIX_MERGED);
	uint64_t p = fingerprint(f);

	f->world.seed++;
	ok(fingerprint(f) != p, "another seed, another run");
	drop(f);
}

int main(void)
{
	struct recording rec = { NULL, 0, 0 };

	seed = tap_seed(1);
	test_unregistered();
	test_one_cpu(&rec);
	test_scaling(&rec);
	test_renumbering();
	test_pin_alone();
	test_same_work(&rec);
	test_scope();
	test_observers(&rec);
	test_seed();
	record_free(&rec);
	return tap_done();
}
