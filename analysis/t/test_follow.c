/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Axes that only follow another: set aside, and still found.  Configurations
 * made by hand, no database.
 */
#include <math.h>
#include <string.h>

#include "analysis/dataset.h"
#include "sim/base/tap.h"

#define AXES 4

static struct axis axis_of(const char *path, const char *value)
{
	return (struct axis){ .path = path, .name = path, .value = value, .number = NAN, .unit = "" };
}

static const char *left(const struct dataset *s)
{
	static char text[200];

	text[0] = 0;
	for (int i = 0; i < s->config[0].n_axes; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", i ? " " : "",
			 s->config[0].axis[i].path);
	return text;
}

/* @rows: AXES values each, for the paths given. */
static struct dataset *make(const char *const *path, const char *const (*rows)[AXES], int n)
{
	struct dataset *s = calloc(1, sizeof(*s));

	s->n_configs = n;
	s->config = calloc((size_t)n, sizeof(*s->config));
	for (int i = 0; i < n; i++) {
		s->config[i].axis = calloc(AXES, sizeof(struct axis));
		for (int k = 0; k < AXES; k++)
			if (path[k])
				s->config[i].axis[s->config[i].n_axes++] = axis_of(path[k], rows[i][k]);
	}
	return s;
}

static void drop(struct dataset *s)
{
	for (int i = 0; i < s->n_configs; i++)
		free(s->config[i].axis);
	free(s->config);
	free(s);
}

static void check(const char *what, const char *const *path, const char *const (*rows)[AXES], int n,
		  const char *want)
{
	struct dataset *s = make(path, rows, n);

	dataset_follow(s);
	is_str(left(s), want, what);
	for (int k = 0; k < AXES; k++)
		if (path[k])
			ok(configuration_axis(&s->config[n - 1], path[k]) &&
			   !strcmp(configuration_axis(&s->config[n - 1], path[k])->value, rows[n - 1][k]),
			   path[k]);
	drop(s);
}

int main(void)
{
	static const char *const kernels[AXES] = { "kernel.hz", "kernel.rcu", "kernel.srcu", "threads.n" };
	static const char *const eras[][AXES] = {
		{ "250", "classic", "2006", "1" }, { "250", "tree", "2012", "1" },
		{ "250", "tree", "tree", "2" }, { "1000", "classic", "2006", "2" },
	};
	static const char *const loads[AXES] = { "threads.a.n", "threads.b.n", NULL, NULL };
	static const char *const zipped[][AXES] = { { "1", "10" }, { "2", "20" } };
	static const char *const pair[AXES] = { "kernel.a", "kernel.b", "kernel.c", NULL };
	static const char *const both[][AXES] = { { "1", "x", "same" }, { "2", "y", "same" } };

	printf("# seed 0 (nothing is drawn)\n");
	check("rcu follows srcu, hz does not", kernels, eras, 4, "kernel.hz kernel.srcu threads.n");
	check("axes of the load stay", loads, zipped, 2, "threads.a.n threads.b.n");
	check("of two that settle each other the first stays; one value stays", pair, both, 2,
	      "kernel.a kernel.c");
	return tap_done();
}
