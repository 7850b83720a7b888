/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where files are: the directory of configs/ and scenarios/, files named
 * without their directory, directories for results.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/cli/cli.h"

static int is_directory(const char *dir, const char *name)
{
	char path[PATH_MAX];
	struct stat st;

	if (snprintf(path, sizeof(path), "%s/%s", dir, name) >= (int)sizeof(path))
		return 0;
	return !stat(path, &st) && S_ISDIR(st.st_mode);
}

static int is_file(const char *path)
{
	struct stat st;

	return !stat(path, &st) && !S_ISDIR(st.st_mode);
}

/* The directory of this program in @buf: 0, or -1. */
static int binary_directory(char *buf, size_t n)
{
	ssize_t len = readlink("/proc/self/exe", buf, n - 1);
	char *slash;

	if (len <= 0)
		return -1;
	buf[len] = '\0';
	slash = strrchr(buf, '/');
	if (!slash)
		return -1;
	*slash = '\0';
	return 0;
}

const char *find_root(char *buf, size_t n)
{
	/* The build tree, then an installation in PREFIX/bin. */
	static const char *const beside[] = { "..", "../share/shootdown" };
	char dir[PATH_MAX];
	const char *env = getenv("SHOOTDOWN_ROOT");

	if (is_directory(".", "configs"))
		return ".";
	if (!binary_directory(dir, sizeof(dir)))
		for (size_t i = 0; i < sizeof(beside) / sizeof(beside[0]); i++)
			if (snprintf(buf, n, "%s/%s", dir, beside[i]) < (int)n &&
			    is_directory(buf, "configs"))
				return buf;
	return env && *env ? env : ".";
}

const char *find_file(const char *root, const char *kind, const char *arg,
		      char *buf, size_t n)
{
	if (is_file(arg) || strchr(arg, '/'))
		return arg;
	if (snprintf(buf, n, "%s/%s/%s.yaml", root, kind, arg) < (int)n && is_file(buf))
		return buf;
	return arg;
}

int make_parents(const char *path, struct err *e)
{
	char dir[PATH_MAX];

	if (snprintf(dir, sizeof(dir), "%s", path) >= (int)sizeof(dir))
		return err_set(e, EX_ENVIRONMENT, "%.200s...: path too long", path);
	for (char *p = strchr(dir + 1, '/'); p; p = strchr(p + 1, '/')) {
		*p = '\0';
		if (mkdir(dir, 0777) && errno != EEXIST)
			return err_set(e, EX_ENVIRONMENT, "%s: cannot create directory: %s",
				       dir, strerror(errno));
		*p = '/';
	}
	return 0;
}
