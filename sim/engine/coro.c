/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Coroutines: birth, death, and what AddressSanitizer has to know.  The switch
 * itself is in coro_x86_64.h and coro_ucontext.h.
 */
#include "sim/engine/coro.h"

#include "sim/base/xassert.h"
#include "sim/engine/coro_stack.h"

#ifdef CORO_ASAN
#include <sanitizer/common_interface_defs.h>

void coro_asan_leave(struct coro *leaving, struct coro *from, struct coro *to)
{
	to->resumed_by = from;
	__sanitizer_start_switch_fiber(leaving ? &leaving->fake_stack : NULL,
			to->stack ? to->stack : to->asan_bottom,
			to->stack ? to->stack_size : to->asan_size);
}

/* The stack just left may be the program's own, whose bounds we learn here. */
void coro_asan_enter(struct coro *self)
{
	const void *bottom;
	size_t size;

	__sanitizer_finish_switch_fiber(self->fake_stack, &bottom, &size);
	self->resumed_by->asan_bottom = bottom;
	self->resumed_by->asan_size = size;
}
#endif

int coro_init(struct coro *co, void (*fn)(void *arg), void *arg,
	      void (*ended)(struct coro *self))
{
	co->stack = coro_stack_get(&co->stack_size);
	if (!co->stack)
		return -1;
	co->fn = fn;
	co->arg = arg;
	co->ended = ended;
	co->state = CORO_NEW;
	coro_prepare(co, (char *)co->stack + (co->stack_size & ~(size_t)15));
	return 0;
}

void coro_fini(struct coro *co)
{
	BUG_ON(!co->stack);
	coro_stack_put(co->stack, co->stack_size);
	co->stack = NULL;
	co->state = CORO_DONE;
}

void coro_start(struct coro *from, struct coro *self)
{
	(void)from;
	coro_asan_enter(self);
	self->fn(self->arg);
	self->ended(self);
	bug(__FILE__, __LINE__, "a finished coroutine was resumed");
}

void coro_exit(struct coro *from, struct coro *to)
{
	coro_asan_leave(NULL, from, to);
	coro_transfer(from, to);
	bug(__FILE__, __LINE__, "a finished coroutine was resumed");
}
