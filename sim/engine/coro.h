/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Stackful coroutines behind four functions, two back ends: an inline
 * symmetric switch for x86-64 (coro_x86_64.h: rbp and resume address pushed,
 * rsp swapped, indirect jump, everything else clobbered) and ucontext
 * (-DCORO_UCONTEXT, other machines, valgrind).  Both pass the same tests.
 *
 * Stacks come from slabs of 16 KiB slots with a colour offset of 192 bytes per
 * slot, so that stack tops do not share L1 sets; debug builds put a guard page
 * under each.  No large arrays and no printf on a coroutine stack
 * (-Wframe-larger-than=1024).
 */
#ifndef SIM_ENGINE_CORO_H
#define SIM_ENGINE_CORO_H

#include <stddef.h>
#include <stdint.h>

struct sim;

enum coro_state { CORO_NEW, CORO_READY, CORO_RUNNING, CORO_BLOCKED, CORO_DONE };

struct coro {
	void *sp;			/* saved stack pointer (back end) */
	void *backend;			/* ucontext_t * of the portable back end */
	void *stack;			/* lowest address */
	size_t stack_size;
	void *fake_stack;		/* AddressSanitizer */
	void (*fn)(void *arg);
	void *arg;
	struct sim *sim;
	enum coro_state state;
	const char *name;
	const char *waits_for;		/* what it is blocked on, NULL = an event */
	struct coro *held_by;		/* who could end that, if known */
	struct coro *next;		/* list of all */
};

/* Give @co a stack and an entry point; 0 or -1. */
int coro_init(struct coro *co, void (*fn)(void *arg), void *arg);
/* Return the stack to the pool. */
void coro_fini(struct coro *co);
/* Save the present context in @from, continue @to. */
void coro_switch(struct coro *from, struct coro *to);
/* Last switch of a coroutine that never comes back. */
void coro_exit(struct coro *from, struct coro *to) __attribute__((noreturn));

#endif
