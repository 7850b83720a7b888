/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A secondary translation: what the oracle and a page know of it. */
#ifndef MODELS_NOTIFIER_SPTE_H
#define MODELS_NOTIFIER_SPTE_H

#include <stdint.h>

#include "sim/base/units.h"

struct page;

struct spte {
	struct page *page;		/* NULL: not present */
	uint64_t va;			/* virtual page of the process */
	struct spte *next_of_page;	/* other translations of the page */
	sim_time installed_at;
	int installed_cpu;
	uint8_t pinned;
	uint8_t write;			/* it allows writes */
	uint8_t accessed;		/* by the hardware, since the last look */
};

#endif
