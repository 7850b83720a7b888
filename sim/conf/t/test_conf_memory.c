/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Every allocation fails once: loading a scenario, a faulty file, a claim and
 * a list must end without a crash, without a leak (the sanitizer build says
 * so), and must say that memory was out.
 */
#include "sim/base/alloc.h"
#include "sim/conf/t/scratch.h"

static char scenario_file[5000], claim_file[5000];

static int load_scenario_file(struct conf *c)
{
	struct world_config w;
	struct arena a;
	struct study *s = conf_scenario(c, scenario_file, NULL);
	int done = 0;

	arena_init(&a, 4096);
	if (s && !conf_build(s, 0, &a, &w))
		done = conf_resolved_json(s, s->n_points - 1, &a) != NULL;
	arena_free(&a);
	return done;
}

static int load_faulty(struct conf *c)
{
	conf_check_file(c, "f.yaml");
	return !conf_errors(c)->failed && conf_errors(c)->n == 3;
}

static int load_claim(struct conf *c)
{
	return conf_claim(c, claim_file) != NULL;
}

static int load_list(struct conf *c)
{
	struct conf_entry *e;

	return conf_list(c, "designs", &e) >= 6;
}

/* Fail the 1st, 2nd, ... allocation until one load gets through. */
static void loop(const char *root, int (*load)(struct conf *c), const char *what)
{
	long nth;
	int done = 0, silent = 0;

	for (nth = 1; nth < 100000 && !done; nth++) {
		struct conf *c;

		mem_fail_at(nth);
		c = conf_new(root);
		if (c) {
			done = load(c);
			/* the failed allocation may have been the caller's own arena */
			silent += !done && !conf_errors(c)->failed && load != load_scenario_file;
		}
		mem_fail_at(0);
		conf_free(c);
	}
	printf("# %s: %ld allocations\n", what, nth - 2);
	ok(done && nth > 3, what);
	is_int(silent, 0, "... and none failed in silence");
}

int main(void)
{
	static const char faulty[] =
		"name: m\nsource: s\nsockets: none\ncores: 4000\nclock: 2\n";
	struct scratch s;

	tap_seed(0);
	scratch_enter(&s);
	scratch_write("f.yaml", faulty, strlen(faulty));
	snprintf(scenario_file, sizeof(scenario_file), "%s/scenarios/smoke.yaml", s.root);
	snprintf(claim_file, sizeof(claim_file), "%s/scenarios/claims/S1.6.yaml", s.root);
	loop(s.root, load_scenario_file, "a scenario");
	loop(s.root, load_faulty, "a file with three errors");
	loop(s.root, load_claim, "a claim");
	loop(s.root, load_list, "a list");
	scratch_leave(&s);
	return tap_done();
}
