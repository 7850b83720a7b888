/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stacks for coroutines, pooled for the life of the process. */
#ifndef SIM_ENGINE_CORO_STACK_H
#define SIM_ENGINE_CORO_STACK_H

#include <stddef.h>

/* A stack: *@size usable bytes from the result up, NULL when memory is out. */
void *coro_stack_get(size_t *size);
void coro_stack_put(void *stack, size_t size);
/* Stacks that exist, in use or not. */
size_t coro_stack_count(void);
/* Give unused memory back to the system; refused (-1) while a stack is in use. */
int coro_stack_trim(void);

#endif
