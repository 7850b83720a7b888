/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The end of a run that met a bug of ours.  The context hook is process-wide
 * state by necessity: BUG_ON() has no argument to carry it.  A bug inside the
 * hook must not call the hook again.
 */
#include "sim/base/xassert.h"

#include <stdio.h>
#include <stdlib.h>

static void (*context_say)(void *arg);
static void *context_arg;

void bug_context(void (*say)(void *arg), void *arg)
{
	context_say = say;
	context_arg = arg;
}

void bug(const char *file, int line, const char *condition)
{
	void (*say)(void *arg) = context_say;

	context_say = NULL;
	fprintf(stderr, "BUG at %s:%d: %s\n", file, line, condition);
	if (say)
		say(context_arg);
	fflush(stderr);
	abort();
}
