/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Allocation that tests can make fail, and arenas.
 *
 * mem_*() return NULL when memory is out or when the fault counter says so;
 * configuration, store and runner handle NULL.  A world (one replication)
 * allocates from an arena that is reused from run to run: fresh pages cost
 * microseconds each, as much as a short run.  An arena that cannot grow calls
 * its on_fail hook, which must not return (the engine ends the run with
 * status 'memory').
 */
#ifndef SIM_BASE_ALLOC_H
#define SIM_BASE_ALLOC_H

#include <stddef.h>

void *mem_alloc(size_t n);
void *mem_calloc(size_t n, size_t size);
void *mem_realloc(void *p, size_t n);
char *mem_strdup(const char *s);
void mem_free(void *p);

/* Make the @nth allocation from now fail (1 = the next); 0 = never. */
void mem_fail_at(long nth);
/* Allocations since the last mem_fail_at(). */
long mem_count(void);

struct arena_chunk;
struct arena {
	struct arena_chunk *first, *current;
	size_t chunk_size;
	void (*on_fail)(void *arg, size_t wanted);
	void *on_fail_arg;
	size_t used;		/* bytes handed out since the last reset */
};

void arena_init(struct arena *a, size_t chunk_size);
/* Zeroed memory, aligned to 64 bytes if @n >= 64, else to 16. */
void *arena_alloc(struct arena *a, size_t n);
char *arena_strdup(struct arena *a, const char *s);
/* Forget everything that was handed out, keep the chunks. */
void arena_reset(struct arena *a);
void arena_free(struct arena *a);

#endif
