/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Assertions: a bug of the simulator, never a mistake of its user.
 *
 * BUG_ON() is always compiled in.  DEBUG_ON() is for checks that cost time on
 * hot paths; tests are built with -DSIM_DEBUG.  Both end in bug(), which
 * prints place and condition and calls the handler that the world has
 * installed (it adds simulated time, CPU, seed and the replay command), then
 * abort()s: the worker process dies, the parent records status 'assertion'.
 */
#ifndef SIM_BASE_XASSERT_H
#define SIM_BASE_XASSERT_H

void bug(const char *file, int line, const char *condition)
	__attribute__((noreturn, cold));
/* @say is called with @arg before abort(); NULL removes it. */
void bug_context(void (*say)(void *arg), void *arg);

#define BUG_ON(c) \
	do { if (__builtin_expect(!!(c), 0)) bug(__FILE__, __LINE__, #c); } while (0)
#ifdef SIM_DEBUG
#define DEBUG_ON(c) BUG_ON(c)
#else
#define DEBUG_ON(c) do { (void)sizeof(c); } while (0)
#endif

#endif
