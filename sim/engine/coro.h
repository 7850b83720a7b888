/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Stackful coroutines behind four functions, two back ends: an inline
 * symmetric switch for x86-64 (coro_x86_64.h: stack pointer, frame pointer
 * and resume address change hands, indirect jump, everything else clobbered)
 * and ucontext (coro_ucontext.h; -DCORO_UCONTEXT, other machines, valgrind).
 * Both pass the same tests.
 *
 * Stacks come from coro_stack.c: slabs of 16 KiB slots with a colour offset of
 * 192 bytes per slot, so that stack tops do not share L1 sets; builds with
 * SIM_DEBUG or AddressSanitizer put a guard page under each.  No large arrays
 * and no printf on a coroutine stack (-Wframe-larger-than=1024).
 *
 * The floating point control words are not part of a coroutine: nothing in
 * the program changes them.
 */
#ifndef SIM_ENGINE_CORO_H
#define SIM_ENGINE_CORO_H

#include <stddef.h>
#include <stdint.h>

#if defined(__SANITIZE_ADDRESS__)
#define CORO_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define CORO_ASAN 1
#endif
#endif

#if !defined(__x86_64__) && !defined(CORO_UCONTEXT)
#define CORO_UCONTEXT 1
#endif
#ifdef CORO_UCONTEXT
#include <ucontext.h>
#endif

struct sim;

enum coro_state {
	CORO_NEW,		/* has not run yet */
	CORO_READY,		/* in the ring */
	CORO_RUNNING,
	CORO_BLOCKED,
	CORO_DONE,		/* its function returned; the pointer is dead */
};

struct coro {
	void *sp, *bp, *pc;		/* saved context of the x86-64 back end */
	enum coro_state state;
	uint32_t number;		/* order of creation */
	struct sim *sim;
	const char *name;
	const char *waits_for;		/* what it is blocked on, NULL = an event */
	struct coro *held_by;		/* who could end that, if known */
	void (*fn)(void *arg);
	void *arg;
	void (*ended)(struct coro *self);	/* fn returned; must not return */
	void *stack;			/* lowest address; NULL: the caller of sim_run() */
	size_t stack_size;
	struct coro *next, *prev;	/* list of all */
#ifdef CORO_UCONTEXT
	ucontext_t context;
#endif
#ifdef CORO_ASAN
	void *fake_stack;
	struct coro *resumed_by;
	const void *asan_bottom;	/* of a stack that is not ours */
	size_t asan_size;
#endif
};

/*
 * Give @co a stack and an entry point; 0, or -1 when memory is out.  @ended is
 * called on the coroutine's stack when @fn returns and must switch away.
 */
int coro_init(struct coro *co, void (*fn)(void *arg), void *arg,
	      void (*ended)(struct coro *self));
/* Return the stack to the pool; nobody may be on it. */
void coro_fini(struct coro *co);
/* Save the present context in @from, continue @to. */
static inline void coro_switch(struct coro *from, struct coro *to);
/* Last switch of a coroutine that never comes back. */
void coro_exit(struct coro *from, struct coro *to) __attribute__((noreturn));

/* First code on a fresh stack (coro.c); reached from the back ends only. */
void coro_start(struct coro *from, struct coro *self) __attribute__((noreturn));

#ifdef CORO_ASAN
/* Tell the sanitizer that the stack changes; @leaving is NULL at an exit. */
void coro_asan_leave(struct coro *leaving, struct coro *from, struct coro *to);
void coro_asan_enter(struct coro *self);
#else
#define coro_asan_leave(leaving, from, to) do { } while (0)
#define coro_asan_enter(self) do { } while (0)
#endif

#ifdef CORO_UCONTEXT
#include "sim/engine/coro_ucontext.h"
#else
#include "sim/engine/coro_x86_64.h"
#endif

static inline void coro_switch(struct coro *from, struct coro *to)
{
	coro_asan_leave(from, from, to);
	coro_transfer(from, to);
	coro_asan_enter(from);
}

#endif
