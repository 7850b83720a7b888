/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A secondary translation: what the oracle and a page know of it. */
#ifndef MODELS_NOTIFIER_SPTE_H
#define MODELS_NOTIFIER_SPTE_H

#include <stdint.h>

#include "models/kernel/page.h"
#include "sim/base/units.h"

struct registrant;

struct spte {
	struct page *page;		/* NULL: not present */
	struct registrant *owner;	/* since it was stored */
	uint64_t va;			/* virtual page of the process */
	struct spte *next_of_page;	/* other translations of the page */
	sim_time installed_at;
	int installed_cpu;
	uint8_t pinned;
	uint8_t write;			/* it allows writes */
	uint8_t accessed;		/* by the hardware, since the last look */
};

/* Link @s, which maps @va to @p for @owner, to the page; and off it. */
static inline void spte_link(struct spte *s, struct registrant *owner, struct page *p, uint64_t va)
{
	s->page = p;
	s->owner = owner;
	s->va = va;
	s->next_of_page = p->sptes;
	p->sptes = s;
	p->had_spte = 1;
}

static inline void spte_unlink(struct spte *s)
{
	struct spte **x = &s->page->sptes;

	while (*x != s)
		x = &(*x)->next_of_page;
	*x = s->next_of_page;
	s->page = NULL;
}

#endif
