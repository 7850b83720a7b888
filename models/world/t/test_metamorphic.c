/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Metamorphic tests: what must change by exactly so much when something
 * irrelevant changes.
 *
 *  - nobody registered and no vcpu: designs differ by their armed tests alone
 *  - one CPU: no rounds; fast mode frees before the flush; the oracle is silent
 *  - all costs and think times times k: every instant exactly times k
 *  - CPUs renumbered: the same counts; within a socket, in order: the same bits
 *  - a pin without an unmap is no pin
 *  - callouts at sites that the load never enters: the same bits
 *
 * Seeds: SEED= changes the pages that are picked, nothing else.
 */
#include "models/world/t/mixed.h"
#include "models/world/t/steps.h"

static uint64_t seed;

/* --- nobody registered ------------------------------------------------------- */

static struct fixture *unregistered(enum fix_design d)
{
	struct fixture *f = calloc(1, sizeof(*f));

	fix_init(f, 2, 4);
	fix_design(f, d);
	f->world.seed = (int64_t)seed;
	f->world.space[0].n_secondaries = 0;
	fix_region(f, "work", 64);
	mixed_vmm(f, 20, 16, US(5));
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
			first = mixed_fingerprint(f);
		ok(mixed_fingerprint(f) == first, "with free tests: the same bits as without notifiers");
		mixed_drop(f);
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
	mixed_drop(f);
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
		struct fixture *f = mixed_new((enum fix_design)d, seed);
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
			mixed_drop(f);
			f = mixed_new((enum fix_design)d, seed);
		}
		result_free(&r);
		record_free(&scaled);
		mixed_drop(f);
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
	f->thread[mixed_vmm(f, 20, 16, US(5))].first_cpu = vmm;
	for (int i = 0; i < 2; i++) {
		int t = fix_thread(f, i ? "b" : "a", MODE_GUEST, 1, 32);

		f->thread[t].first_cpu = cpu[i];
		fix_op(f, t, OPK_SECONDARY_ACCESS, 1 + i)->pages.kind = PICK_SEQ;
		mixed_think(f, t, US(4) + i * NS(300));
	}
	return f;
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
	mixed_drop(f);
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		f = two_guests(2, order[i].a, order[i].b, order[i].vmm);
		fix_run(f, &x);
		same_counts(&r, &x, "other CPUs, the same counts");
		result_free(&x);
		mixed_drop(f);
	}
	result_free(&r);
	f = two_guests(1, 1, 2, 0);
	fix_run(f, &r);
	mixed_drop(f);
	f = two_guests(1, 4, 7, 2);
	fix_run(f, &x);
	ok(mixed_same(&r, &x), "one socket, CPUs renumbered in order: every metric bit for bit");
	result_free(&r);
	result_free(&x);
	mixed_drop(f);
}

/* --- pin without an unmap -------------------------------------------------------------- */

static struct fixture *no_unmaps(enum pin_kind pin)
{
	struct fixture *f = mixed_new(FIX_MERGED, seed);

	f->design.kvm.pin = pin;
	f->thread[0].n_loop = 0;
	mixed_think(f, 0, US(20));
	return f;
}

/* That translations pin is what the two differ in. */
static void forget_pins(struct result *r)
{
	for (uint32_t i = 0; i < r->n_metric; i++)
		if (r->metric[i].metric == METRIC_PIN_PAGES)
			r->metric[i].value = r->metric[i].sum = 0;
}

static void test_pin_alone(void)
{
	struct fixture *pin = no_unmaps(PIN_PER_SPTE), *none = no_unmaps(PIN_NONE);
	struct result a, b;

	/* establishing: an unpinned driver gives GUP's reference back at once */
	pin->machine.cost[COST_PUT_PAGE] = none->machine.cost[COST_PUT_PAGE] = 0;
	fix_run(pin, &a);
	fix_run(none, &b);
	forget_pins(&a);
	forget_pins(&b);
	ok(fix_count(&a, METRIC_SECONDARY_FAULT_COUNT, "") > 0, "the guests fault");
	ok(a.fingerprint == b.fingerprint && mixed_same(&a, &b),
	   "pin without unmap is no pin, where a put costs nothing");
	result_free(&a);
	result_free(&b);
	pin->machine.cost[COST_PUT_PAGE] = none->machine.cost[COST_PUT_PAGE] = NS(25);
	ok(mixed_fingerprint(pin) != mixed_fingerprint(none), "and differs by that put where it does");
	for (int i = 0; i < 2; i++)
		(i ? pin : none)->world.space[0].region[GUEST].secondary_prefault = PPM_ONE;
	ok(mixed_fingerprint(pin) == mixed_fingerprint(none), "no fault: no difference at all");
	mixed_drop(pin);
	mixed_drop(none);
}

/* --- sites that are not entered --------------------------------------------- */

/*
 * Range-only load: a design with callouts at the single-page sites and one
 * without are the same design.
 */
static void test_other_sites(void)
{
	struct fixture *f = mixed_new(FIX_MERGED, seed);
	uint64_t before = mixed_fingerprint(f);

	fix_hook(f, SITE_try_to_unmap_one, POINT_flushed, OP_invalidate_page);
	fix_hook(f, SITE_page_mkclean_one, POINT_flushed, OP_invalidate_page);
	fix_hook(f, SITE_do_wp_page, POINT_flushed, OP_invalidate_page);
	ok(mixed_fingerprint(f) == before, "callouts at page sites: a range load has the same bits");
	fix_hook(f, SITE_zap_page_range, POINT_cleared_batch, OP_invalidate_pages);
	ok(mixed_fingerprint(f) != before, "and other ones with a callout on its path");
	mixed_drop(f);
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
	test_other_sites();
	record_free(&rec);
	return tap_done();
}
