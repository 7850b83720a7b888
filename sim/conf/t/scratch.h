/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A scratch directory for tests of the configuration: files are written there
 * and named relative to it, so that messages are the same everywhere, while
 * configs/ is that of the tree the test was started in.
 */
#ifndef SIM_CONF_T_SCRATCH_H
#define SIM_CONF_T_SCRATCH_H

#include <dirent.h>
#include <unistd.h>

#include "sim/base/tap.h"
#include "sim/conf/conf.h"

struct scratch { char root[4096], dir[64]; };

static inline void scratch_enter(struct scratch *s)
{
	strcpy(s->dir, "/tmp/shootdown-conf-XXXXXX");
	if (!getcwd(s->root, sizeof(s->root)) || !mkdtemp(s->dir) || chdir(s->dir)) {
		perror(s->dir);
		exit(1);
	}
}

static inline void scratch_leave(struct scratch *s)
{
	struct dirent *e;
	DIR *d = opendir(s->dir);

	while (d && (e = readdir(d)))
		if (e->d_name[0] != '.')
			unlink(e->d_name);
	if (d)
		closedir(d);
	if (chdir(s->root) || rmdir(s->dir))
		perror(s->dir);
}

static inline void scratch_write(const char *name, const char *text, size_t n)
{
	FILE *f = fopen(name, "wb");

	if (!f || fwrite(text, 1, n, f) != n || fclose(f)) {
		perror(name);
		exit(1);
	}
}

/* What check prints about the file, "" if it is right; mem: free() it. */
static inline char *scratch_messages(const struct conf *c)
{
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);

	diag_print(conf_errors(c), f);
	fclose(f);
	return text;
}

/* The shortest complete scenario, in four pieces to vary. */
#define SCENARIO_HEAD \
	"name: tiny\nquestion: Is it?\nmachine: x86-2008-2x4\nkernel: linux-2.6.27\n"
#define SCENARIO_DESIGNS "designs: [merged-2.6.27, andrea-v7]\n"
#define SCENARIO_WORLD \
	"until: threads_done\n" \
	"address_spaces:\n" \
	"  - name: guest\n" \
	"    regions:\n" \
	"      - {name: ram, length: 64pages}\n" \
	"    secondary: [{kind: kvm-2.6.27}]\n" \
	"threads:\n" \
	"  - {name: vmm, in: guest, times: 1, loop: [{name: unmap, munmap: {of: ram, length: 8pages}}]}\n" \
	"  - {name: vcpu, in: guest, mode: guest, count: 2,\n" \
	"     loop: [{secondary_access: {of: ram, n: 2}}, {name: pause, think: exp(5us)}]}\n"
#define SCENARIO_METRICS "metrics: [unmap.latency]\n"
#define SCENARIO SCENARIO_HEAD SCENARIO_DESIGNS SCENARIO_WORLD SCENARIO_METRICS

#endif
