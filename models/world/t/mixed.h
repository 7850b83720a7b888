/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A world with a little of everything, for tests that compare whole runs:
 * unmaps with refill on CPU 0, three vcpus that fault, a toucher that contends
 * for mmap_sem.  Region WORK is unmapped, GUEST is only visited; all times are
 * constants, the pages are drawn.
 */
#ifndef MODELS_WORLD_T_MIXED_H
#define MODELS_WORLD_T_MIXED_H

#include "models/world/t/fixture.h"

enum { NR_DESIGNS = FIX_BUSTED + 1 };
enum { WORK, GUEST };

struct fixture *mixed_new(enum fix_design d, uint64_t seed);
void mixed_drop(struct fixture *f);

/* Its parts: operations at the end of a thread's loop ... */
void mixed_think(struct fixture *f, int thread, sim_time d);
void mixed_access(struct fixture *f, int thread, enum op_kind kind, int region, int64_t n);
/* ... and the thread on CPU 0 that drops @pages of WORK @times times. */
int mixed_vmm(struct fixture *f, int64_t times, int64_t pages, sim_time pause);

/* Run and take the fingerprint; a violation is a result. */
uint64_t mixed_fingerprint(struct fixture *f);
/* Every metric of both bit for bit; says which is not. */
int mixed_same(const struct result *a, const struct result *b);

#endif
