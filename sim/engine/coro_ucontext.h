/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Portable coroutine switch.  swapcontext() makes a system call for the signal
 * mask each time, about 70 times the price of coro_x86_64.h; results are the
 * same to the bit.
 */
#ifndef SIM_ENGINE_CORO_UCONTEXT_H
#define SIM_ENGINE_CORO_UCONTEXT_H

#include "sim/base/xassert.h"

/* makecontext() passes ints only: the pointer travels in two halves. */
static inline void coro_ucontext_entry(unsigned int high, unsigned int low)
{
	coro_start(NULL, (struct coro *)(((uintptr_t)high << 16 << 16) | low));
}

static inline void coro_transfer(struct coro *from, struct coro *to)
{
	BUG_ON(swapcontext(&from->context, &to->context));
}

static inline void coro_prepare(struct coro *co, char *top)
{
	uintptr_t self = (uintptr_t)co;

	BUG_ON(getcontext(&co->context));
	co->context.uc_stack.ss_sp = co->stack;
	co->context.uc_stack.ss_size = (size_t)(top - (char *)co->stack);
	co->context.uc_link = NULL;
	makecontext(&co->context, (void (*)(void))(uintptr_t)coro_ucontext_entry, 2,
		    (unsigned int)(self >> 16 >> 16), (unsigned int)self);
}

#endif
