/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Fingerprints of three small runs, so that no change of results goes
 * unnoticed: one design of each family (pin without callouts, range_end
 * alone, start and end), everything on: jitter, background, two address
 * spaces, guests with a popularity law, eviction, shrinker, unmaps by both
 * system calls.
 *
 * A difference here is no error by itself.  If the model was meant to change:
 * say so in the commit, and take the new values from
 *     UPDATE=1 build/t/test_fingerprint
 * If not, something acts on the model that should not.  A trip wire and no
 * proof: what these three runs do not reach (other fence scopes, one CPU, long
 * ranges, halted vcpus) changes nothing here.  The values hold for any compiler
 * and any optimisation; they may differ on another C library (exponentials, the
 * Zipf tables and the quantiles of the jitter use libm).
 */
#include "models/world/t/fixture.h"

static const struct golden {
	enum fix_design d;
	enum run_status status;
	uint64_t fingerprint;
	int64_t events, sim_time;
} golden[] = {
	/* I1: the shrinker's put is the last one, and comes before its flush */
	{ FIX_NONE_PIN, RUN_VIOLATION, 0xae1de8278715f79d, 116208, 4326106378 },
	{ FIX_ANDREA_V7, RUN_OK, 0xe6957d543244fca3, 124397, 4721715283 },
	{ FIX_RELEASED, RUN_OK, 0xc4832b9d5f380981, 125674, 4732471159 },
};

static struct dist fix_exp(sim_time mean)
{
	return (struct dist){ .kind = DIST_EXP, .a = mean };
}

static void space(struct fixture *f)
{
	struct address_space_config *s = &f->world.space[1];

	fix_region(f, "heap", 96);
	fix_region(f, "guest", 1024)->placement = PLACE_PERMUTED;
	f->world.space[0].region[1].secondary_prefault = PPM_ONE / 2;
	fix_region(f, "loose", 40)->own_vma = 1;
	/* a second process without a secondary */
	f->world.n_spaces = 2;
	strcpy(s->name, "other");
	s->n_regions = 1;
	strcpy(s->region[0].name, "other heap");
	s->region[0].length = 32 * PAGE_SIZE;
	s->region[0].prefault = PPM_ONE;
}

static void threads(struct fixture *f)
{
	struct op_config *o;
	int t = fix_thread(f, "vmm", MODE_USER, 1, 30);

	f->thread[t].start = fix_exp(US(5));
	o = fix_op(f, t, OPK_MADVISE_DONTNEED, 0);
	o->length = 12 * PAGE_SIZE;
	o->at.kind = PICK_UNIFORM;
	o->refill = 1;
	fix_op(f, t, OPK_THINK, 0)->duration = fix_exp(US(6));
	o = fix_op(f, t, OPK_MUNMAP, 2);
	o->length = 40 * PAGE_SIZE;
	o->refill = 1;
	fix_op(f, t, OPK_SLEEP, 0)->duration = fix_exp(US(4));
	t = fix_thread(f, "vcpu", MODE_GUEST, 3, 0);
	o = fix_op(f, t, OPK_SECONDARY_ACCESS, 1);
	o->pages = (struct pick){ .kind = PICK_ZIPF, .theta_ppm = 900000 };
	o->n = 6;
	fix_op(f, t, OPK_THINK, 0)->duration = fix_exp(US(8));
	o = fix_op(f, t, OPK_SECONDARY_ACCESS, 0);
	o->pages.kind = PICK_UNIFORM;
	fix_op(f, t, OPK_THINK, 0)->duration = fix_exp(US(1));
	t = fix_thread(f, "toucher", MODE_USER, 1, 0);
	o = fix_op(f, t, OPK_TOUCH, 0);
	o->pages.kind = PICK_UNIFORM;
	o->n = 3;
	fix_op(f, t, OPK_THINK, 0)->duration = fix_exp(US(4));
	t = fix_thread(f, "shrinker", MODE_KERNEL, 1, 0);
	fix_op(f, t, OPK_SHRINK, 0);
	fix_op(f, t, OPK_SLEEP, 0)->duration = fix_exp(US(90));
	t = fix_thread(f, "other", MODE_USER, 1, 0);
	f->thread[t].in = 1;
	o = fix_op(f, t, OPK_MADVISE_DONTNEED, 0);
	o->length = 32 * PAGE_SIZE;
	o->refill = 1;
	fix_op(f, t, OPK_THINK, 0)->duration = fix_exp(US(20));
}

static void test_one(const struct golden *g, int update)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct result r;
	char what[80];

	fix_init(f, 2, 4);
	fix_design(f, g->d);
	f->machine.jitter = PPM_ONE / 10;
	f->machine.background_interval = fix_exp(US(50));
	f->machine.background_length = fix_exp(US(2));
	space(f);
	threads(f);
	fix_run(f, &r);
	if (update)
		printf("# %s: 0x%016" PRIx64 ", %" PRId64 ", %" PRId64 "\n",
		       fix_design_names[g->d], r.fingerprint, r.events, r.sim_time_ps);
	snprintf(what, sizeof(what), "%s: %s", fix_design_names[g->d], run_status_name(g->status));
	is_int(r.status, g->status, what);
	snprintf(what, sizeof(what), "%s: fingerprint", fix_design_names[g->d]);
	if (!ok(r.fingerprint == g->fingerprint, what))
		printf("#   got  0x%016" PRIx64 "\n#   want 0x%016" PRIx64 "\n",
		       r.fingerprint, g->fingerprint);
	is_int(r.events, g->events, "events");
	is_int(r.sim_time_ps, g->sim_time, "simulated time");
	ok(fix_count(&r, METRIC_UNMAP_PAGES, "") > 1000 &&
	   fix_count(&r, METRIC_SECONDARY_FAULT_COUNT, "") > 200 &&
	   fix_count(&r, METRIC_SHADOW_ZAPPED, "shrink") > 0, "and a lot has happened");
	result_free(&r);
	world_free(f->w);
	free(f);
}

int main(void)
{
	tap_seed(1);
	for (size_t i = 0; i < sizeof(golden) / sizeof(golden[0]); i++)
		test_one(&golden[i], getenv("UPDATE") != NULL);
	return tap_done();
}
