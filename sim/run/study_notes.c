/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The footer of a study: what this version does not model, which callouts of
 * its designs stand at paths that are not built, and where a point leaves what
 * its era allowed.  One item per line.
 */
#include <string.h>

#include "models/world/world.h"
#include "sim/base/alloc.h"
#include "sim/run/study_notes.h"

enum { POINTS_LOOKED_AT = 4096 };	/* of a sweep; more would cost seconds */

static int callouts_not_built(const struct design_config *d)
{
	int n = 0;

	for (int i = 0; i < d->n_notes; i++)
		n += strstr(d->notes[i], "this path is not modelled") != NULL;
	return n;
}

static void add_design(struct strbuf *out, const struct design_config *d)
{
	int n = callouts_not_built(d);

	if (n)
		sb_addf(out, "%d callouts of %s at paths that are not built\n", n, d->name);
}

static int64_t vcpus_in(const struct world_config *w, int space)
{
	int64_t n = 0;

	for (int i = 0; i < w->n_threads; i++)
		if (w->thread[i].in == space && w->thread[i].mode == MODE_GUEST)
			n += w->thread[i].count;
	return n;
}

/* The largest VM that its secondary's era would have refused. */
static void look_at_vcpus(const struct world_config *w, int64_t *most, int64_t *limit)
{
	for (int i = 0; i < w->n_spaces; i++) {
		const struct address_space_config *s = &w->space[i];
		int64_t n = vcpus_in(w, i);
		int k = 0;

		while (k < s->n_secondaries && s->secondary[k].kind != SECONDARY_KVM)
			k++;
		if (k == s->n_secondaries || n <= s->secondary[k].kvm->max_vcpus || n <= *most)
			continue;
		*most = n;
		*limit = s->secondary[k].kvm->max_vcpus;
	}
}

void study_notes(const struct study *s, struct strbuf *out)
{
	int64_t most = 0, limit = 0;
	struct strbuf designs;
	const char *last = "";
	struct arena a;

	sb_init(&designs);
	arena_init(&a, 1 << 20);
	for (int i = 0; i < s->n_points && i < POINTS_LOOKED_AT; i++) {
		struct world_config w;

		memset(&w, 0, sizeof(w));
		arena_reset(&a);
		if (conf_build(s, i, &a, &w))
			continue;
		look_at_vcpus(&w, &most, &limit);
		if (strcmp(last, s->point[i].design))
			add_design(&designs, w.design);
		last = s->point[i].design;
	}
	if (most)
		sb_addf(out, "more than %lld vcpus (here up to %lld): beyond KVM_MAX_VCPUS of the era\n",
			(long long)limit, (long long)most);
	sb_adds(out, world_not_modelled);
	sb_addmem(out, designs.s, designs.len);
	out->failed |= designs.failed;
	sb_free(&designs);
	arena_free(&a);
}
