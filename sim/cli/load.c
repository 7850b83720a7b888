/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Loading of scenarios for run and debate.  Nothing is written before every
 * file resolves and the models accept every configuration of it.
 */
#include <stdio.h>
#include <string.h>

#include "models/world/world.h"
#include "sim/cli/load.h"

int loaded_init(const struct command *c, struct loaded *l)
{
	memset(l, 0, sizeof(*l));
	l->root_path = find_root(l->root, sizeof(l->root));
	l->conf = conf_new(l->root_path);
	return l->conf ? EX_DONE : out_of_memory(c);
}

void loaded_free(struct loaded *l)
{
	conf_free(l->conf);
	mem_free(l->study);
	memset(l, 0, sizeof(*l));
}

int loaded_add_conf(struct loaded *l, const char *file, const struct conf_options *co)
{
	struct study **grown, *s;

	grown = mem_realloc(l->study, ((size_t)l->n + 1) * sizeof(*grown));
	if (!grown)
		return -1;
	l->study = grown;
	s = conf_scenario(l->conf, file, co);
	if (!s)
		return -1;
	l->study[l->n++] = s;
	return 0;
}

int loaded_add(struct loaded *l, const char *arg, const struct options *o)
{
	struct conf_options co = {
		.set = o->set.v, .n_set = o->set.n, .designs = o->designs,
		.machine = o->machine, .seed = o->seed, .duration = o->duration,
		.samples = (int)o->samples,
	};
	char path[4096];

	return loaded_add_conf(l, find_file(l->root_path, "scenarios", arg, path, sizeof(path)), &co);
}

int study_refused(const struct study *s, char *why, size_t n)
{
	struct arena arena;
	struct world_config w;
	int refused = -1;

	arena_init(&arena, 1 << 18);
	for (int i = 0; i < s->n_points && refused < 0; i++) {
		arena_reset(&arena);
		if (conf_build(s, i, &arena, &w)) {
			snprintf(why, n, "cannot be built");
			refused = i;
		} else if (world_check(&w, why, n)) {
			refused = i;
		} else if (!s->samples && w.max_events > 0 &&
			   world_expected_events(&w) > (double)w.max_events) {
			snprintf(why, n, "about %.2g events are expected, the budget is %.2g: raise "
				 "budget, or make the run smaller", world_expected_events(&w),
				 (double)w.max_events);
			refused = i;
		}
	}
	arena_free(&arena);
	return refused;
}

void point_text(const struct study *s, int i, char *buf, size_t n)
{
	const struct config_point *p = &s->point[i];
	int at = snprintf(buf, n, "design %s", p->design);

	for (int a = 0; a < p->n_axes && at > 0 && (size_t)at < n; a++)
		at += snprintf(buf + at, n - (size_t)at, ", %s=%s", p->axis[a].path,
			       p->axis[a].text);
}

int loaded_errors(const struct command *c, struct loaded *l)
{
	const struct diag_list *d = conf_errors(l->conf);
	int rc = EX_DONE;

	if (d->n) {
		diag_print(d, stderr);
		return EX_CONFIG;
	}
	if (d->failed || !l->study)
		return out_of_memory(c);
	for (int i = 0; i < l->n; i++) {
		char why[256], point[512];
		int at = study_refused(l->study[i], why, sizeof(why));

		if (at < 0)
			continue;
		point_text(l->study[i], at, point, sizeof(point));
		fprintf(stderr, "%s: %s: %s\n", l->study[i]->file, point, why);
		rc = EX_CONFIG;
	}
	return rc;
}
