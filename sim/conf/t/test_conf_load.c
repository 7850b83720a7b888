/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What comes out of right files: shipped files load, sweeps have the points
 * they should, overrides win in the right order, hashes depend on what they
 * should and on nothing else.
 */
#include "sim/base/alloc.h"
#include "sim/conf/t/scratch.h"

static char *replace(const char *text, const char *what, const char *with)
{
	const char *at = strstr(text, what);
	char *out = malloc(strlen(text) + strlen(with) + 1);

	if (!at) {
		printf("# '%s' not found\n", what);
		exit(1);
	}
	sprintf(out, "%.*s%s%s", (int)(at - text), text, with, at + strlen(what));
	return out;
}

static struct study *load(struct conf *c, const char *text, const struct conf_options *o)
{
	struct study *s;
	char *m;

	scratch_write("f.yaml", text, strlen(text));
	s = conf_scenario(c, "f.yaml", o);
	if (!s) {
		m = scratch_messages(c);
		printf("# %s", m);
		free(m);
	}
	return s;
}

/* --- shipped files ------------------------------------------------------------------ */
static void test_shipped(const char *root)
{
	static const char *const kinds[] = { "machines", "kernels", "designs", "secondaries",
					     "scenarios", "claims" };
	static const int at_least[] = { 2, 1, 6, 3, 4, 4 };
	struct conf *c = conf_new(root);
	size_t k;

	for (k = 0; k < 6; k++) {
		struct conf_entry *e;
		int i, n = conf_list(c, kinds[k], &e), bad = 0, mute = 0;

		for (i = 0; i < n; i++) {
			bad += conf_check_file(c, e[i].file) != 0;
			mute += !*e[i].summary;
		}
		ok(n >= at_least[k], kinds[k]);
		is_int(bad, 0, "... all load");
		is_int(mute, 0, "... all have a summary");
	}
	is_int(conf_list(c, "gadgets", &(struct conf_entry *){ NULL }), -1, "no such kind");
	is_int((int64_t)conf_errors(c)->n, 0, "no error");
	conf_free(c);
}

static void test_designs(const char *root)
{
	struct conf *c = conf_new(root);
	const struct design_config *m = conf_design(c, "merged-2.6.27");
	const struct design_config *b = conf_design(c, "busted-no-start");
	const struct design_config *r = conf_design(c, "merged-2.6.27-as-released");
	const struct design_config *a = conf_design(c, "andrea-v7");
	int i, i4 = 0, unbuilt = 0;

	is_int(m->hook[SITE_unmap_vmas][POINT_before].c[0].op, OP_range_start, "merged: start");
	is_int(m->hook[SITE_zap_page_range][POINT_after].c[0].op, OP_range_end, "merged: end");
	is_int(m->kvm.fence_kind, FENCE_COUNT_SEQ, "merged: fence");
	is_int(m->on_register.n, 6, "merged: six steps to register");
	is_int(m->on_register.word[4], STEP_insert, "the fifth is the list");
	is_int(m->on_exit.word[0], STEP_unlink, "merged: off the list first");
	is_int(b->hook[SITE_unmap_vmas][POINT_before].n, 0, "busted: 'none' deletes the base's start");
	is_int(b->hook[SITE_unmap_vmas][POINT_after].n, 1, "busted: the base's end stays");
	is_int(b->kvm.fence_kind, FENCE_SEQ, "busted: its own fence");
	is_int(b->kvm.fence_scope, SCOPE_VM, "busted: the base's scope");
	is_int(b->expect[INV_I1], EXPECT_VIOLATED, "busted: expects I1");
	is_int(r->kvm.pin, PIN_PER_SPTE, "as released: pinned");
	is_int(r->kvm.put_order, PUT_BEFORE_FLUSH, "as released: puts first");
	is_int(r->kvm.zap_at, ZAP_RANGE_START, "as released: the base's zap_at");
	is_int(a->kvm.put_batch, 64, "andrea-v7: arrays of 64");
	for (i = 0; i < m->n_notes; i++) {
		i4 += !strncmp(m->notes[i], "I4", 2);
		unbuilt += strstr(m->notes[i], "this path is not modelled") != NULL;
	}
	is_int(i4, 0, "merged: sections balance");
	is_int(m->hook[SITE_do_wp_page][POINT_flushed].n, 1, "merged: explain sees all callouts");
	ok(unbuilt >= 10, "merged: callouts at sites that are not modelled are notes");
	conf_free(c);
}

static int has_note(const struct design_config *d, const char *text)
{
	int i;

	for (i = 0; d && i < d->n_notes; i++)
		if (strstr(d->notes[i], text))
			return 1;
	return 0;
}

static void test_notes(const char *root)
{
	static const char open_only[] =
		"name: d\nsource: s\nsummary: t\ncore: {sites: {unmap_vmas: {before: range_start}}}\n";
	static const char close_only[] =
		"name: d\nsource: s\nsummary: t\ncore: {sites: {unmap_vmas: {after: range_end}}}\n";
	static const char backwards[] =
		"name: d\nsource: s\nsummary: t\n"
		"core: {sites: {unmap_vmas: {before: range_end, after: range_start}}}\n";
	static const char put[] =
		"name: d\nsource: s\nsummary: t\nprotocol: {kvm: {put: {batch: 8}}}\n";
	struct conf *c = conf_new(root);

	scratch_write("a.yaml", open_only, strlen(open_only));
	scratch_write("b.yaml", close_only, strlen(close_only));
	scratch_write("c.yaml", backwards, strlen(backwards));
	scratch_write("d.yaml", put, strlen(put));
	ok(has_note(conf_design(c, "./a.yaml"), "I4: unmap_vmas opens a section"), "never closed");
	ok(has_note(conf_design(c, "./b.yaml"), "I4: unmap_vmas: range_end without"), "never opened");
	ok(has_note(conf_design(c, "./c.yaml"), "I4: unmap_vmas closes its section before"), "backwards");
	ok(has_note(conf_design(c, "./d.yaml"), "no effect without pin: per_spte"), "put without pin");
	is_int((int64_t)conf_errors(c)->n, 0, "notes are not errors");
	conf_free(c);
}

/* --- sweeps --------------------------------------------------------------------------- */
static int points_of(const char *root, const char *sweep)
{
	struct conf *c = conf_new(root);
	char text[4096];
	struct study *s;
	int n;

	snprintf(text, sizeof(text), "%s%s", SCENARIO, sweep);
	s = load(c, text, NULL);
	n = s ? s->n_points : -1;
	conf_free(c);
	return n;
}

static void test_counts(const char *root)
{
	is_int(points_of(root, ""), 2, "two designs, no sweep");
	is_int(points_of(root, "sweep: {threads.vcpu.count: [1, 2, 3]}\n"), 6, "one axis");
	is_int(points_of(root, "sweep: {threads.vcpu.count: [1, 2, 3], settle: [1us, 2us]}\n"), 12,
	       "cross product");
	is_int(points_of(root, "sweep:\n  threads.vcpu.count: [1, 2, 3]\n"
			 "  design.protocol.kvm.put.batch: {values: [8, 64], only: [andrea-v7]}\n"), 9,
	       "only: one design varies, the other gets one point");
	is_int(points_of(root, "zip: [{threads.vcpu.count: [1, 2, 3], settle: [1us, 2us, 3us]}]\n"), 6,
	       "zip");
	is_int(points_of(root, "sweep: {settle: [1ms, 2ms]}\n"
			 "zip: [{threads.vcpu.count: [1, 2, 3], kernel.gather.batch: [8, 9, 10]}]\n"), 12,
	       "zip times sweep");
	is_int(points_of(root, "sweep: {threads.vcpu.count: [1, 2, 3], settle: [1us, 2us]}\n"
			 "exclude: [{threads.vcpu.count: [1, 2], settle: 1us}]\n"), 8, "exclude");
	is_int(points_of(root, "sweep: {threads.vcpu.count: {from: 1, to: 64, steps: 7, scale: log}}\n"),
	       14, "from, to, steps");
	is_int(points_of(root, "sweep: {threads.vcpu.count: {from: 1, to: 4, steps: 31}}\n"), 8,
	       "counts are whole: no value twice");
}

static void test_axes(const char *root)
{
	static const char sweep[] =
		"sweep:\n"
		"  threads.vmm.loop.unmap.length: [1page, 64pages]\n"
		"  design.protocol.kvm.put.batch: {values: [8, 64], only: [andrea-v7]}\n"
		"  settle: [1us, 1ms]\n"
		"  secondary.kvm-2.6.27.gup: [slow, fast]\n";
	struct conf *c = conf_new(root);
	const struct config_point *p;
	struct world_config w;
	struct arena a;
	struct study *s;
	char text[4096];
	int i, dash = 0, fast = 0;

	snprintf(text, sizeof(text), "%s%s", SCENARIO, sweep);
	s = load(c, text, NULL);
	is_int(s->n_points, 24, "8 for the design without arrays, 16 with");
	p = &s->point[s->n_points - 1];
	is_str(p->design, "andrea-v7", "designs vary fastest");
	is_str(p->axis[0].text, "64pages", "text as written");
	is_near(p->axis[0].number, 64, 0, "number in the unit written");
	is_str(p->axis[0].unit, "pages", "page and pages are one unit");
	is_near(p->axis[2].number, 1e9, 0, "mixed units: the stored one");
	is_str(p->axis[2].unit, "ps", "... ps");
	ok(isnan(p->axis[3].number), "a word has no number");
	is_int(p->axis[3].ordinal, 1, "its place in the list");
	arena_init(&a, 65536);
	for (i = 0; i < s->n_points; i++) {
		arena_reset(&a);
		conf_build(s, i, &a, &w);
		if (!strcmp(s->point[i].axis[1].text, "-")) {
			dash += !strcmp(s->point[i].design, "merged-2.6.27") &&
				w.design->kvm.put_batch == 1 && isnan(s->point[i].axis[1].number);
		}
		fast += w.space[0].secondary[0].kvm->gup == GUP_FAST &&
			!strcmp(s->point[i].axis[3].text, "fast");
		if (w.thread[0].loop[0].length != 4096 * (int64_t)s->point[i].axis[0].number)
			ok(0, "the swept length does not arrive");
	}
	is_int(dash, 8, "'-' where a design does not vary");
	is_int(fast, 12, "a swept secondary arrives in the world");
	arena_free(&a);
	conf_free(c);
}

/* A point must not inherit what another point wrote into the shared trees. */
static void test_points_are_independent(const char *root)
{
	struct conf *c = conf_new(root);
	struct world_config w;
	struct arena a;
	struct study *s;
	char text[4096];
	int i, round, bad = 0;

	snprintf(text, sizeof(text), "%s%s", SCENARIO,
		 "sweep: {threads.vcpu.count: {values: [4, 8], only: [andrea-v7]},\n"
		 "        machine.idle.polls: {values: [yes], only: [andrea-v7]}}\n");
	s = load(c, text, NULL);
	is_int(s->n_points, 3, "one and two points");
	arena_init(&a, 65536);
	for (round = 0; round < 3; round++)
		for (i = s->n_points - 1; i >= 0; i--) {
			int other = strcmp(s->point[i].design, "andrea-v7") != 0;

			arena_reset(&a);
			conf_build(s, i, &a, &w);
			bad += other ? w.thread[1].count != 2 || w.machine->idle_polls :
				w.thread[1].count != s->point[i].axis[0].number || !w.machine->idle_polls;
		}
	is_int(bad, 0, "in any order, any number of times");
	arena_free(&a);
	conf_free(c);
}

/* --- overrides -------------------------------------------------------------------------- */
static void test_precedence(const char *root)
{
	static const char *const set[] = { "threads.vcpu.count=3", "machine.jitter=0%",
					   "threads.vcpu.count=5", "kernel.preempt=full",
					   "design.protocol.kvm.fence.scope=hull",
					   "secondary.kvm-2.6.27.memslots=1",
					   "threads.vcpu.loop.pause.think=exp(7us)",
					   "machine.costs.icr_write=700 cycles" };
	struct conf_options o = { .set = set, .n_set = 8, .seed = 42, .duration = "3s",
				  .machine = "x86-2008-9x4" };
	struct conf *c = conf_new(root);
	struct resolved_param *p;
	struct world_config w;
	struct arena a;
	struct study *s;
	char text[4096];
	int i, n, given = 0;

	snprintf(text, sizeof(text), "%s%s", SCENARIO,
		 "sweep: {threads.vcpu.count: [1, 2], protocol.kvm.fence.scope: [vm, interval]}\n");
	s = load(c, text, &o);
	is_int(s->n_points, 2, "--set of a swept path leaves one value, however its head is written");
	arena_init(&a, 65536);
	is_int(conf_build(s, 0, &a, &w), 0, "build");
	is_int(w.thread[1].count, 5, "the later --set wins, over the sweep too");
	is_int(w.machine->jitter, 0, "machine");
	is_str(w.machine->name, "x86-2008-9x4", "--machine");
	is_int(w.kernel->preempt, PREEMPT_FULL, "kernel");
	is_int(w.design->kvm.fence_scope, SCOPE_HULL, "every design");
	is_int(w.space[0].secondary[0].kvm->memslots, 1, "secondary");
	is_int(w.thread[1].loop[1].duration.a, US(7), "a named operation");
	is_int(w.machine->cost[COST_ICR_WRITE], 300429, "cycles of 2.33 GHz");
	is_int(w.machine->cost[COST_SPTE_ZAP], NS(120), "the driver's costs are in the same array");
	is_int(w.duration, SEC(3), "--duration");
	is_int(w.seed, 42, "--seed");
	is_int(w.expect_violation[INV_I1], 0, "nothing expected");
	n = conf_params(s, 0, &a, &p);
	for (i = 0; i < n; i++) {
		if (!strcmp(p[i].path, "machine.jitter"))
			given += !strcmp(p[i].given_at, "--set");
		if (!strcmp(p[i].path, "machine.costs.line_own"))
			given += !strcmp(p[i].given_at, "default") && !strcmp(p[i].unit, "ps") &&
				 !strcmp(p[i].value, "3000") && strstr(p[i].origin, "estimate: ");
		if (!strcmp(p[i].path, "threads.vmm.times"))
			given += !strcmp(p[i].given_at, "f.yaml:13");
		if (i && strcmp(p[i].path, p[i - 1].path) <= 0)
			ok(0, "rows are sorted and unique");
	}
	is_int(given, 3, "rows say where a value was given");
	arena_free(&a);
	conf_free(c);
}

static void test_refs(const char *root)
{
	static const char designs[] =
		"designs:\n"
		"  - merged-2.6.27\n"
		"  - {base: merged-2.6.27, name: pinned, protocol.kvm.pin: per_spte, expect.I1: violated,\n"
		"     core.sites.unmap_vmas: {before: none}}\n";
	static const char *const only[] = { "threads.vcpu.count=1" };
	struct conf_options o = { .seed = -1, .designs = "pinned,none-pin", .set = only, .n_set = 0 };
	struct conf *c = conf_new(root);
	char *text = replace(SCENARIO, SCENARIO_DESIGNS, designs);
	struct study *s = load(c, text, NULL), *f;
	struct world_config w;
	struct arena a;

	arena_init(&a, 65536);
	is_str(s->design[1], "pinned", "a REF names a new design");
	conf_build(s, 1, &a, &w);
	is_int(w.design->kvm.pin, PIN_PER_SPTE, "its override");
	is_int(w.expect_violation[INV_I1], 1, "its expectation");
	is_int(w.design->hook[SITE_unmap_vmas][POINT_before].n, 0, "a map merges");
	is_int(w.design->hook[SITE_unmap_vmas][POINT_after].n, 1, "... and keeps the rest");
	conf_build(s, 0, &a, &w);
	is_int(w.design->kvm.pin, PIN_NONE, "the base is untouched");
	f = load(c, text, &o);
	is_int(f->n_designs, 2, "--design filters and adds");
	is_str(f->point[0].design, "pinned", "one of the scenario's");
	is_str(f->point[1].design, "none-pin", "one from configs");
	is_str(f->baseline, "pinned", "the baseline moves if it was left out");
	ok(f->scenario_hash == s->scenario_hash, "a filter does not make another study");
	arena_free(&a);
	free(text);
	conf_free(c);
}

/* --- identity --------------------------------------------------------------------------- */
static void hashes(const char *root, const char *text, const struct conf_options *o, uint64_t h[2])
{
	struct conf *c = conf_new(root);
	struct study *s = load(c, text, o);
	struct arena a;

	arena_init(&a, 65536);
	h[0] = s->scenario_hash;
	h[1] = conf_hash(s, 0, &a);
	arena_free(&a);
	conf_free(c);
}

static void test_identity(const char *root)
{
	static const char *const set[] = { "threads.vcpu.count=2" };
	struct conf_options same = { .set = set, .n_set = 1, .seed = 77 };
	uint64_t base[2], h[2];
	char *text;

	hashes(root, SCENARIO, NULL, base);
	text = replace(SCENARIO, "count: 2", "# two\n     count:   2");
	hashes(root, text, NULL, h);
	ok(h[0] == base[0] && h[1] == base[1], "comments and blanks change nothing");
	free(text);
	text = replace(SCENARIO, "machine: x86-2008-2x4\nkernel: linux-2.6.27\n",
		       "kernel: linux-2.6.27\nmachine: x86-2008-2x4\n");
	hashes(root, text, NULL, h);
	ok(h[0] == base[0] && h[1] == base[1], "the order of keys changes nothing");
	free(text);
	text = replace(SCENARIO, "length: 8pages", "length: 32KiB");
	hashes(root, text, NULL, h);
	ok(h[0] == base[0] && h[1] == base[1], "another unit for the same value changes nothing");
	free(text);
	hashes(root, SCENARIO "replications: 99\n", &same, h);
	ok(h[0] == base[0] && h[1] == base[1], "nor do seed, replications, and a value set to itself");
	text = replace(SCENARIO, "count: 2", "count: 3");
	hashes(root, text, NULL, h);
	ok(h[0] != base[0] && h[1] != base[1], "a value changes both");
	free(text);
	text = replace(SCENARIO, SCENARIO_METRICS, "metrics: [round]\n");
	hashes(root, text, NULL, h);
	ok(h[0] != base[0] && h[1] == base[1], "metrics change the study, not the configuration");
	free(text);
}

static void test_short_forms(const char *root)
{
	static const char text[] =
		"name: short\nquestion: q\nmachine: x86-2008-2x4\nkernel: linux-2.6.27\n"
		"designs: [merged-2.6.27]\nduration: 20ms\n"
		"address_spaces:\n"
		"  - {name: guest, memory: 1MiB, secondary: [{kind: kvm-2.6.27, prefault: 50%}]}\n"
		"threads:\n"
		"  - {name: vcpu, in: guest, mode: guest, loop: [{secondary_access: {pages: hot(90% 10%)}}]}\n"
		"metrics: [secondary_fault.delay.p999, round]\nprimary: round\n"
		"replications: {precision: 5%, min: 5, max: 20}\n"
		"expect_violations: {merged-2.6.27: [I2]}\n";
	struct conf *c = conf_new(root);
	struct study *s = load(c, text, NULL);
	struct world_config w;
	struct arena a;

	arena_init(&a, 65536);
	conf_build(s, 0, &a, &w);
	is_int(w.space[0].n_regions, 1, "memory is one region");
	is_int(w.space[0].region[0].length, 1 << 20, "of that length");
	is_int(w.space[0].region[0].secondary_prefault, 500000, "with the secondary's prefault");
	is_int(w.space[0].region[0].clusters, 16, "default placement");
	is_int(w.warmup, MS(2), "a tenth is warm-up");
	is_int(w.thread[0].loop[0].pages.hot_access_ppm, 900000, "hot(90% 10%)");
	is_int(w.thread[0].loop[0].region, -1, "no region: the whole space");
	is_int(w.expect_violation[INV_I2], 1, "expected by the scenario");
	is_int(s->metric[0].quantile, 999, "p999");
	is_int(s->primary.metric, METRIC_ROUND, "primary");
	is_int(s->precision_ppm, 50000, "sequential");
	is_int(s->reps_fixed, 0, "... not fixed");
	arena_free(&a);
	conf_free(c);
}

int main(void)
{
	struct scratch s;

	tap_seed(0);
	scratch_enter(&s);
	test_shipped(s.root);
	test_designs(s.root);
	test_notes(s.root);
	test_counts(s.root);
	test_axes(s.root);
	test_points_are_independent(s.root);
	test_precedence(s.root);
	test_refs(s.root);
	test_identity(s.root);
	test_short_forms(s.root);
	scratch_leave(&s);
	return tap_done();
}
