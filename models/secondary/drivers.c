/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The drivers by kind; see secondary.h. */
#include "models/secondary/gru.h"
#include "models/secondary/kvm.h"
#include "models/secondary/secondary.h"
#include "models/secondary/sleeper.h"

const struct secondary_driver *const secondary_drivers[NR_SECONDARY_KINDS] = {
	[SECONDARY_KVM] = &kvm_driver,
	[SECONDARY_GRU] = &gru_driver,
	[SECONDARY_SLEEPER] = &sleeper_driver,
};

struct secondary *secondary_create(struct machine *m, struct mm *mm, const struct secondary_use *use,
				   uint64_t base, uint64_t pages, int users)
{
	const struct secondary_driver *d = secondary_drivers[use->kind];
	struct secondary *s = d->create(m, mm, use, base, pages, users);

	s->driver = d;
	s->m = m;
	s->mm = mm;
	s->use = use;
	s->registrant.ops = d->ops;
	s->registrant.priv = s;
	notifier_announce(m, &s->registrant);
	if (use->registered == REGISTERED_AT_START)
		notifier_register(mm, &s->registrant);
	return s;
}
