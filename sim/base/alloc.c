/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Allocation with an injectable fault, and arenas.
 *
 * The fault counter is the one piece of state of this file that outlives a
 * call: a test that wants to fail "the n-th allocation from now" cannot hand a
 * context through every caller of mem_alloc().  The program has no threads.
 *
 * Arena: a list of chunks, filled in order.  Each chunk remembers how far it
 * was ever dirtied, so that memory fresh from calloc() is not cleared twice.
 * Invariant: bytes at and beyond ->dirty are zero; used <= dirty <= size.
 */
#include "sim/base/alloc.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static long fail_countdown;	/* 0: never */
static long allocations;

static int must_fail(void)
{
	allocations++;
	return fail_countdown > 0 && --fail_countdown == 0;
}

void *mem_alloc(size_t n)
{
	return must_fail() ? NULL : malloc(n ? n : 1);
}

void *mem_calloc(size_t n, size_t size)
{
	return must_fail() ? NULL : calloc(n ? n : 1, size ? size : 1);
}

void *mem_realloc(void *p, size_t n)
{
	return must_fail() ? NULL : realloc(p, n ? n : 1);
}

char *mem_strdup(const char *s)
{
	size_t n = strlen(s) + 1;
	char *p = mem_alloc(n);

	return p ? memcpy(p, s, n) : NULL;
}

void mem_free(void *p)
{
	free(p);
}

void mem_fail_at(long nth)
{
	fail_countdown = nth;
	allocations = 0;
}

long mem_count(void)
{
	return allocations;
}

#define ARENA_ALIGN_BIG		64
#define ARENA_ALIGN_SMALL	16

struct arena_chunk {
	struct arena_chunk *next;
	unsigned char *base;	/* aligned to ARENA_ALIGN_BIG, inside this block */
	size_t size, used, dirty;
};

void arena_init(struct arena *a, size_t chunk_size)
{
	memset(a, 0, sizeof(*a));
	a->chunk_size = chunk_size ? chunk_size : 65536;
}

static struct arena_chunk *chunk_new(size_t size)
{
	struct arena_chunk *c;
	uintptr_t p;

	if (size > SIZE_MAX - sizeof(*c) - ARENA_ALIGN_BIG)
		return NULL;
	c = mem_calloc(1, sizeof(*c) + ARENA_ALIGN_BIG + size);
	if (!c)
		return NULL;
	p = (uintptr_t)(c + 1);
	p = (p + ARENA_ALIGN_BIG - 1) & ~(uintptr_t)(ARENA_ALIGN_BIG - 1);
	c->base = (unsigned char *)p;
	c->size = size;
	return c;
}

static void *chunk_take(struct arena_chunk *c, size_t n, size_t align)
{
	size_t at = (c->used + align - 1) & ~(align - 1);
	unsigned char *p;

	if (at > c->size || n > c->size - at)
		return NULL;
	p = c->base + at;
	if (at < c->dirty)
		memset(p, 0, n < c->dirty - at ? n : c->dirty - at);
	c->used = at + n;
	if (c->dirty < c->used)
		c->dirty = c->used;
	return p;
}

/* The current chunk is full: go to the next one if @n fits there, else put a
 * new chunk between the two, so that the smaller one stays usable. */
static struct arena_chunk *arena_grow(struct arena *a, size_t n)
{
	struct arena_chunk *c = a->current ? a->current->next : a->first;
	size_t size = n > a->chunk_size ? n : a->chunk_size;

	if (c && n <= c->size)
		return a->current = c;
	c = chunk_new(size);
	if (!c) {
		if (a->on_fail)
			a->on_fail(a->on_fail_arg, n);
		return NULL;
	}
	if (a->current) {
		c->next = a->current->next;
		a->current->next = c;
	} else {
		c->next = a->first;
		a->first = c;
	}
	return a->current = c;
}

void *arena_alloc(struct arena *a, size_t n)
{
	size_t align = n >= ARENA_ALIGN_BIG ? ARENA_ALIGN_BIG : ARENA_ALIGN_SMALL;
	void *p = NULL;

	if (!n)
		n = 1;
	if (a->current)
		p = chunk_take(a->current, n, align);
	if (!p) {
		if (!arena_grow(a, n))
			return NULL;
		p = chunk_take(a->current, n, align);
	}
	a->used += n;
	return p;
}

char *arena_strdup(struct arena *a, const char *s)
{
	size_t n = strlen(s) + 1;
	char *p = arena_alloc(a, n);

	return p ? memcpy(p, s, n) : NULL;
}

void arena_reset(struct arena *a)
{
	struct arena_chunk *c;

	for (c = a->first; c; c = c->next)
		c->used = 0;
	a->current = a->first;
	a->used = 0;
}

void arena_free(struct arena *a)
{
	struct arena_chunk *c = a->first, *next;

	for (; c; c = next) {
		next = c->next;
		mem_free(c);
	}
	a->first = a->current = NULL;
	a->used = 0;
}
